// SPDX-License-Identifier: Apache-2.0
// A language model that tests can compute in their heads (kernels.c, toy_logits).
#ifndef DSC_TESTS_UNIT_RUNTIME_TOYLANGUAGEMODEL_H
#define DSC_TESTS_UNIT_RUNTIME_TOYLANGUAGEMODEL_H

#include "TestEngine.h"

namespace dsc::test {

inline constexpr int64_t toyVocabulary = 32;

// Entries over one state "text" (i64 [1, length], ONNX names past_text and present_text), with
// inputs input_ids, position_ids and attention_mask and the output logits. Stages: "prefill"
// (starts, any number of tokens) and "decode" (one token). Otherwise "multi" alone.
Bytes toyLanguageModel(bool stages);

// What it says after `prompt`.
std::vector<int64_t> toyContinuation(std::vector<int64_t> prompt, size_t count);

} // namespace dsc::test

#endif
