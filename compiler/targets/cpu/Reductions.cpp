// SPDX-License-Identifier: Apache-2.0
// Elements that take a loop: reductions, positions of extremes, and dots inside larger trees.
#include "compiler/targets/common/AccessScan.h"
#include "compiler/targets/cpu/KernelCode.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cpu {

Value KernelCode::hoisted(ArrayRef<Expr> at, Type type, llvm::function_ref<Value()> body) {
  bool varying = anyVarying(at);
  if (!varying && maskMayBeEmpty)
    return conditional(
        anyLane(mask), true, type,
        [&] {
          maskMayBeEmpty = false;
          Value v = hoisted(at, type, body);
          maskMayBeEmpty = true;
          return SmallVector<Value>{v};
        },
        [&] { return SmallVector<Value>{zero(type)}; })[0];
  SmallVector<Value> needed;
  for (Expr e : at)
    walkLeaves(e, [&](Expr leaf) { needed.push_back(emit(leaf)); });
  if (varying && mask)
    needed.push_back(mask);
  Scope *home = deepest(needed), *inner = current;
  current = home->depth > guard->depth ? home : guard;
  Lanes outerLanes = lanesNow;
  Value outerMask = mask;
  if (!varying) {
    lanesNow = Lanes();
    mask = nullptr;
  }
  Value v = body();
  lanesNow = outerLanes;
  mask = outerMask;
  current = inner;
  return v;
}

/// The reduced dimension along which the operand's elements are neighbours in memory, or none.
static std::optional<int64_t> laneAxis(KernelCode &code, Value operand, ArrayRef<int64_t> axes,
                                       ArrayRef<Expr> at) {
  AccessScan scan(code.kernel, code.extents());
  auto dims = getDims(operand);
  Indices positions(at);
  SmallVector<unsigned> ids;
  for (int64_t axis : axes) {
    ids.push_back(scan.extents.size());
    positions[axis] = scan.fresh(dims[axis]);
  }
  scan.visit(operand, positions);
  std::optional<int64_t> best;
  int bestScore = -1;
  for (auto [axis, id] : llvm::zip(axes, ids)) {
    int score = scan.contiguity(id);
    if (score >= 0 && score >= bestScore && KernelCode::laneCount(dims[axis]) > 1) {
      best = axis;
      bestScore = score;
    }
  }
  return best;
}

Value KernelCode::reduceElement(ReduceOp op, ArrayRef<Expr> at) {
  Type type = prim::elementType(op.getResult());
  Value operand = op.getOperand();
  auto dims = getDims(operand);
  Indices positions;
  size_t next = 0;
  for (size_t i = 0; i < dims.size(); ++i)
    positions.push_back(llvm::is_contained(op.getAxes(), int64_t(i)) ? constant(0) : at[next++]);
  bool varying = anyVarying(at);
  Type result = vectorOf(registerType(type), varying ? lanesNow.width : 0);
  return hoisted(at, result, [&] {
    auto lane = varying ? std::nullopt : laneAxis(*this, operand, op.getAxes(), positions);
    // The dimension of the lanes is the innermost loop.
    SmallVector<int64_t> order;
    for (int64_t axis : op.getAxes())
      if (axis != lane)
        order.push_back(axis);
    if (lane)
      order.push_back(*lane);
    unsigned width = lane ? laneCount(dims[*lane]) : varying ? lanesNow.width : 0;
    Value start = identity(*this, op.getKind(), type);
    auto combine = [&](Value x, Value y) { return emitCombine(*this, op.getKind(), x, y, type); };
    std::function<Value(size_t, Value)> nest = [&](size_t depth, Value total) -> Value {
      if (depth == order.size()) {
        Value v = splat(element(operand, positions), lanes(total));
        if (mask && !varying)
          v = select(mask, v, start);
        return combine(total, v);
      }
      int64_t axis = order[depth];
      auto body = [&](Expr e, Values carried) -> Values {
        positions[axis] = e;
        return {nest(depth + 1, carried[0])};
      };
      return lane == axis ? overLanes(dims[axis], width, {total}, body)[0]
                          : overIndex(dims[axis], {total}, body)[0];
    };
    Value v = nest(0, splat(start, width));
    if (!varying)
      v = combineLanes(v, combine);
    return roundTo(*this, v, type);
  });
}

