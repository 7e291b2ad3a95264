// SPDX-License-Identifier: Apache-2.0
// dsc compile: flags -> CompileOptions.
#include "compiler/Compiler.h"
#include "compiler/Pipeline.h"
#include "tools/dsc/Commands.h"

#include <iostream>
#include <memory>

namespace dsc {

template <typename T> static T take(llvm::Expected<T> value) {
  if (value)
    return std::move(*value);
  std::cerr << "dsc: error: " << llvm::toString(value.takeError()) << "\n";
  throw CLI::RuntimeError(2);
}

void addCompileCommand(CLI::App &app) {
  struct Arguments {
    CompileOptions options;
    std::vector<std::string> models, dims;
    std::string report, target = "cpu";
  };
  auto arguments = std::make_shared<Arguments>();
  CompileOptions &options = arguments->options;
  CLI::App *command = app.add_subcommand("compile", "models -> engine");
  command->footer("An entry of the engine is named after its file's stem, or by NAME=MODEL. A folder stands for all its .onnx files.\n"
                  "Exit codes: 0 the engine is written, 1 it could not be compiled or written, 2 wrong command line.");
  command->add_option("models", arguments->models, "MODEL.onnx, NAME=MODEL.onnx, a folder, or .mlir with prim functions")
      ->required();
  command->add_option("-o,--output", options.output, "the engine (.dsce) to write");
  command->add_option("--target", arguments->target,
                      "cpu; cuda, or cuda:ARCHITECTURE,... with the GPU architectures to compile for (sm_90a unless given)");
  command->add_option("--kv", options.kv, "state: caches become state of the session; latent: the same, and those of expanded keys and values keep the latent\n"
                      "rows that these are made from; io: caches stay inputs and outputs")
      ->check(CLI::IsMember({"state", "latent", "io"}));
  std::vector<std::string> phases;
  std::string text = "stop after this phase and print:";
  for (const Phase &phase : getPhases()) {
    phases.push_back(phase.name.str());
    text += "\n" + phases.back() + ": " + phase.summary.str();
  }
  phases.insert(phases.end(), {"llvm", "cuda"});
  text += "\nllvm, cuda: the code of the kernels for the target cpu or cuda";
  command->add_option("--emit", options.emit, text)->check(CLI::IsMember(phases));
  command->add_option("--dim", arguments->dims, "NAME=LO..HI or NAME=SIZE: what sizes a dimension can have");
  command->add_option("--isa", options.isas, "instruction sets to compile for: x86-64-v3, x86-64-v4, x86-64-v4+avx512bf16");
  command->add_flag("--line-info", options.lineInfo, "cuda: reports of profilers and of the simulator name lines of the sources");
  command
      ->add_option("--numeric", options.numeric,
                   "how bf16 weights are multiplied: f32, widened; bf16-dot, by the instruction for pairs of bf16 (other bits, twice the rate on "
                   "some processors)")
      ->check(CLI::IsMember({"f32", "bf16-dot"}));
  command->add_option("--dump-dir", options.dumpFolder, "write the IR after each phase into this folder");
  command->add_flag("--explain", options.explain, "print each recognised layer with its parameters, and why others were not recognised");
  command->add_option("--report", arguments->report, "json:FILE: the same for programs")->check([](const std::string &text) {
    return text.starts_with("json:") && text.size() > 5 ? std::string() : std::string("expected json:FILE");
  });
  command->add_option("--require", options.require, "mla, moe, dsa, attention: an error unless all of these are recognised")
      ->delimiter(',')
      ->check(CLI::IsMember({"mla", "moe", "dsa", "attention"}));
  command->add_flag("--verify-recognition", options.verifyRecognition,
                    "compare what was recognised with the graph as written, on random inputs through the reference interpreter");
  command->add_flag("--timing", options.timing, "tell the time of each phase");
  command->callback([arguments] {
    CompileOptions &options = arguments->options;
    options.inputs = take(findInputs(arguments->models));
    if (llvm::Error error = parseTarget(arguments->target, options))
      take(llvm::Expected<bool>(std::move(error)));
    auto refuse = [](const char *message) {
      std::cerr << "dsc: error: " << message << "\n";
      throw CLI::RuntimeError(2);
    };
    bool cuda = options.target == "cuda";
    if (options.emit == getCodePhase(cuda ? "cpu" : "cuda"))
      refuse(cuda ? "--emit=llvm belongs to --target cpu" : "--emit=cuda belongs to --target cuda");
    if (cuda && !options.isas.empty())
      refuse("--isa belongs to --target cpu; architectures stand behind cuda: as in cuda:sm_90a,sm_80");
    if (cuda && options.numeric != "f32")
      refuse("--numeric=bf16-dot belongs to --target cpu");
    for (const std::string &dim : arguments->dims)
      options.dims.push_back(take(parseDimRange(dim)));
    if (!arguments->report.empty())
      options.reportFile = arguments->report.substr(5);
    if (options.output.empty() && options.emit.empty() && !options.explain && options.reportFile.empty()) {
      std::cerr << "dsc: error: no output given: -o OUT.dsce, --emit=PHASE, --explain or --report=json:FILE\n";
      throw CLI::RuntimeError(2);
    }
    if (int code = compile(options))
      throw CLI::RuntimeError(code);
  });
}

} // namespace dsc
