// SPDX-License-Identifier: Apache-2.0
// usage: dsc_toy_engine FOLDER: writes stages.dsce and multi.dsce for the tests of the Python
// package.
#include "ToyLanguageModel.h"

#include <fstream>

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  for (bool stages : {true, false}) {
    dsc::test::Bytes bytes = dsc::test::toyLanguageModel(stages);
    std::ofstream out(std::string(argv[1]) + (stages ? "/stages.dsce" : "/multi.dsce"),
                      std::ios::binary);
    if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
      return 1;
  }
  return 0;
}
