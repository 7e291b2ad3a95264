// SPDX-License-Identifier: Apache-2.0
#include "compiler/VerifyRecognition.h"
#include "compiler/reference/ElementTypes.h"
#include "compiler/reference/Interpreter.h"
#include "dialects/prim/Prim.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace dsc::prim;
using dsc::reference::Tensor;

namespace dsc {

namespace {

constexpr unsigned kRuns = 3, kAttempts = 24;

/// Random arguments of one call. Static caches need room: symbols that occur in states may be larger.
class Inputs {
public:
  Inputs(unsigned seed, int64_t most) : random(seed), most(most) {}

  /// None when a dimension has no value or is negative.
  std::optional<SmallVector<Tensor>> make(func::FuncOp entry) {
    SmallVector<Tensor> tensors;
    for (auto [i, type] : llvm::enumerate(entry.getArgumentTypes())) {
      SmallVector<int64_t> dims;
      for (Expr dim : getDims(type)) {
        auto size = evaluate(dim, [&](Expr leaf) { return valueOf(leaf); });
        if (!size || *size < 0)
          return std::nullopt;
        dims.push_back(*size);
      }
      tensors.push_back(fill(dims, cast<RankedTensorType>(type).getElementType()));
    }
    return tensors;
  }

private:
  std::optional<int64_t> valueOf(Expr leaf) {
    if (leaf.getKind() != ExprKind::Symbol)
      return std::nullopt;
    auto [it, isNew] = sizes.try_emplace(leaf.getName().getValue(), 0);
    if (isNew)
      it->second = std::uniform_int_distribution<int64_t>(1, most)(random);
    return it->second;
  }

  Tensor fill(ArrayRef<int64_t> dims, Type type) {
    int64_t count = 1;
    for (int64_t dim : dims)
      count *= dim;
    MLIRContext *context = type.getContext();
    if (isa<FloatType>(type)) {
      SmallVector<float> values(count);
      std::normal_distribution<float> normal;
      for (float &value : values)
        value = normal(random);
      return reference::convertElements(Tensor::fromValues<float>(dims, Float32Type::get(context), values), type);
    }
    // Few different numbers, so that ids and positions repeat; all indices are small enough for any table.
    int64_t highest = type.isInteger(1) || dims.empty() ? 1 : 2;
    SmallVector<int64_t> values(count);
    for (int64_t &value : values)
      value = std::uniform_int_distribution<int64_t>(0, highest)(random);
    return reference::convertElements(Tensor::fromValues<int64_t>(dims, IntegerType::get(context, 64), values), type);
  }

  std::mt19937 random;
  int64_t most; ///< the largest size of a dimension
  llvm::StringMap<int64_t> sizes;
};

/// The difference that rounding may make, of the largest value: sums are reassociated and intermediate values of 16 bits are not rounded.
double tolerance(Type type) { return type.isF64() ? 1e-9 : type.isF32() ? 1e-3 : 6e-2; }

/// The largest difference relative to the largest value; infinite where one is NaN alone.
double difference(const Tensor &a, const Tensor &b) {
  Type f64 = Float64Type::get(a.getElementType().getContext());
  Tensor x = reference::convertElements(a, f64), y = reference::convertElements(b, f64);
  double worst = 0, largest = 1e-30;
  for (auto [p, q] : llvm::zip_equal(x.values<double>(), y.values<double>())) {
    if (std::isnan(p) != std::isnan(q))
      return INFINITY;
    if (std::isnan(p) || p == q)
      continue;
    worst = std::max(worst, std::abs(p - q));
    if (std::isfinite(p))
      largest = std::max(largest, std::abs(p));
  }
  return worst / largest;
}

LogicalResult verifyEntry(func::FuncOp before, func::FuncOp after) {
  reference::Options options;
  options.accumulateF64 = true;
  unsigned done = 0;
  for (unsigned attempt = 0; attempt < kAttempts && done < kRuns; ++attempt) {
    // Small sizes first; some graphs take no sequence shorter than a block.
    auto arguments = Inputs(attempt + 1, attempt < kAttempts / 2 ? 6 : 24).make(before);
    if (!arguments)
      continue;
    FailureOr<SmallVector<Tensor>> want = failure();
    {
      // Inputs that the graph refuses (an index outside of a small cache, say) are no fault of anybody.
      ScopedDiagnosticHandler silence(before.getContext(), [](Diagnostic &) { return success(); });
      want = reference::run(before, *arguments, options);
    }
    if (failed(want))
      continue;
    auto got = reference::run(after, *arguments, options);
    if (failed(got))
      return after.emitError("verification of recognition: the recognised graph fails where the original does not");
    ++done;
    for (auto [i, pair] : llvm::enumerate(llvm::zip_equal(*want, *got))) {
      const auto &[w, g] = pair;
      double error = w.getDims() == g.getDims() ? difference(w, g) : INFINITY;
      if (!(error <= tolerance(w.getElementType())))
        return after.emitError() << "verification of recognition: result " << i << " differs from the original graph's by " << error
                                 << " of its largest value";
    }
  }
  if (done == 0)
    after.emitWarning("verification of recognition: no random inputs were found that the graph accepts");
  return success();
}

} // namespace

LogicalResult verifyRecognition(ModuleOp before, ModuleOp after) {
  for (auto entry : after.getOps<func::FuncOp>())
    if (auto original = before.lookupSymbol<func::FuncOp>(entry.getName()); failed(verifyEntry(original, entry)))
      return failure();
  return success();
}

} // namespace dsc
