// SPDX-License-Identifier: Apache-2.0
// Statements of a CUDA C++ function under construction: nested scopes, and variables that know theirs.
//
// A scope that is still open stands at the end of the scope around it, so that a statement added to the outer one comes before the whole
// inner one. That is how what does not depend on a loop is computed in front of it.
#ifndef DSC_COMPILER_TARGETS_CUDA_SOURCETEXT_H
#define DSC_COMPILER_TARGETS_CUDA_SOURCETEXT_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"
#include <deque>
#include <string>
#include <vector>

namespace dsc::cuda {

struct Scope {
  Scope *parent;
  std::string head; // "for (...)", "if (...)"; empty for the function's body
  std::vector<std::string> lines;
  int depth;
  bool open = true;
};

class SourceText {
public:
  SourceText();

  /// A statement, or a comment, at the end of the current scope.
  void line(const llvm::Twine &text) { lineIn(current, text); }
  static void lineIn(Scope *scope, const llvm::Twine &text) {
    assert(scope->open && "a statement for a scope that has been written");
    scope->lines.push_back(text.str());
  }

  /// `head` and "{": a scope in the current one, which becomes the current one. `conditional` when the body may not run: what is loaded
  /// from memory in it stays in it.
  Scope *open(const llvm::Twine &head, bool conditional = false);
  /// Ends the current scope.
  void close();
  /// if (condition) { then } else { otherwise }; `otherwise` may be null.
  void branch(const llvm::Twine &condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise);
  /// Calls `body` with `scope` as the current one and `around` as the innermost condition.
  void inside(Scope *scope, Scope *around, llvm::function_ref<void()> body);

  /// Where a variable was declared; the function's body for literals.
  Scope *scopeOf(llvm::StringRef name) const;
  /// Says that `name` has its value from here on, in the current scope.
  void own(llvm::StringRef name) { names[name] = current; }
  bool isOpen(llvm::StringRef name) const { return scopeOf(name)->open; }
  Scope *deepest(llvm::ArrayRef<std::string> operands) const;
  Scope *deeper(Scope *a, Scope *b) const { return a->depth > b->depth ? a : b; }

  /// A name that is not in use: `hint`_number.
  std::string fresh(llvm::StringRef hint);
  /// `const type name = value;` in `scope`; the name.
  std::string define(Scope *scope, llvm::StringRef type, llvm::StringRef hint, const llvm::Twine &value);
  /// The same, or the variable of that scope that has this value already: for text that means the same wherever it stands there.
  std::string defineOnce(Scope *scope, llvm::StringRef type, llvm::StringRef hint, const llvm::Twine &value);
  /// `type name = value;` in the current scope, for a variable that changes.
  std::string variable(llvm::StringRef type, llvm::StringRef hint, const llvm::Twine &value);

  /// The innermost open scope, the function's body, and the innermost scope that runs under a condition.
  Scope *current, *root, *guard;

protected:
  /// The lines of the body, indented by one level.
  std::string bodyText() const;

private:
  Scope *push(const llvm::Twine &head);
  void append(Scope *inner, bool joinElse = false);

  std::deque<Scope> storage;
  llvm::StringMap<Scope *> names;
  llvm::StringMap<std::string> values; // of variables made once, by type and value
  llvm::StringMap<unsigned> counters;
  std::vector<Scope *> guards;
};

} // namespace dsc::cuda

#endif
