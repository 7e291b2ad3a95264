// SPDX-License-Identifier: Apache-2.0
// Modules, functions, global variables; launches.
#include "tools/ptxsim/driver/Context.h"
#include "tools/ptxsim/mutate/Mutations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

using namespace ptxsim;

namespace {

/// Memory for the module's variables; what has no initialiser is zero.
bool placeVariables(Context &c, LoadedModule &module) {
  const Module &parsed = *module.parsed;
  for (const Variable &variable : parsed.variables) {
    if ((variable.space != Space::Global && variable.space != Space::Const) || variable.size == 0)
      continue;
    uint64_t address = c.memory.allocate(variable.size, variable.space == Space::Const);
    if (!address)
      return false;
    module.addresses[&variable] = address;
    std::ranges::copy(variable.contents, c.memory.data(address));
    c.memory.markInitialised(address, variable.size);
  }
  for (const auto &[variable, address] : module.addresses)
    for (const Variable::Reference &reference : variable->references) {
      auto named = parsed.globals.find(reference.symbol);
      auto target = named == parsed.globals.end() ? module.addresses.end()
                                                  : module.addresses.find(named->second);
      if (target == module.addresses.end())
        throw PtxError(0, "initialiser of '" + variable->name + "' names '" + reference.symbol +
                              "', which has no address");
      uint64_t value = target->second + static_cast<uint64_t>(reference.addend);
      std::memcpy(c.memory.data(address + reference.offset), &value, 8);
    }
  return true;
}

void dropVariables(Context &c, const LoadedModule &module) {
  for (const auto &[variable, address] : module.addresses)
    c.memory.release(address);
}

/// Puts the chosen fault in, if the module has the kernel that it is for.
void mutate(Module &module) {
  for (const Mutation &mutation : findMutations(module))
    if (fmt::format("{}:{}", mutation.function, mutation.number) == options().mutate)
      return apply(mutation, module);
}

struct Log {
  char *text = nullptr;
  size_t bytes = 0;
  void write(const std::string &message) const {
    if (!text || bytes == 0)
      return;
    size_t count = std::min(bytes - 1, message.size());
    std::memcpy(text, message.data(), count);
    text[count] = '\0';
  }
};

CUresult load(CUmodule *result, const void *image, const Log &errors) {
  return inContext([&](Context &c) -> CUresult {
    if (!result || !image)
      return cuda::InvalidValue;
    const char *text = static_cast<const char *>(image);
    if (std::memcmp(text, "\177ELF", 4) == 0 || std::memcmp(text, "\x50\xed\x55\xba", 4) == 0)
      return cuda::NoBinaryForGpu;
    auto module = std::make_unique<LoadedModule>();
    try {
      module->parsed = parseModule(text);
      if (module->parsed->version == 0)
        throw PtxError(1, "the text does not begin with .version: no PTX");
      if (!options().mutate.empty())
        mutate(*module->parsed);
      if (!placeVariables(c, *module)) {
        dropVariables(c, *module);
        return cuda::OutOfMemory;
      }
      for (const auto &[name, function] : module->parsed->functions)
        if (function->entry && function->defined)
          module->kernels[name] = std::make_unique<Kernel>(
              Kernel{module.get(), Decoder(*module->parsed, module->addresses, *function).run(),
                     maxStaticShared});
    } catch (const std::bad_alloc &) {
      dropVariables(c, *module);
      return cuda::OutOfMemory;
    } catch (const std::exception &error) { // PtxError, or an operand that is not there
      dropVariables(c, *module);
      errors.write(error.what());
      process().lastReport = error.what();
      if (options().print)
        std::fprintf(stderr, "ptxsim: %s\n", error.what());
      return cuda::InvalidPtx;
    }
    for (const auto &[name, kernel] : module->kernels)
      c.kernels.insert(kernel.get());
    *result = module.get();
    c.modules.insert(std::move(module));
    return cuda::Success;
  });
}

} // namespace

