// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/PlanGraph.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace dsc {

namespace {

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string_view textOf(const flatbuffers::String *text) {
  return text ? std::string_view(text->c_str(), text->size()) : std::string_view();
}

class EntryGraph {
public:
  EntryGraph(const format::Manifest &manifest, const format::Entry &entry, unsigned number)
      : manifest(manifest), entry(entry), prefix(fmt::format("e{}_", number)) {}

  std::string text() {
    out += fmt::format("  subgraph cluster_{} {{\n    label={};\n", prefix, quoted(entry.name()->str()));
    for (uint32_t i = 0; i < entry.inputs()->size(); ++i)
      node(fmt::format("input{}", i), entry.inputs()->Get(i)->name()->str(), "ellipse");
    for (uint32_t i = 0; entry.states() && i < entry.states()->size(); ++i)
      node(fmt::format("state{}", i), manifest.states()->Get(entry.states()->Get(i)->state())->name()->str(), "cylinder");
    for (uint32_t i = 0; entry.steps() && i < entry.steps()->size(); ++i)
      step(i, *entry.steps()->Get(i));
    for (uint32_t i = 0; i < entry.outputs()->size(); ++i) {
      node(fmt::format("output{}", i), entry.outputs()->Get(i)->name()->str(), "ellipse");
      edge(writers[{uint32_t(format::BufferKind::Output), i}], fmt::format("output{}", i));
    }
    return out + "  }\n";
  }

private:
  using Place = std::pair<uint32_t, uint32_t>; // kind and index of a buffer

  void node(const std::string &name, std::string_view label, std::string_view shape) {
    out += fmt::format("    {}{} [label={}, shape={}];\n", prefix, name, quoted(label), shape);
  }
  void edge(const std::string &from, const std::string &to) {
    if (!from.empty() && from != to && edges.insert({from, to}).second)
      out += fmt::format("    {0}{1} -> {0}{2};\n", prefix, from, to);
  }

  std::string writerOf(const format::Buffer &buffer) {
    auto it = writers.find({uint32_t(buffer.kind()), buffer.index()});
    if (it != writers.end())
      return it->second;
    if (buffer.kind() == format::BufferKind::Input)
      return fmt::format("input{}", buffer.index());
    return buffer.kind() == format::BufferKind::State ? fmt::format("state{}", buffer.index()) : "";
  }

  void step(uint32_t number, const format::Step &step) {
    std::string name = fmt::format("step{}", number);
    const auto *buffers = step.buffers();
    std::set<uint32_t> written;
    std::string label = "computed size";
    if (step.kind() == format::StepKind::Launch) {
      const format::Kernel &kernel = *manifest.kernels()->Get(step.kernel());
      for (uint32_t i = 0; kernel.outputs() && i < kernel.outputs()->size(); ++i)
        written.insert(kernel.outputs()->Get(i));
      label = fmt::format("{}\\n{}", textOf(kernel.text()).substr(0, 60), textOf(step.source()).substr(0, 60));
    }
    unsigned weights = 0;
    for (uint32_t i = 0; buffers && i < buffers->size(); ++i)
      weights += entry.buffers()->Get(buffers->Get(i))->kind() == format::BufferKind::Weight;
    if (weights)
      label += fmt::format("\\n{} weights", weights);
    out += fmt::format("    {}{} [label=\"{}\", shape=box];\n", prefix, name, escapedLabel(label));
    for (uint32_t i = 0; buffers && i < buffers->size(); ++i)
      edge(writerOf(*entry.buffers()->Get(buffers->Get(i))), name);
    for (uint32_t i : written) {
      const format::Buffer &buffer = *entry.buffers()->Get(buffers->Get(i));
      writers[{uint32_t(buffer.kind()), buffer.index()}] = name;
      if (buffer.kind() == format::BufferKind::State)
        edge(name, fmt::format("state{}", buffer.index()));
    }
  }

  static std::string escapedLabel(const std::string &label) {
    std::string result;
    for (char c : label)
      result += c == '"' ? '\'' : c;
    return result;
  }

  const format::Manifest &manifest;
  const format::Entry &entry;
  std::string prefix, out;
  std::map<Place, std::string> writers;
  std::set<std::pair<std::string, std::string>> edges;
};

} // namespace

std::string planGraph(const format::Manifest &manifest) {
  std::string text = "digraph engine {\n  rankdir=TB;\n  node [fontname=\"monospace\", fontsize=10];\n";
  for (uint32_t i = 0; i < manifest.entries()->size(); ++i)
    text += EntryGraph(manifest, *manifest.entries()->Get(i), i).text();
  return text + "}\n";
}

} // namespace dsc
