// SPDX-License-Identifier: Apache-2.0
// Argument reduction plus a polynomial. The polynomials are Taylor series cut where the rest is
// below the rounding error on the reduced range, but for erfc, whose coefficients interpolate at
// Chebyshev nodes.
#include "compiler/targets/cpu/MathExpansion.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using llvm::SmallVector;

namespace dsc::cpu {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool isDouble(Value x) { return Code::element(x).isF64(); }

Value widen(Code &c, Value x) {
  return isDouble(x) ? x : c.cast<arith::ExtFOp>(x, c.b.getF64Type());
}
Value narrow(Code &c, Value x, Type type) {
  return type.isF64() ? x : c.cast<arith::TruncFOp>(x, type);
}

Value number(Code &c, Value like, double v) { return c.real(Code::element(like), v); }

SmallVector<double> exponentialSeries(unsigned first, unsigned last) {
  SmallVector<double> result;
  double factorial = 1;
  for (unsigned n = 0; n <= last; ++n) {
    factorial *= n ? n : 1;
    if (n >= first)
      result.push_back(1 / factorial);
  }
  return result;
}

/// (-1)^i / (first + 2i)!, the series of sin (first = 1) and cos (first = 0) in x^2.
SmallVector<double> circularSeries(unsigned first, unsigned count) {
  SmallVector<double> result;
  double factorial = 1, sign = 1;
  for (unsigned i = 0, n = first; i < count; ++i, n += 2) {
    result.push_back(sign / factorial);
    factorial *= double(n + 1) * (n + 2);
    sign = -sign;
  }
  return result;
}

/// 2^k for an integral k in the normal range of the type.
Value powerOfTwo(Code &c, Value k) {
  bool wide = isDouble(k);
  Type integer = wide ? Type(c.b.getI64Type()) : Type(c.b.getI32Type());
  Value biased = c.add(c.cast<arith::FPToSIOp>(k, integer), c.integer(integer, wide ? 1023 : 127));
  return c.bitcast(c.binary<arith::ShLIOp>(biased, c.integer(integer, wide ? 52 : 23)),
                   Code::element(k));
}

struct Reduced {
  Value k, r;
};

/// x = k ln 2 + r, |r| <= ln 2 / 2. The high part of ln 2 has zeros at its end, so that k times it
/// is exact.
Reduced reduceByLn2(Code &c, Value x) {
  Value k = c.roundEven(c.mul(x, number(c, x, std::numbers::log2e)));
  double high = isDouble(x) ? 0x1.62e42fefap-1 : 0x1.62e4p-1;
  double low = isDouble(x) ? 0x1.cf79abc9e3b3ap-40 : 0x1.7f7d1cf79abcap-20;
  Value r = c.fma(k, number(c, x, -high), x);
  return {k, c.fma(k, number(c, x, -low), r)};
}

/// exp(x) without the checks at the ends, for x whose result is finite; results below the normal
/// range round once more.
Value exponential(Code &c, Value x) {
  auto [k, r] = reduceByLn2(c, x);
  Value p = c.polynomial(r, exponentialSeries(0, isDouble(x) ? 13 : 7));
  // Two factors: 2^k itself may be out of range where the result is not.
  Value half = c.floor(c.mul(k, number(c, x, 0.5)));
  return c.mul(c.mul(p, powerOfTwo(c, half)), powerOfTwo(c, c.sub(k, half)));
}

Value clamp(Code &c, Value x, double low, double high) {
  // Written so that NaN passes.
  x = c.select(c.less(x, number(c, x, low)), number(c, x, low), x);
  return c.select(c.greater(x, number(c, x, high)), number(c, x, high), x);
}

/// log of a positive finite normal number, as high + low with high holding all but the last bits.
Value logarithm(Code &c, Value x) {
  bool wide = isDouble(x);
  Type type = Code::element(x), integer = wide ? Type(c.b.getI64Type()) : Type(c.b.getI32Type());
  int64_t mantissaBits = wide ? 52 : 23;
  // m in [sqrt(1/2), sqrt(2)): subtracting the bits of sqrt(1/2) before taking the exponent.
  Value bits = c.bitcast(x, integer);
  Value rootHalf = c.integer(integer, wide ? 0x3fe6a09e667f3bcd : 0x3f3504f3);
  Value exponent =
      c.binary<arith::ShRSIOp>(c.sub(bits, rootHalf), c.integer(integer, mantissaBits));
  Value m = c.bitcast(
      c.sub(bits, c.binary<arith::ShLIOp>(exponent, c.integer(integer, mantissaBits))), type);
  Value k = c.cast<arith::SIToFPOp>(exponent, type);
  // log(1 + f) = 2 atanh(s) = f - s (f - P), s = f / (2 + f), P = 2 s^2 (1/3 + s^2/5 + ...).
  Value f = c.sub(m, number(c, x, 1));
  Value s = c.div(f, c.add(f, number(c, x, 2)));
  Value s2 = c.mul(s, s);
  SmallVector<double> series;
  for (int n = 1; n <= (wide ? 10 : 4); ++n)
    series.push_back(2.0 / (2 * n + 1));
  Value p = c.mul(s2, c.polynomial(s2, series));
  double high = wide ? 0x1.62e42fefap-1 : 0x1.62e4p-1;
  double low = wide ? 0x1.cf79abc9e3b3ap-40 : 0x1.7f7d1cf79abcap-20;
  Value tail = c.fma(k, number(c, x, low), c.neg(c.mul(s, c.sub(f, p))));
  return c.fma(k, number(c, x, high), c.add(f, tail));
}

struct Quadrant {
  Value quarter, r;
};

/// x = (4n + quarter) pi/2 + r in f64, |r| <= pi/4.
Quadrant reduceByHalfPi(Code &c, Value x) {
  Value k = c.roundEven(c.mul(x, number(c, x, 2 * std::numbers::inv_pi)));
  Value r = c.fma(k, number(c, x, -0x1.921fb54442d18p+0), x);
  r = c.fma(k, number(c, x, -0x1.1a62633145c07p-54), r);
  r = c.fma(k, number(c, x, 0x1.f1976b7ed8fbcp-110), r);
  // Beyond 2^53 the quotient is not exact any more; stay in the range of the polynomials.
  r = clamp(c, r, -0.79, 0.79);
  Value quarter = c.fma(c.floor(c.mul(k, number(c, x, 0.25))), number(c, x, -4), k);
  return {quarter, r};
}

Value circular(Code &c, Value x, double shift) {
  Type type = Code::element(x);
  auto [quarter, r] = reduceByHalfPi(c, widen(c, x));
  // f32 keeps the reduced argument's rounding error only: its polynomials run in f32.
  r = narrow(c, r, type);
  bool wide = type.isF64();
  Value r2 = c.mul(r, r);
  SmallVector<double> sinTail = circularSeries(1, wide ? 9 : 5),
                      cosTail = circularSeries(0, wide ? 10 : 6);
  sinTail.erase(sinTail.begin());
  Value sine = c.fma(c.mul(r2, r), c.polynomial(r2, sinTail), r);
  Value cosine = c.polynomial(r2, cosTail);
  // sin(x + q pi/2): quarters 1 and 3 take the cosine, 2 and 3 the other sign.
  Value q = c.add(quarter, number(c, quarter, shift));
  q = c.select(c.compare(arith::CmpFPredicate::OGE, q, number(c, q, 4)), c.sub(q, number(c, q, 4)),
               q);
  Value odd = c.bitOr(c.equal(q, number(c, q, 1)), c.equal(q, number(c, q, 3)));
  Value result = c.select(odd, cosine, sine);
  Value negative = c.compare(arith::CmpFPredicate::OGE, q, number(c, q, 2));
  return c.select(negative, c.neg(result), result);
}

/// exp(x) - 1 for 0 <= x <= 100, accurate near 0.
Value exponentialMinusOne(Code &c, Value x) {
  auto [k, r] = reduceByLn2(c, x);
  Value p = c.mul(r, c.polynomial(r, exponentialSeries(1, 14)));
  Value scale = powerOfTwo(c, k);
  return c.fma(scale, p, c.sub(scale, number(c, x, 1)));
}

/// erfc(x) exp(x^2) (1 + 2x) over t = (x - 4) / (x + 4), x in [1, 28]; relative error below 3e-17.
const double scaledErfc[] = {
    1.2329951186255525081,     -0.13962111684056253263,     0.015379652102620517352,
    0.06809705425469555977,    -0.10103906603636662851,     0.093732834998226392758,
    -0.066330365810225154286,  0.037167515539700769653,     -0.016197734090861557353,
    0.0050319699599559543014,  -0.00075777296824441815645,  -0.00019925665577807420594,
    0.00015061976528402388748, -0.000024398796129808548775, -0.000011214940454085914519,
    5.7061370583912759232e-6,  2.779610203474888887e-7,     -8.1322134733089212763e-7,
    9.3787647131119282046e-8,  8.981761538262737071e-8,     -2.6490729369178820732e-8,
};

} // namespace

