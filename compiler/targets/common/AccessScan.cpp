// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/common/AccessScan.h"
#include "dialects/dsc/Dsc.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::target {

Expr AccessScan::fresh(Expr extent) {
  extents.push_back(extent);
  return index(extent.getContext(), extents.size() - 1);
}

Expr AccessScan::opaque(ArrayRef<Expr> at) {
  Expr e = symbol(kernel.getContext(), ("%index" + llvm::Twine(loaded.size())).str());
  loaded[e] = SmallVector<Expr>(at);
  return e;
}

bool AccessScan::dependsOn(Expr e, unsigned id) const {
  bool found = false;
  walkLeaves(e, [&](Expr leaf) {
    if (leaf.getKind() == ExprKind::Index)
      found |= leaf.getValue() == int64_t(id);
    else if (auto it = loaded.find(leaf); it != loaded.end())
      for (Expr part : it->second)
        found |= dependsOn(part, id);
  });
  return found;
}

void AccessScan::visit(Value tensor, ArrayRef<Expr> at) {
  SmallVector<const void *> key{tensor.getAsOpaquePointer()};
  for (Expr e : at)
    key.push_back(e.getAsOpaquePointer());
  if (!seen.insert(key).second)
    return;
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    addresses.push_back(bufferAddress(kernel, argument.getArgNumber(), at, extents));
    return;
  }
  Operation *op = tensor.getDefiningOp();
  auto newIds = [&](size_t count) { return llvm::to_vector(llvm::seq<unsigned>(extents.size(), extents.size() + count)); };
  auto all = [&] {
    for (Value operand : op->getOperands())
      visit(operand, at);
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case<IndexExprOp, ExprsOp>([&](auto) { usesPositions = true; })
      .Case<ConstantOp>([&](auto o) {
        auto dense = dyn_cast<DenseElementsAttr>(o.getValue());
        if (!dense || dense.isSplat())
          return;
        Expr address = constant(op->getContext(), 0);
        for (auto [e, stride] : llvm::zip(at, denseStrides(op->getContext(), getDims(tensor))))
          address = address + e * stride;
        addresses.push_back(simplify(address, extents));
      })
      .Case<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp, BitcastOp>([&](auto) { all(); })
      .Case<plan::InGroupsOp>([&](auto o) { visit(o.getIds(), at); })
      .Case<BroadcastOp>([&](auto o) { visit(o.getOperand(), broadcastIndices(o, at)); })
      .Case<ReshapeOp>([&](auto o) { visit(o.getOperand(), reshapeIndices(o, at, extents)); })
      .Case<TransposeOp>([&](auto o) { visit(o.getOperand(), transposeIndices(o, at)); })
      .Case<SliceOp>([&](auto o) { visit(o.getOperand(), sliceIndices(o, at)); })
      .Case<ConcatOp>([&](auto o) {
        Expr offset = constant(op->getContext(), 0);
        for (Value operand : o.getOperands()) {
          Indices part(at);
          part[o.getAxis()] = simplify(part[o.getAxis()] - offset, extents);
          if (!isConstant(offset, 0))
            conditions.push_back(part[o.getAxis()]);
          visit(operand, part);
          offset = offset + getDims(operand)[o.getAxis()];
        }
      })
      .Case<PadOp>([&](auto o) {
        Indices part(at);
        for (auto [i, dim] : llvm::enumerate(getDims(o.getOperand()))) {
          part[i] = simplify(part[i] - o.getLow()[i], extents);
          conditions.push_back(part[i]);
          conditions.push_back(dim - part[i] - 1);
        }
        visit(o.getOperand(), part);
        visit(o.getValue(), {});
      })
      .Case<UpdateSliceOp>([&](auto o) {
        Indices part(at);
        for (auto [i, dim] : llvm::enumerate(getDims(o.getUpdate()))) {
          part[i] = simplify(part[i] - o.getStarts()[i], extents);
          conditions.push_back(part[i]);
          conditions.push_back(dim - part[i] - 1);
        }
        visit(o.getOperand(), at);
        visit(o.getUpdate(), part);
      })
      .Case<TakeOp>([&](auto o) {
        size_t axis = o.getAxis(), count = rank(o.getIndices());
        Indices position(at.slice(axis, count)), part(at.take_front(axis));
        visit(o.getIndices(), position);
        part.push_back(opaque(position));
        llvm::append_range(part, at.drop_front(axis + count));
        visit(o.getOperand(), part);
      })
      .Case<TakeAlongAxisOp>([&](auto o) {
        visit(o.getIndices(), at);
        Indices part(at);
        part[o.getAxis()] = opaque(at);
        visit(o.getOperand(), part);
      })
      .Case<GatherNdOp>([&](auto o) {
        size_t batch = o.getBatchDims(), outer = rank(o.getIndices()) - 1;
        int64_t k = *asConstant(getDims(o.getIndices()).back());
        Indices part(at.take_front(batch));
        for (int64_t i = 0; i < k; ++i) {
          Indices position(at.take_front(outer));
          position.push_back(constant(op->getContext(), i));
          visit(o.getIndices(), position);
          part.push_back(opaque(position));
        }
        llvm::append_range(part, at.drop_front(outer));
        visit(o.getOperand(), part);
      })
      .Case<ReduceOp>([&](auto o) {
        hasReduction = true;
        Indices part;
        size_t next = 0;
        loops.push_back({o, SmallVector<Expr>(at), newIds(o.getAxes().size())});
        for (auto [i, dim] : llvm::enumerate(getDims(o.getOperand())))
          part.push_back(llvm::is_contained(o.getAxes(), int64_t(i)) ? fresh(dim) : at[next++]);
        visit(o.getOperand(), part);
      })
      .Case<ArgReduceOp>([&](auto o) {
        hasReduction = true;
        Indices part(at);
        loops.push_back({o, SmallVector<Expr>(at), newIds(1)});
        part.insert(part.begin() + o.getAxis(), fresh(getDims(o.getOperand())[o.getAxis()]));
        visit(o.getOperand(), part);
      })
      .Case<model::RmsNormOp, model::LayerNormOp>([&](auto o) {
        hasReduction = true;
        loops.push_back({o, SmallVector<Expr>(at.drop_back()), newIds(1)});
        Indices row(at);
        row.back() = fresh(getDims(o.getX()).back());
        visit(o.getX(), row);
        visit(o.getX(), at);
        for (Value parameter : o->getOperands().drop_front())
          visit(parameter, at.take_back());
      })
      .Case<DotOp>([&](auto o) {
        hasReduction = true;
        Indices contracted, lhs, rhs;
        loops.push_back({o, SmallVector<Expr>(at), newIds(o.getLhsContract().size())});
        for (int64_t dim : o.getLhsContract())
          contracted.push_back(fresh(getDims(o.getLhs())[dim]));
        dotIndices(o, at, contracted, lhs, rhs);
        visit(o.getLhs(), lhs);
        visit(o.getRhs(), rhs);
      })
      .Default([](Operation *) {});
}

