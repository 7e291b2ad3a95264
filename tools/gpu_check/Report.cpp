// SPDX-License-Identifier: Apache-2.0
#include "tools/gpu_check/Report.h"

#include <fmt/format.h>

#include <algorithm>

namespace dsc::gpucheck {

bool CaseReport::good() const {
  return failure.empty() &&
         std::ranges::all_of(outcomes, [](const Outcome &o) { return o.failure.empty(); });
}

std::string reportText(const DeviceFacts &device, const std::vector<CaseReport> &cases,
                       const KernelTable &kernels) {
  std::string text =
      fmt::format("# {}, compute capability {}.{}, {} MiB\n\n", device.name, device.capability / 10,
                  device.capability % 10, device.memory >> 20);
  if (device.simulator)
    text += "The simulator of a GPU: values are checked, times are counted instructions and mean "
            "nothing.\n\n";
  else
    text += fmt::format("A copy within its memory reads and writes {:.0f} GB/s.\n\n",
                        1e-9 * device.copyRate);
  size_t good = 0;
  for (const CaseReport &report : cases)
    good += report.good();
  text += fmt::format("{} of {} cases give what is expected.\n\n", good, cases.size());
  text += "| case | call | shortest, ms | largest error | from the simulator | "
          "|\n|---|---|---|---|---|---|\n";
  for (const CaseReport &report : cases) {
    if (!report.failure.empty())
      text += fmt::format("| {} | | | | | FAILED: {} |\n", report.name, report.failure);
    for (const Outcome &o : report.outcomes)
      text += fmt::format("| {} | {} | {:.3f} | {:.2g} | {} | {} |\n", report.name, o.entry,
                          1e3 * o.seconds, o.largestError,
                          o.simulatorDifference < 0 ? "-"
                                                    : fmt::format("{:.2g}", o.simulatorDifference),
                          o.failure.empty() ? "as expected" : "DIFFERENT: " + o.failure);
  }
  text += "\n| case | kernel | launches | µs each | KB each | GB/s | of a copy "
          "|\n|---|---|---|---|---|---|---|\n";
  for (const auto &[key, row] : kernels.rows()) {
    double nanoseconds = row.nanoseconds / static_cast<double>(row.launches),
           rate = row.bytesPerLaunch / nanoseconds;
    text += fmt::format("| {} | {} | {} | {:.2f} |", key.first, key.second, row.launches,
                        1e-3 * nanoseconds);
    if (row.bytesPerLaunch <= 0 || device.simulator || device.copyRate <= 0)
      text += fmt::format(" {:.1f} | - | - |\n", 1e-3 * row.bytesPerLaunch);
    else
      text += fmt::format(" {:.1f} | {:.1f} | {:.0f} % |\n", 1e-3 * row.bytesPerLaunch, rate,
                          1e11 * rate / device.copyRate);
  }
  return text;
}

} // namespace dsc::gpucheck
