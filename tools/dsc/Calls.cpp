// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Calls.h"

#include "tools/dsc/Convert.h"
#include "tools/dsc/Failure.h"

#include <fmt/ranges.h>

#include <optional>

namespace dsc {

static Failure usage(const std::string &message) { return Failure(ExitUsage, message); }

namespace {

// Arrays as given, by the names of inputs and outputs.
struct Given {
  std::string origin;
  std::optional<std::string> entry;
  std::vector<NpyArray> inputs, expected;
};

} // namespace

static Given readNpzCall(const EngineHandle &engine, const std::string &argument) {
  Given given;
  std::string path = argument;
  if (size_t equals = argument.find('='); equals != std::string::npos) {
    std::string name = argument.substr(0, equals);
    if (dsc_engine_find_entry(engine.get(), name.c_str()) >= 0) {
      given.entry = name;
      path = argument.substr(equals + 1);
    }
  }
  given.origin = path;
  std::string error;
  std::optional<std::vector<NpyArray>> arrays = readNpz(path, error);
  if (!arrays)
    throw usage(error);
  for (NpyArray &array : *arrays) {
    bool input = array.name.starts_with("in.");
    if (!input && !array.name.starts_with("out."))
      throw usage(
          fmt::format("{}: array '{}' is called neither in.NAME nor out.NAME", path, array.name));
    array.name = array.name.substr(input ? 3 : 4);
    (input ? given.inputs : given.expected).push_back(std::move(array));
  }
  return given;
}

static std::vector<NpyArray> readNamed(const std::vector<std::string> &arguments,
                                       const char *option) {
  std::vector<NpyArray> arrays;
  for (const std::string &argument : arguments) {
    size_t split = argument.find("=@");
    if (split == std::string::npos || split == 0)
      throw usage(fmt::format("{} {}: expected NAME=@file.npy", option, argument));
    std::string error;
    std::optional<NpyArray> array = readNpy(argument.substr(split + 2), error);
    if (!array)
      throw usage(error);
    array->name = argument.substr(0, split);
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

static bool fits(const dsc_value_info &input, const NpyArray &array) {
  bool floats = numberClass(array.type) == NumberClass::Float;
  if (floats != (numberClass(static_cast<NpyType>(input.dtype)) == NumberClass::Float) ||
      array.dims.size() != static_cast<size_t>(input.rank))
    return false;
  for (size_t i = 0; i < array.dims.size(); ++i)
    if (input.dims[i] >= 0 && input.dims[i] != array.dims[i])
      return false;
  return true;
}

// Every input is given, every array given is an input or a state. Strict: every state that the
// graph took as an input is given as well, which tells a first call from a later one.
static bool fits(const EngineHandle &engine, size_t entry, const Given &given, bool strict) {
  std::vector<dsc_value_info> inputs = engine.inputs(entry);
  std::vector<dsc_state_info> states = engine.states(entry);
  for (const dsc_value_info &input : inputs) {
    const NpyArray *array = findArray(given.inputs, input.name);
    if (!array || !fits(input, *array))
      return false;
  }
  for (const NpyArray &array : given.inputs) {
    bool known = false;
    for (const dsc_value_info &input : inputs)
      known |= array.name == input.name;
    for (const dsc_state_info &state : states)
      known |= array.name == state.input_name;
    if (!known)
      return false;
  }
  for (const dsc_state_info &state : states)
    if (strict && *state.input_name && !findArray(given.inputs, state.input_name))
      return false;
  return true;
}

static size_t findEntry(const EngineHandle &engine, const Given &given) {
  if (given.entry)
    return static_cast<size_t>(dsc_engine_find_entry(engine.get(), given.entry->c_str()));
  if (engine.entryCount() == 1)
    return 0;
  std::vector<std::string> all;
  for (size_t i = 0; i < engine.entryCount(); ++i)
    all.push_back(engine.entryName(i));
  for (bool strict : {true, false}) {
    std::vector<size_t> found;
    std::vector<std::string> names;
    for (size_t i = 0; i < engine.entryCount(); ++i)
      if (fits(engine, i, given, strict)) {
        found.push_back(i);
        names.push_back(engine.entryName(i));
      }
    if (found.size() == 1)
      return found[0];
    if (found.size() > 1)
      throw usage(fmt::format("{}: the entries {} take these arrays; name one: --npz ENTRY={}",
                              given.origin, fmt::join(names, ", "), given.origin));
  }
  throw usage(fmt::format("{}: none of the entries {} takes these arrays", given.origin,
                          fmt::join(all, ", ")));
}

static Call makeCall(const EngineHandle &engine, Given given) {
  Call call;
  call.origin = given.origin;
  call.entry = findEntry(engine, given);
  call.expected = std::move(given.expected);
  std::string name = engine.entryName(call.entry);
  std::vector<dsc_value_info> inputs = engine.inputs(call.entry);
  for (const dsc_value_info &input : inputs) {
    const NpyArray *array = findArray(given.inputs, input.name);
    if (!array)
      throw usage(
          fmt::format("{}: entry '{}' needs the input '{}'", given.origin, name, input.name));
    call.inputs.push_back(*array);
    std::string error;
    if (!convertTo(static_cast<NpyType>(input.dtype), call.inputs.back(), error))
      throw usage(fmt::format("{}: {}", given.origin, error));
  }
  std::vector<dsc_state_info> states = engine.states(call.entry);
  for (const NpyArray &array : given.inputs) {
    bool known = false;
    for (const dsc_value_info &input : inputs)
      known |= array.name == input.name;
    for (const dsc_state_info &state : states)
      known |= array.name == state.input_name;
    if (!known)
      throw usage(fmt::format("{}: entry '{}' has no input '{}'", given.origin, name, array.name));
  }
  return call;
}

std::vector<Call> readCalls(const EngineHandle &engine, const CallFiles &files) {
  std::vector<Call> calls;
  for (const std::string &argument : files.npz)
    calls.push_back(makeCall(engine, readNpzCall(engine, argument)));
  if (!files.inputs.empty() || !files.expected.empty() || calls.empty()) {
    Given given;
    given.origin = "--input";
    given.inputs = readNamed(files.inputs, "--input");
    given.expected = readNamed(files.expected, "--expect");
    calls.push_back(makeCall(engine, std::move(given)));
  }
  return calls;
}

} // namespace dsc
