// SPDX-License-Identifier: Apache-2.0
// A context serves a number of inputs, as making one takes longer than importing a small model. It keeps what it has read under
// the name of the file: a name occurs once in the life of a context.
#ifndef DSC_TESTS_FUZZ_FUZZCONTEXT_H
#define DSC_TESTS_FUZZ_FUZZCONTEXT_H

#include "ScratchFile.h"
#include "mlir/IR/MLIRContext.h"
#include <memory>
#include <vector>

class FuzzContext {
public:
  FuzzContext(const uint8_t *bytes, size_t size) {
    if (!context || files.size() == 200) {
      context = std::make_unique<mlir::MLIRContext>(mlir::MLIRContext::Threading::DISABLED);
      files.clear();
    }
    files.push_back(std::make_unique<ScratchFile>(bytes, size));
  }
  mlir::MLIRContext &getContext() { return *context; }
  /// Open files have different numbers, which are their names.
  const std::string &getPath() { return files.back()->path; }

private:
  static inline std::unique_ptr<mlir::MLIRContext> context;
  static inline std::vector<std::unique_ptr<ScratchFile>> files;
};

#endif
