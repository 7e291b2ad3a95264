// SPDX-License-Identifier: Apache-2.0
// Registration and verifiers; messages cite the constraints of the op descriptions.
#include "dialects/plan/Plan.h"
#include "dialects/prim/ExprAssembly.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dsc::plan;
using namespace dsc::prim;

#include "dialects/plan/PlanDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/plan/PlanAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/plan/PlanOps.cpp.inc"

void PlanDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/plan/PlanOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/plan/PlanAttrs.cpp.inc"
      >();
}

ConstantOp PackOp::getConstant() {
  Value value = getOperand();
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getOperand();
  return value.getDefiningOp<ConstantOp>();
}

LogicalResult PackOp::verify() {
  auto type = cast<RankedTensorType>(getResult().getType());
  if (!getConstant() || !type.hasStaticShape())
    return emitOpError("(C1): the operand is not a constant");
  PanelsAttr layout = getLayout();
  llvm::SmallDenseSet<int64_t> used{layout.getColumns()};
  auto isDimension = [&](int64_t dim) { return dim >= 0 && dim < type.getRank(); };
  bool ok = isDimension(layout.getColumns()) && layout.getWidth() > 0 && layout.getGroup() > 0;
  for (int64_t dim : layout.getContracted())
    ok &= isDimension(dim) && used.insert(dim).second;
  return ok ? success() : LogicalResult(emitOpError("(C2): ") << layout << " is no layout of " << type);
}

ValueRange KernelOp::getYielded() { return cast<YieldOp>(getBlock().getTerminator()).getValues(); }

/// Types of the results of plan.group_rows.
static llvm::SmallVector<Type, 3> groupTypes(Value ids, int64_t matrices, int64_t most) {
  MLIRContext *context = ids.getContext();
  Expr rows = product(context, getDims(ids)), number = constant(context, matrices);
  Expr groups = min(number, rows) + floorDiv(rows, constant(context, most));
  Type i32 = IntegerType::get(context, 32);
  return {getTensorType({rows}, i32), getTensorType({groups, constant(context, 2)}, i32), getTensorType({number + 1}, i32)};
}

void GroupRowsOp::build(OpBuilder &, OperationState &state, Value ids, int64_t matrices, int64_t most) {
  state.addOperands(ids);
  auto &properties = state.getOrAddProperties<Properties>();
  Type i64 = IntegerType::get(ids.getContext(), 64);
  properties.matrices = IntegerAttr::get(i64, matrices);
  properties.most = IntegerAttr::get(i64, most);
  state.addTypes(groupTypes(ids, matrices, most));
}

LogicalResult GroupRowsOp::verify() {
  Type type = elementType(getIds());
  if ((!type.isSignlessInteger(64) && !type.isSignlessInteger(32)) || getMatrices() < 1 || getMost() < 1)
    return emitOpError("(C1): cannot group by ") << getIds().getType();
  if (llvm::SmallVector<Type>(getResultTypes()) != llvm::SmallVector<Type>(groupTypes(getIds(), getMatrices(), getMost())))
    return emitOpError("(C2): wrong types of results");
  return success();
}

LogicalResult KernelOp::verify() {
  auto yield = dyn_cast<YieldOp>(getBlock().getTerminator());
  if (!yield)
    return emitOpError("(C4): the body does not end in plan.yield");
  unsigned inputs = getNumInputs(), outputs = yield.getValues().size();
  if (getStrides().size() != inputs + outputs || getAliases().size() != outputs)
    return emitOpError("(C1): wrong number of strides or aliases");
  for (auto [o, alias] : llvm::enumerate(getAliases())) {
    if (alias < -1 || alias >= int64_t(inputs))
      return emitOpError("(C2): alias ") << alias << " is not an input";
    if (alias >= 0 && getBlock().getArgument(alias).getType() != yield.getValues()[o].getType())
      return emitOpError("(C2): output ") << o << " and the input it aliases differ in type";
  }
  llvm::SmallVector<Expr> known = getSizes().toVector();
  std::string unknown;
  AttrTypeWalker walker;
  walker.addWalk([&](ExprAttr e) {
    walkLeaves(e, [&](Expr leaf) {
      if (leaf.getKind() == ExprKind::Symbol && !llvm::is_contained(known, leaf))
        unknown = toString(leaf);
    });
  });
  for (BlockArgument argument : getBlock().getArguments())
    walker.walk(argument.getType());
  getBody().walk([&](Operation *op) {
    walker.walk(op->getAttrDictionary());
    for (Type type : op->getResultTypes())
      walker.walk(type);
  });
  if (!unknown.empty())
    return emitOpError("(C3): symbol ") << unknown << " is not among its sizes";
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("(C1): no kernel named ") << getKernel();
  if (kernel.getNumInputs() != getInputs().size() || kernel.getYielded().size() != getOutputs().size() ||
      kernel.getSizes().size() != getSizes().size())
    return emitOpError("(C2): operands, results or sizes do not match the kernel's in number");
  llvm::SmallVector<Expr> symbolsOfKernel = kernel.getSizes().toVector(), values = getSizes().toVector();
  auto instantiate = [&](Expr leaf) -> std::optional<Expr> {
    auto *it = llvm::find(symbolsOfKernel, leaf);
    if (it == symbolsOfKernel.end())
      return std::nullopt;
    return values[it - symbolsOfKernel.begin()];
  };
  auto check = [&](Type formal, Type actual) -> LogicalResult {
    llvm::SmallVector<Expr> dims;
    for (Expr dim : getDims(formal))
      dims.push_back(substitute(dim, instantiate));
    Type expected = getTensorType(dims, cast<RankedTensorType>(formal).getElementType());
    if (expected == actual)
      return success();
    return emitOpError("(C3): expected ") << expected << ", found " << actual;
  };
  for (auto [formal, actual] : llvm::zip(kernel.getBlock().getArgumentTypes(), getInputs().getTypes()))
    if (failed(check(formal, actual)))
      return failure();
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    auto pack = input.getDefiningOp<PackOp>();
    PanelsAttr wanted = kernel.getOperandPanels(i);
    if (wanted != (pack ? pack.getLayout() : PanelsAttr()))
      return emitOpError("(C4): input ") << i << " is not in the layout that the kernel reads";
  }
  for (auto [formal, actual] : llvm::zip(kernel.getYielded().getTypes(), getOutputs().getTypes()))
    if (failed(check(formal, actual)))
      return failure();
  return success();
}
