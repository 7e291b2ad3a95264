// SPDX-License-Identifier: Apache-2.0
// Words, numbers and signs of a PTX text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ptxsim {

struct Token {
  enum Kind : uint8_t {
    Word,    ///< identifier, register, directive or dotted opcode: `%r1`, `.reg`, `ld.global.u32`
    Integer, ///< `bits` holds the value in two's complement
    Float,   ///< 0fXXXXXXXX, 0dXXXXXXXXXXXXXXXX or decimal: `bits` holds the double's bits
    Single,  ///< 0fXXXXXXXX: `bits` holds the float's bits
    String,
    Sign, ///< one character
    End,
  };
  Kind kind = End;
  std::string_view text;
  uint64_t bits = 0;
  unsigned line = 0;
  bool is(std::string_view what) const { return kind != String && text == what; }
};

/// All tokens of the text, the last one of kind End; comments are dropped. Throws PtxError.
std::vector<Token> tokenize(std::string_view text);

} // namespace ptxsim
