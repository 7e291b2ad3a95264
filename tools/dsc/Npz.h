// SPDX-License-Identifier: Apache-2.0
// NumPy's array files: .npy, and .npz (a zip archive of them). Depends on neither LLVM nor the
// runtime.
#ifndef DSC_TOOLS_DSC_NPZ_H
#define DSC_TOOLS_DSC_NPZ_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dsc {

/// Element types, in the order of the runtime's dsc_dtype.
enum class NpyType : uint8_t {
  F32, F64, F16, BF16, I8, I16, I32, I64, U8, U16, U32, U64, Bool,
  F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0, F4E2M1, I4, U4, I2, U2
};

/// Bytes of one element.
size_t npySize(NpyType type);
/// "f32", "i64", "bool", ...
std::string_view npyTypeName(NpyType type);

/// A dense row-major array. `name` is the member's name in an archive without ".npy", empty for a
/// file by itself. NumPy has no bf16: such arrays are stored as raw two-byte elements ('V2') and
/// read back as BF16. Neither has it the types after Bool: stored as raw bytes ('V1'), one an element, they read back
/// as the first of them, and who wants another one of them takes the bytes as they are.
struct NpyArray {
  std::string name;
  NpyType type = NpyType::F32;
  std::vector<int64_t> dims;
  std::vector<char> bytes; ///< product of dims * npySize(type), little-endian

  int64_t elementCount() const;
  template <typename T> std::span<const T> as() const {
    return {reinterpret_cast<const T *>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

/// Reads all arrays of an archive, in its order. Column-major arrays are transposed to row-major.
/// On failure returns nothing and `error` names the file, the member and what is wrong. Never
/// allocates more than the file's size class allows: sizes in headers are checked against the bytes
/// that are there first.
std::optional<std::vector<NpyArray>> readNpz(const std::string &path, std::string &error);
std::optional<NpyArray> readNpy(const std::string &path, std::string &error);

/// Writes an uncompressed archive (as numpy.savez does) or one array; the file appears whole or not
/// at all.
bool writeNpz(const std::string &path, std::span<const NpyArray> arrays, std::string &error);
bool writeNpy(const std::string &path, const NpyArray &array, std::string &error);

/// The array of that name, or null.
const NpyArray *findArray(std::span<const NpyArray> arrays, std::string_view name);

} // namespace dsc

#endif
