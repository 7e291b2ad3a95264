// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/Report.h"
#include "compiler/report/AttentionReport.h"
#include "compiler/report/ExpertReport.h"
#include "compiler/report/LocationText.h"
#include "compiler/report/NormReport.h"
#include "compiler/report/RopeReport.h"
#include "compiler/report/WeightReport.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/recognize/Recognition.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using llvm::json::Array;
using llvm::json::Object;

namespace dsc {

namespace {

/// The layers of one kind; misses make candidates of what did not match.
struct Section {
  Array layers;
  int64_t misses = 0;

  Object take() {
    auto matched = int64_t(layers.size());
    return Object{{"candidates", matched + misses}, {"matched", matched}, {"layers", std::move(layers)}};
  }
};

Object withPlace(Object layer, func::FuncOp entry, Location location) {
  LocationText place = readLocation(location);
  layer["entry"] = entry.getName();
  layer["node"] = place.node;
  layer["layer"] = place.path;
  return layer;
}

/// The stable number of a remark; 0 for one that this version does not know.
int64_t remarkId(StringRef kind, StringRef stage) {
  auto remark = recognize::symbolizeRemark((kind + "." + stage).str());
  return remark ? int64_t(*remark) : 0;
}

class Collector {
public:
  explicit Collector(int64_t expandedQueries) : expandedQueries(expandedQueries) {}
  Object run(ModuleOp module) {
    for (auto entry : module.getOps<func::FuncOp>()) {
      entry.walk([&](Operation *op) { add(entry, op); });
      if (auto list = entry->getAttrOfType<ArrayAttr>(recognize::missesAttr))
        for (auto miss : list.getAsRange<DictionaryAttr>())
          addMiss(entry, miss);
      addStates(entry);
      weights.push_back(describeWeights(entry));
    }
    Object cache{{"states", std::move(states)}, {"elements_per_token", kept}, {"multi_head_elements_per_token", multiHead}};
    if (multiHead)
      cache["share"] = double(kept) / double(multiHead);
    return Object{{"mla", mla.take()}, {"moe", moe.take()}, {"dsa", dsa.take()}, {"attention", attention.take()}, {"ffn", ffn.take()}, {"norm", norms.take()}, {"rope", ropes.take()}, {"cache", std::move(cache)},
            {"weights", std::move(weights)}, {"misses", std::move(misses)}};
  }

private:
  int64_t expandedQueries;
  void add(func::FuncOp entry, Operation *op) {
    if (auto network = op->getAttrOfType<DictionaryAttr>(recognize::feedForwardAttr)) {
      auto number = [&](StringRef field) { return network.getAs<IntegerAttr>(field).getInt(); };
      ffn.layers.push_back(withPlace(Object{{"width", number("width")}, {"inputs", number("inputs")},
                                            {"activation", network.getAs<StringAttr>("activation").getValue()}}, entry, op->getLoc()));
    }
    if (auto rope = describeRope(op))
      ropes.layers.push_back(withPlace(std::move(*rope), entry, op->getLoc()));
    if (auto norm = describeNorm(op))
      norms.layers.push_back(withPlace(std::move(*norm), entry, op->getLoc()));
    if (auto experts = dyn_cast<model::ExpertsOp>(op))
      moe.layers.push_back(withPlace(describeExperts(experts), entry, op->getLoc()));
    if (auto route = dyn_cast<model::RouteOp>(op))
      if (auto router = describeRouter(route))
        moe.layers.push_back(withPlace(std::move(*router), entry, op->getLoc()));
    if (auto latent = dyn_cast<model::LatentAttentionOp>(op)) {
      Object layer = describeLatentAttention(latent, expandedQueries);
      if (layer.getString("cache") != "none")
        addKept(entry, layer);
      mla.layers.push_back(withPlace(std::move(layer), entry, op->getLoc()));
      if (auto index = describeSparseIndex(latent))
        dsa.layers.push_back(withPlace(std::move(*index), entry, op->getLoc()));
    } else if (auto other = dyn_cast<model::AttentionOp>(op)) {
      if (auto expanded = describeExpandedLatentAttention(other)) {
        addKept(entry, *expanded);
        mla.layers.push_back(withPlace(std::move(*expanded), entry, op->getLoc()));
      } else {
        attention.layers.push_back(withPlace(describeAttention(other), entry, op->getLoc()));
      }
    }
  }

