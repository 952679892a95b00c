#include "synth/studies.h"

#include "base/json.h"

namespace naru::synth {
namespace {

Json concept_set(const Vocabulary& vocabulary, int id, const std::string& name,
                 const std::vector<std::int64_t>& concepts) {
  Json items = Json::array();
  for (const std::int64_t concept_id : concepts) {
    const Concept& row = vocabulary.concept_of(concept_id);
    items.push_back({{"concept",
                      {{"CONCEPT_ID", row.id},
                       {"CONCEPT_NAME", row.name},
                       {"STANDARD_CONCEPT", row.standard == 0 ? "N" : std::string(1, row.standard)},
                       {"CONCEPT_CODE", row.code},
                       {"DOMAIN_ID", row.domain},
                       {"VOCABULARY_ID", row.vocabulary},
                       {"CONCEPT_CLASS_ID", row.klass},
                       {"INVALID_REASON", "V"}}},
                     {"isExcluded", false},
                     {"includeDescendants", true},
                     {"includeMapped", false}});
  }
  return {{"id", id}, {"name", name}, {"expression", {{"items", std::move(items)}}}};
}

Json window(int from_days, bool from_before, int to_days, bool to_before) {
  return {{"Start", {{"Days", from_days}, {"Coeff", from_before ? -1 : 1}}},
          {"End", {{"Days", to_days}, {"Coeff", to_before ? -1 : 1}}},
          {"UseEventEnd", false}};
}

/// At least `count` events of `criterion` in the window around the entry's start.
Json correlated(Json criterion, Json start_window, int type, int count) {
  return {{"Criteria", std::move(criterion)},
          {"StartWindow", std::move(start_window)},
          {"Occurrence", {{"Type", type}, {"Count", count}, {"IsDistinct", false}}},
          {"RestrictVisit", false},
          {"IgnoreObservationPeriod", true}};
}
constexpr int exactly = 0;
constexpr int at_least = 2;

Json all_of(Json criteria) {
  return {{"Type", "ALL"},
          {"CriteriaList", std::move(criteria)},
          {"DemographicCriteriaList", Json::array()},
          {"Groups", Json::array()}};
}

Json codeset(std::string_view kind, int id) { return {{std::string(kind), {{"CodesetId", id}}}}; }

Json expression(Json sets, Json primary, std::string_view limit) {
  return {{"cdmVersionRange", ">=5.0.0"},
          {"ConceptSets", std::move(sets)},
          {"PrimaryCriteria",
           {{"CriteriaList", Json::array({std::move(primary)})},
            {"ObservationWindow", {{"PriorDays", 0}, {"PostDays", 0}}},
            {"PrimaryCriteriaLimit", {{"Type", std::string(limit)}}}}},
          {"QualifiedLimit", {{"Type", std::string(limit)}}},
          {"ExpressionLimit", {{"Type", std::string(limit)}}},
          {"InclusionRules", Json::array()},
          {"CensoringCriteria", Json::array()},
          {"CollapseSettings", {{"CollapseType", "ERA"}, {"EraPad", 0}}},
          {"CensorWindow", Json::object()}};
}

Json diabetes_entry() {
  Json entry = codeset("ConditionOccurrence", 0);
  entry["ConditionOccurrence"]["First"] = true;
  entry["ConditionOccurrence"]["Age"] = {{"Value", 19}, {"Op", "gte"}};
  return entry;
}

Json women() {
  return {{"CONCEPT_ID", 8532},        {"CONCEPT_NAME", "FEMALE"}, {"CONCEPT_CODE", "F"},  {"DOMAIN_ID", "Gender"},
          {"VOCABULARY_ID", "Gender"}, {"STANDARD_CONCEPT", "S"},  {"INVALID_REASON", "V"}};
}

Json question(const Vocabulary& v, bool women_only) {
  const Groups& g = v.groups();
  Json entry = diabetes_entry();
  if (women_only) entry["ConditionOccurrence"]["Gender"] = Json::array({women()});
  Json result = expression(Json::array({concept_set(v, 0, "Type 2 diabetes mellitus", {g.type2_diabetes}),
                                        concept_set(v, 1, "Metformin", {g.metformin})}),
                           std::move(entry), "First");
  result["AdditionalCriteria"] =
      all_of(Json::array({correlated(codeset("DrugExposure", 1), window(0, true, 180, false), at_least, 1)}));
  return result;
}

Json rules(const Vocabulary& v) {
  const Groups& g = v.groups();
  Json result = expression(
      Json::array({concept_set(v, 0, "Type 2 diabetes mellitus", {g.type2_diabetes}),
                   concept_set(v, 1, "Hypertensive disorder", {g.hypertension}),
                   concept_set(v, 2, "Insulin", {g.insulin}), concept_set(v, 3, "Haemoglobin A1c", {g.hba1c})}),
      diabetes_entry(), "First");
  Json adults = all_of(Json::array());
  adults["DemographicCriteriaList"] = Json::array({Json{{"Age", {{"Value", 40}, {"Op", "bt"}, {"Extent", 79}}}}});
  Json hba1c = codeset("Measurement", 3);
  hba1c["Measurement"]["ValueAsNumber"] = {{"Value", 6.5}, {"Op", "gte"}};
  result["InclusionRules"] = Json::array(
      {Json{{"name", "aged 40 to 79"}, {"expression", std::move(adults)}},
       Json{{"name", "hypertension in the year before"},
            {"expression", all_of(Json::array({correlated(codeset("ConditionOccurrence", 1), window(365, true, 0, true),
                                                          at_least, 1)}))}},
       Json{{"name", "HbA1c of 6.5 % or more in the year before"},
            {"expression",
             all_of(Json::array({correlated(std::move(hba1c), window(365, true, 0, true), at_least, 1)}))}},
       Json{{"name", "no insulin in the year before"},
            {"expression",
             all_of(Json::array({correlated(codeset("DrugExposure", 2), window(365, true, 0, true), exactly, 0)}))}}});
  return result;
}

/// Asks for procedures, which the demonstration's right does not include.
Json out_of_scope(const Vocabulary& v) {
  return expression(Json::array({concept_set(v, 0, v.procedures().front().name, {v.procedures().front().concept_id})}),
                    codeset("ProcedureOccurrence", 0), "First");
}

Json poor_control(const Vocabulary& v) {
  const Groups& g = v.groups();
  Json entry = codeset("Measurement", 0);
  entry["Measurement"]["ValueAsNumber"] = {{"Value", 9.0}, {"Op", "gte"}};
  return expression(Json::array({concept_set(v, 0, "Haemoglobin A1c", {g.hba1c})}), std::move(entry), "First");
}

Json sensitive(const Vocabulary& v) {
  return expression(Json::array({concept_set(v, 0, "Mental and behavioural disorder", {v.groups().mental_illness})}),
                    codeset("ConditionOccurrence", 0), "First");
}

Json emergencies(const Vocabulary& v) {
  Json entry = codeset("VisitOccurrence", 0);
  Json result = expression(Json::array({concept_set(v, 0, "Emergency visit", {9203})}), std::move(entry), "First");
  result["AdditionalCriteria"] =
      all_of(Json::array({correlated(codeset("VisitOccurrence", 0), window(1, false, 365, false), at_least, 1)}));
  return result;
}

Json outcome(const Vocabulary& v) {
  Json result = expression(Json::array({concept_set(v, 0, "Acute cardiorenal event", {v.groups().cardiorenal_event})}),
                           codeset("ConditionOccurrence", 0), "All");
  result["EndStrategy"] = {{"DateOffset", {{"DateField", "StartDate"}, {"Offset", 1}}}};
  return result;
}

Json feature(std::string_view name, Json source, double coefficient, double missing) {
  return {{"name", name}, {"source", std::move(source)}, {"coefficient", coefficient}, {"missing", missing}};
}

Json source_of(std::string_view kind, std::int64_t concept_id) {
  return {{"kind", kind}, {"concepts", {concept_id}}, {"include_descendants", true}, {"window_days", 365}};
}

constexpr std::string_view plan_text = R"YAML(# An evaluation plan: locked by its hash before any outcome is read.
id: cardiorenal-risk
version: 1
title:
  en: One-year risk of an acute cardiorenal event after a first diabetes diagnosis
  ko: 당뇨병 첫 진단 후 1년 내 급성 심신장 사건 위험
intended_use:
  en: Adults with a first diagnosis of type 2 diabetes in a general hospital; the score supports, and never replaces, the decision to refer early.
  ko: 종합병원에서 2형 당뇨병을 처음 진단받은 성인을 대상으로 하며, 조기 의뢰 결정을 보조할 뿐 대신하지 않습니다.
target: ../definitions/target.json
outcome: ../definitions/outcome.json
solution: scorecard.json
horizon_days: 365
thresholds: [0.1, 0.2, 0.3, 0.4]
subgroups: [sex, age_band]
score_grid: 1000
metrics: [auroc, calibration, net_benefit, thresholds]
unit_of_analysis:
  en: one person, at the first entry into the target cohort at the site
  ko: 그 기관에서 대상 코호트에 처음 들어온 시점의 한 사람
population:
  en: adults with a first diagnosis of type 2 diabetes at the hospital, as the target definition counts them
  ko: 대상 정의에 따라 그 병원에서 2형 당뇨병을 처음 진단받은 성인
index_time:
  en: the day of that first diagnosis; inputs are recorded on or before it, treatment for it begins after it
  ko: 첫 진단일. 입력은 그날까지의 기록이고 치료는 그 뒤에 시작됩니다
cut_off: {en: "0.2, the risk at which early referral is offered", ko: "0.2(조기 의뢰를 제안하는 위험)"}
comparator: {en: "refer all, refer none", ko: "모두 의뢰, 아무도 의뢰하지 않음"}
missing:
  en: a missing measurement takes the value stated in the scorecard
  ko: 빠진 측정값은 점수표에 적힌 값으로 채웁니다
stopping: {en: none; every eligible person is used once, ko: 없음. 해당하는 사람을 한 번씩 모두 씁니다}
sample_size:
  persons: 600
  events: 300
  reason:
    en: at least 100 events and 100 persons without an event per site
    ko: 기관마다 사건 100건과 사건 없는 100명 이상
bootstrap: {replicates: 500, seed: 1}
survival_steps: 12
alert_burden_max: 0.5
statements:
  tripod-ai/18a: {en: none; a synthetic demonstration, ko: 없음(합성 자료 시연)}
)YAML";

constexpr std::string_view deposit_text = R"YAML(id: sleep-lifelog-2025
version: "1.0"
title:
  en: Sleep and activity lifelog of 120 volunteers
  ko: 자원자 120명의 수면·활동 라이프로그
description:
  en: Fourteen days of steps, resting heart rate and sleep from a wrist device, with a sleep questionnaire on the first day. Synthetic data of an invented programme.
  ko: 손목 기기로 14일간 측정한 걸음 수, 안정 시 심박수, 수면 시간과 첫날의 수면 설문입니다. 가상의 사업에서 만든 합성 자료입니다.
programme: Digital Sleep Health R&D Programme (synthetic)
grant_number: SYN-2025-0417
depositor: hospital-b
tier: controlled
phase: 1
legal_basis: synthetic
keywords: [sleep, lifelog, wearable, 수면, 라이프로그]
duo: ["DUO:0000007", "DUO:0000026"]
ai_terms: [train, validate]
embargo_until: 2036-12-31
persons: 120
files: [data.csv]
)YAML";

