// SPDX-License-Identifier: Apache-2.0
// The workbench of onnx -> prim: what a lowering of one ONNX operator gets in hand.
//
// A family file (Elementwise.cpp, Layout.cpp, ...) holds lowerings `LogicalResult lowerX(Node &, Lowering &)` and one function
// that enters them into the Registry with the opset versions for which they hold. A lowering reads attributes and inputs from
// the Node, builds prim operations through the Lowering and gives the results back with Node::setResult. Nothing of ONNX's
// implicit rules (broadcasting, negative axes, defaults) survives in what it builds.
#ifndef DSC_PASSES_ONNX_TO_PRIM_LOWERING_H
#define DSC_PASSES_ONNX_TO_PRIM_LOWERING_H

#include "dialects/prim/Prim.h"
#include "passes/onnx_to_prim/Registry.h"
#include "passes/prim/SymbolicValues.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace dsc::onnx_to_prim {

using mlir::LogicalResult;
using mlir::Type;
using mlir::Value;
using prim::Expr;
using Dims = llvm::SmallVector<Expr>;
using Values = llvm::SmallVector<Value>;

/// One ONNX node being lowered.
class Node {
public:
  Node(mlir::Operation *op, Lowering &lowering, llvm::StringRef domain, llvm::StringRef type, int64_t opset)
      : op(op), lowering(lowering), domain(domain), type(type), opset(opset) {}

  /// Inputs as given, trailing ones that are absent included.
  unsigned getNumInputs() const { return op->getNumOperands(); }
  unsigned getNumResults() const { return op->getNumResults(); }
  bool hasInput(unsigned i) const;
  /// The lowered value of input i; null when it is absent or a sequence.
  Value getInput(unsigned i) const;
  /// The tensors of a sequence input; null when it is none.
  const Values *getSequence(unsigned i) const;
  /// Input i exists and something uses result i.
  bool isResultUsed(unsigned i) const { return i < getNumResults() && !op->getResult(i).use_empty(); }

  bool hasAttr(llvm::StringRef name) const { return op->hasAttr(name); }
  int64_t getInt(llvm::StringRef name, int64_t otherwise) const;
  double getFloat(llvm::StringRef name, double otherwise) const;
  llvm::StringRef getString(llvm::StringRef name, llvm::StringRef otherwise) const;
  std::optional<llvm::SmallVector<int64_t>> getInts(llvm::StringRef name) const;
  std::optional<llvm::SmallVector<double>> getFloats(llvm::StringRef name) const;
  mlir::TypedAttr getTensor(llvm::StringRef name) const;

  /// The rank of result i where the file tells it: that of the graph's output, directly or through functions of single
  /// elements.
  std::optional<int64_t> getDeclaredRank(unsigned i) const;

  /// axis in [-rank, rank) -> [0, rank); a diagnostic otherwise.
  mlir::FailureOr<int64_t> normalizeAxis(int64_t axis, int64_t rank);
  /// The same for a list; also refuses repetitions.
  mlir::FailureOr<llvm::SmallVector<int64_t>> normalizeAxes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  void setResult(unsigned i, Value value);
  void setSequence(unsigned i, Values values);

  /// A diagnostic at this node: "Gemm: ...".
  mlir::InFlightDiagnostic error();

  mlir::Operation *op;
  Lowering &lowering;
  llvm::StringRef domain; ///< "" for ai.onnx
  llvm::StringRef type;   ///< "Gemm"
  int64_t opset;          ///< of the domain
};

/// State and building blocks of lowering one entry.
class Lowering {
public:
  /// `stretches`: see joinSizes.
  Lowering(mlir::OpBuilder &builder, mlir::FunctionOpInterface function, bool stretches)
      : builder(builder), function(function), stretches(stretches) {}

  mlir::MLIRContext *getContext() { return builder.getContext(); }
  mlir::Location getLoc() { return loc; }

