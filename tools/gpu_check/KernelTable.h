// SPDX-License-Identifier: Apache-2.0
// Times of kernels on a device beside what the simulator counted of them.
#ifndef DSC_TOOLS_GPU_CHECK_KERNELTABLE_H
#define DSC_TOOLS_GPU_CHECK_KERNELTABLE_H

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace dsc::gpucheck {

// What the simulator counted, by kernel of a case, over all calls once.
struct KernelCounts {
  uint64_t launches = 0, instructions = 0;
  uint64_t bytes = 0; // of memory that was touched at all, in sectors of 32: loads and stores
};

std::map<std::string, KernelCounts> readCounts(const std::filesystem::path &file);
// Of the simulator in this process, since its counters were last set to zero. `library`: where it
// is.
std::map<std::string, KernelCounts> simulatorCounts(const char *library);
void resetSimulatorCounts(const char *library);
void writeCounts(const std::filesystem::path &file,
                 const std::map<std::string, KernelCounts> &counts);

class KernelTable {
public:
  struct Row {
    uint64_t launches = 0;  // timed ones
    double nanoseconds = 0; // of all of them
    double bytesPerLaunch = 0,
           instructionsPerLaunch = 0; // as the simulator counts; 0: nothing recorded
  };
  // A launch of a kernel of a case.
  void add(const std::string &kernel, const std::string &name, uint64_t nanoseconds);
  void setCounts(const std::string &name, const std::map<std::string, KernelCounts> &counts);

  // By case and kernel.
  const std::map<std::pair<std::string, std::string>, Row> &rows() const { return table; }

private:
  std::map<std::pair<std::string, std::string>, Row> table;
};

} // namespace dsc::gpucheck

#endif
