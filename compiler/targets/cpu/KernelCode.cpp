// SPDX-License-Identifier: Apache-2.0
// Positions, loops and memory. Elements.cpp and Reductions.cpp hold the operations.
#include "compiler/targets/cpu/KernelCode.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cpu {

KernelCode::KernelCode(plan::KernelOp kernel, const Isa &isa, ModuleOp module)
    : Code(OpBuilder(module.getContext()), kernel.getLoc()), kernel(kernel), machine(isa),
      module(module) {
  MLIRContext *context = module.getContext();
  Type ptr = LLVM::LLVMPointerType::get(context), i64Type = b.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                          {ptr, ptr, i64Type, i64Type, ptr});
  b.setInsertionPointToEnd(module.getBody());
  function = LLVM::LLVMFuncOp::create(b, loc, kernel.getSymName(), type);
  Block *entry = function.addEntryBlock(b);
  b.setInsertionPointToEnd(entry);
  openFunction(entry, LLVM::ReturnOp::create(b, loc, ValueRange()));
  begin = entry->getArgument(2);
  end = entry->getArgument(3);
  fault = entry->getArgument(4);
  at(current);
  auto entryAt = [&](Value base, Type element, unsigned i) -> Value {
    return LLVM::GEPOp::create(b, loc, ptr, element, base, ArrayRef<LLVM::GEPArg>{int32_t(i)});
  };
  unsigned buffers = kernel.getNumInputs() + kernel.getYielded().size();
  for (unsigned i = 0; i < buffers; ++i)
    pointers.push_back(LLVM::LoadOp::create(b, loc, ptr, entryAt(entry->getArgument(0), ptr, i)));
  for (auto [i, size] : llvm::enumerate(kernel.getSizes().toVector()))
    leaves[size] =
        LLVM::LoadOp::create(b, loc, i64Type, entryAt(entry->getArgument(1), i64Type, i));
}

LogicalResult KernelCode::fail(Operation *op, const llvm::Twine &message) {
  if (!failed)
    op->emitError() << "the CPU target has no code for this: " << message;
  failed = true;
  return failure();
}

// ---- Positions
// ---------------------------------------------------------------------------------------

Expr KernelCode::newIndex(Expr extent) {
  ranges.push_back(extent);
  return index(kernel.getContext(), ranges.size() - 1);
}

Expr KernelCode::newSymbol(Value v) {
  Expr e = symbol(kernel.getContext(), "%loaded" + std::to_string(symbols++));
  bind(e, v);
  return e;
}

bool KernelCode::isVarying(Expr e) {
  bool varying = false;
  walkLeaves(e, [&](Expr leaf) {
    varying |= lanesNow.width && leaf == lanesNow.lane;
    if (auto it = leaves.find(leaf); it != leaves.end())
      varying |= lanes(it->second) != 0;
  });
  return varying;
}

Value KernelCode::emit(Expr e) {
  if (auto it = expressions.find(e); it != expressions.end() && isOpen(it->second))
    return it->second;
  Value v = emitUncached(e);
  expressions[e] = v;
  return v;
}

Value KernelCode::emitTruth(Expr condition) {
  return compare(arith::CmpIPredicate::ne, emit(condition), i64(0));
}

