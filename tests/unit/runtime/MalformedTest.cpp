// SPDX-License-Identifier: Apache-2.0
// Hostile manifests with right digests: one case for each check of runtime/*Check.cpp.
#include "TestEngine.h"

using namespace dsc::test;

namespace {

// A sound manifest with some of everything; tests break one thing each.
// States: 0 growing, 1 fixed, 2 counter. Entry "main": slot 0 is written by step 0 (add) and read
// by step 1 (define, from the i64 input), step 2 works in epoch 1.
class MalformedTest : public testing::Test {
protected:
  MalformedTest() : manifest(newManifest()) {
    ManifestT &m = *manifest;
    addWeight(m, weights, {1, 2, 3, 4});
    addState(m, "grow", StateKind::Growing, DType::F32, 2, 1);
    addState(m, "fixed", StateKind::Fixed, DType::F32, 1);
    addState(m, "counter", StateKind::Counter, DType::I64, 0);
    EntryWriter e(m, "main");
    uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0);        // expression 0
    uint32_t element = e.symbol(SymbolSource::InputElement, 1); // 1
    uint32_t past = e.symbol(SymbolSource::StateDim, 0, 1);     // 2
    e.symbol(SymbolSource::StateCapacity, 0);                   // 3
    uint32_t one = e.constant(1);                               // 4
    uint32_t bytes = e.op(ExprOp::Mul, n, e.constant(4));       // 6
    uint32_t eight = e.constant(8);                             // 7
    uint32_t next = e.op(ExprOp::Add, past, one);               // 8
    e.input("x", DType::F32, {n});
    e.input("i", DType::I64, {one});
    e.use(0, false, {one, past}, {one, next});
    e.use(1, false, {n}, {n});
    e.use(2, false, {}, {});
    e.check(element, element, "equal to itself");
    uint32_t x = e.buffer(BufferKind::Input, 0, bytes), i = e.buffer(BufferKind::Input, 1, eight);
    uint32_t w = e.buffer(BufferKind::Weight, 0, e.constant(16));
    uint32_t t = e.buffer(BufferKind::Slot, e.slot(bytes), bytes);
    e.buffer(BufferKind::State, 1, bytes);
    e.launch("add", {t, x, w}, {}, n);
    uint32_t defined = e.define(i);
    uint32_t size = e.op(ExprOp::Mul, defined, e.constant(4));
    e.output("y", DType::F32, {defined});
    uint32_t y = e.buffer(BufferKind::Output, 0, size);
    e.slot(size);
    e.launch("series", {y, t}, {one}, defined);
    e.finish();
  }

  void refused(const std::string &part, dsc_status status = DSC_CORRUPT) {
    Opened opened(assemble(sectionsOf(*manifest, weights)));
    EXPECT_EQ(opened.status, status) << opened.error.message;
    EXPECT_NE(std::string(opened.error.message).find(part), std::string::npos)
        << opened.error.message << "\n  lacks: " << part;
  }

  EntryT &entry() { return *manifest->entries[0]; }
  ExprNode node(ExprOp op, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0) {
    return ExprNode(0, a, b, c, op);
  }

  std::unique_ptr<ManifestT> manifest;
  Bytes weights;
};

TEST_F(MalformedTest, TheManifestItselfIsSound) {
  Opened opened(assemble(sectionsOf(*manifest, weights)));
  EXPECT_EQ(opened.status, DSC_OK) << opened.error.message;
}

// ---- Manifest
// --------------------------------------------------------------------------------------

TEST_F(MalformedTest, NotAFlatBuffer) {
  auto sections = sectionsOf(*manifest, weights);
  for (Bytes bytes : {Bytes(), Bytes(7, 0), Bytes(200, 0), Bytes(200, char(0xff))}) {
    sections[0].bytes = bytes;
    Opened opened(assemble(sections));
    EXPECT_EQ(opened.status, DSC_CORRUPT);
    EXPECT_NE(std::string(opened.error.message).find("FlatBuffer"), std::string::npos);
  }
}

