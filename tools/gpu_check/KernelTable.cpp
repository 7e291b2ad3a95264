// SPDX-License-Identifier: Apache-2.0
#include "tools/gpu_check/KernelTable.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <string_view>

namespace dsc::gpucheck {

template <class Function> static Function *simulatorEntry(const char *library, const char *name) {
  void *handle = dlopen(library, RTLD_NOW);
  void *entry = handle ? dlsym(handle, name) : nullptr;
  if (!entry)
    throw std::runtime_error(fmt::format("'{}' is no simulator: it lacks {}", library, name));
  return reinterpret_cast<Function *>(entry);
}

void resetSimulatorCounts(const char *library) {
  simulatorEntry<void()>(library, "ptxsim_reset_counters")();
}

// The number behind "name": within an object of ptxsim_counters.
static uint64_t field(std::string_view object, std::string_view name) {
  size_t at = object.find(fmt::format("\"{}\": ", name));
  if (at == std::string_view::npos)
    throw std::runtime_error(fmt::format("the simulator's counters lack {}", name));
  return std::stoull(std::string(object.substr(at + name.size() + 4, 24)));
}

std::map<std::string, KernelCounts> simulatorCounts(const char *library) {
  auto *counters = simulatorEntry<const char *(const char *)>(library, "ptxsim_counters");
  std::string_view text = counters(nullptr);
  std::map<std::string, KernelCounts> result;
  // {"NAME": {..., "classes": {...}},\n "NAME": ...}
  for (size_t at = text.find('"'); at != std::string_view::npos;) {
    size_t nameEnd = text.find('"', at + 1), end = text.find("}}", nameEnd);
    std::string_view object = text.substr(nameEnd, end - nameEnd);
    KernelCounts &counts = result[std::string(text.substr(at + 1, nameEnd - at - 1))];
    counts.launches = field(object, "launches");
    counts.instructions = field(object, "warp_instructions");
    counts.bytes = 32 * (field(object, "global_load_unique_sectors") +
                         field(object, "global_store_unique_sectors"));
    at = text.find('"', end);
  }
  return result;
}

void writeCounts(const std::filesystem::path &file,
                 const std::map<std::string, KernelCounts> &counts) {
  std::ofstream out(file);
  for (const auto &[name, c] : counts)
    out << fmt::format("{} {} {} {}\n", name, c.launches, c.instructions, c.bytes);
  if (!out.flush())
    throw std::runtime_error(fmt::format("cannot write '{}'", file.string()));
}

std::map<std::string, KernelCounts> readCounts(const std::filesystem::path &file) {
  std::map<std::string, KernelCounts> result;
  std::ifstream in(file);
  std::string name;
  for (KernelCounts c; in >> name >> c.launches >> c.instructions >> c.bytes;)
    result[name] = c;
  return result;
}

void KernelTable::add(const std::string &kernel, const std::string &name, uint64_t nanoseconds) {
  Row &row = table[{name, kernel}];
  ++row.launches;
  row.nanoseconds += static_cast<double>(nanoseconds);
}

void KernelTable::setCounts(const std::string &name,
                            const std::map<std::string, KernelCounts> &counts) {
  for (const auto &[kernel, c] : counts)
    if (auto row = table.find({name, kernel}); row != table.end() && c.launches) {
      row->second.bytesPerLaunch = static_cast<double>(c.bytes) / static_cast<double>(c.launches);
      row->second.instructionsPerLaunch =
          static_cast<double>(c.instructions) / static_cast<double>(c.launches);
    }
}

} // namespace dsc::gpucheck