CUresult Context::check(const Kernel &kernel, const LaunchShape &shape, void **parameters,
                        void **extra, std::vector<uint8_t> &bytes) const {
  uint64_t threads = uint64_t(shape.block[0]) * shape.block[1] * shape.block[2];
  if (threads == 0 || threads > 1024 || shape.block[2] > 64 || shape.blocks() == 0 ||
      shape.grid[1] > 65535 || shape.grid[2] > 65535 || shape.grid[0] > 0x7FFFFFFF ||
      shape.blocks() > (uint64_t(1) << 26))
    return cuda::InvalidValue;
  const Function &entry = *kernel.image.entry;
  auto product = [](const std::array<unsigned, 3> &a) { return uint64_t(a[0]) * a[1] * a[2]; };
  if (product(entry.maximumThreads) && threads > product(entry.maximumThreads))
    return cuda::LaunchOutOfResources;
  if (entry.requiredThreads[0] && shape.block != entry.requiredThreads)
    return cuda::InvalidValue;
  uint64_t shared = uint64_t(kernel.image.staticShared) + shape.dynamicShared;
  uint64_t limit =
      std::max<uint64_t>(maxStaticShared, std::min<uint64_t>(uint64_t(kernel.image.staticShared) +
                                                                 kernel.maxDynamicShared,
                                                             sharedOptin(options().capability)));
  if (shared > limit) {
    process().lastReport = fmt::format(
        "shared-limit: kernel {} wants {} bytes of shared memory ({} static, {} dynamic) and may "
        "have {}: cuFuncSetAttribute raises this up to {}",
        entry.name, shared, kernel.image.staticShared, shape.dynamicShared, limit,
        sharedOptin(options().capability));
    if (options().print)
      std::fprintf(stderr, "ptxsim: %s\n", process().lastReport.c_str());
    return cuda::InvalidValue;
  }
  bytes.assign(kernel.image.parameterBytes, 0);
  if (parameters) {
    for (size_t i = 0; i < kernel.image.parameters.size(); ++i)
      std::memcpy(bytes.data() + kernel.image.parameters[i].offset, parameters[i],
                  kernel.image.parameters[i].size);
  } else if (extra) {
    const void *buffer = nullptr;
    size_t size = 0;
    for (; *extra; extra += 2) {
      if (*extra == reinterpret_cast<void *>(1))
        buffer = extra[1];
      else if (*extra == reinterpret_cast<void *>(2))
        size = *static_cast<size_t *>(extra[1]);
    }
    if (!buffer || size < bytes.size())
      return cuda::InvalidValue;
    std::memcpy(bytes.data(), buffer, bytes.size());
  } else if (!bytes.empty()) {
    return cuda::InvalidValue;
  }
  return cuda::Success;
}

PTXSIM_API CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  return load(module, image, {});
}

PTXSIM_API CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count,
                                       int *names, void **values) {
  Log errors;
  for (unsigned i = 0; i < count; ++i) {
    if (names[i] == cuda::ErrorLog)
      errors.text = static_cast<char *>(values[i]);
    else if (names[i] == cuda::ErrorLogBytes)
      errors.bytes = reinterpret_cast<size_t>(values[i]);
    else if (names[i] == cuda::InfoLog && values[i])
      *static_cast<char *>(values[i]) = '\0';
  }
  errors.write("");
  return load(module, image, errors);
}

