// SPDX-License-Identifier: Apache-2.0
// Concatenations of rows by key: rows that stand in the order of a sort are cut where the key changes, one part per key, and put
// together again. Row r then lies in the part of the r-th smallest key.
#include "passes/recognize/Elements.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::recognize {

static Value throughLayout(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<ReshapeOp, ConvertOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// histogram[key] = how many elements of the sorted list have it, for keys 0 .. keys - 1, and no other occurs.
bool Elements::countsKeys(Value histogram, TopKOp sort, int64_t keys) {
  auto scatter = throughLayout(histogram).getDefiningOp<ScatterAlongAxisOp>();
  if (!scatter || scatter.getKind() != ScatterKind::Add || rank(scatter.getResult()) != 1)
    return false;
  Expr size = getDims(sort.getOperand())[0];
  if (getDims(scatter.getIndices())[0] != size || !isConstant(getDims(scatter.getResult())[0], keys))
    return false;
  Expr i = newIndex(size), bin = newIndex(constant(context, keys));
  auto isNumber = [&](Value value, Expr at, double expected) {
    if (isa<FloatType>(elementType(value)))
      return number(resolve(value, {at})) == expected;
    return isConstant(integer(value, {at}), int64_t(expected));
  };
  if (!isNumber(scatter.getOperand(), bin, 0) || !isNumber(scatter.getUpdates(), i, 1))
    return false;
  // The list itself, or it sorted: the counts are the same. Exporters compute the bin in floats, so each key is tried.
  for (Value list : {sort.getValues(), sort.getOperand()}) {
    Expr key = integer(list, {i});
    if (key.getKind() != ExprKind::Index || !getAtom(key) || extentOf(key) != constant(context, keys))
      continue;
    bool all = true;
    for (int64_t k = 0; k < keys && all; ++k) {
      auto saved = assumed;
      assume(key, constant(context, k));
      all = isConstant(integer(scatter.getIndices(), {i}), k);
      assumed = saved;
      integers.clear();
    }
    if (all)
      return true;
  }
  return false;
}

std::optional<Elements::Segments> Elements::proveSegments(ConcatOp op) {
  // Sizes are symbols that are defined as differences of neighbours of a running sum.
  int64_t keys = op.getOperands().size();
  auto func = op->getParentOfType<func::FuncOp>();
  llvm::DenseMap<Expr, Value> defined;
  for (auto define : func.getOps<DefineSymbolOp>())
    defined[define.getSymbol()] = define.getValue();
  SmallVector<Value> sizes;
  for (Value part : op.getOperands()) {
    Value size = defined.lookup(getDim(part.getType(), op.getAxis()));
    if (!size)
      return std::nullopt;
    sizes.push_back(size);
  }
  Segments result;
  Value total;
  Expr previous = constant(context, 0);
  for (auto [k, size] : llvm::enumerate(sizes)) {
    Indices scalar(rank(size), constant(context, 0));
    Expr value = integer(size, scalar);
    // max(end - previous, 0), and nothing is lost by the max: counts are not negative.
    Expr difference = value.getKind() == ExprKind::Max
                          ? (isConstant(cast<ExprAttr>(value.getOperands()[0]), 0) ? cast<ExprAttr>(value.getOperands()[1])
                                                                                   : cast<ExprAttr>(value.getOperands()[0]))
                          : value;
    Expr end = difference + previous;
    const Element *sum = getAtom(end);
    auto cumsum = sum ? sum->op<CumSumOp>() : CumSumOp();
    if (!cumsum || rank(sum->value) != 1 || !isConstant(sum->at[0], k) || cumsum.getExclusive() || cumsum.getReverse() ||
        (total && total != sum->value) || !isConstant(getDims(sum->value)[0], keys))
      return std::nullopt;
    total = sum->value;
    result.ends.push_back(end);
    previous = end;
  }
  auto cumsum = total.getDefiningOp<CumSumOp>();
  for (auto sort : func.getOps<TopKOp>())
    if (isSort(sort) && countsKeys(cumsum.getOperand(), sort, keys)) {
      result.sort = sort;
      return result;
    }
  return std::nullopt;
}

const Elements::Segments *Elements::getSegments(ConcatOp op) {
  auto found = segments.find(op.getResult());
  if (found == segments.end()) {
    auto savedAssumed = assumed;
    forget();
    auto proved = proveSegments(op);
    assumed = savedAssumed;
    integers.clear();
    found = segments.insert({op.getResult(), proved}).first;
  }
  return found->second ? &*found->second : nullptr;
}

} // namespace dsc::recognize
