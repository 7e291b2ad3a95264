// SPDX-License-Identifier: Apache-2.0
#include "compiler/EntryChecks.h"
#include "dialects/prim/Prim.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {

static Type getWeightType(func::FuncOp func) {
  llvm::MapVector<Type, uint64_t> bytes;
  func.walk([&](ConstantOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    if (isa<FloatType>(type.getElementType()))
      bytes[type.getElementType()] += type.getNumElements() * std::max(8u, type.getElementTypeBitWidth()) / 8;
  });
  Type most;
  uint64_t mostBytes = 0;
  for (auto [type, n] : bytes)
    if (n > mostBytes) {
      most = type;
      mostBytes = n;
    }
  return most;
}

LogicalResult checkOneWeightType(ModuleOp module, ArrayRef<StringRef> entries) {
  func::FuncOp first;
  Type type;
  for (StringRef name : entries) {
    auto func = module.lookupSymbol<func::FuncOp>(name);
    Type own = func ? getWeightType(func) : Type();
    if (!own)
      continue;
    if (type && own != type)
      return emitError(UnknownLoc::get(module.getContext()))
             << "the folder holds models of different element types: '" << first.getName() << "' has weights of " << type
             << ", '" << name << "' of " << own << "; compile them one by one";
    type = own;
    first = func;
  }
  return success();
}

static bool hasSymbol(func::FuncOp func, StringRef name) {
  return llvm::any_of(func.getArgumentTypes(), [&](Type type) {
    return llvm::any_of(getDims(type), [&](Expr dim) { return usesSymbol(dim, name); });
  });
}

static void fixSize(func::FuncOp func, StringRef name, int64_t size) {
  AttrTypeReplacer replacer;
  auto fix = [&](Expr e) {
    return substitute(e, [&](Expr leaf) -> std::optional<Expr> {
      if (leaf.getKind() == ExprKind::Symbol && leaf.getName() == name)
        return constant(func.getContext(), size);
      return std::nullopt;
    });
  };
  replacer.addReplacement([&](ExprAttr e) { return std::make_pair(Attribute(fix(e)), WalkResult::skip()); });
  replacer.addReplacement([&](RankedTensorType type) -> std::optional<std::pair<Type, WalkResult>> {
    auto shape = dyn_cast_or_null<ShapeAttr>(type.getEncoding());
    if (!shape)
      return std::nullopt;
    SmallVector<Expr> dims;
    for (Expr dim : shape.toVector())
      dims.push_back(fix(dim));
    return std::make_pair(Type(getTensorType(dims, type.getElementType())), WalkResult::skip());
  });
  replacer.recursivelyReplaceElementsIn(func, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
}

LogicalResult applyDimRanges(ModuleOp module, ArrayRef<DimRange> ranges) {
  for (const DimRange &range : ranges) {
    bool found = false;
    for (auto func : module.getOps<func::FuncOp>()) {
      if (!hasSymbol(func, range.name))
        continue;
      found = true;
      if (range.lo == range.hi) {
        fixSize(func, range.name, range.lo);
        continue;
      }
      MLIRContext *context = module.getContext();
      Expr size = symbol(context, range.name);
      Expr clamped = min(max(size, constant(context, range.lo)), constant(context, range.hi));
      auto b = OpBuilder::atBlockBegin(&func.front());
      std::string message = "compiled with --dim " + range.name + "=" + std::to_string(range.lo) + ".." + std::to_string(range.hi);
      RequireOp::create(b, func.getLoc(), size, clamped, b.getStringAttr(message));
    }
    if (!found)
      return emitError(UnknownLoc::get(module.getContext()))
             << "--dim: no input of any entry has a dimension '" << range.name << "'";
  }
  return success();
}

} // namespace dsc
