// SPDX-License-Identifier: Apache-2.0
#include "compiler/engine/ConstantBytes.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/onnx/ExternalData.h"
#include "dialects/onnx/TensorBytes.h"

using namespace mlir;

namespace dsc {

/// The bytes of a constant that is not joined; `storage` holds them when they are not in memory as
/// such.
static llvm::Expected<ArrayRef<char>> getBytes(TypedAttr value, std::vector<char> &storage) {
  if (auto external = dyn_cast<onnx::ExternalAttr>(value)) {
    auto bytes = onnx::ExternalData::get(value.getContext()).resolve(external);
    auto type = cast<RankedTensorType>(value.getType());
    unsigned bits = onnx::getStorageBits(type.getElementType());
    if (!bytes || bits % 8 == 0)
      return bytes;
    storage = onnx::unpackElements(*bytes, bits, type.getNumElements());
    return ArrayRef<char>(storage);
  }
  auto dense = cast<DenseElementsAttr>(value);
  if (dense.getElementType().isInteger(1)) {
    for (bool b : dense.getValues<bool>())
      storage.push_back(b);
    return ArrayRef<char>(storage);
  }
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    return raw;
  for (int64_t i = 0; i < dense.getNumElements(); ++i)
    storage.insert(storage.end(), raw.begin(), raw.end());
  return ArrayRef<char>(storage);
}

namespace {
/// A part of a joined constant.
struct Part {
  RankedTensorType type;
  std::vector<char> storage;
  ArrayRef<char> bytes;
};
} // namespace

/// All parts at once: views of files, as a rule.
static llvm::Expected<std::vector<Part>> openParts(model::JoinedAttr joined) {
  std::vector<Part> parts(joined.getParts().size());
  for (auto [i, part] : llvm::enumerate(parts)) {
    TypedAttr value = joined.getPart(i);
    part.type = cast<RankedTensorType>(value.getType());
    auto bytes = getBytes(value, part.storage);
    if (!bytes)
      return bytes.takeError();
    part.bytes = *bytes;
  }
  return parts;
}

static llvm::Error streamWhole(TypedAttr value, TakeBytes take) {
  std::vector<char> storage;
  auto bytes = getBytes(value, storage);
  return bytes ? take(*bytes) : bytes.takeError();
}

llvm::Error streamBytes(TypedAttr value, TakeBytes take) {
  auto joined = dyn_cast<model::JoinedAttr>(value);
  if (!joined)
    return streamWhole(value, take);
  int64_t runs = joined.getNumRuns();
  if (runs == 1) {
    for (size_t i = 0; i < joined.getParts().size(); ++i)
      if (llvm::Error error = streamWhole(joined.getPart(i), take))
        return error;
    return llvm::Error::success();
  }
  auto parts = openParts(joined);
  if (!parts)
    return parts.takeError();
  // Runs may be a few bytes long.
  constexpr size_t most = 1 << 20;
  std::vector<char> piece;
  for (int64_t run = 0; run < runs; ++run) {
    for (const Part &part : *parts) {
      size_t bytes = part.bytes.size() / runs;
      llvm::append_range(piece, part.bytes.slice(run * bytes, bytes));
    }
    if (piece.size() >= most || run + 1 == runs) {
      if (llvm::Error error = take(piece))
        return error;
      piece.clear();
    }
  }
  return llvm::Error::success();
}

static llvm::Error streamPanels(const plan::PanelLayout &layout, ArrayRef<char> bytes,
                                TakeBytes take) {
  std::vector<char> panel(layout.getPanelBytes());
  for (int64_t i = 0; i < layout.getNumPanels(); ++i) {
    layout.pack(bytes, i, panel);
    if (llvm::Error error = take(panel))
      return error;
  }
  return llvm::Error::success();
}

/// Parts whose columns lie side by side: a panel has columns of one or several of them.
static llvm::Error streamColumns(ArrayRef<Part> parts, const plan::PanelLayout &whole,
                                 plan::PanelsAttr panels, TakeBytes take) {
  auto layouts = llvm::map_to_vector(
      parts, [&](const Part &part) { return plan::PanelLayout(panels, part.type); });
  std::vector<char> panel(whole.getPanelBytes());
  for (int64_t i = 0; i < whole.getNumPanels(); ++i) {
    int64_t first = i % whole.panels * whole.width, begin = 0;
    llvm::fill(panel, 0);
    for (auto [part, layout] : llvm::zip(parts, layouts)) {
      int64_t size = part.type.getDimSize(panels.getColumns());
      int64_t from = std::max(first, begin), to = std::min(first + whole.width, begin + size);
      if (from < to)
        layout.packColumns(part.bytes, i / whole.panels, from - begin, to - from, from - first,
                           panel);
      begin += size;
    }
    if (llvm::Error error = take(panel))
      return error;
  }
  return llvm::Error::success();
}

/// The layout of one part of a stack.
static plan::PanelsAttr withoutFirst(plan::PanelsAttr panels) {
  SmallVector<int64_t> contracted(panels.getContracted());
  for (int64_t &dim : contracted)
    --dim;
  return plan::PanelsAttr::get(panels.getContext(), panels.getColumns() - 1, contracted,
                               panels.getWidth(), panels.getGroup());
}

llvm::Error streamPanels(TypedAttr value, RankedTensorType type, plan::PanelsAttr panels,
                         TakeBytes take) {
  plan::PanelLayout layout(panels, type);
  auto joined = dyn_cast<model::JoinedAttr>(value);
  if (!joined)
    return streamWhole(value,
                       [&](ArrayRef<char> bytes) { return streamPanels(layout, bytes, take); });
  size_t count = joined.getParts().size();
  // Each part of a stack has panels of its own, if it is not cut into columns or contracted across
  // parts.
  if (joined.isStacked() && joined.getAxis() == 0 && type.getDimSize(0) == int64_t(count) &&
      panels.getColumns() != 0 && !llvm::is_contained(panels.getContracted(), 0)) {
    plan::PanelLayout own(withoutFirst(panels), type.clone(type.getShape().drop_front()));
    for (size_t i = 0; i < count; ++i)
      if (llvm::Error error = streamWhole(joined.getPart(i), [&](ArrayRef<char> bytes) {
            return streamPanels(own, bytes, take);
          }))
        return error;
    return llvm::Error::success();
  }
  if (!joined.isStacked() && joined.getAxis() == panels.getColumns() && type == joined.getType()) {
    auto parts = openParts(joined);
    return parts ? streamColumns(*parts, layout, panels, take) : parts.takeError();
  }
  // Panels across parts in any other way: none that contractions of a model's weights read.
  std::vector<char> whole;
  if (llvm::Error error = streamBytes(value, [&](ArrayRef<char> bytes) {
        llvm::append_range(whole, bytes);
        return llvm::Error::success();
      }))
    return error;
  return streamPanels(layout, whole, take);
}

} // namespace dsc
