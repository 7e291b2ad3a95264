// SPDX-License-Identifier: Apache-2.0
// Attention by streaming softmax (Milakov and Gimelshein, arXiv:1805.02867). The rows of scores
// that share their keys (heads of a group times queries) stand in the lanes, so that a key or value
// is read once for all of them and broadcast:
//
//   score[t][row] = sum over d of key[t][d] * query[d][row],   sum[e][row] += value[t][e] *
//   weight[t][row]
//
// A work item is a block of 32 rows of one sequence and group, and walks the past in tiles of 64
// rows. The past is cut into splits whose bounds depend on its length alone; each split begins with
// empty sums, and splits are combined in order. What a row computes does therefore not depend on
// the rows beside it: neither on queries, nor on sequences, nor on the work item.
#include "compiler/targets/cpu/AttentionRows.h"
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/MathExpansion.h"
#include "compiler/targets/cpu/Schedule.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cpu {

namespace {

constexpr int64_t width = 16; // lanes
constexpr int64_t blockVectors = 2;
constexpr int64_t tile = AttentionProblem::tile;

/// One call's scratch, for blocks of `blockVectors` vectors of rows.
struct AttentionScratch {
  Scratch queries; ///< [d][row]
  Scratch scores;  ///< of a tile, [t][row]; then their weights
  Scratch sums;    ///< of a split, [e][row]
  Scratch totals;  ///< of the splits before, [e][row]
  Scratch state;   ///< [4][row]: maximum and sum of weights of a split, then of the splits before
  AttentionRows values;
  SmallVector<AttentionRows, 2> keys;
};

/// Code for a block of `vectors` vectors of rows.
class AttentionBlock {
public:
  AttentionBlock(KernelCode &code, const AttentionProblem &problem, const AttentionScratch &scratch,
                 Expr b, Expr g, Expr firstRow, int64_t vectors)
      : c(code), p(problem), memory(scratch), b(b), g(g), firstRow(firstRow), vectors(vectors),
        columns(vectors * width),
        minusInfinity(c.real(p.accumulator, -std::numeric_limits<double>::infinity())),
        zero(c.real(p.accumulator, 0)) {
    // Vectors at once, and such that 16 sums keep the units busy without leaving the registers.
    bool wide = c.machine.lanes == 16 && !p.accumulator.isF64();
    together = wide ? vectors : 1;
    unroll = (wide ? 16 : 4) / together;
  }

  void emit() {
    packQueries();
    clear(memory.totals, 2);
    Expr lastRow = firstRow + (columns - 1),
         lastQuery = min(floorDiv(lastRow, p.heads), p.queries - 1);
    Expr limit = p.length;
    if (p.causal)
      limit = max(min(limit, p.causal + lastQuery + 1), c.constant(0));
    Value length = c.emit(limit), split = c.emit(p.splitRows());
    loop(length, split, [&](Value begin) {
      clear(memory.sums, 0);
      Value end = c.binary<arith::MinSIOp>(c.add(begin, split), length);
      Loop tiles = c.openLoop(c.current, begin, end, c.i64(tile));
      emitTile(tiles.iv(), c.binary<arith::MinSIOp>(c.sub(end, tiles.iv()), c.i64(tile)));
      c.closeLoop(tiles);
      combine();
    });
    store();
  }

private:
  // ---- Rows ----
  /// Calls `body` with head and query of the rows of vector `v`, in lanes.
  void withRows(int64_t v, llvm::function_ref<void(Expr, Expr)> body) {
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
    Value mask = count && *count % width == 0
                     ? Value()
                     : c.less(c.iota(width), c.sub(c.emit(p.rows()), base));
    c.withLanes(p.rows(), base, mask, width,
                [&](Expr row) { body(mod(row, p.heads), floorDiv(row, p.heads)); });
  }

  /// Where vector `v` of scratch row `row` begins.
  Value at(Value row, int64_t v) { return c.add(c.mul(row, c.i64(columns)), c.i64(v * width)); }
  Value at(int64_t row, int64_t v) { return c.i64(row * columns + v * width); }

