// SPDX-License-Identifier: Apache-2.0
// What all parts of one import share: the file, its folder, and how problems are reported.
#ifndef DSC_COMPILER_IMPORT_IMPORTSTATE_H
#define DSC_COMPILER_IMPORT_IMPORTSTATE_H

#include "compiler/import/Import.h"
#include "dialects/onnx/ExternalData.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "onnx-ml.pb.h"

namespace dsc {

class ImportState {
public:
  ImportState(llvm::StringRef path, const ImportOptions &options, mlir::MLIRContext &context);

  mlir::MLIRContext *context;
  mlir::Builder builder;
  const ImportOptions &options;
  dsc::onnx::ExternalData &data;
  /// The model file as the user named it, and the folder that its external data must lie in ("" is the current one).
  std::string path, folder;
  mlir::Location fileLocation;
  llvm::ArrayRef<char> file;
  std::string producer;

  /// An error or a warning at a node, a value or the file. After 100 errors the rest is counted but not shown.
  mlir::InFlightDiagnostic error(mlir::Location location) { return mlir::emitError(location); }
  mlir::InFlightDiagnostic error() { return error(fileLocation); }
  mlir::InFlightDiagnostic warning() { return mlir::emitWarning(fileLocation); }
  bool failed() const { return errors != 0; }
  /// Says how many errors were not shown.
  void finish();

  /// A location that diagnostics print as the name (of a node, an initializer, an input) and the file.
  mlir::Location at(llvm::StringRef name);

private:
  unsigned errors = 0;
  mlir::ScopedDiagnosticHandler counter;
};

/// The location of a node in the IR: its name and the module of the exported program that it comes from, so far as the
/// node's metadata or its name tell.
mlir::Location getNodeLocation(ImportState &state, const ::onnx::NodeProto &node);
/// The node's name, or its first output, or its operator.
llvm::StringRef getNodeName(const ::onnx::NodeProto &node);

} // namespace dsc

#endif
