// SPDX-License-Identifier: Apache-2.0
// Past/present pairs -> states.
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"
#include "passes/recognize/StateNames.h"
#include "llvm/ADT/StringSet.h"
#include <map>

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZECACHESTATES
#include "passes/Passes.h.inc"

namespace {

enum class StateKind { Growing, Fixed, Counter };

struct State {
  StateKind kind;
  unsigned axis = 0; // Growing
  RankedTensorType type;
};

/// One end or both ends of a state in an entry.
struct Use {
  std::string name;
  int argument = -1; // -1: the entry starts the state
  int result = -1;
  State state;
};

struct Entry {
  func::FuncOp func;
  func::ReturnOp exit;
  SmallVector<Use> uses;

  StringRef argumentName(unsigned i) {
    auto name = func.getArgAttrOfType<StringAttr>(i, "onnx.name");
    return name ? name.getValue() : "";
  }
  StringRef resultName(unsigned i) {
    auto name = func.getResultAttrOfType<StringAttr>(i, "onnx.name");
    return name ? name.getValue() : "";
  }
};

bool isSymbol(Expr e) { return e.getKind() == ExprKind::Symbol; }

/// A scalar computed from the integer `argument` by adding something: as data, or as an expression of a symbol that
/// stands for its value.
bool isAdvanced(Value result, BlockArgument argument) {
  Operation *def = result.getDefiningOp();
  if (auto add = dyn_cast_or_null<BinaryOp>(def))
    return add.getKind() == BinaryKind::Add && (add.getLhs() == argument || add.getRhs() == argument);
  Expr value;
  if (auto exprs = dyn_cast_or_null<ExprsOp>(def))
    value = exprs.getElements()[0];
  if (auto expr = dyn_cast_or_null<IndexExprOp>(def))
    value = expr.getExpr();
  if (!value)
    return false;
  for (Operation *user : argument.getUsers()) {
    auto define = dyn_cast<DefineSymbolOp>(user);
    if (define && provablyNonNegative(value - define.getSymbol()))
      return true;
  }
  return false;
}

/// What `result` does to `argument`; `why` says why not.
std::optional<State> prove(BlockArgument argument, Value result, std::string &why) {
  auto type = cast<RankedTensorType>(argument.getType());
  Operation *def = result.getDefiningOp();
  if (auto concat = dyn_cast_or_null<ConcatOp>(def); concat && concat.getOperands().front() == argument) {
    if (!isSymbol(getDim(type, concat.getAxis()))) {
      why = "its size along axis " + std::to_string(concat.getAxis()) + " is not a size of its own";
      return std::nullopt;
    }
    return State{StateKind::Growing, unsigned(concat.getAxis()), type};
  }
  if (result.getType() != type) {
    why = "the result is not the input with rows appended, and differs from it in type";
    return std::nullopt;
  }
  if (type.getRank() == 0) {
    if (type.getElementType().isSignlessInteger(64) && isAdvanced(result, argument))
      return State{StateKind::Counter, 0, type};
    why = "the result is not the input with something added";
    return std::nullopt;
  }
  if (isa_and_nonnull<UpdateSliceOp, ScatterNdOp, ScatterAlongAxisOp>(def) && def->getOperand(0) == argument)
    return State{StateKind::Fixed, 0, type};
  why = "the result is not the input with rows appended or replaced";
  return std::nullopt;
}

/// A value of type `type` can be what the state holds after the run.
bool fits(Type type, const State &state) {
  auto tensor = cast<RankedTensorType>(type);
  if (tensor.getRank() != state.type.getRank() || tensor.getElementType() != state.type.getElementType())
    return false;
  for (int64_t i = 0; i < tensor.getRank(); ++i)
    if (!(state.kind == StateKind::Growing && i == int64_t(state.axis)) && !tensor.isDynamicDim(i) &&
        !state.type.isDynamicDim(i) && tensor.getDimSize(i) != state.type.getDimSize(i))
      return false;
  return true;
}

struct RecognizeCacheStates : impl::RecognizeCacheStatesBase<RecognizeCacheStates> {
  using Base::Base;

  void runOnOperation() override {
    if (kv == "io")
      return;
    if (kv != "state") {
      getOperation().emitError() << "recognize-cache-states: kv is 'state' or 'io', not '" << kv << "'";
      return signalPassFailure();
    }
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        entries.push_back({func, cast<func::ReturnOp>(func.front().getTerminator()), {}});
    for (Entry &entry : entries)
      findPairs(entry);
    for (Entry &entry : entries)
      findStarts(entry);
    for (Entry &entry : entries)
      if (isConsistent(entry))
        mark(entry);
  }

  void findPairs(Entry &entry) {
    llvm::StringMap<unsigned> arguments;
    for (unsigned i = 0; i < entry.func.getNumArguments(); ++i)
      if (!entry.argumentName(i).empty())
        arguments[normalizeStateName(entry.argumentName(i))] = i;
    for (unsigned i = 0; i < entry.exit.getNumOperands(); ++i) {
      std::string name = normalizeStateName(entry.resultName(i));
      auto found = arguments.find(name);
      if (found == arguments.end())
        continue;
      unsigned argument = found->second;
      std::string why;
      auto state = prove(entry.func.getArgument(argument), entry.exit.getOperand(i), why);
      auto known = states.find(name);
      if (state && known != states.end() && (known->second.kind != state->kind || !fits(state->type, known->second))) {
        why = "another entry has a state of this name and another form";
        state.reset();
      }
      if (!state) {
        entry.func.emitRemark() << "'" << entry.argumentName(argument) << "' and '" << entry.resultName(i)
                                << "' stay an input and an output: " << why;
        continue;
      }
      states.insert({name, *state});
      entry.uses.push_back({name, int(argument), int(i), *state});
    }
  }

