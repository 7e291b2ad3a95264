// SPDX-License-Identifier: Apache-2.0
#include "dialects/prim/Numbers.h"

using namespace mlir;

namespace dsc::prim {

Attribute numberAttr(double value, Type type) {
  if (auto real = dyn_cast<FloatType>(type)) {
    APFloat f(value);
    bool losesInfo;
    f.convert(real.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
    return FloatAttr::get(type, f);
  }
  auto integer = cast<IntegerType>(type);
  return IntegerAttr::get(type, APInt(integer.getWidth(), uint64_t(int64_t(value)), /*isSigned=*/true, /*implicitTrunc=*/true));
}

std::optional<double> getSplatNumber(ConstantOp op) {
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!dense || !dense.isSplat() || dense.getNumElements() == 0)
    return std::nullopt;
  if (isa<FloatType>(dense.getElementType())) {
    APFloat f = dense.getSplatValue<APFloat>();
    bool losesInfo;
    f.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
    return f.convertToDouble();
  }
  APInt i = dense.getSplatValue<APInt>();
  bool isUnsigned = dense.getElementType().isUnsignedInteger() || i.getBitWidth() == 1;
  return isUnsigned ? double(i.getZExtValue()) : double(i.getSExtValue());
}

} // namespace dsc::prim
