#include "evidence/site_run.h"

#include "base/json.h"
#include "evaluate/estimate.h"
#include "evidence/features.h"
#include "evidence/follow_up.h"
#include "evidence/released.h"
#include "evidence/site_inputs.h"
#include "evidence/solution.h"

namespace naru::evidence {
namespace {

constexpr std::string_view site_format = "naru-site-1";

// Rows that were scored, split by the plan's subgroups.
struct Scored {
  ScoredRows rows;
  std::vector<double> gridded;   // the solution's scores on the plan's grid
  std::vector<std::size_t> row;  // in StudyRows
};

// With a comparator a row counts when both have a score: they are compared on the same persons.
Scored scored_rows(const StudyRows& rows, const Scores& scores, const std::optional<Scores>& other, std::int64_t grid) {
  Scored out;
  for (std::size_t row = 0; row < scores.score.size(); ++row) {
    if (!scores.score[row] || (other && !other->score[row])) continue;
    out.rows.score.push_back(*scores.score[row]);
    if (other) out.rows.comparator.push_back(*other->score[row]);
    out.gridded.push_back(evaluate::on_grid(*scores.score[row], grid));
    out.rows.label.push_back(rows.label[row]);
    out.row.push_back(row);
  }
  return out;
}

std::vector<std::string> values_of(const std::string& group) {
  return group == "sex" ? std::vector<std::string>{"F", "M", "other"} : age_bands();
}

Result<std::vector<StratumLevels>> strata_levels(const Plan& plan, const StudyRows& rows, const Scored& scored) {
  std::vector<StratumLevels> out;
  for (const auto& group : plan.subgroups) {
    const auto& value_by_row = rows.strata.at(group);
    for (const auto& value : values_of(group)) {
      std::vector<double> score;
      std::vector<std::uint8_t> label;
      for (std::size_t i = 0; i < scored.row.size(); ++i) {
        if (value_by_row[scored.row[i]] != value) continue;
        score.push_back(scored.gridded[i]);
        label.push_back(scored.rows.label[i]);
      }
      NARU_ASSIGN(auto levels, evaluate::levels_of(score, label));
      out.push_back({group, value, std::move(levels)});
    }
  }
  return out;
}

void add_counts(std::vector<std::uint64_t>& vector, const Layout& layout, std::size_t stratum,
                const evaluate::Levels& levels) {
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto bin = evaluate::grid_bin(levels.score[i], layout.grid);
    vector[layout.cases_at(stratum) + bin] += levels.cases[i];
    vector[layout.controls_at(stratum) + bin] += levels.controls[i];
  }
}

void add_follow_up(std::vector<std::uint64_t>& vector, const Layout& layout, const Plan& plan, const StudyRows& rows,
                   const Scored& scored) {
  if (layout.parts == 0) return;
  std::vector<std::int64_t> days;
  for (const auto row : scored.row)
    if (rows.label[row] == 1) days.push_back(rows.event_day[row]);
  const auto events = by_part(plan, days);
  const auto early_ends = by_part(plan, rows.short_days);
  for (std::size_t part = 0; part < layout.parts; ++part) {
    vector[layout.events_at(part)] = events[part];
    vector[layout.early_ends_at(part)] = early_ends[part];
  }
}

Json failed_json(const std::map<std::string, std::int64_t>& failed, const OutputRules& rules) {
  Json out = Json::array();
  for (const auto& [reason, rows] : failed) {
    const auto released = workspace::release_count(rows, rules.counts());
    out.push_back({{"reason", reason}, {"rows", released.value ? Json(*released.value) : Json(nullptr)}});
  }
  return out;
}

Done keep_private(const LockedPlan& plan, const SiteRequest& request, Json exact, const StudyRows& rows,
                  const Scores& scores) {
  if (request.private_folder.empty()) return {};
  NARU_CHECK(make_folder(request.private_folder, 0700));
  exact["site"] = request.site;
  exact["plan"] = plan.hash;
  exact["flow"] = rows.flow;
  exact["failed"] = scores.failed;
  exact["epoch"] = rows.consent_epoch;
  return write_file_atomic(request.private_folder / ("run-" + plan.hash.substr(0, 12) + ".json"), pretty(exact), 0600);
}

std::optional<double> number_at(const Json& json, std::string_view key) {
  const auto found = json.find(std::string(key));
  return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}
std::optional<std::int64_t> integer_at(const Json& json, std::string_view key) {
  const auto found = json.find(std::string(key));
  return found != json.end() && found->is_number_integer() ? std::optional(found->get<std::int64_t>()) : std::nullopt;
}

}  // namespace

std::size_t Layout::cases_at(std::size_t stratum) const { return 2 * stratum * static_cast<std::size_t>(grid + 1); }
std::size_t Layout::controls_at(std::size_t stratum) const {
  return (2 * stratum + 1) * static_cast<std::size_t>(grid + 1);
}
std::size_t Layout::flow_at(std::size_t row) const { return cases_at(strata.size()) + row; }
std::size_t Layout::events_at(std::size_t part) const { return flow_at(flow.size()) + part; }
std::size_t Layout::early_ends_at(std::size_t part) const { return events_at(parts) + part; }
std::size_t Layout::size() const { return early_ends_at(parts); }

