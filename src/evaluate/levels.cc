#include "evaluate/levels.h"

#include <algorithm>
#include <cmath>

namespace naru::evaluate {

Levels levels_of(const Ordered& rows) {
  const auto cases = rows.cases();
  const auto controls = rows.controls();
  Levels out;
  out.n_cases = cases.size();
  out.n_controls = controls.size();
  out.score.reserve(rows.keys.size());
  out.cases.reserve(rows.keys.size());
  out.controls.reserve(rows.keys.size());
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < cases.size() || j < controls.size()) {
    const bool from_cases = j == controls.size() || (i < cases.size() && cases[i] <= controls[j]);
    const auto key = from_cases ? cases[i] : controls[j];
    const auto first_case = i;
    const auto first_control = j;
    while (i < cases.size() && cases[i] == key) ++i;
    while (j < controls.size() && controls[j] == key) ++j;
    out.score.push_back(score_of(key));
    out.cases.push_back(i - first_case);
    out.controls.push_back(j - first_control);
  }
  return out;
}

Result<Levels> levels_of(std::span<const double> score, std::span<const std::uint8_t> label, Direction direction) {
  NARU_ASSIGN(const auto rows, ordered(score, label, direction));
  return levels_of(rows);
}

Levels mirrored(const Levels& levels) {
  Levels out{levels.score, levels.controls, levels.cases, levels.n_controls, levels.n_cases};
  for (auto& score : out.score) score = 0.0 - score;
  std::reverse(out.score.begin(), out.score.end());
  std::reverse(out.cases.begin(), out.cases.end());
  std::reverse(out.controls.begin(), out.controls.end());
  return out;
}

Result<Levels> levels_of_grid(std::span<const std::uint64_t> cases, std::span<const std::uint64_t> controls) {
  if (cases.size() != controls.size() || cases.size() < 2) {
    return rejected(
        say("histograms of cases and controls differ in length", "사건과 비사건 히스토그램의 길이가 다릅니다"),
        "histogram");
  }
  const double grid = static_cast<double>(cases.size() - 1);
  Levels out;
  for (std::size_t k = 0; k < cases.size(); ++k) {
    if (cases[k] + controls[k] == 0) continue;
    out.score.push_back(static_cast<double>(k) / grid);
    out.cases.push_back(cases[k]);
    out.controls.push_back(controls[k]);
    out.n_cases += cases[k];
    out.n_controls += controls[k];
  }
  return out;
}

std::size_t grid_bin(double score, std::int64_t grid) {
  // nearbyint rounds half to even in the default mode, which nothing in this program changes.
  return static_cast<std::size_t>(std::nearbyint(score * static_cast<double>(grid)));
}

double on_grid(double score, std::int64_t grid) {
  return static_cast<double>(grid_bin(score, grid)) / static_cast<double>(grid);
}

Levels inside_unit(Levels levels, std::int64_t grid) {
  if (levels.size() == 0) return levels;
  const double quarter = 0.25 / static_cast<double>(grid);
  if (levels.score.front() <= 0) levels.score.front() = quarter;
  if (levels.score.back() >= 1) levels.score.back() = 1 - quarter;
  return levels;
}

}  // namespace naru::evaluate
