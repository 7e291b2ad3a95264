// SPDX-License-Identifier: Apache-2.0
// Einsum: any number of operands, repeated labels (diagonals), sums, ellipsis, broadcasting of size-one dimensions.
//
// The operands are contracted from left to right. A label stands for a letter, or, from firstEllipsis on, for a dimension
// under the ellipsis counted from its right end, so that shorter ellipses align as broadcasting wants.
#include "passes/onnx_to_prim/Linear.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

constexpr int firstEllipsis = 256;
using Labels = SmallVector<int>;

struct Term {
  Value value;
  Labels labels;

  std::optional<int64_t> find(int label) const {
    auto it = llvm::find(labels, label);
    return it == labels.end() ? std::nullopt : std::optional<int64_t>(it - labels.begin());
  }
  bool has(int label) const { return find(label).has_value(); }
};

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// One side of the equation as written: letters, and -1 for the ellipsis.
FailureOr<Labels> parseLabels(Node &node, StringRef text) {
  Labels labels;
  while (!text.empty()) {
    if (text.consume_front("...")) {
      if (llvm::is_contained(labels, -1))
        return node.error() << "two ellipses in one term of the equation";
      labels.push_back(-1);
      continue;
    }
    if (!isLetter(text.front()))
      return node.error() << "unexpected '" << text.take_front() << "' in the equation";
    labels.push_back(text.front());
    text = text.drop_front();
  }
  return labels;
}

/// Replaces -1 by the labels of `count` dimensions.
Labels expandEllipsis(const Labels &written, int64_t count) {
  Labels labels;
  for (int label : written) {
    if (label != -1)
      labels.push_back(label);
    else
      for (int64_t k = count; k > 0; --k)
        labels.push_back(firstEllipsis + k - 1);
  }
  return labels;
}

class Einsum {
public:
  Einsum(Node &node, Lowering &l) : node(node), l(l) {}

  LogicalResult lower() {
    if (failed(parse()) || failed(unifySizes()))
      return failure();
    for (Term &term : terms)
      takeDiagonals(term);
    Term result = terms.front();
    for (auto [i, term] : llvm::enumerate(llvm::drop_begin(terms))) {
      llvm::SmallSetVector<int, 8> needed(output.begin(), output.end());
      for (const Term &later : llvm::drop_begin(terms, i + 2))
        needed.insert(later.labels.begin(), later.labels.end());
      result = contract(result, term, needed);
    }
    sumOut(result, [&](int label) { return llvm::is_contained(output, label); });
    node.setResult(0, arrange(result, output));
    return success();
  }

private:
  LogicalResult parse() {
    std::string equation;
    for (char c : node.getString("equation", ""))
      if (!isBlank(c))
        equation.push_back(c);
    auto [inputs, result] = StringRef(equation).split("->");
    bool isExplicit = StringRef(equation).contains("->");
    SmallVector<StringRef> texts;
    inputs.split(texts, ',');
    if (texts.size() != node.getNumInputs())
      return node.error() << "the equation has " << texts.size() << " terms for " << node.getNumInputs() << " inputs";

    int64_t longest = 0;
    for (auto [i, text] : llvm::enumerate(texts)) {
      FailureOr<Labels> written = parseLabels(node, text);
      if (failed(written))
        return failure();
      Value value = node.getInput(i);
      bool hasEllipsis = llvm::is_contained(*written, -1);
      int64_t rest = rank(value) - int64_t(written->size()) + hasEllipsis;
      if (hasEllipsis ? rest < 0 : rest != 0)
        return node.error() << "input " << i << " of rank " << rank(value) << " does not fit the term '" << text << "'";
      longest = std::max(longest, hasEllipsis ? rest : 0);
      terms.push_back({value, expandEllipsis(*written, rest)});
    }
    if (!isExplicit) {
      implicitOutput(longest);
      return success();
    }
    FailureOr<Labels> written = parseLabels(node, result);
    if (failed(written))
      return failure();
    output = expandEllipsis(*written, longest);
    for (auto [i, label] : llvm::enumerate(output)) {
      if (llvm::is_contained(ArrayRef(output).drop_front(i + 1), label))
        return node.error() << "the result of the equation repeats a label";
      if (llvm::none_of(terms, [&](const Term &term) { return term.has(label); }))
        return node.error() << "the result of the equation has a label that no input has";
    }
    return success();
  }

  /// The ellipsis, then the letters that occur once, in alphabetical order.
  void implicitOutput(int64_t ellipsis) {
    output = expandEllipsis({-1}, ellipsis);
    for (int letter = 0; letter < firstEllipsis; ++letter) {
      unsigned occurrences = 0;
      for (const Term &term : terms)
        occurrences += llvm::count(term.labels, letter);
      if (occurrences == 1)
        output.push_back(letter);
    }
  }

