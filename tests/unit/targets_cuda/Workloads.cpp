// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cuda/Workloads.h"
#include "llvm/Support/FormatVariadic.h"

namespace dsc::cuda::test {

/// The type of a tensor whose dimensions are numbers or names of sizes.
static std::string tensor(llvm::ArrayRef<std::string> dims, llvm::StringRef type) {
  std::string shapes, list;
  for (const std::string &dim : dims) {
    bool known = llvm::all_of(dim, llvm::isDigit);
    shapes += (known ? dim : "?") + "x";
    list += (list.empty() ? "" : ", ") + (known ? dim : "\"" + dim + "\"");
  }
  bool dynamic = shapes.find('?') != std::string::npos;
  return "tensor<" + shapes + type.str() + (dynamic ? ", #prim.shape<" + list + ">" : "") + ">";
}

static std::string text(int64_t n) { return std::to_string(n); }

static std::string unitStrides(unsigned operands) {
  std::string list = "unit";
  for (unsigned i = 1; i < operands; ++i)
    list += ", unit";
  return list;
}

std::string linearText(const LinearShape &s) {
  std::string rows = s.symbolic ? "m + 9"
                     : s.rows   ? text(s.rows)
                                : "m",
              sizes = s.symbolic ? R"("m", "n", "k")"
                      : s.rows   ? ""
                                 : "\"m\"";
  std::string depth = s.symbolic ? "8*k" : text(s.depth),
              columns = s.symbolic ? "8*n" : text(s.columns);
  if (s.symbolic && s.rows)
    rows = text(s.rows);
  std::string x = tensor({rows, depth}, s.type), y = tensor({rows, columns}, s.type);
  std::string w = s.alongK ? tensor({columns, depth}, s.type) : tensor({depth, columns}, s.type);
  return llvm::formatv(R"(sizes [{0}] strides [unit, unit, unit] aliases [-1] {{
  ^bb0(%x: {1}, %w: {2}):
    %y = prim.dot %x, %w batch [] x [] contract [1] x [{3}] : {1}, {2} -> {4}
    plan.yield %y : {4}
  })",
                       sizes, x, w, s.alongK ? 1 : 0, y);
}

std::string attentionText(const AttentionText &s, llvm::StringRef masking,
                          llvm::StringRef arguments) {
  std::string block = arguments.str(), queries, keys, queryTypes, keyTypes;
  size_t inputs = arguments.count('%');
  for (auto [i, width] : llvm::enumerate(s.parts)) {
    std::string q =
        tensor({text(s.batch), text(s.groups), text(s.heads), s.queries, text(width)}, s.type);
    std::string k = tensor({text(s.batch), text(s.groups), "t", text(width)}, s.type);
    const char *comma = i ? ", " : "";
    block += (block.empty() ? "%q" : ", %q") + text(i) + ": " + q + ", %k" + text(i) + ": " + k;
    queries += comma + ("%q" + text(i)), keys += comma + ("%k" + text(i));
    queryTypes += comma + q, keyTypes += ", " + k;
    inputs += 2;
  }
  std::string v = tensor({text(s.batch), text(s.groups), "t", text(s.value)}, s.type);
  if (!s.absorbed) {
    block += ", %v: " + v;
    ++inputs;
  }
  std::vector<std::string> scores{text(s.batch), text(s.groups), text(s.heads), s.queries, "t"},
      rows(scores.begin(), scores.end() - 1);
  std::string operands =
      "queries(" + queries + ") keys(" + keys + ") values(" + (s.absorbed ? "%k0" : "%v") + ")";
  std::string types = queryTypes + keyTypes + ", " + v;
  if (masking.contains("%mask =")) {
    operands += " mask(%mask)";
    types += ", " + tensor(scores, "i1");
  }
  if (masking.contains("%bias =")) {
    operands += " bias(%bias)";
    types += ", " + tensor(scores, "f32");
  }
  std::string causal = s.causal.empty() ? "" : "causal = #prim.expr<\"" + s.causal + "\">, ";
  if (s.split.empty()) {
    rows.push_back(text(s.value));
    return llvm::formatv(R"(sizes ["s", "t", "c"] strides [{0}] aliases [-1] {{
    ^bb0({1}):
      {2}
      %o = dsc.attention {3} {{{4}scale = 0.3 : f64} : ({5}) -> {6}
      plan.yield %o : {6}
    })",
                         unitStrides(inputs + 1), block, masking, operands, causal, types,
                         tensor(rows, s.type));
  }
  std::string sum = s.type == "f64" ? "f64" : "f32";
  rows.insert(rows.begin(), "-floordiv(-t, " + s.split + ")");
  std::string tops = tensor(rows, sum);
  rows.push_back(text(s.value));
  return llvm::formatv(R"(sizes ["s", "t", "c"] strides [{0}] aliases [-1, -1, -1] {{
    ^bb0({1}):
      {2}
      %o, %m, %l = dsc.attention_parts "{7}" {3} {{{4}scale = 0.3 : f64} : ({5}) -> ({6}, {8}, {8})
      plan.yield %o, %m, %l : {6}, {8}, {8}
    })",
                       unitStrides(inputs + 3), block, masking, operands, causal, types,
                       tensor(rows, sum), s.split, tops);
}

