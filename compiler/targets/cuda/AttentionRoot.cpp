// SPDX-License-Identifier: Apache-2.0
// Attention, whole or in parts, over keys and values in memory or rebuilt from latent rows: the
// skeleton `attention` with the operands' addresses and the element trees of masks and biases. A
// block has rows of scores (heads of a group times queries, the heads of one query being
// neighbours) that share their keys, and walks the past once.
#include "compiler/targets/cuda/AttentionShape.h"
#include "compiler/targets/cuda/DotOperand.h"
#include "compiler/targets/cuda/GridIndices.h"
#include "compiler/targets/cuda/KernelRoot.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::cuda {

namespace {

constexpr unsigned threads = 256;

class AttentionRoot : public KernelRoot {
public:
  template <class Op>
  AttentionRoot(plan::KernelOp kernel, Op op) : KernelRoot(kernel), problem(op) {
    shared = sharesRows();
    if (auto chosen = chooseShape(problem, shared))
      shape = *chosen;
    else
      fits = false;
    Expr one = constant(1);
    items = {{problem.batch, one}, {problem.groups, one}, {problem.rows(), constant(shape.rows)}};
    if (problem.inParts)
      items.push_back({problem.length, problem.splitRows});
  }

  LaunchShape launch() const override {
    return {gridSize(context, items), threads,
            unsigned(shape.bytes() + (problem.latent ? expanded().bytes() : 0))};
  }

  void emit(KernelSource &s) const override {
    if (s.kernel.getYielded()[0] != problem.result)
      return s.fail(s.kernel, "attention under operations");
    if (!fits)
      return s.fail(s.kernel, "attention whose heads are wider than shared memory");
    for (StringRef piece : {"vectors", "matrix", "attention"})
      s.prelude(piece);
    if (problem.latent)
      s.prelude("expanded_rows");
    s.manyRegisters = true;
    s.line("extern __shared__ __align__(16) char memory[];");
    s.line("typedef AttentionShape<" + Twine(tag()) + ", " + Twine(shape.rows) + ", " +
           Twine(shape.tile) + ", " + Twine(shape.stages) + ", " + Twine(shape.width) + ", " +
           Twine(shape.values) + ", " + (shared ? "true, " : "false, ") +
           (shape.exact ? "true" : "false") + "> Shape;");
    s.line("static_assert(Shape::bytes == " + Twine(shape.bytes()) + ");");
    s.line("const Shape shape{memory};");
    Block block = openBlock(s);
    emitSources(s, block);
    emitQuery(s, block);
    emitFinish(s, block);
    emitWrite(s, block);
    Expr rowsHere = min(problem.rows() - block.firstRow, constant(shape.rows));
    s.line("attention<" + Twine(tag()) + ">(shape, (int)" + s.emit(rowsHere) +
           ", begin, end, query, keys, values, finish, write);");
  }

private:
  struct Block {
    Expr b, g, firstRow, split;
  };

  StringRef tag() const { return typeTag(problem.type); }
  ExpandedShape expanded() const {
    return {shape.tile, problem.latentWidth, std::max(problem.parts[0].width, problem.valueWidth),
            shape.element};
  }

  /// Values that are a prefix of the first part of the keys, in memory.
  bool sharesRows() const {
    if (problem.latent || problem.valueWidth > problem.parts[0].width)
      return false;
    llvm::SmallVector<Expr> extents{problem.batch, problem.groups, problem.length,
                                    constant(problem.valueWidth)};
    auto place = [&](Value rows) {
      Indices at =
          problem.rowAt(index(context, 0), index(context, 1), index(context, 2), index(context, 3));
      return findPlace(kernel, rows, at, extents, unknownIndex);
    };
    auto keys = place(problem.parts[0].keys.rows), values = place(problem.values.rows);
    return keys && values && keys->buffer == values->buffer && keys->address == values->address;
  }

