// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/NarrowArithmetic.h"
#include <cmath>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

static Value shiftLeft(Code &c, Value x, unsigned by) {
  return c.binary<arith::ShLIOp>(x, c.integer(Code::element(x), by));
}
static Value shiftRight(Code &c, Value x, unsigned by) {
  return c.binary<arith::ShRUIOp>(x, c.integer(Code::element(x), by));
}
static Value bits(Code &c, Value x, int64_t mask) { return c.bitAnd(x, c.integer(Code::element(x), mask)); }

Value emitFromNarrowFloat(Code &c, Value byte, Type from) {
  Type i32 = c.b.getI32Type(), f32 = c.b.getF32Type();
  Value code = c.cast<arith::ExtUIOp>(byte, i32), nan = c.real(f32, NAN);
  if (isa<Float8E8M0FNUType>(from)) {
    // Code 0 is 2^-127, a subnormal of f32.
    Value value = c.bitcast(shiftLeft(c, code, 23), f32);
    value = c.select(c.equal(code, c.integer(i32, int64_t(0))), c.real(f32, std::ldexp(1.0, -127)), value);
    return c.select(c.equal(code, c.integer(i32, 255)), nan, value);
  }
  NarrowFormat format = *getNarrowFormat(from);
  unsigned width = format.width();
  int64_t signBit = int64_t(1) << (width - 1);
  Value magnitude = bits(c, code, signBit - 1);
  // The bits at f32's places count 2^(bias - 127) too little; the product sets subnormals right, too.
  Value value = c.bitcast(shiftLeft(c, magnitude, 23 - format.mantissaBits), f32);
  value = c.mul(value, c.real(f32, std::ldexp(1.0, 127 - format.bias)));
  Value sign = shiftLeft(c, bits(c, code, signBit), 32 - width);
  value = c.bitcast(c.bitOr(c.bitcast(value, i32), sign), f32);
  if (format.overflow > format.largest && format.overflow < unsigned(signBit) && format.overflow != format.nan)
    value = c.select(c.equal(magnitude, c.integer(i32, format.overflow)),
                     c.bitcast(c.bitOr(c.integer(i32, 0x7f800000), sign), f32), value);
  if (format.nan & signBit)
    return c.select(c.equal(bits(c, code, 2 * signBit - 1), c.integer(i32, format.nan)), nan, value);
  if (!format.nan)
    return value;
  unsigned firstNaN = format.overflow == format.nan ? format.nan : format.overflow + 1;
  return c.select(c.less(magnitude, c.integer(i32, firstNaN)), value, nan);
}

Value emitToNarrowFloat(Code &c, Value x, Type to) {
  Type i32 = c.b.getI32Type(), f32 = c.b.getF32Type();
  NarrowFormat format = *getNarrowFormat(to);
  unsigned width = format.width(), dropped = 23 - format.mantissaBits;
  int64_t signBit = int64_t(1) << (width - 1);
  Value all = c.bitcast(x, i32);
  Value magnitude = bits(c, all, 0x7fffffff);
  Value sign = bits(c, shiftRight(c, all, 32 - width), signBit);

  // Normal results: half of the last place less one, plus the bit that makes ties even, then the upper bits.
  Value odd = bits(c, shiftRight(c, magnitude, dropped), 1);
  Value rounded = c.add(c.add(magnitude, c.integer(i32, (int64_t(1) << (dropped - 1)) - 1)), odd);
  Value code = c.sub(shiftRight(c, rounded, dropped), c.integer(i32, int64_t(127 - format.bias) << format.mantissaBits));
  // Subnormal ones: added to a number whose last place is the smallest subnormal, f32 rounds them itself.
  Value anchor = c.real(f32, std::ldexp(1.0, 24 - format.bias - int(format.mantissaBits)));
  Value small = c.sub(c.bitcast(c.add(c.bitcast(magnitude, f32), anchor), i32), c.bitcast(anchor, i32));
  Value isSmall = c.less(magnitude, c.integer(i32, int64_t(128 - format.bias) << 23));
  code = c.select(isSmall, small, code);

  Value tooLarge = c.less(c.integer(i32, format.largest), code);
  code = c.select(tooLarge, c.integer(i32, format.overflow), code);
  code = c.select(c.isNaN(x), c.integer(i32, format.nan), code);
  Value result = c.bitOr(code, sign);
  if (!format.hasSignedZero)
    result = c.select(c.equal(code, c.integer(i32, int64_t(0))), code, result);
  if (!format.nan)
    result = c.select(c.isNaN(x), c.integer(i32, int64_t(0)), result);
  return c.cast<arith::TruncIOp>(result, c.b.getI8Type());
}

Value emitFromNarrowInteger(Code &c, Value byte, IntegerType from) {
  unsigned width = from.getWidth();
  if (from.isUnsigned())
    return bits(c, byte, (1 << width) - 1);
  Value high = shiftLeft(c, byte, 8 - width);
  return c.binary<arith::ShRSIOp>(high, c.integer(c.b.getI8Type(), 8 - width));
}

Value emitToNarrowInteger(Code &c, Value x, IntegerType to, bool saturate) {
  unsigned width = to.getWidth();
  if (saturate) {
    Type i8 = c.b.getI8Type();
    int64_t low = to.isUnsigned() ? 0 : -(1 << (width - 1));
    Value least = c.integer(i8, low), most = c.integer(i8, low + (1 << width) - 1);
    auto less = to.isUnsigned() ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt;
    x = c.select(c.compare(less, x, least), least, x);
    x = c.select(c.compare(less, most, x), most, x);
  }
  return bits(c, x, (1 << width) - 1);
}

} // namespace dsc::cpu
