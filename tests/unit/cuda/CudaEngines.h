// SPDX-License-Identifier: Apache-2.0
// Hand-made CUDA engines and runtimes on the simulator, for tests.
#ifndef DSC_TESTS_UNIT_CUDA_CUDAENGINES_H
#define DSC_TESTS_UNIT_CUDA_CUDAENGINES_H

#include "TestEngine.h"

namespace dsc::test {

// z = x + w, f32[n] + f32[4], n at most 4; one launch of `add`.
std::unique_ptr<ManifestT> sumManifest(Bytes &weights);
// Its sections, with PTX for compute_80.
std::vector<Section> sumSections();

// A runtime and a session of `engine`, or the refusal of one of them.
class Attempt {
public:
  Attempt(const Opened &engine, const dsc_runtime_options &options);
  Attempt(const Bytes &engine, const char *device = "ptxsim");
  ~Attempt();
  Attempt(const Attempt &) = delete;
  Attempt &operator=(const Attempt &) = delete;

  // Of the sum of `x`; the result is in `sum`.
  dsc_status run(std::vector<float> x);
  std::string message() const { return error.message; }

  std::unique_ptr<Opened> own;
  dsc_runtime *runtime = nullptr;
  dsc_session *session = nullptr;
  dsc_status status = DSC_OK;
  dsc_error error = {};
  std::vector<float> sum;

private:
  void start(dsc_engine *engine, const dsc_runtime_options &options);
};

} // namespace dsc::test

#define EXPECT_CONTAINS(text, part)                                                                \
  EXPECT_NE(std::string(text).find(part), std::string::npos) << text << "\n  lacks: " << part

#endif
