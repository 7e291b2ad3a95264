// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/NpyFormat.h"
#include <cassert>
#include <charconv>
#include <cstring>

namespace dsc {

namespace {

struct TypeRow {
  NpyType type;
  size_t size;
  const char *name;
  const char *descr; ///< without the byte-order character
};

constexpr TypeRow types[] = {{NpyType::F32, 4, "f32", "f4"},  {NpyType::F64, 8, "f64", "f8"},
                             {NpyType::F16, 2, "f16", "f2"},  {NpyType::BF16, 2, "bf16", "V2"},
                             {NpyType::I8, 1, "i8", "i1"},    {NpyType::I16, 2, "i16", "i2"},
                             {NpyType::I32, 4, "i32", "i4"},  {NpyType::I64, 8, "i64", "i8"},
                             {NpyType::U8, 1, "u8", "u1"},    {NpyType::U16, 2, "u16", "u2"},
                             {NpyType::U32, 4, "u32", "u4"},  {NpyType::U64, 8, "u64", "u8"},
                             {NpyType::Bool, 1, "bool", "b1"},
                             {NpyType::F8E4M3FN, 1, "f8e4m3fn", "V1"},
                             {NpyType::F8E4M3FNUZ, 1, "f8e4m3fnuz", "V1"},
                             {NpyType::F8E5M2, 1, "f8e5m2", "V1"},
                             {NpyType::F8E5M2FNUZ, 1, "f8e5m2fnuz", "V1"},
                             {NpyType::F8E8M0, 1, "f8e8m0", "V1"},
                             {NpyType::F4E2M1, 1, "f4e2m1", "V1"},
                             {NpyType::I4, 1, "i4", "V1"},
                             {NpyType::U4, 1, "u4", "V1"},
                             {NpyType::I2, 1, "i2", "V1"},
                             {NpyType::U2, 1, "u2", "V1"}};

const TypeRow &row(NpyType type) {
  assert(size_t(type) < std::size(types) && types[size_t(type)].type == type);
  return types[size_t(type)];
}

struct Header {
  std::string_view descr;
  bool fortranOrder = false;
  std::vector<int64_t> dims;
};

/// Reads the literal of a Python dictionary with the keys descr, fortran_order and shape: the only
/// one allowed there.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : rest(text) {}

  bool parse(Header &header) {
    bool descr = false, order = false, shape = false;
    if (!take('{'))
      return false;
    while (!take('}')) {
      std::string_view key;
      if (!string(key) || !take(':'))
        return false;
      if (key == "descr" && !descr)
        descr = string(header.descr);
      else if (key == "fortran_order" && !order)
        order = boolean(header.fortranOrder);
      else if (key == "shape" && !shape)
        shape = tuple(header.dims);
      else
        return false;
      if (!take(',')) {
        if (!take('}'))
          return false;
        break;
      }
    }
    skipSpace();
    return rest.empty() && descr && order && shape;
  }

private:
  void skipSpace() {
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\n' || rest.front() == '\t'))
      rest.remove_prefix(1);
  }
  bool take(char c) {
    skipSpace();
    if (rest.empty() || rest.front() != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }
  bool string(std::string_view &value) {
    skipSpace();
    if (rest.empty() || (rest.front() != '\'' && rest.front() != '"'))
      return false;
    size_t end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos)
      return false;
    value = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return true;
  }
  bool word(std::string_view w) {
    skipSpace();
    if (!rest.starts_with(w))
      return false;
    rest.remove_prefix(w.size());
    return true;
  }
  bool boolean(bool &value) {
    if (word("True"))
      return value = true;
    value = false;
    return word("False");
  }
  bool tuple(std::vector<int64_t> &dims) {
    if (!take('('))
      return false;
    while (!take(')')) {
      skipSpace();
      int64_t value = 0;
      auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
      if (status != std::errc() || value < 0 || dims.size() == 64)
        return false;
      rest.remove_prefix(end - rest.data());
      dims.push_back(value);
      word("L"); // Python 2 wrote long integers so.
      if (!take(',') && (rest.empty() || rest.front() != ')'))
        return false;
    }
    return true;
  }

