// SPDX-License-Identifier: Apache-2.0
// Weighted sums of the networks that each token has chosen -> dsc.experts.
#include "dialects/onnx/ExternalData.h"
#include "passes/Passes.h"
#include "passes/recognize/ExpertSum.h"
#include "passes/recognize/Recognition.h"
#include "llvm/Support/Endian.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZEEXPERTS
#include "passes/Passes.h.inc"
} // namespace dsc

using namespace dsc::recognize;
using namespace dsc::model;

namespace {

bool isAdd(Operation *op) {
  auto binary = dyn_cast_if_present<BinaryOp>(op);
  return binary && binary.getKind() == BinaryKind::Add;
}

/// Rows scattered to their tokens, as each round of a loop over experts ends.
bool isScatterOfRows(Operation *op) {
  if (auto scatter = dyn_cast_if_present<ScatterAlongAxisOp>(op))
    return scatter.getAxis() == 0 && rank(scatter.getResult()) == 2 && isa<FloatType>(elementType(scatter.getResult()));
  if (auto scatter = dyn_cast_if_present<ScatterNdOp>(op))
    return scatter.getAxes() == ArrayRef<int64_t>{0} && rank(scatter.getResult()) == 2 && isa<FloatType>(elementType(scatter.getResult()));
  return false;
}

struct RecognizeExperts : dsc::impl::RecognizeExpertsBase<RecognizeExperts> {
  using Base::Base;

  void runOnOperation() override {
    for (Choice choice : findChoices())
      recognize(choice);
    eraseUnused(getOperation());
  }

  /// Experts are chosen by a router, by a choice of which no router could be proved, or by a table of the token's id (DeepSeek-V4's first layers).
  SmallVector<Choice> findChoices() {
    SmallVector<Choice> choices;
    getOperation().walk([&](Operation *op) {
      if (auto route = dyn_cast<RouteOp>(op))
        choices.push_back({route.getIds(), route.getExperts(), route.getK()});
      if (isLookup(op))
        if (auto count = countExperts(op->getResult(0)); count && isWithin(op->getOperand(0).getDefiningOp<ConstantOp>(), *count))
          choices.push_back({op->getResult(0), *count, *asConstant(getDims(op->getResult(0)).back()), /*isLookup=*/true});
      auto topK = dyn_cast<TopKOp>(op);
      if (!topK || !topK.getLargest() || !isa<FloatType>(elementType(topK.getOperand())) || rank(topK.getOperand()) < 2)
        return;
      auto count = asConstant(getDims(topK.getOperand()).back()), k = asConstant(getDims(topK.getIndices()).back());
      if (count && k && *count > 1)
        choices.push_back({topK.getIndices(), *count, *k});
    });
    return choices;
  }

  /// Rows of a constant table of integers.
  static bool isLookup(Operation *op) {
    if (!isa<TakeOp, GatherNdOp>(op) || !isa<IntegerType>(elementType(op->getResult(0))) || rank(op->getOperand(0)) != 2 || rank(op->getResult(0)) < 2)
      return false;
    return op->getOperand(0).getDefiningOp<ConstantOp>() && asConstant(getDims(op->getResult(0)).back()).value_or(0) > 0;
  }

  /// Whether all elements of a table are in [0, count): a negative one would count from the end.
  static bool isWithin(ConstantOp table, int64_t count) {
    Type type = elementType(table.getResult());
    auto dense = dyn_cast<DenseElementsAttr>(table.getValue());
    if (dense)
      return llvm::all_of(dense.getValues<APInt>(), [&](const APInt &id) { return !id.isNegative() && id.ult(count); });
    auto external = dyn_cast<dsc::onnx::ExternalAttr>(table.getValue());
    if (!external || (!type.isSignlessInteger(64) && !type.isSignlessInteger(32)))
      return false;
    auto bytes = dsc::onnx::ExternalData::get(table.getContext()).resolve(external);
    if (!bytes) {
      llvm::consumeError(bytes.takeError());
      return false;
    }
    unsigned width = type.getIntOrFloatBitWidth() / 8;
    for (size_t i = 0; i < bytes->size(); i += width) {
      int64_t id = width == 8 ? llvm::support::endian::read64le(bytes->data() + i) : int32_t(llvm::support::endian::read32le(bytes->data() + i));
      if (id < 0 || id >= count)
        return false;
    }
    return true;
  }

