// SPDX-License-Identifier: Apache-2.0
// Attention by streaming softmax (Milakov and Gimelshein, arXiv:1805.02867). The rows of scores
// that share their keys (heads of a group times queries) stand in the lanes, so that a key or value
// is read once for all of them and broadcast:
//
//   score[t][row] = sum over d of key[t][d] * query[d][row],   sum[e][row] += value[t][e] *
//   weight[t][row]
#include "compiler/targets/cpu/AttentionBlock.h"
#include "compiler/targets/cpu/MathExpansion.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::cpu {

AttentionBlock::AttentionBlock(KernelCode &code, const AttentionProblem &problem,
                               const AttentionScratch &scratch, Expr b, Expr g, Expr firstRow,
                               int64_t vectors)
    : c(code), p(problem), memory(scratch), b(b), g(g), firstRow(firstRow), vectors(vectors),
      columns(vectors * width),
      minusInfinity(c.real(p.accumulator, -std::numeric_limits<double>::infinity())),
      zero(c.real(p.accumulator, 0)) {
  // Vectors at once, and such that 16 sums keep the units busy without leaving the registers.
  bool wide = c.machine.lanes == 16 && !p.accumulator.isF64();
  together = wide ? vectors : 1;
  unroll = (wide ? 16 : 4) / together;
}

Expr AttentionBlock::limit(const AttentionProblem &p, Expr lastRow) {
  if (!p.causal)
    return p.length;
  Expr lastQuery = min(floorDiv(lastRow, p.heads), p.queries - 1);
  return max(min(p.length, p.causal + lastQuery + 1), constant(p.length.getContext(), 0));
}

// ---- Rows ----
/// Calls `body` with head and query of the rows of vector `v`, in lanes.
void AttentionBlock::withRows(int64_t v, llvm::function_ref<void(Expr, Expr)> body) {
  Expr first = firstRow + v * width;
  auto heads = asConstant(p.heads);
  if (heads && *heads % width == 0) {
    Expr query = c.newIndex(p.queries);
    c.bind(query, c.emit(floorDiv(first, p.heads)));
    c.withLanes(p.heads, c.emit(mod(first, p.heads)), nullptr, width,
                [&](Expr head) { body(head, query); });
    return;
  }
  Value base = c.emit(first);
  auto count = asConstant(p.rows());
  Value mask = count && *count % columns == 0
                   ? Value()
                   : c.less(c.iota(width), c.sub(c.emit(p.rows()), base));
  c.withLanes(p.rows(), base, mask, width,
              [&](Expr row) { body(mod(row, p.heads), floorDiv(row, p.heads)); });
}

/// Where vector `v` of scratch row `row` begins.
Value AttentionBlock::at(Value row, int64_t v) {
  return c.add(c.mul(row, c.i64(columns)), c.i64(v * width));
}
Value AttentionBlock::at(int64_t row, int64_t v) { return c.i64(row * columns + v * width); }

void AttentionBlock::loop(Value end, Value step, llvm::function_ref<void(Value)> body) {
  Loop l = c.openLoop(c.current, c.i64(0), end, step);
  body(l.iv());
  c.closeLoop(l);
}
void AttentionBlock::loop(int64_t count, llvm::function_ref<void(Value)> body) {
  loop(c.i64(count), c.i64(1), body);
}

Value AttentionBlock::convert(Value v, Type from) {
  return c.splat(emitConvert(c, v, from, p.accumulator), width);
}

void AttentionBlock::packQueries() {
  for (int64_t v = 0; v < vectors; ++v)
    withRows(v, [&](Expr head, Expr query) {
      int64_t first = 0;
      for (const AttentionPart &part : p.parts) {
        loop(part.width, [&](Value feature) {
          Expr d = c.newIndex(c.constant(part.width));
          c.bind(d, feature);
          Value q = c.element(part.queries, p.queryAt(b, g, head, query, d));
          memory.queries.write(at(c.add(feature, c.i64(first)), v), c.splat(q, width));
        });
        first += part.width;
      }
    });
}

void AttentionBlock::clear(Sums which) {
  Value none = c.splat(zero, width);
  for (int64_t v = 0; v < vectors; ++v) {
    memory.state.write(at(topOf(which), v), c.splat(minusInfinity, width));
    memory.state.write(at(totalOf(which), v), none);
  }
  loop(p.valueWidth, [&](Value e) {
    for (int64_t v = 0; v < vectors; ++v)
      sumsOf(which).write(at(e, v), none);
  });
}

// ---- A tile ----
void AttentionBlock::step(const AttentionTile &rows) {
  for (int64_t v = 0; v < vectors; v += together) {
    Values top = emitScores(rows, v);
    Values scale = emitWeights(rows.count, v, top);
    emitSums(rows.values, rows.count, v, scale);
  }
}

