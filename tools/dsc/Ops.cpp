// SPDX-License-Identifier: Apache-2.0
// dsc ops: the operators that can be compiled, from the registry of lowerings itself.
#include "dialects/onnx/Schema.h"
#include "passes/onnx_to_prim/Registry.h"
#include "tools/dsc/Commands.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace dsc {

using onnx_to_prim::Registry;

namespace {

/// A row of the table. `since` lists the opsets at which supported definitions begin.
struct Row {
  llvm::StringRef domain, type;
  int64_t first, last;
  llvm::SmallVector<int64_t> since;
};

std::vector<Row> rows() {
  std::vector<Row> result;
  for (llvm::ArrayRef<Registry::Entry> entries : Registry::get().all()) {
    Row row{entries.front().domain, entries.front().type, 0, 0, {}};
    bool standard = row.domain.empty();
    row.last = standard ? onnx::kNewestOpset : 1;
    for (const onnx::OpSchema &schema : onnx::getSchemas(row.domain, row.type)) {
      if (schema.deprecated) {
        row.last = schema.since - 1;
        continue;
      }
      if (Registry::get().find(row.domain, row.type, std::max(schema.since, onnx::kOldestOpset)))
        row.since.push_back(schema.since);
    }
    row.first = std::max(standard ? onnx::kOldestOpset : int64_t(1), entries.front().first);
    if (!row.since.empty())
      row.first = std::max(row.first, row.since.front());
    result.push_back(row);
  }
  return result;
}

void printJson() {
  llvm::json::OStream json(llvm::outs(), 1);
  json.array([&] {
    for (const Row &row : rows())
      json.object([&] {
        json.attribute("domain", row.domain.empty() ? "ai.onnx" : row.domain);
        json.attribute("op", row.type);
        json.attribute("first_opset", row.first);
        json.attribute("last_opset", row.last);
        json.attributeArray("since", [&] {
          for (int64_t since : row.since)
            json.value(since);
        });
      });
  });
  llvm::outs() << "\n";
}

void printTable() {
  for (const Row &row : rows()) {
    std::string name = (row.domain.empty() ? "" : row.domain + ".").str() + row.type.str();
    llvm::outs() << llvm::formatv("{0,-28} opset {1}-{2}", name, row.first, row.last);
    llvm::outs() << "  definitions of " << llvm::join(llvm::map_range(row.since, [](int64_t v) { return std::to_string(v); }), ", ")
                 << "\n";
  }
}

} // namespace

void addOpsCommand(CLI::App &app) {
  auto json = std::make_shared<bool>(false);
  CLI::App *command = app.add_subcommand("ops", "the operators that can be compiled");
  command->add_flag("--json", *json, "as JSON");
  command->callback([json] { *json ? printJson() : printTable(); });
}

} // namespace dsc
