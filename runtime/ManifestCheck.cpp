// SPDX-License-Identifier: Apache-2.0
#include "runtime/ManifestCheck.h"

#include "runtime/DType.h"
#include "runtime/EntryPlan.h"
#include "runtime/Error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace dsc {

using namespace format;
using ull = unsigned long long;

static constexpr uint32_t maxNameBytes = 1024;
static constexpr uint32_t maxEntries = 1024;

dsc_status PlanError::operator()(const char *format, ...) const {
  char message[768];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (!entry)
    return fail(error, DSC_CORRUPT, "manifest: %s", message);
  return fail(error, DSC_CORRUPT, "entry '%.200s': %s", text(entry->name()), message);
}

Names::Names(const PlanError &bad, const char *what, size_t count)
    : bad(bad), what(what),
      names(static_cast<const char **>(malloc((count ? count : 1) * sizeof(const char *)))) {}

Names::~Names() { free(names); }

dsc_status Names::add(const flatbuffers::String *name) {
  if (!names)
    return fail(bad.error, DSC_OUT_OF_MEMORY, "no memory to check the names of the manifest");
  if (!name || name->size() == 0 || name->size() > maxNameBytes ||
      strlen(name->c_str()) != name->size())
    return bad("%s %zu has no valid name", what, used);
  names[used++] = name->c_str();
  return DSC_OK;
}

static int compareNames(const void *a, const void *b) {
  return strcmp(*static_cast<const char *const *>(a), *static_cast<const char *const *>(b));
}

dsc_status Names::finish() {
  if (used == 0)
    return DSC_OK;
  qsort(names, used, sizeof *names, compareNames);
  for (size_t i = 1; i < used; ++i)
    if (!strcmp(names[i - 1], names[i]))
      return bad("more than one %s is called '%.200s'", what, names[i]);
  return DSC_OK;
}

// What a launch would be refused for, on any device.
static dsc_status checkCudaKernel(const Kernel &kernel, const PlanError &bad) {
  constexpr uint32_t mostThreads = 1024, mostShared = 256 << 10, mostParameters = 4096 / 8;
  const char *name = text(kernel.name());
  if (kernel.threads() == 0 || kernel.threads() > mostThreads || kernel.threads() % 32 != 0)
    return bad("kernel '%.200s': blocks of %u threads", name, kernel.threads());
  if (kernel.shared_bytes() > mostShared)
    return bad("kernel '%.200s': %u bytes of shared memory", name, kernel.shared_bytes());
  if (uint64_t(kernel.operands()) + kernel.sizes() + 1 > mostParameters)
    return bad("kernel '%.200s': %u buffers and %u sizes are too many parameters", name,
               kernel.operands(), kernel.sizes());
  return DSC_OK;
}

static dsc_status checkKernels(const Manifest &manifest, const PlanError &bad) {
  Names names(bad, "kernel", count(manifest.kernels()));
  for (uint32_t i = 0; i < count(manifest.kernels()); ++i) {
    const Kernel &kernel = *manifest.kernels()->Get(i);
    if (dsc_status status = names.add(kernel.name()))
      return status;
    for (uint32_t operand : Indices(kernel.outputs()))
      if (operand >= kernel.operands())
        return bad("kernel '%.200s': output %u of %u operands", text(kernel.name()), operand,
                   kernel.operands());
    if (manifest.device() == format::Device::Cuda)
      if (dsc_status status = checkCudaKernel(kernel, bad))
        return status;
  }
  return names.finish();
}

static dsc_status checkWeights(const Manifest &manifest, uint64_t sectionBytes,
                               const PlanError &bad) {
  for (uint32_t i = 0; i < count(manifest.weights()); ++i) {
    const Weight &weight = *manifest.weights()->Get(i);
    if (weight.dtype() > DType::MAX)
      return bad("weight %u: element type %u is unknown", i, unsigned(weight.dtype()));
    if (weight.dims()->size() > DSC_MAX_RANK)
      return bad("weight %u: rank %u is above %d", i, weight.dims()->size(), DSC_MAX_RANK);
    int64_t bytes;
    if (!tensorBytes(dsc_dtype(weight.dtype()), weight.dims()->data(), weight.dims()->size(),
                     bytes))
      return bad("weight %u: a dimension is negative or the size overflows", i);
    if (weight.bytes() != uint64_t(bytes))
      return bad("weight %u: %llu bytes, its dimensions give %lld", i, ull(weight.bytes()),
                 static_cast<long long>(bytes));
    if (weight.offset() % 64 != 0)
      return bad("weight %u: offset %llu is not a multiple of 64", i, ull(weight.offset()));
    if (weight.offset() > sectionBytes || weight.bytes() > sectionBytes - weight.offset())
      return bad("weight %u: it ends beyond the %llu bytes of the weights section", i,
                 ull(sectionBytes));
  }
  return DSC_OK;
}