/// Calls `body` for groups of `unroll` neighbours below `count`, then for the rest one by one.
Values AttentionBlock::inGroups(Value count, Values carried,
                                llvm::function_ref<Values(Value, int64_t, Values)> body) {
  Value whole = c.sub(count, c.binary<arith::RemUIOp>(count, c.i64(unroll)));
  auto run = [&](Value from, Value to, int64_t step) {
    Loop l = c.openLoop(c.current, from, to, c.i64(step), carried);
    Values results = body(l.iv(), step, Values(l.op.getRegionIterArgs()));
    c.closeLoop(l, results);
    carried = Values(l.op.getResults());
  };
  run(c.i64(0), whole, unroll);
  if (unroll > 1)
    run(whole, count, 1);
  return carried;
}

/// Scores of the tile into scratch; returns the largest of each row.
Values AttentionBlock::emitScores(const AttentionTile &tile, int64_t v0) {
  Values top(together, c.splat(minusInfinity, width));
  return inGroups(tile.count, top, [&](Value t, int64_t group, Values top) {
    Values sums(group * together, c.splat(zero, width));
    int64_t offset = 0;
    for (auto [part, rows] : llvm::zip_equal(p.parts, tile.keys)) {
      Value pointer = rows.pointerTo(c, t, c.i64(0));
      auto multiply = [&, rows = rows](Value d, int64_t more, Values sums) {
        Values queries;
        for (int64_t v = 0; v < together; ++v)
          queries.push_back(memory.queries.read(at(c.add(d, c.i64(offset + more)), v0 + v), width));
        for (int64_t r = 0; r < group; ++r) {
          Value key = rows.read(c, pointer, c.i64(r), c.add(d, c.i64(more)));
          for (int64_t v = 0; v < together; ++v)
            sums[r * together + v] = c.fma(key, queries[v], sums[r * together + v]);
        }
        return sums;
      };
      constexpr int64_t steps = 4;
      int64_t whole = part.width / steps * steps;
      Loop l = c.openLoop(c.current, c.i64(0), c.i64(whole), c.i64(steps), sums);
      Values next(l.op.getRegionIterArgs());
      for (int64_t i = 0; i < steps; ++i)
        next = multiply(l.iv(), i, next);
      c.closeLoop(l, next);
      sums = Values(l.op.getResults());
      for (int64_t d = whole; d < part.width; ++d)
        sums = multiply(c.i64(d), 0, sums);
      offset += part.width;
    }
    for (int64_t r = 0; r < group; ++r) {
      Expr past = c.newIndex(p.length);
      c.bind(past, c.add(c.add(tile.first, t), c.i64(r)));
      for (int64_t v = 0; v < together; ++v) {
        Value score = finishScore(sums[r * together + v], past, v0 + v);
        memory.scores.write(at(c.add(t, c.i64(r)), v0 + v), score);
        top[v] = larger(top[v], score);
      }
    }
    return top;
  });
}

Value AttentionBlock::larger(Value x, Value y) { return c.select(c.greater(y, x), y, x); }

/// Scaled, biased, and minus infinity where the row is not attended to.
Value AttentionBlock::finishScore(Value score, Expr past, int64_t v) {
  if (p.scale != 1)
    score = c.mul(score, c.real(p.accumulator, p.scale));
  if (!p.bias && !p.mask && !p.causal)
    return score;
  withRows(v, [&](Expr head, Expr query) {
    Indices at = p.scoreAt(b, g, head, query, past);
    if (p.bias)
      score = c.add(score, convert(c.element(p.bias, at), elementType(p.bias)));
    if (p.mask)
      score = c.select(c.element(p.mask, at), score, minusInfinity);
    if (p.causal)
      score = c.select(c.emitTruth(nonNegative(p.causal + query - past)), score, minusInfinity);
  });
  return score;
}

/// What to subtract from scores below the maximum `top`: nothing in a row that attends to
/// nothing, where the difference of infinities is not a number.
Value AttentionBlock::finite(Value top) { return c.select(c.equal(top, minusInfinity), zero, top); }

