// SPDX-License-Identifier: Apache-2.0
// Pull-based code generation: the value of one element of a tensor at given positions is the code
// that computes it from its operands' elements, down to loads of the kernel's inputs. Positions are
// expressions over loop indices; one index at a time may stand for a vector of lanes.
#ifndef DSC_COMPILER_TARGETS_CPU_KERNELCODE_H
#define DSC_COMPILER_TARGETS_CPU_KERNELCODE_H

#include "compiler/targets/cpu/Arithmetic.h"
#include "compiler/targets/common/IndexMap.h"
#include "compiler/targets/cpu/Isa.h"
#include "dialects/dsc/Dsc.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include <map>

namespace dsc::cpu {

using namespace target;

using Values = llvm::SmallVector<mlir::Value>;

class KernelCode : public Code {
public:
  /// Starts `void @name(ptr buffers, ptr sizes, i64 begin, i64 end, ptr fault)` at the end of
  /// `module`.
  KernelCode(plan::KernelOp kernel, const Isa &isa, mlir::ModuleOp module);

  // ---- Positions ----
  /// A new index with values in [0, extent); unbound until `bind`.
  Expr newIndex(Expr extent);
  void bind(Expr leaf, mlir::Value v) { leaves[leaf] = v; }
  /// A symbol for an index that was loaded.
  Expr newSymbol(mlir::Value v);
  mlir::Value emit(Expr e);
  mlir::Value emitTruth(Expr condition);
  /// True when the lanes of `e` may differ.
  bool isVarying(Expr e);
  Expr constant(int64_t value) { return prim::constant(kernel.getContext(), value); }
  llvm::ArrayRef<Expr> extents() const { return ranges; }

  // ---- Loops ----
  /// for every value of a new index below `extent`, one after another.
  Values overIndex(Expr extent, Values carried, llvm::function_ref<Values(Expr, Values)> body);
  void overIndex(Expr extent, llvm::function_ref<void(Expr)> body);
  /// For all values of a new index in [lower, upper), `width` at a time; 1 is scalar. The index is
  /// below `extent`. In the last step `mask` tells which lanes exist.
  Values overLanes(Expr extent, mlir::Value lower, mlir::Value upper, unsigned width,
                   Values carried, llvm::function_ref<Values(Expr, Values)> body);
  Values overLanes(Expr extent, unsigned width, Values carried,
                   llvm::function_ref<Values(Expr, Values)> body) {
    return overLanes(extent, i64(0), emit(extent), width, carried, body);
  }
  /// One step of lanes at `base`, for tiles whose loops the caller makes. `mask` is null when all
  /// lanes exist.
  void withLanes(Expr extent, mlir::Value base, mlir::Value mask, unsigned width,
                 llvm::function_ref<void(Expr)> body);
  /// Where the first of the lanes stands that the index `lane` is.
  mlir::Value firstLane(Expr lane) {
    return emit(lanesNow.width && lane == lanesNow.lane ? lanesNow.base : lane);
  }
  /// Lanes that suit a dimension: a power of two, 16 at most; 1 for a single element.
  static unsigned laneCount(Expr extent);

  // ---- Elements ----
  mlir::Value element(mlir::Value tensor, llvm::ArrayRef<Expr> at);
  /// Makes `v` what `element` answers from now on, while it is in scope.
  void pin(mlir::Value tensor, llvm::ArrayRef<Expr> at, mlir::Value v) {
    known[key(tensor, at)] = v;
  }
  /// Whether any lane of a vector of booleans is set.
  mlir::Value anyLane(mlir::Value truths);
  mlir::Value load(unsigned buffer, llvm::ArrayRef<Expr> at);
  void store(unsigned buffer, llvm::ArrayRef<Expr> at, mlir::Value v);
  /// The element at `offset` of a buffer, which is not 16-bit or boolean.
  mlir::Value pointerTo(unsigned buffer, Expr offset) {
    return address(pointers[buffer], elementTypeOf(buffer), offset);
  }
  unsigned outputBuffer(unsigned output) { return kernel.getNumInputs() + output; }
  mlir::Type elementTypeOf(unsigned buffer) {
    return mlir::getElementTypeOrSelf(bufferType(kernel, buffer));
  }
  /// The loaded index, checked against [0, size): out of range sets the fault and reads 0. `valid`
  /// is set where even 0 may not exist.
  Expr checkedIndex(mlir::Value tensor, llvm::ArrayRef<Expr> at, Expr size, mlir::Value &valid);
  /// Code for the lanes where `condition` holds only; zero elsewhere.
  mlir::Value under(mlir::Value condition, mlir::Type type, llvm::function_ref<mlir::Value()> body);