Value KernelCode::argReduceElement(ArgReduceOp op, ArrayRef<Expr> at) {
  Value operand = op.getOperand();
  Type type = prim::elementType(operand);
  Expr extent = getDims(operand)[op.getAxis()];
  bool varying = anyVarying(at), isMax = op.getKind() == ReduceKind::Max;
  unsigned width = varying ? lanesNow.width : 0;
  return hoisted(at, vectorOf(b.getI64Type(), width), [&] {
    Values start{splat(identity(*this, op.getKind(), type), width), splat(i64(0), width)};
    Values result = overIndex(extent, start, [&](Expr e, Values best) -> Values {
      Indices positions(at);
      positions.insert(positions.begin() + op.getAxis(), e);
      Value v = splat(element(operand, positions), width);
      Value better =
          emitCompare(*this, isMax ? CompareKind::Gt : CompareKind::Lt, v, best[0], type);
      Value same = equal(v, best[0]);
      if (isa<FloatType>(type)) {
        Value isNow = isNaN(v), was = isNaN(best[0]);
        better = bitOr(better, bitAnd(isNow, logicalNot(was)));
        same = bitOr(same, bitAnd(isNow, was));
      }
      Value take = op.getLast() ? bitOr(better, same) : better;
      return {select(take, v, best[0]), select(take, emit(e), best[1])};
    });
    return result[1];
  });
}

Type accumulatorType(DotOp op) {
  Type type = registerType(prim::elementType(op.getResult()));
  Type from = registerType(prim::elementType(op.getLhs()));
  return isa<FloatType>(from) ? from : type;
}

Value emitMultiplyAdd(Code &c, Value l, Value r, Value acc, Type from, Type to) {
  if (isa<FloatType>(from))
    return c.fma(l, r, acc);
  return c.add(acc, c.mul(emitConvert(c, l, from, to), emitConvert(c, r, from, to)));
}

Value KernelCode::dotElement(DotOp op, ArrayRef<Expr> at) {
  Type from = prim::elementType(op.getLhs()), to = prim::elementType(op.getResult()),
       type = accumulatorType(op);
  unsigned width = anyVarying(at) ? lanesNow.width : 0;
  return hoisted(at, vectorOf(registerType(to), width), [&] {
    Indices contracted(op.getLhsContract().size(), nullptr);
    std::function<Value(size_t, Value)> nest = [&](size_t depth, Value total) -> Value {
      if (depth == contracted.size()) {
        Indices lhs, rhs;
        dotIndices(op, at, contracted, lhs, rhs);
        Value l = element(op.getLhs(), lhs), r = element(op.getRhs(), rhs);
        return emitMultiplyAdd(*this, l, r, total, from, to);
      }
      Expr extent = getDims(op.getLhs())[op.getLhsContract()[depth]];
      return overIndex(extent, {total}, [&](Expr e, Values carried) -> Values {
        contracted[depth] = e;
        return {nest(depth + 1, carried[0])};
      })[0];
    };
    Value total = nest(0, splat(zero(type), width));
    return dotResult(*this, op, total);
  });
}

Value dotResult(Code &c, DotOp op, Value total) {
  Type from = prim::elementType(op.getLhs()), to = prim::elementType(op.getResult());
  if (isa<IntegerType>(from))
    return total;
  // The accumulator is exact in f32 or f64: rounding to the result is the only conversion.
  Type held = accumulatorType(op);
  return held == to ? total : emitConvert(c, total, held, to);
}

} // namespace dsc::cpu
