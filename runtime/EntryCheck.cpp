// SPDX-License-Identifier: Apache-2.0
// What an entry says about sizes: values, symbols, expressions, checks and states.
#include "runtime/DType.h"
#include "runtime/EntryPlan.h"
#include "runtime/Error.h"
#include "runtime/ManifestCheck.h"

namespace dsc {

using namespace format;

namespace {

class EntryCheck {
public:
  EntryCheck(const Manifest &manifest, const Entry &entry, dsc_error *error)
      : manifest(manifest), entry(entry), bad(error, &entry), exprs(count(entry.exprs())) {}

  dsc_status run() {
    dsc_status (EntryCheck::*const parts[])() = {
        &EntryCheck::epochs, &EntryCheck::states, &EntryCheck::values,    &EntryCheck::symbols,
        &EntryCheck::nodes,  &EntryCheck::checks, &EntryCheck::stateSizes};
    for (auto part : parts)
      if (dsc_status status = (this->*part)())
        return status;
    return DSC_OK;
  }

private:
  dsc_status epochs();
  dsc_status states();
  dsc_status values();
  dsc_status value(const char *what, const Value &value, uint32_t limit);
  dsc_status symbols();
  dsc_status symbol(uint32_t number, const Symbol &symbol);
  dsc_status nodes();
  dsc_status checks();
  dsc_status stateSizes();
  bool usesState(uint32_t state) const { return state < used.size() && used[state]; }

