// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/GenerateRoles.h"

#include "tools/dsc/Convert.h"
#include "tools/dsc/Failure.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace dsc {

enum class Role { Ids, Positions, Mask, None };

static Role roleOf(std::string_view name) {
  auto is = [&](std::string_view role) {
    return name == role || (name.starts_with(role) && name[role.size()] == '.');
  };
  return is("input_ids")        ? Role::Ids
         : is("position_ids")   ? Role::Positions
         : is("attention_mask") ? Role::Mask
                                : Role::None;
}

static std::string describe(const dsc_value_info &input) {
  return fmt::format("'{}': {}", input.name, typeText(input.dtype, input.dims, input.rank));
}

static bool hasIds(const EngineHandle &engine, size_t entry) {
  for (const dsc_value_info &input : engine.inputs(entry))
    if (roleOf(input.name) == Role::Ids)
      return true;
  return false;
}

static bool startsAll(const std::vector<dsc_state_info> &states) {
  return std::all_of(states.begin(), states.end(), [](const auto &state) { return state.starts; });
}

GenerateEntries chooseGenerateEntries(const EngineHandle &engine) {
  std::optional<size_t> prefill, decode, any;
  for (size_t i = 0; i < engine.entryCount(); ++i) {
    if (!hasIds(engine, i))
      continue;
    std::string name = engine.entryName(i);
    std::vector<dsc_state_info> states = engine.states(i);
    bool starting = !states.empty() && startsAll(states),
         going = !states.empty() && !startsAll(states);
    if (!any)
      any = i;
    if (name == "prefill" || (starting && !prefill))
      prefill = i;
    if (name == "decode" || (going && !decode))
      decode = i;
  }
  if (!any)
    throw Failure(ExitUsage, "no entry has an input 'input_ids'");
  GenerateEntries result;
  if (prefill && engine.states(*prefill).empty()) {
    result = {*prefill, *prefill, true};
  } else if (prefill && !decode) {
    throw Failure(ExitUsage, fmt::format("entry '{}' starts a state that no entry continues",
                                         engine.entryName(*prefill)));
  } else {
    result.next = decode.value_or(*any);
    result.prompt = prefill.value_or(result.next);
    result.stateless = engine.states(result.next).empty();
  }
  for (size_t entry : {result.prompt, result.next})
    for (const dsc_value_info &input : engine.inputs(entry))
      if (roleOf(input.name) == Role::None)
        throw Failure(ExitUsage,
                      fmt::format("entry '{}' takes the input {}, which generate cannot fill",
                                  engine.entryName(entry), describe(input)));
  return result;
}

TokenFeeder::TokenFeeder(const EngineHandle &engine, SessionHandle &session)
    : engine(engine), session(session), entries(chooseGenerateEntries(engine)) {}

static int64_t widthOf(const EngineHandle &engine, size_t entry) {
  for (const dsc_value_info &input : engine.inputs(entry))
    if (roleOf(input.name) == Role::Ids && input.rank > 0)
      return input.dims[input.rank - 1];
  return -1;
}

std::vector<float> TokenFeeder::feed(const std::vector<int64_t> &tokens) {
  text.insert(text.end(), tokens.begin(), tokens.end());
  if (entries.stateless)
    return run(entries.next, text, 0);
  if (fed == 0 && entries.prompt != entries.next)
    return run(entries.prompt, tokens, 0);
  // An entry for one token at a time takes a prompt in pieces.
  int64_t width = widthOf(engine, entries.next);
  size_t step = width > 0 ? static_cast<size_t>(width) : tokens.size();
  std::vector<float> logits;
  for (size_t at = 0; at < tokens.size(); at += step) {
    auto begin = tokens.begin() + static_cast<ptrdiff_t>(at);
    auto end = tokens.begin() + static_cast<ptrdiff_t>(std::min(at + step, tokens.size()));
    logits = run(entries.next, {begin, end}, fed);
  }
  return logits;
}

