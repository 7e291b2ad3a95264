// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/core/Counters.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace ptxsim {
namespace {

constexpr const char *classNames[] = {
    "integer",      "float",      "half",        "double",       "special",
    "convert",      "compare",    "move",        "control",      "collective",
    "barrier",      "fence",      "load_global", "store_global", "load_shared",
    "store_shared", "load_local", "store_local", "load_param",   "load_const",
    "atomic",       "async_copy", "matrix",      "mma",          "other"};
static_assert(std::size(classNames) == static_cast<size_t>(Class::Count));

constexpr std::pair<const char *, uint64_t Counters::*> fields[] = {
    {"launches", &Counters::launches},
    {"thread_instructions", &Counters::threadInstructions},
    {"global_load_requests", &Counters::globalLoadRequests},
    {"global_load_bytes", &Counters::globalLoadBytes},
    {"global_load_sectors", &Counters::globalLoadSectors},
    {"global_load_full_sectors", &Counters::globalLoadFullSectors},
    {"global_load_unique_sectors", &Counters::globalLoadUniqueSectors},
    {"global_store_requests", &Counters::globalStoreRequests},
    {"global_store_bytes", &Counters::globalStoreBytes},
    {"global_store_sectors", &Counters::globalStoreSectors},
    {"global_store_full_sectors", &Counters::globalStoreFullSectors},
    {"global_store_unique_sectors", &Counters::globalStoreUniqueSectors},
    {"shared_requests", &Counters::sharedRequests},
    {"shared_bank_conflicts", &Counters::sharedBankConflicts},
    {"barriers", &Counters::barriers},
};

} // namespace

uint64_t Counters::totalWarpInstructions() const {
  uint64_t sum = 0;
  for (uint64_t count : warpInstructions)
    sum += count;
  return sum;
}

Counters &Counters::operator+=(const Counters &other) {
  for (size_t i = 0; i < warpInstructions.size(); ++i)
    warpInstructions[i] += other.warpInstructions[i];
  for (auto [name, field] : fields)
    this->*field += other.*field;
  return *this;
}

std::string Counters::json() const {
  std::string text = fmt::format("{{\"warp_instructions\": {}", totalWarpInstructions());
  for (auto [name, field] : fields)
    text += fmt::format(", \"{}\": {}", name, this->*field);
  text += ", \"classes\": {";
  const char *comma = "";
  for (size_t i = 0; i < warpInstructions.size(); ++i)
    if (warpInstructions[i]) {
      text += fmt::format("{}\"{}\": {}", comma, classNames[i], warpInstructions[i]);
      comma = ", ";
    }
  return text + "}}";
}

} // namespace ptxsim
