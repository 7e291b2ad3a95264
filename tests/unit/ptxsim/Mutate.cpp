// SPDX-License-Identifier: Apache-2.0
// Puts every seeded fault into the realistic kernels, runs each kernel's own check and says which
// faults it does not notice. usage: dsc_ptxsim_mutate [KERNEL...]
// The last line says how many were found; exit code 1 when a fault survives that
// kernels/survivors.txt does not explain.
#include "tests/unit/ptxsim/Workloads.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

using namespace ptxsim::test;

namespace {

struct Tally {
  unsigned all = 0, found = 0;
};

/// Lines "kernel: instruction: change: reason" that explain survivors.
std::set<std::string> explained() {
  std::set<std::string> result;
  std::istringstream lines(golden("survivors.txt"));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] != '#')
      result.insert(line.substr(0, line.find(" -- ")));
  return result;
}

std::string noticed(const Workload &workload, const std::string &text, const std::string &fault) {
  ptxsim_set_option("mutate", fault.c_str());
  std::string wrong;
  for (unsigned seed = 0; seed < 3 && wrong.empty(); ++seed) {
    setSeed(seed);
    Module module(text);
    wrong = workload.check(module);
  }
  ptxsim_set_option("mutate", "");
  return wrong;
}

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  openDevice();
  ptxsim_set_option("limit", "3000000");
  std::map<std::string, Tally> byKind;
  Tally total;
  unsigned unexplained = 0;
  auto reasons = explained();
  for (const Workload &workload : workloads()) {
    if (argc > 1 && std::none_of(argv + 1, argv + argc, [&](const char *name) {
          return std::string(name) == workload.name;
        }))
      continue;
    std::string text = golden(workload.name + std::string(".ptx"));
    std::istringstream faults(ptxsim_mutations(text.c_str()));
    std::map<std::string, unsigned> reportKinds;
    Tally mine;
    for (std::string line; std::getline(faults, line);) {
      std::vector<std::string> fields;
      std::istringstream parts(line);
      for (std::string field; std::getline(parts, field, '\t');)
        fields.push_back(field);
      std::string wrong = noticed(workload, text, fields[1] + ":" + fields[0]);
      Tally &kind = byKind[fields[3]];
      for (Tally *tally : {&total, &mine, &kind}) {
        ++tally->all;
        tally->found += !wrong.empty();
      }
      if (!wrong.empty()) {
        size_t colon = wrong.find(": kernel ");
        ++reportKinds[colon == std::string::npos ? "wrong result" : wrong.substr(0, colon)];
        continue;
      }
      std::string name =
          fmt::format("{}:{}: {}: {}", workload.name, fields[2], fields[5], fields[4]);
      bool known = reasons.contains(name);
      unexplained += !known;
      fmt::print("survives{}: {}\n", known ? " (explained)" : "", name);
    }
    fmt::print("{}: {} of {} faults found:", workload.name, mine.found, mine.all);
    for (const auto &[kind, count] : reportKinds)
      fmt::print(" {} {};", count, kind);
    fmt::print("\n");
    std::fflush(stdout);
  }
  for (const auto &[kind, tally] : byKind)
    fmt::print("{}: {} of {}\n", kind, tally.found, tally.all);
  fmt::print("all: {} of {} faults found ({:.1f} %), {} survivors without a reason\n", total.found,
             total.all, 100.0 * total.found / std::max(1u, total.all), unexplained);
  return unexplained ? 1 : 0;
}
