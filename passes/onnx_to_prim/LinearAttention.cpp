// SPDX-License-Identifier: Apache-2.0
// LinearAttention: a recurrence over a state [B, Hk, dk, dv], one step a token, written out.
//
//   S_t = exp(g_t) S_(t-1) + k_t (x) u_t      u_t = v_t, or beta_t (v_t - S^T k_t) with the state after its decay
//   o_t = scale q_t^T S_t
//
// All of it is computed in f32 and rounded once.
#include "passes/onnx_to_prim/Attention.h"
#include "passes/onnx_to_prim/OpenIterations.h"
#include <cmath>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

constexpr int64_t maxTokens = 1024;

class LinearAttention {
public:
  LinearAttention(Node &node, Lowering &l) : node(node), l(l) {}

  LogicalResult lower() {
    if (failed(readRule()) || failed(readHeads()) || failed(readState()) || failed(readGates()))
      return failure();
    if (open)
      for (Value *x : {&q, &k, &v, &decay, &beta})
        if (*x)
          *x = open->padded(*x, 1);
    Values outputs;
    for (int64_t t = 0; t < tokens; ++t) {
      Value before = state;
      outputs.push_back(step(t));
      if (!open)
        continue;
      FailureOr<Value> kept = open->keep(state, before, t);
      if (failed(kept))
        return failure();
      state = *kept;
    }
    Dims d = getDims(outputs.front());
    Dims one{d[0], l.size(1), d[1], d[2], d[3]};
    for (Value &o : outputs)
      o = l.reshape(o, one);
    Value y = outputs.size() == 1 ? outputs.front() : l.concat(outputs, 1);
    y = l.reshape(y, {d[0], l.size(tokens), d[1] * d[2] * d[3]});
    if (open)
      y = open->ran(y, 1);
    node.setResult(0, l.convert(y, elementType(node.getInput(0))));
    Type stateType = elementType(node.getInput(node.hasInput(3) ? 3 : 0));
    node.setResult(1, l.convert(state, stateType));
    return success();
  }

private:
  LogicalResult readRule() {
    if (failed(expectInputs(node, 3, 6)))
      return failure();
    StringRef rule = node.getString("update_rule", "gated_delta");
    if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta")
      return node.error() << "unknown update_rule '" << rule << "'";
    gated = rule.starts_with("gated");
    corrects = rule.ends_with("delta");
    if (gated != node.hasInput(4))
      return node.error() << "update_rule '" << rule << (gated ? "' needs" : "' has no use for") << " input 4, the decay";
    if (corrects != node.hasInput(5))
      return node.error() << "update_rule '" << rule << (corrects ? "' needs" : "' has no use for") << " input 5, beta";
    return success();
  }

  /// Queries as [B, T, Hk, group, dk], keys and values as [B, T, Hk, d].
  LogicalResult readHeads() {
    queryHeads = node.getInt("q_num_heads", 0);
    heads = node.getInt("kv_num_heads", 0);
    if (heads <= 0 || queryHeads <= 0 || queryHeads % heads)
      return node.error() << queryHeads << " query heads do not divide into " << heads << " key heads";
    for (unsigned i : {0u, 1u, 2u})
      if (failed(expectFloat(node, i)) || failed(expectRank(node, i, 3)))
        return failure();
    Value *slots[] = {&q, &k, &v};
    for (unsigned i = 0; i < 3; ++i) {
      FailureOr<Value> split = splitHeads(node, l.convert(node.getInput(i), l.f32()), i == 0 ? queryHeads : heads);
      if (failed(split))
        return failure();
      *slots[i] = *split;
    }
    for (Value *other : {&k, &v})
      for (int64_t d : {0, 1})
        if (failed(unifyDim(node, q, d, *other, d, "batch and length of queries, keys and values")))
          return failure();
    if (failed(unifyDim(node, q, 3, k, 3, "width of queries and keys")))
      return failure();
    auto length = asConstant(getDim(q.getType(), 1));
    if (length && (*length < 1 || *length > maxTokens))
      return node.error() << "the number of tokens must be from 1 to " << maxTokens << "; it is " << *length;
    if (!length)
      open.emplace(node, l, getDim(q.getType(), 1));
    tokens = length.value_or(OpenIterations::most);
    Dims d = getDims(q);
    q = l.reshape(q, {d[0], d[1], l.size(heads), l.size(queryHeads / heads), d[3]});
    double scale = node.getFloat("scale", 0);
    if (auto width = asConstant(d[3]); width || scale != 0) {
      q = binaryScalar(l, BinaryKind::Mul, q, scale == 0 ? 1 / std::sqrt(double(*width)) : scale);
      return success();
    }
    Value root = l.unary(UnaryKind::Sqrt, l.convert(l.reshape(l.exprs({d[3]}, l.i64()), {}), l.f32()));
    q = l.binary(BinaryKind::Div, q, root);
    return success();
  }

