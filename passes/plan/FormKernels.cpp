// SPDX-License-Identifier: Apache-2.0
// prim entries -> kernels and launches.
#include "dialects/dsc/Dsc.h"
#include "dialects/plan/Plan.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Passes.h"
#include "passes/plan/Buffers.h"
#include "passes/plan/Forms.h"
#include "passes/plan/Fusion.h"
#include "passes/plan/KernelOutline.h"
#include "passes/plan/PlaceStates.h"
#include "passes/plan/WeightPanels.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_FORMKERNELS
#include "passes/Passes.h.inc"

namespace {
using namespace plan;

void eraseDeadOps(func::FuncOp func) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(func.front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// A size of `value` that `def` comes too early to know: the buffer of an output is made when its own sizes are known.
bool isSizedAfter(Value value, Operation *def, const llvm::DenseMap<StringAttr, DefineSymbolOp> &defines) {
  bool later = false;
  for (Expr dim : getDims(value))
    walkLeaves(dim, [&](Expr leaf) {
      if (auto define = leaf.getKind() == ExprKind::Symbol ? defines.lookup(leaf.getName()) : DefineSymbolOp())
        later |= def->isBeforeInBlock(define) && !readsInput(define);
    });
  return later;
}

/// Every output that is no state gets a buffer of its own: an argument, a constant, a state, a value that is already an
/// output, or one that takes the output's sizes only after it has been computed is copied.
void separateOutputs(func::FuncOp func) {
  auto exit = cast<func::ReturnOp>(func.front().getTerminator());
  llvm::DenseSet<Value> taken;
  llvm::DenseMap<StringAttr, DefineSymbolOp> defines;
  for (auto define : func.getOps<DefineSymbolOp>())
    defines[define.getSymbol().getName()] = define;
  for (OpOperand &use : exit->getOpOperands()) {
    if (func.getResultAttr(use.getOperandNumber(), "dsc.state"))
      continue;
    Value value = use.get(), source = getBufferRoot(value);
    Operation *def = source.getDefiningOp();
    bool inState = def && def->hasAttr(inPlaceAttr);
    if (def && !inState && !isa<ConstantOp>(def) && !isSizedAfter(value, def, defines) && taken.insert(source).second)
      continue;
    OpBuilder b(exit);
    SmallVector<Expr> zeros(rank(value), constant(b.getContext(), 0));
    SmallVector<int64_t> ones(rank(value), 1);
    use.set(SliceOp::create(b, value.getLoc(), value.getType(), value, ShapeAttr::get(b.getContext(), zeros), ones));
  }
}

/// A name for the capacity of the growing states that no size of the entry has.
Expr freshCapacity(func::FuncOp func) {
  llvm::StringSet<> names;
  AttrTypeWalker walker;
  walker.addWalk([&](ExprAttr e) {
    walkLeaves(e, [&](Expr leaf) {
      if (leaf.getKind() == ExprKind::Symbol)
        names.insert(leaf.getName().getValue());
    });
  });
  func.walk([&](Operation *op) {
    walker.walk(op->getAttrDictionary());
    for (Type type : op->getResultTypes())
      walker.walk(type);
  });
  for (Type type : func.getArgumentTypes())
    walker.walk(type);
  std::string name = "capacity";
  while (names.contains(name))
    name += "_";
  return symbol(func.getContext(), name);
}

/// Forms the kernels of one entry.
class EntryPlanner {
public:
  EntryPlanner(func::FuncOp func, KernelTable &kernels, unsigned maxOps, bool packWeights, bool bf16Dot)
      : func(func), kernels(kernels), capacity(freshCapacity(func)), fusion(func, maxOps), needs(func), packWeights(packWeights),
        bf16Dot(bf16Dot) {}

  /// Returns the number of launches.
  unsigned run() {
    SmallVector<Operation *> old;
    for (Operation &op : func.front()) {
      bool stays = isa<func::ReturnOp, ConstantOp, DefineSymbolOp, RequireOp, StateOp, ExtendOp>(op) || fusion.isView(&op);
      (stays ? kept : old).push_back(&op);
    }
    unsigned launches = 0;
    for (Operation *op : old)
      if (auto choose = dyn_cast<model::ChooseOp>(op)) {
        // Both forms stand in one buffer: the later one's value is the one that any reader must wait for.
        Operation *first = getFormRoot(choose.getFirst()), *second = getFormRoot(choose.getSecond());
        Operation *later = first->isBeforeInBlock(second) ? second : first;
        OpBuilder b(op);
        inMemory.map(choose.getResult(), viewAs(b, inMemory.lookup(later->getResult(0)), choose.getType()));
      } else if (fusion.isRoot(op)) {
        launch(op);
        ++launches;
      }
    for (Operation *op : kept)
      for (OpOperand &use : op->getOpOperands())
        use.set(inMemory.lookupOrDefault(use.get()));
    for (Operation *op : llvm::reverse(old)) {
      assert(op->use_empty() && "a value that no kernel leaves in memory is still used");
      op->erase();
    }
    eraseDeadOps(func);
    if (usesCapacity)
      func->setAttr("plan.capacity", capacity);
    return launches;
  }

private:
  KernelTable::Layout getStrides(Value value) {
    auto axis = stridedAxis(value);
    if (!axis)
      return {};
    usesCapacity = true;
    SmallVector<Expr> dims = getDims(value), strides(dims.size());
    Expr stride = constant(func.getContext(), 1);
    for (unsigned i = dims.size(); i-- > 0;) {
      strides[i] = stride;
      stride = stride * (i == *axis ? capacity : dims[i]);
    }
    return ShapeAttr::get(func.getContext(), strides);
  }

  /// `weight` in panels, once for all launches.
  Value pack(Value weight, PanelsAttr layout) {
    Value &known = packed[{weight, layout}];
    if (!known) {
      OpBuilder b(weight.getContext());
      b.setInsertionPointAfterValue(weight);
      known = PackOp::create(b, weight.getLoc(), weight.getType(), weight, layout);
    }
    return known;
  }

  Value viewAs(OpBuilder &b, Value value, Type type) {
    return value.getType() == type ? value : ReshapeOp::create(b, value.getLoc(), type, value).getResult();
  }

  /// Where the other form of what `root` computes stands already; null for a value without one.
  Value otherForm(Operation *root) {
    Operation *user = root;
    do {
      if (!user->hasOneUse())
        return nullptr;
      user = *user->user_begin();
    } while (isa<ReshapeOp>(user));
    auto choose = dyn_cast<model::ChooseOp>(user);
    if (!choose)
      return nullptr;
    Operation *first = getFormRoot(choose.getFirst());
    Operation *other = first == root ? getFormRoot(choose.getSecond()) : first;
    OpBuilder b(root);
    Value known = inMemory.lookupOrNull(other->getResult(0));
    return known ? viewAs(b, known, root->getResult(0).getType()) : nullptr;
  }

  void launch(Operation *root) {
    Fusion::Tree tree = fusion.getTree(root);
    SmallVector<KernelTable::Layout> strides;
    SmallVector<Value> inputs;
    for (Value input : tree.inputs) {
      Value value = inMemory.lookupOrDefault(input);
      if (PanelsAttr layout = packWeights ? choosePanels(tree, input, bf16Dot) : PanelsAttr()) {
        strides.push_back(layout);
        value = pack(value, layout);
      } else {
        strides.push_back(getStrides(input));
      }
      inputs.push_back(value);
    }
    SmallVector<int64_t> aliases(root->getNumResults(), -1);
    if (auto operand = root->getAttrOfType<IntegerAttr>(inPlaceAttr)) {
      auto it = llvm::find(tree.inputs, root->getOperand(operand.getInt()));
      assert(it != tree.inputs.end() && "the target of an update in place stands in memory");
      aliases[0] = it - tree.inputs.begin();
    }
    if (Value other = otherForm(root)) {
      aliases[0] = tree.inputs.size();
      tree.inputs.insert(other);
      strides.push_back({});
      inputs.push_back(other);
    }
    for (Value result : root->getResults())
      strides.push_back(getStrides(result));
    KernelTable::Instance kernel = kernels.get(tree, strides, aliases);
    OpBuilder b(root);
    auto op = LaunchOp::create(b, root->getLoc(), root->getResultTypes(), kernel.kernel, inputs, kernel.sizes,
                               DenseI64ArrayAttr(), needs.of(root));
    inMemory.map(root->getResults(), op.getResults());
  }

  func::FuncOp func;
  KernelTable &kernels;
  Expr capacity;
  Fusion fusion;
  Needs needs;
  bool packWeights, bf16Dot;
  llvm::DenseMap<std::pair<Value, Attribute>, Value> packed;
  IRMapping inMemory; // results of roots -> results of launches
  SmallVector<Operation *> kept;
  bool usesCapacity = false;
};

struct FormKernels : impl::FormKernelsBase<FormKernels> {
  using Base::Base;
  void runOnOperation() override {
    KernelTable kernels(getOperation());
    for (auto func : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      eraseDeadOps(func);
      placeStates(func);
      separateOutputs(func);
      // 48 rows against one panel, which stays in a core's cache for all of them.
      if (packWeights || groupRows)
        groupChosenRows(func, groupRows ? groupRows : 48);
      separateForms(func);
      numLaunches += EntryPlanner(func, kernels, maxOps, packWeights, bf16Dot).run();
    }
    numKernels += kernels.size();
  }
};

} // namespace
} // namespace dsc