constexpr std::string_view dictionary_text = R"YAML(files:
  data.csv:
    columns:
      - {name: subject_no, type: integer, meaning: {en: "number of the volunteer, given at random", ko: "무작위로 부여한 자원자 번호"}}
      - {name: day, type: integer, meaning: {en: "day of observation, from 1", ko: "관찰 일차(1부터)"
}
}
      - {name: age_band, type: text, meaning: {en: "age in bands of ten years", ko: "10세 단위 연령대"}}
      - {name: sex, type: text, meaning: {en: "F or M", ko: "F 또는 M"}}
      - {name: steps, type: integer, meaning: {en: "steps of the day", ko: "하루 걸음 수"}}
      - {name: resting_heart_rate, type: integer, meaning: {en: "resting heart rate, per minute", ko: "안정 시 심박수(분당)"}}
      - {name: sleep_minutes, type: integer, meaning: {en: "minutes asleep in the night before", ko: "전날 밤 수면 시간(분)"}}
      - {name: sleep_score, type: integer, meaning: {en: "sleep questionnaire on day 1, 0 good to 21 poor; empty on other days", ko: "첫날 수면 설문 점수(0 좋음~21 나쁨), 다른 날은 빈칸"}}
)YAML";

}  // namespace

Done write_definitions(const Vocabulary& v, const std::filesystem::path& folder) {
  NARU_CHECK(make_folder(folder));
  const Json target =
      expression(Json::array({concept_set(v, 0, "Type 2 diabetes mellitus", {v.groups().type2_diabetes})}),
                 diabetes_entry(), "First");
  NARU_CHECK(write_file_atomic(folder / "target.json", pretty(target)));
  NARU_CHECK(write_file_atomic(folder / "outcome.json", pretty(outcome(v))));
  NARU_CHECK(write_file_atomic(folder / "question.json", pretty(question(v, false))));
  NARU_CHECK(write_file_atomic(folder / "question-women.json", pretty(question(v, true))));
  NARU_CHECK(write_file_atomic(folder / "rules.json", pretty(rules(v))));
  NARU_CHECK(write_file_atomic(folder / "emergencies.json", pretty(emergencies(v))));
  NARU_CHECK(write_file_atomic(folder / "sensitive.json", pretty(sensitive(v))));
  NARU_CHECK(write_file_atomic(folder / "poor-control.json", pretty(poor_control(v))));
  return write_file_atomic(folder / "out-of-scope.json", pretty(out_of_scope(v)));
}