  /// How many there are among which `ids` choose: matrices, or scores for a weight.
  static std::optional<int64_t> countExperts(Value ids) {
    llvm::SetVector<Value> reached;
    reached.insert(ids);
    for (unsigned i = 0; i < reached.size(); ++i)
      for (Operation *user : reached[i].getUsers()) {
        if (isa<GatherNdOp, TakeOp>(user) && user->getOperand(1) == reached[i] && rank(user->getOperand(0)) == 3 &&
            isa<FloatType>(elementType(user->getResult(0))))
          return asConstant(getDims(user->getOperand(0))[0]);
        if (auto take = dyn_cast<TakeAlongAxisOp>(user); take && take.getIndices() == reached[i] && isa<FloatType>(elementType(user->getResult(0))))
          return asConstant(getDims(take.getOperand())[take.getAxis()]);
        if (isa<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp, ReshapeOp>(user) && isa<IntegerType>(elementType(user->getResult(0))))
          reached.insert(user->getResult(0));
      }
    return std::nullopt;
  }

  /// What depends on the chosen experts as a gather, a sort, a mask or a scatter does.
  bool choosesWeights(Value ids) {
    llvm::SetVector<Value> reached;
    reached.insert(ids);
    for (unsigned i = 0; i < reached.size(); ++i)
      for (Operation *user : reached[i].getUsers()) {
        if (isa<NonZeroOp>(user) || (isa<TopKOp>(user) && isSort(cast<TopKOp>(user))))
          return true;
        if (auto scatter = dyn_cast<ScatterAlongAxisOp>(user); scatter && scatter.getIndices() == reached[i] && scatter.getUpdates().getDefiningOp<RouteOp>())
          return true;
        if (isa<GatherNdOp, TakeOp>(user) && user->getOperand(1) == reached[i] && isa<FloatType>(elementType(user->getResult(0))))
          return rank(user->getOperand(0)) >= 3 || rank(user->getOperand(0)) == 2;
        if (isa<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp, ReshapeOp, BroadcastOp, TransposeOp, SliceOp, TakeOp>(user) &&
            isa<IntegerType>(elementType(user->getResult(0))))
          reached.insert(user->getResult(0));
      }
    return false;
  }

  void recognize(Choice choice) {
    if (choice.ids.use_empty() || !choosesWeights(choice.ids))
      return;
    std::optional<Mismatch> nearest;
    SmallVector<int64_t> found;
    auto keep = [&](const ExpertSumMatcher &matcher) {
      if (matcher.mismatch)
        nearest = matcher.mismatch;
      if (!matcher.found.empty())
        found = matcher.found;
    };
    SmallVector<Operation *> roots;
    for (Operation *op = choice.ids.getDefiningOp()->getNextNode(); op; op = op->getNextNode())
      roots.push_back(op);
    for (Operation *op : roots) {
      bool overSlots = false, overExperts = false;
      if (auto reduce = dyn_cast<ReduceOp>(op))
        overSlots = reduce.getKind() == ReduceKind::Sum && reduce.getAxes().size() == 1 &&
                    isConstant(getDim(reduce.getOperand().getType(), reduce.getAxes()[0]), choice.k) &&
                    int64_t(reduce.getAxes()[0]) + 1 < rank(reduce.getOperand());
      else if (auto dot = dyn_cast<DotOp>(op))
        overSlots = dot.getLhsContract().size() == 1 && isConstant(getDim(dot.getLhs().getType(), dot.getLhsContract()[0]), choice.k);
      else
        overExperts = isRootOfExperts(op);
      if ((!overSlots && !overExperts) || !isa<FloatType>(elementType(op->getResult(0))))
        continue;
      Elements elements(&getContext());
      ExpertSumMatcher matcher(elements, choice);
      auto sum = overSlots ? matcher.matchSlots(op->getResult(0)) : matcher.matchExperts(op->getResult(0));
      if (sum && replace(op, choice, *sum, matcher, elements))
        return;
      keep(matcher);
      if (overExperts && !sum)
        break;
    }
    report(choice, nearest, found);
  }

