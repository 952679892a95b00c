// The ground of a release, and the section of its risk report.
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "protect/attack.h"

#include <array>
#include <deque>
#include <mutex>

namespace naru::protect {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 3> sources{
    {{"condition_occurrence", "condition_concept_id"},
     {"drug_exposure", "drug_concept_id"},
     {"procedure_occurrence", "procedure_concept_id"}}};
constexpr int groups_per_table_max = 60;

}  // namespace

Result<AttackGround> attack_ground(const fs::path& data, std::int64_t min_cell) {
  const auto person = data / "person.parquet";
  if (!fs::exists(person)) {
    return not_found(say("there is no person table", "person 표가 없습니다"), person.filename().string(),
                     say("give the data folder of a release or of a holder's lake",
                         "공개본 또는 기관 lake의 자료 폴더를 지정하세요"));
  }
  engine::DatabaseOptions options;
  options.allowed_folders = {data};
  NARU_ASSIGN(auto database, engine::Database::open(options));
  NARU_CHECK(
      database.run("CREATE TEMP TABLE people AS SELECT person_id, row_number() OVER (ORDER BY person_id) - 1 AS "
                   "number FROM (SELECT DISTINCT person_id FROM " +
                   engine::parquet(person) + ")"));
  AttackGround out;
  NARU_ASSIGN(const auto persons, database.integer("SELECT count(*) FROM people"));
  out.persons = static_cast<std::uint32_t>(persons);
  for (const auto& [table, column] : sources) {
    const auto file = data / fmt::format("{}.parquet", table);
    if (!fs::exists(file)) continue;
    NARU_ASSIGN(
        const auto rows,
        database.query(fmt::format(
            "WITH had AS (SELECT DISTINCT e.{1} AS concept, p.number FROM {0} e JOIN people p USING (person_id) "
            "WHERE e.{1} > 0), kept AS (SELECT concept FROM had GROUP BY concept HAVING count(*) >= {2} ORDER BY "
            "count(*) DESC, concept LIMIT {3}) SELECT CAST(concept AS BIGINT), CAST(number AS BIGINT) FROM had "
            "WHERE concept IN (SELECT concept FROM kept) ORDER BY concept, number",
            engine::parquet(file), column, min_cell, groups_per_table_max)));
    std::int64_t concept_id = 0;
    for (std::size_t row = 0; row < rows.count; ++row) {
      if (row == 0 || rows.integer(0, row) != concept_id) out.groups.emplace_back();
      concept_id = rows.integer(0, row);
      out.groups.back().push_back(static_cast<std::uint32_t>(rows.integer(1, row)));
    }
  }
  return out;
}

Result<AttackReport> measured_attacks(const AttackGround& ground, const OutputRules& rules,
                                      const OutputControl& control, std::uint64_t seed) {
  static std::mutex mutex;
  static std::deque<std::pair<std::string, AttackReport>> remembered;
  constexpr std::size_t remembered_max = 8;
  const auto key = hex(sha256(
      canonical(Json{{"persons", ground.persons},
                     {"groups", ground.groups},
                     {"rules", {rules.min_cell, rules.round_to, rules.complementary, rules.zeros == Zeros::hidden}},
                     {"ledger",
                      {control.ledger.depth, control.ledger.answers_exact, control.ledger.answers_project,
                       control.ledger.answers_release}},
                     {"perturbation", {control.perturbation.spread, control.perturbation.variance}},
                     {"attack", {control.attack.questions, control.attack.attempts, control.attack.advantage_max}},
                     {"seed", seed}})));
  {
    const std::lock_guard lock(mutex);
    for (const auto& [known, report] : remembered)
      if (known == key) return report;
  }
  NARU_ASSIGN(auto report, run_attacks(ground, rules, control, seed, Attempts::enough));
  const std::lock_guard lock(mutex);
  remembered.emplace_back(key, report);
  if (remembered.size() > remembered_max) remembered.pop_front();
  return report;
}

std::string attack_json(const AttackReport& report) {
  Json attacks = Json::array();
  for (const auto& attack : report.attacks) {
    attacks.push_back({{"name", attack.name},
                       {"what", {{"en", attack.what.en}, {"ko", attack.what.ko}}},
                       {"attempts", attack.attempts},
                       {"questions", attack.questions},
                       {"right", attack.right},
                       {"advantage", attack.advantage},
                       {"ci95", {attack.low, attack.high}},
                       {"ceiling", attack.ceiling},
                       {"within", attack.within}});
  }
  return canonical(Json{{"advantage_max", report.advantage_max},
                        {"advantage_expected", report.advantage_expected},
                        {"persons", report.persons},
                        {"within", report.within()},
                        {"attacks", attacks}});
}

}  // namespace naru::protect
