// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/Tensor.h"
#include "dialects/prim/NarrowTypes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"
#include <cstdlib>

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::reference {

size_t elementSize(Type elementType) {
  if (prim::isNarrow(elementType))
    return 1;
  if (auto integer = dyn_cast<IntegerType>(elementType)) {
    unsigned width = integer.getWidth();
    if (width == 1)
      return 1;
    return width == 8 || width == 16 || width == 32 || width == 64 ? width / 8 : 0;
  }
  if (auto real = dyn_cast<FloatType>(elementType)) {
    unsigned width = real.getWidth();
    return width == 8 || width == 16 || width == 32 || width == 64 ? width / 8 : 0;
  }
  return 0;
}

std::optional<size_t> checkedBytes(ArrayRef<int64_t> dims, Type elementType) {
  if (llvm::any_of(dims, [](int64_t dim) { return dim < 0; }))
    return std::nullopt;
  if (llvm::is_contained(dims, 0))
    return 0;
  int64_t bytes = elementSize(elementType);
  for (int64_t dim : dims)
    if (llvm::MulOverflow(bytes, dim, bytes))
      return std::nullopt;
  return bytes;
}

SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> dims) {
  SmallVector<int64_t> strides(dims.size());
  int64_t stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i];
  }
  return strides;
}

Tensor Tensor::allocate(ArrayRef<int64_t> dims, Type elementType) {
  auto bytes = checkedBytes(dims, elementType);
  assert(bytes && elementSize(elementType) && "the caller checks sizes and types");
  Tensor tensor;
  tensor.dims.assign(dims.begin(), dims.end());
  tensor.elementType = elementType;
  char *memory = static_cast<char *>(std::calloc(std::max<size_t>(*bytes, 1), 1));
  if (!memory)
    llvm::report_bad_alloc_error("a tensor of the reference interpreter");
  tensor.storage = std::shared_ptr<char[]>(memory, std::free);
  tensor.data = tensor.storage.get();
  tensor.size = *bytes;
  return tensor;
}

Tensor Tensor::view(ArrayRef<int64_t> dims, Type elementType, ArrayRef<char> bytes) {
  assert(checkedBytes(dims, elementType) == bytes.size() && "bytes do not fit the dimensions");
  Tensor tensor;
  tensor.dims.assign(dims.begin(), dims.end());
  tensor.elementType = elementType;
  tensor.data = bytes.data();
  tensor.size = bytes.size();
  // Files place weights anywhere; kernels want elements at their natural alignment.
  bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % elementSize(elementType) == 0;
  return aligned ? tensor : tensor.clone();
}

Tensor Tensor::fromDense(DenseElementsAttr value) {
  auto type = cast<RankedTensorType>(value.getType());
  Tensor tensor = allocate(type.getShape(), type.getElementType());
  char *out = tensor.mutableData();
  if (type.getElementType().isInteger(1)) {
    // Packing of i1 is MLIR's affair; go through values.
    for (auto [i, bit] : llvm::enumerate(value.getValues<bool>()))
      out[i] = bit;
    return tensor;
  }
  ArrayRef<char> raw = value.getRawData();
  if (!value.isSplat()) {
    assert(raw.size() == tensor.size);
    std::copy(raw.begin(), raw.end(), out);
    return tensor;
  }
  for (size_t at = 0; at < tensor.size; at += raw.size())
    std::copy(raw.begin(), raw.end(), out + at);
  return tensor;
}

int64_t Tensor::getNumElements() const {
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= dim;
  return count;
}

Tensor Tensor::reshaped(ArrayRef<int64_t> to) const {
  assert(checkedBytes(to, elementType) == size);
  Tensor tensor = *this;
  tensor.dims.assign(to.begin(), to.end());
  return tensor;
}

Tensor Tensor::bitcast(Type type) const {
  assert(elementSize(type) == elementSize(elementType));
  Tensor tensor = *this;
  tensor.elementType = type;
  return tensor;
}

Tensor Tensor::clone() const {
  Tensor tensor = allocate(dims, elementType);
  std::copy(data, data + size, tensor.mutableData());
  return tensor;
}

DenseElementsAttr Tensor::toDense() const {
  auto type = RankedTensorType::get(dims, elementType);
  if (!elementType.isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, bytes());
  SmallVector<bool> bits;
  for (char bit : bytes())
    bits.push_back(bit != 0);
  return DenseElementsAttr::get(type, ArrayRef<bool>(bits));
}

} // namespace dsc::reference
