// SPDX-License-Identifier: Apache-2.0
// The bytes of constants, in pieces: from the files where they lie, without a copy of a weight in
// memory.
#ifndef DSC_COMPILER_ENGINE_CONSTANTBYTES_H
#define DSC_COMPILER_ENGINE_CONSTANTBYTES_H

#include "dialects/plan/Panels.h"
#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "llvm/Support/Error.h"

namespace dsc {

using TakeBytes = llvm::function_ref<llvm::Error(llvm::ArrayRef<char>)>;

/// Gives the row-major bytes of `value` to `take`, from the first to the last, in pieces of any
/// size; booleans and elements of fewer than eight bits are a byte each. Fails when an external
/// constant cannot be read, or `take` does.
llvm::Error streamBytes(mlir::TypedAttr value, TakeBytes take);

/// The same for the weight of `type`, as many elements as `value`, in panels, one at a time.
llvm::Error streamPanels(mlir::TypedAttr value, mlir::RankedTensorType type,
                         plan::PanelsAttr layout, TakeBytes take);

} // namespace dsc

#endif
