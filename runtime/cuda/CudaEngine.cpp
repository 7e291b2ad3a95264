// SPDX-License-Identifier: Apache-2.0
#include "runtime/cuda/CudaEngine.h"

#include "runtime/Error.h"
#include "runtime/cuda/KernelCache.h"

#include <stdio.h>
#include <string.h>

namespace dsc {

using ull = unsigned long long;

static constexpr uint64_t alignment = 256;
static constexpr uint64_t stagingBytes = uint64_t(8) << 20;

CudaEngine::~CudaEngine() {
  if (!device)
    return;
  unloadModules();
  for (CudaAddress allocation : allocations)
    device->driver.release(allocation); // nothing for 0
}

void CudaEngine::unloadModules() {
  while (moduleCount)
    device->driver.moduleUnload(modules[--moduleCount]);
}

dsc_status CudaEngine::load(CudaDevice &on, const dsc_engine &of, dsc_error *error) {
  device = &on;
  engine = &of;
  if (dsc_status status = loadCode(error))
    return status;
  return loadWeights(error);
}

// ---- Code
// -----------------------------------------------------------------------------------------

dsc_status CudaEngine::loadModule(const char *image, const char *kernel, bool &notForThisDevice,
                                  dsc_error *error) {
  char log[400] = "";
  int names[] = {CudaJitErrorLog, CudaJitErrorLogBytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
  CudaModule module = nullptr;
  int code = device->driver.moduleLoad(&module, image, 2, names, values);
  if (!code) {
    modules[moduleCount++] = module;
    return DSC_OK;
  }
  notForThisDevice = code == CudaErrorNoBinaryForGpu || code == CudaErrorUnsupportedPtxVersion ||
                     code == CudaErrorJitCompilerNotFound || code == CudaErrorInvalidImage;
  if (code != CudaErrorInvalidPtx || !*log)
    return device->driver.fail(code, error, "cannot load kernel '%.200s'", kernel);
  return fail(error, DSC_DEVICE, "cannot load kernel '%.200s': %.400s", kernel, log);
}

dsc_status CudaEngine::findKernel(CudaModule module, uint32_t number, dsc_error *error) {
  const format::Kernel &described = *engine->manifest->kernels()->Get(number);
  const char *name = text(described.name());
  const CudaDriver &driver = device->driver;
  CudaKernel &kernel = kernels[number];
  kernel.threads = described.threads();
  kernel.sharedBytes = described.shared_bytes();
  if (int code = driver.moduleFunction(&kernel.function, module, name))
    return driver.fail(code, error, "the image of kernel '%.200s' has no such function", name);
  int threads = 0, fixed = 0;
  int code = driver.functionAttribute(&threads, CudaFunctionMaxThreads, kernel.function);
  if (!code)
    code = driver.functionAttribute(&fixed, CudaFunctionStaticShared, kernel.function);
  if (code)
    return driver.fail(code, error, "kernel '%.200s'", name);
  if (kernel.threads > unsigned(threads))
    return fail(
        error, DSC_UNSUPPORTED,
        "kernel '%.200s' runs with %u threads a block, on %.100s with %d at most: compile the "
        "model for this device",
        name, kernel.threads, device->name(), threads);
  if (uint64_t(fixed) + kernel.sharedBytes > uint64_t(device->maxSharedBytes()))
    return fail(
        error, DSC_UNSUPPORTED,
        "kernel '%.200s' needs %llu bytes of shared memory, %.100s has %d: compile the model for "
        "this device",
        name, ull(fixed) + kernel.sharedBytes, device->name(), device->maxSharedBytes());
  if (kernel.sharedBytes)
    code = driver.setFunctionAttribute(kernel.function, CudaFunctionMaxDynamicShared,
                                       static_cast<int>(kernel.sharedBytes));
  return code ? driver.fail(code, error, "kernel '%.200s': its shared memory", name) : DSC_OK;
}

namespace {
struct ImageUse {
  uint64_t offset;
  uint32_t kernel;
};
} // namespace

static int compareUses(const void *left, const void *right) {
  const ImageUse &a = *static_cast<const ImageUse *>(left),
                 &b = *static_cast<const ImageUse *>(right);
  if (a.offset != b.offset)
    return a.offset < b.offset ? -1 : 1;
  return a.kernel < b.kernel ? -1 : a.kernel > b.kernel;
}

dsc_status CudaEngine::loadSection(const dsc_section &section, CudaCode code,
                                   bool &notForThisDevice, dsc_error *error) {
  // Kernels that share an image share a module.
  Array<ImageUse> uses;
  if (!uses.allocate(kernels.size()))
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for the kernel table");
  for (uint32_t i = 0; i < uses.size(); ++i)
    uses[i] = {imageOf(engine->file, section, i).offset, i};
  qsort(uses.data(), uses.size(), sizeof(ImageUse), compareUses);

  const Nvrtc *nvrtc = nullptr;
  KernelCache *cache = nullptr;
  char architecture[32];
  snprintf(architecture, sizeof architecture,
           device->driver.simulatorReport ? "compute_%d" : "sm_%d", device->capability());
  if (code == CudaCode::Source) {
    nvrtc = processNvrtc(error);
    if (!nvrtc)
      return DSC_UNSUPPORTED;
    cache = create<KernelCache>();
    if (!cache)
      return fail(error, DSC_OUT_OF_MEMORY, "no memory for the cache of kernels");
  }
  dsc_status status = DSC_OK;
  for (size_t i = 0; i < uses.size() && !status; ++i) {
    const char *image = engine->file.bytes(section) + uses[i].offset;
    const char *name = text(engine->manifest->kernels()->Get(uses[i].kernel)->name());
    Bytes compiled;
    if (i == 0 || uses[i].offset != uses[i - 1].offset) {
      if (cache) {
        status = cache->compile(*nvrtc, {image, name, architecture, true}, compiled, error);
        image = compiled.data();
      }
      if (!status)
        status = loadModule(image, name, notForThisDevice, error);
    }
    if (!status)
      status = findKernel(modules[moduleCount - 1], uses[i].kernel, error);
  }
  destroy(cache);
  return status;
}

dsc_status CudaEngine::loadCode(dsc_error *error) {
  uint32_t count = dsc::count(engine->manifest->kernels());
  if (!kernels.allocate(count) || !modules.allocate(count))
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for the kernel table");
  if (count == 0)
    return DSC_OK;
  // From the best to the worst: a driver may refuse what its device should run (the simulator every
  // cubin, an old driver new PTX).
  char have[512] = "";
  int before = INT32_MAX;
  dsc_error last = {};
  for (;;) {
    const dsc_section *best = nullptr;
    int bestRank = 0;
    for (size_t i = 0; i < engine->file.sectionCount(); ++i) {
      const dsc_section &section = engine->file.section(i);
      CudaTarget target = cudaTargetOf(section);
      if (target.code == CudaCode::None)
        continue;
      if (before == INT32_MAX) {
        size_t used = strlen(have);
        snprintf(have + used, sizeof have - used, used ? ", %s" : "%s",
                 target.code == CudaCode::Source ? "sources" : section.tag);
      }
      int rank = cudaRank(target, device->capability());
      if (rank > bestRank && rank < before &&
          (!*engine->forcedIsa || !strcmp(engine->forcedIsa, section.tag))) {
        best = &section;
        bestRank = rank;
      }
    }
    if (!best)
      break;
    bool notForThisDevice = false;
    dsc_status status = loadSection(*best, cudaTargetOf(*best).code, notForThisDevice, &last);
    if (!status || !notForThisDevice) {
      if (status && error)
        *error = last;
      return status;
    }
    unloadModules();
    before = bestRank;
  }
  char forced[64] = "";
  if (*engine->forcedIsa)
    snprintf(forced, sizeof forced, " (asked for: %.40s)", engine->forcedIsa);
  return fail(
      error, DSC_UNSUPPORTED,
      "%.100s has compute capability %d.%d; the engine has code for %.300s%s: compile the model "
      "with --target cuda:sm_%d%s%.300s",
      device->name(), device->capability() / 10, device->capability() % 10, have, forced,
      device->capability(), *last.message ? "; " : "", last.message);
}

// ---- Weights
// --------------------------------------------------------------------------------------

namespace {

// Bytes on their way to consecutive places of the device, through two pinned buffers in turn: one
// is filled while the other is copied.
class Staging {
public:
  explicit Staging(CudaDevice &device) : driver(device.driver) {}
  Staging(const Staging &) = delete;
  Staging &operator=(const Staging &) = delete;
  ~Staging() {
    for (int i = 0; i < 2; ++i) {
      if (copied[i])
        driver.eventDestroy(copied[i]);
      if (buffers[i])
        driver.releaseHost(buffers[i]);
    }
    if (stream)
      driver.streamDestroy(stream);
  }

  int open() {
    int code = driver.streamCreate(&stream, CudaStreamNonBlocking);
    for (int i = 0; i < 2 && !code; ++i) {
      code = driver.allocateHost(&buffers[i], stagingBytes);
      if (!code)
        code = driver.eventCreate(&copied[i], 0);
    }
    return code;
  }
  // Where what follows goes.
  int seek(CudaAddress place) {
    if (place == to + used)
      return 0;
    int code = used ? send() : 0;
    to = place;
    return code;
  }
  // Null: zeros.
  int append(const char *from, uint64_t bytes) {
    while (bytes) {
      uint64_t part = stagingBytes - used < bytes ? stagingBytes - used : bytes;
      char *at = static_cast<char *>(buffers[which]) + used;
      if (from)
        memcpy(at, from, part), from += part;
      else
        memset(at, 0, part);
      used += part;
      bytes -= part;
      if (used == stagingBytes)
        if (int code = send())
          return code;
    }
    return 0;
  }
  int finish() {
    int code = used ? send() : 0;
    return code ? code : driver.streamWait(stream);
  }

private:
  int send() {
    int code = driver.copyIn(to, buffers[which], used, stream);
    if (!code)
      code = driver.eventRecord(copied[which], stream);
    to += used;
    used = 0;
    which ^= 1;
    sent[which ^ 1] = true;
    return code || !sent[which] ? code : driver.eventWait(copied[which]);
  }

  const CudaDriver &driver;
  CudaAddress to = 0;
  CudaStream stream = nullptr;
  void *buffers[2] = {};
  CudaEvent copied[2] = {};
  bool sent[2] = {};
  int which = 0;
  uint64_t used = 0;
};

} // namespace

// An address for each weight: multiples of 256 in one allocation, or allocations of their own.
dsc_status CudaEngine::placeWeights(dsc_error *error) {
  const auto *list = engine->manifest->weights();
  uint32_t count = dsc::count(list);
  bool separate = device->separateBuffers();
  if (!weights.allocate(count) || !allocations.allocate(separate ? count : 1))
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for the table of weights");
  const CudaDriver &driver = device->driver;
  auto allocate = [&](CudaAddress &to, uint64_t bytes) {
    size_t available = 0, all = 0;
    int code = bytes ? driver.allocate(&to, bytes) : 0;
    if (!code)
      return DSC_OK;
    to = 0;
    driver.memoryInfo(&available, &all);
    return driver.fail(code, error,
                       "no room for %llu MiB of weights on %.100s, which has %llu MiB free",
                       ull(bytes >> 20), device->name(), ull(available >> 20));
  };
  uint64_t total = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t bytes = list->Get(i)->bytes();
    // Checked one by one, so that the sum cannot wrap.
    if (bytes > device->memoryBytes() || total > device->memoryBytes())
      return fail(error, DSC_OUT_OF_MEMORY,
                  "the weights are larger than the %llu MiB of memory of %.100s",
                  ull(device->memoryBytes() >> 20), device->name());
    weights[i] = total;
    total += (bytes + alignment - 1) / alignment * alignment;
    if (separate)
      if (dsc_status status = allocate(allocations[i], bytes))
        return status;
  }
  if (!separate)
    if (dsc_status status = allocate(allocations[0], total))
      return status;
  for (uint32_t i = 0; i < count; ++i)
    weights[i] = separate ? allocations[i] : allocations[0] + weights[i];
  return DSC_OK;
}

dsc_status CudaEngine::loadWeights(dsc_error *error) {
  if (dsc_status status = placeWeights(error))
    return status;
  if (weights.size() == 0)
    return DSC_OK;
  const auto *list = engine->manifest->weights();
  bool padded = !device->separateBuffers();
  Staging staging(*device);
  int code = staging.open();
  for (uint32_t i = 0; i < weights.size() && !code; ++i) {
    uint64_t bytes = list->Get(i)->bytes();
    code = staging.seek(weights[i]);
    if (!code)
      code = staging.append(engine->weights + list->Get(i)->offset(), bytes);
    if (!code && padded)
      code = staging.append(nullptr, (alignment - bytes % alignment) % alignment);
  }
  if (!code)
    code = staging.finish();
  return code ? device->driver.fail(code, error, "copying the weights to %.100s", device->name())
              : DSC_OK;
}

} // namespace dsc
