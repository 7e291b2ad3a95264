// SPDX-License-Identifier: Apache-2.0
#include "runtime/Isa.h"

#include "runtime/Error.h"

#include <initializer_list>
#include <stdio.h>
#include <string.h>

namespace dsc {

// __builtin_cpu_supports looks at CPUID and at XCR0: virtual machines mask what the CPU's name
// promises.
static int levelRank(const char *name, size_t bytes) {
  auto is = [&](const char *level) {
    return strlen(level) == bytes && !strncmp(name, level, bytes);
  };
  if (is("x86-64-v4"))
    return __builtin_cpu_supports("x86-64-v4") ? 400 : 0;
  if (is("x86-64-v3"))
    return __builtin_cpu_supports("x86-64-v3") ? 300 : 0;
  if (is("x86-64-v2"))
    return __builtin_cpu_supports("x86-64-v2") ? 200 : 0;
  if (is("x86-64"))
    return 100;
  return 0;
}

static bool hasFeature(const char *name, size_t bytes) {
  auto is = [&](const char *f) { return strlen(f) == bytes && !strncmp(name, f, bytes); };
  if (is("avx512bf16"))
    return __builtin_cpu_supports("avx512bf16");
  if (is("avx512vnni"))
    return __builtin_cpu_supports("avx512vnni");
  return false;
}

int isaRank(const char *tag) {
  __builtin_cpu_init();
  size_t bytes = strcspn(tag, "+");
  int rank = levelRank(tag, bytes);
  for (tag += bytes; rank && *tag == '+'; tag += bytes) {
    bytes = strcspn(++tag, "+");
    rank = hasFeature(tag, bytes) ? rank + 1 : 0;
  }
  return rank;
}

static const char *processorLevel() {
  for (const char *level : {"x86-64-v4+avx512bf16", "x86-64-v4", "x86-64-v3", "x86-64-v2"})
    if (isaRank(level))
      return level;
  return "x86-64";
}

dsc_status chooseCode(const EngineFile &file, const char *forced, const dsc_section *&code,
                      dsc_error *error) {
  char have[512] = "";
  int best = 0;
  code = nullptr;
  for (size_t i = 0; i < file.sectionCount(); ++i) {
    const dsc_section &s = file.section(i);
    if (s.kind != DSC_SECTION_CODE)
      continue;
    size_t used = strlen(have);
    snprintf(have + used, sizeof have - used, used ? ", %s" : "%s", s.tag);
    int rank = isaRank(s.tag);
    if (rank > best && (!forced || !strcmp(forced, s.tag))) {
      best = rank;
      code = &s;
    }
  }
  if (code)
    return DSC_OK;
  if (!*have)
    return fail(error, DSC_CORRUPT, "the engine has kernels but no code section");
  if (forced)
    return fail(error, DSC_UNSUPPORTED,
                "no code for '%s' that this processor (%s) runs; the engine has code for %s",
                forced, processorLevel(), have);
  return fail(error, DSC_UNSUPPORTED, "this processor runs %s; the engine has code for %s",
              processorLevel(), have);
}

} // namespace dsc
