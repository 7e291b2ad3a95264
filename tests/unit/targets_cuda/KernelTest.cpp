// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cuda/KernelTest.h"
#include "compiler/reference/Interpreter.h"
#include "compiler/targets/cuda/CubinResources.h"
#include "dialects/dsc/Dsc.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Parser/Parser.h"
#include "runtime/cuda/KernelCache.h"
#include "tests/unit/ptxsim/Gpu.h"
#include "llvm/ADT/APFloat.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cuda::test {

bool hasNvrtc() {
  dsc_error error = {};
  return processNvrtc(&error) != nullptr;
}

/// Sources of equal text are compiled once, over test programs too where DSC_CACHE_DIR says so.
static std::string compile(const std::string &source, const char *architecture) {
  static KernelCache cache;
  dsc_error error = {};
  const Nvrtc *nvrtc = processNvrtc(&error);
  Bytes image;
  if (!nvrtc)
    return "";
  EXPECT_EQ(cache.compile(*nvrtc, {source.c_str(), "kernel.cu", architecture, true}, image, &error),
            DSC_OK)
      << error.message << "\n"
      << source;
  return std::string(image.data(), image.size());
}

CompiledKernel::CompiledKernel(MLIRContext &context, const std::string &text) {
  module = parseSourceString<ModuleOp>("plan.kernel @k " + text, &context);
  EXPECT_TRUE(module) << text;
  if (!module)
    return;
  kernel = *module->getOps<plan::KernelOp>().begin();
  auto sources = generateSources(*module);
  EXPECT_TRUE(succeeded(sources)) << text;
  EXPECT_TRUE(succeeded(assignGrids(*module))) << text;
  if (failed(sources))
    return;
  generated = sources->front();
  code = compile(generated.source, "compute_80");
}

unsigned CompiledKernel::spills() const {
  std::string cubin = compile(generated.source, "sm_90a");
  return readResources({cubin.data(), cubin.size()}).spillBytes;
}

// ---- Inputs
// ---------------------------------------------------------------------------------------------

static int64_t valueOf(Expr e, plan::KernelOp kernel, llvm::ArrayRef<int64_t> sizes) {
  auto symbols = kernel.getSizes().toVector();
  auto value = evaluate(e, [&](Expr leaf) -> std::optional<int64_t> {
    auto *it = llvm::find(symbols, leaf);
    return it == symbols.end() ? std::nullopt : std::optional(sizes[it - symbols.begin()]);
  });
  EXPECT_TRUE(value) << toString(e);
  return value.value_or(0);
}

static llvm::SmallVector<int64_t> shapeOf(Type type, plan::KernelOp kernel,
                                          llvm::ArrayRef<int64_t> sizes) {
  llvm::SmallVector<int64_t> dims;
  for (Expr dim : getDims(type))
    dims.push_back(valueOf(dim, kernel, sizes));
  return dims;
}

