// SPDX-License-Identifier: Apache-2.0
// Constants of all entries -> the weights section, equal bytes once.
#ifndef DSC_COMPILER_ENGINE_WEIGHTSSECTION_H
#define DSC_COMPILER_ENGINE_WEIGHTSSECTION_H

#include "compiler/engine/OutputFile.h"
#include "dialects/plan/Panels.h"
#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "runtime/format/engine_generated.h"
#include "llvm/ADT/DenseMap.h"
#include <array>
#include <map>
#include <vector>

struct XXH3_state_s;

namespace dsc {

/// The runtime's element type; none for a type that engines do not have.
std::optional<format::DType> getDType(mlir::Type elementType);

/// Streams weights to the file as they come. Memory grows with their number, not with their bytes.
class WeightsSection {
public:
  /// Begins at the file's position, a multiple of 4096.
  explicit WeightsSection(OutputFile &file);
  ~WeightsSection();

  /// The number of the weight; writes its bytes unless equal bytes are there (equal by their
  /// 128-bit hash). Fails when the bytes of an external constant cannot be read, or the file not be
  /// written.
  llvm::Expected<uint32_t> add(mlir::TypedAttr value, llvm::StringRef name);
  /// The same for the weight of `type`, as many elements as `value`, in panels. One panel at a time
  /// is in memory.
  llvm::Expected<uint32_t> addPanels(mlir::TypedAttr value, llvm::StringRef name,
                                     mlir::RankedTensorType type, plan::PanelsAttr layout);
  llvm::Error finish();

  uint64_t begin() const { return start; }
  uint64_t bytes() const { return size; }
  /// One XXH3-64 a chunk.
  const std::vector<uint64_t> &getDigests() const { return digests; }

  struct Weight {
    std::string name;
    format::DType dtype;
    std::vector<int64_t> dims;
    uint64_t offset, bytes;
  };
  const std::vector<Weight> &getWeights() const { return weights; }

private:
  llvm::Error append(llvm::ArrayRef<char> bytes);
  llvm::Error align();

  OutputFile &file;
  uint64_t start, size = 0;
  std::vector<Weight> weights;
  llvm::DenseMap<std::pair<mlir::Attribute, mlir::Attribute>, uint32_t>
      byAttribute; // value, layout and type
  // By the hash and size of the row-major bytes, and the layout.
  std::map<std::tuple<std::array<uint64_t, 2>, uint64_t, const void *>, uint64_t> offsets;
  XXH3_state_s *chunk;
  std::vector<uint64_t> digests;
};

} // namespace dsc

#endif
