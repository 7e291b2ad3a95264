// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/common/FlatDomain.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::target {

bool isFlat(plan::KernelOp kernel, ArrayRef<Expr> dims, llvm::function_ref<Expr(AccessScan &, ArrayRef<Expr>)> visit) {
  MLIRContext *context = kernel.getContext();
  Expr zero = constant(context, 0), dense = zero;
  Indices position, strides = denseStrides(context, dims);
  for (auto [i, dim] : llvm::enumerate(dims)) {
    position.push_back(isConstant(dim, 1) ? zero : index(context, i));
    dense = dense + position.back() * strides[i];
  }
  AccessScan reads(kernel, dims);
  if (visit(reads, position) != dense || reads.usesPositions || reads.hasReduction || !reads.conditions.empty())
    return false;
  if (!llvm::all_of(reads.addresses, [&](Expr address) { return address == dense || address == zero; }))
    return false;
  // A position beyond its dimension, whose address is the element's number.
  for (size_t i = dims.size(); i-- > 0;)
    if (!isConstant(dims[i], 1))
      return isConstant(strides[i], 1);
  return false;
}

Indices flatPosition(ArrayRef<Expr> dims, Expr number) {
  Indices position(dims.size(), constant(number.getContext(), 0));
  for (size_t i = dims.size(); i-- > 0;)
    if (!isConstant(dims[i], 1)) {
      position[i] = number;
      break;
    }
  return position;
}

} // namespace dsc::target