PTXSIM_API CUresult cuModuleUnload(CUmodule module) {
  return inContext([&](Context &c) -> CUresult {
    if (!owns(c.modules, module))
      return cuda::InvalidHandle;
    if (CUresult result = c.finish())
      return result;
    for (const auto &[name, kernel] : module->kernels)
      c.kernels.erase(kernel.get());
    dropVariables(c, *module);
    erase(c.modules, module);
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  return inContext([&](Context &c) {
    if (!function || !name)
      return cuda::InvalidValue;
    if (!owns(c.modules, module))
      return cuda::InvalidHandle;
    auto found = module->kernels.find(std::string_view(name));
    if (found == module->kernels.end())
      return cuda::NotFound;
    *function = found->second.get();
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuModuleGetGlobal_v2(CUdeviceptr *address, size_t *bytes, CUmodule module,
                                         const char *name) {
  return inContext([&](Context &c) {
    if (!name)
      return cuda::InvalidValue;
    if (!owns(c.modules, module))
      return cuda::InvalidHandle;
    auto found = module->parsed->globals.find(std::string_view(name));
    if (found == module->parsed->globals.end() || !module->addresses.contains(found->second))
      return cuda::NotFound;
    if (address)
      *address = module->addresses.at(found->second);
    if (bytes)
      *bytes = found->second->size;
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuFuncGetAttribute(int *value, int attribute, CUfunction function) {
  return inContext([&](Context &c) {
    if (!value)
      return cuda::InvalidValue;
    if (!c.kernels.contains(function))
      return cuda::InvalidHandle;
    const auto &most = function->image.entry->maximumThreads;
    switch (attribute) {
    case cuda::FunctionMaxThreads:
      *value = most[0] ? static_cast<int>(std::min(1024u, most[0] * most[1] * most[2])) : 1024;
      break;
    case cuda::FunctionShared:
      *value = static_cast<int>(function->image.staticShared);
      break;
    case cuda::FunctionLocal:
      *value = static_cast<int>(function->image.localBytes);
      break;
    // PTX registers are virtual: no number would be true.
    case cuda::FunctionRegisters:
    case cuda::FunctionConst:
    case cuda::FunctionCacheMode:
      *value = 0;
      break;
    case cuda::FunctionPtxVersion:
      *value = static_cast<int>(function->module->parsed->version);
      break;
    case cuda::FunctionBinaryVersion:
      *value = static_cast<int>(options().capability);
      break;
    case cuda::FunctionMaxDynamicShared:
      *value = static_cast<int>(function->maxDynamicShared);
      break;
    default:
      *value = 0;
      break;
    }
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  return inContext([&](Context &c) {
    if (!c.kernels.contains(function))
      return cuda::InvalidHandle;
    if (attribute != cuda::FunctionMaxDynamicShared)
      return cuda::Success;
    if (value < 0 || static_cast<uint64_t>(value) + function->image.staticShared >
                         sharedOptin(options().capability))
      return cuda::InvalidValue;
    function->maxDynamicShared = static_cast<uint32_t>(value);
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuFuncSetCacheConfig(CUfunction, int) { return cuda::Success; }

PTXSIM_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function,
                                                                int threads, size_t dynamicShared) {
  return inContext([&](Context &c) {
    if (!blocks || threads <= 0 || threads > 1024)
      return cuda::InvalidValue;
    if (!c.kernels.contains(function))
      return cuda::InvalidHandle;
    size_t shared = function->image.staticShared + dynamicShared;
    size_t byShared = (sharedOptin(options().capability) + 1024) / (shared + 1024);
    *blocks = static_cast<int>(std::min<size_t>(
        {32, 2048u / ((static_cast<unsigned>(threads) + 31) / 32 * 32), byShared}));
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY,
                                   unsigned gridZ, unsigned blockX, unsigned blockY,
                                   unsigned blockZ, unsigned sharedBytes, CUstream stream,
                                   void **parameters, void **extra) {
  return inContext([&](Context &c) -> CUresult {
    if (!c.kernels.contains(function))
      return cuda::InvalidHandle;
    LaunchShape shape{{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes};
    Stream *queue = c.find(stream);
    if (!queue)
      return cuda::InvalidHandle;
    std::vector<uint8_t> bytes;
    if (CUresult result = c.check(*function, shape, parameters, extra, bytes))
      return result;
    return c.submit(*queue, [&c, function, shape, bytes] { return c.launch(*function, shape, bytes); });
  });
}

PTXSIM_API CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function,
                                     void **parameters, void **extra) {
  if (!config)
    return cuda::InvalidValue;
  for (unsigned i = 0; i < config->numAttrs; ++i) {
    const CUlaunchAttribute &attribute = config->attrs[i];
    const auto &cluster = attribute.value.clusterDim;
    if (attribute.id == cuda::AttributeClusterDimension &&
        uint64_t(cluster.x) * cluster.y * cluster.z != 1)
      return cuda::NotSupported;
  }
  return cuLaunchKernel(function, config->gridDimX, config->gridDimY, config->gridDimZ,
                        config->blockDimX, config->blockDimY, config->blockDimZ,
                        config->sharedMemBytes, config->hStream, parameters, extra);
}

PTXSIM_API CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned gridX, unsigned gridY,
                                              unsigned gridZ, unsigned blockX, unsigned blockY,
                                              unsigned blockZ, unsigned sharedBytes,
                                              CUstream stream, void **parameters) {
  return cuLaunchKernel(function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream,
                        parameters, nullptr);
}
