// SPDX-License-Identifier: Apache-2.0
// printf and assert of a kernel.
#include "tools/ptxsim/ops/SystemCalls.h"

#include "tools/ptxsim/core/AddressSpaces.h"
#include "tools/ptxsim/core/Launch.h"

#include <cstdio>
#include <cstring>

namespace ptxsim {
namespace {

struct Call {
  std::vector<uint32_t> arguments; ///< offsets in local memory
  uint32_t result = 0;
  bool hasResult = false;
};

uint8_t *localLane(Warp &w, unsigned lane) {
  return w.local.data() + size_t(lane) * w.block.launch.image.localBytes;
}

uint64_t argument(Warp &w, unsigned lane, uint32_t offset, unsigned bytes) {
  uint64_t value = 0;
  std::memcpy(&value, localLane(w, lane) + offset, bytes);
  return value;
}

/// A string of the kernel, from any space; cut where its allocation ends.
std::string stringAt(Warp &w, unsigned lane, uint64_t address) {
  std::string text;
  uint32_t localBytes = w.block.launch.image.localBytes;
  for (;; ++address) {
    char c = 0;
    if (address - localWindow < localBytes)
      c = static_cast<char>(localLane(w, lane)[address - localWindow]);
    else if (w.block.launch.memory.find(address))
      c = static_cast<char>(*w.block.launch.memory.data(address));
    if (c == 0)
      return text;
    text += c;
  }
}

/// One thread's printf: arguments lie behind `buffer`, each aligned to its size.
std::string formatted(Warp &w, unsigned lane, const std::string &format, uint64_t buffer) {
  std::string out;
  uint64_t offset = 0, localBytes = w.block.launch.image.localBytes;
  auto next = [&](unsigned bytes) -> uint64_t {
    offset = (offset + bytes - 1) / bytes * bytes;
    uint64_t at = buffer - localWindow + offset, value = 0;
    offset += bytes;
    if (at < localBytes && bytes <= localBytes - at)
      std::memcpy(&value, localLane(w, lane) + at, bytes);
    return value;
  };
  for (size_t i = 0; i < format.size();) {
    if (format[i] != '%') {
      out += format[i++];
      continue;
    }
    size_t end = format.find_first_not_of("-+ #0123456789.lhzjt", i + 1);
    if (end == std::string::npos)
      break;
    std::string piece = format.substr(i, end - i + 1);
    char kind = piece.back();
    bool wide = piece.find('l') != std::string::npos || piece.find('z') != std::string::npos ||
                piece.find('j') != std::string::npos;
    i = end + 1;
    char buffer[512];
    auto print = [&](auto value) {
      std::snprintf(buffer, sizeof buffer, piece.c_str(), value);
      out += buffer;
    };
    // The length the kernel's compiler meant, as this machine spells it.
    std::erase_if(piece, [](char c) { return std::strchr("lhzjt", c); });
    switch (kind) {
    case '%':
      out += '%';
      break;
    case 'd':
    case 'i':
      piece.insert(piece.size() - 1, "ll");
      print(wide ? static_cast<long long>(next(8))
                 : static_cast<long long>(static_cast<int32_t>(next(4))));
      break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      piece.insert(piece.size() - 1, "ll");
      print(static_cast<unsigned long long>(next(wide ? 8 : 4)));
      break;
    case 'c':
      print(static_cast<int>(next(4)));
      break;
    case 'p':
      print(reinterpret_cast<void *>(next(8)));
      break;
    case 's':
      print(stringAt(w, lane, next(8)).c_str());
      break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
      print(std::bit_cast<double>(next(8)));
      break;
    default:
      out += piece;
      break;
    }
  }
  return out;
}

void vprintfLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const Call &call = *static_cast<const Call *>(i.extra);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(lanes >> l & 1))
      continue;
    std::string format = stringAt(w, l, argument(w, l, call.arguments.at(0), 8));
    std::string text = formatted(w, l, format, argument(w, l, call.arguments.at(1), 8));
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (call.hasResult) {
      uint32_t count = static_cast<uint32_t>(text.size());
      std::memcpy(localLane(w, l) + call.result, &count, 4);
      w.localState[size_t(l) * (w.block.launch.image.localBytes / 4) + call.result / 4] = 0x0F;
    }
  }
}

void assertLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const Call &call = *static_cast<const Call *>(i.extra);
  if (!lanes)
    return;
  unsigned l = firstLane(lanes);
  throw Fault{FaultKind::Assert, l,
              stringAt(w, l, argument(w, l, call.arguments.at(1), 8)) + ":" +
                  std::to_string(argument(w, l, call.arguments.at(2), 4)) + ": assertion `" +
                  stringAt(w, l, argument(w, l, call.arguments.at(0), 8)) + "` failed"};
}

} // namespace

bool emitSystemCall(Decoder &d, std::string_view name,
                    const std::vector<const Variable *> &arguments,
                    const std::vector<const Variable *> &results) {
  if (name != "vprintf" && name != "__assertfail")
    return false;
  if (arguments.size() < (name == "vprintf" ? 2u : 4u))
    d.fail("wrong number of arguments");
  Call call;
  for (const Variable *variable : arguments)
    call.arguments.push_back(d.localOffset(variable));
  if (!results.empty()) {
    call.hasResult = true;
    call.result = d.localOffset(results[0]);
  }
  Inst inst;
  inst.cls = Class::Control;
  inst.run = name == "vprintf" ? vprintfLanes : assertLanes;
  inst.extra = d.image().own(call);
  d.emit(inst);
  return true;
}

} // namespace ptxsim
