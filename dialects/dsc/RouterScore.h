// SPDX-License-Identifier: Apache-2.0
// The score that a router gives an expert, by elementwise functions of its logit: one text for the
// decomposition of dsc.route and for the kernels that compute it.
#ifndef DSC_DIALECTS_DSC_ROUTERSCORE_H
#define DSC_DIALECTS_DSC_ROUTERSCORE_H

#include "dialects/dsc/Dsc.h"

namespace dsc::model {

/// The score of the logit `x` for `sigmoid` and `sqrt_softplus`. Others are the logit, from which
/// `softmax` is a matter of the row. `Build` computes in the logits' type, rounding each result:
///   number(v), unary(kind, x), binary(kind, x, y), compare(kind, x, y), select(c, x, y).
template <class Build, class Value> Value routerScore(Build build, ScoreKind kind, Value x) {
  using prim::BinaryKind;
  using prim::UnaryKind;
  Value one = build.number(1);
  if (kind == ScoreKind::Sigmoid) {
    Value exp = build.unary(UnaryKind::Exp, build.unary(UnaryKind::Neg, x));
    return build.unary(UnaryKind::Reciprocal, build.binary(BinaryKind::Add, exp, one));
  }
  if (kind != ScoreKind::SqrtSoftplus)
    return x;
  // log(1 + exp(x)) = max(x, 0) + log(1 + e) with e = exp(-|x|), which does not overflow; log(1 +
  // e) to full relative accuracy is log(u) * e / (u - 1) with u = 1 + e rounded, and e where u
  // is 1.
  Value e =
      build.unary(UnaryKind::Exp, build.unary(UnaryKind::Neg, build.unary(UnaryKind::Abs, x)));
  Value u = build.binary(BinaryKind::Add, e, one);
  Value isOne = build.compare(prim::CompareKind::Eq, u, one);
  Value difference = build.select(isOne, one, build.binary(BinaryKind::Sub, u, one));
  Value log = build.binary(BinaryKind::Mul, build.unary(UnaryKind::Log, u), e);
  log = build.select(isOne, e, build.binary(BinaryKind::Div, log, difference));
  Value positive = build.binary(BinaryKind::Max, x, build.number(0));
  return build.unary(UnaryKind::Sqrt, build.binary(BinaryKind::Add, positive, log));
}

} // namespace dsc::model

#endif