  void loop(Value end, Value step, llvm::function_ref<void(Value)> body) {
    Loop l = c.openLoop(c.current, c.i64(0), end, step);
    body(l.iv());
    c.closeLoop(l);
  }
  void loop(int64_t count, llvm::function_ref<void(Value)> body) {
    loop(c.i64(count), c.i64(1), body);
  }

  Value convert(Value v, Type from) {
    return c.splat(emitConvert(c, v, from, p.accumulator), width);
  }

  void packQueries() {
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

  /// Sums and their maximum and weight, the latter in rows `state` and `state + 1`, as before
  /// anything is attended to.
  void clear(const Scratch &sums, int64_t state) {
    Value none = c.splat(zero, width);
    for (int64_t v = 0; v < vectors; ++v) {
      memory.state.write(at(state, v), c.splat(minusInfinity, width));
      memory.state.write(at(state + 1, v), none);
    }
    loop(p.valueWidth, [&](Value e) {
      for (int64_t v = 0; v < vectors; ++v)
        sums.write(at(e, v), none);
    });
  }

  // ---- A tile ----
  void emitTile(Value first, Value count) {
    SmallVector<TileRows, 2> keys;
    for (const AttentionRows &rows : memory.keys)
      keys.push_back(rows.prepare(c, b, g, first, count));
    bool shared = memory.values.tensor() == memory.keys.front().tensor();
    TileRows values = shared ? keys.front() : memory.values.prepare(c, b, g, first, count);
    for (int64_t v = 0; v < vectors; v += together) {
      Values top = emitScores(keys, first, count, v);
      Values scale = emitWeights(count, v, top);
      emitSums(values, count, v, scale);
    }
  }

  /// Calls `body` for groups of `unroll` neighbours below `count`, then for the rest one by one.
  Values inGroups(Value count, Values carried,
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
  Values emitScores(ArrayRef<TileRows> keys, Value first, Value count, int64_t v0) {
    Values top(together, c.splat(minusInfinity, width));
    return inGroups(count, top, [&](Value t, int64_t group, Values top) {
      Values sums(group * together, c.splat(zero, width));
      int64_t offset = 0;
      for (auto [part, rows] : llvm::zip_equal(p.parts, keys)) {
        Value pointer = rows.pointerTo(c, t, c.i64(0));
        auto multiply = [&, rows = rows](Value d, int64_t more, Values sums) {
          Values queries;
          for (int64_t v = 0; v < together; ++v)
            queries.push_back(
                memory.queries.read(at(c.add(d, c.i64(offset + more)), v0 + v), width));
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
        c.bind(past, c.add(c.add(first, t), c.i64(r)));
        for (int64_t v = 0; v < together; ++v) {
          Value score = finishScore(sums[r * together + v], past, v0 + v);
          memory.scores.write(at(c.add(t, c.i64(r)), v0 + v), score);
          top[v] = larger(top[v], score);
        }
      }
      return top;
    });
  }

  Value larger(Value x, Value y) { return c.select(c.greater(y, x), y, x); }

  /// Scaled, biased, and minus infinity where the row is not attended to.
  Value finishScore(Value score, Expr past, int64_t v) {
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
  Value finite(Value top) { return c.select(c.equal(top, minusInfinity), zero, top); }

  /// Scores -> weights. Returns the factors of the sums so far.
  Values emitWeights(Value count, int64_t v0, Values top) {
    Values reference, scale, totals;
    for (int64_t v = 0; v < together; ++v) {
      Value before = memory.state.read(at(int64_t(0), v0 + v), width);
      Value now = larger(before, top[v]);
      memory.state.write(at(int64_t(0), v0 + v), now);
      reference.push_back(finite(now));
      scale.push_back(emitExp(c, c.sub(before, reference.back())));
      totals.push_back(c.mul(memory.state.read(at(1, v0 + v), width), scale.back()));
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
      memory.state.write(at(1, v0 + v), rows.op.getResult(v));
    return scale;
  }

  void emitSums(const TileRows &values, Value count, int64_t v0, ArrayRef<Value> scale) {
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
  void combine() {
    Values before, after;
    for (int64_t v = 0; v < vectors; ++v) {
      Value top = memory.state.read(at(2, v), width),
            here = memory.state.read(at(int64_t(0), v), width);
      Value now = larger(top, here), reference = finite(now);
      before.push_back(emitExp(c, c.sub(top, reference)));
      after.push_back(emitExp(c, c.sub(here, reference)));
      memory.state.write(at(2, v), now);
      memory.state.write(at(3, v), c.fma(memory.state.read(at(1, v), width), after[v],
                                         c.mul(memory.state.read(at(3, v), width), before[v])));
    }
    loop(p.valueWidth, [&](Value e) {
      for (int64_t v = 0; v < vectors; ++v) {
        Value place = at(e, v);
        memory.totals.write(place, c.fma(memory.sums.read(place, width), after[v],
                                         c.mul(memory.totals.read(place, width), before[v])));
      }
    });
  }

  void store() {
    for (int64_t v = 0; v < vectors; ++v) {
      Value total = memory.state.read(at(3, v), width), one = c.real(p.accumulator, 1);
      Value factor = c.div(one, c.select(c.equal(total, zero), one, total));
      withRows(v, [&](Expr head, Expr query) {
        loop(p.valueWidth, [&](Value feature) {
          Expr e = c.newIndex(c.constant(p.valueWidth));
          c.bind(e, feature);
          Value result =
              roundTo(c, c.mul(memory.totals.read(at(feature, v), width), factor), p.type);
          c.store(c.outputBuffer(0), p.queryAt(b, g, head, query, e), result);
        });
      });
    }
  }

  KernelCode &c;
  const AttentionProblem &p;
  const AttentionScratch &memory;
  Expr b, g, firstRow;
  int64_t vectors, columns, together, unroll;
  Value minusInfinity, zero;
};

class AttentionRoot : public KernelRoot {
public:
  AttentionRoot(plan::KernelOp kernel, model::AttentionOp op) : KernelRoot(kernel), problem(op) {
    Expr block = constant(context, blockVectors * width);
    items = {problem.batch, problem.groups, ceilDiv(problem.rows(), block)};
  }

  Expr grid() const override { return product(context, items); }

  void emit(KernelCode &code) const override {
    if (code.kernel.getYielded()[0] != problem.result) {
      (void)code.fail(code.kernel, "attention under operations");
      return;
    }
    AttentionScratch memory = allocate(code);
    emitItems(code, [&](Value item) {
      Indices at = emitDelinearize(code, item, items);
      Expr firstRow = at[2] * (blockVectors * width);
      auto emitVectors = [&](int64_t vectors) {
        code.inOrder(
            [&] { AttentionBlock(code, problem, memory, at[0], at[1], firstRow, vectors).emit(); });
      };
      auto rows = asConstant(problem.rows());
      if (rows && *rows <= width)
        return emitVectors(1);
      Value many = code.greater(code.emit(problem.rows() - firstRow), code.i64(width));
      code.conditional(many, true, [&] { emitVectors(2); });
      code.conditional(code.logicalNot(many), true, [&] { emitVectors(1); });
    });
  }

private:
  AttentionScratch allocate(KernelCode &code) const {
    auto rows = asConstant(problem.rows());
    int64_t columns = rows && *rows <= width ? width : blockVectors * width, features = 0;
    AttentionScratch memory;
    for (const AttentionPart &part : problem.parts) {
      features += part.width;
      memory.keys.emplace_back(code, problem, part.keys, part.width);
    }
    if (problem.values != problem.parts.front().keys)
      memory.values = AttentionRows(code, problem, problem.values, problem.valueWidth);
    else
      memory.values = memory.keys.front();
    auto room = [&](int64_t count) { return Scratch(code, problem.accumulator, count * columns); };
    memory.queries = room(features);
    memory.scores = room(tile);
    memory.sums = room(problem.valueWidth);
    memory.totals = room(problem.valueWidth);
    memory.state = room(4);
    return memory;
  }

  AttentionProblem problem;
  SmallVector<Expr> items;
};

} // namespace

std::unique_ptr<KernelRoot> makeAttentionRoot(plan::KernelOp kernel, model::AttentionOp op) {
  return std::make_unique<AttentionRoot>(kernel, op);
}

} // namespace dsc::cpu
