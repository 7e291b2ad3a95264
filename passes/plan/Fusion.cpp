// SPDX-License-Identifier: Apache-2.0
#include "passes/plan/Fusion.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/plan/Plan.h"
#include "dialects/prim/IndexMap.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::plan {

static std::optional<unsigned> growthAxis(Value value) {
  IntegerAttr axis;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
    axis = func ? func.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), stateAxisAttr) : IntegerAttr();
  } else if (auto state = value.getDefiningOp<StateOp>()) {
    axis = state->getAttrOfType<IntegerAttr>(stateAxisAttr);
  } else if (auto extend = value.getDefiningOp<ExtendOp>()) {
    return extend.getAxis();
  } else if (auto operand = value.getDefiningOp()->getAttrOfType<IntegerAttr>(inPlaceAttr)) {
    return growthAxis(value.getDefiningOp()->getOperand(operand.getInt()));
  }
  return axis ? std::optional<unsigned>(axis.getInt()) : std::nullopt;
}

std::optional<unsigned> stridedAxis(Value value) {
  auto axis = growthAxis(value);
  if (!axis)
    return std::nullopt;
  bool oneOuterIndex = llvm::all_of(llvm::seq(0u, *axis), [&](unsigned i) { return isConstant(getDim(value.getType(), i), 1); });
  return oneOuterIndex ? std::nullopt : axis;
}

// ---- Kinds of operations ------------------------------------------------------------------------------

/// One element of the result needs one element of each operand.
static bool isFoldable(Operation *op) {
  return isa<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp, BitcastOp, BroadcastOp, TransposeOp, SliceOp, ReshapeOp>(op) &&
         !op->hasAttr(inPlaceAttr);
}

static bool isExpensive(Operation *op) {
  if (auto unary = dyn_cast<UnaryOp>(op))
    return unary.getKind() != UnaryKind::Neg && unary.getKind() != UnaryKind::Abs && unary.getKind() != UnaryKind::Not;
  if (auto binary = dyn_cast<BinaryOp>(op))
    return llvm::is_contained({BinaryKind::Div, BinaryKind::Rem, BinaryKind::Mod, BinaryKind::Pow}, binary.getKind());
  return false;
}

/// Its elements need all elements of a row, which may be computed as they are read.
static bool isNorm(Operation *op) { return isa_and_present<model::RmsNormOp, model::LayerNormOp>(op); }

/// Elements of the operand are needed more than once.
static bool repeats(Operation *op) {
  if (isNorm(op))
    return true;
  auto broadcast = dyn_cast<BroadcastOp>(op);
  if (!broadcast)
    return false;
  auto from = getDims(broadcast.getOperand()), to = getDims(broadcast.getResult());
  for (auto [i, dim] : llvm::enumerate(to)) {
    const auto *axis = llvm::find(broadcast.getAxes(), int64_t(i));
    bool same = axis != broadcast.getAxes().end() && from[axis - broadcast.getAxes().begin()] == dim;
    if (!same && !isConstant(dim, 1))
      return true;
  }
  return false;
}

/// The bias of a router, which every token reads.
static bool isBias(OpOperand &use) {
  auto route = dyn_cast<model::RouteOp>(use.getOwner());
  return route && use.get() == route.getBias();
}

/// Only adds and removes dimensions of size one.
static bool isUnitReshape(ReshapeOp op) {
  auto significant = [](Value v) {
    SmallVector<Expr> dims = getDims(v);
    llvm::erase_if(dims, [](Expr dim) { return isConstant(dim, 1); });
    return dims;
  };
  return significant(op.getOperand()) == significant(op.getResult());
}

