// One statistical task on raw columns, several times; prints CPU seconds of each run and the figure. bench/evaluate.py
// calls it beside its peers.  evaluate_tool TASK SCORES LABELS RUNS: float64 and uint8, as numpy's tofile writes them.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "evaluate/bootstrap.h"
#include "evaluate/calibration.h"
#include "evaluate/decision.h"
#include "evaluate/discrimination.h"

namespace {

using namespace naru::evaluate;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

template <typename T>
std::vector<T> read_column(const char* name) {
  std::ifstream file(name, std::ios::binary | std::ios::ate);
  std::vector<T> out(static_cast<std::size_t>(file.tellg()) / sizeof(T));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size() * sizeof(T)));
  return out;
}

std::vector<double> percent_thresholds() {
  std::vector<double> out;
  for (int t = 1; t < 100; ++t) out.push_back(t / 100.0);
  return out;
}

double run(const std::string& task, const std::vector<double>& score, const std::vector<std::uint8_t>& label) {
  if (task == "auroc") return *auroc(*ordered(score, label)).se;
  if (task == "bootstrap") {
    BootstrapOptions options;
    return *bootstrap_auroc(*levels_of(score, label), options).se;
  }
  if (task == "decision") return *decision_curve(score, label, percent_thresholds())->at(24).model.estimate;
  if (task == "everything") {
    const auto levels = *levels_of(score, label);
    return *auroc(levels).estimate + *average_precision(levels).estimate + *brier(levels).estimate +
           *calibration_slope(levels).estimate + *calibration_distances(levels).ici.estimate;
  }
  std::fprintf(stderr, "no such task\n");
  std::exit(2);
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) {
    std::fprintf(stderr, "evaluate_tool TASK SCORES LABELS RUNS\n");
    return 2;
  }
  const auto score = read_column<double>(words[2]);
  const auto label = read_column<std::uint8_t>(words[3]);
  for (int r = std::atoi(words[4]); r > 0; --r) {
    const double begin = cpu_seconds();
    const double figure = run(words[1], score, label);
    std::printf("%.6f %.17g\n", cpu_seconds() - begin, figure);
  }
  // Not ru_maxrss: that still counts the process which started this one.
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) std::fprintf(stderr, "%ld\n", std::atol(line.c_str() + 6));
  }
  return 0;
}
