// SPDX-License-Identifier: Apache-2.0
// The commands as a user calls them, on the toy language model.
#include "ToyLanguageModel.h"

#include "tools/dsc/Commands.h"
#include "tools/dsc/Npz.h"

#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>

using namespace dsc;
using namespace dsc::test;

namespace {

struct Output {
  int code;
  std::string out, err;
};

Output dscCommand(std::vector<std::string> arguments) {
  CLI::App app("dsc");
  app.require_subcommand(1);
  int code = 0;
  addRunCommand(app);
  addGenerateCommand(app);
  addInspectCommand(app);
  addVerifyCommand(app);
  addBenchCommand(app);
  std::reverse(arguments.begin(), arguments.end());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError &error) {
    code = error.get_exit_code();
  }
  std::fflush(stdout);
  std::fflush(stderr);
  std::string out = testing::internal::GetCapturedStdout();
  return {code, out, testing::internal::GetCapturedStderr()};
}

template <class T>
NpyArray array(const std::string &name, NpyType type, const std::vector<T> &values,
               std::vector<int64_t> dims) {
  NpyArray a;
  a.name = name;
  a.type = type;
  a.dims = std::move(dims);
  const char *bytes = reinterpret_cast<const char *>(values.data());
  a.bytes.assign(bytes, bytes + values.size() * sizeof(T));
  return a;
}

class CommandsTest : public testing::Test {
protected:
  CommandsTest() : folder(testing::TempDir() + "dsc-commands-XXXXXX") {
    EXPECT_TRUE(mkdtemp(folder.data()));
    folder += '/';
  }
  ~CommandsTest() override { std::filesystem::remove_all(folder); }

  // The arrays of a call that reads `tokens` after `past` others, with what the model says.
  std::vector<NpyArray> callArrays(std::vector<int64_t> text, int64_t past) {
    auto total = static_cast<int64_t>(text.size()), fresh = total - past;
    std::vector<int64_t> ids(text.begin() + past, text.end()), positions(ids.size());
    std::iota(positions.begin(), positions.end(), past);
    std::vector<float> logits;
    for (int64_t p = past; p < total; ++p) {
      int64_t next = toyContinuation({text.begin(), text.begin() + p + 1}, 1)[0];
      for (int64_t v = 0; v < toyVocabulary; ++v)
        logits.push_back(v == next);
    }
    std::vector<NpyArray> arrays = {
        array("in.input_ids", NpyType::I64, ids, {1, fresh}),
        array("in.position_ids", NpyType::I64, positions, {1, fresh}),
        array("in.attention_mask", NpyType::Bool, std::vector<char>(text.size(), 1), {1, total}),
        array("out.logits", NpyType::F32, logits, {1, fresh, toyVocabulary}),
        array("out.present_text", NpyType::I64, text, {1, total})};
    if (past)
      arrays.push_back(array("in.past_text", NpyType::I64,
                             std::vector<int64_t>(static_cast<size_t>(past)), {1, past}));
    return arrays;
  }
  std::string write(const std::string &name, const std::vector<NpyArray> &arrays) {
    std::string error;
    EXPECT_TRUE(writeNpz(folder + name, arrays, error)) << error;
    return folder + name;
  }

  std::string folder;
  TemporaryFile stages{toyLanguageModel(true)}, multi{toyLanguageModel(false)};
};

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

TEST_F(CommandsTest, RunComparesACallAfterAnother) {
  std::string first = write("first.npz", callArrays({3, 1, 4}, 0));
  std::string second = write("second.npz", callArrays({3, 1, 4, 1}, 3));
  Output o = dscCommand(
      {"run", stages.path, "--npz", first, "--npz", second, "--save", folder + "saved.npz"});
  EXPECT_EQ(o.code, 0) << o.out << o.err;
  EXPECT_TRUE(contains(o.out, "call 0: prefill (")) << o.out;
  EXPECT_TRUE(contains(o.out, "call 1: decode (")) << o.out;
  EXPECT_TRUE(contains(o.out, "  present_text: i64 [1, 4]: largest error 0")) << o.out;
  std::string error;
  auto saved = readNpz(folder + "saved.npz", error);
  ASSERT_TRUE(saved) << error;
  const NpyArray *text = findArray(*saved, "out.present_text");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->as<int64_t>()[3], 1);
  EXPECT_TRUE(findArray(*saved, "out.logits"));
}

