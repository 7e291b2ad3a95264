// SPDX-License-Identifier: Apache-2.0
#include "compiler/engine/OutputFile.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"

#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dsc {

static llvm::Error failed(llvm::StringRef path, const char *what, int error) {
  return llvm::createStringError(std::error_code(error, std::generic_category()), "%s '%s': %s", what,
                                 path.str().c_str(), llvm::sys::StrError(error).c_str());
}

llvm::Error OutputFile::failure(const char *what) const { return failed(path, what, errno); }

llvm::Expected<std::unique_ptr<OutputFile>> OutputFile::create(llvm::StringRef path) {
  // Beyond RLIMIT_FSIZE a write shall fail, not end the process.
  std::signal(SIGXFSZ, SIG_IGN);
  if (llvm::sys::fs::is_directory(path))
    return failed(path, "cannot write", EISDIR);
  llvm::SmallString<256> temporary(path);
  llvm::sys::path::remove_filename(temporary);
  llvm::sys::path::append(temporary, "." + llvm::sys::path::filename(path) + ".XXXXXX");
  std::string name = temporary.str().str();
  int descriptor = mkstemp(name.data());
  if (descriptor < 0)
    return failed(path, "cannot write", errno);
  mode_t mask = umask(0);
  umask(mask);
  fchmod(descriptor, 0666 & ~mask);
  llvm::sys::RemoveFileOnSignal(name);
  return std::unique_ptr<OutputFile>(new OutputFile(path.str(), name, descriptor));
}

OutputFile::~OutputFile() {
  if (descriptor >= 0)
    close(descriptor);
  if (!temporary.empty()) {
    unlink(temporary.c_str());
    llvm::sys::DontRemoveFileOnSignal(temporary);
  }
}

llvm::Error OutputFile::append(llvm::ArrayRef<char> bytes) {
  while (!bytes.empty()) {
    ssize_t n = write(descriptor, bytes.data(), std::min<size_t>(bytes.size(), size_t(64) << 20));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return failure("cannot write");
    bytes = bytes.drop_front(n);
    written += n;
  }
  return llvm::Error::success();
}

llvm::Error OutputFile::align(uint64_t alignment) {
  static constexpr char zeros[4096] = {};
  assert(alignment <= sizeof zeros);
  return append({zeros, size_t((alignment - written % alignment) % alignment)});
}

llvm::Error OutputFile::overwrite(uint64_t offset, llvm::ArrayRef<char> bytes) {
  assert(offset + bytes.size() <= written);
  while (!bytes.empty()) {
    ssize_t n = pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return failure("cannot write");
    bytes = bytes.drop_front(n);
    offset += n;
  }
  return llvm::Error::success();
}

llvm::Error OutputFile::commit() {
  if (fsync(descriptor) != 0)
    return failure("cannot write");
  int result = close(descriptor);
  descriptor = -1;
  if (result != 0)
    return failure("cannot write");
  if (rename(temporary.c_str(), path.c_str()) != 0)
    return failure("cannot write");
  llvm::sys::DontRemoveFileOnSignal(temporary);
  temporary.clear();
  return llvm::Error::success();
}

} // namespace dsc
