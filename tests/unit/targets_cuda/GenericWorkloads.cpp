// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cuda/Families.h"
#include "tests/unit/targets_cuda/Workloads.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FormatVariadic.h"
#include <array>

using llvm::formatv;

namespace dsc::cuda::test {

static std::vector<Case> sizes(std::initializer_list<int64_t> list,
                               std::map<unsigned, std::pair<int64_t, int64_t>> range = {}) {
  std::vector<Case> cases;
  for (int64_t size : list)
    cases.push_back({.sizes = {size}, .range = range});
  return cases;
}

/// Cases in which one of the indices `input` is out of range, each at another place, `width` apart.
static void addFaulty(std::vector<Case> &cases, unsigned input, int64_t count, int64_t width,
                      int64_t bound, std::vector<int64_t> sizes) {
  for (int64_t place = 0; place < count; ++place)
    for (int64_t bad : {bound, int64_t(-1)}) {
      std::vector<int64_t> indices(count * width);
      for (int64_t i = 0; i < count * width; ++i)
        indices[i] = i * 5 % bound;
      indices[place * width + place % width] = bad;
      cases.push_back({.sizes = sizes, .given = {{input, indices}}, .faulty = true});
    }
}

/// Each case with several other elements.
static std::vector<Case> shuffled(std::vector<Case> cases, unsigned times) {
  std::vector<Case> all;
  for (unsigned seed = 0; seed < times; ++seed)
    for (Case &test : cases) {
      all.push_back(test);
      all.back().seed += seed;
    }
  return all;
}

/// Cases whose peak is the last element of each of `rows` rows of `length`.
static std::vector<Case> peaked(std::vector<Case> cases, int64_t rows, int64_t length) {
  for (Case &test : cases)
    for (int64_t row = 0; row < rows; ++row)
      test.peaks.push_back((row + 1) * length - 1);
  return cases;
}

static void addMaps(std::vector<Workload> &all) {
  all.push_back({"map", "vectors of rows beside a broadcast",
                 R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x24xf32, #prim.shape<"s", 24>>, %w: tensor<24xf32>):
      %v = prim.broadcast %w axes [1] : tensor<24xf32> -> tensor<?x24xf32, #prim.shape<"s", 24>>
      %r = prim.binary mul %a, %v : tensor<?x24xf32, #prim.shape<"s", 24>>
      plan.yield %r : tensor<?x24xf32, #prim.shape<"s", 24>>
    })",
                 sizes({1, 7, 43, 64})});
  all.push_back({"map", "single elements of two parts",
                 R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<3x?xf32, #prim.shape<3, "s">>, %b: tensor<3x5xf32>):
      %c = prim.concat %a, %b axis 1 : (tensor<3x?xf32, #prim.shape<3, "s">>, tensor<3x5xf32>) -> tensor<3x?xf32, #prim.shape<3, "s + 5">>
      %r = prim.unary neg %c : tensor<3x?xf32, #prim.shape<3, "s + 5">> -> tensor<3x?xf32, #prim.shape<3, "s + 5">>
      plan.yield %r : tensor<3x?xf32, #prim.shape<3, "s + 5">>
    })",
                 sizes({0, 2, 61})});
  std::vector<Case> rows = sizes({1, 30, 75}, {{1, {0, 8}}});
  addFaulty(rows, 1, 3, 1, 9, {3});
  all.push_back({"map", "rows by index", R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<9x16xbf16>, %i: tensor<?xi64, #prim.shape<"s">>):
      %r = prim.take %t, %i axis 0 : tensor<9x16xbf16>, tensor<?xi64, #prim.shape<"s">> -> tensor<?x16xbf16, #prim.shape<"s", 16>>
      plan.yield %r : tensor<?x16xbf16, #prim.shape<"s", 16>>
    })",
                 rows});
  all.push_back(
      {"map",
       "into rows of a state",
       R"(sizes ["t", "c"] strides [#prim.shape<"12*c", 12, 1>, unit, #prim.shape<"12*c", 12, 1>] aliases [0] {
    ^bb0(%a: tensor<2x?x12xf32, #prim.shape<2, "t + 30", 12>>, %u: tensor<2x30x12xf32>):
      %r = prim.update_slice %a, %u starts [0, "t", 0] : tensor<2x?x12xf32, #prim.shape<2, "t + 30", 12>>, tensor<2x30x12xf32>
      plan.yield %r : tensor<2x?x12xf32, #prim.shape<2, "t + 30", 12>>
    })",
       {{.sizes = {0, 30}}, {.sizes = {5, 41}}}});
  all.push_back({"map", "products of integers",
                 R"(sizes ["k"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<5x?xi32, #prim.shape<5, "k">>, %b: tensor<?x30xi32, #prim.shape<"k", 30>>):
      %r = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<5x?xi32, #prim.shape<5, "k">>, tensor<?x30xi32, #prim.shape<"k", 30>> -> tensor<5x30xi32>
      plan.yield %r : tensor<5x30xi32>
    })",
                 sizes({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 21})});
}

