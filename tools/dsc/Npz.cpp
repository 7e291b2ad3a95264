// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Npz.h"
#include "tools/dsc/NpyFormat.h"
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

namespace dsc {

namespace {

struct ZipDiscard {
  void operator()(zip_t *archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, ZipDiscard>;
struct MemberClose {
  void operator()(zip_file_t *member) const { zip_fclose(member); }
};
struct FileClose {
  void operator()(FILE *file) const { fclose(file); }
};
using File = std::unique_ptr<FILE, FileClose>;

/// DEFLATE cannot shrink below 1/1032: a member that claims more lies about its size.
constexpr uint64_t maxDeflateRatio = 1032;

Archive openArchive(const std::string &path, int flags, std::string &error) {
  int code = 0;
  Archive archive(zip_open(path.c_str(), flags, &code));
  if (!archive) {
    zip_error_t status;
    zip_error_init_with_code(&status, code);
    error = path + ": " + zip_error_strerror(&status);
    zip_error_fini(&status);
  }
  return archive;
}

std::optional<std::vector<char>> readMember(zip_t *archive, const zip_stat_t &stat,
                                            std::string &error) {
  auto fail = [&](std::string message) {
    error = std::move(message);
    return std::nullopt;
  };
  constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if ((stat.valid & needed) != needed)
    return fail("its directory entry is incomplete");
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
    return fail("compression method " + std::to_string(stat.comp_method) + " is not supported");
  bool plausible = stat.comp_method == ZIP_CM_STORE ? stat.size == stat.comp_size
                                                    : stat.size / maxDeflateRatio <= stat.comp_size;
  if (!plausible)
    return fail("its size cannot be true");
  std::unique_ptr<zip_file_t, MemberClose> member(zip_fopen_index(archive, stat.index, 0));
  if (!member)
    return fail(zip_strerror(archive));
  std::vector<char> bytes(stat.size);
  size_t done = 0;
  while (done < bytes.size()) {
    zip_int64_t n = zip_fread(member.get(), bytes.data() + done, bytes.size() - done);
    if (n <= 0)
      return fail(n < 0 ? zip_file_strerror(member.get()) : "the data end early");
    done += size_t(n);
  }
  // The checksum is compared at the end of the data, which one more read reaches.
  char rest;
  if (zip_fread(member.get(), &rest, 1) != 0)
    return fail("the data do not match their checksum or size");
  return bytes;
}

} // namespace

std::optional<std::vector<NpyArray>> readNpz(const std::string &path, std::string &error) {
  struct stat file;
  if (stat(path.c_str(), &file) != 0) {
    error = path + ": " + std::strerror(errno);
    return std::nullopt;
  }
  Archive archive = openArchive(path, ZIP_RDONLY, error);
  if (!archive)
    return std::nullopt;
  std::vector<NpyArray> arrays;
  uint64_t packed = 0;
  zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    if (zip_stat_index(archive.get(), zip_uint64_t(i), 0, &stat) != 0 ||
        !(stat.valid & ZIP_STAT_NAME)) {
      error = path + ": " + zip_strerror(archive.get());
      return std::nullopt;
    }
    std::string name = stat.name, reason;
    if (name.ends_with(".npy"))
      name.resize(name.size() - 4);
    std::optional<NpyArray> array;
    // Members that overlap would let a small file grow without bound.
    packed += stat.comp_size;
    if (packed > uint64_t(file.st_size))
      reason = "the members are larger than the file";
    else if (findArray(arrays, name))
      reason = "the name occurs twice";
    else if (auto bytes = readMember(archive.get(), stat, reason))
      array = decodeNpy(*bytes, reason);
    if (!array) {
      error = path + ": " + name + ": " + reason;
      return std::nullopt;
    }
    array->name = name;
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

std::optional<NpyArray> readNpy(const std::string &path, std::string &error) {
  auto fail = [&](const std::string &message) {
    error = path + ": " + message;
    return std::nullopt;
  };
  File file(fopen(path.c_str(), "rb"));
  struct stat status;
  if (!file || fstat(fileno(file.get()), &status) != 0)
    return fail(std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    return fail("not a regular file");
  std::vector<char> bytes(size_t(status.st_size));
  if (fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size())
    return fail("cannot be read");
  std::string reason;
  auto array = decodeNpy(bytes, reason);
  if (!array)
    return fail(reason);
  return array;
}

bool writeNpz(const std::string &path, std::span<const NpyArray> arrays, std::string &error) {
  Archive archive = openArchive(path, ZIP_CREATE | ZIP_TRUNCATE, error);
  if (!archive)
    return false;
  auto fail = [&] {
    error = path + ": " + zip_strerror(archive.get());
    return false;
  };
  std::vector<std::vector<char>> members; // alive until the archive is written
  members.reserve(arrays.size());
  for (const NpyArray &array : arrays) {
    assert(array.bytes.size() == size_t(array.elementCount()) * npySize(array.type));
    std::string header = encodeNpyHeader(array);
    std::vector<char> &bytes = members.emplace_back(header.begin(), header.end());
    bytes.insert(bytes.end(), array.bytes.begin(), array.bytes.end());
    zip_source_t *source = zip_source_buffer(archive.get(), bytes.data(), bytes.size(), 0);
    if (!source)
      return fail();
    zip_int64_t index =
        zip_file_add(archive.get(), (array.name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      return fail();
    }
    if (zip_set_file_compression(archive.get(), zip_uint64_t(index), ZIP_CM_STORE, 0) != 0)
      return fail();
  }
  // An archive without members is not written at all by libzip; numpy cannot read one either.
  if (zip_close(archive.get()) != 0)
    return fail();
  (void)archive.release();
  return true;
}

bool writeNpy(const std::string &path, const NpyArray &array, std::string &error) {
  assert(array.bytes.size() == size_t(array.elementCount()) * npySize(array.type));
  std::string temporary = path + ".part" + std::to_string(getpid());
  auto fail = [&](const char *message) {
    error = path + ": " + message;
    unlink(temporary.c_str());
    return false;
  };
  File file(fopen(temporary.c_str(), "wb"));
  if (!file)
    return fail(std::strerror(errno));
  std::string header = encodeNpyHeader(array);
  bool written =
      fwrite(header.data(), 1, header.size(), file.get()) == header.size() &&
      fwrite(array.bytes.data(), 1, array.bytes.size(), file.get()) == array.bytes.size() &&
      fflush(file.get()) == 0;
  if (!written || rename(temporary.c_str(), path.c_str()) != 0)
    return fail(std::strerror(errno));
  return true;
}

} // namespace dsc
