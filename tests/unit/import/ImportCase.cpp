// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/import/ImportCase.h"
#include "dialects/onnx/ExternalData.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Passes.h"
#include <fstream>
#include <unistd.h>

using namespace dsc::test;

ImportCase::ImportCase() : context(mlir::MLIRContext::Threading::DISABLED) {
  static int count = 0;
  folder = std::filesystem::temp_directory_path() /
           ("dsc-import-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  std::filesystem::create_directories(folder / "model");
  folder /= "model";
  context.getDiagEngine().registerHandler([this](mlir::Diagnostic &diagnostic) {
    llvm::raw_string_ostream os(messages);
    os << diagnostic.getLocation() << ": " << diagnostic << "\n";
  });
}

ImportCase::~ImportCase() { std::filesystem::remove_all(folder.parent_path()); }

::onnx::NodeProto *ImportCase::addNode(::onnx::GraphProto *graph, llvm::StringRef op, std::vector<std::string> inputs,
                                       std::vector<std::string> outputs) {
  ::onnx::NodeProto *node = graph->add_node();
  node->set_op_type(op.str());
  node->set_name("node_" + op.str() + "_" + std::to_string(graph->node_size()));
  for (const std::string &input : inputs)
    node->add_input(input);
  for (const std::string &output : outputs)
    node->add_output(output);
  return node;
}

::onnx::ModelProto ImportCase::makeModel() {
  ::onnx::ModelProto model;
  model.set_ir_version(10);
  model.add_opset_import()->set_version(20);
  ::onnx::GraphProto *graph = model.mutable_graph();
  for (auto *info : {graph->add_input(), graph->add_output()}) {
    info->set_name(info == &graph->input(0) ? "x" : "y");
    auto *tensor = info->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(::onnx::TensorProto::FLOAT);
    tensor->mutable_shape()->add_dim()->set_dim_param("n");
    tensor->mutable_shape()->add_dim()->set_dim_value(4);
  }
  return model;
}

::onnx::ModelProto ImportCase::makeModelWithWeight(std::vector<int64_t> dims) {
  ::onnx::ModelProto model = makeModel();
  ::onnx::TensorProto *tensor = model.mutable_graph()->add_initializer();
  tensor->set_name("w");
  tensor->set_data_type(::onnx::TensorProto::FLOAT);
  for (int64_t dim : dims)
    tensor->add_dims(dim);
  addNode(model.mutable_graph(), "Add", {"x", "w"}, {"y"});
  return model;
}

void ImportCase::setExternal(::onnx::TensorProto *tensor, llvm::StringRef location, llvm::StringRef offset,
                             llvm::StringRef length) {
  tensor->set_data_location(::onnx::TensorProto::EXTERNAL);
  auto add = [&](const char *key, llvm::StringRef value) {
    if (value.empty())
      return;
    auto *entry = tensor->add_external_data();
    entry->set_key(key);
    entry->set_value(value.str());
  };
  add("location", location);
  add("offset", offset);
  add("length", length);
}

std::string ImportCase::write(llvm::StringRef name, llvm::StringRef bytes) {
  std::filesystem::path path = folder / name.str();
  std::ofstream(path, std::ios::binary).write(bytes.data(), bytes.size());
  return path.string();
}

mlir::ModuleOp ImportCase::import(const ::onnx::ModelProto &model) { return importBytes(model.SerializeAsString()); }
mlir::ModuleOp ImportCase::importBytes(llvm::StringRef bytes) { return importFile(write("model.onnx", bytes)); }

mlir::ModuleOp ImportCase::importFile(llvm::StringRef path) {
  module = dsc::importModel(path, {}, context);
  EXPECT_TRUE(module || !messages.empty()) << "an import that fails says why";
  return module ? *module : mlir::ModuleOp();
}

bool ImportCase::inlineFunctions() {
  mlir::PassManager passes(&context);
  passes.addPass(dsc::createOnnxInlineFunctions());
  return succeeded(passes.run(*module));
}

std::string ImportCase::print() {
  std::string text;
  llvm::raw_string_ostream os(text);
  module->print(os, mlir::OpPrintingFlags().enableDebugInfo(true, false).useLocalScope());
  return text;
}