  void findStarts(Entry &entry) {
    llvm::StringSet<> taken;
    for (Use &use : entry.uses)
      taken.insert(use.name);
    for (unsigned i = 0; i < entry.func.getNumArguments(); ++i)
      taken.insert(normalizeStateName(entry.argumentName(i)));
    for (unsigned i = 0; i < entry.exit.getNumOperands(); ++i) {
      std::string name = normalizeStateName(entry.resultName(i));
      auto known = states.find(name);
      if (known == states.end() || taken.contains(name))
        continue;
      Value value = entry.exit.getOperand(i);
      if (!fits(value.getType(), known->second)) {
        entry.func.emitRemark() << "'" << entry.resultName(i) << "' stays an output: its type "
                                << describe(value.getType()) << " does not fit the state of another entry, "
                                << describe(known->second.type);
        continue;
      }
      entry.uses.push_back({name, -1, int(i), known->second});
    }
  }

  /// The growing states of an engine share one length: an entry has all of them or none, and starts all or none.
  bool isConsistent(Entry &entry) {
    unsigned all = llvm::count_if(states, [](auto &s) { return s.second.kind == StateKind::Growing; });
    unsigned used = 0, started = 0;
    for (Use &use : entry.uses)
      if (use.state.kind == StateKind::Growing) {
        ++used;
        started += use.argument < 0;
      }
    if ((used == 0 || used == all) && (started == 0 || started == used))
      return true;
    entry.func.emitRemark() << "its caches stay inputs and outputs: it has " << used << " of the " << all
                            << " growing states of all entries, and starts " << started;
    return false;
  }

  void mark(Entry &entry) {
    Builder b(&getContext());
    SmallVector<Expr> lengths;
    bool starts = llvm::any_of(entry.uses, [](Use &use) { return use.argument < 0; });
    for (Use &use : entry.uses) {
      auto name = b.getStringAttr(use.name);
      entry.func.setResultAttr(use.result, "dsc.state", name);
      if (use.argument >= 0) {
        entry.func.setArgAttr(use.argument, "dsc.state", name);
        if (starts && use.state.kind == StateKind::Counter)
          entry.func.setArgAttr(use.argument, "dsc.state_starts", b.getUnitAttr());
      }
      (use.state.kind == StateKind::Growing ? numGrowing : use.state.kind == StateKind::Fixed ? numFixed : numCounters)++;
      if (use.state.kind != StateKind::Growing)
        continue;
      auto axis = b.getI64IntegerAttr(use.state.axis);
      entry.func.setResultAttr(use.result, "dsc.state_axis", axis);
      if (use.argument < 0)
        continue;
      entry.func.setArgAttr(use.argument, "dsc.state_axis", axis);
      lengths.push_back(getDim(entry.func.getArgument(use.argument).getType(), use.state.axis));
      makeAppend(entry, use);
    }
    shareLength(entry.func, lengths);
  }

  void makeAppend(Entry &entry, const Use &use) {
    auto concat = entry.exit.getOperand(use.result).getDefiningOp<ConcatOp>();
    OpBuilder b(concat);
    Value past = concat.getOperands().front();
    SmallVector<Value> rest(llvm::drop_begin(concat.getOperands()));
    Value update = rest.front();
    if (rest.size() > 1) {
      SmallVector<Expr> dims = getDims(update);
      for (Value more : llvm::drop_begin(rest))
        dims[use.state.axis] = dims[use.state.axis] + getDim(more.getType(), use.state.axis);
      update = ConcatOp::create(b, concat.getLoc(), getTensorType(dims, elementType(update)), rest, concat.getAxisAttr());
    }
    auto append = model::CacheAppendOp::create(b, concat.getLoc(), concat.getType(), past, update, concat.getAxisAttr(),
                                               getDim(past.getType(), use.state.axis));
    concat.replaceAllUsesWith(append.getResult());
    concat.erase();
  }

  /// One symbol for the length of all growing states. The session guarantees that they are equal.
  void shareLength(func::FuncOp func, ArrayRef<Expr> lengths) {
    if (lengths.empty())
      return;
    AttrTypeReplacer replacer;
    replacer.addReplacement([&](ExprAttr e) {
      Attribute shared = substitute(e, [&](Expr leaf) -> std::optional<Expr> {
        if (llvm::is_contained(lengths, leaf))
          return lengths.front();
        return std::nullopt;
      });
      return std::make_pair(shared, WalkResult::skip());
    });
    // Differences of two lengths become 0: such a dimension is then a constant, which a type writes without an encoding.
    replacer.addReplacement([&](RankedTensorType type) -> std::optional<std::pair<Type, WalkResult>> {
      auto shape = dyn_cast_or_null<ShapeAttr>(type.getEncoding());
      if (!shape)
        return std::nullopt;
      SmallVector<Expr> dims;
      for (Expr dim : shape.toVector())
        dims.push_back(cast<ExprAttr>(replacer.replace(dim)));
      return std::make_pair(Type(getTensorType(dims, type.getElementType())), WalkResult::skip());
    });
    replacer.recursivelyReplaceElementsIn(func, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
    func.walk([](RequireOp op) {
      if (op.getLhs() == op.getRhs())
        op.erase();
    });
  }

  SmallVector<Entry> entries;
  std::map<std::string, State> states; // of all entries, by normalised name
};

} // namespace
} // namespace dsc
