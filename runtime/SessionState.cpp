// SPDX-License-Identifier: Apache-2.0
#include "runtime/SessionState.h"

#include "runtime/DType.h"
#include "runtime/Error.h"

#include <string.h>

namespace dsc {

using namespace format;
using ll = long long;

static constexpr int64_t defaultCapacity = 256;

bool SessionState::allocate(DeviceMemory &of, const Manifest &engineManifest, int64_t capacity,
                            bool fixed) {
  device = &of;
  manifest = &engineManifest;
  rows = capacity ? capacity : defaultCapacity;
  fixedCapacity = fixed;
  return items.allocate(count(manifest->states()));
}

NoValue SessionState::dim(uint32_t number, uint32_t axis, bool starts, int64_t &value) const {
  const State &state = *manifest->states()->Get(number);
  const Item &item = items[number];
  bool live = item.live && !starts;
  if (state.kind() == StateKind::Counter)
    value = 1;
  else if (state.kind() == StateKind::Growing && axis == state.axis())
    value = live ? used : 0;
  else if (live)
    value = item.dims[axis];
  else
    return NoValue::EmptyState;
  return NoValue::Fine;
}

dsc_status SessionState::prepareDims(const EntryPlan &plan, const StateUse &use,
                                     const Expressions &expressions, dsc_error *error) {
  const State &state = *manifest->states()->Get(use.state());
  Item &item = items[use.state()];
  const char *name = text(state.name());
  bool growing = state.kind() == StateKind::Growing;
  bool live = item.live && !use.starts();
  for (uint32_t axis = 0; axis < state.rank(); ++axis) {
    int64_t next;
    if (dsc_status status = expressions.get(use.present()->Get(axis), next, *manifest, error,
                                            "state '%.200s', dimension %u", name, axis))
      return status;
    if (next < 0)
      return fail(error, DSC_INVALID_ARGUMENT, "state '%.200s': dimension %u would be %lld", name,
                  axis, ll(next));
    item.nextDims[axis] = next;
    if (!live)
      continue;
    int64_t have = growing && axis == state.axis() ? used : item.dims[axis];
    int64_t past;
    if (dsc_status status = expressions.get(use.past()->Get(axis), past, *manifest, error,
                                            "state '%.200s', dimension %u", name, axis))
      return status;
    bool grows = growing && axis == state.axis();
    if (past != have || (!grows && next != have))
      return fail(error, DSC_INVALID_ARGUMENT,
                  "state '%.200s': dimension %u is %lld, the inputs of entry '%.200s' imply %lld; "
                  "it cannot change before the session is reset",
                  name, axis, ll(have), text(plan.entry->name()), ll(past != have ? past : next));
  }
  return DSC_OK;
}

dsc_status SessionState::prepareCapacity(const EntryPlan &plan, dsc_error *error) {
  nextCapacity = rows;
  const State *first = nullptr;
  for (const StateUse *use : *plan.entry->states()) {
    const State &state = *manifest->states()->Get(use->state());
    if (state.kind() != StateKind::Growing)
      continue;
    int64_t length = items[use->state()].nextDims[state.axis()];
    if (first && length != nextLength)
      return fail(error, DSC_INVALID_ARGUMENT,
                  "state '%.200s' would have %lld rows, state '%.200s' %lld: they share one length",
                  text(state.name()), ll(length), text(first->name()), ll(nextLength));
    first = &state;
    nextLength = length;
  }
  int64_t before = plan.starts ? 0 : used;
  if (nextLength < before)
    return fail(error, DSC_INVALID_ARGUMENT, "the states would shrink from %lld to %lld rows",
                ll(before), ll(nextLength));
  if (nextLength > nextCapacity && fixedCapacity)
    return fail(error, DSC_CAPACITY_EXCEEDED,
                "%lld rows exceed the session's fixed capacity of %lld", ll(nextLength), ll(rows));
  while (nextCapacity < nextLength)
    if (__builtin_mul_overflow(nextCapacity, int64_t(2), &nextCapacity))
      nextCapacity = INT64_MAX;
  return DSC_OK;
}

dsc_status SessionState::prepareBytes(const EntryPlan &plan, dsc_error *error) {
  for (const StateUse *use : *plan.entry->states()) {
    const State &state = *manifest->states()->Get(use->state());
    Item &item = items[use->state()];
    if (state.kind() == StateKind::Counter) {
      item.nextBytes = sizeof item.counter;
      continue;
    }
    int64_t bytes;
    if (state.kind() == StateKind::Growing)
      item.nextDims[state.axis()] = nextCapacity;
    if (!tensorBytes(dsc_dtype(state.dtype()), item.nextDims, state.rank(), bytes) ||
        uint64_t(bytes) > device->memory)
      return fail(error, DSC_OUT_OF_MEMORY,
                  "state '%.200s' with dimensions %s is larger than the memory of this machine%s",
                  text(state.name()), DimsText(item.nextDims, state.rank()).text,
                  device->advice(*device));
    item.nextBytes = static_cast<uint64_t>(bytes);
  }
  return DSC_OK;
}

dsc_status SessionState::prepare(const EntryPlan &plan, const Expressions &expressions,
                                 dsc_error *error) {
  nextCapacity = rows;
  nextLength = used;
  if (!plan.entry->states())
    return DSC_OK;
  for (const StateUse *use : *plan.entry->states()) {
    if (isStale && !use->starts())
      return fail(error, DSC_INVALID_ARGUMENT,
                  "the last run of this session was interrupted by an error: reset or truncate it");
    if (manifest->states()->Get(use->state())->kind() != StateKind::Counter)
      if (dsc_status status = prepareDims(plan, *use, expressions, error))
        return status;
  }
  if (plan.grows)
    if (dsc_status status = prepareCapacity(plan, error))
      return status;
  return prepareBytes(plan, error);
}

// Copies the valid rows of every outer index to where the new capacity puts them.
dsc_status SessionState::moveRows(const State &state, Item &item, dsc_error *error) const {
  uint64_t outer = 1, inner = dsc_dtype_size(dsc_dtype(state.dtype()));
  for (uint32_t i = 0; i < state.rank(); ++i)
    (i < state.axis() ? outer : inner) *= i == state.axis() ? 1 : uint64_t(item.dims[i]);
  for (uint64_t i = 0; i < outer; ++i)
    if (dsc_status status = device->copy(
            *device, item.fresh.data() + i * uint64_t(nextCapacity) * inner,
            item.block.data() + i * uint64_t(rows) * inner, uint64_t(used) * inner, error))
      return status;
  return DSC_OK;
}

dsc_status SessionState::commit(const EntryPlan &plan, dsc_error *error) {
  if (!plan.entry->states())
    return DSC_OK;
  auto keeps = [&](const StateUse &use) { return items[use.state()].live && !use.starts(); };
  // First everything that can fail.
  for (const StateUse *use : *plan.entry->states()) {
    const State &state = *manifest->states()->Get(use->state());
    Item &item = items[use->state()];
    bool moves = state.kind() == StateKind::Growing && keeps(*use) && nextCapacity != rows;
    if (state.kind() == StateKind::Counter ||
        (item.block.data() && !moves && item.block.bytes() >= item.nextBytes))
      continue;
    dsc_status status = DSC_OK;
    if (!item.fresh.allocate(*device, item.nextBytes))
      status = fail(error, DSC_OUT_OF_MEMORY, "no memory for the %llu bytes of state '%.200s'%s",
                    static_cast<unsigned long long>(item.nextBytes), text(state.name()),
                    device->advice(*device));
    else if (moves)
      status = moveRows(state, item, error);
    if (status) {
      for (Item &other : items)
        other.fresh.release();
      return status;
    }
  }
  bool grew = false;
  for (const StateUse *use : *plan.entry->states()) {
    const State &state = *manifest->states()->Get(use->state());
    Item &item = items[use->state()];
    if (state.kind() == StateKind::Counter) {
      item.counterBefore = item.counter;
      if (use->starts() || !item.live)
        item.counter = 0;
      item.live = true;
      continue;
    }
    bool fresh = item.fresh.data() != nullptr;
    if (fresh) {
      grew |= item.block.data() != nullptr;
      item.block.swap(item.fresh);
      item.fresh.release();
    }
    if (state.kind() == StateKind::Fixed && !keeps(*use) && !(fresh && device->zeroed))
      if (dsc_status status = device->zero(*device, item.block.data(), item.nextBytes, error))
        return status;
    memcpy(item.dims, item.nextDims, sizeof item.dims);
    item.live = true;
  }
  grown += grew;
  if (plan.grows) {
    rows = nextCapacity;
    if (plan.starts)
      used = 0;
  }
  return DSC_OK;
}

void SessionState::finish(const EntryPlan &plan) {
  if (plan.grows)
    used = nextLength;
  if (!isStale)
    return;
  // An entry that started some states has not mended the others.
  for (uint32_t i = 0; i < items.size(); ++i)
    if (plan.stateUse[i] < 0 && items[i].live)
      return;
  isStale = false;
}

void SessionState::abandon(const EntryPlan &plan, bool stepsRan) {
  if (!plan.entry->states())
    return;
  for (const StateUse *use : *plan.entry->states()) {
    Item &item = items[use->state()];
    item.counter = item.counterBefore;
    if (use->starts()) {
      item.live = false;
      item.counter = 0;
    }
  }
  isStale |= stepsRan;
}

int64_t SessionState::length() const {
  for (uint32_t i = 0; i < items.size(); ++i)
    if (manifest->states()->Get(i)->kind() == StateKind::Growing)
      return used;
  for (uint32_t i = 0; i < items.size(); ++i)
    if (manifest->states()->Get(i)->kind() == StateKind::Counter)
      return items[i].counter;
  return 0;
}

void SessionState::reset() {
  used = 0;
  isStale = false;
  for (Item &item : items) {
    item.live = false;
    item.counter = 0;
  }
}

dsc_status SessionState::truncate(int64_t newLength, dsc_error *error) {
  if (newLength < 0 || newLength > length())
    return fail(error, DSC_INVALID_ARGUMENT, "cannot truncate %lld rows to %lld", ll(length()),
                ll(newLength));
  used = used < newLength ? used : newLength;
  for (Item &item : items)
    item.counter = newLength;
  isStale = false;
  return DSC_OK;
}

dsc_status SessionState::read(const char *name, dsc_tensor *tensor, dsc_error *error) {
  uint32_t number = 0;
  while (number < items.size() && strcmp(text(manifest->states()->Get(number)->name()), name))
    ++number;
  if (number == items.size())
    return fail(error, DSC_INVALID_ARGUMENT, "the engine has no state '%.200s'", name);
  const State &state = *manifest->states()->Get(number);
  Item &item = items[number];
  bool growing = state.kind() == StateKind::Growing, counter = state.kind() == StateKind::Counter;
  if (!item.live && !counter)
    return fail(error, DSC_INVALID_ARGUMENT, "state '%.200s' is empty: no entry has used it", name);

  dsc_tensor want = {};
  want.dtype = dsc_dtype(state.dtype());
  want.rank = static_cast<int32_t>(state.rank());
  for (uint32_t i = 0; i < state.rank(); ++i)
    want.dims[i] = counter ? 1 : growing && i == state.axis() ? used : item.dims[i];
  if (!tensor->data) {
    *tensor = want;
    return DSC_OK;
  }
  if (rawValue(tensor->dtype) != want.dtype || tensor->rank != want.rank ||
      memcmp(tensor->dims, want.dims, size_t(want.rank) * sizeof *want.dims))
    return fail(error, DSC_INVALID_ARGUMENT, "state '%.200s' is %s %s, the tensor is another", name,
                dtypeName(want.dtype), DimsText(want.dims, want.rank).text);
  uint64_t inner = dsc_dtype_size(want.dtype), outer = 1, stride = 1, row = 1;
  for (uint32_t i = 0; i < state.rank(); ++i)
    (growing && i < state.axis() ? outer : inner) *=
        growing && i == state.axis() ? 1 : uint64_t(want.dims[i]);
  if (growing) {
    row = uint64_t(used);
    stride = uint64_t(rows);
  }
  if (counter) {
    memcpy(tensor->data, &item.counter, sizeof item.counter);
    return DSC_OK;
  }
  for (uint64_t i = 0; i < outer; ++i)
    if (dsc_status status =
            device->read(*device, static_cast<char *>(tensor->data) + i * row * inner,
                         item.block.data() + i * stride * inner, row * inner, error))
      return status;
  return DSC_OK;
}

uint64_t SessionState::bytes() const {
  uint64_t total = 0;
  for (const Item &item : items)
    total += item.block.bytes();
  return total;
}

} // namespace dsc
