// SPDX-License-Identifier: Apache-2.0
// lld in this process: reads and writes files in a temporary directory.
#include "compiler/targets/cpu/ObjectCode.h"
#include "lld/Common/Driver.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

namespace dsc::cpu {

llvm::Expected<std::vector<char>> link(llvm::ArrayRef<llvm::SmallVector<char, 0>> objects) {
  llvm::SmallString<128> directory;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("dsc-link", directory))
    return llvm::createStringError(error,
                                   "cannot create a temporary directory: " + error.message());
  struct Cleanup {
    llvm::StringRef path;
    ~Cleanup() { (void)llvm::sys::fs::remove_directories(path); }
  } cleanup{directory};
  auto inDirectory = [&](const llvm::Twine &name) {
    llvm::SmallString<128> path = directory;
    llvm::sys::path::append(path, name);
    return path.str().str();
  };

  std::string output = inDirectory("kernels.so");
  std::vector<std::string> arguments{"ld.lld",
                                     "--shared",
                                     "--no-undefined",
                                     "--hash-style=gnu",
                                     "--threads=1",
                                     "--strip-all",
                                     "-z",
                                     "noexecstack",
                                     "-o",
                                     output};
  for (auto [i, object] : llvm::enumerate(objects)) {
    arguments.push_back(inDirectory(llvm::Twine(i) + ".o"));
    std::error_code error;
    llvm::raw_fd_ostream stream(arguments.back(), error);
    if (error)
      return llvm::createStringError(error, "cannot write a temporary file: " + error.message());
    stream.write(object.data(), object.size());
    stream.close();
    if (stream.has_error()) {
      error = stream.error();
      stream.clear_error(); // else its destructor ends the process
      return llvm::createStringError(error, "cannot write " + arguments.back() + ": " + error.message());
    }
  }
  std::vector<const char *> argv;
  for (const std::string &argument : arguments)
    argv.push_back(argument.c_str());

  // lld keeps its state in globals.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  const lld::DriverDef drivers[] = {{lld::Gnu, &lld::elf::link}};
  lld::Result result = lld::lldMain(argv, stream, stream, drivers);
  if (result.retCode != 0)
    return llvm::createStringError("linking kernels failed: " + messages);
  auto file = llvm::MemoryBuffer::getFile(output, false, false);
  if (!file)
    return llvm::createStringError(file.getError(), "cannot read the linked kernels");
  return std::vector<char>((*file)->getBufferStart(), (*file)->getBufferEnd());
}

} // namespace dsc::cpu
