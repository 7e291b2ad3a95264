// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cpu/KernelTest.h"
#include "llvm/Support/FormatVariadic.h"

namespace dsc::cpu::test {
namespace {

/// Widths of an attention kernel over the sizes s (queries) and t (rows of the past).
struct Shape {
  int batch = 1, groups = 1, heads = 1;
  std::vector<int> parts = {8};
  int value = 8;
  std::string type = "f32", causal = "", queries = "s";
  /// Values are the first key part.
  bool absorbed = false;
};

class Attention : public KernelTest {
protected:
  /// The kernel of `shape`; `masking` are operations over the leading arguments `arguments` that
  /// make %mask or %bias.
  static std::string text(const Shape &shape, llvm::StringRef masking = "",
                          llvm::StringRef arguments = "") {
    auto tensor = [&](std::vector<std::string> dims, llvm::StringRef type) {
      std::string shapes, list;
      for (const std::string &dim : dims) {
        bool known = isdigit(dim[0]);
        shapes += (known ? dim : "?") + "x";
        list += (list.empty() ? "" : ", ") + (known ? dim : "\"" + dim + "\"");
      }
      bool dynamic = shapes.find('?') != std::string::npos;
      return "tensor<" + shapes + type.str() + (dynamic ? ", #prim.shape<" + list + ">" : "") + ">";
    };
    auto n = [](int value) { return std::to_string(value); };
    std::string block = arguments.str(), queries, keys, queryTypes, keyTypes, strides;
    size_t inputs = arguments.count('%');
    for (auto [i, width] : llvm::enumerate(shape.parts)) {
      std::string q = tensor(
          {n(shape.batch), n(shape.groups), n(shape.heads), shape.queries, n(width)}, shape.type);
      std::string k = tensor({n(shape.batch), n(shape.groups), "t", n(width)}, shape.type);
      const char *comma = i ? ", " : "";
      block += (block.empty() ? "%q" : ", %q") + n(i) + ": " + q + ", %k" + n(i) + ": " + k;
      queries += comma + ("%q" + n(i)), keys += comma + ("%k" + n(i));
      queryTypes += comma + q, keyTypes += ", " + k;
      inputs += 2;
    }
    std::string v = tensor({n(shape.batch), n(shape.groups), "t", n(shape.value)}, shape.type);
    if (!shape.absorbed) {
      block += ", %v: " + v;
      ++inputs;
    }
    std::string scores =
        tensor({n(shape.batch), n(shape.groups), n(shape.heads), shape.queries, "t"}, "i1");
    std::string result =
        tensor({n(shape.batch), n(shape.groups), n(shape.heads), shape.queries, n(shape.value)},
               shape.type);
    std::string operands = "queries(" + queries + ") keys(" + keys + ") values(" +
                           (shape.absorbed ? "%k0" : "%v") + ")",
                types = queryTypes + keyTypes + ", " + v;
    if (masking.contains("%mask =")) {
      operands += " mask(%mask)";
      types += ", " + scores;
    }
    if (masking.contains("%bias =")) {
      operands += " bias(%bias)";
      types += ", " +
               tensor({n(shape.batch), n(shape.groups), n(shape.heads), shape.queries, "t"}, "f32");
    }
    for (size_t i = 0; i <= inputs; ++i)
      strides += i ? ", unit" : "unit";
    std::string causal =
        shape.causal.empty() ? "" : "causal = #prim.expr<\"" + shape.causal + "\">, ";
    return llvm::formatv(R"(sizes ["s", "t"] strides [{0}] aliases [-1] {{
    ^bb0({1}):
      {2}
      %o = dsc.attention {3} {{{4}scale = 0.3 : f64} : ({5}) -> {6}
      plan.yield %o : {6}
    })",
                         strides, block, masking, operands, causal, types, result);
  }

