// SPDX-License-Identifier: Apache-2.0
// What an entry does: slots, buffers and steps. Runs after the expressions are known to be sound.
#include "runtime/EntryPlan.h"
#include "runtime/Error.h"
#include "runtime/ManifestCheck.h"

namespace dsc {

using namespace format;

namespace {

class StepCheck {
public:
  StepCheck(const Manifest &manifest, const Entry &entry, dsc_error *error)
      : manifest(manifest), entry(entry), bad(error, &entry), ends(entry.epoch_exprs()),
        epochs(ends.count ? ends.count : 1) {}

  dsc_status run() {
    if (dsc_status status = slots())
      return status;
    if (dsc_status status = buffers())
      return status;
    return steps();
  }

private:
  uint32_t exprEnd(uint32_t epoch) const { return ends.count ? ends[epoch] : 0; }
  dsc_status slots();
  dsc_status buffers();
  dsc_status buffer(uint32_t number, const Buffer &buffer);
  dsc_status steps();
  dsc_status usable(uint32_t step, uint32_t operand, uint32_t buffer, uint32_t epoch);
  dsc_status launch(uint32_t number, const Step &step, uint32_t epoch);
  dsc_status define(uint32_t number, const Step &step, uint32_t epoch);
  // True where the bytes behind a buffer exist before any step wrote them.
  bool readable(const Buffer &buffer) const {
    return buffer.kind() == BufferKind::Slot     ? writtenSlots[buffer.index()]
           : buffer.kind() == BufferKind::Output ? writtenOutputs[buffer.index()]
                                                 : true;
  }

