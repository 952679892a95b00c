#include "evidence/features.h"

#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "base/json.h"
#include "cohort/cohort.h"
#include "engine/database.h"
#include "evidence_sql.h"
#include "model/omop.h"

namespace naru::evidence {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

struct Withdrawn {
  std::int64_t epoch = 1;
  std::vector<std::int64_t> persons;
};

Result<Withdrawn> read_withdrawn(const fs::path& file) {
  Withdrawn out;
  if (file.empty() || !fs::exists(file)) return out;
  NARU_ASSIGN(const auto json, read_json(file));
  NARU_ASSIGN(const auto reader, Reader::of(json, file.string()));
  NARU_ASSIGN(out.epoch, reader.integer("epoch"));
  NARU_ASSIGN(const auto persons, reader.array("persons"));
  for (const auto& [value, where] : persons) {
    if (!value->is_number_integer()) return rejected(say("not a person id", "사람 식별자가 아닙니다"), where);
    out.persons.push_back(value->get<std::int64_t>());
  }
  return out;
}

Result<std::string> vocabulary_hash(const fs::path& folder) {
  const auto file = folder / "vocabulary.json";
  if (folder.empty() || !fs::exists(file)) return std::string();
  NARU_ASSIGN(const auto json, read_json(file));
  NARU_ASSIGN(const auto reader, Reader::of(json, file.string()));
  return reader.text("hash");
}

std::string_view table_of(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::condition:
      return "condition_occurrence";
    case FeatureKind::drug:
      return "drug_exposure";
    case FeatureKind::measurement_last:
      return "measurement";
    case FeatureKind::age:
    case FeatureKind::sex_male:
      break;
  }
  return "person";
}

// Which persons of the target cohort are in the study, and what they are and become.
struct Follow {
  std::vector<std::int64_t> person;
  std::vector<std::int64_t> sex;
  std::vector<double> age;
  std::vector<std::uint8_t> label;
  std::vector<std::int64_t> index_day;
  std::vector<std::int64_t> event_day;
  std::vector<std::int64_t> short_days;
  std::map<std::string, std::int64_t> flow;
};

Result<Follow> follow_up(engine::Database& database, std::int64_t horizon_days, const std::optional<Window>& window) {
  NARU_ASSIGN(const auto rows, database.query(sql::text("study_follow_up")));
  Follow out;
  out.flow = {{"target", 0}, {"prior_outcome", 0}, {"short_follow_up", 0}};
  for (std::size_t row = 0; row < rows.count; ++row) {
    const auto index_day = rows.integer(6, row);
    if (window && (index_day < window->from || index_day >= window->to)) continue;
    ++out.flow["target"];
    if (rows.integer(3, row) != 0) {
      ++out.flow["prior_outcome"];
      continue;
    }
    const bool event = !rows.is_null(4, row) && rows.integer(4, row) <= horizon_days;
    const bool covered = !rows.is_null(5, row) && rows.integer(5, row) >= horizon_days;
    if (!event && !covered) {
      ++out.flow["short_follow_up"];
      out.short_days.push_back(rows.is_null(5, row) ? 0 : rows.integer(5, row));
      if (!window) continue;
    }
    out.person.push_back(rows.integer(0, row));
    out.sex.push_back(rows.integer(1, row));
    out.age.push_back(rows.is_null(2, row) ? missing : static_cast<double>(rows.integer(2, row)));
    out.label.push_back(event ? 1 : covered ? 0 : label_unknown);
    out.index_day.push_back(index_day);
    out.event_day.push_back(event ? rows.integer(4, row) : 0);
  }
  return out;
}

Done load_concepts(engine::Database& database, const FeatureSource& source) {
  NARU_CHECK(database.run("CREATE OR REPLACE TEMP TABLE study_concepts (concept_id BIGINT)"));
  for (const auto id : source.concepts) {
    NARU_CHECK(database.run("INSERT INTO study_concepts VALUES (?)", {engine::Value(id)}));
  }
  return source.include_descendants ? database.run(sql::text("study_concepts")) : Done();
}

// The feature's values of the study's persons; both lists are in person order.
Result<std::vector<double>> column_of(engine::Database& database, const Feature& feature, const Follow& follow) {
  const auto kind = feature.source.kind;
  if (kind == FeatureKind::age) return follow.age;
  std::vector<double> out(follow.person.size(), kind == FeatureKind::measurement_last ? missing : 0.0);
  if (kind == FeatureKind::sex_male) {
    for (std::size_t row = 0; row < out.size(); ++row) {
      const bool male = follow.sex[row] == model::concepts::male;
      out[row] = male ? 1.0 : (follow.sex[row] == model::concepts::female ? 0.0 : missing);
    }
    return out;
  }
  NARU_CHECK(load_concepts(database, feature.source));
  NARU_ASSIGN(const auto rows, database.query(sql::text("feature_" + std::string(name_of(kind))),
                                              {engine::Value(feature.source.window_days)}));
  std::size_t at = 0;
  for (std::size_t row = 0; row < rows.count; ++row) {
    const auto person = rows.integer(0, row);
    while (at < follow.person.size() && follow.person[at] < person) ++at;
    if (at < follow.person.size() && follow.person[at] == person) out[at] = rows.real(1, row);
  }
  return out;
}

