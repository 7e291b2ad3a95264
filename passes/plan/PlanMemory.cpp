// SPDX-License-Identifier: Apache-2.0
// Launch outputs -> slots of the arena.
#include "passes/Passes.h"
#include "passes/plan/Buffers.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_PLANMEMORY
#include "passes/Passes.h.inc"

namespace {
using namespace plan;

struct Slot {
  Expr bytes;
  int64_t epoch;    // in which `bytes` is known
  unsigned freeFrom; // first step that may write it again
};

/// A guess for comparisons: every size is 64.
int64_t nominal(Expr bytes) {
  return evaluate(bytes, [](Expr) -> std::optional<int64_t> { return 64; }).value_or(INT64_MAX);
}

Expr larger(Expr a, Expr b) {
  if (provablyNonNegative(a - b))
    return a;
  if (provablyNonNegative(b - a))
    return b;
  return max(a, b);
}

class Planner {
public:
  explicit Planner(func::FuncOp func) : func(func) {}

  void run() {
    findLifetimes();
    int64_t epoch = 0;
    for (auto [step, op] : llvm::enumerate(func.front())) {
      if (auto define = dyn_cast<DefineSymbolOp>(op); define && !readsInput(define))
        symbolEpoch[define.getSymbol()] = ++epoch;
      if (auto launch = dyn_cast<LaunchOp>(op))
        place(launch, step, epoch);
    }
    SmallVector<Expr> bytes;
    SmallVector<int64_t> epochs;
    for (Slot &slot : slots) {
      bytes.push_back(slot.bytes);
      epochs.push_back(slot.epoch);
    }
    func->setAttr("plan.slot_bytes", ShapeAttr::get(func.getContext(), bytes));
    func->setAttr("plan.slot_epochs", DenseI64ArrayAttr::get(func.getContext(), epochs));
  }
  unsigned numSlots() const { return slots.size(); }
  unsigned numValues = 0;

private:
  void findLifetimes() {
    for (auto [step, op] : llvm::enumerate(func.front()))
      for (Value operand : op.getOperands()) {
        Value source = getBufferRoot(operand);
        if (isa<func::ReturnOp>(op))
          outputs.insert(source);
        else
          lastUse[source] = step;
      }
  }

  int64_t epochOf(Expr e) {
    int64_t epoch = 0;
    walkLeaves(e, [&](Expr leaf) { epoch = std::max(epoch, symbolEpoch.lookup(leaf)); });
    return epoch;
  }

  void place(LaunchOp launch, unsigned step, int64_t epoch) {
    SmallVector<int64_t> chosen;
    for (OpResult result : launch->getResults()) {
      // An output, a state or an aliased input lives elsewhere.
      if (getBufferRoot(result) != result || outputs.contains(result)) {
        chosen.push_back(-1);
        continue;
      }
      ++numValues;
      auto last = lastUse.find(result);
      unsigned freeFrom = (last == lastUse.end() ? step : last->second) + 1;
      chosen.push_back(choose(getBytes(result.getType()), step, freeFrom));
    }
    launch.setSlotsAttr(DenseI64ArrayAttr::get(func.getContext(), chosen));
  }

  int64_t choose(Expr bytes, unsigned step, unsigned freeFrom) {
    int64_t epoch = epochOf(bytes);
    int64_t best = -1, bestWaste = INT64_MAX;
    for (auto [i, slot] : llvm::enumerate(slots)) {
      // The slot's size is fixed when its epoch begins: the value's must be known by then, and no earlier slot grows late.
      if (slot.freeFrom > step || slot.epoch != epoch)
        continue;
      int64_t difference = nominal(slot.bytes) - nominal(bytes);
      int64_t waste = slot.bytes == bytes ? -1 : difference < 0 ? -difference : difference;
      if (waste < bestWaste) {
        best = i;
        bestWaste = waste;
      }
    }
    if (best < 0) {
      slots.push_back({bytes, epoch, freeFrom});
      return slots.size() - 1;
    }
    slots[best].bytes = larger(slots[best].bytes, bytes);
    slots[best].freeFrom = freeFrom;
    return best;
  }

  func::FuncOp func;
  SmallVector<Slot> slots;
  llvm::DenseMap<Value, unsigned> lastUse;
  llvm::DenseSet<Value> outputs;
  llvm::DenseMap<Expr, int64_t> symbolEpoch; // 0 for symbols of the arguments
};

struct PlanMemory : impl::PlanMemoryBase<PlanMemory> {
  using Base::Base;
  void runOnOperation() override {
    Planner planner(getOperation());
    planner.run();
    numSlots += planner.numSlots();
    numValues += planner.numValues;
  }
};

} // namespace
} // namespace dsc
