// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/driver/Context.h"

#include <cstdio>

namespace ptxsim {

Process &process() {
  static Process the;
  return the;
}

Context::Context() : memory(options().memory) {}
Context::~Context() = default;

Stream *Context::find(CUstream handle) {
  if (reinterpret_cast<uintptr_t>(handle) <= 2)
    return &defaultStream;
  return owns(streams, handle) ? handle : nullptr;
}

CUresult Context::submit(Stream &stream, std::function<CUresult()> work) {
  if (stream.capture) {
    stream.capture->capture(std::move(work));
    return cuda::Success;
  }
  // The default stream waits for all others, and they for it.
  if (&stream == &defaultStream) {
    if (CUresult result = finish())
      return result;
  } else if (CUresult result = runUntil(defaultStream, defaultStream.submitted)) {
    return result;
  }
  stream.queue.push_back(std::move(work));
  ++stream.submitted;
  return options().lateStreams ? cuda::Success : runUntil(stream, stream.submitted);
}

CUresult Context::runUntil(Stream &stream, uint64_t count) {
  while (stream.done < count && !stream.queue.empty()) {
    auto work = std::move(stream.queue.front());
    stream.queue.pop_front();
    ++stream.done;
    if (error)
      return error;
    if (CUresult result = work())
      return result;
  }
  return error;
}

CUresult Context::finish() {
  for (const auto &stream : streams)
    if (CUresult result = runUntil(*stream, stream->submitted))
      return result;
  return runUntil(defaultStream, defaultStream.submitted);
}

CUresult Context::launch(const Kernel &kernel, const LaunchShape &shape,
                         const std::vector<uint8_t> &parameters) {
  uint64_t seed = options().seed * 1000003 + launches++;
  Launch launch(kernel.image, shape, parameters, memory, clock, seed);
  auto report = launch.run(sharedPool);
  counters[kernel.image.entry->name] += launch.counters;
  instructions += launch.executed;
  return report ? fail(*report) : cuda::Success;
}

CUresult Context::fail(const Report &found) {
  report = process().lastReport = found.text;
  if (options().print)
    std::fprintf(stderr, "ptxsim: %s\n", found.text.c_str());
  switch (found.kind) {
  case FaultKind::OutOfBounds:
    error = cuda::IllegalAddress;
    break;
  case FaultKind::Misaligned:
    error = cuda::MisalignedAddress;
    break;
  case FaultKind::Limit:
  case FaultKind::Deadlock:
    error = cuda::LaunchTimeout;
    break;
  case FaultKind::Assert:
    error = cuda::Assert;
    break;
  default:
    error = cuda::LaunchFailed;
    break;
  }
  return error;
}

} // namespace ptxsim
