// SPDX-License-Identifier: Apache-2.0
// Where in the exported program a node comes from, as exporters write it down.
#include "compiler/import/ImportState.h"

using namespace mlir;
using namespace dsc;

/// The strings of a Python list like "['', 'model', 'model.layers.0', 'rsqrt']".
static llvm::SmallVector<std::string> parsePythonList(llvm::StringRef text) {
  llvm::SmallVector<std::string> items;
  while (true) {
    size_t open = text.find_first_of("'\"");
    if (open == llvm::StringRef::npos)
      return items;
    char quote = text[open];
    std::string item;
    size_t i = open + 1;
    for (; i < text.size() && text[i] != quote; ++i) {
      if (text[i] == '\\' && i + 1 < text.size())
        ++i;
      item.push_back(text[i]);
    }
    items.push_back(std::move(item));
    text = text.substr(std::min(text.size(), i + 1));
  }
}

/// The names in "model: Class/model.layers.0: Class/unsqueeze_11: aten.unsqueeze".
static llvm::SmallVector<std::string> parseNamespace(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, '/');
  llvm::SmallVector<std::string> items;
  for (llvm::StringRef part : parts)
    items.push_back(part.split(": ").first.trim().rtrim(':').str());
  return items;
}

static std::string getModule(const ::onnx::NodeProto &node) {
  llvm::SmallVector<std::string> scopes;
  for (const auto &entry : node.metadata_props()) {
    if (entry.key() == "pkg.torch.onnx.name_scopes") {
      scopes = parsePythonList(entry.value());
      break;
    }
    if (entry.key() == "namespace")
      scopes = parseNamespace(entry.value());
  }
  if (scopes.empty()) {
    // The TorchScript exporter puts the path into the name: "/model/layers.0/self_attn/MatMul".
    llvm::StringRef name = node.name();
    if (!name.consume_front("/"))
      return {};
    std::string module = name.rsplit('/').first.str();
    if (module.size() == name.size())
      return {};
    std::replace(module.begin(), module.end(), '/', '.');
    return module;
  }
  // The last scope is the operation itself; a scope in underscores is a placeholder of the exporter.
  scopes.pop_back();
  while (!scopes.empty() && (scopes.back().empty() || scopes.back().front() == '_'))
    scopes.pop_back();
  return scopes.empty() ? std::string() : scopes.back();
}

llvm::StringRef dsc::getNodeName(const ::onnx::NodeProto &node) {
  if (!node.name().empty())
    return node.name();
  for (const std::string &output : node.output())
    if (!output.empty())
      return output;
  return node.op_type();
}

Location dsc::getNodeLocation(ImportState &state, const ::onnx::NodeProto &node) {
  llvm::StringRef name = getNodeName(node);
  std::string module = getModule(node);
  Location child = module.empty() ? Location(UnknownLoc::get(state.context))
                                  : Location(NameLoc::get(state.builder.getStringAttr(module)));
  return name.empty() ? child : Location(NameLoc::get(state.builder.getStringAttr(name), child));
}