Layout layout_of(const Plan& plan) {
  Layout out;
  out.grid = plan.score_grid;
  out.strata = {"all"};
  for (const auto& group : plan.subgroups) {
    for (const auto& value : values_of(group)) {
      out.strata.push_back(group);
      out.strata.back() += '=';
      out.strata.back() += value;
    }
  }
  out.flow = {"target", "prior_outcome", "short_follow_up", "failed", "analysed"};
  out.parts = static_cast<std::size_t>(plan.survival_steps.value_or(0));
  return out;
}

Done check_rules(const OutputRules& rules) {
  if (rules.min_cell >= 1 && rules.round_to >= 1 && rules.digits >= 1 && rules.digits <= 12) return {};
  return rejected(say("output rules are missing or out of range", "반출 규칙이 없거나 범위를 벗어났습니다"), "outputs",
                  say("give the policy's outputs: min_cell, round_to, digits",
                      "정책의 outputs 항목(min_cell, round_to, digits)을 지정하세요"));
}

Result<SiteResult> run_plan_at_site(const LockedPlan& plan, const SiteRequest& request) {
  NARU_CHECK(check_rules(request.rules));
  NARU_ASSIGN(auto rows, study_rows(plan, request));
  NARU_ASSIGN(const auto solution, parse_solution(plan.solution, plan.plan.solution));
  NARU_ASSIGN(const auto scores, scores_at_site(solution, rows.matrix, rows, request));
  std::optional<Scores> other;
  if (solution.comparator) {
    NARU_ASSIGN(other, scores_at_site(*solution.comparator, rows.comparator, rows, request));
  }
  auto scored = scored_rows(rows, scores, other, plan.plan.score_grid);
  rows.flow["failed"] = static_cast<std::int64_t>(rows.matrix.rows - scored.row.size());
  rows.flow["analysed"] = static_cast<std::int64_t>(scored.row.size());
  // The same gridded scores at a site as in the pooled figures, so that the two can be compared.
  NARU_ASSIGN(const auto all, evaluate::levels_of(scored.gridded, scored.rows.label));
  NARU_ASSIGN(const auto strata, strata_levels(plan.plan, rows, scored));

  SiteResult out;
  out.site = request.site;
  const auto layout = layout_of(plan.plan);
  out.histogram.assign(layout.size(), 0);
  add_counts(out.histogram, layout, 0, all);
  for (std::size_t i = 0; i < strata.size(); ++i) add_counts(out.histogram, layout, i + 1, strata[i].levels);
  for (std::size_t i = 0; i < layout.flow.size(); ++i) {
    out.histogram[layout.flow_at(i)] = static_cast<std::uint64_t>(rows.flow[layout.flow[i]]);
  }

  add_follow_up(out.histogram, layout, plan.plan, rows, scored);

  const FigureInput figures{plan.plan, all, strata, request.rules, true, false};
  NARU_ASSIGN(Json shared, released_figures(figures));
  shared["format"] = site_format;
  shared["site"] = request.site;
  shared["plan"] = plan.hash;
  shared["lake"] = request.lake_digest;
  shared["epoch"] = rows.consent_epoch;
  shared["vocabulary"] = rows.vocabulary_hash;
  shared["input_schema"] = input_schema_hash(solution);
  shared["rules"] = {{"min_cell", request.rules.min_cell},
                     {"round_to", request.rules.round_to},
                     {"complementary", request.rules.complementary},
                     {"digits", request.rules.digits}};
  shared["flow"] = released_flow(layout.flow, rows.flow, request.rules);
  shared["failed"] = failed_json(scores.failed, request.rules);
  out.shared = canonical(shared);
  NARU_ASSIGN(const auto as_given, evaluate::levels_of(scored.rows.score, scored.rows.label));
  NARU_CHECK(keep_private(plan, request, exact_figures(plan.plan, as_given, strata), rows, scores));
  if (solution.comparator) {
    const auto bins = static_cast<std::size_t>(plan.plan.score_grid + 1);
    out.comparator.assign(2 * bins, 0);
    for (std::size_t i = 0; i < scored.rows.comparator.size(); ++i) {
      const auto bin = evaluate::grid_bin(scored.rows.comparator[i], plan.plan.score_grid);
      ++out.comparator[scored.rows.label[i] == 1 ? bin : bins + bin];
    }
  }
  for (const auto row : scored.row) out.persons.push_back(rows.person[row]);
  out.rows = std::move(scored.rows);
  return out;
}

Result<SiteSummary> summary_of(std::string_view shared, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(shared, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  SiteSummary out;
  NARU_ASSIGN(out.site, reader.text_or("site", ""));
  out.persons = integer_at(json, "persons");
  out.events = integer_at(json, "events");
  NARU_ASSIGN(const auto area, reader.object("auroc"));
  out.auroc = number_at(area.raw(), "estimate");
  NARU_ASSIGN(out.reason, area.text_or("reason", ""));
  const auto interval = area.raw().find("ci95");
  if (interval != area.raw().end() && interval->is_array() && interval->size() == 2) {
    out.auroc_lo = interval->at(0).get<double>();
    out.auroc_hi = interval->at(1).get<double>();
  }
  return out;
}

}  // namespace naru::evidence
