// SPDX-License-Identifier: Apache-2.0
// Control flow that can be decided while compiling: If, and loops with few iterations. Where only the run knows how many, as many
// as OpenIterations allows are written out.
#include "dialects/onnx/Onnx.h"
#include "passes/onnx_to_prim/OpenIterations.h"
#include "passes/onnx_to_prim/SplitConcat.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

using llvm::ArrayRef;
using llvm::SmallVector;

/// More iterations than this are not unrolled.
static constexpr int64_t maxIterations = 64;

// ---- Subgraphs -----------------------------------------------------------------------------------

/// A lowered value: a tensor or a sequence of them.
struct Lowered {
  Value tensor;
  std::optional<Values> sequence;
};

static Lowered lookUp(Lowering &lowering, Value onnxValue) {
  if (auto it = lowering.sequences.find(onnxValue); it != lowering.sequences.end())
    return {{}, it->second};
  return {lowering.tensors.lookup(onnxValue), std::nullopt};
}

static void bind(Lowering &lowering, Value onnxValue, const Lowered &to) {
  lowering.tensors.erase(onnxValue);
  lowering.sequences.erase(onnxValue);
  if (to.sequence)
    lowering.sequences[onnxValue] = *to.sequence;
  else if (to.tensor)
    lowering.tensors[onnxValue] = to.tensor;
}

static Region *findRegion(Node &node, llvm::StringRef name) {
  auto names = node.op->getAttrOfType<ArrayAttr>(onnx::kRegionsAttr);
  for (auto [i, region] : llvm::enumerate(node.op->getRegions()))
    if (names && i < names.size() && cast<StringAttr>(names[i]).getValue() == name && !region.empty())
      return &region;
  return nullptr;
}

/// Lowers the nodes of a subgraph at the current position and returns what it yields.
static FailureOr<SmallVector<Lowered>> inlineRegion(Lowering &lowering, Region &region, ArrayRef<Lowered> arguments) {
  Block &body = region.front();
  for (auto [argument, value] : llvm::zip(body.getArguments(), arguments))
    bind(lowering, argument, value);
  Location outer = lowering.getLoc();
  LogicalResult lowered = lowering.lowerBody(body);
  lowering.setLoc(outer);
  if (failed(lowered))
    return failure();
  SmallVector<Lowered> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(lookUp(lowering, value));
  return results;
}

static std::optional<bool> knownCondition(Lowering &lowering, Value condition) {
  auto elements = lowering.symbolic().elements(condition);
  if (!elements || elements->size() != 1)
    return std::nullopt;
  auto value = asConstant(elements->front());
  return value ? std::optional<bool>(*value != 0) : std::nullopt;
}

static LogicalResult checkCounts(Node &node, Region &region, size_t arguments, size_t results) {
  Block &body = region.front();
  if (body.getNumArguments() != arguments)
    return node.error() << "the subgraph takes " << body.getNumArguments() << " values and is given " << arguments;
  if (body.getTerminator()->getNumOperands() != results)
    return node.error() << "the subgraph yields " << body.getTerminator()->getNumOperands() << " values instead of "
                        << results;
  return success();
}

// ---- If ------------------------------------------------------------------------------------------

/// Whether an index tensor stays within [0, size) in every run.
static bool isInRange(Lowering &lowering, Value indices, Expr size) {
  auto known = lowering.symbolic().get(indices);
  auto holds = [&](Expr e, ArrayRef<Expr> dims) {
    return provablyNonNegative(e, dims) && provablyNonNegative(size - 1 - e, dims);
  };
  if (!known)
    return false;
  return known->element ? holds(known->element, known->dims)
                        : llvm::all_of(*known->elements, [&](Expr e) { return holds(e, {}); });
}

/// Operations that may end a run with an error must not be computed in a branch that is not taken.
static bool mayFail(Lowering &lowering, Operation *op) {
  if (isa<DefineSymbolOp, RequireOp, GatherNdOp, ScatterNdOp, UpdateSliceOp>(op))
    return true;
  if (auto take = dyn_cast<TakeOp>(op))
    return !isInRange(lowering, take.getIndices(), getDim(take.getOperand().getType(), take.getAxis()));
  if (auto take = dyn_cast<TakeAlongAxisOp>(op))
    return !isInRange(lowering, take.getIndices(), getDim(take.getOperand().getType(), take.getAxis()));
  if (auto scatter = dyn_cast<ScatterAlongAxisOp>(op))
    return !isInRange(lowering, scatter.getIndices(), getDim(scatter.getOperand().getType(), scatter.getAxis()));
  return false;
}

