// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Roof.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <immintrin.h>
#include <memory>
#include <new>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace dsc {

namespace {

using Clock = std::chrono::steady_clock;

std::atomic<float> sink; // what is measured must not be optimised away

bool hasAvx512() { return __builtin_cpu_supports("avx512f") != 0; }

// Twelve independent chains: more than latency times throughput of any multiply-add unit.
__attribute__((target("avx512f"))) void multiplyAdd512(long rounds) {
  __m512 x = _mm512_set1_ps(0.5f), y = _mm512_set1_ps(1.0f), sums[12];
  for (__m512 &sum : sums)
    sum = y;
  for (long i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (int j = 0; j < 12; ++j) {
      sums[j] = _mm512_fmadd_ps(sums[j], x, y);
      asm volatile("" : "+v"(sums[j]));
    }
  for (__m512 &sum : sums)
    sink.store(_mm512_cvtss_f32(sum), std::memory_order_relaxed);
}

__attribute__((target("avx2,fma"))) void multiplyAdd256(long rounds) {
  __m256 x = _mm256_set1_ps(0.5f), y = _mm256_set1_ps(1.0f), sums[12];
  for (__m256 &sum : sums)
    sum = y;
  for (long i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (int j = 0; j < 12; ++j) {
      sums[j] = _mm256_fmadd_ps(sums[j], x, y);
      asm volatile("" : "+x"(sums[j]));
    }
  for (__m256 &sum : sums)
    sink.store(_mm256_cvtss_f32(sum), std::memory_order_relaxed);
}

__attribute__((target("avx2"))) void readAll(const char *data, size_t bytes) {
  __m256i sums[8] = {};
  for (size_t i = 0; i + 256 <= bytes; i += 256)
#pragma GCC unroll 8
    for (size_t j = 0; j < 8; ++j) {
      sums[j] = _mm256_xor_si256(sums[j], _mm256_load_si256(reinterpret_cast<const __m256i *>(data + i) + j));
      asm volatile("" : "+x"(sums[j]));
    }
  for (__m256i &sum : sums)
    sink.store(static_cast<float>(_mm256_extract_epi32(sum, 0)), std::memory_order_relaxed);
}

// Seconds from a common start until the last of `threads` has done `work(thread)`: the least of `repeat` rounds.
template <class Work> double fastest(int threads, int repeat, Work work) {
  double best = 1e30;
  for (int round = 0; round < repeat; ++round) {
    std::atomic<int> ready{0};
    std::vector<double> ends(static_cast<size_t>(threads));
    std::vector<std::thread> helpers;
    std::atomic<bool> go{false};
    Clock::time_point start;
    auto part = [&](int thread) {
      work(thread);
      ends[static_cast<size_t>(thread)] = std::chrono::duration<double>(Clock::now() - start).count();
    };
    for (int thread = 1; thread < threads; ++thread)
      helpers.emplace_back([&, thread] {
        ++ready;
        while (!go.load(std::memory_order_acquire))
          _mm_pause();
        part(thread);
      });
    while (ready.load() != threads - 1)
      std::this_thread::yield();
    start = Clock::now();
    go.store(true, std::memory_order_release);
    part(0);
    for (std::thread &helper : helpers)
      helper.join();
    best = std::min(best, *std::max_element(ends.begin(), ends.end()));
  }
  return best;
}

} // namespace

double measureReadRate(size_t bytes, int threads) {
  size_t part = bytes / static_cast<size_t>(threads) / 256 * 256, total = part * static_cast<size_t>(threads);
  if (!total)
    return 0;
  constexpr std::align_val_t hugePage{size_t(1) << 21};
  struct Free {
    void operator()(char *data) const { ::operator delete[](data, hugePage); }
  };
  std::unique_ptr<char, Free> data(static_cast<char *>(::operator new[](total, hugePage)));
  madvise(data.get(), total, MADV_HUGEPAGE); // without it misses of the page table are measured
  std::fill_n(data.get(), total, char(1));
  // Small buffers several times, so that a round lasts longer than a clock's tick.
  size_t passes = std::max<size_t>(1, (size_t(256) << 20) / total);
  double seconds = fastest(threads, 5, [&](int thread) {
    for (size_t i = 0; i < passes; ++i)
      readAll(data.get() + part * static_cast<size_t>(thread), part);
  });
  return static_cast<double>(total) * static_cast<double>(passes) / seconds;
}

double measureFlopRate(int threads) {
  constexpr long rounds = 2'000'000;
  bool wide = hasAvx512();
  double seconds = fastest(threads, 5, [&](int) { wide ? multiplyAdd512(rounds) : multiplyAdd256(rounds); });
  return static_cast<double>(rounds) * 12 * (wide ? 32 : 16) * threads / seconds;
}

} // namespace dsc
