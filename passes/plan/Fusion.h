// SPDX-License-Identifier: Apache-2.0
// Which operations of an entry are computed in one kernel.
#ifndef DSC_PASSES_PLAN_FUSION_H
#define DSC_PASSES_PLAN_FUSION_H

#include "dialects/prim/Prim.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

namespace dsc::plan {

/// Set on an operation that writes the buffer of its operand number `value`: it stands in memory there.
constexpr llvm::StringLiteral inPlaceAttr = "plan.in_place";
/// The axis along which a state grows; on arguments, results and plan.state.
constexpr llvm::StringLiteral stateAxisAttr = "dsc.state_axis";

/// The growth axis of a value whose rows have the distance that the session's capacity gives them. None for dense values,
/// and for a state with one outer index only, which is dense for any capacity.
std::optional<unsigned> stridedAxis(mlir::Value value);

/// Every operation is one of: the root of a kernel; folded into the kernel of the one root that needs it; cheap (computed
/// anew in each kernel that needs it: expressions, splats, slices and broadcasts with several consumers); a view (the same buffer
/// under another shape); or no computation at all.
class Fusion {
public:
  /// `maxOps` limits the operations of a kernel.
  Fusion(mlir::func::FuncOp func, unsigned maxOps);

  bool isRoot(mlir::Operation *op) const {
    auto it = leaders.find(op);
    return it != leaders.end() && it->second == op;
  }
  bool isView(mlir::Operation *op) const;

  struct Tree {
    llvm::SmallVector<mlir::Operation *> ops; // in program order, the root last
    llvm::SetVector<mlir::Value> inputs;      // values in memory, in order of first use
  };
  Tree getTree(mlir::Operation *root) const;

private:
  bool isCheap(mlir::Operation *op, unsigned depth = 0) const;
  bool isIndexMap(mlir::Operation *op) const;
  bool absorbs(mlir::OpOperand &use) const;
  mlir::Operation *chooseLeader(mlir::Operation *op);
  mlir::Operation *chooseLeaderOfRows(mlir::Operation *op);

  unsigned maxOps;
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> leaders;
  llvm::DenseMap<mlir::Operation *, unsigned> sizes; // operations folded into each root
  llvm::DenseMap<mlir::Operation *, bool> cheap;     // decided when an operation is met, users first: it stays so
  llvm::DenseSet<mlir::Operation *> indexMaps;       // layout operations that every consumer does itself
  llvm::DenseSet<mlir::Operation *> folded;          // reshapes that are no views: what they reshape does not stand in memory
  llvm::DenseSet<mlir::Operation *> repeated;        // computed more than once per element
};

} // namespace dsc::plan

#endif