  Block openBlock(KernelSource &s) const {
    Indices at = emitGridIndices(s, items);
    Block block{at[0], at[1], at[2] * shape.rows, problem.inParts ? at[3] : constant(0)};
    auto text = [&](Expr e) { return "(unsigned)" + s.emit(e); };
    std::string begin = "0u", end = text(problem.length);
    if (problem.inParts) {
      std::string rows = text(problem.splitRows);
      begin = s.define(s.current, "unsigned", "begin", text(block.split) + " * " + rows);
      end =
          s.define(s.current, "unsigned", "end", "min(" + end + ", " + begin + " + " + rows + ")");
    }
    if (problem.causal) {
      // What the last query of the block attends to is the end for all of it.
      std::string last = text(block.firstRow) + " + " + std::to_string(shape.rows - 1) + "u";
      if (isConstant(problem.queries, 1))
        last = "0u";
      else if (!isConstant(problem.heads, 1))
        last = "(" + last + ") / " + text(problem.heads);
      std::string query = s.define(s.current, "unsigned", "last_query",
                                   "min(" + last + ", " + text(problem.queries) + " - 1)");
      std::string limit =
          s.define(s.current, "long long", "limit", s.emit(problem.causal + 1) + " + " + query);
      end = s.define(s.current, "unsigned", "end",
                     limit + " < 0 ? 0u : " + limit + " < (long long)" + end + " ? (unsigned)" +
                         limit + " : " + end);
    }
    s.line("const unsigned begin = " + Twine(begin) + ";");
    s.line("const unsigned end = " + Twine(end) + ";");
    return block;
  }

  /// auto NAME = [&](...) { `body` };
  static void function(KernelSource &s, const Twine &head, ArrayRef<StringRef> parameters,
                       llvm::function_ref<void()> body) {
    s.open("auto " + head, true);
    for (StringRef parameter : parameters)
      s.own(parameter);
    body();
    s.close();
    s.line(";");
  }

  // ---- Rows of the past ----
  /// A function of (past, d) that gives a pointer to the row's element, or the element; returns how
  /// many neighbours may be read at once.
  int64_t emitRows(KernelSource &s, const Block &block, StringRef name, Value rows, int64_t width,
                   int64_t column) const {
    Expr t = s.newIndex(problem.length), d = s.newIndex(constant(width));
    Indices at = problem.rowAt(block.b, block.g, t, d);
    auto none = [](Value, ArrayRef<Expr>, Expr) { return Expr(); };
    llvm::SmallVector<Expr> extents(s.extents());
    auto placeAt = [&](Expr e) {
      return findPlace(kernel, rows, problem.rowAt(block.b, block.g, t, e), extents, unknownIndex);
    };
    int64_t count = 0;
    std::optional<Place> place;
    if (!choosesRows(rows))
      place = findPlace(kernel, rows, at, s.extents(), none);
    if (place) {
      count = std::max<int64_t>(countNeighbours(constant(width), 16 / shape.element, extents,
                                                [&](Expr e) { return placeAt(e)->address; }),
                                1);
      while (column % count)
        count /= 2;
    }
    function(s, name + " = [&](" + s.indexType(t) + " past, int d)", {"past", "d"}, [&] {
      s.bind(t, "past");
      s.bind(d, "d");
      if (place)
        s.line("return " + Twine(s.bufferName(place->buffer)) + " + " + s.emit(place->address) +
               ";");
      else
        s.line("return (Shape::Sum)" + Twine(s.element(rows, at)) + ";");
    });
    return count;
  }
  static bool choosesRows(Value v) {
    for (Operation *op = v.getDefiningOp(); op && op->getNumOperands();
         op = op->getOperand(0).getDefiningOp())
      if (isa<TakeOp, GatherNdOp>(op))
        return true;
    return false;
  }

  std::string stage(StringRef rows, StringRef to, StringRef stride, int64_t width,
                    int64_t count) const {
    return ("stagePast<" + tag() + ", " + Twine(shape.tile) + ", " + Twine(width) + ", " +
            Twine(count) + ">(" + to + ", " + stride + ", first, end, " + rows + ");")
        .str();
  }

