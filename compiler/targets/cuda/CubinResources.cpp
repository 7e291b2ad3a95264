// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/CubinResources.h"
#include "llvm/Object/ELF.h"

#include <cstring>

using llvm::ArrayRef;
using llvm::StringRef;

namespace dsc::cuda {

namespace {

/// An attribute of .nv.info: a byte for its form, one for its number, then two bytes that are the value, or the size of a value behind them.
struct Attribute {
  uint8_t form, number;
  ArrayRef<uint8_t> value;
};

enum Number : uint8_t { FrameSize = 0x11, RegisterCount = 0x2f, Annotations = 0x55 };
constexpr uint8_t sizedForm = 4;
constexpr uint32_t spillAnnotation = 1;

bool next(ArrayRef<uint8_t> &bytes, Attribute &attribute) {
  if (bytes.size() < 4)
    return false;
  attribute.form = bytes[0];
  attribute.number = bytes[1];
  uint16_t size = bytes[2] | bytes[3] << 8;
  attribute.value = bytes.slice(2, 2);
  bytes = bytes.drop_front(4);
  if (attribute.form != sizedForm)
    return true;
  if (bytes.size() < size)
    return false;
  attribute.value = bytes.take_front(size);
  bytes = bytes.drop_front(size);
  return true;
}

uint32_t word(ArrayRef<uint8_t> value, size_t i) {
  uint32_t result = 0;
  if (value.size() >= 4 * i + 4)
    memcpy(&result, value.data() + 4 * i, 4);
  return result;
}

} // namespace

KernelResources readResources(ArrayRef<char> cubin) {
  KernelResources result;
  auto drop = [](llvm::Error error) { llvm::consumeError(std::move(error)); };
  auto elf = llvm::object::ELF64LEFile::create(StringRef(cubin.data(), cubin.size()));
  if (!elf)
    return drop(elf.takeError()), result;
  auto sections = elf->sections();
  if (!sections)
    return drop(sections.takeError()), result;
  unsigned frame = 0;
  bool spills = false;
  // Compute capability 9.0 and later keep the first KiB of shared memory, which the section counts.
  bool reserves = false;
  for (const auto &section : *sections) {
    auto name = elf->getSectionName(section);
    if (!name) {
      drop(name.takeError());
      continue;
    }
    reserves |= name->starts_with(".nv.shared.reserved");
    if (name->starts_with(".nv.shared.") && !name->starts_with(".nv.shared.reserved"))
      result.sharedBytes = section.sh_size;
    if (!name->starts_with(".nv.info"))
      continue;
    auto bytes = elf->getSectionContents(section);
    if (!bytes) {
      drop(bytes.takeError());
      continue;
    }
    ArrayRef<uint8_t> rest = *bytes;
    Attribute attribute;
    while (next(rest, attribute)) {
      if (attribute.number == RegisterCount)
        result.registers = std::max(result.registers, word(attribute.value, 1));
      if (attribute.number == FrameSize)
        frame = std::max(frame, word(attribute.value, 1));
      if (attribute.number == Annotations && attribute.form == sizedForm)
        for (size_t i = 0; i < attribute.value.size() / 4; i += 2)
          spills |= word(attribute.value, i) == spillAnnotation;
    }
  }
  constexpr unsigned reserved = 1024;
  if (reserves && result.sharedBytes >= reserved)
    result.sharedBytes -= reserved;
  result.spillBytes = spills ? frame : 0;
  return result;
}

} // namespace dsc::cuda
