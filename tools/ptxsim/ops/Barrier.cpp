// SPDX-License-Identifier: Apache-2.0
// Barriers of a block (bar, barrier) and of a warp (bar.warp.sync).
#include "tools/ptxsim/core/BarrierOp.h"
#include "tools/ptxsim/core/Warp.h"
#include "tools/ptxsim/decode/Decoder.h"

namespace ptxsim {
namespace {

void invert(Warp &w, const Inst &i, uint32_t lanes) {
  uint32_t *d = w.result<uint32_t>(i.d);
  *d = (*d & ~lanes) | (~w.predicate(i.a) & lanes);
}

} // namespace

bool decodeBarrier(Decoder &d) {
  std::string_view op = d.in().opcode;
  if (op != "bar" && op != "barrier")
    return false;
  Inst inst;
  inst.cls = Class::Barrier;
  d.has("cta");
  if (d.has("warp")) {
    if (!d.has("sync"))
      d.unknown();
    d.expectOperands(1);
    inst.cls = Class::Collective;
    inst.flow = Flow::WarpBarrier;
    inst.c = d.source(0, Type::B32);
    d.emit(inst);
    return true;
  }
  int kind = d.hasOneOf({"sync", "arrive", "red"});
  if (kind < 0)
    d.unknown();
  inst.flow = Flow::BlockBarrier;
  inst.aligned = op == "bar" || d.has("aligned");
  inst.immediate = kind != 1;
  size_t at = 0;
  if (kind == 2) {
    int operation = d.hasOneOf({"popc", "and", "or"});
    Type type = d.type();
    if (operation < 0)
      d.unknown();
    static constexpr BarrierReduction reductions[] = {BarrierReduction::Popc, BarrierReduction::And,
                                                      BarrierReduction::Or};
    inst.extra = &reductions[operation];
    inst.d = d.result(at++, operation == 0 ? Type::U32 : Type::Pred);
    if (operation == 0 && type != Type::U32)
      d.unknown();
  }
  size_t last = d.operandCount();
  if (kind == 2) {
    const Operand &predicate = d.operand(--last);
    inst.c = d.source(predicate, Type::Pred);
    if (predicate.negated) {
      Inst negation;
      negation.cls = Class::Compare;
      negation.run = invert;
      negation.a = inst.c;
      negation.d = inst.c = d.scratch();
      d.emitPlain(negation);
    }
  }
  if (at == last)
    d.fail("barrier number expected");
  inst.a = d.source(at++, Type::U32);
  inst.b = at < last ? d.source(at++, Type::U32) : d.constant32(0);
  if (at != last)
    d.fail("too many operands");
  d.emit(inst);
  return true;
}

} // namespace ptxsim
