// SPDX-License-Identifier: Apache-2.0
// mma.sync: D = A B + C on fragments.
//
// With g = lane / 4 and t = lane % 4, register r of a fragment of 32-bit registers holds, for
// elements of E bytes and p = 4 / E of them a register:
//   A (16 x K): row g + 8 (r % 2), columns p t + 4 p (r / 2) ...
//   B (K x 8):  rows p t + 4 p r ..., column g
//   C, D (16 x 8): row g + 8 (r / 2), column 2 t + r % 2 (f32, s32); f16 pairs: row g + 8 r
// as in the figures of the PTX ISA, "Matrix Fragments for mma". Sums are made in f32 (f64, s32) in
// ascending k; hardware may add in another order and with fewer guard bits.
#include "tools/ptxsim/decode/Decoder.h"
#include "tools/ptxsim/ops/Lanes.h"

namespace ptxsim {
namespace {

struct MmaOp {
  unsigned k;
  Type a, b, accumulator;
  bool saturate;
  unsigned aRegisters, bRegisters, cRegisters;
  std::array<Slot, 16> slots; ///< a..., b..., c..., d...
};

template <Type T> float element(uint32_t bits, unsigned i) {
  if constexpr (T == Type::F16)
    return toFloat(Half{static_cast<uint16_t>(bits >> 16 * i)});
  else if constexpr (T == Type::BF16)
    return toFloat(Bfloat{static_cast<uint16_t>(bits >> 16 * i)});
  else // TF32: the low 13 bits are not looked at
    return std::bit_cast<float>(bits & ~0x1FFFu);
}

/// Lanes whose results depend on registers that hold nothing (option uninitialised=lazy): a lane of
/// A reaches the lanes of its rows, one of B those of its column, one of C itself.
uint32_t undefinedResults(Warp &w, const MmaOp &op) {
  auto missing = [&](unsigned first, unsigned count) {
    uint32_t lanes = 0;
    for (unsigned r = first; r < first + count; ++r)
      lanes |= ~w.valid[op.slots[r].use];
    return lanes;
  };
  uint32_t a = missing(0, op.aRegisters), b = missing(op.aRegisters, op.bRegisters),
           result = missing(op.aRegisters + op.bRegisters, op.cRegisters);
  for (unsigned l = 0; l < 32; ++l) {
    if (a >> l & 1)
      result |= 15u << l / 4 * 4;
    if (b >> l & 1)
      result |= 0x11111111u << l / 8;
  }
  return result;
}

/// Accumulators as a 16 x 8 matrix.
template <class T> void gather(Warp &w, const MmaOp &op, T (&c)[16][8]) {
  const Slot *slots = &op.slots[op.aRegisters + op.bRegisters];
  for (unsigned r = 0; r < op.cRegisters; ++r) {
    const uint32_t *s = w.source<uint32_t>(slots[r]);
    for (unsigned l = 0; l < 32; ++l) {
      if (op.accumulator == Type::F16) {
        c[l / 4 + 8 * r][l % 4 * 2] = static_cast<T>(element<Type::F16>(s[l], 0));
        c[l / 4 + 8 * r][l % 4 * 2 + 1] = static_cast<T>(element<Type::F16>(s[l], 1));
      } else {
        c[l / 4 + 8 * (r / 2)][l % 4 * 2 + r % 2] = std::bit_cast<T>(s[l]);
      }
    }
  }
}

template <class T> void scatter(Warp &w, const MmaOp &op, const T (&c)[16][8]) {
  const Slot *slots = &op.slots[op.aRegisters + op.bRegisters + op.cRegisters];
  for (unsigned r = 0; r < op.cRegisters; ++r) {
    uint32_t *d = w.result<uint32_t>(slots[r]);
    for (unsigned l = 0; l < 32; ++l) {
      if (op.accumulator == Type::F16)
        d[l] = fromFloat<Half>(static_cast<float>(c[l / 4 + 8 * r][l % 4 * 2])).bits |
               uint32_t(fromFloat<Half>(static_cast<float>(c[l / 4 + 8 * r][l % 4 * 2 + 1])).bits)
                   << 16;
      else
        d[l] = std::bit_cast<uint32_t>(c[l / 4 + 8 * (r / 2)][l % 4 * 2 + r % 2]);
    }
  }
}

/// The product of gathered operands: rows of B are vectors of 8.
template <class T>
void multiply(const T (&a)[16][32], const T (&b)[32][8], T (&c)[16][8], unsigned k) {
  for (unsigned row = 0; row < 16; ++row) {
    T sum[8];
    for (unsigned n = 0; n < 8; ++n)
      sum[n] = c[row][n];
    for (unsigned i = 0; i < k; ++i)
      for (unsigned n = 0; n < 8; ++n) {
        if constexpr (std::is_integral_v<T>)
          sum[n] = static_cast<T>(uint32_t(sum[n]) + uint32_t(a[row][i] * b[i][n]));
        else
          sum[n] = __builtin_fmaf(a[row][i], b[i][n], sum[n]);
      }
    for (unsigned n = 0; n < 8; ++n)
      c[row][n] = sum[n];
  }
}

template <Type T> void floatMma(Warp &w, const Inst &i, uint32_t) {
  const MmaOp &op = *static_cast<const MmaOp *>(i.extra);
  constexpr unsigned p = T == Type::TF32 ? 1 : 2;
  alignas(64) float a[16][32], b[32][8], c[16][8];
  for (unsigned r = 0; r < op.aRegisters; ++r) {
    const uint32_t *s = w.source<uint32_t>(op.slots[r]);
    for (unsigned l = 0; l < 32; ++l)
      for (unsigned e = 0; e < p; ++e)
        a[l / 4 + 8 * (r % 2)][p * (l % 4) + 4 * p * (r / 2) + e] = element<T>(s[l], e);
  }
  for (unsigned r = 0; r < op.bRegisters; ++r) {
    const uint32_t *s = w.source<uint32_t>(op.slots[op.aRegisters + r]);
    for (unsigned l = 0; l < 32; ++l)
      for (unsigned e = 0; e < p; ++e)
        b[p * (l % 4) + 4 * p * r + e][l / 4] = element<T>(s[l], e);
  }
  gather(w, op, c);
  multiply(a, b, c, op.k);
  w.poison |= undefinedResults(w, op);
  scatter(w, op, c);
}

int32_t byteElement(uint32_t bits, unsigned i, bool isSignedType) {
  uint32_t byte = bits >> 8 * i & 0xFF;
  return isSignedType ? static_cast<int8_t>(byte) : static_cast<int32_t>(byte);
}

void integerMma(Warp &w, const Inst &i, uint32_t) {
  const MmaOp &op = *static_cast<const MmaOp *>(i.extra);
  alignas(64) int32_t a[16][32], b[32][8], c[16][8];
  for (unsigned r = 0; r < op.aRegisters; ++r) {
    const uint32_t *s = w.source<uint32_t>(op.slots[r]);
    for (unsigned l = 0; l < 32; ++l)
      for (unsigned e = 0; e < 4; ++e)
        a[l / 4 + 8 * (r % 2)][4 * (l % 4) + 16 * (r / 2) + e] =
            byteElement(s[l], e, op.a == Type::S8);
  }
  for (unsigned r = 0; r < op.bRegisters; ++r) {
    const uint32_t *s = w.source<uint32_t>(op.slots[op.aRegisters + r]);
    for (unsigned l = 0; l < 32; ++l)
      for (unsigned e = 0; e < 4; ++e)
        b[4 * (l % 4) + 16 * r + e][l / 4] = byteElement(s[l], e, op.b == Type::S8);
  }
  gather(w, op, c);
  w.poison |= undefinedResults(w, op);
  if (op.saturate) {
    for (unsigned row = 0; row < 16; ++row)
      for (unsigned n = 0; n < 8; ++n) {
        int64_t sum = c[row][n];
        for (unsigned x = 0; x < op.k; ++x)
          sum += a[row][x] * b[x][n];
        c[row][n] = static_cast<int32_t>(sum > INT32_MAX   ? INT32_MAX
                                         : sum < INT32_MIN ? INT32_MIN
                                                           : sum);
      }
  } else {
    multiply(a, b, c, op.k);
  }
  scatter(w, op, c);
}

/// m8n8k4: one element of A (row g, column t) and of B (row t, column g), two of C a lane.
void doubleMma(Warp &w, const Inst &i, uint32_t) {
  const MmaOp &op = *static_cast<const MmaOp *>(i.extra);
  double a[8][4], b[4][8], c[8][8];
  const double *sa = w.source<double>(op.slots[0]), *sb = w.source<double>(op.slots[1]);
  for (unsigned l = 0; l < 32; ++l) {
    a[l / 4][l % 4] = sa[l];
    b[l % 4][l / 4] = sb[l];
    for (unsigned r = 0; r < 2; ++r)
      c[l / 4][l % 4 * 2 + r] = w.source<double>(op.slots[2 + r])[l];
  }
  for (unsigned row = 0; row < 8; ++row)
    for (unsigned x = 0; x < 4; ++x)
      for (unsigned n = 0; n < 8; ++n)
        c[row][n] = __builtin_fma(a[row][x], b[x][n], c[row][n]);
  w.poison |= undefinedResults(w, op);
  for (unsigned l = 0; l < 32; ++l)
    for (unsigned r = 0; r < 2; ++r)
      w.result<double>(op.slots[4 + r])[l] = c[l / 4][l % 4 * 2 + r];
}

} // namespace

bool decodeMma(Decoder &d) {
  if (d.in().opcode != "mma")
    return false;
  if (!d.has("sync") || !d.has("aligned"))
    d.unknown();
  int shape = d.hasOneOf({"m16n8k4", "m16n8k8", "m16n8k16", "m16n8k32", "m8n8k4"});
  if (shape < 0 || !d.has("row") || !d.has("col"))
    d.unknown();
  MmaOp op{};
  op.saturate = d.has("satfinite");
  Type result = d.type();
  op.a = d.type(), op.b = d.type(), op.accumulator = d.type();
  static constexpr unsigned ks[] = {4, 8, 16, 32, 4};
  op.k = ks[shape];
  bool eightByEight = shape == 4;
  Type element = Type::B32, sum = Type::B32;
  Handler handler = nullptr;
  bool sixteen = op.a == Type::F16 || op.a == Type::BF16;
  if (result != op.accumulator)
    d.unknown();
  if (eightByEight) {
    if (op.a != Type::F64 || op.b != Type::F64 || result != Type::F64)
      d.unknown();
    handler = doubleMma;
    element = sum = Type::F64;
    op.aRegisters = op.bRegisters = 1, op.cRegisters = 2;
  } else if (sixteen && op.a == op.b && (op.k == 8 || op.k == 16) &&
             (result == Type::F32 || (result == Type::F16 && op.a == Type::F16))) {
    handler = op.a == Type::F16 ? floatMma<Type::F16> : floatMma<Type::BF16>;
    op.aRegisters = op.k / 4, op.bRegisters = op.k / 8;
    op.cRegisters = result == Type::F16 ? 2 : 4;
  } else if (op.a == Type::TF32 && op.b == Type::TF32 && (op.k == 4 || op.k == 8) &&
             result == Type::F32) {
    handler = floatMma<Type::TF32>;
    op.aRegisters = op.k / 2, op.bRegisters = op.k / 4, op.cRegisters = 4;
  } else if ((op.a == Type::S8 || op.a == Type::U8) && (op.b == Type::S8 || op.b == Type::U8) &&
             (op.k == 16 || op.k == 32) && result == Type::S32) {
    handler = integerMma;
    op.aRegisters = op.k / 8, op.bRegisters = op.k / 16, op.cRegisters = 4;
  } else {
    d.unknown();
  }
  if (op.saturate && handler != integerMma)
    d.unknown();
  d.expectOperands(4);
  auto elements = [&](size_t index, unsigned count) {
    const Operand &operand = d.operand(index);
    if (operand.kind == Operand::Vector ? operand.elements.size() != count : count != 1)
      d.fail("fragment of " + std::to_string(count) + " registers expected");
    std::vector<const Operand *> result;
    if (operand.kind == Operand::Vector)
      for (const Operand &e : operand.elements)
        result.push_back(&e);
    else
      result.push_back(&operand);
    return result;
  };
  std::vector<Slot> sources, results;
  for (const Operand *e : elements(1, op.aRegisters))
    sources.push_back(d.source(*e, element));
  for (const Operand *e : elements(2, op.bRegisters))
    sources.push_back(d.source(*e, element));
  for (const Operand *e : elements(3, op.cRegisters))
    sources.push_back(d.source(*e, sum));
  for (const Operand *e : elements(0, op.cRegisters))
    results.push_back(d.result(*e, sum));
  std::copy(sources.begin(), sources.end(), op.slots.begin());
  std::copy(results.begin(), results.end(), op.slots.begin() + static_cast<long>(sources.size()));
  Inst inst;
  inst.cls = Class::Mma;
  inst.flow = Flow::Collective;
  inst.aligned = true;
  inst.run = handler;
  inst.extra = d.image().own(op);
  d.operandsBeyond(inst, sources, results);
  d.emit(inst);
  return true;
}

} // namespace ptxsim