int AccessScan::contiguity(unsigned id) const {
  int result = 0;
  for (Expr address : addresses) {
    if (!dependsOn(address, id))
      continue;
    Expr d = index(address.getContext(), id);
    Expr step = substitute(address,
                           [&](Expr leaf) -> std::optional<Expr> {
                             if (leaf == d)
                               return d + 1;
                             return std::nullopt;
                           }) -
                address;
    result += isConstant(step, 1) ? 1 : -1;
  }
  return result;
}

static void walkExprs(Expr e, llvm::function_ref<void(Expr)> visit) {
  visit(e);
  for (Attribute operand : e.getOperands())
    walkExprs(cast<ExprAttr>(operand), visit);
}

SmallVector<Expr> AccessScan::divisors(unsigned id) const {
  SmallVector<Expr> result;
  auto collect = [&](Expr e) {
    walkExprs(e, [&](Expr part) {
      if (part.getKind() != ExprKind::FloorDiv && part.getKind() != ExprKind::Mod)
        return;
      auto a = cast<ExprAttr>(part.getOperands()[0]),
           divisor = cast<ExprAttr>(part.getOperands()[1]);
      if (a == index(e.getContext(), id) && !usesIndex(divisor) &&
          isConstant(mod(extents[id], divisor), 0) && !llvm::is_contained(result, divisor))
        result.push_back(divisor);
    });
  };
  llvm::for_each(addresses, collect);
  llvm::for_each(conditions, collect);
  return result;
}

SmallVector<Expr> AccessScan::breakpoints(unsigned id) const {
  SmallVector<Expr> result;
  for (Expr e : conditions) {
    Expr d = index(e.getContext(), id);
    auto known = [&](Expr point) {
      bool outside = usesIndex(point);
      walkLeaves(point, [&](Expr leaf) { outside |= loaded.count(leaf) != 0; });
      return !outside;
    };
    // e = d - point >= 0 from point on; e = point - 1 - d >= 0 below point.
    for (Expr point : {d - e, e + d + 1})
      if (known(point) && !llvm::is_contained(result, point)) {
        result.push_back(point);
        break;
      }
  }
  return result;
}

} // namespace dsc::target