  const Manifest &manifest;
  const Entry &entry;
  PlanError bad;
  Indices ends;
  uint32_t epochs;
  Array<uint32_t> bufferEpochs; // epoch from which a step may use each buffer
  Array<uint32_t> outputEpochs; // epoch in which the dimensions of each output are known
  Array<uint8_t> usedStates, writtenSlots, writtenOutputs;
  Array<uint8_t> writes; // of the operands of the kernel at hand
};

dsc_status StepCheck::slots() {
  for (uint32_t i = 0; i < count(entry.slots()); ++i) {
    const Slot &slot = *entry.slots()->Get(i);
    if (slot.epoch() >= epochs)
      return bad("slot %u: epoch %u of %u", i, slot.epoch(), epochs);
    if (slot.bytes() >= exprEnd(slot.epoch()))
      return bad("slot %u: its size is expression %u, epoch %u has %u", i, slot.bytes(),
                 slot.epoch(), exprEnd(slot.epoch()));
  }
  return DSC_OK;
}

dsc_status StepCheck::buffer(uint32_t number, const Buffer &buffer) {
  if (buffer.epoch() >= epochs)
    return bad("buffer %u: epoch %u of %u", number, buffer.epoch(), epochs);
  if (buffer.bytes() >= exprEnd(buffer.epoch()))
    return bad("buffer %u: its size is expression %u, epoch %u has %u", number, buffer.bytes(),
               buffer.epoch(), exprEnd(buffer.epoch()));
  uint32_t epoch = buffer.epoch(), index = buffer.index(), limit = 0;
  switch (buffer.kind()) {
  case BufferKind::Input:
    limit = entry.inputs()->size();
    break;
  case BufferKind::Output:
    limit = entry.outputs()->size();
    break;
  case BufferKind::Weight:
    limit = count(manifest.weights());
    break;
  case BufferKind::Slot:
    limit = count(entry.slots());
    break;
  case BufferKind::State:
    limit = count(manifest.states());
    break;
  default:
    return bad("buffer %u: kind %u is unknown", number, unsigned(buffer.kind()));
  }
  if (index >= limit)
    return bad("buffer %u: %s %u of %u", number, EnumNameBufferKind(buffer.kind()), index, limit);
  if (buffer.kind() == BufferKind::Slot) {
    uint32_t e = entry.slots()->Get(index)->epoch();
    epoch = e > epoch ? e : epoch;
  } else if (buffer.kind() == BufferKind::Output) {
    epoch = outputEpochs[index] > epoch ? outputEpochs[index] : epoch;
  } else if (buffer.kind() == BufferKind::State) {
    if (!usedStates[index])
      return bad("buffer %u: the entry does not use state %u", number, index);
  }
  bufferEpochs[number] = epoch;
  return DSC_OK;
}

dsc_status StepCheck::buffers() {
  if (!bufferEpochs.allocate(count(entry.buffers())) ||
      !writtenSlots.allocate(count(entry.slots())) ||
      !writtenOutputs.allocate(entry.outputs()->size()) ||
      !outputEpochs.allocate(entry.outputs()->size()) ||
      !usedStates.allocate(count(manifest.states())))
    return fail(bad.error, DSC_OUT_OF_MEMORY, "no memory to check the buffers");
  for (uint32_t i = 0; i < count(entry.states()); ++i)
    usedStates[entry.states()->Get(i)->state()] = 1;
  for (uint32_t i = 0; i < entry.outputs()->size(); ++i)
    outputEpochs[i] = lastEpoch(ends, Indices(entry.outputs()->Get(i)->dims()));
  for (uint32_t i = 0; i < count(entry.buffers()); ++i)
    if (dsc_status status = buffer(i, *entry.buffers()->Get(i)))
      return status;
  return DSC_OK;
}

dsc_status StepCheck::usable(uint32_t step, uint32_t operand, uint32_t buffer, uint32_t epoch) {
  if (buffer >= count(entry.buffers()))
    return bad("step %u: operand %u is buffer %u of %u", step, operand, buffer,
               count(entry.buffers()));
  if (bufferEpochs[buffer] > epoch)
    return bad("step %u: buffer %u is known in epoch %u, the step runs in epoch %u", step, buffer,
               bufferEpochs[buffer], epoch);
  return DSC_OK;
}

dsc_status StepCheck::launch(uint32_t number, const Step &step, uint32_t epoch) {
  if (step.kernel() >= count(manifest.kernels()))
    return bad("step %u: kernel %u of %u", number, step.kernel(), count(manifest.kernels()));
  const Kernel &kernel = *manifest.kernels()->Get(step.kernel());
  Indices operands(step.buffers()), sizes(step.sizes());
  if (operands.count != kernel.operands() || sizes.count != kernel.sizes())
    return bad("step %u: kernel '%.200s' takes %u buffers and %u sizes, not %u and %u", number,
               text(kernel.name()), kernel.operands(), kernel.sizes(), operands.count, sizes.count);
  for (uint32_t size : sizes)
    if (size >= exprEnd(epoch))
      return bad("step %u: a size is expression %u, epoch %u has %u", number, size, epoch,
                 exprEnd(epoch));
  if (step.grid() >= exprEnd(epoch))
    return bad("step %u: the grid is expression %u, epoch %u has %u", number, step.grid(), epoch,
               exprEnd(epoch));
  for (uint32_t i = 0; i < operands.count; ++i)
    if (dsc_status status = usable(number, i, operands[i], epoch))
      return status;

  if (writes.size() < operands.count && !writes.allocate(operands.count))
    return fail(bad.error, DSC_OUT_OF_MEMORY, "no memory to check the steps");
  for (uint32_t i = 0; i < operands.count; ++i)
    writes[i] = 0;
  for (uint32_t operand : Indices(kernel.outputs()))
    writes[operand] = 1;
  for (uint32_t i = 0; i < operands.count; ++i) {
    const Buffer &buffer = *entry.buffers()->Get(operands[i]);
    if (!writes[i] && !readable(buffer))
      return bad("step %u: operand %u reads buffer %u before any step wrote it", number, i,
                 operands[i]);
    if (writes[i] && (buffer.kind() == BufferKind::Input || buffer.kind() == BufferKind::Weight))
      return bad("step %u: operand %u writes to an input or a weight", number, i);
  }
  for (uint32_t operand : Indices(kernel.outputs())) {
    const Buffer &buffer = *entry.buffers()->Get(operands[operand]);
    if (buffer.kind() == BufferKind::Slot)
      writtenSlots[buffer.index()] = 1;
    else if (buffer.kind() == BufferKind::Output)
      writtenOutputs[buffer.index()] = 1;
  }
  return DSC_OK;
}

dsc_status StepCheck::define(uint32_t number, const Step &step, uint32_t epoch) {
  if (Indices(step.buffers()).count != 1)
    return bad("step %u: it defines a symbol from one buffer, not from %u", number,
               Indices(step.buffers()).count);
  uint32_t operand = Indices(step.buffers())[0];
  if (dsc_status status = usable(number, 0, operand, epoch))
    return status;
  const Buffer &buffer = *entry.buffers()->Get(operand);
  if (!readable(buffer))
    return bad("step %u: it reads buffer %u before any step wrote it", number, operand);
  if (step.symbol() >= count(entry.symbols()))
    return bad("step %u: it defines symbol %u of %u", number, step.symbol(),
               count(entry.symbols()));
  const Symbol &symbol = *entry.symbols()->Get(step.symbol());
  if (symbol.source() != SymbolSource::Step || symbol.a() != number)
    return bad("step %u: symbol %u does not come from it", number, step.symbol());
  return DSC_OK;
}

dsc_status StepCheck::steps() {
  uint32_t epoch = 0;
  for (uint32_t i = 0; i < count(entry.steps()); ++i) {
    const Step &step = *entry.steps()->Get(i);
    dsc_status status = DSC_OK;
    if (step.kind() == StepKind::Launch)
      status = launch(i, step, epoch);
    else if (step.kind() == StepKind::DefineSymbol)
      status = define(i, step, epoch++);
    else
      status = bad("step %u: kind %u is unknown", i, unsigned(step.kind()));
    if (status)
      return status;
  }
  for (uint32_t i = 0; i < entry.outputs()->size(); ++i)
    if (!writtenOutputs[i])
      return bad("no step writes output '%.200s'", text(entry.outputs()->Get(i)->name()));
  return DSC_OK;
}

} // namespace

dsc_status checkSteps(const Manifest &manifest, const Entry &entry, dsc_error *error) {
  return StepCheck(manifest, entry, error).run();
}

} // namespace dsc
