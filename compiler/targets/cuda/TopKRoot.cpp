// SPDX-License-Identifier: Apache-2.0
// The k first elements of each row in order. Elements are ordered by value and then by index, so that all are different. Few of them
// are found one after another, each by all threads as the first one behind the one before; many by counting for every element how many
// come before it.
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/KernelRoot.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::formatv;
using llvm::SmallVector;
using llvm::Twine;

namespace dsc::cuda {

namespace {

/// More than this many are found by counting.
constexpr int64_t mostRounds = 32;

class TopKRoot : public KernelRoot {
public:
  TopKRoot(plan::KernelOp kernel, TopKOp op)
      : KernelRoot(kernel), op(op), type(prim::elementType(op.getOperand())), rows(getDims(op.getOperand())), k(getDims(op.getValues()).back()) {
    length = rows.back();
    rows.pop_back();
  }

protected:
  /// Whether x at position i comes before y at position j in the result.
  std::string before(const std::string &x, const std::string &i, const std::string &y, const std::string &j) const {
    auto o = op;
    std::string first = formatv("{0} {1} {2}", x, o.getLargest() ? ">" : "<", y), same = formatv("{0} == {1}", x, y);
    if (isa<FloatType>(type)) {
      // NaN counts as the largest.
      const std::string &greater = o.getLargest() ? x : y, &other = o.getLargest() ? y : x;
      first += formatv(" || ({0} != {0} && {1} == {1})", greater, other);
      same = formatv("({0} || ({1} != {1} && {2} != {2}))", same, x, y);
    }
    return formatv("{0} || ({1} && {2} < {3})", first, same, i, j);
  }

  void write(KernelSource &s, ArrayRef<Expr> row, Expr place, const std::string &value, const std::string &index) const {
    Indices at(row);
    at.push_back(place);
    s.store(s.outputBuffer(0), at, value);
    s.store(s.outputBuffer(1), at, index);
  }

  mutable TopKOp op;
  Type type;
  SmallVector<Expr> rows;
  Expr k, length;
};

class SelectingTopKRoot : public TopKRoot {
public:
  using TopKRoot::TopKRoot;

  LaunchShape launch() const override { return {ceilDiv(product(context, rows), constant(rowsOfBlock())), blockThreads()}; }

  void emit(KernelSource &s) const override {
    Expr count = product(context, rows), row = s.newIndex(count);
    llvm::StringRef indexType = s.indexType(row), valueType = registerType(type);
    std::string lane = s.define(s.current, "int", "lane", groupThreads() == 32 ? "threadIdx.x % 32" : "threadIdx.x");
    std::string number = s.define(s.current, indexType, "row",
                                  "(" + indexType + ")blockIdx.x * " + Twine(rowsOfBlock()) + " + threadIdx.x / " + Twine(groupThreads()));
    if (rowsOfBlock() > 1)
      s.line("if (" + number + " >= " + s.emit(count) + ") return;");
    s.bind(row, number);
    s.setGroup({groupThreads(), lane, s.current, s.guard});
    Indices at = delinearize(row, rows, s.extents());
    std::string last = s.variable(valueType, "last", literal(type, 0.0)), lastPlace = s.variable("long long", "last_place", "-1");
    s.overIndex(k, [&](Expr round) {
      std::string best = s.variable(valueType, "best", literal(type, 0.0)), place = s.variable("long long", "place", "-1");
      s.overIndex(length, lane, Twine(groupThreads()), [&](Expr e) {
        Indices position(at);
        position.push_back(e);
        std::string value = s.element(op.getOperand(), position), index = s.emit(e);
        std::string isLater = s.define(s.current, "bool", "is_later", lastPlace + " < 0 || " + before(last, lastPlace, value, index));
        s.line(formatv("if ({0} && ({1} < 0 || {2})) {{ {3} = {4}; {1} = {5}; }", isLater, place, before(value, index, best, place), best,
                       value, index));
      });
      auto found = s.combineThreads({best, place}, {valueType.str(), "long long"}, "first", [&](ArrayRef<std::string> x, ArrayRef<std::string> y) {
        std::string take =
            s.define(s.current, "bool", "take", formatv("{0} >= 0 && ({1} < 0 || {2})", y[1], x[1], before(y[0], y[1], x[0], x[1])));
        return std::vector<std::string>{take + " ? " + y[0] + " : " + x[0], take + " ? " + y[1] + " : " + x[1]};
      });
      s.open("if (" + lane + " == 0)", /*conditional=*/true);
      write(s, at, round, found[0], found[1]);
      s.close();
      s.line(last + " = " + found[0] + ";");
      s.line(lastPlace + " = " + found[1] + ";");
      if (groupThreads() > 32)
        s.line("__syncthreads();");
    });
  }

private:
  unsigned groupThreads() const {
    auto n = asConstant(length);
    return n && *n <= 1024 ? 32 : 256;
  }
  unsigned blockThreads() const { return std::max(128u, groupThreads()); }
  unsigned rowsOfBlock() const { return blockThreads() / groupThreads(); }
};

class CountingTopKRoot : public TopKRoot {
public:
  using TopKRoot::TopKRoot;

