// SPDX-License-Identifier: Apache-2.0
// What the command line names -> models and entry names.
#include "compiler/Compiler.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace dsc {

using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

template <typename... Args> static llvm::Error failure(const char *format, Args... args) {
  return llvm::createStringError(std::errc::invalid_argument, format, args...);
}

static CompileInput fileInput(StringRef file, StringRef name, bool fromFolder) {
  if (path::extension(file) == ".mlir")
    return {"", file.str(), fromFolder};
  return {(name.empty() ? path::stem(file) : name).str(), file.str(), fromFolder};
}

static llvm::Error addFolder(StringRef folder, std::vector<CompileInput> &inputs) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; it != end && !error; it.increment(error))
    if (path::extension(it->path()) == ".onnx")
      files.push_back(it->path());
  if (error)
    return failure("'%s': %s", folder.str().c_str(), error.message().c_str());
  if (files.empty())
    return failure("'%s' holds no .onnx file", folder.str().c_str());
  std::sort(files.begin(), files.end());
  for (const std::string &file : files)
    inputs.push_back(fileInput(file, "", true));
  return llvm::Error::success();
}

llvm::Expected<std::vector<CompileInput>> findInputs(const std::vector<std::string> &arguments) {
  std::vector<CompileInput> inputs;
  for (StringRef argument : arguments) {
    // NAME=FILE, unless a file of the whole name exists.
    StringRef name, file = argument;
    if (!fs::exists(argument) && argument.contains('='))
      std::tie(name, file) = argument.split('=');
    if (!fs::exists(file))
      return failure("'%s': no such file or folder", file.str().c_str());
    if (!fs::is_directory(file)) {
      inputs.push_back(fileInput(file, name, false));
    } else if (!name.empty()) {
      return failure("'%s' is a folder; an entry's name stands before a file", file.str().c_str());
    } else if (llvm::Error error = addFolder(file, inputs)) {
      return std::move(error);
    }
  }
  llvm::StringSet<> names;
  for (const CompileInput &input : inputs)
    if (!input.entry.empty() && !names.insert(input.entry).second)
      return failure("two models would be the entry '%s'; name one with NAME=FILE", input.entry.c_str());
  return inputs;
}

llvm::Error parseTarget(StringRef text, CompileOptions &options) {
  auto [name, list] = text.split(':');
  options.target = name.str();
  options.architectures.clear();
  if ((name != "cpu" && name != "cuda") || (name == "cpu" && text != name) || (text.ends_with(":")))
    return failure("'%s': expected cpu, cuda or cuda:ARCHITECTURE,...", text.str().c_str());
  llvm::SmallVector<StringRef> architectures;
  list.split(architectures, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/!list.empty());
  for (StringRef architecture : architectures) {
    StringRef digits = architecture;
    if (!digits.consume_front("sm_") || digits.rtrim("af").empty() || !llvm::all_of(digits.rtrim("af"), llvm::isDigit))
      return failure("'%s': expected an architecture like sm_80 or sm_90a", architecture.str().c_str());
    options.architectures.push_back(architecture.str());
  }
  return llvm::Error::success();
}

llvm::Expected<DimRange> parseDimRange(StringRef text) {
  auto [name, range] = text.split('=');
  auto [lo, hi] = range.contains("..") ? std::make_pair(range.substr(0, range.find("..")), range.substr(range.find("..") + 2))
                                       : std::make_pair(range, range);
  DimRange result{name.str(), 0, 0};
  if (name.empty() || lo.getAsInteger(10, result.lo) || hi.getAsInteger(10, result.hi) || result.lo < 0 ||
      result.lo > result.hi)
    return failure("'%s': expected NAME=SIZE or NAME=LO..HI with 0 <= LO <= HI", text.str().c_str());
  return result;
}

} // namespace dsc