  /// The last sum of a chain of them, of which one summand at least is rows of an expert.
  bool isRootOfExperts(Operation *op) {
    auto isPart = [&](Operation *user) { return isSumOfExperts(user); };
    return isSumOfExperts(op) && llvm::none_of(op->getUsers(), isPart);
  }
  bool isSumOfExperts(Operation *op) {
    if (isScatterOfRows(op)) {
      bool add = isa<ScatterNdOp>(op) ? cast<ScatterNdOp>(op).getKind() == ScatterKind::Add
                                      : cast<ScatterAlongAxisOp>(op).getKind() == ScatterKind::Add;
      return add;
    }
    if (!isAdd(op))
      return false;
    auto isSummand = [&](Value value) {
      Operation *def = value.getDefiningOp();
      if (!def)
        return false;
      if (auto mul = dyn_cast<BinaryOp>(def); mul && mul.getKind() == BinaryKind::Mul)
        return hasScatteredWeight(mul);
      if (auto zero = dyn_cast<BroadcastOp>(def))
        return isa_and_nonnull<ConstantOp>(zero.getOperand().getDefiningOp());
      return isScatterOfRows(def) || isSumOfExperts(def);
    };
    return isSummand(op->getOperand(0)) && isSummand(op->getOperand(1));
  }
  /// A product with a column of a table that was scattered.
  static bool hasScatteredWeight(BinaryOp mul) {
    for (Value operand : mul.getOperands()) {
      Operation *def = operand.getDefiningOp();
      while (isa_and_nonnull<BroadcastOp, ReshapeOp, SliceOp, ConvertOp, TransposeOp, TakeOp>(def))
        def = def->getOperand(0).getDefiningOp();
      if (auto scatter = dyn_cast_if_present<ScatterAlongAxisOp>(def))
        return true;
    }
    return false;
  }

  void report(Choice choice, std::optional<Mismatch> nearest, ArrayRef<int64_t> found) {
    Location router = choice.ids.getLoc();
    Miss miss{Remark::Experts, router, "a sum over slots of what the chosen experts compute", "none"};
    if (nearest)
      miss = {Remark::Experts, nearest->where, nearest->expected, nearest->found};
    if (!found.empty() && int64_t(found.size()) < choice.count) {
      miss.remark = Remark::MissingExperts;
      emitWarning(router) << "missing experts: the router chooses from " << choice.count << ", the graph holds only " << found.size()
                          << " of them. The export dropped what its sample did not visit; tokens of the others get wrong results";
    }
    addMiss(getOperation(), miss);
  }

  // ---- The operation

  bool replace(Operation *root, Choice choice, const ExpertSum &sum, ExpertSumMatcher &matcher, Elements &elements) {
    const FeedForward &network = sum.network;
    Value result = root->getResult(0);
    Expr rows = product(&getContext(), ArrayRef<Expr>(getDims(result)).drop_back());
    int64_t features = *asConstant(getDims(result).back());
    OpBuilder b(root);
    PrimBuilder build(b, joinLocations(root->getLoc(), elements.visited));
    Value x = matcher.asRows(build, network.x, sum.token, featureSymbol(&getContext()), rows, network.inputs);
    Value weights = matcher.asRows(build, sum.weights, sum.token, sum.slot, rows, choice.k);
    if (!weights)
      weights = findWeights(build, root, choice, sum, matcher, elements, rows);
    Value ids = matcher.asRows(build, sum.ids, sum.token, sum.slot, rows, choice.k);
    auto fail = [&](Location where, std::string expected) {
      matcher.mismatch = Mismatch{where, std::move(expected), "another layout"};
      return false;
    };
    if (!x || network.inputs != features)
      return fail(network.x.value.getLoc(), "the token's features as the networks' input");
    if (!weights || !ids)
      return fail(sum.weights.value.getLoc(), "weights and ids over tokens and slots");
    // The sum is in the type of the weights; where that is wider than the features', a conversion back is part of it.
    Type type = elementType(x);
    if (elementType(result) != type) {
      if (!result.hasOneUse() || !isa<ConvertOp>(*result.user_begin()) || elementType(result.user_begin()->getResult(0)) != type)
        return fail(root->getLoc(), "a sum in the type of the features");
      result = result.user_begin()->getResult(0);
      b.setInsertionPoint(result.getDefiningOp());
    }
    SmallVector<Value> operands;
    struct Part {
      StoredWeight FeedForward::*member;
      int64_t outs, ins;
    };
    for (Part part : {Part{&FeedForward::gate, network.width, network.inputs}, Part{&FeedForward::gateBias, network.width, 0},
                      Part{&FeedForward::up, network.width, network.inputs}, Part{&FeedForward::upBias, network.width, 0},
                      Part{&FeedForward::down, features, network.width}, Part{&FeedForward::downBias, features, 0}}) {
      const StoredWeight &stored = network.*part.member;
      Value operand;
      if (stored) {
        operand = sum.experts.empty() ? readWeight(build, stored, choice.count, part.outs, part.ins)
                                      : stack(build, sum.experts, part.member, part.outs, part.ins);
        if (!operand || elementType(operand) != type)
          return fail(stored.value.getLoc(), "weights stored by expert, output and input");
      }
      operands.push_back(operand);
    }
    MLIRContext *context = &getContext();
    auto op = ExpertsOp::create(b, build.loc, getTensorType({rows, build.size(features)}, type), ActivationAttr::get(context, network.activation), x,
                                ids, weights, operands[0], operands[1], operands[2], operands[3], operands[4], operands[5], Value(), Value(), Value(),
                                b.getF64FloatAttr(network.alpha), network.limit ? b.getF64FloatAttr(*network.limit) : FloatAttr(),
                                b.getF64FloatAttr(network.upOffset));
    op->setAttr(encodingAttr, b.getStringAttr(sum.encoding));
    Value replacement = build.reshape(op.getResult(), getDims(result));
    result.replaceAllUsesWith(replacement);
    noteShared(op, replacement, network);
    ++numExperts;
    return true;
  }