// Random damage below a right digest must never crash; most of it is refused.
TEST_F(MalformedTest, EveryFlippedManifestByteIsSurvived) {
  auto sections = sectionsOf(*manifest, weights);
  size_t accepted = 0;
  for (size_t i = 0; i < sections[0].bytes.size(); ++i)
    for (unsigned flip : {0x01u, 0x80u, 0xffu}) {
      auto changed = sections;
      changed[0].bytes[i] = static_cast<char>(changed[0].bytes[i] ^ flip);
      Opened opened(assemble(changed));
      if (opened.status)
        EXPECT_NE(opened.error.message[0], 0);
      else
        ++accepted;
    }
  EXPECT_LT(accepted, sections[0].bytes.size() * 3 / 2);
}

TEST_F(MalformedTest, UnknownRequirement) {
  manifest->requires_ = {"telepathy"};
  refused("the engine requires 'telepathy'", DSC_UNSUPPORTED);
}

TEST_F(MalformedTest, NoEntry) {
  manifest->entries.clear();
  refused("there is no entry");
}

TEST_F(MalformedTest, EntryWithoutName) {
  entry().name = "";
  refused("entry 0 has no valid name");
}

TEST_F(MalformedTest, NameWithNul) {
  entry().inputs[0]->name = std::string("a\0b", 3);
  refused("input 0 has no valid name");
}

TEST_F(MalformedTest, NameTwice) {
  entry().inputs[1]->name = "x";
  refused("more than one input is called 'x'");
}

TEST_F(MalformedTest, EntryNameTwice) {
  EntryWriter e(*manifest, "main");
  e.finish();
  refused("more than one entry is called 'main'");
}

TEST_F(MalformedTest, KernelNameTwice) {
  manifest->kernels[1]->name = manifest->kernels[0]->name;
  refused("more than one kernel is called 'add'");
}

TEST_F(MalformedTest, StateNameTwice) {
  manifest->states[1]->name = "grow";
  refused("more than one state is called 'grow'");
}

TEST_F(MalformedTest, KernelOutputOutOfRange) {
  manifest->kernels[0]->outputs = {3};
  refused("kernel 'add': output 3 of 3 operands");
}

TEST_F(MalformedTest, KernelMissingInCode) {
  if (testDevice() != std::string("cpu"))
    GTEST_SKIP() << "a session of a CUDA engine finds it: CudaEngineTest";
  manifest->kernels[3]->name = "missing";
  refused("has no kernel 'missing'");
}

// ---- Weights and states
// ------------------------------------------------------------------------------

TEST_F(MalformedTest, WeightBeyondSection) {
  manifest->weights[0]->offset = 64;
  refused("weight 0: it ends beyond the 16 bytes of the weights section");
  manifest->weights[0]->offset = UINT64_MAX / 64 * 64;
  refused("weight 0: it ends beyond");
}

TEST_F(MalformedTest, WeightUnaligned) {
  manifest->weights[0]->offset = 4;
  refused("offset 4 is not a multiple of 64");
}

TEST_F(MalformedTest, WeightBytesDisagree) {
  manifest->weights[0]->bytes = 12;
  refused("weight 0: 12 bytes, its dimensions give 16");
}

TEST_F(MalformedTest, WeightDims) {
  manifest->weights[0]->dims = {-4};
  refused("a dimension is negative or the size overflows");
  manifest->weights[0]->dims = {INT64_MAX, 4};
  refused("a dimension is negative or the size overflows");
  manifest->weights[0]->dims = std::vector<int64_t>(17, 1);
  refused("rank 17 is above 16");
}

TEST_F(MalformedTest, WeightType) {
  manifest->weights[0]->dtype = DType(50);
  refused("weight 0: element type 50 is unknown");
}