static void addNorms(std::vector<Workload> &all) {
  for (llvm::StringRef d : {"40", "996", "1036", "5124"}) {
    std::string x = formatv(R"(tensor<?x{0}xf32, #prim.shape<"s", {0}>>)", d),
                w = formatv("tensor<{0}xf32>", d);
    std::vector<Case> cases = sizes({1, 5});
    for (Case &test : cases)
      test.absolute = test.relative = 2e-6;
    all.push_back({"norm", formatv("root mean square of {0}", d),
                   formatv(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {{
    ^bb0(%x: {0}, %w: {1}):
      %r = dsc.rms_norm %x weight(%w) {{epsilon = 1.0e-2 : f64} : ({0}, {1}) -> {0}
      plan.yield %r : {0}
    })",
                           x, w),
                   cases});
    all.push_back({"norm", formatv("layer of {0}", d),
                   formatv(R"(sizes ["s"] strides [unit, unit, unit, unit] aliases [-1] {{
    ^bb0(%x: {0}, %w: {1}, %b: {1}):
      %r = dsc.layer_norm %x weight(%w) bias(%b) {{epsilon = 1.0e-2 : f64} : ({0}, {1}, {1}) -> {0}
      plan.yield %r : {0}
    })",
                           x, w),
                   cases});
  }
}

static void addReductions(std::vector<Workload> &all) {
  std::vector<Case> softmax = sizes({1, 33, 150, 384, 385, 400, 512, 513, 530, 1100});
  for (Case &test : softmax)
    test.absolute = 1e-7;
  // The maximum matters where exponentials of anything else are infinite: at the ends of what a
  // warp, a round or several rounds read.
  for (int64_t size : {33, 150, 384, 400, 512, 513, 600, 1100})
    for (int64_t place = 0; place < size; place += 32)
      softmax.push_back({.sizes = {size},
                         .scale = 300,
                         .peaks = {place, size + std::min(place + 31, size - 1), 2 * size}});
  all.push_back({"reduce", "softmax", R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<3x?xf32, #prim.shape<3, "s">>):
      %m = prim.reduce max %a axes [1] : tensor<3x?xf32, #prim.shape<3, "s">> -> tensor<3xf32>
      %n = prim.broadcast %m axes [0] : tensor<3xf32> -> tensor<3x?xf32, #prim.shape<3, "s">>
      %d = prim.binary sub %a, %n : tensor<3x?xf32, #prim.shape<3, "s">>
      %e = prim.unary exp %d : tensor<3x?xf32, #prim.shape<3, "s">> -> tensor<3x?xf32, #prim.shape<3, "s">>
      %t = prim.reduce sum %e axes [1] : tensor<3x?xf32, #prim.shape<3, "s">> -> tensor<3xf32>
      %u = prim.broadcast %t axes [0] : tensor<3xf32> -> tensor<3x?xf32, #prim.shape<3, "s">>
      %r = prim.binary div %e, %u : tensor<3x?xf32, #prim.shape<3, "s">>
      plan.yield %r : tensor<3x?xf32, #prim.shape<3, "s">>
    })",
                 softmax});
  all.push_back({"reduce", "columns", R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x137xf32, #prim.shape<"s", 137>>):
      %r = prim.reduce sum %a axes [0] : tensor<?x137xf32, #prim.shape<"s", 137>> -> tensor<137xf32>
      plan.yield %r : tensor<137xf32>
    })",
                 sizes({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 18})});
  for (int64_t n : {684, 5520}) {
    // Many of the same, one that is the extreme, and all of them the least there is.
    std::vector<Case> extremes = shuffled({{.range = {{0, {0, 1}}}},
                                           {.range = {{0, {-9, 9}}}},
                                           {.range = {{0, {-2000000000, 2000000000}}}}},
                                          12);
    extremes.push_back({.range = {{0, {INT32_MIN, INT32_MIN}}}});
    llvm::append_range(extremes, peaked({{}}, 5, n));
    for (llvm::StringRef which : {"", " last"})
      all.push_back({"reduce", formatv("position of the extreme of {0}{1}", n, which),
                     formatv(R"(sizes [] strides [unit, unit] aliases [-1] {{
    ^bb0(%a: tensor<5x{0}xi32>):
      %r = prim.arg_reduce max %a axis 1{1} : tensor<5x{0}xi32> -> tensor<5xi64>
      plan.yield %r : tensor<5xi64>
    })",
                             n, which),
                     extremes});
    // Few are square roots of what is negative: NaN, the extreme either way.
    std::vector<Case> roots = shuffled({{.middle = 1}, {.middle = 0.997}, {.scale = 1e-30}}, 12);
    llvm::append_range(roots, peaked({{.middle = 1}, {.scale = -0.5, .middle = 2}}, 5, n));
    for (llvm::StringRef kind : {"min", "max"})
      all.push_back({"reduce", formatv("position of the {0} of {1}", kind, n),
                     formatv(R"(sizes [] strides [unit, unit] aliases [-1] {{
    ^bb0(%a: tensor<5x{0}xf32>):
      %q = prim.unary sqrt %a : tensor<5x{0}xf32> -> tensor<5x{0}xf32>
      %r = prim.arg_reduce {1} %q axis 1 : tensor<5x{0}xf32> -> tensor<5xi64>
      plan.yield %r : tensor<5xi64>
    })",
                             n, kind),
                     roots});
  }
}

