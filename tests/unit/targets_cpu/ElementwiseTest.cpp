// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cpu/KernelTest.h"

namespace dsc::cpu::test {
namespace {

class Elementwise : public KernelTest {
protected:
  static std::string fill(std::string text, llvm::StringRef type) {
    for (size_t at; (at = text.find('T')) != std::string::npos;)
      text.replace(at, 1, type.str());
    return text;
  }
  void unary(llvm::StringRef kind, llvm::StringRef type, const Case &test = {}) {
    check(fill("sizes [\"s\"] strides [unit, unit] aliases [-1] {\n^bb0(%a: tensor<?xT, "
               "#prim.shape<\"s\">>):\n"
               "  %r = prim.unary " +
                   kind.str() +
                   " %a : tensor<?xT, #prim.shape<\"s\">> -> tensor<?xT, #prim.shape<\"s\">>\n"
                   "  plan.yield %r : tensor<?xT, #prim.shape<\"s\">>\n}",
               type),
          test);
  }
  void binary(llvm::StringRef kind, llvm::StringRef type, const Case &test = {}) {
    check(fill("sizes [\"s\"] strides [unit, unit, unit] aliases [-1] {\n"
               "^bb0(%a: tensor<?xT, #prim.shape<\"s\">>, %b: tensor<?xT, #prim.shape<\"s\">>):\n"
               "  %r = prim.binary " +
                   kind.str() +
                   " %a, %b : tensor<?xT, #prim.shape<\"s\">>\n"
                   "  plan.yield %r : tensor<?xT, #prim.shape<\"s\">>\n}",
               type),
          test);
  }
  void convert(llvm::StringRef from, llvm::StringRef to, const Case &test = {}) {
    check("sizes [] strides [unit, unit] aliases [-1] {\n^bb0(%a: tensor<5x37x" + from.str() +
              ">):\n"
              "  %r = prim.convert %a : tensor<5x37x" +
              from.str() + "> -> tensor<5x37x" + to.str() +
              ">\n"
              "  plan.yield %r : tensor<5x37x" +
              to.str() + ">\n}",
          test);
  }
};

TEST_F(Elementwise, ExactUnary) {
  for (llvm::StringRef type : {"f32", "f64", "f16", "bf16"})
    for (llvm::StringRef kind : {"neg", "abs", "sign", "floor", "ceil", "round_even"})
      unary(kind, type, {.sizes = {37}});
  for (llvm::StringRef type : {"i64", "i32", "i8"})
    for (llvm::StringRef kind : {"neg", "abs", "sign", "not"})
      unary(kind, type, {.sizes = {37}});
  unary("not", "i1", {.sizes = {37}});
}

TEST_F(Elementwise, RoundedUnary) {
  for (llvm::StringRef kind : {"sqrt", "reciprocal", "exp", "log", "sin", "cos", "tanh", "erf"}) {
    unary(kind, "f32", {.sizes = {1000}, .absolute = 1e-10, .relative = 2.5e-7});
    unary(kind, "f64", {.sizes = {1000}, .absolute = 1e-17, .relative = 1e-14});
    unary(kind, "f16", {.sizes = {100}, .relative = 1e-3});
    unary(kind, "bf16", {.sizes = {100}, .relative = 8e-3});
  }
}

TEST_F(Elementwise, Sizes) {
  for (int64_t size : {0, 1, 15, 16, 17, 4096, 10000})
    binary("add", "f32", {.sizes = {size}});
}

TEST_F(Elementwise, Binary) {
  for (llvm::StringRef type : {"f32", "f64", "f16", "bf16"})
    for (llvm::StringRef kind : {"add", "sub", "mul", "div", "min", "max"})
      binary(kind, type, {.sizes = {37}});
  for (llvm::StringRef type : {"f32", "f64"})
    for (llvm::StringRef kind : {"rem", "mod"})
      binary(kind, type, {.sizes = {37}});
  for (llvm::StringRef type : {"i64", "i32", "ui8", "ui64"})
    for (llvm::StringRef kind : {"add", "sub", "mul", "div", "rem", "mod", "min", "max", "and",
                                 "or", "xor", "shl", "shr", "pow"})
      binary(kind, type, {.sizes = {37}});
  for (llvm::StringRef kind : {"and", "or", "xor"})
    binary(kind, "i1", {.sizes = {37}});
}

TEST_F(Elementwise, DivisionDoesNotTrap) {
  mlir::Type i64 = mlir::IntegerType::get(&context, 64);
  auto x = Tensor::fromValues<int64_t>({4}, i64, {INT64_MIN, 7, INT64_MIN, -7});
  auto y = Tensor::fromValues<int64_t>({4}, i64, {-1, 0, 0, 2});
  auto divide = [&](llvm::StringRef kind) {
    return run("sizes [] strides [unit, unit, unit] aliases [-1] {\n^bb0(%a: tensor<4xi64>, %b: "
               "tensor<4xi64>):\n"
               "  %r = prim.binary " +
                   kind.str() + " %a, %b : tensor<4xi64>\n  plan.yield %r : tensor<4xi64>\n}",
               {x, y})[0];
  };
  EXPECT_EQ(divide("div").values<int64_t>(), llvm::ArrayRef<int64_t>({INT64_MIN, 0, 0, -3}));
  EXPECT_EQ(divide("rem").values<int64_t>(), llvm::ArrayRef<int64_t>({0, 0, 0, -1}));
  EXPECT_EQ(divide("mod").values<int64_t>(), llvm::ArrayRef<int64_t>({0, 0, 0, 1}));
}

TEST_F(Elementwise, Conversions) {
  llvm::StringRef types[] = {"f32", "f64", "f16", "bf16", "i64", "i32", "i8", "ui8", "i1"};
  for (llvm::StringRef from : types)
    for (llvm::StringRef to : types)
      if (from != to)
        convert(from, to, {.range = {{0, {-70000, 70000}}}, .scale = 300});
  // Saturation.
  convert("f32", "i32", {.scale = 1e10});
  convert("f64", "i64", {.scale = 1e20});
}

TEST_F(Elementwise, CompareSelectBitcast) {
  for (llvm::StringRef kind : {"eq", "ne", "lt", "le", "gt", "ge"})
    for (llvm::StringRef type : {"f32", "i64", "ui8", "f16"})
      check(fill("sizes [] strides [unit, unit, unit] aliases [-1] {\n^bb0(%a: tensor<3x37xT>, %b: "
                 "tensor<3x37xT>):\n"
                 "  %c = prim.compare " +
                     kind.str() +
                     " %a, %b : tensor<3x37xT> -> tensor<3x37xi1>\n"
                     "  %r = prim.select %c, %a, %b : tensor<3x37xi1>, tensor<3x37xT>\n  "
                     "plan.yield %r : tensor<3x37xT>\n}",
                 type));
  check(R"(sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<37xf32>):
      %b = prim.bitcast %a : tensor<37xf32> -> tensor<37xi32>
      plan.yield %b : tensor<37xi32>
    })");
  check(R"(sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<37xbf16>):
      %b = prim.bitcast %a : tensor<37xbf16> -> tensor<37xi16>
      plan.yield %b : tensor<37xi16>
    })");
}