Value emitExp(Code &c, Value x) {
  bool wide = isDouble(x);
  double low = wide ? -746 : -104, high = wide ? 709.782712893384 : 88.72283935546875;
  Value result = exponential(c, clamp(c, x, low, high));
  return c.select(c.greater(x, number(c, x, high)), number(c, x, infinity), result);
}

Value emitLog(Code &c, Value x) {
  bool wide = isDouble(x);
  // Subnormals are scaled into the normal range first.
  double smallest = wide ? 0x1p-1022 : 0x1p-126, scale = wide ? 0x1p54 : 0x1p25;
  Value subnormal = c.less(x, number(c, x, smallest));
  Value scaled = c.select(subnormal, c.mul(x, number(c, x, scale)), x);
  Value result = logarithm(c, scaled);
  double shift = (wide ? 54 : 25) * std::numbers::ln2;
  result = c.select(subnormal, c.sub(result, number(c, x, shift)), result);
  result = c.select(c.equal(x, number(c, x, infinity)), x, result);
  result = c.select(c.equal(x, number(c, x, 0)), number(c, x, -infinity), result);
  Value valid = c.compare(arith::CmpFPredicate::OGE, x, number(c, x, 0));
  return c.select(valid, result, number(c, x, nan));
}

Value emitSin(Code &c, Value x) { return circular(c, x, 0); }
Value emitCos(Code &c, Value x) { return circular(c, x, 1); }

