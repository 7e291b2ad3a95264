// SPDX-License-Identifier: Apache-2.0
// A copy of the file is written without the weights, and protobuf parses that copy: weights would otherwise pass through
// the heap. Only messages that can hold a large tensor are looked into; all others are copied as they are.
#include "compiler/import/ModelFile.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Endian.h"
#include <google/protobuf/stubs/logging.h>

using namespace dsc;

static constexpr unsigned kMaxDepth = 64;
static constexpr size_t kMaxGraphBytes = size_t(512) << 20;
/// The field of a TensorProto that stands for raw_data that was left out: offset and length, 8 bytes each. The number is the largest
/// possible one; ONNX does not use it. A forged one can only refer to bytes of the same file.
static constexpr uint32_t kRangeField = (1u << 29) - 1;

namespace {

enum class Message { Model, Graph, Node, Attribute, Tensor, SparseTensor, Function };
enum class Field { Copy, Drop, Descend, RawData };

struct Rule {
  Field field = Field::Copy;
  Message message = Message::Model;
};

/// What to do with a length-delimited field of a message of onnx-ml.proto.
Rule getRule(Message message, uint32_t number) {
  switch (message) {
  case Message::Model:
    if (number == 7)
      return {Field::Descend, Message::Graph};
    if (number == 25)
      return {Field::Descend, Message::Function};
    return {number == 20 ? Field::Drop : Field::Copy};
  case Message::Graph:
    if (number == 1)
      return {Field::Descend, Message::Node};
    if (number == 5)
      return {Field::Descend, Message::Tensor};
    if (number == 15)
      return {Field::Descend, Message::SparseTensor};
    return {number == 13 ? Field::Drop : Field::Copy};
  case Message::Function:
    if (number == 7)
      return {Field::Descend, Message::Node};
    if (number == 11)
      return {Field::Descend, Message::Attribute};
    return {number == 12 ? Field::Drop : Field::Copy};
  case Message::Node:
    return number == 5 ? Rule{Field::Descend, Message::Attribute} : Rule{};
  case Message::Attribute:
    if (number == 5 || number == 10)
      return {Field::Descend, Message::Tensor};
    if (number == 6 || number == 11)
      return {Field::Descend, Message::Graph};
    if (number == 22 || number == 23)
      return {Field::Descend, Message::SparseTensor};
    return {};
  case Message::SparseTensor:
    return number == 1 || number == 2 ? Rule{Field::Descend, Message::Tensor} : Rule{};
  case Message::Tensor:
    return {number == 9 ? Field::RawData : Field::Copy};
  }
  llvm_unreachable("unknown message");
}

/// Reads the wire format of protobuf; never past the end.
class Wire {
public:
  explicit Wire(llvm::StringRef bytes) : bytes(bytes) {}
  size_t position() const { return at; }
  bool atEnd() const { return at == bytes.size(); }

  bool varint(uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 70 && at < bytes.size(); shift += 7) {
      uint64_t byte = static_cast<unsigned char>(bytes[at++]);
      value |= shift < 64 ? (byte & 0x7f) << shift : 0;
      if (!(byte & 0x80))
        return true;
    }
    return false;
  }
  bool skip(uint64_t count) {
    if (count > bytes.size() - at)
      return false;
    at += count;
    return true;
  }
  /// Skips the value of a field that is not length-delimited.
  bool skipScalar(unsigned type) {
    uint64_t ignored;
    return type == 0 ? varint(ignored) : type == 1 ? skip(8) : type == 5 && skip(4);
  }

private:
  llvm::StringRef bytes;
  size_t at = 0;
};

void appendVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(char(value | 0x80));
  out.push_back(char(value));
}

class Stripper {
public:
  std::string out;

