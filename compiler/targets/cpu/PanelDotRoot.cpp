// SPDX-License-Identifier: Apache-2.0
// Contractions against a weight in panels. A work item is one panel and a block of rows: of all
// positions that only the other operand gives, in order.
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
      : KernelRoot(kernel), op(op), isLhs(isLhs), width(layout.getWidth()) {
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
    for (size_t i = 0; i < dims.size(); ++i) {
      if (isRow[i]) {
        rows.push_back(i);
        rowDims.push_back(dims[i]);
      } else if (i != column) {
        outer.push_back(i);
        items.push_back(dims[i]);
      }
    }
    rowCount = product(context, rowDims);
    columnCount = dims[column];
    items.push_back(ceilDiv(columnCount, constant(context, width)));
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
      Expr panel = block[outer.size()], firstRow = block.back() * blockRows;
      Expr rowsHere = min(rowCount - firstRow, code.constant(blockRows));
      if (isConstant(mod(rowCount, code.constant(blockRows)), 0))
        rowsHere = code.constant(blockRows);
      else if (auto n = asConstant(rowCount); n && *n < blockRows)
        rowsHere = rowCount;
      int64_t lanes = std::min<int64_t>(width, 16);
      overRowTiles(code, rowsHere, code.machine.tileRows, [&](Expr first, int64_t count) {
        int64_t vectors = tileVectors(code.machine, count, width / lanes);
        code.overIndex(code.constant(width / lanes / vectors), [&](Expr e) {
          emitTile(code, at, firstRow + first, count, PanelPart{panel, width, e * vectors, vectors});
        });
      });
    });
  }

private:
  Indices place(KernelCode &code, ArrayRef<Expr> at, Expr row, Expr n) const {
    Indices result(at);
    for (auto [dim, position] : llvm::zip(rows, delinearize(row, rowDims, code.extents())))
      result[dim] = position;
    result[column] = n;
    return result;
  }

  void emitTile(KernelCode &code, ArrayRef<Expr> at, Expr firstRow, int64_t rowsHere,
                const PanelPart &part) const {
    auto o = op;
    Value weight = isLhs ? o.getLhs() : o.getRhs(), other = isLhs ? o.getRhs() : o.getLhs();
    Type from = prim::elementType(o.getLhs()), to = prim::elementType(o.getResult());
    auto operandAt = [&](bool ofWeight, Expr row, Expr n, ArrayRef<Expr> k) {
      Indices lhs, rhs;
      dotIndices(o, place(code, at, row, n), k, lhs, rhs);
      return ofWeight == isLhs ? lhs : rhs;
    };
    ContractedTile tile{rowsHere, part.count, {}, {}, {}, {}};
    for (int64_t dim : o.getLhsContract())
      tile.contracted.push_back(getDims(o.getLhs())[dim]);
    Expr lane;
    auto left = [&](int64_t r, ArrayRef<Expr> k) {
      return code.element(other, operandAt(false, firstRow + r, code.constant(0), k));
    };
    auto right = [&](int64_t c, ArrayRef<Expr> k) {
      return code.element(weight, operandAt(true, firstRow, part.column(c, lane), k));
    };
    auto multiplyAdd = [&](Value l, Value r, Value sum) {
      return emitMultiplyAdd(code, l, r, sum, from, to);
    };
    tile.left = left, tile.right = right, tile.multiplyAdd = multiplyAdd;
    Values sums(rowsHere * part.count, code.splat(code.zero(accumulatorType(o)), part.lanes()));
    withPanelLanes(code, part.lanes(), nullptr, [&](Expr l) {
      lane = l;
      sums = emitContractedTile(code, tile, sums);
    });
    Value yielded = code.kernel.getYielded()[0];
    for (int64_t c = 0; c < part.count; ++c)
      withPanelLanes(code, part.lanes(), panelMask(code, part, c, columnCount), [&](Expr l) {
        for (int64_t r = 0; r < rowsHere; ++r) {
          Indices position = place(code, at, firstRow + r, part.column(c, l));
          code.pin(o.getResult(), position, dotResult(code, o, sums[r * part.count + c]));
          code.store(code.outputBuffer(0), position, code.element(yielded, position));
        }
      });
  }

  mutable DotOp op;
  bool isLhs;
  int64_t width;
  SmallVector<Expr> dims;
  /// Result dimensions: the column in the lanes, the rows of the other operand, the rest.
  size_t column = 0;
  SmallVector<unsigned> rows, outer;
  SmallVector<Expr> rowDims;
  Expr rowCount, columnCount;
  /// Extents of the work items: the rest, panels, blocks of rows.
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
