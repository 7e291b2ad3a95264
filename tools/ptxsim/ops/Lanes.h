// SPDX-License-Identifier: Apache-2.0
// From a function of one lane's values to a handler for 32 lanes that the compiler vectorises.
#pragma once

#include "tools/ptxsim/core/Warp.h"
#include "tools/ptxsim/ops/HalfTypes.h"

#include <bit>
#include <cstring>
#include <type_traits>

namespace ptxsim {

template <class T> using Stored = std::conditional_t<sizeof(T) <= 4, uint32_t, uint64_t>;

template <class T> inline T fromBits(Stored<T> bits) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(bits);
  else if constexpr (sizeof(T) == 2)
    return std::bit_cast<T>(static_cast<uint16_t>(bits));
  else
    return std::bit_cast<T>(bits);
}

template <class T> inline Stored<T> toBits(T value) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<Stored<T>>(static_cast<std::make_unsigned_t<T>>(value));
  else if constexpr (sizeof(T) == 2)
    return std::bit_cast<uint16_t>(value);
  else
    return std::bit_cast<Stored<T>>(value);
}

/// Writes computed lanes where the mask has a bit.
template <class S> inline void blend(S *d, const S *computed, uint32_t lanes) {
  for (unsigned l = 0; l < 32; ++l)
    d[l] = (lanes >> l & 1) ? computed[l] : d[l];
}

namespace detail {

template <auto F, class R, class... A> struct Elementwise;

template <auto F, class R, class A> struct Elementwise<F, R, A> {
  static void run(Warp &w, const Inst &i, uint32_t lanes) {
    const auto *a = w.source<Stored<A>>(i.a);
    auto *d = w.result<Stored<R>>(i.d);
    alignas(64) Stored<R> r[32];
    for (unsigned l = 0; l < 32; ++l)
      r[l] = toBits<R>(F(fromBits<A>(a[l])));
    if (lanes == ~0u)
      std::memcpy(d, r, sizeof r);
    else
      blend(d, r, lanes);
  }
};

template <auto F, class R, class A, class B> struct Elementwise<F, R, A, B> {
  static void run(Warp &w, const Inst &i, uint32_t lanes) {
    const auto *a = w.source<Stored<A>>(i.a);
    const auto *b = w.source<Stored<B>>(i.b);
    auto *d = w.result<Stored<R>>(i.d);
    alignas(64) Stored<R> r[32];
    for (unsigned l = 0; l < 32; ++l)
      r[l] = toBits<R>(F(fromBits<A>(a[l]), fromBits<B>(b[l])));
    if (lanes == ~0u)
      std::memcpy(d, r, sizeof r);
    else
      blend(d, r, lanes);
  }
};

template <auto F, class R, class A, class B, class C> struct Elementwise<F, R, A, B, C> {
  static void run(Warp &w, const Inst &i, uint32_t lanes) {
    const auto *a = w.source<Stored<A>>(i.a);
    const auto *b = w.source<Stored<B>>(i.b);
    const auto *c = w.source<Stored<C>>(i.c);
    auto *d = w.result<Stored<R>>(i.d);
    alignas(64) Stored<R> r[32];
    for (unsigned l = 0; l < 32; ++l)
      r[l] = toBits<R>(F(fromBits<A>(a[l]), fromBits<B>(b[l]), fromBits<C>(c[l])));
    if (lanes == ~0u)
      std::memcpy(d, r, sizeof r);
    else
      blend(d, r, lanes);
  }
};

template <auto F, class R, class... A> constexpr Handler handlerOf(R (*)(A...)) {
  return &Elementwise<F, R, A...>::run;
}

} // namespace detail

/// `lanewise<[](uint32_t a, uint32_t b) -> uint32_t { return a + b; }>()`
template <auto F> constexpr Handler lanewise() { return detail::handlerOf<F>(+F); }

} // namespace ptxsim
