// SPDX-License-Identifier: Apache-2.0
// Trees of operations -> plan.kernel, equal ones once.
#ifndef DSC_PASSES_PLAN_KERNELOUTLINE_H
#define DSC_PASSES_PLAN_KERNELOUTLINE_H

#include "dialects/plan/Plan.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/plan/Fusion.h"
#include "llvm/ADT/StringMap.h"

namespace dsc::plan {

/// The kernels of a module by what they compute.
class KernelTable {
public:
  explicit KernelTable(mlir::ModuleOp module) : module(module), symbols(module) {}

  /// Distances between neighbours along each dimension, over the entry's symbols (#prim.shape), or #plan.panels; null for dense.
  using Layout = mlir::Attribute;

  struct Instance {
    mlir::FlatSymbolRefAttr kernel;
    prim::ShapeAttr sizes; // values of its symbols, over the entry's
  };
  /// The kernel that computes `tree`; `strides` covers the inputs, then the results of the root.
  Instance get(const Fusion::Tree &tree, llvm::ArrayRef<Layout> strides, llvm::ArrayRef<int64_t> aliases);

  unsigned size() const { return byText.size(); }

private:
  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  llvm::StringMap<KernelOp> byText;
  llvm::StringMap<unsigned> used; // kernels of each name
};

} // namespace dsc::plan

#endif
