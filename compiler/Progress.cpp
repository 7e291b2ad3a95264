// SPDX-License-Identifier: Apache-2.0
#include "compiler/Progress.h"
#include "compiler/report/LocationText.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace mlir;

namespace dsc {

static double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Progress::Progress(unsigned steps)
    : total(steps), terminal(isatty(2) && getenv("TERM") && StringRef(getenv("TERM")) != "dumb"), start(Clock::now()) {}

Progress::~Progress() { clear(); }

void Progress::begin(StringRef what) {
  end();
  running = true;
  stepStart = Clock::now();
  steps.push_back({what.str(), 0});
  if (!terminal)
    return;
  clear();
  llvm::errs() << "[" << steps.size() << "/" << std::max<size_t>(total, steps.size()) << "] " << what << " ..."
               << llvm::format(" (%.1f s)", secondsSince(start));
  llvm::errs().flush();
  shown = true;
}

void Progress::end() {
  if (!running)
    return;
  running = false;
  steps.back().seconds = secondsSince(stepStart);
  if (!terminal)
    llvm::errs() << "[" << steps.size() << "/" << std::max<size_t>(total, steps.size()) << "] " << steps.back().what
                 << llvm::format(" %.2f s\n", steps.back().seconds);
}

void Progress::finish() {
  end();
  clear();
}

void Progress::clear() {
  if (shown)
    llvm::errs() << "\r\033[K";
  shown = false;
}

void Progress::printTimes() {
  double sum = secondsSince(start);
  llvm::errs() << "    seconds  share  step\n";
  for (const Step &step : steps)
    llvm::errs() << llvm::format("%11.3f %5.1f%%  ", step.seconds, 100 * step.seconds / sum) << step.what << "\n";
  llvm::errs() << llvm::format("%11.3f 100.0%%  total\n", sum);
}

/// "'node' (path)" or "file:line:column"; empty when the location says nothing.
static std::string describe(Location loc) {
  LocationText text = readLocation(loc);
  bool isFile = loc->findInstanceOf<NameLoc>() == nullptr;
  if (text.node.empty() || isFile)
    return text.node;
  return "'" + text.node + "'" + (text.path.empty() ? "" : " (" + text.path + ")");
}

void printDiagnostic(Diagnostic &diagnostic, Progress &progress) {
  progress.clear();
  auto print = [](Diagnostic &d) {
    StringRef severity = d.getSeverity() == DiagnosticSeverity::Error     ? "error"
                         : d.getSeverity() == DiagnosticSeverity::Warning ? "warning"
                         : d.getSeverity() == DiagnosticSeverity::Remark  ? "remark"
                                                                          : "note";
    std::string place = describe(d.getLocation());
    llvm::errs() << "dsc: " << severity << ": " << place << (place.empty() ? "" : ": ") << d.str() << "\n";
  };
  print(diagnostic);
  for (Diagnostic &note : diagnostic.getNotes())
    print(note);
}

} // namespace dsc
