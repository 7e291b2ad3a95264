// SPDX-License-Identifier: Apache-2.0
// Projections of one input -> one contraction with their weights side by side.
#include "dialects/dsc/Dsc.h"
#include "dialects/onnx/Onnx.h"
#include "dialects/plan/Panels.h"
#include "dialects/prim/IndexMap.h"
#include "dialects/prim/PrimBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Passes.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_JOINPROJECTIONS
#include "passes/Passes.h.inc"

namespace {

/// A contraction with a constant matrix, transposes of which are part of the dimension numbers.
struct Projection {
  DotOp dot;
  ConstantOp weight;
  int64_t contracted; // dimension of the constant
  Attribute contents; // of the constant, the same in all files of a model

  RankedTensorType getType() const { return cast<RankedTensorType>(ConstantOp(weight).getType()); }
  int64_t getColumns() const { return getType().getDimSize(1 - contracted); }
  int64_t getDepth() const { return getType().getDimSize(contracted); }
};
using Group = SmallVector<Projection>;

Attribute getContents(TypedAttr value) {
  auto external = dyn_cast<onnx::ExternalAttr>(value);
  if (!external || external.getDigest().empty())
    return value;
  return StringAttr::get(external.getDigest(), external.getType());
}

std::optional<Projection> asProjection(DotOp dot) {
  if (!dot.getLhsBatch().empty() || dot.getRhsContract().size() != 1 ||
      !dot->getDiscardableAttrs().empty())
    return std::nullopt;
  int64_t contracted = dot.getRhsContract()[0];
  Value weight = dot.getRhs();
  while (auto transpose = weight.getDefiningOp<TransposeOp>()) {
    if (!transpose->hasOneUse())
      return std::nullopt;
    contracted = transpose.getPerm()[contracted];
    weight = transpose.getOperand();
  }
  auto constant = weight.getDefiningOp<ConstantOp>();
  if (!constant || isa<model::JoinedAttr>(constant.getValue()) ||
      constant.getType().getRank() != 2 || !isa<FloatType>(constant.getType().getElementType()))
    return std::nullopt;
  Projection projection{dot, constant, contracted, getContents(constant.getValue())};
  // Rows of the results together begin as well aligned as those of each.
  if (projection.getColumns() == 0 ||
      projection.getColumns() * elementType(dot).getIntOrFloatBitWidth() % 128 != 0)
    return std::nullopt;
  return projection;
}

/// Whether the consumer can read elements of a slice of wider rows where they stand. The plan
/// decides (Fusion): this says what it does with slices.
bool readsInPlace(OpOperand &use) {
  Operation *user = use.getOwner();
  if (auto reshape = dyn_cast<ReshapeOp>(user))
    return onlySplits(reshape) && llvm::all_of(reshape->getUses(), readsInPlace);
  // The next contraction reads through a transpose, but through nothing before it.
  if (isa<TransposeOp>(user))
    return !user->hasOneUse() || !isa<DotOp>(*user->user_begin());
  if (isa<TakeOp, TakeAlongAxisOp, GatherNdOp>(user))
    return use.getOperandNumber() != 0;
  if (isa<PadOp>(user))
    return use.getOperandNumber() == 0;
  if (isa<UpdateSliceOp, model::CacheAppendOp>(user))
    return use.getOperandNumber() == 1;
  return isa<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp, BitcastOp, BroadcastOp, SliceOp,
             ConcatOp, ReduceOp, model::RmsNormOp, model::LayerNormOp, model::AttentionOp,
             model::AttentionPartsOp, model::LatentAttentionOp>(user);
}

/// Removes the projections whose results meet element by element.
void separateMeeting(Group &group) {
  llvm::DenseMap<Operation *, unsigned> reached; // by the result of which projection
  llvm::SmallDenseSet<unsigned> meeting;
  for (auto [i, projection] : llvm::enumerate(group)) {
    SmallVector<Operation *> open{projection.dot};
    while (!open.empty())
      for (Operation *user : open.pop_back_val()->getUsers()) {
        if (!isa<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp, BitcastOp, BroadcastOp,
                 TransposeOp, SliceOp, ReshapeOp>(user))
          continue;
        auto [it, isNew] = reached.try_emplace(user, i);
        if (isNew) {
          open.push_back(user);
        } else if (it->second != i) {
          meeting.insert(i);
          meeting.insert(it->second);
        }
      }
  }
  Group apart;
  for (auto [i, projection] : llvm::enumerate(group))
    if (!meeting.contains(i))
      apart.push_back(projection);
  group = std::move(apart);
}

/// Whether the panels of the joined weight cost no more than those of its parts, but for what the
/// launches that it saves are worth.
bool fitsPanels(const Group &group) {
  // Of weights that a core reads from memory while a launch begins and ends.
  constexpr int64_t launchBytes = 32 << 10;
  int64_t columns = 0, apart = 0;
  for (const Projection &projection : group) {
    columns += projection.getColumns();
    apart += plan::getPanelCost(projection.getColumns());
  }
  int64_t more = (plan::getPanelCost(columns) - apart) / 100; // columns
  int64_t columnBytes = group[0].getDepth() * group[0].getType().getElementTypeBitWidth() / 8;
  return more * columnBytes <= launchBytes * int64_t(group.size() - 1);
}

/// Replaces the result of `dot` by the columns of `whole` from `begin` on: a slice of it by that of
/// the whole, what else reads it by a slice in front of its first reader. Operations then follow
/// each other in all layers alike, which shares kernels.
void readFrom(Value whole, int64_t begin, DotOp dot) {
  auto sliceOf = [&](OpBuilder b, Location loc, Type type, ArrayRef<Expr> starts,
                     ArrayRef<int64_t> steps) -> Value {
    SmallVector<Expr> from(starts);
    from.back() = from.back() + begin;
    return SliceOp::create(b, loc, type, whole, ShapeAttr::get(b.getContext(), from), steps);
  };
  Operation *first = nullptr;
  for (Operation *user : llvm::make_early_inc_range(dot->getUsers())) {
    if (auto slice = dyn_cast<SliceOp>(user)) {
      slice->replaceAllUsesWith(
          ValueRange(sliceOf(OpBuilder(slice), slice.getLoc(), slice.getType(),
                             slice.getStarts().toVector(), slice.getSteps())));
      slice->erase();
      continue;
    }
    Operation *here = dot->getBlock()->findAncestorOpInBlock(*user);
    if (!first || here->isBeforeInBlock(first))
      first = here;
  }
  if (!first)
    return;
  SmallVector<Expr> zeros(rank(dot), constant(dot.getContext(), 0));
  SmallVector<int64_t> ones(rank(dot), 1);
  dot->replaceAllUsesWith(
      ValueRange(sliceOf(OpBuilder(first), dot.getLoc(), dot.getType(), zeros, ones)));
}

void join(Group &group) {
  llvm::sort(group, [](const Projection &a, const Projection &b) {
    return a.dot->isBeforeInBlock(b.dot);
  });
  Projection &first = group[0];
  int64_t axis = 1 - first.contracted, columns = 0;
  SmallVector<Attribute> parts;
  SmallVector<Location> places, weightPlaces;
  for (Projection &projection : group) {
    parts.push_back(projection.weight.getValue());
    places.push_back(projection.dot.getLoc());
    weightPlaces.push_back(projection.weight.getLoc());
    columns += projection.getColumns();
  }
  OpBuilder b(first.dot);
  MLIRContext *context = b.getContext();
  SmallVector<int64_t> shape{first.getDepth(), first.getDepth()};
  shape[axis] = columns;
  auto type = RankedTensorType::get(shape, first.getType().getElementType());
  Value weight =
      ConstantOp::create(b, FusedLoc::get(context, weightPlaces), type,
                         cast<TypedAttr>(model::JoinedAttr::get(context, parts, axis, type)));
  PrimBuilder build(b, FusedLoc::get(context, places));
  Value whole = build.dot(first.dot.getLhs(), weight, {}, {}, first.dot.getLhsContract(),
                          {first.contracted}, elementType(first.dot));
  int64_t begin = 0;
  for (Projection &projection : group) {
    readFrom(whole, begin, projection.dot);
    begin += projection.getColumns();
  }
  for (Projection &projection : group)
    projection.dot->erase();
}

struct JoinProjections : impl::JoinProjectionsBase<JoinProjections> {
  using Base::Base;

