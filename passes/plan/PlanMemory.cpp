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
  SmallVector<Expr> sizes; // of its values, none provably below another
  int64_t epoch;     // in which they are known
  unsigned freeFrom; // first step that may write it again
};

/// A guess where nothing is proved: every size is 64.
int64_t nominal(Expr bytes) {
  return evaluate(bytes, [](Expr) -> std::optional<int64_t> { return 64; }).value_or(INT64_MAX);
}

/// What a value of `bytes` means for a slot.
enum class Fit { Equal, Fits, Grows };

Fit compare(const Slot &slot, Expr bytes) {
  if (slot.sizes.size() == 1 && slot.sizes.front() == bytes)
    return Fit::Equal;
  bool fits = llvm::any_of(slot.sizes, [&](Expr size) { return provablyNonNegative(size - bytes); });
  return fits ? Fit::Fits : Fit::Grows;
}

void grow(Slot &slot, Expr bytes) {
  llvm::erase_if(slot.sizes, [&](Expr size) { return provablyNonNegative(bytes - size); });
  slot.sizes.push_back(bytes);
}

Expr bytesOf(const Slot &slot) {
  Expr bytes = slot.sizes.front();
  for (Expr size : llvm::drop_begin(slot.sizes))
    bytes = max(bytes, size);
  return bytes;
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
        place(launch, step);
    }
    SmallVector<Expr> bytes;
    SmallVector<int64_t> epochs;
    for (Slot &slot : slots) {
      bytes.push_back(bytesOf(slot));
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

  void place(LaunchOp launch, unsigned step) {
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
      chosen.push_back(choose(getBytesNeeded(result), step, freeFrom));
    }
    launch.setSlotsAttr(DenseI64ArrayAttr::get(func.getContext(), chosen));
  }

  /// A free slot of the same epoch: of equal size, else the smallest that is large enough, else the largest, which grows.
  int64_t choose(Expr bytes, unsigned step, unsigned freeFrom) {
    int64_t epoch = epochOf(bytes), best = -1, wanted = nominal(bytes);
    std::pair<Fit, int64_t> bestCost{Fit::Grows, INT64_MAX};
    for (auto [i, slot] : llvm::enumerate(slots)) {
      if (slot.freeFrom > step || slot.epoch != epoch)
        continue;
      Fit fit = compare(slot, bytes);
      int64_t size = nominal(bytesOf(slot));
      std::pair<Fit, int64_t> cost{fit, fit == Fit::Grows ? std::max<int64_t>(0, wanted - size) : size - wanted};
      if (best < 0 || cost < bestCost) {
        best = i;
        bestCost = cost;
      }
    }
    if (best < 0) {
      slots.push_back({{bytes}, epoch, freeFrom});
      return slots.size() - 1;
    }
    if (bestCost.first == Fit::Grows)
      grow(slots[best], bytes);
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
