// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/ElementTrace.h"
#include "dialects/prim/Numbers.h"
#include <cmath>

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::recognize {

bool Access::dependsOn(Expr index) const {
  return llvm::any_of(at, [&](Expr e) { return usesIndex(e, index.getValue()); });
}

static std::optional<double> compute(UnaryKind kind, double x) {
  switch (kind) {
  case UnaryKind::Neg:
    return -x;
  case UnaryKind::Sqrt:
    return std::sqrt(x);
  case UnaryKind::Reciprocal:
    return 1 / x;
  default:
    return std::nullopt;
  }
}

static std::optional<double> compute(BinaryKind kind, double x, double y) {
  switch (kind) {
  case BinaryKind::Add:
    return x + y;
  case BinaryKind::Sub:
    return x - y;
  case BinaryKind::Mul:
    return x * y;
  case BinaryKind::Div:
    return x / y;
  case BinaryKind::Pow:
    return std::pow(x, y);
  default:
    return std::nullopt;
  }
}

std::optional<double> splatValue(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto c = dyn_cast<ConstantOp>(op))
    return getSplatNumber(c);
  if (auto e = dyn_cast<IndexExprOp>(op)) {
    auto number = asConstant(e.getExpr());
    return number ? std::optional(double(*number)) : std::nullopt;
  }
  if (isa<BroadcastOp, ReshapeOp, ConvertOp, TransposeOp, SliceOp>(op))
    return splatValue(op->getOperand(0));
  if (!isa<FloatType>(elementType(value)))
    return std::nullopt;
  if (auto unary = dyn_cast<UnaryOp>(op)) {
    auto x = splatValue(unary.getOperand());
    return x ? compute(unary.getKind(), *x) : std::nullopt;
  }
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    auto x = splatValue(binary.getLhs());
    auto y = x ? splatValue(binary.getRhs()) : std::nullopt;
    return y ? compute(binary.getKind(), *x, *y) : std::nullopt;
  }
  return std::nullopt;
}

bool isConstantTree(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (isa<ConstantOp>(op))
    return true;
  return isa<BroadcastOp, ReshapeOp, ConvertOp, TransposeOp, SliceOp, ConcatOp>(op) && llvm::all_of(op->getOperands(), isConstantTree);
}

Expr ElementTrace::newIndex(Expr extent) {
  extents.push_back(extent);
  return index(context, extents.size() - 1);
}

Access ElementTrace::substitute(Access access, Expr index, Expr by) const {
  for (Expr &e : access.at)
    e = simplify(prim::substitute(e, [&](Expr leaf) { return leaf == index ? std::optional(by) : std::nullopt; }));
  return access;
}

/// The operand of a concatenation in which the position lies for all values of the indices, made relative to it.
static std::optional<unsigned> decideOperand(ConcatOp op, Expr &position, ArrayRef<Expr> extents) {
  Expr begin = constant(op.getContext(), 0);
  for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
    Expr end = begin + getDim(operand.getType(), op.getAxis());
    if (provablyNonNegative(position - begin, extents) && provablyNonNegative(end - 1 - position, extents)) {
      position = position - begin;
      return i;
    }
    begin = end;
  }
  return std::nullopt;
}

/// One operation towards the origin; false when there is none that only moves or scales elements.
bool ElementTrace::step(Access &access) const {
  Operation *op = access.def();
  if (!op)
    return false;
  if (auto from = layoutIndices(op, access.at, extents)) {
    access.at = *from;
  } else if (auto concat = dyn_cast<ConcatOp>(op)) {
    auto chosen = decideOperand(concat, access.at[concat.getAxis()], extents);
    if (!chosen)
      return false;
    access.tensor = concat.getOperands()[*chosen];
    return true;
  } else if (auto binary = dyn_cast<BinaryOp>(op)) {
    bool divides = binary.getKind() == BinaryKind::Div;
    if ((!divides && binary.getKind() != BinaryKind::Mul) || !isa<FloatType>(elementType(access.tensor)))
      return false;
    auto right = splatValue(binary.getRhs()), left = divides ? std::nullopt : splatValue(binary.getLhs());
    if (!right && !left)
      return false;
    access.factor = divides ? access.factor / *right : access.factor * (right ? *right : *left);
    access.tensor = right ? binary.getLhs() : binary.getRhs();
    return true;
  } else if (auto convert = dyn_cast<ConvertOp>(op)) {
    if (!isa<FloatType>(elementType(convert.getOperand())) || !isa<FloatType>(elementType(access.tensor)))
      return false;
  } else {
    return false;
  }
  access.tensor = op->getOperand(0);
  return true;
}