  void emitSources(KernelSource &s, const Block &block) const {
    if (problem.latent)
      return emitExpandedSources(s, block);
    llvm::SmallVector<int64_t> counts;
    int64_t column = 0;
    for (auto [i, part] : llvm::enumerate(problem.parts)) {
      counts.push_back(
          emitRows(s, block, "key" + std::to_string(i), part.keys.rows, part.width, column));
      column += part.width;
    }
    function(s, "keys = [&](Shape::Storage *to, int first)", {"to", "first"}, [&] {
      int64_t column = 0;
      for (auto [i, part] : llvm::enumerate(problem.parts)) {
        s.line(stage("key" + std::to_string(i), "to + " + std::to_string(column),
                     "Shape::keyStride", part.width, counts[i]));
        column += part.width;
      }
    });
    if (shared) {
      s.line("auto values = [](Shape::Storage *, int) {};");
      return;
    }
    int64_t count = emitRows(s, block, "value", problem.values.rows, problem.valueWidth, 0);
    function(s, "values = [&](Shape::Storage *to, int first)", {"to", "first"}, [&] {
      s.line(stage("value", "to", "Shape::valueStride", problem.valueWidth, count));
    });
  }

  // ---- Expanded form ----
  struct Weight {
    bool alongK;
    int64_t count;
  };
  /// A function of (d, k) for the head's weight [g, d, k].
  Weight emitWeight(KernelSource &s, const Block &block, StringRef name, Value weight,
                    int64_t width) const {
    Expr d = s.newIndex(constant(width)), k = s.newIndex(constant(problem.latentWidth));
    llvm::SmallVector<Expr> extents(s.extents());
    Weight result{true, 0};
    auto place = findPlace(kernel, weight, {block.g, d, k}, s.extents(), unknownIndex);
    if (choosesRows(weight))
      place.reset();
    if (place) {
      int64_t most = 16 / shape.element;
      auto at = [&](Expr d, Expr k) {
        return findPlace(kernel, weight, {block.g, d, k}, extents, unknownIndex)->address;
      };
      int64_t alongK = countNeighbours(constant(problem.latentWidth), most, extents,
                                       [&](Expr e) { return at(d, e); });
      int64_t alongD =
          countNeighbours(constant(width), most, extents, [&](Expr e) { return at(e, k); });
      result = {alongK >= alongD, std::max<int64_t>({alongK, alongD, 1})};
    }
    function(s, name + " = [&](int d, int k)", {"d", "k"}, [&] {
      s.bind(d, "d");
      s.bind(k, "k");
      if (place)
        s.line("return " + Twine(s.bufferName(place->buffer)) + " + " + s.emit(place->address) +
               ";");
      else
        s.line("return (Shape::Sum)" + Twine(s.element(weight, {block.g, d, k})) + ";");
    });
    return result;
  }

  void emitExpandedSources(KernelSource &s, const Block &block) const {
    ExpandedShape e = expanded();
    s.line("typedef ExpandedShape<" + Twine(tag()) + ", " + Twine(e.tile) + ", " + Twine(e.latent) +
           ", " + Twine(e.width) + "> Expanded;");
    s.line("static_assert(Expanded::bytes == " + Twine(e.bytes()) + ");");
    s.line("const Expanded expanded{memory + Shape::bytes};");
    s.line("expanded.clear();");
    const auto &part = problem.parts[0];
    int64_t latent = emitRows(s, block, "latent", problem.values.rows, problem.latentWidth, 0),
            rope = 0;
    if (problem.parts.size() > 1)
      rope = emitRows(s, block, "ropeKey", problem.parts[1].keys.rows, problem.parts[1].width,
                      part.width);
    Weight key = emitWeight(s, block, "keyWeight", part.keys.weight, part.width);
    Weight value = emitWeight(s, block, "valueWeight", problem.values.weight, problem.valueWidth);
    auto expand = [&](StringRef stride, StringRef weight, const Weight &form, int64_t width) {
      s.line("expandRows<" + Twine(tag()) + ", Expanded, " + (form.alongK ? "true" : "false") +
             ", " + Twine(width) + ", " + Twine(form.count) + ">(expanded, to, " + stride + ", " +
             weight + ");");
    };
    function(s, "keys = [&](Shape::Storage *to, int first)", {"to", "first"}, [&] {
      s.line(stage("latent", "expanded.latent()", "Expanded::latentStride", problem.latentWidth,
                   latent));
      if (problem.parts.size() > 1)
        s.line(stage("ropeKey", "to + " + std::to_string(part.width), "Shape::keyStride",
                     problem.parts[1].width, rope));
      expand("Shape::keyStride", "keyWeight", key, part.width);
    });
    function(s, "values = [&](Shape::Storage *to, int first)", {"to", "first"},
             [&] { expand("Shape::valueStride", "valueWeight", value, problem.valueWidth); });
  }

