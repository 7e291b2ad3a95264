// SPDX-License-Identifier: Apache-2.0
#include "compiler/engine/WeightsSection.h"
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
  std::vector<char> storage;
  auto bytes = getBytes(value, storage);
  if (!bytes)
    return bytes.takeError();
  XXH128_hash_t hash = XXH3_128bits(bytes->data(), bytes->size());
  auto [it, isNew] = offsets.try_emplace({{hash.low64, hash.high64}, bytes->size(), nullptr}, 0);
  if (isNew) {
    if (llvm::Error error = align())
      return error;
    it->second = size;
    if (llvm::Error error = append(*bytes))
      return error;
  }
  weights.push_back({name.str(), *getDType(type.getElementType()), type.getShape().vec(), it->second, bytes->size()});
  return byAttribute[{value, Attribute()}] = weights.size() - 1;
}

llvm::Expected<uint32_t> WeightsSection::addPanels(TypedAttr value, StringRef name, RankedTensorType type,
                                                   plan::PanelsAttr panels) {
  Attribute layoutOfType = ArrayAttr::get(type.getContext(), {panels, TypeAttr::get(type)});
  auto known = byAttribute.find({value, layoutOfType});
  if (known != byAttribute.end())
    return known->second;
  std::vector<char> storage;
  auto bytes = getBytes(value, storage);
  if (!bytes)
    return bytes.takeError();
  plan::PanelLayout layout(panels, type);
  XXH128_hash_t hash = XXH3_128bits(bytes->data(), bytes->size());
  auto [it, isNew] =
      offsets.try_emplace({{hash.low64, hash.high64}, bytes->size(), layoutOfType.getAsOpaquePointer()}, 0);
  if (isNew) {
    if (llvm::Error error = align())
      return error;
    it->second = size;
    std::vector<char> panel(layout.getPanelBytes());
    for (int64_t i = 0; i < layout.getNumPanels(); ++i) {
      layout.pack(*bytes, i, panel);
      if (llvm::Error error = append(panel))
        return error;
    }
  }
  auto shape = layout.getShape();
  weights.push_back({name.str(), *getDType(type.getElementType()), std::vector<int64_t>(shape.begin(), shape.end()),
                     it->second, uint64_t(layout.getBytes())});
  return byAttribute[{value, layoutOfType}] = weights.size() - 1;
}

llvm::Error WeightsSection::finish() {
  if (size % DSC_WEIGHT_CHUNK)
    digests.push_back(XXH3_64bits_digest(chunk));
  return llvm::Error::success();
}

} // namespace dsc
