// SPDX-License-Identifier: Apache-2.0
// Integer expressions as C++.
#include "compiler/targets/cuda/KernelSource.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;

namespace dsc::cuda {

Expr KernelSource::newIndex(Expr extent) {
  ranges.push_back(extent);
  return index(kernel.getContext(), ranges.size() - 1);
}

void KernelSource::bind(Expr leaf, StringRef name) {
  assert(!leaves.count(leaf) && "an index that is bound already");
  leaves[leaf] = name.str();
  if (scopeOf(name) == root)
    own(name);
}

Expr KernelSource::boundIndex(Expr extent, StringRef name) {
  Expr e = newIndex(extent);
  bind(e, name);
  return e;
}

static Expr operandOf(Expr e, unsigned i) { return llvm::cast<ExprAttr>(e.getOperands()[i]); }

/// The largest size of `e` and of all that is computed on the way, when it is below 2^31.
std::optional<int64_t> KernelSource::magnitude(Expr e) {
  // Room for the threads of the last block that have no element.
  constexpr int64_t limit = (int64_t(1) << 31) - (1 << 16);
  auto small = [](int64_t value) { return value < limit ? std::optional(value) : std::nullopt; };
  switch (e.getKind()) {
  case ExprKind::Constant:
    return e.getValue() > -limit ? small(std::abs(e.getValue())) : std::nullopt;
  case ExprKind::Index: {
    auto extent = size_t(e.getValue()) < ranges.size() ? asConstant(ranges[e.getValue()]) : std::nullopt;
    return extent ? small(std::max<int64_t>(*extent - 1, 0)) : std::nullopt;
  }
  case ExprKind::Symbol: {
    auto it = largest.find(e);
    return it == largest.end() ? std::nullopt : small(it->second);
  }
  case ExprKind::NonNegative:
  case ExprKind::IsZero:
    return 1;
  case ExprKind::FloorDiv: {
    // Rounding towards minus infinity: -1 / 8 is -1.
    auto a = magnitude(operandOf(e, 0));
    return a ? small(*a + 1) : std::nullopt;
  }
  case ExprKind::Mod: {
    auto divisor = asConstant(operandOf(e, 1));
    return divisor && *divisor > 0 ? small(*divisor) : std::nullopt;
  }
  case ExprKind::Sum: {
    if (e.getValue() <= -limit || e.getValue() >= limit)
      return std::nullopt;
    int64_t sum = std::abs(e.getValue());
    for (Attribute operand : e.getOperands()) {
      auto term = magnitude(llvm::cast<ExprAttr>(operand));
      if (!term || (sum += *term) >= limit)
        return std::nullopt;
    }
    return sum;
  }
  case ExprKind::Product: {
    if (e.getValue() <= -limit || e.getValue() >= limit)
      return std::nullopt;
    int64_t product = std::abs(e.getValue());
    for (Attribute operand : e.getOperands()) {
      auto factor = magnitude(llvm::cast<ExprAttr>(operand));
      if (!factor)
        return std::nullopt;
      product = std::max<int64_t>(product, 1) * std::max<int64_t>(*factor, 1);
      if (product >= limit)
        return std::nullopt;
    }
    return product;
  }
  case ExprKind::Min:
  case ExprKind::Max:
  case ExprKind::Select: {
    int64_t result = 0;
    for (Attribute operand : e.getOperands().drop_front(e.getKind() == ExprKind::Select ? 1 : 0)) {
      auto value = magnitude(llvm::cast<ExprAttr>(operand));
      if (!value)
        return std::nullopt;
      result = std::max(result, *value);
    }
    return result;
  }
  }
  llvm_unreachable("unknown expression kind");
}

std::string KernelSource::emit(Expr e) { return indexOperand(e).text; }

KernelSource::IndexText KernelSource::indexOperand(Expr e) {
  IndexText result = indexText(e);
  if (result.atom)
    return result;
  result.text = defineOnce(result.scope, indexType(e), "at", result.text);
  result.atom = true;
  expressions[e] = result.text;
  return result;
}

KernelSource::IndexText KernelSource::indexText(Expr e) {
  bool isInt = isSmall(e);
  if (auto it = expressions.find(e); it != expressions.end() && isOpen(it->second))
    return {it->second, true, isInt, scopeOf(it->second)};
  auto operand = [&](unsigned i) { return operandOf(e, i); };
  switch (e.getKind()) {
  case ExprKind::Symbol:
  case ExprKind::Index: {
    auto it = leaves.find(e);
    assert(it != leaves.end() && "an index or size without a variable");
    return {it->second, true, isInt, scopeOf(it->second)};
  }
  case ExprKind::Constant: {
    std::string text = std::to_string(e.getValue());
    if (!isInt)
      text = e.getValue() == INT64_MIN ? "(-9223372036854775807LL - 1)" : text + "LL";
    return {e.getValue() < 0 ? "(" + text + ")" : text, true, isInt, root};
  }
  case ExprKind::Sum:
    return sumText(e);
  case ExprKind::Product:
    return productText(e);
  case ExprKind::FloorDiv:
  case ExprKind::Mod:
    return quotientText(e);
  case ExprKind::Min:
  case ExprKind::Max: {
    IndexText a = indexOperand(operand(0)), b = indexOperand(operand(1));
    StringRef sign = e.getKind() == ExprKind::Min ? " < " : " > ";
    return {(a.text + sign + b.text + " ? " + a.text + " : " + b.text).str(), false, isInt, deeper(a.scope, b.scope)};
  }
  case ExprKind::NonNegative:
  case ExprKind::IsZero: {
    std::string text = emitTruth(e);
    Scope *scope = root;
    walkLeaves(e, [&](Expr leaf) { scope = deeper(scope, scopeOf(leaves[leaf])); });
    return {text + " ? 1 : 0", false, true, scope};
  }
  case ExprKind::Select: {
    IndexText c = indexOperand(operand(0)), a = indexOperand(operand(1)), b = indexOperand(operand(2));
    return {c.text + " != 0 ? " + a.text + " : " + b.text, false, isInt, deeper(c.scope, deeper(a.scope, b.scope))};
  }
  }
  llvm_unreachable("unknown expression kind");
}

/// What is known further out first, so that it is computed there.
static SmallVector<Expr> outermostFirst(Expr e, llvm::function_ref<int(Expr)> depth) {
  SmallVector<Expr> terms;
  for (Attribute operand : e.getOperands())
    terms.push_back(llvm::cast<ExprAttr>(operand));
  // Insertion keeps the order of equals: the text must not depend on the sort's whims.
  for (size_t i = 1; i < terms.size(); ++i)
    for (size_t j = i; j > 0 && depth(terms[j]) < depth(terms[j - 1]); --j)
      std::swap(terms[j], terms[j - 1]);
  return terms;
}

KernelSource::IndexText KernelSource::sumText(Expr e) {
  auto depthOf = [&](Expr term) {
    int depth = 0;
    walkLeaves(term, [&](Expr leaf) { depth = std::max(depth, scopeOf(leaves[leaf])->depth); });
    return depth;
  };
  bool isInt = isSmall(e);
  IndexText sum{"", true, isInt, root};
  for (Expr term : outermostFirst(e, depthOf)) {
    bool negative = term.getKind() == ExprKind::Product && term.getValue() < 0;
    Expr positive = negative ? -term : term;
    IndexText next = positive.getKind() == ExprKind::Product ? indexText(positive) : indexOperand(positive);
    if (!next.atom && next.scope->depth < current->depth) {
      next.text = defineOnce(next.scope, next.isInt ? "int" : "long long", "at", next.text);
      next.atom = true;
      expressions[positive] = next.text;
    }
    if (sum.text.empty()) {
      sum.text = (!isInt && next.isInt ? "(long long)" : "") + (next.atom || isInt ? next.text : "(" + next.text + ")");
      if (negative)
        sum.text = next.atom || !isInt ? "-" + sum.text : "-(" + sum.text + ")";
      sum.atom = next.atom && !negative && (isInt || !next.isInt);
      sum.scope = next.scope;
      continue;
    }
    // The part of outer scopes is a variable there.
    if (!sum.atom && sum.scope->depth < next.scope->depth)
      sum.text = defineOnce(sum.scope, isInt ? "int" : "long long", "at", sum.text);
    bool product = term.getKind() == ExprKind::Product || next.atom;
    sum.text += (negative ? " - " : " + ") + (product ? next.text : "(" + next.text + ")");
    sum.atom = false;
    sum.scope = deeper(sum.scope, next.scope);
  }
  if (int64_t value = e.getValue()) {
    Expr size = constant(value < 0 && value != INT64_MIN ? -value : value);
    bool minus = value < 0 && value != INT64_MIN;
    sum.text += (minus ? " - " : " + ") + indexText(size).text;
    sum.atom = false;
  }
  return sum;
}

KernelSource::IndexText KernelSource::productText(Expr e) {
  bool isInt = isSmall(e);
  IndexText product{"", false, isInt, root};
  SmallVector<IndexText> factors;
  for (Attribute operand : e.getOperands())
    factors.push_back(indexOperand(llvm::cast<ExprAttr>(operand)));
  if (e.getValue() != 1)
    factors.push_back(indexText(constant(e.getValue())));
  for (const IndexText &factor : factors) {
    if (product.text.empty())
      product.text = (!isInt && factor.isInt ? "(long long)" : "") + factor.text;
    else
      product.text += " * " + factor.text;
    product.scope = deeper(product.scope, factor.scope);
  }
  return product;
}

KernelSource::IndexText KernelSource::quotientText(Expr e) {
  bool isQuotient = e.getKind() == ExprKind::FloorDiv;
  Expr dividend = operandOf(e, 0), divisor = operandOf(e, 1);
  IndexText x = indexOperand(dividend), y = indexOperand(divisor);
  Scope *scope = deeper(x.scope, y.scope);
  bool natural = provablyNonNegative(dividend, ranges) && provablyNonNegative(divisor, ranges);
  std::string text;
  if (!natural) {
    prelude("floor_division");
    text = (isQuotient ? "floor_quotient(" : "floor_remainder(") + x.text + ", " + y.text + ")";
  } else {
    // Without signs: no corrections for negative numbers.
    bool mayBeZero = !provablyNonNegative(divisor - 1, ranges), small = x.isInt && y.isInt;
    StringRef type = small ? "unsigned" : "unsigned long long";
    std::string by = asConstant(divisor) ? std::to_string(*asConstant(divisor)) + (small ? "u" : "ull")
                     : mayBeZero         ? ("(" + type + ")(" + y.text + " == 0 ? 1 : " + y.text + ")").str()
                                         : ("(" + type + ")" + y.text).str();
    text = ("(" + type + ")" + x.text).str() + (isQuotient ? " / " : " % ") + by;
  }
  std::string name = defineOnce(scope, indexType(e), isQuotient ? "quotient" : "remainder", text);
  expressions[e] = name;
  return {name, true, isSmall(e), scope};
}

/// "b <= a" for a - b >= 0.
std::string KernelSource::comparison(Expr difference) {
  if (difference.getKind() != ExprKind::Sum)
    return emit(difference) + " >= 0";
  Expr left = constant(0), right = constant(0);
  for (Attribute operand : difference.getOperands()) {
    auto term = llvm::cast<ExprAttr>(operand);
    bool negative = term.getKind() == ExprKind::Product && term.getValue() < 0;
    (negative ? left : right) = negative ? left - term : right + term;
  }
  int64_t value = difference.getValue();
  if (value == -1)
    return emit(left) + " < " + emit(right);
  if (isConstant(left, 0) || isConstant(right, 0))
    // i - 3 >= 0 is 3 <= i; 7 - i >= 0 is i <= 7.
    return isConstant(left, 0) ? emit(right) + " >= " + emit(constant(-value)) : emit(left) + " <= " + emit(right + value);
  return emit(left) + " <= " + emit(right + value);
}

std::string KernelSource::emitTruth(Expr condition) {
  switch (condition.getKind()) {
  case ExprKind::NonNegative:
    return comparison(operandOf(condition, 0));
  case ExprKind::IsZero:
    return emit(operandOf(condition, 0)) + " == 0";
  case ExprKind::Product: {
    if (condition.getValue() != 1)
      break;
    std::string text;
    for (Attribute operand : condition.getOperands()) {
      std::string part = emitTruth(llvm::cast<ExprAttr>(operand));
      text += (text.empty() ? "" : " && ") + (part.find("||") == std::string::npos ? part : "(" + part + ")");
    }
    return text;
  }
  default:
    break;
  }
  return emit(condition) + " != 0";
}

/// Loops of a group of threads with fewer rounds are not unrolled.
constexpr int64_t mostShortRounds = 8;
/// So many rounds are unrolled where all threads have all of them.
constexpr int64_t mostWholeRounds = 4;

// ---- Loops ----------------------------------------------------------------------------------------------

unsigned KernelSource::sharedWidth(ArrayRef<Expr> dims, unsigned bytes, unsigned threads) {
  if (dims.empty())
    return 1;
  auto count = asConstant(product(dims.back().getContext(), dims));
  unsigned widest = 1;
  for (unsigned w = 16 / std::max(2u, bytes); w; w /= 2) {
    if (!isConstant(mod(dims.back(), prim::constant(dims.back().getContext(), w)), 0) || (count && *count / w < threads))
      continue;
    widest = std::max(widest, w);
    if (count && *count % (w * threads) == 0 && *count <= mostWholeRounds * w * threads)
      return w;
  }
  return widest;
}

void KernelSource::overIndex(Expr extent, llvm::function_ref<void(Expr)> body) {
  if (isConstant(extent, 1)) {
    body(constant(0));
    return;
  }
  overIndex(extent, "0", "1", body);
}

void KernelSource::overIndex(Expr extent, const Twine &first, const Twine &step, llvm::function_ref<void(Expr)> body) {
  std::string i = fresh("i"), limit = emit(extent), by = step.str();
  Expr position = newIndex(extent);
  bool isInt = isSmall(position) && (magnitude(extent).value_or(0) < (1 << 30));
  std::string next = by == "1" ? "++" + i : i + " += " + by;
  // Unrolled, a loop of few rounds would be code that no thread ever runs; but where all threads have all rounds.
  int64_t stride = 0;
  auto count = asConstant(extent);
  bool isShort = by != "1" && count && !StringRef(by).getAsInteger(10, stride) && *count < mostShortRounds * stride;
  if (isShort && group.threads == stride && group.lane == first.str() && *count % stride == 0 && *count <= mostWholeRounds * stride) {
    std::string round = fresh("round");
    Scope *scope = open("#pragma unroll\nfor (int " + Twine(round) + " = 0; " + round + " < " + Twine(*count / stride) + "; ++" + round + ")");
    bind(position, define(current, "int", "i", group.lane + " + " + round + " * " + by));
    Rounds outer = std::exchange(rounds, {position, scope, round, *count / stride});
    body(position);
    rounds = std::move(outer);
    return close();
  }
  open((isShort ? "#pragma unroll 1\n" : "") + Twine("for (") + Twine(isInt ? "int " : "long long ") + i + " = " + first + "; " + i + " < " + limit + "; " + next + ")");
  bind(position, i);
  body(position);
  close();
}

} // namespace dsc::cuda
