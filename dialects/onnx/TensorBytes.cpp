// SPDX-License-Identifier: Apache-2.0
#include "dialects/onnx/TensorBytes.h"
#include "dialects/onnx/ExternalData.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;
using namespace dsc::onnx;

unsigned dsc::onnx::getStorageBits(Type type) {
  if (auto complex = dyn_cast<ComplexType>(type))
    return 2 * getStorageBits(complex.getElementType());
  if (!type.isIntOrFloat())
    return 0;
  unsigned bits = type.getIntOrFloatBitWidth();
  return bits == 1 ? 8 : bits;
}

std::optional<int64_t> dsc::onnx::getByteSize(ShapedType type) {
  uint64_t bits = type.hasStaticShape() ? getStorageBits(type.getElementType()) : 0;
  if (!bits)
    return std::nullopt;
  // Zero makes the tensor empty, but the product of the other dimensions must not overflow either: MLIR multiplies them.
  uint64_t elements = 1;
  for (int64_t size : type.getShape()) {
    elements = llvm::SaturatingMultiply<uint64_t>(elements, std::max<int64_t>(size, 1));
    if (elements > (uint64_t(1) << 56))
      return std::nullopt;
  }
  if (llvm::is_contained(type.getShape(), 0))
    return 0;
  return int64_t(llvm::divideCeil(elements * bits, uint64_t(8)));
}

/// Element `i` of packed bytes, for elements below a byte.
static unsigned char unpack(llvm::ArrayRef<char> bytes, unsigned bits, uint64_t i) {
  uint64_t bit = i * bits;
  unsigned word = static_cast<unsigned char>(bytes[bit / 8]);
  if (bit % 8 + bits > 8)
    word |= unsigned(static_cast<unsigned char>(bytes[bit / 8 + 1])) << 8;
  return (word >> (bit % 8)) & ((1u << bits) - 1);
}

static void pack(std::vector<char> &bytes, unsigned bits, uint64_t i, unsigned element) {
  uint64_t bit = i * bits;
  element &= (1u << bits) - 1;
  bytes[bit / 8] |= char(element << (bit % 8));
  if (bit % 8 + bits > 8)
    bytes[bit / 8 + 1] |= char(element >> (8 - bit % 8));
}

std::vector<char> dsc::onnx::unpackElements(llvm::ArrayRef<char> bytes, unsigned bits, int64_t count) {
  std::vector<char> elements(count);
  for (int64_t i = 0; i < count; ++i)
    elements[i] = char(unpack(bytes, bits, i));
  return elements;
}

DenseElementsAttr dsc::onnx::getDense(RankedTensorType type, llvm::ArrayRef<char> bytes) {
  assert(getByteSize(type) == int64_t(bytes.size()) && "bytes do not fit the type");
  Type element = type.getElementType();
  unsigned bits = getStorageBits(element);
  int64_t count = type.getNumElements();
  if (element.isInteger(1)) {
    llvm::SmallVector<bool> values(bytes.begin(), bytes.end());
    return DenseElementsAttr::get(type, values);
  }
  std::vector<char> raw;
  if (bits % 8 != 0) {
    raw = unpackElements(bytes, bits, count);
    bytes = raw;
    bits = 8;
  }
  size_t width = bits / 8;
  // One form for one value: equal elements are always a splat.
  if (count > 1 && std::memcmp(bytes.data(), bytes.data() + width, bytes.size() - width) == 0)
    bytes = bytes.take_front(width);
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

TypedAttr dsc::onnx::getConstant(RankedTensorType type, llvm::ArrayRef<char> bytes) {
  if (int64_t(bytes.size()) <= kInlineBytes)
    return getDense(type, bytes);
  std::string digest = ExternalData::digest(bytes);
  std::string name = ExternalData::get(type.getContext()).keep(std::vector<char>(bytes.begin(), bytes.end()));
  return ExternalAttr::get(type.getContext(), name, 0, bytes.size(), digest, type);
}

template <typename T> static TypedAttr getList(llvm::ArrayRef<T> values, Type element) {
  return dsc::onnx::getConstant(RankedTensorType::get(int64_t(values.size()), element),
                                {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)});
}

TypedAttr dsc::onnx::getConstantNodeValue(llvm::StringRef name, Attribute attribute) {
  if (name == "value" && isa<DenseElementsAttr, ExternalAttr>(attribute))
    return cast<TypedAttr>(attribute);
  if (auto value = dyn_cast<IntegerAttr>(attribute); value && name == "value_int")
    return DenseElementsAttr::get(RankedTensorType::get({}, value.getType()), value.getValue());
  if (auto value = dyn_cast<FloatAttr>(attribute); value && name == "value_float")
    return DenseElementsAttr::get(RankedTensorType::get({}, value.getType()), value.getValue());
  if (auto list = dyn_cast<DenseI64ArrayAttr>(attribute); list && name == "value_ints")
    return getList(list.asArrayRef(), list.getElementType());
  if (auto list = dyn_cast<DenseF32ArrayAttr>(attribute); list && name == "value_floats")
    return getList(list.asArrayRef(), list.getElementType());
  return {};
}

llvm::Expected<llvm::ArrayRef<char>> dsc::onnx::getBytes(TypedAttr value, std::vector<char> &storage) {
  if (auto external = dyn_cast<ExternalAttr>(value))
    return ExternalData::get(value.getContext()).resolve(external);
  auto dense = dyn_cast<DenseElementsAttr>(value);
  std::optional<int64_t> size = dense ? getByteSize(dense.getType()) : std::nullopt;
  if (!size)
    return llvm::createStringError("the value is neither a dense tensor of numbers nor #onnx.external");
  Type element = dense.getElementType();
  unsigned bits = getStorageBits(element);
  if (!dense.isSplat() && bits % 8 == 0 && !element.isInteger(1))
    return dense.getRawData();
  storage.assign(*size, 0);
  int64_t count = dense.getNumElements();
  llvm::ArrayRef<char> raw = dense.getRawData();
  if (element.isInteger(1)) {
    llvm::copy(dense.getValues<bool>(), storage.begin());
  } else if (bits % 8 == 0) {
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(storage.data() + i * raw.size(), raw.data(), raw.size());
  } else {
    for (int64_t i = 0; i < count; ++i)
      pack(storage, bits, i, static_cast<unsigned char>(raw[dense.isSplat() ? 0 : i]));
  }
  return llvm::ArrayRef<char>(storage);
}