  LogicalResult readState() {
    Dims dims{getDim(k.getType(), 0), l.size(heads), getDim(k.getType(), 3), getDim(v.getType(), 3)};
    if (!node.hasInput(3)) {
      state = l.splat(0, dims, l.f32());
      return success();
    }
    if (failed(expectFloat(node, 3)) || failed(expectRank(node, 3, 4)))
      return failure();
    Value past = node.getInput(3);
    FailureOr<Dims> same = l.unify(node, dims, getDims(past), "dimensions of the state");
    if (failed(same))
      return failure();
    state = l.convert(l.castTo(past, *same), l.f32());
    return success();
  }

  /// A gate [B, T, heads * d] with d one of `widths`, as [B, T, heads, d].
  LogicalResult readGate(unsigned input, Value &gate, ArrayRef<std::pair<int64_t, Expr>> forms, StringRef what) {
    if (failed(expectFloat(node, input)) || failed(expectRank(node, input, 3)))
      return failure();
    gate = l.convert(node.getInput(input), l.f32());
    for (int64_t d : {0, 1})
      if (failed(unifyDim(node, gate, d, k, d, "batch and length of the " + what)))
        return failure();
    Dims dims = getDims(gate);
    Expr one = l.size(1);
    for (auto [count, width] : forms)
      if (dims[2] == width * count) {
        gate = l.reshape(gate, {dims[0], dims[1], l.size(count), width});
        return success();
      }
    if (!asConstant(dims[2])) {
      // Only the run knows which of the two forms it is: the open part is 1 or the larger form's.
      bool openWidth = forms[0].first == forms[1].first;
      Expr count = openWidth ? l.size(heads) : dims[2];
      if (openWidth && failed(requireMultiple(node, dims[2], count, "the " + what + " does not divide into heads")))
        return failure();
      gate = l.reshape(gate, {dims[0], dims[1], count, openWidth ? floorDiv(dims[2], count) : one});
      FailureOr<Value> fitted =
          l.fitSize(node, gate, openWidth ? 3 : 2, openWidth ? forms[1].second : l.size(heads), "last dimension of the " + what);
      if (failed(fitted))
        return failure();
      gate = *fitted;
      return success();
    }
    return node.error() << "the last dimension of the " << what << ", " << toString(dims[2]) << ", does not fit " << heads
                        << " key heads";
  }

  LogicalResult readGates() {
    Expr one = l.size(1);
    if (gated) {
      if (failed(readGate(4, decay, {{heads, one}, {heads, getDim(k.getType(), 3)}}, "decay")))
        return failure();
      decay = l.unary(UnaryKind::Exp, decay);
    }
    if (corrects)
      return readGate(5, beta, {{heads, one}, {1, one}}, "beta");
    return success();
  }

  Value at(Value x, int64_t t) { return l.squeeze(l.sliceAxis(x, 1, l.size(t), l.size(1)), 1); }

  /// o_t as [B, Hk, group, dv].
  Value step(int64_t t) {
    Value key = at(k, t), value = at(v, t);
    if (gated) // [B, Hk, 1 or dk] over [B, Hk, dk, dv]
      state = binaryInto(l, BinaryKind::Mul, state, l.unsqueeze(at(decay, t), 3));
    if (corrects) {
      Value retrieved = l.dot(state, key, {0, 1}, {0, 1}, {2}, {2});
      value = l.binary(BinaryKind::Sub, value, retrieved);
      value = binaryInto(l, BinaryKind::Mul, value, at(beta, t));
    }
    Value written = l.dot(key, value, {0, 1}, {0, 1}, {}, {});
    state = l.binary(BinaryKind::Add, state, written);
    return l.dot(at(q, t), state, {0, 1}, {0, 1}, {3}, {2});
  }

  Node &node;
  Lowering &l;
  bool gated = false, corrects = false;
  int64_t queryHeads = 0, heads = 0, tokens = 0;
  std::optional<OpenIterations> open; ///< where only the run knows how many tokens there are
  Value q, k, v, state, decay, beta;
};

LogicalResult lowerLinearAttention(Node &node, Lowering &l) { return LinearAttention(node, l).lower(); }

} // namespace

void registerLinearAttention(Registry &r) { r.add("LinearAttention", 27, lowerLinearAttention); }

} // namespace dsc::onnx_to_prim