std::string latentText(const LatentText &s) {
  auto t = [&](llvm::ArrayRef<std::string> dims) { return tensor(dims, s.type); };
  std::string b = text(s.batch), h = text(s.heads), q = t({b, h, "s", text(s.nope)}),
              qr = t({b, h, "s", text(s.rope)});
  std::string kr = t({b, "t", text(s.rope)}), c = t({b, "t", text(s.latent)}),
              o = t({b, h, "s", text(s.value)});
  std::string wk = t({h, text(s.nope), text(s.latent)}), wv = t({h, text(s.value), text(s.latent)});
  int both = s.nope + s.value;
  std::string joined = t({text(s.latent), text(s.heads * both)}),
              split = t({text(s.latent), h, text(both)}),
              moved = t({h, text(both), text(s.latent)});
  std::string weights = s.joined ? "%w: " + joined : "%wk: " + wk + ", %wv: " + wv, operations;
  if (s.joined)
    operations = llvm::formatv(R"(%w3 = prim.reshape %w : {0} -> {1}
      %wt = prim.transpose %w3 perm [1, 2, 0] : {1} -> {2}
      %wk = prim.slice %wt starts [0, 0, 0] steps [1, 1, 1] : {2} -> {3}
      %wv = prim.slice %wt starts [0, {5}, 0] steps [1, 1, 1] : {2} -> {4})",
                               joined, split, moved, wk, wv, s.nope);
  std::string causal = s.causal.empty() ? "" : "causal = #prim.expr<\"" + s.causal + "\">, ";
  return llvm::formatv(R"(sizes ["s", "t", "c"] strides [{0}] aliases [-1] {{
    ^bb0(%q: {1}, %qr: {2}, %kr: {3}, %c: {4}, {5}):
      {6}
      %o = dsc.latent_attention query(%q) rope(%qr, %kr) latent(%c) weights(%wk, %wv) {{{7}scale = 0.3 : f64, expanded} : ({1}, {2}, {3}, {4}, {8}, {9}) -> {10}
      plan.yield %o : {10}
    })",
                       unitStrides(s.joined ? 6 : 7), q, qr, kr, c, weights, operations, causal, wk,
                       wv, o);
}

std::string combineText(int64_t heads, int64_t width, llvm::StringRef type) {
  std::string sum = type == "f64" ? "f64" : "f32", h = text(heads), w = text(width);
  std::string sums = tensor({"n", "1", "1", h, "1", w}, sum),
              tops = tensor({"n", "1", "1", h, "1"}, sum);
  return llvm::formatv(R"(sizes ["n"] strides [unit, unit, unit, unit] aliases [-1] {{
    ^bb0(%o: {0}, %m: {1}, %l: {1}):
      %r = dsc.attention_combine %o, %m, %l : {0}, {1}, {1} -> {2}
      plan.yield %r : {2}
    })",
                       sums, tops, tensor({"1", "1", h, "1", w}, type));
}

