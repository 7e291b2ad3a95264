// SPDX-License-Identifier: Apache-2.0
// Reports, options and counters (ptxsim.h), and cuGetProcAddress.
#include "tools/ptxsim/driver/Context.h"
#include "tools/ptxsim/mutate/Mutations.h"
#include "tools/ptxsim/ptxsim.h"

#include <fmt/format.h>

#include <dlfcn.h>

using namespace ptxsim;

PTXSIM_API const char *ptxsim_last_report(void) {
  static thread_local std::string text;
  std::lock_guard lock(process().mutex);
  text = process().lastReport;
  return text.c_str();
}

PTXSIM_API void ptxsim_clear_error(void) {
  std::lock_guard lock(process().mutex);
  process().lastReport.clear();
  if (process().primary)
    process().primary->error = 0;
}

PTXSIM_API int ptxsim_set_option(const char *name, const char *value) {
  std::lock_guard lock(process().mutex);
  return name && value && options().set(name, value) ? 0 : 1;
}

PTXSIM_API const char *ptxsim_counters(const char *kernel) {
  static thread_local std::string text;
  std::lock_guard lock(process().mutex);
  text = "{";
  if (process().primary)
    for (const auto &[name, counters] : process().primary->counters)
      if (!kernel || name == kernel)
        text += fmt::format("{}\"{}\": {}", text == "{" ? "" : ",\n ", name, counters.json());
  text += "}";
  return text.c_str();
}

PTXSIM_API const char *ptxsim_mutations(const char *ptx) {
  static thread_local std::string text;
  text.clear();
  if (!ptx)
    return "";
  try {
    auto module = parseModule(ptx);
    for (const Mutation &m : findMutations(*module)) {
      std::string instruction(module->lineText(m.line));
      std::erase(instruction, '\t');
      text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", m.number, m.function, m.line,
                          mutationKind(m.kind), m.what, instruction);
    }
  } catch (const PtxError &error) {
    text = error.what();
  }
  return text.c_str();
}

PTXSIM_API const char *ptxsim_reached(const char *kernel) {
  static thread_local std::string text;
  std::lock_guard lock(process().mutex);
  std::set<unsigned> lines;
  if (kernel && process().primary)
    for (const auto &module : process().primary->modules)
      if (auto found = module->kernels.find(kernel); found != module->kernels.end())
        for (size_t i = 0; i < found->second->image.code.size(); ++i)
          if (found->second->image.reached[i])
            lines.insert(found->second->image.origins[i].line);
  text.clear();
  for (unsigned line : lines)
    text += fmt::format("{}{}", text.empty() ? "" : " ", line);
  return text.c_str();
}

PTXSIM_API void ptxsim_reset_counters(void) {
  std::lock_guard lock(process().mutex);
  if (process().primary)
    process().primary->counters.clear();
}

PTXSIM_API CUresult cuGetProcAddress_v2(const char *symbol, void **function, int, uint64_t,
                                        int *status) {
  if (!symbol || !function)
    return cuda::InvalidValue;
  static void *self = [] {
    Dl_info info{};
    dladdr(reinterpret_cast<void *>(&cuGetProcAddress_v2), &info);
    return dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  }();
  // The newest version of an entry point is what its plain name means.
  *function = nullptr;
  if (self)
    for (const char *version : {"_v3", "_v2", ""})
      if ((*function = dlsym(self, (std::string(symbol) + version).c_str())))
        break;
  if (status)
    *status = *function ? 0 : 1;
  return *function ? cuda::Success : cuda::NotFound;
}

PTXSIM_API CUresult cuGetProcAddress(const char *symbol, void **function, int version,
                                     uint64_t flags) {
  return cuGetProcAddress_v2(symbol, function, version, flags, nullptr);
}