static void addTopK(std::vector<Workload> &all) {
  // Few different numbers, many, negative ones, and such as differ in the last bit.
  const std::vector<Case> several = shuffled({{.scale = 3},
                                              {.scale = 1e6},
                                              {.scale = 3, .middle = -3.5},
                                              {.scale = 1, .middle = 0.98},
                                              {.scale = 1, .middle = 0.999},
                                              {.scale = 400, .middle = -400.5},
                                              {.scale = 2e-44, .middle = 2.3e-44},
                                              {.scale = 2e-44, .middle = -2.3e-44}},
                                             6);
  // Of 347 and 367 elements, lanes have 10 to 12.
  for (auto [n, largest, function] :
       std::vector<std::tuple<int64_t, llvm::StringRef, llvm::StringRef>>{
           {367, " largest", "floor"},
           {347, " largest", "sqrt"},
           {347, " largest", "neg"},
           {367, "", "floor"},
           {347, "", "sqrt"},
           {367, "", "neg"},
           {1400, " largest", "floor"},
           {1400, "", "neg"}}) {
    std::vector<Case> values = several;
    llvm::append_range(values, peaked({{}, {.scale = -0.5, .middle = 2}}, 5, n));
    all.push_back({"order", formatv("5 of {0}{1}, {2}", n, largest, function),
                   formatv(R"(sizes [] strides [unit, unit, unit] aliases [-1, -1] {{
    ^bb0(%x: tensor<5x{0}xf32>):
      %a = prim.unary {2} %x : tensor<5x{0}xf32> -> tensor<5x{0}xf32>
      %v, %i = prim.top_k %a{1} : tensor<5x{0}xf32> -> tensor<5x5xf32>, tensor<5x5xi64>
      plan.yield %v, %i : tensor<5x5xf32>, tensor<5x5xi64>
    })",
                           n, largest, function),
                   values});
  }

  std::vector<Case> counted;
  for (auto [n, k] : {std::pair<int64_t, int64_t>{1, 1},
                      {2, 1},
                      {3, 2},
                      {4, 4},
                      {5, 5},
                      {127, 0},
                      {128, 128},
                      {129, 33},
                      {130, 2},
                      {131, 131},
                      {132, 40},
                      {150, 40},
                      {256, 256},
                      {257, 5},
                      {260, 250}})
    for (int64_t top : {0, 9, 2000000000})
      counted.push_back({.sizes = {n, k}, .range = {{0, {-top, top}}}});
  for (llvm::StringRef type : {"i32", "i64"})
    all.push_back({"order", formatv("counted {0}", type),
                   formatv(R"(sizes ["s", "k"] strides [unit, unit, unit] aliases [-1, -1] {{
    ^bb0(%a: tensor<3x?x{0}, #prim.shape<3, "s">>):
      %v, %i = prim.top_k %a largest : tensor<3x?x{0}, #prim.shape<3, "s">> -> tensor<3x?x{0}, #prim.shape<3, "k">>, tensor<3x?xi64, #prim.shape<3, "k">>
      plan.yield %v, %i : tensor<3x?x{0}, #prim.shape<3, "k">>, tensor<3x?xi64, #prim.shape<3, "k">>
    })",
                           type),
                   counted});
}

