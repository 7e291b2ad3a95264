// SPDX-License-Identifier: Apache-2.0
#include "dialects/onnx/Schema.h"
#include <algorithm>

using namespace dsc::onnx;

/// Sorted by name, then by opset.
static constexpr OpSchema kTable[] = {
#include "dialects/onnx/SchemaTable.inc"
};

llvm::ArrayRef<OpSchema> dsc::onnx::getSchemas(llvm::StringRef domain, llvm::StringRef op) {
  if (!domain.empty() && domain != "ai.onnx")
    return {};
  auto first = std::lower_bound(std::begin(kTable), std::end(kTable), op,
                                [](const OpSchema &s, llvm::StringRef name) { return s.name < name; });
  auto last = first;
  while (last != std::end(kTable) && op == last->name)
    ++last;
  return llvm::ArrayRef(first, last);
}

std::optional<OpSchema> dsc::onnx::lookup(llvm::StringRef domain, llvm::StringRef op, int64_t opset) {
  std::optional<OpSchema> found;
  for (const OpSchema &schema : getSchemas(domain, op))
    if (schema.since <= opset)
      found = schema;
  return found;
}
