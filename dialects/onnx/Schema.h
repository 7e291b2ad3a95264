// SPDX-License-Identifier: Apache-2.0
// Which operators ai.onnx has, and since which opset each definition of them holds.
#ifndef DSC_DIALECTS_ONNX_SCHEMA_H
#define DSC_DIALECTS_ONNX_SCHEMA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <limits>
#include <optional>

namespace dsc::onnx {

inline constexpr int64_t kOldestOpset = 7, kNewestOpset = 28;
inline constexpr uint32_t kVariadic = std::numeric_limits<uint32_t>::max();

/// One definition of an operator. It holds from opset `since` until the next definition of the same name.
struct OpSchema {
  const char *name;
  int64_t since;
  uint32_t minInputs, maxInputs;
  uint32_t requiredInputs; ///< Bit i: input i cannot be left out. An optional input may stand before a required one.
  uint32_t minOutputs, maxOutputs;
  bool deprecated; ///< The operator is gone from opset `since` on.
};

/// All definitions of an operator, oldest first; empty if the domain ("" or "ai.onnx") has no such operator at any opset.
llvm::ArrayRef<OpSchema> getSchemas(llvm::StringRef domain, llvm::StringRef op);

/// The definition that holds at `opset`; nullopt if the operator is unknown or younger. A deprecated one is returned as such.
std::optional<OpSchema> lookup(llvm::StringRef domain, llvm::StringRef op, int64_t opset);

} // namespace dsc::onnx

#endif
