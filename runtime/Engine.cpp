// SPDX-License-Identifier: Apache-2.0
// Opening an engine: file, manifest, code, plans, in this order; each only after the one before is
// sound.
#include "runtime/Engine.h"

#include "runtime/DType.h"
#include "runtime/Error.h"
#include "runtime/Isa.h"
#include "runtime/ManifestCheck.h"
#include "runtime/Options.h"
#include "runtime/cuda/ImageTable.h"

using namespace dsc;

// Engines up to this size are hashed whole when they are opened.
static constexpr uint64_t eagerWeightBytes = uint64_t(256) << 20;

static dsc_status loadCode(dsc_engine &engine, const char *isa, dsc_error *error) {
  const format::Manifest &manifest = *engine.manifest;
  uint32_t kernels = count(manifest.kernels());
  if (!engine.kernels.allocate(kernels))
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for the kernel table");
  if (manifest.device() == format::Device::Cuda) {
    if (isa && strlen(isa) >= sizeof engine.forcedIsa)
      return fail(error, DSC_UNSUPPORTED, "no code for '%.100s'", isa);
    strcpy(engine.forcedIsa, isa ? isa : "");
    engine.isa = "cuda";
    return checkImageTables(engine.file, kernels, error);
  }
  if (kernels == 0)
    return DSC_OK;
  const dsc_section *code;
  if (dsc_status status = chooseCode(engine.file, isa, code, error))
    return status;
  engine.isa = code->tag;
  if (dsc_status status = engine.code.load(engine.file.bytes(*code), code->bytes, error))
    return status;
  for (uint32_t i = 0; i < kernels; ++i) {
    const char *name = text(manifest.kernels()->Get(i)->name());
    engine.kernels[i] = engine.code.find(name);
    if (!engine.kernels[i])
      return fail(error, DSC_CORRUPT, "the code for %s has no kernel '%.200s'", code->tag, name);
  }
  return DSC_OK;
}

static dsc_status openEngine(dsc_engine &engine, const char *path,
                             const dsc_engine_options &options, dsc_error *error) {
  if (dsc_status status = engine.file.open(path, error))
    return status;
  const dsc_section &manifest = *engine.file.manifest();
  const dsc_section *weights = engine.file.weights();
  uint64_t weightBytes = weights ? weights->bytes : 0;
  if (dsc_status status =
          checkManifest(engine.file.bytes(manifest), manifest.bytes, weightBytes, error))
    return status;
  engine.manifest = format::GetManifest(engine.file.bytes(manifest));
  engine.weights = weights ? engine.file.bytes(*weights) : nullptr;
  if (options.verify_weights == DSC_VERIFY_FULL || weightBytes <= eagerWeightBytes)
    if (dsc_status status = engine.file.verifyWeights(error))
      return status;
  if (dsc_status status = loadCode(engine, options.isa, error))
    return status;
  const auto &entries = *engine.manifest->entries();
  if (!engine.entries.allocate(entries.size()))
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for the plans");
  for (uint32_t i = 0; i < entries.size(); ++i)
    if (dsc_status status = prepareEntry(*engine.manifest, *entries.Get(i), engine.kernels,
                                         engine.entries[i], error))
      return status;
  return DSC_OK;
}

extern "C" dsc_status dsc_engine_open(const char *path, const dsc_engine_options *given,
                                      dsc_engine **engine, dsc_error *error) {
  if (!path || !engine)
    return fail(error, DSC_INVALID_ARGUMENT,
                "dsc_engine_open needs a path and a place for the engine");
  *engine = nullptr;
  dsc_engine_options options;
  if (dsc_status status = readOptions(given, options, error))
    return status;
  if (rawValue(options.verify_weights) > DSC_VERIFY_FULL)
    return fail(error, DSC_INVALID_ARGUMENT, "verify_weights is %u",
                rawValue(options.verify_weights));
  dsc_engine *opened = create<dsc_engine>();
  if (!opened)
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for an engine");
  dsc_status status = openEngine(*opened, path, options, error);
  if (status == DSC_OK)
    *engine = opened;
  else
    destroy(opened);
  return status;
}

extern "C" void dsc_engine_close(dsc_engine *engine) { destroy(engine); }