  /// Appends the message to `out`. `offset` is its place in the file.
  llvm::Error strip(llvm::StringRef bytes, Message message, uint64_t offset, unsigned depth = 0) {
    if (depth > kMaxDepth)
      return llvm::createStringError("messages are nested more than " + llvm::Twine(kMaxDepth) + " levels deep");
    Wire wire(bytes);
    bool hasRawData = false;
    while (!wire.atEnd()) {
      size_t start = wire.position();
      uint64_t tag, length;
      if (!wire.varint(tag))
        return damaged(offset + start);
      if ((tag & 7) != 2) {
        if (!wire.skipScalar(tag & 7))
          return damaged(offset + start);
        if (llvm::Error error = append(bytes.slice(start, wire.position())))
          return error;
        continue;
      }
      if (!wire.varint(length))
        return damaged(offset + start);
      size_t payload = wire.position();
      if (!wire.skip(length))
        return llvm::createStringError("the field at byte " + llvm::Twine(offset + start) + " is " +
                                       llvm::Twine(length) + " bytes long, but the data ends before that");
      llvm::StringRef content = bytes.substr(payload, length);
      Rule rule = getRule(message, tag >> 3);
      if (rule.field == Field::RawData && std::exchange(hasRawData, true))
        return llvm::createStringError("the tensor at byte " + llvm::Twine(offset) + " has raw_data twice");
      bool small = length <= uint64_t(dsc::onnx::kInlineBytes);
      if (rule.field == Field::Drop)
        continue;
      if (rule.field == Field::RawData && !small) {
        appendVarint(out, uint64_t(kRangeField) << 3 | 2);
        appendVarint(out, 16);
        char range[16];
        llvm::support::endian::write64le(range, offset + payload);
        llvm::support::endian::write64le(range + 8, length);
        out.append(range, 16);
      } else if (rule.field == Field::Descend && !small) {
        appendVarint(out, tag);
        size_t begin = out.size();
        if (llvm::Error error = strip(content, rule.message, offset + payload, depth + 1))
          return error;
        std::string prefix;
        appendVarint(prefix, out.size() - begin);
        out.insert(begin, prefix);
      } else if (llvm::Error error = append(bytes.slice(start, wire.position()))) {
        return error;
      }
    }
    return llvm::Error::success();
  }

private:
  llvm::Error append(llvm::StringRef bytes) {
    if (bytes.size() > kMaxGraphBytes - std::min(kMaxGraphBytes, out.size()))
      return llvm::createStringError("the graph takes more than " + llvm::Twine(kMaxGraphBytes >> 20) +
                                     " MiB without its weights");
    out.append(bytes.data(), bytes.size());
    return llvm::Error::success();
  }
  static llvm::Error damaged(uint64_t offset) {
    return llvm::createStringError("byte " + llvm::Twine(offset) + " does not begin a protobuf field");
  }
};

} // namespace

llvm::Expected<std::unique_ptr<::onnx::ModelProto>> dsc::parseModel(llvm::ArrayRef<char> file) {
  Stripper stripper;
  if (llvm::Error error = stripper.strip({file.data(), file.size()}, Message::Model, 0))
    return std::move(error);
  // Protobuf would tell stderr about damaged messages; we say it ourselves.
  google::protobuf::LogSilencer silencer;
  auto model = std::make_unique<::onnx::ModelProto>();
  if (!model->ParseFromString(stripper.out))
    return llvm::createStringError("the bytes are no ONNX model (protobuf cannot parse them)");
  return model;
}

std::optional<FileRange> dsc::findRawData(const ::onnx::TensorProto &tensor) {
  llvm::StringRef unknown(tensor.unknown_fields());
  Wire wire(unknown);
  std::optional<FileRange> found;
  uint64_t tag, length;
  while (!wire.atEnd() && wire.varint(tag)) {
    if ((tag & 7) != 2) {
      if (!wire.skipScalar(tag & 7))
        break;
      continue;
    }
    if (!wire.varint(length))
      break;
    size_t payload = wire.position();
    if (!wire.skip(length))
      break;
    if (tag >> 3 == kRangeField && length == 16)
      found = {llvm::support::endian::read64le(unknown.data() + payload),
               llvm::support::endian::read64le(unknown.data() + payload + 8)};
  }
  return found;
}
