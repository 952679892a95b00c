#include "evidence/watch.h"

#include <algorithm>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "evaluate/calibration.h"
#include "evaluate/discrimination.h"
#include "evaluate/drift.h"
#include "evaluate/estimate_json.h"
#include "evidence/features.h"
#include "evidence/site_inputs.h"
#include "evidence/solution.h"

namespace naru::evidence {
namespace {

constexpr std::string_view watch_format = "naru-watch-1";

// The evidence's calibration groups: lowest score and persons of each.
struct Reference {
  std::vector<double> borders;
  std::vector<std::uint64_t> persons;
};

Result<Reference> reference_of(std::string_view report_json) {
  NARU_ASSIGN(const auto report, parse_json(report_json, "report"));
  NARU_ASSIGN(const auto reader, Reader::of(report, "report"));
  NARU_ASSIGN(const auto pooled, reader.object("pooled"));
  NARU_ASSIGN(const auto groups, pooled.array("calibration_groups"));
  Reference out;
  for (const auto& [value, where] : groups) {
    const auto from = value->find("from");
    const auto persons = value->find("persons");
    const bool usable = from != value->end() && from->is_number() && persons != value->end() &&
                        persons->is_number_unsigned() &&
                        (out.borders.empty() || out.borders.back() < from->get<double>());
    if (!usable) {
      return rejected(say("this evidence does not tell where its groups of scores begin",
                          "이 증거에는 점수 집단의 경계가 없습니다"),
                      where, say("verify the solution again: newer evidence does", "솔루션을 다시 검증하세요"));
    }
    out.borders.push_back(from->get<double>());
    out.persons.push_back(persons->get<std::uint64_t>());
  }
  if (out.borders.size() >= 2) return out;
  return rejected(
      say("the evidence shows too few groups of scores to compare with", "비교할 점수 집단이 증거에 충분하지 않습니다"),
      "pooled.calibration_groups");
}

struct Watched {
  std::vector<std::uint64_t> now;  // persons by group of the reference
  std::vector<double> score;       // on the plan's grid, of those whose outcome is known
  std::vector<std::uint8_t> label;
  std::vector<std::int64_t> persons;  // those with known outcome
  std::uint64_t scored = 0;
};

Watched watched(const Plan& plan, const StudyRows& rows, const Scores& scores, const Reference& reference) {
  Watched out;
  out.now.assign(reference.borders.size(), 0);
  for (std::size_t row = 0; row < scores.score.size(); ++row) {
    if (!scores.score[row]) continue;
    const double score = evaluate::on_grid(*scores.score[row], plan.score_grid);
    ++out.now[evaluate::group_of(score, reference.borders)];
    ++out.scored;
    if (rows.label[row] == label_unknown) continue;
    out.persons.push_back(rows.person[row]);
    out.score.push_back(score);
    out.label.push_back(rows.label[row]);
  }
  return out;
}

class Shown {
 public:
  explicit Shown(const OutputRules& rules) : rules_(rules) {}
  [[nodiscard]] bool small(std::uint64_t count) const { return count > 0 && std::cmp_less(count, rules_.min_cell); }
  [[nodiscard]] Json count(std::uint64_t value, bool hide) const {
    const auto released = workspace::release_count(static_cast<std::int64_t>(value), rules_.counts());
    return hide || !released.value ? Json(nullptr) : Json(*released.value);
  }
  [[nodiscard]] Json estimate(const evaluate::Estimate& value, bool hide) const {
    return evaluate::json_of(hide ? evaluate::undefined(evaluate::Reason::suppressed, value.method) : value,
                             static_cast<int>(rules_.digits));
  }

