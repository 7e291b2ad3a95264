// SPDX-License-Identifier: Apache-2.0
// Latent attention whose cache keeps the keys and values of every head: older exporters.
#ifndef DSC_PASSES_RECOGNIZE_EXPANDEDCACHE_H
#define DSC_PASSES_RECOGNIZE_EXPANDEDCACHE_H

#include "passes/recognize/SoftmaxAttention.h"

namespace dsc::recognize {

/// On dsc.attention over such a cache: {nope, rope, kv_lora}, the widths of the two parts of a key and of the row that new keys and values
/// are images of.
constexpr llvm::StringLiteral latentAttr = "dsc.latent";

/// That description, if the rows appended to the caches of keys and values are images of one row per token. Null otherwise.
mlir::DictionaryAttr describeExpandedCache(const SoftmaxAttention &attention);

} // namespace dsc::recognize

#endif
