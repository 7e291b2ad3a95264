// SPDX-License-Identifier: Apache-2.0
// The driver of onnx -> prim: entry signatures, the walk over nodes, and the list of what is not supported.
#include "dialects/onnx/Onnx.h"
#include "dialects/onnx/Schema.h"
#include "passes/Passes.h"
#include "passes/onnx_to_prim/Lowering.h"

namespace dsc {
#define GEN_PASS_DEF_ONNXTOPRIM
#include "passes/Passes.h.inc"
} // namespace dsc

using namespace mlir;
using namespace dsc::prim;
using llvm::SmallVector;

namespace dsc::onnx_to_prim {

// ---- Nodes ----------------------------------------------------------------------------------------------

static bool isNode(Operation *op) {
  return op->getName().getDialectNamespace() == "onnx" && !op->isRegistered();
}

/// Reports every node without a lowering: name, operator, opset, and the first thing that is missing.
static LogicalResult checkSupported(func::FuncOp function) {
  bool supported = true;
  function.walk([&](Operation *op) {
    if (!isNode(op))
      return;
    auto [domain, type] = onnx::getOpName(op);
    int64_t opset = onnx::getOpset(op);
    const Registry &registry = Registry::get();
    if (registry.find(domain, type, opset))
      return;
    supported = false;
    auto diagnostic = op->emitError() << "unsupported operator " << (domain.empty() ? "" : domain + ".") << type << " (opset "
                                      << opset << "): ";
    auto entries = registry.entriesOf(domain, type);
    if (entries.empty())
      diagnostic << "there is no lowering for it";
    else
      diagnostic << "only its definitions since opset " << entries.front().first << " are supported";
  });
  return success(supported);
}

LogicalResult Lowering::lowerBody(Block &body) {
  bool ok = true;
  for (Operation &op : body.without_terminator()) {
    setLoc(op.getLoc());
    if (auto c = dyn_cast<onnx::ConstantOp>(op)) {
      tensors[c.getResult()] = prim::ConstantOp::create(builder, loc, c.getValue().getType(), c.getValue());
      continue;
    }
    if (!isNode(&op))
      continue; // onnx.none
    // A node whose input could not be lowered has nothing of its own to report.
    bool poisoned = llvm::any_of(op.getOperands(), [&](Value operand) { return failedValues.contains(operand); });
    auto [domain, type] = onnx::getOpName(&op);
    int64_t opset = onnx::getOpset(&op);
    Node node(&op, *this, domain, type, opset);
    LogicalResult result = failure();
    // A lowering asks for the tensors it needs without looking: an input that is a sequence must not reach one of a
    // tensor operator, nor may a required input be missing.
    auto schema = onnx::lookup(domain, type, opset);
    if (!poisoned && schema && op.getNumOperands() < schema->minInputs) {
      node.error() << "input " << op.getNumOperands() << " is missing";
      poisoned = true;
    }
    for (unsigned i = 0, e = std::min(op.getNumOperands(), 32u); schema && i < e && !poisoned; ++i)
      if (!node.hasInput(i) && (schema->requiredInputs >> i & 1)) {
        node.error() << "input " << i << " is missing";
        poisoned = true;
      }
    bool takesSequences = type.contains("Sequence") || type == "Identity" || type == "If" || type == "Loop";
    for (auto [i, operand] : llvm::enumerate(op.getOperands()))
      if (!poisoned && !takesSequences && sequences.count(operand)) {
        node.error() << "input " << i << " is a sequence, not a tensor";
        poisoned = true;
      }
    if (!poisoned) {
      result = Registry::get().find(domain, type, opset)->handler(node, *this);
      for (Value value : op.getResults())
        if (succeeded(result) && !value.use_empty() && !tensors.count(value) && !sequences.count(value)) {
          node.error() << "output " << cast<OpResult>(value).getResultNumber() << " is used but not supported";
          result = failure();
        }
    }
    if (failed(result)) {
      ok = false;
      failedValues.insert(op.result_begin(), op.result_end());
    }
  }
  return success(ok);
}

// ---- Entries ----------------------------------------------------------------------------------------------

/// The dimensions of the arguments. A dim_param that is an expression stands only if its symbols are sizes of
/// their own somewhere; any other text names a fresh symbol, because files give equal sizes different names and
/// different sizes none.
class SignatureReader {
public:
  SignatureReader(func::FuncOp function) : function(function), context(function.getContext()) {}

