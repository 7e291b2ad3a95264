// SPDX-License-Identifier: Apache-2.0
// Latent attention in its expanded form. A work item is a block of queries of one sequence and
// head. For each tile of the past it makes the keys and values of its head from the latent rows,
// which is worth the more the larger the block.
#include "compiler/targets/cpu/AttentionBlock.h"
#include "compiler/targets/cpu/ExpandedRows.h"
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/Schedule.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

namespace {

constexpr int64_t blockRows = AttentionBlock::maxVectors * AttentionBlock::width,
                  tile = AttentionProblem::tile;
using Sums = AttentionBlock::Sums;

class ExpandedAttentionRoot : public KernelRoot {
public:
  ExpandedAttentionRoot(plan::KernelOp kernel, model::LatentAttentionOp op)
      : KernelRoot(kernel), problem(op) {
    for (const AttentionPart &part : problem.parts)
      features += part.width;
    // Queries and sums of all blocks of an item stay in scratch.
    constexpr int64_t room = 640 << 10;
    int64_t bytes = problem.accumulator.getIntOrFloatBitWidth() / 8 * blockRows *
                    (features + problem.valueWidth);
    blocks = std::clamp<int64_t>(room / bytes, 1, 16);
    if (auto queries = asConstant(problem.queries))
      blocks = std::clamp<int64_t>(llvm::divideCeil(*queries, blockRows), 1, blocks);
    items = {problem.batch, problem.groups,
             ceilDiv(problem.queries, constant(context, blocks * blockRows))};
  }

  Expr grid() const override { return product(context, items); }

  void emit(KernelCode &code) const override {
    if (code.kernel.getYielded()[0] != problem.result) {
      (void)code.fail(code.kernel, "attention under operations");
      return;
    }
    Memory memory = allocate(code);
    emitItems(code, [&](Value item) {
      Indices at = emitDelinearize(code, item, items);
      code.inOrder([&] { emitItem(code, memory, at); });
    });
  }

private:
  struct Memory {
    AttentionScratch scratch;
    AttentionRows latent, ropeKeys;
    ExpandedRows keys, values;
  };

  Memory allocate(KernelCode &code) const {
    Memory memory;
    memory.latent = AttentionRows(code, problem, problem.values.rows, problem.latentWidth);
    memory.keys = ExpandedRows(code, problem, problem.parts[0].keys.weight, problem.parts[0].width);
    if (problem.parts.size() > 1)
      memory.ropeKeys =
          AttentionRows(code, problem, problem.parts[1].keys.rows, problem.parts[1].width);
    memory.values = ExpandedRows(code, problem, problem.values.weight, problem.valueWidth);
    auto room = [&](int64_t count) {
      return Scratch(code, problem.accumulator, count * blockRows);
    };
    memory.scratch.queries = room(blocks * features);
    memory.scratch.scores = room(tile);
    memory.scratch.sums = room(blocks * problem.valueWidth);
    memory.scratch.state = room(blocks * 2);
    return memory;
  }

  void emitItem(KernelCode &code, const Memory &memory, const Indices &at) const {
    Expr firstRow = at[2] * (blocks * blockRows);
    Expr here = min(problem.queries - firstRow, code.constant(blocks * blockRows));
    Value count = code.emit(ceilDiv(here, code.constant(blockRows)));
    auto overBlocks = [&](Value first, llvm::function_ref<void(AttentionBlock &)> body) {
      Loop loop = code.openLoop(code.current, first, count, code.i64(1));
      Expr number = code.newIndex(code.constant(blocks));
      code.bind(number, loop.iv());
      auto part = [&](const Scratch &whole, int64_t size) {
        return whole.from(code.mul(loop.iv(), code.i64(size * blockRows)));
      };
      AttentionScratch scratch = memory.scratch;
      scratch.queries = part(scratch.queries, features);
      scratch.sums = part(scratch.sums, problem.valueWidth);
      scratch.state = part(scratch.state, 2);
      AttentionBlock block(code, problem, scratch, at[0], at[1], firstRow + number * blockRows,
                           AttentionBlock::maxVectors);
      body(block);
      code.closeLoop(loop);
    };
    overBlocks(code.i64(0), [](AttentionBlock &block) {
      block.packQueries();
      block.clear(Sums::Split);
    });
    Value length = code.emit(AttentionBlock::limit(problem, firstRow + here - 1));
    Loop tiles = code.openLoop(code.current, code.i64(0), length, code.i64(tile));
    AttentionTile rows{tiles.iv(),
                       code.binary<arith::MinSIOp>(code.sub(length, tiles.iv()), code.i64(tile)),
                       {},
                       {}};
    TileRows latent = memory.latent.prepare(code, at[0], at[1], rows.first, rows.count);
    rows.keys.push_back(memory.keys.prepare(code, at[1], latent, rows.count));
    if (problem.parts.size() > 1)
      rows.keys.push_back(memory.ropeKeys.prepare(code, at[0], at[1], rows.first, rows.count));
    rows.values = memory.values.prepare(code, at[1], latent, rows.count);
    Value first = code.i64(0);
    if (problem.causal) {
      // Blocks all of whose queries come before the tile have no part in it.
      Expr begin = code.newIndex(problem.length);
      code.bind(begin, tiles.iv());
      first = code.emit(max(floorDiv(begin - problem.causal - firstRow, code.constant(blockRows)),
                            code.constant(0)));
    }
    overBlocks(first, [&](AttentionBlock &block) { block.step(rows); });
    code.closeLoop(tiles);
    overBlocks(code.i64(0), [](AttentionBlock &block) { block.store(Sums::Split); });
  }

  AttentionProblem problem;
  int64_t features = 0, blocks = 1;
  llvm::SmallVector<Expr> items;
};

} // namespace

std::unique_ptr<KernelRoot> makeExpandedAttentionRoot(plan::KernelOp kernel,
                                                      model::LatentAttentionOp op) {
  return std::make_unique<ExpandedAttentionRoot>(kernel, op);
}

} // namespace dsc::cpu
