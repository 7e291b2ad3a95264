// SPDX-License-Identifier: Apache-2.0
#include "dialects/plan/NodeName.h"

using namespace mlir;

namespace dsc::plan {

std::string getNodeName(Location loc) {
  std::string name;
  loc->walk([&](Location part) {
    auto named = dyn_cast<NameLoc>(part);
    if (!named)
      return WalkResult::advance();
    name = named.getName().str();
    return WalkResult::interrupt();
  });
  return name;
}

} // namespace dsc::plan
