// SPDX-License-Identifier: Apache-2.0
// The k first elements of each row in order: a heap of the best so far, whose root is the last of
// them, then heap sort. The heap lives in the output rows. Ties go by index, so that the order is
// total.
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/Schedule.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cpu {

namespace {

struct Entry {
  Value value, index;
};

class RowHeap {
public:
  RowHeap(KernelCode &code, ArrayRef<Expr> row, Type type, bool largest)
      : code(code), row(row), type(type), largest(largest) {}

  Entry read(Value position) {
    Indices at(row);
    at.push_back(code.newSymbol(position));
    Entry entry;
    code.inOrder([&] {
      entry = {code.load(code.outputBuffer(0), at), code.load(code.outputBuffer(1), at)};
    });
    return entry;
  }

  void write(Value position, Entry entry) {
    Indices at(row);
    at.push_back(code.newSymbol(position));
    code.store(code.outputBuffer(0), at, entry.value);
    code.store(code.outputBuffer(1), at, entry.index);
  }

  /// Whether x comes before y in the result.
  Value before(Entry x, Entry y) {
    Value first =
        emitCompare(code, largest ? CompareKind::Gt : CompareKind::Lt, x.value, y.value, type);
    Value same = code.equal(x.value, y.value);
    if (isa<FloatType>(type)) {
      Value nanX = code.isNaN(x.value), nanY = code.isNaN(y.value);
      Value greater = largest ? nanX : nanY, other = largest ? nanY : nanX;
      first = code.bitOr(first, code.bitAnd(greater, code.logicalNot(other)));
      same = code.bitOr(same, code.bitAnd(nanX, nanY));
    }
    return code.bitOr(first, code.bitAnd(same, code.less(x.index, y.index)));
  }

  /// Puts `entry` at `position` of a heap of `size` and moves it down to where it belongs.
  void siftDown(Value position, Value size, Entry entry) {
    Value one = code.i64(1), two = code.i64(2);
    auto goesOn = [&](ValueRange carried) -> Value { return carried[1]; };
    auto step = [&](ValueRange carried) -> SmallVector<Value> {
      Value at = carried[0];
      Value left = code.add(code.mul(at, two), one), right = code.add(left, one);
      auto descend = [&]() -> SmallVector<Value> {
        Entry child = read(left);
        auto takeRight = [&]() -> SmallVector<Value> {
          Entry other = read(right);
          Value later = before(child, other);
          return {code.select(later, right, left), code.select(later, other.value, child.value),
                  code.select(later, other.index, child.index)};
        };
        auto keepLeft = [&]() -> SmallVector<Value> { return {left, child.value, child.index}; };
        SmallVector<Type> types{left.getType(), child.value.getType(), child.index.getType()};
        auto worst = code.conditional(code.less(right, size), true, types, takeRight, keepLeft);
        Value down = before(entry, Entry{worst[1], worst[2]});
        code.conditional(down, true, [&] { write(at, Entry{worst[1], worst[2]}); });
        return {code.select(down, worst[0], at), down};
      };
      auto stay = [&]() -> SmallVector<Value> { return {at, code.boolean(false)}; };
      SmallVector<Type> types{at.getType(), code.b.getI1Type()};
      return code.conditional(code.less(left, size), true, types, descend, stay);
    };
    auto last = code.whileLoop({position, code.boolean(true)}, goesOn, step);
    write(last[0], entry);
  }

private:
  KernelCode &code;
  ArrayRef<Expr> row;
  Type type;
  bool largest;
};

class TopKRoot : public KernelRoot {
public:
  TopKRoot(plan::KernelOp kernel, TopKOp op) : KernelRoot(kernel), op(op) {
    rows = getDims(op.getOperand());
    rows.pop_back();
  }

  Expr grid() const override { return product(context, rows); }

  void emit(KernelCode &code) const override {
    auto o = op;
    auto k = code.kernel;
    if (k.getYielded().size() != 2 || k.getYielded()[0] != o.getValues() ||
        k.getYielded()[1] != o.getIndices()) {
      (void)code.fail(o, "a kernel of top_k gives the values and the indices");
      return;
    }
    emitItems(code, [&](Value item) {
      Indices row = emitDelinearize(code, item, rows);
      Expr count = getDims(o.getValues()).back();
      if (provablyNonNegative(count - 1))
        emitRow(code, row, count);
      else
        code.conditional(code.emitTruth(count), true, [&] { emitRow(code, row, count); });
    });
  }

private:
  void emitRow(KernelCode &code, ArrayRef<Expr> row, Expr count) const {
    auto o = op;
    Type type = prim::elementType(o.getOperand());
    RowHeap heap(code, row, type, o.getLargest());
    Value zero = code.i64(0), size = code.emit(count);
    auto candidate = [&](Expr e) {
      Indices at(row);
      at.push_back(e);
      Entry entry;
      code.inOrder([&] { entry = {code.element(o.getOperand(), at), code.emit(e)}; });
      return entry;
    };
    code.overIndex(count, [&](Expr e) { heap.write(code.emit(e), candidate(e)); });
    Expr half = floorDiv(count, code.constant(2));
    code.overIndex(half, [&](Expr e) {
      Value position = code.emit(half - 1 - e);
      heap.siftDown(position, size, heap.read(position));
    });
    Expr rest = getDims(o.getOperand()).back() - count;
    if (!isConstant(rest, 0))
      code.overIndex(rest, [&](Expr e) {
        Entry next = candidate(count + e);
        Value better = heap.before(next, heap.read(zero));
        code.conditional(better, true, [&] { heap.siftDown(zero, size, next); });
      });
    // The root is the last of what is left: it goes to the end.
    code.overIndex(count - 1, [&](Expr e) {
      Value last = code.emit(count - 1 - e);
      Entry worst = heap.read(zero), moved = heap.read(last);
      heap.write(last, worst);
      heap.siftDown(zero, last, moved);
    });
  }

  TopKOp op;
  SmallVector<Expr> rows;
};

/// Positions of true elements: each depends on all before it, hence one work item.
class NonZeroRoot : public KernelRoot {
public:
  NonZeroRoot(plan::KernelOp kernel, NonZeroOp op) : KernelRoot(kernel), op(op) {}

  Expr grid() const override { return constant(context, 1); }

  void emit(KernelCode &code) const override {
    auto o = op;
    auto dims = getDims(o.getOperand());
    Value capacity = code.emit(getDims(o.getResult())[1]);
    emitItems(code, [&](Value) {
      Indices at;
      std::function<Values(Values)> nest = [&](Values count) -> Values {
        if (at.size() < dims.size())
          return code.overIndex(dims[at.size()], count, [&](Expr e, Values carried) {
            at.push_back(e);
            Values next = nest(carried);
            at.pop_back();
            return next;
          });
        Value isSet = code.element(o.getOperand(), at);
        Value fits = code.bitAnd(isSet, code.less(count[0], capacity));
        code.conditional(fits, true, [&] {
          Expr column = code.newSymbol(count[0]);
          for (auto [dim, e] : llvm::enumerate(at))
            code.store(code.outputBuffer(0), {code.constant(dim), column}, code.emit(e));
        });
        return {code.add(count[0], code.cast<arith::ExtUIOp>(isSet, code.b.getI64Type()))};
      };
      nest({code.i64(0)});
    });
  }

private:
  NonZeroOp op;
};

} // namespace

std::unique_ptr<KernelRoot> makeTopKRoot(plan::KernelOp kernel, TopKOp op) {
  return std::make_unique<TopKRoot>(kernel, op);
}

std::unique_ptr<KernelRoot> makeNonZeroRoot(plan::KernelOp kernel, NonZeroOp op) {
  return std::make_unique<NonZeroRoot>(kernel, op);
}

} // namespace dsc::cpu