  /// Entries share their states: the first one with caches counts.
  void addKept(func::FuncOp entry, const Object &layer) {
    if (!counted)
      counted = entry;
    if (counted != entry)
      return;
    kept += *layer.getInteger("kv_elements");
    multiHead += *layer.getInteger("multi_head_elements");
  }

  void addMiss(func::FuncOp entry, DictionaryAttr miss) {
    auto text = [&](StringRef name) { return miss.getAs<StringAttr>(name).getValue(); };
    StringRef kind = text("kind");
    for (auto [name, section] : {std::pair<StringRef, Section *>{"mla", &mla}, {"moe", &moe}, {"dsa", &dsa}, {"attention", &attention}})
      if (name == kind)
        ++section->misses;
    misses.push_back(withPlace(Object{{"kind", kind}, {"id", remarkId(kind, text("stage"))}, {"stage", text("stage")}, {"expected", text("expected")}, {"found", text("found")}}, entry,
                               miss.getAs<LocationAttr>("where")));
  }

  void addStates(func::FuncOp entry) {
    for (unsigned i = 0; i < entry.getNumArguments(); ++i)
      if (auto state = entry.getArgAttrOfType<StringAttr>(i, "dsc.state"); state && known.insert(state.getValue()).second)
        states.push_back(state.getValue());
  }