/// The operand of a contraction that chooses along leading dimensions only, as the weights of each token's experts do: every
/// dimension that indices give is a batch dimension of the contraction, so that an index is read once per batch item and rows
/// keep their layout. Then the contraction reads the rows where they stand instead of a copy.
static bool choosesPerBatchItem(OpOperand &use) {
  Operation *op = use.get().getDefiningOp();
  int64_t first = 0, count = 0;
  if (auto take = dyn_cast_if_present<TakeOp>(op)) {
    first = take.getAxis();
    count = rank(take.getIndices());
    if (first + 1 == rank(take.getOperand()))
      return false;
  } else if (auto gather = dyn_cast_if_present<GatherNdOp>(op)) {
    count = rank(gather.getIndices()) - 1;
    if (int64_t(gather.getBatchDims()) + *asConstant(getDims(gather.getIndices()).back()) == rank(gather.getOperand()))
      return false;
  } else {
    return false;
  }
  SmallVector<int64_t> chosen = llvm::to_vector(llvm::seq<int64_t>(first, first + count));
  OpOperand *reader = &use;
  while (auto transpose = dyn_cast<TransposeOp>(reader->getOwner())) {
    if (!transpose->hasOneUse())
      return false;
    for (int64_t &dim : chosen)
      dim = llvm::find(transpose.getPerm(), dim) - transpose.getPerm().begin();
    reader = &*transpose->use_begin();
  }
  auto dot = dyn_cast<DotOp>(reader->getOwner());
  if (!dot)
    return false;
  auto batch = reader->getOperandNumber() == 0 ? dot.getLhsBatch() : dot.getRhsBatch();
  return llvm::all_of(chosen, [&](int64_t dim) { return llvm::is_contained(batch, dim); });
}

static bool isLayout(Operation *op) { return isa_and_nonnull<BroadcastOp, TransposeOp, SliceOp, ReshapeOp, ConvertOp>(op); }

/// An operand of attention other than mask and bias, or what its layout is made from: each element is read many times.
static bool readsAsRows(OpOperand &use) {
  OpOperand *reader = &use;
  while (isLayout(reader->getOwner()) && reader->getOwner()->hasOneUse())
    reader = &*reader->getOwner()->use_begin();
  auto isRow = [&](auto attention) { return reader->get() != attention.getMask() && reader->get() != attention.getBias(); };
  if (auto attention = dyn_cast<model::AttentionOp>(reader->getOwner()))
    return isRow(attention);
  if (auto parts = dyn_cast<model::AttentionPartsOp>(reader->getOwner()))
    return isRow(parts);
  auto latent = dyn_cast<model::LatentAttentionOp>(reader->getOwner());
  return latent && isRow(latent);
}

/// A layout operation with several consumers, all of which can read through it: nothing is gained by writing it to memory.
bool Fusion::isIndexMap(Operation *op) const {
  auto reshape = dyn_cast<ReshapeOp>(op);
  Operation *source = reshape ? reshape.getOperand().getDefiningOp() : nullptr;
  bool isReshape = (isa_and_nonnull<SliceOp, BroadcastOp>(source) && isUnitReshape(reshape)) || (isa_and_nonnull<SliceOp>(source) && onlySplits(reshape));
  if (!isReshape && !isa<SliceOp, BroadcastOp>(op))
    return false;
  bool shared = !op->hasOneUse() || indexMaps.contains(*op->user_begin());
  return shared && llvm::all_of(op->getUses(), [&](OpOperand &use) { return absorbs(use); });
}

/// A part of a weight under another layout: a contraction reads it where it stands, whoever else does.
static bool isWeightLayout(Operation *op) {
  if (!isa_and_nonnull<TransposeOp, SliceOp>(op))
    return false;
  Operation *source = op->getOperand(0).getDefiningOp();
  while (isa_and_nonnull<ReshapeOp>(source))
    source = source->getOperand(0).getDefiningOp();
  return isa_and_nonnull<ConstantOp>(source) || isWeightLayout(source);
}

bool Fusion::isView(Operation *op) const {
  auto reshape = dyn_cast<ReshapeOp>(op);
  return reshape && !stridedAxis(reshape.getOperand()) && !isCheap(op) && !folded.contains(op);
}

/// Heads that are split off the columns of rows.
static bool splitsColumns(ReshapeOp op) {
  auto from = getDims(op.getOperand()), to = getDims(op.getResult());
  return !from.empty() && to.size() > from.size() && onlySplits(op) && ArrayRef(to).take_front(from.size() - 1) == ArrayRef(from).drop_back();
}