TEST_F(MalformedTest, StateFields) {
  manifest->states[0]->axis = 2;
  refused("state 'grow': it grows along axis 2 of 2");
  manifest->states[0]->rank = 17;
  refused("state 'grow': rank 17 is above 16");
  manifest->states[0]->kind = StateKind(9);
  refused("state 'grow': its kind or element type is unknown");
}

TEST_F(MalformedTest, CounterType) {
  manifest->states[2]->dtype = DType::I32;
  refused("state 'counter': a counter is an i64");
}

// ---- Epochs and expressions
// ----------------------------------------------------------------------------

TEST_F(MalformedTest, EpochCount) {
  entry().epoch_exprs.pop_back();
  refused("1 epochs for 1 steps that define a symbol");
}

TEST_F(MalformedTest, EpochsDecrease) {
  entry().epoch_exprs[0] = entry().epoch_exprs[1] + 1;
  refused("epoch 1 may evaluate fewer expressions");
}

TEST_F(MalformedTest, LastEpochIsIncomplete) {
  entry().epoch_exprs[1] -= 1;
  refused("the last epoch may evaluate");
}

TEST_F(MalformedTest, LastEpochBeyondExpressions) {
  entry().epoch_exprs[1] += 1;
  refused("the last epoch may evaluate");
}

TEST_F(MalformedTest, OperandComesLater) {
  entry().exprs[6] = node(ExprOp::Add, 6, 0);
  refused("expression 6: operand 6 does not come before it");
  entry().exprs[6] = node(ExprOp::Select, 0, 1, 4000000000u);
  refused("expression 6: operand 4000000000 does not come before it");
}

TEST_F(MalformedTest, UnknownOperation) {
  entry().exprs[6] = node(ExprOp(99));
  refused("expression 6: operation 99 is unknown");
}

TEST_F(MalformedTest, SymbolOutOfRange) {
  entry().exprs[0] = node(ExprOp::Symbol, 99);
  refused("expression 0: symbol 99 of 5");
}

TEST_F(MalformedTest, SymbolBeforeItsStep) {
  entry().exprs[0] = node(ExprOp::Symbol, 4);
  refused("expression 0 reads symbol 4 before step 1 defines it");
}

TEST_F(MalformedTest, SymbolSources) {
  auto &s = entry().symbols;
  auto with = [&](size_t i, Symbol symbol, const char *part) {
    Symbol before = s[i];
    s[i] = symbol;
    refused(part);
    s[i] = before;
  };
  with(0, {9, 0, SymbolSource::InputDim}, "symbol 0 reads input 9 of 2");
  with(0, {0, 1, SymbolSource::InputDim}, "symbol 0 reads dimension 1 of input 0 with rank 1");
  with(1, {9, 0, SymbolSource::InputElement}, "symbol 1 reads input 9 of 2");
  with(1, {0, 0, SymbolSource::InputElement}, "which is not of an integer type");
  with(2, {9, 0, SymbolSource::StateDim}, "symbol 2 reads state 9, which the entry does not use");
  with(2, {0, 2, SymbolSource::StateDim}, "symbol 2 reads dimension 2 of state 0 with rank 2");
  with(3, {1, 0, SymbolSource::StateCapacity}, "which is not a growing state of the entry");
  with(3, {0, 0, SymbolSource(77)}, "symbol 3: its source 77 is unknown");
  with(4, {99, 0, SymbolSource::Step}, "symbol 4 is defined by step 99 of 3");
  with(4, {0, 0, SymbolSource::Step}, "symbol 4: step 0 does not define it");
}

TEST_F(MalformedTest, SymbolNames) {
  entry().symbol_names = {"n"};
  refused("1 names for 5 symbols");
}

TEST_F(MalformedTest, Checks) {
  entry().checks[0]->epoch = 2;
  refused("check 0: epoch 2 of 2");
  entry().checks[0]->epoch = 0;
  entry().checks[0]->rhs = entry().epoch_exprs[0];
  refused("check 0: it compares expressions");
}

// ---- Values and uses of states
// ---------------------------------------------------------------------------

