// SPDX-License-Identifier: Apache-2.0
#include "compiler/Compiler.h"
#include "compiler/CodeGeneration.h"
#include "compiler/EntryChecks.h"
#include "compiler/Pipeline.h"
#include "compiler/Progress.h"
#include "compiler/VerifyRecognition.h"
#include "compiler/engine/EngineWriter.h"
#include "compiler/import/Import.h"
#include "compiler/report/Report.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace mlir;

namespace dsc {
namespace {

class Compilation {
public:
  explicit Compilation(const CompileOptions &options)
      : options(options), progress(options.inputs.size() + getPhases().size() + 1) {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    context.printOpOnDiagnostic(false);
    context.getDiagEngine().registerHandler([this](Diagnostic &d) { printDiagnostic(d, progress); });
  }

  LogicalResult run() {
    std::unique_ptr<OutputFile> engine;
    bool reportOnly = options.emit.empty() && options.output.empty();
    if (options.emit.empty() && !reportOnly) {
      // Before the long work, not after it.
      auto file = OutputFile::create(options.output);
      if (!file)
        return fail(file.takeError());
      engine = std::move(*file);
    }
    module = ModuleOp::create(UnknownLoc::get(&context));
    (*module)->setAttr("dsc.numeric", StringAttr::get(&context, options.numeric));
    for (const CompileInput &input : options.inputs)
      if (failed(load(input)))
        return failure();
    for (auto [i, phase] : llvm::enumerate(getPhases())) {
      if (i > 0 && failed(runPhase(*module, phase)))
        return failure();
      if (i > 0)
        if (LogicalResult checked = checkAfter(phase); failed(checked))
          return failure();
      if (failed(dump(i, phase.name)))
        return failure();
      if (phase.name == options.emit)
        return print();
      if (reportOnly && phase.name == "dsc") {
        progress.finish();
        return success();
      }
    }
    StringRef codePhase = getCodePhase(options.target);
    progress.begin("code");
    CodeGeneration code(options);
    if (failed(code.run(*module)))
      return failure();
    if (failed(dump(getPhases().size(), codePhase)))
      return failure();
    if (options.emit == codePhase)
      return printText(code.getText());
    progress.begin("engine");
    auto summary = writeEngine(*module, code.getCode(), *engine);
    if (failed(summary))
      return failure();
    progress.finish();
    llvm::errs() << llvm::formatv("dsc: wrote {0}: {1:F1} MB, {2} entries, {3} kernels, {4} weights ({5:F1} MB), {6} states\n",
                                  options.output, summary->bytes / 1e6, summary->entries, summary->kernels,
                                  summary->weights, summary->weightBytes / 1e6, summary->states);
    return success();
  }

  Progress &getProgress() { return progress; }

private:
  LogicalResult fail(llvm::Error error) {
    return emitError(UnknownLoc::get(&context)) << llvm::toString(std::move(error));
  }

  LogicalResult runPhase(ModuleOp target, const Phase &phase) {
    progress.begin(phase.name);
    return runPasses(target, phase);
  }
  LogicalResult runPasses(ModuleOp target, const Phase &phase) {
    PassManager pm(&context);
    phase.addPasses(pm, options);
    return pm.run(target);
  }

  LogicalResult checkAfter(const Phase &phase) {
    if (phase.name == "cache" && options.verifyRecognition)
      unrecognised = module->clone();
    if (phase.name == "dsc") {
      if (options.verifyRecognition && failed(verifyRecognition(*unrecognised, *module)))
        return failure();
      unrecognised = nullptr;
      return report();
    }
    if (phase.name != "prim")
      return success();
    SmallVector<StringRef> folderEntries;
    for (const CompileInput &input : options.inputs)
      if (input.fromFolder)
        folderEntries.push_back(input.entry);
    if (failed(checkOneWeightType(*module, folderEntries)))
      return failure();
    return applyDimRanges(*module, options.dims);
  }

