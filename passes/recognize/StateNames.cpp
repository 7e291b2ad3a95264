// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/StateNames.h"

namespace dsc {

std::string normalizeStateName(llvm::StringRef name) {
  name.consume_front("input.") || name.consume_front("output.");
  for (llvm::StringRef prefix : {"present_key_values.", "present."})
    if (name.consume_front(prefix))
      return ("past_key_values." + name).str();
  if (name.starts_with("past_key_values."))
    return name.str();
  for (llvm::StringRef prefix : {"past_", "past.", "present_"})
    if (name.size() > prefix.size() && name.consume_front(prefix))
      return name.str();
  return name.str();
}

} // namespace dsc
