// SPDX-License-Identifier: Apache-2.0
// Arguments, symbols, index expressions, errors, folding.
#include "dialects/prim/Prim.h"
#include "tests/unit/reference/ReferenceTest.h"

using namespace dsc::reference;
using namespace mlir;

namespace {

class Interpreter : public ReferenceTest {
protected:
  void expectRunError(func::FuncOp function, llvm::ArrayRef<Tensor> arguments,
                      llvm::StringRef message) {
    messages.clear();
    EXPECT_TRUE(failed(run(function, arguments)));
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages.front(), message.str());
  }
};

// An operation of dsc is what it decomposes to, with the symbols of the function around it.
TEST_F(Interpreter, Decomposes) {
  auto function = parse(R"mlir(
    func.func @main(%a: tensor<?xf32, #prim.shape<"s">>, %b: tensor<?xf32, #prim.shape<"s">>) -> tensor<?xf32, #prim.shape<"s">> {
      %0 = dsc.choose "nonneg(2 - s)" %a, %b : tensor<?xf32, #prim.shape<"s">>
      return %0 : tensor<?xf32, #prim.shape<"s">>
    })mlir");
  for (auto [a, b, want] : {std::tuple("dense<[1.0, 2.0]> : tensor<2xf32>", "dense<[3.0, 4.0]> : tensor<2xf32>",
                                       "dense<[1.0, 2.0]> : tensor<2xf32>"),
                            std::tuple("dense<1.0> : tensor<3xf32>", "dense<3.0> : tensor<3xf32>", "dense<3.0> : tensor<3xf32>")}) {
    auto results = run(function, {tensor(a), tensor(b)});
    ASSERT_TRUE(succeeded(results));
    expectEqual(results->front(), tensor(want));
  }
}

TEST_F(Interpreter, BindsSymbols) {
  auto function = parse(R"mlir(
    func.func @main(%ids: tensor<?xi64, #prim.shape<"seq">> {onnx.name = "ids"},
                    %past: tensor<?x2xi64, #prim.shape<"past", 2>> {onnx.name = "past"},
                    %mask: tensor<?xi1, #prim.shape<"past + seq">> {onnx.name = "mask"})
        -> (tensor<?x?xi1, #prim.shape<"seq", "past + seq">>, tensor<3xi64>) {
      %0 = prim.index_expr "nonneg(d0 - d1 + past)" : tensor<?x?xi1, #prim.shape<"seq", "past + seq">>
      %1 = prim.exprs ["past", "2*seq", -1] : tensor<3xi64>
      return %0, %1 : tensor<?x?xi1, #prim.shape<"seq", "past + seq">>, tensor<3xi64>
    })mlir");
  Tensor ids = tensor("dense<0> : tensor<2xi64>"), past = tensor("dense<0> : tensor<1x2xi64>");
  auto results = run(function, {ids, past, tensor("dense<true> : tensor<3xi1>")});
  ASSERT_TRUE(succeeded(results));
  expectEqual((*results)[0],
              tensor("dense<[[true, true, false], [true, true, true]]> : tensor<2x3xi1>"));
  expectEqual((*results)[1], tensor("dense<[1, 4, -1]> : tensor<3xi64>"));

  // An empty past.
  results = run(function,
                {ids, tensor("dense<> : tensor<0x2xi64>"), tensor("dense<true> : tensor<2xi1>")});
  ASSERT_TRUE(succeeded(results));
  expectEqual((*results)[0], tensor("dense<[[true, false], [true, true]]> : tensor<2x2xi1>"));

  Tensor mask = tensor("dense<true> : tensor<3xi1>");
  expectRunError(function, {ids, past}, "takes 3 arguments, not 2");
  expectRunError(function, {ids, past, tensor("dense<true> : tensor<4xi1>")},
                 "argument 'mask': dimension 0 is 4, expected past + seq = 3");
  expectRunError(function, {ids, tensor("dense<0> : tensor<1x3xi64>"), mask},
                 "argument 'past': dimension 1 is 3, expected 2");
  expectRunError(function, {tensor("dense<0> : tensor<2xi32>"), past, mask},
                 "argument 'ids': expected elements of type 'i64', not 'i32'");
  expectRunError(function, {tensor("dense<0> : tensor<2x1xi64>"), past, mask},
                 "argument 'ids': expected 1 dimensions, not 2");
}

TEST_F(Interpreter, DefinedSymbols) {
  auto function = parse(R"mlir(
    func.func @main(%n: tensor<i64>, %x: tensor<4xf32>) -> tensor<?xf32, #prim.shape<"n">> {
      prim.define_symbol "n" = %n : tensor<i64>
      %0 = prim.slice %x starts [1] steps [1] : tensor<4xf32> -> tensor<?xf32, #prim.shape<"n">>
      return %0 : tensor<?xf32, #prim.shape<"n">>
    })mlir");
  Tensor x = tensor("dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>");
  auto results = run(function, {tensor("dense<2> : tensor<i64>"), x});
  ASSERT_TRUE(succeeded(results));
  expectEqual((*results)[0], tensor("dense<[2.0, 3.0]> : tensor<2xf32>"));
  expectRunError(function, {tensor("dense<-1> : tensor<i64>"), x},
                 "'prim.define_symbol' op the value of 'n' is -1, below its bound 0");
  expectRunError(function, {tensor("dense<4> : tensor<i64>"), x},
                 "'prim.slice' op positions from 1 by 1 leave dimension 0 of size 4");
}

