// SPDX-License-Identifier: Apache-2.0
// Loads, stores, and loops of lanes whose accesses are vectors.
#include "compiler/targets/cuda/Arithmetic.h"
#include "llvm/ADT/SmallString.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::StringRef;
using llvm::Twine;

namespace dsc::cuda {

Scope *KernelSource::homeOf(Expr e) {
  Scope *scope = root;
  walkLeaves(e, [&](Expr leaf) { scope = deeper(scopeOf(leaves[leaf]), scope); });
  return deeper(scope, guard);
}

std::string KernelSource::load(unsigned buffer, ArrayRef<Expr> at) {
  Expr offset = simplified(bufferAddress(kernel, buffer, at, ranges));
  Type type = elementTypeOf(buffer);
  StringRef name = bufferName(buffer);
  if (!ordered)
    if (auto lane = loadVector(buffer, offset))
      return *lane;
  Scope *home = ordered ? current : homeOf(offset);
  std::string place = emit(offset);
  return define(home, registerType(type), name, fromStorage(*this, (name + "[" + place + "]").str(), type));
}

void KernelSource::store(unsigned buffer, ArrayRef<Expr> at, StringRef value) {
  Expr offset = simplified(bufferAddress(kernel, buffer, at, ranges));
  if (!ordered && storeVector(buffer, offset, value))
    return;
  std::string place = emit(offset);
  line(bufferName(buffer) + "[" + place + "] = " + toStorage(*this, value.str(), elementTypeOf(buffer)) + ";");
}

void KernelSource::inOrder(llvm::function_ref<void()> body) {
  bool outer = ordered;
  ordered = true;
  body();
  ordered = outer;
}

// ---- Lanes ----------------------------------------------------------------------------------------------

void KernelSource::overLanes(unsigned width, llvm::function_ref<void(Expr)> body) {
  if (width == 1) {
    body(constant(0));
    return;
  }
  assert(!lanes.width && "lanes in lanes");
  std::string lane = fresh("lane");
  Expr position = newIndex(constant(width));
  // The pragma stands right before the loop: what the body needs from outside is written in front of it.
  Scope *scope = open("#pragma unroll\nfor (int " + Twine(lane) + " = 0; " + lane + " < " + Twine(width) + "; ++" + lane + ")");
  bind(position, lane);
  lanes = {position, width, scope, {}};
  body(position);
  std::vector<std::string> after = std::move(lanes.after);
  lanes = {};
  close();
  for (const std::string &statement : after)
    line(statement);
}

Expr KernelSource::vectorBase(Expr offset) {
  if (!lanes.width || (guard->depth >= lanes.scope->depth))
    return nullptr;
  auto at = [&](Expr lane) {
    return simplified(substitute(offset, [&](Expr leaf) { return leaf == lanes.index ? std::optional<Expr>(lane) : std::nullopt; }));
  };
  Expr first = at(constant(0));
  if (!isConstant(simplified(offset - lanes.index - first), 0) || !isConstant(simplified(mod(first, constant(lanes.width))), 0))
    return nullptr;
  // Known in front of the loop.
  bool outside = true;
  walkLeaves(first, [&](Expr leaf) { outside &= scopeOf(leaves[leaf])->depth < lanes.scope->depth; });
  return outside ? first : nullptr;
}

/// Bytes of one access.
static unsigned chunkOf(unsigned bytes) { return bytes % 16 == 0 ? 16 : bytes % 8 == 0 ? 8 : 4; }

static std::string copy(const Twine &to, const Twine &from, unsigned chunk) {
  return ("copy_" + Twine(chunk) + "(" + to + ", " + from + ");").str();
}

std::pair<std::string, bool> KernelSource::vectorArray(unsigned buffer, Expr base, Scope *home) {
  std::string text = ("__align__(16) " + storageType(elementTypeOf(buffer)) + " ").str(), array = fresh(bufferName(buffer));
  std::string size = "[" + std::to_string(lanes.width) + "];";
  if (home != rounds.scope || changes(buffer)) {
    lineIn(home, text + array + size);
    return {array, false};
  }
  auto anyLoop = [&](Expr leaf) { return leaf == rounds.index ? std::optional(symbol(kernel.getContext(), "%position")) : std::nullopt; };
  Kept &of = kept[{buffer, lanes.width, rounds.count, substitute(base, anyLoop).getAsOpaquePointer()}];
  // A loop that is open may stand behind this one in the source.
  bool isFilled = of.loop && !of.loop->open && of.home->open;
  if (!isFilled) {
    lineIn(group.scope, text + array + "[" + Twine(rounds.count) + "]" + size);
    of = {array, group.scope, rounds.scope};
  }
  return {of.array + "[" + rounds.round + "]", isFilled};
}

std::optional<std::string> KernelSource::loadVector(unsigned buffer, Expr offset) {
  Type type = elementTypeOf(buffer);
  unsigned size = storageBytes(type), bytes = size * lanes.width;
  Expr base = bytes % 4 ? Expr() : vectorBase(offset);
  if (!base)
    return std::nullopt;
  prelude("copies");
  std::string lane = leaves[lanes.index];
  Scope *home = homeOf(base);
  std::string place = emit(base);
  unsigned chunk = chunkOf(bytes);
  auto [array, isFilled] = vectorArray(buffer, base, home);
  for (unsigned done = 0; !isFilled && done < bytes; done += chunk) {
    std::string more = done ? " + " + std::to_string(done / size) : "";
    lineIn(home, copy(array + more, bufferName(buffer) + " + " + place + more, chunk));
  }
  return define(lanes.scope, registerType(type), bufferName(buffer), fromStorage(*this, array + "[" + lane + "]", type));
}

bool KernelSource::storeVector(unsigned buffer, Expr offset, StringRef value) {
  Type type = elementTypeOf(buffer);
  unsigned size = storageBytes(type), bytes = size * lanes.width;
  Expr base = bytes % 4 || current != lanes.scope ? Expr() : vectorBase(offset);
  if (!base)
    return false;
  prelude("copies");
  std::string array = fresh(bufferName(buffer)), lane = leaves[lanes.index], place = emit(base);
  unsigned chunk = chunkOf(bytes);
  lineIn(lanes.scope->parent, "__align__(16) " + storageType(type) + " " + array + "[" + Twine(lanes.width) + "];");
  line(array + "[" + lane + "] = " + toStorage(*this, value.str(), type) + ";");
  for (unsigned done = 0; done < bytes; done += chunk) {
    std::string more = done ? " + " + std::to_string(done / size) : "";
    lanes.after.push_back(copy(bufferName(buffer) + " + " + place + more, array + more, chunk));
  }
  return true;
}

// ---- Indices that were loaded ---------------------------------------------------------------------------

Expr KernelSource::checkedIndex(Value tensor, ArrayRef<Expr> at, Expr size, std::string &valid) {
  bool mayBeEmpty = !provablyNonNegative(size - 1);
  auto limit = [&](const Checked &c) {
    if (mayBeEmpty)
      valid = valid.empty() ? c.inRange : valid + " && " + c.inRange;
    return c.index;
  };
  Key k = key(tensor, at);
  k.push_back(size.getAsOpaquePointer());
  if (auto it = checked.find(k); !ordered && it != checked.end() && isOpen(it->second.inRange))
    return limit(it->second);
  std::string id = element(tensor, at), most = emit(size);
  Scope *home = ordered ? current : deeper(deepest({id, most}), guard);
  std::string inRange = define(home, "bool", "in_range", "(unsigned long long)" + id + " < (unsigned long long)" + most);
  lineIn(home, "if (!" + inRange + ") *fault = 1;");
  Expr leaf = symbol(kernel.getContext(), "%loaded" + std::to_string(symbols++));
  if (auto known = asConstant(size))
    largest[leaf] = std::max<int64_t>(*known - 1, 0);
  leaves[leaf] = define(home, indexType(leaf), "index", inRange + " ? " + ("(" + indexType(leaf) + ")").str() + id + " : 0");
  checked[k] = {leaf, inRange};
  return limit(checked[k]);
}

std::string KernelSource::choose(StringRef condition, Type type, llvm::function_ref<std::string()> body,
                                 llvm::function_ref<std::string()> otherwise) {
  std::string result = variable(registerType(type), "chosen", "");
  branch(condition, [&] { line(result + " = " + body() + ";"); }, [&] { line(result + " = " + otherwise() + ";"); });
  return result;
}

} // namespace dsc::cuda
