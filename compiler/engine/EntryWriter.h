// SPDX-License-Identifier: Apache-2.0
// A planned entry -> its table in the manifest.
#ifndef DSC_COMPILER_ENGINE_ENTRYWRITER_H
#define DSC_COMPILER_ENGINE_ENTRYWRITER_H

#include "compiler/engine/ExprTable.h"
#include "compiler/engine/WeightsSection.h"
#include "dialects/plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace dsc {

/// The states of all entries, by name.
class StateTable {
public:
  struct State {
    std::string name;
    format::StateKind kind;
    format::DType dtype;
    uint32_t rank, axis;
  };
  /// The number of the state of an argument or result with `dsc.state`.
  uint32_t get(mlir::StringAttr name, mlir::IntegerAttr axis, mlir::RankedTensorType type);
  const std::vector<State> &getStates() const { return states; }

private:
  llvm::StringMap<uint32_t> numbers;
  std::vector<State> states;
};

/// Builds the table of one entry. Weights are written to `weights` on the way.
class EntryWriter {
public:
  EntryWriter(flatbuffers::FlatBufferBuilder &builder, mlir::func::FuncOp func, WeightsSection &weights,
              StateTable &states, const llvm::StringMap<uint32_t> &kernels)
      : fbb(builder), func(func), weights(weights), states(states), kernels(kernels) {}

  /// Emits a diagnostic at the entry or node on failure.
  mlir::FailureOr<flatbuffers::Offset<format::Entry>> write();

private:
  struct Port {
    std::string name;
    mlir::RankedTensorType type;
  };
  struct Use {
    uint32_t state;
    bool starts;
    llvm::SmallVector<prim::Expr> past, present;
    std::string input, output;
  };
  struct Buffer {
    format::BufferKind kind;
    uint32_t index;
    prim::Expr bytes;
    bool operator==(const Buffer &) const = default;
  };
  struct Step {
    format::StepKind kind;
    uint32_t kernel = 0, symbol = 0;
    int64_t minimum = 0;
    llvm::SmallVector<uint32_t> buffers;
    llvm::SmallVector<prim::Expr> sizes;
    prim::Expr grid;
    std::string source;
  };

  struct Requirement {
    prim::Expr lhs, rhs;
    std::string message;
    mlir::Operation *op;
  };

  void readSignature();
  mlir::LogicalResult defineSymbols();
  void defineSymbol(prim::Expr symbol, format::SymbolSource source, uint32_t a, uint32_t b, uint32_t epoch);
  mlir::LogicalResult readBody();
  mlir::LogicalResult readLaunch(plan::LaunchOp launch);
  mlir::FailureOr<uint32_t> getBuffer(mlir::Value value, mlir::Operation *user);
  mlir::LogicalResult use(prim::Expr e, mlir::Operation *user);
  mlir::LogicalResult useAll();
  flatbuffers::Offset<format::Entry> serialize();
  std::vector<uint32_t> numbersOf(llvm::ArrayRef<prim::Expr> list);
  std::vector<flatbuffers::Offset<format::Value>> serialize(llvm::ArrayRef<Port> ports);

  flatbuffers::FlatBufferBuilder &fbb;
  mlir::func::FuncOp func;
  WeightsSection &weights;
  StateTable &states;
  const llvm::StringMap<uint32_t> &kernels;

  ExprTable exprs;
  std::vector<Port> inputs, outputs;
  std::vector<Use> uses;
  llvm::DenseMap<mlir::Value, uint32_t> inputOf, stateOf;
  llvm::DenseMap<mlir::Value, uint32_t> outputOf; // roots of buffers
  std::vector<format::Symbol> symbols;
  std::vector<std::string> symbolNames;
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  std::vector<Requirement> requirements;
  prim::ShapeAttr slotBytes;
  llvm::ArrayRef<int64_t> slotEpochs;
  uint32_t epochs = 1;
};

} // namespace dsc

#endif
