// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/Schedule.h"
#include "compiler/targets/common/FlatDomain.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cpu {

namespace {

/// Elements of a chunk when one row is long: large enough to hide the cost of a work item.
constexpr int64_t chunkSize = 4096;
constexpr size_t maxPieces = 8;

struct Scheduler {
  plan::KernelOp kernel;
  const Domain &domain;
  MLIRContext *context = kernel.getContext();
  Schedule s;

  AccessScan scan(Expr &written) {
    AccessScan result(kernel, s.extents);
    written = domain.visit(result, s.position);
    return result;
  }

  /// All tensors dense and alike: one loop over the elements in memory order.
  bool flatten() {
    if (domain.nested || domain.scalar || domain.dims.empty() || !isFlat(kernel, domain.dims, domain.visit))
      return false;
    s.extents = {product(context, domain.dims)};
    s.position = flatPosition(domain.dims, index(context, 0));
    return true;
  }

  void chooseLane() {
    if (domain.scalar)
      return;
    Expr written;
    AccessScan reads = scan(written);
    int bestScore = 0;
    for (unsigned id = 0; id < s.extents.size(); ++id) {
      if (KernelCode::laneCount(s.extents[id]) == 1)
        continue;
      int score = reads.contiguity(id);
      // With a loop inside, that loop has the lanes unless it runs across rows.
      if ((reads.hasReduction || domain.nested) && score < (domain.nested ? 1 : 0))
        continue;
      AccessScan writes(kernel, s.extents);
      writes.addresses.push_back(written);
      score += writes.contiguity(id);
      if (!s.lane || score >= bestScore) {
        s.lane = id;
        bestScore = score;
      }
    }
    if (s.lane && reads.hasReduction && reads.contiguity(*s.lane) == 0 &&
        !readsAlong(reads, *s.lane))
      s.lane.reset();
  }

  bool readsAlong(const AccessScan &reads, unsigned id) {
    return llvm::any_of(reads.addresses, [&](Expr a) { return usesIndex(a, id); }) ||
           reads.usesPositions;
  }

  /// d = c * outer + inner, where addresses divide d by c.
  void splitLane() {
    for (int round = 0; round < 4 && s.lane; ++round) {
      Expr written;
      AccessScan reads = scan(written);
      SmallVector<Expr> divisors = reads.divisors(*s.lane);
      AccessScan writes(kernel, s.extents);
      writes.addresses.push_back(written);
      llvm::append_range(divisors, writes.divisors(*s.lane));
      if (divisors.empty())
        return;
      // The largest first: the others divide what remains.
      Expr best = divisors.front();
      for (Expr c : divisors)
        if (provablyNonNegative(c - best))
          best = c;
      unsigned outer = *s.lane, inner = s.extents.size();
      s.extents.push_back(best);
      s.extents[outer] = floorDiv(s.extents[outer], best);
      Expr whole = index(context, outer), d = whole * best + index(context, inner);
      for (Expr &e : s.position)
        e = substitute(e, [&](Expr leaf) -> std::optional<Expr> {
          if (leaf == whole)
            return d;
          return std::nullopt;
        });
      s.lane = inner;
    }
  }

  void cutLane() {
    Expr written;
    AccessScan reads = scan(written);
    Expr zero = constant(context, 0), extent = s.extents[*s.lane];
    SmallVector<Expr> inner;
    for (Expr point : reads.breakpoints(*s.lane))
      if (!isConstant(point, 0) && point != extent && !provablyNonNegative(-point) &&
          !provablyNonNegative(point - extent))
        inner.push_back(point);
    bool ordered = llvm::all_of(inner, [](Expr e) { return asConstant(e).has_value(); });
    if (ordered)
      llvm::sort(inner, [](Expr a, Expr b) { return *asConstant(a) < *asConstant(b); });
    // The order of sizes is not known here: with several, branches stay in the loop.
    if (inner.size() >= maxPieces || (!ordered && inner.size() > 1))
      inner.clear();
    s.cuts = {zero};
    llvm::append_range(s.cuts, inner);
    s.cuts.push_back(extent);
  }

