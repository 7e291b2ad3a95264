// SPDX-License-Identifier: Apache-2.0
// Puts seeded faults into generated kernels, runs each kernel's own cases and says which faults
// they do not notice. usage: dsc_target_cuda_mutate [--every N] [--least PERCENT] [--verbose]
// [FAMILY...]: every Nth fault of each kernel; all by default, but for the generic families map,
// reduce and order, whose survivors nobody has argued yet: they are run when they are named. Exit
// code 1 when a fault survives that survivors.txt does not explain; with --least when fewer than so
// many of all faults are found.
#include "tests/unit/ptxsim/Gpu.h"
#include "tests/unit/targets_cuda/GenericWorkloads.h"
#include "tests/unit/targets_cuda/RouteWorkloads.h"
#include "tests/unit/targets_cuda/Workloads.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include <set>

using namespace dsc::cuda::test;

namespace {

struct Workload {
  const char *family;
  std::string name;
  std::string text;
  std::vector<Case> cases;
};

Case sized(std::vector<int64_t> sizes, double tolerance) {
  return {.sizes = std::move(sizes), .absolute = tolerance, .relative = tolerance};
}

/// Small, and with every edge that a kernel treats in its own way: tails, a second chunk, a second
/// block.
std::vector<Workload> workloads() {
  std::vector<Workload> all;
  for (const char *type : {"bf16", "f32"}) {
    bool half = type[0] == 'b';
    double tolerance = half ? 8e-3 : 1e-5, exact = half ? 5e-5 : 1e-5;
    auto named = [&](const std::string &name) { return name + " " + type; };
    for (bool alongK : {true, false}) {
      // Depths that end in each of the loads under way and in a chunk of their own; columns and
      // rows that end in each part of a tile.
      std::vector<Case> depths, tiles;
      for (int64_t k : {1, 9, 17, 31, 33, 49, 64, 66, 81, 97, 113, 127, 129, 145, 165, 200, 256})
        depths.push_back(sized({0, k % 3 + 1, k}, tolerance));
      for (int64_t m : {0, 1, 2, 3, 5, 8, 16, 24, 32, 39, 47, 55, 61})
        tiles.push_back(sized({m, m % 18 + 1, (m * 7) % 17 + 1}, tolerance));
      for (int64_t n : {9, 10, 11, 12, 13, 14, 15})
        tiles.push_back(sized({n, n, n % 5 * 4}, tolerance));
      const char *form = alongK ? "k" : "n";
      all.push_back({"linear_few", named(std::string("few ") + form),
                     linearText({.rows = 3, .type = type, .alongK = alongK, .symbolic = true}),
                     depths});
      all.push_back({"linear_many", named(std::string("many ") + form),
                     linearText({.type = type, .alongK = alongK, .symbolic = true}), tiles});
    }
    GroupedText grouped{.type = type, .alongK = !half, .symbolic = true};
    std::vector<Case> groups;
    auto addGroups = [&](int64_t rows, int64_t n, int64_t k) {
      std::vector<int64_t> ids(rows);
      for (int64_t i = 0; i < rows; ++i)
        ids[i] = i % 5 == 4 ? 3 : i % 7 < 5 ? 1 : 0;
      groups.push_back(groupedCase(grouped, ids));
      groups.back().sizes = {rows, n, k};
      groups.back().absolute = groups.back().relative = tolerance;
    };
    for (int64_t k : {1, 17, 33, 49, 66, 97, 129, 200, 600})
      addGroups(1, k % 3 + 1, k);
    for (int64_t k : {1, 9, 17, 33, 49, 66, 97, 129, 200})
      addGroups(6 + k % 7, k % 3 + 1, k);
    for (int64_t rows : {64, 65, 70, 85, 100, 110, 120, 130, 150})
      addGroups(rows, rows % 17 + 1, rows % 13);
    all.push_back({"grouped", named("grouped"), groupedText(grouped), groups});
    std::vector<Case> parts, whole, latent;
    for (int64_t t : {1, 130, 150})
      parts.push_back(sized({t % 3 + 1, t, t - t % 3 - 1 > 0 ? t - t % 3 - 1 : 0}, exact));
    for (int64_t t : {66, 71, 76, 82, 87, 93, 100, 128})
      parts.push_back(sized({t % 3 + 1, t, t - t % 3 - 1}, exact));
    for (int64_t t : {65, 70, 75, 81, 86, 92, 127, 128})
      parts.push_back(sized({t % 3 + 1, t, 1000}, exact));
    all.push_back({"attention", named("parts"),
                   attentionText({.heads = 20,
                                  .parts = {48, 16},
                                  .value = 48,
                                  .type = type,
                                  .causal = "c",
                                  .queries = "s",
                                  .absorbed = true,
                                  .split = "128"}),
                   parts});
    for (int64_t s : {3, 10, 17, 25, 37, 45, 52, 58, 64, 66})
      whole.push_back(sized({s, s % 2 ? s + 20 : s, s % 3 ? 1000 : s % 2 * 20}, tolerance));
    all.push_back(
        {"attention", named("whole"),
         attentionText(
             {.batch = 2, .groups = 2, .parts = {32}, .value = 48, .type = type, .causal = "c"}),
         whole});
    for (int64_t s : {3, 20, 37, 70, 101, 128, 130})
      latent.push_back(sized({s, s % 41 + 40, s % 2 ? 1000 : 37}, half ? 2e-2 : 1e-5));
    all.push_back({"latent", named("expanded"),
                   latentText({.heads = 2,
                               .nope = 32,
                               .rope = 16,
                               .latent = 72,
                               .value = 48,
                               .type = type,
                               .causal = "c",
                               .joined = half}),
                   latent});
    all.push_back({"combine",
                   named("combine"),
                   combineText(3, 70, type),
                   {sized({7}, tolerance), sized({230}, tolerance), sized({1}, tolerance)}});
  }
  for (const auto &list : {genericWorkloads(), routeWorkloads()})
    for (const GenericWorkload &workload : list)
      all.push_back({workload.family, workload.name, workload.text, workload.cases});
  return all;
}

/// The line of the source that each line of the PTX comes from.
std::vector<std::string> sourceLines(llvm::StringRef ptx, llvm::StringRef source) {
  llvm::SmallVector<llvm::StringRef> lines, code;
  source.split(lines, '\n');
  ptx.split(code, '\n');
  std::vector<std::string> result(1);
  std::string now;
  for (llvm::StringRef line : code) {
    llvm::StringRef rest = line.ltrim();
    if (rest.consume_front(".loc")) {
      llvm::SmallVector<llvm::StringRef> words;
      llvm::SplitString(rest, words);
      unsigned number = 0;
      if (words.size() > 1 && !words[1].getAsInteger(10, number) && number &&
          number <= lines.size())
        now = lines[number - 1].trim().str();
    }
    result.push_back(now);
  }
  return result;
}

bool notices(const std::vector<KernelRun> &runs, const std::string &fault) {
  ptxsim_set_option("mutate", fault.c_str());
  bool found = false;
  for (unsigned seed = 0; seed < 3 && !found; ++seed) {
    ptxsim::test::setSeed(seed);
    for (const KernelRun &run : runs)
      if (!run.check().empty()) {
        found = true;
        break;
      }
  }
  ptxsim_set_option("mutate", "");
  return found;
}

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  unsigned every = 1;
  double least = 0;
  bool verbose = false;
  std::set<std::string> families;
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef word = argv[i];
    if (word == "--every" && i + 1 < argc)
      every = std::max(1, atoi(argv[++i]));
    else if (word == "--least" && i + 1 < argc)
      least = atof(argv[++i]);
    else if (word == "--verbose")
      verbose = true;
    else
      families.insert(word.str());
  }
  if (!hasNvrtc()) {
    llvm::outs() << "skipped: NVRTC is not installed\n";
    return 0;
  }
  std::set<std::string> explained;
  if (auto file = llvm::MemoryBuffer::getFile(DSC_SURVIVORS)) {
    llvm::SmallVector<llvm::StringRef> lines;
    (*file)->getBuffer().split(lines, '\n');
    for (llvm::StringRef line : lines)
      if (!line.starts_with("#"))
        explained.insert(line.split(" -- ").first.str());
  }
  mlir::MLIRContext context;
  loadDialects(context);
  ptxsim::test::openDevice();
  std::map<std::string, std::pair<unsigned, unsigned>> tallies; // found, all
  unsigned unexplained = 0;
  for (const Workload &workload : workloads()) {
    bool generic = llvm::is_contained({"map", "reduce", "order"}, llvm::StringRef(workload.family));
    if (families.empty() ? generic : !families.count(workload.family))
      continue;
    ptxsim_set_option("limit", "2000000000");
    CompiledKernel kernel(context, workload.text);
    std::vector<KernelRun> runs;
    for (const Case &test : workload.cases) {
      runs.emplace_back(kernel, test);
      if (std::string wrong = runs.back().check(); !wrong.empty()) {
        llvm::errs() << workload.name << ": wrong without a fault: " << wrong << "\n";
        return 1;
      }
    }
    ptxsim_set_option("limit", "3000000");
    std::vector<std::string> sources = sourceLines(kernel.ptx(), kernel.source());
    llvm::SmallVector<llvm::StringRef> faults;
    std::string list = ptxsim_mutations(kernel.ptx().c_str());
    llvm::StringRef(list).split(faults, '\n', -1, /*KeepEmpty=*/false);
    auto &tally = tallies[workload.family];
    unsigned found = 0, all = 0;
    for (size_t i = 0; i < faults.size(); i += every) {
      llvm::SmallVector<llvm::StringRef> fields;
      faults[i].split(fields, '\t');
      ++all;
      if (notices(runs, (fields[1] + ":" + fields[0]).str())) {
        ++found;
        continue;
      }
      unsigned line = 0;
      (void)fields[2].getAsInteger(10, line);
      std::string name = llvm::formatv("{0}: {1}: {2}", workload.family, fields[3],
                                       line < sources.size() ? sources[line] : std::string());
      bool known = explained.count(name);
      unexplained += !known;
      if (!known || verbose)
        llvm::outs() << llvm::formatv("survives{0}: {1}   [{2}, PTX line {3}: {4}: {5}]\n",
                                      known ? " (explained)" : "", name, workload.name, fields[2],
                                      fields[5], fields[4]);
    }
    tally.first += found;
    tally.second += all;
    llvm::outs() << llvm::formatv("{0}: {1} of {2} faults found\n", workload.name, found, all);
    llvm::outs().flush();
  }
  unsigned found = 0, all = 0;
  for (const auto &[family, tally] : tallies) {
    found += tally.first;
    all += tally.second;
    llvm::outs() << llvm::formatv("{0}: {1} of {2} faults found ({3:F1} %)\n", family, tally.first,
                                  tally.second, 100.0 * tally.first / std::max(1u, tally.second));
  }
  double share = 100.0 * found / std::max(1u, all);
  llvm::outs() << llvm::formatv(
      "all: {0} of {1} faults found ({2:F1} %), {3} survivors without a reason\n", found, all,
      share, unexplained);
  return least > 0 ? share < least : unexplained != 0;
}