  // ---- Rows of scores ----
  /// Head and query of row number `row` of the block.
  std::pair<Expr, Expr> headAndQuery(KernelSource &s, const Block &block, StringRef row) const {
    Expr number = block.firstRow + s.boundIndex(constant(shape.rows), row);
    if (isConstant(problem.heads, 1))
      return {constant(0), number};
    if (isConstant(problem.queries, 1))
      return {number, constant(0)};
    return {mod(number, problem.heads), floorDiv(number, problem.heads)};
  }

  void emitQuery(KernelSource &s, const Block &block) const {
    function(s, "query = [&](int row, int d)", {"row", "d"}, [&] {
      auto [head, query] = headAndQuery(s, block, "row");
      int64_t column = 0;
      for (auto [i, part] : llvm::enumerate(problem.parts)) {
        bool last = i + 1 == problem.parts.size();
        if (!last)
          s.open("if (d < " + Twine(column + part.width) + ")", true);
        Expr d = s.newIndex(constant(part.width));
        s.bind(d, column ? s.define(s.current, "int", "feature", "d - " + Twine(column))
                         : std::string("d"));
        s.line("return (Shape::Sum)" +
               Twine(s.element(part.queries, problem.queryAt(block.b, block.g, head, query, d))) +
               ";");
        if (!last)
          s.close();
        column += part.width;
      }
    });
  }

  void emitFinish(KernelSource &s, const Block &block) const {
    Expr t = s.newIndex(problem.length);
    function(s,
             "finish = [&](int row, " + s.indexType(t) + " past, Shape::Sum score) -> Shape::Sum",
             {"row", "past", "score"}, [&] {
               s.bind(t, "past");
               if (problem.scale != 1)
                 s.line("score *= " + scaleText() + ";");
               if (!problem.bias && !problem.mask && !problem.causal) {
                 s.line("return score;");
                 return;
               }
               auto [head, query] = headAndQuery(s, block, "row");
               auto forbid = [&](const Twine &condition) {
                 s.line("if (" + condition + ")");
                 s.line("  return MinusInfinity<" + Twine(tag()) + ">::value();");
               };
               if (problem.causal)
                 forbid("!(" + s.emitTruth(nonNegative(problem.causal + query - t)) + ")");
               Indices at = problem.scoreAt(block.b, block.g, head, query, t);
               if (problem.mask)
                 forbid("!" + s.element(problem.mask, at));
               if (problem.bias)
                 s.line("score += " + Twine(s.element(problem.bias, at)) + ";");
               s.line("return score;");
             });
  }

  std::string scaleText() const {
    llvm::SmallString<32> text;
    llvm::APFloat value(problem.scale);
    if (!problem.accumulator.isF64()) {
      bool lost;
      value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven, &lost);
      value.toString(text, 9, 0);
    } else {
      value.toString(text, 17, 0);
    }
    return ("Shape::Sum(" + text + ")").str();
  }

  void emitWrite(KernelSource &s, const Block &block) const {
    function(s, "write = [&](int row, int e, Shape::Sum value, Shape::Sum top, Shape::Sum total)",
             {"row", "e", "value", "top", "total"}, [&] {
               auto [head, query] = headAndQuery(s, block, "row");
               Expr e = s.boundIndex(constant(problem.valueWidth), "e");
               Indices at = problem.queryAt(block.b, block.g, head, query, e);
               if (!problem.inParts) {
                 std::string result =
                     s.define(s.current, problem.accumulator.isF64() ? "double" : "float", "result",
                              "value / (total == 0 ? Shape::Sum(1) : total)");
                 s.store(s.outputBuffer(0), at, result);
                 return;
               }
               at.insert(at.begin(), block.split);
               s.store(s.outputBuffer(0), at, "value");
               s.open("if (e == 0)", true);
               at.pop_back();
               s.store(s.outputBuffer(1), at, "top");
               s.store(s.outputBuffer(2), at, "total");
               s.close();
             });
  }