Result<FeatureMatrix> matrix_of(engine::Database& database, const Solution& solution, const Follow& follow) {
  FeatureMatrix out;
  out.rows = follow.person.size();
  out.features = solution.features.size();
  out.values.resize(out.rows * out.features);
  for (std::size_t j = 0; j < out.features; ++j) {
    NARU_ASSIGN(const auto column, column_of(database, solution.features[j], follow));
    for (std::size_t row = 0; row < column.size(); ++row) out.values[row * out.features + j] = column[row];
  }
  return out;
}

Result<cohort::Cdm> open_study(engine::Database& database, const SiteRequest& request, const Solution& solution,
                               std::vector<std::int64_t> withdrawn) {
  cohort::CdmOptions options;
  options.folder = request.lake;
  options.vocabulary = fs::exists(request.vocabulary) ? request.vocabulary : fs::path();
  options.excluded_persons = std::move(withdrawn);
  NARU_ASSIGN(auto cdm, cohort::open_cdm(database, options));
  if (!cdm.has_file("person")) {
    return not_found(say("the lake has no person table", "레이크에 person 테이블이 없습니다"), request.lake.string(),
                     say("load a source first: naru ingest", "먼저 자료를 적재하세요: naru ingest"));
  }
  std::set<std::string> tables{"person", "observation_period"};
  for (const auto* one = &solution; one != nullptr; one = one->comparator.get()) {
    for (const auto& feature : one->features) {
      tables.emplace(table_of(feature.source.kind));
      if (feature.source.include_descendants && !feature.source.concepts.empty()) tables.emplace("concept_ancestor");
    }
  }
  NARU_CHECK(cdm.require(database, {tables.begin(), tables.end()}));
  return cdm;
}

}  // namespace

std::string age_band_of(std::int64_t years) {
  constexpr std::array<std::pair<std::int64_t, const char*>, 6> bands{
      {{17, "0-17"}, {39, "18-39"}, {49, "40-49"}, {59, "50-59"}, {69, "60-69"}, {79, "70-79"}}};
  for (const auto& [last, name] : bands) {
    if (years <= last) return name;
  }
  return "80+";
}

const std::vector<std::string>& age_bands() {
  static const std::vector<std::string> names{"0-17", "18-39", "40-49", "50-59", "60-69", "70-79", "80+", "unknown"};
  return names;
}

Result<StudyRows> study_rows(const LockedPlan& plan, const SiteRequest& request) {
  // A plan that was altered after it was locked reads nothing.
  NARU_CHECK([&]() -> Done {
    auto again = lock_parts(plan.plan, plan.target, plan.outcome, plan.solution);
    if (!again.ok()) return std::move(again).error();
    if (again->hash == plan.hash) return {};
    return rejected(say("the plan is not the one that was locked", "잠근 계획이 아닙니다"), plan.plan.id);
  }());
  NARU_ASSIGN(const auto solution, parse_solution(plan.solution, plan.plan.solution));
  NARU_ASSIGN(const auto target, cohort::parse(plan.target, plan.plan.target));
  NARU_ASSIGN(const auto outcome, cohort::parse(plan.outcome, plan.plan.outcome));
  NARU_ASSIGN(auto withdrawn, read_withdrawn(request.withdrawn));

  engine::DatabaseOptions options;
  options.allowed_folders = {request.lake};
  if (fs::exists(request.vocabulary)) options.allowed_folders.push_back(request.vocabulary);
  options.threads = request.threads;
  NARU_ASSIGN(auto database, engine::Database::open(options));
  const auto epoch = withdrawn.epoch;
  NARU_ASSIGN(auto cdm, open_study(database, request, solution, std::move(withdrawn.persons)));
  NARU_ASSIGN([[maybe_unused]] const auto targets, cohort::run(database, cdm, target, "study_target"));
  NARU_ASSIGN([[maybe_unused]] const auto outcomes, cohort::run(database, cdm, outcome, "study_outcome"));
  NARU_CHECK(database.run(sql::text("study_index")));
  NARU_ASSIGN(auto follow, follow_up(database, plan.plan.horizon_days, request.window));

  StudyRows out;
  out.consent_epoch = epoch;
  NARU_ASSIGN(out.vocabulary_hash, vocabulary_hash(request.vocabulary));
  NARU_ASSIGN(out.matrix, matrix_of(database, solution, follow));
  if (solution.comparator) {
    NARU_ASSIGN(out.comparator, matrix_of(database, *solution.comparator, follow));
  }
  auto& sexes = out.strata["sex"];
  auto& bands = out.strata["age_band"];
  for (std::size_t row = 0; row < follow.person.size(); ++row) {
    const auto sex = follow.sex[row];
    sexes.emplace_back(sex == model::concepts::male ? "M" : (sex == model::concepts::female ? "F" : "other"));
    bands.push_back(std::isnan(follow.age[row]) ? "unknown" : age_band_of(static_cast<std::int64_t>(follow.age[row])));
  }
  out.label = std::move(follow.label);
  out.person = std::move(follow.person);
  out.index_day = std::move(follow.index_day);
  out.event_day = std::move(follow.event_day);
  out.short_days = std::move(follow.short_days);
  out.flow = std::move(follow.flow);
  return out;
}

}  // namespace naru::evidence
