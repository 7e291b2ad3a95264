// SPDX-License-Identifier: Apache-2.0
// dsc generate: continues a sequence of token ids.
#include "tools/dsc/Commands.h"
#include "tools/dsc/Failure.h"
#include "tools/dsc/GenerateRoles.h"
#include "tools/dsc/Json.h"
#include "tools/dsc/SessionOptions.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

namespace dsc {

namespace {

struct GenerateOptions {
  std::string engine;
  std::vector<int64_t> ids;
  int64_t count = 64;
  double temperature = 0;
  uint64_t seed = 0;
  SessionSettings session;
  bool json = false;
};

// Greedy at temperature 0 (the lowest id among equals), else a draw from the softmax.
int64_t sample(const std::vector<float> &logits, double temperature, std::mt19937_64 &random) {
  auto best = std::max_element(logits.begin(), logits.end());
  if (temperature <= 0)
    return best - logits.begin();
  std::vector<double> sums(logits.size());
  double total = 0;
  for (size_t i = 0; i < logits.size(); ++i)
    sums[i] = total += std::exp((static_cast<double>(logits[i]) - *best) / temperature);
  // 53 random bits: the same draw with every standard library.
  double at = static_cast<double>(random() >> 11) * 0x1p-53 * total;
  auto found = std::upper_bound(sums.begin(), sums.end(), at);
  return std::min<int64_t>(found - sums.begin(), static_cast<int64_t>(sums.size()) - 1);
}

int generate(const GenerateOptions &options) {
  using Clock = std::chrono::steady_clock;
  auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
  EngineHandle engine(options.engine);
  SessionHandle session(engine, options.session);
  TokenFeeder feeder(engine, session);
  std::mt19937_64 random(options.seed);
  std::vector<int64_t> tokens, feed = options.ids;
  Clock::time_point start = Clock::now(), first = start;
  for (int64_t i = 0; i < options.count; ++i) {
    int64_t token = sample(feeder.feed(feed), options.temperature, random);
    if (i == 0)
      first = Clock::now();
    tokens.push_back(token);
    feed = {token};
    if (!options.json) {
      fmt::print("{}{}", i ? "," : "", token);
      std::fflush(stdout);
    }
  }
  double rest = seconds(Clock::now() - first);
  double rate = tokens.size() > 1 && rest > 0 ? static_cast<double>(tokens.size() - 1) / rest : 0;
  if (options.json) {
    JsonWriter json;
    json.beginObject().key("ids").beginArray();
    for (int64_t token : tokens)
      json.number(token);
    json.endArray().key("prompt_tokens").number(options.ids.size());
    json.key("prompt_seconds").number(seconds(first - start)).key("tokens_per_second").number(rate);
    json.endObject();
    fmt::print("{}\n", json.text());
    return ExitOk;
  }
  fmt::print("\n");
  fmt::print(stderr, "prompt: {} tokens in {:.3f} s; then {} tokens, {:.1f} tokens/s\n",
             options.ids.size(), seconds(first - start), tokens.size(), rate);
  return ExitOk;
}

} // namespace

void addGenerateCommand(CLI::App &app) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App *command = app.add_subcommand("generate", "Continue a sequence of token ids");
  command->add_option("ENGINE", options->engine, "engine file (.dsce)")->required();
  command->add_option("--ids", options->ids, "the prompt: ids separated by commas")
      ->required()
      ->delimiter(',');
  command->add_option("-n", options->count, "new tokens")->capture_default_str();
  command->add_option("--temperature", options->temperature, "0: greedy")->capture_default_str();
  command->add_option("--seed", options->seed, "of the draws")->capture_default_str();
  addSessionOptions(*command, options->session);
  command->add_flag("--json", options->json, "report as JSON");
  command->callback([options] { runCommand([&] { return generate(*options); }); });
}

} // namespace dsc
