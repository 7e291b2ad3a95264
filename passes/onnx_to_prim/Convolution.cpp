// SPDX-License-Identifier: Apache-2.0
// Conv over any number of spatial dimensions: padding, one strided slice per tap of the kernel, one contraction. Where the sizes
// of the weight are open, the windows are taken by their positions instead.
#include "passes/onnx_to_prim/Convolution.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

class Conv {
public:
  Conv(Node &node, Lowering &l) : node(node), l(l) {}

  LogicalResult lower() {
    if (failed(readShapes()) || failed(readPadding()))
      return failure();
    x = pad(x);
    Value y = weightDims.empty() ? open() : isDepthwise() ? depthwise() : general();
    if (node.hasInput(2)) {
      FailureOr<Value> biased = addBias(y);
      if (failed(biased))
        return failure();
      y = *biased;
    }
    node.setResult(0, y);
    return success();
  }

private:
  /// An attribute with one positive number per spatial dimension.
  FailureOr<SmallVector<int64_t>> readPerDim(StringRef name) {
    SmallVector<int64_t> values(spatial, 1);
    if (auto given = node.getInts(name))
      values = std::move(*given);
    if (int64_t(values.size()) != spatial || llvm::any_of(values, [](int64_t v) { return v <= 0; }))
      return node.error() << name << " must be " << spatial << " positive numbers";
    return values;
  }

  LogicalResult readShapes() {
    if (failed(expectInputs(node, 2, 3)) || failed(expectFloat(node, 0)))
      return failure();
    x = node.getInput(0);
    w = node.getInput(1);
    spatial = rank(x) - 2;
    if (spatial < 1)
      return node.error() << "input 0 has rank " << rank(x) << ", below 3";
    if (failed(expectRank(node, 1, rank(x))) || failed(expectSameElementType(node, {x, w})))
      return failure();
    if (auto kernel = node.getInts("kernel_shape")) {
      if (int64_t(kernel->size()) != spatial)
        return node.error() << "kernel_shape differs from the weight's shape";
      Dims dims = getDims(w);
      llvm::copy(l.sizes(*kernel), dims.begin() + 2);
      if (failed(l.unify(node, getDims(w), dims, "kernel_shape and the weight's shape")))
        return failure();
      w = l.castTo(w, dims);
    }
    group = node.getInt("group", 1);
    if (group <= 0)
      return node.error() << "group " << group << " is not positive";
    if (failed(requireMultiple(node, getDim(w.getType(), 0), l.size(group), "output channels do not divide into groups")))
      return failure();
    FailureOr<Expr> channels = l.unify(node, getDim(x.getType(), 1), getDim(w.getType(), 1) * group, "input channels");
    if (failed(channels))
      return failure();
    weight = getDims(w);
    Dims dims = getDims(x);
    dims[1] = weight[1] * group;
    x = l.castTo(x, dims);
    for (Expr dim : weight)
      if (asConstant(dim).value_or(1) <= 0)
        return node.error() << "the weight's shape must not be empty";
    if (llvm::all_of(weight, [](Expr dim) { return asConstant(dim).has_value(); }))
      weightDims = llvm::map_to_vector(weight, [](Expr dim) { return *asConstant(dim); });
    FailureOr<SmallVector<int64_t>> s = readPerDim("strides"), d = readPerDim("dilations");
    if (failed(s) || failed(d))
      return failure();
    strides = *s;
    dilations = *d;
    if (weightDims.empty())
      return success();
    for (int64_t tapCount : ArrayRef(weightDims).drop_front(2))
      taps *= tapCount;
    if (taps > maxTaps)
      return node.error() << "kernels of " << taps << " elements are not supported";
    return success();
  }

  /// The extent of the kernel along spatial dimension i, dilation included.
  Expr extent(int64_t i) { return (weight[2 + i] - 1) * dilations[i] + 1; }

  LogicalResult readPadding() {
    StringRef mode = node.getString("auto_pad", "NOTSET");
    SmallVector<int64_t> pads(2 * spatial, 0);
    if (mode == "NOTSET") {
      if (auto given = node.getInts("pads"))
        pads = std::move(*given);
      if (int64_t(pads.size()) != 2 * spatial || llvm::any_of(pads, [](int64_t v) { return v < 0; }))
        return node.error() << "pads must be " << 2 * spatial << " numbers, none of them negative";
    } else if (mode != "VALID" && mode != "SAME_UPPER" && mode != "SAME_LOWER") {
      return node.error() << "unknown auto_pad '" << mode << "'";
    }
    for (int64_t i = 0; i < spatial; ++i) {
      Expr size = getDim(x.getType(), 2 + i);
      if (mode.starts_with("SAME")) {
        Expr count = ceilDiv(size, l.size(strides[i]));
        Expr total = prim::max((count - 1) * strides[i] + extent(i) - size, l.size(0));
        Expr smaller = floorDiv(total, l.size(2));
        low.push_back(mode == "SAME_UPPER" ? smaller : total - smaller);
        padded.push_back(size + total);
        out.push_back(count);
        continue;
      }
      low.push_back(l.size(pads[i]));
      padded.push_back(size + pads[i] + pads[spatial + i]);
      Expr rest = padded.back() - extent(i), count = floorDiv(rest, l.size(strides[i])) + 1;
      if (asConstant(rest) && *asConstant(rest) < 0)
        return node.error() << "the kernel is larger than the padded input";
      out.push_back(provablyNonNegative(count) ? count : prim::max(count, l.size(0)));
    }
    return success();
  }