TEST_F(MalformedTest, InputDims) {
  entry().inputs[0]->dims = {entry().epoch_exprs[0]};
  refused("input 'x': dimension names expression");
  entry().inputs[0]->dims = std::vector<uint32_t>(17, 0);
  refused("input 'x': rank 17 is above 16");
  entry().inputs[0]->dtype = DType(int(DType::MAX) + 1);
  refused("input 'x': element type 23 is unknown");
}

TEST_F(MalformedTest, OutputDims) {
  entry().outputs[0]->dims = {99};
  refused("output 'y': dimension names expression 99");
}

TEST_F(MalformedTest, StateUses) {
  auto &uses = entry().states;
  uses[0]->state = 3;
  refused("it uses state 3 of 3");
  uses[0] = std::make_unique<StateUseT>(*uses[1]);
  refused("it uses state 'fixed' twice");
}

TEST_F(MalformedTest, StateUseRank) {
  entry().states[0]->present = {4};
  refused("state 'grow' has rank 2, its use 1 dimensions");
}

TEST_F(MalformedTest, StateUsePast) {
  entry().states[0]->past = {4};
  refused("state 'grow': 1 dimensions before the run, expected 2");
  entry().states[0]->past = {4, 2};
  entry().states[0]->starts = true;
  refused("state 'grow': 2 dimensions before the run, expected 0");
}

TEST_F(MalformedTest, StateUseDims) {
  entry().states[0]->present = {4, entry().epoch_exprs[0]};
  refused("state 'grow': dimension names expression");
}

TEST_F(MalformedTest, StateSizeFromCapacity) {
  entry().states[0]->present = {4, 3};
  refused("state 'grow': its size depends on its capacity");
}

TEST_F(MalformedTest, GrowingStatesGoTogether) {
  addState(*manifest, "second", StateKind::Growing, DType::F32, 2, 1);
  refused("it uses 1 of 2 growing states; all or none");
}

// ---- Slots, buffers, steps
// ---------------------------------------------------------------------------------

TEST_F(MalformedTest, Slots) {
  entry().slots[0]->epoch = 2;
  refused("slot 0: epoch 2 of 2");
  entry().slots[0]->epoch = 0;
  entry().slots[0]->bytes = entry().epoch_exprs[0];
  refused("slot 0: its size is expression");
}

TEST_F(MalformedTest, Buffers) {
  auto &b = *entry().buffers[0];
  b.index = 2;
  refused("buffer 0: Input 2 of 2");
  b.kind = BufferKind::Weight;
  refused("buffer 0: Weight 2 of 1");
  b.kind = BufferKind::Slot;
  refused("buffer 0: Slot 2 of 2");
  b.kind = BufferKind::Output;
  refused("buffer 0: Output 2 of 1");
  b.kind = BufferKind::State;
  b.index = 3;
  refused("buffer 0: State 3 of 3");
  b.kind = BufferKind(5);
  refused("buffer 0: kind 5 is unknown");
  b.epoch = 2;
  refused("buffer 0: epoch 2 of 2");
  b.epoch = 0;
  b.bytes = entry().epoch_exprs[0];
  refused("buffer 0: its size is expression");
}

TEST_F(MalformedTest, BufferOfUnusedState) {
  entry().states.erase(entry().states.begin() + 1);
  refused("the entry does not use state 1");
}

TEST_F(MalformedTest, StepFields) {
  auto &step = *entry().steps[0];
  step.kernel = 99;
  refused("step 0: kernel 99 of 13");
  step.kernel = 3;
  refused("step 0: kernel 'sum_rows' takes 2 buffers and 3 sizes, not 3 and 0");
  step.kernel = 0;
  step.grid = entry().epoch_exprs[0];
  refused("step 0: the grid is expression");
  step.grid = 0;
  step.buffers[1] = 99;
  refused("step 0: operand 1 is buffer 99 of 6");
  step.kind = StepKind(7);
  refused("step 0: kind 7 is unknown");
}

