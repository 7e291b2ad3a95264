// SPDX-License-Identifier: Apache-2.0
// Control flow: bra, brx.idx, call, ret, exit, trap, nanosleep; fences.
#include "tools/ptxsim/core/Launch.h"
#include "tools/ptxsim/decode/Decoder.h"
#include "tools/ptxsim/ops/SystemCalls.h"

namespace ptxsim {
namespace {

void nothing(Warp &, const Inst &, uint32_t) {}

void trap(Warp &, const Inst &, uint32_t lanes) {
  if (lanes)
    throw Fault{FaultKind::Trap, firstLane(lanes),
                "the kernel trapped (lanes " + laneList(lanes) + ")"};
}

struct LocalCopy {
  uint32_t from, to, bytes;
};

/// An argument into the callee's parameter, or a result back.
void copyLocal(Warp &w, const Inst &i, uint32_t lanes) {
  const LocalCopy &copy = *static_cast<const LocalCopy *>(i.extra);
  uint32_t stride = w.block.launch.image.localBytes;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(lanes >> l & 1))
      continue;
    uint8_t *base = w.local.data() + size_t(l) * stride;
    uint8_t *state = w.localState.data() + size_t(l) * (stride / 4);
    std::copy_n(base + copy.from, copy.bytes, base + copy.to);
    std::copy_n(state + copy.from / 4, (copy.bytes + 3) / 4, state + copy.to / 4);
  }
}

void emitCopy(Decoder &d, const Variable *from, const Variable *to) {
  if (from->size != to->size)
    d.fail("argument and parameter have different sizes");
  Inst inst;
  inst.cls = Class::Move;
  inst.run = copyLocal;
  inst.extra = d.image().own(
      LocalCopy{d.localOffset(from), d.localOffset(to), static_cast<uint32_t>(to->size)});
  d.emitPlain(inst);
}

bool decodeCall(Decoder &d) {
  d.has("uni");
  const std::vector<Operand> &operands = d.in().operands;
  size_t at = 0;
  const std::vector<Operand> none;
  const std::vector<Operand> *results = &none, *arguments = &none;
  if (at < operands.size() && operands[at].kind == Operand::List)
    results = &operands[at++].elements;
  if (at == operands.size() || operands[at].kind != Operand::Symbol)
    d.fail("calls through pointers are not simulated:");
  std::string_view name = operands[at++].name;
  if (at < operands.size() && operands[at].kind == Operand::List)
    arguments = &operands[at].elements;
  auto variables = [&](const std::vector<Operand> &list) {
    std::vector<const Variable *> result;
    for (const Operand &operand : list) {
      if (operand.kind != Operand::Symbol || !operand.variable)
        d.fail("argument is no .param variable");
      result.push_back(operand.variable);
    }
    return result;
  };
  auto given = variables(*arguments), taken = variables(*results);
  if (emitSystemCall(d, name, given, taken))
    return true;
  const Function *function = d.findFunction(name);
  if (!function || !function->defined)
    d.fail("function '" + std::string(name) + "' has no body");
  if (given.size() != function->parameters.size() || taken.size() > function->results.size())
    d.fail("wrong number of arguments");
  for (size_t i = 0; i < given.size(); ++i)
    emitCopy(d, given[i], function->parameters[i]);
  Inst inst;
  inst.cls = Class::Control;
  inst.flow = Flow::Call;
  d.emit(inst);
  d.callee(name);
  for (size_t i = 0; i < taken.size(); ++i)
    emitCopy(d, function->results[i], taken[i]);
  return true;
}

/// membar.gl, fence.acq_rel.gpu, fence.sc.cta ...
void fence(Warp &w, const Inst &, uint32_t lanes) {
  if (lanes)
    w.fence(true, true);
}

bool decodeFence(Decoder &d) {
  d.hasOneOf({"gl", "cta", "sys", "gpu", "cluster"});
  d.hasOneOf({"acq_rel", "sc", "acquire", "release"});
  Inst inst;
  inst.cls = Class::Fence;
  inst.run = fence;
  d.emit(inst);
  return true;
}

} // namespace

bool decodeControl(Decoder &d) {
  std::string_view op = d.in().opcode;
  Inst inst;
  inst.cls = Class::Control;
  if (op == "bra") {
    d.has("uni");
    d.expectOperands(1);
    inst.flow = Flow::Branch;
    d.emit(inst);
    d.branchTo(d.operand(0).name);
    return true;
  }
  if (op == "brx") {
    d.has("idx"), d.has("uni");
    d.expectOperands(2);
    inst.flow = Flow::BranchTable;
    inst.a = d.source(0, Type::U32);
    auto *table = d.image().own(std::vector<uint32_t>());
    inst.extra = table;
    d.emit(inst);
    d.branchTable(d.operand(1), table);
    return true;
  }
  if (op == "griddepcontrol") // launches follow each other: what it would overlap is over
    d.hasOneOf({"launch_dependents", "wait"});
  if (op == "griddepcontrol" || op == "branchtargets" || op == "pmevent" || op == "discard" ||
      op == "applypriority") {
    inst.run = nothing;
    d.emit(inst);
    return true;
  }
  if (op == "call")
    return decodeCall(d);
  if (op == "ret" || op == "exit") {
    d.has("uni");
    inst.flow = op == "ret" ? Flow::Return : Flow::Exit;
    d.emit(inst);
    return true;
  }
  if (op == "trap" || op == "brkpt") {
    inst.run = trap;
    d.emit(inst);
    return true;
  }
  if (op == "nanosleep") {
    d.type();
    inst.flow = Flow::Yield;
    d.emit(inst);
    return true;
  }
  if (op == "membar" || op == "fence")
    return decodeFence(d);
  return false;
}

} // namespace ptxsim