std::vector<float> TokenFeeder::run(size_t entry, const std::vector<int64_t> &tokens,
                                    int64_t past) {
  std::vector<NpyArray> arrays;
  std::vector<dsc_tensor> tensors;
  for (const dsc_value_info &input : engine.inputs(entry))
    arrays.push_back(fill(input, tokens, past));
  for (NpyArray &array : arrays)
    tensors.push_back(tensorOf(array));
  std::vector<dsc_tensor> outputs = session.run(entry, tensors);
  fed = past + static_cast<int64_t>(tokens.size());

  std::vector<dsc_value_info> infos = engine.outputs(entry);
  size_t logits = 0;
  while (logits < infos.size() && std::string_view(infos[logits].name) != "logits")
    ++logits;
  if (logits == infos.size() && infos.size() == 1)
    logits = 0;
  if (logits == infos.size())
    throw Failure(ExitUsage,
                  fmt::format("entry '{}' has no output 'logits'", engine.entryName(entry)));
  NpyArray array = arrayOf(outputs[logits], "logits");
  std::string error;
  if (!convertTo(NpyType::F32, array, error))
    throw Failure(ExitUsage, error);
  auto values = array.as<float>();
  size_t vocabulary = array.dims.empty() ? 0 : static_cast<size_t>(array.dims.back());
  if (vocabulary == 0 || values.size() < vocabulary)
    throw Failure(ExitUsage, "the logits are empty");
  return {values.end() - static_cast<ptrdiff_t>(vocabulary), values.end()};
}

static NpyArray integers(const std::vector<int64_t> &values, std::vector<int64_t> dims) {
  NpyArray array;
  array.type = NpyType::I64;
  array.dims = std::move(dims);
  const char *bytes = reinterpret_cast<const char *>(values.data());
  array.bytes.assign(bytes, bytes + values.size() * sizeof(int64_t));
  return array;
}

NpyArray TokenFeeder::fill(const dsc_value_info &input, const std::vector<int64_t> &tokens,
                           int64_t past) {
  auto count = static_cast<int64_t>(tokens.size());
  Role role = roleOf(input.name);
  NpyArray array;
  if (role == Role::Mask) {
    array = mask(input, count, past);
  } else {
    std::vector<int64_t> row = tokens;
    if (role == Role::Positions)
      for (size_t i = 0; i < row.size(); ++i)
        row[i] = past + static_cast<int64_t>(i);
    if (input.rank != 1 && (input.rank != 2 || input.dims[0] > 1))
      throw Failure(ExitUsage,
                    "generate feeds one sequence; it cannot fill the input " + describe(input));
    array = integers(row, input.rank == 1 ? std::vector<int64_t>{count}
                                          : std::vector<int64_t>{1, count});
  }
  array.name = input.name;
  std::string error;
  if (!convertTo(static_cast<NpyType>(input.dtype), array, error))
    throw Failure(ExitUsage, error);
  return array;
}

NpyArray TokenFeeder::mask(const dsc_value_info &input, int64_t count, int64_t past) {
  if (input.rank != 2 && input.rank != 4)
    throw Failure(ExitUsage, "generate cannot fill the mask " + describe(input));
  bool causal = input.rank == 4; // [1, 1, new, positions], else [1, positions]
  int64_t width = input.dims[input.rank - 1];
  if (width < 0 && causal)
    width = cacheSlots();
  if (width <= 0)
    width = past + count;
  std::vector<int64_t> seen;
  for (int64_t query = causal ? 0 : count - 1; query < count; ++query)
    for (int64_t key = 0; key < width; ++key)
      seen.push_back(key <= past + query);
  std::vector<int64_t> dims =
      causal ? std::vector<int64_t>{1, 1, count, width} : std::vector<int64_t>{1, width};
  auto type = static_cast<NpyType>(input.dtype);
  if (numberClass(type) != NumberClass::Float)
    return integers(seen, dims);
  // A float mask of rank 4 is added to the scores; of rank 2 it holds ones and zeros.
  float lowest = type == NpyType::F16 ? -65504.0f : std::numeric_limits<float>::lowest();
  NpyArray array;
  array.type = NpyType::F32;
  array.dims = dims;
  array.bytes.resize(seen.size() * sizeof(float));
  for (size_t i = 0; i < seen.size(); ++i)
    reinterpret_cast<float *>(array.bytes.data())[i] =
        causal ? (seen[i] ? 0.0f : lowest) : static_cast<float>(seen[i]);
  return array;
}

int64_t TokenFeeder::cacheSlots() {
  if (fed == 0)
    return 0; // nothing has run: the states have no size yet
  for (const dsc_state_info &state : engine.states(entries.next)) {
    if (state.axis >= 0 || state.rank < 3)
      continue;
    dsc_tensor tensor = {};
    if (dsc_session_read_state(session.get(), state.name, &tensor, nullptr) == DSC_OK)
      return tensor.dims[state.rank - 2];
  }
  return 0;
}

} // namespace dsc