/// Lowers a branch whose condition is a value of the run: nothing in it may fail or constrain the inputs.
static FailureOr<SmallVector<Lowered>> inlineUntaken(Node &node, Lowering &lowering, Region &branch) {
  Block *block = lowering.builder.getInsertionBlock();
  SmallVector<Type> signature(block->getArgumentTypes());
  Operation *before = block->empty() ? nullptr : &block->back();
  auto results = inlineRegion(lowering, branch, {});
  if (failed(results))
    return failure();
  if (!llvm::equal(signature, block->getArgumentTypes()))
    return node.error() << "the condition is known only at run time, and a branch fixes sizes of the inputs";
  for (auto it = before ? std::next(before->getIterator()) : block->begin(); it != block->end(); ++it)
    if (mayFail(lowering, &*it))
      return node.error() << "the condition is known only at run time, and a branch has an operation that may fail (prim."
                          << it->getName().stripDialect() << "): both branches would be computed";
  return results;
}

static LogicalResult lowerIf(Node &node, Lowering &lowering) {
  Region *thenBranch = findRegion(node, "then_branch"), *elseBranch = findRegion(node, "else_branch");
  if (!thenBranch || !elseBranch)
    return node.error() << "needs then_branch and else_branch";
  for (Region *branch : {thenBranch, elseBranch})
    if (failed(checkCounts(node, *branch, 0, node.getNumResults())))
      return failure();
  Value condition = node.getInput(0);
  if (elementType(condition) != lowering.i1() ||
      !isConstant(product(lowering.getContext(), getDims(condition)), 1))
    return node.error() << "the condition must be one boolean, found " << describe(condition.getType());

  if (auto known = knownCondition(lowering, condition)) {
    auto results = inlineRegion(lowering, *known ? *thenBranch : *elseBranch, {});
    if (failed(results))
      return failure();
    for (auto [i, result] : llvm::enumerate(*results))
      bind(lowering, node.op->getResult(i), result);
    return success();
  }

  auto onTrue = inlineUntaken(node, lowering, *thenBranch);
  if (failed(onTrue))
    return failure();
  auto onFalse = inlineUntaken(node, lowering, *elseBranch);
  if (failed(onFalse))
    return failure();
  condition = lowering.reshape(condition, {});
  for (unsigned i = 0; i < node.getNumResults(); ++i) {
    Value a = (*onTrue)[i].tensor, b = (*onFalse)[i].tensor;
    if (!a || !b)
      return node.error() << "the condition is known only at run time, and result " << i << " is not a tensor";
    if (a.getType() != b.getType())
      return node.error() << "the condition is known only at run time, and result " << i << " is "
                          << describe(a.getType()) << " in one branch and " << describe(b.getType()) << " in the other";
    node.setResult(i, lowering.select(condition, a, b));
  }
  return success();
}

// ---- Loop ----------------------------------------------------------------------------------------

/// The slices that iterations gave, along `axis`; in reverse order when `reversed`.
static FailureOr<Value> stack(Node &node, Lowering &lowering, Values slices, int64_t axis, bool reversed) {
  if (slices.empty())
    return node.error() << "no iteration runs, so that the shape of a scan output is unknown";
  auto normal = node.normalizeAxis(axis, rank(slices.front()) + 1);
  if (failed(normal))
    return failure();
  if (reversed)
    std::reverse(slices.begin(), slices.end());
  for (Value &slice : slices) {
    if (rank(slice) < *normal)
      return node.error() << "slices of a scan output differ in rank";
    slice = lowering.unsqueeze(slice, *normal);
  }
  return join(node, lowering, slices, *normal);
}

/// What an open loop carries on behind iteration `i`.
static LogicalResult keepCarried(Node &node, OpenIterations &open, SmallVector<Lowered> &carried, ArrayRef<Lowered> next, int64_t i) {
  for (auto [value, result] : llvm::zip_equal(carried, next)) {
    if (!value.tensor || !result.tensor)
      return node.error() << "the number of iterations is open, and what is carried around is not a tensor";
    auto kept = open.keep(result.tensor, value.tensor, i);
    if (failed(kept))
      return failure();
    value.tensor = *kept;
  }
  return success();
}

