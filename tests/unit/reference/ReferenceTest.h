// SPDX-License-Identifier: Apache-2.0
// Runs MLIR text through the reference interpreter and compares with MLIR attributes.
#ifndef DSC_TESTS_UNIT_REFERENCE_REFERENCETEST_H
#define DSC_TESTS_UNIT_REFERENCE_REFERENCETEST_H

#include "compiler/reference/Interpreter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <gtest/gtest.h>

namespace dsc::reference {

class ReferenceTest : public testing::Test {
protected:
  ReferenceTest();

  /// A tensor from text like `dense<[1, 2]> : tensor<2xi64>`.
  Tensor tensor(llvm::StringRef text);

  /// The function with this body, `%x0`, `%x1`, ... being constants of the given values; then its
  /// results. A result is the last value, `%r`. Fails the test when it does not parse or run.
  llvm::SmallVector<Tensor> runBody(llvm::ArrayRef<llvm::StringRef> operands, llvm::StringRef body,
                                    llvm::StringRef resultType);

  /// Expects that `%r = BODY` over `%x0`, ... has the value `expected`: equal bits, but NaN equal
  /// NaN and floats within `tolerance` relative to the expected value.
  void expect(llvm::ArrayRef<llvm::StringRef> operands, llvm::StringRef body,
              llvm::StringRef expected, double tolerance = 0);
  void expectEqual(const Tensor &actual, const Tensor &expected, double tolerance = 0);

  /// Expects that running fails with this one diagnostic.
  void expectError(llvm::ArrayRef<llvm::StringRef> operands, llvm::StringRef body,
                   llvm::StringRef resultType, llvm::StringRef message);

  /// The first function of a module; diagnostics are collected in `messages`.
  mlir::func::FuncOp parse(llvm::StringRef text);

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<std::string> messages;
  Options options;

private:
  mlir::func::FuncOp parseBody(llvm::ArrayRef<llvm::StringRef> operands, llvm::StringRef body,
                               llvm::StringRef resultType);
};

} // namespace dsc::reference

#endif
