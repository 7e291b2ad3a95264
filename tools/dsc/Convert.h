// SPDX-License-Identifier: Apache-2.0
// Element types of arrays: what test files store (16-bit floats as f32, integers as i64) against what an
// engine takes and gives.
#ifndef DSC_TOOLS_DSC_CONVERT_H
#define DSC_TOOLS_DSC_CONVERT_H

#include "tools/dsc/Npz.h"

namespace dsc {

/// Bytes: the narrow types, whose elements are taken and compared as bytes.
enum class NumberClass { Float, Integer, Bool, Bytes };
NumberClass numberClass(NpyType type);

float floatFromF16(uint16_t bits);
uint16_t f16FromFloat(float value); // nearest, ties to even
float floatFromBF16(uint16_t bits);
uint16_t bf16FromFloat(float value);

// Elements widened: floats to f64, integers, booleans and bytes to i64 (u64 as its bits).
std::vector<double> toDoubles(const NpyArray &array);
std::vector<int64_t> toIntegers(const NpyArray &array);

// `array` with the elements of `type`: floats to floats, integers and booleans to integers and booleans whose
// range they fit, bytes to bytes as they are. On failure returns false and `error` says why.
bool convertTo(NpyType type, NpyArray &array, std::string &error);

} // namespace dsc

#endif
