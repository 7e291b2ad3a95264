// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/core/Options.h"

#include <cctype>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace ptxsim {
namespace {

template <class T> bool number(std::string_view text, T &into) {
  T value{};
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size())
    return false;
  into = value;
  return true;
}

bool flag(std::string_view text, bool &into) {
  if (text != "0" && text != "1")
    return false;
  into = text == "1";
  return true;
}

} // namespace

bool Options::set(std::string_view name, std::string_view value) {
  if (name == "seed")
    return number(value, seed);
  if (name == "limit")
    return number(value, limit);
  if (name == "memory")
    return number(value, memory);
  if (name == "capability")
    return (value == "80" || value == "86" || value == "89" || value == "90") &&
           number(value, capability);
  if (name == "mutate")
    return mutate = value, true;
  if (name == "device")
    return flag(value, device);
  if (name == "races")
    return flag(value, races);
  if (name == "print")
    return flag(value, print);
  if (name == "streams") {
    lateStreams = value == "late";
    return value == "late" || value == "eager";
  }
  if (name == "uninitialised") {
    if (value == "strict")
      uninitialised = Strict;
    else if (value == "lazy")
      uninitialised = Lazy;
    else if (value == "off")
      uninitialised = Off;
    else
      return false;
    return true;
  }
  return false;
}

void Options::readEnvironment() {
  for (const char *name : {"seed", "limit", "memory", "capability", "device", "races", "print",
                           "streams", "uninitialised", "mutate"}) {
    std::string variable = "PTXSIM_";
    for (const char *c = name; *c; ++c)
      variable += static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
    if (const char *value = std::getenv(variable.c_str()); value && !set(name, value))
      std::fprintf(stderr, "ptxsim: %s=%s is not understood\n", variable.c_str(), value);
  }
}

Options &options() {
  static Options the = [] {
    Options result;
    result.readEnvironment();
    return result;
  }();
  return the;
}

} // namespace ptxsim
