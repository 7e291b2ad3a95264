// SPDX-License-Identifier: Apache-2.0
// Streams, events, capture into graphs.
#include "tools/ptxsim/driver/Context.h"

using namespace ptxsim;

namespace {

template <class F> CUresult withStream(CUstream handle, F f) {
  return inContext([&](Context &c) -> CUresult {
    Stream *stream = c.find(handle);
    return stream ? f(c, *stream) : static_cast<CUresult>(cuda::InvalidHandle);
  });
}

template <class F> CUresult withEvent(CUevent event, F f) {
  return inContext([&](Context &c) -> CUresult {
    return owns(c.events, event) ? f(c) : static_cast<CUresult>(cuda::InvalidHandle);
  });
}

bool happened(const Context &c, const Event &event) {
  if (!event.stream)
    return true;
  bool known = event.stream == &c.defaultStream || owns(c.streams, event.stream);
  return !known || event.stream->done >= event.index;
}

CUresult await(Context &c, const Event &event) {
  return happened(c, event) ? c.error : c.runUntil(*event.stream, event.index);
}

void leaveCapture(Context &c, Graph *graph) {
  auto leave = [&](Stream &stream) {
    if (stream.capture == graph) {
      stream.capture = nullptr;
      stream.captureOrigin = false;
    }
  };
  leave(c.defaultStream);
  for (const auto &stream : c.streams)
    leave(*stream);
  for (const auto &event : c.events)
    if (event->capture == graph)
      event->capture = nullptr;
}

} // namespace

PTXSIM_API CUresult cuStreamCreate(CUstream *stream, unsigned) {
  return inContext([&](Context &c) {
    if (!stream)
      return cuda::InvalidValue;
    *stream = c.streams.insert(std::make_unique<Stream>()).first->get();
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned flags, int) {
  return cuStreamCreate(stream, flags);
}

PTXSIM_API CUresult cuStreamDestroy_v2(CUstream handle) {
  return withStream(handle, [&](Context &c, Stream &stream) -> CUresult {
    if (CUresult result = c.runUntil(stream, stream.submitted))
      return result;
    return erase(c.streams, &stream) ? cuda::Success : cuda::InvalidHandle;
  });
}

PTXSIM_API CUresult cuStreamSynchronize(CUstream handle) {
  return withStream(handle, [](Context &c, Stream &stream) -> CUresult {
    if (stream.capture)
      return cuda::CaptureUnsupported;
    return c.runUntil(stream, stream.submitted);
  });
}

PTXSIM_API CUresult cuStreamQuery(CUstream handle) {
  return withStream(handle, [](Context &c, Stream &stream) -> CUresult {
    if (stream.done == stream.submitted)
      return cuda::Success;
    // Asking lets one piece of work go on: a host that polls comes to an end.
    if (CUresult result = c.runUntil(stream, stream.done + 1))
      return result;
    return stream.done == stream.submitted ? cuda::Success : cuda::NotReady;
  });
}

PTXSIM_API CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
  return withStream(handle, [&](Context &c, Stream &stream) -> CUresult {
    if (!owns(c.events, event))
      return cuda::InvalidHandle;
    if (event->capture) {
      // The stream joins the capture: its work follows in the same graph.
      stream.capture = event->capture;
      return cuda::Success;
    }
    if (stream.capture)
      return cuda::Success;
    Event at = *event;
    return c.submit(stream, [&c, at] { return await(c, at); });
  });
}

PTXSIM_API CUresult cuEventCreate(CUevent *event, unsigned) {
  return inContext([&](Context &c) {
    if (!event)
      return cuda::InvalidValue;
    *event = c.events.insert(std::make_unique<Event>()).first->get();
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuEventDestroy_v2(CUevent event) {
  return withEvent(event, [&](Context &c) {
    erase(c.events, event);
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuEventRecord(CUevent event, CUstream handle) {
  return withEvent(event, [&](Context &c) -> CUresult {
    Stream *stream = c.find(handle);
    if (!stream)
      return cuda::InvalidHandle;
    event->capture = stream->capture;
    if (stream->capture)
      return cuda::Success;
    event->stream = stream;
    event->index = stream->submitted + 1;
    return c.submit(*stream, [&c, event] {
      if (owns(c.events, event))
        event->instructions = c.instructions;
      return cuda::Success;
    });
  });
}

PTXSIM_API CUresult cuEventSynchronize(CUevent event) {
  return withEvent(event, [&](Context &c) { return await(c, *event); });
}

PTXSIM_API CUresult cuEventQuery(CUevent event) {
  return withEvent(
      event, [&](Context &c) { return happened(c, *event) ? cuda::Success : cuda::NotReady; });
}

/// Milliseconds of a machine that executes 1000 warp instructions a microsecond: never a real time.
PTXSIM_API CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent start, CUevent end) {
  return withEvent(start, [&](Context &c) {
    if (!owns(c.events, end))
      return cuda::InvalidHandle;
    if (!milliseconds || !start->stream || !end->stream)
      return cuda::InvalidValue;
    if (!happened(c, *start) || !happened(c, *end))
      return cuda::NotReady;
    *milliseconds = static_cast<float>(
        (static_cast<double>(end->instructions) - static_cast<double>(start->instructions)) * 1e-6);
    return cuda::Success;
  });
}
PTXSIM_API CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  return cuEventElapsedTime_v2(milliseconds, start, end);
}

PTXSIM_API CUresult cuStreamBeginCapture_v2(CUstream handle, int) {
  return withStream(handle, [&](Context &c, Stream &stream) -> CUresult {
    if (stream.capture || &stream == &c.defaultStream)
      return cuda::CaptureUnsupported;
    stream.capture = c.graphs.insert(std::make_unique<Graph>()).first->get();
    stream.captureOrigin = true;
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuStreamEndCapture(CUstream handle, CUgraph *graph) {
  return withStream(handle, [&](Context &c, Stream &stream) -> CUresult {
    if (!graph)
      return cuda::InvalidValue;
    if (!stream.captureOrigin)
      return cuda::CaptureUnmatched;
    *graph = stream.capture;
    leaveCapture(c, stream.capture);
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuStreamIsCapturing(CUstream handle, int *status) {
  return withStream(handle, [&](Context &, Stream &stream) -> CUresult {
    if (!status)
      return cuda::InvalidValue;
    *status = stream.capture ? 1 : 0;
    return cuda::Success;
  });
}
