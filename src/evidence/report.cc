#include "evidence/report.h"

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "base/json.h"
#include "evaluate/estimate_json.h"
#include "evidence/checklist.h"
#include "evidence/deviations.h"
#include "evidence/follow_up.h"
#include "evidence/released.h"
#include "evidence/solution.h"
#include "evidence/stage.h"

namespace naru::evidence {
namespace {

constexpr std::string_view report_format = "naru-evidence-1";
#if defined(__clang__)
#define NARU_COMPILER_NAME "Clang"
#else
#define NARU_COMPILER_NAME "GCC"
#endif

std::string system_name() {
#if defined(__x86_64__)
  return "Linux x86-64";
#elif defined(__aarch64__)
  return "Linux arm64";
#else
  return "Linux";
#endif
}

constexpr std::uint64_t persons_max = 1ULL << 40;

// The pooled vector read back as levels. A sum in which masks did not cancel is caught by its own totals.
struct PooledCounts {
  evaluate::Levels all;
  std::vector<StratumLevels> strata;
  std::map<std::string, std::int64_t> flow;
  FollowUpCounts follow_up;
};

Result<evaluate::Levels> stratum_at(const std::vector<std::uint64_t>& pooled, const Layout& layout,
                                    std::size_t stratum) {
  const auto bins = static_cast<std::size_t>(layout.grid + 1);
  const std::span<const std::uint64_t> whole(pooled);
  return evaluate::levels_of_grid(whole.subspan(layout.cases_at(stratum), bins),
                                  whole.subspan(layout.controls_at(stratum), bins));
}

Error not_a_sum(std::string_view round) {
  return rejected(say("the summed counts contradict themselves: a mask did not cancel or a site used another plan",
                      "합산한 수가 서로 맞지 않습니다. 가림값이 상쇄되지 않았거나 다른 계획을 쓴 기관이 있습니다"),
                  fmt::format("round {}", round), say("start a new round", "새 라운드를 시작하세요"));
}

Done read_follow_up(PooledCounts& out, const ReportInput& input, const Layout& layout) {
  if (layout.parts == 0) return {};
  std::uint64_t events = 0;
  std::uint64_t early_ends = 0;
  for (std::size_t part = 0; part < layout.parts; ++part) {
    events += out.follow_up.events.emplace_back(input.pooled[layout.events_at(part)]);
    early_ends += out.follow_up.censored.emplace_back(input.pooled[layout.early_ends_at(part)]);
  }
  out.follow_up.event_free = out.all.n_controls;
  const bool agrees = events == out.all.n_cases && std::cmp_equal(early_ends, out.flow["short_follow_up"]);
  return agrees ? Done() : not_a_sum(input.round);
}

Result<PooledCounts> read_pooled(const ReportInput& input) {
  const auto layout = layout_of(input.plan.plan);
  if (input.pooled.size() != layout.size()) return not_a_sum(input.round);
  for (const auto value : input.pooled) {
    if (value > persons_max) return not_a_sum(input.round);
  }
  PooledCounts out;
  NARU_ASSIGN(out.all, stratum_at(input.pooled, layout, 0));
  std::map<std::string, std::uint64_t> by_group;
  for (std::size_t i = 1; i < layout.strata.size(); ++i) {
    const auto split = layout.strata[i].find('=');
    NARU_ASSIGN(auto levels, stratum_at(input.pooled, layout, i));
    by_group[layout.strata[i].substr(0, split)] += levels.n();
    out.strata.push_back({layout.strata[i].substr(0, split), layout.strata[i].substr(split + 1), std::move(levels)});
  }
  for (std::size_t i = 0; i < layout.flow.size(); ++i) {
    out.flow[layout.flow[i]] = static_cast<std::int64_t>(input.pooled[layout.flow_at(i)]);
  }
  const auto analysed = static_cast<std::uint64_t>(out.flow["analysed"]);
  bool agrees = out.all.n() == analysed;
  for (const auto& [group, persons] : by_group) agrees = agrees && persons == analysed;
  NARU_CHECK(read_follow_up(out, input, layout));
  if (!agrees) return not_a_sum(input.round);
  return out;
}

Result<std::vector<Json>> read_sites(const ReportInput& input) {
  std::vector<Json> out;
  std::set<std::string> names;
  for (const auto& text : input.shared) {
    NARU_ASSIGN(auto json, parse_json(text, "site result"));
    NARU_ASSIGN(const auto reader, Reader::of(json, "site result"));
    NARU_ASSIGN(const auto site, reader.text("site"));
    NARU_ASSIGN(const auto plan, reader.text("plan"));
    if (plan != input.plan.hash) {
      return rejected(say("{} ran another plan", "{}은(는) 다른 계획을 실행했습니다", site), site,
                      say("its plan hash is {}, this report's is {}", "그 계획 해시는 {}, 보고서의 해시는 {}입니다",
                          plan, input.plan.hash));
    }
    if (!names.insert(site).second) return rejected(say("{} appears twice", "{}이(가) 두 번 나옵니다", site), site);
    NARU_ASSIGN([[maybe_unused]] const auto area, reader.object("auroc"));
    out.push_back(std::move(json));
  }
  std::sort(out.begin(), out.end(), [](const Json& a, const Json& b) { return a["site"] < b["site"]; });
  return out;
}

evaluate::Estimate estimate_of(const Json& json) {
  evaluate::Estimate out;
  const auto number = [&](const char* key) -> std::optional<double> {
    const auto found = json.find(key);
    return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
  };
  out.estimate = number("estimate");
  out.se = number("se");
  return out;
}

Json across_sites(const std::vector<Json>& sites, int decimals) {
  std::vector<evaluate::Estimate> areas;
  std::vector<evaluate::Estimate> ratios;
  for (const auto& site : sites) {
    areas.push_back(estimate_of(site.at("auroc")));
    ratios.push_back(estimate_of(site.value("calibration", Json::object()).value("o_e", Json::object())));
  }
  return {{"auroc", evaluate::json_of(evaluate::pool_auroc(areas), decimals)},
          {"o_e", evaluate::json_of(evaluate::pool_observed_expected(ratios), decimals)}};
}

// A pooled count minus the sites' shown counts would tell the one site's count that is hidden.
bool sites_reveal(const Json& pooled, const std::vector<Json>& sites, const Json::json_pointer& count,
                  const OutputRules& rules) {
  std::int64_t shown = 0;
  int hidden_sites = 0;
  for (const auto& site : sites) {
    if (site.contains(count) && site.at(count).is_number_integer()) {
      shown += site.at(count).get<std::int64_t>();
    } else {
      ++hidden_sites;
    }
  }
  if (hidden_sites == 0 || !pooled.at(count).is_number_integer()) return false;
  const auto rest = pooled.at(count).get<std::int64_t>() - shown;
  return hidden_sites < 2 || rest < rules.min_cell;
}

void hide_what_sites_reveal(Json& pooled, const std::vector<Json>& sites, const OutputRules& rules) {
  const auto suppressed = evaluate::code_of(evaluate::Reason::suppressed);
  for (const std::string key : {"persons", "events"}) {
    if (!sites_reveal(pooled, sites, Json::json_pointer("/" + key), rules)) continue;
    pooled[key] = nullptr;
    pooled[key + "_reason"] = suppressed;
  }
  auto& flow = pooled["flow"];
  bool any_hidden = false;
  // The first step is the sum of the others: it goes where one of them does.
  for (auto step = flow.size(); step-- > 0;) {
    const Json::json_pointer count(fmt::format("/flow/{}/persons", step));
    const bool hide = sites_reveal(pooled, sites, count, rules) || (step == 0 && any_hidden);
    if (hide) {
      flow[step]["persons"] = nullptr;
      flow[step]["reason"] = suppressed;
    }
    any_hidden = any_hidden || flow[step]["persons"].is_null();
  }
}

bool flow_hidden(const Json& pooled, std::string_view step) {
  const auto& flow = pooled.at("flow");
  return std::any_of(flow.begin(), flow.end(),
                     [&](const Json& row) { return row.at("step") == step && row.at("persons").is_null(); });
}

Json study_rules(const Plan& plan) {
  const auto line = [](const Text& text) { return Json{{"en", text.en}, {"ko", text.ko}}; };
  return Json::array(
      {line(say("Index day: start of a person's first entry into the target cohort at the site.",
                "기준일: 그 기관에서 대상 코호트에 처음 들어온 날입니다.")),
       line(say("Persons who withdrew are not read. Persons with the outcome on or before the index day are excluded.",
                "철회한 사람의 자료는 읽지 않습니다. 기준일 또는 그 전에 결과가 있는 사람은 제외합니다.")),
       line(
           say("Event: first outcome 1 to {} days after the index day. No event: none, and observed for all {} days. "
               "Others are excluded as short follow-up.",
               "사건: 기준일 후 1일~{}일 안의 첫 결과입니다. 비사건: 결과가 없고 {}일 내내 관찰된 경우입니다. 나머지는 "
               "추적 부족으로 제외합니다.",
               plan.horizon_days, plan.horizon_days)),
       line(say("Inputs use records dated on or before the index day only.", "입력은 기준일까지의 기록만 씁니다.")),
       line(say("Positive: score at or above the threshold. Pooled scores stand on a grid of 1/{}.",
                "양성: 점수가 임계값 이상입니다. 통합 점수는 1/{} 격자에 놓입니다.", plan.score_grid))});
}

Result<Json> pooled_json(const ReportInput& input, const std::vector<Json>& sites) {
  NARU_ASSIGN(const auto counts, read_pooled(input));
  const FigureInput figures{input.plan.plan, counts.all, counts.strata, input.rules, true, true};
  NARU_ASSIGN(Json out, released_figures(figures));
  out["flow"] = released_flow(layout_of(input.plan.plan).flow, counts.flow, input.rules);
  hide_what_sites_reveal(out, sites, input.rules);
  if (input.plan.plan.survival_steps) {
    const AlsoHidden hidden{out["persons"].is_null() || out["events"].is_null(), flow_hidden(out, "short_follow_up")};
    NARU_ASSIGN(out["follow_up"], released_follow_up(input.plan.plan, counts.follow_up, input.rules, hidden));
  }
  return out;
}

// A site's count of persons that were also in a training set: of this plan, by a site of the round.
Result<Json> overlap_of(const std::string& text, const std::string& plan_hash, const Json& sites) {
  NARU_ASSIGN(auto out, parse_json(text, "overlap"));
  NARU_ASSIGN(const auto reader, Reader::of(out, "overlap"));
  NARU_ASSIGN(const auto plan, reader.text("plan"));
  NARU_ASSIGN(const auto site, reader.text("site"));
  NARU_ASSIGN([[maybe_unused]] const auto training, reader.text("training"));
  const bool here = std::any_of(sites.begin(), sites.end(), [&](const Json& one) { return one.at("site") == site; });
  bool counts = true;
  for (const char* key : {"target", "checked", "overlap"}) {
    counts = counts && out.contains(key) && (out[key].is_null() || out[key].is_number_integer());
  }
  if (plan == plan_hash && here && counts) return out;
  return rejected(say("a training overlap of another plan or site", "다른 계획이나 기관의 학습 중복입니다"), site);
}

// What of the plan was kept, which checklist items are answered, and what computed it.
Done add_account(Json& out, const ReportInput& input) {
  out["environment"] = {{"compiler", NARU_COMPILER_NAME " " __VERSION__}, {"system", system_name()}};
  out["overlaps"] = Json::array();
  for (const auto& text : input.overlaps) {
    NARU_ASSIGN(auto one, overlap_of(text, input.plan.hash, out.at("sites")));
    out["overlaps"].push_back(std::move(one));
  }
  std::sort(out["overlaps"].begin(), out["overlaps"].end());
  if (!input.stage.empty()) {
    NARU_ASSIGN(out["stage"], stage_with_shares(input.stage, static_cast<int>(input.rules.digits)));
  }
  out["deviations"] = deviations(input.plan.plan, out);
  out["checklists"] = Json::array();
  for (const auto& id : report_checklists()) {
    NARU_ASSIGN(const auto list, checklist(id));
    out["checklists"].push_back(answered(list, out, input.plan.plan.statements));
  }
  return {};
}

}  // namespace

Result<Report> build_report(const ReportInput& input) {
  NARU_CHECK(check_rules(input.rules));
  NARU_ASSIGN(const auto sites, read_sites(input));
  NARU_ASSIGN(const auto solution, parse_solution(input.plan.solution, input.plan.plan.solution));
  NARU_ASSIGN(const auto plan, parse_json(input.plan.plan_json, "plan"));
  Json out{
      {"format", report_format},
      {"created_at", input.created_at},
      {"locked_at", input.locked_at},
      {"software", input.software},
      {"mode", input.mode},
      {"round", input.round},
      {"right", input.right},
      {"approvals", input.approvals},
      {"plan", plan},
      {"plan_hash", input.plan.hash},
      {"digests",
       {{"target", hex(sha256(input.plan.target))},
        {"outcome", hex(sha256(input.plan.outcome))},
        {"solution", hex(sha256(input.plan.solution))}}},
      {"solution", {{"id", solution.id}, {"version", solution.version}, {"input_schema", input_schema_hash(solution)}}},
      {"rules",
       {{"min_cell", input.rules.min_cell},
        {"round_to", input.rules.round_to},
        {"complementary", input.rules.complementary},
        {"digits", input.rules.digits}}},
      {"study_rules", study_rules(input.plan.plan)},
      {"sites", sites},
      {"across_sites", across_sites(sites, static_cast<int>(input.rules.digits))},
      {"reasons", evaluate::reasons_json()}};
  NARU_ASSIGN(out["pooled"], pooled_json(input, sites));
  NARU_CHECK(add_account(out, input));
  if (!input.federated.empty()) {
    NARU_ASSIGN(out["federated"], parse_json(input.federated, "federated"));
  }
  Report report;
  report.id = "ev-" + hex(sha256(canonical(out))).substr(0, 12);
  out["id"] = report.id;
  report.json = canonical(out);
  NARU_ASSIGN(report.html, report_html(report.json, report.id));
  return report;
}

Result<SiteSummary> pooled_summary(std::string_view report_json, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(report_json, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_ASSIGN(const auto pooled, reader.object("pooled"));
  return summary_of(canonical(pooled.raw()), where);
}

}  // namespace naru::evidence
