// SPDX-License-Identifier: Apache-2.0
#include "compiler/engine/EngineWriter.h"
#include "compiler/engine/EntryWriter.h"
#include "runtime/format/layout.h"

#include <cstring>
#include <xxhash.h>

using namespace mlir;

namespace dsc {

/// "dot", "add exp mul": what a kernel computes, in order.
static std::string describeBody(plan::KernelOp kernel) {
  std::string text;
  for (Operation &op : kernel.getBlock().without_terminator()) {
    if (isa<prim::ConstantOp>(op))
      continue;
    StringRef word = op.getName().stripDialect();
    if (auto unary = dyn_cast<prim::UnaryOp>(op))
      word = stringifyUnaryKind(unary.getKind());
    if (auto binary = dyn_cast<prim::BinaryOp>(op))
      word = stringifyBinaryKind(binary.getKind());
    text += (text.empty() ? "" : " ") + word.str();
  }
  return text;
}

namespace {

class EngineWriter {
public:
  EngineWriter(ModuleOp module, const EngineCode &code, OutputFile &file) : module(module), code(code), file(file) {}

  FailureOr<EngineSummary> write() {
    // Manifest, weights, digests of weights, code, sources: their number fixes where the first section begins.
    uint32_t count = 3 + code.code.size() + code.sources.size();
    std::vector<char> head(sizeof(dsc_file_header) + count * sizeof(dsc_section));
    if (fails(file.append(head)) || fails(file.align(4096)))
      return failure();
    WeightsSection weights(file);
    if (failed(buildManifest(weights)) || fails(weights.finish()))
      return failure();
    addSection(DSC_SECTION_WEIGHTS, "", weights.begin(), weights.bytes(), 0);
    const std::vector<uint64_t> &digests = weights.getDigests();
    if (!append(DSC_SECTION_WEIGHT_DIGESTS, "", 64,
                {reinterpret_cast<const char *>(digests.data()), digests.size() * sizeof(uint64_t)}) ||
        !append(DSC_SECTION_MANIFEST, "", 64,
                {reinterpret_cast<const char *>(fbb.GetBufferPointer()), fbb.GetSize()}))
      return failure();
    for (const EngineSection &section : code.code)
      if (!append(DSC_SECTION_CODE, section.tag, 4096, section.bytes))
        return failure();
    for (const EngineSection &section : code.sources)
      if (!append(DSC_SECTION_SOURCE, section.tag, 64, section.bytes))
        return failure();
    summary.bytes = file.position();
    summary.weightBytes = weights.bytes();
    summary.weights = weights.getWeights().size();
    if (fails(file.overwrite(0, makeHead())) || fails(file.commit()))
      return failure();
    return summary;
  }

private:
  bool fails(llvm::Error error) {
    if (!error)
      return false;
    emitError(UnknownLoc::get(module.getContext())) << llvm::toString(std::move(error));
    return true;
  }

  void addSection(uint32_t kind, StringRef tag, uint64_t offset, uint64_t bytes, uint64_t digest) {
    dsc_section section{};
    section.kind = kind;
    assert(tag.size() < sizeof section.tag);
    memcpy(section.tag, tag.data(), tag.size());
    section.offset = offset;
    section.bytes = bytes;
    section.digest = digest;
    sections.push_back(section);
  }

  bool append(uint32_t kind, StringRef tag, uint64_t alignment, ArrayRef<char> bytes) {
    if (fails(file.align(alignment)))
      return false;
    addSection(kind, tag, file.position(), bytes.size(), XXH3_64bits(bytes.data(), bytes.size()));
    return !fails(file.append(bytes));
  }

