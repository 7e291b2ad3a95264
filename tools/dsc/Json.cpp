// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Json.h"

#include <fmt/format.h>

#include <cmath>

namespace dsc {

void JsonWriter::separate() {
  if (!first)
    out += ',';
  first = false;
}

JsonWriter &JsonWriter::open(char c) {
  separate();
  out += c;
  first = true;
  return *this;
}

JsonWriter &JsonWriter::close(char c) {
  out += c;
  first = false;
  return *this;
}

void JsonWriter::quote(std::string_view value) {
  out += '"';
  for (char c : value) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

JsonWriter &JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  out += ':';
  first = true;
  return *this;
}

JsonWriter &JsonWriter::string(std::string_view value) {
  separate();
  quote(value);
  return *this;
}

JsonWriter &JsonWriter::number(double value) {
  if (!std::isfinite(value))
    return string(std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
  return raw(fmt::format("{}", value));
}

JsonWriter &JsonWriter::raw(std::string_view value) {
  separate();
  out += value;
  return *this;
}

} // namespace dsc
