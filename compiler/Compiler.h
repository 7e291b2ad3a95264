// SPDX-License-Identifier: Apache-2.0
// The front door of the compiler: models in, an engine out. Tools only parse flags.
#ifndef DSC_COMPILER_COMPILER_H
#define DSC_COMPILER_COMPILER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace dsc {

struct CompileInput {
  std::string entry; // name of the entry; empty for .mlir files, which name their entries themselves
  std::string path;  // .onnx, or .mlir with prim functions
  bool fromFolder = false;
};

/// What the user states about a dimension's size.
struct DimRange {
  std::string name;
  int64_t lo, hi;
};

struct CompileOptions {
  std::vector<CompileInput> inputs;
  std::string output;
  std::string target = "cpu";     // or "cuda"
  std::vector<std::string> architectures; // of the target cuda: "sm_90a", ...; empty: sm_90a
  bool lineInfo = false;          // of the target cuda: code knows the lines of its source
  std::string kv = "state";       // or "io", "latent"
  std::string numeric = "f32";    // of 16-bit weights: widened to f32; or "bf16-dot"
  std::string emit;               // name of a phase: stop after it and print
  std::vector<DimRange> dims;
  std::vector<std::string> isas;  // empty: what the target thinks best
  std::string dumpFolder;         // IR after each phase; empty: none
  bool timing = false;
  bool verifyRecognition = false; // compare what was recognised with the graph on random inputs
  bool explain = false;           // print what was recognised and what was not
  std::string reportFile;         // the same as JSON; empty: none
  std::vector<std::string> require; // kinds of parts that must all be recognised: mla, moe, dsa, attention
};

/// Compiles the inputs into one engine at `options.output`, or prints the IR after the phase `options.emit`. Progress and
/// diagnostics go to stderr. Returns the exit code: 0, or 1 after an error has been reported; then no output is left.
int compile(const CompileOptions &options);

/// NAME=FILE, FILE or FOLDER as on the command line -> inputs. A folder stands for all its *.onnx files in the order of their
/// names. Fails for a path that does not exist, a folder without models, and two entries of one name.
llvm::Expected<std::vector<CompileInput>> findInputs(const std::vector<std::string> &arguments);

/// "cpu", "cuda" or "cuda:ARCHITECTURE,..." as on the command line.
llvm::Error parseTarget(llvm::StringRef text, CompileOptions &options);

/// "seq=1..4096" or "batch=1".
llvm::Expected<DimRange> parseDimRange(llvm::StringRef text);

} // namespace dsc

#endif
