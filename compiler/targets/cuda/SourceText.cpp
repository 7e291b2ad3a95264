// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/SourceText.h"
#include "llvm/ADT/SmallVector.h"

using llvm::StringRef;
using llvm::Twine;

namespace dsc::cuda {

SourceText::SourceText() {
  storage.push_back({nullptr, "", {}, 0});
  current = root = guard = &storage.back();
}

Scope *SourceText::push(const Twine &head) {
  storage.push_back({current, head.str(), {}, current->depth + 1});
  return current = &storage.back();
}

void SourceText::append(Scope *inner, bool joinElse) {
  std::vector<std::string> &lines = inner->parent->lines;
  inner->open = false;
  if (joinElse) {
    lines.back() += " " + inner->head + " {";
  } else {
    llvm::SmallVector<StringRef> heads;
    StringRef(inner->head).split(heads, '\n');
    for (StringRef head : heads)
      lines.push_back(head.str());
    lines.back() += " {";
  }
  for (std::string &line : inner->lines)
    lines.push_back(line.empty() ? std::string() : "  " + line);
  lines.push_back("}");
  inner->lines.clear();
}

Scope *SourceText::open(const Twine &head, bool conditional) {
  guards.push_back(guard);
  Scope *scope = push(head);
  if (conditional)
    guard = scope;
  return scope;
}

void SourceText::close() {
  assert(current != root && "more scopes closed than opened");
  Scope *inner = current;
  current = inner->parent;
  guard = guards.back();
  guards.pop_back();
  append(inner);
}

void SourceText::branch(const Twine &condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise) {
  // Both bodies before either is written: what they need from outside comes in front of the first.
  Scope *outer = current, *outerGuard = guard;
  auto make = [&](const Twine &head, llvm::function_ref<void()> body) {
    Scope *scope = push(head);
    guard = scope;
    body();
    assert(current == scope && "a scope is left open in a branch");
    current = outer;
    guard = outerGuard;
    // What one branch knows, the other does not.
    scope->open = false;
    return scope;
  };
  Scope *first = make("if (" + condition + ")", then);
  Scope *second = otherwise ? make("else", otherwise) : nullptr;
  append(first);
  if (second)
    append(second, /*joinElse=*/true);
}

void SourceText::inside(Scope *scope, Scope *around, llvm::function_ref<void()> body) {
  Scope *outer = current, *outerGuard = guard;
  assert(scope->open && "a scope that has been written already");
  current = scope;
  guard = around;
  body();
  assert(current == scope && "a scope is left open");
  current = outer;
  guard = outerGuard;
}

Scope *SourceText::scopeOf(StringRef name) const {
  auto it = names.find(name);
  return it == names.end() ? root : it->second;
}

Scope *SourceText::deepest(llvm::ArrayRef<std::string> operands) const {
  Scope *result = root;
  for (const std::string &operand : operands)
    result = deeper(scopeOf(operand), result);
  return result;
}

std::string SourceText::fresh(StringRef hint) { return (hint + "_" + Twine(counters[hint]++)).str(); }

std::string SourceText::define(Scope *scope, StringRef type, StringRef hint, const Twine &value) {
  std::string name = fresh(hint);
  lineIn(scope, "const " + type + " " + name + " = " + value + ";");
  names[name] = scope;
  return name;
}

std::string SourceText::defineOnce(Scope *scope, StringRef type, StringRef hint, const Twine &value) {
  std::string text = value.str();
  std::string &name = values[(type + " " + text).str()];
  if (name.empty() || scopeOf(name) != scope)
    name = define(scope, type, hint, text);
  return name;
}

std::string SourceText::variable(StringRef type, StringRef hint, const Twine &value) {
  std::string name = fresh(hint);
  std::string text = value.str();
  line(type + " " + name + (text.empty() ? ";" : " = " + text + ";"));
  own(name);
  return name;
}

std::string SourceText::bodyText() const {
  assert(current == root && "a scope is left open");
  std::string text;
  for (const std::string &line : root->lines)
    text += (line.empty() ? line : "  " + line) + "\n";
  return text;
}

} // namespace dsc::cuda
