// SPDX-License-Identifier: Apache-2.0
// Contractions. A work item is a block of rows and columns, walked in register tiles. Two forms,
// chosen by the layout of the operands alone:
// - columns in the lanes: every element is one chain of multiply-adds with the contracted index
// ascending;
// - contracted index in the lanes, for operands whose neighbours lie along it: 16 chains, combined
// in a fixed tree. In both, an element's order of summation does not depend on the tile, the block
// or the other rows.
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/Schedule.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cpu {

namespace {

class DotRoot : public KernelRoot {
public:
  DotRoot(plan::KernelOp kernel, DotOp op) : KernelRoot(kernel), op(op) {
    dims = getDims(op.getResult());
    lhsDims = getDims(op.getLhs());
    size_t batch = op.getLhsBatch().size(),
           rows = lhsDims.size() - batch - op.getLhsContract().size();
    chooseForm(batch + rows);
    row = lastReal(batch, batch + rows);
    if (inner || !column)
      column = lastReal(batch + rows, dims.size());
    Expr one = constant(kernel.getContext(), 1);
    rowCount = row ? dims[*row] : one;
    columnCount = column ? dims[*column] : one;
    width = KernelCode::laneCount(inner ? lhsDims[*inner] : columnCount);
    int64_t wantedRows = inner ? 8 : 6, wantedColumns = inner ? 16 : 4 * int64_t(width);
    blockRows = std::min(wantedRows, asConstant(rowCount).value_or(wantedRows));
    blockColumns = inner ? std::min(wantedColumns, asConstant(columnCount).value_or(wantedColumns))
                         : wantedColumns;
    if (auto n = asConstant(columnCount); n && !inner)
      blockColumns = evenBlock(llvm::divideCeil(*n, width)) * width;
    blockRows = std::max<int64_t>(blockRows, 1);
    blockColumns = std::max<int64_t>(blockColumns, 1);
    for (auto [i, dim] : llvm::enumerate(dims))
      if (i != row && i != column)
        outer.push_back(dim);
    outer.push_back(blocks(columnCount, blockColumns));
    outer.push_back(blocks(rowCount, blockRows));
  }

  Expr grid() const override { return product(rowCount.getContext(), outer); }

  void emit(KernelCode &code) const override {
    if (rank(code.kernel.getYielded()[0]) != int64_t(dims.size())) {
      (void)code.fail(kernel, "a dot under operations that change its shape");
      return;
    }
    emitItems(code, [&](Value item) {
      Indices block = emitDelinearize(code, item, outer), at;
      size_t next = 0;
      for (size_t i = 0; i < dims.size(); ++i)
        at.push_back(i == row || i == column ? code.constant(0) : block[next++]);
      Expr firstColumn = block[next] * blockColumns, firstRow = block[next + 1] * blockRows;
      emitBlock(code, at, firstRow, firstColumn);
    });
  }

private:
  void chooseForm(size_t firstColumnDim) {
    AccessScan rhs(kernel, {});
    AccessScan lhs(kernel, {});
    Indices at, contracted, left, right;
    for (Expr dim : dims) {
      at.push_back(rhs.fresh(dim));
      lhs.fresh(dim);
    }
    for (int64_t dim : op.getLhsContract()) {
      contracted.push_back(rhs.fresh(lhsDims[dim]));
      lhs.fresh(lhsDims[dim]);
    }
    dotIndices(op, at, contracted, left, right);
    rhs.visit(op.getRhs(), right);
    lhs.visit(op.getLhs(), left);
    int best = 0;
    for (size_t i = firstColumnDim; i < dims.size(); ++i)
      if (int score = rhs.contiguity(i); score > best && KernelCode::laneCount(dims[i]) > 1) {
        best = score;
        column = i;
      }
    if (column)
      return;
    for (auto [i, dim] : llvm::enumerate(op.getLhsContract())) {
      unsigned id = dims.size() + i;
      if (rhs.contiguity(id) > 0 && lhs.contiguity(id) > 0 &&
          KernelCode::laneCount(lhsDims[dim]) > 1)
        inner = dim;
    }
  }

  std::optional<unsigned> lastReal(size_t begin, size_t end) const {
    for (size_t i = end; i-- > begin;)
      if (!isConstant(dims[i], 1))
        return i;
    return std::nullopt;
  }

  /// Vectors per block, at most 4, such that the last block is full where that costs little.
  static int64_t evenBlock(int64_t vectors) {
    for (int64_t size : {4, 3, 2})
      if (vectors % size == 0)
        return size;
    return std::clamp<int64_t>(vectors, 1, 4);
  }

  static Expr blocks(Expr count, int64_t size) {
    return ceilDiv(count, constant(count.getContext(), size));
  }

  void emitBlock(KernelCode &code, ArrayRef<Expr> at, Expr firstRow, Expr firstColumn) const {
    int64_t tileRows =
        std::min<int64_t>(blockRows, inner ? code.machine.innerRows : code.machine.tileRows);
    // The block's rows that exist.
    Expr rowsHere = min(rowCount - firstRow, code.constant(blockRows));
    if (isConstant(mod(rowCount, code.constant(blockRows)), 0))
      rowsHere = code.constant(blockRows);
    Expr full = floorDiv(rowsHere, code.constant(tileRows)), rest = rowsHere - full * tileRows;
    over(code, full,
         [&](Expr e) { emitRows(code, at, firstRow + e * tileRows, tileRows, firstColumn); });
    if (!isConstant(rest, 0) && tileRows > 1)
      over(code, rest,
           [&](Expr e) { emitRows(code, at, firstRow + full * tileRows + e, 1, firstColumn); });
  }

  static void over(KernelCode &code, Expr count, llvm::function_ref<void(Expr)> body) {
    if (!isConstant(count, 0))
      code.overIndex(count, body);
  }

  void emitRows(KernelCode &code, ArrayRef<Expr> at, Expr firstRow, int64_t rows,
                Expr firstColumn) const {
    int64_t step = inner ? 1 : width;
    int64_t wanted = inner ? code.machine.innerColumns : rows == 1 ? 4 : code.machine.tileColumns;
    int64_t tile = std::min<int64_t>(wanted, std::max<int64_t>(blockColumns / step, 1));
    Expr columnsHere = min(columnCount - firstColumn, code.constant(blockColumns));
    if (isConstant(mod(columnCount, code.constant(blockColumns)), 0))
      columnsHere = code.constant(blockColumns);
    Expr full = floorDiv(columnsHere, code.constant(tile * step));
    over(code, full, [&](Expr e) {
      emitTile(code, at, firstRow, rows, firstColumn + e * (tile * step), tile, false);
    });
    Expr done = full * (tile * step), rest = columnsHere - done;
    if (isConstant(rest, 0) || (tile == 1 && step == 1))
      return;
    Expr vectors = ceilDiv(rest, code.constant(step));
    over(code, vectors, [&](Expr e) {
      emitTile(code, at, firstRow, rows, firstColumn + done + e * step, 1, true);
    });
  }

  void emitTile(KernelCode &code, ArrayRef<Expr> at, Expr firstRow, int64_t rows, Expr firstColumn,
                int64_t columns, bool partial) const {
    if (inner || width == 1) {
      finish(code, at, firstRow, rows, firstColumn, columns, 1,
             contract(code, at, firstRow, rows, firstColumn, columns, 1));
      return;
    }
    Value base = code.emit(firstColumn), mask;
    if (partial)
      mask = code.less(code.iota(width), code.sub(code.emit(columnCount), base));
    code.withLanes(columnCount, base, mask, width, [&](Expr lane) {
      finish(code, at, firstRow, rows, lane, columns, width,
             contract(code, at, firstRow, rows, lane, columns, width));
    });
  }

  Indices place(ArrayRef<Expr> at, Expr r, Expr c) const {
    Indices result(at);
    if (row)
      result[*row] = r;
    if (column)
      result[*column] = c;
    return result;
  }

  /// The sums of a tile, row by row.
  Values contract(KernelCode &code, ArrayRef<Expr> at, Expr firstRow, int64_t rows,
                  Expr firstColumn, int64_t columns, int64_t step) const {
    auto o = op;
    Type from = prim::elementType(o.getLhs()), to = prim::elementType(o.getResult()),
         type = accumulatorType(o);
    unsigned lanes = width > 1 ? width : 0;
    Values start(rows * columns, code.splat(code.zero(type), lanes));
    Indices contracted(o.getLhsContract().size(), nullptr);
    SmallVector<size_t> order;
    for (size_t i = 0; i < contracted.size(); ++i)
      if (o.getLhsContract()[i] != inner)
        order.push_back(i);
    for (size_t i = 0; i < contracted.size(); ++i)
      if (o.getLhsContract()[i] == inner)
        order.push_back(i);
    auto multiply = [&](Values sums) {
      Values left, right;
      for (int64_t r = 0; r < rows; ++r) {
        Indices lhs, rhs;
        dotIndices(o, place(at, firstRow + r, firstColumn), contracted, lhs, rhs);
        left.push_back(operand(code, o.getLhs(), lhs));
      }
      for (int64_t c = 0; c < columns; ++c) {
        Indices lhs, rhs;
        dotIndices(o, place(at, firstRow, firstColumn + c * step), contracted, lhs, rhs);
        right.push_back(operand(code, o.getRhs(), rhs));
      }
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) {
          Value &sum = sums[r * columns + c];
          sum = emitMultiplyAdd(code, left[r], right[c], sum, from, to);
        }
      return sums;
    };
    std::function<Values(size_t, Values)> nest = [&](size_t depth, Values sums) -> Values {
      if (depth == order.size())
        return multiply(sums);
      size_t i = order[depth];
      int64_t dim = o.getLhsContract()[i];
      auto body = [&](Expr e, Values carried) {
        contracted[i] = e;
        return nest(depth + 1, carried);
      };
      return dim == inner ? code.overLanes(lhsDims[dim], width, sums, body)
                          : code.overIndex(lhsDims[dim], sums, body);
    };
    Values sums = nest(0, start);
    if (inner)
      for (Value &sum : sums)
        sum = code.combineLanes(sum, [&](Value x, Value y) { return code.add(x, y); });
    return sums;
  }

  /// Lanes beyond the contracted size take no part.
  Value operand(KernelCode &code, Value tensor, ArrayRef<Expr> at) const {
    Value v = code.element(tensor, at);
    if (inner && code.mask && !isa<BlockArgument>(tensor))
      v = code.select(code.mask, v, code.zero(Code::element(v)));
    return v;
  }

  void finish(KernelCode &code, ArrayRef<Expr> at, Expr firstRow, int64_t rows, Expr firstColumn,
              int64_t columns, int64_t step, Values sums) const {
    auto o = op;
    Value yielded = code.kernel.getYielded()[0];
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) {
        Indices position = place(at, firstRow + r, firstColumn + c * step);
        code.pin(o.getResult(), position, dotResult(code, o, sums[r * columns + c]));
        code.store(code.outputBuffer(0), position, code.element(yielded, position));
      }
  }

  mutable DotOp op;
  SmallVector<Expr> dims, lhsDims;
  /// Result dimensions that tiles span.
  std::optional<unsigned> row, column;
  /// Dimension of lhs in the lanes.
  std::optional<int64_t> inner;
  Expr rowCount, columnCount;
  unsigned width;
  int64_t blockRows, blockColumns;
  SmallVector<Expr> outer;
};

} // namespace

std::unique_ptr<KernelRoot> makeDotRoot(plan::KernelOp kernel, DotOp op) {
  return std::make_unique<DotRoot>(kernel, op);
}

} // namespace dsc::cpu
