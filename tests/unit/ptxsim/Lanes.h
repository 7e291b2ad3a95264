// SPDX-License-Identifier: Apache-2.0
// One instruction on 32 lanes of inputs: for tests of what instructions compute.
#pragma once

#include "tests/unit/ptxsim/Gpu.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>

namespace ptxsim::test {

using Lanes32 = std::array<uint32_t, 32>;
using Lanes64 = std::array<uint64_t, 32>;

/// Inputs of `evaluate`, 64 bits a lane each.
struct Inputs {
  Lanes64 a{}, b{}, c{};
};

/// Runs `body` on %rd1, %rd2, %rd3 = a, b, c (also as %r1.. = low 32 bits, %rs1.. = low 16 bits) of
/// every lane; the result is what it leaves in %rd4. Results of 32 bits go to %r4, of 16 to %rs4,
/// predicates to %p4: `width` says which (64, 32, 16 or 1).
inline Lanes64 evaluate(const std::string &body, const Inputs &inputs, int width = 32,
                        std::string_view variables = "") {
  std::string text = "mul.wide.u32 %rd50, %r0, 8;\nadd.s64 %rd50, %rd50, %out;\n"
                     "ld.global.b64 %rd1, [%rd50];\nld.global.b64 %rd2, [%rd50+256];\n"
                     "ld.global.b64 %rd3, [%rd50+512];\n";
  for (const char *n : {"1", "2", "3"})
    text += std::string("cvt.u32.u64 %r") + n + ", %rd" + n + ";\ncvt.u16.u64 %rs" + n + ", %rd" +
            n + ";\n";
  text += body;
  if (width == 32)
    text += "\ncvt.u64.u32 %rd4, %r4;";
  else if (width == 16)
    text += "\ncvt.u64.u16 %rd4, %rs4;";
  else if (width == 1)
    text += "\nselp.b64 %rd4, 1, 0, %p4;";
  text += "\nst.global.b64 [%rd50+768], %rd4;";
  std::vector<uint64_t> memory;
  for (const Lanes64 *lanes : {&inputs.a, &inputs.b, &inputs.c})
    memory.insert(memory.end(), lanes->begin(), lanes->end());
  memory.resize(160); // 256 bytes behind the results for the body
  Buffer buffer = upload(memory);
  Module module(kernelText(text, "", variables));
  EXPECT_EQ(module.launch("k", {}, Arguments(buffer)), 0) << takeReport() << "\n" << body;
  Lanes64 result;
  auto values = buffer.values<uint64_t>();
  std::copy_n(values.begin() + 96, 32, result.begin());
  return result;
}

/// The first lane's result.
inline uint64_t one(const std::string &body, uint64_t a, uint64_t b = 0, uint64_t c = 0,
                    int width = 32) {
  Inputs inputs;
  inputs.a.fill(a), inputs.b.fill(b), inputs.c.fill(c);
  return evaluate(body, inputs, width)[0];
}

inline uint32_t bitsOf(float value) { return std::bit_cast<uint32_t>(value); }
inline uint64_t bitsOf(double value) { return std::bit_cast<uint64_t>(value); }

} // namespace ptxsim::test
