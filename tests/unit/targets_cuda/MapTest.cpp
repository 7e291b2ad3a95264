// SPDX-License-Identifier: Apache-2.0
// Maps: what every element type becomes, vectors of neighbours and what breaks them, moved and indexed elements.
#include "tests/unit/targets_cuda/KernelTest.h"

namespace dsc::cuda::test {
namespace {

using Map = KernelTest;
constexpr double exact = 0;

std::string fill(std::string text, const std::string &type) {
  for (size_t at; (at = text.find('$')) != std::string::npos;)
    text.replace(at, 1, type);
  return text;
}

TEST_F(Map, VectorsAndSingleElements) {
  for (const char *type : {"f32", "bf16", "f16", "f64", "i64", "i8", "ui16"})
    // Whole vectors, any number of elements, and vectors of a row beside a broadcast.
    for (const char *shape : {R"(tensor<?x24x$, #prim.shape<"s", 24>>)", R"(tensor<?x$, #prim.shape<"s">>)"})
      check(fill(std::string(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
        ^bb0(%a: )") + shape + ", %b: " + shape + R"():
          %r = prim.binary mul %a, %b : )" + shape + R"(
          plan.yield %r : )" + shape + "\n}",
                 type),
            {{.sizes = {0}}, {.sizes = {1}}, {.sizes = {37}, .absolute = exact, .relative = exact}, {.sizes = {1000}}});
}

TEST_F(Map, BroadcastsStridesAndPlace) {
  check(R"(sizes ["s"] strides [unit, unit, unit] aliases [0] {
    ^bb0(%a: tensor<?x32xf32, #prim.shape<"s", 32>>, %b: tensor<32xf32>):
      %c = prim.broadcast %b axes [1] : tensor<32xf32> -> tensor<?x32xf32, #prim.shape<"s", 32>>
      %d = prim.binary mul %a, %c : tensor<?x32xf32, #prim.shape<"s", 32>>
      plan.yield %d : tensor<?x32xf32, #prim.shape<"s", 32>>
    })",
        {{.sizes = {5}}});
  check(R"(sizes ["s", "c"] strides [#prim.shape<"20*c", 20, 1>, #prim.shape<"20*c", 20, 1>] aliases [-1] {
    ^bb0(%a: tensor<3x?x20xbf16, #prim.shape<3, "s", 20>>):
      %r = prim.unary neg %a : tensor<3x?x20xbf16, #prim.shape<3, "s", 20>> -> tensor<3x?x20xbf16, #prim.shape<3, "s", 20>>
      plan.yield %r : tensor<3x?x20xbf16, #prim.shape<3, "s", 20>>
    })",
        {{.sizes = {7, 9}}});
  for (const char *alias : {"-1", "0"})
    check(std::string("sizes [\"t\"] strides [unit, unit, unit] aliases [") + alias + R"(] {
        ^bb0(%a: tensor<2x24x20xf32>, %u: tensor<2x5x20xf32>):
          %c = prim.update_slice %a, %u starts [0, "t", 0] : tensor<2x24x20xf32>, tensor<2x5x20xf32>
          plan.yield %c : tensor<2x24x20xf32>
        })",
          {{.sizes = {0}}, {.sizes = {19}}});
}

TEST_F(Map, IntegerFunctions) {
  for (const char *type : {"i64", "i32", "i8", "ui8", "ui64"}) {
    std::string text = R"(sizes [] strides [unit, unit, unit, unit] aliases [-1, -1] {
      ^bb0(%a: tensor<137x$>, %b: tensor<137x$>):
        %0 = prim.binary div %a, %b : tensor<137x$>
        %1 = prim.binary rem %a, %b : tensor<137x$>
        %2 = prim.binary mod %a, %b : tensor<137x$>
        %3 = prim.binary pow %a, %b : tensor<137x$>
        %4 = prim.binary shl %a, %b : tensor<137x$>
        %5 = prim.binary shr %a, %b : tensor<137x$>
        %6 = prim.binary xor %0, %1 : tensor<137x$>
        %7 = prim.binary mul %2, %3 : tensor<137x$>
        %8 = prim.binary sub %4, %5 : tensor<137x$>
        %9 = prim.binary max %6, %7 : tensor<137x$>
        %10 = prim.binary min %9, %8 : tensor<137x$>
        plan.yield %9, %10 : tensor<137x$>, tensor<137x$>
      })";
    check(fill(text, type), {{.range = {{0, {-9, 100}}, {1, {-3, 9}}}, .absolute = exact, .relative = exact}});
  }
}

