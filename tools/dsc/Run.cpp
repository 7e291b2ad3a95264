// SPDX-License-Identifier: Apache-2.0
// dsc run: calls entries with arrays from files and compares what comes back.
#include "tools/dsc/Calls.h"
#include "tools/dsc/Commands.h"
#include "tools/dsc/Compare.h"
#include "tools/dsc/Convert.h"
#include "tools/dsc/Failure.h"
#include "tools/dsc/Json.h"
#include "tools/dsc/SessionOptions.h"

#include <optional>

namespace dsc {

namespace {

struct RunOptions {
  std::string engine, save;
  CallFiles files;
  Tolerance tolerance;
  SessionSettings session;
  bool json = false;
};

// An output of a call, or a state that the graph had as an output.
struct Result {
  NpyArray array;
  std::optional<Comparison> comparison;
};

class Runner {
public:
  explicit Runner(const RunOptions &options)
      : options(options), engine(options.engine), session(engine, options.session) {}

  int run();

private:
  std::vector<Result> call(Call &call);
  bool report(const Call &call, size_t number, const std::vector<Result> &results,
              const std::vector<std::string> &missing);
  void save(std::vector<Result> &results);

  const RunOptions &options;
  EngineHandle engine;
  SessionHandle session;
  JsonWriter json;
};

std::vector<Result> Runner::call(Call &call) {
  std::vector<dsc_tensor> inputs;
  for (NpyArray &array : call.inputs)
    inputs.push_back(tensorOf(array));
  std::vector<dsc_tensor> outputs = session.run(call.entry, inputs);
  std::vector<dsc_value_info> infos = engine.outputs(call.entry);
  std::vector<Result> results;
  for (size_t i = 0; i < outputs.size(); ++i)
    results.push_back({arrayOf(outputs[i], infos[i].name), std::nullopt});
  for (const dsc_state_info &state : engine.states(call.entry)) {
    bool wanted = findArray(call.expected, state.output_name) || !options.save.empty();
    if (!*state.output_name || !wanted)
      continue;
    results.push_back({session.readState(state.name), std::nullopt});
    results.back().array.name = state.output_name;
  }
  for (Result &result : results)
    if (const NpyArray *want = findArray(call.expected, result.array.name))
      result.comparison = compareArrays(result.array, *want, options.tolerance);
  return results;
}

bool Runner::report(const Call &call, size_t number, const std::vector<Result> &results,
                    const std::vector<std::string> &missing) {
  bool ok = missing.empty();
  std::string entry = engine.entryName(call.entry);
  json.beginObject().key("entry").string(entry).key("file").string(call.origin);
  json.key("outputs").beginArray();
  if (!options.json)
    fmt::print("call {}: {} ({})\n", number, entry, call.origin);
  for (const Result &result : results) {
    const NpyArray &array = result.array;
    std::string type = typeText(static_cast<dsc_dtype>(array.type), array.dims.data(),
                                static_cast<int32_t>(array.dims.size()));
    json.beginObject().key("name").string(array.name).key("type").string(type);
    if (!result.comparison) {
      json.endObject();
      if (!options.json)
        fmt::print("  {}: {}\n", array.name, type);
      continue;
    }
    const Comparison &c = *result.comparison;
    ok &= c.equal;
    json.key("ok").boolean(c.equal).key("max_error").number(c.largestError);
    if (!c.equal)
      json.key("difference").string(c.difference);
    json.endObject();
    if (!options.json)
      fmt::print("  {}: {}: largest error {:.3g}{}\n", array.name, type, c.largestError,
                 c.equal ? "" : ": DIFFERENT: " + c.difference);
  }
  for (const std::string &name : missing) {
    json.beginObject().key("name").string(name).key("ok").boolean(false);
    json.key("difference").string("missing").endObject();
    if (!options.json)
      fmt::print("  {}: MISSING: entry '{}' has no such output\n", name, entry);
  }
  json.endArray().key("ok").boolean(ok).endObject();
  return ok;
}

void Runner::save(std::vector<Result> &results) {
  std::vector<NpyArray> arrays;
  std::string error;
  for (Result &result : results) {
    NpyArray &array = result.array;
    if (array.type == NpyType::F16 || array.type == NpyType::BF16)
      convertTo(NpyType::F32, array, error);
    array.name = "out." + array.name;
    arrays.push_back(std::move(array));
  }
  if (!writeNpz(options.save, arrays, error))
    throw Failure(ExitUsage, error);
}

int Runner::run() {
  bool ok = true;
  size_t number = 0;
  json.beginObject().key("calls").beginArray();
  std::vector<Call> calls = readCalls(engine, options.files);
  for (Call &each : calls) {
    std::vector<Result> results = call(each);
    std::vector<std::string> missing;
    for (const NpyArray &want : each.expected) {
      bool found = false;
      for (const Result &result : results)
        found |= result.array.name == want.name;
      if (!found)
        missing.push_back(want.name);
    }
    ok &= report(each, number++, results, missing);
    if (number == calls.size() && !options.save.empty())
      save(results);
  }
  json.endArray().key("ok").boolean(ok).endObject();
  if (options.json)
    fmt::print("{}\n", json.text());
  return ok ? ExitOk : ExitDifferent;
}

} // namespace

void addRunCommand(CLI::App &app) {
  auto options = std::make_shared<RunOptions>();
  CLI::App *command = app.add_subcommand("run", "Run an engine on arrays and compare its outputs");
  command->add_option("ENGINE", options->engine, "engine file (.dsce)")->required();
  command
      ->add_option("--npz", options->files.npz,
                   "one call: [ENTRY=]IO.npz with arrays in.NAME, out.NAME")
      ->allow_extra_args(false);
  command->add_option("--input", options->files.inputs, "NAME=@file.npy")->allow_extra_args(false);
  command->add_option("--expect", options->files.expected, "NAME=@file.npy")
      ->allow_extra_args(false);
  command->add_option("--save", options->save, "write the outputs of the last call as out.NAME");
  command->add_option("--atol", options->tolerance.absolute, "absolute tolerance")
      ->capture_default_str();
  command->add_option("--rtol", options->tolerance.relative, "relative tolerance")
      ->capture_default_str();
  addSessionOptions(*command, options->session);
  command->add_flag("--json", options->json, "report as JSON");
  command->callback([options] { runCommand([&] { return Runner(*options).run(); }); });
}

} // namespace dsc
