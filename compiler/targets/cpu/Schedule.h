// SPDX-License-Identifier: Apache-2.0
// Loops over a domain of independent positions: which dimension becomes lanes, where loops are cut,
// what a work item is.
#ifndef DSC_COMPILER_TARGETS_CPU_SCHEDULE_H
#define DSC_COMPILER_TARGETS_CPU_SCHEDULE_H

#include "compiler/targets/common/AccessScan.h"
#include "compiler/targets/cpu/KernelCode.h"
#include <functional>

namespace dsc::cpu {

/// What is done at each position of a domain.
struct Domain {
  llvm::SmallVector<Expr> dims;
  /// Visits what is read, and returns the address that is written, at a position.
  std::function<Expr(AccessScan &, llvm::ArrayRef<Expr>)> visit;
  /// The position writes more than its own element, in a loop of its own: lanes only where they are
  /// neighbours.
  bool nested = false;
  /// Lanes would collide or need different control flow.
  bool scalar = false;
};

struct Schedule {
  /// Extents of d_0, d_1, ...: the loops.
  llvm::SmallVector<Expr> extents;
  /// The position in the domain, over the loops.
  Indices position;
  /// Loops of the work items, outermost first.
  llvm::SmallVector<unsigned> rows;
  /// The loop of lanes, and where it is cut: 0, ..., its extent. Lanes in one piece take the same
  /// branches.
  std::optional<unsigned> lane;
  llvm::SmallVector<Expr> cuts;
  unsigned width = 1;
  /// Lanes of one work item; 0 for all.
  int64_t chunk = 0;
  Expr grid;
};

Schedule makeSchedule(plan::KernelOp kernel, const Domain &domain);

/// Calls `body` with each position of the work items [begin, end), lanes set up.
void emitSchedule(KernelCode &code, const Schedule &schedule,
                  llvm::function_ref<void(llvm::ArrayRef<Expr>)> body);

/// for item in [begin, end): binds nothing; `body` gets the item's number.
void emitItems(KernelCode &code, llvm::function_ref<void(mlir::Value)> body);
/// Splits a row-major number over `extents`; extents of one take no part.
Indices emitDelinearize(KernelCode &code, mlir::Value number, llvm::ArrayRef<Expr> extents);

} // namespace dsc::cpu

#endif