  // ---- Sizes -----------------------------------------------------------------------------------------
  Expr size(int64_t value) { return prim::constant(getContext(), value); }
  Dims sizes(llvm::ArrayRef<int64_t> values);

  /// The elements of a small integer tensor (a shape, axes, starts, k). Elements that depend on data become
  /// symbols of the run, defined here and of any sign (`lowerBound` says otherwise). Fails, with a
  /// diagnostic that names `what`, when the number of elements is neither constant nor given by `count`, with which it is
  /// unified.
  mlir::FailureOr<Dims> integers(Node &node, Value value, const llvm::Twine &what, int64_t lowerBound = INT64_MIN,
                                 std::optional<int64_t> count = {});
  /// The same, for what must be known at compile time (axes, permutations).
  mlir::FailureOr<llvm::SmallVector<int64_t>> constantIntegers(Node &node, Value value, const llvm::Twine &what);
  /// A symbol with the value of the one element of `scalar` (any integer type).
  Expr defineSymbol(llvm::StringRef hint, Value scalar, int64_t lowerBound = 0);

  /// Makes two sizes equal: a symbol that can be eliminated is replaced everywhere by the other side (the
  /// argument it came from is then checked when the entry is called); else a prim.require is emitted. Returns the
  /// expression to go on with, or fails with a diagnostic when they can never be equal.
  mlir::FailureOr<Expr> unify(Node &node, Expr a, Expr b, const llvm::Twine &what);
  mlir::FailureOr<Dims> unify(Node &node, llvm::ArrayRef<Expr> a, llvm::ArrayRef<Expr> b, const llvm::Twine &what);
  /// The size of two that are broadcast. Sizes of which nothing says that they differ are unified: exporters give equal
  /// sizes different names. Where the lowering stretches, either may instead be 1 at run time, which a prim.require checks.
  bool canStretch() const { return stretches; }
  mlir::FailureOr<Expr> joinSizes(Node &node, Expr a, Expr b, const llvm::Twine &what);
  /// `value` with dimension `axis` of a given size or of 1, in which it broadcasts; it is not one that stretches the other.
  mlir::FailureOr<Value> fitSize(Node &node, Value value, int64_t axis, Expr size, const llvm::Twine &what);
  /// A size that is never above 1 but may be 0, min(rows, 1), meets another size in a broadcast: it must be 1, which a
  /// prim.require checks. False when the size is not of that kind.
  bool requireUnit(Node &node, Expr dim);
  /// The same buffer with dimensions that are known (by unify) to be equal: nothing, or a prim.reshape.
  Value castTo(Value value, llvm::ArrayRef<Expr> dims);

  SymbolicValues &symbolic() { return symbolicValues; }

  // ---- Constants ---------------------------------------------------------------------------------------
  Value scalar(double value, Type elementType);
  Value scalarInt(int64_t value, Type elementType);
  /// A tensor of equal elements.
  Value splat(double value, llvm::ArrayRef<Expr> dims, Type elementType);
  Value splatInt(int64_t value, llvm::ArrayRef<Expr> dims, Type elementType);
  /// The value of all elements when it is a constant (through broadcasts, reshapes and converts).
  std::optional<double> constantSplat(Value value);
  Value indexExpr(Expr element, llvm::ArrayRef<Expr> dims, Type elementType);
  /// A rank-1 tensor of these integers.
  Value exprs(llvm::ArrayRef<Expr> elements, Type elementType);
  Type i64() { return builder.getI64Type(); }
  Type i1() { return builder.getI1Type(); }
  Type f32() { return builder.getF32Type(); }

