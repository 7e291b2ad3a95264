// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "runtime/cuda/CudaDevice.h"

#include "runtime/Error.h"
#include "runtime/cuda/CudaEngine.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

namespace dsc {

// libptxsim.so in the folder of this library, else wherever the loader finds one.
static void besideThisLibrary(char *path, size_t bytes) {
  Dl_info info;
  const char *slash = nullptr;
  if (dladdr(reinterpret_cast<void *>(&besideThisLibrary), &info) && info.dli_fname)
    slash = strrchr(info.dli_fname, '/');
  int folder = slash ? static_cast<int>(slash + 1 - info.dli_fname) : 0;
  snprintf(path, bytes, "%.*slibptxsim.so", folder, slash ? info.dli_fname : "");
}

CudaDevice::~CudaDevice() {
  if (primary)
    driver.contextRelease(ordinal);
}

dsc_status CudaDevice::open(const char *device, const char *library, dsc_error *error) {
  bool simulator = strcmp(device, "ptxsim") == 0;
  int number = 0;
  if (!simulator && !strncmp(device, "cuda:", 5) && device[5]) {
    char *end;
    long parsed = strtol(device + 5, &end, 10);
    number = *end || parsed < 0 || parsed > 1023 ? -1 : static_cast<int>(parsed);
  } else if (!simulator && strcmp(device, "cuda") != 0) {
    number = -1;
  }
  if (number < 0)
    return fail(error, DSC_INVALID_ARGUMENT,
                "device '%.100s' is none of 'cpu', 'cuda', 'cuda:NUMBER' and 'ptxsim'", device);
  char beside[4096];
  if (!library || !*library) {
    besideThisLibrary(beside, sizeof beside);
    library = simulator ? beside : "libcuda.so.1";
  }
  if (dsc_status status = driver.open(library, error))
    return status;
  int count = 0;
  if (int code = driver.init(0); code == CudaErrorNoDevice)
    return fail(error, DSC_UNSUPPORTED,
                "the CUDA driver finds no device on this machine; "
                "run the engine on the simulator (device 'ptxsim')");
  else if (code)
    return driver.fail(code, error, "the CUDA driver does not start");
  if (int code = driver.deviceCount(&count))
    return driver.fail(code, error, "the CUDA driver does not tell its devices");
  if (number >= count)
    return fail(error, DSC_UNSUPPORTED, "there is no device '%.100s': the CUDA driver finds %d",
                device, count);
  int handle = 0, major = 0, minor = 0;
  size_t bytes = 0;
  int code = driver.deviceGet(&handle, number);
  if (!code)
    code = driver.deviceName(deviceName, sizeof deviceName, handle);
  if (!code)
    code = driver.deviceMemory(&bytes, handle);
  if (!code)
    code = driver.deviceAttribute(&major, CudaCapabilityMajor, handle);
  if (!code)
    code = driver.deviceAttribute(&minor, CudaCapabilityMinor, handle);
  if (!code)
    code = driver.deviceAttribute(&maxShared, CudaMaxSharedPerBlockOptin, handle);
  if (!code)
    code = driver.contextRetain(&primary, handle);
  if (code) {
    primary = nullptr;
    return driver.fail(code, error, "cannot use device '%.100s'", device);
  }
  const char *asked = getenv("DSC_SEPARATE_BUFFERS");
  separate = asked && *asked && strcmp(asked, "0") != 0;
  ordinal = handle;
  capabilityNumber = 10 * major + minor;
  totalMemory = bytes;
  return DSC_OK;
}

dsc_status CudaDevice::acquire(const dsc_engine &engine, CudaEngine *&loaded, dsc_error *error) {
  pthread_mutex_lock(&lock);
  CudaEngine *found = engines;
  while (found && found->engine != &engine)
    found = found->next;
  dsc_status status = DSC_OK;
  if (!found) {
    found = create<CudaEngine>();
    status = found ? found->load(*this, engine, error)
                   : fail(error, DSC_OUT_OF_MEMORY, "no memory for an engine");
    if (status) {
      destroy(found);
      found = nullptr;
    } else {
      found->next = engines;
      engines = found;
    }
  }
  if (found)
    ++found->users;
  loaded = found;
  pthread_mutex_unlock(&lock);
  return status;
}

void CudaDevice::giveBack(CudaEngine *loaded) {
  pthread_mutex_lock(&lock);
  if (--loaded->users == 0) {
    CudaEngine **at = &engines;
    while (*at != loaded)
      at = &(*at)->next;
    *at = loaded->next;
    destroy(loaded);
  }
  pthread_mutex_unlock(&lock);
}

} // namespace dsc
