// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/ptx/Lexer.h"

#include "tools/ptxsim/ptx/PtxError.h"

#include <bit>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <string>
#include <utility>

namespace ptxsim {
namespace {

bool isWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%' ||
         c == '.';
}
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWord(char c) { return isWordStart(c) || isDigit(c); }

class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) {}

  std::vector<Token> run() {
    for (skipBlank(); at < text.size(); skipBlank())
      tokens.push_back(next());
    tokens.push_back({Token::End, "", 0, line});
    return std::move(tokens);
  }

private:
  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }

  void skipBlank() {
    while (at < text.size()) {
      if (text[at] == '\n') {
        ++line, ++at;
      } else if (text[at] == ' ' || text[at] == '\t' || text[at] == '\r') {
        ++at;
      } else if (text.substr(at, 2) == "//") {
        while (at < text.size() && text[at] != '\n')
          ++at;
      } else if (text.substr(at, 2) == "/*") {
        size_t end = text.find("*/", at + 2);
        if (end == std::string_view::npos)
          throw PtxError(line, "comment without an end");
        for (; at < end + 2; ++at)
          line += text[at] == '\n';
      } else {
        return;
      }
    }
  }

  Token next() {
    size_t start = at;
    char c = text[at];
    if (isDigit(c))
      return number();
    // "::" joins the words of a modifier, as in .shared::cta or .L2::128B.
    if (isWordStart(c)) {
      // Directives may stand without space between them: .reg.b32
      bool directive = c == '.';
      ++at;
      while ((isWord(peek()) && !(directive && peek() == '.')) ||
             (peek() == ':' && peek(1) == ':' && (at += 1)))
        ++at;
      return {Token::Word, text.substr(start, at - start), 0, line};
    }
    if (c == '"') {
      unsigned first = line;
      for (++at; at < text.size() && text[at] != '"'; ++at)
        line += text[at] == '\n';
      if (at == text.size())
        throw PtxError(first, "string without an end");
      ++at;
      return {Token::String, text.substr(start + 1, at - start - 2), 0, first};
    }
    ++at;
    return {Token::Sign, text.substr(start, 1), 0, line};
  }

  Token number() {
    size_t start = at;
    if (peek() == '0' && (peek(1) == 'f' || peek(1) == 'F'))
      return hex(start, 2, 8, Token::Single);
    if (peek() == '0' && (peek(1) == 'd' || peek(1) == 'D'))
      return hex(start, 2, 16, Token::Float);
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X'))
      return hex(start, 2, 0, Token::Integer);
    size_t end = at;
    bool fraction = false;
    while (end < text.size() &&
           (isDigit(text[end]) || text[end] == '.' || text[end] == 'e' || text[end] == 'E' ||
            ((text[end] == '-' || text[end] == '+') && fraction &&
             (text[end - 1] == 'e' || text[end - 1] == 'E')))) {
      fraction |= !isDigit(text[end]);
      ++end;
    }
    at = end;
    std::string_view word = text.substr(start, end - start);
    if (fraction) {
      double value = std::strtod(std::string(word).c_str(), nullptr);
      return {Token::Float, word, std::bit_cast<uint64_t>(value), line};
    }
    uint64_t value = 0;
    int base = word.size() > 1 && word[0] == '0' ? 8 : 10;
    auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
    if (error != std::errc() || rest != word.data() + word.size())
      throw PtxError(line, "bad number '" + std::string(word) + "'");
    if (peek() == 'U')
      ++at;
    return {Token::Integer, word, value, line};
  }

  Token hex(size_t start, size_t prefix, size_t digits, Token::Kind kind) {
    at = start + prefix;
    while (std::isxdigit(static_cast<unsigned char>(peek())))
      ++at;
    std::string_view word = text.substr(start, at - start);
    uint64_t value = 0;
    auto [rest, error] =
        std::from_chars(word.data() + prefix, word.data() + word.size(), value, 16);
    if (error != std::errc() || word.size() == prefix || (digits && word.size() != prefix + digits))
      throw PtxError(line, "bad number '" + std::string(word) + "'");
    if (kind == Token::Integer && peek() == 'U')
      ++at;
    return {kind, word, value, line};
  }

  std::string_view text;
  size_t at = 0;
  unsigned line = 1;
  std::vector<Token> tokens;
};

} // namespace

std::vector<Token> tokenize(std::string_view text) { return Lexer(text).run(); }

} // namespace ptxsim
