// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/DotOperand.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::cuda {

std::optional<Place> findPlace(plan::KernelOp kernel, Value tensor, Indices at,
                               ArrayRef<Expr> extents,
                               llvm::function_ref<Expr(Value, ArrayRef<Expr>, Expr)> chosen) {
  while (!isa<BlockArgument>(tensor)) {
    Operation *op = tensor.getDefiningOp();
    if (auto from = layoutIndices(op, at, extents)) {
      at = *from;
    } else if (auto take = dyn_cast<TakeOp>(op)) {
      size_t axis = take.getAxis(), count = rank(take.getIndices());
      Expr size = getDims(take.getOperand())[axis];
      if (!provablyNonNegative(size - 1))
        return std::nullopt;
      Indices inner(ArrayRef<Expr>(at).take_front(axis));
      inner.push_back(chosen(take.getIndices(), ArrayRef<Expr>(at).slice(axis, count), size));
      llvm::append_range(inner, ArrayRef<Expr>(at).drop_front(axis + count));
      at = inner;
    } else if (auto gather = dyn_cast<GatherNdOp>(op)) {
      size_t batch = gather.getBatchDims(), outer = rank(gather.getIndices()) - 1;
      auto dims = getDims(gather.getOperand());
      int64_t indices = *asConstant(getDims(gather.getIndices()).back());
      Indices inner(ArrayRef<Expr>(at).take_front(batch));
      for (int64_t i = 0; i < indices; ++i) {
        Indices position(ArrayRef<Expr>(at).take_front(outer));
        position.push_back(constant(kernel.getContext(), i));
        if (!provablyNonNegative(dims[batch + i] - 1))
          return std::nullopt;
        inner.push_back(chosen(gather.getIndices(), position, dims[batch + i]));
      }
      llvm::append_range(inner, ArrayRef<Expr>(at).drop_front(outer));
      at = inner;
    } else {
      return std::nullopt;
    }
    tensor = op->getOperand(0);
  }
  unsigned buffer = cast<BlockArgument>(tensor).getArgNumber();
  return Place{buffer, bufferAddress(kernel, buffer, at, extents)};
}

Expr unknownIndex(Value indices, ArrayRef<Expr> at, Expr size) {
  return symbol(indices.getContext(), "chosen");
}

int64_t countNeighbours(Expr extent, int64_t most, SmallVectorImpl<Expr> &extents,
                        llvm::function_ref<Expr(Expr)> place) {
  MLIRContext *context = extent.getContext();
  auto fresh = [&](Expr size) {
    extents.push_back(size);
    return index(context, extents.size() - 1);
  };
  int64_t found = 0;
  for (int64_t count = most; count >= 1; count /= 2) {
    if (!isConstant(mod(extent, constant(context, count)), 0))
      continue;
    Expr group = fresh(floorDiv(extent, constant(context, count))),
         own = fresh(constant(context, std::max<int64_t>(count, 2)));
    Expr address = place(count == 1 ? own : group * count + own);
    Expr base = substitute(address, [&](Expr leaf) {
      return leaf == own ? std::optional(constant(context, 0)) : std::nullopt;
    });
    if (simplify(address - base, extents) != own)
      continue;
    if (count == 1 || isConstant(simplify(mod(base, constant(context, count)), extents), 0)) {
      found = count;
      break;
    }
  }
  return found;
}

StringRef typeTag(Type type) {
  return type.isBF16()  ? "Bf16"
         : type.isF16() ? "F16"
         : type.isF32() ? "F32"
         : type.isF64() ? "F64"
                        : "";
}

} // namespace dsc::cuda
