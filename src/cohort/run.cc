#include "base/clock.h"
#include "base/json.h"
#include "cohort/cohort.h"
#include "cohort/domains.h"
#include "cohort/native.h"
#include "cohort/native_plan.h"
#include "cohort/plan.h"
#include "cohort/sql_text.h"
#include "cohort_sql.h"

#include <algorithm>
#include <array>

namespace naru::cohort {
namespace {

/// Walks every criterion and every predicate of a definition.
class Visitor {
 public:
  std::set<std::string> tables{"observation_period", "person"};
  std::set<std::int64_t> concepts;

  void expression(const Expression& expression) {
    for (const auto& set : expression.concept_sets) {
      for (const auto& item : set.items) concepts.insert(item.concept_id);
    }
    for (const auto& entry : expression.entry) criterion(entry);
    for (const auto& censor : expression.censoring) criterion(censor);
    if (expression.additional) group(*expression.additional);
    for (const auto& rule : expression.rules) group(rule.group);
    if (expression.exit.kind == ExitKind::drug_era) tables.insert("drug_exposure");
  }

 private:
  void predicates(const std::vector<Predicate>& list) {
    for (const auto& predicate : list) concepts.insert(predicate.concepts.begin(), predicate.concepts.end());
  }
  void criterion(const Criterion& criterion) {
    const auto& domain = *domain_named(criterion.domain);
    tables.emplace(domain.table);
    for (const auto& predicate : criterion.predicates) {
      const auto needed = table_of(domain.attribute(predicate.attribute)->needs);
      if (!needed.empty()) tables.emplace(needed);
    }
    predicates(criterion.predicates);
    for (const auto& nested : criterion.correlated) group(nested);
  }
  void group(const Group& group) {
    for (const auto& windowed : group.criteria) criterion(windowed.criterion);
    for (const auto& demographic : group.demographics) predicates(demographic.predicates);
    for (const auto& nested : group.groups) this->group(nested);
  }
};

std::vector<std::string> vocabulary_used(const Expression& expression, const Cdm& cdm) {
  bool any = false;
  bool descendants = false;
  bool mapped = false;
  for (const auto& set : expression.concept_sets) {
    for (const auto& item : set.items) {
      any = true;
      descendants = descendants || item.descendants;
      mapped = mapped || item.mapped;
    }
  }
  std::vector<std::string> out;
  if (any) out.emplace_back("concept");
  if (descendants && !cdm.rebuild_ancestors()) out.emplace_back("concept_ancestor");
  if (mapped || (descendants && cdm.rebuild_ancestors())) out.emplace_back("concept_relationship");
  return out;
}

constexpr std::array<std::string_view, 3> sex_names{"F", "M", "other"};
constexpr std::array<std::string_view, 11> band_names{"0-9",   "10-19", "20-29", "30-39", "40-49",  "50-59",
                                                      "60-69", "70-79", "80-89", "90+",   "unknown"};

}  // namespace

Error no_vocabulary() {
  return rejected(
      say("there is no concept table", "concept 표가 없습니다"), "concept",
      say("load the vocabulary, or put its tables beside the others", "용어집을 적재하거나 그 표를 함께 두세요"));
}

std::vector<std::string> tables_used(const Expression& expression) {
  Visitor visitor;
  visitor.expression(expression);
  return {visitor.tables.begin(), visitor.tables.end()};
}

std::vector<std::int64_t> concepts_used(const Expression& expression) {
  Visitor visitor;
  visitor.expression(expression);
  return {visitor.concepts.begin(), visitor.concepts.end()};
}

namespace {

/// What the index answered, as the table that the SQL plan would have left.
Done keep_entries(engine::Database& database, const std::vector<Entry>& entries, std::string_view into) {
  const auto table = engine::quoted(into);
  NARU_CHECK(database.run("CREATE OR REPLACE TEMP TABLE " + table +
                          " (person_id BIGINT, start_date DATE, end_date DATE, age INTEGER)"));
  engine::Rows rows;
  rows.columns = {{"person_id", engine::Kind::integer},
                  {"start_date", engine::Kind::date},
                  {"end_date", engine::Kind::date},
                  {"age", engine::Kind::integer}};
  constexpr std::size_t step = 200'000;
  for (std::size_t from = 0; from < entries.size(); from += step) {
    rows.count = std::min(step, entries.size() - from);
    for (auto& column : rows.columns) {
      column.integers.assign(rows.count, 0);
      column.valid.assign(rows.count, 1);
    }
    for (std::size_t row = 0; row < rows.count; ++row) {
      const auto& entry = entries[from + row];
      rows.columns[0].integers[row] = entry.person_id;
      rows.columns[1].integers[row] = entry.start;
      rows.columns[2].integers[row] = entry.end;
      rows.columns[3].integers[row] = entry.age.value_or(0);
      rows.columns[3].valid[row] = entry.age ? 1 : 0;
    }
    NARU_CHECK(database.append(into, rows));
  }
  return {};
}

}  // namespace

Result<Count> run(engine::Database& database, Cdm& cdm, const Expression& expression, std::string_view into) {
  if (cdm.index() == nullptr || !is_native(expression)) return run_sql(database, cdm, expression, into);
  const double began = steady_seconds();
  NARU_ASSIGN(auto answer, run_native(*cdm.index(), expression, cdm.native_options()));
  NARU_CHECK(keep_entries(database, answer.entries, into));
  answer.count.seconds = steady_seconds() - began;
  return std::move(answer.count);
}

Result<Count> run_sql(engine::Database& database, Cdm& cdm, const Expression& expression, std::string_view into) {
  const double began = steady_seconds();
  NARU_CHECK(cdm.require(database, tables_used(expression)));
  const auto vocabulary = vocabulary_used(expression, cdm);
  if (!vocabulary.empty() && !cdm.has_file("concept")) return no_vocabulary();
  NARU_CHECK(cdm.require(database, vocabulary));
  const auto plan = Planner(expression, cdm, std::string(into) + "_step").plan(into);
  Count out;
  for (const auto& step : plan.steps) NARU_CHECK(database.run(step));
  for (const auto& [rule, table] : plan.attrition) {
    NARU_ASSIGN(const auto persons, database.integer("SELECT count(DISTINCT person_id) FROM " + table));
    out.attrition.push_back({rule, persons});
  }
  const auto entries = engine::quoted(into);
  NARU_ASSIGN(out.entries, database.integer("SELECT count(*) FROM " + entries));
  NARU_ASSIGN(out.persons, database.integer("SELECT count(DISTINCT person_id) FROM " + entries));
  for (const auto& table : plan.tables) NARU_CHECK(database.run("DROP TABLE IF EXISTS " + table));
  out.seconds = steady_seconds() - began;
  return out;
}

StrataTable empty_strata() {
  StrataTable out;
  out.sexes.assign(sex_names.begin(), sex_names.end());
  out.age_bands.assign(band_names.begin(), band_names.end());
  for (const auto sex : sex_names) {
    for (const auto band : band_names) out.cells.push_back({std::string(sex), std::string(band), 0});
  }
  return out;
}

Result<StrataTable> strata(engine::Database& database, Cdm& cdm, std::string_view entries) {
  NARU_CHECK(cdm.require(database, {"person"}));
  NARU_ASSIGN(const auto rows, database.query(fill(sql::text("strata"), {{"entries", engine::quoted(entries)},
                                                                         {"person", cdm.relation("person")}})));
  auto out = empty_strata();
  for (std::size_t row = 0; row < rows.count; ++row) {
    const auto sex = static_cast<std::size_t>(rows.integer(0, row));
    const auto band = static_cast<std::size_t>(rows.integer(1, row));
    out.cells[sex * band_names.size() + band].persons = rows.integer(2, row);
  }
  return out;
}

Result<std::vector<std::int64_t>> persons_of(engine::Database& database, std::string_view entries) {
  NARU_ASSIGN(auto rows,
              database.query("SELECT DISTINCT person_id FROM " + engine::quoted(entries) + " ORDER BY person_id"));
  return std::move(rows.columns[0].integers);
}

Done keep_persons_of(engine::Database& database, std::string_view entries, std::string_view others) {
  return database.run("DELETE FROM " + engine::quoted(entries) + " WHERE person_id NOT IN (SELECT person_id FROM " +
                      engine::quoted(others) + ")");
}

Result<std::vector<Entry>> entries_of(engine::Database& database, std::string_view entries) {
  std::vector<Entry> out;
  NARU_CHECK(database.each_batch("SELECT person_id, start_date, end_date, age FROM " + engine::quoted(entries) +
                                     " ORDER BY person_id, start_date, end_date",
                                 {}, [&](const engine::Rows& rows) -> Done {
                                   for (std::size_t row = 0; row < rows.count; ++row) {
                                     out.push_back({rows.integer(0, row),
                                                    static_cast<std::int32_t>(rows.integer(1, row)),
                                                    static_cast<std::int32_t>(rows.integer(2, row))});
                                     if (!rows.is_null(3, row)) out.back().age = rows.integer(3, row);
                                   }
                                   return {};
                                 }));
  return out;
}

Result<std::string> entries_csv(engine::Database& database, std::string_view entries) {
  NARU_ASSIGN(const auto list, entries_of(database, entries));
  return entries_csv(list);
}

std::string count_json(const Count& count) {
  Json attrition = Json::array();
  for (const auto& step : count.attrition) attrition.push_back({{"rule", step.rule}, {"persons", step.persons}});
  return canonical(Json{{"persons", count.persons},
                        {"entries", count.entries},
                        {"attrition", std::move(attrition)},
                        {"seconds", count.seconds}});
}

}  // namespace naru::cohort
