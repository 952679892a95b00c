#include "protect/assessment.h"

#include "base/json.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace naru::protect {
namespace {

constexpr std::array<std::int64_t, 10> bands = {1, 2, 3, 5, 10, 20, 50, 100, 500, 1000};

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

// Sums in the order of sizes, so that the figure does not depend on the order of persons.
template <typename Chance>
FoundChance chance_of(const std::map<std::int64_t, std::int64_t>& sizes, std::int64_t persons,
                      const Assumptions& assumptions, const Chance& chance) {
  FoundChance out;
  double sum = 0;
  double most = 0;
  std::int64_t above = 0;
  for (const auto& [size, count] : sizes) {
    const double one = chance(size);
    most = std::max(most, one);
    sum += one * static_cast<double>(count);
    if (assumptions.high_risk_above && one > *assumptions.high_risk_above) above += count;
  }
  out.most = most;
  out.average = sum / static_cast<double>(persons);
  if (assumptions.high_risk_above) out.at_risk = static_cast<double>(above) / static_cast<double>(persons);
  return out;
}

Json json_of(const FoundChance& chance, std::string_view reason) {
  Json out{{"max", number_or_null(chance.most)},
           {"average", number_or_null(chance.average)},
           {"share_at_high_risk", number_or_null(chance.at_risk)}};
  if (!chance.most) {
    out["reason"] = reason;
  } else if (!chance.at_risk) {
    out["reason"] = "no limit of high risk is given";
  }
  return out;
}

Json bands_of(const std::map<std::int64_t, std::int64_t>& sizes) {
  Json out = Json::array();
  for (std::size_t b = 0; b < bands.size(); ++b) {
    const bool last = b + 1 == bands.size();
    std::int64_t persons = 0;
    for (const auto& [size, count] : sizes) {
      if (size >= bands[b] && (last || size < bands[b + 1])) persons += count;
    }
    out.push_back({{"from", bands[b]}, {"to", last ? Json(nullptr) : Json(bands[b + 1] - 1)}, {"persons", persons}});
    if (last) out.back()["reason"] = "open upwards";
  }
  return out;
}

Json json_of(const AttackerRisk& risk) {
  Json out{{"id", risk.id},
           {"knows", {{"en", risk.knows.en}, {"ko", risk.knows.ko}}},
           {"persons", risk.persons},
           {"exposed", risk.exposed},
           {"unique", risk.unique},
           {"unique_share", number_or_null(risk.unique_share)},
           {"prosecutor", json_of(risk.prosecutor, "nobody is exposed")},
           {"journalist", json_of(risk.journalist, risk.exposed == 0 ? "nobody is exposed" : "no population is given")},
           {"marketer", number_or_null(risk.marketer)},
           {"class_sizes", bands_of(risk.class_sizes)}};
  if (!risk.marketer) out["reason"] = risk.exposed == 0 ? "nobody is exposed" : "no population is given";
  return out;
}

Json json_of(const ColumnSet& set, std::int64_t persons) {
  return {
      {"columns", set.columns},
      {"classes", set.classes},
      {"unique", set.unique},
      {"unique_share", persons > 0 ? Json(static_cast<double>(set.unique) / static_cast<double>(persons)) : Json()}};
}

}  // namespace

Assumptions assumptions_of(const RiskPolicy& policy) {
  return {.high_risk_above = policy.high_risk_above,
          .population_persons = policy.population_persons,
          .visits_known = policy.visits_known,
          .codes_known = policy.codes_known};
}

double expected_inverse(std::int64_t f, double pi) {
  const double q = 1 - pi;
  if (q <= 0) return 1 / static_cast<double>(f);
  // E(f+1) = (pi/q)(1/f - E(f)) from integration by parts of the generating function; stable upwards while pi < q,
  // downwards otherwise. Far out the variable hardly varies: two terms of its expansion are exact to 1e-6.
  constexpr std::int64_t far = 2000;
  const auto expansion = [&](double n) { return pi / n * (1 + q / n); };
  if (f > far) return expansion(static_cast<double>(f));
  if (pi < 0.5) {
    double e = -pi / q * std::log(pi);
    for (std::int64_t n = 1; n < f; ++n) e = pi / q * (1 / static_cast<double>(n) - e);
    return e;
  }
  constexpr std::int64_t ahead = 4000;
  double e = expansion(static_cast<double>(f + ahead));
  for (std::int64_t n = f + ahead - 1; n >= f; --n) e = 1 / static_cast<double>(n) - q / pi * e;
  return e;
}

AttackerRisk attacker_risk(std::string id, Text knows, std::map<std::int64_t, std::int64_t> class_sizes,
                           std::int64_t persons, const Assumptions& assumptions) {
  AttackerRisk out{.id = std::move(id), .knows = std::move(knows), .persons = persons};
  out.class_sizes = std::move(class_sizes);
  for (const auto& [size, count] : out.class_sizes) out.exposed += count;
  if (const auto alone = out.class_sizes.find(1); alone != out.class_sizes.end()) out.unique = alone->second;
  if (persons == 0) return out;
  out.unique_share = static_cast<double>(out.unique) / static_cast<double>(persons);
  if (out.exposed == 0) return out;
  out.prosecutor =
      chance_of(out.class_sizes, persons, assumptions, [](std::int64_t f) { return 1 / static_cast<double>(f); });
  if (!assumptions.population_persons) return out;
  const double pi = std::min(1.0, static_cast<double>(persons) /
                                      static_cast<double>(std::max<std::int64_t>(*assumptions.population_persons, 1)));
  out.journalist =
      chance_of(out.class_sizes, persons, assumptions, [pi](std::int64_t f) { return expected_inverse(f, pi); });
  out.marketer = out.journalist.average;
  return out;
}

std::string assessment_json(const Assessment& assessment) {
  Json attackers = Json::array();
  for (const auto& each : assessment.attackers) attackers.push_back(json_of(each));
  Json sets = Json::array();
  for (const auto& each : assessment.column_sets) sets.push_back(json_of(each, assessment.persons));
  Json without = Json::array();
  for (const auto& each : assessment.without) without.push_back(json_of(each, assessment.persons));
  Json out{{"persons", assessment.persons},
           {"quasi_identifiers", assessment.quasi_identifiers},
           {"k", assessment.persons > 0 ? Json(assessment.k) : Json(nullptr)},
           {"attackers", attackers},
           {"column_sets", sets},
           {"without_column", without},
           {"diversity", nullptr}};
  if (assessment.persons == 0) out["reason"] = "the table holds nobody";
  if (assessment.diversity) {
    const auto& d = *assessment.diversity;
    out["diversity"] = {
        {"attribute", d.attribute}, {"l_distinct", d.distinct}, {"l_entropy", d.entropy}, {"t", d.closeness}};
  } else if (assessment.persons > 0) {
    out["reason"] = "no sensitive attribute is given or there";
  }
  return canonical(out);
}

}  // namespace naru::protect