  mlir::LogicalResult fail(mlir::Operation *op, const llvm::Twine &message);

  plan::KernelOp kernel;
  const Isa &machine;
  mlir::LLVM::LLVMFuncOp function;
  mlir::Value begin, end;
  /// Lanes that exist; null when all do.
  mlir::Value mask;
  bool failed = false;
  /// Elements of 16 bits whose lanes are two apart are loaded with what lies between them, as vectors of twice as many i16: pairs of
  /// a weight in panels of groups of two.
  bool pairs = false;

private:
  using Key = llvm::SmallVector<const void *, 6>;
  Key key(mlir::Value tensor, llvm::ArrayRef<Expr> at);
  bool anyVarying(llvm::ArrayRef<Expr> at);
  struct Lanes {
    Expr lane, base;
    unsigned width = 0;
  };

  mlir::Value emitUncached(Expr e);
  mlir::Value address(mlir::Value pointer, mlir::Type storage, Expr offset);
  mlir::Value loadAt(mlir::Value pointer, mlir::Type type, Expr offset);
  mlir::Value elementUncached(mlir::Value tensor, llvm::ArrayRef<Expr> at);
  mlir::Value constantElement(prim::ConstantOp op, llvm::ArrayRef<Expr> at);
  mlir::Value exprsElement(prim::ExprsOp op, llvm::ArrayRef<Expr> at);
  mlir::Value concatElement(prim::ConcatOp op, llvm::ArrayRef<Expr> at);
  mlir::Value insideElement(mlir::Value inner, Indices at, mlir::Type type,
                            llvm::function_ref<mlir::Value()> outer);
  mlir::Value gatherElement(prim::GatherNdOp op, llvm::ArrayRef<Expr> at);
  mlir::Value takeElement(mlir::Value operand, llvm::ArrayRef<Expr> before, mlir::Value indices,
                          llvm::ArrayRef<Expr> position, llvm::ArrayRef<Expr> after, int64_t axis);
  mlir::Value reduceElement(prim::ReduceOp op, llvm::ArrayRef<Expr> at);
  mlir::Value argReduceElement(prim::ArgReduceOp op, llvm::ArrayRef<Expr> at);
  mlir::Value dotElement(prim::DotOp op, llvm::ArrayRef<Expr> at);
  mlir::Value normElement(model::RmsNormOp op, llvm::ArrayRef<Expr> at);
  mlir::Value normElement(model::LayerNormOp op, llvm::ArrayRef<Expr> at);
  /// The sum over the last dimension, in lanes whatever computes the elements, of what `term` makes of an element and of the total
  /// without it. Lanes beyond the row are zeros.
  mlir::Value sumOverRow(mlir::Value x, llvm::ArrayRef<Expr> row, llvm::function_ref<mlir::Value(mlir::Value)> term,
                         bool squared);
  /// What `compute` makes of a row, once where it is known already.
  mlir::Value ofRow(mlir::Operation *op, unsigned number, llvm::ArrayRef<Expr> row,
                    llvm::function_ref<mlir::Value()> compute);
  /// Runs `body` as far out as `at` allows, without lanes unless `at` varies.
  mlir::Value hoisted(llvm::ArrayRef<Expr> at, mlir::Type type,
                      llvm::function_ref<mlir::Value()> body);
  mlir::Value globalBytes(prim::ConstantOp op);

  mlir::ModuleOp module;
  llvm::SmallVector<Expr> ranges;
  llvm::DenseMap<Expr, mlir::Value> leaves;
  llvm::DenseMap<Expr, mlir::Value> expressions;
  std::map<Key, mlir::Value> known;
  std::map<std::pair<unsigned, Key>, mlir::Value> rows;
  /// An index that has been checked, where its fault is reported.
  struct Checked {
    Expr index;
    mlir::Value inRange;
    Scope *scope;
  };
  std::map<Key, Checked> checked;
  llvm::DenseMap<mlir::Operation *, mlir::Value> globals;
  llvm::SmallVector<mlir::Value> pointers;
  mlir::Value fault;
  Lanes lanesNow;
  bool maskMayBeEmpty = false;
  unsigned symbols = 0;
};

/// acc + l * r in the accumulator's type.
mlir::Value emitMultiplyAdd(Code &c, mlir::Value l, mlir::Value r, mlir::Value acc, mlir::Type from,
                            mlir::Type to);
/// The sum as an element of the result.
mlir::Value dotResult(Code &c, prim::DotOp op, mlir::Value total);
/// f32 for 16-bit floats, f64 for f64, the result's type for integers.
mlir::Type accumulatorType(prim::DotOp op);

} // namespace dsc::cpu

#endif
