// SPDX-License-Identifier: Apache-2.0
#include "compiler/engine/EntryWriter.h"
#include "dialects/plan/NodeName.h"
#include "dialects/plan/Panels.h"
#include "passes/plan/Buffers.h"
#include "passes/plan/Fusion.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {

uint32_t StateTable::get(StringAttr name, IntegerAttr axis, RankedTensorType type) {
  auto [it, isNew] = numbers.try_emplace(name.getValue(), states.size());
  if (isNew) {
    using format::StateKind;
    bool isCounter = type.getRank() == 0 && type.getElementType().isSignlessInteger(64);
    StateKind kind = axis ? StateKind::Growing : isCounter ? StateKind::Counter : StateKind::Fixed;
    states.push_back({name.str(), kind, *getDType(type.getElementType()), uint32_t(type.getRank()),
                      axis ? uint32_t(axis.getInt()) : 0});
  }
  return it->second;
}

// ---- Signature ----------------------------------------------------------------------------------------

void EntryWriter::readSignature() {
  auto nameOf = [](StringAttr name, const char *kind, unsigned i) {
    return name ? name.str() : kind + std::to_string(i);
  };
  llvm::StringMap<unsigned> useOf;
  for (BlockArgument argument : func.getArguments()) {
    unsigned i = argument.getArgNumber();
    auto type = cast<RankedTensorType>(argument.getType());
    std::string name = nameOf(func.getArgAttrOfType<StringAttr>(i, "onnx.name"), "input", i);
    auto state = func.getArgAttrOfType<StringAttr>(i, "dsc.state");
    if (!state) {
      inputOf[argument] = inputs.size();
      inputs.push_back({name, type});
      continue;
    }
    uint32_t number = states.get(state, func.getArgAttrOfType<IntegerAttr>(i, plan::stateAxisAttr), type);
    stateOf[argument] = number;
    useOf[state.getValue()] = uses.size();
    bool starts = func.getArgAttr(i, "dsc.state_starts") != nullptr;
    uses.push_back({number, starts, starts ? SmallVector<Expr>() : getDims(type), getDims(type), name, ""});
  }
  auto exit = cast<func::ReturnOp>(func.front().getTerminator());
  for (auto [i, value] : llvm::enumerate(exit.getOperands())) {
    auto type = cast<RankedTensorType>(value.getType());
    std::string name = nameOf(func.getResultAttrOfType<StringAttr>(i, "onnx.name"), "output", i);
    auto state = func.getResultAttrOfType<StringAttr>(i, "dsc.state");
    if (!state) {
      outputOf[plan::getBufferRoot(value)] = outputs.size();
      outputs.push_back({name, type});
      continue;
    }
    auto found = useOf.find(state.getValue());
    if (found == useOf.end()) {
      uint32_t number = states.get(state, func.getResultAttrOfType<IntegerAttr>(i, plan::stateAxisAttr), type);
      stateOf[plan::getBufferRoot(value)] = number;
      uses.push_back({number, true, {}, getDims(type), "", name});
    } else {
      uses[found->second].present = getDims(type);
      uses[found->second].output = name;
    }
  }
}

void EntryWriter::defineSymbol(Expr symbol, format::SymbolSource source, uint32_t a, uint32_t b, uint32_t epoch) {
  exprs.define(symbol, symbols.size(), epoch);
  symbols.emplace_back(a, b, source);
  symbolNames.push_back(symbol.getName().str());
}

