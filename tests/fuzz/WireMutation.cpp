// SPDX-License-Identifier: Apache-2.0
// Mutates a protobuf message field by field, without its schema: lengths always fit, so that what is behind the parser is
// reached. A field of bytes counts as a message when its bytes read as one.
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t maxSize);

namespace {

struct Field {
  uint64_t number = 0;
  unsigned type = 0;
  uint64_t value = 0;  ///< of types 0, 1 and 5
  std::string bytes;   ///< of type 2, if it is no message
  std::vector<Field> fields;
  bool isMessage = false;
};
using Fields = std::vector<Field>;

bool readVarint(const std::string &bytes, size_t &at, uint64_t &value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
    uint8_t byte = uint8_t(bytes[at++]);
    value |= uint64_t(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return true;
  }
  return false;
}

void writeVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(char(value | 0x80));
  out.push_back(char(value));
}

bool parse(const std::string &bytes, Fields &fields, unsigned depth) {
  size_t at = 0;
  while (at < bytes.size()) {
    Field field;
    uint64_t tag, length;
    if (!readVarint(bytes, at, tag) || tag >> 3 == 0 || tag >> 3 > 100)
      return false;
    field.number = tag >> 3;
    field.type = tag & 7;
    size_t width = field.type == 1 ? 8 : 4;
    if (field.type == 0) {
      if (!readVarint(bytes, at, field.value))
        return false;
    } else if (field.type == 1 || field.type == 5) {
      if (bytes.size() - at < width)
        return false;
      memcpy(&field.value, bytes.data() + at, width);
      at += width;
    } else if (field.type == 2) {
      if (!readVarint(bytes, at, length) || length > bytes.size() - at)
        return false;
      field.bytes = bytes.substr(at, length);
      at += length;
      field.isMessage = depth && length > 1 && parse(field.bytes, field.fields, depth - 1);
    } else {
      return false;
    }
    fields.push_back(std::move(field));
  }
  return true;
}

std::string print(const Fields &fields) {
  std::string out;
  for (const Field &field : fields) {
    writeVarint(out, field.number << 3 | field.type);
    if (field.type == 0) {
      writeVarint(out, field.value);
    } else if (field.type == 2) {
      std::string content = field.isMessage ? print(field.fields) : field.bytes;
      writeVarint(out, content.size());
      out += content;
    } else {
      out.append(reinterpret_cast<const char *>(&field.value), field.type == 1 ? 8 : 4);
    }
  }
  return out;
}

/// Every list of fields in the message, the outermost first.
void collect(Fields &fields, std::vector<Fields *> &lists) {
  lists.push_back(&fields);
  for (Field &field : fields)
    if (field.isMessage)
      collect(field.fields, lists);
}

class Mutation {
public:
  Mutation(Fields &message, unsigned seed) : random(seed) { collect(message, lists); }

  void apply() {
    Fields &list = *lists[random() % lists.size()];
    if (list.empty())
      return;
    size_t at = random() % list.size();
    switch (random() % 8) {
    case 0:
      list.erase(list.begin() + at);
      return;
    case 1: {
      Field copy = list[at];
      list.insert(list.begin() + random() % (list.size() + 1), copy);
      return;
    }
    case 2:
      std::swap(list[at], list[random() % list.size()]);
      return;
    case 3: { // a field from anywhere else
      Fields &other = *lists[random() % lists.size()];
      if (!other.empty()) {
        Field copy = other[random() % other.size()];
        list.insert(list.begin() + at, copy);
      }
      return;
    }
    case 4:
      list[at].number = 1 + random() % 26;
      return;
    default:
      change(list[at]);
    }
  }

private:
  void change(Field &field) {
    if (field.type != 2) {
      constexpr uint64_t edges[] = {0, 1, 2, 127, 128, 255, 65535, INT32_MAX, UINT32_MAX, INT64_MAX, uint64_t(INT64_MIN), UINT64_MAX};
      unsigned kind = random() % 4;
      field.value = kind == 0   ? edges[random() % std::size(edges)]
                    : kind == 1 ? random() % 32
                    : kind == 2 ? field.value + random() % 5 - 2
                                : field.value ^ (uint64_t(1) << random() % 64);
      return;
    }
    if (field.isMessage && !field.fields.empty())
      return change(field.fields[random() % field.fields.size()]);
    if (random() % 4 == 0) { // names that occur elsewhere connect things
      Fields &other = *lists[random() % lists.size()];
      if (!other.empty())
        if (const Field &from = other[random() % other.size()]; from.type == 2 && !from.isMessage) {
          field.bytes = from.bytes;
          return;
        }
    }
    std::string room = field.bytes;
    room.resize(field.bytes.size() + 32);
    room.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(room.data()), field.bytes.size(), room.size()));
    field.bytes = room;
    field.isMessage = false;
  }

  std::mt19937 random;
  std::vector<Fields *> lists;
};

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t maxSize, unsigned seed) {
  Fields message;
  if (seed % 8 == 0 || !parse({reinterpret_cast<char *>(bytes), size}, message, 8) || message.empty())
    return LLVMFuzzerMutate(bytes, size, maxSize);
  for (unsigned count = 1 + seed / 8 % 3, i = 0; i < count; ++i)
    Mutation(message, seed + i).apply();
  std::string out = print(message);
  if (out.empty() || out.size() > maxSize)
    return LLVMFuzzerMutate(bytes, size, maxSize);
  memcpy(bytes, out.data(), out.size());
  return out.size();
}
