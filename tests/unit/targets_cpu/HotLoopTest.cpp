// SPDX-License-Identifier: Apache-2.0
// The machine code of contractions: their innermost loops keep every accumulator in a register and use the instructions that
// they were written for. No timing.
#include "tests/unit/targets_cpu/KernelTest.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/TargetSelect.h"

namespace dsc::cpu::test {
namespace {

/// Lines of assembly between the target of a backward jump and the jump, where no other loop lies within.
using LoopText = std::vector<std::string>;

class HotLoops : public KernelTest {
protected:
  /// The innermost loops that multiply and add, of the kernel @k compiled for `isa`.
  std::vector<LoopText> loopsOf(llvm::StringRef text, llvm::StringRef isa) {
    auto module = parse(text);
    EXPECT_TRUE(mlir::succeeded(assignGrids(*module)));
    CpuOptions options;
    options.isas = {isa.str()};
    auto objects = compileKernels(*module, options);
    if (!objects) {
      ADD_FAILURE() << llvm::toString(objects.takeError());
      return {};
    }
    return findLoops(objects->front().elf, isa);
  }

  static size_t count(const LoopText &loop, llvm::StringRef instruction, llvm::StringRef operand = "") {
    return llvm::count_if(loop, [&](llvm::StringRef line) { return line.contains(instruction) && line.contains(operand); });
  }

private:
  static std::vector<LoopText> findLoops(const std::vector<char> &elf, llvm::StringRef isa) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetDisassembler();
    llvm::Triple triple("x86_64-unknown-linux-gnu");
    std::string error;
    const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
    std::unique_ptr<llvm::MCRegisterInfo> registers(target->createMCRegInfo(triple));
    llvm::MCTargetOptions options;
    std::unique_ptr<llvm::MCAsmInfo> info(target->createMCAsmInfo(*registers, triple, options));
    std::unique_ptr<llvm::MCInstrInfo> instructions(target->createMCInstrInfo());
    std::unique_ptr<llvm::MCSubtargetInfo> subtarget(target->createMCSubtargetInfo(triple, findIsa(isa)->cpu, findIsa(isa)->features));
    llvm::MCContext context(triple, info.get(), registers.get(), subtarget.get());
    std::unique_ptr<llvm::MCDisassembler> disassembler(target->createMCDisassembler(*subtarget, context));
    std::unique_ptr<llvm::MCInstPrinter> printer(target->createMCInstPrinter(triple, 0, *info, *instructions, *registers));

    auto object = llvm::cantFail(
        llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef({elf.data(), elf.size()}, "kernels")));
    struct Line {
      uint64_t address;
      std::string text;
      std::optional<uint64_t> target;
    };
    std::vector<Line> lines;
    for (const auto &section : object->sections()) {
      if (!section.isText())
        continue;
      auto bytes = llvm::arrayRefFromStringRef(llvm::cantFail(section.getContents()));
      for (uint64_t at = 0, size = 1; at < bytes.size(); at += std::max<uint64_t>(size, 1)) {
        llvm::MCInst instruction;
        uint64_t address = section.getAddress() + at;
        if (disassembler->getInstruction(instruction, size, bytes.drop_front(at), address, llvm::nulls()) !=
            llvm::MCDisassembler::Success)
          continue;
        Line line{address, "", {}};
        llvm::raw_string_ostream os(line.text);
        printer->printInst(&instruction, address, "", *subtarget, os);
        const llvm::MCInstrDesc &kind = instructions->get(instruction.getOpcode());
        if (kind.isBranch() && instruction.getNumOperands() > 0 && instruction.getOperand(0).isImm())
          line.target = address + size + instruction.getOperand(0).getImm();
        lines.push_back(std::move(line));
      }
    }
    std::vector<LoopText> loops;
    uint64_t innerStart = UINT64_MAX; // the last loop that was taken begins here
    for (size_t end = 0; end < lines.size(); ++end) {
      if (!lines[end].target || *lines[end].target > lines[end].address)
        continue;
      uint64_t start = *lines[end].target;
      bool holdsAnother = innerStart != UINT64_MAX && innerStart >= start;
      innerStart = start;
      if (holdsAnother)
        continue;
      LoopText loop;
      for (const Line &line : lines)
        if (line.address >= start && line.address <= lines[end].address)
          loop.push_back(line.text);
      if (count(loop, "vfmadd") || count(loop, "vdpbf16"))
        loops.push_back(std::move(loop));
    }
    return loops;
  }
};

const char *const weightOf = R"(sizes ["m"] strides [unit, #plan.panels<columns = 1, contracted = [0], width = 64, group = 1>, unit] aliases [-1] {
  ^bb0(%a: tensor<?x512xTYPE, #prim.shape<"m", 512>>, %b: tensor<512x640xTYPE>):
    %c = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<?x512xTYPE, #prim.shape<"m", 512>>, tensor<512x640xTYPE> -> tensor<?x640xTYPE, #prim.shape<"m", 640>>
    plan.yield %c : tensor<?x640xTYPE, #prim.shape<"m", 640>>
  })";

std::string weight(llvm::StringRef type) {
  std::string text = weightOf;
  for (size_t at; (at = text.find("TYPE")) != std::string::npos;)
    text.replace(at, 4, type.str());
  return text;
}

TEST_F(HotLoops, TilesStayInRegisters) {
  for (llvm::StringRef type : {"f32", "bf16", "f16"})
    for (llvm::StringRef isa : {"x86-64-v3", "x86-64-v4"}) {
      std::vector<LoopText> loops = loopsOf(weight(type), isa);
      // Tiles of (six,) four, two rows and of one.
      EXPECT_GE(loops.size(), 3u) << type.str() << " " << isa.str();
      size_t most = 0;
      for (const LoopText &loop : loops) {
        most = std::max(most, count(loop, "vfmadd", isa == "x86-64-v4" ? "%zmm" : "%ymm"));
        EXPECT_EQ(count(loop, "(%rsp"), 0u) << type.str() << " " << isa.str() << "\n" << llvm::join(loop, "\n");
        EXPECT_EQ(count(loop, "call"), 0u);
      }
      EXPECT_EQ(most, isa == "x86-64-v4" ? 24u : type == "f32" ? 12u : 8u) << type.str() << " " << isa.str();
    }
}

TEST_F(HotLoops, PairsOfBf16UseTheirInstruction) {
  std::string text = weight("bf16");
  text.replace(text.find("group = 1"), 9, "group = 2");
  std::vector<LoopText> loops = loopsOf(text, bf16DotIsa);
  size_t most = 0;
  for (const LoopText &loop : loops) {
    most = std::max(most, count(loop, "vdpbf16ps", "%zmm"));
    EXPECT_EQ(count(loop, "vfmadd"), 0u);
    EXPECT_EQ(count(loop, "(%rsp"), 0u) << llvm::join(loop, "\n");
  }
  EXPECT_EQ(most, 24u);
}

TEST_F(HotLoops, OneRowLoadsWhatItMultiplies) {
  // A row against a panel of 64 columns: four vectors straight from memory, and nothing else to read but the row's element.
  for (const LoopText &loop : loopsOf(weight("f32"), "x86-64-v4"))
    if (count(loop, "vfmadd") == 4) {
      EXPECT_EQ(count(loop, "vfmadd", "("), 4u) << llvm::join(loop, "\n");
      EXPECT_LE(loop.size(), 10u) << llvm::join(loop, "\n");
      return;
    }
  FAIL() << "no tile of one row";
}

} // namespace
} // namespace dsc::cpu::test