  /// Makes the sizes of each label equal and drops size-one dimensions that stand for larger ones.
  LogicalResult unifySizes() {
    llvm::MapVector<int, Expr> sizes;
    for (const Term &term : terms)
      for (auto [i, label] : llvm::enumerate(term.labels)) {
        Expr dim = getDim(term.value.getType(), i);
        auto [it, isNew] = sizes.insert({label, dim});
        if (isNew || isConstant(dim, 1))
          continue;
        Expr known = l.current(it->second);
        if (isConstant(known, 1)) {
          it->second = dim;
          continue;
        }
        FailureOr<Expr> unified = l.unify(node, known, dim, "sizes of one label");
        if (failed(unified))
          return failure();
        it->second = *unified;
      }
    for (Term &term : terms) {
      Dims dims;
      Labels labels;
      for (auto [dim, label] : llvm::zip(getDims(term.value), term.labels)) {
        Expr size = l.current(sizes[label]);
        if (isConstant(dim, 1) && !isConstant(size, 1))
          continue;
        dims.push_back(size);
        labels.push_back(label);
      }
      term = {l.castTo(term.value, dims), labels};
    }
    return success();
  }

  /// x[i, i] as the sum over j of (i == j ? x[i, j] : 0).
  void takeDiagonals(Term &term) {
    for (size_t i = 0; i < term.labels.size(); ++i)
      for (size_t j = term.labels.size() - 1; j > i; --j) {
        if (term.labels[i] != term.labels[j])
          continue;
        Value x = term.value;
        Dims dims = getDims(x);
        Expr onDiagonal = equal(index(l.getContext(), i), index(l.getContext(), j));
        Value zeros = l.splatInt(0, dims, elementType(x));
        x = l.select(l.indexExpr(onDiagonal, dims, l.i1()), x, zeros);
        term.value = l.reduce(ReduceKind::Sum, x, {int64_t(j)}, /*keepDims=*/false);
        term.labels.erase(term.labels.begin() + j);
      }
  }

  /// Sums over the labels that nothing needs.
  void sumOut(Term &term, llvm::function_ref<bool(int)> isNeeded) {
    SmallVector<int64_t> axes;
    Labels kept;
    for (auto [i, label] : llvm::enumerate(term.labels)) {
      if (isNeeded(label))
        kept.push_back(label);
      else
        axes.push_back(i);
    }
    term = {l.reduce(ReduceKind::Sum, term.value, axes, /*keepDims=*/false), kept};
  }

  Value arrange(const Term &term, ArrayRef<int> order) {
    SmallVector<int64_t> perm;
    for (int label : order)
      perm.push_back(*term.find(label));
    return l.transpose(term.value, perm);
  }

  /// The product of two terms, summed over the labels that are in both and not needed any more.
  Term contract(Term a, Term b, const llvm::SmallSetVector<int, 8> &needed) {
    sumOut(a, [&](int label) { return b.has(label) || needed.contains(label); });
    sumOut(b, [&](int label) { return a.has(label) || needed.contains(label); });
    Labels batch, contracted, freeA, freeB;
    for (int label : a.labels)
      (!b.has(label) ? freeA : needed.contains(label) ? batch : contracted).push_back(label);
    for (int label : b.labels)
      if (!a.has(label))
        freeB.push_back(label);

    Term result;
    for (const Labels *part : {&batch, &freeA, &freeB})
      result.labels.append(part->begin(), part->end());
    if (contracted.empty()) {
      result.value = product(a, b, batch, freeA, freeB);
      return result;
    }
    auto axes = [](const Term &term, const Labels &labels) {
      return llvm::map_to_vector(labels, [&](int label) { return *term.find(label); });
    };
    result.value =
        l.dot(a.value, b.value, axes(a, batch), axes(b, batch), axes(a, contracted), axes(b, contracted));
    return result;
  }

  /// The elementwise product, dimensions in the order batch, a's own, b's own.
  Value product(const Term &a, const Term &b, const Labels &batch, const Labels &freeA, const Labels &freeB) {
    auto joined = [](const Labels &x, const Labels &y) {
      Labels result = x;
      result.append(y.begin(), y.end());
      return result;
    };
    Value left = arrange(a, joined(batch, freeA)), right = arrange(b, joined(batch, freeB));
    Dims dims = getDims(left), rightDims = getDims(right);
    dims.append(rightDims.begin() + batch.size(), rightDims.end());
    auto leftAxes = llvm::to_vector(llvm::seq<int64_t>(0, rank(left)));
    auto rightAxes = llvm::to_vector(llvm::seq<int64_t>(0, batch.size()));
    llvm::append_range(rightAxes, llvm::seq<int64_t>(rank(left), dims.size()));
    return l.binary(BinaryKind::Mul, l.broadcastInDim(left, leftAxes, dims), l.broadcastInDim(right, rightAxes, dims));
  }

  Node &node;
  Lowering &l;
  SmallVector<Term> terms;
  Labels output;
};

LogicalResult lowerEinsum(Node &node, Lowering &l) {
  unsigned count = node.getNumInputs();
  if (!count)
    return node.error() << "needs an input";
  if (failed(expectInputs(node, count)) || failed(expectNumber(node, 0)))
    return failure();
  Values values;
  for (unsigned i = 0; i < count; ++i)
    values.push_back(node.getInput(i));
  if (failed(expectSameElementType(node, values)))
    return failure();
  return Einsum(node, l).lower();
}

} // namespace

void registerEinsum(Registry &r) { r.add("Einsum", 12, lowerEinsum); }

} // namespace dsc::onnx_to_prim
