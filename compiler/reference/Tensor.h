// SPDX-License-Identifier: Apache-2.0
// Values of the reference interpreter.
#ifndef DSC_COMPILER_REFERENCE_TENSOR_H
#define DSC_COMPILER_REFERENCE_TENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <optional>

namespace dsc::reference {

/// Bytes of one element in memory: i1 (0 or 1) and types below eight bits take one (see NarrowTypes.h), other types their
/// width. 0 for types that
/// tensors here cannot have.
size_t elementSize(mlir::Type elementType);

/// A dense row-major tensor, little-endian. Copies share the bytes, which do not change once a
/// tensor has been handed on.
class Tensor {
public:
  Tensor() = default;

  /// Owned, zero-filled bytes. The caller has checked the size (see checkedBytes).
  static Tensor allocate(llvm::ArrayRef<int64_t> dims, mlir::Type elementType);
  /// Bytes of someone else, who keeps them alive and unchanged: a mapped weight.
  static Tensor view(llvm::ArrayRef<int64_t> dims, mlir::Type elementType,
                     llvm::ArrayRef<char> bytes);
  /// The elements of a constant; the type must be ranked and static.
  static Tensor fromDense(mlir::DenseElementsAttr value);
  template <typename T>
  static Tensor fromValues(llvm::ArrayRef<int64_t> dims, mlir::Type elementType,
                           llvm::ArrayRef<T> values) {
    Tensor tensor = allocate(dims, elementType);
    assert(tensor.bytes().size() == values.size() * sizeof(T));
    std::copy(values.begin(), values.end(), tensor.mutableData<T>());
    return tensor;
  }

  llvm::ArrayRef<int64_t> getDims() const { return dims; }
  int64_t getDim(unsigned i) const { return dims[i]; }
  int64_t getRank() const { return dims.size(); }
  mlir::Type getElementType() const { return elementType; }
  int64_t getNumElements() const;
  llvm::ArrayRef<char> bytes() const { return {data, size}; }

  /// The elements; T has the size of one element.
  template <typename T> llvm::ArrayRef<T> values() const {
    assert(sizeof(T) == elementSize(elementType));
    return llvm::ArrayRef<T>(reinterpret_cast<const T *>(data), size / sizeof(T));
  }
  /// Only while nobody else shares the bytes.
  template <typename T = char> T *mutableData() {
    assert(storage && storage.use_count() == 1 && "writing to shared bytes");
    return reinterpret_cast<T *>(storage.get());
  }

  /// The same bytes under other dimensions, or as another type of the same element size.
  Tensor reshaped(llvm::ArrayRef<int64_t> dims) const;
  Tensor bitcast(mlir::Type elementType) const;
  /// A copy that owns its bytes.
  Tensor clone() const;

  /// As a constant of IR; null for types that DenseElementsAttr cannot hold.
  mlir::DenseElementsAttr toDense() const;

private:
  llvm::SmallVector<int64_t, 4> dims;
  mlir::Type elementType;
  std::shared_ptr<char[]> storage; ///< null for a view
  const char *data = nullptr;
  size_t size = 0;
};

/// Bytes of a tensor; none when the product overflows or a dimension is negative.
std::optional<size_t> checkedBytes(llvm::ArrayRef<int64_t> dims, mlir::Type elementType);

/// Distance in elements between neighbours along each dimension.
llvm::SmallVector<int64_t> rowMajorStrides(llvm::ArrayRef<int64_t> dims);

} // namespace dsc::reference

#endif