TEST_F(Map, FloatFunctions) {
  for (const char *kind : {"sqrt", "reciprocal", "exp", "log", "sin", "cos", "tanh", "erf", "round_even", "sign"})
    for (const char *type : {"f32", "f64", "bf16"}) {
      double allowed = type[0] == 'b' ? 8e-3 : 1e-6;
      check(fill(std::string("sizes [] strides [unit, unit] aliases [-1] {\n^bb0(%a: tensor<203x$>):\n  %r = prim.unary ") + kind +
                     " %a : tensor<203x$> -> tensor<203x$>\n  plan.yield %r : tensor<203x$>\n}",
                 type),
            {{.scale = 4, .absolute = 1e-7, .relative = allowed}}, 1);
    }
  for (const char *kind : {"rem", "mod", "pow", "min", "max"})
    check(std::string("sizes [] strides [unit, unit, unit] aliases [-1] {\n^bb0(%a: tensor<203xf32>, %b: tensor<203xf32>):\n"
                      "  %r = prim.binary ") +
              kind + " %a, %b : tensor<203xf32>\n  plan.yield %r : tensor<203xf32>\n}",
          {{.scale = 4, .absolute = 1e-6, .relative = 1e-6}}, 1);
}

TEST_F(Map, Conversions) {
  const char *types[] = {"f32", "f64", "f16", "bf16", "i64", "i8", "ui8", "i1"};
  for (const char *from : types) {
    // All targets in one kernel: what counts is the conversion, not the launch.
    std::string body, strides = "unit", aliases, values, list;
    int number = 0;
    for (const char *to : types) {
      std::string type = std::string("tensor<5x37x") + to + ">", name = "%r" + std::to_string(number++);
      if (from == to)
        continue;
      body += "  " + name + " = prim.convert %a : tensor<5x37x" + from + "> -> " + type + "\n";
      strides += ", unit";
      aliases += aliases.empty() ? "-1" : ", -1";
      values += (values.empty() ? "" : ", ") + name;
      list += (list.empty() ? "" : ", ") + type;
    }
    check("sizes [] strides [" + strides + "] aliases [" + aliases + "] {\n^bb0(%a: tensor<5x37x" + from + ">):\n" + body +
              "  plan.yield " + values + " : " + list + "\n}",
          {{.range = {{0, {-70000, 70000}}}, .scale = 300, .absolute = exact, .relative = exact}});
  }
}

TEST_F(Map, NarrowTypes) {
  for (const char *type : {"f8E4M3FN", "f8E5M2", "f8E4M3FNUZ", "f8E5M2FNUZ", "f4E2M1FN", "i4", "ui2"}) {
    check(fill(R"(sizes [] strides [unit, unit] aliases [-1] {
      ^bb0(%a: tensor<517xf32>):
        %n = prim.convert %a : tensor<517xf32> -> tensor<517x$>
        %r = prim.convert %n : tensor<517x$> -> tensor<517xf32>
        plan.yield %r : tensor<517xf32>
      })",
               type),
          {{.scale = 1e-2, .absolute = exact, .relative = exact}, {.scale = 900, .absolute = exact, .relative = exact}});
  }
}

TEST_F(Map, ConcatPadAndSlices) {
  check(R"(sizes ["p", "s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<2x?x20xf32, #prim.shape<2, "p", 20>>, %b: tensor<2x?x20xf32, #prim.shape<2, "s", 20>>):
      %c = prim.concat %a, %b axis 1 : (tensor<2x?x20xf32, #prim.shape<2, "p", 20>>, tensor<2x?x20xf32, #prim.shape<2, "s", 20>>) -> tensor<2x?x20xf32, #prim.shape<2, "p + s", 20>>
      plan.yield %c : tensor<2x?x20xf32, #prim.shape<2, "p + s", 20>>
    })",
        {{.sizes = {0, 5}}, {.sizes = {7, 0}}, {.sizes = {20, 19}}});
  check(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<3x?xf32, #prim.shape<3, "s">>, %v: tensor<f32>):
      %c = prim.pad %a, %v low [1, "s"] : tensor<3x?xf32, #prim.shape<3, "s">>, tensor<f32> -> tensor<5x?xf32, #prim.shape<5, "3*s + 2">>
      plan.yield %c : tensor<5x?xf32, #prim.shape<5, "3*s + 2">>
    })",
        {{.sizes = {0}}, {.sizes = {1}}, {.sizes = {18}}});
  // Half of a head turned, as in rotary embeddings: vectors whose halves come from two places.
  check(R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x64xf32, #prim.shape<"s", 64>>):
      %l = prim.slice %a starts [0, 0] steps [1, 1] : tensor<?x64xf32, #prim.shape<"s", 64>> -> tensor<?x32xf32, #prim.shape<"s", 32>>
      %h = prim.slice %a starts [0, 32] steps [1, 1] : tensor<?x64xf32, #prim.shape<"s", 64>> -> tensor<?x32xf32, #prim.shape<"s", 32>>
      %n = prim.unary neg %h : tensor<?x32xf32, #prim.shape<"s", 32>> -> tensor<?x32xf32, #prim.shape<"s", 32>>
      %c = prim.concat %n, %l axis 1 : (tensor<?x32xf32, #prim.shape<"s", 32>>, tensor<?x32xf32, #prim.shape<"s", 32>>) -> tensor<?x64xf32, #prim.shape<"s", 64>>
      %r = prim.binary mul %c, %a : tensor<?x64xf32, #prim.shape<"s", 64>>
      plan.yield %r : tensor<?x64xf32, #prim.shape<"s", 64>>
    })",
        {{.sizes = {3}}});
  check(R"(sizes ["b", "s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x4x?x24xf32, #prim.shape<"b", 4, "s", 24>>):
      %t = prim.transpose %a perm [0, 2, 1, 3] : tensor<?x4x?x24xf32, #prim.shape<"b", 4, "s", 24>> -> tensor<?x?x4x24xf32, #prim.shape<"b", "s", 4, 24>>
      %r = prim.reshape %t : tensor<?x?x4x24xf32, #prim.shape<"b", "s", 4, 24>> -> tensor<?x96xf32, #prim.shape<"b*s", 96>>
      plan.yield %r : tensor<?x96xf32, #prim.shape<"b*s", 96>>
    })",
        {{.sizes = {2, 5}}});
}

