// SPDX-License-Identifier: Apache-2.0
#include "runtime/EntryPlan.h"

#include "runtime/Error.h"
#include "runtime/Expressions.h"

namespace dsc {

using namespace format;

uint32_t lastEpoch(Indices ends, Indices exprs) {
  uint32_t last = 0;
  for (uint32_t expr : exprs) {
    uint32_t low = 0, high = ends.count - 1;
    while (low < high) {
      uint32_t middle = low + (high - low) / 2;
      if (expr < ends[middle])
        high = middle;
      else
        low = middle + 1;
    }
    last = low > last ? low : last;
  }
  return last;
}

static uint8_t needsOf(const Entry &entry, const ExprNode &node, const Array<uint8_t> &needs) {
  switch (node.op()) {
  case ExprOp::Constant:
    return 0;
  case ExprOp::Symbol:
    switch (entry.symbols()->Get(node.a())->source()) {
    case SymbolSource::StateCapacity:
      return NeedsCapacity;
    case SymbolSource::Step:
      return NeedsStep;
    default:
      return 0;
    }
  case ExprOp::NonNegative:
  case ExprOp::IsZero:
    return needs[node.a()];
  case ExprOp::Select:
    return needs[node.a()] | needs[node.b()] | needs[node.c()];
  default:
    return needs[node.a()] | needs[node.b()];
  }
}

bool computeNeeds(const Entry &entry, Array<uint8_t> &needs) {
  if (!needs.allocate(count(entry.exprs())))
    return false;
  for (uint32_t i = 0; i < needs.size(); ++i)
    needs[i] = needsOf(entry, *entry.exprs()->Get(i), needs);
  return true;
}

static uint32_t bufferEpoch(const EntryPlan &plan, const Buffer &buffer) {
  uint32_t source = 0;
  if (buffer.kind() == BufferKind::Slot)
    source = plan.entry->slots()->Get(buffer.index())->epoch();
  else if (buffer.kind() == BufferKind::Output)
    source = lastEpoch(plan.exprEnd, plan.entry->outputs()->Get(buffer.index())->dims());
  return source > buffer.epoch() ? source : buffer.epoch();
}

static bool foldConstants(EntryPlan &plan) {
  uint32_t n = plan.exprCount();
  Expressions expressions;
  if (!expressions.allocate(n, count(plan.entry->symbols())) || !plan.constant.allocate(n) ||
      !plan.constantBad.allocate(n))
    return false;
  expressions.begin(plan);
  expressions.evaluate(0, n);
  for (uint32_t i = 0; i < n; ++i) {
    plan.constantBad[i] = !expressions.known(i);
    plan.constant[i] = expressions.value(i);
  }
  return true;
}

dsc_status prepareEntry(const Manifest &manifest, const Entry &entry,
                        const Array<KernelFunction *> &kernels, EntryPlan &plan, dsc_error *error) {
  auto outOfMemory = [&] {
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for the plan of entry '%s'",
                text(entry.name()));
  };
  plan.entry = &entry;
  plan.exprEnd = Indices(entry.epoch_exprs());
  plan.epochs = plan.exprEnd.count ? plan.exprEnd.count : 1;

  if (!computeNeeds(entry, plan.needs) || !foldConstants(plan))
    return outOfMemory();

  uint32_t states = count(manifest.states());
  if (!plan.stateUse.allocate(states))
    return outOfMemory();
  for (int32_t &use : plan.stateUse)
    use = -1;
  for (uint32_t i = 0; i < count(entry.states()); ++i) {
    const StateUse &use = *entry.states()->Get(i);
    plan.stateUse[use.state()] = static_cast<int32_t>(i);
    if (manifest.states()->Get(use.state())->kind() == StateKind::Growing) {
      plan.grows = true;
      plan.starts = use.starts();
    }
  }

  if (!plan.steps.allocate(count(entry.steps())))
    return outOfMemory();
  for (uint32_t i = 0; i < plan.steps.size(); ++i) {
    const Step &step = *entry.steps()->Get(i);
    PlanStep &planned = plan.steps[i];
    planned.launch = step.kind() == StepKind::Launch;
    planned.kernel = planned.launch ? kernels[step.kernel()] : nullptr;
    planned.kernelNumber = step.kernel();
    planned.buffers = Indices(step.buffers());
    planned.sizes = Indices(step.sizes());
    planned.grid = step.grid();
    planned.element = step.element();
    planned.minimum = step.minimum();
    planned.source = text(step.source());
  }

  if (!plan.slots.build(plan.epochs, count(entry.slots()),
                        [&](uint32_t i) { return entry.slots()->Get(i)->epoch(); }) ||
      !plan.buffers.build(
          plan.epochs, count(entry.buffers()),
          [&](uint32_t i) { return bufferEpoch(plan, *entry.buffers()->Get(i)); }) ||
      !plan.checks.build(plan.epochs, count(entry.checks()),
                         [&](uint32_t i) { return entry.checks()->Get(i)->epoch(); }) ||
      !plan.outputs.build(plan.epochs, count(entry.outputs()), [&](uint32_t i) {
        return lastEpoch(plan.exprEnd, entry.outputs()->Get(i)->dims());
      }))
    return outOfMemory();
  return DSC_OK;
}

} // namespace dsc
