// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/NodeCheck.h"
#include "dialects/onnx/Schema.h"

using namespace mlir;
using namespace dsc;

/// The newest opset that PyTorch's exporter converts to without losing nodes; asked for more, it leaves the nodes as they are and
/// writes an opset that is too low.
static constexpr int64_t kNewestConverted = 25;

llvm::StringRef dsc::getDomain(llvm::StringRef domain) { return domain == "ai.onnx" ? "" : domain; }

static void reportTooYoung(ImportState &state, llvm::StringRef op, int64_t opset, int64_t since, Location location) {
  InFlightDiagnostic error = state.error(location);
  error << "the model declares opset " << opset << ", but " << op << " exists only since opset " << since;
  if (!llvm::StringRef(state.producer).starts_with("pytorch") || since > kNewestConverted) {
    error << "; export with opset " << since << " or newer";
    return;
  }
  error << "; the exporter's version conversion failed silently; export with opset " << since;
  if (since < kNewestConverted)
    error << "-" << kNewestConverted;
}

static void reportCount(ImportState &state, llvm::StringRef op, llvm::StringRef what, uint32_t found, uint32_t min,
                        uint32_t max, Location location) {
  InFlightDiagnostic error = state.error(location);
  error << op << " has " << found << " " << what << (found == 1 ? "" : "s") << ", its definition ";
  if (min == max)
    error << "says " << min;
  else if (max == dsc::onnx::kVariadic)
    error << "asks for at least " << min;
  else
    error << "allows " << min << " to " << max;
}

void dsc::checkNode(ImportState &state, const ::onnx::NodeProto &node, int64_t opset, Location location) {
  llvm::StringRef op = node.op_type(), domain = getDomain(node.domain());
  llvm::ArrayRef<dsc::onnx::OpSchema> all = dsc::onnx::getSchemas(domain, op);
  if (all.empty())
    return;
  std::optional<dsc::onnx::OpSchema> schema = dsc::onnx::lookup(domain, op, opset);
  if (!schema)
    return reportTooYoung(state, op, opset, all.front().since, location);
  if (schema->deprecated) {
    state.error(location) << op << " does not exist any more since opset " << schema->since
                          << "; the model declares opset " << opset;
    return;
  }
  // Older opsets serve for operators that have not changed until then.
  if (domain.empty() && opset < dsc::onnx::kOldestOpset &&
      schema->since != dsc::onnx::lookup(domain, op, dsc::onnx::kOldestOpset)->since) {
    state.error(location) << "the model declares opset " << opset << ", whose " << op << " is another one than that of opset "
                          << dsc::onnx::kOldestOpset << ", the oldest supported";
    return;
  }
  // An empty name at the end is the same as no input.
  uint32_t inputs = node.input_size();
  while (inputs && node.input(inputs - 1).empty())
    --inputs;
  uint32_t outputs = node.output_size();
  if (inputs < schema->minInputs || inputs > schema->maxInputs)
    reportCount(state, op, "input", inputs, schema->minInputs, schema->maxInputs, location);
  if (outputs < schema->minOutputs || outputs > schema->maxOutputs)
    reportCount(state, op, "output", outputs, schema->minOutputs, schema->maxOutputs, location);
}