Done write_solution(const Vocabulary& v, const Truth& truth, const std::filesystem::path& folder) {
  NARU_CHECK(make_folder(folder));
  const Groups& g = v.groups();
  // Flattened by a tenth and rounded, as a model trained elsewhere would be; the intercept is too high on
  // purpose.
  Json card{{"id", "cardiorenal-scorecard"}, {"version", "1.0.0"}, {"kind", "logistic"}};
  Json features = Json::array();
  features.push_back(feature("age", {{"kind", "age"}}, 0.0413, 60));
  features.push_back(feature("male", {{"kind", "sex_male"}}, 0.359, 0));
  features.push_back(feature("kidney disease", source_of("condition", g.kidney_disease), 0.847, 0));
  features.push_back(feature("atrial fibrillation", source_of("condition", g.atrial_fibrillation), 0.713, 0));
  features.push_back(feature("hypertension", source_of("condition", g.hypertension), 0.304, 0));
  features.push_back(feature("statin", source_of("drug", g.statin), -0.622, 0));
  features.push_back(feature("HbA1c", source_of("measurement_last", g.hba1c), 0.3577, 7.6));
  card["features"] = std::move(features);
  // logit = b0 + 0.0413 age + 0.3577 HbA1c …, written around age 60 and 7.5 %.
  card["intercept"] = truth.intercept - 0.0413 * 60 - 0.3577 * 7.5 + 0.25;
  NARU_CHECK(write_file_atomic(folder / "scorecard.json", pretty(card)));
  return write_file_atomic(folder / "plan.yaml", plan_text);
}

