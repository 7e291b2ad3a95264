// SPDX-License-Identifier: Apache-2.0
// dsc inspect: what is in an engine.
#include "tools/dsc/Commands.h"
#include "tools/dsc/ExpressionText.h"
#include "tools/dsc/PlanGraph.h"
#include "tools/dsc/Failure.h"
#include "tools/dsc/Json.h"
#include "tools/dsc/PeakMemory.h"
#include "tools/dsc/RuntimeHandles.h"

#include <fmt/ranges.h>

#include <charconv>
#include <map>

namespace dsc {

namespace {

template <class Vector> uint32_t sizeOf(const Vector *vector) {
  return vector ? vector->size() : 0;
}

std::string_view textOf(const flatbuffers::String *string) {
  return string ? std::string_view(string->c_str(), string->size()) : std::string_view();
}

// A description of an engine, made once and printed as text or as JSON.
struct Line {
  std::string name, type, note;
};

struct EntryFacts {
  std::string name;
  std::vector<Line> inputs, outputs, states;
  std::map<std::string, uint32_t> kernels; // launches of each
  uint32_t launches = 0, computedSizes = 0, checks = 0;
  int64_t stateBytesPerToken = 0; // of one sequence
  std::vector<std::string> slots; // bytes
  std::optional<PeakMemory> peak;
};

class Inspector {
public:
  Inspector(const std::string &path, std::map<std::string, int64_t> sizes)
      : path(path), engine(path), manifest(engine.manifest()), sizes(std::move(sizes)) {}
  void printText();
  void printJson();
  void printDot() { fmt::print("{}", planGraph(manifest)); }

private:
  EntryFacts factsOf(const format::Entry &entry) const;
  std::string dimsText(const format::Entry &entry, const flatbuffers::Vector<uint32_t> &dims) const;
  Line lineOf(const format::Entry &entry, const format::Value &value) const;
  Line stateLine(const format::Entry &entry, const format::StateUse &use) const;
  uint64_t weightBytes() const;
  std::string resourcesText(std::string_view kernel) const;

