// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/Elements.h"
#include "passes/prim/IntegerArithmetic.h"
#include <cmath>

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::recognize {

static std::pair<void *, std::vector<void *>> keyOf(Value value, ArrayRef<Expr> at) {
  std::vector<void *> position;
  for (Expr e : at)
    position.push_back(const_cast<void *>(e.getAsOpaquePointer()));
  return {value.getAsOpaquePointer(), position};
}

bool isSort(TopKOp op) {
  return !op.getLargest() && rank(op.getOperand()) == 1 && getDims(op.getOperand()) == getDims(op.getIndices()) &&
         isa<IntegerType>(elementType(op.getOperand()));
}

// ---- Indices and atoms ---------------------------------------------------------------------------------

Expr Elements::newIndex(Expr extent) {
  if (isConstant(extent, 1))
    return constant(context, 0);
  extents.push_back(extent);
  return index(context, extents.size() - 1);
}

Expr Elements::atom(Value value, ArrayRef<Expr> at, Expr extent) {
  auto key = keyOf(value, at);
  auto found = atoms.find(key);
  if (found == atoms.end()) {
    Expr fresh = newIndex(extent);
    if (fresh.getKind() == ExprKind::Index)
      atomOf[fresh.getValue()] = {value, Indices(at)};
    found = atoms.insert({key, fresh}).first;
  }
  auto known = assumed.find(found->second);
  return known == assumed.end() ? found->second : known->second;
}

Expr Elements::unknown(Value value, ArrayRef<Expr> at) {
  auto key = keyOf(value, at);
  auto found = atoms.find(key);
  if (found == atoms.end()) {
    Expr fresh = symbol(context, "element " + std::to_string(atoms.size()), INT64_MIN);
    unknownOf[fresh] = {value, Indices(at)};
    found = atoms.insert({key, fresh}).first;
  }
  return found->second;
}

const Element *Elements::getAtom(Expr e) const {
  if (e.getKind() == ExprKind::Index) {
    auto found = atomOf.find(e.getValue());
    return found == atomOf.end() ? nullptr : &found->second;
  }
  auto found = unknownOf.find(e);
  return found == unknownOf.end() ? nullptr : &found->second;
}

bool Elements::dependsOn(ArrayRef<Expr> at, ArrayRef<Expr> indices, Expr except) const {
  bool found = false;
  for (Expr e : at)
    walkLeaves(e, [&](Expr leaf) {
      found |= llvm::is_contained(indices, leaf);
      if (const Element *inner = getAtom(leaf); inner && !found && leaf != except)
        found = dependsOn(inner->at, indices, except);
    });
  return found;
}

bool Elements::isPerToken(const Element &e, ArrayRef<Expr> tokens, Expr expert) const {
  if (llvm::any_of(tokens, [](Expr t) { return t.getKind() == ExprKind::Index; }))
    return dependsOn(e.at, tokens, expert);
  return !e.op<ConstantOp>();
}

Expr Elements::rename(Expr e, Expr from, Expr to) {
  return simplify(substitute(e, [&](Expr leaf) -> std::optional<Expr> {
    if (leaf == from)
      return to;
    if (const Element *inner = getAtom(leaf); inner && dependsOn(inner->at, {from})) {
      Element moved = rename(*inner, from, to);
      return leaf.getKind() == ExprKind::Index ? atom(moved.value, moved.at, extentOf(leaf)) : unknown(moved.value, moved.at);
    }
    return std::nullopt;
  }));
}

Element Elements::rename(const Element &e, Expr from, Expr to) {
  Element result{e.value, {}};
  for (Expr position : e.at)
    result.at.push_back(rename(position, from, to));
  return result;
}

void Elements::assume(Expr atom, Expr value) {
  assumed[atom] = value;
  integers.clear();
}

void Elements::forget() {
  assumed.clear();
  integers.clear();
}

/// The few indices that occur renumbered from 0: the prover's work grows with their number.
Expr Elements::simplify(Expr e) const {
  if (e.getOperands().empty())
    return e;
  Indices used, dims;
  e = compacted(e, used);
  for (Expr i : used)
    dims.push_back(extentOf(i));
  return substituteIndices(prim::simplify(e, dims), used);
}

Expr Elements::compacted(Expr e, Indices &used) const {
  walkLeaves(e, [&](Expr leaf) {
    if (leaf.getKind() == ExprKind::Index && !llvm::is_contained(used, leaf))
      used.push_back(leaf);
  });
  return substitute(e, [&](Expr leaf) -> std::optional<Expr> {
    if (leaf.getKind() != ExprKind::Index)
      return std::nullopt;
    return index(context, llvm::find(used, leaf) - used.begin());
  });
}

Indices Elements::reshaped(ReshapeOp op, ArrayRef<Expr> at) const {
  Indices used, dims, compact, result;
  for (Expr e : at)
    compact.push_back(compacted(e, used));
  for (Expr i : used)
    dims.push_back(extentOf(i));
  for (Expr e : reshapeIndices(op, compact, dims))
    result.push_back(substituteIndices(e, used));
  return result;
}

// ---- Floats and whatever has a layout --------------------------------------------------------------------

Element Elements::follow(Value value, ArrayRef<Expr> at, bool throughChoices) {
  Element e{value, {}};
  for (Expr position : at)
    e.at.push_back(simplify(position));
  while (Operation *op = e.value.getDefiningOp()) {
    if (e.value == opaque)
      break;
    Element next;
    if (auto o = dyn_cast<ReshapeOp>(op)) {
      next = {o.getOperand(), reshaped(o, e.at)};
    } else if (auto from = layoutIndices(op, e.at, {})) {
      next = {op->getOperand(0), *from};
    } else if (auto o = dyn_cast<ConcatOp>(op)) {
      next = resolveConcat(o, e);
    } else if (!throughChoices) {
      break;
    } else if (auto o = dyn_cast<TakeOp>(op)) {
      size_t axis = o.getAxis(), count = rank(o.getIndices());
      Indices from(e.at.begin(), e.at.begin() + axis);
      from.push_back(integer(o.getIndices(), ArrayRef<Expr>(e.at).slice(axis, count)));
      from.append(e.at.begin() + axis + count, e.at.end());
      next = {o.getOperand(), from};
    } else if (auto o = dyn_cast<TakeAlongAxisOp>(op)) {
      Indices from = e.at;
      from[o.getAxis()] = integer(o.getIndices(), e.at);
      next = {o.getOperand(), from};
    } else if (auto o = dyn_cast<GatherNdOp>(op)) {
      size_t batch = o.getBatchDims(), indexRank = rank(o.getIndices());
      Indices from(e.at.begin(), e.at.begin() + batch), position(e.at.begin(), e.at.begin() + indexRank - 1);
      for (int64_t i = 0; i < *asConstant(getDim(o.getIndices().getType(), indexRank - 1)); ++i) {
        position.push_back(constant(context, i));
        from.push_back(integer(o.getIndices(), position));
        position.pop_back();
      }
      from.append(e.at.begin() + indexRank - 1, e.at.end());
      next = {o.getOperand(), from};
    } else if (auto o = dyn_cast<TopKOp>(op); o && e.value == o.getValues()) {
      Indices from = e.at;
      from.back() = topKIndex(o, e.at);
      next = {o.getOperand(), from};
    }
    if (!next)
      break;
    visited.insert(op);
    for (Expr &position : next.at)
      position = simplify(position);
    e = next;
  }
  return e;
}

Element Elements::withoutCasts(Element e) {
  while (auto convert = e.op<ConvertOp>()) {
    if (!isa<FloatType>(elementType(convert.getOperand())) || !isa<FloatType>(elementType(convert.getResult())))
      break;
    visited.insert(convert);
    e = operand(e, 0);
  }
  return e;
}

Element Elements::resolveThroughCasts(Value value, ArrayRef<Expr> at) { return withoutCasts(resolve(value, at)); }

Element Elements::resolveConcat(ConcatOp op, const Element &e) {
  size_t axis = op.getAxis();
  Expr offset = constant(context, 0);
  for (Value part : op.getOperands()) {
    Expr size = getDim(part.getType(), axis), local = e.at[axis] - offset;
    Expr below = simplify(less(local, size));
    if (isConstant(below, 1) && isConstant(simplify(nonNegative(local)), 1)) {
      Indices from = e.at;
      from[axis] = local;
      return {part, from};
    }
    if (!isConstant(below, 0))
      break;
    offset = offset + size;
  }
  const Segments *rows = axis == 0 ? getSegments(op) : nullptr;
  if (!rows)
    return {};
  TopKOp sort = rows->sort;
  auto key = asConstant(integer(sort.getValues(), {e.at[0]}));
  if (!key || *key < 0 || *key >= int64_t(rows->ends.size()))
    return {};
  Indices from = e.at;
  if (*key > 0)
    from[0] = from[0] - rows->ends[*key - 1];
  return {op.getOperands()[*key], from};
}

bool Elements::equal(const Element &a, const Element &b, unsigned depth) {
  if (a == b)
    return true;
  if (!a || !b || elementType(a.value) != elementType(b.value))
    return false;
  Operation *x = a.value.getDefiningOp(), *y = b.value.getDefiningOp();
  if (depth == 0 || !x || !y || x->getName() != y->getName() || !isa<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp>(x) ||
      x->getDiscardableAttrDictionary() != y->getDiscardableAttrDictionary() ||
      x->getPropertiesAsAttribute() != y->getPropertiesAsAttribute())
    return (number(a) && number(a) == number(b));
  for (unsigned i = 0; i < x->getNumOperands(); ++i)
    if (!equal(operand(a, i), operand(b, i), depth - 1))
      return false;
  return true;
}

// ---- Numbers -------------------------------------------------------------------------------------------

static double roundTo(double value, Type type) {
  if (type.isF32())
    return float(value);
  auto real = cast<FloatType>(type);
  APFloat f(value);
  bool losesInfo;
  f.convert(real.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
  f.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return f.convertToDouble();
}

std::optional<double> Elements::number(const Element &e) {
  Operation *op = e.value.getDefiningOp();
  Type type = elementType(e.value);
  if (!op || !isa<FloatType>(type))
    return std::nullopt;
  if (auto c = dyn_cast<ConstantOp>(op)) {
    auto dense = dyn_cast<DenseFPElementsAttr>(c.getValue());
    if (!dense)
      return std::nullopt;
    if (dense.isSplat())
      return dense.getSplatValue<APFloat>().convertToDouble();
    int64_t offset = 0;
    for (auto [position, dim] : llvm::zip(e.at, getDims(e.value))) {
      auto i = asConstant(position);
      if (!i || *i < 0 || *i >= *asConstant(dim))
        return std::nullopt;
      offset = offset * *asConstant(dim) + *i;
    }
    return dense.getValues<APFloat>()[offset].convertToDouble();
  }
  if (auto convert = dyn_cast<ConvertOp>(op)) {
    if (isa<FloatType>(elementType(convert.getOperand()))) {
      auto x = number(operand(e, 0));
      return x ? std::optional(roundTo(*x, type)) : std::nullopt;
    }
    auto x = asConstant(integer(convert.getOperand(), e.at));
    return x ? std::optional(roundTo(double(*x), type)) : std::nullopt;
  }
  if (auto unary = dyn_cast<UnaryOp>(op)) {
    auto x = number(operand(e, 0));
    if (!x)
      return std::nullopt;
    switch (unary.getKind()) {
    case UnaryKind::Neg:
      return -*x;
    case UnaryKind::Floor:
      return std::floor(*x);
    case UnaryKind::Ceil:
      return std::ceil(*x);
    case UnaryKind::RoundEven:
      return std::nearbyint(*x);
    case UnaryKind::Sqrt:
      return roundTo(std::sqrt(*x), type);
    case UnaryKind::Reciprocal:
      return roundTo(1 / *x, type);
    default:
      return std::nullopt;
    }
  }
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    auto a = number(operand(e, 0));
    auto b = a ? number(operand(e, 1)) : std::nullopt;
    if (!b)
      return std::nullopt;
    switch (binary.getKind()) {
    case BinaryKind::Add:
      return roundTo(*a + *b, type);
    case BinaryKind::Sub:
      return roundTo(*a - *b, type);
    case BinaryKind::Mul:
      return roundTo(*a * *b, type);
    case BinaryKind::Div:
      return roundTo(*a / *b, type);
    case BinaryKind::Min:
      return std::min(*a, *b);
    case BinaryKind::Max:
      return std::max(*a, *b);
    default:
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// ---- Integers ------------------------------------------------------------------------------------------

Expr Elements::integer(Value value, ArrayRef<Expr> at) {
  auto key = keyOf(value, at);
  if (auto found = integers.find(key); found != integers.end())
    return found->second;
  Element e = resolve(value, at);
  Expr result = simplify(computeInteger(e));
  if (e.value.getDefiningOp())
    visited.insert(e.value.getDefiningOp());
  integers[key] = result;
  return result;
}

Expr Elements::computeInteger(const Element &e) {
  Operation *op = e.value.getDefiningOp();
  if (!op)
    return unknown(e.value, e.at);
  if (e.value == opaque)
    return atom(e.value, e.at, opaqueExtent);
  if (auto o = dyn_cast<IndexExprOp>(op))
    return substituteIndices(o.getExpr(), e.at);
  if (isa<ConstantOp, ExprsOp>(op)) {
    auto tensor = values.get(e.value);
    Expr known = tensor && tensor->knows(e.at) ? tensor->at(e.at) : Expr();
    return known ? known : unknown(e.value, e.at);
  }
  auto operandAt = [&](unsigned i) { return integer(op->getOperand(i), e.at); };
  bool truth = elementType(e.value).isInteger(1);
  if (auto o = dyn_cast<BinaryOp>(op); o && isa<IntegerType>(elementType(e.value))) {
    Expr a = operandAt(0), b = operandAt(1), found = apply(o.getKind(), a, b, truth, extents);
    return found ? found : unknown(e.value, e.at);
  }
  if (auto o = dyn_cast<UnaryOp>(op)) {
    if (o.getKind() == UnaryKind::Neg && isa<IntegerType>(elementType(e.value)))
      return -operandAt(0);
    if (o.getKind() == UnaryKind::Not && truth)
      return logicalNot(operandAt(0));
    return unknown(e.value, e.at);
  }
  if (auto o = dyn_cast<CompareOp>(op); o && isa<IntegerType>(elementType(o.getLhs()))) {
    Expr a = operandAt(0), b = operandAt(1);
    return apply(o.getKind(), a, b);
  }
  if (isa<SelectOp>(op)) {
    Expr c = operandAt(0);
    if (isConstant(c, 1))
      return operandAt(1);
    if (isConstant(c, 0))
      return operandAt(2);
    return select(c, operandAt(1), operandAt(2));
  }
  if (auto o = dyn_cast<ConvertOp>(op)) {
    Type from = elementType(o.getOperand()), to = elementType(o.getResult());
    if (isa<FloatType>(from) && isa<IntegerType>(to)) {
      auto x = number(resolve(o.getOperand(), e.at));
      if (x && std::fabs(*x) < 1e9)
        return to.isInteger(1) ? constant(context, *x != 0) : constant(context, int64_t(*x));
      // A float that holds an integer, as one-hot tables do.
      Element source = resolve(o.getOperand(), e.at);
      if (auto inner = source.op<ConvertOp>(); inner && isa<IntegerType>(elementType(inner.getOperand()))) {
        Expr exact = integer(inner.getOperand(), source.at);
        return to.isInteger(1) ? logicalNot(isZero(exact)) : exact;
      }
      return unknown(e.value, e.at);
    }
    if (isa<IntegerType>(from) && isa<IntegerType>(to)) {
      Expr x = operandAt(0);
      if (to.isInteger(1) && !from.isInteger(1))
        return logicalNot(isZero(x));
      return to.getIntOrFloatBitWidth() >= 32 || from.isInteger(1) ? x : unknown(e.value, e.at);
    }
    return unknown(e.value, e.at);
  }
  if (auto o = dyn_cast<TopKOp>(op); o && e.value == o.getIndices())
    return topKIndex(o, e.at);
  if (auto o = dyn_cast<model::RouteOp>(op); o && e.value == o.getIds())
    return atom(e.value, e.at, constant(context, o.getExperts()));
  if (auto o = dyn_cast<NonZeroOp>(op))
    if (auto row = asConstant(e.at[0]))
      return atom(e.value, e.at, getDims(o.getOperand())[*row]);
  // The inverse of a sort: where row n of the unsorted list has gone.
  if (isa<ScatterNdOp, ScatterAlongAxisOp>(op) && rank(e.value) == 1) {
    Value indices = isa<ScatterNdOp>(op) ? cast<ScatterNdOp>(op).getIndices() : cast<ScatterAlongAxisOp>(op).getIndices();
    Expr i = newIndex(getDims(indices)[0]);
    Indices position{i};
    if (rank(indices) == 2)
      position.push_back(constant(context, 0));
    const Element *target = getAtom(integer(indices, position));
    auto sort = target ? target->op<TopKOp>() : TopKOp();
    if (sort && isInverse(e.value, sort))
      return atom(e.value, e.at, getDims(sort.getOperand())[0]);
  }
  return unknown(e.value, e.at);
}

Expr Elements::topKIndex(TopKOp op, ArrayRef<Expr> at) {
  Expr extent = getDims(op.getOperand()).back();
  if (isSort(op))
    if (auto original = place(op, at[0]))
      return *original;
  return atom(op.getIndices(), at, extent);
}

/// perm(inverse(n)) = n.
std::optional<Expr> Elements::place(TopKOp sort, Expr row) {
  const Element *inverse = getAtom(row);
  if (!inverse || !isInverse(inverse->value, sort))
    return std::nullopt;
  return inverse->at[0];
}

bool Elements::isInverse(Value value, TopKOp sort) {
  auto [known, isNew] = inverses.try_emplace({value, sort.getIndices()}, false);
  if (isNew) {
    bool proved = proveInverse(value, sort);
    inverses[{value, sort.getIndices()}] = proved;
    return proved;
  }
  return known->second;
}

bool Elements::proveInverse(Value value, TopKOp sort) {
  if (!isSort(sort))
    return false;
  Expr size = getDims(sort.getOperand())[0];
  if (auto outer = value.getDefiningOp<TopKOp>()) {
    if (outer == sort || !isSort(outer) || value != outer.getIndices())
      return false;
    Expr i = newIndex(size);
    const Element *key = getAtom(integer(outer.getOperand(), {i}));
    return key && key->value == sort.getIndices() && key->at[0] == i;
  }
  Value indices, updates;
  if (auto scatter = value.getDefiningOp<ScatterNdOp>(); scatter && scatter.getKind() == ScatterKind::Set) {
    indices = scatter.getIndices(), updates = scatter.getUpdates();
  } else if (auto scatter = value.getDefiningOp<ScatterAlongAxisOp>(); scatter && scatter.getKind() == ScatterKind::Set) {
    indices = scatter.getIndices(), updates = scatter.getUpdates();
  } else {
    return false;
  }
  if (rank(value) != 1 || getDims(value)[0] != size || rank(updates) != 1 || getDims(updates)[0] != size)
    return false;
  Expr i = newIndex(size);
  Indices position{i};
  if (rank(indices) == 2)
    position.push_back(constant(context, 0));
  const Element *target = getAtom(integer(indices, position));
  return target && target->value == sort.getIndices() && target->at[0] == i && integer(updates, {i}) == i;
}

} // namespace dsc::recognize