  /// A tensor over tokens and slots before `root` whose elements are the weights: those may lie deeper, as scores of all experts.
  static Value findWeights(PrimBuilder &build, Operation *root, Choice choice, const ExpertSum &sum, ExpertSumMatcher &matcher,
                           Elements &elements, Expr rows) {
    for (Operation *op = root->getPrevNode(); op; op = op->getPrevNode())
      for (Value result : op->getResults()) {
        auto type = dyn_cast<RankedTensorType>(result.getType());
        if (!type || type.getRank() < 2 || type.getElementType() != elementType(sum.weights.value) || type.getDimSize(type.getRank() - 1) != choice.k)
          continue;
        SmallVector<Expr> dims = getDims(type);
        auto leading = ArrayRef<Expr>(dims).drop_back();
        if (product(root->getContext(), leading) != rows)
          continue;
        Indices at = matcher.split(sum.token, leading);
        at.push_back(sum.slot);
        if (elements.resolve(result, at) == sum.weights)
          return build.reshape(result, {rows, build.size(choice.k)});
      }
    return {};
  }

  /// The weights of experts that have tensors of their own, one after another: stored ones in one constant, whose parts stay in the file.
  static Value stack(PrimBuilder &build, ArrayRef<FeedForward> experts, StoredWeight FeedForward::*member, int64_t outs, int64_t ins) {
    SmallVector<Value> parts;
    SmallVector<Attribute> stored;
    const StoredWeight &first = experts[0].*member;
    for (const FeedForward &expert : experts) {
      const StoredWeight &weight = expert.*member;
      auto constant = weight.value.getDefiningOp<ConstantOp>();
      if (constant && weight.at == first.at && weight.value.getType() == first.value.getType())
        stored.push_back(constant.getValue());
      if (!readWeight(build, weight, 0, outs, ins))
        return {};
    }
    MLIRContext *context = build.b.getContext();
    if (stored.size() == experts.size()) {
      SmallVector<Expr> dims = getDims(first.value);
      dims.insert(dims.begin(), build.size(experts.size()));
      auto type = getTensorType(dims, elementType(first.value));
      StoredWeight whole{ConstantOp::create(build.b, build.loc, type, cast<TypedAttr>(JoinedAttr::get(context, stored, 0, type))), first.at};
      whole.at.insert(whole.at.begin(), index(context, 0));
      return readWeight(build, whole, experts.size(), outs, ins);
    }
    for (const FeedForward &expert : experts) {
      Value own = readWeight(build, expert.*member, 0, outs, ins);
      SmallVector<Expr> dims = getDims(own);
      dims.insert(dims.begin(), build.size(1));
      parts.push_back(build.reshape(own, dims));
    }
    return build.concat(parts, 0);
  }

  /// routed + S(x) with a network S of the same input: how wide S is.
  void noteShared(ExpertsOp op, Value routed, const FeedForward &network) {
    while (routed.hasOneUse() && isa<ReshapeOp, ConvertOp>(*routed.user_begin()))
      routed = routed.user_begin()->getResult(0);
    for (Operation *user : routed.getUsers()) {
      if (!isAdd(user))
        continue;
      Value other = user->getOperand(0) == routed ? user->getOperand(1) : user->getOperand(0);
      Elements elements(&getContext());
      Indices at;
      SmallVector<Expr> tokens;
      for (Expr dim : getDims(other))
        at.push_back(elements.newIndex(dim));
      tokens.assign(at.begin(), at.end() - 1);
      Expr out = at.back();
      FeedForwardMatcher matcher(elements, constant(&getContext(), -1), tokens);
      auto shared = matcher.match(elements.resolveThroughCasts(other, at), out);
      if (shared && shared->activation == network.activation && shared->x.value == network.x.value) {
        op->setAttr(sharedWidthAttr, IntegerAttr::get(IntegerType::get(&getContext(), 64), shared->width));
        return;
      }
    }
  }
};

} // namespace