/// A reshape that only adds or removes ones, splits heads off, or makes a router's rows, between an operation that need not stand in
/// memory and its one reader; or one that splits dimensions of a slice, which its reader reads where it stands.
static bool isBetween(Operation *op) {
  auto reshape = dyn_cast<ReshapeOp>(op);
  Operation *source = reshape ? reshape.getOperand().getDefiningOp() : nullptr;
  if (!source || !reshape->hasOneUse())
    return false;
  if (isa<SliceOp>(source) && onlySplits(reshape))
    return true;
  return source->hasOneUse() && (isNorm(source) || (isFoldable(source) && !isa<ReshapeOp>(source))) &&
         (isUnitReshape(reshape) || (!isNorm(source) && (splitsColumns(reshape) || isa<model::RouteOp>(*reshape->user_begin()))));
}

bool Fusion::isCheap(Operation *op, unsigned depth) const {
  if (auto known = cheap.find(op); known != cheap.end())
    return known->second;
  if (!op || depth > 8)
    return false;
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
    return dense && dense.isSplat();
  }
  if (isa<IndexExprOp, ExprsOp, InGroupsOp>(op) || indexMaps.contains(op) || isWeightLayout(op))
    return true;
  if (!isa<BroadcastOp, ReshapeOp, TransposeOp, SliceOp, ConvertOp, SelectOp>(op))
    return false;
  return llvm::all_of(op->getOperands(), [&](Value v) { return isCheap(v.getDefiningOp(), depth + 1); });
}

/// True when the user computes with elements of the operand one at a time, in whatever order.
bool Fusion::absorbs(OpOperand &use) const {
  Operation *user = use.getOwner();
  unsigned i = use.getOperandNumber();
  if (isCheap(user))
    return true;
  if (isView(user))
    return false;
  if (isa<model::AttentionOp, model::AttentionPartsOp, model::LatentAttentionOp>(user) || readsAsRows(use))
    return readsAsRows(use) ? isLayout(use.get().getDefiningOp()) : true;
  if (isNorm(user) || isa<model::RouteOp>(user))
    return true;
  if (isFoldable(user)) {
    // A contraction reads its operands through transposes and choices of rows at most.
    auto leader = leaders.find(user);
    return leader == leaders.end() || leader->second == user || !isa<DotOp>(leader->second) ||
           choosesPerBatchItem(use);
  }
  if (auto operand = user->getAttrOfType<IntegerAttr>(inPlaceAttr))
    if (operand.getInt() == i)
      return false;
  // Indices of rows that a contraction reads are needed by each of its blocks: they stand in memory.
  if (auto leader = leaders.find(user); leader != leaders.end() && leader->second != user && isa<TakeOp, GatherNdOp>(user))
    return i != 0 && isCheap(use.get().getDefiningOp());
  if (isa<ReduceOp, ConcatOp, BinaryOp, TakeOp, TakeAlongAxisOp, GatherNdOp>(user))
    return i != 0 || !isa<TakeOp, TakeAlongAxisOp, GatherNdOp>(user);
  if (isa<PadOp>(user))
    return i == 0 || isCheap(use.get().getDefiningOp());
  if (isa<UpdateSliceOp>(user))
    return i == 1;
  if (isa<DotOp>(user))
    return isa_and_nonnull<TransposeOp>(use.get().getDefiningOp()) || isWeightLayout(use.get().getDefiningOp()) ||
           choosesPerBatchItem(use);
  return false;
}

// ---- Grouping -----------------------------------------------------------------------------------------

Operation *Fusion::chooseLeader(Operation *op) {
  if (!isFoldable(op) && !llvm::all_of(op->getUses(), choosesPerBatchItem))
    return op;
  Operation *leader = nullptr;
  bool isRepeated = false;
  for (OpOperand &use : op->getUses()) {
    Operation *user = use.getOwner();
    auto it = leaders.find(user);
    if (it == leaders.end() || !absorbs(use) || (leader && leader != it->second))
      return op;
    leader = it->second;
    isRepeated |= repeats(user) || repeated.contains(user) || isBias(use);
  }
  if (!leader || sizes[leader] + 1 >= maxOps || (isRepeated && isExpensive(op)))
    return op;
  if (isRepeated)
    repeated.insert(op);
  ++sizes[leader];
  return leader;
}

