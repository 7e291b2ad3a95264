// SPDX-License-Identifier: Apache-2.0
// The protobuf of a model file without the large weights in it.
#ifndef DSC_COMPILER_IMPORT_MODELFILE_H
#define DSC_COMPILER_IMPORT_MODELFILE_H

#include "dialects/onnx/TensorBytes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "onnx-ml.pb.h"
#include <optional>

namespace dsc {

/// A place in the model file.
struct FileRange {
  uint64_t offset, length;
};

/// Parses a serialized ModelProto. `raw_data` fields above onnx::kInlineBytes are left out; findRawData tells where they are. So are
/// `value_info`, which is not to be believed, and training information. Fails on damaged bytes, on messages nested deeper than 64 levels and on a
/// graph that takes more than 512 MiB without its weights.
llvm::Expected<std::unique_ptr<::onnx::ModelProto>> parseModel(llvm::ArrayRef<char> file);

/// Where the raw_data that parseModel left out of a tensor lies in the file.
std::optional<FileRange> findRawData(const ::onnx::TensorProto &tensor);

} // namespace dsc

#endif