Value emitTanh(Code &c, Value x) {
  Value wide = widen(c, x);
  // tanh(a) = e / (e + 2) with e = exp(2a) - 1; 1 for a > 20.
  Value a = clamp(c, c.abs(wide), 0, 20);
  Value e = exponentialMinusOne(c, c.mul(a, number(c, a, 2)));
  return narrow(c, c.copySign(c.div(e, c.add(e, number(c, e, 2))), wide), Code::element(x));
}

Value emitErf(Code &c, Value x) {
  Value wide = widen(c, x);
  Value a = clamp(c, c.abs(wide), 0, 6);
  // |x| < 1: the Maclaurin series 2/sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1)).
  SmallVector<double> series;
  double factorial = 1, sign = 2 * std::numbers::inv_sqrtpi;
  for (int n = 0; n < 18; ++n) {
    factorial *= n ? n : 1;
    series.push_back(sign / (factorial * (2 * n + 1)));
    sign = -sign;
  }
  Value small = c.mul(a, c.polynomial(c.mul(a, a), series));
  Value one = number(c, a, 1);
  Value large = c.select(c.less(a, one), one, a);
  Value t = c.div(c.sub(large, number(c, a, 4)), c.add(large, number(c, a, 4)));
  Value scaled = c.div(c.polynomial(t, scaledErfc), c.fma(large, number(c, a, 2), one));
  Value erfc = c.mul(scaled, exponential(c, c.neg(c.mul(large, large))));
  Value result = c.select(c.less(a, one), small, c.sub(one, erfc));
  result = c.select(c.isNaN(wide), wide, result);
  return narrow(c, c.copySign(result, wide), Code::element(x));
}

