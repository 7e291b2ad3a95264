# SPDX-License-Identifier: Apache-2.0
"""Element types: the runtime's, NumPy's, and those that NumPy lacks: bfloat16, and narrow types as bytes."""

import numpy as np

NAMES = ["f32", "f64", "f16", "bf16", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "bool",
         "f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz", "f8e8m0", "f4e2m1", "i4", "u4", "i2", "u2"]
_numpy = [np.float32, np.float64, np.float16, np.uint16, np.int8, np.int16, np.int32, np.int64,
          np.uint8, np.uint16, np.uint32, np.uint64, np.bool_] + 10 * [np.uint8]
NARROW = NAMES.index("bool") + 1  # from here on: bytes, one an element
BF16 = NAMES.index("bf16")


def storage(dtype):
    """The NumPy type with the bits of a runtime type (bf16: uint16; narrow types: uint8)."""
    return np.dtype(_numpy[dtype])


def bf16_from_f32(array):
    """The bits of the nearest bfloat16, ties to even; a NaN stays one."""
    bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
    rounded = ((bits.astype(np.uint64) + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(array), ((bits >> 16) | 0x40).astype(np.uint16), rounded)


def f32_from_bf16(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


def to_storage(array, dtype, name):
    """`array` as contiguous storage of `dtype`; no copy where it already is. Only conversions that a
    caller plainly means: between integers (and booleans) when the values fit, and between floats."""
    array = np.asarray(array)
    if not array.flags.c_contiguous:
        array = np.array(array, order="C")  # ascontiguousarray would make a scalar one-dimensional
    want = storage(dtype)
    if dtype == BF16:
        if array.dtype == np.uint16:
            return array
        if array.dtype.name == "bfloat16":
            return array.view(np.uint16)
        if array.dtype.kind == "f":
            return bf16_from_f32(array)
    elif array.dtype == want:
        return array
    elif dtype >= NARROW:
        if array.dtype.itemsize == 1 and array.dtype.kind not in "biu":  # ml_dtypes, or raw bytes
            return array.view(np.uint8)
    elif array.dtype.name == "bfloat16" and want.kind == "f":
        return array.astype(want)
    elif array.dtype.kind == "f" and want.kind == "f":
        return array.astype(want)
    elif array.dtype.kind in "iub" and want.kind in "iub":
        converted = array.astype(want)
        if not np.array_equal(converted, array):
            raise ValueError(f"input '{name}': values of {array.dtype} do not fit {NAMES[dtype]}")
        return converted
    raise TypeError(f"input '{name}' is {array.dtype}, expected {NAMES[dtype]}")
