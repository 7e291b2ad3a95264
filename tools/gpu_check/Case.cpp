// SPDX-License-Identifier: Apache-2.0
#include "tools/gpu_check/Case.h"

#include "runtime/format/engine_generated.h"
#include "tools/dsc/Convert.h"
#include "tools/dsc/NpyFormat.h"
#include "tools/dsc/RuntimeHandles.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace dsc::gpucheck {

namespace fs = std::filesystem;

[[noreturn]] static void failed(const std::string &message) { throw std::runtime_error(message); }

static void check(dsc_status status, const dsc_error &error) {
  if (status != DSC_OK)
    failed(error.message);
}

static NpyArray readArray(const fs::path &path, const std::string &name) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {}), error;
  std::optional<NpyArray> array = decodeNpy(bytes, error);
  if (!array)
    failed(fmt::format("{}: {}", path.string(), error));
  array->name = name;
  return std::move(*array);
}

static void writeArray(const fs::path &path, const NpyArray &array) {
  std::string header = encodeNpyHeader(array);
  std::ofstream out(path, std::ios::binary);
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  out.write(array.bytes.data(), static_cast<std::streamsize>(array.bytes.size()));
  if (!out.flush())
    failed(fmt::format("cannot write '{}'", path.string()));
}

Case::Case(const fs::path &path) : folder(path), caseName(path.filename().string()) {
  std::ifstream in(folder / "calls.txt");
  bool fresh = true;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string kind, name, file;
    words >> kind;
    if (kind == "session") {
      fresh = true;
    } else if (kind == "call") {
      Call &call = calls.emplace_back();
      words >> call.entry >> call.tolerance.absolute >> call.tolerance.relative;
      call.fresh = fresh;
      fresh = false;
    } else if ((kind == "in" || kind == "out") && !calls.empty()) {
      words >> name >> file;
      Call &call = calls.back();
      (kind == "in" ? call.inputs : call.expected).push_back(readArray(folder / file, name));
      if (kind == "out")
        call.recorded.push_back(
            folder / "simulator" /
            fmt::format("{}-{}.npy", calls.size() - 1, call.expected.size() - 1));
    } else if (!kind.empty()) {
      words.setstate(std::ios::failbit);
    }
    if (words.fail())
      failed(fmt::format("{}: '{}' is no line of calls.txt", folder.string(), line));
  }
  if (calls.empty())
    failed(fmt::format("{}: there is no call in calls.txt", folder.string()));
}

// Engine and session of a case, closed in this order's reverse.
struct Case::Session {
  Session(const fs::path &file, dsc_runtime *runtime) {
    check(dsc_engine_open(file.c_str(), nullptr, &engine, &error), error);
    dsc_status status = dsc_session_create(runtime, engine, nullptr, &session, &error);
    if (status != DSC_OK)
      dsc_engine_close(engine);
    check(status, error);
  }
  ~Session() {
    dsc_session_destroy(session);
    dsc_engine_close(engine);
  }
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  size_t entryOf(const Call &call) const {
    ptrdiff_t entry = dsc_engine_find_entry(engine, call.entry.c_str());
    if (entry < 0)
      failed(fmt::format("the engine has no entry '{}'", call.entry));
    return static_cast<size_t>(entry);
  }
  // Inputs in the order of the entry, in its types; made once.
  std::vector<dsc_tensor> &inputsOf(const Call &call);
  // One call; outputs are the session's.
  const std::vector<dsc_tensor> &run(const Call &call) {
    std::vector<dsc_tensor> &inputs = inputsOf(call);
    size_t entry = entryOf(call);
    if (call.fresh)
      check(dsc_session_reset(session, &error), error);
    outputs.assign(dsc_entry_output_count(engine, entry), dsc_tensor{});
    check(dsc_session_run(session, entry, inputs.data(), inputs.size(), outputs.data(),
                          outputs.size(), &error),
          error);
    return outputs;
  }

  dsc_engine *engine = nullptr;
  dsc_session *session = nullptr;
  dsc_error error = {};
  std::vector<dsc_tensor> outputs;
  struct Prepared {
    std::vector<NpyArray> arrays;
    std::vector<dsc_tensor> tensors;
  };
  std::map<const Call *, Prepared> prepared;
};

std::vector<dsc_tensor> &Case::Session::inputsOf(const Call &call) {
  auto [at, missing] = prepared.try_emplace(&call);
  Prepared &p = at->second;
  if (!missing)
    return p.tensors;
  size_t entry = entryOf(call);
  p.arrays.reserve(dsc_entry_input_count(engine, entry));
  for (size_t i = 0; i < dsc_entry_input_count(engine, entry); ++i) {
    dsc_value_info info;
    dsc_entry_input(engine, entry, i, &info);
    const NpyArray *given = findArray(call.inputs, info.name);
    if (!given)
      failed(fmt::format("entry '{}' needs the input '{}'", call.entry, info.name));
    NpyArray &array = p.arrays.emplace_back(*given);
    std::string why;
    if (!convertTo(static_cast<NpyType>(info.dtype), array, why))
      failed(fmt::format("input '{}': {}", info.name, why));
    p.tensors.push_back(tensorOf(array));
  }
  return p.tensors;
}

