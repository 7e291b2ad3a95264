// SPDX-License-Identifier: Apache-2.0
// Which ONNX operators have lowerings, and for which opsets: differences between opsets are rows of this table.
#ifndef DSC_PASSES_ONNX_TO_PRIM_REGISTRY_H
#define DSC_PASSES_ONNX_TO_PRIM_REGISTRY_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <vector>

namespace dsc::onnx_to_prim {

using mlir::LogicalResult;

class Lowering;
class Node;

/// Lowerings by operator and opset.
class Registry {
public:
  using Handler = LogicalResult (*)(Node &, Lowering &);
  struct Entry {
    llvm::StringRef domain, type;
    int64_t first, last; ///< opsets for which it holds, inclusive
    Handler handler;
  };

  /// Holds from opset `first` until the next entry of the same operator.
  void add(llvm::StringRef type, int64_t first, Handler handler) { addIn("", type, first, handler); }
  void addIn(llvm::StringRef domain, llvm::StringRef type, int64_t first, Handler handler);

  const Entry *find(llvm::StringRef domain, llvm::StringRef type, int64_t opset) const;
  /// All entries of an operator, by opset; empty when it is unknown.
  llvm::ArrayRef<Entry> entriesOf(llvm::StringRef domain, llvm::StringRef type) const;
  /// Every operator, sorted, for `dsc ops`.
  std::vector<llvm::ArrayRef<Entry>> all() const;

  static const Registry &get();

private:
  llvm::StringMap<llvm::SmallVector<Entry, 2>> entries;
};

// One per family file; called by Registry::get().
void registerElementwise(Registry &);    // arithmetic, logic, comparison, activations, Cast, Where, Clip
void registerReduce(Registry &);         // Reduce*, ArgMax/Min, CumSum, Mean
void registerLinear(Registry &);         // MatMul, Gemm, Einsum, MatMulInteger, ...
void registerNormalization(Registry &);  // Softmax, LogSoftmax, LayerNormalization, RMSNormalization, ...
void registerAttention(Registry &);      // Attention, RotaryEmbedding
void registerQuantization(Registry &);   // QuantizeLinear, DequantizeLinear, ...
void registerConvolution(Registry &);    // Conv
void registerConstant(Registry &);       // Constant, ConstantOfShape, Shape, Size, Range, Identity, EyeLike, OneHot, Trilu
void registerLayout(Registry &);         // Reshape, Transpose, Concat, Split, Slice, Pad, Tile, Expand, Squeeze, ...
void registerIndexing(Registry &);       // Gather*, Scatter*, TopK, NonZero, TensorScatter
void registerSplitConcat(Registry &);    // Split, Concat
void registerSlice(Registry &);          // Slice, Pad, ReverseSequence
void registerSequence(Registry &);       // SplitToSequence, SequenceAt, SequenceConstruct, ...
void registerControl(Registry &);        // If with a known condition
void registerContrib(Registry &);        // com.microsoft: fused normalizations, activations, products

} // namespace dsc::onnx_to_prim

#endif
