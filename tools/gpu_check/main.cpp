// SPDX-License-Identifier: Apache-2.0
// dsc_gpu_check: runs the cases of a package on a GPU and reports; see docs/gpu-results.md.
#include "tools/gpu_check/Report.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

using namespace dsc::gpucheck;
namespace fs = std::filesystem;

namespace {

struct Options {
  std::string folder, device = "cuda", driver, report;
  int repeat = 20;
  bool record = false;
};

struct Runtime {
  explicit Runtime(const Options &options) {
    dsc_runtime_options given = {sizeof given, 1, options.device.c_str(),
                                 options.driver.empty() ? nullptr : options.driver.c_str()};
    dsc_error error = {};
    if (dsc_runtime_create(&given, &handle, &error) != DSC_OK)
      throw std::runtime_error(error.message);
  }
  ~Runtime() { dsc_runtime_destroy(handle); }
  Runtime(const Runtime &) = delete;
  Runtime &operator=(const Runtime &) = delete;
  dsc_runtime *handle = nullptr;
};

int run(const Options &options) {
  std::vector<fs::path> folders;
  for (const auto &entry : fs::directory_iterator(options.folder))
    if (fs::exists(entry.path() / "calls.txt"))
      folders.push_back(entry.path());
  std::ranges::sort(folders);
  if (folders.empty())
    throw std::runtime_error(fmt::format("'{}' has no cases", options.folder));
  Runtime runtime(options);
  if (options.record) {
    for (const fs::path &folder : folders) {
      resetSimulatorCounts(options.driver.c_str());
      Case(folder).record(runtime.handle);
      writeCounts(folder / "simulator.txt", simulatorCounts(options.driver.c_str()));
    }
    return 0;
  }
  bool simulator = options.device == "ptxsim";
  DeviceFacts device = measureDevice(runtime.handle, simulator ? 1 << 16 : 1 << 30);
  std::vector<CaseReport> cases;
  KernelTable kernels;
  bool good = true;
  for (const fs::path &folder : folders) {
    CaseReport &report = cases.emplace_back();
    report.name = folder.filename().string();
    try {
      report.outcomes = Case(folder).run(runtime.handle, options.repeat, kernels);
    } catch (const std::exception &error) {
      report.failure = error.what();
    }
    good &= report.good();
  }
  std::string text = reportText(device, cases, kernels);
  fmt::print("{}", text);
  if (!options.report.empty() && !(std::ofstream(options.report) << text).flush())
    throw std::runtime_error(fmt::format("cannot write '{}'", options.report));
  return good ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Runs the cases of a package on a GPU and reports");
  Options options;
  app.add_option("CASES", options.folder, "folder of the cases")->required();
  app.add_option("--device", options.device, "cuda, cuda:NUMBER or ptxsim")->capture_default_str();
  app.add_option("--driver", options.driver, "library of the driver");
  app.add_option("--repeat", options.repeat, "measured repetitions")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--report", options.report, "write the report to this file too");
  app.add_flag("--record", options.record,
               "run on the simulator (--device=ptxsim --driver=LIBRARY) and keep what it gives");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception &error) {
    fmt::print(stderr, "gpu-check: {}\n", error.what());
    return 2;
  }
}
