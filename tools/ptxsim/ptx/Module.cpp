// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/ptx/Module.h"

namespace ptxsim {

std::optional<size_t> Function::findLabel(unsigned scope, std::string_view name) const {
  for (unsigned at = scope;; at = scopeParents[at]) {
    if (auto found = labels.find({at, name}); found != labels.end())
      return found->second;
    if (at == 0)
      return std::nullopt;
  }
}

std::string_view Module::lineText(unsigned line) const {
  std::string_view rest = text;
  for (unsigned at = 1; at < line; ++at) {
    size_t end = rest.find('\n');
    if (end == std::string_view::npos)
      return {};
    rest.remove_prefix(end + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  size_t first = rest.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return rest.substr(first, rest.find_last_not_of(" \t\r") - first + 1);
}

} // namespace ptxsim