LogicalResult EntryWriter::defineSymbols() {
  using format::SymbolSource;
  auto dimensions = [&](BlockArgument argument, SymbolSource source, uint32_t a) {
    for (auto [b, dim] : llvm::enumerate(getDims(argument.getType())))
      if (dim.getKind() == ExprKind::Symbol && !exprs.isDefined(dim))
        defineSymbol(dim, source, a, b, 0);
  };
  // Inputs first: a state that is still empty has no sizes of its own.
  for (BlockArgument argument : func.getArguments())
    if (auto input = inputOf.find(argument); input != inputOf.end())
      dimensions(argument, SymbolSource::InputDim, input->second);
  for (BlockArgument argument : func.getArguments())
    if (auto state = stateOf.find(argument); state != stateOf.end())
      dimensions(argument, SymbolSource::StateDim, state->second);
  if (auto capacity = func->getAttrOfType<ExprAttr>("plan.capacity"))
    for (const Use &use : uses)
      if (states.getStates()[use.state].kind == format::StateKind::Growing) {
        defineSymbol(capacity, SymbolSource::StateCapacity, use.state, 0, 0);
        break;
      }
  uint32_t step = 0;
  for (Operation &op : func.front()) {
    if (isa<plan::LaunchOp>(op))
      ++step;
    auto define = dyn_cast<DefineSymbolOp>(op);
    if (!define)
      continue;
    if (exprs.isDefined(define.getSymbol()))
      return define.emitOpError("the size ") << toString(define.getSymbol()) << " is already known";
    if (plan::readsInput(define)) {
      uint32_t input = inputOf.lookup(plan::getBufferRoot(define.getValue()));
      defineSymbol(define.getSymbol(), SymbolSource::InputElement, input, 0, 0);
      // A step checks the lower bound; an input's element is checked here, as a symbol that has none.
      if (define.getSymbol().getValue() == 0) {
        Expr unbounded = symbol(func.getContext(), define.getSymbol().getName(), INT64_MIN);
        exprs.define(unbounded, symbols.size() - 1, 0);
        requirements.push_back({nonNegative(unbounded), constant(func.getContext(), 1),
                                "the size given by input '" + inputs[input].name + "' is negative", &op});
      }
    } else {
      defineSymbol(define.getSymbol(), SymbolSource::Step, step++, 0, epochs++);
    }
  }
  return success();
}

// ---- Body -----------------------------------------------------------------------------------------------

FailureOr<uint32_t> EntryWriter::getBuffer(Value value, Operation *user) {
  using format::BufferKind;
  Value root = plan::getBufferRoot(value);
  Buffer buffer{BufferKind::Slot, 0, plan::getBytesNeeded(value)};
  if (auto state = stateOf.find(root); state != stateOf.end()) {
    buffer.kind = BufferKind::State;
    buffer.index = state->second;
    if (auto axis = plan::stridedAxis(root)) {
      SmallVector<Expr> dims = getDims(value.getType());
      dims[*axis] = func->getAttrOfType<ExprAttr>("plan.capacity");
      buffer.bytes = plan::getBytes(getTensorType(dims, elementType(value)));
    }
  } else if (auto input = inputOf.find(root); input != inputOf.end()) {
    buffer.kind = BufferKind::Input;
    buffer.index = input->second;
  } else if (auto pack = root.getDefiningOp<plan::PackOp>()) {
    ConstantOp constant = pack.getConstant();
    auto type = cast<RankedTensorType>(pack.getResult().getType());
    auto weight = weights.addPanels(constant.getValue(), plan::getNodeName(constant.getLoc()), type, pack.getLayout());
    if (!weight)
      return user->emitError() << llvm::toString(weight.takeError());
    buffer.kind = BufferKind::Weight;
    buffer.index = *weight;
    buffer.bytes = prim::constant(func.getContext(), plan::PanelLayout(pack.getLayout(), type).getBytes());
  } else if (auto constant = root.getDefiningOp<ConstantOp>()) {
    if (!getDType(elementType(root)))
      return user->emitError() << "a constant of element type " << elementType(root) << " cannot be written to an engine";
    auto weight = weights.add(constant.getValue(), plan::getNodeName(constant.getLoc()));
    if (!weight)
      return user->emitError() << llvm::toString(weight.takeError());
    buffer.kind = BufferKind::Weight;
    buffer.index = *weight;
  } else if (auto output = outputOf.find(root); output != outputOf.end()) {
    buffer.kind = BufferKind::Output;
    buffer.index = output->second;
  } else {
    auto launch = root.getDefiningOp<plan::LaunchOp>();
    auto slots = launch ? launch.getSlots() : std::nullopt;
    int64_t slot = slots ? (*slots)[cast<OpResult>(root).getResultNumber()] : -1;
    assert(slot >= 0 && "a value without memory: plan-memory has not run");
    buffer.index = slot;
  }
  for (auto [i, known] : llvm::enumerate(buffers))
    if (known == buffer)
      return uint32_t(i);
  buffers.push_back(buffer);
  return uint32_t(buffers.size() - 1);
}

