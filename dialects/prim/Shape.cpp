// SPDX-License-Identifier: Apache-2.0
#include "dialects/prim/Prim.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace dsc::prim {

Expr getDim(Type type, unsigned i) {
  auto tensor = cast<RankedTensorType>(type);
  if (!tensor.isDynamicDim(i))
    return constant(type.getContext(), tensor.getDimSize(i));
  auto shape = dyn_cast_or_null<ShapeAttr>(tensor.getEncoding());
  assert(shape && "a dynamic dimension without #prim.shape");
  return shape[i];
}

llvm::SmallVector<Expr> getDims(Type type) {
  llvm::SmallVector<Expr> dims;
  for (unsigned i = 0, e = cast<RankedTensorType>(type).getRank(); i < e; ++i)
    dims.push_back(getDim(type, i));
  return dims;
}

RankedTensorType getTensorType(llvm::ArrayRef<Expr> dims, Type elementType) {
  llvm::SmallVector<int64_t> sizes;
  bool isStatic = true;
  for (Expr dim : dims) {
    auto size = asConstant(dim);
    bool usable = size && *size >= 0;
    sizes.push_back(usable ? *size : ShapedType::kDynamic);
    isStatic &= usable;
  }
  Attribute encoding;
  if (!isStatic)
    encoding = ShapeAttr::get(elementType.getContext(), dims);
  return RankedTensorType::get(sizes, elementType, encoding);
}

RankedTensorType withElementType(Type type, Type elementType) {
  return getTensorType(getDims(type), elementType);
}

std::string describe(Type type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (Expr dim : getDims(type))
    os << toString(dim) << " x ";
  os << cast<RankedTensorType>(type).getElementType();
  return text;
}

} // namespace dsc::prim