TEST_F(CommandsTest, RunFindsDifferences) {
  auto arrays = callArrays({3, 1, 4}, 0);
  reinterpret_cast<float *>(arrays[3].bytes.data())[0] += 0.5f;
  std::string file = write("bad.npz", arrays);
  Output o = dscCommand({"run", multi.path, "--npz", "multi=" + file});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_TRUE(
      contains(o.out, "logits: f32 [1, 3, 32]: largest error 0.5: DIFFERENT: 1 of 96 elements"))
      << o.out;
  EXPECT_EQ(dscCommand({"run", multi.path, "--npz", file, "--atol", "0.6"}).code, 0);
  o = dscCommand({"run", multi.path, "--npz", file, "--json"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(contains(
      o.out, "\"name\":\"logits\",\"type\":\"f32 [1, 3, 32]\",\"ok\":false,\"max_error\":0.5"))
      << o.out;

  arrays = callArrays({3, 1, 4}, 0);
  arrays[3].name = "out.other";
  o = dscCommand({"run", multi.path, "--npz", write("missing.npz", arrays)});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(contains(o.out, "other: MISSING: entry 'multi' has no such output")) << o.out;
}

TEST_F(CommandsTest, RunNamesBadArguments) {
  auto refused = [&](std::vector<std::string> arguments, const std::string &message) {
    Output o = dscCommand(std::move(arguments));
    EXPECT_EQ(o.code, 2) << o.out;
    EXPECT_TRUE(contains(o.err, message)) << o.err;
  };
  std::string one = write("one.npz", callArrays({3}, 0));
  auto arrays = callArrays({3}, 0);
  arrays.push_back(array("in.past_text", NpyType::I64, std::vector<int64_t>{}, {1, 0}));
  arrays[0].name = "in.ids";
  refused({"run", stages.path, "--npz", write("names.npz", arrays)},
          "none of the entries prefill, decode takes these arrays");
  refused({"run", multi.path, "--npz", write("names.npz", arrays)},
          "entry 'multi' needs the input 'input_ids'");
  arrays = callArrays({3}, 0);
  arrays.push_back(array("in.extra", NpyType::I64, std::vector<int64_t>{1}, {1}));
  refused({"run", multi.path, "--npz", write("extra.npz", arrays)},
          "entry 'multi' has no input 'extra'");
  arrays = callArrays({3}, 0);
  arrays[0].name = "input_ids";
  refused({"run", multi.path, "--npz", write("plain.npz", arrays)},
          "array 'input_ids' is called neither in.NAME nor out.NAME");
  refused({"run", multi.path, "--npz", folder + "nothing.npz"}, "nothing.npz");
  refused({"run", multi.path, "--input", "x"}, "--input x: expected NAME=@file.npy");
  refused({"run", folder + "nothing.dsce", "--npz", one}, "cannot open");
  arrays = callArrays({3, 1}, 0);
  arrays[1].dims = {2, 1};
  refused({"run", multi.path, "--npz", write("shape.npz", arrays)},
          "input 'position_ids': dimension 0 is 2, expected 1");
}

TEST_F(CommandsTest, RunTakesSingleFiles) {
  std::vector<std::string> arguments = {"run", multi.path};
  for (NpyArray &a : callArrays({5, 6}, 0)) {
    bool input = a.name.starts_with("in.");
    std::string name = a.name.substr(input ? 3 : 4), error, path = folder + name + ".npy";
    ASSERT_TRUE(writeNpy(path, a, error)) << error;
    arguments.push_back(input ? "--input" : "--expect");
    arguments.push_back(name + "=@" + path);
  }
  Output o = dscCommand(arguments);
  EXPECT_EQ(o.code, 0) << o.out << o.err;
}

TEST_F(CommandsTest, GenerateWithStagesAndAlone) {
  std::vector<int64_t> prompt = {3, 1, 4, 1, 5};
  std::string want;
  for (int64_t token : toyContinuation(prompt, 12))
    want += (want.empty() ? "" : ",") + std::to_string(token);
  for (const std::string &path : {stages.path, multi.path}) {
    Output o = dscCommand({"generate", path, "--ids", "3,1,4,1,5", "-n", "12"});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.out, want + "\n");
    EXPECT_TRUE(contains(o.err, "prompt: 5 tokens")) << o.err;
  }
  Output o = dscCommand({"generate", multi.path, "--ids", "3,1,4,1,5", "-n", "12", "--json"});
  EXPECT_TRUE(contains(o.out, "{\"ids\":[" + want + "],\"prompt_tokens\":5,")) << o.out;
  // The logits are 0 and 1: at a low temperature the draw is the best, at a high one it is not
  // always.
  EXPECT_EQ(dscCommand(
                {"generate", multi.path, "--ids", "3,1,4,1,5", "-n", "12", "--temperature", "0.01"})
                .out,
            want + "\n");
  std::string hot =
      dscCommand({"generate", multi.path, "--ids", "3,1", "--temperature", "10", "--seed", "7"})
          .out;
  EXPECT_EQ(
      dscCommand({"generate", multi.path, "--ids", "3,1", "--temperature", "10", "--seed", "7"})
          .out,
      hot);
  EXPECT_NE(
      dscCommand({"generate", multi.path, "--ids", "3,1", "--temperature", "10", "--seed", "8"})
          .out,
      hot);
}

// The same commands on the simulator of a GPU, with the toy model's CUDA kernels.
TEST_F(CommandsTest, Devices) {
  setenv("DSC_TEST_DEVICE", "ptxsim", 1);
  TemporaryFile cuda(toyLanguageModel(true));
  unsetenv("DSC_TEST_DEVICE");
  std::string first = write("first.npz", callArrays({3, 1, 4}, 0));
  std::string second = write("second.npz", callArrays({3, 1, 4, 1}, 3));
  Output o = dscCommand(
      {"run", cuda.path, "--npz", first, "--npz", second, "--device=ptxsim", "--atol", "0"});
  EXPECT_EQ(o.code, 0) << o.out << o.err;
  EXPECT_TRUE(contains(o.out, "  present_text: i64 [1, 4]: largest error 0")) << o.out;
  std::string want = fmt::format("{}\n", fmt::join(toyContinuation({3, 1, 4}, 6), ","));
  o = dscCommand({"generate", cuda.path, "--ids", "3,1,4", "-n", "6", "--device", "ptxsim"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.out, want);
  o = dscCommand({"bench", cuda.path, "--npz", first, "--repeat", "2", "--profile", "--json",
                  "--device=ptxsim"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(contains(o.out, "\"name\":\"toy_logits\"")) << o.out;
  EXPECT_FALSE(contains(o.out, "\"nanoseconds\":0,")) << o.out;

  auto refused = [&](std::vector<std::string> arguments, int code, const std::string &part) {
    Output o = dscCommand(std::move(arguments));
    EXPECT_EQ(o.code, code);
    EXPECT_TRUE(contains(o.err, part)) << o.err;
  };
  refused({"run", cuda.path, "--npz", first}, 3, "the engine has CUDA kernels");
  refused({"run", stages.path, "--npz", first, "--device=ptxsim"}, 3, "the engine has CPU code");
  refused({"run", cuda.path, "--npz", first, "--device=cuda", "--driver=/nowhere.so"}, 3,
          "cannot open the CUDA driver: /nowhere.so");
  refused({"run", cuda.path, "--npz", first, "--device=gpu"}, 2, "device 'gpu' is none of");
  refused({"bench", cuda.path, "--npz", first, "--device=ptxsim", "--roof"}, 2, "gpu-check");
}

TEST_F(CommandsTest, GenerateRefusesWhatItCannotFill) {
  auto manifest = newManifest();
  EntryWriter e(*manifest, "main");
  uint32_t n = e.symbol(SymbolSource::InputDim, 0, 1), one = e.constant(1);
  e.input("input_ids", DType::I64, {one, n});
  e.input("pixels", DType::F32, {n});
  e.finish();
  TemporaryFile file(assemble(sectionsOf(*manifest)));
  Output o = dscCommand({"generate", file.path, "--ids", "1"});
  EXPECT_EQ(o.code, 2);
  EXPECT_EQ(
      o.err,
      "dsc: error: entry 'main' takes the input 'pixels': f32 [?], which generate cannot fill\n");
}

TEST_F(CommandsTest, Inspect) {
  Output o = dscCommand({"inspect", stages.path});
  EXPECT_EQ(o.code, 0) << o.err;
  for (const char *part : {"entry prefill", "input   attention_mask: bool [1, past + seq]",
                           "output  logits: f32 [1, 1, 32]",
                           "state   text: i64 [1, past + 1] (continues, grows along axis 1)",
                           "state bytes per token: 8", "1 x toy_logits"})
    EXPECT_TRUE(contains(o.out, part)) << o.out << "\n  lacks " << part;
  o = dscCommand({"inspect", stages.path, "--json"});
  EXPECT_TRUE(contains(o.out, "\"state_bytes_per_token\":8")) << o.out;
}

TEST_F(CommandsTest, InspectTellsThePeak) {
  // The text of 11 tokens and the logits of 4; one token after 7.
  Output o = dscCommand({"inspect", stages.path, "--size", "past=7", "--size", "seq=4"});
  EXPECT_TRUE(contains(o.out, "peak with past = 7, seq = 4, other sizes 1")) << o.out;
  EXPECT_TRUE(contains(o.out, "arena 0, states 88, outputs 512, all weights 0: 600 bytes")) << o.out;
  EXPECT_TRUE(contains(o.out, "arena 0, states 64, outputs 128, all weights 0: 192 bytes")) << o.out;
  EXPECT_EQ(dscCommand({"inspect", stages.path, "--size", "past"}).code, 2);
}

TEST_F(CommandsTest, VerifyRefusesDamage) {
  EXPECT_EQ(dscCommand({"verify", multi.path}).out, multi.path + ": sound\n");
  Bytes bytes = toyLanguageModel(false);
  bytes[bytes.size() / 2] ^= 1;
  TemporaryFile damaged(bytes);
  Output o = dscCommand({"verify", damaged.path});
  EXPECT_EQ(o.code, 3);
  EXPECT_TRUE(contains(o.err, "its bytes do not match their digest")) << o.err;
  bytes.resize(bytes.size() - 1);
  TemporaryFile truncated(bytes);
  EXPECT_EQ(dscCommand({"inspect", truncated.path}).code, 3);
}

TEST_F(CommandsTest, Bench) {
  std::string file = write("call.npz", callArrays({3, 1, 4}, 0));
  Output o = dscCommand({"bench", multi.path, "--npz", file, "--repeat", "3", "--profile"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(contains(o.out, "call 0: multi")) << o.out;
  EXPECT_TRUE(contains(o.out, "1 x toy_append")) << o.out;
  EXPECT_TRUE(contains(o.out, ", p99 ")) << o.out;
  o = dscCommand({"bench", multi.path, "--npz", file, "--repeat", "3", "--roof", "--threads", "1"});
  EXPECT_TRUE(contains(o.out, "machine, 1 threads: f32 multiply-add ")) << o.out;
  o = dscCommand({"bench", multi.path, "--npz", file, "--repeat", "3", "--lines"});
  EXPECT_EQ(o.out.rfind("load_ms ", 0), 0u) << o.out;
  size_t lines = 0;
  for (size_t at = 0; (at = o.out.find("\nms ", at)) != std::string::npos; ++at)
    ++lines;
  EXPECT_EQ(lines, 3u) << o.out;
}

} // namespace
