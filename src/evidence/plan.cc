#include "evidence/plan.h"

#include <algorithm>

#include "base/digest.h"
#include "base/json.h"
#include "base/limits.h"
#include "cohort/expression.h"
#include "evidence/solution.h"

namespace naru::evidence {
namespace {

const std::vector<std::string>& known_metrics() {
  static const std::vector<std::string> names{"auroc", "calibration", "net_benefit", "thresholds"};
  return names;
}
const std::vector<std::string>& known_subgroups() {
  static const std::vector<std::string> names{"age_band", "sex"};
  return names;
}

// A text in both languages, or one text that stands for both (a proper name).
Result<Text> both_languages(const Reader& reader, std::string_view key) {
  const auto& value = reader.raw().find(std::string(key));
  if (value != reader.raw().end() && value->is_string()) {
    const auto text = value->get<std::string>();
    return Text{text, text};
  }
  NARU_ASSIGN(const auto object, reader.object(key));
  NARU_CHECK(object.only({"en", "ko"}));
  Text out;
  NARU_ASSIGN(out.en, object.text("en"));
  NARU_ASSIGN(out.ko, object.text("ko"));
  return out;
}

// One that may be left out while a plan is being written.
Result<Text> both_or_none(const Reader& reader, std::string_view key) {
  if (!reader.has(key)) return Text{};
  return both_languages(reader, key);
}

Error out_of_range(const Reader& reader, std::string_view key, std::string_view wanted) {
  return rejected(say("{} must be {}", "{} 값은 다음이어야 합니다: {}", key, wanted),
                  fmt::format("{}.{}", reader.where(), key));
}

Result<std::int64_t> ranged(const Reader& reader, std::string_view key, std::int64_t least, std::int64_t most) {
  NARU_ASSIGN(const auto value, reader.integer(key));
  if (value < least || value > most) return out_of_range(reader, key, fmt::format("{}..{}", least, most));
  return value;
}

Result<std::vector<double>> read_thresholds(const Reader& reader) {
  NARU_ASSIGN(const auto items, reader.array("thresholds"));
  std::vector<double> out;
  for (const auto& [value, where] : items) {
    if (!value->is_number()) return rejected(say("not a number", "숫자가 아닙니다"), where);
    out.push_back(value->get<double>());
    if (!(out.back() > 0 && out.back() < 1)) {
      return rejected(say("a threshold must be strictly between 0 and 1", "임계값은 0과 1 사이여야 합니다"), where);
    }
  }
  std::sort(out.begin(), out.end());
  if (out.empty() || std::adjacent_find(out.begin(), out.end()) != out.end()) {
    return out_of_range(reader, "thresholds", "one or more different numbers");
  }
  return out;
}

// Sorted, each known, none twice.
Result<std::vector<std::string>> chosen(const Reader& reader, std::string_view key,
                                        const std::vector<std::string>& known, std::vector<std::string> otherwise) {
  if (!reader.has(key)) return otherwise;
  NARU_ASSIGN(auto out, reader.texts(key));
  std::sort(out.begin(), out.end());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool is_known = std::find(known.begin(), known.end(), out[i]) != known.end();
    if (!is_known || (i > 0 && out[i] == out[i - 1])) {
      return rejected(say("unknown or repeated: {}", "알 수 없거나 중복된 값: {}", out[i]),
                      fmt::format("{}.{}", reader.where(), key));
    }
  }
  return out;
}

// Words, or figures that the report holds against what was reached.
Done read_sample_size(const Reader& reader, Plan& plan) {
  const auto found = reader.raw().find("sample_size");
  const bool words = found != reader.raw().end() && (found->is_string() || found->contains("en"));
  if (found == reader.raw().end() || words) {
    NARU_ASSIGN(plan.sample_size, both_or_none(reader, "sample_size"));
    return {};
  }
  NARU_ASSIGN(const auto size, reader.object("sample_size"));
  NARU_CHECK(size.only({"persons", "events", "reason"}));
  NARU_ASSIGN(plan.sample_size, both_languages(size, "reason"));
  NARU_ASSIGN(plan.sample_persons, ranged(size, "persons", 1, 1'000'000'000));
  NARU_ASSIGN(plan.sample_events, ranged(size, "events", 1, 1'000'000'000));
  return {};
}

Done read_bootstrap(const Reader& reader, Plan& plan) {
  if (!reader.has("bootstrap")) return {};
  NARU_ASSIGN(const auto bootstrap, reader.object("bootstrap"));
  NARU_CHECK(bootstrap.only({"replicates", "seed"}));
  NARU_ASSIGN(plan.bootstrap_replicates, ranged(bootstrap, "replicates", 200, 20'000));
  NARU_ASSIGN(const auto seed, ranged(bootstrap, "seed", 0, INT64_MAX));
  plan.bootstrap_seed = static_cast<std::uint64_t>(seed);
  return {};
}

Done read_statements(const Reader& reader, Plan& plan) {
  if (!reader.has("statements")) return {};
  NARU_ASSIGN(const auto statements, reader.object("statements"));
  for (const auto& [item, value] : statements.raw().items()) {
    const auto slash = item.find('/');
    if (slash == std::string::npos || !is_plain_name(item.substr(0, slash)) || !is_plain_name(item.substr(slash + 1))) {
      return rejected(say("an item is CHECKLIST/NUMBER", "항목은 점검표/번호 형식입니다"),
                      fmt::format("{}.{}", statements.where(), item));
    }
    NARU_ASSIGN(plan.statements[item], both_languages(statements, item));
  }
  return {};
}

Result<Plan> plan_of(const Json& json, std::string_view where) {
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_CHECK(reader.only({"id",
                          "version",
                          "title",
                          "intended_use",
                          "target",
                          "outcome",
                          "solution",
                          "horizon_days",
                          "thresholds",
                          "subgroups",
                          "score_grid",
                          "metrics",
                          "unit_of_analysis",
                          "cut_off",
                          "comparator",
                          "missing",
                          "stopping",
                          "sample_size",
                          "population",
                          "index_time",
                          "alert_burden_max",
                          "impact",
                          "changes",
                          "statements",
                          "bootstrap",
                          "survival_steps"}));
  Plan plan;
  NARU_ASSIGN(plan.id, reader.text("id"));
  if (!is_plain_name(plan.id)) return out_of_range(reader, "id", "letters, digits, '-', '_', '.'");
  NARU_ASSIGN(plan.version, reader.has("version") ? ranged(reader, "version", 1, 1'000'000) : Result<std::int64_t>(1));
  NARU_ASSIGN(plan.title, both_languages(reader, "title"));
  NARU_ASSIGN(plan.intended_use, both_languages(reader, "intended_use"));
  NARU_ASSIGN(plan.target, reader.text("target"));
  NARU_ASSIGN(plan.outcome, reader.text("outcome"));
  NARU_ASSIGN(plan.solution, reader.text("solution"));
  NARU_ASSIGN(plan.horizon_days, ranged(reader, "horizon_days", 1, 3650));
  NARU_ASSIGN(plan.thresholds, read_thresholds(reader));
  NARU_ASSIGN(plan.subgroups, chosen(reader, "subgroups", known_subgroups(), {}));
  NARU_ASSIGN(plan.score_grid, ranged(reader, "score_grid", 10, 10'000));
  NARU_ASSIGN(plan.metrics, chosen(reader, "metrics", known_metrics(), known_metrics()));
  NARU_ASSIGN(plan.unit_of_analysis, both_or_none(reader, "unit_of_analysis"));
  NARU_ASSIGN(plan.cut_off, both_or_none(reader, "cut_off"));
  NARU_ASSIGN(plan.comparator, both_or_none(reader, "comparator"));
  NARU_ASSIGN(plan.missing, both_or_none(reader, "missing"));
  NARU_ASSIGN(plan.stopping, both_or_none(reader, "stopping"));
  NARU_CHECK(read_sample_size(reader, plan));
  NARU_ASSIGN(plan.population, both_or_none(reader, "population"));
  NARU_ASSIGN(plan.index_time, both_or_none(reader, "index_time"));
  if (reader.has("alert_burden_max")) {
    NARU_ASSIGN(const auto share, reader.number("alert_burden_max"));
    if (!(share > 0 && share <= 1)) return out_of_range(reader, "alert_burden_max", "0 < share <= 1");
    plan.alert_burden_max = share;
  }
  for (const auto& [key, text] : {std::pair{"impact", &plan.impact}, std::pair{"changes", &plan.changes}}) {
    if (!reader.has(key)) continue;
    NARU_ASSIGN(*text, both_languages(reader, key));
  }
  NARU_CHECK(read_bootstrap(reader, plan));
  if (reader.has("survival_steps")) {
    NARU_ASSIGN(plan.survival_steps,
                ranged(reader, "survival_steps", 2, std::min<std::int64_t>(60, plan.horizon_days)));
  }
  NARU_CHECK(read_statements(reader, plan));
  return plan;
}

Json json_of_plan(const Plan& plan) {
  Json out{{"id", plan.id},
           {"version", plan.version},
           {"title", {{"en", plan.title.en}, {"ko", plan.title.ko}}},
           {"intended_use", {{"en", plan.intended_use.en}, {"ko", plan.intended_use.ko}}},
           {"target", plan.target},
           {"outcome", plan.outcome},
           {"solution", plan.solution},
           {"horizon_days", plan.horizon_days},
           {"thresholds", plan.thresholds},
           {"subgroups", plan.subgroups},
           {"score_grid", plan.score_grid},
           {"metrics", plan.metrics}};
  // One text for both languages is written as it was read: plans locked before have the same hash.
  const auto said = [](const Text& value) {
    return value.en == value.ko ? Json(value.en) : Json{{"en", value.en}, {"ko", value.ko}};
  };
  const auto text = [&](std::string_view key, const Text& value) {
    if (!value.empty()) out[std::string(key)] = said(value);
  };
  text("unit_of_analysis", plan.unit_of_analysis);
  text("cut_off", plan.cut_off);
  text("comparator", plan.comparator);
  text("missing", plan.missing);
  text("stopping", plan.stopping);
  text("sample_size", plan.sample_size);
  text("population", plan.population);
  text("index_time", plan.index_time);
  if (plan.sample_persons && plan.sample_events) {
    out["sample_size"] = {
        {"persons", *plan.sample_persons}, {"events", *plan.sample_events}, {"reason", said(plan.sample_size)}};
  }
  if (plan.bootstrap_replicates) {
    out["bootstrap"] = {{"replicates", *plan.bootstrap_replicates}, {"seed", plan.bootstrap_seed}};
  }
  if (plan.survival_steps) out["survival_steps"] = *plan.survival_steps;
  if (plan.alert_burden_max) out["alert_burden_max"] = *plan.alert_burden_max;
  const auto words = [](const Text& both) { return Json{{"en", both.en}, {"ko", both.ko}}; };
  if (!plan.impact.empty()) out["impact"] = words(plan.impact);
  if (!plan.changes.empty()) out["changes"] = words(plan.changes);
  for (const auto& [item, said] : plan.statements) out["statements"][item] = words(said);
  return out;
}

Error names_its_file(Error error, const std::string& file) {
  if (error.where.find(file) == std::string::npos) error.where = file + ": " + error.where;
  return error;
}

}  // namespace

Result<Plan> parse_plan(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  return plan_of(json, where);
}

std::vector<std::string> unanswered(const Plan& plan) {
  std::vector<std::string> out;
  for (const auto& [name, said] :
       {std::pair{"unit_of_analysis", &plan.unit_of_analysis}, std::pair{"population", &plan.population},
        std::pair{"index_time", &plan.index_time}, std::pair{"cut_off", &plan.cut_off},
        std::pair{"comparator", &plan.comparator}, std::pair{"missing", &plan.missing},
        std::pair{"stopping", &plan.stopping}, std::pair{"sample_size", &plan.sample_size}}) {
    if (said->empty()) out.emplace_back(name);
  }
  if (!plan.bootstrap_replicates) out.emplace_back("bootstrap");
  if (plan.version > 1 && plan.changes.empty()) out.emplace_back("changes");
  return out;
}

std::string canonical_plan(const Plan& plan) { return canonical(json_of_plan(plan)); }

Result<LockedPlan> lock_parts(Plan plan, std::string target, std::string outcome, std::string solution) {
  // Every part must be usable before its hash is promised to anybody.
  for (const auto& [text, file] : {std::pair{&target, &plan.target}, std::pair{&outcome, &plan.outcome}}) {
    if (!is_utf8(*text)) return rejected(say("not UTF-8", "UTF-8이 아닙니다"), *file);
    if (auto parsed = cohort::parse(*text, *file); !parsed.ok()) {
      return names_its_file(std::move(parsed).error(), *file);
    }
  }
  NARU_CHECK([&]() -> Done {
    auto parsed = parse_solution(solution, plan.solution);
    if (!parsed.ok()) return std::move(parsed).error();
    return {};
  }());
  LockedPlan out;
  out.plan_json = canonical_plan(plan);
  const Json hashed{
      {"format", plan_format},
      {"plan", json_of_plan(plan)},
      {"digests",
       {{"target", hex(sha256(target))}, {"outcome", hex(sha256(outcome))}, {"solution", hex(sha256(solution))}}}};
  out.hash = hex(sha256(canonical(hashed)));
  out.plan = std::move(plan);
  out.target = std::move(target);
  out.outcome = std::move(outcome);
  out.solution = std::move(solution);
  return out;
}

Result<LockedPlan> lock(const fs::path& plan_yaml) {
  NARU_ASSIGN(const auto text, read_file(plan_yaml, limits::definition_bytes));
  NARU_ASSIGN(auto plan, parse_plan(text, plan_yaml.string()));
  if (const auto open = unanswered(plan); !open.empty()) {
    std::string names;
    for (const auto& name : open) names += (names.empty() ? "" : ", ") + name;
    return rejected(say("the plan does not say: {}", "계획에 없는 항목: {}", names), plan_yaml.string(),
                    say("state them; what is decided after the labels are seen is no plan",
                        "적어 주세요. 라벨을 본 뒤에 정한 것은 계획이 아닙니다"));
  }
  const auto folder = plan_yaml.parent_path();
  NARU_ASSIGN(auto target, read_file(folder / plan.target, limits::definition_bytes));
  NARU_ASSIGN(auto outcome, read_file(folder / plan.outcome, limits::definition_bytes));
  NARU_ASSIGN(auto solution, read_file(folder / plan.solution, limits::definition_bytes));
  return lock_parts(std::move(plan), std::move(target), std::move(outcome), std::move(solution));
}

std::string locked_text(const LockedPlan& plan) {
  return canonical(Json{{"format", plan_format},
                        {"hash", plan.hash},
                        {"plan", json_of_plan(plan.plan)},
                        {"target", plan.target},
                        {"outcome", plan.outcome},
                        {"solution", plan.solution}});
}

Result<LockedPlan> parse_locked(std::string_view text, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_CHECK(reader.only({"format", "hash", "plan", "target", "outcome", "solution"}));
  NARU_ASSIGN(const auto format, reader.text("format"));
  if (format != plan_format) return out_of_range(reader, "format", plan_format);
  NARU_ASSIGN(const auto stated, reader.text("hash"));
  NARU_ASSIGN(const auto plan_reader, reader.object("plan"));
  NARU_ASSIGN(auto plan, plan_of(plan_reader.raw(), plan_reader.where()));
  NARU_ASSIGN(auto target, reader.text("target"));
  NARU_ASSIGN(auto outcome, reader.text("outcome"));
  NARU_ASSIGN(auto solution, reader.text("solution"));
  NARU_ASSIGN(auto out, lock_parts(std::move(plan), std::move(target), std::move(outcome), std::move(solution)));
  if (out.hash != stated) {
    return rejected(say("the plan is not the one that was locked: its hash is {}, stated is {}",
                        "잠근 계획이 아닙니다. 해시 {}, 적힌 값 {}", out.hash, stated),
                    fmt::format("{}.hash", where),
                    say("lock the changed plan as a new version", "바뀐 계획은 새 버전으로 잠그세요"));
  }
  return out;
}

}  // namespace naru::evidence
