#include "protect/risk_outside.h"

#include "base/json.h"

#include <algorithm>
#include <cmath>

namespace naru::protect {
namespace {

Json coarse(const std::optional<double>& share, const std::optional<double>& step) {
  if (!share || !step) return nullptr;
  // Hundredths as whole numbers, so that 0.55 is written as 0.55.
  const auto percent = std::llround(*step * 100);
  return static_cast<double>(std::llround(*share / *step) * percent) / 100;
}

Json one_digit_up(const std::optional<double>& chance) {
  if (!chance || *chance <= 0) return nullptr;
  const double unit = std::pow(10.0, std::floor(std::log10(*chance)));
  // By way of its text, so that three ten-thousandths are written as 0.0003.
  return std::min(1.0, std::stod(fmt::format("{:.0e}", std::ceil(*chance / unit - 1e-9) * unit)));
}

Json figures(const AttackerRisk& attacker, std::int64_t min_cell) {
  const auto step = share_step(attacker.persons, min_cell);
  return {{"unique", coarse(attacker.unique_share, step)},
          {"found", coarse(attacker.prosecutor.average, step)},
          {"above_limit", coarse(attacker.prosecutor.at_risk, step)},
          {"unknown", one_digit_up(attacker.journalist.average)},
          {"step", step ? Json(*step) : Json(nullptr)}};
}

}  // namespace

std::optional<double> share_step(std::int64_t persons, std::int64_t min_cell) {
  for (const double step : {0.01, 0.05, 0.1, 0.25})
    if (static_cast<double>(persons) * step / 2 >= static_cast<double>(min_cell)) return step;
  return std::nullopt;
}

std::string risk_outside_json(const Assessment& before, const std::optional<Assessment>& after, std::int64_t min_cell) {
  Json attackers = Json::array();
  for (const auto& attacker : before.attackers) {
    const AttackerRisk* later = nullptr;
    if (after) {
      const auto found = std::ranges::find(after->attackers, attacker.id, &AttackerRisk::id);
      if (found != after->attackers.end()) later = &*found;
    }
    const auto& knows = (later == nullptr ? attacker : *later).knows;
    attackers.push_back({{"id", attacker.id},
                         {"knows", {{"en", knows.en}, {"ko", knows.ko}}},
                         {"before", figures(attacker, min_cell)},
                         {"after", later == nullptr ? Json(nullptr) : figures(*later, min_cell)}});
  }
  return canonical(Json{{"attackers", attackers}});
}

}  // namespace naru::protect
