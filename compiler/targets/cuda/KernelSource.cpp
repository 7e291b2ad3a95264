// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/KernelSource.h"
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/Prelude.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/plan/NodeName.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::StringRef;
using llvm::Twine;

namespace dsc::cuda {

KernelSource::KernelSource(plan::KernelOp kernel) : kernel(kernel) {
  unsigned inputs = kernel.getNumInputs(), outputs = kernel.getYielded().size();
  for (unsigned i = 0; i < inputs + outputs; ++i) {
    bool isInput = i < inputs;
    buffers.push_back((isInput ? "in" : "out") + std::to_string(isInput ? i : i - inputs));
    own(buffers.back());
  }
  for (auto [i, size] : llvm::enumerate(kernel.getSizes().toVector()))
    bind(size, "s" + std::to_string(i));
}

void KernelSource::fail(Operation *op, const Twine &message) {
  if (!failed)
    op->emitError() << "the CUDA target has no code for this: " << message;
  failed = true;
}

void KernelSource::global(const std::string &text) {
  if (!llvm::is_contained(globals, text))
    globals.push_back(text);
}

// ---- Threads that work together -------------------------------------------------------------------------

/// The value of another lane; shuffles know integers of 32 and 64 bits and floats.
static std::string shuffled(StringRef type, StringRef value) {
  bool direct = llvm::is_contained({"float", "double", "int", "unsigned", "long long", "unsigned long long"}, type);
  std::string operand = direct ? value.str() : ("(int)" + value).str();
  std::string text = "__shfl_xor_sync(0xffffffffu, " + operand + ", offset)";
  return direct ? text : ("(" + type + ")" + text).str();
}

std::vector<std::string> KernelSource::combineThreads(
    ArrayRef<std::string> values, ArrayRef<std::string> types, StringRef hint,
    llvm::function_ref<std::vector<std::string>(ArrayRef<std::string>, ArrayRef<std::string>)> combine) {
  auto step = [&](ArrayRef<std::string> totals, llvm::function_ref<std::string(size_t)> other) {
    std::vector<std::string> others, next;
    for (size_t i = 0; i < totals.size(); ++i)
      others.push_back(define(current, types[i], "other", other(i)));
    for (auto [i, text] : llvm::enumerate(combine(totals, others)))
      next.push_back(totals.size() == 1 ? text : define(current, types[i], "next", text));
    for (size_t i = 0; i < totals.size(); ++i)
      line(totals[i] + " = " + next[i] + ";");
  };
  // Halves against halves: a sum of two is the same from both sides, so that all lanes get the same bits.
  open("for (int offset = 16; offset > 0; offset /= 2)");
  step(values, [&](size_t i) { return shuffled(types[i], values[i]); });
  close();
  if (group.threads == 32)
    return std::vector<std::string>(values);
  unsigned warps = group.threads / 32;
  std::vector<std::string> parts, totals;
  for (const std::string &type : types) {
    parts.push_back(fresh("of_warps"));
    line("__shared__ " + type + " " + parts.back() + "[" + Twine(warps) + "];");
  }
  open("if (threadIdx.x % 32 == 0)", /*conditional=*/true);
  for (auto [part, value] : llvm::zip(parts, values))
    line(part + "[threadIdx.x / 32] = " + value + ";");
  close();
  line("__syncthreads();");
  for (auto [part, type] : llvm::zip(parts, types))
    totals.push_back(variable(type, hint, part + "[0]"));
  open("for (int warp = 1; warp < " + Twine(warps) + "; ++warp)");
  step(totals, [&](size_t i) { return parts[i] + "[warp]"; });
  close();
  return totals;
}

// ---- The source -----------------------------------------------------------------------------------------

/// "dot", "add": what an operation computes, in a word.
static StringRef wordFor(Operation &op) {
  if (auto unary = dyn_cast<UnaryOp>(op))
    return stringifyUnaryKind(unary.getKind());
  if (auto binary = dyn_cast<BinaryOp>(op))
    return stringifyBinaryKind(binary.getKind());
  return isa<model::DscDialect>(op.getDialect()) ? op.getName().getStringRef() : op.getName().stripDialect();
}

static std::string describeType(Type type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << getElementTypeOrSelf(type) << " [";
  llvm::interleaveComma(getDims(type), os, [&](Expr dim) { os << toString(dim); });
  os << "]";
  return text;
}

std::string KernelSource::finish(unsigned threads) {
  std::string text = "// " + kernel.getSymName().str() + ":";
  for (Operation &op : kernel.getBlock().without_terminator())
    if (!isa<ConstantOp>(op))
      text += " " + wordFor(op).str();
  text += "\n";
  std::string node = plan::getNodeName(kernel.getLoc());
  if (!node.empty())
    text += "// node: " + node + "\n";
  auto sizes = kernel.getSizes().toVector();
  for (size_t i = 0; i < buffers.size(); ++i) {
    text += "// " + buffers[i] + ": " + describeType(bufferType(kernel, i));
    if (ShapeAttr strides = kernel.getOperandStrides(i)) {
      text += ", strides";
      for (Expr stride : strides.toVector())
        text += " " + toString(stride);
    }
    text += "\n";
  }
  for (auto [i, size] : llvm::enumerate(sizes))
    if (toString(size) != "s" + std::to_string(i))
      text += "// s" + std::to_string(i) + ": " + toString(size) + "\n";
  text += "\n" + preludeText(pieces.getArrayRef());
  for (const std::string &g : globals)
    text += g + "\n";
  if (!pieces.empty() || !globals.empty())
    text += "\n";
  unsigned inputs = kernel.getNumInputs();
  auto aliases = kernel.getAliases();
  bool inPlace = llvm::any_of(aliases, [](int64_t alias) { return alias >= 0; });
  text += "extern \"C\" __global__ void __launch_bounds__(" + std::to_string(threads) + (manyRegisters ? ", 1) " : ") ") + kernel.getSymName().str() + "(";
  for (size_t i = 0; i < buffers.size(); ++i) {
    bool changes = i >= inputs || llvm::is_contained(aliases, int64_t(i));
    text += (changes ? "" : "const ") + storageType(elementTypeOf(i)).str() + (inPlace ? " *" : " *__restrict__ ") + buffers[i] + ", ";
  }
  for (size_t i = 0; i < sizes.size(); ++i)
    text += "long long s" + std::to_string(i) + ", ";
  return text + "unsigned *fault) {\n" + bodyText() + "}\n";
}

} // namespace dsc::cuda
