// SPDX-License-Identifier: Apache-2.0
#include "compiler/engine/WeightsSection.h"
#include "compiler/engine/ConstantBytes.h"
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
    case 1:
      return DType::Bool;
    case 2:
      return isUnsigned ? DType::U2 : DType::I2;
    case 4:
      return isUnsigned ? DType::U4 : DType::I4;
    case 8:
      return isUnsigned ? DType::U8 : DType::I8;
    case 16:
      return isUnsigned ? DType::U16 : DType::I16;
    case 32:
      return isUnsigned ? DType::U32 : DType::I32;
    case 64:
      return isUnsigned ? DType::U64 : DType::I64;
    default:
      return std::nullopt;
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

namespace {
struct Contents {
  std::array<uint64_t, 2> hash;
  uint64_t bytes = 0;
};
} // namespace

/// Goes through the bytes of a weight once.
static llvm::Expected<Contents> read(TypedAttr value) {
  Contents contents;
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t *)> state(XXH3_createState(),
                                                                         XXH3_freeState);
  XXH3_128bits_reset(state.get());
  if (llvm::Error error = streamBytes(value, [&](ArrayRef<char> bytes) {
        XXH3_128bits_update(state.get(), bytes.data(), bytes.size());
        contents.bytes += bytes.size();
        return llvm::Error::success();
      }))
    return error;
  XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  contents.hash = {hash.low64, hash.high64};
  return contents;
}

WeightsSection::WeightsSection(OutputFile &file)
    : file(file), start(file.position()), chunk(XXH3_createState()) {
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
    if (llvm::Error error = streamBytes(value, [&](ArrayRef<char> bytes) { return append(bytes); }))
      return error;
  }
  weights.push_back({name.str(), *getDType(type.getElementType()), type.getShape().vec(),
                     it->second, contents->bytes});
  return byAttribute[{value, Attribute()}] = weights.size() - 1;
}

llvm::Expected<uint32_t> WeightsSection::addPanels(TypedAttr value, StringRef name,
                                                   RankedTensorType type, plan::PanelsAttr panels) {
  Attribute layoutOfType = ArrayAttr::get(type.getContext(), {panels, TypeAttr::get(type)});
  auto known = byAttribute.find({value, layoutOfType});
  if (known != byAttribute.end())
    return known->second;
  auto contents = read(value);
  if (!contents)
    return contents.takeError();
  plan::PanelLayout layout(panels, type);
  auto [it, isNew] =
      offsets.try_emplace({contents->hash, contents->bytes, layoutOfType.getAsOpaquePointer()}, 0);
  if (isNew) {
    if (llvm::Error error = align())
      return error;
    it->second = size;
    if (llvm::Error error =
            streamPanels(value, type, panels, [&](ArrayRef<char> bytes) { return append(bytes); }))
      return error;
  }
  auto shape = layout.getShape();
  weights.push_back({name.str(), *getDType(type.getElementType()),
                     std::vector<int64_t>(shape.begin(), shape.end()), it->second,
                     uint64_t(layout.getBytes())});
  return byAttribute[{value, layoutOfType}] = weights.size() - 1;
}

llvm::Error WeightsSection::finish() {
  if (size % DSC_WEIGHT_CHUNK)
    digests.push_back(XXH3_64bits_digest(chunk));
  return llvm::Error::success();
}

} // namespace dsc
