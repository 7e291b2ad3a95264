// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cpu/KernelTest.h"

namespace dsc::cpu::test {
namespace {

class Reduce : public KernelTest {
protected:
  void reduce(llvm::StringRef kind, llvm::StringRef type, llvm::StringRef axes, llvm::StringRef to,
              const Case &test) {
    check("sizes [\"s\"] strides [unit, unit] aliases [-1] {\n"
          "^bb0(%a: tensor<3x?x37x" +
              type.str() +
              ", #prim.shape<3, \"s\", 37>>):\n"
              "  %r = prim.reduce " +
              kind.str() + " %a axes [" + axes.str() + "] : tensor<3x?x37x" + type.str() +
              ", #prim.shape<3, \"s\", 37>> -> " + to.str() + "\n  plan.yield %r : " + to.str() +
              "\n}",
          test);
  }
};

TEST_F(Reduce, KindsAndAxes) {
  for (llvm::StringRef type : {"f32", "f64", "f16", "i64", "ui8"})
    for (llvm::StringRef kind : {"sum", "min", "max", "prod"})
      for (int64_t s : {0, 1, 18}) {
        bool isFloat = type.starts_with("f");
        Case test{.sizes = {s}, .scale = 1.2};
        if (isFloat && (kind == "sum" || kind == "prod")) {
          test.absolute = type == "f16" ? 1e-2 : 1e-5;
          test.relative = type == "f16" ? 2e-3 : 1e-5;
        }
        auto t = [&](const char *dims) { return "tensor<" + std::string(dims) + type.str(); };
        reduce(kind, type, "2", t("3x?x") + ", #prim.shape<3, \"s\">>", test);
        reduce(kind, type, "1", t("3x37x") + ">", test);
        reduce(kind, type, "0", t("?x37x") + ", #prim.shape<\"s\", 37>>", test);
        reduce(kind, type, "1, 2", t("3x") + ">", test);
        reduce(kind, type, "0, 1, 2", t("") + ">", test);
      }
  for (llvm::StringRef kind : {"min", "max"})
    reduce(kind, "i1", "2", "tensor<3x?xi1, #prim.shape<3, \"s\">>", {.sizes = {5}});
}

TEST_F(Reduce, NaNWins) {
  mlir::Type f32 = mlir::Float32Type::get(&context);
  std::vector<float> values(40, 1);
  values[33] = NAN;
  for (llvm::StringRef kind : {"min", "max"}) {
    auto r =
        run("sizes [] strides [unit, unit] aliases [-1] {\n^bb0(%a: tensor<40xf32>):\n"
            "  %r = prim.reduce " +
                kind.str() +
                " %a axes [0] : tensor<40xf32> -> tensor<f32>\n  plan.yield %r : tensor<f32>\n}",
            {Tensor::fromValues<float>({40}, f32, values)});
    EXPECT_TRUE(std::isnan(r[0].values<float>()[0]));
  }
}

TEST_F(Reduce, SoftmaxInOneKernel) {
  for (int64_t s : {1, 5, 40})
    check(R"(sizes ["s"] strides [unit, unit] aliases [-1] {
      ^bb0(%a: tensor<4x?xf32, #prim.shape<4, "s">>):
        %m = prim.reduce max %a axes [1] : tensor<4x?xf32, #prim.shape<4, "s">> -> tensor<4xf32>
        %n = prim.broadcast %m axes [0] : tensor<4xf32> -> tensor<4x?xf32, #prim.shape<4, "s">>
        %d = prim.binary sub %a, %n : tensor<4x?xf32, #prim.shape<4, "s">>
        %e = prim.unary exp %d : tensor<4x?xf32, #prim.shape<4, "s">> -> tensor<4x?xf32, #prim.shape<4, "s">>
        %t = prim.reduce sum %e axes [1] : tensor<4x?xf32, #prim.shape<4, "s">> -> tensor<4xf32>
        %u = prim.broadcast %t axes [0] : tensor<4xf32> -> tensor<4x?xf32, #prim.shape<4, "s">>
        %r = prim.binary div %e, %u : tensor<4x?xf32, #prim.shape<4, "s">>
        plan.yield %r : tensor<4x?xf32, #prim.shape<4, "s">>
      })",
          {.sizes = {s}, .absolute = 1e-9, .relative = 1e-6});
}

TEST_F(Reduce, ReduceOfConcatWithEmptyPart) {
  for (int64_t s : {0, 3})
    check(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
      ^bb0(%a: tensor<2x?xf32, #prim.shape<2, "s">>, %b: tensor<2x20xf32>):
        %c = prim.concat %a, %b axis 1 : (tensor<2x?xf32, #prim.shape<2, "s">>, tensor<2x20xf32>) -> tensor<2x?xf32, #prim.shape<2, "s + 20">>
        %r = prim.reduce sum %c axes [1] : tensor<2x?xf32, #prim.shape<2, "s + 20">> -> tensor<2xf32>
        plan.yield %r : tensor<2xf32>
      })",
          {.sizes = {s}, .absolute = 1e-6, .relative = 1e-6});
}

TEST_F(Reduce, ArgReduce) {
  for (llvm::StringRef kind : {"min", "max"})
    for (llvm::StringRef last : {"", " last"})
      for (auto [axis, to] : {std::pair<const char *, const char *>{"0", "5x37"}, {"2", "3x5"}}) {
        std::string a = axis, t = to;
        check("sizes [] strides [unit, unit] aliases [-1] {\n^bb0(%a: tensor<3x5x37xi32>):\n"
              "  %r = prim.arg_reduce " +
              kind.str() + " %a axis " + a + last.str() + " : tensor<3x5x37xi32> -> tensor<" + t +
              "xi64>\n"
              "  plan.yield %r : tensor<" +
              t + "xi64>\n}");
      }
}

TEST_F(Reduce, CumSum) {
  for (llvm::StringRef flags : {"", " exclusive", " reverse", " exclusive reverse"})
    for (llvm::StringRef axis : {"0", "1"})
      for (llvm::StringRef type : {"i64", "f32"})
        check("sizes [\"s\"] strides [unit, unit] aliases [-1] {\n"
              "^bb0(%a: tensor<?x37x" +
                  type.str() +
                  ", #prim.shape<\"s\", 37>>):\n"
                  "  %r = prim.cumsum %a axis " +
                  axis.str() + flags.str() + " : tensor<?x37x" + type.str() +
                  ", #prim.shape<\"s\", 37>>\n"
                  "  plan.yield %r : tensor<?x37x" +
                  type.str() + ", #prim.shape<\"s\", 37>>\n}",
              {.sizes = {6}, .absolute = 1e-5, .relative = 1e-5});
}

} // namespace
} // namespace dsc::cpu::test
