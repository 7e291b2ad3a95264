// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reference/ReferenceTest.h"
#include "compiler/reference/ElementTypes.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/Prim.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;

namespace dsc::reference {

ReferenceTest::ReferenceTest() {
  context.loadDialect<func::FuncDialect, prim::PrimDialect, model::DscDialect>();
  context.getDiagEngine().registerHandler(
      [this](Diagnostic &diagnostic) { messages.push_back(diagnostic.str()); });
}

Tensor ReferenceTest::tensor(llvm::StringRef text) {
  auto value = dyn_cast_or_null<DenseElementsAttr>(parseAttribute(text, &context));
  EXPECT_TRUE(value) << text.str();
  return value ? Tensor::fromDense(value) : Tensor::allocate({0}, Float32Type::get(&context));
}

func::FuncOp ReferenceTest::parse(llvm::StringRef text) {
  module = parseSourceString<ModuleOp>(text, &context);
  if (!module) {
    ADD_FAILURE() << text.str() << "\n" << (messages.empty() ? "" : messages.front());
    return {};
  }
  return *module->getOps<func::FuncOp>().begin();
}

func::FuncOp ReferenceTest::parseBody(llvm::ArrayRef<llvm::StringRef> operands,
                                      llvm::StringRef body, llvm::StringRef resultType) {
  std::string text = "func.func @main() -> " + resultType.str() + " {\n";
  for (auto [i, operand] : llvm::enumerate(operands)) {
    text += "  %x" + std::to_string(i) + " = prim.constant " + operand.str() + "\n";
  }
  text += "  " + body.str() + "\n  return %r : " + resultType.str() + "\n}\n";
  return parse(text);
}

llvm::SmallVector<Tensor> ReferenceTest::runBody(llvm::ArrayRef<llvm::StringRef> operands,
                                                 llvm::StringRef body, llvm::StringRef resultType) {
  func::FuncOp function = parseBody(operands, body, resultType);
  if (!function)
    return {};
  auto results = run(function, {}, options);
  if (succeeded(results))
    return *results;
  ADD_FAILURE() << body.str() << "\n" << (messages.empty() ? "no message" : messages.front());
  return {};
}

void ReferenceTest::expectEqual(const Tensor &actual, const Tensor &expected, double tolerance) {
  EXPECT_EQ(actual.getElementType(), expected.getElementType());
  ASSERT_EQ(actual.getDims(), expected.getDims());
  Type type = expected.getElementType();
  if (!isa<FloatType>(type)) {
    for (size_t i = 0; i < expected.bytes().size(); ++i)
      EXPECT_EQ(actual.bytes()[i], expected.bytes()[i]) << "byte " << i;
    return;
  }
  Type wide = Float64Type::get(&context);
  Tensor a = convertElements(actual, wide), b = convertElements(expected, wide);
  for (auto [i, x] : llvm::enumerate(a.values<double>())) {
    double y = b.values<double>()[i];
    if (std::isnan(y))
      EXPECT_TRUE(std::isnan(x)) << "element " << i << " is " << x;
    else if (x != y) // also where both are infinite
      EXPECT_LE(std::fabs(x - y), tolerance * std::fabs(y))
          << "element " << i << ": " << x << " instead of " << y;
  }
}

void ReferenceTest::expect(llvm::ArrayRef<llvm::StringRef> operands, llvm::StringRef body,
                           llvm::StringRef expected, double tolerance) {
  SCOPED_TRACE(body.str());
  llvm::StringRef type = expected.substr(expected.rfind(": ") + 2);
  auto results = runBody(operands, body, type);
  if (results.size() == 1)
    expectEqual(results.front(), tensor(expected), tolerance);
}

void ReferenceTest::expectError(llvm::ArrayRef<llvm::StringRef> operands, llvm::StringRef body,
                                llvm::StringRef resultType, llvm::StringRef message) {
  func::FuncOp function = parseBody(operands, body, resultType);
  ASSERT_TRUE(function);
  messages.clear();
  EXPECT_TRUE(failed(run(function, {}, options)));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages.front(), message.str());
}

} // namespace dsc::reference