  std::string_view rest;
};

std::optional<NpyType> typeOf(std::string_view descr, std::string &error) {
  if (descr.size() >= 2) {
    if (descr.substr(1) == "f1") // how ml_dtypes writes this one
      return NpyType::F8E5M2;
    char order = descr.front();
    for (const TypeRow &r : types) {
      if (descr.substr(1) != r.descr)
        continue;
      if (order == '<' || order == '|' || order == '=')
        return r.type;
      if (order == '>' && r.size == 1)
        return r.type;
      error = "big-endian elements are not supported";
      return std::nullopt;
    }
  }
  error = "element type '" + std::string(descr.substr(0, 40)) + "' is not supported";
  return std::nullopt;
}

/// Column-major to row-major.
std::vector<char> transposed(const char *data, const std::vector<int64_t> &dims, size_t elementSize,
                             size_t count) {
  std::vector<char> out(count * elementSize);
  std::vector<int64_t> position(dims.size(), 0);
  std::vector<size_t> strides(dims.size());
  size_t stride = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    strides[i] = stride;
    stride *= dims[i];
  }
  size_t from = 0;
  for (size_t n = 0; n < count; ++n) {
    std::memcpy(out.data() + n * elementSize, data + from * elementSize, elementSize);
    for (size_t d = dims.size(); d-- > 0;) {
      from += strides[d];
      if (++position[d] < dims[d])
        break;
      from -= strides[d] * dims[d];
      position[d] = 0;
    }
  }
  return out;
}

} // namespace

size_t npySize(NpyType type) { return row(type).size; }
std::string_view npyTypeName(NpyType type) { return row(type).name; }

const NpyArray *findArray(std::span<const NpyArray> arrays, std::string_view name) {
  for (const NpyArray &array : arrays)
    if (array.name == name)
      return &array;
  return nullptr;
}

int64_t NpyArray::elementCount() const {
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= dim;
  return count;
}

std::optional<NpyArray> decodeNpy(std::span<const char> file, std::string &error) {
  auto fail = [&](std::string message) {
    error = std::move(message);
    return std::nullopt;
  };
  if (file.size() < 12 || std::memcmp(file.data(), "\x93NUMPY", 6) != 0)
    return fail("not a .npy file");
  auto byte = [&](size_t i) { return size_t(uint8_t(file[i])); };
  size_t version = byte(6);
  if (version < 1 || version > 3)
    return fail("version " + std::to_string(version) + " of the .npy format is not supported");
  size_t start = version == 1 ? 10 : 12;
  size_t length = byte(8) | byte(9) << 8;
  if (version > 1)
    length |= byte(10) << 16 | byte(11) << 24;
  if (length > file.size() - start)
    return fail("the header is longer than the file");
  Header header;
  if (!HeaderParser({file.data() + start, length}).parse(header))
    return fail("the header is malformed");
  NpyArray array;
  auto type = typeOf(header.descr, error);
  if (!type)
    return std::nullopt;
  array.type = *type;
  array.dims = header.dims;

  size_t count = 1, bytes = 0, available = file.size() - start - length;
  bool empty = false;
  for (int64_t dim : array.dims)
    empty |= dim == 0;
  for (int64_t dim : array.dims)
    if (!empty && __builtin_mul_overflow(count, size_t(dim), &count))
      return fail("the shape is too large");
  if (empty)
    count = 0;
  if (__builtin_mul_overflow(count, npySize(array.type), &bytes) || bytes != available)
    return fail("the shape does not account for the " + std::to_string(available) +
                " bytes of data");
  const char *data = file.data() + start + length;
  if (header.fortranOrder && array.dims.size() > 1 && count > 0)
    array.bytes = transposed(data, array.dims, npySize(array.type), count);
  else
    array.bytes.assign(data, data + bytes);
  return array;
}

std::string encodeNpyHeader(const NpyArray &array) {
  const TypeRow &r = row(array.type);
  std::string text = "{'descr': '";
  text += r.size == 1 ? '|' : '<';
  text += r.descr;
  text += "', 'fortran_order': False, 'shape': (";
  for (size_t i = 0; i < array.dims.size(); ++i)
    text += (i ? ", " : "") + std::to_string(array.dims[i]);
  text += array.dims.size() == 1 ? ",), }" : "), }";
  size_t total = (10 + text.size() + 1 + 63) / 64 * 64;
  text.resize(total - 11, ' ');
  text += '\n';
  assert(text.size() < 65536);
  std::string header("\x93NUMPY\x01\x00", 8);
  header += char(text.size() & 0xff);
  header += char(text.size() >> 8);
  return header + text;
}

} // namespace dsc
