// SPDX-License-Identifier: Apache-2.0
// Contractions of operands in memory, of f32, f16 and bf16. One operand gives the columns and is
// read once: the weight; the other one gives rows. Up to `fewRows` rows take the skeleton
// LinearFew, more of them LinearMany; where only the run knows their number, the kernel has both,
// one branch that is the same for all of its blocks, and a grid that fits the number.
//
// Where indices choose a weight for each row (plan.in_groups) a block has rows of one group.
#include "compiler/targets/cuda/DotOperand.h"
#include "compiler/targets/cuda/GridIndices.h"
#include "compiler/targets/cuda/KernelRoot.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cuda {

namespace {

/// Rows of the class of few; of a block in the class of many; rows in all groups together that are
/// few.
constexpr int64_t fewRows = 8, manyRows = 64, fewGrouped = 64;
constexpr unsigned threads = 256;

/// An operand: whether neighbours in memory lie along k, and how many of them one load takes.
struct Side {
  Value tensor;
  bool isLeft;
  SmallVector<unsigned> dims; ///< of the result, that only this operand gives
  Expr count;
  int64_t alongK = 0, alongOwn = 0;
  /// Its dimensions stand in memory as one, here and in the result: positions along the last one
  /// may go on beyond its size.
  bool isFlat = false;
  bool isAlongK() const { return alongK >= alongOwn; }
  int64_t vector() const { return std::max<int64_t>({alongK, alongOwn, 1}); }
};

class LinearRoot : public KernelRoot {
public:
  LinearRoot(plan::KernelOp kernel, DotOp op) : KernelRoot(kernel), op(op) {}

  /// False where the skeletons do not fit.
  bool analyze() {
    type = prim::elementType(op.getLhs());
    Type result = prim::elementType(op.getResult());
    if (typeTag(type).empty() || type.isF64() || !isa<FloatType>(result) || result.isF64() ||
        typeTag(result).empty())
      return false;
    dims = getDims(op.getResult());
    if (rank(kernel.getYielded()[0]) != int64_t(dims.size()))
      return false;
    size_t batch = op.getLhsBatch().size(),
           own = rank(op.getLhs()) - op.getLhsBatch().size() - op.getLhsContract().size();
    Side left{op.getLhs(), true, {}, constant(1)}, right{op.getRhs(), false, {}, constant(1)};
    for (size_t i = batch; i < dims.size(); ++i) {
      Side &side = i < batch + own ? left : right;
      side.dims.push_back(i);
      side.count = side.count * dims[i];
    }
    for (int64_t dim : op.getLhsContract())
      contracted.push_back(getDims(op.getLhs())[dim]);
    depth = product(context, contracted);
    chooseWeight(left, right);
    for (size_t i = 0; i < batch; ++i)
      if (int64_t(i) != grouped)
        outer.push_back(i);
    if (!findVectors(x) || !findVectors(weight))
      return false;
    // The counters of the skeletons are of 32 bits.
    for (Expr size : {depth, weight.count})
      if (auto known = asConstant(size); known && *known > (int64_t(1) << 30))
        return false;
    rows = grouped >= 0 ? dims[grouped] : x.count;
    int64_t limit = grouped >= 0 ? fewGrouped : fewRows;
    few = simplify(lessEqual(rows, constant(limit)), {});
    auto known = asConstant(weight.count);
    fewColumns = known && *known >= 16384 ? 32 : 16;
    return true;
  }

  LaunchShape launch() const override {
    Expr grid = isConstant(few, 1) ? gridSize(context, items(true))
                : isConstant(few, 0)
                    ? gridSize(context, items(false))
                    : select(few, gridSize(context, items(true)), gridSize(context, items(false)));
    return {grid, threads, 0};
  }

