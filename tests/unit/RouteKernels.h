// SPDX-License-Identifier: Apache-2.0
// Texts of kernels of dsc.route that the tests of all targets share.
#ifndef DSC_TESTS_UNIT_ROUTEKERNELS_H
#define DSC_TESTS_UNIT_ROUTEKERNELS_H

#include <string>
#include <vector>

namespace dsc::test {

struct RouteShape {
  std::string score = "softmax", type = "f32";
  int experts = 8, k = 2, groups = 1, kept = 1;
  std::string groupScore = "max", fill = "neg_inf";
  bool bias = false, bySelection = false;
  std::string renormalise = "", scale = "1.0";
  /// What the logits are made of, in the kernel: "" of themselves, "floor" (ties), "sqrt" (of 1.5
  /// more, NaN where that is negative), "reciprocal" (infinities, one in two), "projected" (bf16
  /// products for three tokens of each of s sentences, to which a bias is added in f32).
  std::string logits = "";
};

/// The kernel after its name, over the size s: the number of tokens. Its inputs are the logits, the
/// bias where there is one, and for "projected" the projection's.
inline std::string routeText(const RouteShape &shape) {
  bool projected = shape.logits == "projected";
  std::string experts = std::to_string(shape.experts), k = std::to_string(shape.k);
  auto tensor = [](const std::string &count, const std::string &rest, const std::string &dims,
                   const std::string &type) {
    return "tensor<?x" + rest + "x" + type + ", #prim.shape<" + count + ", " + dims + ">>";
  };
  auto rows = [&](const std::string &width, const std::string &type) {
    return tensor(projected ? "\"3*s\"" : "\"s\"", width, width, type);
  };
  auto sentences = [&](const std::string &type) {
    return tensor("\"s\"", "3x" + experts, "3, " + experts, type);
  };
  std::string row = rows(experts, shape.type),
              vector = "tensor<" + experts + "x" + shape.type + ">";
  std::string weights = rows(k, shape.type), ids = rows(k, "i64");
  std::string arguments = "%x: " + (projected ? sentences("bf16") : row);
  std::string strides = "unit, unit, unit", logits = "%x", bias = "%b", body;
  auto argument = [&](const std::string &name) {
    arguments += ", " + name + ": " + vector;
    strides += ", unit";
  };
  auto line = [&](const std::string &text) { body += "  " + text + "\n"; };
  if (shape.bias)
    argument("%b");
  if (shape.logits == "floor" || shape.logits == "reciprocal") {
    line("%f = prim.unary floor %x : " + row + " -> " + row);
    logits = "%f";
  }
  if (shape.logits == "sqrt") {
    line("%o = prim.constant dense<1.5> : tensor<" + shape.type + ">");
    line("%v = prim.broadcast %o axes [] : tensor<" + shape.type + "> -> " + row);
    line("%f = prim.binary add %x, %v : " + row);
    logits = "%f";
  }
  if (shape.logits == "sqrt" || shape.logits == "reciprocal") {
    line("%l = prim.unary " + shape.logits + " " + logits + " : " + row + " -> " + row);
    logits = "%l";
  }
  if (shape.logits == "floor" && shape.bias) {
    line("%c = prim.unary floor %b : " + vector + " -> " + vector);
    bias = "%c";
  }
  if (projected) {
    argument("%p");
    std::string sums = sentences(shape.type);
    line("%w = prim.convert %x : " + sentences("bf16") + " -> " + sums);
    line("%v = prim.broadcast %p axes [2] : " + vector + " -> " + sums);
    line("%s = prim.binary add %w, %v : " + sums);
    line("%l = prim.reshape %s : " + sums + " -> " + row);
    logits = "%l";
  }
  std::string op = "%weights, %ids = dsc.route " + shape.score + " " + logits;
  if (shape.bias)
    op += " bias(" + bias + ")";
  if (shape.groups > 1)
    op += " groups " + std::to_string(shape.groups) + " keep " + std::to_string(shape.kept) +
          " by " + shape.groupScore + " fill " + shape.fill;
  if (shape.bySelection)
    op += " source selection";
  op += " {";
  if (!shape.renormalise.empty())
    op += "renormalise = " + shape.renormalise + " : f64, ";
  op += "scale = " + shape.scale + " : f64} : (" + row;
  if (shape.bias)
    op += ", " + vector;
  line(op + ") -> (" + weights + ", " + ids + ")");
  line("plan.yield %weights, %ids : " + weights + ", " + ids);
  return "sizes [\"s\"] strides [" + strides + "] aliases [-1, -1] {\n^bb0(" + arguments + "):\n" +
         body + "}";
}

/// How far weights may be from those of the interpreter.
inline double routeTolerance(const RouteShape &shape) {
  return shape.type == "bf16"  ? 1.6e-2
         : shape.type == "f16" ? 2e-3
         : shape.type == "f32" ? 1e-5
                               : 1e-12;
}

/// Every score with every number of experts, without groups and with them; the other choices take
/// turns.
inline std::vector<RouteShape> routeGrid() {
  struct Size {
    int experts, groups;
  };
  std::vector<RouteShape> grid;
  unsigned turn = 0;
  auto next = [&](std::vector<std::string> options, unsigned period) {
    return options[turn / period % options.size()];
  };
  for (std::string score : {"softmax", "sigmoid", "sqrt_softplus", "softmax_of_chosen", "none"})
    for (auto [experts, groups] : {Size{1, 1},
                                   {4, 1},
                                   {4, 2},
                                   {8, 1},
                                   {8, 4},
                                   {31, 1},
                                   {31, 31},
                                   {64, 1},
                                   {64, 4},
                                   {160, 1},
                                   {160, 8},
                                   {96, 3},
                                   {256, 1},
                                   {256, 8}}) {
      ++turn;
      RouteShape shape{.score = score, .experts = experts, .groups = groups};
      int size = experts / groups;
      shape.type = next({"f32", "bf16", "f32", "f64", "f16"}, 1);
      shape.kept = groups > 1 ? 1 + int(turn % (groups - 1)) : 1;
      int most = std::min(size * shape.kept, 32);
      shape.k = std::vector<int>{1, std::min(6, most), std::min(8, most), most}[turn % 4];
      shape.groupScore = size > 1 ? next({"max", "top2_sum"}, 2) : "max";
      shape.fill = next({"neg_inf", "zero"}, 3);
      shape.bias = turn % 3 != 0;
      shape.bySelection = (shape.bias || groups > 1) && turn % 5 == 0;
      shape.renormalise = next({"", "0.0", "1.0e-2"}, 1);
      shape.scale = next({"1.0", "2.46"}, 2);
      shape.logits = next({"", "floor", "projected"}, 2);
      if (shape.logits == "projected" && shape.type != "f32")
        shape.logits = "";
      grid.push_back(shape);
    }
  // NaN and infinities, which need no rounding to be compared.
  for (std::string score : {"softmax", "sigmoid", "softmax_of_chosen", "none"})
    for (std::string logits : {"sqrt", "reciprocal"})
      for (int groups : {1, 3})
        grid.push_back({.score = score,
                        .experts = 33,
                        .k = 7,
                        .groups = groups,
                        .kept = groups > 1 ? 2 : 1,
                        .groupScore = logits == "sqrt" ? "top2_sum" : "max",
                        .renormalise = groups > 1 ? "0.0" : "",
                        .logits = logits});
  return grid;
}

} // namespace dsc::test

#endif
