// SPDX-License-Identifier: Apache-2.0
// A model brought to prim, as the reference interpreter wants it, and NumPy arrays in and out of
// it.
#ifndef DSC_TOOLS_DSC_EVALMODEL_H
#define DSC_TOOLS_DSC_EVALMODEL_H

#include "compiler/reference/Interpreter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "tools/dsc/Npz.h"

namespace dsc {

class EvalModel {
public:
  EvalModel();

  /// Imports `path` (.onnx, or .mlir with a function of onnx or prim operations) and lowers it to
  /// prim. Errors are diagnostics on stderr.
  bool load(const std::string &path);

  /// Runs the entry. `inputs` are named as the entry's inputs and are converted to their types
  /// (16-bit floats may come as f32, integers as i64). Errors of the arrays are returned in
  /// `error`, those of the run are diagnostics and leave it empty.
  std::optional<std::vector<NpyArray>> run(const std::vector<NpyArray> &inputs,
                                           const reference::Options &options, std::string &error);

private:
  bool bind(const std::vector<NpyArray> &inputs, std::vector<NpyArray> &converted,
            llvm::SmallVectorImpl<reference::Tensor> &arguments, std::string &error);

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp entry;
};

} // namespace dsc

#endif