TEST_F(Interpreter, IntegersOfAnySign) {
  auto function = parse(R"mlir(
    func.func @main(%n: tensor<i64>) -> tensor<1xi64> {
      prim.define_symbol "$n" = %n : tensor<i64>
      %0 = prim.exprs ["2*$n"] : tensor<1xi64>
      return %0 : tensor<1xi64>
    })mlir");
  auto results = run(function, {tensor("dense<-3> : tensor<i64>")});
  ASSERT_TRUE(succeeded(results));
  expectEqual((*results)[0], tensor("dense<-6> : tensor<1xi64>"));
}

TEST_F(Interpreter, Requirements) {
  auto function = parse(R"mlir(
    func.func @main(%a: tensor<?xf32, #prim.shape<"s0">>, %b: tensor<?xf32, #prim.shape<"s1">>) {
      prim.require "s0" equals "2*s1", "Add: operands have different sizes"
      return
    })mlir");
  Tensor four = tensor("dense<0.0> : tensor<4xf32>"), two = tensor("dense<0.0> : tensor<2xf32>");
  EXPECT_TRUE(succeeded(run(function, {four, two})));
  expectRunError(function, {two, four},
                 "'prim.require' op Add: operands have different sizes (s0 = 2, 2*s1 = 8)");
}

TEST_F(Interpreter, ReshapeThatDoesNotFit) {
  auto function = parse(R"mlir(
    func.func @main(%a: tensor<?xf32, #prim.shape<"s0">>) -> tensor<2x?xf32, #prim.shape<2, "floordiv(s0, 2)">> {
      %0 = prim.reshape %a : tensor<?xf32, #prim.shape<"s0">> -> tensor<2x?xf32, #prim.shape<2, "floordiv(s0, 2)">>
      return %0 : tensor<2x?xf32, #prim.shape<2, "floordiv(s0, 2)">>
    })mlir");
  EXPECT_TRUE(succeeded(run(function, {tensor("dense<0.0> : tensor<4xf32>")})));
  expectRunError(function, {tensor("dense<0.0> : tensor<5xf32>")},
                 "'prim.reshape' op cannot give 5 elements the dimensions [2, 2]");
}

TEST_F(Interpreter, SizesHaveALimit) {
  auto function = parse(R"mlir(
    func.func @main(%a: tensor<?x0xf32, #prim.shape<"s0", 0>>) -> tensor<?xi64, #prim.shape<"s0">> {
      %0 = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"s0">>
      return %0 : tensor<?xi64, #prim.shape<"s0">>
    })mlir");
  Tensor huge = Tensor::allocate({int64_t(1) << 62, 0}, Float32Type::get(&context));
  expectRunError(function, {huge},
                 "'prim.index_expr' op the result is larger than the interpreter's limit of "
                 "17179869184 bytes");
}

