// SPDX-License-Identifier: Apache-2.0
// Model-local functions -> their nodes. Functions are handled callee first, so that a body that is cloned holds no calls.
#include "dialects/onnx/Onnx.h"
#include "dialects/onnx/TensorBytes.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Passes.h"
#include "llvm/ADT/StringMap.h"

namespace dsc {
#define GEN_PASS_DEF_ONNXINLINEFUNCTIONS
#include "passes/Passes.h.inc"
} // namespace dsc

using namespace mlir;
using namespace dsc::onnx;

/// Nodes that inlining may make, because functions that call functions, and graphs passed to them, can multiply without
/// bound; and how deep calls may nest.
static constexpr uint64_t kMaxNodes = 1 << 20;
static constexpr unsigned kMaxDepth = 64;

static LogicalResult reportTooManyNodes(Operation *call) {
  return call->emitError() << "with its functions inlined the model has more than " << kMaxNodes << " nodes";
}

namespace {

// ---- One call --------------------------------------------------------------------------------------

/// Puts the body of a function in the place of a call.
class CallInliner {
public:
  CallInliner(Operation *call, func::FuncOp callee, uint64_t &budget)
      : call(call), callee(callee), budget(budget), builder(call), parameters(callee->getAttrOfType<ArrayAttr>(kParametersAttr)),
        defaults(callee->getAttrOfType<DictionaryAttr>(kDefaultsAttr)) {}

  LogicalResult run() {
    if (failed(readArguments()))
      return failure();
    IRMapping mapping;
    for (BlockArgument argument : callee.getArguments()) {
      unsigned i = argument.getArgNumber();
      mapping.map(argument, i < call->getNumOperands()
                                ? call->getOperand(i)
                                : Value(NoneOp::create(builder, call->getLoc(), builder.getNoneType())));
    }
    Block &body = callee.front();
    for (Operation &op : body.without_terminator())
      if (failed(clone(op, builder, mapping)))
        return failure();
    Operation *exit = body.getTerminator();
    for (auto [result, value] : llvm::zip(call->getResults(), exit->getOperands())) {
      Value inlined = mapping.lookup(value);
      // An argument that the function returns as it is may have another type than results have.
      if (inlined.getType() != result.getType()) {
        OperationState identity(call->getLoc(), "onnx.Identity", inlined, result.getType());
        inlined = builder.create(identity)->getResult(0);
      }
      result.replaceAllUsesWith(inlined);
    }
    call->erase();
    return success();
  }

private:
  /// Collects the call's attributes and graphs by name.
  LogicalResult readArguments() {
    auto isParameter = [&](StringRef name) {
      return defaults.contains(name) || llvm::any_of(parameters.getAsRange<StringAttr>(),
                                                     [&](StringAttr p) { return p.getValue() == name; });
    };
    for (NamedAttribute attribute : call->getAttrs()) {
      StringRef name = attribute.getName();
      if (name.starts_with("onnx."))
        continue;
      if (!isParameter(name))
        return call->emitError() << "the function has no attribute '" << name << "'";
      attributes[name] = attribute.getValue();
    }
    auto names = call->getAttrOfType<ArrayAttr>(kRegionsAttr);
    if (call->getNumRegions() != (names ? names.size() : 0))
      return call->emitError() << "onnx.regions does not name the graphs of the node";
    for (auto [i, region] : llvm::enumerate(call->getRegions())) {
      StringRef name = cast<StringAttr>(names[i]).getValue();
      if (!isParameter(name))
        return call->emitError() << "the function has no attribute '" << name << "'";
      graphs[name].push_back(&region);
    }
    return success();
  }

  /// The value of the parameter `name`, or null if the call leaves it out and it has no default.
  Attribute getArgument(StringRef name) const {
    auto given = attributes.find(name);
    return given != attributes.end() ? given->second : defaults.get(name);
  }

  Location getLocation(Operation &op) const {
    auto outer = dyn_cast<NameLoc>(call->getLoc()), inner = dyn_cast<NameLoc>(op.getLoc());
    if (!outer || !inner)
      return call->getLoc();
    StringAttr name = builder.getStringAttr(outer.getName().getValue() + "/" + inner.getName().getValue());
    // The module that the function's node names is the more specific one.
    Location module = isa<UnknownLoc>(inner.getChildLoc()) ? outer.getChildLoc() : inner.getChildLoc();
    return NameLoc::get(name, module);
  }

  LogicalResult spend(uint64_t nodes) {
    if (nodes > budget)
      return reportTooManyNodes(call);
    budget -= nodes;
    return success();
  }

  LogicalResult clone(Operation &op, OpBuilder &into, IRMapping &mapping) {
    if (failed(spend(1)))
      return failure();
    if (op.isRegistered()) { // onnx.constant, onnx.none, onnx.yield
      into.clone(op, mapping)->setLoc(getLocation(op));
      return success();
    }
    OperationState state(getLocation(op), op.getName());
    for (Value operand : op.getOperands())
      state.operands.push_back(mapping.lookup(operand));
    state.addTypes(op.getResultTypes());

    SmallVector<Attribute> regionNames;
    if (auto names = op.getAttrOfType<ArrayAttr>(kRegionsAttr))
      llvm::append_range(regionNames, names);
    for (Region &region : op.getRegions())
      if (failed(cloneRegion(region, *state.addRegion(), mapping)))
        return failure();
    for (NamedAttribute attribute : op.getAttrs()) {
      if (attribute.getName() == kRegionsAttr || attribute.getName() == kOpsetAttr)
        continue;
      auto reference = dyn_cast<AttributeRefAttr>(attribute.getValue());
      if (!reference) {
        state.addAttribute(attribute.getName(), attribute.getValue());
        continue;
      }
      if (auto found = graphs.find(reference.getName()); found != graphs.end()) {
        for (Region *graph : found->second) {
          regionNames.push_back(attribute.getName());
          // Graphs of the call use values around the call, which are visible here as they are.
          uint64_t nodes = 0;
          graph->walk([&](Operation *) { ++nodes; });
          if (failed(spend(nodes)))
            return failure();
          IRMapping own;
          graph->cloneInto(state.addRegion(), own);
        }
      } else if (Attribute value = getArgument(reference.getName())) {
        state.addAttribute(attribute.getName(), value);
      }
    }
    if (!regionNames.empty())
      state.addAttribute(kRegionsAttr, builder.getArrayAttr(regionNames));
    return finishNode(op, state, into, mapping);
  }