static void addOrders(std::vector<Workload> &all) {
  std::vector<Case> counts;
  for (int64_t m : {0, 1, 100, 128, 129, 255, 256, 300})
    for (auto [step, of] : {std::pair<int64_t, int64_t>{1, 1}, {1, 2}, {2, 3}, {1, 50}, {49, 50}}) {
      std::vector<int64_t> bits(2 * m);
      int64_t n = 0;
      for (int64_t i = 0; i < 2 * m; ++i)
        n += bits[i] = i * 7 % of < step;
      counts.push_back({.sizes = {m, n}, .given = {{0, bits}}});
    }
  all.push_back({"order", "nonzero", R"(sizes ["m", "n"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<2x?xi1, #prim.shape<2, "m">>):
      %r = prim.nonzero %a : tensor<2x?xi1, #prim.shape<2, "m">> -> tensor<2x?xi64, #prim.shape<2, "n">>
      plan.yield %r : tensor<2x?xi64, #prim.shape<2, "n">>
    })",
                 counts});
  std::vector<Case> grouped;
  for (int64_t rows : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 61})
    for (int64_t step : {1, 3, 7}) {
      std::vector<int64_t> ids(rows);
      for (int64_t i = 0; i < rows; ++i)
        ids[i] = step == 7 ? i / 7 % 40 : i * step * i % 40;
      grouped.push_back(groupRowsCase(ids, 40, 3));
    }
  // The last matrix, and one that does not exist (it counts as the first), at each place.
  for (int64_t place = 0; place < 9; ++place)
    for (int64_t id : {39, 40, -1}) {
      std::vector<int64_t> ids(9);
      for (int64_t i = 0; i < 9; ++i)
        ids[i] = i * 5 % 39;
      ids[place] = id == 39 ? 39 : 0;
      grouped.push_back(groupRowsCase(ids, 40, 3));
      grouped.back().given[0][place] = id;
      grouped.back().faulty = id != 39;
    }
  all.push_back({"order", "rows in groups", groupRowsText(40, 3), grouped});
}

static void addScatters(std::vector<Workload> &all) {
  const std::initializer_list<int64_t> few{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 29};
  all.push_back({"scatter", "running sum", R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x67xi64, #prim.shape<"s", 67>>):
      %r = prim.cumsum %a axis 0 exclusive : tensor<?x67xi64, #prim.shape<"s", 67>>
      plan.yield %r : tensor<?x67xi64, #prim.shape<"s", 67>>
    })",
                 sizes(few)});
  all.push_back({"scatter", "running sum along a row",
                 R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<5x?xi64, #prim.shape<5, "s">>):
      %r = prim.cumsum %a axis 1 : tensor<5x?xi64, #prim.shape<5, "s">>
      plan.yield %r : tensor<5x?xi64, #prim.shape<5, "s">>
    })",
                 sizes({0, 1, 2, 3, 5, 9, 17, 31, 32, 33, 63, 64, 65, 96, 97, 128, 129, 200})});
  std::vector<Case> rows = sizes(few, {{1, {0, 7}}});
  addFaulty(rows, 1, 9, 1, 8, {9});
  all.push_back({"scatter", "rows", R"(sizes ["s"] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<8x67xi64>, %i: tensor<?x1xi64, #prim.shape<"s", 1>>, %u: tensor<?x67xi64, #prim.shape<"s", 67>>):
      %r = prim.scatter_nd set %x, %i, %u axes [0] : tensor<8x67xi64>, tensor<?x1xi64, #prim.shape<"s", 1>>, tensor<?x67xi64, #prim.shape<"s", 67>>
      plan.yield %r : tensor<8x67xi64>
    })",
                 rows});
  std::vector<Case> along = sizes(few, {{1, {0, 8}}});
  addFaulty(along, 1, 9, 66, 9, {9});
  all.push_back({"scatter", "along an axis",
                 R"(sizes ["s"] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<9x70xi32>, %i: tensor<?x66xi64, #prim.shape<"s", 66>>, %u: tensor<?x66xi32, #prim.shape<"s", 66>>):
      %r = prim.scatter_along_axis add %x, %i, %u axis 0 : tensor<9x70xi32>, tensor<?x66xi64, #prim.shape<"s", 66>>, tensor<?x66xi32, #prim.shape<"s", 66>>
      plan.yield %r : tensor<9x70xi32>
    })",
                 along});
}

std::vector<Workload> genericWorkloads() {
  std::vector<Workload> all;
  addMaps(all);
  addNorms(all);
  addReductions(all);
  addTopK(all);
  addOrders(all);
  addScatters(all);
  return all;
}

} // namespace dsc::cuda::test