/// Scores -> weights. Returns the factors of the sums so far.
Values AttentionBlock::emitWeights(Value count, int64_t v0, Values top) {
  Values reference, scale, totals;
  for (int64_t v = 0; v < together; ++v) {
    Value before = memory.state.read(at(topOf(Sums::Split), v0 + v), width);
    Value now = larger(before, top[v]);
    memory.state.write(at(topOf(Sums::Split), v0 + v), now);
    reference.push_back(finite(now));
    scale.push_back(emitExp(c, c.sub(before, reference.back())));
    totals.push_back(
        c.mul(memory.state.read(at(totalOf(Sums::Split), v0 + v), width), scale.back()));
  }
  Loop rows = c.openLoop(c.current, c.i64(0), count, c.i64(1), totals);
  Values next(rows.op.getRegionIterArgs());
  for (int64_t v = 0; v < together; ++v) {
    Value place = at(rows.iv(), v0 + v);
    Value weight = emitExp(c, c.sub(memory.scores.read(place, width), reference[v]));
    memory.scores.write(place, weight);
    next[v] = c.add(next[v], weight);
  }
  c.closeLoop(rows, next);
  for (int64_t v = 0; v < together; ++v)
    memory.state.write(at(totalOf(Sums::Split), v0 + v), rows.op.getResult(v));
  return scale;
}

void AttentionBlock::emitSums(const TileRows &values, Value count, int64_t v0,
                              ArrayRef<Value> scale) {
  inGroups(c.i64(p.valueWidth), {}, [&](Value e, int64_t group, Values) {
    Values sums;
    for (int64_t j = 0; j < group; ++j)
      for (int64_t v = 0; v < together; ++v)
        sums.push_back(c.mul(memory.sums.read(at(c.add(e, c.i64(j)), v0 + v), width), scale[v]));
    Value pointer = values.pointerTo(c, c.i64(0), e);
    Loop rows = c.openLoop(c.current, c.i64(0), count, c.i64(1), sums);
    Values next(rows.op.getRegionIterArgs()), weights;
    for (int64_t v = 0; v < together; ++v)
      weights.push_back(memory.scores.read(at(rows.iv(), v0 + v), width));
    for (int64_t j = 0; j < group; ++j) {
      Value value = values.read(c, pointer, rows.iv(), c.i64(j));
      for (int64_t v = 0; v < together; ++v)
        next[j * together + v] = c.fma(value, weights[v], next[j * together + v]);
    }
    c.closeLoop(rows, next);
    for (int64_t j = 0; j < group; ++j)
      for (int64_t v = 0; v < together; ++v)
        memory.sums.write(at(c.add(e, c.i64(j)), v0 + v), rows.op.getResult(j * together + v));
    return Values();
  });
}

// ---- Splits ----
/// Adds the sums of a split to those of the splits before.
void AttentionBlock::combine() {
  Values before, after;
  for (int64_t v = 0; v < vectors; ++v) {
    Value top = memory.state.read(at(topOf(Sums::Before), v), width),
          here = memory.state.read(at(topOf(Sums::Split), v), width);
    Value now = larger(top, here), reference = finite(now);
    before.push_back(emitExp(c, c.sub(top, reference)));
    after.push_back(emitExp(c, c.sub(here, reference)));
    memory.state.write(at(topOf(Sums::Before), v), now);
    memory.state.write(
        at(totalOf(Sums::Before), v),
        c.fma(memory.state.read(at(totalOf(Sums::Split), v), width), after[v],
              c.mul(memory.state.read(at(totalOf(Sums::Before), v), width), before[v])));
  }
  loop(p.valueWidth, [&](Value e) {
    for (int64_t v = 0; v < vectors; ++v) {
      Value place = at(e, v);
      memory.totals.write(place, c.fma(memory.sums.read(place, width), after[v],
                                       c.mul(memory.totals.read(place, width), before[v])));
    }
  });
}

void AttentionBlock::store(Sums which) {
  for (int64_t v = 0; v < vectors; ++v) {
    Value total = memory.state.read(at(totalOf(which), v), width), one = c.real(p.accumulator, 1);
    Value factor = c.div(one, c.select(c.equal(total, zero), one, total));
    withRows(v, [&](Expr head, Expr query) {
      loop(p.valueWidth, [&](Value feature) {
        Expr e = c.newIndex(c.constant(p.valueWidth));
        c.bind(e, feature);
        Value result = roundTo(c, c.mul(sumsOf(which).read(at(feature, v), width), factor), p.type);
        c.store(c.outputBuffer(0), p.queryAt(b, g, head, query, e), result);
      });
    });
  }
}

void AttentionBlock::storePart(Expr split) {
  for (int64_t v = 0; v < vectors; ++v)
    withRows(v, [&](Expr head, Expr query) {
      loop(p.valueWidth, [&](Value feature) {
        Expr e = c.newIndex(c.constant(p.valueWidth));
        c.bind(e, feature);
        c.store(c.outputBuffer(0), {split, b, g, head, query, e},
                memory.sums.read(at(feature, v), width));
      });
      for (auto [output, row] :
           {std::pair(1, topOf(Sums::Split)), std::pair(2, totalOf(Sums::Split))})
        c.store(c.outputBuffer(output), {split, b, g, head, query},
                memory.state.read(at(row, v), width));
    });
}

} // namespace dsc::cpu
