// SPDX-License-Identifier: Apache-2.0
// Attention over rows in memory. A work item is a block of 32 rows of scores of one sequence and
// group, and walks the past in tiles of 64 rows. The past is cut into splits whose bounds depend on
// its length alone; each split begins with empty sums, and splits are combined in order. What a row
// computes does therefore not depend on the rows beside it: neither on queries, nor on sequences,
// nor on the work item. For few rows a work item is one split (dsc.attention_parts); another kernel
// combines them.
#include "compiler/targets/cpu/AttentionBlock.h"
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/Schedule.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::SmallVector;

namespace dsc::cpu {

namespace {

constexpr int64_t width = AttentionBlock::width, blockRows = AttentionBlock::maxVectors * width,
                  tile = AttentionProblem::tile;
using Sums = AttentionBlock::Sums;

class AttentionRoot : public KernelRoot {
public:
  template <class Op>
  AttentionRoot(plan::KernelOp kernel, Op op) : KernelRoot(kernel), problem(op) {
    items = {problem.batch, problem.groups, ceilDiv(problem.rows(), constant(context, blockRows))};
    if (problem.inParts)
      items.push_back(ceilDiv(problem.length, problem.splitRows));
  }

  Expr grid() const override { return product(context, items); }

  void emit(KernelCode &code) const override {
    if (code.kernel.getYielded()[0] != problem.result) {
      (void)code.fail(code.kernel, "attention under operations");
      return;
    }
    auto rows = asConstant(problem.rows());
    bool narrow = rows && *rows <= width;
    Memory memory = allocate(code, narrow ? width : blockRows);
    emitItems(code, [&](Value item) {
      Indices at = emitDelinearize(code, item, items);
      auto emitVectors = [&](int64_t vectors) {
        code.inOrder([&] { emitBlock(code, memory, at, vectors); });
      };
      if (narrow)
        return emitVectors(1);
      Value many = code.greater(code.emit(problem.rows() - at[2] * blockRows), code.i64(width));
      code.conditional(many, true, [&] { emitVectors(2); });
      code.conditional(code.logicalNot(many), true, [&] { emitVectors(1); });
    });
  }

private:
  struct Memory : AttentionScratch {
    SmallVector<AttentionRows, 2> keys;
    AttentionRows values;
  };

  Memory allocate(KernelCode &code, int64_t columns) const {
    Memory memory;
    int64_t features = 0;
    for (const AttentionPart &part : problem.parts) {
      features += part.width;
      memory.keys.emplace_back(code, problem, part.keys.rows, part.width);
    }
    bool shared = problem.values == problem.parts.front().keys;
    memory.values = shared ? memory.keys.front()
                           : AttentionRows(code, problem, problem.values.rows, problem.valueWidth);
    auto room = [&](int64_t count) { return Scratch(code, problem.accumulator, count * columns); };
    memory.queries = room(features);
    memory.scores = room(tile);
    memory.sums = room(problem.valueWidth);
    memory.totals = problem.inParts ? Scratch() : room(problem.valueWidth);
    memory.state = room(problem.inParts ? 2 : 4);
    return memory;
  }

  void emitBlock(KernelCode &code, const Memory &memory, const Indices &at, int64_t vectors) const {
    Expr firstRow = at[2] * blockRows;
    AttentionBlock block(code, problem, memory, at[0], at[1], firstRow, vectors);
    block.packQueries();
    Value length = code.emit(AttentionBlock::limit(problem, firstRow + (vectors * width - 1)));
    Value split = code.emit(problem.splitRows);
    if (problem.inParts) {
      emitSplit(code, memory, at, block, code.mul(code.emit(at[3]), split), split, length);
      block.storePart(at[3]);
      return;
    }
    block.clear(Sums::Before);
    Loop splits = code.openLoop(code.current, code.i64(0), length, split);
    emitSplit(code, memory, at, block, splits.iv(), split, length);
    block.combine();
    code.closeLoop(splits);
    block.store(Sums::Before);
  }

  /// The `split` rows of the past from row `begin`, as far as they are below `length`.
  void emitSplit(KernelCode &code, const Memory &memory, const Indices &at, AttentionBlock &block,
                 Value begin, Value split, Value length) const {
    block.clear(Sums::Split);
    Value end = code.binary<arith::MinSIOp>(code.add(begin, split), length);
    Loop tiles = code.openLoop(code.current, begin, end, code.i64(tile));
    AttentionTile rows{
        tiles.iv(), code.binary<arith::MinSIOp>(code.sub(end, tiles.iv()), code.i64(tile)), {}, {}};
    for (const AttentionRows &keys : memory.keys)
      rows.keys.push_back(keys.prepare(code, at[0], at[1], rows.first, rows.count));
    bool shared = problem.values == problem.parts.front().keys;
    rows.values = shared ? rows.keys.front()
                         : memory.values.prepare(code, at[0], at[1], rows.first, rows.count);
    block.step(rows);
    code.closeLoop(tiles);
  }

  AttentionProblem problem;
  SmallVector<Expr> items;
};

} // namespace

std::unique_ptr<KernelRoot> makeAttentionRoot(plan::KernelOp kernel, model::AttentionOp op) {
  return std::make_unique<AttentionRoot>(kernel, op);
}

std::unique_ptr<KernelRoot> makeAttentionPartsRoot(plan::KernelOp kernel,
                                                   model::AttentionPartsOp op) {
  return std::make_unique<AttentionRoot>(kernel, op);
}

} // namespace dsc::cpu
