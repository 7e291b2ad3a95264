// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/AttentionRows.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::cpu {

Value TileRows::pointerTo(KernelCode &code, Value t, Value d) const {
  Value offset = code.add(code.mul(t, rowStride), code.mul(d, featureStride));
  code.place({base, offset});
  return LLVM::GEPOp::create(code.b, code.loc, base.getType(), type, base, ValueRange(offset),
                             LLVM::GEPNoWrapFlags::inbounds);
}

Value TileRows::read(KernelCode &code, Value pointer, Value t, Value d) const {
  Value offset = code.add(code.mul(t, rowStride), code.mul(d, featureStride));
  code.place({pointer, offset});
  Value p = LLVM::GEPOp::create(code.b, code.loc, pointer.getType(), type, pointer,
                                ValueRange(offset), LLVM::GEPNoWrapFlags::inbounds);
  code.at(code.current);
  return LLVM::LoadOp::create(code.b, code.loc, type, p, type.getIntOrFloatBitWidth() / 8);
}

/// The kernel input that holds `tensor` under another layout, and where in it; -1 where something
/// is computed.
static int64_t findBuffer(Value tensor, Indices &at, ArrayRef<Expr> extents) {
  while (!isa<BlockArgument>(tensor)) {
    Operation *op = tensor.getDefiningOp();
    auto from = layoutIndices(op, at, extents);
    if (!from)
      return -1;
    at = *from;
    tensor = op->getOperand(0);
  }
  return cast<BlockArgument>(tensor).getArgNumber();
}

/// Steps of the address along t and d, where they are the same everywhere.
static std::optional<std::pair<Expr, Expr>> findStrides(Expr address, Expr t, Expr d) {
  auto step = [&](Expr by) {
    return substitute(
               address,
               [&](Expr leaf) { return leaf == by ? std::optional(leaf + 1) : std::nullopt; }) -
           address;
  };
  Expr row = step(t), feature = step(d);
  for (Expr stride : {row, feature})
    if (usesIndex(stride))
      return std::nullopt;
  return std::pair(row, feature);
}

AttentionRows::AttentionRows(KernelCode &code, const AttentionProblem &problem, Value tensor,
                             int64_t width)
    : operand(tensor), problem(&problem), width(width), stride(llvm::divideCeil(width, 16) * 16) {
  Expr b = code.newIndex(problem.batch), g = code.newIndex(problem.groups),
       t = code.newIndex(problem.length), d = code.newIndex(code.constant(width));
  Indices at = problem.rowAt(b, g, t, d);
  int64_t buffer = findBuffer(tensor, at, code.extents());
  inPlace = buffer >= 0 && elementType(tensor) == problem.accumulator &&
            findStrides(bufferAddress(code.kernel, buffer, at, code.extents()), t, d);
  if (!inPlace)
    scratch = Scratch(code, problem.accumulator, AttentionProblem::tile * stride);
}

TileRows AttentionRows::prepare(KernelCode &code, Expr b, Expr g, Value first, Value count) const {
  Value zero = code.i64(0);
  Expr width = code.constant(this->width);
  if (inPlace) {
    Expr t = code.newIndex(problem->length), d = code.newIndex(width);
    Indices at = problem->rowAt(b, g, t, d);
    int64_t buffer = findBuffer(operand, at, code.extents());
    Expr address = bufferAddress(code.kernel, buffer, at, code.extents());
    auto strides = findStrides(address, t, d);
    code.bind(t, first);
    code.bind(d, zero);
    return {code.pointerTo(buffer, address), code.emit(strides->first), code.emit(strides->second),
            problem->accumulator};
  }
  code.inOrder([&] {
    Loop rows = code.openLoop(code.current, zero, count, code.i64(1));
    Expr t = code.newIndex(problem->length);
    code.bind(t, code.add(first, rows.iv()));
    Value row = code.mul(rows.iv(), code.i64(stride));
    Loop features = code.openLoop(code.current, zero, code.i64(this->width), code.i64(16));
    Value mask;
    if (this->width % 16)
      mask = code.less(code.iota(16), code.sub(code.i64(this->width), features.iv()));
    code.withLanes(width, features.iv(), mask, 16, [&](Expr d) {
      Value v = code.element(operand, problem->rowAt(b, g, t, d));
      scratch.write(code.add(row, features.iv()), code.splat(v, 16));
    });
    code.closeLoop(features);
    code.closeLoop(rows);
  });
  return {scratch.pointer(), code.i64(stride), code.i64(1), problem->accumulator};
}

} // namespace dsc::cpu