Done write_deposit(std::uint64_t seed, const std::filesystem::path& folder) {
  NARU_CHECK(make_folder(folder));
  std::string text = "subject_no,day,age_band,sex,steps,resting_heart_rate,sleep_minutes,sleep_score\n";
  for (std::uint64_t subject = 0; subject < 120; ++subject) {
    Rng rng(seed, Purpose::deposit, subject);
    const int band = 2 + static_cast<int>(rng.below(5));
    const bool male = rng.chance(0.5);
    const double usual_steps = 7500 - 500 * band + 1800 * rng.normal();
    const double usual_sleep = 405 + 35 * rng.normal();
    for (int day = 1; day <= 14; ++day) {
      put_number(text, static_cast<std::int64_t>(subject) + 1);
      text += ',';
      put_number(text, day);
      text += ',';
      put_number(text, band * 10);
      text += '-';
      put_number(text, band * 10 + 9);
      text += male ? ",M," : ",F,";
      if (!rng.chance(0.04))
        put_number(text, static_cast<std::int64_t>(std::max(usual_steps + 1500 * rng.normal(), 120.0)));
      text += ',';
      put_number(text, static_cast<std::int64_t>(64 + 6 * rng.normal()));
      text += ',';
      if (!rng.chance(0.06))
        put_number(text, static_cast<std::int64_t>(std::max(usual_sleep + 45 * rng.normal(), 90.0)));
      text += ',';
      if (day == 1) put_number(text, static_cast<std::int64_t>(std::max((430 - usual_sleep) / 12 + 5, 0.0)));
      text += '\n';
    }
  }
  NARU_CHECK(write_file_atomic(folder / "data.csv", text));
  NARU_CHECK(write_file_atomic(folder / "dictionary.yaml", dictionary_text));
  return write_file_atomic(folder / "deposit.yaml", deposit_text);
}

}  // namespace naru::synth