  void emit(KernelSource &s) const override {
    for (StringRef piece : {"vectors", "linear_few", "matrix", "linear_many"})
      if (isConstant(few, 0)   ? piece != "linear_few"
          : isConstant(few, 1) ? piece.starts_with("vec") || piece == "linear_few"
                               : true)
        s.prelude(piece);
    s.manyRegisters = true;
    s.line("__shared__ __align__(16) char memory[" + Twine(sharedBytes()) + "];");
    if (grouped >= 0)
      s.line("__shared__ int chosen[" + Twine(groupRows()) + "];");
    if (isConstant(few, 1))
      return emitForm(s, true);
    if (isConstant(few, 0))
      return emitForm(s, false);
    s.open("if (" + Twine(s.emitTruth(few)) + ")", true);
    emitForm(s, true);
    s.line("return;");
    s.close();
    emitForm(s, false);
  }

private:
  static plan::InGroupsOp groupsOf(Value tensor) {
    for (Operation *step = tensor.getDefiningOp(); step && step->getNumOperands();
         step = step->getOperand(0).getDefiningOp())
      if (isa<TakeOp, GatherNdOp>(step))
        if (auto found = step->getOperand(1).getDefiningOp<plan::InGroupsOp>())
          return found;
    return nullptr;
  }

  /// The weight is what has groups, else the operand with more columns; unknown sizes are those of
  /// tokens.
  void chooseWeight(const Side &left, const Side &right) {
    bool swap = false;
    groups = groupsOf(right.tensor);
    if (auto found = groups ? nullptr : groupsOf(left.tensor)) {
      groups = found;
      swap = true;
    }
    if (groups) {
      for (size_t i = 0; i < op.getLhsBatch().size(); ++i)
        if (!isConstant(dims[i], 1))
          grouped = i;
    } else {
      auto l = asConstant(left.count), r = asConstant(right.count);
      swap = l && *l > fewRows && (!r || *l > *r) && !(r && *r > fewRows);
    }
    x = swap ? right : left;
    weight = swap ? left : right;
  }

  /// The position in the result, over its other dimensions, of row and column.
  Indices resultAt(ArrayRef<Expr> batch, Expr row, Expr column, ArrayRef<Expr> extents) const {
    Indices at(batch);
    at.resize(dims.size(), constant(0));
    auto set = [&](const Side &side, Expr number) {
      if (side.isFlat) {
        at[side.dims.back()] = number;
        return;
      }
      SmallVector<Expr> sizes;
      for (unsigned dim : side.dims)
        sizes.push_back(dims[dim]);
      for (auto [dim, e] : llvm::zip(side.dims, delinearize(number, sizes, extents)))
        at[dim] = e;
    };
    set(x, row);
    set(weight, column);
    return at;
  }

  std::optional<Place> placeOf(const Side &side, ArrayRef<Expr> batch, Expr own, Expr k,
                               ArrayRef<Expr> extents,
                               llvm::function_ref<Expr(Value, ArrayRef<Expr>, Expr)> chosen) const {
    bool isWeight = side.isLeft == weight.isLeft;
    Indices lhs, rhs,
        at = resultAt(batch, isWeight ? constant(0) : own, isWeight ? own : constant(0), extents);
    auto o = op;
    dotIndices(o, at, delinearize(k, contracted, extents), lhs, rhs);
    return findPlace(kernel, side.tensor, side.isLeft ? lhs : rhs, extents, chosen);
  }

  /// Whether the step along each of the side's dimensions is that of the next one times its size.
  bool standsAsOne(const Side &side, ArrayRef<Expr> extents, ArrayRef<Expr> own,
                   Expr address) const {
    SmallVector<Expr> steps;
    for (Expr e : own) {
      Expr next = substitute(
          address, [&](Expr leaf) { return leaf == e ? std::optional(leaf + 1) : std::nullopt; });
      steps.push_back(simplify(next - address, extents));
      if (usesIndex(steps.back()))
        return false;
    }
    for (size_t i = 0; i + 1 < steps.size(); ++i)
      if (steps[i] != steps[i + 1] * dims[side.dims[i + 1]])
        return false;
    return true;
  }

