// SPDX-License-Identifier: Apache-2.0
// What the shared objects are: freestanding, with one symbol a kernel.
#include "mlir/Parser/Parser.h"
#include "tests/unit/targets_cpu/KernelTest.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace mlir;

namespace dsc::cpu::test {
namespace {

using Link = KernelTest;

constexpr const char *kernels = R"(
  plan.kernel @first sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<5000xf16>):
      %b = prim.unary tanh %a : tensor<5000xf16> -> tensor<5000xf16>
      plan.yield %b : tensor<5000xf16>
  }
  plan.kernel @second sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<5000xf64>):
      %b = prim.convert %a : tensor<5000xf64> -> tensor<5000xbf16>
      plan.yield %b : tensor<5000xbf16>
  })";

TEST_F(Link, FreestandingObjects) {
  auto module = parseSourceString<ModuleOp>(kernels, &context);
  ASSERT_TRUE(succeeded(assignGrids(*module)));
  auto objects = compileKernels(*module);
  ASSERT_TRUE(bool(objects)) << llvm::toString(objects.takeError());
  EXPECT_EQ(objects->front().isa, "x86-64-v3");
  for (const CodeObject &object : *objects) {
    auto buffer = llvm::MemoryBuffer::getMemBuffer(
        llvm::StringRef(object.elf.data(), object.elf.size()), "", false);
    auto file = llvm::object::ObjectFile::createELFObjectFile(*buffer);
    ASSERT_TRUE(bool(file));
    auto &elf = llvm::cast<llvm::object::ELF64LEObjectFile>(**file);
    std::set<std::string> names;
    for (auto symbol : elf.getDynamicSymbolIterators()) {
      EXPECT_FALSE(*symbol.getFlags() & llvm::object::SymbolRef::SF_Undefined)
          << symbol.getName()->str();
      names.insert(symbol.getName()->str());
    }
    EXPECT_TRUE(names.count("first") && names.count("second"));
    for (auto entry : *elf.getELFFile().dynamicEntries())
      EXPECT_NE(entry.getTag(), llvm::ELF::DT_NEEDED);
  }
}

TEST_F(Link, WhatHasNoCodeIsDiagnosed) {
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &d) { message = d.str(); });
  auto module = parse(R"(sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<5xi4>):
      %b = prim.unary neg %a : tensor<5xi4> -> tensor<5xi4>
      plan.yield %b : tensor<5xi4>
    })");
  EXPECT_TRUE(failed(assignGrids(*module)));
  EXPECT_EQ(message, "the CPU target converts and moves elements of 'i4' and computes nothing with them");
  auto objects = compileKernels(*module);
  ASSERT_FALSE(bool(objects));
  EXPECT_EQ(llvm::toString(objects.takeError()), "the plan has kernels without CPU code");
}

TEST_F(Link, UnknownInstructionSet) {
  auto module = parseSourceString<ModuleOp>(kernels, &context);
  CpuOptions options;
  options.isas = {"z80"};
  auto objects = compileKernels(*module, options);
  ASSERT_FALSE(bool(objects));
  EXPECT_EQ(llvm::toString(objects.takeError()),
            "unknown instruction set 'z80': x86-64-v3, x86-64-v4 and x86-64-v4+avx512bf16 are supported");
}

TEST_F(Link, TextOfTheLlvmDialect) {
  auto module = parseSourceString<ModuleOp>(kernels, &context);
  auto text = printLlvmDialect(*module, "x86-64-v3");
  ASSERT_TRUE(bool(text));
  EXPECT_NE(text->find("llvm.func @first"), std::string::npos);
}

} // namespace
} // namespace dsc::cpu::test