Value emitPow(Code &c, Value x, Value y) {
  Type type = Code::element(x);
  if (auto exponent = y.getDefiningOp<arith::ConstantOp>())
    if (auto value = dyn_cast<FloatAttr>(exponent.getValue())) {
      double v = value.getValueAsDouble();
      if (v == 1)
        return x;
      if (v == 2)
        return c.mul(x, x);
      if (v == 3)
        return c.mul(c.mul(x, x), x);
    }
  Value a = c.abs(widen(c, x)), n = widen(c, y);
  // |x|^y = exp(y log|x|). In f64 the product loses up to 10 bits to a large exponent: carry its
  // error along.
  Value l = emitLog(c, a);
  Value product = c.mul(n, l);
  Value result = emitExp(c, product);
  if (type.isF64()) {
    // log|x| = l + d with d = (|x| - exp(l)) / exp(l), and the rounding error of n * l.
    Value e = emitExp(c, l);
    Value d = c.div(c.sub(a, e), e);
    Value correction = c.add(c.fma(n, l, c.neg(product)), c.mul(n, d));
    Value refined = c.fma(result, correction, result);
    Value usable = c.less(c.abs(correction), number(c, n, 1));
    Value finite = c.bitAnd(usable, c.less(result, number(c, n, infinity)));
    result = c.select(finite, refined, result);
  }
  Value zero = number(c, n, 0), one = number(c, n, 1);
  Value half = c.mul(n, number(c, n, 0.5));
  Value integral = c.equal(n, c.floor(n));
  Value odd = c.bitAnd(integral, c.logicalNot(c.equal(half, c.floor(half))));
  Value wideX = widen(c, x);
  Value negative = c.less(wideX, zero);
  // A negative base needs an integral exponent, unless a limit decides: infinities count as
  // integral above.
  Value undefined =
      c.bitAnd(c.bitAnd(negative, c.logicalNot(integral)), c.less(a, number(c, n, infinity)));
  Value signedResult = c.select(odd, c.copySign(result, wideX), result);
  result = c.select(undefined, number(c, n, nan), signedResult);
  // 1^y and x^0 are 1 even for NaN; (-1)^(+-inf) is 1; x^y is NaN for other NaN.
  Value unit = c.bitAnd(c.equal(a, one), c.equal(c.abs(n), number(c, n, infinity)));
  Value anyNaN = c.compare(arith::CmpFPredicate::UNO, wideX, n);
  result = c.select(anyNaN, number(c, n, nan), result);
  result = c.select(c.bitOr(c.bitOr(c.equal(wideX, one), c.equal(n, zero)), unit), one, result);
  result = narrow(c, result, type);
  // Squares are exact products, whatever the rounding of the general path.
  return c.select(c.equal(y, number(c, y, 2)), c.mul(x, x), result);
}

Value emitRem(Code &c, Value x, Value y) {
  Type type = Code::element(x);
  Value a = c.abs(widen(c, x)), d = c.abs(widen(c, y));
  Value quotient = c.floor(c.div(a, d));
  Value r = c.fma(c.neg(quotient), d, a);
  // The quotient may round up to the next integer, or down below the true one.
  r = c.select(c.less(r, number(c, r, 0)), c.add(r, d), r);
  r = c.select(c.compare(arith::CmpFPredicate::OGE, r, d), c.sub(r, d), r);
  Value infiniteDivisor =
      c.bitAnd(c.equal(d, number(c, d, infinity)), c.less(a, number(c, a, infinity)));
  r = c.select(infiniteDivisor, a, r);
  return narrow(c, c.copySign(r, widen(c, x)), type);
}

Value emitRoundToOdd(Code &c, Value x) {
  Type i32 = c.b.getI32Type();
  Value near = c.cast<arith::TruncFOp>(x, c.b.getF32Type());
  Value back = c.cast<arith::ExtFOp>(near, c.b.getF64Type());
  Value bits = c.bitcast(near, i32);
  Value tooLarge = c.greater(c.abs(back), c.abs(x));
  Value inexact = c.compare(arith::CmpFPredicate::ONE, back, x);
  Value one = c.integer(i32, 1);
  bits = c.select(tooLarge, c.sub(bits, one), bits);
  bits = c.select(inexact, c.bitOr(bits, one), bits);
  return c.bitcast(bits, c.b.getF32Type());
}

Value emitRoundToBf16(Code &c, Value x) {
  Type i32 = c.b.getI32Type();
  Value bits = c.bitcast(x, i32);
  Value odd = c.bitAnd(c.binary<arith::ShRUIOp>(bits, c.integer(i32, 16)), c.integer(i32, 1));
  Value rounded = c.add(bits, c.add(odd, c.integer(i32, 0x7fff)));
  Value quiet = c.bitOr(bits, c.integer(i32, 0x400000));
  Value result = c.select(c.isNaN(x), quiet, rounded);
  return c.bitcast(c.bitAnd(result, c.integer(i32, int64_t(int32_t(0xffff0000)))),
                   c.b.getF32Type());
}

} // namespace dsc::cpu