  SmallVector<Type> read() {
    SmallVector<Dims> parsed;
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      parsed.push_back(parse(i));
    for (const Dims &dims : parsed)
      for (Expr dim : dims)
        if (dim.getKind() == ExprKind::Symbol)
          plain.insert(dim);
    SmallVector<Type> types;
    for (auto [i, dims] : llvm::enumerate(parsed)) {
      for (auto [d, dim] : llvm::enumerate(dims)) {
        bool known = true;
        walkLeaves(dim, [&](Expr leaf) { known &= plain.contains(leaf); });
        if (!known || (asConstant(dim) && *asConstant(dim) < 0))
          dim = symbol(context, textOf(i, d));
      }
      types.push_back(getTensorType(dims, cast<RankedTensorType>(function.getArgumentTypes()[i]).getElementType()));
    }
    return types;
  }

private:
  std::string textOf(unsigned argument, unsigned d) {
    if (auto texts = function.getArgAttrOfType<ArrayAttr>(argument, onnx::kDimsAttr))
      if (StringRef text = cast<StringAttr>(texts[d]).getValue(); !text.empty())
        return text.str();
    auto name = function.getArgAttrOfType<StringAttr>(argument, onnx::kNameAttr);
    return ((name ? name.getValue() : StringRef("arg")) + "." + llvm::Twine(d)).str();
  }

  Dims parse(unsigned argument) {
    auto type = cast<RankedTensorType>(function.getArgumentTypes()[argument]);
    Dims dims;
    for (unsigned d = 0; d < type.getRank(); ++d) {
      if (!type.isDynamicDim(d)) {
        dims.push_back(constant(context, type.getDimSize(d)));
        continue;
      }
      std::string text = textOf(argument, d);
      Expr e = parseExpr(context, text, nullptr);
      dims.push_back(e && !usesIndex(e) ? e : symbol(context, text));
    }
    return dims;
  }

  func::FuncOp function;
  MLIRContext *context;
  llvm::DenseSet<Expr> plain;
};

/// A graph without a matrix of constants is no trained model but a formula, of which nobody knows that sizes of different
/// names are equal.
static bool hasWeights(func::FuncOp function) {
  return function
      .walk([](onnx::ConstantOp op) {
        auto type = dyn_cast<RankedTensorType>(op.getValue().getType());
        auto isLong = [](int64_t size) { return size > 1; };
        return type && llvm::count_if(type.getShape(), isLong) > 1 ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

static LogicalResult lowerEntry(func::FuncOp source, bool stretch) {
  if (failed(checkSupported(source)))
    return failure();
  OpBuilder builder(source);
  SmallVector<Type> argumentTypes = SignatureReader(source).read();
  auto target = func::FuncOp::create(builder, source.getLoc(), source.getName(), builder.getFunctionType(argumentTypes, {}));
  Block *block = target.addEntryBlock();
  for (unsigned i = 0; i < source.getNumArguments(); ++i)
    target.setArgAttr(i, onnx::kNameAttr, source.getArgAttr(i, onnx::kNameAttr));

  builder.setInsertionPointToStart(block);
  Lowering lowering(builder, target, stretch || !hasWeights(source));
  for (auto [from, to] : llvm::zip(source.getArguments(), block->getArguments()))
    lowering.tensors[from] = to;
  LogicalResult lowered = lowering.lowerBody(source.getBody().front());

  SmallVector<Value> results;
  if (succeeded(lowered)) {
    auto terminator = source.getBody().front().getTerminator();
    for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
      Value tensor = lowering.tensors.lookup(value);
      if (!tensor) {
        lowered = terminator->emitError() << "output " << i << " is not a tensor";
        break;
      }
      results.push_back(tensor);
    }
  }
  if (failed(lowered)) {
    target.erase();
    return failure();
  }
  func::ReturnOp::create(builder, source.getBody().front().getTerminator()->getLoc(), results);
  target.setFunctionType(builder.getFunctionType(block->getArgumentTypes(), llvm::to_vector(TypeRange(ValueRange(results)))));
  for (unsigned i = 0; i < source.getNumResults(); ++i)
    target.setResultAttr(i, onnx::kNameAttr, source.getResultAttr(i, onnx::kNameAttr));
  source.erase();

  // Shape chains have been read; what only they used goes.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*block)))
    if (isOpTriviallyDead(&op))
      op.erase();
  return success();
}

namespace {
struct OnnxToPrim : impl::OnnxToPrimBase<OnnxToPrim> {
  using Base::Base;

  void runOnOperation() override {
    bool ok = true;
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (function->hasAttr(onnx::kOpsetsAttr) && !function.isPrivate())
        ok &= succeeded(lowerEntry(function, stretch));
    if (!ok)
      signalPassFailure();
  }
};
} // namespace

} // namespace dsc::onnx_to_prim
