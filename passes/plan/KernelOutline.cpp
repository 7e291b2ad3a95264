// SPDX-License-Identifier: Apache-2.0
#include "passes/plan/KernelOutline.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::plan {

/// What the root computes, for the kernel's name.
static std::string describe(Operation *root) {
  auto mnemonic = root->getName().stripDialect().str();
  return llvm::TypeSwitch<Operation *, std::string>(root)
      .Case([](UnaryOp op) { return stringifyUnaryKind(op.getKind()).str(); })
      .Case([](BinaryOp op) { return stringifyBinaryKind(op.getKind()).str(); })
      .Case([](CompareOp op) { return stringifyCompareKind(op.getKind()).str(); })
      .Case([](ReduceOp op) { return "reduce_" + stringifyReduceKind(op.getKind()).str(); })
      .Default([&](Operation *) { return mnemonic; });
}

/// Symbols in order of first occurrence, each with its name in the kernel.
class SymbolRenaming {
public:
  explicit SymbolRenaming(MLIRContext *context) : context(context) {
    walker.addWalk([&](ExprAttr e) {
      walkLeaves(e, [&](Expr leaf) {
        if (leaf.getKind() == ExprKind::Symbol && !names.contains(leaf))
          names[leaf] = symbol(this->context, "s" + std::to_string(names.size()), leaf.getValue());
      });
      return WalkResult::skip();
    });
    replacer.addReplacement([&](ExprAttr e) {
      Attribute renamed = substitute(e, [&](Expr leaf) -> std::optional<Expr> {
        auto it = names.find(leaf);
        return it == names.end() ? std::nullopt : std::optional<Expr>(it->second);
      });
      return std::make_pair(renamed, WalkResult::skip());
    });
  }
  void visit(Type type) { walker.walk(type); }
  void visit(Attribute attribute) { walker.walk(attribute); }
  void rename(Operation *op) { replacer.recursivelyReplaceElementsIn(op, true, false, true); }
  Attribute rename(Attribute attribute) { return replacer.replace(attribute); }

  ShapeAttr getFormal() { return getList([](auto &pair) { return pair.second; }); }
  ShapeAttr getActual() { return getList([](auto &pair) { return pair.first; }); }

private:
  template <class F> ShapeAttr getList(F part) {
    SmallVector<Expr> list;
    for (auto &pair : names)
      list.push_back(part(pair));
    return ShapeAttr::get(context, list);
  }
  MLIRContext *context;
  llvm::MapVector<Expr, Expr> names;
  AttrTypeWalker walker;
  AttrTypeReplacer replacer;
};

KernelTable::Instance KernelTable::get(const Fusion::Tree &tree, ArrayRef<Layout> strides, ArrayRef<int64_t> aliases) {
  Operation *root = tree.ops.back();
  MLIRContext *context = root->getContext();
  OpBuilder b(context);
  OwningOpRef<KernelOp> kernel =
      KernelOp::create(b, root->getLoc(), b.getStringAttr("kernel"), ShapeAttr::get(context, ArrayRef<Expr>()),
                       b.getArrayAttr({}), b.getDenseI64ArrayAttr(aliases), ExprAttr());
  Block &block = kernel->getBody().emplaceBlock();
  IRMapping map;
  for (Value input : tree.inputs)
    map.map(input, block.addArgument(input.getType(), root->getLoc()));
  b.setInsertionPointToEnd(&block);
  for (Operation *op : tree.ops)
    // What has been noted for the report, or for the plan, is no part of what a kernel computes.
    b.clone(*op, map)->setDiscardableAttrs(llvm::ArrayRef<NamedAttribute>());
  SmallVector<Value> results;
  for (Value result : root->getResults())
    results.push_back(map.lookup(result));
  YieldOp::create(b, root->getLoc(), results);

  // Sizes in types first, so that they are numbered by the operands they come from.
  SymbolRenaming symbolsOf(context);
  for (BlockArgument argument : block.getArguments())
    symbolsOf.visit(argument.getType());
  block.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      symbolsOf.visit(type);
    symbolsOf.visit(op->getAttrDictionary());
  });
  for (Layout s : strides)
    if (s)
      symbolsOf.visit(s);
  SmallVector<Attribute> formalStrides;
  for (Layout s : strides)
    formalStrides.push_back(s ? symbolsOf.rename(s) : b.getUnitAttr());
  symbolsOf.rename(*kernel);
  kernel->setSizesAttr(symbolsOf.getFormal());
  kernel->setStridesAttr(b.getArrayAttr(formalStrides));

  std::string text;
  llvm::raw_string_ostream os(text);
  kernel->print(os, OpPrintingFlags().useLocalScope());
  KernelOp &known = byText[text];
  if (!known) {
    std::string name = describe(root);
    name += "_" + std::to_string(used[name]++);
    known = kernel.release();
    known.setSymName(name);
    // Kernels stand before the entries, in the order in which they are first launched.
    auto firstEntry = llvm::find_if(*module.getBody(), [](Operation &op) { return isa<func::FuncOp>(op); });
    symbols.insert(known, firstEntry);
  }
  return {FlatSymbolRefAttr::get(known.getSymNameAttr()), symbolsOf.getActual()};
}

} // namespace dsc::plan
