// SPDX-License-Identifier: Apache-2.0
// MatMulNBits and GatherBlockQuantized, and what they share with QMoE.
#include "passes/onnx_to_prim/BlockQuantization.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

Value unpackCodes(Lowering &l, Value packed, int64_t bits, Expr count) {
  Type u8 = elementType(packed);
  int64_t last = rank(packed) - 1, perByte = 8 / bits;
  if (perByte > 1) {
    Values parts;
    Dims dims = getDims(packed);
    for (int64_t i = 0; i < perByte; ++i) {
      Value part = i ? l.binary(BinaryKind::Shr, packed, l.splatInt(i * bits, dims, u8)) : packed;
      part = l.binary(BinaryKind::And, part, l.splatInt((1 << bits) - 1, dims, u8));
      parts.push_back(l.unsqueeze(part, last + 1));
    }
    dims[last] = dims[last] * perByte;
    packed = l.reshape(l.concat(parts, last + 1), dims);
  }
  if (getDim(packed.getType(), last) == count)
    return packed;
  return l.sliceAxis(packed, last, l.size(0), count);
}

Value repeatBlocks(Lowering &l, Value blocks, int64_t blockSize, Expr count) {
  int64_t last = rank(blocks) - 1;
  Dims dims = getDims(blocks), wide = dims;
  wide.push_back(l.size(blockSize));
  Value repeated = l.broadcastInDim(blocks, llvm::to_vector(llvm::seq<int64_t>(0, last + 1)), wide);
  dims[last] = dims[last] * blockSize;
  repeated = l.reshape(repeated, dims);
  return dims[last] == count ? repeated : l.sliceAxis(repeated, last, l.size(0), count);
}

FailureOr<Value> dequantizeBlocks(Node &node, Value codes, Value scales, Value zeroPoints, int64_t bits, int64_t blockSize) {
  Lowering &l = node.lowering;
  Expr count = getDim(codes.getType(), rank(codes) - 1), blocks = ceilDiv(count, l.size(blockSize));
  Dims expected = getDims(codes);
  expected.back() = blocks;
  if (getDims(scales) != expected)
    return node.error() << "scales " << scales.getType() << " do not fit codes " << codes.getType() << " in blocks of "
                        << blockSize;
  Value y = l.convert(codes, l.f32());
  if (!zeroPoints) {
    y = binaryScalar(l, BinaryKind::Sub, y, double(1 << (bits - 1)));
  } else {
    if (elementType(zeroPoints).isUnsignedInteger(8)) {
      Dims packed = expected;
      packed.back() = ceilDiv(blocks * bits, l.size(8));
      if (getDims(zeroPoints) != packed)
        return node.error() << "zero points " << zeroPoints.getType() << " do not fit scales " << scales.getType();
      zeroPoints = unpackCodes(l, zeroPoints, bits, blocks);
    } else if (!isFloat(elementType(zeroPoints)) || getDims(zeroPoints) != expected) {
      return node.error() << "zero points " << zeroPoints.getType() << " do not fit scales " << scales.getType();
    }
    y = l.binary(BinaryKind::Sub, y, repeatBlocks(l, l.convert(zeroPoints, l.f32()), blockSize, count));
  }
  return l.binary(BinaryKind::Mul, y, repeatBlocks(l, l.convert(scales, l.f32()), blockSize, count));
}