  Section mla, moe, dsa, attention, ffn, norms, ropes;
  Array misses, states, weights;
  llvm::StringSet<> known;
  func::FuncOp counted;
  int64_t kept = 0, multiHead = 0;
};

/// "heads 16, nope 128, ...": the parameters, those of the model first.
std::string fieldsText(const Object &layer) {
  static constexpr StringLiteral first[] = {"kind", "heads", "kv_heads", "nope", "rope", "key", "v", "kv_lora", "q_lora", "scale", "mask", "cache",
                                            "experts", "top_k", "width", "shared", "score", "bias", "groups", "groups_kept", "group_score", "fill"};
  // Places, and what the report has for programs: derived numbers and fields that are rarely other than usual.
  static constexpr StringLiteral left[] = {"entry", "node", "layer", "kv_share", "multi_head_elements", "alpha", "up_offset",
                                           "epsilon", "weights", "shared_width", "limit"};
  SmallVector<StringRef> names;
  for (StringRef name : first)
    if (layer.get(name))
      names.push_back(name);
  SmallVector<StringRef> others;
  for (const auto &[key, value] : layer)
    if (StringRef name = key; !llvm::is_contained(first, name) && !llvm::is_contained(left, name))
      others.push_back(name);
  llvm::sort(others);
  names.append(others);
  std::string text;
  llvm::raw_string_ostream os(text);
  for (StringRef name : names) {
    os << (text.empty() ? "" : ", ") << name << " ";
    if (auto string = layer.getString(name))
      os << *string;
    else if (auto number = layer.getNumber(name); number && !layer.getInteger(name))
      os << llvm::format("%.6g", *number);
    else
      os << *layer.get(name);
  }
  return text;
}

std::string placeText(const Object &object) {
  StringRef node = object.getString("node").value_or(""), layer = object.getString("layer").value_or("");
  return (layer.empty() ? node : layer + " (" + node + ")").str();
}

/// Layers of one entry that are alike share a line.
void printLayers(const Array &layers, llvm::raw_ostream &os) {
  for (size_t i = 0; i < layers.size();) {
    const Object &first = *layers[i].getAsObject();
    std::string fields = fieldsText(first);
    size_t end = i + 1;
    while (end < layers.size() && fieldsText(*layers[end].getAsObject()) == fields &&
           layers[end].getAsObject()->getString("entry") == first.getString("entry"))
      ++end;
    os << "  " << *first.getString("entry") << ": " << placeText(first);
    if (end - i > 1)
      os << " to " << placeText(*layers[end - 1].getAsObject()) << ", " << end - i << " alike";
    os << ": " << fields << "\n";
    i = end;
  }
}

/// What there is several times a layer: how often each kind of it.
void printCounts(const Array &layers, llvm::raw_ostream &os) {
  SmallVector<std::pair<std::string, int64_t>> counts; // in the order of their first
  for (const auto &each : layers) {
    const Object &layer = *each.getAsObject();
    std::string fields = fieldsText(layer);
    if (auto epsilon = layer.getNumber("epsilon"))
      llvm::raw_string_ostream(fields) << llvm::format(", epsilon %.6g", *epsilon);
    std::string text = (*layer.getString("entry") + ": " + fields).str();
    auto *known = llvm::find_if(counts, [&](auto &pair) { return pair.first == text; });
    if (known == counts.end())
      counts.push_back({text, 1});
    else
      ++known->second;
  }
  for (const auto &[text, count] : counts)
    os << "  " << text << ", " << count << (count == 1 ? " time\n" : " times\n");
}

} // namespace

Object makeReport(ModuleOp module, int64_t expandedQueries) { return Collector(expandedQueries).run(module); }

void printReport(const Object &report, llvm::raw_ostream &os) {
  static constexpr std::pair<StringLiteral, StringLiteral> kinds[] = {
      {"mla", "latent attention"}, {"moe", "mixture of experts"}, {"dsa", "sparse index"}, {"attention", "attention"}};
  for (auto [kind, title] : kinds) {
    const Object &section = *report.getObject(kind);
    if (*section.getInteger("candidates") == 0)
      continue;
    os << title << ": " << *section.getInteger("matched") << " of " << *section.getInteger("candidates") << " recognised\n";
    printLayers(*section.getArray("layers"), os);
  }
  for (auto [kind, title] : {std::pair("ffn", "gated feed-forward networks of every token"), std::pair("norm", "norms"), std::pair("rope", "rotated rows")})
    // Engines of older versions have no such section.
    if (const Object *section = report.getObject(kind); section && !section->getArray("layers")->empty()) {
      os << title << ": " << section->getArray("layers")->size() << " recognised\n";
      printCounts(*section->getArray("layers"), os);
    }
  const Object &cache = *report.getObject("cache");
  if (auto share = cache.getNumber("share"))
    os << "cache: " << *cache.getInteger("elements_per_token") << " elements a token, " << llvm::format("%.2f", 100 * *share)
       << " % of the multi-head form's " << *cache.getInteger("multi_head_elements_per_token") << "\n";
  for (const auto &each : *report.getArray("weights")) {
    const Object &weights = *each.getAsObject();
    int64_t bytes = *weights.getInteger("bytes"), read = *weights.getInteger("read_per_token");
    if (bytes > 0)
      os << "weights, " << *weights.getString("entry") << ": " << llvm::format("%.1f MB, %.1f MB (%.0f %%) read for one token\n", bytes / 1e6, read / 1e6, 100.0 * read / bytes);
  }
  for (const auto &miss : *report.getArray("misses")) {
    const Object &fields = *miss.getAsObject();
    os << "not recognised (" << *fields.getString("kind") << "-" << *fields.getInteger("id") << "), " << *fields.getString("entry") << ": " << placeText(fields) << ": "
       << *fields.getString("stage") << ": expected " << *fields.getString("expected") << "; found " << *fields.getString("found") << "\n";
  }
}

LogicalResult checkRequired(ModuleOp module, const Object &report, ArrayRef<std::string> kinds) {
  bool ok = true;
  for (const std::string &kind : kinds) {
    const Object &section = *report.getObject(kind);
    int64_t candidates = *section.getInteger("candidates");
    if (candidates == 0)
      module.emitError() << "--require=" << kind << ": nothing of this kind is in the model", ok = false;
    for (auto entry : module.getOps<func::FuncOp>()) {
      auto list = entry->getAttrOfType<ArrayAttr>(recognize::missesAttr);
      for (Attribute each : list ? list : ArrayAttr::get(module.getContext(), {})) {
        auto miss = cast<DictionaryAttr>(each);
        if (miss.getAs<StringAttr>("kind").getValue() != kind)
          continue;
        emitError(miss.getAs<LocationAttr>("where")) << "--require=" << kind << ": " << miss.getAs<StringAttr>("stage").getValue() << ": expected "
                                                     << miss.getAs<StringAttr>("expected").getValue() << "; found "
                                                     << miss.getAs<StringAttr>("found").getValue();
        ok = false;
      }
    }
  }
  return success(ok);
}

} // namespace dsc
