// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/IndexMap.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::cpu {

Type bufferType(plan::KernelOp kernel, unsigned operand) {
  unsigned inputs = kernel.getNumInputs();
  return operand < inputs ? kernel.getBlock().getArgument(operand).getType()
                          : kernel.getYielded()[operand - inputs].getType();
}

Indices bufferStrides(plan::KernelOp kernel, unsigned operand) {
  if (ShapeAttr strides = kernel.getOperandStrides(operand)) {
    auto list = strides.toVector();
    return Indices(list.begin(), list.end());
  }
  return denseStrides(kernel.getContext(), getDims(bufferType(kernel, operand)));
}

Expr bufferAddress(plan::KernelOp kernel, unsigned operand, ArrayRef<Expr> at,
                   ArrayRef<Expr> extents) {
  auto dims = getDims(bufferType(kernel, operand));
  Indices strides = bufferStrides(kernel, operand);
  Expr address = constant(kernel.getContext(), 0);
  for (auto [i, dim] : llvm::enumerate(dims))
    if (!isConstant(dim, 1))
      address = address + at[i] * strides[i];
  return simplify(address, extents);
}

} // namespace dsc::cpu
