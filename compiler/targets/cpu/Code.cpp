// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/Code.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cpu {

Code::Code(OpBuilder builder, Location loc) : b(builder), loc(loc) {}

// ---- Scopes
// ----------------------------------------------------------------------------------------

Scope *Code::newScope(Block *block, Scope *parent, Operation *before) {
  storage.push_back({parent, before, parent ? parent->depth + 1 : 0});
  return scopes[block] = &storage.back();
}

Scope *Code::openFunction(Block *block, Operation *terminator) {
  root = current = guard = newScope(block, nullptr, terminator);
  return root;
}

Scope *Code::deepest(ValueRange values) const {
  Scope *result = root;
  for (Value v : values) {
    Scope *scope = scopeOf(v);
    assert(scope && scope->open && "a value of a scope that is closed");
    if (scope->depth > result->depth)
      result = scope;
  }
  return result;
}

void Code::placeGuarded(ValueRange values) {
  Scope *scope = deepest(values);
  at(scope->depth > guard->depth ? scope : guard);
}

Loop Code::openLoop(Scope *in, Value lower, Value upper, Value step, ValueRange inits) {
  at(in);
  auto op = scf::ForOp::create(b, loc, lower, upper, step, inits,
                               [](OpBuilder &body, Location l, Value, ValueRange carried) {
                                 scf::YieldOp::create(body, l, carried);
                               });
  Loop loop{op, newScope(op.getBody(), in, op.getBody()->getTerminator()), current, in->before};
  in->before = op;
  current = loop.scope;
  return loop;
}

void Code::closeLoop(Loop &loop, ValueRange yields) {
  loop.scope->before->setOperands(yields);
  loop.scope->open = false;
  loop.scope->parent->before = loop.resume;
  current = loop.outer;
}

SmallVector<Value> Code::conditional(Value condition, bool guarded, TypeRange types,
                                     llvm::function_ref<SmallVector<Value>()> then,
                                     llvm::function_ref<SmallVector<Value>()> otherwise) {
  Scope *outer = current, *outerGuard = guard;
  at(outer);
  auto op = scf::IfOp::create(b, loc, types, condition, /*addThenBlock=*/true,
                              /*addElseBlock=*/bool(otherwise));
  Operation *resume = outer->before;
  outer->before = op;
  auto fill = [&](Block *block, llvm::function_ref<SmallVector<Value>()> body) {
    b.setInsertionPointToEnd(block);
    auto yield = scf::YieldOp::create(b, loc);
    current = newScope(block, outer, yield);
    if (guarded)
      guard = current;
    SmallVector<Value> values = body();
    yield->setOperands(values);
    current->open = false;
    current = outer;
    guard = outerGuard;
  };
  fill(op.thenBlock(), then);
  if (otherwise)
    fill(op.elseBlock(), otherwise);
  outer->before = resume;
  return SmallVector<Value>(op.getResults());
}

void Code::conditional(Value condition, bool guarded, llvm::function_ref<void()> then) {
  conditional(
      condition, guarded, TypeRange(),
      [&] {
        then();
        return SmallVector<Value>();
      },
      nullptr);
}

SmallVector<Value> Code::whileLoop(ValueRange carried, llvm::function_ref<Value(ValueRange)> goesOn,
                                   llvm::function_ref<SmallVector<Value>(ValueRange)> body) {
  Scope *outer = current, *outerGuard = guard;
  at(outer);
  auto op = scf::WhileOp::create(b, loc, carried.getTypes(), carried);
  Operation *resume = outer->before;
  outer->before = op;
  SmallVector<Location> locations(carried.size(), loc);
  auto fill = [&](Region &region, llvm::function_ref<void(Block *)> emit) {
    Block *block = b.createBlock(&region, {}, carried.getTypes(), locations);
    emit(block);
    current->open = false;
    current = outer;
    guard = outerGuard;
  };
  fill(op.getBefore(), [&](Block *block) {
    auto end = scf::ConditionOp::create(b, loc, boolean(true), block->getArguments());
    current = guard = newScope(block, outer, end);
    end.getConditionMutable().assign(goesOn(block->getArguments()));
  });
  fill(op.getAfter(), [&](Block *block) {
    auto end = scf::YieldOp::create(b, loc, block->getArguments());
    current = guard = newScope(block, outer, end);
    end->setOperands(body(block->getArguments()));
  });
  outer->before = resume;
  return SmallVector<Value>(op.getResults());
}

// ---- Types and constants
// -----------------------------------------------------------------------------

unsigned Code::lanes(Value v) {
  auto vector = dyn_cast<VectorType>(v.getType());
  return vector ? vector.getDimSize(0) : 0;
}

Type Code::element(Value v) { return getElementTypeOrSelf(v.getType()); }

Type Code::vectorOf(Type type, unsigned lanes) {
  return lanes ? VectorType::get({int64_t(lanes)}, type) : type;
}