  void findFlat(Side &side) {
    if (side.dims.size() < 2 || kernel.getYielded()[0] != op.getResult())
      return;
    SmallVector<Expr> extents;
    Indices at, contractedAt, own;
    for (Expr dim : dims) {
      extents.push_back(dim);
      at.push_back(index(context, extents.size() - 1));
    }
    for (Expr dim : contracted) {
      extents.push_back(dim);
      contractedAt.push_back(index(context, extents.size() - 1));
    }
    for (unsigned dim : side.dims)
      own.push_back(at[dim]);
    Indices lhs, rhs;
    dotIndices(op, at, contractedAt, lhs, rhs);
    auto place = findPlace(kernel, side.tensor, side.isLeft ? lhs : rhs, extents, unknownIndex);
    side.isFlat =
        place && standsAsOne(side, extents, own, place->address) &&
        standsAsOne(side, extents, own, bufferAddress(kernel, kernel.getNumInputs(), at, extents));
  }

  bool findVectors(Side &side) {
    findFlat(side);
    SmallVector<Expr> extents;
    auto fresh = [&](Expr extent) {
      extents.push_back(extent);
      return index(context, extents.size() - 1);
    };
    Indices batch;
    for (size_t i = 0; i < op.getLhsBatch().size(); ++i)
      batch.push_back(fresh(dims[i]));
    Expr own = fresh(side.count), k = fresh(depth);
    // What is chosen is the same for a block.
    bool perBlock = true;
    auto chosen = [&](Value indices, ArrayRef<Expr> at, Expr size) {
      perBlock &= llvm::none_of(
          at, [&](Expr e) { return usesIndex(e, batch.size()) || usesIndex(e, batch.size() + 1); });
      return unknownIndex(indices, at, size);
    };
    if (!placeOf(side, batch, own, k, extents, chosen) || !perBlock)
      return false;
    int64_t most = 16 / (type.getIntOrFloatBitWidth() / 8);
    side.alongK = countNeighbours(depth, most, extents, [&](Expr e) {
      return placeOf(side, batch, own, e, extents, unknownIndex)->address;
    });
    side.alongOwn = countNeighbours(side.count, most, extents, [&](Expr e) {
      return placeOf(side, batch, e, k, extents, unknownIndex)->address;
    });
    return true;
  }

  int64_t groupRows() const {
    auto o = groups;
    auto sort = o.getGroups().getDefiningOp<plan::GroupRowsOp>();
    return sort ? sort.getMost() : manyRows;
  }
  int64_t manyColumns() const { return type.isF32() ? 64 : 128; }
  /// The grid: the batch, groups, blocks of columns, blocks of rows.
  SmallVector<GridDim> items(bool isFew) const {
    SmallVector<GridDim> result;
    Expr one = constant(1);
    for (unsigned dim : outer)
      result.push_back({dims[dim], one});
    auto g = groups;
    if (g)
      result.push_back({getDims(g.getGroups())[0], one});
    result.push_back({weight.count, constant(isFew ? fewColumns : manyColumns())});
    if (!g && !isFew)
      result.push_back({rows, constant(manyRows)});
    return result;
  }

  /// Numbers of rows for which the class of few has code.
  SmallVector<int64_t> rowCounts() const {
    auto known = asConstant(rows);
    if (grouped < 0 && known)
      return {std::max<int64_t>(*known, 1)};
    return {1, fewRows};
  }
  static int64_t stagedDepth(int64_t count) { return count == 1 ? 4096 : 1024; }
  int64_t sharedBytes() const {
    int64_t bytes = 0, element = type.getIntOrFloatBitWidth() / 8;
    if (!isConstant(few, 0))
      for (int64_t count : rowCounts())
        bytes = std::max({bytes, count * stagedDepth(count) * element,
                          int64_t(threads / 32) * count * fewColumns * 4});
    if (!isConstant(few, 1))
      bytes = std::max<int64_t>(bytes, type.isF32() ? 17408 : 46080);
    return bytes;
  }

  struct Block {
    Indices batch;
    std::string rows; ///< C++
    Expr column, row; ///< numbers of the blocks
    bool isGrouped = false;
  };