LogicalResult EntryWriter::readLaunch(plan::LaunchOp launch) {
  auto kernel = SymbolTable::lookupNearestSymbolFrom<plan::KernelOp>(launch, launch.getKernelAttr());
  Step step{format::StepKind::Launch};
  step.kernel = kernels.lookup(launch.getKernel());
  step.sizes = launch.getSizes().toVector();
  step.source = plan::getNodeName(launch.getLoc());
  SmallVector<Expr> formal = kernel.getSizes().toVector();
  Expr grid = kernel.getGrid() ? *kernel.getGrid() : constant(func.getContext(), 1);
  step.grid = substitute(grid, [&](Expr leaf) -> std::optional<Expr> {
    auto *it = llvm::find(formal, leaf);
    return it == formal.end() ? std::nullopt : std::optional<Expr>(step.sizes[it - formal.begin()]);
  });
  if (Expr condition = launch.getConditionAttr())
    step.grid = step.grid * condition;
  SmallVector<Value> operands(launch.getInputs());
  llvm::append_range(operands, launch.getOutputs());
  for (Value operand : operands) {
    auto buffer = getBuffer(operand, launch);
    if (failed(buffer))
      return failure();
    step.buffers.push_back(*buffer);
  }
  steps.push_back(std::move(step));
  return success();
}

LogicalResult EntryWriter::readBody() {
  uint32_t defined = 0;
  for (Operation &op : func.front()) {
    if (auto launch = dyn_cast<plan::LaunchOp>(op)) {
      if (failed(readLaunch(launch)))
        return failure();
    } else if (auto require = dyn_cast<RequireOp>(op)) {
      std::string node = plan::getNodeName(op.getLoc());
      requirements.push_back({require.getLhs(), require.getRhs(),
                              (node.empty() ? "" : node + ": ") + require.getMessage().str(), &op});
    } else if (auto define = dyn_cast<DefineSymbolOp>(op); define && !plan::readsInput(define)) {
      auto buffer = getBuffer(define.getValue(), define);
      if (failed(buffer))
        return failure();
      Step step{format::StepKind::DefineSymbol};
      for (; symbols[defined].source() != format::SymbolSource::Step; ++defined) {
      }
      step.symbol = defined++;
      step.minimum = define.getSymbol().getValue();
      step.buffers.push_back(*buffer);
      step.source = plan::getNodeName(define.getLoc());
      step.grid = constant(func.getContext(), 0);
      steps.push_back(std::move(step));
    } else if (!isa<ConstantOp, DefineSymbolOp, ReshapeOp, plan::StateOp, plan::ExtendOp, plan::PackOp, func::ReturnOp>(op)) {
      return op.emitOpError("is not part of a plan");
    }
  }
  return success();
}

// ---- Expressions ----------------------------------------------------------------------------------------

LogicalResult EntryWriter::use(Expr e, Operation *user) {
  if (Expr undefined = exprs.findUndefined(e))
    return user->emitError() << "entry '" << func.getName() << "': the size " << toString(undefined)
                             << " is not given by any input";
  exprs.add(e);
  return success();
}

LogicalResult EntryWriter::useAll() {
  auto list = [&](ArrayRef<Expr> dims, Operation *user) {
    return success(llvm::all_of(dims, [&](Expr e) { return succeeded(use(e, user)); }));
  };
  for (auto &ports : {inputs, outputs})
    for (const Port &port : ports)
      if (failed(list(getDims(port.type), func)))
        return failure();
  for (const Use &u : uses)
    if (failed(list(u.past, func)) || failed(list(u.present, func)))
      return failure();
  for (const Buffer &buffer : buffers)
    if (failed(use(buffer.bytes, func)))
      return failure();
  for (const Step &step : steps)
    if (failed(list(step.sizes, func)) || failed(use(step.grid, func)))
      return failure();
  for (const Requirement &require : requirements)
    if (failed(use(require.lhs, require.op)) || failed(use(require.rhs, require.op)))
      return failure();
  slotBytes = func->getAttrOfType<ShapeAttr>("plan.slot_bytes");
  auto slotEpochsAttr = func->getAttrOfType<DenseI64ArrayAttr>("plan.slot_epochs");
  assert(slotBytes && slotEpochsAttr && "plan-memory has not run");
  slotEpochs = slotEpochsAttr;
  return list(slotBytes.toVector(), func);
}

// ---- FlatBuffers ------------------------------------------------------------------------------------------

