// SPDX-License-Identifier: Apache-2.0
// Which form of latent attention is compiled for how many new tokens.
#ifndef DSC_PASSES_DSC_LATENTFORMS_H
#define DSC_PASSES_DSC_LATENTFORMS_H

#include "dialects/dsc/Dsc.h"

namespace dsc {

/// The most new tokens of a sequence for which the absorbed form costs less. In multiplications of one head, with s new tokens and T rows:
///
///   absorbed: s*R*(n + v) + s*T*(2*R + r)
///   expanded: T*R*(n + v) + s*T*(n + r + v)
///
/// Against a long past the first term of the absorbed form vanishes: s = R*(n + v) / (2*R - n - v), 170 for n = v = 128 over R = 512.
/// Without a past, T = s, the first terms are equal and the expanded form needs less; but its kernel takes 32 queries at a time where
/// the absorbed one puts heads beside them, so that it wins from s*(2*R + r) = 32*(n + r + v) on.
/// None where the absorbed form never costs more.
std::optional<int64_t> mostAbsorbedTokens(model::LatentAttentionOp op);

} // namespace dsc

#endif
