// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/Panels.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

void withPanelLanes(KernelCode &code, int64_t lanes, Value mask,
                    llvm::function_ref<void(Expr)> body) {
  code.withLanes(code.constant(lanes), code.i64(0), mask, lanes,
                 [&](Expr lane) { body(lanes == 1 ? code.constant(0) : lane); });
}

Value panelMask(KernelCode &code, const PanelPart &part, int64_t c, Expr columns) {
  if (isConstant(mod(columns, code.constant(part.width)), 0))
    return nullptr;
  Value left = code.sub(code.emit(columns), code.emit(part.column(c, code.constant(0))));
  return code.less(code.iota(part.lanes()), left);
}

Values emitContractedTile(KernelCode &code, const ContractedTile &tile, Values start) {
  Indices k(tile.contracted.size(), nullptr);
  std::function<Values(size_t, Values)> nest = [&](size_t depth, Values sums) -> Values {
    if (depth < k.size())
      return code.overIndex(tile.contracted[depth], sums, [&](Expr e, Values carried) {
        k[depth] = e;
        return nest(depth + 1, carried);
      });
    Values left, right;
    for (int64_t r = 0; r < tile.rows; ++r)
      left.push_back(tile.left(r, k));
    for (int64_t c = 0; c < tile.columns; ++c)
      right.push_back(tile.right(c, k));
    for (int64_t r = 0; r < tile.rows; ++r)
      for (int64_t c = 0; c < tile.columns; ++c) {
        Value &sum = sums[r * tile.columns + c];
        sum = tile.multiplyAdd(left[r], right[c], sum);
      }
    return sums;
  };
  return nest(0, start);
}

int64_t tileRows(const Isa &machine, Type element) {
  return machine.lanes < 16 && element.getIntOrFloatBitWidth() < 32 ? 4 : machine.tileRows;
}

Value emitPair(Code &c, Value first, Value second) {
  Type i32 = c.b.getI32Type();
  Value low = c.binary<arith::ShRUIOp>(c.bitcast(first, i32), c.integer(i32, 16));
  Value high = c.bitAnd(c.bitcast(second, i32), c.integer(i32, int64_t(0xffff0000)));
  return c.bitOr(low, high);
}

Value emitPairMultiplyAdd(Code &c, Value pair, Value weights, Value sum) {
  Type bf16 = VectorType::get({32}, c.b.getBF16Type());
  auto asPairs = [&](Value v) -> Value {
    c.place(v);
    return LLVM::BitcastOp::create(c.b, c.loc, bf16, v);
  };
  Value left = asPairs(c.splat(pair, 16)), right = asPairs(weights);
  c.place({left, right, sum});
  return LLVM::CallIntrinsicOp::create(c.b, c.loc, sum.getType(),
                                       c.b.getStringAttr("llvm.x86.avx512bf16.dpbf16ps.512"),
                                       ValueRange{sum, left, right})
      .getResults();
}

int64_t tileVectors(const Isa &machine, int64_t rows, int64_t vectors) {
  int64_t most = rows == 1 ? 4 : machine.tileColumns;
  int64_t count = std::min(most, vectors);
  while (vectors % count != 0)
    --count;
  return count;
}

void overRowTiles(KernelCode &code, Expr count, int64_t most,
                  llvm::function_ref<void(Expr first, int64_t rows)> body) {
  Expr done = code.constant(0);
  for (int64_t rows : {most, int64_t(4), int64_t(2), int64_t(1)}) {
    if (rows > most || (rows == most && !isConstant(done, 0)))
      continue;
    Expr rest = simplify(count - done, code.extents());
    Expr tiles = simplify(floorDiv(rest, code.constant(rows)), code.extents());
    if (!isConstant(tiles, 0))
      code.overIndex(tiles, [&](Expr e) { body(done + e * rows, rows); });
    done = done + tiles * rows;
  }
}

} // namespace dsc::cpu
