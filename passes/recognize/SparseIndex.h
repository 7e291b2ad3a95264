// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_PASSES_RECOGNIZE_SPARSEINDEX_H
#define DSC_PASSES_RECOGNIZE_SPARSEINDEX_H

#include "llvm/ADT/StringRef.h"

namespace dsc::recognize {

/// On dsc.latent_attention whose mask is the choice of an indexer: {heads, dim, top_k}, and `shared` when the indexer belongs to a layer before.
constexpr llvm::StringLiteral sparseIndexAttr = "dsc.sparse_index";

} // namespace dsc::recognize

#endif