  Schedule run() {
    s.extents = domain.dims;
    auto positions = [&] {
      s.position.clear();
      for (auto [i, dim] : llvm::enumerate(domain.dims))
        s.position.push_back(isConstant(dim, 1) ? constant(context, 0) : index(context, i));
    };
    positions();
    if (flatten()) {
      s.lane = 0;
    } else {
      chooseLane();
      splitLane();
    }
    s.grid = constant(context, 1);
    for (unsigned id = 0; id < s.extents.size(); ++id)
      if (id != s.lane && !isConstant(s.extents[id], 1)) {
        s.rows.push_back(id);
        s.grid = s.grid * s.extents[id];
      }
    if (!s.lane)
      return s;
    cutLane();
    Expr extent = s.extents[*s.lane];
    s.width = KernelCode::laneCount(extent);
    if (auto n = asConstant(extent); !n || *n > chunkSize)
      s.chunk = chunkSize;
    if (s.chunk)
      s.grid = s.grid * ceilDiv(extent, constant(context, s.chunk));
    return s;
  }
};

} // namespace

Schedule makeSchedule(plan::KernelOp kernel, const Domain &domain) {
  return Scheduler{kernel, domain}.run();
}

void emitItems(KernelCode &code, llvm::function_ref<void(Value)> body) {
  Loop loop = code.openLoop(code.current, code.begin, code.end, code.i64(1));
  body(loop.iv());
  code.closeLoop(loop);
}

Indices emitDelinearize(KernelCode &code, Value number, ArrayRef<Expr> extents) {
  Indices result(extents.size(), code.constant(0));
  SmallVector<unsigned> real;
  for (auto [i, extent] : llvm::enumerate(extents))
    if (!isConstant(extent, 1))
      real.push_back(i);
  for (unsigned i : llvm::reverse(real)) {
    Value position = number;
    if (i != real.front()) {
      // Items exist only where no extent is zero.
      Value extent = code.emit(extents[i]);
      position = code.binary<arith::RemUIOp>(number, extent);
      number = code.binary<arith::DivUIOp>(number, extent);
    }
    result[i] = code.newIndex(extents[i]);
    code.bind(result[i], position);
  }
  return result;
}

void emitSchedule(KernelCode &code, const Schedule &s,
                  llvm::function_ref<void(ArrayRef<Expr>)> body) {
  MLIRContext *context = code.kernel.getContext();
  emitItems(code, [&](Value item) {
    SmallVector<Expr> extents;
    for (unsigned id : s.rows)
      extents.push_back(s.extents[id]);
    if (s.chunk)
      extents.push_back(ceilDiv(s.extents[*s.lane], constant(context, s.chunk)));
    Indices rows = emitDelinearize(code, item, extents);
    auto at = [&](Expr lane) {
      Indices result;
      for (Expr e : s.position)
        result.push_back(simplify(substitute(e,
                                             [&](Expr leaf) -> std::optional<Expr> {
                                               if (leaf.getKind() != ExprKind::Index)
                                                 return std::nullopt;
                                               unsigned id = leaf.getValue();
                                               if (id == s.lane)
                                                 return lane;
                                               auto *row = llvm::find(s.rows, id);
                                               return row == s.rows.end()
                                                          ? code.constant(0)
                                                          : rows[row - s.rows.begin()];
                                             }),
                                  code.extents()));
      return result;
    };
    if (!s.lane) {
      body(at(nullptr));
      return;
    }
    Expr extent = s.extents[*s.lane];
    for (size_t i = 0; i + 1 < s.cuts.size(); ++i) {
      Expr from = s.cuts[i], size = s.cuts[i + 1] - from;
      bool whole = s.cuts.size() == 2;
      Value lower = code.i64(0), upper = code.emit(size);
      if (!whole) {
        // A cut that is a size may lie outside of the loop.
        Expr zero = code.constant(0);
        Expr start = max(min(from, extent), zero), stop = max(min(s.cuts[i + 1], extent), zero);
        lower = code.emit(start - from);
        upper = code.emit(stop - from);
      }
      if (s.chunk) {
        Value first = code.mul(code.emit(rows.back()), code.i64(s.chunk));
        Value last = code.add(first, code.i64(s.chunk));
        if (whole) {
          lower = first;
          upper = code.binary<arith::MinSIOp>(last, upper);
        } else {
          Value shift = code.emit(from);
          lower = code.binary<arith::MaxSIOp>(lower, code.sub(first, shift));
          upper = code.binary<arith::MinSIOp>(upper, code.sub(last, shift));
        }
      }
      code.overLanes(size, lower, upper, s.width, {}, [&](Expr lane, Values) {
        body(at(from + lane));
        return Values();
      });
    }
  });
}

} // namespace dsc::cpu
