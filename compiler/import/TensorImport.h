// SPDX-License-Identifier: Apache-2.0
// Constant tensors and element types.
#ifndef DSC_COMPILER_IMPORT_TENSORIMPORT_H
#define DSC_COMPILER_IMPORT_TENSORIMPORT_H

#include "compiler/import/ImportState.h"

namespace dsc {

/// The MLIR type of a TensorProto.DataType; null for STRING, UNDEFINED and unknown numbers.
mlir::Type getElementType(mlir::MLIRContext *context, int32_t dataType);
/// "FLOAT8E4M3FN", or "element type 99" for an unknown number.
std::string getElementTypeName(int32_t dataType);

/// A tensor as DenseElementsAttr up to onnx::kInlineBytes, else as #onnx.external. Emits an error at `location` that names
/// `what` (such as "initializer 'w'") and returns null for what cannot be represented and for sizes that do not fit.
mlir::TypedAttr importTensor(ImportState &state, const ::onnx::TensorProto &tensor, mlir::Location location,
                             const llvm::Twine &what);

} // namespace dsc

#endif
