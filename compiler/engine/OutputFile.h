// SPDX-License-Identifier: Apache-2.0
// A file that appears complete or not at all.
#ifndef DSC_COMPILER_ENGINE_OUTPUTFILE_H
#define DSC_COMPILER_ENGINE_OUTPUTFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace dsc {

/// Written under a temporary name in the folder of its destination; `commit` syncs and renames it. Without a commit
/// nothing is left behind, neither by the destructor nor when a signal ends the process. Errors name the destination
/// and the reason of the system ("No space left on device", "File too large", ...).
class OutputFile {
public:
  static llvm::Expected<std::unique_ptr<OutputFile>> create(llvm::StringRef path);
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  uint64_t position() const { return written; }
  llvm::Error append(llvm::ArrayRef<char> bytes);
  /// Appends zeros up to a multiple of `alignment`.
  llvm::Error align(uint64_t alignment);
  /// Replaces bytes that have been appended before.
  llvm::Error overwrite(uint64_t offset, llvm::ArrayRef<char> bytes);
  llvm::Error commit();

private:
  OutputFile(std::string path, std::string temporary, int descriptor)
      : path(std::move(path)), temporary(std::move(temporary)), descriptor(descriptor) {}
  llvm::Error failure(const char *what) const;

  std::string path, temporary;
  int descriptor;
  uint64_t written = 0;
};

} // namespace dsc

#endif
