// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/ElementTypes.h"
#include "compiler/reference/SmallFloat.h"
#include "llvm/ADT/APFloat.h"
#include <array>

using namespace mlir;

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
  for (unsigned bits = 0; bits < 256; ++bits)
    table[bits] = float(llvm::APFloat(semantics, llvm::APInt(8, bits)).convertToDouble());
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
  llvm::transform(values, result.mutableData<uint8_t>(), [&](From value) {
    llvm::APFloat number(exactOrOdd(value));
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
