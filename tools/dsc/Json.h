// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_TOOLS_DSC_JSON_H
#define DSC_TOOLS_DSC_JSON_H

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace dsc {

// Writes one JSON document from front to back; commas and nesting are its business.
class JsonWriter {
public:
  JsonWriter &beginObject() { return open('{'); }
  JsonWriter &endObject() { return close('}'); }
  JsonWriter &beginArray() { return open('['); }
  JsonWriter &endArray() { return close(']'); }
  JsonWriter &key(std::string_view name);

  JsonWriter &string(std::string_view value);
  JsonWriter &boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter &number(double value); // infinities and NaNs become strings
  template <class T, class = std::enable_if_t<std::is_integral_v<T>>> JsonWriter &number(T value) {
    return raw(std::to_string(value));
  }

  // A document that is JSON already.
  JsonWriter &document(std::string_view value) { return raw(value); }

  const std::string &text() const { return out; }

private:
  JsonWriter &open(char c);
  JsonWriter &close(char c);
  JsonWriter &raw(std::string_view value);
  void separate();
  void quote(std::string_view value);

  std::string out;
  bool first = true;
};

} // namespace dsc

#endif
