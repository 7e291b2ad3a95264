// SPDX-License-Identifier: Apache-2.0
// Emission of loops and of arithmetic on scalars and vectors of lanes.
//
// Every operation is placed in the outermost loop in which its operands are known, so that nothing
// invariant is left inside a loop and no later pass has to find it. A value is a scalar or a vector
// of lanes; mixed operands are made vectors. Registers hold f32 for 16-bit floats, signless
// integers for unsigned ones, i1 for booleans.
#ifndef DSC_COMPILER_TARGETS_CPU_CODE_H
#define DSC_COMPILER_TARGETS_CPU_CODE_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <deque>

namespace dsc::cpu {

/// A block under construction: operations are inserted before `before`.
struct Scope {
  Scope *parent;
  mlir::Operation *before;
  int depth;
  bool open = true;
};

struct Loop {
  mlir::scf::ForOp op;
  Scope *scope;
  Scope *outer;
  mlir::Operation *resume;
  mlir::Value iv() { return op.getInductionVar(); }
};

class Code {
public:
  Code(mlir::OpBuilder builder, mlir::Location loc);

  // ---- Scopes ----
  /// The first scope of a function; `terminator` ends its body.
  Scope *openFunction(mlir::Block *block, mlir::Operation *terminator);
  Scope *scopeOf(mlir::Value v) const { return scopes.lookup(v.getParentBlock()); }
  bool isOpen(mlir::Value v) const { return scopeOf(v)->open; }
  Scope *deepest(mlir::ValueRange values) const;
  void at(Scope *scope) { b.setInsertionPoint(scope->before); }
  void place(mlir::ValueRange values) { at(deepest(values)); }
  /// For what must not be executed when an enclosing condition is false.
  void placeGuarded(mlir::ValueRange values);
  /// for iv = lower; iv < upper; iv += step, inserted into `in`.
  Loop openLoop(Scope *in, mlir::Value lower, mlir::Value upper, mlir::Value step,
                mlir::ValueRange inits = {});
  void closeLoop(Loop &loop, mlir::ValueRange yields = {});
  /// `if condition` in the current scope, with values of the types of what `then` returns. With
  /// `guard`, loads inside stay inside; without, what does not depend on the inside may still move
  /// out.
  llvm::SmallVector<mlir::Value>
  conditional(mlir::Value condition, bool guard, mlir::TypeRange types,
              llvm::function_ref<llvm::SmallVector<mlir::Value>()> then,
              llvm::function_ref<llvm::SmallVector<mlir::Value>()> otherwise);
  void conditional(mlir::Value condition, bool guard, llvm::function_ref<void()> then);
  /// while (goesOn(carried)) carried = body(carried), in the current scope; loads inside stay
  /// inside.
  llvm::SmallVector<mlir::Value>
  whileLoop(mlir::ValueRange carried, llvm::function_ref<mlir::Value(mlir::ValueRange)> goesOn,
            llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ValueRange)> body);
  /// Calls `body` with memory accesses kept in the order and place in which they are made.
  void inOrder(llvm::function_ref<void()> body) {
    Scope *outer = guard;
    guard = current;
    body();
    guard = outer;
  }

  // ---- Types and constants ----
  static unsigned lanes(mlir::Value v);
  static mlir::Type element(mlir::Value v);
  static mlir::Type vectorOf(mlir::Type type, unsigned lanes);
  /// `type` with as many lanes as `v`.
  static mlir::Type like(mlir::Value v, mlir::Type type) { return vectorOf(type, lanes(v)); }
  mlir::Value integer(mlir::Type type, int64_t value) {
    return integer(type, llvm::APInt(type.getIntOrFloatBitWidth(), value, true, true));
  }
  mlir::Value integer(mlir::Type type, llvm::APInt value);
  mlir::Value i64(int64_t value) { return integer(b.getI64Type(), value); }
  mlir::Value boolean(bool value) { return integer(b.getI1Type(), value); }
  mlir::Value real(mlir::Type type, double value);
  mlir::Value zero(mlir::Type type);
  mlir::Value iota(unsigned lanes);
  mlir::Value splat(mlir::Value v, unsigned lanes);

