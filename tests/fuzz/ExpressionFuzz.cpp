// SPDX-License-Identifier: Apache-2.0
// Any text is a shape expression or is refused with a reason; one that is parsed is printed and parsed again as the same, and
// it has the same value for all that its proofs say of it.
#include "dialects/prim/Prim.h"
#include "mlir/IR/MLIRContext.h"
#include <cstdint>

using namespace dsc::prim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<PrimDialect>();
  std::string error;
  Expr e = parseExpr(&context, {reinterpret_cast<const char *>(bytes), size}, &error);
  if (!e) {
    if (error.empty())
      __builtin_trap();
    return 0;
  }
  std::string text = toString(e);
  Expr again = parseExpr(&context, text, &error);
  // Printing may make the text longer or deeper than the limits of the parser.
  if (!again ? text.size() < 4096 && error.find("nest") == std::string::npos : again != e) {
    fprintf(stderr, "%s\nreads as\n%s\n%s\n", text.c_str(), again ? toString(again).c_str() : "nothing", error.c_str());
    __builtin_trap();
  }
  auto seven = [](Expr leaf) -> std::optional<int64_t> { return 7; };
  auto value = evaluate(e, seven);
  if (value && *value < 0 && !usesIndex(e) && provablyNonNegative(e))
    __builtin_trap();
  if (value && *value == 0 && !usesIndex(e) && provablyNonZero(e))
    __builtin_trap();
  return 0;
}
