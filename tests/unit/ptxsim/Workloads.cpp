// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/ptxsim/Workloads.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace ptxsim::test {
namespace {

/// Values in (-1, 1), the same on every machine.
std::vector<float> numbers(size_t count, unsigned seed) {
  std::vector<float> result(count);
  uint32_t state = seed * 2654435761u + 12345;
  for (float &value : result) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) / (1 << 23) - 1.0f;
  }
  return result;
}

std::string launch(Module &module, const char *kernel, Shape shape, Arguments arguments) {
  if (module.launch(kernel, shape, std::move(arguments)) == 0)
    return "";
  return takeReport();
}

std::string compare(const char *what, const std::vector<float> &got,
                    const std::vector<double> &wanted, double tolerance) {
  for (size_t i = 0; i < wanted.size(); ++i)
    if (!(std::fabs(got[i] - wanted[i]) <= tolerance * (1 + std::fabs(wanted[i]))))
      return std::string(what) + "[" + std::to_string(i) + "] is " + std::to_string(got[i]) +
             ", not " + std::to_string(wanted[i]);
  return "";
}

std::string compare(const char *what, const std::vector<int> &got, const std::vector<int> &wanted) {
  for (size_t i = 0; i < wanted.size(); ++i)
    if (got[i] != wanted[i])
      return std::string(what) + "[" + std::to_string(i) + "] is " + std::to_string(got[i]) +
             ", not " + std::to_string(wanted[i]);
  return "";
}

std::string gemmCase(Module &module, int M, int N, int K) {
  auto halves = [](const std::vector<float> &values) {
    std::vector<uint16_t> result;
    for (float v : values)
      result.push_back(static_cast<uint16_t>(std::bit_cast<uint32_t>(v) >> 16));
    return result;
  };
  auto widened = [](uint16_t h) { return double(std::bit_cast<float>(uint32_t(h) << 16)); };
  auto a = halves(numbers(size_t(M) * K, 1)), b = halves(numbers(size_t(N) * K, 2));
  Buffer A = upload(a), B = upload(b), C(size_t(M) * N * 4);
  Shape shape{.gridX = unsigned(N + 63) / 64, .blockX = 128, .gridY = unsigned(M + 63) / 64};
  if (auto wrong = launch(module, "gemm_bf16", shape, Arguments(C, A, B, M, N, K)); !wrong.empty())
    return wrong;
  std::vector<double> wanted(size_t(M) * N);
  for (int m = 0; m < M; ++m)
    for (int n = 0; n < N; ++n)
      for (int k = 0; k < K; ++k)
        wanted[size_t(m) * N + n] += widened(a[size_t(m) * K + k]) * widened(b[size_t(n) * K + k]);
  return compare("C", C.values<float>(), wanted, 1e-5);
}

std::string gemm(Module &module) {
  // Full tiles of an odd number, and edges in every direction.
  for (auto [M, N, K] : {std::array{64, 64, 96}, std::array{75, 70, 56}, std::array{1, 130, 8},
                         std::array{2, 2, 296}})
    if (auto wrong = gemmCase(module, M, N, K); !wrong.empty())
      return wrong;
  // Edges in every row group and column of a warp's fragments.
  for (int i = 0; i < 8; ++i)
    if (auto wrong =
            gemmCase(module, 67 + 8 * i, 66 + 8 * (i / 2) + 33 * (i % 2), 8 + 24 * (i % 2));
        !wrong.empty())
      return wrong;
  return "";
}

std::string attentionCase(Module &module, int heads, int splits, int T, float size) {
  constexpr int width = 64;
  auto q = numbers(size_t(heads) * width, 3), k = numbers(size_t(heads) * T * width, 4),
       v = numbers(size_t(heads) * T * width, 5);
  for (float &value : q)
    value *= size;
  Buffer Q = upload(q), K = upload(k), V = upload(v), out(size_t(heads) * width * 4),
         partial(size_t(heads) * splits * (width + 2) * 4), tickets(size_t(heads) * 4);
  cuMemsetD32_v2(tickets.address(), 0, static_cast<size_t>(heads));
  float scale = 0.5f * 1.4426950408889634f;
  Shape shape{.gridX = unsigned(heads), .blockX = 128, .gridY = unsigned(splits)};
  if (auto wrong = launch(module, "attention_split", shape,
                          Arguments(out, Q, K, V, partial, tickets, T, scale));
      !wrong.empty())
    return wrong;
  std::vector<double> wanted(size_t(heads) * width);
  for (int h = 0; h < heads; ++h) {
    std::vector<double> weight(static_cast<size_t>(T));
    double total = 0;
    for (int t = 0; t < T; ++t) {
      double score = 0;
      for (int d = 0; d < width; ++d)
        score += double(q[size_t(h * width + d)]) * k[(size_t(h) * T + t) * width + d];
      total += weight[size_t(t)] = std::exp(0.5 * score);
    }
    for (int t = 0; t < T; ++t)
      for (int d = 0; d < width; ++d)
        wanted[size_t(h * width + d)] +=
            weight[size_t(t)] / total * v[(size_t(h) * T + t) * width + d];
  }
  if (auto wrong = compare("out", out.values<float>(), wanted, 1e-5 * size); !wrong.empty())
    return wrong;
  return compare("tickets", tickets.values<int>(), std::vector<int>(static_cast<size_t>(heads)));
}