  void emitForm(KernelSource &s, bool isFew) const {
    Indices part = emitGridIndices(s, items(isFew));
    Block block;
    block.batch.resize(op.getLhsBatch().size(), constant(0));
    for (auto [i, dim] : llvm::enumerate(outer))
      block.batch[dim] = part[i];
    size_t next = outer.size();
    Expr weightRow;
    if (grouped >= 0) {
      auto g = groups;
      Expr group = part[next++];
      auto sort = [&](Value v, Expr i, Expr j) {
        return s.element(v, j ? Indices{i, j} : Indices{i});
      };
      std::string first = sort(g.getGroups(), group, constant(0)),
                  count = sort(g.getGroups(), group, constant(1));
      s.line("if (" + Twine(count) + " == 0)");
      s.line("  return;");
      Expr begin = s.boundIndex(rows, first);
      // Fewer rows than threads.
      s.open("if (threadIdx.x < " + Twine(count) + ")", true);
      Expr i = s.newIndex(constant(groupRows()));
      s.bind(i, s.define(s.current, "int", "row", "threadIdx.x"));
      s.line("chosen[threadIdx.x] = " + Twine(sort(g.getOrder(), begin + i, nullptr)) + ";");
      s.close();
      s.line("__syncthreads();");
      weightRow = rowOf(s, "chosen[0]");
      block.rows = count;
      block.isGrouped = true;
    } else {
      block.rows = "(int)" + s.emit(rows);
    }
    block.column = part[next++];
    block.row = next < part.size() ? part[next] : constant(0);
    if (grouped >= 0)
      block.batch[grouped] = weightRow;
    emitOperand(s, weight, "weight", "column", block);
    if (isFew)
      emitFew(s, block);
    else
      emitMany(s, block);
  }

  /// The row that `text` says, as an index.
  Expr rowOf(KernelSource &s, const Twine &text) const {
    Expr e = s.newIndex(rows);
    s.bind(e, s.define(s.current, s.indexType(e), "row", text));
    return e;
  }

  /// auto NAME = [&](int OWN, int k) { return the element's address; };
  void emitOperand(KernelSource &s, const Side &side, StringRef name, StringRef own,
                   const Block &block) const {
    Expr number = s.newIndex(side.count), k = s.newIndex(depth);
    bool isRow = own == "row";
    // The weight of the block is chosen once, outside.
    Indices batch(block.batch);
    auto chosen = [&](Value indices, ArrayRef<Expr> at, Expr size) {
      std::string valid;
      Expr e = s.checkedIndex(indices, at, size, valid);
      assert(valid.empty() && "a choice among none");
      return e;
    };
    if (!(isRow && block.isGrouped)) {
      // Loads of indices stand in front of the function that uses them.
      (void)placeOf(side, batch, number, k, s.extents(), chosen);
    }
    StringRef type = isRow && block.isGrouped ? "int" : s.indexType(number);
    s.open("auto " + Twine(name) + " = [&](" + type + " " + own + ", " + s.indexType(k) + " k)",
           true);
    s.own(own);
    s.own("k");
    s.bind(k, "k");
    if (isRow && block.isGrouped) {
      batch[grouped] = rowOf(s, "chosen[row + done]");
      number = constant(0);
    } else {
      s.bind(number, own);
    }
    auto place = placeOf(side, batch, number, k, s.extents(), chosen);
    s.line("return " + Twine(s.bufferName(place->buffer)) + " + " + s.emit(place->address) + ";");
    s.close();
    s.line(";");
  }

  void emitWrite(KernelSource &s, const Block &block) const {
    auto o = op;
    Expr row = s.newIndex(x.count), column = s.newIndex(weight.count);
    StringRef rowType = block.isGrouped ? "int" : s.indexType(row);
    s.open("auto write = [&](" + Twine(rowType) + " row, " + s.indexType(column) +
               " column, float sum)",
           true);
    for (StringRef name : {"row", "column", "sum"})
      s.own(name);
    Indices batch(block.batch);
    if (block.isGrouped) {
      batch[grouped] = rowOf(s, "chosen[row + done]");
      row = constant(0);
    } else {
      s.bind(row, "row");
    }
    s.bind(column, "column");
    Indices at = resultAt(batch, row, column, s.extents());
    Value yielded = s.kernel.getYielded()[0];
    Type result = prim::elementType(o.getResult());
    if (yielded != o.getResult() && !result.isF32())
      s.line("sum = " + Twine(typeTag(result)) + "::widen(" + typeTag(result) + "::narrow(sum));");
    s.pin(o.getResult(), at, "sum");
    s.store(s.outputBuffer(0), at, s.element(yielded, at));
    s.close();
    s.line(";");
  }

