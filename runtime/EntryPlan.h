// SPDX-License-Identifier: Apache-2.0
// An entry of the manifest, prepared once when the engine is opened so that a run only follows it.
#ifndef DSC_RUNTIME_ENTRYPLAN_H
#define DSC_RUNTIME_ENTRYPLAN_H

#include "runtime/CodeImage.h"
#include "runtime/Memory.h"
#include "runtime/format/engine_generated.h"

namespace dsc {

// Consecutive uint32 of the manifest.
struct Indices {
  const uint32_t *data = nullptr;
  uint32_t count = 0;
  Indices() = default;
  Indices(const flatbuffers::Vector<uint32_t> *vector)
      : data(vector ? vector->data() : nullptr), count(vector ? vector->size() : 0) {}
  const uint32_t *begin() const { return data; }
  const uint32_t *end() const { return data + count; }
  uint32_t operator[](size_t i) const { return data[i]; }
};

// The epoch in which all of `exprs` are known. `ends` as in Entry.epoch_exprs; every expression is
// below its last element.
uint32_t lastEpoch(Indices ends, Indices exprs);

struct PlanStep {
  bool launch = false; // else it defines a symbol
  KernelFunction *kernel = nullptr; // of a CPU engine
  uint32_t kernelNumber = 0;
  Indices buffers, sizes;
  uint32_t grid = 0;
  uint32_t element = 0;
  int64_t minimum = 0;
  const char *source = "";
};

// Numbers of slots, buffers, ... grouped by the epoch in which they become known.
class ByEpoch {
public:
  // `epochOf(i)` for i in [0, count) must be below `epochs`.
  template <class Function>
  [[nodiscard]] bool build(uint32_t epochs, uint32_t count, Function epochOf) {
    if (!order.allocate(count) || !first.allocate(size_t(epochs) + 2))
      return false;
    for (uint32_t i = 0; i < count; ++i)
      ++first[epochOf(i) + 2];
    for (uint32_t e = 2; e < epochs + 2; ++e)
      first[e] += first[e - 1];
    for (uint32_t i = 0; i < count; ++i)
      order[first[epochOf(i) + 1]++] = i;
    return true;
  }
  Indices at(uint32_t epoch) const {
    Indices result;
    result.data = order.data() + first[epoch];
    result.count = first[epoch + 1] - first[epoch];
    return result;
  }

private:
  Array<uint32_t> order, first;
};

// What an expression's value waits for, beyond the arguments of the run.
enum : uint8_t { NeedsCapacity = 1, NeedsStep = 2 };

// `needs` of each expression of a checked entry; false when there is no memory.
[[nodiscard]] bool computeNeeds(const format::Entry &entry, Array<uint8_t> &needs);

struct EntryPlan {
  const format::Entry *entry = nullptr;
  uint32_t epochs = 1;
  Indices exprEnd;      // epoch e may evaluate expressions below exprEnd[e]; empty: there are none
  Array<uint8_t> needs; // of each expression: NeedsCapacity | NeedsStep
  Array<int64_t> constant;    // value of each expression without symbols ...
  Array<uint8_t> constantBad; // ... where this is 0 (see Expressions)
  Array<int32_t> stateUse;    // use number of each state of the engine, -1 where the entry has none
  Array<PlanStep> steps;
  ByEpoch slots, buffers, checks, outputs;
  bool grows = false;  // it uses growing states
  bool starts = false; // ... and forgets what they held

  uint32_t exprCount() const { return entry->exprs() ? entry->exprs()->size() : 0; }
  uint32_t exprEndOf(uint32_t epoch) const { return exprEnd.count ? exprEnd[epoch] : 0; }
};

// Builds `plan` for a checked entry (see EntryCheck.h). `kernels` is in the order of the manifest.
dsc_status prepareEntry(const format::Manifest &manifest, const format::Entry &entry,
                        const Array<KernelFunction *> &kernels, EntryPlan &plan, dsc_error *error);

template <class Vector> uint32_t count(const Vector *vector) { return vector ? vector->size() : 0; }

inline const char *text(const flatbuffers::String *string) { return string ? string->c_str() : ""; }

} // namespace dsc

#endif
