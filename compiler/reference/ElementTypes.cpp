// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/ElementTypes.h"
#include "compiler/reference/SmallFloat.h"
#include "dialects/prim/NarrowTypes.h"
#include "llvm/ADT/APFloat.h"
#include <array>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::reference {

namespace {

template <typename To, typename From> To convertValue(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From(0); // NaN differs from zero
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(value))
      return 0;
    double limit = std::ldexp(1.0, std::numeric_limits<To>::digits);
    if (double(value) >= limit)
      return std::numeric_limits<To>::max();
    if (double(value) <= double(std::numeric_limits<To>::min()))
      return std::numeric_limits<To>::min();
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

bool isSmallFloat(Type type) { return isa<FloatType>(type) && elementSize(type) < 4; }

/// An integer of 2 or 4 bits from the low bits of its byte.
int extend(uint8_t byte, IntegerType type) {
  unsigned width = type.getWidth();
  int low = byte & ((1 << width) - 1);
  return !type.isUnsigned() && low >> (width - 1) ? low - (1 << width) : low;
}

/// Narrow integers as i8 or ui8.
Tensor unpack(const Tensor &tensor) {
  auto type = cast<IntegerType>(tensor.getElementType());
  Tensor result = Tensor::allocate(tensor.getDims(), byteTypeOf(type));
  llvm::transform(tensor.values<uint8_t>(), result.mutableData<uint8_t>(),
                  [&](uint8_t byte) { return uint8_t(extend(byte, type)); });
  return result;
}

/// i8 or ui8 as narrow integers; those out of range saturate or lose their upper bits.
Tensor pack(const Tensor &tensor, IntegerType type, bool saturate) {
  Tensor result = Tensor::allocate(tensor.getDims(), type);
  unsigned width = type.getWidth();
  int low = type.isUnsigned() ? 0 : -(1 << (width - 1)), high = low + (1 << width) - 1;
  auto one = [&](int value) {
    return uint8_t((saturate ? std::clamp(value, low, high) : value) & ((1 << width) - 1));
  };
  if (type.isUnsigned())
    llvm::transform(tensor.values<uint8_t>(), result.mutableData<uint8_t>(), one);
  else
    llvm::transform(tensor.values<int8_t>(), result.mutableData<uint8_t>(), one);
  return result;
}

/// f16, bf16 and the 8-bit floats to f32, exactly.
Tensor decode(const Tensor &tensor) {
  Type type = tensor.getElementType();
  Tensor result = Tensor::allocate(tensor.getDims(), Float32Type::get(type.getContext()));
  float *out = result.mutableData<float>();
  if (type.isF16() || type.isBF16()) {
    auto one = type.isF16() ? Float16::decode : BFloat16::decode;
    llvm::transform(tensor.values<uint16_t>(), out, one);
    return result;
  }
  assert(elementSize(type) == 1 && "a 16-bit float other than f16 and bf16");
  std::array<float, 256> table;
  const llvm::fltSemantics &semantics = cast<FloatType>(type).getFloatSemantics();
  for (unsigned bits = 0; bits < 256; ++bits) {
    llvm::APFloat number(semantics, llvm::APInt(8, bits).trunc(type.getIntOrFloatBitWidth()));
    // f8E8M0FNU has no bit for APFloat to carry over.
    table[bits] = number.isNaN() ? std::numeric_limits<float>::quiet_NaN() : float(number.convertToDouble());
  }
  llvm::transform(tensor.values<uint8_t>(), out, [&](uint8_t bits) { return table[bits]; });
  return result;
}

template <typename From> double exactOrOdd(From value) {
  if constexpr (std::is_integral_v<From>)
    return toDoubleOdd(value);
  else
    return double(value);
}

template <typename From> void encode(llvm::ArrayRef<From> values, Type to, Tensor &result) {
  if (to.isF16() || to.isBF16()) {
    auto one = to.isF16() ? Float16::encode : BFloat16::encode;
    llvm::transform(values, result.mutableData<uint16_t>(),
                    [&](From value) { return one(exactOrOdd(value)); });
    return;
  }
  const llvm::fltSemantics &semantics = cast<FloatType>(to).getFloatSemantics();
  auto format = getNarrowFormat(to);
  assert(format && "the verifier of prim.convert refuses other types");
  llvm::transform(values, result.mutableData<uint8_t>(), [&](From value) {
    llvm::APFloat number(exactOrOdd(value));
    if (number.isNaN() && format->nan == 0)
      return uint8_t(0);
    if (number.isInfinity() && format->overflow == format->largest)
      return uint8_t(format->overflow | unsigned(number.isNegative()) << (format->width() - 1));
    bool lossy;
    number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &lossy);
    return uint8_t(number.bitcastToAPInt().getZExtValue());
  });
}

} // namespace

Type widened(Type type) {
  return isSmallFloat(type) ? Type(Float32Type::get(type.getContext())) : type;
}

Tensor convertElements(const Tensor &tensor, Type to) {
  Type from = tensor.getElementType();
  if (from == to)
    return tensor;
  if (isSmallFloat(from))
    return convertElements(decode(tensor), to);
  if (isNarrowInteger(from))
    return convertElements(unpack(tensor), to);
  if (isNarrowInteger(to)) {
    auto narrow = cast<IntegerType>(to);
    return pack(convertElements(tensor, byteTypeOf(narrow)), narrow, isa<FloatType>(from));
  }
  Tensor result = Tensor::allocate(tensor.getDims(), to);
  bool known = withNative(from, [&]<typename From>() {
    auto values = tensor.values<From>();
    if (isSmallFloat(to))
      return encode(values, to, result);
    withNative(to, [&]<typename To>() {
      llvm::transform(values, result.mutableData<To>(), convertValue<To, From>);
    });
  });
  assert(known && "the caller checks element types");
  (void)known;
  return result;
}

} // namespace dsc::reference
