// SPDX-License-Identifier: Apache-2.0
// A dry run of code generation: which addresses a tree of operations reads for one element, and
// where concatenations and paddings change their operand. Schedules are chosen by it.
#ifndef DSC_COMPILER_TARGETS_COMMON_ACCESSSCAN_H
#define DSC_COMPILER_TARGETS_COMMON_ACCESSSCAN_H

#include "compiler/targets/common/IndexMap.h"
#include <set>

namespace dsc::target {

struct AccessScan {
  AccessScan(plan::KernelOp kernel, llvm::ArrayRef<Expr> extents)
      : kernel(kernel), extents(extents) {}

  /// Follows `tensor` at the position `at`, over the indices of `extents`.
  void visit(mlir::Value tensor, llvm::ArrayRef<Expr> at);

  /// Number of loads that step by one element when index `id` steps, less the number of those that
  /// step otherwise.
  int contiguity(unsigned id) const;
  /// Constants or sizes c such that d_id occurs as d_id / c or d_id % c, where c divides its
  /// extent.
  llvm::SmallVector<Expr> divisors(unsigned id) const;
  /// Values of d_id, without other indices, at which a branch may change; not sorted.
  llvm::SmallVector<Expr> breakpoints(unsigned id) const;

  plan::KernelOp kernel;
  llvm::SmallVector<Expr> extents;
  llvm::SmallVector<Expr> addresses;
  /// Expressions that are compared with 0: e >= 0.
  llvm::SmallVector<Expr> conditions;
  /// Operations with a loop of their own: where their result is asked for, and the indices of the loop.
  struct Loop {
    mlir::Operation *op;
    llvm::SmallVector<Expr> at;
    llvm::SmallVector<unsigned> ids;
  };
  llvm::SmallVector<Loop> loops;
  bool usesPositions = false;
  bool hasReduction = false;

  /// A new index below `extent`.
  Expr fresh(Expr extent);
  /// Whether `e` changes with d_id, perhaps through an index that is loaded at a position of it.
  bool dependsOn(Expr e, unsigned id) const;

private:
  Expr opaque(llvm::ArrayRef<Expr> at);

  std::set<llvm::SmallVector<const void *>> seen;
  /// Symbols that stand for loaded indices, and the indices that they depend on.
  llvm::DenseMap<Expr, llvm::SmallVector<Expr>> loaded;
};

} // namespace dsc::target

#endif