/// Whether `value` is computed from what stands in memory at `state`, by operations that may fold into one kernel.
static bool isComputedFrom(Value value, Value state, unsigned depth = 16) {
  Operation *op = value.getDefiningOp();
  if (value == state || depth == 0)
    return true;
  if (isa_and_present<ExtendOp>(op) || (op && op->hasAttr(inPlaceAttr)))
    return isComputedFrom(op->getOperand(0), state, depth - 1);
  return op && (isFoldable(op) || isNorm(op) || isa<ConcatOp>(op)) &&
         llvm::any_of(op->getOperands(), [&](Value operand) { return isComputedFrom(operand, state, depth - 1); });
}

/// A norm or concatenation stands in memory, but for one that goes nowhere but into a state of which it reads nothing.
Operation *Fusion::chooseLeaderOfRows(Operation *op) {
  if (!op->hasOneUse())
    return op;
  auto user = leaders.find(*op->user_begin());
  bool intoState = user != leaders.end() && user->second->hasAttr(inPlaceAttr) && !repeated.contains(user->first) &&
                   !repeats(user->first) && absorbs(*op->use_begin()) && sizes[user->second] + 1 < maxOps;
  if (!intoState)
    return op;
  Value state = user->second->getOperand(0);
  while (auto extend = state.getDefiningOp<ExtendOp>())
    state = extend.getOperand();
  if (isComputedFrom(op->getResult(0), state))
    return op;
  ++sizes[user->second];
  return user->second;
}

Fusion::Fusion(func::FuncOp func, unsigned maxOps) : maxOps(maxOps) {
  for (Operation &op : llvm::reverse(func.front())) {
    if (isIndexMap(&op))
      indexMaps.insert(&op);
    cheap[&op] = isCheap(&op);
    if (isa<model::AttentionOp, model::AttentionPartsOp, model::AttentionCombineOp, model::LatentAttentionOp, model::RouteOp, GroupRowsOp>(op))
      leaders[&op] = &op;
    if (isNorm(&op))
      leaders[&op] = chooseLeaderOfRows(&op);
    if (!isa<PrimDialect>(op.getDialect()) || isa<ConstantOp, DefineSymbolOp, RequireOp>(op))
      continue;
    if (isView(&op)) {
      Operation *leader = isBetween(&op) ? chooseLeader(&op) : &op;
      if (isNorm(op.getOperand(0).getDefiningOp()) && !leader->hasAttr(inPlaceAttr))
        leader = &op;
      if (leader != &op) {
        folded.insert(&op);
        leaders[&op] = leader;
      }
      continue;
    }
    if (!isCheap(&op))
      leaders[&op] = isa<ConcatOp>(op) ? chooseLeaderOfRows(&op) : chooseLeader(&op);
    else if (llvm::any_of(op.getUses(), [&](OpOperand &use) { return !absorbs(use); }))
      leaders[&op] = &op;
  }
}

Fusion::Tree Fusion::getTree(Operation *root) const {
  Tree tree;
  llvm::SetVector<Operation *> seen;
  seen.insert(root);
  for (unsigned i = 0; i < seen.size(); ++i)
    for (OpOperand &use : seen[i]->getOpOperands()) {
      Operation *def = use.get().getDefiningOp();
      auto leader = leaders.find(def);
      bool folded = def && ((isCheap(def) && absorbs(use)) ||
                            (leader != leaders.end() && leader->second == root && def != root));
      if (folded)
        seen.insert(def);
      else
        tree.inputs.insert(use.get());
    }
  tree.ops = seen.takeVector();
  llvm::sort(tree.ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  // A cheap value that also stands in memory is read from there.
  llvm::erase_if(tree.ops, [&](Operation *op) {
    return op != root && llvm::any_of(op->getResults(), [&](Value v) { return tree.inputs.contains(v); });
  });
  return tree;
}

} // namespace dsc::plan