std::string groupedText(const GroupedText &s) {
  std::string groups = "floordiv(p, " + text(s.most) + ") + min(p, " + text(s.matrices) + ")";
  std::string depth = s.symbolic ? "8*k" : text(s.depth),
              columns = s.symbolic ? "8*n" : text(s.columns);
  std::vector<std::string> matrix =
      s.alongK ? std::vector{columns, depth} : std::vector{depth, columns};
  std::vector<std::string> all{text(s.matrices)}, chosen{"p"};
  llvm::append_range(all, matrix);
  llvm::append_range(chosen, matrix);
  return llvm::formatv(
      R"(sizes [{8}] strides [unit, unit, unit, unit, unit, unit] aliases [-1] {{
  ^bb0(%w: {0}, %i: {1}, %x: {2}, %o: {3}, %g: {4}):
    %c = plan.in_groups %i by %o, %g : {1}, {3}, {4}
    %v = prim.gather_nd %w, %c batch 0 : {0}, {1} -> {5}
    %r = prim.dot %x, %v batch [0] x [0] contract [2] x [{6}] : {2}, {5} -> {7}
    plan.yield %r : {7}
  })",
      tensor(all, s.type), tensor({"p", "1"}, "i64"), tensor({"p", "1", depth}, s.type),
      tensor({"p"}, "i32"), tensor({groups, "2"}, "i32"), tensor(chosen, s.type), s.alongK ? 2 : 1,
      tensor({"p", "1", columns}, s.type), s.symbolic ? R"("p", "n", "k")" : "\"p\"");
}

Case groupedCase(const GroupedText &s, const std::vector<int64_t> &ids) {
  std::vector<int64_t> order, groups;
  for (int64_t matrix = 0; matrix < s.matrices; ++matrix) {
    int64_t begin = order.size();
    for (size_t row = 0; row < ids.size(); ++row)
      if (ids[row] == matrix)
        order.push_back(row);
    for (int64_t first = begin; first < int64_t(order.size()); first += s.most)
      llvm::append_range(
          groups, std::vector<int64_t>{first, std::min<int64_t>(s.most, order.size() - first)});
  }
  int64_t rows = ids.size();
  groups.resize(2 * (rows / s.most + std::min(rows, s.matrices)), 0);
  return {.sizes = {rows},
          .given = {{1, ids}, {3, order}, {4, groups}},
          .absolute = s.type == "f32" ? 2e-5 : 2e-2,
          .relative = s.type == "f32" ? 1e-5 : 8e-3};
}

std::string groupRowsText(int64_t matrices, int64_t most) {
  std::string groups = llvm::formatv(
      "tensor<?x2xi32, #prim.shape<\"floordiv(p, {0}) + min(p, {1})\", 2>>", most, matrices);
  std::string results = llvm::formatv(R"(tensor<?xi32, #prim.shape<"p">>, {0}, tensor<{1}xi32>)",
                                      groups, matrices + 1);
  return llvm::formatv(R"(sizes ["p"] strides [unit, unit, unit, unit] aliases [-1, -1, -1] {{
  ^bb0(%i: tensor<?xi64, #prim.shape<"p">>):
    %o, %g, %e = plan.group_rows %i of {0} most {1} : tensor<?xi64, #prim.shape<"p">> -> {2}
    plan.yield %o, %g, %e : {2}
  })",
                       matrices, most, results);
}

Case groupRowsCase(const std::vector<int64_t> &ids, int64_t matrices, int64_t most) {
  std::vector<int64_t> order, groups, ends{0};
  for (int64_t e = 0; e < matrices; ++e) {
    int64_t begin = order.size();
    for (size_t row = 0; row < ids.size(); ++row)
      if (ids[row] == e)
        order.push_back(row);
    int64_t end = order.size();
    for (int64_t first = begin; first < end; first += most)
      groups.insert(groups.end(), {first, std::min(end - first, most)});
    ends.push_back(end);
  }
  int64_t rows = ids.size();
  groups.resize(2 * (rows / most + std::min(rows, matrices)));
  return {.sizes = {rows}, .given = {{0, ids}}, .wanted = {order, groups, ends}};
}

} // namespace dsc::cuda::test