  /// Says what was recognised, where the user wants it; the engine keeps it too.
  LogicalResult report() {
    llvm::json::Object report = makeReport(*module, getExpandedQueries(options.target));
    std::string text = llvm::formatv("{0}", llvm::json::Value(llvm::json::Object(report)));
    (*module)->setAttr("dsc.report", StringAttr::get(&context, text));
    std::string lines;
    llvm::raw_string_ostream os(lines);
    printReport(report, os);
    (*module)->setAttr("dsc.report.text", StringAttr::get(&context, lines));
    if (options.explain) {
      progress.finish();
      llvm::outs() << lines;
      llvm::outs().flush();
    }
    if (!options.reportFile.empty()) {
      auto file = OutputFile::create(options.reportFile);
      if (!file)
        return fail(file.takeError());
      std::string pretty = llvm::formatv("{0:2}\n", llvm::json::Value(llvm::json::Object(report)));
      if (llvm::Error error = (*file)->append({pretty.data(), pretty.size()}))
        return fail(std::move(error));
      if (llvm::Error error = (*file)->commit())
        return fail(std::move(error));
    }
    return checkRequired(*module, report, options.require);
  }

  /// Brings one model to the first phase and moves its entries into the module.
  LogicalResult load(const CompileInput &input) {
    progress.begin("import " + llvm::sys::path::filename(input.path).str());
    OwningOpRef<ModuleOp> model;
    if (input.entry.empty()) {
      model = parseSourceFile<ModuleOp>(input.path, &context);
    } else {
      ImportOptions import;
      import.entry = input.entry;
      model = importModel(input.path, import, context);
    }
    if (!model)
      return emitError(UnknownLoc::get(&context)) << "'" << input.path << "' could not be imported";
    if (failed(runPasses(*model, getPhases().front())))
      return failure();
    for (NamedAttribute attribute : (*model)->getDiscardableAttrs())
      if (!(*module)->hasAttr(attribute.getName()))
        (*module)->setAttr(attribute.getName(), attribute.getValue());
    for (Operation &op : llvm::make_early_inc_range(*model->getBody())) {
      auto symbol = dyn_cast<SymbolOpInterface>(op);
      if (symbol && SymbolTable::lookupSymbolIn(*module, symbol.getNameAttr()))
        return emitError(UnknownLoc::get(&context))
               << "'" << input.path << "': there is another entry '" << symbol.getName() << "'; name one with NAME=FILE";
      op.moveBefore(module->getBody(), module->getBody()->end());
    }
    return success();
  }

  LogicalResult print() {
    std::string text;
    llvm::raw_string_ostream os(text);
    module->print(os);
    os << "\n";
    return printText(text);
  }

  LogicalResult printText(StringRef text) {
    progress.finish();
    if (options.output.empty()) {
      llvm::outs() << text;
      llvm::outs().flush();
      return success();
    }
    auto file = OutputFile::create(options.output);
    if (!file)
      return fail(file.takeError());
    if (llvm::Error error = (*file)->append({text.data(), text.size()}))
      return fail(std::move(error));
    if (llvm::Error error = (*file)->commit())
      return fail(std::move(error));
    return success();
  }

  LogicalResult dump(unsigned number, StringRef name) {
    if (options.dumpFolder.empty())
      return success();
    if (std::error_code error = llvm::sys::fs::create_directories(options.dumpFolder))
      return emitError(UnknownLoc::get(&context)) << "'" << options.dumpFolder << "': " << error.message();
    llvm::SmallString<256> path(options.dumpFolder);
    llvm::sys::path::append(path, llvm::formatv("{0}-{1}.mlir", number, name));
    std::error_code error;
    llvm::raw_fd_ostream os(path, error);
    if (error)
      return emitError(UnknownLoc::get(&context)) << "'" << path << "': " << error.message();
    module->print(os, OpPrintingFlags().enableDebugInfo(/*enable=*/true, /*prettyForm=*/true).useLocalScope());
    return success();
  }

  const CompileOptions &options;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  OwningOpRef<ModuleOp> unrecognised; // as it was before the phase dsc, while that is verified
  Progress progress;
};

} // namespace

int compile(const CompileOptions &options) {
  Compilation compilation(options);
  bool ok = succeeded(compilation.run());
  compilation.getProgress().finish();
  if (options.timing)
    compilation.getProgress().printTimes();
  if (!ok && !options.output.empty())
    llvm::errs() << "dsc: " << options.output << " was not written\n";
  return ok ? 0 : 1;
}

} // namespace dsc
