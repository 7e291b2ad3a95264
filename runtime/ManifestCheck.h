// SPDX-License-Identifier: Apache-2.0
// The linear check of a manifest. A manifest that passes cannot make the runtime read or write
// outside its tables, whatever its digests say; sizes that depend on a run's arguments are checked
// in the run.
#ifndef DSC_RUNTIME_MANIFESTCHECK_H
#define DSC_RUNTIME_MANIFESTCHECK_H

#include "dsc/runtime.h"
#include "runtime/format/engine_generated.h"

#include <stddef.h>

namespace dsc {

// Checks `bytes` as a FlatBuffer and then every table of it. `weightBytes`: size of the weights
// section.
dsc_status checkManifest(const char *data, uint64_t bytes, uint64_t weightBytes, dsc_error *error);

// One entry: names, values, symbols, expressions, checks, states (EntryCheck.cpp), then buffers and
// steps (StepCheck.cpp).
dsc_status checkEntry(const format::Manifest &manifest, const format::Entry &entry,
                      dsc_error *error);
dsc_status checkSteps(const format::Manifest &manifest, const format::Entry &entry,
                      dsc_error *error);

// What a check says: DSC_CORRUPT, "plan: entry 'decode': ...".
class PlanError {
public:
  PlanError(dsc_error *error, const format::Entry *entry) : error(error), entry(entry) {}
  [[gnu::format(printf, 2, 3)]] dsc_status operator()(const char *format, ...) const;
  dsc_error *const error;

private:
  const format::Entry *entry;
};

// Names are C strings for the API: not empty, no NUL inside, at most 1 KiB, each once.
class Names {
public:
  Names(const PlanError &bad, const char *what, size_t count);
  ~Names();
  Names(const Names &) = delete;
  Names &operator=(const Names &) = delete;
  dsc_status add(const flatbuffers::String *name);
  dsc_status finish(); // reports a name that was added twice

private:
  const PlanError &bad;
  const char *what;
  const char **names;
  size_t used = 0;
};

} // namespace dsc

#endif
