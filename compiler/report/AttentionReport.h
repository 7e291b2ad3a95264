// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_COMPILER_REPORT_ATTENTIONREPORT_H
#define DSC_COMPILER_REPORT_ATTENTIONREPORT_H

#include "dialects/dsc/Dsc.h"
#include "llvm/Support/JSON.h"

namespace dsc {

/// The parameters of a layer, without its place. `expandedQueries`: as in passes/dsc/LatentForms.h.
llvm::json::Object describeLatentAttention(model::LatentAttentionOp op, int64_t expandedQueries);
/// The same for latent attention whose cache keeps keys and values of every head; none when it is not.
std::optional<llvm::json::Object> describeExpandedLatentAttention(model::AttentionOp op);
llvm::json::Object describeAttention(model::AttentionOp op);
/// The choice of rows by an indexer, if the mask of the attention is one.
std::optional<llvm::json::Object> describeSparseIndex(model::LatentAttentionOp op);

} // namespace dsc

#endif
