// SPDX-License-Identifier: Apache-2.0
// Puts seeded faults into generated kernels, runs each kernel's own cases and says which faults
// they do not notice, with a table of families at the end. usage: dsc_target_cuda_mutate [--every
// N]
// [--least PERCENT] [--verbose] [FAMILY...]: every Nth fault of each kernel of all families, or of
// those that are named; survivors with a reason are listed with --verbose only. Exit code 1 when a
// fault survives that survivors.txt does not argue, or when less than 95 % (--least) of a family
// are found.
#include "tests/unit/ptxsim/Gpu.h"
#include "tests/unit/targets_cuda/Families.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include <chrono>
#include <set>

using namespace dsc::cuda::test;

namespace {

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

/// The kinds and lines that survivors.txt argues.
std::set<std::string> reasons() {
  std::set<std::string> explained;
  if (auto file = llvm::MemoryBuffer::getFile(DSC_SURVIVORS)) {
    llvm::SmallVector<llvm::StringRef> lines;
    (*file)->getBuffer().split(lines, '\n');
    for (llvm::StringRef line : lines)
      if (!line.starts_with("#"))
        explained.insert(line.split(" -- ").first.str());
  }
  return explained;
}

/// A case of a kernel, and the lines of the PTX that it executes.
struct Trial {
  KernelRun run;
  std::set<unsigned> reached;
  double seconds;
  unsigned tries = 0, hits = 0;
  /// What may be hoped of it in a second.
  double promise() const { return (hits + 1.0) / (tries + 2.0) / seconds; }
};

std::set<unsigned> reachedLines() {
  std::set<unsigned> lines;
  llvm::SmallVector<llvm::StringRef> words;
  llvm::SplitString(ptxsim_reached("k"), words);
  for (llvm::StringRef word : words)
    lines.insert(std::stoul(word.str()));
  return lines;
}

struct Fault {
  std::string name; // for the option "mutate"
  std::string kind, change, instruction;
  unsigned line;
};

std::vector<Fault> faultsOf(const CompiledKernel &kernel) {
  std::vector<Fault> faults;
  llvm::SmallVector<llvm::StringRef> lines;
  std::string list = ptxsim_mutations(kernel.ptx().c_str());
  llvm::StringRef(list).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef line : lines) {
    llvm::SmallVector<llvm::StringRef> fields;
    line.split(fields, '\t');
    unsigned number = 0;
    (void)fields[2].getAsInteger(10, number);
    faults.push_back({(fields[1] + ":" + fields[0]).str(), fields[3].str(), fields[4].str(),
                      fields[5].str(), number});
  }
  return faults;
}

enum class Outcome { Found, Unnoticed, Unreached };

/// Only cases that come by the changed instruction can notice it: quick ones that have noticed
/// others go first. What is missing between threads may depend on their order.
Outcome tryOut(const CompiledKernel &kernel, std::vector<Trial> &trials, const Fault &fault) {
  std::vector<Trial *> able;
  for (Trial &trial : trials)
    if (trial.reached.count(fault.line))
      able.push_back(&trial);
  if (able.empty())
    return Outcome::Unreached;
  llvm::sort(able, [](Trial *a, Trial *b) { return a->promise() > b->promise(); });
  ptxsim_set_option("mutate", fault.name.c_str());
  ptxsim::test::Module module(kernel.ptx());
  ptxsim_set_option("mutate", "");
  unsigned seeds = fault.kind == "barrier" ? 3 : 1;
  for (unsigned seed = 0; seed < seeds; ++seed) {
    ptxsim::test::setSeed(seed);
    for (Trial *trial : able) {
      ++trial->tries;
      if (trial->run.check(module).empty())
        continue;
      ++trial->hits;
      return Outcome::Found;
    }
  }
  return Outcome::Unnoticed;
}

struct Tally {
  unsigned kernels = 0, all = 0, found = 0, argued = 0;
  double share() const { return 100.0 * found / std::max(1u, all); }
};

void printRow(llvm::StringRef family, const Tally &t) {
  llvm::outs() << llvm::formatv("| {0} | {1} | {2} | {3} | {4:F1} % | {5} | {6} |\n", family,
                                t.kernels, t.all, t.found, t.share(), t.argued,
                                t.all - t.found - t.argued);
}

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  unsigned every = 1;
  double least = 95;
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
  std::set<std::string> explained = reasons();
  mlir::MLIRContext context;
  loadDialects(context);
  ptxsim::test::openDevice();
  std::map<std::string, Tally> tallies;
  for (const Workload &workload : kernelFamilies()) {
    if (!families.empty() && !families.count(workload.family))
      continue;
    ptxsim_set_option("limit", "2000000000");
    CompiledKernel kernel(context, workload.text);
    std::vector<Trial> trials;
    for (const Case &test : workload.cases) {
      KernelRun run(kernel, test);
      ptxsim::test::setSeed(0);
      ptxsim::test::Module module(kernel.ptx());
      auto start = std::chrono::steady_clock::now();
      if (std::string wrong = run.check(module); !wrong.empty()) {
        llvm::errs() << workload.name << ": wrong without a fault: " << wrong << "\n";
        return 1;
      }
      std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      trials.push_back({std::move(run), reachedLines(), took.count()});
    }
    ptxsim_set_option("limit", "3000000");
    std::vector<std::string> sources = sourceLines(kernel.ptx(), kernel.source());
    std::vector<Fault> faults = faultsOf(kernel);
    Tally mine;
    for (size_t i = 0; i < faults.size(); i += every) {
      const Fault &fault = faults[i];
      ++mine.all;
      Outcome outcome = tryOut(kernel, trials, fault);
      if (outcome == Outcome::Found) {
        ++mine.found;
        continue;
      }
      std::string name =
          llvm::formatv("{0}: {1}: {2}", workload.family, fault.kind,
                        fault.line < sources.size() ? sources[fault.line] : std::string());
      bool known = explained.count(name);
      mine.argued += known;
      if (!known || verbose)
        llvm::outs() << llvm::formatv(
            "survives{0}{1}: {2}   [{3}, PTX line {4}: {5}: {6}]\n", known ? " (argued)" : "",
            outcome == Outcome::Unreached ? " (no case comes by)" : "", name, workload.name,
            fault.line, fault.instruction, fault.change);
    }
    llvm::outs() << llvm::formatv("{0}: {1} of {2} faults found\n", workload.name, mine.found,
                                  mine.all);
    llvm::outs().flush();
    Tally &tally = tallies[workload.family];
    ++tally.kernels;
    tally.all += mine.all, tally.found += mine.found, tally.argued += mine.argued;
  }
  llvm::outs() << "\n| family | kernels | faults | found | share | argued | no reason |\n"
                  "|---|---|---|---|---|---|---|\n";
  Tally total;
  bool enough = true;
  for (const auto &[family, t] : tallies) {
    printRow(family, t);
    enough &= t.share() >= least;
    total.kernels += t.kernels, total.all += t.all;
    total.found += t.found, total.argued += t.argued;
  }
  printRow("all", total);
  return enough && total.found + total.argued == total.all ? 0 : 1;
}
