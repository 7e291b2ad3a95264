// SPDX-License-Identifier: Apache-2.0
// Contractions against a weight in panels. A work item is one panel and a block of rows: of all
// positions that only the other operand gives, in order; or, where indices choose a weight for each
// row, of a group of rows that chose the same (plan.in_groups).
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/Panels.h"
#include "compiler/targets/cpu/Schedule.h"
#include "dialects/plan/Panels.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cpu {

namespace {

/// Rows of a work item and of the largest tile.
constexpr int64_t blockRows = 6;

class PanelDotRoot : public KernelRoot {
public:
  PanelDotRoot(plan::KernelOp kernel, DotOp op, bool isLhs, plan::PanelsAttr layout,
               const plan::OperandPath &path)
      : KernelRoot(kernel), op(op), isLhs(isLhs), width(layout.getWidth()), group(layout.getGroup()) {
    dims = getDims(op.getResult());
    auto batch = isLhs ? op.getLhsBatch() : op.getRhsBatch();
    auto contract = isLhs ? op.getLhsContract() : op.getRhsContract();
    Value weight = isLhs ? op.getLhs() : op.getRhs();
    size_t first = batch.size(), end = first + rank(op.getLhs()) - first - contract.size();
    if (!isLhs)
      first = end, end = dims.size();
    SmallVector<bool> isRow(dims.size(), true);
    for (size_t i = 0; i < batch.size(); ++i)
      isRow[i] = false;
    // The weight's own dimensions of the result, in order.
    size_t next = first;
    for (int64_t dim = 0; dim < rank(weight); ++dim)
      if (!llvm::is_contained(batch, dim) && !llvm::is_contained(contract, dim)) {
        if (path.dims[dim] == layout.getColumns())
          column = next;
        isRow[next++] = false;
      }
    assert(next == end);
    findGroups(weight, path, first);
    for (size_t i = 0; i < dims.size(); ++i) {
      if (isRow[i]) {
        rows.push_back(i);
        rowDims.push_back(dims[i]);
      } else if (i != column && i != grouped) {
        outer.push_back(i);
        items.push_back(dims[i]);
      }
    }
    rowCount = product(context, rowDims);
    columnCount = dims[column];
    if (grouped)
      items.push_back(getDims(groups.getGroups())[0]);
    items.push_back(ceilDiv(columnCount, constant(context, width)));
    if (!grouped)
      items.push_back(ceilDiv(rowCount, constant(context, blockRows)));
  }

  Expr grid() const override { return product(context, items); }

  void emit(KernelCode &code) const override {
    if (rank(code.kernel.getYielded()[0]) != int64_t(dims.size())) {
      (void)code.fail(kernel, "a dot under operations that change its shape");
      return;
    }
    emitItems(code, [&](Value item) {
      Indices block = emitDelinearize(code, item, items), at(dims.size(), code.constant(0));
      for (auto [i, dim] : llvm::enumerate(outer))
        at[dim] = block[i];
      if (grouped) {
        emitGroup(code, at, block[outer.size()], block.back());
        return;
      }
      Expr panel = block[outer.size()], firstRow = block.back() * blockRows;
      Expr here = min(rowCount - firstRow, code.constant(blockRows));
      if (isConstant(mod(rowCount, code.constant(blockRows)), 0))
        here = code.constant(blockRows);
      else if (auto n = asConstant(rowCount); n && *n < blockRows)
        here = rowCount;
      overRowTiles(code, here, mostRows(code), [&](Expr first, int64_t count) {
        SmallVector<Indices> tile;
        for (int64_t r = 0; r < count; ++r) {
          tile.emplace_back(at);
          for (auto [dim, e] :
               llvm::zip(rows, delinearize(firstRow + first + r, rowDims, code.extents())))
            tile.back()[dim] = e;
        }
        emitRows(code, tile, panel);
      });
    });
  }

private:
  int64_t mostRows(KernelCode &code) const {
    auto o = op;
    return tileRows(code.machine, prim::elementType(o.getLhs()));
  }

  /// Finds the result's dimension that indices cover, where these come with groups; `first` is that of
  /// the weight's first own dimension.
  void findGroups(Value weight, const plan::OperandPath &path, size_t first) {
    for (Operation *step = weight.getDefiningOp(); step && !groups;
         step = step->getOperand(0).getDefiningOp())
      if (isa<TakeOp, GatherNdOp>(step))
        groups = step->getOperand(1).getDefiningOp<plan::InGroupsOp>();
    if (!groups)
      return;
    auto batch = isLhs ? op.getLhsBatch() : op.getRhsBatch();
    auto contract = isLhs ? op.getLhsContract() : op.getRhsContract();
    for (int64_t dim = 0; dim < rank(weight); ++dim) {
      if (llvm::is_contained(contract, dim))
        continue;
      const auto *it = llvm::find(batch, dim);
      size_t position = it != batch.end() ? it - batch.begin() : first++;
      if (path.dims[dim] < 0 && !isConstant(getDims(weight)[dim], 1))
        grouped = position;
    }
    assert(grouped && "groups of a single row");
  }

