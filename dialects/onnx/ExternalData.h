// SPDX-License-Identifier: Apache-2.0
// Where the bytes behind #onnx.external come from: read-only maps of files, opened beneath the folder of their model.
#ifndef DSC_DIALECTS_ONNX_EXTERNALDATA_H
#define DSC_DIALECTS_ONNX_EXTERNALDATA_H

#include "dialects/onnx/Onnx.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace dsc::onnx {

/// A regular file mapped read-only. An empty file has no map and no bytes.
class MappedFile {
public:
  /// Maps the open file and closes the descriptor, also on failure.
  static llvm::Expected<std::unique_ptr<MappedFile>> map(int descriptor, llvm::StringRef path);
  /// Opens and maps `path` as a user named it: symbolic links are followed.
  static llvm::Expected<std::unique_ptr<MappedFile>> open(llvm::StringRef path);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  llvm::ArrayRef<char> bytes() const { return {data, size}; }

private:
  MappedFile(const char *data, size_t size) : data(data), size(size) {}
  const char *data;
  size_t size;
};

/// All files of a context that constants refer to. Owned by the OnnxDialect instance; its functions may be called from several threads.
/// Bytes that it returned stay valid as long as the context.
class ExternalData {
public:
  static ExternalData &get(mlir::MLIRContext *context);

  /// The bytes of a constant. Fails if the file cannot be opened as described at `open`, is shorter than
  /// offset + length, or names memory of another context.
  llvm::Expected<llvm::ArrayRef<char>> resolve(ExternalAttr attribute);
  llvm::Expected<llvm::ArrayRef<char>> resolve(llvm::StringRef file, int64_t offset, int64_t length);

  /// Opens `location`, which a model's file names, beneath the model's `folder` and returns the name to use in attributes.
  /// Refused: absolute paths, `..`, symbolic links in any component of `location`, anything but a regular file.
  llvm::Expected<std::string> open(llvm::StringRef folder, llvm::StringRef location);
  /// Takes a map under the name that attributes use; an earlier map of that name stays.
  llvm::ArrayRef<char> adopt(llvm::StringRef name, std::unique_ptr<MappedFile> file);
  /// Keeps bytes that lie in no file and returns their name, `memory:` and their digest; equal bytes are kept once.
  std::string keep(std::vector<char> bytes);

  /// XXH3 of the bytes, 128 bits, as 32 hexadecimal digits.
  static std::string digest(llvm::ArrayRef<char> bytes);

private:
  std::mutex mutex;
  llvm::StringMap<std::unique_ptr<MappedFile>> files;
  llvm::StringMap<std::vector<char>> blobs;
};

} // namespace dsc::onnx

#endif