  Value pad(Value value) {
    Dims dims = getDims(value), starts(2, l.size(0));
    starts.append(low.begin(), low.end());
    std::copy(padded.begin(), padded.end(), dims.begin() + 2);
    auto type = getTensorType(dims, elementType(value));
    if (type == value.getType())
      return value;
    return PadOp::create(l.builder, l.getLoc(), type, value, l.scalar(0, elementType(value)),
                         ShapeAttr::get(l.getContext(), starts));
  }

  /// The input elements that tap number `tap` (row-major in the kernel) meets: [N, C, out...].
  Value inputOfTap(int64_t tap) {
    Dims starts(2 + spatial, l.size(0)), counts = getDims(x);
    SmallVector<int64_t> steps(2 + spatial, 1);
    for (int64_t i = spatial - 1; i >= 0; --i) {
      starts[2 + i] = l.size(tap % weightDims[2 + i] * dilations[i]);
      steps[2 + i] = strides[i];
      counts[2 + i] = out[i];
      tap /= weightDims[2 + i];
    }
    return l.slice(x, starts, steps, counts);
  }

  bool isDepthwise() { return weightDims[1] == 1 && weightDims[0] == group; }

  /// Sum over taps of input * weight, channel by channel.
  Value depthwise() {
    Type type = elementType(x), compute = computeType(l, type);
    Value flat = l.reshape(w, {l.size(group), l.size(taps)});
    Value sum;
    for (int64_t tap = 0; tap < taps; ++tap) {
      Value part = l.convert(inputOfTap(tap), compute);
      Value weight = l.convert(l.reshape(l.sliceAxis(flat, 1, l.size(tap), l.size(1)), {l.size(group)}), compute);
      part = l.binary(BinaryKind::Mul, part, l.broadcastInDim(weight, {1}, getDims(part)));
      sum = sum ? l.binary(BinaryKind::Add, sum, part) : part;
    }
    return l.convert(sum, type);
  }

  /// [N, g, C/g * taps, out...] x [g, M/g, C/g * taps] -> [N, M, out...]
  Value general() {
    Values parts;
    for (int64_t tap = 0; tap < taps; ++tap)
      parts.push_back(l.unsqueeze(inputOfTap(tap), 2));
    Expr batch = getDim(x.getType(), 0), depth = l.size(weightDims[1] * taps);
    Dims columns = {batch, l.size(group), depth};
    columns.append(out.begin(), out.end());
    Value left = l.reshape(w, {l.size(group), l.size(weightDims[0] / group), depth});
    Value y = l.dot(left, l.reshape(l.concat(parts, 2), columns), {0}, {1}, {2}, {2});
    return fromGroups(y);
  }

  /// [N, g, C/g, out0, k0, out1, k1, ...] x [g, M/g, C/g, k...] -> [N, M, out...]
  Value open() {
    Value windows = x;
    for (int64_t i = spatial - 1; i >= 0; --i) {
      Expr position = index(l.getContext(), 0) * strides[i] + index(l.getContext(), 1) * dilations[i];
      windows = l.take(windows, l.indexExpr(position, {out[i], weight[2 + i]}, l.i64()), 2 + i);
    }
    Dims left = {l.size(group), floorDiv(weight[0], l.size(group))}, right = getDims(windows);
    left.append(weight.begin() + 1, weight.end());
    right[1] = weight[1];
    right.insert(right.begin() + 1, l.size(group));
    SmallVector<int64_t> ofLeft = {2}, ofRight = {2};
    for (int64_t i = 0; i < spatial; ++i) {
      ofLeft.push_back(3 + i);
      ofRight.push_back(4 + 2 * i);
    }
    return fromGroups(l.dot(l.reshape(w, left), l.reshape(windows, right), {0}, {1}, ofLeft, ofRight));
  }

  /// [g, M/g, N, out...] -> [N, M, out...]
  Value fromGroups(Value y) {
    SmallVector<int64_t> perm = {2, 0, 1};
    llvm::append_range(perm, llvm::seq<int64_t>(3, 3 + spatial));
    Dims dims = {getDim(x.getType(), 0), weight[0]};
    dims.append(out.begin(), out.end());
    return l.reshape(l.transpose(y, perm), dims);
  }

  FailureOr<Value> addBias(Value y) {
    Value bias = node.getInput(2);
    if (failed(expectRank(node, 2, 1)) || failed(expectSameElementType(node, {y, bias})))
      return failure();
    if (failed(unifyDim(node, y, 1, bias, 0, "output channels and elements of the bias")))
      return failure();
    return l.binary(BinaryKind::Add, y, l.broadcastInDim(bias, {1}, getDims(y)));
  }

  /// Each tap becomes operations of its own.
  static constexpr int64_t maxTaps = 1024;

  Node &node;
  Lowering &l;
  Value x, w;
  int64_t spatial = 0, group = 1, taps = 1;
  Dims weight;
  SmallVector<int64_t> weightDims; ///< none where a size is open
  SmallVector<int64_t> strides, dilations;
  Dims low, padded, out; ///< per spatial dimension
};

LogicalResult lowerConv(Node &node, Lowering &l) { return Conv(node, l).lower(); }

} // namespace

void registerConvolution(Registry &r) {
  r.add("Conv", 1, lowerConv);
  registerCausalConv(r);
}

} // namespace dsc::onnx_to_prim
