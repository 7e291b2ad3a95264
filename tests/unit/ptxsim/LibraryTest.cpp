// SPDX-License-Identifier: Apache-2.0
// CUDA's math library, as NVRTC puts it into a kernel, against the host's.
#include "tests/unit/ptxsim/Gpu.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace ptxsim::test {
namespace {

using Float = double (*)(double);
constexpr unsigned threads = 96;

TEST(Library, agreesWithTheHost) {
  std::vector<float> x;
  std::vector<double> y;
  std::vector<long long> n;
  for (unsigned i = 0; i < threads; ++i) {
    // Small ones, larger ones and such that need the long reduction of an angle.
    float value = (static_cast<float>(i % 32) - 15.7f) * (i < 32 ? 0.1f : i < 64 ? 1.0f : 1.0f);
    x.push_back(i < 64 ? value : value * 7919.3f);
    y.push_back(static_cast<double>(value) * 1.37);
    n.push_back((static_cast<long long>(i) - 40) * 123456789123457 + 5);
  }
  // Functions that would overflow get small arguments throughout.
  for (unsigned i = 64; i < threads; ++i)
    y[i] *= 10;
  Buffer X = upload(x), Y = upload(y), N = upload(n), out(23 * threads * 8),
         integers(12 * threads * 8);
  Module module(golden("library.ptx"));
  ASSERT_EQ(module.launch("library", {.blockX = threads}, Arguments(out, integers, X, Y, N)), 0)
      << takeReport();
  auto got = out.values<double>();
  // Errors in units of the last place that CUDA's documentation allows, rounded up.
  const std::pair<Float, double> floats[] = {
      {[](double v) { return std::exp(v); }, 2},
      {[](double v) { return std::log(std::fabs(v)); }, 2},
      {[](double v) { return std::sin(v); }, 3},
      {[](double v) { return std::cos(v); }, 3},
      {[](double v) { return std::tan(v); }, 5},
      {[](double v) { return std::tanh(v); }, 3},
      {[](double v) { return std::erf(v); }, 3},
      {[](double v) { return std::pow(std::fabs(v), double(1.3f)); }, 5},
      {[](double v) { return std::atan2(v, 2.0); }, 4},
      {[](double v) { return std::fmod(v, 1.5); }, 0},
      {[](double v) { return std::cbrt(v); }, 2},
      {[](double v) { return std::log1p(std::fabs(v)); }, 2},
      {[](double v) { return std::rint(v); }, 0},
      {[](double v) { return std::floor(v); }, 0},
      {[](double v) { return double(float(v) / 3.0f); }, 0},
      {[](double v) { return double(std::sqrt(std::fabs(float(v)))); }, 0},
  };
  const std::pair<Float, double> doubles[] = {
      {[](double v) { return std::exp(v); }, 3},
      {[](double v) { return std::log(std::fabs(v)); }, 3},
      {[](double v) { return std::sin(v); }, 4},
      {[](double v) { return std::pow(std::fabs(v), 1.3); }, 4},
      {[](double v) { return v / 3.0; }, 0},
      {[](double v) { return std::sqrt(std::fabs(v)); }, 0},
      {[](double v) { return std::erf(v); }, 4},
  };
  unsigned f = 0;
  for (auto [function, ulps] : floats) {
    for (unsigned i = 0; i < threads; ++i) {
      double wanted = function(x[i]);
      if (std::fabs(wanted) > 3e38 || (wanted != 0 && std::fabs(wanted) < 1.2e-38))
        continue;
      EXPECT_NEAR(got[f * threads + i], wanted, (ulps + 0.5) * std::fabs(wanted) * 0x1p-23)
          << "f32 function " << f << " of " << x[i];
    }
    ++f;
  }
  for (auto [function, ulps] : doubles) {
    for (unsigned i = 0; i < threads; ++i) {
      double wanted = function(y[i]);
      EXPECT_NEAR(got[f * threads + i], wanted, ulps * std::fabs(wanted) * 0x1p-52)
          << "f64 function " << f << " of " << y[i];
    }
    ++f;
  }
  auto whole = integers.values<long long>();
  for (unsigned i = 0; i < threads; ++i) {
    long long a = n[i], b = static_cast<long long>(i) * 77 - 1000;
    auto u = static_cast<unsigned long long>(a);
    const long long wanted[] = {
        a / b,
        a % b,
        static_cast<long long>(u / 10),
        static_cast<int>(a) / static_cast<int>(i + 1),
        static_cast<int>(a) % 7,
        static_cast<long long>((static_cast<__int128>(a) * b) >> 64),
        std::popcount(u),
        std::countl_zero(u),
        u ? std::countr_zero(u) + 1 : 0,
        static_cast<long long>(__builtin_bitreverse64(u)),
        static_cast<long long>(x[i]),
        std::llrint(y[i]),
    };
    for (unsigned k = 0; k < std::size(wanted); ++k)
      EXPECT_EQ(whole[k * threads + i], wanted[k]) << "integer function " << k << " of " << a;
  }
}

} // namespace
} // namespace ptxsim::test