  const Manifest &manifest;
  const Entry &entry;
  PlanError bad;
  uint32_t exprs;
  uint32_t firstEpoch = 0; // expressions that epoch 0 may evaluate
  Array<uint8_t> used;     // of each state of the engine: this entry uses it
};

dsc_status EntryCheck::epochs() {
  Indices ends(entry.epoch_exprs());
  uint32_t defines = 0;
  for (uint32_t i = 0; i < count(entry.steps()); ++i)
    defines += entry.steps()->Get(i)->kind() == StepKind::DefineSymbol;
  if (ends.count == 0 && exprs == 0 && defines == 0)
    return DSC_OK;
  if (ends.count != defines + 1)
    return bad("%u epochs for %u steps that define a symbol", ends.count, defines);
  for (uint32_t i = 1; i < ends.count; ++i)
    if (ends[i] < ends[i - 1])
      return bad("epoch %u may evaluate fewer expressions than the one before", i);
  if (ends[ends.count - 1] != exprs)
    return bad("the last epoch may evaluate %u of %u expressions", ends[ends.count - 1], exprs);
  firstEpoch = ends[0];
  return DSC_OK;
}

dsc_status EntryCheck::states() {
  uint32_t total = count(manifest.states()), growing = 0, usedGrowing = 0, starting = 0;
  if (!used.allocate(total))
    return fail(bad.error, DSC_OUT_OF_MEMORY, "no memory to check the states");
  for (uint32_t i = 0; i < total; ++i)
    growing += manifest.states()->Get(i)->kind() == StateKind::Growing;
  for (uint32_t i = 0; i < count(entry.states()); ++i) {
    const StateUse &use = *entry.states()->Get(i);
    if (use.state() >= total)
      return bad("it uses state %u of %u", use.state(), total);
    const State &state = *manifest.states()->Get(use.state());
    const char *name = text(state.name());
    if (used[use.state()]++)
      return bad("it uses state '%.200s' twice", name);
    if (use.present()->size() != state.rank())
      return bad("state '%.200s' has rank %u, its use %u dimensions", name, state.rank(),
                 use.present()->size());
    uint32_t past = count(use.past());
    if (past != (use.starts() ? 0 : state.rank()))
      return bad("state '%.200s': %u dimensions before the run, expected %u", name, past,
                 use.starts() ? 0 : state.rank());
    for (Indices dims : {Indices(use.present()), Indices(use.past())})
      for (uint32_t dim : dims)
        if (dim >= firstEpoch)
          return bad("state '%.200s': dimension names expression %u, epoch 0 has %u", name, dim,
                     firstEpoch);
    usedGrowing += state.kind() == StateKind::Growing;
    starting += state.kind() == StateKind::Growing && use.starts();
  }
  // Growing states share one length.
  if (usedGrowing != 0 && usedGrowing != growing)
    return bad("it uses %u of %u growing states; all or none", usedGrowing, growing);
  if (starting != 0 && starting != growing)
    return bad("it starts %u of %u growing states; all or none", starting, growing);
  return DSC_OK;
}

dsc_status EntryCheck::value(const char *what, const Value &value, uint32_t limit) {
  const char *name = text(value.name());
  if (value.dtype() > DType::MAX)
    return bad("%s '%.200s': element type %u is unknown", what, name, unsigned(value.dtype()));
  if (value.dims()->size() > DSC_MAX_RANK)
    return bad("%s '%.200s': rank %u is above %d", what, name, value.dims()->size(), DSC_MAX_RANK);
  for (uint32_t dim : Indices(value.dims()))
    if (dim >= limit)
      return bad("%s '%.200s': dimension names expression %u of %u", what, name, dim, limit);
  return DSC_OK;
}

dsc_status EntryCheck::values() {
  Names inputs(bad, "input", entry.inputs()->size());
  for (const Value *input : *entry.inputs()) {
    if (dsc_status status = inputs.add(input->name()))
      return status;
    if (dsc_status status = value("input", *input, firstEpoch))
      return status;
  }
  if (dsc_status status = inputs.finish())
    return status;
  Names outputs(bad, "output", entry.outputs()->size());
  for (const Value *output : *entry.outputs()) {
    if (dsc_status status = outputs.add(output->name()))
      return status;
    if (dsc_status status = value("output", *output, exprs))
      return status;
  }
  return outputs.finish();
}

dsc_status EntryCheck::symbol(uint32_t number, const Symbol &symbol) {
  uint32_t a = symbol.a(), b = symbol.b();
  switch (symbol.source()) {
  case SymbolSource::InputDim:
    if (a >= entry.inputs()->size())
      return bad("symbol %u reads input %u of %u", number, a, entry.inputs()->size());
    if (b >= entry.inputs()->Get(a)->dims()->size())
      return bad("symbol %u reads dimension %u of input %u with rank %u", number, b, a,
                 entry.inputs()->Get(a)->dims()->size());
    return DSC_OK;
  case SymbolSource::InputElement:
    if (a >= entry.inputs()->size())
      return bad("symbol %u reads input %u of %u", number, a, entry.inputs()->size());
    if (!isInteger(dsc_dtype(entry.inputs()->Get(a)->dtype())))
      return bad("symbol %u reads an element of input %u, which is not of an integer type", number,
                 a);
    return DSC_OK;
  case SymbolSource::StateDim:
    if (!usesState(a))
      return bad("symbol %u reads state %u, which the entry does not use", number, a);
    if (b >= manifest.states()->Get(a)->rank())
      return bad("symbol %u reads dimension %u of state %u with rank %u", number, b, a,
                 manifest.states()->Get(a)->rank());
    return DSC_OK;
  case SymbolSource::StateCapacity:
    if (!usesState(a) || manifest.states()->Get(a)->kind() != StateKind::Growing)
      return bad(
          "symbol %u reads the capacity of state %u, which is not a growing state of the entry",
          number, a);
    return DSC_OK;
  case SymbolSource::Step:
    if (a >= count(entry.steps()))
      return bad("symbol %u is defined by step %u of %u", number, a, count(entry.steps()));
    if (entry.steps()->Get(a)->kind() != StepKind::DefineSymbol ||
        entry.steps()->Get(a)->symbol() != number)
      return bad("symbol %u: step %u does not define it", number, a);
    return DSC_OK;
  }
  return bad("symbol %u: its source %u is unknown", number, unsigned(symbol.source()));
}

dsc_status EntryCheck::symbols() {
  uint32_t total = count(entry.symbols());
  if (entry.symbol_names() && entry.symbol_names()->size() != total)
    return bad("%u names for %u symbols", entry.symbol_names()->size(), total);
  for (uint32_t i = 0; i < total; ++i)
    if (dsc_status status = symbol(i, *entry.symbols()->Get(i)))
      return status;
  return DSC_OK;
}

// The number of operands that name earlier expressions; -1 for an unknown operation.
static int operandCount(ExprOp op) {
  switch (op) {
  case ExprOp::Constant:
  case ExprOp::Symbol:
    return 0;
  case ExprOp::NonNegative:
  case ExprOp::IsZero:
    return 1;
  case ExprOp::Add:
  case ExprOp::Mul:
  case ExprOp::FloorDiv:
  case ExprOp::Mod:
  case ExprOp::Min:
  case ExprOp::Max:
    return 2;
  case ExprOp::Select:
    return 3;
  }
  return -1;
}

dsc_status EntryCheck::nodes() {
  // epochOfStep: in which epoch a DefineSymbol step stands; its symbol exists in the next one.
  Array<uint32_t> epochOfStep;
  if (!epochOfStep.allocate(count(entry.steps())))
    return fail(bad.error, DSC_OUT_OF_MEMORY, "no memory to check the steps");
  uint32_t epoch = 0;
  for (uint32_t i = 0; i < epochOfStep.size(); ++i) {
    epochOfStep[i] = epoch;
    epoch += entry.steps()->Get(i)->kind() == StepKind::DefineSymbol;
  }
  for (uint32_t i = 0; i < exprs; ++i) {
    const ExprNode &node = *entry.exprs()->Get(i);
    int operands = operandCount(node.op());
    if (operands < 0)
      return bad("expression %u: operation %u is unknown", i, unsigned(node.op()));
    uint32_t names[] = {node.a(), node.b(), node.c()};
    for (int k = 0; k < operands; ++k)
      if (names[k] >= i)
        return bad("expression %u: operand %u does not come before it", i, names[k]);
    if (node.op() != ExprOp::Symbol)
      continue;
    if (node.a() >= count(entry.symbols()))
      return bad("expression %u: symbol %u of %u", i, node.a(), count(entry.symbols()));
    const Symbol &symbol = *entry.symbols()->Get(node.a());
    if (symbol.source() == SymbolSource::Step &&
        i < entry.epoch_exprs()->Get(epochOfStep[symbol.a()]))
      return bad("expression %u reads symbol %u before step %u defines it", i, node.a(),
                 symbol.a());
  }
  return DSC_OK;
}

dsc_status EntryCheck::checks() {
  uint32_t epochs = entry.epoch_exprs() ? entry.epoch_exprs()->size() : 1;
  for (uint32_t i = 0; i < count(entry.checks()); ++i) {
    const Check &check = *entry.checks()->Get(i);
    if (check.epoch() >= epochs)
      return bad("check %u: epoch %u of %u", i, check.epoch(), epochs);
    uint32_t limit = entry.epoch_exprs() ? entry.epoch_exprs()->Get(check.epoch()) : 0;
    if (check.lhs() >= limit || check.rhs() >= limit)
      return bad("check %u: it compares expressions %u and %u, epoch %u has %u", i, check.lhs(),
                 check.rhs(), check.epoch(), limit);
  }
  return DSC_OK;
}

// A state's size decides its capacity, so that it cannot depend on it.
dsc_status EntryCheck::stateSizes() {
  Array<uint8_t> needs;
  if (!computeNeeds(entry, needs))
    return fail(bad.error, DSC_OUT_OF_MEMORY, "no memory to check the expressions");
  for (uint32_t i = 0; i < count(entry.states()); ++i) {
    const StateUse &use = *entry.states()->Get(i);
    for (Indices dims : {Indices(use.present()), Indices(use.past())})
      for (uint32_t dim : dims)
        if (needs[dim])
          return bad("state '%.200s': its size depends on its capacity",
                     text(manifest.states()->Get(use.state())->name()));
  }
  return DSC_OK;
}

} // namespace

dsc_status checkEntry(const Manifest &manifest, const Entry &entry, dsc_error *error) {
  if (dsc_status status = EntryCheck(manifest, entry, error).run())
    return status;
  return checkSteps(manifest, entry, error);
}

} // namespace dsc
