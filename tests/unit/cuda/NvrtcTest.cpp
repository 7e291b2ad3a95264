// SPDX-License-Identifier: Apache-2.0
// CUDA C++ to PTX and cubins, and what is said when that fails.
#include "tests/unit/cuda/Nvrtc.h"

#include <string>

using namespace dsc;

namespace {

constexpr const char *twice = R"(extern "C" __global__ void twice(float *y, const float *x) {
  y[threadIdx.x] = 2.0f * x[threadIdx.x];
})";

TEST(Nvrtc, GivesPtxForComputeArchitectures) {
  DSC_REQUIRE_NVRTC();
  Bytes image;
  dsc_error error = {};
  ASSERT_EQ(nvrtc->compile({twice, "twice.cu", "compute_80"}, image, &error), DSC_OK)
      << error.message;
  EXPECT_EQ(image[image.size() - 1], '\0');
  std::string ptx = image.data();
  EXPECT_EQ(ptx.size() + 1, image.size());
  EXPECT_NE(ptx.find(".target sm_80"), std::string::npos);
  EXPECT_NE(ptx.find(".visible .entry twice("), std::string::npos);
  EXPECT_EQ(ptx.find(".loc"), std::string::npos);
}

TEST(Nvrtc, GivesLineInformationWhenAsked) {
  DSC_REQUIRE_NVRTC();
  Bytes image;
  ASSERT_EQ(compileCuda({twice, "twice.cu", "compute_80", true}, image, nullptr), DSC_OK);
  std::string ptx = image.data();
  EXPECT_NE(ptx.find("twice.cu"), std::string::npos);
  EXPECT_NE(ptx.find(".loc\t1 2 "), std::string::npos) << ptx;
}

TEST(Nvrtc, GivesCubinsForRealArchitectures) {
  DSC_REQUIRE_NVRTC();
  for (const char *architecture : {"sm_80", "sm_90a"}) {
    Bytes image;
    dsc_error error = {};
    ASSERT_EQ(nvrtc->compile({twice, "twice.cu", architecture}, image, &error), DSC_OK)
        << error.message;
    EXPECT_EQ(std::string(image.data(), 4), "\177ELF");
  }
}

TEST(Nvrtc, ShowsTheLineThatIsWrong) {
  DSC_REQUIRE_NVRTC();
  Bytes image;
  dsc_error error = {};
  EXPECT_EQ(nvrtc->compile({"extern \"C\" __global__ void f(int *p) {\n  p[0] = number;\n}\n",
                            "f.cu", "compute_80"},
                           image, &error),
            DSC_UNSUPPORTED);
  EXPECT_STREQ(error.message,
               "NVRTC cannot compile for compute_80: f.cu(2): error: identifier \"number\" is "
               "undefined: `p[0] = number;`");
}

TEST(Nvrtc, ShowsWhatTheAssemblerSays) {
  DSC_REQUIRE_NVRTC();
  Bytes image;
  dsc_error error = {};
  EXPECT_EQ(nvrtc->compile({"extern \"C\" __global__ void f() { asm volatile(\"bogus.b32;\"); }\n",
                            "f.cu", "sm_80"},
                           image, &error),
            DSC_UNSUPPORTED);
  EXPECT_NE(std::string(error.message).find("ptxas"), std::string::npos) << error.message;
  EXPECT_NE(std::string(error.message).find("bogus"), std::string::npos) << error.message;
}

TEST(Nvrtc, NamesAnArchitectureThatItDoesNotKnow) {
  DSC_REQUIRE_NVRTC();
  Bytes image;
  dsc_error error = {};
  EXPECT_EQ(nvrtc->compile({twice, "twice.cu", "sm_12345"}, image, &error), DSC_UNSUPPORTED);
  EXPECT_NE(std::string(error.message).find("sm_12345"), std::string::npos) << error.message;
}

TEST(Nvrtc, SaysWhatToDoWithoutALibrary) {
  Nvrtc none;
  dsc_error error = {};
  EXPECT_EQ(none.open("/nowhere/libnvrtc.so", &error), DSC_UNSUPPORTED);
  EXPECT_NE(std::string(error.message).find("cannot open NVRTC: /nowhere/libnvrtc.so"),
            std::string::npos)
      << error.message;
  EXPECT_FALSE(none.isOpen());
  EXPECT_EQ(none.open("libc.so.6", &error), DSC_UNSUPPORTED);
  EXPECT_STREQ(error.message, "'libc.so.6' is no NVRTC: it lacks nvrtcCreateProgram");
  EXPECT_FALSE(none.isOpen());
}

} // namespace