std::string attention(Module &module) {
  for (auto [heads, splits, T] : {std::array{2, 3, 50}, std::array{1, 1, 9}, std::array{1, 5, 13},
                                  std::array{4, 2, 10}, std::array{4, 6, 24}})
    // Large scores overflow wherever a maximum is not the right one.
    for (float size : {1.0f, 100.0f})
      if (auto wrong = attentionCase(module, heads, splits, T, size); !wrong.empty())
        return wrong;
  return "";
}

std::string normCase(Module &module, int rows, int width, unsigned threads) {
  auto x = numbers(size_t(rows) * width, 6), weight = numbers(static_cast<size_t>(width), 7);
  Buffer X = upload(x), W = upload(weight), Y(x.size() * 4);
  if (auto wrong = launch(module, "rms_norm", {.gridX = unsigned(rows), .blockX = threads},
                          Arguments(Y, X, W, width, 1e-2f));
      !wrong.empty())
    return wrong;
  std::vector<double> wanted;
  for (int r = 0; r < rows; ++r) {
    double sum = 0;
    for (int i = 0; i < width; ++i)
      sum += double(x[size_t(r) * width + i]) * x[size_t(r) * width + i];
    for (int i = 0; i < width; ++i)
      wanted.push_back(x[size_t(r) * width + i] / std::sqrt(sum / width + double(1e-2f)) *
                       weight[size_t(i)]);
  }
  return compare("y", Y.values<float>(), wanted, 1e-5);
}

std::string norm(Module &module) {
  for (auto [rows, width, threads] :
       {std::array{3, 300, 256}, std::array{1, 1030, 128}, std::array{2, 5, 32}})
    if (auto wrong = normCase(module, rows, width, unsigned(threads)); !wrong.empty())
      return wrong;
  return "";
}

std::string sortCase(Module &module, int n) {
  std::vector<int> expert;
  for (float v : numbers(static_cast<size_t>(n), 8))
    expert.push_back(static_cast<int>((v * v) * 63.99f));
  if (n > 2)
    expert[1] = 63, expert[2] = 0;
  Buffer E = upload(expert), order(size_t(n) * 4), begin(65 * 4);
  if (auto wrong = launch(module, "token_sort", {.blockX = 256}, Arguments(order, begin, E, n));
      !wrong.empty())
    return wrong;
  std::vector<int> wanted(static_cast<size_t>(n)), starts(65);
  std::iota(wanted.begin(), wanted.end(), 0);
  std::ranges::sort(wanted, {}, [&](int t) { return std::pair(expert[size_t(t)], t); });
  for (int e : expert)
    ++starts[size_t(e) + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  if (auto wrong = compare("begin", begin.values<int>(), starts); !wrong.empty())
    return wrong;
  return compare("order", order.values<int>(), wanted);
}

std::string sort(Module &module) {
  for (int n : {2100, 256, 9})
    if (auto wrong = sortCase(module, n); !wrong.empty())
      return wrong;
  return "";
}

std::string topKCase(Module &module, int tokens, int k) {
  auto scores = numbers(size_t(tokens) * 64, 9);
  // Equal scores, in one lane and across lanes.
  for (int t = 0; t < tokens; ++t)
    for (int e : {5, 9, 37, 41})
      scores[size_t(t) * 64 + e] = 0.999f;
  // Far from zero, to both sides: exponentials that are not taken relative to the maximum overflow.
  for (size_t i = 0; i < scores.size(); ++i)
    scores[i] = 3 * scores[i] + (i / 64 % 2 ? 300.0f : -300.0f);
  // Equal ones with either last bit.
  for (int t = 0; t < tokens; ++t)
    for (int e : {5, 9, 37, 41}) {
      float &score = scores[size_t(t) * 64 + e];
      score = std::bit_cast<float>((std::bit_cast<uint32_t>(score) & ~1u) | uint32_t(t / 2 % 2));
    }
  Buffer S = upload(scores), chosen(size_t(tokens) * k * 4), weights(size_t(tokens) * k * 4);
  if (auto wrong = launch(module, "top_k", {.gridX = unsigned(tokens + 3) / 4, .blockX = 128},
                          Arguments(chosen, weights, S, tokens, k));
      !wrong.empty())
    return wrong;
  std::vector<int> ids;
  std::vector<double> shares;
  for (int t = 0; t < tokens; ++t) {
    const float *row = &scores[size_t(t) * 64];
    std::vector<int> order(64);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](int e) { return std::pair(-row[e], e); });
    double sum = 0;
    for (int i = 0; i < k; ++i)
      sum += std::exp(double(row[order[size_t(i)]]) - row[order[0]]);
    for (int i = 0; i < k; ++i) {
      ids.push_back(order[size_t(i)]);
      shares.push_back(std::exp(double(row[order[size_t(i)]]) - row[order[0]]) / sum);
    }
  }
  if (auto wrong = compare("chosen", chosen.values<int>(), ids); !wrong.empty())
    return wrong;
  return compare("weights", weights.values<float>(), shares, 1e-5);
}

std::string topK(Module &module) {
  for (auto [tokens, k] : {std::array{7, 6}, std::array{4, 8}, std::array{1, 1}})
    if (auto wrong = topKCase(module, tokens, k); !wrong.empty())
      return wrong;
  return "";
}

} // namespace

const std::vector<Workload> &workloads() {
  static const std::vector<Workload> all = {{"gemm_bf16", gemm},
                                            {"attention_split", attention},
                                            {"rms_norm", norm},
                                            {"token_sort", sort},
                                            {"top_k", topK}};
  return all;
}

} // namespace ptxsim::test