  // ---- Elementwise: operands are broadcast to a common shape (NumPy rules) -----------------------------------
  mlir::FailureOr<Dims> broadcastDims(Node &node, llvm::ArrayRef<Value> values);
  /// Brings all values to their common shape.
  LogicalResult broadcastAll(Node &node, llvm::MutableArrayRef<Value> values);
  Value broadcastTo(Value value, llvm::ArrayRef<Expr> dims); ///< right-aligned; sizes are 1 or equal, perhaps only at run time
  Value unary(prim::UnaryKind kind, Value x);
  /// Operands of equal shape, or one of them a scalar (rank 0).
  Value binary(prim::BinaryKind kind, Value x, Value y);
  Value compare(prim::CompareKind kind, Value x, Value y);
  Value select(Value condition, Value onTrue, Value onFalse);
  Value convert(Value x, Type elementType); ///< nothing when it has that type already

  // ---- Layout --------------------------------------------------------------------------------------------
  Value reshape(Value x, llvm::ArrayRef<Expr> dims);
  Value transpose(Value x, llvm::ArrayRef<int64_t> perm);
  /// `count[i]` elements along each dimension from starts[i] in steps[i].
  Value slice(Value x, llvm::ArrayRef<Expr> starts, llvm::ArrayRef<int64_t> steps, llvm::ArrayRef<Expr> counts);
  /// [start, start + count) along one axis.
  Value sliceAxis(Value x, int64_t axis, Expr start, Expr count);
  Value concat(llvm::ArrayRef<Value> values, int64_t axis); ///< other dimensions must be equal already
  Value unsqueeze(Value x, int64_t axis);
  Value squeeze(Value x, int64_t axis);
  Value broadcastInDim(Value x, llvm::ArrayRef<int64_t> axes, llvm::ArrayRef<Expr> dims);

  // ---- Reductions, contractions, indexing --------------------------------------------------------------------
  Value reduce(prim::ReduceKind kind, Value x, llvm::ArrayRef<int64_t> axes, bool keepDims);
  Value mean(Value x, llvm::ArrayRef<int64_t> axes, bool keepDims);
  Value dot(Value lhs, Value rhs, llvm::ArrayRef<int64_t> lhsBatch, llvm::ArrayRef<int64_t> rhsBatch,
            llvm::ArrayRef<int64_t> lhsContract, llvm::ArrayRef<int64_t> rhsContract, Type resultElement = {});
  /// numpy.matmul with broadcasting of the leading dimensions.
  mlir::FailureOr<Value> matmul(Node &node, Value a, Value b, Type resultElement = {});
  /// Softmax over one axis: exp(x - max) / sum, in f32 for 16-bit floats when `inF32`.
  Value softmax(Value x, int64_t axis);
  Value take(Value x, Value indices, int64_t axis);
  /// Indices in [-size, size) -> [0, size), i64; nothing to do when they are provably not negative.
  Value nonNegativeIndices(Value indices, Expr size);

  // ---- Used by the driver and by Node ---------------------------------------------------------------------------
  void setLoc(mlir::Location l) { loc = l; }
  llvm::DenseMap<Value, Value> tensors;      ///< onnx value -> prim value
  llvm::DenseMap<Value, Values> sequences;   ///< onnx value -> prim values
  mlir::OpBuilder &builder;

  /// Lowers the nodes of a block in order (not its terminator); the body of an entry or of an inlined region.
  LogicalResult lowerBody(mlir::Block &body);

  /// `e` with the symbols that unify eliminated since it was made. Expressions read from types are always current.
  Expr current(Expr e) const;

private:
  void replaceSymbol(Expr symbol, Expr by);
  bool declaredBefore(Expr a, Expr b);
  /// Repeats dimension `axis`, which is `size` or 1 at run time.
  Value stretch(Value value, int64_t axis, Expr size);

  mlir::FunctionOpInterface function;
  bool stretches;
  mlir::Location loc = builder.getUnknownLoc();
  SymbolicValues symbolicValues;
  llvm::SmallVector<Expr> definedSymbols; ///< by prim.define_symbol; they cannot be eliminated
  llvm::SmallVector<std::pair<Expr, Expr>> replacements;
  llvm::DenseSet<Value> failedValues; ///< onnx values whose node could not be lowered
  unsigned nextSymbol = 0;
};

} // namespace dsc::onnx_to_prim

#endif
