// SPDX-License-Identifier: Apache-2.0
// Warp instructions a second of the realistic kernels at a size where start-up does not count, with
// all checks on; the best of three runs, of processor time. usage: dsc_ptxsim_speed [races=0]
// [KERNEL]
#include "tests/unit/ptxsim/Gpu.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <functional>

using namespace ptxsim::test;

namespace {

double processorSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The number behind "name": in a JSON text.
double field(const std::string &json, const std::string &name) {
  size_t at = json.find("\"" + name + "\": ");
  return at == std::string::npos ? 0 : std::stod(json.substr(at + name.size() + 4));
}

std::string only;

void measure(const char *kernel, Shape shape, const std::function<Arguments()> &arguments) {
  if (!only.empty() && only != kernel)
    return;
  Module module(golden(kernel + std::string(".ptx")));
  double best = 1e9, instructions = 0;
  for (int i = 0; i < 3; ++i) {
    Arguments given = arguments();
    ptxsim_reset_counters();
    double start = processorSeconds();
    if (module.launch(kernel, shape, given))
      fmt::print("{}\n", takeReport());
    best = std::min(best, processorSeconds() - start);
    instructions = field(ptxsim_counters(kernel), "warp_instructions");
  }
  fmt::print("{:16} {:10.0f} warp instructions {:7.3f} s {:6.2f} million a second\n", kernel,
             instructions, best, instructions / best * 1e-6);
}

Buffer filled(size_t words, unsigned value) {
  Buffer buffer(words * 4);
  cuMemsetD32_v2(buffer.address(), value, words);
  return buffer;
}

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  openDevice();
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "races=0")
      ptxsim_set_option("races", "0");
    else
      only = argv[i];
  }
  constexpr unsigned one = 0x3F803F80; // 1.0 for bf16 pairs, about 1 for f32
  {
    unsigned n = 512;
    Buffer a = filled(n * n / 2, one), b = filled(n * n / 2, one), c = filled(n * n, 0);
    measure("gemm_bf16", {.gridX = n / 64, .blockX = 128, .gridY = n / 64},
            [&] { return Arguments(c, a, b, n, n, n); });
  }
  {
    unsigned heads = 16, splits = 8, T = 2048;
    Buffer q = filled(heads * 64, one), k = filled(heads * T * 64, one),
           v = filled(heads * T * 64, one), out = filled(heads * 64, 0),
           partial = filled(heads * splits * 66, 0), tickets = filled(heads, 0);
    measure("attention_split", {.gridX = heads, .blockX = 128, .gridY = splits},
            [&] { return Arguments(out, q, k, v, partial, tickets, T, 0.1f); });
  }
  {
    unsigned rows = 256, width = 2048;
    Buffer x = filled(rows * width, one), w = filled(width, one), y = filled(rows * width, 0);
    measure("rms_norm", {.gridX = rows, .blockX = 256},
            [&] { return Arguments(y, x, w, width, 1e-5f); });
  }
  {
    unsigned n = 65536;
    Buffer experts = filled(n, 5), order = filled(n, 0), begin = filled(65, 0);
    measure("token_sort", {.blockX = 256}, [&] { return Arguments(order, begin, experts, n); });
  }
  {
    unsigned tokens = 4096, k = 8;
    std::vector<float> scores(tokens * 64);
    for (size_t i = 0; i < scores.size(); ++i)
      scores[i] = static_cast<float>(i * 2654435761u % 1000) * 1e-3f;
    Buffer s = upload(scores), chosen = filled(tokens * k, 0), weights = filled(tokens * k, 0);
    measure("top_k", {.gridX = tokens / 4, .blockX = 128},
            [&] { return Arguments(chosen, weights, s, tokens, k); });
  }
}
