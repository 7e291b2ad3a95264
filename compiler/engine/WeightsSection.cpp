// SPDX-License-Identifier: Apache-2.0
#include "compiler/engine/WeightsSection.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/onnx/ExternalData.h"
#include "dialects/onnx/TensorBytes.h"
#include "dialects/plan/Panels.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "runtime/format/layout.h"

#include <xxhash.h>

using namespace mlir;

namespace dsc {

std::optional<format::DType> getDType(Type type) {
  using format::DType;
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 1: return DType::Bool;
    case 2: return isUnsigned ? DType::U2 : DType::I2;
    case 4: return isUnsigned ? DType::U4 : DType::I4;
    case 8: return isUnsigned ? DType::U8 : DType::I8;
    case 16: return isUnsigned ? DType::U16 : DType::I16;
    case 32: return isUnsigned ? DType::U32 : DType::I32;
    case 64: return isUnsigned ? DType::U64 : DType::I64;
    default: return std::nullopt;
    }
  }
  if (type.isF32())
    return DType::F32;
  if (type.isF64())
    return DType::F64;
  if (type.isF16())
    return DType::F16;
  if (type.isBF16())
    return DType::BF16;
  if (isa<Float8E4M3FNType>(type))
    return DType::F8E4M3FN;
  if (isa<Float8E4M3FNUZType>(type))
    return DType::F8E4M3FNUZ;
  if (isa<Float8E5M2Type>(type))
    return DType::F8E5M2;
  if (isa<Float8E5M2FNUZType>(type))
    return DType::F8E5M2FNUZ;
  if (isa<Float8E8M0FNUType>(type))
    return DType::F8E8M0;
  if (isa<Float4E2M1FNType>(type))
    return DType::F4E2M1;
  return std::nullopt;
}

/// The bytes of a constant, row-major; `storage` holds them when they are not in memory as such.
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

/// The constants that a weight consists of, in order: one, or the parts of a stack.
static SmallVector<TypedAttr> partsOf(TypedAttr value) {
  auto stacked = dyn_cast<model::StackedAttr>(value);
  if (!stacked)
    return {value};
  return llvm::map_to_vector(stacked.getParts(), [](Attribute part) { return cast<TypedAttr>(part); });
}

namespace {
struct Contents {
  std::array<uint64_t, 2> hash;
  uint64_t bytes = 0;
};
} // namespace

/// Goes through the bytes of a weight once.
static llvm::Expected<Contents> read(TypedAttr value) {
  Contents contents;
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t *)> state(XXH3_createState(), XXH3_freeState);
  XXH3_128bits_reset(state.get());
  for (TypedAttr part : partsOf(value)) {
    std::vector<char> storage;
    auto bytes = getBytes(part, storage);
    if (!bytes)
      return bytes.takeError();
    XXH3_128bits_update(state.get(), bytes->data(), bytes->size());
    contents.bytes += bytes->size();
  }
  XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  contents.hash = {hash.low64, hash.high64};
  return contents;
}

/// The layout of one part of a stack.
static plan::PanelsAttr withoutFirst(plan::PanelsAttr panels) {
  SmallVector<int64_t> contracted(panels.getContracted());
  for (int64_t &dim : contracted)
    --dim;
  return plan::PanelsAttr::get(panels.getContext(), panels.getColumns() - 1, contracted, panels.getWidth(), panels.getGroup());
}

WeightsSection::WeightsSection(OutputFile &file) : file(file), start(file.position()), chunk(XXH3_createState()) {
  assert(start % 4096 == 0);
  XXH3_64bits_reset(chunk);
}

WeightsSection::~WeightsSection() { XXH3_freeState(chunk); }

llvm::Error WeightsSection::append(ArrayRef<char> bytes) {
  while (!bytes.empty()) {
    uint64_t room = DSC_WEIGHT_CHUNK - size % DSC_WEIGHT_CHUNK;
    ArrayRef<char> part = bytes.take_front(room);
    XXH3_64bits_update(chunk, part.data(), part.size());
    if (llvm::Error error = file.append(part))
      return error;
    size += part.size();
    bytes = bytes.drop_front(part.size());
    if (part.size() == room) {
      digests.push_back(XXH3_64bits_digest(chunk));
      XXH3_64bits_reset(chunk);
    }
  }
  return llvm::Error::success();
}

