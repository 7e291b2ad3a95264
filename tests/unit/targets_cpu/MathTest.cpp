// SPDX-License-Identifier: Apache-2.0
// Accuracy against the C library in a wider type, and the values that IEEE 754 and C give the ends
// of the ranges.
#include "tests/unit/targets_cpu/KernelTest.h"
#include <cmath>

namespace dsc::cpu::test {
namespace {

class Math : public KernelTest {
protected:
  template <typename T> std::vector<T> unary(llvm::StringRef kind, llvm::ArrayRef<T> x) {
    std::string type = "tensor<" + std::to_string(x.size()) + (sizeof(T) == 8 ? "xf64>" : "xf32>");
    mlir::Type element = sizeof(T) == 8 ? mlir::Type(mlir::Float64Type::get(&context))
                                        : mlir::Float32Type::get(&context);
    auto r = run("sizes [] strides [unit, unit] aliases [-1] {\n^bb0(%a: " + type +
                     "):\n  %r = prim.unary " + kind.str() + " %a : " + type + " -> " + type +
                     "\n  plan.yield %r : " + type + "\n}",
                 {Tensor::fromValues<T>({int64_t(x.size())}, element, x)});
    return r[0].template values<T>().vec();
  }
  template <typename T> std::vector<T> power(llvm::ArrayRef<T> x, llvm::ArrayRef<T> y) {
    std::string type = "tensor<" + std::to_string(x.size()) + (sizeof(T) == 8 ? "xf64>" : "xf32>");
    mlir::Type element = sizeof(T) == 8 ? mlir::Type(mlir::Float64Type::get(&context))
                                        : mlir::Float32Type::get(&context);
    int64_t n = x.size();
    auto r = run("sizes [] strides [unit, unit, unit] aliases [-1] {\n^bb0(%a: " + type +
                     ", %b: " + type +
                     "):\n"
                     "  %r = prim.binary pow %a, %b : " +
                     type + "\n  plan.yield %r : " + type + "\n}",
                 {Tensor::fromValues<T>({n}, element, x), Tensor::fromValues<T>({n}, element, y)});
    return r[0].template values<T>().vec();
  }
  static double ulpOf(float want) {
    return std::max<double>(std::ldexp(1.0, std::max(std::ilogb(want), -126) - 23),
                            std::ldexp(1.0, -149));
  }
  static double ulpOf(double want) {
    return std::ldexp(1.0, std::max(std::ilogb(want), -1022) - 52);
  }
  /// The largest error in units of the last place.
  template <typename T, typename F>
  double worst(llvm::ArrayRef<T> x, const std::vector<T> &got, F exact, T *where = nullptr) {
    double result = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      long double want = exact((long double)x[i]);
      if (!std::isfinite(T(want)))
        continue;
      double error = want == 0 ? std::abs(double(got[i]))
                               : double(std::abs((long double)got[i] - want) / ulpOf(T(want)));
      if (!(error <= result)) {
        result = error;
        if (where)
          *where = x[i];
      }
    }
    return result;
  }
  template <typename T> std::vector<T> sample(T low, T high, size_t count = 20000) {
    std::uniform_real_distribution<T> reals(low, high);
    std::vector<T> x(count);
    for (T &v : x)
      v = reals(random);
    return x;
  }
  template <typename T, typename F>
  void expectWithin(double ulps, llvm::StringRef kind, T low, T high, F exact) {
    auto x = sample<T>(low, high);
    T where = 0;
    double error = worst<T>(x, unary<T>(kind, x), exact, &where);
    EXPECT_LE(error, ulps) << kind.str() << " on [" << low << ", " << high << "] at " << where;
  }
};

auto sine = [](long double x) { return std::sin(x); };
auto cosine = [](long double x) { return std::cos(x); };

TEST_F(Math, Exp) {
  auto exact = [](long double x) { return std::exp(x); };
  expectWithin<float>(1.5, "exp", -87, 88.7f, exact);
  expectWithin<float>(1.5, "exp", -1, 1, exact);
  expectWithin<float>(1, "exp", -103, -87, exact);
  expectWithin<double>(3, "exp", -708, 709, exact);
  auto r = unary<float>("exp", {0.0f, INFINITY, -INFINITY, NAN, 89.0f, -110.0f});
  EXPECT_EQ(r[0], 1);
  EXPECT_EQ(r[1], INFINITY);
  EXPECT_EQ(r[2], 0);
  EXPECT_TRUE(std::isnan(r[3]));
  EXPECT_EQ(r[4], INFINITY);
  EXPECT_EQ(r[5], 0);
}

TEST_F(Math, Log) {
  auto exact = [](long double x) { return std::log(x); };
  expectWithin<float>(1.5, "log", 0, 3, exact);
  expectWithin<float>(1.5, "log", 0.9f, 1.1f, exact);
  expectWithin<float>(1.5, "log", 0, 3e38f, exact);
  expectWithin<float>(1.5, "log", 0, 1e-38f, exact);
  expectWithin<double>(3, "log", 0, 3, exact);
  expectWithin<double>(3, "log", 0.9, 1.1, exact);
  auto r = unary<float>("log", {1.0f, 0.0f, -0.0f, -1.0f, INFINITY, NAN});
  EXPECT_EQ(r[0], 0);
  EXPECT_EQ(r[1], -INFINITY);
  EXPECT_EQ(r[2], -INFINITY);
  EXPECT_TRUE(std::isnan(r[3]));
  EXPECT_EQ(r[4], INFINITY);
  EXPECT_TRUE(std::isnan(r[5]));
}

TEST_F(Math, SinCos) {
  for (float limit : {0.1f, 3.2f, 100.0f, 163840.0f, 262144.0f, 1e9f}) {
    expectWithin<float>(1.5, "sin", -limit, limit, sine);
    expectWithin<float>(1.5, "cos", -limit, limit, cosine);
  }
  for (double limit : {0.1, 3.2, 100.0, 163840.0}) {
    expectWithin<double>(3, "sin", -limit, limit, sine);
    expectWithin<double>(3, "cos", -limit, limit, cosine);
  }
  for (llvm::StringRef kind : {"sin", "cos"}) {
    auto r = unary<float>(kind, {INFINITY, -INFINITY, NAN, 3e38f, -3e38f, 0.0f, -0.0f});
    for (int i : {0, 1, 2})
      EXPECT_TRUE(std::isnan(r[i]));
    for (int i : {3, 4})
      EXPECT_LE(std::abs(r[i]), 1);
    EXPECT_EQ(r[5], kind == "sin" ? 0 : 1);
  }
}

TEST_F(Math, RotaryAngles) {
  // Angles as models compute them: a position times an inverse frequency, both f32.
  std::vector<float> angles;
  for (float position : {1.0f, 4095.0f, 131071.0f, 163839.0f, 163840.0f})
    for (int i = 0; i < 32; ++i)
      angles.push_back(position * float(std::pow(10000.0, -i / 32.0)));
  EXPECT_LE(worst<float>(angles, unary<float>("sin", angles), sine), 1.5);
  EXPECT_LE(worst<float>(angles, unary<float>("cos", angles), cosine), 1.5);
}

TEST_F(Math, TanhErf) {
  auto tangent = [](long double x) { return std::tanh(x); };
  auto error = [](long double x) { return std::erf(x); };
  for (float limit : {1e-3f, 1.0f, 10.0f, 100.0f}) {
    expectWithin<float>(1, "tanh", -limit, limit, tangent);
    expectWithin<float>(1, "erf", -limit, limit, error);
    expectWithin<double>(8, "tanh", -limit, limit, tangent);
    expectWithin<double>(8, "erf", -limit, limit, error);
  }
  for (llvm::StringRef kind : {"tanh", "erf"}) {
    auto r = unary<float>(kind, {INFINITY, -INFINITY, NAN, 0.0f, -0.0f, 1e-30f});
    EXPECT_EQ(r[0], 1);
    EXPECT_EQ(r[1], -1);
    EXPECT_TRUE(std::isnan(r[2]));
    EXPECT_EQ(r[3], 0);
    EXPECT_TRUE(std::signbit(r[4]));
    EXPECT_GT(r[5], 0);
  }
}

TEST_F(Math, Pow) {
  for (auto [low, high, range] :
       {std::tuple<float, float, float>{0, 4, 20}, {0, 1e30f, 1}, {0.99f, 1.01f, 1000}}) {
    auto x = sample<float>(low, high), y = sample<float>(-range, range);
    auto got = power<float>(x, y);
    double error = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      long double want = std::pow((long double)x[i], (long double)y[i]);
      if (std::isfinite(float(want)) && want > 1e-37)
        error = std::max(error, double(std::abs(got[i] - want) / ulpOf(float(want))));
    }
    EXPECT_LE(error, 1) << low;
    std::vector<double> wideX(x.begin(), x.end()), wideY(y.begin(), y.end());
    auto wide = power<double>(wideX, wideY);
    double relative = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      long double want = std::pow((long double)wideX[i], (long double)wideY[i]);
      if (std::isfinite(double(want)) && want > 1e-300)
        relative = std::max(relative, double(std::abs(wide[i] - want) / want));
    }
    EXPECT_LE(relative, 1e-14) << low;
  }
  auto x = sample<float>(-1e10f, 1e10f);
  std::vector<float> two(x.size(), 2);
  auto squares = power<float>(x, two);
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(squares[i], x[i] * x[i]);
}

TEST_F(Math, PowAtTheEnds) {
  const float inf = INFINITY;
  std::vector<float> x, y;
  for (float a : {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, -2.0f, 0.5f, -0.5f, inf, -inf, NAN, -8.0f})
    for (float b : {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, 3.0f, -3.0f, 0.5f, -0.5f, 1 / 3.0f, inf, -inf,
                    NAN, 1e10f, 2.5f}) {
      x.push_back(a);
      y.push_back(b);
    }
  auto got = power<float>(x, y);
  for (size_t i = 0; i < x.size(); ++i) {
    float want = std::pow(double(x[i]), double(y[i]));
    EXPECT_TRUE(std::isnan(want)
                    ? std::isnan(got[i])
                    : std::abs(got[i] - want) <= 1e-6 * std::abs(want) || got[i] == want)
        << x[i] << " ^ " << y[i] << " = " << want << ", got " << got[i];
    if (!std::isnan(want))
      EXPECT_EQ(std::signbit(got[i]), std::signbit(want)) << x[i] << " ^ " << y[i];
  }
}

} // namespace
} // namespace dsc::cpu::test