TEST_F(Interpreter, IndexExpressions) {
  expect({}, "%r = prim.index_expr \"4*d0 + d1\" : tensor<2x4xi32>",
         "dense<[[0, 1, 2, 3], [4, 5, 6, 7]]> : tensor<2x4xi32>");
  expect({}, "%r = prim.index_expr \"7\" : tensor<ui8>", "dense<7> : tensor<ui8>");
  expect({}, "%r = prim.index_expr \"floordiv(1, d0)\" : tensor<0xi64>", "dense<> : tensor<0xi64>");
  expectError({}, "%r = prim.index_expr \"floordiv(1, d0)\" : tensor<2xi64>", "tensor<2xi64>",
              "'prim.index_expr' op divides by zero in 'floordiv(1, d0)'");
  expectError({}, "%r = prim.index_expr \"d0 + s9\" : tensor<2xi64>", "tensor<2xi64>",
              "'prim.index_expr' op the size 's9' has no value");
}

TEST_F(Interpreter, ValuesUsedTwiceAndNotAtAll) {
  expect(
      {"dense<3> : tensor<i64>"},
      "%a = prim.binary add %x0, %x0 : tensor<i64>\n%b = prim.binary mul %a, %x0 : tensor<i64>\n"
      "%unused = prim.binary sub %b, %a : tensor<i64>\n%r = prim.binary add %b, %a : tensor<i64>",
      "dense<24> : tensor<i64>");
}

TEST_F(Interpreter, ForeignOperations) {
  auto function = parse("func.func private @f() -> i32\nfunc.func @main() { %0 = func.call @f() : "
                        "() -> i32 return }");
  for (auto other : module->getOps<func::FuncOp>())
    if (other.getName() == "main")
      function = other;
  expectRunError(function, {}, "'func.call' op is not an operation that the interpreter knows");
}

TEST_F(Interpreter, FoldsOneOperation) {
  auto function = parse(R"mlir(
    func.func @main(%a: tensor<?xf32, #prim.shape<"s0">>, %t: tensor<2xi64>) {
      %0 = prim.take %t, %t axis 0 : tensor<2xi64>, tensor<2xi64> -> tensor<2xi64>
      %1 = prim.exprs ["s0"] : tensor<1xi64>
      return
    })mlir");
  auto ops = function.getBody().front().begin();
  Operation *take = &*ops++, *exprs = &*ops;
  Tensor swap = tensor("dense<[1, 0]> : tensor<2xi64>"),
         wrong = tensor("dense<[1, 2]> : tensor<2xi64>");
  auto folded = foldOp(take, {swap, swap});
  ASSERT_TRUE(succeeded(folded));
  expectEqual(folded->front(), tensor("dense<[0, 1]> : tensor<2xi64>"));
  EXPECT_EQ(folded->front().toDense(),
            DenseElementsAttr::get(RankedTensorType::get({2}, IntegerType::get(&context, 64)),
                                   llvm::ArrayRef<int64_t>{0, 1}));
  EXPECT_TRUE(failed(foldOp(take, {wrong, wrong})));
  EXPECT_TRUE(failed(foldOp(exprs, {})));
  EXPECT_TRUE(messages.empty());
}

TEST_F(Interpreter, TensorsToAttributes) {
  for (const char *text :
       {"dense<[true, false, true]> : tensor<3xi1>", "dense<1.5> : tensor<2x2xbf16>",
        "dense<> : tensor<0xf32>", "dense<[1, 255]> : tensor<2xui8>", "dense<-3> : tensor<i64>"}) {
    Tensor value = tensor(text);
    expectEqual(Tensor::fromDense(value.toDense()), value);
  }
}

TEST_F(Interpreter, ViewsAreAlignedByCopying) {
  alignas(8) char bytes[9] = {0, 1, 0, 0, 0, 2, 0, 0, 0};
  Type i32 = IntegerType::get(&context, 32);
  expectEqual(Tensor::view({2}, i32, llvm::ArrayRef(bytes + 1, 8)),
              tensor("dense<[1, 2]> : tensor<2xi32>"));
  EXPECT_EQ(Tensor::view({2}, i32, llvm::ArrayRef(bytes, 8)).bytes().data(), bytes);
}

} // namespace