namespace {

/// `value` as [dims] when it has that many elements; MatMulNBits has been written with flat scales and zero points.
FailureOr<Value> shaped(Node &node, Lowering &l, Value value, ArrayRef<Expr> dims, StringRef what) {
  if (product(l.getContext(), getDims(value)) != product(l.getContext(), dims))
    return node.error() << what << " " << value.getType() << " do not have the number of elements that N, K and block_size ask for";
  return l.reshape(value, dims);
}

/// Y = A W^T + bias with W [N, K] from codes [N, blocks, bytes].
LogicalResult lowerMatMulNBits(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 3, 6)) || failed(expectFloat(node, 0)) || failed(expectFloat(node, 2)))
    return failure();
  int64_t k = node.getInt("K", 0), n = node.getInt("N", 0), bits = node.getInt("bits", 4), block = node.getInt("block_size", 0);
  if (k <= 0 || n <= 0 || block <= 0 || (bits != 2 && bits != 4 && bits != 8))
    return node.error() << "K " << k << ", N " << n << ", block_size " << block << ", bits " << bits << " are not supported";
  if (node.hasInput(4) || node.getInt("weight_prepacked", 0))
    return node.error() << "group indices and prepacked weights are not supported";
  if (!elementType(node.getInput(1)).isUnsignedInteger(8))
    return node.error() << "weights of element type " << elementType(node.getInput(1)) << " are not supported";
  Expr rows = l.size(n), blocks = ceilDiv(l.size(k), l.size(block));
  FailureOr<Value> packed = shaped(node, l, node.getInput(1), {rows, floorDiv(blocks * (block * bits), l.size(8))}, "weights");
  if (failed(packed))
    return failure();
  FailureOr<Value> scales = shaped(node, l, node.getInput(2), {rows, blocks}, "scales");
  if (failed(scales))
    return failure();
  FailureOr<Value> zeros = node.getInput(3);
  if (*zeros) {
    bool isPacked = elementType(*zeros).isUnsignedInteger(8);
    zeros = shaped(node, l, *zeros, {rows, isPacked ? ceilDiv(blocks * bits, l.size(8)) : blocks}, "zero points");
    if (failed(zeros))
      return failure();
  }
  FailureOr<Value> w = dequantizeBlocks(node, unpackCodes(l, *packed, bits, l.size(k)), *scales, *zeros, bits, block);
  if (failed(w))
    return failure();
  Value a = node.getInput(0);
  Type type = elementType(a);
  if (rank(a) < 1)
    return node.error() << "input 0 is a scalar";
  FailureOr<Expr> inner = l.unify(node, l.size(k), getDim(a.getType(), rank(a) - 1), "width of input 0 and K");
  if (failed(inner))
    return failure();
  Dims dims = getDims(a);
  dims.back() = l.size(k);
  Value wide = l.convert(l.castTo(a, dims), l.f32());
  Value y = l.dot(wide, *w, {}, {}, {rank(a) - 1}, {1});
  if (Value bias = node.getInput(5)) {
    if (failed(expectRank(node, 5, 1)))
      return failure();
    FailureOr<Expr> size = l.unify(node, rows, getDim(bias.getType(), 0), "size of the bias");
    if (failed(size))
      return failure();
    y = binaryInto(l, BinaryKind::Add, y, l.convert(l.castTo(bias, {rows}), l.f32()));
  }
  node.setResult(0, l.convert(y, type));
  return success();
}

/// Rows of a quantized table. The blocks run along the last axis.
LogicalResult lowerGatherBlockQuantized(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 3, 4)) || failed(expectInteger(node, 1)) || failed(expectFloat(node, 2)))
    return failure();
  Value data = node.getInput(0), scales = node.getInput(2), zeros = node.getInput(3);
  int64_t bits = node.getInt("bits", 4), block = node.getInt("block_size", 128);
  auto gather = node.normalizeAxis(node.getInt("gather_axis", 0), rank(data));
  auto quantized = node.normalizeAxis(node.getInt("quantize_axis", 1), rank(data));
  if (failed(gather) || failed(quantized))
    return failure();
  if (*quantized != rank(data) - 1 || *gather == *quantized)
    return node.error() << "only blocks along the last axis are supported, and no gathering along it";
  if (!elementType(data).isUnsignedInteger(8) || block <= 0 || (bits != 2 && bits != 4 && bits != 8))
    return node.error() << "data of element type " << elementType(data) << ", bits " << bits << ", block_size " << block
                        << " are not supported";
  Value indices = l.nonNegativeIndices(l.convert(node.getInput(1), l.i64()), getDim(data.getType(), *gather));
  auto rows = [&](Value x) { return x ? l.take(x, indices, *gather) : x; };
  Expr count = getDim(data.getType(), *quantized) * (8 / bits);
  FailureOr<Value> y = dequantizeBlocks(node, unpackCodes(l, rows(data), bits, count), rows(scales), rows(zeros), bits, block);
  if (failed(y))
    return failure();
  node.setResult(0, l.convert(*y, elementType(scales)));
  return success();
}

} // namespace

void registerBlockQuantization(Registry &r) {
  r.addIn("com.microsoft", "MatMulNBits", 1, lowerMatMulNBits);
  r.addIn("com.microsoft", "GatherBlockQuantized", 1, lowerGatherBlockQuantized);
}

} // namespace dsc::onnx_to_prim