Value KernelCode::emitUncached(Expr e) {
  auto operand = [&](unsigned i) { return llvm::cast<ExprAttr>(e.getOperands()[i]); };
  // Terms of outer loops first, so that their sum stays outside of the inner ones.
  auto rank = [&](Value v) { return std::pair(scopeOf(v)->depth, lanes(v)); };
  auto outermostFirst = [&] {
    SmallVector<Value> values;
    for (Attribute o : e.getOperands())
      values.push_back(emit(llvm::cast<ExprAttr>(o)));
    // Insertion keeps the order of equals: the code must not depend on the sort's whims.
    for (size_t i = 1; i < values.size(); ++i)
      for (size_t j = i; j > 0 && rank(values[j]) < rank(values[j - 1]); --j)
        std::swap(values[j], values[j - 1]);
    return values;
  };
  switch (e.getKind()) {
  case ExprKind::Symbol:
  case ExprKind::Index: {
    if (lanesNow.width && e == lanesNow.lane)
      return add(emit(lanesNow.base), iota(lanesNow.width));
    Value v = leaves.lookup(e);
    assert(v && "an index or size without a value");
    return v;
  }
  case ExprKind::Constant:
    return i64(e.getValue());
  case ExprKind::Sum: {
    Value sum;
    for (Value v : outermostFirst())
      sum = sum ? add(sum, v) : v;
    return e.getValue() ? add(sum, i64(e.getValue())) : sum;
  }
  case ExprKind::Product: {
    Value product = e.getValue() == 1 ? Value() : i64(e.getValue());
    for (Value v : outermostFirst())
      product = product ? mul(product, v) : v;
    return product;
  }
  case ExprKind::FloorDiv:
  case ExprKind::Mod: {
    bool quotient = e.getKind() == ExprKind::FloorDiv;
    Value x = emit(operand(0)), y = emit(operand(1));
    bool natural =
        provablyNonNegative(operand(0), ranges) && provablyNonNegative(operand(1), ranges);
    if (!asConstant(operand(1)))
      y = select(equal(y, i64(0)), i64(1), y);
    if (natural)
      return quotient ? binary<arith::DivUIOp>(x, y) : binary<arith::RemUIOp>(x, y);
    Value r = binary<arith::RemSIOp>(x, y);
    Value adjust = bitAnd(bitXor(less(r, i64(0)), less(y, i64(0))),
                          compare(arith::CmpIPredicate::ne, r, i64(0)));
    if (!quotient)
      return select(adjust, add(r, y), r);
    Value q = binary<arith::DivSIOp>(x, y);
    return select(adjust, sub(q, i64(1)), q);
  }
  case ExprKind::Min:
    return binary<arith::MinSIOp>(emit(operand(0)), emit(operand(1)));
  case ExprKind::Max:
    return binary<arith::MaxSIOp>(emit(operand(0)), emit(operand(1)));
  case ExprKind::NonNegative:
    return cast<arith::ExtUIOp>(compare(arith::CmpIPredicate::sge, emit(operand(0)), i64(0)),
                                b.getI64Type());
  case ExprKind::IsZero:
    return cast<arith::ExtUIOp>(equal(emit(operand(0)), i64(0)), b.getI64Type());
  case ExprKind::Select:
    return select(emitTruth(operand(0)), emit(operand(1)), emit(operand(2)));
  }
  llvm_unreachable("unknown expression kind");
}

// ---- Loops
// -------------------------------------------------------------------------------------------

Values KernelCode::overIndex(Expr extent, Values carried,
                             llvm::function_ref<Values(Expr, Values)> body) {
  if (isConstant(extent, 1))
    return body(constant(0), carried);
  Loop loop = openLoop(current, i64(0), emit(extent), i64(1), carried);
  Expr d = newIndex(extent);
  bind(d, loop.iv());
  Values results = body(d, Values(loop.op.getRegionIterArgs()));
  closeLoop(loop, results);
  return Values(loop.op.getResults());
}

void KernelCode::overIndex(Expr extent, llvm::function_ref<void(Expr)> body) {
  overIndex(extent, {}, [&](Expr d, Values) {
    body(d);
    return Values();
  });
}

unsigned KernelCode::laneCount(Expr extent) {
  auto n = asConstant(extent);
  return n ? unsigned(llvm::PowerOf2Ceil(std::clamp<int64_t>(*n, 1, 16))) : 16;
}

void KernelCode::withLanes(Expr extent, Value base, Value tail, unsigned width,
                           llvm::function_ref<void(Expr)> body) {
  Lanes outer = lanesNow;
  Value outerMask = mask;
  bool outerEmpty = maskMayBeEmpty;
  Expr first = newIndex(extent);
  bind(first, base);
  if (width == 1) {
    lanesNow = Lanes();
  } else {
    lanesNow = Lanes{newIndex(extent), first, width};
    first = lanesNow.lane;
  }
  mask = tail;
  maskMayBeEmpty = false;
  body(first);
  lanesNow = outer;
  mask = outerMask;
  maskMayBeEmpty = outerEmpty;
}