  target::AttentionProblem problem;
  AttentionShape shape;
  bool shared = false, fits = true;
  llvm::SmallVector<GridDim> items;
};

class AttentionCombineRoot : public KernelRoot {
public:
  AttentionCombineRoot(plan::KernelOp kernel, model::AttentionCombineOp op)
      : KernelRoot(kernel), op(op) {
    auto dims = getDims(op.getResult());
    for (Expr dim : llvm::ArrayRef<Expr>(dims).drop_back())
      rows.push_back({dim, constant(1)});
    features = dims.back();
    splits = getDim(op.getSums().getType(), 0);
    width = asConstant(features).value_or(0);
    blockThreads = std::clamp<int64_t>(llvm::divideCeil(width, 32) * 32, 32, 256);
  }

  LaunchShape launch() const override {
    return {gridSize(context, rows), unsigned(blockThreads), 0};
  }

  void emit(KernelSource &s) const override {
    auto o = op;
    if (!isa_and_nonnull<model::AttentionCombineOp>(s.kernel.getYielded()[0].getDefiningOp()))
      return s.fail(s.kernel, "attention under operations");
    if (!width)
      return s.fail(s.kernel, "attention whose values have an unknown width");
    for (StringRef piece : {"vectors", "matrix", "attention", "attention_combine"})
      s.prelude(piece);
    bool isDouble = prim::elementType(o.getSums()).isF64();
    StringRef tag = isDouble ? "F64" : "F32", type = isDouble ? "double" : "float";
    Indices row = emitGridIndices(s, rows);
    auto function = [&](StringRef name, Value tensor, bool hasFeature) {
      Expr split = s.newIndex(splits);
      s.open("auto " + name + " = [&](" + s.indexType(split) + " split" +
                 (hasFeature ? ", int e" : "") + ")",
             true);
      s.own("split");
      s.bind(split, "split");
      Indices at{split};
      llvm::append_range(at, row);
      if (hasFeature) {
        s.own("e");
        at.push_back(s.boundIndex(features, "e"));
      }
      s.line("return " + Twine(s.element(tensor, at)) + ";");
      s.close();
      s.line(";");
    };
    function("top", o.getTops(), false);
    function("total", o.getTotals(), false);
    function("sums", o.getSums(), true);
    s.open("auto write = [&](int e, " + type + " value)", true);
    s.own("e");
    s.own("value");
    Indices at(row);
    at.push_back(s.boundIndex(features, "e"));
    s.store(s.outputBuffer(0), at, "value");
    s.close();
    s.line(";");
    s.line("combineAttention<" + Twine(tag) + ", " + Twine(blockThreads) + ", " + Twine(width) +
           ">((int)" + s.emit(splits) + ", top, total, sums, write);");
  }

private:
  model::AttentionCombineOp op;
  llvm::SmallVector<GridDim> rows;
  Expr features, splits;
  int64_t width, blockThreads;
};

} // namespace

std::unique_ptr<KernelRoot> makeAttentionRoot(plan::KernelOp kernel, model::AttentionOp op) {
  return std::make_unique<AttentionRoot>(kernel, op);
}
std::unique_ptr<KernelRoot> makeAttentionPartsRoot(plan::KernelOp kernel,
                                                   model::AttentionPartsOp op) {
  return std::make_unique<AttentionRoot>(kernel, op);
}
std::unique_ptr<KernelRoot> makeExpandedAttentionRoot(plan::KernelOp kernel,
                                                      model::LatentAttentionOp op) {
  return std::make_unique<AttentionRoot>(kernel, op);
}
std::unique_ptr<KernelRoot> makeAttentionCombineRoot(plan::KernelOp kernel,
                                                     model::AttentionCombineOp op) {
  return std::make_unique<AttentionCombineRoot>(kernel, op);
}

} // namespace dsc::cuda