static LogicalResult lowerLoop(Node &node, Lowering &lowering) {
  Region *body = findRegion(node, "body");
  if (!body)
    return node.error() << "needs a body";
  unsigned numCarried = node.getNumInputs() < 2 ? 0 : node.getNumInputs() - 2;
  if (node.getNumResults() < numCarried)
    return node.error() << "has fewer results than values carried around";
  unsigned numScans = node.getNumResults() - numCarried;
  if (failed(checkCounts(node, *body, 2 + numCarried, 1 + numCarried + numScans)))
    return failure();

  int64_t limit = INT64_MAX;
  std::optional<OpenIterations> open;
  if (node.hasInput(0)) {
    auto trips = lowering.integers(node, node.getInput(0), "the trip count", INT64_MIN, 1);
    if (failed(trips))
      return failure();
    if (trips->size() != 1)
      return node.error() << "the trip count must have one element";
    Expr count = max(trips->front(), lowering.size(0));
    if (Value condition = node.getInput(1); condition && !knownCondition(lowering, condition)) {
      if (!isConstant(product(lowering.getContext(), getDims(condition)), 1) || !elementType(condition).isInteger(1))
        return node.error() << "the condition must be one boolean, found " << describe(condition.getType());
      count = count * lowering.defineSymbol("condition", condition);
    }
    if (asConstant(count))
      limit = *asConstant(count);
    else
      open.emplace(node, lowering, count), limit = OpenIterations::most;
  }
  bool runs = true;
  auto decide = [&](Value condition) -> LogicalResult {
    auto known = condition ? knownCondition(lowering, condition) : std::nullopt;
    if (!known)
      return node.error() << "the condition must be known at compile time";
    runs = *known;
    return success();
  };
  if (node.hasInput(1) && !(open && !knownCondition(lowering, node.getInput(1))) && failed(decide(node.getInput(1))))
    return failure();

  SmallVector<Lowered> carried;
  for (unsigned i = 0; i < numCarried; ++i)
    carried.push_back(lookUp(lowering, node.op->getOperand(2 + i)));
  SmallVector<Values> scans(numScans);
  for (int64_t i = 0; i < limit && runs; ++i) {
    if (i == maxIterations)
      return node.error() << "loops of more than " << maxIterations << " iterations are not supported";
    // An iteration that does not run computes what the last one did: nothing that was in range is not.
    Value number = lowering.scalarInt(i, lowering.i64());
    if (open && i)
      number = lowering.indexExpr(min(lowering.size(i), max(open->getCount() - 1, lowering.size(0))), {}, lowering.i64());
    SmallVector<Lowered> arguments{{number, std::nullopt}, {lowering.scalarInt(1, lowering.i1()), std::nullopt}};
    arguments.append(carried);
    auto results = inlineRegion(lowering, *body, arguments);
    if (failed(results) || failed(decide(results->front().tensor)) ||
        (open && failed(keepCarried(node, *open, carried, ArrayRef(*results).slice(1, numCarried), i))))
      return failure();
    if (!open)
      carried.assign(results->begin() + 1, results->begin() + 1 + numCarried);
    for (unsigned s = 0; s < numScans; ++s) {
      Value slice = (*results)[1 + numCarried + s].tensor;
      if (!slice)
        return node.error() << "a scan output is not a tensor";
      scans[s].push_back(slice);
    }
  }
  for (unsigned i = 0; i < numCarried; ++i)
    bind(lowering, node.op->getResult(i), carried[i]);
  for (unsigned s = 0; s < numScans; ++s) {
    if (!node.isResultUsed(numCarried + s))
      continue;
    auto stacked = stack(node, lowering, scans[s], 0, false);
    if (failed(stacked))
      return failure();
    node.setResult(numCarried + s, open ? open->ran(*stacked, 0) : *stacked);
  }
  return success();
}

// ---- Scan ----------------------------------------------------------------------------------------