  /// Versions differ between functions, and a Constant whose value is known now becomes onnx.constant.
  LogicalResult finishNode(Operation &op, OperationState &state, OpBuilder &into, IRMapping &mapping) {
    int64_t opset = getOpset(&op);
    Operation *created = into.create(state);
    mapping.map(op.getResults(), created->getResults());
    if (opset && getDeclaredOpset(call->getParentOfType<func::FuncOp>(), getOpName(&op).domain) != opset)
      created->setAttr(kOpsetAttr, builder.getI64IntegerAttr(opset));
    if (op.getName().getStringRef() != "onnx.Constant")
      return success();
    auto attributes = llvm::make_filter_range(
        created->getAttrs(), [](NamedAttribute a) { return !a.getName().getValue().starts_with("onnx."); });
    if (llvm::any_of(attributes, [](NamedAttribute a) { return isa<AttributeRefAttr>(a.getValue()); }))
      return success(); // of a function around this one
    TypedAttr value = llvm::hasSingleElement(attributes)
                          ? getConstantNodeValue((*attributes.begin()).getName(), (*attributes.begin()).getValue())
                          : TypedAttr();
    if (!value || created->getNumResults() != 1)
      return call->emitError() << "a Constant in the function has no value that is supported";
    auto constant = ConstantOp::create(into, created->getLoc(), AnyType::get(into.getContext()), value);
    mapping.map(op.getResult(0), constant.getResult());
    created->erase();
    return success();
  }

  LogicalResult cloneRegion(Region &from, Region &to, IRMapping &mapping) {
    Block &block = to.emplaceBlock();
    for (BlockArgument argument : from.getArguments())
      mapping.map(argument, block.addArgument(argument.getType(), argument.getLoc()));
    // The region has no operation yet from which a builder could get the context.
    OpBuilder into(call->getContext());
    into.setInsertionPointToEnd(&block);
    for (Operation &op : from.front())
      if (failed(clone(op, into, mapping)))
        return failure();
    return success();
  }

  Operation *call;
  func::FuncOp callee;
  uint64_t &budget; ///< nodes that may still be made
  mutable OpBuilder builder;
  ArrayAttr parameters;
  DictionaryAttr defaults;
  llvm::StringMap<Attribute> attributes;
  llvm::StringMap<SmallVector<Region *, 1>> graphs;
};

// ---- All calls -------------------------------------------------------------------------------------

struct OnnxInlineFunctions : dsc::impl::OnnxInlineFunctionsBase<OnnxInlineFunctions> {
  using Base::Base;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->getAttrOfType<ArrayAttr>(kParametersAttr) && function->getAttrOfType<DictionaryAttr>(kDefaultsAttr))
        functions[function.getName()] = function;
    if (functions.empty())
      return;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(inlineCalls(function, 0)))
        return signalPassFailure();
    for (auto &entry : functions)
      entry.second.erase();
    functions.clear();
    states.clear();
    sizes.clear();
    budget = kMaxNodes;
  }

private:
  func::FuncOp getCallee(Operation *op) {
    if (op->isRegistered() || op->getName().getDialectNamespace() != "onnx")
      return {};
    auto [domain, name] = dsc::onnx::getOpName(op);
    std::string symbol = (domain + "::" + name).str();
    if (auto overload = op->getAttrOfType<StringAttr>(kOverloadAttr))
      symbol += ("::" + overload.getValue()).str();
    return functions.lookup(symbol);
  }

  enum class State { Unseen, Active, Done };

  /// Inlines the calls in `function`, after those in its callees.
  LogicalResult inlineCalls(func::FuncOp function, unsigned depth) {
    State &seen = states[function];
    if (seen == State::Done)
      return success();
    seen = State::Active;
    SmallVector<std::pair<Operation *, func::FuncOp>> calls;
    uint64_t nodes = 0;
    function.walk([&](Operation *op) {
      ++nodes;
      if (func::FuncOp callee = getCallee(op))
        calls.push_back({op, callee});
    });
    for (auto [call, callee] : calls) {
      if (states[callee] == State::Active)
        return call->emitError() << "the function '" << callee.getName() << "' calls itself, directly or through others";
      if (depth == kMaxDepth)
        return call->emitError() << "functions call each other more than " << kMaxDepth << " levels deep";
      if (failed(inlineCalls(callee, depth + 1)))
        return failure();
      nodes += sizes.lookup(callee);
      if (nodes > kMaxNodes)
        return reportTooManyNodes(call);
    }
    for (auto [call, callee] : calls) {
      if (failed(CallInliner(call, callee, budget).run()))
        return failure();
      ++numInlined;
    }
    states[function] = State::Done;
    sizes[function] = nodes;
    return success();
  }

  llvm::StringMap<func::FuncOp> functions;
  llvm::DenseMap<Operation *, State> states;
  /// Nodes of a function after inlining, to refuse before anything is made.
  llvm::DenseMap<Operation *, uint64_t> sizes;
  uint64_t budget = kMaxNodes;
};

} // namespace
