// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/AttentionReport.h"
#include "compiler/report/RopeReport.h"
#include "passes/dsc/LatentForms.h"
#include "passes/recognize/ExpandedCache.h"
#include "passes/recognize/LinearImage.h"
#include "passes/recognize/SparseIndex.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::json::Object;

namespace dsc {
using namespace recognize;

namespace {

int64_t width(Value value, unsigned dim) { return asConstant(getDim(value.getType(), dim)).value_or(-1); }

/// A product of a constant matrix and a tensor.
struct Projection {
  DotOp dot;
  int64_t width; ///< of the narrowest row between the product and the value that was asked about
};

/// The projection of which `value` is made by layout operations, biases, norms and gates.
std::optional<Projection> findProjection(Value value) {
  int64_t narrowest = std::numeric_limits<int64_t>::max();
  while (Operation *op = value.getDefiningOp()) {
    if (rank(value) > 0)
      narrowest = std::min(narrowest, getDims(value).back().getKind() == ExprKind::Constant ? *asConstant(getDims(value).back()) : narrowest);
    if (auto dot = dyn_cast<DotOp>(op))
      return isConstantTree(dot.getLhs()) || isConstantTree(dot.getRhs()) ? std::optional(Projection{dot, narrowest}) : std::nullopt;
    if (auto concat = dyn_cast<ConcatOp>(op)) {
      for (Value operand : concat.getOperands())
        if (auto found = findProjection(operand))
          return Projection{found->dot, std::min(found->width, narrowest)};
      return std::nullopt;
    }
    if (isa<ReshapeOp, TransposeOp, SliceOp, ConvertOp, model::RmsNormOp, model::LayerNormOp>(op)) {
      value = op->getOperand(0);
      continue;
    }
    auto binary = dyn_cast<BinaryOp>(op);
    if (!binary)
      return std::nullopt;
    // A norm multiplies with a weight and with a number per row; a projection adds a bias. What is left is the row.
    auto isScale = [](Value v) { return isa_and_nonnull<BroadcastOp>(v.getDefiningOp()) || isConstantTree(v); };
    bool left = isScale(binary.getLhs()), right = isScale(binary.getRhs());
    if (left == right || (binary.getKind() == BinaryKind::Add && !isConstantTree(left ? binary.getLhs() : binary.getRhs())))
      return std::nullopt;
    value = left ? binary.getRhs() : binary.getLhs();
  }
  return std::nullopt;
}

/// The width of the compressed query: what the query is projected from, if that is a projection itself; 0 otherwise.
int64_t queryRank(Value query) {
  auto up = findProjection(query);
  if (!up)
    return 0;
  auto down = findProjection(isConstantTree(up->dot.getLhs()) ? up->dot.getRhs() : up->dot.getLhs());
  return down ? down->width : 0;
}

/// True when rows are kept from one run to the next: read from an argument, or handed out.
bool isCached(Value rows) {
  while (isa_and_nonnull<ReshapeOp, TransposeOp, ConvertOp>(rows.getDefiningOp()))
    rows = rows.getDefiningOp()->getOperand(0);
  if (isa<BlockArgument>(rows) || llvm::any_of(rows.getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); }))
    return true;
  Operation *op = rows.getDefiningOp();
  if (isa<model::CacheAppendOp>(op))
    return true;
  if (isa<ConcatOp, UpdateSliceOp, ScatterNdOp, ScatterAlongAxisOp>(op) && isa<BlockArgument>(op->getOperand(0)))
    return true;
  // The cache has the rows under another shape.
  return llvm::any_of(rows.getUsers(), [](Operation *user) {
    return isa<ReshapeOp, TransposeOp>(user) && llvm::any_of(user->getUsers(), [](Operation *next) { return isa<func::ReturnOp>(next); });
  });
}