TEST_F(Map, TakenElements) {
  check(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<50x32xbf16>, %i: tensor<2x?xi64, #prim.shape<2, "s">>):
      %c = prim.take %t, %i axis 0 : tensor<50x32xbf16>, tensor<2x?xi64, #prim.shape<2, "s">> -> tensor<2x?x32xbf16, #prim.shape<2, "s", 32>>
      plan.yield %c : tensor<2x?x32xbf16, #prim.shape<2, "s", 32>>
    })",
        {{.sizes = {0}}, {.sizes = {9}, .range = {{1, {0, 49}}}}});
  check(R"(sizes ["n"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<4x?xf32, #prim.shape<4, "n">>, %i: tensor<4x19xi64>):
      %c = prim.take_along_axis %t, %i axis 1 : tensor<4x?xf32, #prim.shape<4, "n">>, tensor<4x19xi64> -> tensor<4x19xf32>
      plan.yield %c : tensor<4x19xf32>
    })",
        {{.sizes = {30}, .range = {{1, {0, 29}}}}});
  check(R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<3x5x6x18xf32>, %i: tensor<3x7x2xi64>):
      %c = prim.gather_nd %t, %i batch 1 : tensor<3x5x6x18xf32>, tensor<3x7x2xi64> -> tensor<3x7x18xf32>
      plan.yield %c : tensor<3x7x18xf32>
    })",
        {{.range = {{1, {0, 4}}}}});
}

TEST_F(Map, ConstantsAndPositions) {
  check(R"mlir(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%x: tensor<4x40xi64>):
      %a = prim.index_expr "3*d1 - d0 + floordiv(d1, s) * mod(d1 - 9, 7) - floordiv(d0 - d1, 3)" : tensor<4x40xi64>
      %b = prim.exprs ["s", -1, "s + 3", 64] : tensor<4xi64>
      %c = prim.broadcast %b axes [0] : tensor<4xi64> -> tensor<4x40xi64>
      %d = prim.binary add %a, %c : tensor<4x40xi64>
      %e = prim.binary add %d, %x : tensor<4x40xi64>
      plan.yield %e : tensor<4x40xi64>
    })mlir",
        {{.sizes = {21}, .absolute = exact, .relative = exact}});
  check(R"(sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%x: tensor<3x5xf32>):
      %a = prim.constant dense<[1.0, -2.0, 0x7f800000, 0.0, 9.0]> : tensor<5xf32>
      %b = prim.broadcast %a axes [1] : tensor<5xf32> -> tensor<3x5xf32>
      %c = prim.constant dense<2.0> : tensor<3x5xf32>
      %d = prim.binary mul %b, %c : tensor<3x5xf32>
      %e = prim.binary min %d, %x : tensor<3x5xf32>
      plan.yield %e : tensor<3x5xf32>
    })",
        {{.absolute = exact, .relative = exact}});
  check(R"(sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%x: tensor<3xi1>):
      %a = prim.constant dense<[true, false, true]> : tensor<3xi1>
      %b = prim.binary xor %a, %x : tensor<3xi1>
      plan.yield %b : tensor<3xi1>
    })",
        {{}});
}

} // namespace
} // namespace dsc::cuda::test
