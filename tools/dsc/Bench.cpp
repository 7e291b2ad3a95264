// SPDX-License-Identifier: Apache-2.0
// dsc bench: how long calls take, as a whole and by kernel.
#include "tools/dsc/Calls.h"
#include "tools/dsc/Commands.h"
#include "tools/dsc/Failure.h"
#include "tools/dsc/Json.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace dsc {

namespace {

struct BenchOptions {
  std::string engine;
  CallFiles files;
  SessionSettings session;
  int repeat = 10;
  bool profile = false, json = false;
};

class Bench {
public:
  explicit Bench(const BenchOptions &options)
      : options(options), engine(options.engine), session(engine, options.session),
        calls(readCalls(engine, options.files)), seconds(calls.size()) {}
  int run();

private:
  void runAll(bool measure);
  void addStep(size_t entry, size_t step, uint64_t nanoseconds);
  void report();

  const BenchOptions &options;
  EngineHandle engine;
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
  using Clock = std::chrono::steady_clock;
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

void Bench::report() {
  JsonWriter json;
  json.beginObject().key("repeat").number(options.repeat).key("calls").beginArray();
  for (size_t i = 0; i < calls.size(); ++i) {
    std::sort(seconds[i].begin(), seconds[i].end());
    double least = seconds[i].front(), median = seconds[i][seconds[i].size() / 2];
    std::string entry = engine.entryName(calls[i].entry);
    json.beginObject().key("entry").string(entry).key("file").string(calls[i].origin);
    json.key("min_seconds").number(least).key("median_seconds").number(median).endObject();
    if (!options.json)
      fmt::print("call {}: {} ({}): min {:.3f} ms, median {:.3f} ms\n", i, entry, calls[i].origin,
                 1e3 * least, 1e3 * median);
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
  command->add_option("--threads", options->session.threads, "0: one per core");
  command->add_flag("--profile", options->profile, "time of each kernel");
  command->add_flag("--json", options->json, "report as JSON");
  command->callback([options] { runCommand([&] { return Bench(*options).run(); }); });
}

} // namespace dsc