void addMask(Object &object, Value mask, Value bias, ExprAttr causal) {
  std::string text = causal ? "causal" : mask || bias ? "" : "none";
  auto append = [&](const char *part) { text += text.empty() ? part : std::string(" and ") + part; };
  if (mask)
    append("boolean");
  if (bias)
    append("additive");
  object["mask"] = text;
}

void addPairing(Object &object, ValueRange queries) {
  for (Value query : queries)
    if (model::RopeOp rope = query ? findRope(query) : model::RopeOp()) {
      object["rope_pairing"] = pairingText(rope);
      return;
    }
}

void addCacheSize(Object &object, int64_t heads, int64_t key, int64_t value, int64_t kept) {
  object["kv_elements"] = kept;
  object["multi_head_elements"] = heads * (key + value);
  object["kv_share"] = double(kept) / double(heads * (key + value));
}

} // namespace

Object describeLatentAttention(model::LatentAttentionOp op, int64_t expandedQueries) {
  int64_t heads = width(op.getQuery(), 1), nope = width(op.getQuery(), 3), rope = op.getRopeKey() ? width(op.getRopeKey(), 2) : 0;
  int64_t value = width(op.getResult(), 3), rank = width(op.getLatent(), 2);
  Object object{{"heads", heads}, {"nope", nope}, {"rope", rope}, {"v", value}, {"kv_lora", rank},
                {"q_lora", queryRank(op.getQuery())}, {"scale", op.getScale().convertToDouble()},
                {"cache", isCached(op.getLatent()) ? "latent" : "none"}};
  addMask(object, op.getMask(), op.getBias(), op.getCausalAttr());
  addCacheSize(object, heads, nope + rope, value, rank + rope);
  addPairing(object, {op.getRopeQuery()});
  LatentForms forms(op, expandedQueries);
  if (forms.mostAbsorbed)
    object["absorbed_up_to"] = *forms.mostAbsorbed;
  if (forms.mostRows)
    object["expanded_below_rows"] = *forms.mostRows;
  return object;
}

std::optional<Object> describeExpandedLatentAttention(model::AttentionOp op) {
  auto latent = op->getAttrOfType<DictionaryAttr>(latentAttr);
  if (!latent)
    return std::nullopt;
  auto field = [&](StringRef name) { return latent.getAs<IntegerAttr>(name).getInt(); };
  int64_t heads = width(op.getResult(), 1) * width(op.getResult(), 2), value = width(op.getResult(), 4);
  int64_t nope = field("nope"), rope = field("rope");
  Object object{{"heads", heads}, {"nope", nope}, {"rope", rope}, {"v", value}, {"kv_lora", field("kv_lora")},
                {"q_lora", queryRank(op.getQueries()[0])}, {"scale", op.getScale().convertToDouble()}, {"cache", "expanded"}};
  addMask(object, op.getMask(), op.getBias(), op.getCausalAttr());
  addPairing(object, op.getQueries());
  addCacheSize(object, heads, nope + rope, value, heads * (nope + rope + value));
  return object;
}

Object describeAttention(model::AttentionOp op) {
  int64_t key = 0;
  for (Value part : op.getKeys())
    key += width(part, 3);
  Object object{{"heads", width(op.getResult(), 1) * width(op.getResult(), 2)}, {"kv_heads", width(op.getResult(), 1)}, {"key", key},
                {"v", width(op.getResult(), 4)}, {"scale", op.getScale().convertToDouble()}};
  addMask(object, op.getMask(), op.getBias(), op.getCausalAttr());
  return object;
}

std::optional<Object> describeSparseIndex(model::LatentAttentionOp op) {
  auto index = op->getAttrOfType<DictionaryAttr>(sparseIndexAttr);
  if (!index)
    return std::nullopt;
  auto field = [&](StringRef name) { return index.getAs<IntegerAttr>(name).getInt(); };
  return Object{{"index_heads", field("heads")}, {"index_dim", field("dim")}, {"top_k", field("top_k")}, {"shared", index.get("shared") != nullptr}};
}

} // namespace dsc
