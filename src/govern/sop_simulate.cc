#include "base/json.h"
#include "base/random.h"
#include "govern/sop.h"

#include <algorithm>
#include <cmath>

namespace naru::govern {
namespace {

constexpr std::int64_t arrivals_max = 1'000'000;
constexpr std::size_t visits_max = 1000;

// Triangular distribution by inversion (Kotz, van Dorp 2004, ch. 1).
double draw(const StepDuration& d, double unit) {
  const auto width = d.most - d.least;
  if (width <= 0) return d.least;
  const auto turn = (d.mode - d.least) / width;
  if (unit < turn) return d.least + std::sqrt(unit * width * (d.mode - d.least));
  return d.most - std::sqrt((1 - unit) * width * (d.most - d.mode));
}

std::string choose(const Step& step, double unit) {
  if (step.likely.empty()) return step.on.begin()->first;
  double sum = 0;
  for (const auto& [outcome, share] : step.likely) {
    sum += share;
    if (unit < sum) return outcome;
  }
  return step.likely.rbegin()->first;
}

// Nearest rank: the smallest value with at least that share at or below it.
double quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

Done can_simulate(const Sop& sop, std::int64_t arrivals) {
  if (arrivals < 1 || arrivals > arrivals_max) {
    return usage_error(say("1 to {} arrivals", "신청 수는 1에서 {} 사이입니다", arrivals_max), "--arrivals");
  }
  const auto findings = check_sop(sop);
  if (!findings.empty()) {
    return rejected(
        say("the SOP has {} faults: {}", "SOP에 결함이 {}개 있습니다: {}", findings.size(), findings.front().what.en),
        sop.id, say("run naru sop check first", "먼저 naru sop check를 실행하세요"));
  }
  for (const auto& step : sop.steps) {
    if (step.kind == StepKind::end) continue;
    if (!step.duration) {
      return rejected(say("the step has no duration", "단계에 소요 기간이 없습니다"), sop.id + ".steps." + step.id);
    }
    if (step.on.size() > 1 && step.likely.empty()) {
      return rejected(say("the step has several outcomes and no probabilities", "결과가 여럿인데 확률이 없습니다"),
                      sop.id + ".steps." + step.id);
    }
  }
  return {};
}

}  // namespace

Result<Simulation> simulate_sop(const Sop& sop, std::int64_t arrivals, std::uint64_t seed) {
  NARU_CHECK(can_simulate(sop, arrivals));
  SeededRandom random(seed);
  Simulation out;
  out.arrivals = arrivals;
  out.seed = seed;
  std::map<std::string, std::vector<double>> by_step;
  std::map<std::string, std::int64_t> breaches;
  std::vector<double> totals;
  totals.reserve(static_cast<std::size_t>(arrivals));
  for (std::int64_t i = 0; i < arrivals; ++i) {
    const auto* step = sop.step(sop.start);
    double total = 0;
    bool breached = false;
    for (std::size_t visit = 0; step->kind != StepKind::end; ++visit) {
      if (visit >= visits_max) {
        return rejected(
            say("a case went through {} steps without an end", "한 건이 {}단계를 거쳐도 끝나지 않았습니다", visits_max),
            sop.id + ".steps." + step->id);
      }
      const auto days = draw(*step->duration, random.unit());
      by_step[step->id].push_back(days);
      total += days;
      if (step->clock && days > static_cast<double>(step->clock->amount)) {
        ++breaches[step->id];
        breached = true;
      }
      step = sop.step(step->on.at(choose(*step, random.unit())));
    }
    totals.push_back(total);
    out.breaches += breached ? 1 : 0;
    ++out.outcomes[step->outcome];
  }
  constexpr double half = 0.5;
  constexpr double ninety = 0.9;
  out.median_days = quantile(totals, half);
  out.p90_days = quantile(totals, ninety);
  for (const auto& step : sop.steps) {
    if (step.kind == StepKind::end) continue;
    auto& days = by_step[step.id];
    out.steps.push_back({step.id, static_cast<std::int64_t>(days.size()), quantile(days, half), quantile(days, ninety),
                         breaches[step.id]});
  }
  return out;
}

std::string simulation_json(const Sop& sop, const Simulation& simulation) {
  Json steps = Json::array();
  for (const auto& one : simulation.steps) {
    Json median = nullptr;
    Json p90 = nullptr;
    if (one.visits > 0) {
      median = one.median_days;
      p90 = one.p90_days;
    }
    Json line{{"step", one.step},
              {"visits", one.visits},
              {"median_days", median},
              {"p90_days", p90},
              {"breaches", one.breaches}};
    if (one.visits == 0) line["reason"] = "never visited";
    steps.push_back(std::move(line));
  }
  return canonical(Json{{"sop", sop.id},
                        {"version", sop.version},
                        {"hash", sop.hash},
                        {"algorithm", "sop-simulate/1"},
                        {"arrivals", simulation.arrivals},
                        {"seed", simulation.seed},
                        {"median_days", simulation.median_days},
                        {"p90_days", simulation.p90_days},
                        {"breaches", simulation.breaches},
                        {"outcomes", simulation.outcomes},
                        {"steps", std::move(steps)}});
}

}  // namespace naru::govern