std::vector<uint32_t> EntryWriter::numbersOf(ArrayRef<Expr> list) {
  std::vector<uint32_t> numbers;
  for (Expr e : list)
    numbers.push_back(exprs.number(e));
  return numbers;
}

std::vector<flatbuffers::Offset<format::Value>> EntryWriter::serialize(ArrayRef<Port> ports) {
  std::vector<flatbuffers::Offset<format::Value>> result;
  for (const Port &port : ports) {
    auto dims = numbersOf(getDims(port.type));
    result.push_back(format::CreateValueDirect(fbb, port.name.c_str(), *getDType(port.type.getElementType()), &dims));
  }
  return result;
}

flatbuffers::Offset<format::Entry> EntryWriter::serialize() {
  using namespace format;
  auto inputTable = serialize(ArrayRef<Port>(inputs)), outputTable = serialize(ArrayRef<Port>(outputs));
  std::vector<flatbuffers::Offset<StateUse>> useTable;
  for (const Use &u : uses) {
    auto past = numbersOf(u.past), present = numbersOf(u.present);
    useTable.push_back(CreateStateUseDirect(fbb, u.state, u.starts, u.starts ? nullptr : &past, &present, u.input.c_str(),
                                            u.output.c_str()));
  }
  std::vector<flatbuffers::Offset<Check>> checkTable;
  for (const Requirement &require : requirements)
    checkTable.push_back(CreateCheckDirect(fbb, exprs.number(require.lhs), exprs.number(require.rhs), require.message.c_str(),
                                           std::max(exprs.epochOf(require.lhs), exprs.epochOf(require.rhs))));
  std::vector<flatbuffers::Offset<format::Buffer>> bufferTable;
  for (const Buffer &buffer : buffers)
    bufferTable.push_back(
        CreateBuffer(fbb, buffer.kind, buffer.index, exprs.number(buffer.bytes), exprs.epochOf(buffer.bytes)));
  std::vector<flatbuffers::Offset<Slot>> slotTable;
  for (auto [bytes, epoch] : llvm::zip(slotBytes.toVector(), slotEpochs))
    slotTable.push_back(CreateSlot(fbb, exprs.number(bytes), epoch));
  std::vector<flatbuffers::Offset<format::Step>> stepTable;
  for (const Step &step : steps) {
    std::vector<uint32_t> operands(step.buffers.begin(), step.buffers.end()), sizes = numbersOf(step.sizes);
    stepTable.push_back(CreateStepDirect(fbb, step.kind, step.kernel, &operands, &sizes, exprs.number(step.grid),
                                         step.symbol, 0, step.minimum, step.source.c_str()));
  }
  auto names = fbb.CreateVectorOfStrings(symbolNames);
  auto nameOffset = fbb.CreateString(func.getName().str());
  auto inputsOffset = fbb.CreateVector(inputTable), outputsOffset = fbb.CreateVector(outputTable);
  auto statesOffset = fbb.CreateVector(useTable);
  auto symbolsOffset = fbb.CreateVectorOfStructs(symbols);
  auto exprsOffset = fbb.CreateVectorOfStructs(exprs.getNodes());
  auto endsOffset = fbb.CreateVector(exprs.getEnds());
  auto checksOffset = fbb.CreateVector(checkTable);
  auto buffersOffset = fbb.CreateVector(bufferTable);
  auto slotsOffset = fbb.CreateVector(slotTable);
  auto stepsOffset = fbb.CreateVector(stepTable);
  return CreateEntry(fbb, nameOffset, inputsOffset, outputsOffset, statesOffset, symbolsOffset, names, exprsOffset,
                     endsOffset, checksOffset, buffersOffset, slotsOffset, stepsOffset);
}

FailureOr<flatbuffers::Offset<format::Entry>> EntryWriter::write() {
  for (Type type : llvm::concat<const Type>(func.getArgumentTypes(), func.getResultTypes()))
    if (!getDType(cast<RankedTensorType>(type).getElementType()))
      return func.emitError() << "entry '" << func.getName() << "': inputs and outputs of type " << type
                              << " cannot be part of an engine";
  readSignature();
  if (failed(defineSymbols()) || failed(readBody()))
    return failure();
  if (failed(useAll()))
    return failure();
  exprs.finish(epochs);
  return serialize();
}

} // namespace dsc