  std::string path;
  EngineHandle engine;
  const format::Manifest &manifest;
  std::map<std::string, int64_t> sizes;
};

std::string Inspector::dimsText(const format::Entry &entry,
                                const flatbuffers::Vector<uint32_t> &dims) const {
  std::vector<std::string> texts;
  for (uint32_t dim : dims)
    texts.push_back(expressionText(manifest, entry, dim));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string dtypeText(format::DType dtype) {
  return std::string(npyTypeName(static_cast<NpyType>(dtype)));
}

Line Inspector::lineOf(const format::Entry &entry, const format::Value &value) const {
  return {value.name()->str(), dtypeText(value.dtype()) + " " + dimsText(entry, *value.dims()), ""};
}

Line Inspector::stateLine(const format::Entry &entry, const format::StateUse &use) const {
  const format::State &state = *manifest.states()->Get(use.state());
  std::string note = use.starts() ? "starts" : "continues";
  if (state.kind() == format::StateKind::Growing)
    note += fmt::format(", grows along axis {}", state.axis());
  else
    note += state.kind() == format::StateKind::Fixed ? ", fixed size" : ", counter";
  return {state.name()->str(), dtypeText(state.dtype()) + " " + dimsText(entry, *use.present()),
          note};
}

EntryFacts Inspector::factsOf(const format::Entry &entry) const {
  EntryFacts facts;
  facts.name = entry.name()->str();
  for (const format::Value *value : *entry.inputs())
    facts.inputs.push_back(lineOf(entry, *value));
  for (const format::Value *value : *entry.outputs())
    facts.outputs.push_back(lineOf(entry, *value));
  for (uint32_t i = 0; i < sizeOf(entry.states()); ++i) {
    const format::StateUse &use = *entry.states()->Get(i);
    const format::State &state = *manifest.states()->Get(use.state());
    facts.states.push_back(stateLine(entry, use));
    if (state.kind() != format::StateKind::Growing)
      continue;
    // What a token of one sequence takes: the known dimensions; the others count sequences.
    auto bytes = static_cast<int64_t>(npySize(static_cast<NpyType>(state.dtype())));
    for (uint32_t axis = 0; axis < state.rank(); ++axis)
      if (axis != state.axis())
        bytes *= constantValue(entry, use.present()->Get(axis)).value_or(1);
    facts.stateBytesPerToken += bytes;
  }
  for (uint32_t i = 0; i < sizeOf(entry.steps()); ++i) {
    const format::Step &step = *entry.steps()->Get(i);
    if (step.kind() == format::StepKind::Launch) {
      ++facts.launches;
      ++facts.kernels[manifest.kernels()->Get(step.kernel())->name()->str()];
    } else {
      ++facts.computedSizes;
    }
  }
  facts.checks = sizeOf(entry.checks());
  for (uint32_t i = 0; i < sizeOf(entry.slots()); ++i)
    facts.slots.push_back(expressionText(manifest, entry, entry.slots()->Get(i)->bytes()));
  facts.peak = peakMemory(manifest, entry, sizes);
  return facts;
}

uint64_t Inspector::weightBytes() const {
  uint64_t total = 0;
  for (uint32_t i = 0; i < sizeOf(manifest.weights()); ++i)
    total += manifest.weights()->Get(i)->bytes();
  return total;
}

// ": 128 threads; sm_90a: 32 registers, 0 bytes spilled, 512 bytes shared"; "" for a kernel of a CPU.
std::string Inspector::resourcesText(std::string_view name) const {
  for (const format::Kernel *kernel : *manifest.kernels())
    if (textOf(kernel->name()) == name && kernel->threads()) {
      std::string text = fmt::format(": {} threads", kernel->threads());
      for (uint32_t i = 0; i < sizeOf(kernel->resources()); ++i) {
        const format::KernelResources &r = *kernel->resources()->Get(i);
        text += fmt::format("; {}: {} registers, {} bytes spilled, {} bytes shared", textOf(r.target()), r.registers(),
                            r.spill_bytes(), r.shared_bytes() + kernel->shared_bytes());
      }
      return text;
    }
  return "";
}

void printLines(const char *title, const std::vector<Line> &lines) {
  for (const Line &line : lines)
    fmt::print("  {:<7} {}: {}{}\n", title, line.name, line.type,
               line.note.empty() ? "" : " (" + line.note + ")");
}

// What the compiler recognised, in the engine's metadata: for programs and for people.
constexpr std::string_view recognitionKey = "dsc.report", recognitionText = "dsc.report.text";

void Inspector::printText() {
  fmt::print("{}: {}\n", path,
             manifest.producer() ? textOf(manifest.producer()) : "unknown producer");
  fmt::print("code: {}; {} kernels; {} weights, {} bytes\n", dsc_engine_isa(engine.get()),
             sizeOf(manifest.kernels()), sizeOf(manifest.weights()), weightBytes());
  for (uint32_t i = 0; i < sizeOf(manifest.metadata()); ++i) {
    std::string_view key = textOf(manifest.metadata()->Get(i)->key());
    std::string_view value = textOf(manifest.metadata()->Get(i)->value());
    if (key == recognitionText)
      fmt::print("{}", value);
    else if (key != recognitionKey)
      fmt::print("{}: {}\n", key, value);
  }
  for (const format::Entry *entry : *manifest.entries()) {
    EntryFacts facts = factsOf(*entry);
    fmt::print("entry {}\n", facts.name);
    printLines("input", facts.inputs);
    printLines("output", facts.outputs);
    printLines("state", facts.states);
    if (facts.stateBytesPerToken)
      fmt::print("  state bytes per token: {}\n", facts.stateBytesPerToken);
    fmt::print("  {} launches, {} computed sizes, {} checks\n", facts.launches, facts.computedSizes,
               facts.checks);
    for (const auto &[name, launches] : facts.kernels)
      fmt::print("    {} x {}{}\n", launches, name, resourcesText(name));
    fmt::print("  arena: {} slots\n", facts.slots.size());
    for (const std::string &slot : facts.slots)
      fmt::print("    {} bytes\n", slot);
    std::string where;
    for (const auto &[name, value] : sizes)
      where += fmt::format("{} = {}, ", name, value);
    if (facts.peak)
      fmt::print("  peak with {}other sizes 1: arena {}, states {}, outputs {}, all weights {}: {} bytes\n", where, facts.peak->arena,
                 facts.peak->states, facts.peak->outputs, weightBytes(),
                 facts.peak->arena + facts.peak->states + facts.peak->outputs + static_cast<int64_t>(weightBytes()));
  }
}

void writeLines(JsonWriter &json, const char *key, const std::vector<Line> &lines) {
  json.key(key).beginArray();
  for (const Line &line : lines) {
    json.beginObject().key("name").string(line.name).key("type").string(line.type);
    if (!line.note.empty())
      json.key("use").string(line.note);
    json.endObject();
  }
  json.endArray();
}

void Inspector::printJson() {
  JsonWriter json;
  json.beginObject().key("producer").string(textOf(manifest.producer()));
  json.key("isa").string(dsc_engine_isa(engine.get()));
  json.key("weights").number(sizeOf(manifest.weights())).key("weight_bytes").number(weightBytes());
  json.key("metadata").beginObject();
  std::string_view recognition = "{}";
  for (uint32_t i = 0; i < sizeOf(manifest.metadata()); ++i)
    if (textOf(manifest.metadata()->Get(i)->key()) == recognitionKey)
      recognition = textOf(manifest.metadata()->Get(i)->value());
    else if (textOf(manifest.metadata()->Get(i)->key()) != recognitionText)
      json.key(textOf(manifest.metadata()->Get(i)->key()))
          .string(textOf(manifest.metadata()->Get(i)->value()));
  json.endObject().key("recognition").document(recognition).key("kernels").beginArray();
  for (uint32_t i = 0; i < sizeOf(manifest.kernels()); ++i) {
    const format::Kernel &kernel = *manifest.kernels()->Get(i);
    json.beginObject().key("name").string(textOf(kernel.name())).key("text").string(textOf(kernel.text()));
    if (kernel.threads()) {
      json.key("threads").number(kernel.threads()).key("dynamic_shared_bytes").number(kernel.shared_bytes());
      json.key("resources").beginArray();
      for (uint32_t j = 0; j < sizeOf(kernel.resources()); ++j) {
        const format::KernelResources &r = *kernel.resources()->Get(j);
        json.beginObject().key("target").string(textOf(r.target())).key("registers").number(r.registers());
        json.key("spill_bytes").number(r.spill_bytes()).key("shared_bytes").number(r.shared_bytes()).endObject();
      }
      json.endArray();
    }
    json.endObject();
  }
  json.endArray().key("entries").beginArray();
  for (const format::Entry *entry : *manifest.entries()) {
    EntryFacts facts = factsOf(*entry);
    json.beginObject().key("name").string(facts.name);
    writeLines(json, "inputs", facts.inputs);
    writeLines(json, "outputs", facts.outputs);
    writeLines(json, "states", facts.states);
    json.key("state_bytes_per_token").number(facts.stateBytesPerToken);
    json.key("launches").number(facts.launches).key("computed_sizes").number(facts.computedSizes);
    json.key("checks").number(facts.checks).key("kernels").beginObject();
    for (const auto &[name, launches] : facts.kernels)
      json.key(name).number(launches);
    json.endObject().key("slots").beginArray();
    for (const std::string &slot : facts.slots)
      json.string(slot);
    json.endArray();
    if (facts.peak) {
      json.key("peak").beginObject().key("arena").number(facts.peak->arena);
      json.key("states").number(facts.peak->states).key("outputs").number(facts.peak->outputs).endObject();
    }
    json.endObject();
  }
  json.endArray().endObject();
  fmt::print("{}\n", json.text());
}

std::map<std::string, int64_t> parseSizes(const std::vector<std::string> &texts) {
  std::map<std::string, int64_t> sizes;
  for (const std::string &text : texts) {
    size_t equals = text.rfind('=');
    int64_t value = 0;
    const char *begin = text.data() + equals + 1, *end = text.data() + text.size();
    if (equals == std::string::npos || equals == 0 || std::from_chars(begin, end, value).ptr != end || begin == end || value < 0)
      throw Failure(ExitUsage, "--size " + text + ": expected NAME=NUMBER");
    sizes[text.substr(0, equals)] = value;
  }
  return sizes;
}

} // namespace

void addInspectCommand(CLI::App &app) {
  struct Options {
    std::string engine;
    std::vector<std::string> sizes;
    bool json = false, dot = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App *command =
      app.add_subcommand("inspect", "Show entries, states, kernels and sizes of an engine");
  command->add_option("ENGINE", options->engine, "engine file (.dsce)")->required();
  command->add_option("--size", options->sizes, "NAME=NUMBER: peak memory is that of a run with these sizes")
      ->allow_extra_args(false);
  CLI::Option *json = command->add_flag("--json", options->json, "report as JSON");
  command->add_flag("--dot", options->dot, "the plan as a Graphviz graph")->excludes(json);
  command->callback([options] {
    runCommand([&] {
      Inspector inspector(options->engine, parseSizes(options->sizes));
      if (options->dot)
        inspector.printDot();
      else
        options->json ? inspector.printJson() : inspector.printText();
      return ExitOk;
    });
  });
}

} // namespace dsc