  void emitFew(KernelSource &s, const Block &block) const {
    bool loops = block.isGrouped;
    s.line("const int first = (int)" + Twine(s.emit(block.column)) + " * " + Twine(fewColumns) +
           ";");
    auto call = [&](int64_t count, StringRef rowsHere) {
      StringRef form = weight.isAlongK() ? "K" : "N";
      s.line("linearFewAlong" + Twine(form) + "<" + typeTag(type) + ", " + Twine(count) + ", " +
             Twine(fewColumns) + ", " + Twine(weight.vector()) + ", " +
             Twine(std::max<int64_t>(x.alongK, 1)) + ", " + Twine(stagedDepth(count)) +
             ">(memory, " + rowsHere + ", first, (int)" + s.emit(weight.count) + ", (int)" +
             s.emit(depth) + ", x, weight, write);");
    };
    if (loops) {
      s.line("int done = 0;");
      emitOperand(s, x, "x", "row", block);
      emitWrite(s, block);
      s.open("if (" + Twine(block.rows) + " == 1)", true);
      call(1, "1");
      s.close();
      s.open("else", true);
      s.open("for (; done < " + Twine(block.rows) + "; done += " + Twine(fewRows) + ")", true);
      call(fewRows, "min(" + block.rows + " - done, " + std::to_string(fewRows) + ")");
      s.line("__syncthreads();");
      s.close();
      s.close();
      return;
    }
    emitOperand(s, x, "x", "row", block);
    emitWrite(s, block);
    auto counts = rowCounts();
    if (counts.size() == 1)
      return call(counts[0], block.rows);
    s.open("if (" + Twine(block.rows) + " == 1)", true);
    call(1, "1");
    s.close();
    s.open("else", true);
    call(fewRows, block.rows);
    s.close();
  }

  void emitMany(KernelSource &s, const Block &block) const {
    if (block.isGrouped)
      s.line("constexpr int done = 0;");
    emitOperand(s, x, "x", "row", block);
    emitWrite(s, block);
    auto truth = [](bool b) { return b ? "true" : "false"; };
    auto vector = [&](const Side &side, bool alongK) {
      int64_t count = std::max<int64_t>(alongK ? side.alongK : side.alongOwn, 1);
      return type.isF32() && count != 4 ? 1 : count;
    };
    // Rows of groups lie anywhere.
    bool xAlongK = block.isGrouped || x.isAlongK(), alongK = weight.isAlongK();
    std::string head =
        type.isF32() ? "linearManyFloat<" : "linearManyMatrix<" + typeTag(type).str() + ", ";
    s.line(Twine(head) + truth(xAlongK) + ", " + Twine(vector(x, xAlongK)) + ", " + truth(alongK) +
           ", " + Twine(vector(weight, alongK)) + ">(memory, " + block.rows + ", (int)" +
           s.emit(block.row) + " * " + Twine(manyRows) + ", (int)" + s.emit(weight.count) +
           ", (int)" + s.emit(block.column) + " * " + Twine(manyColumns()) + ", (int)" +
           s.emit(depth) + ", x, weight, write);");
  }

  mutable DotOp op;
  Type type;
  SmallVector<Expr> dims, contracted;
  Side x, weight;
  plan::InGroupsOp groups;
  int64_t grouped = -1;
  SmallVector<unsigned> outer;
  Expr depth, rows, few;
  int64_t fewColumns = 16;
};

} // namespace

std::unique_ptr<KernelRoot> makeLinearRoot(plan::KernelOp kernel, DotOp op) {
  auto root = std::make_unique<LinearRoot>(kernel, op);
  return root->analyze() ? std::move(root) : nullptr;
}

} // namespace dsc::cuda
