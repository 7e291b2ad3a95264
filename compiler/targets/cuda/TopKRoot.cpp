// SPDX-License-Identifier: Apache-2.0
// The k first elements of each row in order. Elements are ordered by value and then by index, so
// that all are different: a number stands for both. Few elements are found one after another, each
// by all threads as the largest number below the one before; many, and those of 64 bits, by
// counting for every element how many come before it.
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
      : KernelRoot(kernel), op(op), type(prim::elementType(op.getOperand())),
        rows(getDims(op.getOperand())), k(getDims(op.getValues()).back()) {
    length = rows.back();
    rows.pop_back();
  }

protected:
  /// A number without a sign of `orderType`: the larger, the earlier the value comes in the result.
  std::string order(KernelSource &s, const std::string &value) const {
    auto o = op;
    s.prelude("order");
    return (o.getLargest() ? "orderOf(" : "~orderOf(") + value + ")";
  }
  static bool isWide(Type type) { return storageBytes(type) == 8; }

  void write(KernelSource &s, ArrayRef<Expr> row, Expr place, const std::string &value,
             const std::string &index) const {
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

  LaunchShape launch() const override {
    return {ceilDiv(product(context, rows), constant(rowsOfBlock())), blockThreads()};
  }

  void emit(KernelSource &s) const override {
    Expr count = product(context, rows), row = s.newIndex(count);
    llvm::StringRef indexType = s.indexType(row), valueType = registerType(type);
    std::string lane = s.define(s.current, "int", "lane",
                                groupThreads() == 32 ? "threadIdx.x % 32" : "threadIdx.x");
    std::string number = s.define(s.current, indexType, "row",
                                  "(" + indexType + ")blockIdx.x * " + Twine(rowsOfBlock()) +
                                      " + threadIdx.x / " + Twine(groupThreads()));
    if (rowsOfBlock() > 1)
      s.line("if (" + number + " >= " + s.emit(count) + ") return;");
    s.bind(row, number);
    s.setGroup({groupThreads(), lane, s.current, s.guard});
    Indices at = delinearize(row, rows, s.extents());
    // The order of the value, and behind it how far the row's end is: never 0, never all ones.
    llvm::StringRef wide = "unsigned long long";
    std::string last = s.variable(wide, "last", "~0ull");
    s.overIndex(k, [&](Expr round) {
      std::string best = s.variable(wide, "best", "0"),
                  chosen = s.variable(valueType, "chosen", literal(type, 0.0));
      s.overIndex(length, lane, Twine(groupThreads()), [&](Expr e) {
        Indices position(at);
        position.push_back(e);
        std::string value = s.element(op.getOperand(), position);
        std::string number = s.define(s.current, wide, "number",
                                      formatv("(({0}){1} << 32) | (0xfffffffeu - (unsigned){2})",
                                              wide, order(s, value), s.emit(e)));
        s.line(formatv("{0} = max({0}, {1} < {2} ? {1} : 0);", best, number, last));
        s.line(formatv("{0} = {1} == {2} ? {3} : {0};", chosen, best, number, value));
      });
      std::string own = s.define(s.current, wide, "own", best);
      std::string first = s.combineThreads(
          {best}, {wide.str()}, "first", [&](ArrayRef<std::string> x, ArrayRef<std::string> y) {
            return std::vector<std::string>{"max(" + x[0] + ", " + y[0] + ")"};
          })[0];
      s.open("if (" + own + " == " + first + ")", /*conditional=*/true);
      write(s, at, round, chosen, "0xfffffffeu - (unsigned)" + first);
      s.close();
      s.line(last + " = " + first + ";");
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
    std::string n = s.emit(length);
    s.line(
        formatv("const unsigned tiles = ((unsigned){0} + {1}u) / {2}u;", n, threads - 1, threads));
    Expr row = s.newIndex(product(context, rows));
    s.bind(row, s.define(s.current, s.indexType(row), "row", "blockIdx.x / tiles"));
    Indices at = delinearize(row, rows, s.extents());
    std::string first = formatv("blockIdx.x % tiles * {0}", threads);
    s.setGroup({threads, "threadIdx.x", s.current, s.guard});
    llvm::StringRef orderType = isWide(type) ? "unsigned long long" : "unsigned";
    s.line(formatv("__shared__ {0} tile[{1}];", orderType, threads));
    std::string mine =
        s.define(s.current, "long long", "mine", first + " + (long long)threadIdx.x");
    std::string value = s.choose(
        mine + " < " + n, type, [&] { return elementAt(s, at, mine); },
        [&] { return literal(type, 0.0); });
    std::string own = s.define(s.current, orderType, "own", order(s, value)),
                rank = s.variable("long long", "rank", "0");
    s.line(formatv("__builtin_assume({0} > 0);", n));
    s.open(formatv("#pragma unroll 1\nfor (long long other = 0; other < {0}; other += {1})", n,
                   threads));
    s.line("__syncthreads();");
    std::string theirs =
        s.define(s.current, "long long", "theirs", "other + (long long)threadIdx.x");
    s.branch(
        theirs + " < " + n,
        [&] { s.line("tile[threadIdx.x] = " + order(s, elementAt(s, at, theirs)) + ";"); },
        nullptr);
    s.line("__syncthreads();");
    s.line(formatv("const int count = (int)min((long long){1} - other, {0}ll);", threads, n));
    s.line("__builtin_assume(count > 0);");
    s.open("for (int j = 0; j < count; ++j)");
    s.line(formatv("{0} += tile[j] > {1} || (tile[j] == {1} && other + j < {2}) ? 1 : 0;", rank,
                   own, mine));
    s.close();
    s.close();
    s.branch(
        mine + " < " + n + " && " + rank + " < " + s.emit(k),
        [&] {
          Expr place = s.newIndex(k);
          s.bind(place, s.define(s.current, s.indexType(place), "place", rank));
          write(s, at, place, value, mine);
        },
        nullptr);
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
  if (k && *k <= mostRounds && storageBytes(prim::elementType(op.getOperand())) < 8)
    return std::make_unique<SelectingTopKRoot>(kernel, op);
  return std::make_unique<CountingTopKRoot>(kernel, op);
}

} // namespace dsc::cuda
