// SPDX-License-Identifier: Apache-2.0
// What the API tells about an open engine.
#include "runtime/Engine.h"

#include <string.h>

using namespace dsc;

static const EntryPlan *planOf(const dsc_engine *engine, size_t entry) {
  return engine && entry < engine->entries.size() ? &engine->entries[entry] : nullptr;
}

static void describe(const EntryPlan &plan, const format::Value &value, dsc_value_info &info) {
  memset(&info, 0, sizeof info);
  info.name = text(value.name());
  info.dtype = dsc_dtype(value.dtype());
  info.rank = static_cast<int32_t>(value.dims()->size());
  for (int32_t i = 0; i < info.rank; ++i) {
    uint32_t dim = value.dims()->Get(static_cast<uint32_t>(i));
    info.dims[i] = plan.constantBad[dim] ? -1 : plan.constant[dim];
  }
}

extern "C" {

const void *dsc_engine_manifest(const dsc_engine *engine, size_t *bytes) {
  if (bytes)
    *bytes = engine ? engine->file.manifest()->bytes : 0;
  return engine ? engine->file.bytes(*engine->file.manifest()) : nullptr;
}

const char *dsc_engine_isa(const dsc_engine *engine) { return engine ? engine->isa : ""; }

size_t dsc_engine_entry_count(const dsc_engine *engine) {
  return engine ? engine->entries.size() : 0;
}

const char *dsc_engine_entry_name(const dsc_engine *engine, size_t entry) {
  const EntryPlan *plan = planOf(engine, entry);
  return plan ? text(plan->entry->name()) : nullptr;
}

ptrdiff_t dsc_engine_find_entry(const dsc_engine *engine, const char *name) {
  for (size_t i = 0; name && i < dsc_engine_entry_count(engine); ++i)
    if (!strcmp(dsc_engine_entry_name(engine, i), name))
      return static_cast<ptrdiff_t>(i);
  return -1;
}

size_t dsc_entry_input_count(const dsc_engine *engine, size_t entry) {
  const EntryPlan *plan = planOf(engine, entry);
  return plan ? count(plan->entry->inputs()) : 0;
}

size_t dsc_entry_output_count(const dsc_engine *engine, size_t entry) {
  const EntryPlan *plan = planOf(engine, entry);
  return plan ? count(plan->entry->outputs()) : 0;
}

dsc_status dsc_entry_input(const dsc_engine *engine, size_t entry, size_t index,
                           dsc_value_info *info) {
  if (!info || index >= dsc_entry_input_count(engine, entry))
    return DSC_INVALID_ARGUMENT;
  const EntryPlan &plan = *planOf(engine, entry);
  describe(plan, *plan.entry->inputs()->Get(static_cast<uint32_t>(index)), *info);
  return DSC_OK;
}

dsc_status dsc_entry_output(const dsc_engine *engine, size_t entry, size_t index,
                            dsc_value_info *info) {
  if (!info || index >= dsc_entry_output_count(engine, entry))
    return DSC_INVALID_ARGUMENT;
  const EntryPlan &plan = *planOf(engine, entry);
  describe(plan, *plan.entry->outputs()->Get(static_cast<uint32_t>(index)), *info);
  return DSC_OK;
}

size_t dsc_entry_state_count(const dsc_engine *engine, size_t entry) {
  const EntryPlan *plan = planOf(engine, entry);
  return plan ? count(plan->entry->states()) : 0;
}

dsc_status dsc_entry_state(const dsc_engine *engine, size_t entry, size_t index,
                           dsc_state_info *info) {
  if (!info || index >= dsc_entry_state_count(engine, entry))
    return DSC_INVALID_ARGUMENT;
  const format::StateUse &use =
      *planOf(engine, entry)->entry->states()->Get(static_cast<uint32_t>(index));
  const format::State &state = *engine->manifest->states()->Get(use.state());
  memset(info, 0, sizeof *info);
  info->name = text(state.name());
  info->input_name = text(use.input_name());
  info->output_name = text(use.output_name());
  info->dtype = dsc_dtype(state.dtype());
  info->rank = static_cast<int32_t>(state.rank());
  info->axis = state.kind() == format::StateKind::Growing ? static_cast<int32_t>(state.axis()) : -1;
  info->starts = use.starts();
  return DSC_OK;
}

} // extern "C"