 private:
  const OutputRules& rules_;
};

Json figures(const Plan& plan, const evaluate::Levels& levels, const evaluate::Stability& drift, std::uint64_t scored,
             const OutputRules& rules) {
  const Shown shown(rules);
  const bool few = shown.small(scored);
  // Outcomes not known yet are the difference of the two counts.
  const bool hide = few || shown.small(levels.n()) || shown.small(levels.n_cases) || shown.small(levels.n_controls) ||
                    shown.small(scored - levels.n());
  const auto inner = evaluate::inside_unit(levels, plan.score_grid);
  Json out{{"scored", shown.count(scored, few)},
           {"persons", shown.count(levels.n(), hide)},
           {"events", shown.count(levels.n_cases, hide)},
           {"psi", shown.estimate(drift.psi, few)},
           {"p_no_drift", nullptr},
           {"o_e", shown.estimate(evaluate::observed_expected(levels), hide)},
           {"citl", shown.estimate(evaluate::calibration_in_the_large(inner), hide)},
           {"slope", shown.estimate(evaluate::calibration_slope(inner), hide)},
           {"auroc", shown.estimate(evaluate::auroc(levels), hide)}};
  if (!few && drift.p_no_drift) {
    out["p_no_drift"] = evaluate::rounded(*drift.p_no_drift, static_cast<int>(rules.digits));
  }
  return out;
}

// The reason of an absent figure stays in the file; here only numbers count.
Result<evaluate::Estimate> figure_in(const Reader& body, std::string_view key) {
  NARU_ASSIGN(const auto reader, body.object(key));
  const auto& json = reader.raw();
  const auto number = [&](const char* name) -> std::optional<double> {
    const auto found = json.find(name);
    return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
  };
  evaluate::Estimate out;
  out.estimate = number("estimate");
  out.se = number("se");
  const auto interval = json.find("ci95");
  if (interval != json.end() && interval->is_array() && interval->size() == 2 && interval->at(0).is_number() &&
      interval->at(1).is_number()) {
    out.ci95 = evaluate::Interval{interval->at(0).get<double>(), interval->at(1).get<double>()};
  }
  return out;
}

Result<std::optional<std::int64_t>> count_in(const Reader& body, std::string_view key) {
  const auto found = body.raw().find(std::string(key));
  if (found != body.raw().end() && found->is_null()) return std::optional<std::int64_t>();
  NARU_ASSIGN(const auto value, body.integer(key));
  if (value < 0) return rejected(say("not a count", "개수가 아닙니다"), fmt::format("{}.{}", body.where(), key));
  return std::optional(value);
}

}  // namespace

Result<WatchResult> watch_at_site(const LockedPlan& plan, const WatchRequest& request) {
  NARU_CHECK(check_rules(request.site.rules));
  if (!request.site.window || request.site.window->from >= request.site.window->to) {
    return rejected(say("a period has a first day before its end", "기간의 시작은 끝보다 앞이어야 합니다"), "period");
  }
  NARU_ASSIGN(const auto reference, reference_of(request.report_json));
  NARU_ASSIGN(const auto solution, parse_solution(plan.solution, plan.plan.solution));
  NARU_ASSIGN(const auto rows, study_rows(plan, request.site));
  NARU_ASSIGN(const auto scores, scores_at_site(solution, rows.matrix, rows, request.site));
  auto found = watched(plan.plan, rows, scores, reference);
  NARU_ASSIGN(const auto levels, evaluate::levels_of(found.score, found.label));
  const auto drift = evaluate::population_stability(reference.persons, found.now);
  const auto& rules = request.site.rules;
  auto json = figures(plan.plan, levels, drift, found.scored, rules);
  const auto day = [](std::int64_t days) { return format_date(static_cast<std::int32_t>(days)); };
  json["format"] = watch_format;
  json["site"] = request.site.site;
  json["plan"] = plan.hash;
  json["evidence"] = request.evidence_id;
  json["solution"] = {{"id", solution.id}, {"version", solution.version}};
  json["period"] = {{"from", day(request.site.window->from)}, {"to", day(request.site.window->to)}};
  json["lake"] = request.site.lake_digest;
  json["epoch"] = rows.consent_epoch;
  json["vocabulary"] = rows.vocabulary_hash;
  json["rules"] = {{"min_cell", rules.min_cell},
                   {"round_to", rules.round_to},
                   {"complementary", rules.complementary},
                   {"digits", rules.digits}};
  return WatchResult{canonical(json), std::move(found.persons)};
}

std::string signed_watch(std::string_view json, const SigningKey& key) {
  const auto body = parse_json(json, "watch");
  return canonical(Json{{"body", body.ok() ? *body : Json(nullptr)},
                        {"key", to_hex(key.public_key())},
                        {"signature", to_hex(key.sign(json))}}) +
         "\n";
}

Result<Watch> read_watch(std::string_view text, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_CHECK(reader.only({"body", "key", "signature"}));
  NARU_ASSIGN(const auto key_text, reader.text("key"));
  NARU_ASSIGN(const auto signature_text, reader.text("signature"));
  NARU_ASSIGN(const auto body, reader.object("body"));
  Watch out;
  NARU_ASSIGN(out.key, public_key_from_hex(key_text, reader.where() + ".key"));
  NARU_ASSIGN(const auto signature, signature_from_hex(signature_text, reader.where() + ".signature"));
  const auto bytes = canonical(body.raw());
  if (!verify(out.key, bytes, signature)) {
    return rejected(say("the signature is not of this watch", "서명이 이 감시 결과의 것이 아닙니다"),
                    std::string(where));
  }
  NARU_ASSIGN(const auto format, body.text("format"));
  if (format != watch_format) {
    return rejected(say("not a watch of this program", "이 프로그램의 감시 결과가 아닙니다"), std::string(where));
  }
  NARU_ASSIGN(out.site, body.text("site"));
  NARU_ASSIGN(out.plan, body.text("plan"));
  NARU_ASSIGN(out.evidence, body.text("evidence"));
  NARU_ASSIGN(const auto solution, body.object("solution"));
  NARU_ASSIGN(out.solution_id, solution.text("id"));
  NARU_ASSIGN(out.solution_version, solution.text("version"));
  NARU_ASSIGN(const auto period, body.object("period"));
  NARU_ASSIGN(out.from, period.text("from"));
  NARU_ASSIGN(out.to, period.text("to"));
  NARU_ASSIGN(out.scored, count_in(body, "scored"));
  NARU_ASSIGN(out.persons, count_in(body, "persons"));
  NARU_ASSIGN(out.psi, figure_in(body, "psi"));
  NARU_ASSIGN(out.o_e, figure_in(body, "o_e"));
  NARU_ASSIGN(out.slope, figure_in(body, "slope"));
  NARU_ASSIGN(out.auroc, figure_in(body, "auroc"));
  if (body.has("p_no_drift")) {
    NARU_ASSIGN(out.p_no_drift, body.number("p_no_drift"));
    if (!(*out.p_no_drift >= 0 && *out.p_no_drift <= 1)) {
      return rejected(say("not a probability", "확률이 아닙니다"), body.where() + ".p_no_drift");
    }
  }
  out.digest = hex(sha256(bytes));
  return out;
}

}  // namespace naru::evidence
