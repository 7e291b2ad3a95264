// SPDX-License-Identifier: Apache-2.0
// What was recognised in a module, read off its dsc operations and misses: for people, for programs, for the engine.
#ifndef DSC_COMPILER_REPORT_REPORT_H
#define DSC_COMPILER_REPORT_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace dsc {

/// {"mla" | "moe" | "dsa" | "attention": {"candidates", "matched", "layers": [...]}, "cache": {...}, "misses": [...]}, over all entries of a
/// module after the phase `dsc`. docs/recognition.md lists the fields. `expandedQueries`: as in passes/dsc/LatentForms.h, of the target.
llvm::json::Object makeReport(mlir::ModuleOp module, int64_t expandedQueries);

/// The report in lines of text: every layer with its parameters, every miss with what would have had to hold.
void printReport(const llvm::json::Object &report, llvm::raw_ostream &os);

/// Fails, with a diagnostic at each miss, unless every candidate of each kind ("mla", "moe", "dsa", "attention") was recognised and there is one.
mlir::LogicalResult checkRequired(mlir::ModuleOp module, const llvm::json::Object &report, llvm::ArrayRef<std::string> kinds);

} // namespace dsc

#endif