TEST_F(MalformedTest, StepSizes) {
  entry().steps[2]->sizes = {99};
  refused("step 2: a size is expression 99");
}

TEST_F(MalformedTest, BufferUsedBeforeItsEpoch) {
  entry().steps[0]->buffers[0] = 5;
  refused("step 0: buffer 5 is known in epoch 1, the step runs in epoch 0");
}

TEST_F(MalformedTest, WritesWhereItMustNot) {
  entry().steps[0]->buffers = {0, 0, 2};
  refused("step 0: operand 0 writes to an input or a weight");
  entry().steps[0]->buffers = {2, 0, 2};
  refused("step 0: operand 0 writes to an input or a weight");
}

TEST_F(MalformedTest, ReadsWhatNobodyWrote) {
  entry().steps[0]->buffers = {4, 0, 2}; // writes the state instead of the slot
  refused("step 2: operand 1 reads buffer 3 before any step wrote it");
}

TEST_F(MalformedTest, OutputThatNobodyWrites) {
  entry().steps[2]->buffers[0] = 3;
  refused("no step writes output 'y'");
}

TEST_F(MalformedTest, DefineSymbol) {
  auto &step = *entry().steps[1];
  step.symbol = 0;
  refused("symbol 4: step 1 does not define it");
  step.symbol = 4;
  step.buffers = {1, 1};
  refused("step 1: it defines a symbol from one buffer, not from 2");
  step.buffers = {99};
  refused("step 1: operand 0 is buffer 99 of 6");
  step.buffers = {5};
  refused("step 1: buffer 5 is known in epoch 1, the step runs in epoch 0");
}

TEST_F(MalformedTest, DefineSymbolReadsBeyondTheBuffer) {
  entry().steps[1]->element = 1;
  Opened opened(assemble(sectionsOf(*manifest, weights)));
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  TestSession s(opened.engine);
  std::vector<float> x{1};
  std::vector<int64_t> i{1};
  EXPECT_EQ(s.run("main", {tensor(x, {1}), tensor(i, {1})}), DSC_CORRUPT);
  EXPECT_STREQ(s.error.message, "entry 'main', step 1: element 1 of a buffer with 8 bytes");
}

TEST_F(MalformedTest, SharedVectorsDoNotUnfold) {
  // 40,000 kernels that share one vector of 40,000 outputs.
  flatbuffers::FlatBufferBuilder b;
  std::vector<uint32_t> many(40000, 0);
  auto outputs = b.CreateVector(many);
  std::vector<flatbuffers::Offset<Kernel>> kernels;
  for (int i = 0; i < 40000; ++i) {
    auto name = b.CreateString("k" + std::to_string(i));
    KernelBuilder kernel(b);
    kernel.add_name(name);
    kernel.add_operands(1);
    kernel.add_outputs(outputs);
    kernels.push_back(kernel.Finish());
  }
  auto all = b.CreateVector(kernels);
  std::vector<flatbuffers::Offset<Entry>> entries;
  auto none = b.CreateVector(std::vector<flatbuffers::Offset<Value>>());
  auto name = b.CreateString("main");
  EntryBuilder builder(b);
  builder.add_name(name);
  builder.add_inputs(none);
  builder.add_outputs(none);
  entries.push_back(builder.Finish());
  auto entryVector = b.CreateVector(entries);
  ManifestBuilder m(b);
  m.add_kernels(all);
  m.add_entries(entryVector);
  FinishManifestBuffer(b, m.Finish());
  auto sections = sectionsOf(*manifest);
  const char *data = reinterpret_cast<const char *>(b.GetBufferPointer());
  sections[0].bytes.assign(data, data + b.GetSize());
  Opened opened(assemble(sections));
  EXPECT_EQ(opened.status, DSC_CORRUPT);
  EXPECT_STREQ(opened.error.message, "manifest: its tables share vectors beyond its size");
}

} // namespace
