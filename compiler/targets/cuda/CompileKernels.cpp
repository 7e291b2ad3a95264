// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/CudaTarget.h"
#include "runtime/cuda/KernelCache.h"
#include "runtime/format/layout.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/ThreadPool.h"

namespace dsc::cuda {

namespace {

/// PTX that runs on everything from Ampere on, also on what comes after the named architectures.
constexpr const char *forwardArchitecture = "compute_80";

/// One source for one architecture.
struct Job {
  Job(const GeneratedKernel *kernel, const char *architecture) : kernel(kernel), architecture(architecture) {}

  const GeneratedKernel *kernel;
  const char *architecture;
  Bytes image;
  std::string error;
};

void run(Job &job, const Nvrtc &nvrtc, KernelCache &cache, bool lineInfo) {
  std::string name = job.kernel->name + ".cu";
  NvrtcRequest request{job.kernel->source.c_str(), name.c_str(), job.architecture, lineInfo};
  dsc_error error{};
  if (cache.compile(nvrtc, request, job.image, &error) != DSC_OK)
    job.error = error.message;
}

/// `images[i]`: the number of kernel i's image among `distinct`.
ImageSection pack(std::string tag, llvm::ArrayRef<unsigned> images, llvm::ArrayRef<llvm::ArrayRef<char>> distinct) {
  constexpr uint64_t alignment = 16;
  std::vector<dsc_image> places;
  uint64_t end = images.size() * sizeof(dsc_image);
  for (llvm::ArrayRef<char> image : distinct) {
    end = llvm::alignTo(end, alignment);
    places.push_back({end, image.size()});
    end += image.size();
  }
  ImageSection section{std::move(tag), std::vector<char>(end)};
  for (size_t i = 0; i < images.size(); ++i)
    memcpy(section.bytes.data() + i * sizeof(dsc_image), &places[images[i]], sizeof(dsc_image));
  for (size_t i = 0; i < distinct.size(); ++i)
    memcpy(section.bytes.data() + places[i].offset, distinct[i].data(), distinct[i].size());
  return section;
}

} // namespace

llvm::Expected<CompiledKernels> compileKernels(llvm::ArrayRef<GeneratedKernel> kernels, const CudaOptions &options) {
  if (kernels.empty())
    return llvm::createStringError("the plan has no kernels");
  dsc_error error{};
  const Nvrtc *nvrtc = processNvrtc(&error);
  if (!nvrtc)
    return llvm::createStringError(error.message);
  std::vector<std::string> architectures = options.architectures;
  if (architectures.empty())
    architectures = {"sm_90a"};

  llvm::StringMap<unsigned> numbers;
  std::vector<unsigned> images;
  std::vector<const GeneratedKernel *> distinct;
  for (const GeneratedKernel &kernel : kernels) {
    auto [it, isNew] = numbers.try_emplace(kernel.source, distinct.size());
    if (isNew)
      distinct.push_back(&kernel);
    images.push_back(it->second);
  }
  std::deque<Job> jobs;
  for (const std::string &architecture : architectures)
    for (const GeneratedKernel *kernel : distinct)
      jobs.emplace_back(kernel, architecture.c_str());
  for (const GeneratedKernel *kernel : distinct)
    jobs.emplace_back(kernel, forwardArchitecture);
  KernelCache cache;
  {
    llvm::DefaultThreadPool pool(llvm::hardware_concurrency(options.threads));
    for (Job &job : jobs)
      pool.async([&job, &cache, nvrtc, &options] { run(job, *nvrtc, cache, options.lineInfo); });
    pool.wait();
  }
  for (const Job &job : jobs)
    if (!job.error.empty())
      return llvm::createStringError("kernel " + job.kernel->name + " for " + job.architecture + ": " + job.error);

  CompiledKernels result;
  auto bytesOf = [](const Bytes &bytes) { return llvm::ArrayRef<char>(bytes.data(), bytes.size()); };
  for (size_t first = 0; first < jobs.size(); first += distinct.size()) {
    std::vector<llvm::ArrayRef<char>> parts;
    for (size_t i = 0; i < distinct.size(); ++i)
      parts.push_back(bytesOf(jobs[first + i].image));
    result.code.push_back(pack(jobs[first].architecture, images, parts));
  }
  std::vector<llvm::ArrayRef<char>> sources;
  for (const GeneratedKernel *kernel : distinct)
    sources.push_back({kernel->source.c_str(), kernel->source.size() + 1});
  result.source = pack("cuda", images, sources);
  for (unsigned image : images) {
    auto &resources = result.resources.emplace_back();
    for (size_t a = 0; a < architectures.size(); ++a)
      resources.push_back({architectures[a], readResources(bytesOf(jobs[a * distinct.size() + image].image))});
  }
  return result;
}

} // namespace dsc::cuda