// What the call gives under each expected name, in that order.
std::vector<NpyArray> Case::results(Session &s, const Call &call) {
  const std::vector<dsc_tensor> outputs = s.run(call);
  size_t entry = s.entryOf(call);
  std::vector<NpyArray> found;
  for (const NpyArray &want : call.expected) {
    size_t before = found.size();
    for (size_t i = 0; i < outputs.size(); ++i) {
      dsc_value_info info;
      dsc_entry_output(s.engine, entry, i, &info);
      if (want.name == info.name)
        found.push_back(arrayOf(outputs[i], want.name));
    }
    for (size_t i = 0; i < dsc_entry_state_count(s.engine, entry); ++i) {
      dsc_state_info info;
      dsc_entry_state(s.engine, entry, i, &info);
      if (want.name != info.output_name)
        continue;
      dsc_tensor tensor = {};
      check(dsc_session_read_state(s.session, info.name, &tensor, &s.error), s.error);
      NpyArray array = arrayOf(tensor, want.name);
      tensor.data = array.bytes.data();
      if (!array.bytes.empty())
        check(dsc_session_read_state(s.session, info.name, &tensor, &s.error), s.error);
      found.push_back(std::move(array));
    }
    if (found.size() != before + 1)
      failed(fmt::format("entry '{}' has no output '{}'", call.entry, want.name));
  }
  return found;
}

void Case::record(dsc_runtime *runtime) {
  Session session(folder / "engine.dsce", runtime);
  fs::create_directories(folder / "simulator");
  for (const Call &call : calls) {
    std::vector<NpyArray> found = results(session, call);
    for (size_t i = 0; i < found.size(); ++i)
      writeArray(call.recorded[i], found[i]);
  }
}

std::vector<Outcome> Case::run(dsc_runtime *runtime, int repeat, KernelTable &kernels) {
  Session session(folder / "engine.dsce", runtime);
  std::vector<Outcome> outcomes;
  for (const Call &call : calls) {
    Outcome &outcome = outcomes.emplace_back();
    outcome.entry = call.entry;
    outcome.seconds = std::numeric_limits<double>::infinity();
    std::vector<NpyArray> found = results(session, call);
    for (size_t i = 0; i < found.size(); ++i) {
      Comparison c = compareArrays(found[i], call.expected[i], call.tolerance);
      outcome.largestError = std::max(outcome.largestError, c.largestError);
      if (!c.equal && outcome.failure.empty())
        outcome.failure = fmt::format("{}: {}", found[i].name, c.difference);
      if (fs::exists(call.recorded[i])) {
        Comparison s =
            compareArrays(found[i], readArray(call.recorded[i], found[i].name), call.tolerance);
        outcome.simulatorDifference = std::max(outcome.simulatorDifference, s.largestError);
      }
    }
  }
  using Clock = std::chrono::steady_clock;
  for (int r = 0; r < repeat; ++r)
    for (size_t i = 0; i < calls.size(); ++i) {
      session.inputsOf(calls[i]);
      Clock::time_point start = Clock::now();
      session.run(calls[i]);
      outcomes[i].seconds = std::min(outcomes[i].seconds,
                                     std::chrono::duration<double>(Clock::now() - start).count());
    }
  // Kernels by themselves, in rounds of their own: events around each stop the graphs.
  struct User {
    const Session &session;
    KernelTable &kernels;
    const std::string &name;
  } user = {session, kernels, caseName};
  dsc_session_profile(
      session.session,
      [](void *context, size_t entry, size_t step, uint64_t nanoseconds) {
        User &u = *static_cast<User *>(context);
        const format::Manifest &m =
            *format::GetManifest(dsc_engine_manifest(u.session.engine, nullptr));
        const format::Step &s = *m.entries()
                                     ->Get(static_cast<uint32_t>(entry))
                                     ->steps()
                                     ->Get(static_cast<uint32_t>(step));
        if (s.kind() == format::StepKind::Launch && nanoseconds)
          u.kernels.add(m.kernels()->Get(s.kernel())->name()->str(), u.name, nanoseconds);
      },
      &user);
  for (int r = 0; r < repeat; ++r)
    for (const Call &call : calls)
      session.run(call);
  dsc_session_profile(session.session, nullptr, nullptr);
  kernels.setCounts(caseName, readCounts(folder / "simulator.txt"));
  return outcomes;
}

} // namespace dsc::gpucheck