  /// Rows of group `number` against panel `panel`.
  void emitGroup(KernelCode &code, ArrayRef<Expr> at, Expr number, Expr panel) const {
    auto g = groups;
    auto read = [&](Value tensor, ArrayRef<Expr> position) {
      Value v = code.element(tensor, position);
      return code.newSymbol(code.cast<arith::ExtSIOp>(v, code.b.getI64Type()));
    };
    Expr begin = read(g.getGroups(), {number, code.constant(0)});
    Expr count = read(g.getGroups(), {number, code.constant(1)});
    overRowTiles(code, count, mostRows(code), [&](Expr first, int64_t rowsHere) {
      SmallVector<Indices> tile;
      for (int64_t r = 0; r < rowsHere; ++r) {
        tile.emplace_back(at);
        tile.back()[*grouped] = read(g.getOrder(), {begin + first + r});
      }
      emitRows(code, tile, panel);
    });
  }

  /// Rows at the positions `tile`, whose column is open, against panel `panel`.
  void emitRows(KernelCode &code, ArrayRef<Indices> tile, Expr panel) const {
    int64_t lanes = std::min<int64_t>(width, 16);
    int64_t vectors = tileVectors(code.machine, tile.size(), width / lanes);
    code.overIndex(code.constant(width / lanes / vectors), [&](Expr e) {
      emitTile(code, tile, PanelPart{panel, width, e * vectors, vectors});
    });
  }

  Indices place(Indices row, Expr n) const {
    row[column] = n;
    return row;
  }

  void emitTile(KernelCode &code, ArrayRef<Indices> rowsHere, const PanelPart &part) const {
    auto o = op;
    Value weight = isLhs ? o.getLhs() : o.getRhs(), other = isLhs ? o.getRhs() : o.getLhs();
    Type from = prim::elementType(o.getLhs()), to = prim::elementType(o.getResult());
    auto operandAt = [&](bool ofWeight, const Indices &row, Expr n, ArrayRef<Expr> k) {
      Indices lhs, rhs;
      dotIndices(o, place(row, n), k, lhs, rhs);
      return ofWeight == isLhs ? lhs : rhs;
    };
    ContractedTile tile{int64_t(rowsHere.size()), part.count, {}, {}, {}, {}};
    for (int64_t dim : o.getLhsContract())
      tile.contracted.push_back(getDims(o.getLhs())[dim]);
    if (group == 2)
      tile.contracted = {floorDiv(tile.contracted[0], code.constant(2))};
    Expr lane;
    auto left = [&](int64_t r, ArrayRef<Expr> k) {
      auto at = [&](ArrayRef<Expr> e) {
        return code.element(other, operandAt(false, rowsHere[r], code.constant(0), e));
      };
      return group == 2 ? emitPair(code, at({k[0] * 2}), at({k[0] * 2 + 1})) : at(k);
    };
    auto right = [&](int64_t c, ArrayRef<Expr> k) {
      Indices first(k);
      for (Expr &e : first)
        e = e * group;
      code.pairs = group == 2;
      Value v = code.element(weight, operandAt(true, rowsHere[0], part.column(c, lane), first));
      code.pairs = false;
      return v;
    };
    auto multiplyAdd = [&](Value l, Value r, Value sum) {
      return group == 2 ? emitPairMultiplyAdd(code, l, r, sum)
                        : emitMultiplyAdd(code, l, r, sum, from, to);
    };
    tile.left = left, tile.right = right, tile.multiplyAdd = multiplyAdd;
    Values sums(tile.rows * part.count, code.splat(code.zero(accumulatorType(o)), part.lanes()));
    withPanelLanes(code, part.lanes(), nullptr, [&](Expr l) {
      lane = l;
      sums = emitContractedTile(code, tile, sums);
    });
    Value yielded = code.kernel.getYielded()[0];
    for (int64_t c = 0; c < part.count; ++c)
      withPanelLanes(code, part.lanes(), panelMask(code, part, c, columnCount), [&](Expr l) {
        for (int64_t r = 0; r < tile.rows; ++r) {
          Indices position = place(rowsHere[r], part.column(c, l));
          code.pin(o.getResult(), position, dotResult(code, o, sums[r * part.count + c]));
          code.store(code.outputBuffer(0), position, code.element(yielded, position));
        }
      });
  }

  mutable DotOp op;
  bool isLhs;
  int64_t width, group;
  SmallVector<Expr> dims;
  /// Result dimensions: the column in the lanes, the one whose rows come in groups, the rows of the other
  /// operand, the rest.
  size_t column = 0;
  std::optional<size_t> grouped;
  plan::InGroupsOp groups;
  SmallVector<unsigned> rows, outer;
  SmallVector<Expr> rowDims;
  Expr rowCount, columnCount;
  /// Extents of the work items: the rest, groups, panels, blocks of rows.
  SmallVector<Expr> items;
};

} // namespace

std::unique_ptr<KernelRoot> makePanelDotRoot(plan::KernelOp kernel, DotOp op) {
  for (bool isLhs : {false, true}) {
    auto path = plan::findOperandPath(isLhs ? op.getLhs() : op.getRhs(),
                                      [](Value v) { return isa<BlockArgument>(v); });
    if (!path)
      continue;
    if (auto layout = kernel.getOperandPanels(cast<BlockArgument>(path->source).getArgNumber()))
      return std::make_unique<PanelDotRoot>(kernel, op, isLhs, layout, *path);
  }
  return nullptr;
}

} // namespace dsc::cpu
