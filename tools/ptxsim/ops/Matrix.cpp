// SPDX-License-Identifier: Apache-2.0
// Matrices of 8x8 16-bit elements between shared memory and fragments: ldmatrix, stmatrix,
// movmatrix. Lane l holds elements 2(l % 4) and 2(l % 4) + 1 of row l / 4.
#include "tools/ptxsim/core/MemoryChecks.h"
#include "tools/ptxsim/ops/Addresses.h"

#include <fmt/format.h>

namespace ptxsim {
namespace {

struct MatrixOp {
  unsigned count = 1;
  bool transposed = false, wideAddress = true, generic = false;
  std::array<Slot, 4> values;
};

using Rows = uint16_t[8][8];

uint32_t fragment(const Rows &m, unsigned lane, bool transposed) {
  unsigned row = lane / 4, column = lane % 4 * 2;
  return transposed ? m[column][row] | uint32_t(m[column + 1][row]) << 16
                    : m[row][column] | uint32_t(m[row][column + 1]) << 16;
}

void rowAddresses(Warp &w, const Inst &i, const MatrixOp &op, uint64_t *addresses) {
  laneAddresses(w, i.a, op.wideAddress, i.immediate, addresses);
  uint32_t lanes = op.count == 4 ? ~0u : (1u << 8 * op.count) - 1;
  if (op.generic && lanesIn(Space::Shared, lanes, addresses) != lanes)
    throw Fault{FaultKind::OutOfBounds, 0, "the address of a row lies outside of shared memory"};
  checkShared(w, lanes, addresses, 16);
  // Eight rows at a time go through the banks.
  for (unsigned m = 0; m < op.count; ++m)
    countShared(w, 0xFFu << 8 * m, addresses, 16);
}

void load(Warp &w, const Inst &i, uint32_t) {
  const MatrixOp &op = *static_cast<const MatrixOp *>(i.extra);
  uint64_t addresses[32];
  rowAddresses(w, i, op, addresses);
  for (unsigned m = 0; m < op.count; ++m) {
    Rows rows;
    uint32_t poisoned = w.poison;
    for (unsigned r = 0; r < 8; ++r) {
      unsigned lane = 8 * m + r;
      noteRead(w, lane, sharedShadow(w, addresses[lane]), addresses[lane], 16, w.pc);
      std::memcpy(rows[r], w.block.shared.data.data() + addresses[lane], 16);
    }
    // Undefined bytes spread to lanes that are not those of the rows.
    if (w.poison != poisoned)
      w.poison = ~0u;
    uint32_t *d = w.result<uint32_t>(op.values[m]);
    for (unsigned l = 0; l < 32; ++l)
      d[l] = fragment(rows, l, op.transposed);
  }
}

void store(Warp &w, const Inst &i, uint32_t) {
  const MatrixOp &op = *static_cast<const MatrixOp *>(i.extra);
  uint64_t addresses[32];
  rowAddresses(w, i, op, addresses);
  for (unsigned m = 0; m < op.count; ++m) {
    Rows rows;
    const uint32_t *a = w.source<uint32_t>(op.values[m]);
    for (unsigned l = 0; l < 32; ++l)
      for (unsigned h = 0; h < 2; ++h) {
        unsigned row = l / 4, column = l % 4 * 2 + h;
        (op.transposed ? rows[column][row] : rows[row][column]) =
            static_cast<uint16_t>(a[l] >> 16 * h);
      }
    for (unsigned r = 0; r < 8; ++r) {
      unsigned lane = 8 * m + r;
      uint8_t *data = w.block.shared.data.data() + addresses[lane];
      noteWrite(w, lane, sharedShadow(w, addresses[lane]), addresses[lane], 16, w.pc, data,
                reinterpret_cast<const uint8_t *>(rows[r]));
      std::memcpy(data, rows[r], 16);
    }
  }
}

void transpose(Warp &w, const Inst &i, uint32_t) {
  const uint32_t *a = w.source<uint32_t>(i.a);
  Rows rows;
  for (unsigned l = 0; l < 32; ++l)
    for (unsigned h = 0; h < 2; ++h)
      rows[l / 4][l % 4 * 2 + h] = static_cast<uint16_t>(a[l] >> 16 * h);
  uint32_t *d = w.result<uint32_t>(i.d);
  for (unsigned l = 0; l < 32; ++l)
    d[l] = fragment(rows, l, true);
}

} // namespace

bool decodeMatrix(Decoder &d) {
  std::string_view name = d.in().opcode;
  if (name != "ldmatrix" && name != "stmatrix" && name != "movmatrix")
    return false;
  if (!d.has("sync") || !d.has("aligned") || !d.has("m8n8"))
    d.unknown();
  MatrixOp op;
  op.transposed = d.has("trans");
  Inst inst;
  inst.cls = Class::Matrix;
  inst.flow = Flow::Collective;
  inst.aligned = true;
  if (name == "movmatrix") {
    if (d.type() != Type::B16 || !op.transposed)
      d.unknown();
    d.expectOperands(2);
    inst.run = transpose;
    inst.d = d.result(0, Type::B32);
    inst.a = d.source(1, Type::B32);
    d.emit(inst);
    return true;
  }
  int count = d.hasOneOf({"x1", "x2", "x4"});
  op.generic = !d.has("shared") && !d.has("shared::cta");
  if (count < 0 || d.type() != Type::B16)
    d.unknown();
  op.count = 1u << count;
  d.expectOperands(2);
  bool loads = name == "ldmatrix";
  const Operand &vector = d.operand(loads ? 0 : 1);
  std::vector<const Operand *> elements;
  if (vector.kind == Operand::Vector)
    for (const Operand &element : vector.elements)
      elements.push_back(&element);
  else
    elements.push_back(&vector);
  if (elements.size() != op.count)
    d.fail("vector of " + std::to_string(op.count) + " registers expected");
  std::vector<Slot> slots;
  for (const Operand *element : elements)
    slots.push_back(loads ? d.result(*element, Type::B32) : d.source(*element, Type::B32));
  std::copy(slots.begin(), slots.end(), op.values.begin());
  AddressOperand address = d.address(d.operand(loads ? 1 : 0));
  op.wideAddress = address.base.use == 0 || address.wide;
  op.generic = op.generic && address.space != Space::Shared;
  inst.a = address.base;
  inst.immediate = address.offset;
  inst.decides = true;
  inst.run = loads ? load : store;
  if (loads)
    d.operandsBeyond(inst, {}, slots);
  else
    d.operandsBeyond(inst, slots, {});
  inst.extra = d.image().own(op);
  d.emit(inst);
  return true;
}

} // namespace ptxsim
