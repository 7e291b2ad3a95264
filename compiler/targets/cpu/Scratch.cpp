// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/Scratch.h"

using namespace mlir;

namespace dsc::cpu {

Scratch::Scratch(KernelCode &code, Type type, int64_t count) : code(&code), type(type) {
  Value size = code.i64(count);
  code.at(code.deepest({}));
  base = LLVM::AllocaOp::create(code.b, code.loc, LLVM::LLVMPointerType::get(code.b.getContext()),
                                type, size,
                                /*alignment=*/64);
}

Value Scratch::address(Value at) const {
  code->place({base, at});
  return LLVM::GEPOp::create(code->b, code->loc, base.getType(), type, base, ValueRange(at),
                             LLVM::GEPNoWrapFlags::inbounds);
}

Scratch Scratch::from(Value first) const {
  Scratch result = *this;
  result.base = address(first);
  return result;
}

Value Scratch::read(Value at, unsigned lanes) const {
  Value p = address(at);
  code->at(code->current);
  return LLVM::LoadOp::create(code->b, code->loc, Code::vectorOf(type, lanes), p,
                              type.getIntOrFloatBitWidth() / 8);
}

void Scratch::write(Value at, Value v) const {
  Value p = address(at);
  code->at(code->current);
  LLVM::StoreOp::create(code->b, code->loc, v, p, type.getIntOrFloatBitWidth() / 8);
}

} // namespace dsc::cpu
