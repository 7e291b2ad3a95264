// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/Recognition.h"
#include "passes/recognize/Remarks.cpp.inc"
#include "dialects/prim/Prim.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::recognize {

void addMiss(func::FuncOp entry, const Miss &miss) {
  Builder b(entry.getContext());
  auto [kind, stage] = stringifyRemark(miss.remark).split('.');
  SmallVector<Attribute> misses;
  if (auto known = entry->getAttrOfType<ArrayAttr>(missesAttr))
    llvm::append_range(misses, known);
  misses.push_back(b.getDictionaryAttr({b.getNamedAttr("kind", b.getStringAttr(kind)), b.getNamedAttr("where", LocationAttr(miss.where)),
                                        b.getNamedAttr("stage", b.getStringAttr(stage)),
                                        b.getNamedAttr("expected", b.getStringAttr(miss.expected)),
                                        b.getNamedAttr("found", b.getStringAttr(miss.found))}));
  entry->setAttr(missesAttr, b.getArrayAttr(misses));
}

Location joinLocations(Location main, const llvm::SetVector<Operation *> &covered) {
  // A loop over hundreds of experts covers thousands of nodes; the first ones name the module.
  constexpr unsigned most = 32;
  llvm::SetVector<Location> places;
  places.insert(main);
  for (Operation *op : covered)
    if (op && places.size() < most)
      places.insert(op->getLoc());
  return places.size() == 1 ? main : FusedLoc::get(main.getContext(), places.getArrayRef());
}

/// Symbols in types and attributes of the operations for which `counts` holds.
static llvm::DenseSet<Expr> usedSymbols(func::FuncOp entry, llvm::function_ref<bool(Operation *)> counts) {
  llvm::DenseSet<Expr> used;
  AttrTypeWalker walker;
  walker.addWalk([&](ExprAttr e) {
    walkLeaves(e, [&](Expr leaf) { used.insert(leaf); });
    return WalkResult::skip();
  });
  auto add = [&](Operation *op) {
    walker.walk(op->getAttrDictionary());
    for (Type type : op->getResultTypes())
      walker.walk(type);
  };
  walker.walk(entry.getFunctionType());
  entry.walk([&](Operation *op) {
    if (op != entry && counts(op))
      add(op);
  });
  return used;
}

void eraseUnused(func::FuncOp entry) {
  for (bool changed = true; changed;) {
    changed = false;
    entry.walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
      if (isOpTriviallyDead(op)) {
        op->erase();
        changed = true;
      }
    });
    llvm::DenseSet<Expr> used = usedSymbols(entry, [](Operation *op) { return !isa<DefineSymbolOp, RequireOp>(op); });
    SmallVector<Operation *> dead;
    llvm::DenseSet<Expr> deadSymbols;
    for (auto define : entry.getOps<DefineSymbolOp>())
      if (!used.contains(define.getSymbol())) {
        dead.push_back(define);
        deadSymbols.insert(define.getSymbol());
      }
    // What the graph required of sizes that are gone is gone with them.
    for (auto require : entry.getOps<RequireOp>()) {
      bool about = false;
      for (Expr side : {require.getLhs(), require.getRhs()})
        walkLeaves(side, [&](Expr leaf) { about |= deadSymbols.contains(leaf); });
      if (about)
        dead.push_back(require);
    }
    for (Operation *op : dead)
      op->erase();
    changed |= !dead.empty();
  }
}

} // namespace dsc::recognize