Access ElementTrace::trace(Access access) const {
  while (step(access)) {
  }
  return access;
}

SmallVector<ElementTrace::Part, 4> ElementTrace::split(const Access &from, Expr along, llvm::function_ref<bool(const Access &)> isWhole) {
  int64_t extent = *asConstant(extentOf(along));
  Access access = trace(from);
  auto concat = isWhole(access) ? ConcatOp() : access.def<ConcatOp>();
  Expr offset = concat ? access.at[concat.getAxis()] - along : Expr();
  auto shift = concat ? asConstant(offset) : std::nullopt;
  if (!shift)
    return {{0, extent, along, from, access}};
  SmallVector<Part, 4> parts;
  int64_t begin = 0;
  for (Value operand : concat.getOperands()) {
    auto size = asConstant(getDim(operand.getType(), concat.getAxis()));
    if (!size)
      return {{0, extent, along, from, access}};
    int64_t lower = std::max<int64_t>(begin - *shift, 0), upper = std::min(begin + *size - *shift, extent);
    begin += *size;
    if (lower >= upper)
      continue;
    Expr inner = newIndex(constant(context, upper - lower));
    for (Part &part : split(substitute(access, along, inner + lower), inner, isWhole)) {
      part.start += lower;
      parts.push_back(part);
    }
  }
  return parts;
}

// ---- Back to a tensor --------------------------------------------------------------------------------

namespace {

/// stride * index, within a position.
struct Term {
  Expr index, stride;
};

/// position = sum of terms + offset; none when it is no such sum.
std::optional<Expr> parseAffine(Expr position, SmallVectorImpl<Term> &terms) {
  MLIRContext *context = position.getContext();
  Expr offset = constant(context, 0);
  SmallVector<Expr> summands;
  if (position.getKind() == ExprKind::Sum) {
    offset = offset + position.getValue();
    for (Attribute operand : position.getOperands())
      summands.push_back(cast<ExprAttr>(operand));
  } else {
    summands.push_back(position);
  }
  for (Expr summand : summands) {
    if (!usesIndex(summand)) {
      offset = offset + summand;
      continue;
    }
    Expr found, stride = constant(context, 1);
    if (summand.getKind() == ExprKind::Index) {
      found = summand;
    } else if (summand.getKind() == ExprKind::Product) {
      stride = stride * summand.getValue();
      for (Attribute operand : summand.getOperands()) {
        auto factor = cast<ExprAttr>(operand);
        if (factor.getKind() == ExprKind::Index && !found)
          found = factor;
        else if (usesIndex(factor))
          return std::nullopt;
        else
          stride = stride * factor;
      }
    }
    if (!found)
      return std::nullopt;
    terms.push_back({found, stride});
  }
  return offset;
}

/// One dimension of the tensor after cutting: a range of an index, or one position.
struct Cut {
  Expr size, start;
  int64_t step = 1;
  Expr index; // null: one position
};

/// Cuts a dimension of `size` at `offset` + terms into nested dimensions. Strides descend, each a multiple of the next one's extent.
bool cutDimension(Expr size, Expr offset, SmallVector<Term> terms, const ElementTrace &trace, SmallVectorImpl<Cut> &cuts) {
  MLIRContext *context = size.getContext();
  llvm::sort(terms, [](const Term &a, const Term &b) {
    auto x = asConstant(a.stride), y = asConstant(b.stride);
    if (x && y)
      return *x > *y;
    return !x && y; // a symbolic stride is the outer one
  });
  for (size_t i = 0; i + 1 < terms.size(); ++i) {
    Expr stride = terms[i].stride, count;
    if (auto s = asConstant(stride), n = asConstant(size); s && n) {
      if (*n % *s != 0)
        return false;
      count = constant(context, *n / *s);
    } else if (size == trace.extentOf(terms[i].index) * stride) {
      count = trace.extentOf(terms[i].index);
    } else {
      return false;
    }
    auto shift = asConstant(offset);
    Expr start = constant(context, 0);
    if (auto s = asConstant(stride); s && shift) {
      start = constant(context, *shift / *s);
      offset = constant(context, *shift % *s);
    } else if (!shift || *shift != 0) {
      return false;
    }
    cuts.push_back({count, start, 1, terms[i].index});
    size = stride;
  }
  if (terms.empty()) {
    cuts.push_back({size, offset, 1, Expr()});
    return true;
  }
  auto step = asConstant(terms.back().stride);
  if (!step || *step <= 0)
    return false;
  cuts.push_back({size, offset, *step, terms.back().index});
  return true;
}

} // namespace