  void checkSizes(const Shape &shape, std::vector<std::pair<int64_t, int64_t>> sizes,
                  double tolerance = 2e-5) {
    std::string kernel = text(shape);
    for (auto [s, t] : sizes)
      check(kernel, {.sizes = {s, t}, .absolute = tolerance, .relative = tolerance});
  }
};

TEST_F(Attention, LatentRowsAreKeysAndValues) {
  checkSizes({.heads = 16, .parts = {32, 8}, .value = 32, .causal = "t - s", .absorbed = true},
             {{1, 1}, {1, 65}, {2, 300}, {5, 5}, {1, 0}, {0, 3}, {1, 1100}});
}

TEST_F(Attention, GroupsAndOddWidths) {
  checkSizes({.batch = 2, .groups = 3, .heads = 2, .parts = {7, 3}, .value = 5},
             {{1, 1}, {3, 17}, {9, 70}});
  checkSizes({.groups = 2, .heads = 3, .parts = {1}, .value = 1, .causal = "t - s"},
             {{1, 9}, {17, 17}});
}

TEST_F(Attention, QueriesInLanes) {
  checkSizes({.batch = 2, .groups = 2, .parts = {12}, .value = 20, .causal = "t - s"},
             {{1, 5}, {16, 16}, {17, 40}, {33, 130}, {50, 50}});
}

TEST_F(Attention, ManyHeads) {
  checkSizes({.heads = 48, .parts = {16}, .value = 16, .causal = "t - s", .queries = "1"},
             {{1, 90}});
  checkSizes({.heads = 4, .parts = {16}, .value = 16, .queries = "1"}, {{1, 90}});
}

TEST_F(Attention, ElementTypes) {
  for (llvm::StringRef type : {"bf16", "f16", "f64"}) {
    double tolerance = type == "f64" ? 1e-12 : type == "f16" ? 2e-3 : 1.6e-2;
    for (bool absorbed : {true, false})
      checkSizes({.heads = 16,
                  .parts = {24, 5},
                  .value = 24,
                  .type = type.str(),
                  .causal = "t - s",
                  .absorbed = absorbed},
                 {{1, 30}, {3, 70}}, tolerance);
  }
}

// Rows before the first attended one, and rows that attend to nothing: zero.
TEST_F(Attention, RowsWithoutAnything) {
  checkSizes({.heads = 2, .parts = {8}, .value = 8, .causal = "t - s - 4"},
             {{6, 6}, {3, 2}, {70, 70}});
  std::string arguments = "%m: tensor<?x?xi1, #prim.shape<\"s\", \"t\">>";
  std::string masking =
      R"(%mask = prim.broadcast %m axes [3, 4] : tensor<?x?xi1, #prim.shape<"s", "t">> -> tensor<1x2x4x?x?xi1, #prim.shape<1, 2, 4, "s", "t">>)";
  for (auto [s, t] : {std::pair<int64_t, int64_t>{3, 1}, {5, 2}, {4, 70}})
    check(text({.groups = 2, .heads = 4}, masking, arguments),
          {.sizes = {s, t}, .absolute = 2e-5, .relative = 2e-5});
}

// Masks and biases are computed where they are needed: a sliding window, padding, a bias of each
// head.
TEST_F(Attention, MaskAndBias) {
  std::string arguments =
      R"(%pad: tensor<2x?xi1, #prim.shape<2, "t">>, %b: tensor<4x?xf32, #prim.shape<4, "t">>)";
  std::string masking = R"mlir(
    %w = prim.index_expr "nonneg(d3 - d4 + 9) * nonneg(d4 - d3 + 40)" : tensor<2x1x4x?x?xi1, #prim.shape<2, 1, 4, "s", "t">>
    %p = prim.broadcast %pad axes [0, 4] : tensor<2x?xi1, #prim.shape<2, "t">> -> tensor<2x1x4x?x?xi1, #prim.shape<2, 1, 4, "s", "t">>
    %mask = prim.binary and %w, %p : tensor<2x1x4x?x?xi1, #prim.shape<2, 1, 4, "s", "t">>
    %n = prim.unary neg %b : tensor<4x?xf32, #prim.shape<4, "t">> -> tensor<4x?xf32, #prim.shape<4, "t">>
    %bias = prim.broadcast %n axes [2, 4] : tensor<4x?xf32, #prim.shape<4, "t">> -> tensor<2x1x4x?x?xf32, #prim.shape<2, 1, 4, "s", "t">>)mlir";
  for (auto [s, t] : {std::pair<int64_t, int64_t>{1, 30}, {20, 75}})
    for (llvm::StringRef type : {"f32", "bf16"})
      check(text({.batch = 2, .heads = 4, .type = type.str()}, masking, arguments),
            {.sizes = {s, t},
             .absolute = type == "f32" ? 2e-5 : 1.6e-2,
             .relative = type == "f32" ? 2e-5 : 1.6e-2});
}

// Keys and values are rows of a session's state; queries and keys have other layouts than the
// operation's.
TEST_F(Attention, LayoutsAndStrides) {
  check(R"(sizes ["s", "t", "c"] strides [unit, #prim.shape<"40*c", 40, 1>, unit] aliases [-1] {
    ^bb0(%q: tensor<2x?x16x24xf32, #prim.shape<2, "s", 16, 24>>, %c: tensor<2x?x40xf32, #prim.shape<2, "t", 40>>):
      %q0 = prim.reshape %q : tensor<2x?x16x24xf32, #prim.shape<2, "s", 16, 24>> -> tensor<2x1x?x16x24xf32, #prim.shape<2, 1, "s", 16, 24>>
      %q1 = prim.transpose %q0 perm [0, 1, 3, 2, 4] : tensor<2x1x?x16x24xf32, #prim.shape<2, 1, "s", 16, 24>> -> tensor<2x1x16x?x24xf32, #prim.shape<2, 1, 16, "s", 24>>
      %c0 = prim.reshape %c : tensor<2x?x40xf32, #prim.shape<2, "t", 40>> -> tensor<2x1x?x40xf32, #prim.shape<2, 1, "t", 40>>
      %k = prim.slice %c0 starts [0, 0, 0, 0] steps [1, 1, 1, 1] : tensor<2x1x?x40xf32, #prim.shape<2, 1, "t", 40>> -> tensor<2x1x?x24xf32, #prim.shape<2, 1, "t", 24>>
      %v = prim.slice %c0 starts [0, 0, 0, 24] steps [1, 1, 1, 1] : tensor<2x1x?x40xf32, #prim.shape<2, 1, "t", 40>> -> tensor<2x1x?x16xf32, #prim.shape<2, 1, "t", 16>>
      %o = dsc.attention queries(%q1) keys(%k) values(%v) {causal = #prim.expr<"t - s">, scale = 0.2 : f64}
        : (tensor<2x1x16x?x24xf32, #prim.shape<2, 1, 16, "s", 24>>, tensor<2x1x?x24xf32, #prim.shape<2, 1, "t", 24>>, tensor<2x1x?x16xf32, #prim.shape<2, 1, "t", 16>>)
        -> tensor<2x1x16x?x16xf32, #prim.shape<2, 1, 16, "s", 16>>
      plan.yield %o : tensor<2x1x16x?x16xf32, #prim.shape<2, 1, 16, "s", 16>>
    })",
        {.sizes = {3, 90, 128}, .absolute = 2e-5, .relative = 2e-5});
}

// Splits side by side, combined: the bits of the kernel that walks them all, also where no row or
// only the first ones are attended to.
TEST_F(Attention, SplitsSideBySide) {
  auto kernel = [](llvm::StringRef op, llvm::StringRef results, llvm::StringRef names,
                   llvm::StringRef strides) {
    return llvm::formatv(R"mlir(sizes ["s", "t"] strides [{0}] aliases [{1}] {{
      ^bb0(%q: tensor<2x1x16x?x20xf32, #prim.shape<2, 1, 16, "s", 20>>, %k: tensor<2x1x?x20xf32, #prim.shape<2, 1, "t", 20>>, %v: tensor<2x1x?x24xf32, #prim.shape<2, 1, "t", 24>>):
        {2} = {3} queries(%q) keys(%k) values(%v) {{causal = #prim.expr<"t - s - 300">, scale = 0.3 : f64}
          : (tensor<2x1x16x?x20xf32, #prim.shape<2, 1, 16, "s", 20>>, tensor<2x1x?x20xf32, #prim.shape<2, 1, "t", 20>>, tensor<2x1x?x24xf32, #prim.shape<2, 1, "t", 24>>) -> ({4})
        plan.yield {2} : {4}
      })mlir",
                         strides, names.contains(',') ? "-1, -1, -1" : "-1", names, op, results)
        .str();
  };
  std::string n = "-floordiv(-t, 256)";
  std::string sums = "tensor<?x2x1x16x?x24xf32, #prim.shape<\"" + n + "\", 2, 1, 16, \"s\", 24>>",
              state = "tensor<?x2x1x16x?xf32, #prim.shape<\"" + n + "\", 2, 1, 16, \"s\">>",
              result = "tensor<2x1x16x?x24xf32, #prim.shape<2, 1, 16, \"s\", 24>>";
  std::string whole = kernel("dsc.attention", result, "%o", "unit, unit, unit, unit");
  std::string parts = kernel("dsc.attention_parts \"256\"", sums + ", " + state + ", " + state,
                             "%o, %m, %l", "unit, unit, unit, unit, unit, unit");
  std::string combine = R"mlir(sizes ["t", "s"] strides [unit, unit, unit, unit] aliases [-1] {
      ^bb0(%o: SUMS, %m: STATE, %l: STATE):
        %r = dsc.attention_combine %o, %m, %l : SUMS, STATE, STATE -> RESULT
        plan.yield %r : RESULT
      })mlir";
  for (auto [from, to] :
       {std::pair<std::string, std::string>{"SUMS", sums}, {"STATE", state}, {"RESULT", result}})
    for (size_t at; (at = combine.find(from)) != std::string::npos;)
      combine.replace(at, from.size(), to);
  for (auto [s, t] : {std::pair<int64_t, int64_t>{1, 700}, {3, 257}}) {
    check(parts, {.sizes = {s, t}, .absolute = 2e-5, .relative = 2e-5});
    check(combine, {.sizes = {t, s}, .absolute = 2e-5, .relative = 2e-5});
    auto fill = [&](llvm::ArrayRef<int64_t> dims) {
      Tensor tensor = Tensor::allocate(dims, mlir::Float32Type::get(&context));
      std::uniform_real_distribution<float> reals(-2, 2);
      for (int64_t i = 0; i < tensor.getNumElements(); ++i)
        tensor.mutableData<float>()[i] = reals(random);
      return tensor;
    };
    Tensor q = fill({2, 1, 16, s, 20}), k = fill({2, 1, t, 20}), v = fill({2, 1, t, 24});
    std::vector<Tensor> want = run(whole, {q, k, v}, {s, t});
    std::vector<Tensor> got = run(combine, run(parts, {q, k, v}, {s, t}), {t, s});
    EXPECT_TRUE(got[0].bytes() == want[0].bytes()) << s << " queries over " << t;
  }
}

/// Latent attention in its expanded form.
std::string expanded(int batch, int heads, int n, int r, int v, int latent, llvm::StringRef type,
                     bool masked) {
  std::string rope =
      r ? llvm::formatv(
              R"mlir(, %qr: tensor<{0}x{1}x?x{2}x{3}, #prim.shape<{0}, {1}, "s", {2}>>, %kr: tensor<{0}x?x{2}x{3}, #prim.shape<{0}, "t", {2}>>)mlir",
              batch, heads, r, type)
              .str()
        : "";
  std::string ropeTypes =
      r ? llvm::formatv(
              R"mlir(, tensor<{0}x{1}x?x{2}x{3}, #prim.shape<{0}, {1}, "s", {2}>>, tensor<{0}x?x{2}x{3}, #prim.shape<{0}, "t", {2}>>)mlir",
              batch, heads, r, type)
              .str()
        : "";
  std::string mask =
      llvm::formatv(R"mlir(tensor<{0}x{1}x?x?xi1, #prim.shape<{0}, {1}, "s", "t">>)mlir", batch,
                    heads)
          .str();
  std::string strides = std::string("unit, unit, unit, unit, unit") + (r ? ", unit, unit" : "");
  return llvm::formatv(R"mlir(sizes ["s", "t"] strides [{0}] aliases [-1] {{
    ^bb0(%q: tensor<{1}x{2}x?x{3}x{4}, #prim.shape<{1}, {2}, "s", {3}>>{5}, %c: tensor<{1}x?x{6}x{4}, #prim.shape<{1}, "t", {6}>>,
         %w: tensor<{6}x{2}x{7}x{4}>, %wv: tensor<{2}x{8}x{6}x{4}>):
      %part = prim.slice %w starts [0, 0, 0] steps [1, 1, 1] : tensor<{6}x{2}x{7}x{4}> -> tensor<{6}x{2}x{3}x{4}>
      %wk = prim.transpose %part perm [1, 2, 0] : tensor<{6}x{2}x{3}x{4}> -> tensor<{2}x{3}x{6}x{4}>
      %m = prim.index_expr "nonneg(3*d1 + d2 - d3 + t - s + 1)" : {9}
      %o = dsc.latent_attention query(%q) {10} latent(%c) weights(%wk, %wv) {11} {{{12}expanded, scale = 0.2 : f64}
        : (tensor<{1}x{2}x?x{3}x{4}, #prim.shape<{1}, {2}, "s", {3}>>{13}, tensor<{1}x?x{6}x{4}, #prim.shape<{1}, "t", {6}>>, tensor<{2}x{3}x{6}x{4}>, tensor<{2}x{8}x{6}x{4}>{14})
        -> tensor<{1}x{2}x?x{8}x{4}, #prim.shape<{1}, {2}, "s", {8}>>
      plan.yield %o : tensor<{1}x{2}x?x{8}x{4}, #prim.shape<{1}, {2}, "s", {8}>>
    })mlir",
                       strides, batch, heads, n, type, rope, latent, n + 3, v, mask,
                       r ? "rope(%qr, %kr)" : "", masked ? "mask(%m)" : "",
                       masked ? "" : "causal = #prim.expr<\"t - s\">, ", ropeTypes,
                       masked ? ", " + mask : "")
      .str();
}

TEST_F(Attention, Expanded) {
  for (auto [s, t] : {std::pair<int64_t, int64_t>{1, 1}, {40, 40}, {33, 150}, {600, 620}})
    check(expanded(1, 2, 8, 4, 24, 12, "f32", false),
          {.sizes = {s, t}, .scale = 1, .absolute = 2e-5, .relative = 2e-5});
  for (auto [s, t] : {std::pair<int64_t, int64_t>{5, 70}, {64, 64}})
    check(expanded(2, 3, 70, 0, 5, 17, "f32", true),
          {.sizes = {s, t}, .scale = 0.5, .absolute = 2e-5, .relative = 2e-5});
  check(expanded(2, 2, 16, 8, 16, 32, "bf16", false),
        {.sizes = {20, 70}, .scale = 0.5, .absolute = 1.6e-2, .relative = 1.6e-2});
}

// A row's bits depend neither on the sequences nor on the queries beside it.
TEST_F(Attention, SameBitsInOtherCompany) {
  const int64_t heads = 16, width = 40, value = 32, past = 700, queries = 20;
  mlir::Type type = mlir::Float32Type::get(&context);
  auto fill = [&](llvm::ArrayRef<int64_t> dims) {
    Tensor tensor = Tensor::allocate(dims, type);
    std::uniform_real_distribution<float> reals(-2, 2);
    for (int64_t i = 0; i < tensor.getNumElements(); ++i)
      tensor.mutableData<float>()[i] = reals(random);
    return tensor;
  };
  auto shape = [](int batch) {
    return Shape{
        .batch = batch, .heads = heads, .parts = {width}, .value = value, .causal = "t - s"};
  };
  Tensor q = fill({4, 1, heads, queries, width}), k = fill({4, 1, past, width}),
         v = fill({4, 1, past, value});
  std::vector<Tensor> all = run(text(shape(4)), {q, k, v}, {queries, past});
  auto part = [&](const Tensor &from, llvm::ArrayRef<int64_t> dims, int64_t first) {
    Tensor tensor = Tensor::allocate(dims, type);
    memcpy(tensor.mutableData<char>(), from.bytes().data() + first * 4,
           tensor.getNumElements() * 4);
    return tensor;
  };
  // The third sequence alone.
  Tensor q2 = part(q, {1, 1, heads, queries, width}, 2 * heads * queries * width);
  std::vector<Tensor> alone = run(text(shape(1)),
                                  {q2, part(k, {1, 1, past, width}, 2 * past * width),
                                   part(v, {1, 1, past, value}, 2 * past * value)},
                                  {queries, past});
  Tensor third = part(all[0], {1, 1, heads, queries, value}, 2 * heads * queries * value);
  EXPECT_TRUE(alone[0].bytes() == third.bytes());
  // Its query 12 as a step of its own, over the rows that it saw.
  int64_t at = 12, seen = past - queries + at + 1;
  Tensor step = Tensor::allocate({1, 1, heads, 1, width}, type);
  Tensor want = Tensor::allocate({1, 1, heads, 1, value}, type);
  for (int64_t h = 0; h < heads; ++h) {
    memcpy(step.mutableData<float>() + h * width,
           q2.values<float>().data() + (h * queries + at) * width, width * 4);
    memcpy(want.mutableData<float>() + h * value,
           third.values<float>().data() + (h * queries + at) * value, value * 4);
  }
  std::vector<Tensor> got = run(text(shape(1)),
                                {step, part(k, {1, 1, seen, width}, 2 * past * width),
                                 part(v, {1, 1, seen, value}, 2 * past * value)},
                                {1, seen});
  EXPECT_TRUE(got[0].bytes() == want.bytes());
}

} // namespace
} // namespace dsc::cpu::test