  // ---- Arithmetic ----
  template <typename Op> mlir::Value binary(mlir::Value x, mlir::Value y) {
    unify(x, y);
    place({x, y});
    return Op::create(b, loc, x, y);
  }
  template <typename Op> mlir::Value unary(mlir::Value x) {
    place(x);
    return Op::create(b, loc, x);
  }
  template <typename Op> mlir::Value cast(mlir::Value x, mlir::Type to) {
    place(x);
    return Op::create(b, loc, like(x, to), x);
  }
  mlir::Value add(mlir::Value x, mlir::Value y) {
    return isFloat(x) ? binary<mlir::arith::AddFOp>(x, y) : binary<mlir::arith::AddIOp>(x, y);
  }
  mlir::Value sub(mlir::Value x, mlir::Value y) {
    return isFloat(x) ? binary<mlir::arith::SubFOp>(x, y) : binary<mlir::arith::SubIOp>(x, y);
  }
  mlir::Value mul(mlir::Value x, mlir::Value y) {
    return isFloat(x) ? binary<mlir::arith::MulFOp>(x, y) : binary<mlir::arith::MulIOp>(x, y);
  }
  mlir::Value div(mlir::Value x, mlir::Value y) { return binary<mlir::arith::DivFOp>(x, y); }
  mlir::Value bitAnd(mlir::Value x, mlir::Value y) { return binary<mlir::arith::AndIOp>(x, y); }
  mlir::Value bitOr(mlir::Value x, mlir::Value y) { return binary<mlir::arith::OrIOp>(x, y); }
  mlir::Value bitXor(mlir::Value x, mlir::Value y) { return binary<mlir::arith::XOrIOp>(x, y); }
  mlir::Value logicalNot(mlir::Value x) { return bitXor(x, boolean(true)); }
  /// x * y + z with one rounding.
  mlir::Value fma(mlir::Value x, mlir::Value y, mlir::Value z);
  /// c[0] + x*c[1] + x^2*c[2] + ... by Horner's rule.
  mlir::Value polynomial(mlir::Value x, llvm::ArrayRef<double> c);
  mlir::Value neg(mlir::Value x);
  mlir::Value abs(mlir::Value x);
  mlir::Value floor(mlir::Value x);
  mlir::Value roundEven(mlir::Value x);
  mlir::Value copySign(mlir::Value magnitude, mlir::Value sign);
  mlir::Value compare(mlir::arith::CmpFPredicate p, mlir::Value x, mlir::Value y);
  mlir::Value compare(mlir::arith::CmpIPredicate p, mlir::Value x, mlir::Value y);
  mlir::Value less(mlir::Value x, mlir::Value y) {
    return isFloat(x) ? compare(mlir::arith::CmpFPredicate::OLT, x, y)
                      : compare(mlir::arith::CmpIPredicate::slt, x, y);
  }
  mlir::Value greater(mlir::Value x, mlir::Value y) { return less(y, x); }
  mlir::Value equal(mlir::Value x, mlir::Value y) {
    return isFloat(x) ? compare(mlir::arith::CmpFPredicate::OEQ, x, y)
                      : compare(mlir::arith::CmpIPredicate::eq, x, y);
  }
  mlir::Value isNaN(mlir::Value x) { return compare(mlir::arith::CmpFPredicate::UNO, x, x); }
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);
  mlir::Value bitcast(mlir::Value x, mlir::Type to);
  /// Combines the lanes pairwise, halves against halves: the same tree on every machine.
  mlir::Value combineLanes(mlir::Value v,
                           llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);

  static bool isFloat(mlir::Value v) { return llvm::isa<mlir::FloatType>(element(v)); }

  mlir::OpBuilder b;
  mlir::Location loc;
  /// The innermost open scope.
  Scope *current = nullptr;
  /// The innermost scope that runs under a condition.
  Scope *guard = nullptr;

private:
  Scope *newScope(mlir::Block *block, Scope *parent, mlir::Operation *before);
  void unify(mlir::Value &x, mlir::Value &y);

  std::deque<Scope> storage;
  llvm::DenseMap<mlir::Block *, Scope *> scopes;
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;
  llvm::DenseMap<std::pair<mlir::Value, unsigned>, mlir::Value> splats;
  Scope *root = nullptr;
};

} // namespace dsc::cpu

#endif
