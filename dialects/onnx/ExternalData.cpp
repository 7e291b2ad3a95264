// SPDX-License-Identifier: Apache-2.0
#include "dialects/onnx/ExternalData.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace dsc::onnx;

static constexpr llvm::StringLiteral kMemory = "memory:";

static llvm::Error fail(const llvm::Twine &message) {
  return llvm::createStringError(message);
}
static llvm::Error failSystem(llvm::StringRef path) {
  return fail("cannot open '" + path + "': " + std::strerror(errno));
}

// ---- Maps ------------------------------------------------------------------------------------------

llvm::Expected<std::unique_ptr<MappedFile>> MappedFile::map(int descriptor, llvm::StringRef path) {
  struct stat status;
  bool known = fstat(descriptor, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    llvm::Error error = known ? fail("'" + path + "' is not a regular file") : failSystem(path);
    close(descriptor);
    return error;
  }
  void *data = nullptr;
  if (status.st_size)
    data = mmap(nullptr, status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  int code = errno;
  close(descriptor);
  if (data == MAP_FAILED)
    return fail("cannot map '" + path + "': " + std::strerror(code));
  return std::unique_ptr<MappedFile>(new MappedFile(static_cast<char *>(data), status.st_size));
}

llvm::Expected<std::unique_ptr<MappedFile>> MappedFile::open(llvm::StringRef path) {
  // O_NONBLOCK: a pipe must be refused by its kind, not waited for.
  int descriptor = ::open(path.str().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return failSystem(path);
  return map(descriptor, path);
}

MappedFile::~MappedFile() {
  if (data)
    munmap(const_cast<char *>(data), size);
}

// ---- Files beneath a folder ------------------------------------------------------------------------

/// Opens a file component by component, following no symbolic link below the folder. (openat2 would do it in one call,
/// but is often forbidden in containers.)
static llvm::Expected<int> openBeneath(llvm::StringRef folder, llvm::StringRef location) {
  if (location.empty())
    return fail("external data without a location");
  if (location.contains('\0'))
    return fail("the external data location contains a zero byte");
  if (location.starts_with("/"))
    return fail("external data location '" + location + "' is absolute; it must be a path inside the model's folder");
  llvm::SmallVector<llvm::StringRef> parts;
  location.split(parts, '/', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  llvm::erase(parts, ".");
  if (llvm::is_contained(parts, ".."))
    return fail("external data location '" + location + "' contains '..'; it must be a path inside the model's folder");
  if (parts.empty() || location.ends_with("/"))
    return fail("external data location '" + location + "' is not a file");

  int current = ::open(folder.empty() ? "." : folder.str().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (current < 0)
    return failSystem(folder);
  for (auto [i, part] : llvm::enumerate(parts)) {
    bool last = i + 1 == parts.size();
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (last ? 0 : O_DIRECTORY);
    int next = openat(current, part.str().c_str(), flags);
    int code = errno;
    struct stat status;
    bool isLink = next < 0 && fstatat(current, part.str().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                  S_ISLNK(status.st_mode);
    close(current);
    if (isLink)
      return fail("external data location '" + location + "' passes through the symbolic link '" + part +
                  "'; links are not followed out of the model's folder");
    if (next < 0)
      return fail("cannot open external data '" + location + "': " + std::strerror(code));
    current = next;
  }
  return current;
}

// ---- The table of a context ------------------------------------------------------------------------

ExternalData &ExternalData::get(MLIRContext *context) {
  return context->getOrLoadDialect<OnnxDialect>()->getExternalData();
}

llvm::Expected<std::string> ExternalData::open(llvm::StringRef folder, llvm::StringRef location) {
  std::string name = folder.empty() ? location.str()
                                    : (folder + (folder.ends_with("/") ? "" : "/") + location).str();
  std::lock_guard lock(mutex);
  if (files.contains(name))
    return name;
  llvm::Expected<int> descriptor = openBeneath(folder, location);
  if (!descriptor)
    return descriptor.takeError();
  llvm::Expected<std::unique_ptr<MappedFile>> file = MappedFile::map(*descriptor, name);
  if (!file)
    return file.takeError();
  files[name] = std::move(*file);
  return name;
}

llvm::ArrayRef<char> ExternalData::adopt(llvm::StringRef name, std::unique_ptr<MappedFile> file) {
  std::lock_guard lock(mutex);
  return files.try_emplace(name, std::move(file)).first->second->bytes();
}

std::string ExternalData::keep(std::vector<char> bytes) {
  std::string name = (kMemory + digest(bytes)).str();
  std::lock_guard lock(mutex);
  blobs.try_emplace(name, std::move(bytes));
  return name;
}

llvm::Expected<llvm::ArrayRef<char>> ExternalData::resolve(ExternalAttr attribute) {
  return resolve(attribute.getFile(), attribute.getOffset(), attribute.getLength());
}

llvm::Expected<llvm::ArrayRef<char>> ExternalData::resolve(llvm::StringRef name, int64_t offset, int64_t length) {
  llvm::ArrayRef<char> all;
  {
    std::lock_guard lock(mutex);
    if (name.starts_with(kMemory)) {
      auto blob = blobs.find(name);
      if (blob == blobs.end())
        return fail("the bytes of '" + name + "' exist only in the process that imported the model");
      all = blob->second;
    } else {
      // A file that no model brought in was named by whoever wrote the IR, as on a command line.
      std::unique_ptr<MappedFile> &file = files[name];
      if (!file) {
        llvm::Expected<std::unique_ptr<MappedFile>> opened = MappedFile::open(name);
        if (!opened) {
          files.erase(name);
          return opened.takeError();
        }
        file = std::move(*opened);
      }
      all = file->bytes();
    }
  }
  if (offset < 0 || length < 0 || uint64_t(offset) > all.size() || uint64_t(length) > all.size() - offset)
    return fail("'" + name + "' has " + llvm::Twine(all.size()) + " bytes; bytes " + llvm::Twine(offset) + " to " +
                llvm::Twine(offset) + " + " + llvm::Twine(length) + " were asked for");
  return all.slice(offset, length);
}

std::string ExternalData::digest(llvm::ArrayRef<char> bytes) {
  llvm::XXH128_hash_t hash =
      llvm::xxh3_128bits(llvm::ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  return llvm::utohexstr(hash.high64, /*LowerCase=*/true, 16) + llvm::utohexstr(hash.low64, /*LowerCase=*/true, 16);
}