static Tensor makeInput(plan::KernelOp kernel, unsigned i, const Case &test, std::mt19937 &random) {
  Type type = kernel.getBlock().getArgument(i).getType(), element = getElementTypeOrSelf(type);
  Tensor tensor = Tensor::allocate(shapeOf(type, kernel, test.sizes), element);
  std::uniform_real_distribution<double> reals(test.middle - test.scale, test.middle + test.scale);
  auto it = test.range.find(i);
  auto [low, high] = it != test.range.end() ? it->second : std::pair<int64_t, int64_t>(-9, 9);
  if (element.isInteger(1))
    low = 0, high = 1;
  std::uniform_int_distribution<int64_t> integers(low, high);
  auto given = test.given.find(i);
  size_t bytes = reference::elementSize(element);
  for (int64_t n = 0; n < tensor.getNumElements(); ++n) {
    char *at = tensor.mutableData<char>() + n * bytes;
    if (auto real = dyn_cast<FloatType>(element)) {
      double number = reals(random);
      if (llvm::is_contained(test.peaks, n))
        number = test.middle + 2 * test.scale;
      if (auto same = test.filled.find(i); same != test.filled.end())
        number = same->second;
      llvm::APFloat value(number);
      bool lost;
      value.convert(real.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
      uint64_t bits = value.bitcastToAPInt().getZExtValue();
      memcpy(at, &bits, bytes);
    } else {
      int64_t value = given != test.given.end() ? given->second.at(n) : integers(random);
      if (llvm::is_contained(test.peaks, n))
        value = high + 1;
      memcpy(at, &value, bytes);
    }
  }
  return tensor;
}

/// The same body as a function. Arguments that nobody reads give the sizes their values.
static std::vector<Tensor> interpret(plan::KernelOp kernel, llvm::ArrayRef<Tensor> inputs,
                                     llvm::ArrayRef<int64_t> sizes) {
  OpBuilder b(kernel.getContext());
  OwningOpRef<ModuleOp> oracle = ModuleOp::create(kernel.getLoc());
  llvm::SmallVector<Type> types;
  llvm::SmallVector<Tensor> arguments;
  for (auto [size, value] : llvm::zip(kernel.getSizes().toVector(), sizes)) {
    types.push_back(getTensorType({size}, b.getI8Type()));
    arguments.push_back(Tensor::allocate({value}, b.getI8Type()));
  }
  llvm::append_range(types, kernel.getBlock().getArgumentTypes());
  llvm::append_range(arguments, inputs);
  b.setInsertionPointToEnd(oracle->getBody());
  auto function = func::FuncOp::create(b, kernel.getLoc(), "k",
                                       b.getFunctionType(types, kernel.getYielded().getTypes()));
  mlir::Block *entry = function.addEntryBlock();
  b.setInsertionPointToEnd(entry);
  IRMapping map;
  for (auto [i, argument] : llvm::enumerate(kernel.getBlock().getArguments()))
    map.map(argument, entry->getArgument(sizes.size() + i));
  for (Operation &op : kernel.getBlock().without_terminator()) {
    // Groups change nothing but the order in which rows are done.
    if (auto grouped = dyn_cast<plan::InGroupsOp>(op))
      map.map(grouped.getResult(), map.lookup(grouped.getIds()));
    else
      b.clone(op, map);
  }
  llvm::SmallVector<Value> results;
  for (Value v : kernel.getYielded())
    results.push_back(map.lookup(v));
  func::ReturnOp::create(b, kernel.getLoc(), results);
  auto want = reference::run(function, arguments, {.accumulateF64 = true});
  EXPECT_TRUE(succeeded(want));
  if (failed(want))
    return {};
  return std::vector<Tensor>(want->begin(), want->end());
}

KernelRun::KernelRun(const CompiledKernel &kernel, const Case &test)
    : compiled(kernel), test(test) {
  std::mt19937 random(test.seed);
  plan::KernelOp op = kernel.op();
  for (unsigned i = 0; i < op.getNumInputs(); ++i)
    inputs.push_back(makeInput(op, i, test, random));
  if (!test.faulty && test.wanted.empty()) {
    want = interpret(op, inputs, test.sizes);
    return;
  }
  for (auto [i, v] : llvm::enumerate(op.getYielded())) {
    Type element = getElementTypeOrSelf(v.getType());
    want.push_back(Tensor::allocate(shapeOf(v.getType(), op, test.sizes), element));
    if (test.wanted.empty())
      continue;
    size_t bytes = reference::elementSize(element);
    for (auto [n, value] : llvm::enumerate(test.wanted.at(i)))
      memcpy(want.back().mutableData<char>() + n * bytes, &value, bytes);
  }
}

uint64_t KernelRun::leastBytes() const {
  uint64_t bytes = 0;
  for (const auto *list : {&inputs, &want})
    for (const Tensor &tensor : *list)
      bytes += tensor.bytes().size();
  return bytes;
}

// ---- Runs
// -----------------------------------------------------------------------------------------------

namespace {

/// Strides of an operand in elements, and how many elements its buffer has.
struct Layout {
  llvm::SmallVector<int64_t> dims, strides;
  int64_t count = 1;
  size_t element;

  Layout(plan::KernelOp kernel, unsigned operand, const Tensor &tensor,
         llvm::ArrayRef<int64_t> sizes)
      : dims(tensor.getDims()), element(reference::elementSize(tensor.getElementType())) {
    if (ShapeAttr given = kernel.getOperandStrides(operand))
      for (Expr e : given.toVector())
        strides.push_back(valueOf(e, kernel, sizes));
    else
      strides = reference::rowMajorStrides(dims);
    for (auto [dim, stride] : llvm::zip(dims, strides))
      count = dim == 0 ? 0 : count + (dim - 1) * stride;
    count = std::max<int64_t>(count, 0);
  }

  template <class Move> void each(Move move) const {
    auto at = reference::rowMajorStrides(dims);
    int64_t elements = 1;
    for (int64_t dim : dims)
      elements *= dim;
    for (int64_t n = 0; n < elements; ++n) {
      int64_t rest = n, offset = 0;
      for (size_t i = 0; i < dims.size(); ++i) {
        offset += rest / at[i] * strides[i];
        rest %= at[i];
      }
      move(n * element, offset * element);
    }
  }
};

double asDouble(const Tensor &tensor, size_t i) {
  Type type = tensor.getElementType();
  if (type.isF64())
    return tensor.values<double>()[i];
  if (type.isF32())
    return tensor.values<float>()[i];
  const auto &semantics = cast<FloatType>(type).getFloatSemantics();
  return llvm::APFloat(semantics, llvm::APInt(16, tensor.values<uint16_t>()[i])).convertToDouble();
}

std::string compare(const Tensor &got, const Tensor &want, const Case &test) {
  if (got.bytes() == want.bytes())
    return "";
  for (int64_t i = 0; i < got.getNumElements(); ++i) {
    if (!isa<FloatType>(got.getElementType())) {
      size_t bytes = reference::elementSize(got.getElementType());
      if (got.bytes().slice(i * bytes, bytes) != want.bytes().slice(i * bytes, bytes))
        return "element " + std::to_string(i) + " differs";
      continue;
    }
    double x = asDouble(got, i), y = asDouble(want, i);
    bool same = x == y || (std::isnan(x) && std::isnan(y));
    if (!same && !(std::abs(x - y) <= test.absolute + test.relative * std::abs(y)))
      return "element " + std::to_string(i) + " is " + std::to_string(x) + ", expected " +
             std::to_string(y);
  }
  return "";
}

} // namespace

std::string KernelRun::check() const { return check(ptxsim::test::Module(compiled.ptx())); }

std::string KernelRun::check(const ptxsim::test::Module &module) const {
  using namespace ptxsim::test;
  plan::KernelOp kernel = compiled.op();
  std::vector<Buffer> buffers;
  std::vector<Layout> layouts;
  Arguments arguments;
  auto add = [&](const Tensor &tensor, const std::vector<char> *from) {
    buffers.emplace_back(std::max<size_t>(layouts.back().count * layouts.back().element, 1));
    if (from && !from->empty())
      buffers.back().write(from->data(), from->size());
  };
  for (auto [i, tensor] : llvm::enumerate(inputs)) {
    layouts.emplace_back(kernel, i, tensor, test.sizes);
    std::vector<char> bytes(layouts.back().count * layouts.back().element, char(0xff));
    layouts.back().each([&](size_t dense, size_t mine) {
      memcpy(bytes.data() + mine, tensor.bytes().data() + dense, layouts.back().element);
    });
    add(tensor, &bytes);
  }
  for (auto [o, tensor] : llvm::enumerate(want)) {
    layouts.emplace_back(kernel, inputs.size() + o, tensor, test.sizes);
    add(tensor, nullptr);
  }
  for (auto [i, buffer] : llvm::enumerate(buffers)) {
    int64_t alias = i < inputs.size() ? -1 : kernel.getAliases()[i - inputs.size()];
    arguments.add(alias >= 0 ? buffers[alias] : buffer);
  }
  for (int64_t size : test.sizes)
    arguments.add((long long)size);
  Buffer fault = upload(std::vector<unsigned>{0});
  arguments.add(fault);
  int64_t grid = valueOf(*kernel.getGrid(), kernel, test.sizes);
  if (grid > 0) {
    CUresult result = module.launch("k",
                                    {.gridX = unsigned(grid),
                                     .blockX = compiled.generated.threads,
                                     .shared = compiled.generated.sharedBytes},
                                    std::move(arguments));
    if (result)
      return takeReport() + " (" + std::to_string(int(result)) + ")";
  }
  if (fault.values<unsigned>()[0] != unsigned(test.faulty))
    return test.faulty ? "no fault is reported" : "a fault is reported";
  got.clear();
  if (test.faulty && test.wanted.empty())
    return "";
  std::string wrong;
  for (auto [o, tensor] : llvm::enumerate(want)) {
    const Layout &layout = layouts[inputs.size() + o];
    int64_t alias = kernel.getAliases()[o];
    std::vector<char> bytes(layout.count * layout.element);
    if (!bytes.empty())
      buffers[alias >= 0 ? alias : inputs.size() + o].read(bytes.data(), bytes.size());
    got.push_back(Tensor::allocate(tensor.getDims(), tensor.getElementType()));
    layout.each([&](size_t dense, size_t mine) {
      memcpy(got.back().mutableData<char>() + dense, bytes.data() + mine, layout.element);
    });
    if (wrong.empty())
      wrong = compare(got.back(), tensor, test);
  }
  return wrong;
}

void loadDialects(MLIRContext &context) {
  context.loadDialect<PrimDialect, model::DscDialect, plan::PlanDialect, func::FuncDialect>();
}

KernelTest::KernelTest() { loadDialects(context); }

void KernelTest::check(const std::string &text, std::initializer_list<Case> cases, unsigned seeds) {
  check(text, std::vector<Case>(cases), seeds);
}

void KernelTest::check(const std::string &text, const std::vector<Case> &cases, unsigned seeds) {
  if (!hasNvrtc())
    GTEST_SKIP() << "NVRTC is not installed";
  CompiledKernel kernel(context, text);
  if (!kernel.isCompiled())
    return;
  for (const Case &test : cases) {
    KernelRun run(kernel, test);
    for (unsigned seed = 0; seed < seeds; ++seed) {
      ptxsim::test::setSeed(seed);
      std::string wrong = run.check();
      ASSERT_EQ(wrong, "") << "sizes " << ::testing::PrintToString(test.sizes) << ", seed " << seed
                           << " of\n"
                           << text << "\n"
                           << kernel.source();
    }
  }
}

} // namespace dsc::cuda::test