  std::vector<char> makeHead() {
    dsc_file_header header{};
    memcpy(header.magic, DSC_MAGIC, sizeof header.magic);
    header.major = DSC_FORMAT_MAJOR;
    header.minor = DSC_FORMAT_MINOR;
    header.file_bytes = file.position();
    header.header_bytes = sizeof header;
    header.section_count = sections.size();
    std::vector<char> head(sizeof header + sections.size() * sizeof(dsc_section));
    memcpy(head.data(), &header, sizeof header);
    memcpy(head.data() + sizeof header, sections.data(), sections.size() * sizeof(dsc_section));
    header.header_digest = XXH3_64bits(head.data(), head.size());
    memcpy(head.data(), &header, sizeof header);
    return head;
  }

  LogicalResult buildManifest(WeightsSection &weights) {
    using namespace format;
    std::vector<flatbuffers::Offset<Kernel>> kernelTable;
    llvm::StringMap<uint32_t> kernelNumbers;
    for (auto kernel : module.getOps<plan::KernelOp>()) {
      uint32_t inputs = kernel.getNumInputs(), results = kernel.getYielded().size();
      std::vector<uint32_t> written;
      for (uint32_t i = 0; i < results; ++i)
        written.push_back(inputs + i);
      uint32_t number = kernelTable.size();
      kernelNumbers[kernel.getSymName()] = number;
      std::vector<flatbuffers::Offset<KernelResources>> resources;
      if (code.isCuda)
        for (const KernelCodeInfo::Resources &r : code.kernels[number].resources)
          resources.push_back(CreateKernelResourcesDirect(fbb, r.target.c_str(), r.registers, r.spillBytes, r.sharedBytes));
      kernelTable.push_back(CreateKernelDirect(fbb, kernel.getSymName().str().c_str(), inputs + results,
                                               kernel.getSizes().size(), &written, describeBody(kernel).c_str(),
                                               code.isCuda ? code.kernels[number].threads : 0,
                                               code.isCuda ? code.kernels[number].sharedBytes : 0,
                                               code.isCuda ? &resources : nullptr));
    }
    StateTable states;
    std::vector<flatbuffers::Offset<Entry>> entryTable;
    for (auto func : module.getOps<func::FuncOp>()) {
      auto entry = EntryWriter(fbb, func, weights, states, kernelNumbers).write();
      if (failed(entry))
        return failure();
      entryTable.push_back(*entry);
    }
    std::vector<flatbuffers::Offset<Weight>> weightTable;
    for (const WeightsSection::Weight &w : weights.getWeights())
      weightTable.push_back(CreateWeightDirect(fbb, w.name.c_str(), w.dtype, &w.dims, w.offset, w.bytes));
    std::vector<flatbuffers::Offset<State>> stateTable;
    for (const StateTable::State &s : states.getStates())
      stateTable.push_back(CreateStateDirect(fbb, s.name.c_str(), s.kind, s.dtype, s.rank, s.axis));
    std::vector<flatbuffers::Offset<KeyValue>> metadata;
    for (StringRef key : {"onnx.producer", "dsc.report", "dsc.report.text", "dsc.numeric"})
      if (auto text = module->getAttrOfType<StringAttr>(key))
        metadata.push_back(CreateKeyValueDirect(fbb, key.str().c_str(), text.str().c_str()));
    std::vector<flatbuffers::Offset<flatbuffers::String>> required;
    if (code.isCuda)
      required.push_back(fbb.CreateString("cuda"));
    fbb.Finish(CreateManifestDirect(fbb, "dsc " DSC_VERSION, code.isCuda ? &required : nullptr, &kernelTable, &weightTable,
                                    &stateTable, &entryTable, &metadata, code.isCuda ? Device::Cuda : Device::Cpu),
               ManifestIdentifier());
    summary.entries = entryTable.size();
    summary.kernels = kernelTable.size();
    summary.states = stateTable.size();
    return success();
  }

  ModuleOp module;
  const EngineCode &code;
  OutputFile &file;
  flatbuffers::FlatBufferBuilder fbb;
  std::vector<dsc_section> sections;
  EngineSummary summary;
};

} // namespace

FailureOr<EngineSummary> writeEngine(ModuleOp module, const EngineCode &code, OutputFile &file) {
  return EngineWriter(module, code, file).write();
}

} // namespace dsc
