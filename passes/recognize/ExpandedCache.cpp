// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/ExpandedCache.h"
#include "dialects/dsc/Dsc.h"
#include "passes/recognize/LatentRows.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::recognize {

namespace {

/// Puts the element of the appended rows in place of one of a cache that grows along `t`; `row` counts the new rows. False when the element is
/// not one of a cache.
bool toNewRows(ElementTrace &trace, Access &access, Expr t, Expr &row) {
  Access cached = trace.trace(access);
  Value update;
  unsigned axis = 0;
  if (auto append = cached.def<model::CacheAppendOp>()) {
    update = append.getUpdate();
    axis = append.getAxis();
  } else if (auto concat = cached.def<ConcatOp>(); concat && concat.getOperands().size() == 2 && isa<BlockArgument>(concat.getOperands()[0])) {
    update = concat.getOperands()[1];
    axis = concat.getAxis();
  }
  if (!update || cached.at[axis] != t)
    return false;
  if (!row)
    row = trace.newIndex(getDim(update.getType(), axis));
  if (trace.extentOf(row) != getDim(update.getType(), axis))
    return false;
  cached.tensor = update;
  cached.at[axis] = row;
  access = cached;
  return true;
}

} // namespace

DictionaryAttr describeExpandedCache(const SoftmaxAttention &attention) {
  SoftmaxAttention fresh = attention;
  Expr row;
  if (!toNewRows(fresh.trace, fresh.values, fresh.t, row))
    return nullptr;
  for (SoftmaxAttention::Term &term : fresh.terms)
    if (!toNewRows(fresh.trace, term.key, fresh.t, row))
      return nullptr;
  fresh.t = row;
  LatentRows rows(fresh);
  if (!rows.prove())
    return nullptr;
  Builder b(fresh.dot.getContext());
  auto width = [&](Expr index) { return b.getI64IntegerAttr(asConstant(fresh.trace.extentOf(index)).value_or(0)); };
  return b.getDictionaryAttr({b.getNamedAttr("nope", width(rows.nope->part.index)),
                              b.getNamedAttr("rope", rows.rope ? width(rows.rope->part.index) : b.getI64IntegerAttr(0)),
                              b.getNamedAttr("kv_lora", width(rows.value.feature))});
}

} // namespace dsc::recognize
