// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/Prelude.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

using llvm::StringRef;

namespace dsc::cuda {

namespace {
struct Piece {
  StringRef name, text;
};
} // namespace

// Written by CMake: `static const Piece allPieces[] = {...};`.
#include "PreludePieces.inc"

static void append(StringRef name, llvm::SmallVectorImpl<StringRef> &done, std::string &text) {
  if (llvm::is_contained(done, name))
    return;
  done.push_back(name);
  const Piece *piece = llvm::find_if(allPieces, [&](const Piece &p) { return p.name == name; });
  assert(piece != std::end(allPieces) && "no such piece of the prelude");
  StringRef body = piece->text;
  body.consume_front("// SPDX-License-Identifier: Apache-2.0\n");
  if (body.consume_front("// needs: ")) {
    auto [needs, rest] = body.split('\n');
    llvm::SmallVector<StringRef> names;
    needs.split(names, ' ');
    for (StringRef needed : names)
      append(needed, done, text);
    body = rest;
  }
  text += body;
}

std::string preludeText(llvm::ArrayRef<StringRef> pieces) {
  std::string text;
  llvm::SmallVector<StringRef> done;
  for (StringRef piece : pieces)
    append(piece, done, text);
  return text;
}

} // namespace dsc::cuda
