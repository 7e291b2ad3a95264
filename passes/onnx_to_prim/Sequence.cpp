// SPDX-License-Identifier: Apache-2.0
// Sequences of tensors, which exist only while lowering: their length and every position are known, so that no
// sequence is left afterwards.
#include "passes/onnx_to_prim/SplitConcat.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

static FailureOr<Values> sequenceOf(Node &node) {
  if (const Values *sequence = node.getSequence(0))
    return *sequence;
  return node.error() << "input 0 is not a sequence";
}

/// A position in [-length, length) as one in [0, length).
static FailureOr<int64_t> positionOf(Node &node, Lowering &lowering, unsigned input, int64_t length) {
  auto given = lowering.constantIntegers(node, node.getInput(input), "the position");
  if (failed(given))
    return failure();
  int64_t position = given->size() == 1 ? given->front() : INT64_MIN;
  if (position < -length || position >= length)
    return node.error() << "the position is out of range for a sequence of " << length;
  return position < 0 ? position + length : position;
}

static LogicalResult lowerSequenceEmpty(Node &node, Lowering &) {
  node.setSequence(0, {});
  return success();
}

static LogicalResult lowerSequenceConstruct(Node &node, Lowering &) {
  Values values;
  for (unsigned i = 0; i < node.getNumInputs(); ++i)
    if (Value value = node.getInput(i))
      values.push_back(value);
  node.setSequence(0, std::move(values));
  return success();
}

static LogicalResult lowerSequenceAt(Node &node, Lowering &lowering) {
  auto sequence = sequenceOf(node);
  if (failed(sequence))
    return failure();
  auto position = positionOf(node, lowering, 1, sequence->size());
  if (failed(position))
    return failure();
  node.setResult(0, (*sequence)[*position]);
  return success();
}

static LogicalResult lowerSequenceLength(Node &node, Lowering &lowering) {
  auto sequence = sequenceOf(node);
  if (failed(sequence))
    return failure();
  node.setResult(0, lowering.scalarInt(sequence->size(), lowering.i64()));
  return success();
}

static LogicalResult lowerSequenceInsert(Node &node, Lowering &lowering) {
  auto sequence = sequenceOf(node);
  if (failed(sequence))
    return failure();
  int64_t position = sequence->size();
  if (node.hasInput(2)) {
    // One past the end is a position here, and -1 is the last tensor's.
    auto given = lowering.constantIntegers(node, node.getInput(2), "the position");
    if (failed(given))
      return failure();
    int64_t length = sequence->size(), at = given->size() == 1 ? given->front() : INT64_MIN;
    if (at < -length || at > length)
      return node.error() << "the position is out of range for a sequence of " << length;
    position = at < 0 ? at + length : at;
  }
  Value value = node.getInput(1);
  if (!value)
    return node.error() << "only tensors can be inserted";
  sequence->insert(sequence->begin() + position, value);
  node.setSequence(0, std::move(*sequence));
  return success();
}

static LogicalResult lowerSequenceErase(Node &node, Lowering &lowering) {
  auto sequence = sequenceOf(node);
  if (failed(sequence))
    return failure();
  int64_t position = int64_t(sequence->size()) - 1;
  if (node.hasInput(1)) {
    auto given = positionOf(node, lowering, 1, sequence->size());
    if (failed(given))
      return failure();
    position = *given;
  }
  if (position < 0)
    return node.error() << "the sequence is empty";
  sequence->erase(sequence->begin() + position);
  node.setSequence(0, std::move(*sequence));
  return success();
}

static LogicalResult lowerConcatFromSequence(Node &node, Lowering &lowering) {
  auto sequence = sequenceOf(node);
  if (failed(sequence))
    return failure();
  if (sequence->empty())
    return node.error() << "the sequence is empty";
  bool newAxis = node.getInt("new_axis", 0);
  auto axis = node.normalizeAxis(node.getInt("axis", 0), rank(sequence->front()) + newAxis);
  if (failed(axis))
    return failure();
  if (newAxis)
    for (Value &value : *sequence) {
      if (rank(value) < *axis)
        return node.error() << "tensors of the sequence differ in rank";
      value = lowering.unsqueeze(value, *axis);
    }
  auto joined = join(node, lowering, *sequence, *axis);
  if (failed(joined))
    return failure();
  node.setResult(0, *joined);
  return success();
}

static LogicalResult lowerSplitToSequence(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  auto axis = node.normalizeAxis(node.getInt("axis", 0), rank(x));
  if (failed(axis))
    return failure();
  Expr size = getDim(x.getType(), *axis);
  Dims sizes;
  bool single = !node.hasInput(1); // without sizes: one by one, and keepdims counts
  if (node.hasInput(1) && rank(node.getInput(1)) > 0) {
    auto given = lowering.integers(node, node.getInput(1), "split", 0);
    if (failed(given))
      return failure();
    sizes = *given;
  } else {
    Expr chunk = lowering.size(1);
    if (!single) {
      auto given = lowering.integers(node, node.getInput(1), "split", 0);
      if (failed(given))
        return failure();
      chunk = given->front();
    }
    if (!provablyNonNegative(chunk - 1) && asConstant(chunk))
      return node.error() << "split must be positive";
    auto count = asConstant(ceilDiv(size, chunk));
    if (!count)
      return node.error() << "the number of pieces must be known at compile time; dimension " << *axis << " has "
                          << toString(size) << " elements, a piece " << toString(chunk);
    sizes = chunkSizes(lowering, size, chunk, *count);
  }
  auto pieces = cut(node, lowering, x, *axis, sizes);
  if (failed(pieces))
    return failure();
  if (single && !node.getInt("keepdims", 1))
    for (Value &piece : *pieces)
      piece = lowering.squeeze(piece, *axis);
  node.setSequence(0, std::move(*pieces));
  return success();
}

void registerSequence(Registry &registry) {
  registry.add("SequenceEmpty", 11, lowerSequenceEmpty);
  registry.add("SequenceConstruct", 11, lowerSequenceConstruct);
  registry.add("SequenceAt", 11, lowerSequenceAt);
  registry.add("SequenceLength", 11, lowerSequenceLength);
  registry.add("SequenceInsert", 11, lowerSequenceInsert);
  registry.add("SequenceErase", 11, lowerSequenceErase);
  registry.add("ConcatFromSequence", 11, lowerConcatFromSequence);
  registry.add("SplitToSequence", 11, lowerSplitToSequence);
}

} // namespace dsc::onnx_to_prim