TEST_F(Elementwise, IsNaNIsInf) {
  mlir::Type f32 = mlir::Float32Type::get(&context);
  auto x = Tensor::fromValues<float>({4}, f32, {NAN, INFINITY, -INFINITY, 1});
  for (llvm::StringRef kind : {"is_nan", "is_inf"}) {
    auto r = run("sizes [] strides [unit, unit] aliases [-1] {\n^bb0(%a: tensor<4xf32>):\n"
                 "  %r = prim.unary " +
                     kind.str() +
                     " %a : tensor<4xf32> -> tensor<4xi1>\n  plan.yield %r : tensor<4xi1>\n}",
                 {x})[0];
    bool inf = kind == "is_inf";
    EXPECT_EQ(r.values<uint8_t>(),
              llvm::ArrayRef<uint8_t>({uint8_t(!inf), uint8_t(inf), uint8_t(inf), 0}));
  }
}

TEST_F(Elementwise, InPlace) {
  check(R"(sizes ["s"] strides [unit, unit, unit] aliases [0] {
    ^bb0(%a: tensor<?x33xf32, #prim.shape<"s", 33>>, %b: tensor<33xf32>):
      %c = prim.broadcast %b axes [1] : tensor<33xf32> -> tensor<?x33xf32, #prim.shape<"s", 33>>
      %d = prim.binary mul %a, %c : tensor<?x33xf32, #prim.shape<"s", 33>>
      plan.yield %d : tensor<?x33xf32, #prim.shape<"s", 33>>
    })",
        {.sizes = {5}});
}

} // namespace
} // namespace dsc::cpu::test
