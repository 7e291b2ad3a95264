// SPDX-License-Identifier: Apache-2.0
// Elements that are a constant matrix times a row of another tensor.
#ifndef DSC_PASSES_RECOGNIZE_LINEARIMAGE_H
#define DSC_PASSES_RECOGNIZE_LINEARIMAGE_H

#include "passes/recognize/ElementTrace.h"

namespace dsc::recognize {

/// factor * sum over `feature` of source * weight; the factors of the accesses are 1.
struct LinearImage {
  Access source, weight;
  Expr feature;
  double factor;
};

/// `access`, which has been traced, as such a sum; none when it is computed otherwise.
inline std::optional<LinearImage> matchLinearImage(ElementTrace &trace, const Access &access) {
  auto dot = access.def<prim::DotOp>();
  if (!dot || dot.getLhsContract().size() != 1 || isConstantTree(dot.getLhs()) == isConstantTree(dot.getRhs()))
    return std::nullopt;
  Expr feature = trace.newIndex(prim::getDim(dot.getLhs().getType(), dot.getLhsContract()[0]));
  Indices lhs, rhs;
  prim::dotIndices(dot, access.at, {feature}, lhs, rhs);
  LinearImage image{trace.trace(dot.getLhs(), lhs), trace.trace(dot.getRhs(), rhs), feature, access.factor};
  if (isConstantTree(dot.getLhs()))
    std::swap(image.source, image.weight);
  image.factor *= image.source.factor * image.weight.factor;
  image.source.factor = image.weight.factor = 1;
  return image;
}

} // namespace dsc::recognize

#endif