Value ElementTrace::materialize(PrimBuilder &build, const Access &access, ArrayRef<Expr> indices) const {
  SmallVector<Cut> cuts;
  for (auto [dim, position] : llvm::zip_equal(getDims(access.tensor), access.at)) {
    SmallVector<Term> terms;
    auto offset = parseAffine(position, terms);
    if (!offset || !cutDimension(dim, *offset, terms, *this, cuts))
      return nullptr;
  }
  Indices dims, starts, counts, kept;
  SmallVector<int64_t> steps, order;
  SmallVector<Expr> present;
  for (const Cut &cut : cuts) {
    Expr count = cut.index ? extentOf(cut.index) : build.size(1);
    if (!provablyNonNegative(cut.size - 1 - cut.start - (count - 1) * cut.step))
      if (cut.size != count || !isConstant(cut.start, 0) || cut.step != 1)
        return nullptr;
    dims.push_back(cut.size);
    starts.push_back(cut.start);
    steps.push_back(cut.step);
    counts.push_back(count);
    if (!cut.index)
      continue;
    if (llvm::is_contained(present, cut.index) || !llvm::is_contained(indices, cut.index))
      return nullptr;
    present.push_back(cut.index);
    kept.push_back(count);
  }
  Value value = build.reshape(access.tensor, dims);
  bool whole = llvm::all_of(llvm::seq<size_t>(0, dims.size()),
                            [&](size_t i) { return dims[i] == counts[i] && isConstant(starts[i], 0) && steps[i] == 1; });
  if (!whole)
    value = build.slice(value, starts, steps, counts);
  value = build.reshape(value, kept);
  SmallVector<int64_t> perm, axes;
  Indices result;
  for (auto [axis, index] : llvm::enumerate(indices)) {
    result.push_back(extentOf(index));
    const auto *at = llvm::find(present, index);
    if (at == present.end())
      continue;
    perm.push_back(at - present.begin());
    axes.push_back(axis);
  }
  value = build.transpose(value, perm);
  if (axes.size() == indices.size())
    return value;
  bool onlyUnits = llvm::all_of(llvm::seq<size_t>(0, indices.size()),
                                [&](size_t i) { return llvm::is_contained(axes, int64_t(i)) || isConstant(result[i], 1); });
  return onlyUnits ? build.reshape(value, result) : build.broadcast(value, axes, result);
}

Value ElementTrace::materializeNearOrigin(PrimBuilder &build, Access &access, ArrayRef<Expr> indices) const {
  SmallVector<Access> path{access};
  for (Access next = access; step(next);)
    path.push_back(next);
  for (const Access &candidate : llvm::reverse(path))
    if (Value value = materialize(build, candidate, indices)) {
      access = candidate;
      return value;
    }
  return nullptr;
}

} // namespace dsc::recognize
