// SPDX-License-Identifier: Apache-2.0
// Texts of kernels that tests and the search for seeded faults share.
#ifndef DSC_TESTS_UNIT_TARGETS_CUDA_WORKLOADS_H
#define DSC_TESTS_UNIT_TARGETS_CUDA_WORKLOADS_H

#include "tests/unit/targets_cuda/KernelTest.h"

namespace dsc::cuda::test {

/// x [rows, depth] by a weight [columns, depth] (alongK) or [depth, columns].
struct LinearShape {
  int64_t rows = 0, depth = 64, columns = 64; ///< rows of 0: the size "m"
  std::string type = "bf16";
  bool alongK = true;
  /// In place of these numbers: "8 + m" rows, "8*k" deep, "8*n" columns, over the sizes m, n and k.
  bool symbolic = false;
};
std::string linearText(const LinearShape &shape);

/// Attention over the sizes s (queries), t (rows of the past) and c (what the first query attends
/// to last, where `causal` says so).
struct AttentionText {
  int batch = 1, groups = 1, heads = 1;
  std::vector<int> parts = {8};
  int value = 8;
  std::string type = "f32", causal = "", queries = "s";
  /// Values are the first part of the keys.
  bool absorbed = false;
  /// Rows of a split: dsc.attention_parts.
  std::string split = "";
};
/// `masking` are operations over the leading arguments `arguments` that make %mask or %bias.
std::string attentionText(const AttentionText &shape, llvm::StringRef masking = "",
                          llvm::StringRef arguments = "");

/// Latent attention in its expanded form over s, t and c.
struct LatentText {
  int batch = 1, heads = 1, nope = 8, rope = 8, latent = 16, value = 8;
  std::string type = "f32", causal = "";
  /// The weight of all heads is one tensor [latent, heads * (nope + value)], of which keys and
  /// values are parts.
  bool joined = false;
};
std::string latentText(const LatentText &shape);

std::string combineText(int64_t heads, int64_t width, llvm::StringRef type);

/// Rows that choose one of `matrices` weights, in groups; over the size p and, where `symbolic`, of
/// depth "8*k" and with "8*n" columns.
struct GroupedText {
  int64_t matrices = 4, depth = 64, columns = 64, most = 64;
  std::string type = "bf16";
  bool alongK = false, symbolic = false;
};
std::string groupedText(const GroupedText &shape);
/// A case of it with these ids: order and groups are inputs of the kernel.
Case groupedCase(const GroupedText &shape, const std::vector<int64_t> &ids);

/// plan.group_rows of the ids' size p, and a case of it with what a sort gives.
std::string groupRowsText(int64_t matrices, int64_t most);
Case groupRowsCase(const std::vector<int64_t> &ids, int64_t matrices, int64_t most);

} // namespace dsc::cuda::test

#endif