static dsc_status checkStates(const Manifest &manifest, const PlanError &bad) {
  Names names(bad, "state", count(manifest.states()));
  for (uint32_t i = 0; i < count(manifest.states()); ++i) {
    const State &state = *manifest.states()->Get(i);
    if (dsc_status status = names.add(state.name()))
      return status;
    const char *name = text(state.name());
    if (state.kind() > StateKind::MAX || state.dtype() > DType::MAX)
      return bad("state '%.200s': its kind or element type is unknown", name);
    if (state.rank() > DSC_MAX_RANK)
      return bad("state '%.200s': rank %u is above %d", name, state.rank(), DSC_MAX_RANK);
    if (state.kind() == StateKind::Growing && state.axis() >= state.rank())
      return bad("state '%.200s': it grows along axis %u of %u", name, state.axis(), state.rank());
    if (state.kind() == StateKind::Counter && state.dtype() != DType::I64)
      return bad("state '%.200s': a counter is an i64", name);
  }
  return names.finish();
}

// Tables may share a vector, but a small file must not unfold into endless work: all vectors
// together have no more elements than the manifest has bytes.
static bool unfoldsWithin(const Manifest &manifest, uint64_t budget) {
  auto take = [&](uint64_t elements) {
    bool enough = elements <= budget;
    budget -= enough ? elements : budget;
    return enough;
  };
  bool ok = true;
  for (uint32_t i = 0; ok && i < count(manifest.kernels()); ++i)
    ok = take(count(manifest.kernels()->Get(i)->outputs()));
  for (uint32_t i = 0; ok && i < manifest.entries()->size(); ++i) {
    const Entry &entry = *manifest.entries()->Get(i);
    ok = take(count(entry.exprs())) && take(count(entry.symbols())) &&
         take(count(entry.epoch_exprs()));
    for (uint32_t k = 0; ok && k < count(entry.steps()); ++k)
      ok = take(count(entry.steps()->Get(k)->buffers())) &&
           take(count(entry.steps()->Get(k)->sizes()));
  }
  return ok;
}

// The verifier looks at where a vector begins, with its length; elements of eight bytes may still be at an odd place.
template <class Vector> static bool isAligned(const Vector *vector) {
  return !vector || reinterpret_cast<uintptr_t>(vector->Data()) % 8 == 0;
}

static bool elementsAreAligned(const Manifest &manifest) {
  bool ok = true;
  for (uint32_t i = 0; ok && i < count(manifest.weights()); ++i)
    ok = isAligned(manifest.weights()->Get(i)->dims());
  for (uint32_t i = 0; ok && i < manifest.entries()->size(); ++i)
    ok = isAligned(manifest.entries()->Get(i)->exprs());
  return ok;
}

dsc_status checkManifest(const char *data, uint64_t bytes, uint64_t weightBytes, dsc_error *error) {
  PlanError bad(error, nullptr);
  if (bytes < 8 || bytes >= FLATBUFFERS_MAX_BUFFER_SIZE)
    return bad("%llu bytes cannot be a FlatBuffer", ull(bytes));
  // A table takes at least four bytes, so that this limit refuses shared tables only.
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t *>(data), bytes, 16,
                                 static_cast<flatbuffers::uoffset_t>(bytes / 4));
  if (!VerifyManifestBuffer(verifier))
    return bad("not a valid FlatBuffer of this format");
  const Manifest &manifest = *GetManifest(data);
  if (!elementsAreAligned(manifest))
    return bad("elements of eight bytes are not aligned");
  for (uint32_t i = 0; i < count(manifest.requires_()); ++i)
    if (strcmp(text(manifest.requires_()->Get(i)), "cuda"))
      return fail(error, DSC_UNSUPPORTED, "the engine requires '%.200s', which this runtime lacks",
                  text(manifest.requires_()->Get(i)));
  if (manifest.device() > format::Device::MAX)
    return fail(error, DSC_UNSUPPORTED,
                "the engine is for device number %u, which this runtime lacks",
                unsigned(manifest.device()));
  if (manifest.entries()->size() > maxEntries)
    return bad("%u entries are more than %u", manifest.entries()->size(), maxEntries);
  if (!unfoldsWithin(manifest, bytes))
    return bad("its tables share vectors beyond its size");
  if (dsc_status status = checkKernels(manifest, bad))
    return status;
  if (dsc_status status = checkWeights(manifest, weightBytes, bad))
    return status;
  if (dsc_status status = checkStates(manifest, bad))
    return status;
  if (manifest.entries()->size() == 0)
    return bad("there is no entry");
  Names names(bad, "entry", manifest.entries()->size());
  for (const Entry *entry : *manifest.entries())
    if (dsc_status status = names.add(entry->name()))
      return status;
  if (dsc_status status = names.finish())
    return status;
  for (const Entry *entry : *manifest.entries())
    if (dsc_status status = checkEntry(manifest, *entry, error))
      return status;
  return DSC_OK;
}

} // namespace dsc
