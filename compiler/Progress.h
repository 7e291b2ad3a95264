// SPDX-License-Identifier: Apache-2.0
// What a compilation says about itself on stderr while it runs.
#ifndef DSC_COMPILER_PROGRESS_H
#define DSC_COMPILER_PROGRESS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringRef.h"
#include <chrono>
#include <string>
#include <vector>

namespace dsc {

/// On a terminal one line that is rewritten, elsewhere a line a step.
class Progress {
public:
  explicit Progress(unsigned steps);
  ~Progress();

  /// Ends the step before.
  void begin(llvm::StringRef what);
  void finish();
  /// Removes the line, so that something else can be printed.
  void clear();
  void printTimes();

private:
  void end();

  struct Step {
    std::string what;
    double seconds;
  };
  using Clock = std::chrono::steady_clock;
  unsigned total;
  bool terminal, shown = false, running = false;
  Clock::time_point start, stepStart;
  std::vector<Step> steps;
};

/// Prints diagnostics with the ONNX node they are about: "error: node 'n' (model.layers.0): message".
void printDiagnostic(mlir::Diagnostic &diagnostic, Progress &progress);

} // namespace dsc

#endif