llvm::Error WeightsSection::align() {
  static constexpr char zeros[64] = {};
  return append({zeros, size_t((64 - size % 64) % 64)});
}

llvm::Expected<uint32_t> WeightsSection::add(TypedAttr value, StringRef name) {
  auto known = byAttribute.find({value, Attribute()});
  if (known != byAttribute.end())
    return known->second;
  auto type = cast<RankedTensorType>(value.getType());
  auto contents = read(value);
  if (!contents)
    return contents.takeError();
  auto [it, isNew] = offsets.try_emplace({contents->hash, contents->bytes, nullptr}, 0);
  if (isNew) {
    if (llvm::Error error = align())
      return error;
    it->second = size;
    for (TypedAttr part : partsOf(value)) {
      std::vector<char> storage;
      auto bytes = getBytes(part, storage);
      if (llvm::Error error = bytes ? append(*bytes) : bytes.takeError())
        return error;
    }
  }
  weights.push_back({name.str(), *getDType(type.getElementType()), type.getShape().vec(), it->second, contents->bytes});
  return byAttribute[{value, Attribute()}] = weights.size() - 1;
}

llvm::Expected<uint32_t> WeightsSection::addPanels(TypedAttr value, StringRef name, RankedTensorType type,
                                                   plan::PanelsAttr panels) {
  Attribute layoutOfType = ArrayAttr::get(type.getContext(), {panels, TypeAttr::get(type)});
  auto known = byAttribute.find({value, layoutOfType});
  if (known != byAttribute.end())
    return known->second;
  auto contents = read(value);
  if (!contents)
    return contents.takeError();
  plan::PanelLayout layout(panels, type);
  auto [it, isNew] = offsets.try_emplace({contents->hash, contents->bytes, layoutOfType.getAsOpaquePointer()}, 0);
  if (isNew) {
    if (llvm::Error error = align())
      return error;
    it->second = size;
    // Each part has panels of its own, if it is not cut into columns or contracted across parts.
    SmallVector<TypedAttr> parts = partsOf(value);
    bool apart = parts.size() > 1 && type.getDimSize(0) == int64_t(parts.size()) && panels.getColumns() != 0 &&
                 !llvm::is_contained(panels.getContracted(), 0);
    std::vector<char> whole;
    if (!apart && parts.size() > 1) {
      for (TypedAttr part : parts) {
        std::vector<char> storage;
        auto bytes = getBytes(part, storage);
        if (!bytes)
          return bytes.takeError();
        whole.insert(whole.end(), bytes->begin(), bytes->end());
      }
      parts.clear();
      if (llvm::Error error = appendPanels(layout, whole))
        return error;
    }
    plan::PanelLayout own = apart ? plan::PanelLayout(withoutFirst(panels), type.clone(type.getShape().drop_front())) : layout;
    for (TypedAttr part : parts) {
      std::vector<char> storage;
      auto bytes = getBytes(part, storage);
      if (llvm::Error error = bytes ? appendPanels(own, *bytes) : bytes.takeError())
        return error;
    }
  }
  auto shape = layout.getShape();
  weights.push_back({name.str(), *getDType(type.getElementType()), std::vector<int64_t>(shape.begin(), shape.end()),
                     it->second, uint64_t(layout.getBytes())});
  return byAttribute[{value, layoutOfType}] = weights.size() - 1;
}

llvm::Error WeightsSection::appendPanels(const plan::PanelLayout &layout, ArrayRef<char> bytes) {
  std::vector<char> panel(layout.getPanelBytes());
  for (int64_t i = 0; i < layout.getNumPanels(); ++i) {
    layout.pack(bytes, i, panel);
    if (llvm::Error error = append(panel))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error WeightsSection::finish() {
  if (size % DSC_WEIGHT_CHUNK)
    digests.push_back(XXH3_64bits_digest(chunk));
  return llvm::Error::success();
}

} // namespace dsc
