// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Convert.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace dsc {

NumberClass numberClass(NpyType type) {
  switch (type) {
  case NpyType::F32:
  case NpyType::F64:
  case NpyType::F16:
  case NpyType::BF16: return NumberClass::Float;
  case NpyType::Bool: return NumberClass::Bool;
  case NpyType::F8E4M3FN:
  case NpyType::F8E4M3FNUZ:
  case NpyType::F8E5M2:
  case NpyType::F8E5M2FNUZ:
  case NpyType::F8E8M0:
  case NpyType::F4E2M1:
  case NpyType::I4:
  case NpyType::U4:
  case NpyType::I2:
  case NpyType::U2: return NumberClass::Bytes;
  default: return NumberClass::Integer;
  }
}

float floatFromF16(uint16_t bits) {
  int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  float sign = bits & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 31)
    return mantissa ? std::numeric_limits<float>::quiet_NaN()
                    : sign * std::numeric_limits<float>::infinity();
  if (exponent == 0)
    return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
}

uint16_t f16FromFloat(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  float magnitude = std::fabs(value);
  if (std::isnan(value))
    return static_cast<uint16_t>(sign | 0x7e00);
  if (magnitude >= 65520.0f) // halfway above the largest, ties to even
    return static_cast<uint16_t>(sign | 0x7c00);
  // In units of the last place of the result, rounded by the default mode: nearest, ties to even.
  int exponent = magnitude < 0x1p-14f ? -14 : std::ilogb(magnitude);
  auto units = static_cast<uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  // A carry out of the mantissa is the next exponent, by the way the format counts.
  return static_cast<uint16_t>(sign | (units + (static_cast<uint32_t>(exponent + 14) << 10)));
}

float floatFromBF16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

uint16_t bf16FromFloat(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value))
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

template <typename From, typename To, typename Function>
static std::vector<To> widen(const NpyArray &array, Function function) {
  std::vector<To> result(static_cast<size_t>(array.elementCount()));
  for (size_t i = 0; i < result.size(); ++i) {
    From value;
    std::memcpy(&value, array.bytes.data() + i * sizeof value, sizeof value);
    result[i] = function(value);
  }
  return result;
}

std::vector<double> toDoubles(const NpyArray &array) {
  auto same = [](auto value) { return static_cast<double>(value); };
  switch (array.type) {
  case NpyType::F32: return widen<float, double>(array, same);
  case NpyType::F64: return widen<double, double>(array, same);
  case NpyType::F16: return widen<uint16_t, double>(array, floatFromF16);
  case NpyType::BF16: return widen<uint16_t, double>(array, floatFromBF16);
  default: break;
  }
  std::vector<int64_t> integers = toIntegers(array);
  return {integers.begin(), integers.end()};
}

std::vector<int64_t> toIntegers(const NpyArray &array) {
  auto same = [](auto value) { return static_cast<int64_t>(value); };
  switch (array.type) {
  case NpyType::I8: return widen<int8_t, int64_t>(array, same);
  case NpyType::I16: return widen<int16_t, int64_t>(array, same);
  case NpyType::I32: return widen<int32_t, int64_t>(array, same);
  case NpyType::I64:
  case NpyType::U64: return widen<int64_t, int64_t>(array, same);
  case NpyType::U8: return widen<uint8_t, int64_t>(array, same);
  case NpyType::U16: return widen<uint16_t, int64_t>(array, same);
  case NpyType::U32: return widen<uint32_t, int64_t>(array, same);
  case NpyType::Bool: return widen<uint8_t, int64_t>(array, [](uint8_t v) { return int64_t(v != 0); });
  default: return widen<uint8_t, int64_t>(array, same); // bytes
  }
}

template <typename To, typename From, typename Function>
static std::vector<char> narrow(const std::vector<From> &values, Function function) {
  std::vector<char> bytes(values.size() * sizeof(To));
  for (size_t i = 0; i < values.size(); ++i) {
    To value = function(values[i]);
    std::memcpy(bytes.data() + i * sizeof value, &value, sizeof value);
  }
  return bytes;
}

static std::vector<char> floatsAs(NpyType type, const std::vector<double> &values) {
  auto rounded = [](double v) { return static_cast<float>(v); };
  switch (type) {
  case NpyType::F64: return narrow<double>(values, [](double v) { return v; });
  case NpyType::F16: return narrow<uint16_t>(values, [&](double v) { return f16FromFloat(rounded(v)); });
  case NpyType::BF16:
    return narrow<uint16_t>(values, [&](double v) { return bf16FromFloat(rounded(v)); });
  default: return narrow<float>(values, rounded);
  }
}

template <typename To>
static bool integersAs(const std::vector<int64_t> &values, std::vector<char> &bytes) {
  for (int64_t value : values)
    if (static_cast<int64_t>(static_cast<To>(value)) != value)
      return false;
  bytes = narrow<To>(values, [](int64_t v) { return static_cast<To>(v); });
  return true;
}

static bool integersAs(NpyType type, const std::vector<int64_t> &values, std::vector<char> &bytes) {
  switch (type) {
  case NpyType::I8: return integersAs<int8_t>(values, bytes);
  case NpyType::I16: return integersAs<int16_t>(values, bytes);
  case NpyType::I32: return integersAs<int32_t>(values, bytes);
  case NpyType::I64: return integersAs<int64_t>(values, bytes);
  case NpyType::U8: return integersAs<uint8_t>(values, bytes);
  case NpyType::U16: return integersAs<uint16_t>(values, bytes);
  case NpyType::U32: return integersAs<uint32_t>(values, bytes);
  case NpyType::U64: return integersAs<uint64_t>(values, bytes);
  default: return integersAs<bool>(values, bytes);
  }
}

bool convertTo(NpyType type, NpyArray &array, std::string &error) {
  if (array.type == type)
    return true;
  bool fromFloat = numberClass(array.type) == NumberClass::Float;
  bool toFloat = numberClass(type) == NumberClass::Float;
  bool fromBytes = numberClass(array.type) == NumberClass::Bytes;
  bool toBytes = numberClass(type) == NumberClass::Bytes;
  if (fromBytes && toBytes) {
    array.type = type;
    return true;
  }
  if (fromFloat != toFloat || fromBytes != toBytes) {
    error = fmt::format("array '{}' is {}, expected {}", array.name, npyTypeName(array.type),
                        npyTypeName(type));
    return false;
  }
  if (fromFloat) {
    array.bytes = floatsAs(type, toDoubles(array));
  } else if (!integersAs(type, toIntegers(array), array.bytes)) {
    error = fmt::format("array '{}': a value does not fit {}", array.name, npyTypeName(type));
    return false;
  }
  array.type = type;
  return true;
}

} // namespace dsc
