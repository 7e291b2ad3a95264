// SPDX-License-Identifier: Apache-2.0
// The parts of the attention family.
#ifndef DSC_PASSES_ONNX_TO_PRIM_ATTENTION_H
#define DSC_PASSES_ONNX_TO_PRIM_ATTENTION_H

#include "passes/onnx_to_prim/Operands.h"

namespace dsc::onnx_to_prim {

void registerRotaryEmbedding(Registry &);
void registerLinearAttention(Registry &);

/// [B, S, heads * d] -> [B, S, heads, d]; a diagnostic when the heads do not divide the hidden size.
mlir::FailureOr<Value> splitHeads(Node &node, Value x, int64_t heads);

/// Which inputs are the tables of angles, and the row of them for each token, [B, S]; none where the tables are [B, S, half].
struct RotaryTables {
  unsigned cos, sin;
  Value positions;
  bool interleaved; ///< neighbours are pairs, else the halves of the rotated part
};

/// x is [B, heads, S, d], or [B, S, heads * d] with `heads` heads. Rotates the first `rotary` of each head's elements, all of them
/// where none is given.
mlir::FailureOr<Value> rotate(Node &node, Lowering &lowering, Value x, int64_t heads, std::optional<int64_t> rotary,
                              RotaryTables tables);

/// What keeps queries from keys, from the attn_mask and nonpad_kv_seqlen inputs and the causal and window attributes.
/// Parts may be null; their shapes broadcast to the scores' [B, H, S, T].
struct AttentionMask {
  Value allowed; ///< i1: conjunction of everything boolean
  Value bias;    ///< float: added to the scores
  /// A row may have no key at all: its probabilities are then zero.
  bool mayMaskRows = false;
};

struct AttentionSizes {
  Expr batch, queries, keys; ///< keys counts past ones
  Expr past;                 ///< null without a past
};

mlir::FailureOr<AttentionMask> readAttentionMask(Node &node, Lowering &lowering, const AttentionSizes &sizes);

} // namespace dsc::onnx_to_prim

#endif