Value Code::integer(Type type, llvm::APInt value) {
  Attribute attribute = b.getIntegerAttr(type, value);
  Value &v = constants[attribute];
  if (!v) {
    OpBuilder::InsertionGuard restore(b);
    at(root);
    v = arith::ConstantOp::create(b, loc, llvm::cast<TypedAttr>(attribute));
  }
  return v;
}

Value Code::real(Type type, double value) {
  auto attribute = FloatAttr::get(type, value);
  Value &v = constants[attribute];
  if (!v) {
    OpBuilder::InsertionGuard restore(b);
    at(root);
    v = arith::ConstantOp::create(b, loc, attribute);
  }
  return v;
}

Value Code::zero(Type type) { return isa<FloatType>(type) ? real(type, 0) : integer(type, 0); }

Value Code::iota(unsigned lanes) {
  SmallVector<int64_t> values(lanes);
  for (unsigned i = 0; i < lanes; ++i)
    values[i] = i;
  auto attribute = DenseElementsAttr::get(VectorType::get({int64_t(lanes)}, b.getI64Type()),
                                          ArrayRef<int64_t>(values));
  Value &v = constants[attribute];
  if (!v) {
    OpBuilder::InsertionGuard restore(b);
    at(root);
    v = arith::ConstantOp::create(b, loc, attribute);
  }
  return v;
}

Value Code::splat(Value v, unsigned count) {
  if (count == 0 || lanes(v))
    return v;
  Value &known = splats[{v, count}];
  if (!known) {
    OpBuilder::InsertionGuard restore(b);
    place(v);
    auto type = VectorType::get({int64_t(count)}, v.getType());
    if (auto op = v.getDefiningOp<arith::ConstantOp>())
      known =
          arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, Attribute(op.getValue())));
    else
      known = vector::BroadcastOp::create(b, loc, type, v);
  }
  return known;
}

void Code::unify(Value &x, Value &y) {
  unsigned count = std::max(lanes(x), lanes(y));
  x = splat(x, count);
  y = splat(y, count);
}

// ---- Arithmetic
// --------------------------------------------------------------------------------------

Value Code::fma(Value x, Value y, Value z) {
  unsigned count = std::max({lanes(x), lanes(y), lanes(z)});
  x = splat(x, count), y = splat(y, count), z = splat(z, count);
  place({x, y, z});
  return math::FmaOp::create(b, loc, x, y, z);
}

Value Code::polynomial(Value x, ArrayRef<double> c) {
  Type type = element(x);
  Value result = real(type, c.back());
  for (double coefficient : llvm::reverse(c.drop_back()))
    result = fma(result, x, real(type, coefficient));
  return result;
}

Value Code::neg(Value x) { return isFloat(x) ? unary<arith::NegFOp>(x) : sub(zero(element(x)), x); }

Value Code::abs(Value x) {
  if (isFloat(x))
    return unary<math::AbsFOp>(x);
  return select(less(x, zero(element(x))), neg(x), x);
}

Value Code::floor(Value x) { return unary<math::FloorOp>(x); }
Value Code::roundEven(Value x) { return unary<math::RoundEvenOp>(x); }
Value Code::copySign(Value magnitude, Value sign) {
  return binary<math::CopySignOp>(magnitude, sign);
}

Value Code::compare(arith::CmpFPredicate p, Value x, Value y) {
  unify(x, y);
  place({x, y});
  return arith::CmpFOp::create(b, loc, p, x, y);
}

Value Code::compare(arith::CmpIPredicate p, Value x, Value y) {
  unify(x, y);
  place({x, y});
  return arith::CmpIOp::create(b, loc, p, x, y);
}

Value Code::select(Value condition, Value x, Value y) {
  if (x == y)
    return x;
  unify(x, y);
  if (unsigned count = lanes(condition))
    x = splat(x, count), y = splat(y, count);
  place({condition, x, y});
  return arith::SelectOp::create(b, loc, condition, x, y);
}

Value Code::bitcast(Value x, Type to) {
  if (element(x) == to)
    return x;
  return cast<arith::BitcastOp>(x, to);
}

Value Code::combineLanes(Value v, llvm::function_ref<Value(Value, Value)> combine) {
  for (unsigned count = lanes(v); count > 1; count /= 2) {
    SmallVector<int32_t> low, high;
    for (unsigned i = 0; i < count / 2; ++i) {
      low.push_back(i);
      high.push_back(count / 2 + i);
    }
    place(v);
    Value l = LLVM::ShuffleVectorOp::create(b, loc, v, v, low);
    Value h = LLVM::ShuffleVectorOp::create(b, loc, v, v, high);
    v = combine(l, h);
  }
  if (!lanes(v))
    return v;
  Value first = i64(0);
  place(v);
  return LLVM::ExtractElementOp::create(b, loc, v, first);
}

} // namespace dsc::cpu