  LaunchShape launch() const override { return {product(context, rows) * tiles(), threads}; }

  void emit(KernelSource &s) const override {
    // A block ranks one tile of a row against all tiles.
    SmallVector<Expr> domain(rows);
    domain.push_back(tiles());
    Expr block = s.newIndex(product(context, domain));
    s.bind(block, s.define(s.current, s.indexType(block), "block", "blockIdx.x"));
    Indices at = delinearize(block, domain, s.extents());
    std::string first = s.emit(at.pop_back_val() * threads), n = s.emit(length);
    s.setGroup({threads, "threadIdx.x", s.current, s.guard});
    llvm::StringRef valueType = registerType(type);
    s.line(formatv("__shared__ {0} tile[{1}];", valueType, threads));
    std::string mine = s.define(s.current, "long long", "mine", first + " + (long long)threadIdx.x");
    std::string value = s.choose(mine + " < " + n, type, [&] { return elementAt(s, at, mine); }, [&] { return literal(type, 0.0); });
    std::string rank = s.variable("long long", "rank", "0");
    s.open(formatv("#pragma unroll 1\nfor (long long other = 0; other < {0}; other += {1})", n, threads));
    s.line("__syncthreads();");
    std::string theirs = s.define(s.current, "long long", "theirs", "other + (long long)threadIdx.x");
    s.branch(theirs + " < " + n, [&] { s.line("tile[threadIdx.x] = " + elementAt(s, at, theirs) + ";"); }, nullptr);
    s.line("__syncthreads();");
    s.line(formatv("const int count = {1} - other < {0} ? (int)({1} - other) : {0};", threads, n));
    s.open("for (int j = 0; j < count; ++j)");
    s.line(formatv("const {0} x = tile[j];", valueType));
    s.line(formatv("{0} += {1};", rank, "(" + before("x", "other + j", value, mine) + ") ? 1 : 0"));
    s.close();
    s.close();
    s.branch(mine + " < " + n + " && " + rank + " < " + s.emit(k), [&] {
      Expr place = s.newIndex(k);
      s.bind(place, s.define(s.current, s.indexType(place), "place", rank));
      write(s, at, place, value, mine);
    }, nullptr);
  }

private:
  static constexpr unsigned threads = 128;

  Expr tiles() const { return ceilDiv(length, constant(threads)); }

  /// The element at the position in the variable `place`, below the row's length.
  std::string elementAt(KernelSource &s, ArrayRef<Expr> row, const std::string &place) const {
    Expr e = s.newIndex(length);
    s.bind(e, s.define(s.current, s.indexType(e), "position", place));
    Indices at(row);
    at.push_back(e);
    return s.element(op.getOperand(), at);
  }
};

} // namespace

std::unique_ptr<KernelRoot> makeTopKRoot(plan::KernelOp kernel, TopKOp op) {
  auto k = asConstant(getDims(op.getValues()).back());
  if (k && *k <= mostRounds)
    return std::make_unique<SelectingTopKRoot>(kernel, op);
  return std::make_unique<CountingTopKRoot>(kernel, op);
}

} // namespace dsc::cuda