Values KernelCode::overLanes(Expr extent, Value lower, Value upper, unsigned width, Values carried,
                             llvm::function_ref<Values(Expr, Values)> body) {
  auto step = [&](Value base, Value tail, Values before) {
    Values after;
    withLanes(extent, base, tail, width, [&](Expr lane) { after = body(lane, before); });
    return after;
  };
  auto loopTo = [&](Value limit) {
    Loop loop = openLoop(current, lower, limit, i64(width), carried);
    Values results = step(loop.iv(), nullptr, Values(loop.op.getRegionIterArgs()));
    closeLoop(loop, results);
    carried = Values(loop.op.getResults());
  };
  if (width == 1) {
    loopTo(upper);
    return carried;
  }
  auto tailMask = [&](Value base) { return less(iota(width), sub(upper, base)); };
  auto count = asConstant(extent);
  if (count && lower == i64(0) && upper == i64(*count)) {
    int64_t full = *count / width * width;
    if (full == int64_t(width))
      carried = step(lower, nullptr, carried);
    else if (full)
      loopTo(i64(full));
    return full == *count ? carried : step(i64(full), tailMask(i64(full)), carried);
  }
  Value span = binary<arith::MaxSIOp>(sub(upper, lower), i64(0));
  Value limit = add(lower, bitAnd(span, i64(-int64_t(width))));
  loopTo(limit);
  SmallVector<Type> types;
  for (Value v : carried)
    types.push_back(v.getType());
  auto run = [&]() -> SmallVector<Value> { return step(limit, tailMask(limit), carried); };
  auto skip = [&]() -> SmallVector<Value> { return carried; };
  Value rest = less(limit, add(lower, span));
  if (carried.empty())
    conditional(rest, false, [&] { run(); });
  else
    carried = conditional(rest, false, types, run, skip);
  return carried;
}

// ---- Memory
// ------------------------------------------------------------------------------------------

Value KernelCode::address(Value pointer, Type storage, Expr offset) {
  Value o = emit(offset);
  Type type = vectorOf(LLVM::LLVMPointerType::get(b.getContext()), lanes(o));
  place({pointer, o});
  return LLVM::GEPOp::create(b, loc, type, storage, pointer, ValueRange(o),
                             LLVM::GEPNoWrapFlags::inbounds);
}

/// The offset with the lane index replaced by the first lane's, when lanes are neighbours in
/// memory; else null.
static Expr contiguousBase(Expr offset, Expr lane, Expr base, int64_t stride = 1) {
  auto shifted = [&](Expr by) {
    return substitute(offset, [&](Expr leaf) -> std::optional<Expr> {
      if (leaf == lane)
        return by;
      return std::nullopt;
    });
  };
  if (isConstant(shifted(lane + 1) - offset, stride))
    return shifted(base);
  return nullptr;
}

Value KernelCode::loadAt(Value pointer, Type type, Expr offset) {
  Type storage = storageType(type);
  unsigned bytes = storage.getIntOrFloatBitWidth() / 8;
  if (!isVarying(offset)) {
    auto read = [&]() -> Value {
      Value p = address(pointer, storage, offset);
      placeGuarded(p);
      return LLVM::LoadOp::create(b, loc, storage, p, bytes);
    };
    if (!maskMayBeEmpty)
      return fromStorage(*this, read(), type);
    // No lane may need the value, and then it may not exist.
    Value loaded = conditional(
        anyLane(mask), true, storage, [&] { return SmallVector<Value>{read()}; },
        [&] { return SmallVector<Value>{zero(storage)}; })[0];
    return fromStorage(*this, loaded, type);
  }
  unsigned width = lanesNow.width;
  if (pairs) {
    Expr first = contiguousBase(offset, lanesNow.lane, lanesNow.base, 2);
    assert(first && !isVarying(first) && !mask && bytes == 2 && "lanes that are no pairs");
    Value p = address(pointer, storage, first);
    placeGuarded(p);
    return LLVM::LoadOp::create(b, loc, VectorType::get({2 * int64_t(width)}, storage), p, bytes);
  }
  auto vector = VectorType::get({int64_t(width)}, storage);
  Value none = splat(zero(storage), width);
  Expr base = contiguousBase(offset, lanesNow.lane, lanesNow.base);
  bool simple = base && !isVarying(base);
  if (simple) {
    Value p = address(pointer, storage, base);
    if (!mask) {
      placeGuarded(p);
      return fromStorage(*this, LLVM::LoadOp::create(b, loc, vector, p, bytes), type);
    }
    placeGuarded({p, mask, none});
    return fromStorage(*this,
                       LLVM::MaskedLoadOp::create(b, loc, vector, p, mask, none,
                                                  b.getI32IntegerAttr(bytes), nullptr),
                       type);
  }
  Value p = address(pointer, storage, offset);
  Value lanesRead = mask ? mask : splat(boolean(true), width);
  placeGuarded({p, lanesRead, none});
  return fromStorage(*this, LLVM::masked_gather::create(b, loc, vector, p, lanesRead, none, bytes),
                     type);
}

