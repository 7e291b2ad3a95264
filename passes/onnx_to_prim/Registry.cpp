// SPDX-License-Identifier: Apache-2.0
// Which operators have lowerings, for which opsets.
#include "passes/onnx_to_prim/Registry.h"
#include "llvm/ADT/STLExtras.h"

namespace dsc::onnx_to_prim {

static std::string keyOf(llvm::StringRef domain, llvm::StringRef type) {
  return (domain + (domain.empty() ? "" : ".") + type).str();
}

void Registry::addIn(llvm::StringRef domain, llvm::StringRef type, int64_t first, Handler handler) {
  auto &list = entries[keyOf(domain, type)];
  list.push_back({domain, type, first, INT64_MAX, handler});
  llvm::sort(list, [](const Entry &a, const Entry &b) { return a.first < b.first; });
  for (size_t i = 0; i + 1 < list.size(); ++i)
    list[i].last = list[i + 1].first - 1;
}

llvm::ArrayRef<Registry::Entry> Registry::entriesOf(llvm::StringRef domain, llvm::StringRef type) const {
  auto it = entries.find(keyOf(domain, type));
  if (it == entries.end())
    return {};
  return it->second;
}

const Registry::Entry *Registry::find(llvm::StringRef domain, llvm::StringRef type, int64_t opset) const {
  for (const Entry &entry : entriesOf(domain, type))
    if (entry.first <= opset && opset <= entry.last)
      return &entry;
  return nullptr;
}

std::vector<llvm::ArrayRef<Registry::Entry>> Registry::all() const {
  std::vector<llvm::ArrayRef<Entry>> result;
  for (const auto &item : entries)
    result.push_back(item.second);
  llvm::sort(result, [](llvm::ArrayRef<Entry> a, llvm::ArrayRef<Entry> b) {
    return std::pair(a.front().domain, a.front().type) < std::pair(b.front().domain, b.front().type);
  });
  return result;
}

const Registry &Registry::get() {
  static const Registry registry = [] {
    Registry r;
    // One line per family file, in alphabetical order.
    registerAttention(r);
    registerConstant(r);
    registerContrib(r);
    registerControl(r);
    registerConvolution(r);
    registerElementwise(r);
    registerIndexing(r);
    registerLayout(r);
    registerLinear(r);
    registerNormalization(r);
    registerQuantization(r);
    registerReduce(r);
    registerSequence(r);
    registerSlice(r);
    registerSplitConcat(r);
    return r;
  }();
  return registry;
}

} // namespace dsc::onnx_to_prim