  /// The projections of each input that may be joined, two or more.
  SmallVector<Group> findGroups(func::FuncOp func) {
    using Key = std::tuple<Value, Attribute, int64_t, Type, Type>;
    llvm::MapVector<Key, Group> byInput;
    for (auto dot : func.front().getOps<DotOp>())
      if (auto projection = asProjection(dot);
          projection && llvm::all_of(dot->getUses(), readsInPlace))
        byInput[{dot.getLhs(), dot.getLhsContractAttr(), projection->contracted,
                 elementType(dot.getRhs()), elementType(dot)}]
            .push_back(*projection);
    SmallVector<Group> groups;
    for (auto &[key, group] : byInput) {
      separateMeeting(group);
      if (group.size() > 1 && (!panels || fitsPanels(group)))
        groups.push_back(std::move(group));
    }
    return groups;
  }

  void runOnOperation() override {
    SmallVector<Group> groups;
    llvm::DenseMap<Attribute, unsigned> uses; // of contents, in all entries
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      llvm::append_range(groups, findGroups(func));
      func.walk([&](ConstantOp constant) {
        unsigned count = llvm::range_size(constant->getUses());
        uses[getContents(constant.getValue())] += count;
        if (auto joined = dyn_cast<model::JoinedAttr>(constant.getValue()))
          for (Attribute part : joined.getParts())
            uses[getContents(cast<TypedAttr>(part))] += count;
      });
    }
    // The file has a weight once if every entry joins it with the same others.
    auto keyOf = [&](const Group &group) -> Attribute {
      return ArrayAttr::get(&getContext(),
                            llvm::map_to_vector(group, [](const Projection &projection) {
                              return projection.contents;
                            }));
    };
    llvm::DenseMap<Attribute, unsigned> alike;
    for (const Group &group : groups)
      ++alike[keyOf(group)];
    for (Group &group : groups) {
      unsigned count = alike[keyOf(group)];
      if (!llvm::all_of(group, [&](const Projection &projection) {
            return uses[projection.contents] == count;
          }))
        continue;
      numJoined += group.size();
      join(group);
    }
  }
};

} // namespace
} // namespace dsc
