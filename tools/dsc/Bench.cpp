// SPDX-License-Identifier: Apache-2.0
// dsc bench: how long calls take, as a whole and by kernel.
#include "tools/dsc/Calls.h"
#include "tools/dsc/Commands.h"
#include "tools/dsc/Failure.h"
#include "tools/dsc/Json.h"
#include "tools/dsc/Roof.h"
#include "tools/dsc/SessionOptions.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <thread>

namespace dsc {

namespace {

struct BenchOptions {
  std::string engine;
  CallFiles files;
  SessionSettings session;
  int repeat = 10;
  bool profile = false, json = false, roof = false, lines = false;
};

class Bench {
public:
  explicit Bench(const BenchOptions &options)
      : options(options), opened(Clock::now()), engine(options.engine),
        loadSeconds(std::chrono::duration<double>(Clock::now() - opened).count()), session(engine, options.session),
        calls(readCalls(engine, options.files)), seconds(calls.size()) {}
  int run();

private:
  using Clock = std::chrono::steady_clock;
  void runAll(bool measure);
  void addStep(size_t entry, size_t step, uint64_t nanoseconds);
  void report();
  uint64_t weightBytes(size_t entry) const;

  const BenchOptions &options;
  Clock::time_point opened;
  EngineHandle engine;
  double loadSeconds;
  SessionHandle session;
  std::vector<Call> calls;
  std::vector<std::vector<double>> seconds;                     // of each call, of each repetition
  std::map<std::string, std::pair<uint64_t, uint64_t>> kernels; // nanoseconds, launches
};

void Bench::addStep(size_t entry, size_t step, uint64_t nanoseconds) {
  const format::Manifest &manifest = engine.manifest();
  const format::Step &s = *manifest.entries()
                               ->Get(static_cast<uint32_t>(entry))
                               ->steps()
                               ->Get(static_cast<uint32_t>(step));
  std::string name = s.kind() == format::StepKind::Launch
                         ? manifest.kernels()->Get(s.kernel())->name()->str()
                         : "(computed size)";
  auto &[time, launches] = kernels[name];
  time += nanoseconds;
  ++launches;
}

// The calls in their order, on a fresh state.
void Bench::runAll(bool measure) {
  session.reset();
  for (size_t i = 0; i < calls.size(); ++i) {
    std::vector<dsc_tensor> inputs;
    for (NpyArray &array : calls[i].inputs)
      inputs.push_back(tensorOf(array));
    Clock::time_point start = Clock::now();
    session.run(calls[i].entry, inputs);
    if (measure)
      seconds[i].push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
}

// Bytes of the weights that an entry's kernels are given, each once.
uint64_t Bench::weightBytes(size_t entry) const {
  const format::Manifest &manifest = engine.manifest();
  std::set<uint32_t> used;
  if (const auto *buffers = manifest.entries()->Get(static_cast<uint32_t>(entry))->buffers())
    for (const format::Buffer *buffer : *buffers)
      if (buffer->kind() == format::BufferKind::Weight)
        used.insert(buffer->index());
  uint64_t bytes = 0;
  for (uint32_t number : used)
    bytes += manifest.weights()->Get(number)->bytes();
  return bytes;
}

// The smallest of `sorted` that `share` of them do not exceed.
static double percentile(const std::vector<double> &sorted, double share) {
  auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
}

void Bench::report() {
  if (options.lines) {
    fmt::print("load_ms {:.3f}\n", 1e3 * loadSeconds);
    for (int i = 0; i < options.repeat; ++i) {
      double total = 0;
      for (const std::vector<double> &call : seconds)
        total += call[static_cast<size_t>(i)];
      fmt::print("ms {:.6f}\n", 1e3 * total);
    }
    return;
  }
  JsonWriter json;
  json.beginObject().key("repeat").number(options.repeat).key("load_seconds").number(loadSeconds);
  int threads = options.session.threads > 0 ? options.session.threads
                                            : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  if (options.roof) {
    double flops = measureFlopRate(threads);
    json.key("threads").number(threads).key("f32_flops").number(flops);
    if (!options.json)
      fmt::print("machine, {} threads: f32 multiply-add {:.1f} GFLOP/s\n", threads, 1e-9 * flops);
  }
  json.key("calls").beginArray();
  for (size_t i = 0; i < calls.size(); ++i) {
    std::sort(seconds[i].begin(), seconds[i].end());
    double least = seconds[i].front(), median = percentile(seconds[i], 0.5);
    double p90 = percentile(seconds[i], 0.9), p99 = percentile(seconds[i], 0.99);
    std::string entry = engine.entryName(calls[i].entry);
    json.beginObject().key("entry").string(entry).key("file").string(calls[i].origin);
    json.key("min_seconds").number(least).key("median_seconds").number(median);
    json.key("p90_seconds").number(p90).key("p99_seconds").number(p99);
    if (!options.json)
      fmt::print("call {}: {} ({}): min {:.3f} ms, median {:.3f} ms, p90 {:.3f} ms, p99 {:.3f} ms\n", i, entry,
                 calls[i].origin, 1e3 * least, 1e3 * median, 1e3 * p90, 1e3 * p99);
    if (uint64_t bytes = weightBytes(calls[i].entry); options.roof && bytes) {
      double rate = measureReadRate(std::min<uint64_t>(bytes, uint64_t(1) << 30), threads);
      double bound = static_cast<double>(bytes) / rate;
      json.key("weight_bytes").number(bytes).key("read_bytes_per_second").number(rate);
      json.key("weights_once_seconds").number(bound);
      if (!options.json)
        fmt::print("  all weights once, {:.1f} MB at {:.1f} GB/s: {:.3f} ms, {:.0f} % of the minimum\n",
                   1e-6 * static_cast<double>(bytes), 1e-9 * rate, 1e3 * bound, 100 * bound / least);
    }
    json.endObject();
  }
  json.endArray().key("kernels").beginArray();
  std::vector<std::pair<std::string, std::pair<uint64_t, uint64_t>>> order(kernels.begin(),
                                                                           kernels.end());
  std::sort(order.begin(), order.end(),
            [](const auto &a, const auto &b) { return a.second > b.second; });
  uint64_t total = 0;
  for (const auto &[name, cost] : order)
    total += cost.first;
  for (const auto &[name, cost] : order) {
    json.beginObject().key("name").string(name).key("nanoseconds").number(cost.first);
    json.key("launches").number(cost.second).endObject();
    if (!options.json)
      fmt::print("  {:5.1f} %  {:10.3f} ms  {:6} x {}\n",
                 100.0 * static_cast<double>(cost.first) /
                     static_cast<double>(std::max<uint64_t>(total, 1)),
                 static_cast<double>(cost.first) * 1e-6 / options.repeat,
                 cost.second / static_cast<uint64_t>(options.repeat), name);
  }
  json.endArray().endObject();
  if (options.json)
    fmt::print("{}\n", json.text());
}

int Bench::run() {
  if (options.roof && options.session.device != "cpu")
    throw Failure(ExitUsage, "--roof measures this machine's processor; for a GPU there is tools/gpu-check");
  runAll(false); // warms caches, grows the arena
  for (int i = 0; i < options.repeat; ++i)
    runAll(true);
  if (options.profile) {
    // In a round of its own: reading the clock at every step costs time.
    dsc_session_profile(
        session.get(),
        [](void *user, size_t entry, size_t step, uint64_t nanoseconds) {
          static_cast<Bench *>(user)->addStep(entry, step, nanoseconds);
        },
        this);
    for (int i = 0; i < options.repeat; ++i)
      runAll(false);
  }
  report();
  return ExitOk;
}

} // namespace

void addBenchCommand(CLI::App &app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App *command = app.add_subcommand("bench", "Measure calls of an engine");
  command->add_option("ENGINE", options->engine, "engine file (.dsce)")->required();
  command->add_option("--npz", options->files.npz, "one call: [ENTRY=]IO.npz with arrays in.NAME")
      ->allow_extra_args(false);
  command->add_option("--input", options->files.inputs, "NAME=@file.npy")->allow_extra_args(false);
  command->add_option("--repeat", options->repeat, "measured repetitions of all calls")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  addSessionOptions(*command, options->session);
  command->add_flag("--profile", options->profile, "time of each kernel");
  command->add_flag("--roof", options->roof, "measure the machine too: its share of reading all weights once");
  command->add_flag("--lines", options->lines, "one line a repetition and nothing else: ms NUMBER");
  command->add_flag("--json", options->json, "report as JSON");
  command->callback([options] { runCommand([&] { return Bench(*options).run(); }); });
}

} // namespace dsc
