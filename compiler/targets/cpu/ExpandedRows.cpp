// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/ExpandedRows.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

constexpr int64_t lanes = 16;

ExpandedRows::ExpandedRows(KernelCode &code, const AttentionProblem &problem, Value weight,
                           int64_t width)
    : problem(&problem), weight(weight), width(width),
      stride(llvm::divideCeil(width, lanes) * lanes),
      scratch(code, problem.accumulator, AttentionProblem::tile * stride) {}

TileRows ExpandedRows::prepare(KernelCode &code, Expr g, const TileRows &latent,
                               Value count) const {
  bool wide = code.machine.lanes == 16 && !problem->accumulator.isF64();
  constexpr int64_t together = 4;
  int64_t vectors = wide ? 4 : 1, all = stride / lanes;
  Value four = code.i64(together),
        whole = code.sub(count, code.binary<arith::RemUIOp>(count, four));
  auto columns = [&](int64_t first, int64_t number, int64_t vectors) {
    code.overIndex(code.constant(number), [&](Expr e) {
      Expr column = (e * vectors + first) * lanes;
      Loop blocks = code.openLoop(code.current, code.i64(0), whole, four);
      emitBlock(code, g, latent, blocks.iv(), together, column, vectors);
      code.closeLoop(blocks);
      Loop rest = code.openLoop(code.current, whole, count, code.i64(1));
      emitBlock(code, g, latent, rest.iv(), 1, column, vectors);
      code.closeLoop(rest);
    });
  };
  if (all / vectors)
    columns(0, all / vectors, vectors);
  if (int64_t left = all % vectors)
    columns(all - left, left, 1);
  return {scratch.pointer(), code.i64(stride), code.i64(1), problem->accumulator};
}

void ExpandedRows::emitBlock(KernelCode &code, Expr g, const TileRows &latent, Value first,
                             int64_t rows, Expr column, int64_t vectors) const {
  Expr columns = code.constant(width), depth = code.constant(problem->latentWidth);
  auto withColumns = [&](int64_t v, llvm::function_ref<void(Expr)> body) {
    Value base = code.emit(column + v * lanes), mask;
    if (width % lanes)
      mask = code.less(code.iota(lanes), code.sub(code.emit(columns), base));
    code.withLanes(code.constant(lanes), code.i64(0), mask, lanes,
                   [&](Expr lane) { body(column + v * lanes + lane); });
  };
  Value pointer = latent.pointerTo(code, first, code.i64(0));
  Values start(rows * vectors, code.splat(code.zero(problem->accumulator), lanes));
  Values sums = code.overIndex(depth, start, [&](Expr k, Values sums) {
    Values weights;
    for (int64_t v = 0; v < vectors; ++v)
      withColumns(v, [&](Expr d) {
        weights.push_back(code.splat(code.element(weight, {g, d, k}), lanes));
      });
    for (int64_t r = 0; r < rows; ++r) {
      Value element = latent.read(code, pointer, code.i64(r), code.emit(k));
      for (int64_t v = 0; v < vectors; ++v)
        sums[r * vectors + v] = code.fma(element, weights[v], sums[r * vectors + v]);
    }
    return sums;
  });
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v) {
      Value row = code.mul(code.add(first, code.i64(r)), code.i64(stride));
      scratch.write(code.add(row, code.emit(column + v * lanes)), sums[r * vectors + v]);
    }
}

} // namespace dsc::cpu
