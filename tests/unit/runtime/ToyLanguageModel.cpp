// SPDX-License-Identifier: Apache-2.0
#include "ToyLanguageModel.h"

namespace dsc::test {

static void addEntry(ManifestT &m, const std::string &name, bool starts, bool single) {
  EntryWriter e(m, name);
  uint32_t one = e.constant(1), eight = e.constant(8);
  uint32_t fresh = single ? one : e.symbol(SymbolSource::InputDim, 0, 1);
  uint32_t past = e.symbol(SymbolSource::StateDim, 0, 1);
  uint32_t capacity = e.symbol(SymbolSource::StateCapacity, 0),
           total = e.op(ExprOp::Add, past, fresh);
  uint32_t vocabulary = e.constant(toyVocabulary), four = e.constant(4);
  uint32_t idBytes = e.op(ExprOp::Mul, fresh, eight),
           stateBytes = e.op(ExprOp::Mul, capacity, eight);
  uint32_t logitBytes = e.op(ExprOp::Mul, e.op(ExprOp::Mul, fresh, vocabulary), four);
  e.entry.symbol_names = single ? std::vector<std::string>{"past", "capacity"}
                                : std::vector<std::string>{"seq", "past", "capacity"};
  e.input("input_ids", DType::I64, {one, fresh});
  e.input("position_ids", DType::I64, {one, fresh});
  e.input("attention_mask", DType::Bool, {one, total});
  e.output("logits", DType::F32, {one, fresh, vocabulary});
  e.use(0, starts, starts ? std::vector<uint32_t>{} : std::vector<uint32_t>{one, past},
        {one, total});
  e.entry.states[0]->input_name = starts ? "" : "past_text";
  e.entry.states[0]->output_name = "present_text";
  uint32_t ids = e.buffer(BufferKind::Input, 0, idBytes),
           positions = e.buffer(BufferKind::Input, 1, idBytes);
  uint32_t text = e.buffer(BufferKind::State, 0, stateBytes),
           logits = e.buffer(BufferKind::Output, 0, logitBytes);
  e.launch("toy_append", {text, ids}, {past, fresh}, one);
  e.launch("toy_logits", {logits, text, positions}, {past, fresh, vocabulary}, fresh);
  e.finish();
}

Bytes toyLanguageModel(bool stages) {
  auto manifest = newManifest();
  addState(*manifest, "text", StateKind::Growing, DType::I64, 2, 1);
  if (stages) {
    addEntry(*manifest, "prefill", true, false);
    addEntry(*manifest, "decode", false, true);
  } else {
    addEntry(*manifest, "multi", false, false);
  }
  return assemble(sectionsOf(*manifest));
}

std::vector<int64_t> toyContinuation(std::vector<int64_t> text, size_t count) {
  std::vector<int64_t> result;
  for (size_t k = 0; k < count; ++k) {
    int64_t sum = 0;
    for (size_t i = 0; i < text.size(); ++i)
      sum += static_cast<int64_t>(i + 1) * text[i];
    int64_t next = (7 * sum + static_cast<int64_t>(text.size()) - 1) % toyVocabulary;
    text.push_back(next);
    result.push_back(next);
  }
  return result;
}

} // namespace dsc::test
