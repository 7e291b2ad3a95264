// SPDX-License-Identifier: Apache-2.0
// Engines written by earlier versions still run.
#include "ToyLanguageModel.h"

#include <numeric>

using namespace dsc::test;

namespace {

class GoldenTest : public testing::TestWithParam<const char *> {
protected:
  // Feeds `tokens` and returns the token that follows.
  int64_t feed(TestSession &s, const char *entry, std::vector<int64_t> tokens) {
    auto count = static_cast<int64_t>(tokens.size()), past = dsc_session_length(s.session);
    std::vector<int64_t> positions(tokens.size());
    std::iota(positions.begin(), positions.end(), past);
    std::vector<char> mask(static_cast<size_t>(past + count), 1);
    dsc_tensor maskTensor = {DSC_BOOL, 2, {1, past + count}, mask.data()};
    EXPECT_EQ(s.run(entry, {tensor(tokens, {1, count}), tensor(positions, {1, count}), maskTensor}),
              DSC_OK)
        << s.error.message;
    std::vector<float> logits = s.output<float>();
    auto last = logits.end() - toyVocabulary;
    return std::max_element(last, logits.end()) - last;
  }
};

TEST_P(GoldenTest, StillGenerates) {
  std::string folder = std::string(DSC_TEST_ENGINES) + "/" + GetParam();
  for (bool stages : {true, false}) {
    dsc_engine *engine = nullptr;
    dsc_error error = {};
    dsc_engine_options options = {sizeof options, DSC_VERIFY_FULL, nullptr};
    std::string path = folder + (stages ? "/stages.dsce" : "/multi.dsce");
    ASSERT_EQ(dsc_engine_open(path.c_str(), &options, &engine, &error), DSC_OK) << error.message;
    {
      TestSession s(engine);
      std::vector<int64_t> prompt = {3, 1, 4, 1, 5}, tokens;
      tokens.push_back(feed(s, stages ? "prefill" : "multi", prompt));
      while (tokens.size() < 8)
        tokens.push_back(feed(s, stages ? "decode" : "multi", {tokens.back()}));
      EXPECT_EQ(tokens, toyContinuation(prompt, 8));
    }
    dsc_engine_close(engine);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, GoldenTest, testing::Values("v1.0"));

} // namespace
