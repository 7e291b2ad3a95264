// SPDX-License-Identifier: Apache-2.0
// Kernels with reductions that threads share: a warp or a block computes one row of the output, that is all elements for which the
// reductions have the same result. A reduction whose neighbours in memory belong to different elements of the output needs no
// company: MapRoot gives it a thread an element, which reads as coalesced.
#include "compiler/targets/common/AccessScan.h"
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/KernelRoot.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::Twine;

namespace dsc::cuda {

namespace {

/// Shorter reductions are a loop of one thread.
constexpr int64_t shortest = 8;

/// What is computed element by element, and where it goes.
struct Target {
  explicit Target(plan::KernelOp kernel) {
    auto yielded = kernel.getYielded();
    auto update = yielded[0].getDefiningOp<UpdateSliceOp>();
    // In place the block is all that is written.
    if (update && llvm::any_of(kernel.getAliases(), [](int64_t alias) { return alias >= 0; })) {
      values.push_back(update.getUpdate());
      starts = update.getStarts().toVector();
    } else {
      llvm::append_range(values, yielded);
    }
    dims = getDims(values[0]);
  }

  bool isUniform() const {
    return llvm::all_of(values, [&](Value v) { return getDims(v) == dims; });
  }

  void store(KernelSource &s, ArrayRef<Expr> at, ArrayRef<std::string> elements) const {
    Indices place(at);
    for (auto [e, start] : llvm::zip(place, starts))
      e = e + start;
    for (auto [o, element] : llvm::enumerate(elements))
      s.store(s.outputBuffer(o), place, element);
  }

  SmallVector<Value> values;
  SmallVector<Expr> dims, starts;
};

struct Rows {
  /// Dimensions of the output along which rows differ, and those along a row; sizes of the others are 1 in each.
  SmallVector<Expr> outer, inner;
  unsigned groupThreads;
};

class ReduceRoot : public KernelRoot {
public:
  ReduceRoot(plan::KernelOp kernel, Target target, Rows rows)
      : KernelRoot(kernel), target(std::move(target)), rows(std::move(rows)) {}

  LaunchShape launch() const override {
    return {ceilDiv(product(context, rows.outer), constant(rowsOfBlock())), blockThreads()};
  }

  void emit(KernelSource &s) const override {
    Expr count = product(context, rows.outer), row = s.newIndex(count);
    llvm::StringRef type = s.indexType(row);
    std::string lane = "threadIdx.x", number;
    if (rows.groupThreads == 32) {
      lane = s.define(s.current, "int", "lane", "threadIdx.x % 32");
      number = s.define(s.current, type, "row", "(" + type + ")blockIdx.x * " + Twine(rowsOfBlock()) + " + threadIdx.x / 32");
      s.line("if (" + number + " >= " + s.emit(count) + ") return;");
    } else {
      lane = s.define(s.current, "int", "lane", "threadIdx.x");
      number = s.define(s.current, type, "row", "blockIdx.x");
    }
    s.bind(row, number);
    s.setGroup({rows.groupThreads, lane, s.current, s.guard});
    Indices outer = delinearize(row, rows.outer, s.extents());
    auto elements = [&](ArrayRef<Expr> at) {
      // All values before the first store: an output may share an input's buffer.
      SmallVector<std::string> result;
      for (Value v : target.values)
        result.push_back(s.element(v, at));
      return result;
    };
    if (llvm::all_of(rows.inner, [](Expr dim) { return isConstant(dim, 1); })) {
      SmallVector<std::string> values = elements(outer);
      s.open("if (" + lane + " == 0)", /*conditional=*/true);
      target.store(s, outer, values);
      s.close();
      return;
    }
    unsigned width = chooseWidth();
    SmallVector<Expr> cut(rows.inner);
    cut.back() = floorDiv(cut.back(), constant(width));
    s.overIndex(product(context, cut), lane, Twine(rows.groupThreads), [&](Expr e) {
      Indices inner = delinearize(e, cut, s.extents());
      s.overLanes(width, [&](Expr position) {
        Indices at;
        for (auto [i, pair] : llvm::enumerate(llvm::zip(outer, inner))) {
          Expr along = std::get<1>(pair);
          if (width > 1 && i + 1 == outer.size())
            along = along * width + position;
          at.push_back(std::get<0>(pair) + along);
        }
        target.store(s, at, elements(at));
      });
    });
  }

private:
  unsigned blockThreads() const { return std::max(128u, rows.groupThreads); }
  unsigned rowsOfBlock() const { return blockThreads() / rows.groupThreads; }

  unsigned chooseWidth() const {
    unsigned bytes = 2;
    for (Value v : target.values)
      bytes = std::max(bytes, storageBytes(prim::elementType(v)));
    return KernelSource::sharedWidth(rows.inner, bytes, rows.groupThreads);
  }

  Target target;
  Rows rows;
};

/// A warp for short rows: several share a block and need no barriers.
unsigned chooseThreads(std::optional<int64_t> length) {
  if (!length)
    return 128;
  return *length <= 1024 ? 32 : *length < 16384 ? 256 : 1024;
}

} // namespace

std::unique_ptr<KernelRoot> makeReduceRoot(plan::KernelOp kernel) {
  MLIRContext *context = kernel.getContext();
  Target target(kernel);
  if (!target.isUniform())
    return nullptr;
  const SmallVector<Expr> &dims = target.dims;
  Indices at;
  for (auto [i, dim] : llvm::enumerate(dims))
    at.push_back(isConstant(dim, 1) ? constant(context, 0) : index(context, i));
  AccessScan scan(kernel, dims);
  for (Value v : target.values)
    scan.visit(v, at);
  // Loops inside of others belong to one thread, unless they do not depend on the outer loop.
  auto isInner = [&](const AccessScan::Loop &loop) {
    return llvm::any_of(loop.at, [&](Expr e) {
      return llvm::any_of(llvm::seq<unsigned>(dims.size(), scan.extents.size()), [&](unsigned id) { return scan.dependsOn(e, id); });
    });
  };
  Expr one = constant(context, 1);
  Rows rows{SmallVector<Expr>(dims.size(), one), dims, 0};
  std::optional<int64_t> longest = 0;
  bool found = false, contiguous = false;
  for (const AccessScan::Loop &loop : scan.loops) {
    if (isInner(loop))
      continue;
    found = true;
    Expr length = one;
    for (unsigned id : loop.ids) {
      length = length * scan.extents[id];
      contiguous |= scan.contiguity(id) > 0;
    }
    auto known = asConstant(length);
    longest = known && longest ? std::optional(std::max(*known, *longest)) : std::nullopt;
    for (unsigned id = 0; id < dims.size(); ++id)
      if (llvm::any_of(loop.at, [&](Expr e) { return scan.dependsOn(e, id); })) {
        rows.outer[id] = dims[id];
        rows.inner[id] = one;
      }
  }
  if (!found || (longest && *longest <= shortest))
    return nullptr;
  bool single = llvm::all_of(rows.inner, [](Expr dim) { return isConstant(dim, 1); });
  if (single && !contiguous) {
    auto last = llvm::find_if(llvm::reverse(dims), [](Expr dim) { return !isConstant(dim, 1); });
    if (last != dims.rend() && scan.contiguity(dims.rend() - last - 1) > 0)
      return nullptr;
  }
  auto along = asConstant(product(context, rows.inner));
  rows.groupThreads = chooseThreads(longest && along ? std::optional(std::max(*longest, *along)) : std::nullopt);
  return std::make_unique<ReduceRoot>(kernel, std::move(target), std::move(rows));
}

} // namespace dsc::cuda
