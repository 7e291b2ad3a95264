// SPDX-License-Identifier: Apache-2.0
// The states of a session: what stays from one run to the next.
#ifndef DSC_RUNTIME_SESSIONSTATE_H
#define DSC_RUNTIME_SESSIONSTATE_H

#include "runtime/Expressions.h"
#include "runtime/Memory.h"

namespace dsc {

// A run goes prepare -> commit -> (steps) -> finish or abandon. Nothing changes before commit.
//
// A growing state lies in memory as [outer..., capacity, inner...]; rows [0, length) along its axis
// are valid. All growing states share one length and one capacity.
class SessionState {
public:
  [[nodiscard]] bool allocate(DeviceMemory &device, const format::Manifest &manifest,
                              int64_t capacity, bool fixed);

  void release() { items.clear(); }

  // The value of a StateDim symbol before a run of an entry that `starts` the state or not.
  NoValue dim(uint32_t state, uint32_t axis, bool starts, int64_t &value) const;

  // Decides sizes and capacity for a run from the dimensions that the entry states; checks that
  // they fit what is there.
  dsc_status prepare(const EntryPlan &plan, const Expressions &expressions, dsc_error *error);
  int64_t preparedCapacity() const { return nextCapacity; }
  uint64_t preparedBytes(uint32_t state) const { return items[state].nextBytes; }

  // Allocates, moves rows to their new place, forgets what the entry starts.
  dsc_status commit(const EntryPlan &plan, dsc_error *error);
  void *memory(uint32_t state) const { return items[state].block.data(); } // of no counter
  int64_t &counter(uint32_t state) { return items[state].counter; }
  void finish(const EntryPlan &plan);
  void abandon(const EntryPlan &plan, bool stepsRan);

  // An interrupted run left something behind that no later run may build on.
  bool stale() const { return isStale; }

  int64_t length() const;
  int64_t capacity() const { return rows; }
  void reset();
  dsc_status truncate(int64_t length, dsc_error *error);
  dsc_status read(const char *name, dsc_tensor *tensor, dsc_error *error);

  uint64_t bytes() const;
  uint64_t growths() const { return grown; }

private:
  struct Item {
    Block block, fresh;
    int64_t dims[DSC_MAX_RANK] = {};     // without the growth axis
    int64_t nextDims[DSC_MAX_RANK] = {}; // of the run being prepared
    uint64_t nextBytes = 0;
    int64_t counter = 0, counterBefore = 0;
    bool live = false; // dims are fixed until the session starts anew
  };

  dsc_status prepareDims(const EntryPlan &plan, const format::StateUse &use,
                         const Expressions &expressions, dsc_error *error);
  dsc_status prepareCapacity(const EntryPlan &plan, dsc_error *error);
  dsc_status prepareBytes(const EntryPlan &plan, dsc_error *error);
  dsc_status moveRows(const format::State &state, Item &item, dsc_error *error) const;
  bool isCounter(uint32_t state) const {
    return manifest->states()->Get(state)->kind() == format::StateKind::Counter;
  }

  DeviceMemory *device = nullptr;
  const format::Manifest *manifest = nullptr;
  Array<Item> items;
  int64_t rows = 0, used = 0; // capacity and length of the growing states
  int64_t nextCapacity = 0, nextLength = 0;
  bool fixedCapacity = false, isStale = false;
  uint64_t grown = 0;
};

} // namespace dsc

#endif
