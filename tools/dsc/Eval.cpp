// SPDX-License-Identifier: Apache-2.0
// dsc eval: a model in the reference interpreter, compared with stored outputs.
#include "tools/dsc/Commands.h"
#include "tools/dsc/Compare.h"
#include "tools/dsc/Convert.h"
#include "tools/dsc/EvalModel.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>

namespace dsc {

namespace {

struct EvalOptions {
  std::string model, npz, save;
  Tolerance tolerance;
  reference::Options interpreter;
};

enum ExitCode { Different = 1, BadInput = 2, ModelRefused = 3, RunFailed = 4 };

[[noreturn]] void fail(ExitCode code, const std::string &message = "") {
  if (!message.empty())
    fmt::print(stderr, "dsc: error: {}\n", message);
  throw CLI::RuntimeError(code);
}

/// Arrays of the file called in.NAME and out.NAME, by NAME.
void readArrays(const std::string &path, std::vector<NpyArray> &inputs,
                std::vector<NpyArray> &expected) {
  std::string error;
  auto arrays = readNpz(path, error);
  if (!arrays)
    fail(BadInput, error);
  for (NpyArray &array : *arrays) {
    bool input = array.name.starts_with("in.");
    if (!input && !array.name.starts_with("out."))
      fail(BadInput,
           fmt::format("{}: array '{}' is called neither in.NAME nor out.NAME", path, array.name));
    array.name.erase(0, input ? 3 : 4);
    (input ? inputs : expected).push_back(std::move(array));
  }
}

/// Prints a line for each output; true if all that is expected is there and equal.
bool report(const std::vector<NpyArray> &outputs, const std::vector<NpyArray> &expected,
            const Tolerance &tolerance) {
  bool ok = true;
  for (const NpyArray &output : outputs) {
    std::string type =
        fmt::format("{} [{}]", npyTypeName(output.type), fmt::join(output.dims, ", "));
    const NpyArray *want = findArray(expected, output.name);
    if (!want) {
      fmt::print("{}: {}\n", output.name, type);
      continue;
    }
    Comparison c = compareArrays(output, *want, tolerance);
    ok &= c.equal;
    fmt::print("{}: {}: largest error {:.3g}{}\n", output.name, type, c.largestError,
               c.equal ? "" : ": DIFFERENT: " + c.difference);
  }
  for (const NpyArray &want : expected)
    if (!findArray(outputs, want.name)) {
      ok = false;
      fmt::print("{}: MISSING: the model has no such output\n", want.name);
    }
  return ok;
}

/// As out.NAME; 16-bit floats as f32, which NumPy can compute with.
void save(const std::string &path, std::vector<NpyArray> outputs) {
  std::string error;
  for (NpyArray &array : outputs) {
    if (npySize(array.type) == 2 && numberClass(array.type) == NumberClass::Float)
      convertTo(NpyType::F32, array, error);
    array.name = "out." + array.name;
  }
  if (!writeNpz(path, outputs, error))
    fail(BadInput, error);
}

void eval(const EvalOptions &options) {
  std::vector<NpyArray> inputs, expected;
  readArrays(options.npz, inputs, expected);
  EvalModel model;
  if (!model.load(options.model))
    fail(ModelRefused);
  std::string error;
  auto outputs = model.run(inputs, options.interpreter, error);
  if (!outputs && !error.empty())
    fail(BadInput, options.npz + ": " + error);
  if (!outputs)
    fail(RunFailed);
  bool ok = report(*outputs, expected, options.tolerance);
  if (!options.save.empty())
    save(options.save, std::move(*outputs));
  if (!ok)
    fail(Different);
}

} // namespace

void addEvalCommand(CLI::App &app) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App *command =
      app.add_subcommand("eval", "a model in the reference interpreter, against stored outputs");
  command->footer("Exit codes: 0 all outputs agree, 1 some differ, 2 wrong command line or arrays, "
                  "3 the model is refused, 4 the run failed.");
  command
      ->add_option("model", options->model,
                   "MODEL.onnx, or .mlir with one function of onnx or prim operations")
      ->required();
  command->add_option("--npz", options->npz, "arrays: in.NAME are fed, out.NAME are expected")
      ->required();
  command->add_option("--save", options->save, "write the outputs to this .npz, as out.NAME");
  command
      ->add_option("--atol", options->tolerance.absolute, "|have - want| <= ATOL + RTOL * |want|")
      ->capture_default_str();
  command->add_option("--rtol", options->tolerance.relative)->capture_default_str();
  command->add_flag("--f64", options->interpreter.accumulateF64, "keep sums of floats in f64");
  command->callback([options] { eval(*options); });
}

} // namespace dsc
