// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/AttentionShape.h"

using namespace dsc::prim;

namespace dsc::cuda {

static int64_t roundUp(int64_t value, int64_t unit) { return llvm::divideCeil(value, unit) * unit; }

int64_t AttentionShape::bytes() const {
  bool matrix = element == 2;
  int64_t whole = matrix ? 16 : 4, pad = 16 / element;
  int64_t keyStride = roundUp(width, whole) + pad, valueStride = roundUp(values, whole) + pad;
  int64_t tileWarps = tile / 16, rowWarps = std::min(rows / 16, 8 / tileWarps),
          parts = matrix ? 8 / (rowWarps * tileWarps) : 1;
  return rows * keyStride * element + stages * tile * keyStride * element +
         (shared ? 0 : stages * tile * valueStride * element) + parts * rows * (tile + 4) * sum +
         (matrix && exact ? 2 : 1) * rows * (tile + pad) * element + 3 * rows * sum;
}

int64_t ExpandedShape::bytes() const {
  int64_t depth = 32, pad = 16 / element, columns = roundUp(width, 16);
  return tile * (roundUp(latent, depth) + pad) * element +
         2 * std::max(columns * (depth + pad), depth * (columns + pad)) * element;
}

std::optional<AttentionShape> chooseShape(const target::AttentionProblem &p, bool shared) {
  AttentionShape shape;
  for (const auto &part : p.parts)
    shape.width += part.width;
  shape.values = p.valueWidth;
  shape.shared = shared;
  shape.exact = p.inParts;
  shape.element = p.type.getIntOrFloatBitWidth() / 8;
  shape.sum = p.accumulator.getIntOrFloatBitWidth() / 8;
  int64_t extra = 0;
  // Sums of values live in registers: no more than 64 of a thread.
  int64_t most = p.latent ? 128 : 64;
  while (most > 16 && most * roundUp(p.valueWidth, 128) > 64 * 256 * (4 / shape.sum))
    most /= 2;
  if (shape.element != 2)
    most = std::min<int64_t>(most, 32);
  auto rows = asConstant(p.rows());
  while (rows && most > 16 && most / 2 >= *rows)
    most /= 2;
  // Two blocks of a multiprocessor where that leaves the rows; then one.
  struct Tile {
    int64_t tile, stages;
  };
  for (int64_t room : {int64_t(112) << 10, mostShared})
    for (shape.rows = most; shape.rows >= (room == mostShared ? 16 : most); shape.rows /= 2)
      for (Tile tile : {Tile{32, 2}, Tile{32, 1}, Tile{16, 2}, Tile{16, 1}}) {
        shape.tile = tile.tile;
        shape.stages = tile.stages;
        if (p.latent) {
          if (tile.stages != 1)
            continue;
          int64_t widest = std::max(p.parts[0].width, p.valueWidth);
          extra = ExpandedShape{tile.tile, p.latentWidth, widest, shape.element}.bytes();
        }
        if (shape.bytes() + extra <= room)
          return shape;
      }
  return std::nullopt;
}

} // namespace dsc::cuda
