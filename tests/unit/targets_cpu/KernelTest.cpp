// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cpu/KernelTest.h"
#include "compiler/reference/Interpreter.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/plan/Panels.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/APFloat.h"
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu::test {

LoadedCode::LoadedCode(const std::vector<char> &elf) {
  int file = memfd_create("kernels", 0);
  EXPECT_EQ(write(file, elf.data(), elf.size()), ssize_t(elf.size()));
  std::string path = "/proc/self/fd/" + std::to_string(file);
  handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  EXPECT_NE(handle, nullptr) << dlerror();
  close(file);
}

LoadedCode::~LoadedCode() {
  if (handle)
    dlclose(handle);
}

KernelFunction LoadedCode::find(const char *name) const {
  auto function = reinterpret_cast<KernelFunction>(dlsym(handle, name));
  EXPECT_NE(function, nullptr) << name;
  return function;
}

KernelTest::KernelTest() {
  context.loadDialect<PrimDialect, model::DscDialect, plan::PlanDialect, func::FuncDialect>();
}

std::vector<llvm::StringRef> KernelTest::isas() const {
  std::vector<llvm::StringRef> result;
  if (!hostIsa().empty())
    result.push_back("x86-64-v3");
  if (hostIsa() == "x86-64-v4")
    result.push_back("x86-64-v4");
  return result;
}

OwningOpRef<ModuleOp> KernelTest::parse(llvm::StringRef text) {
  auto module = parseSourceString<ModuleOp>(("plan.kernel @k " + text).str(), &context);
  EXPECT_TRUE(module) << text.str();
  return module;
}

namespace {

int64_t valueOf(Expr e, plan::KernelOp kernel, llvm::ArrayRef<int64_t> sizes) {
  auto symbols = kernel.getSizes().toVector();
  auto value = evaluate(e, [&](Expr leaf) -> std::optional<int64_t> {
    auto *it = llvm::find(symbols, leaf);
    return it == symbols.end() ? std::nullopt : std::optional(sizes[it - symbols.begin()]);
  });
  EXPECT_TRUE(value) << toString(e);
  return value.value_or(0);
}

llvm::SmallVector<int64_t> shapeOf(Type type, plan::KernelOp kernel,
                                   llvm::ArrayRef<int64_t> sizes) {
  llvm::SmallVector<int64_t> dims;
  for (Expr dim : getDims(type))
    dims.push_back(valueOf(dim, kernel, sizes));
  return dims;
}

/// A buffer with guard bytes around an operand that may have strides.
struct Buffer {
  llvm::SmallVector<int64_t> dims, strides;
  Type type;
  size_t bytesPerElement;
  std::vector<char> storage;
  std::optional<plan::PanelLayout> panels;
  static constexpr size_t guard = 128;

  Buffer(plan::KernelOp kernel, unsigned operand, Type tensor, llvm::ArrayRef<int64_t> sizes)
      : dims(shapeOf(tensor, kernel, sizes)), type(getElementTypeOrSelf(tensor)),
        bytesPerElement(reference::elementSize(type)) {
    if (ShapeAttr given = kernel.getOperandStrides(operand))
      for (Expr e : given.toVector())
        strides.push_back(valueOf(e, kernel, sizes));
    else
      strides = reference::rowMajorStrides(dims);
    int64_t count = 1;
    for (auto [dim, stride] : llvm::zip(dims, strides))
      count = dim == 0 ? 0 : count + (dim - 1) * stride;
    if (auto layout = kernel.getOperandPanels(operand)) {
      panels.emplace(layout, cast<RankedTensorType>(tensor));
      count = panels->getBytes() / bytesPerElement;
    }
    storage.assign(std::max<int64_t>(count, 0) * bytesPerElement + 2 * guard, char(0xa5));
  }

  char *data() { return storage.data() + guard; }

  void copy(Tensor &dense, bool toDense) {
    if (panels) {
      ASSERT_FALSE(toDense) << "weights are not written";
      for (int64_t i = 0; i < panels->getNumPanels(); ++i)
        panels->pack(dense.bytes(), i,
                     {data() + i * panels->getPanelBytes(), size_t(panels->getPanelBytes())});
      return;
    }
    auto at = reference::rowMajorStrides(dims);
    for (int64_t n = 0, count = dense.getNumElements(); n < count; ++n) {
      int64_t rest = n, offset = 0;
      for (size_t i = 0; i < dims.size(); ++i) {
        offset += rest / at[i] * strides[i];
        rest %= at[i];
      }
      char *mine = data() + offset * bytesPerElement;
      if (toDense)
        memcpy(dense.mutableData<char>() + n * bytesPerElement, mine, bytesPerElement);
      else
        memcpy(mine, dense.bytes().data() + n * bytesPerElement, bytesPerElement);
    }
  }

  void expectGuards() const {
    for (size_t i = 0; i < guard; ++i) {
      ASSERT_EQ(storage[i], char(0xa5)) << "written before the buffer";
      ASSERT_EQ(storage[storage.size() - 1 - i], char(0xa5)) << "written behind the buffer";
    }
  }
};

} // namespace

std::vector<Tensor> KernelTest::run(ModuleOp module, llvm::StringRef isa,
                                    llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<int64_t> sizes) {
  EXPECT_TRUE(succeeded(assignGrids(module)));
  CpuOptions options;
  options.isas = {isa.str()};
  auto objects = compileKernels(module, options);
  if (!objects) {
    ADD_FAILURE() << llvm::toString(objects.takeError());
    return {};
  }
  LoadedCode code(objects->front().elf);
  auto kernel = *module.getOps<plan::KernelOp>().begin();
  KernelFunction function = code.find("k");
  int64_t grid = valueOf(*kernel.getGrid(), kernel, sizes);

  auto runParts = [&](llvm::ArrayRef<std::pair<int64_t, int64_t>> parts) {
    std::vector<Buffer> buffers;
    for (auto [i, type] : llvm::enumerate(kernel.getBlock().getArgumentTypes())) {
      buffers.emplace_back(kernel, i, type, sizes);
      Tensor copy = inputs[i];
      buffers.back().copy(copy, false);
    }
    for (auto [o, value] : llvm::enumerate(kernel.getYielded()))
      buffers.emplace_back(kernel, inputs.size() + o, value.getType(), sizes);
    std::vector<void *> pointers;
    for (Buffer &buffer : buffers)
      pointers.push_back(buffer.data());
    for (auto [o, alias] : llvm::enumerate(kernel.getAliases()))
      if (alias >= 0)
        pointers[inputs.size() + o] = pointers[alias];
    for (auto [begin, end] : parts)
      function(pointers.data(), sizes.data(), begin, end, &fault);
    std::vector<Tensor> outputs;
    for (auto [o, alias] : llvm::enumerate(kernel.getAliases())) {
      Buffer &buffer = buffers[alias >= 0 ? alias : inputs.size() + o];
      outputs.push_back(Tensor::allocate(buffer.dims, buffer.type));
      buffer.copy(outputs.back(), true);
    }
    for (Buffer &buffer : buffers)
      buffer.expectGuards();
    return outputs;
  };

  std::vector<Tensor> whole = runParts({{0, grid}});
  std::vector<std::pair<int64_t, int64_t>> thirds{{grid / 3, grid}, {0, grid / 3}}, single;
  for (int64_t i = grid; i-- > 0 && single.size() < 200;)
    single.push_back({i, i + 1});
  if (int64_t(single.size()) < grid)
    single.push_back({0, grid - single.size()});
  for (auto &parts : {thirds, single}) {
    std::vector<Tensor> again = runParts(parts);
    for (auto [x, y] : llvm::zip(whole, again))
      EXPECT_TRUE(x.bytes() == y.bytes()) << "the result depends on the partition of the grid";
  }
  return whole;
}

std::vector<Tensor> KernelTest::run(llvm::StringRef text, llvm::ArrayRef<Tensor> inputs,
                                    llvm::ArrayRef<int64_t> sizes) {
  auto module = parse(text);
  std::vector<Tensor> result;
  for (llvm::StringRef isa : isas())
    result = run(*module, isa, inputs, sizes);
  return result;
}

static double asDouble(const Tensor &tensor, size_t i) {
  Type type = tensor.getElementType();
  if (type.isF64())
    return tensor.values<double>()[i];
  if (type.isF32())
    return tensor.values<float>()[i];
  const auto &semantics = cast<FloatType>(type).getFloatSemantics();
  return llvm::APFloat(semantics, llvm::APInt(16, tensor.values<uint16_t>()[i])).convertToDouble();
}

static void expectClose(const Tensor &got, const Tensor &want, const Case &test,
                        llvm::StringRef text, llvm::StringRef isa) {
  ASSERT_EQ(got.getDims(), want.getDims());
  if (got.bytes() == want.bytes())
    return;
  bool isFloat = isa_and_nonnull<FloatType>(got.getElementType());
  size_t wrong = 0;
  for (int64_t i = 0; i < got.getNumElements(); ++i) {
    if (!isFloat) {
      size_t bytes = reference::elementSize(got.getElementType());
      if (got.bytes().slice(i * bytes, bytes) != want.bytes().slice(i * bytes, bytes) &&
          wrong++ < 4)
        ADD_FAILURE() << isa.str() << ": element " << i << " differs in\n" << text.str();
      continue;
    }
    double x = asDouble(got, i), y = asDouble(want, i);
    bool same = x == y || (std::isnan(x) && std::isnan(y));
    if (!same && !(std::abs(x - y) <= test.absolute + test.relative * std::abs(y)) && wrong++ < 4)
      ADD_FAILURE() << isa.str() << ": element " << i << " is " << x << ", expected " << y
                    << " in\n"
                    << text.str();
  }
}

void KernelTest::check(llvm::StringRef text, const Case &test) {
  auto module = parse(text);
  if (!module)
    return;
  auto kernel = *module->getOps<plan::KernelOp>().begin();
  std::vector<Tensor> inputs;
  for (auto [i, type] : llvm::enumerate(kernel.getBlock().getArgumentTypes())) {
    Type element = getElementTypeOrSelf(type);
    Tensor tensor = Tensor::allocate(shapeOf(type, kernel, test.sizes), element);
    std::uniform_real_distribution<double> reals(-test.scale, test.scale);
    auto it = test.range.find(i);
    auto [low, high] = it != test.range.end() ? it->second : std::pair<int64_t, int64_t>(-9, 9);
    if (element.isInteger(1))
      low = 0, high = 1;
    else if (element.isUnsignedInteger())
      low = std::max<int64_t>(low, 0);
    std::uniform_int_distribution<int64_t> integers(low, high);
    for (int64_t n = 0; n < tensor.getNumElements(); ++n) {
      size_t bytes = reference::elementSize(element);
      char *at = tensor.mutableData<char>() + n * bytes;
      if (auto real = dyn_cast<FloatType>(element)) {
        llvm::APFloat value(reals(random));
        bool lost;
        value.convert(real.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
        uint64_t bits = value.bitcastToAPInt().getZExtValue();
        memcpy(at, &bits, bytes);
      } else {
        int64_t value = integers(random);
        memcpy(at, &value, bytes);
      }
    }
    inputs.push_back(tensor);
  }

  // The same body as a function. Arguments that nobody reads give the sizes their values.
  OpBuilder b(&context);
  OwningOpRef<ModuleOp> oracle = ModuleOp::create(kernel.getLoc());
  llvm::SmallVector<Type> types(kernel.getBlock().getArgumentTypes());
  llvm::SmallVector<Tensor> arguments(inputs.begin(), inputs.end());
  llvm::SmallVector<Type> sizeTypes;
  llvm::SmallVector<Tensor> sizeArguments;
  for (auto [size, value] : llvm::zip(kernel.getSizes().toVector(), test.sizes)) {
    sizeTypes.push_back(getTensorType({size}, b.getI8Type()));
    sizeArguments.push_back(Tensor::allocate({value}, b.getI8Type()));
  }
  sizeTypes.append(types);
  sizeArguments.append(arguments);
  b.setInsertionPointToEnd(oracle->getBody());
  auto function = func::FuncOp::create(
      b, kernel.getLoc(), "k", b.getFunctionType(sizeTypes, kernel.getYielded().getTypes()));
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToEnd(entry);
  IRMapping map;
  for (auto [i, argument] : llvm::enumerate(kernel.getBlock().getArguments()))
    map.map(argument, entry->getArgument(test.sizes.size() + i));
  for (Operation &op : kernel.getBlock().without_terminator())
    b.clone(op, map);
  llvm::SmallVector<Value> results;
  for (Value v : kernel.getYielded())
    results.push_back(map.lookup(v));
  func::ReturnOp::create(b, kernel.getLoc(), results);
  auto want = reference::run(function, sizeArguments, {.accumulateF64 = true});
  ASSERT_TRUE(succeeded(want)) << text.str();

  for (llvm::StringRef isa : isas()) {
    fault = 0;
    std::vector<Tensor> got = run(*module, isa, inputs, test.sizes);
    ASSERT_EQ(got.size(), want->size());
    EXPECT_EQ(fault, 0u) << text.str();
    for (auto [g, w] : llvm::zip(got, *want))
      expectClose(g, w, test, text, isa);
  }
}

} // namespace dsc::cpu::test
