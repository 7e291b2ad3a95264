// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/ptx/Type.h"

#include <utility>

namespace ptxsim {

std::optional<Type> parseType(std::string_view word) {
  static constexpr std::pair<std::string_view, Type> names[] = {
      {"pred", Type::Pred}, {"b8", Type::B8},         {"b16", Type::B16},   {"b32", Type::B32},
      {"b64", Type::B64},   {"b128", Type::B128},     {"u8", Type::U8},     {"u16", Type::U16},
      {"u32", Type::U32},   {"u64", Type::U64},       {"s8", Type::S8},     {"s16", Type::S16},
      {"s32", Type::S32},   {"s64", Type::S64},       {"f16", Type::F16},   {"f16x2", Type::F16x2},
      {"bf16", Type::BF16}, {"bf16x2", Type::BF16x2}, {"tf32", Type::TF32}, {"f32", Type::F32},
      {"f64", Type::F64},
  };
  for (const auto &[name, type] : names)
    if (name == word)
      return type;
  return std::nullopt;
}

} // namespace ptxsim
