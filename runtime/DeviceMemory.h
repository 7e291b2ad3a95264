// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_RUNTIME_DEVICEMEMORY_H
#define DSC_RUNTIME_DEVICEMEMORY_H

#include "dsc/runtime.h"

namespace dsc {

// Where a session's activations and states lie: in this machine's memory or a GPU's. A table of
// functions, so that the logic above it is one and nothing of the C++ library is linked.
struct DeviceMemory {
  uint64_t alignment; // of every allocation and slot
  uint64_t memory;    // what there is at all: no single request above it can be meant seriously
  bool zeroed;        // allocate gives zeros
  bool separate;      // every slot is an allocation of its own, so that tools see accesses beyond it

  char *(*allocate)(DeviceMemory &, uint64_t bytes); // null when there is no memory
  void (*release)(DeviceMemory &, char *memory, uint64_t bytes);
  // Within the device, in order with what runs there.
  dsc_status (*copy)(DeviceMemory &, void *to, const void *from, uint64_t bytes, dsc_error *);
  dsc_status (*zero)(DeviceMemory &, void *memory, uint64_t bytes, dsc_error *);
  // Into the machine's memory; done when it returns.
  dsc_status (*read)(DeviceMemory &, void *to, const void *from, uint64_t bytes, dsc_error *);
  // Behind a message about missing memory: what the user may do. "" where there is nothing to say.
  const char *(*advice)(DeviceMemory &);
};

// This machine: memory aligned to 64 bytes, zeroed; large blocks from huge pages where the system
// has them.
DeviceMemory &hostMemory();

} // namespace dsc

#endif
