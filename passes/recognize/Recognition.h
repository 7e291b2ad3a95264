// SPDX-License-Identifier: Apache-2.0
// What recognisers answer with. A match is an operation of the dsc dialect; a miss near a match is kept on its entry, so that
// it reaches reports and tests as part of the IR.
#ifndef DSC_PASSES_RECOGNIZE_RECOGNITION_H
#define DSC_PASSES_RECOGNIZE_RECOGNITION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/recognize/Remarks.h.inc"
#include "llvm/ADT/SetVector.h"

namespace dsc::recognize {

/// Entry attribute: an array of dictionaries {kind, stage, expected, found} at their locations ("where").
constexpr llvm::StringLiteral missesAttr = "dsc.misses";
/// On the operation of a match: the form in which the graph wrote it, as "batched", "grouped" or "loop" for experts.
constexpr llvm::StringLiteral encodingAttr = "dsc.encoding";

/// On a product with a weight: {activation, inputs, width} of the gated feed-forward network that it ends.
constexpr llvm::StringLiteral feedForwardAttr = "dsc.feed_forward";

/// On dsc.experts: the width of a shared expert that is added to the sum in an operation of its own.
constexpr llvm::StringLiteral sharedWidthAttr = "dsc.shared_width";

/// A candidate that is not what it looks like.
struct Miss {
  Remark remark;        ///< the kind of part and the step of the proof
  mlir::Location where; ///< the user's node at which the proof ended
  std::string expected;
  std::string found;
};

/// Appends to the entry's misses.
void addMiss(mlir::func::FuncOp entry, const Miss &miss);

/// Where an operation comes from that stands for several: `main`, then the places of what it covers, each once.
mlir::Location joinLocations(mlir::Location main, const llvm::SetVector<mlir::Operation *> &covered);

/// Erases what a recognition has left without users, symbols of sizes among it that nothing else has.
void eraseUnused(mlir::func::FuncOp entry);

} // namespace dsc::recognize

#endif
