// SPDX-License-Identifier: Apache-2.0
// A model written into a folder of its own, imported, and what the importer said.
#ifndef DSC_TESTS_UNIT_IMPORT_IMPORTCASE_H
#define DSC_TESTS_UNIT_IMPORT_IMPORTCASE_H

#include "compiler/import/Import.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/StringRef.h"
#include <filesystem>
#include <gtest/gtest.h>

namespace dsc::test {

class ImportCase {
public:
  ImportCase();
  ~ImportCase();

  /// IR 10, opset 20, the input x: f32[n, 4] and the output y.
  static ::onnx::ModelProto makeModel();
  static ::onnx::NodeProto *addNode(::onnx::GraphProto *graph, llvm::StringRef op, std::vector<std::string> inputs,
                                    std::vector<std::string> outputs);
  /// y = Add(x, w), where w is f32 [dims] without data.
  static ::onnx::ModelProto makeModelWithWeight(std::vector<int64_t> dims);
  static void setExternal(::onnx::TensorProto *tensor, llvm::StringRef location, llvm::StringRef offset = "",
                          llvm::StringRef length = "");

  /// Writes `bytes` into the folder and returns the path.
  std::string write(llvm::StringRef name, llvm::StringRef bytes);
  mlir::ModuleOp import(const ::onnx::ModelProto &model);
  mlir::ModuleOp importBytes(llvm::StringRef bytes);
  mlir::ModuleOp importFile(llvm::StringRef path);
  /// Runs onnx-inline-functions.
  bool inlineFunctions();
  std::string print();

  std::filesystem::path folder;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string messages; ///< all diagnostics, one a line, with their locations
};

/// Expects that the import fails and says `text`.
#define EXPECT_REFUSED(aCase, text)                                                                                    \
  do {                                                                                                                 \
    EXPECT_FALSE((aCase).module);                                                                                      \
    EXPECT_NE((aCase).messages.find(text), std::string::npos) << (aCase).messages;                                     \
  } while (false)

} // namespace dsc::test

#endif
