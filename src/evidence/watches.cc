#include "evidence/watches.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "evaluate/estimate_json.h"
#include "evaluate/multiplicity.h"

namespace naru::evidence {
namespace {

constexpr std::string_view together_format = "naru-watches-1";
constexpr int decimals = 4;

struct Read {
  Watch watch;
  Json body;
};
using Periods = std::map<std::pair<std::string, std::string>, std::map<std::string, Read>>;

Result<Read> trusted_watch(const WatchFile& file, const std::vector<Trusted>& trust) {
  Read out;
  NARU_ASSIGN(out.watch, read_watch(file.text, file.where));
  const auto known = std::ranges::find(trust, out.watch.site, &Trusted::name);
  if (known == trust.end() || known->key != out.watch.key) {
    return rejected(say("it is not signed by {} as your trust file names it", "신뢰 파일에 적힌 {}의 서명이 아닙니다",
                        out.watch.site),
                    file.where, say("ask {} for its own file", "해당 기관({})에서 파일을 받으세요", out.watch.site));
  }
  NARU_ASSIGN(const auto json, parse_json(file.text, file.where));
  out.body = json.at("body");
  return out;
}

Result<Periods> periods_of(const std::vector<WatchFile>& files, const std::vector<Trusted>& trust) {
  Periods out;
  std::optional<Watch> first;
  for (const auto& file : files) {
    NARU_ASSIGN(auto read, trusted_watch(file, trust));
    const auto& watch = read.watch;
    if (!first) first = watch;
    if (watch.evidence != first->evidence || watch.plan != first->plan || watch.solution_id != first->solution_id ||
        watch.solution_version != first->solution_version) {
      return rejected(
          say("it is about other evidence or another version than {}", "{}와 다른 증거나 버전에 관한 것입니다",
              files.front().where),
          file.where,
          say("set watches of one evidence beside each other", "같은 증거의 감시 결과만 나란히 놓을 수 있습니다"));
    }
    auto& sites = out[{watch.from, watch.to}];
    const auto site = watch.site;
    if (!sites.emplace(site, std::move(read)).second) {
      return rejected(say("{} stands twice in this period", "이 기간에 {} 기관이 두 번 있습니다", site), file.where);
    }
  }
  if (!first) return rejected(say("there is no watch to show", "보여 줄 감시 결과가 없습니다"), "FILE");
  return out;
}

// A standard error of zero would outweigh everybody.
evaluate::Estimate usable(evaluate::Estimate figure) {
  if (figure.se && !(*figure.se > 0)) figure.se.reset();
  return figure;
}

evaluate::Pooled pooled_slope(const std::vector<evaluate::Estimate>& sites) {
  std::vector<double> y;
  std::vector<double> v;
  for (const auto& site : sites) {
    if (!site.estimate || !site.se) continue;
    y.push_back(*site.estimate);
    v.push_back(*site.se * *site.se);
  }
  return evaluate::pool(y, v);
}

Json site_json(const Read& read, const std::optional<double>& holm, const govern::WatchLimits& limits) {
  Json out{{"site", read.watch.site},
           {"digest", read.watch.digest},
           {"within", govern::within(limits, computed_of(read.watch))},
           {"enough", read.watch.persons.value_or(0) >= limits.persons_min},
           {"p_no_drift_holm", holm ? Json(evaluate::rounded(*holm, decimals)) : Json(nullptr)}};
  for (const auto* key : {"scored", "persons", "events", "psi", "p_no_drift", "o_e", "slope", "auroc"}) {
    out[key] = read.body.value(key, Json(nullptr));
  }
  return out;
}

struct Pool {
  evaluate::Pooled o_e;
  Json json;
  std::optional<std::int64_t> persons = 0;
};

Pool pool_of(const std::map<std::string, Read>& sites) {
  Pool out;
  std::vector<evaluate::Estimate> o_e;
  std::vector<evaluate::Estimate> slope;
  std::vector<evaluate::Estimate> auroc;
  for (const auto& [name, read] : sites) {
    o_e.push_back(usable(read.watch.o_e));
    slope.push_back(usable(read.watch.slope));
    auroc.push_back(usable(read.watch.auroc));
    if (!read.watch.persons) out.persons.reset();
    if (out.persons) *out.persons += *read.watch.persons;
  }
  out.o_e = evaluate::pool_observed_expected(o_e);
  out.json = {{"persons", out.persons ? Json(*out.persons) : Json(nullptr)},
              {"o_e", evaluate::json_of(out.o_e, decimals)},
              {"slope", evaluate::json_of(pooled_slope(slope), decimals)},
              {"auroc", evaluate::json_of(evaluate::pool_auroc(auroc), decimals)}};
  return out;
}

Json text_json(const Text& text) { return {{"en", text.en}, {"ko", text.ko}}; }

Json period_json(const std::pair<std::string, std::string>& days, const std::map<std::string, Read>& sites,
                 const govern::WatchLimits& limits) {
  std::vector<std::optional<double>> p;
  for (const auto& [name, read] : sites) p.push_back(read.watch.p_no_drift);
  const auto holm = evaluate::adjusted(p, evaluate::Adjustment::holm);
  Json list = Json::array();
  Json why = Json::array();
  for (const auto& [name, read] : sites) {
    auto site = site_json(read, holm[list.size()], limits);
    if (!site.at("within").get<bool>()) {
      why.push_back(text_json(say("{} by itself is outside the limits", "{}: 이 기관만으로 한도를 벗어남", name)));
    }
    list.push_back(std::move(site));
  }
  auto pool = pool_of(sites);
  // Sites too small to tell by themselves may tell together.
  const bool enough = pool.persons.value_or(0) >= limits.persons_min;
  const auto& interval = pool.o_e.ci95;
  if (enough && interval && (interval->hi < limits.o_e_min || interval->lo > limits.o_e_max)) {
    why.push_back(
        text_json(say("all sites together: the mean of observed over expected lies wholly outside {} to {}",
                      "모든 기관: 관측/예측 비의 평균 구간 전체가 {}~{} 밖에 있음", limits.o_e_min, limits.o_e_max)));
  }
  return {{"from", days.first},
          {"to", days.second},
          {"sites", std::move(list)},
          {"alarm", !why.empty()},
          {"pooled", std::move(pool.json)},
          {"why", std::move(why)}};
}

}  // namespace

govern::ComputedWatch computed_of(const Watch& watch) {
  const auto figure = [](const evaluate::Estimate& of) {
    return govern::ProjectFigure{of.estimate, of.ci95 ? std::optional(of.ci95->lo) : std::nullopt,
                                 of.ci95 ? std::optional(of.ci95->hi) : std::nullopt};
  };
  return {watch.site,   watch.plan,    watch.evidence,    watch.solution_version, watch.from + ".." + watch.to,
          watch.scored, watch.persons, figure(watch.psi), figure(watch.o_e),      watch.digest};
}

Result<std::string> watches_together(const std::vector<WatchFile>& files, const std::vector<Trusted>& trust,
                                     const govern::DemonstrationProgramme& programme) {
  NARU_ASSIGN(const auto periods, periods_of(files, trust));
  const auto& limits = programme.watch;
  Json list = Json::array();
  bool alarm = false;
  for (const auto& [days, sites] : periods) {
    list.push_back(period_json(days, sites, limits));
    alarm = alarm || list.back().at("alarm").get<bool>();
  }
  const auto& one = periods.begin()->second.begin()->second.watch;
  return canonical(Json{{"format", together_format},
                        {"programme", programme.id},
                        {"evidence", one.evidence},
                        {"plan", one.plan},
                        {"solution", {{"id", one.solution_id}, {"version", one.solution_version}}},
                        {"limits",
                         {{"psi_max", limits.psi_max},
                          {"o_e_min", limits.o_e_min},
                          {"o_e_max", limits.o_e_max},
                          {"persons_min", limits.persons_min}}},
                        {"alarm", alarm},
                        {"periods", std::move(list)},
                        {"reasons", evaluate::reasons_json()}});
}

}  // namespace naru::evidence