static LogicalResult lowerScan(Node &node, Lowering &lowering) {
  Region *body = findRegion(node, "body");
  int64_t numScanned = node.getInt("num_scan_inputs", 0), numStates = int64_t(node.getNumInputs()) - numScanned;
  if (!body || numScanned < 1 || numStates < 0 || node.getNumResults() < numStates)
    return node.error() << "needs a body, at least one scan input and as many results as states";
  int64_t numOutputs = node.getNumResults() - numStates;
  if (failed(checkCounts(node, *body, numStates + numScanned, numStates + numOutputs)))
    return failure();
  auto list = [&](llvm::StringRef name, int64_t size) -> FailureOr<SmallVector<int64_t>> {
    auto values = node.getInts(name).value_or(SmallVector<int64_t>(size, 0));
    if (int64_t(values.size()) != size)
      return node.error() << name << " has " << values.size() << " entries instead of " << size;
    return values;
  };
  auto inputAxes = list("scan_input_axes", numScanned), inputReversed = list("scan_input_directions", numScanned);
  auto outputAxes = list("scan_output_axes", numOutputs), outputReversed = list("scan_output_directions", numOutputs);
  if (failed(inputAxes) || failed(inputReversed) || failed(outputAxes) || failed(outputReversed))
    return failure();

  Expr size;
  Values scannedInputs;
  for (int64_t i = 0; i < numScanned; ++i) {
    Value scanned = node.getInput(numStates + i);
    if (!scanned)
      return node.error() << "scan input " << i << " is not a tensor";
    auto axis = node.normalizeAxis((*inputAxes)[i], rank(scanned));
    if (failed(axis))
      return failure();
    (*inputAxes)[i] = *axis;
    Expr own = getDim(scanned.getType(), *axis);
    auto joint = size ? lowering.unify(node, size, own, "scan inputs have different lengths") : FailureOr<Expr>(own);
    if (failed(joint))
      return failure();
    size = *joint;
    scannedInputs.push_back(scanned);
  }
  size = lowering.current(size);
  std::optional<OpenIterations> open;
  auto length = asConstant(size);
  if (!length) {
    open.emplace(node, lowering, size);
    for (auto [scanned, axis] : llvm::zip_equal(scannedInputs, *inputAxes))
      scanned = open->padded(scanned, axis);
    length = OpenIterations::most;
  }
  if (*length > maxIterations)
    return node.error() << "scans of more than " << maxIterations << " iterations are not supported";

  SmallVector<Lowered> states;
  for (int64_t i = 0; i < numStates; ++i)
    states.push_back(lookUp(lowering, node.op->getOperand(i)));
  SmallVector<Values> outputs(numOutputs);
  for (int64_t step = 0; step < *length; ++step) {
    SmallVector<Lowered> arguments(states);
    for (int64_t i = 0; i < numScanned; ++i) {
      Expr at = lowering.size(step);
      int64_t axis = (*inputAxes)[i];
      if ((*inputReversed)[i])
        at = open ? max(open->getCount() - (step + 1), lowering.size(0)) : lowering.size(*length - 1 - step);
      Value slice = lowering.sliceAxis(scannedInputs[i], axis, at, lowering.size(1));
      arguments.push_back({lowering.squeeze(slice, axis), std::nullopt});
    }
    auto results = inlineRegion(lowering, *body, arguments);
    if (failed(results))
      return failure();
    if (!open)
      states.assign(results->begin(), results->begin() + numStates);
    else if (failed(keepCarried(node, *open, states, ArrayRef(*results).take_front(numStates), step)))
      return failure();
    for (int64_t i = 0; i < numOutputs; ++i) {
      Value slice = (*results)[numStates + i].tensor;
      if (!slice)
        return node.error() << "a scan output is not a tensor";
      outputs[i].push_back(slice);
    }
  }
  for (int64_t i = 0; i < numStates; ++i)
    bind(lowering, node.op->getResult(i), states[i]);
  for (int64_t i = 0; i < numOutputs; ++i) {
    if (!node.isResultUsed(numStates + i))
      continue;
    bool reversed = (*outputReversed)[i];
    auto stacked = stack(node, lowering, outputs[i], (*outputAxes)[i], reversed);
    if (failed(stacked))
      return failure();
    if (open) {
      // In reverse order the slices that did not run stand first.
      int64_t axis = (*outputAxes)[i] < 0 ? (*outputAxes)[i] + rank(*stacked) : (*outputAxes)[i];
      Expr from = reversed ? lowering.size(*length) - open->getCount() : lowering.size(0);
      stacked = lowering.sliceAxis(*stacked, axis, from, open->getCount());
    }
    node.setResult(numStates + i, *stacked);
  }
  return success();
}

void registerControl(Registry &registry) {
  registry.add("If", 1, lowerIf);
  registry.add("Loop", 1, lowerLoop);
  registry.add("Scan", 9, lowerScan);
}

} // namespace dsc::onnx_to_prim