Value KernelCode::load(unsigned buffer, ArrayRef<Expr> at) {
  return loadAt(pointers[buffer], elementTypeOf(buffer), bufferAddress(kernel, buffer, at, ranges));
}

void KernelCode::store(unsigned buffer, ArrayRef<Expr> at, Value v) {
  Type type = elementTypeOf(buffer), storage = storageType(type);
  unsigned bytes = storage.getIntOrFloatBitWidth() / 8;
  Expr offset = bufferAddress(kernel, buffer, at, ranges);
  v = toStorage(*this, v, type);
  auto inside = [&] { this->at(current); };
  if (!lanesNow.width) {
    assert(!lanes(v) && "a vector without lanes");
    Value p = address(pointers[buffer], storage, offset);
    inside();
    LLVM::StoreOp::create(b, loc, v, p, bytes);
    return;
  }
  v = splat(v, lanesNow.width);
  Expr base = contiguousBase(offset, lanesNow.lane, lanesNow.base);
  if (base && !isVarying(base)) {
    Value p = address(pointers[buffer], storage, base);
    inside();
    if (mask)
      LLVM::MaskedStoreOp::create(b, loc, v, p, mask, bytes);
    else
      LLVM::StoreOp::create(b, loc, v, p, bytes);
    return;
  }
  // In a buffer of no elements, or of one along the lanes, no offset varies: at most one lane is at work.
  Value p = splat(address(pointers[buffer], storage, offset), lanesNow.width);
  Value lanesWritten = mask ? mask : splat(boolean(true), lanesNow.width);
  inside();
  LLVM::masked_scatter::create(b, loc, v, p, lanesWritten, bytes);
}

Value KernelCode::anyLane(Value truths) {
  place(truths);
  Value bits = LLVM::BitcastOp::create(b, loc, b.getIntegerType(lanes(truths)), truths);
  return compare(arith::CmpIPredicate::ne, bits, integer(bits.getType(), int64_t(0)));
}

Expr KernelCode::checkedIndex(Value tensor, ArrayRef<Expr> at, Expr size, Value &valid) {
  bool mayBeEmpty = !provablyNonNegative(size - 1);
  auto limit = [&](const Checked &c) {
    if (mayBeEmpty)
      valid = valid ? bitAnd(valid, c.inRange) : c.inRange;
    return c.index;
  };
  // The rows of a tile share their indices.
  Key k = key(tensor, at);
  k.push_back(size.getAsOpaquePointer());
  if (auto it = checked.find(k);
      it != checked.end() && it->second.scope->open && isOpen(leaves.lookup(it->second.index)))
    return limit(it->second);
  Value v = element(tensor, at);
  Value inRange = compare(arith::CmpIPredicate::ult, v, emit(size));
  Value bad = logicalNot(inRange);
  Value reported = bad;
  if (lanes(bad))
    reported = anyLane(mask ? bitAnd(bad, mask) : bad);
  else if (maskMayBeEmpty)
    reported = bitAnd(bad, anyLane(mask));
  Scope *inner = current;
  current = deepest(reported);
  if (guard->depth > current->depth)
    current = guard;
  Scope *home = current;
  conditional(reported, true, [&] {
    Value one = integer(b.getI32Type(), 1);
    this->at(current);
    LLVM::StoreOp::create(b, loc, one, fault, 4);
  });
  current = inner;
  Checked result{newSymbol(select(inRange, v, i64(0))), inRange, home};
  checked[k] = result;
  return limit(result);
}

Value KernelCode::under(Value condition, Type type, llvm::function_ref<Value()> body) {
  if (!lanes(condition)) {
    unsigned width = isa<VectorType>(type) ? lanesNow.width : 0;
    Type scalar = getElementTypeOrSelf(type);
    return conditional(
        condition, true, type, [&] { return SmallVector<Value>{splat(body(), width)}; },
        [&] { return SmallVector<Value>{splat(zero(scalar), width)}; })[0];
  }
  Value outer = mask;
  bool outerEmpty = maskMayBeEmpty;
  mask = mask ? bitAnd(mask, condition) : condition;
  maskMayBeEmpty = true;
  Value v = body();
  mask = outer;
  maskMayBeEmpty = outerEmpty;
  return splat(v, lanesNow.width);
}

} // namespace dsc::cpu
