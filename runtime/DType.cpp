// SPDX-License-Identifier: Apache-2.0
#include "runtime/DType.h"

#include "runtime/format/engine_generated.h"

namespace dsc {

static constexpr struct {
  const char *name;
  uint8_t bytes;
  bool integer;
} types[] = {{"f32", 4, false}, {"f64", 8, false}, {"f16", 2, false}, {"bf16", 2, false},
             {"i8", 1, true},   {"i16", 2, true},  {"i32", 4, true},  {"i64", 8, true},
             {"u8", 1, true},   {"u16", 2, true},  {"u32", 4, true},  {"u64", 8, true},
             {"bool", 1, true},  {"f8e4m3fn", 1, false}, {"f8e4m3fnuz", 1, false},
             {"f8e5m2", 1, false}, {"f8e5m2fnuz", 1, false}, {"f8e8m0", 1, false},
             {"f4e2m1", 1, false}, {"i4", 1, false}, {"u4", 1, false}, {"i2", 1, false},
             {"u2", 1, false}};

static_assert(static_cast<int>(format::DType::MAX) == DSC_U2);
static_assert(static_cast<int>(format::DType::Bool) == DSC_BOOL);
static_assert(static_cast<int>(format::DType::F4E2M1) == DSC_F4E2M1);
static_assert(static_cast<int>(format::DType::BF16) == DSC_BF16);
static_assert(static_cast<int>(format::DType::I64) == DSC_I64);
static_assert(static_cast<int>(format::DType::U64) == DSC_U64);
static_assert(sizeof types / sizeof *types == DSC_U2 + 1);

static bool known(const dsc_dtype &dtype) { return rawValue(dtype) <= DSC_U2; }

const char *dtypeName(unsigned dtype) {
  return dtype <= DSC_U2 ? types[dtype].name : "an unknown type";
}

bool isInteger(dsc_dtype dtype) { return known(dtype) && types[dtype].integer; }

bool tensorBytes(dsc_dtype dtype, const int64_t *dims, int64_t rank, int64_t &bytes) {
  int64_t product = static_cast<int64_t>(dsc_dtype_size(dtype));
  bool empty = false, overflow = false;
  for (int64_t i = 0; i < rank; ++i) {
    if (dims[i] < 0)
      return false;
    empty |= dims[i] == 0;
    overflow |= __builtin_mul_overflow(product, dims[i], &product);
  }
  bytes = empty ? 0 : product;
  return empty || !overflow;
}

template <class T> static int64_t read(const void *data, uint64_t index) {
  T value;
  memcpy(&value, static_cast<const char *>(data) + index * sizeof(T), sizeof value);
  return static_cast<int64_t>(value);
}

int64_t readInteger(dsc_dtype dtype, const void *data, uint64_t index) {
  switch (dtype) {
  case DSC_I8:
    return read<int8_t>(data, index);
  case DSC_I16:
    return read<int16_t>(data, index);
  case DSC_I32:
    return read<int32_t>(data, index);
  case DSC_I64:
    return read<int64_t>(data, index);
  case DSC_U8:
    return read<uint8_t>(data, index);
  case DSC_U16:
    return read<uint16_t>(data, index);
  case DSC_U32:
    return read<uint32_t>(data, index);
  case DSC_U64:
    return read<uint64_t>(data, index);
  case DSC_BOOL:
    return read<uint8_t>(data, index) != 0;
  default:
    return 0;
  }
}

} // namespace dsc

extern "C" size_t dsc_dtype_size(dsc_dtype dtype) {
  return dsc::known(dtype) ? dsc::types[dtype].bytes : 0;
}
