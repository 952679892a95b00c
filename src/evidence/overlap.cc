#include "evidence/overlap.h"

#include <set>

#include "base/digest.h"
#include "base/json.h"
#include "cohort/cohort.h"
#include "engine/database.h"
#include "engine/table_source.h"
#include "linkage/tokens.h"

namespace naru::evidence {
namespace {

constexpr std::string_view overlap_format = "naru-overlap-1";
constexpr std::size_t salt_bytes_min = 16;
constexpr std::uint64_t tokens_bytes_max = 4ULL << 30;

Result<std::pair<std::int64_t, std::vector<std::int64_t>>> withdrawn_of(const fs::path& file) {
  std::pair<std::int64_t, std::vector<std::int64_t>> out{1, {}};
  if (file.empty() || !fs::exists(file)) return out;
  NARU_ASSIGN(const auto json, read_json(file));
  NARU_ASSIGN(const auto reader, Reader::of(json, file.string()));
  NARU_ASSIGN(out.first, reader.integer("epoch"));
  NARU_ASSIGN(const auto persons, reader.array("persons"));
  for (const auto& [value, where] : persons) {
    if (!value->is_number_integer()) return rejected(say("not a person id", "사람 식별자가 아닙니다"), where);
    out.second.push_back(value->get<std::int64_t>());
  }
  return out;
}

// The strong tokens of a tokens file, and how many persons it holds.
struct Training {
  std::set<std::string> tokens;  // kind and token
  std::int64_t persons = 0;
};
bool strong(const std::string& kind) {
  for (const auto& known : linkage::token_kinds()) {
    if (known.name == kind) return known.strength >= overlap_strength_min;
  }
  return false;
}
Result<Training> read_training(const fs::path& file) {
  engine::DatabaseOptions options;
  options.allowed_folders = {fs::absolute(file).parent_path()};
  NARU_ASSIGN(auto database, engine::Database::open(options));
  const auto table = engine::parquet(fs::absolute(file));
  NARU_ASSIGN(const auto columns, database.describe(table));
  std::set<std::string> present;
  for (const auto& [name, type] : columns) present.insert(name);
  for (const char* wanted : {"row_id", "kind", "token"}) {
    if (!present.contains(wanted)) {
      return rejected(say("the column {} is missing", "{} 열이 없습니다", wanted), file.filename().string(),
                      say("make the file with naru verify training-tokens", "naru verify training-tokens로 만드세요"));
    }
  }
  NARU_ASSIGN(const auto rows, database.query("SELECT kind, token FROM " + table, {}, 500'000'000));
  Training out;
  for (std::size_t i = 0; i < rows.count; ++i) {
    const auto& kind = rows.text(0, i);
    if (strong(kind)) out.tokens.insert(kind + " " + rows.text(1, i));
  }
  NARU_ASSIGN(const auto persons, database.query("SELECT count(DISTINCT row_id)::BIGINT FROM " + table));
  out.persons = persons.integer(0, 0);
  return out;
}

// Identities of chosen persons, each person's one after the other: a source may know a person in several ways.
struct Known {
  std::int64_t person = 0;
  linkage::Identity identity;
};
Result<std::vector<Known>> identities(engine::Database& database, const fs::path& identity, const std::string& chosen) {
  std::vector<Known> out;
  if (!fs::exists(identity)) return out;
  NARU_ASSIGN(
      const auto rows,
      database.query("SELECT COALESCE(CAST(i.name AS VARCHAR), ''), COALESCE(CAST(i.birth_date AS VARCHAR), ''), "
                     "COALESCE(CAST(i.sex AS VARCHAR), ''), COALESCE(CAST(i.phone AS VARCHAR), ''), CAST(i.person_id "
                     "AS BIGINT) FROM " +
                         engine::parquet(fs::absolute(identity)) + " i WHERE i.person_id IN (SELECT person_id FROM " +
                         chosen + ") ORDER BY i.person_id",
                     {}, 500'000'000));
  for (std::size_t i = 0; i < rows.count; ++i) {
    out.push_back({rows.integer(4, i), {rows.text(0, i), rows.text(1, i), rows.text(2, i), rows.text(3, i)}});
  }
  return out;
}

Json rules_json(const OutputRules& rules) {
  return {{"min_cell", rules.min_cell},
          {"round_to", rules.round_to},
          {"complementary", rules.complementary},
          {"digits", rules.digits}};
}

Json shown(std::int64_t count, const OutputRules& rules) {
  const auto released = workspace::release_count(count, rules.counts());
  return released.value ? Json(*released.value) : Json(nullptr);
}

Result<std::int64_t> target_cohort(engine::Database& database, const LockedPlan& plan, const SiteRequest& site,
                                   std::vector<std::int64_t> withdrawn) {
  NARU_ASSIGN(const auto target, cohort::parse(plan.target, plan.plan.target));
  cohort::CdmOptions options;
  options.folder = site.lake;
  options.vocabulary = fs::exists(site.vocabulary) ? site.vocabulary : fs::path();
  options.excluded_persons = std::move(withdrawn);
  NARU_ASSIGN(auto cdm, cohort::open_cdm(database, options));
  NARU_ASSIGN(const auto count, cohort::run(database, cdm, target, "overlap_target"));
  return count.persons;
}

}  // namespace

Result<TrainingOverlap> training_overlap(const LockedPlan& plan, const OverlapRequest& request) {
  NARU_CHECK(check_rules(request.site.rules));
  if (request.salt.size() < salt_bytes_min) {
    return rejected(say("the salt is too short", "솔트가 너무 짧습니다"), "salt");
  }
  NARU_ASSIGN(const auto training, read_training(request.training));
  NARU_ASSIGN(const auto bytes, read_file(request.training, tokens_bytes_max));
  NARU_ASSIGN(auto withdrawn, withdrawn_of(request.site.withdrawn));
  engine::DatabaseOptions options;
  options.allowed_folders = {request.site.lake};
  if (fs::exists(request.site.vocabulary)) options.allowed_folders.push_back(request.site.vocabulary);
  if (fs::exists(request.identity)) options.allowed_folders.push_back(fs::absolute(request.identity).parent_path());
  NARU_ASSIGN(auto database, engine::Database::open(options));
  const auto epoch = withdrawn.first;
  NARU_ASSIGN(const auto persons, target_cohort(database, plan, request.site, std::move(withdrawn.second)));
  NARU_ASSIGN(const auto people, identities(database, request.identity, "overlap_target"));
  linkage::Tokeniser tokeniser(request.salt);
  std::set<std::int64_t> checked;
  std::set<std::int64_t> common;
  for (const auto& one : people) {
    for (const auto& token : tokeniser.tokens_of(0, one.identity)) {
      if (!strong(token.kind)) continue;
      checked.insert(one.person);
      if (training.tokens.contains(token.kind + " " + token.token)) common.insert(one.person);
    }
  }
  TrainingOverlap out;
  out.overlap = static_cast<std::int64_t>(common.size());
  const auto& rules = request.site.rules;
  out.json = canonical(Json{{"format", overlap_format},
                            {"site", request.site.site},
                            {"plan", plan.hash},
                            {"training", hex(sha256(bytes))},
                            {"training_persons", shown(training.persons, rules)},
                            {"target", shown(persons, rules)},
                            {"checked", shown(static_cast<std::int64_t>(checked.size()), rules)},
                            {"overlap", shown(out.overlap, rules)},
                            {"epoch", epoch},
                            {"rules", rules_json(rules)}});
  return out;
}

fs::path overlap_folder(const fs::path& evidence, std::string_view plan_hash) {
  return evidence / "overlaps" / plan_hash;
}

Result<std::vector<std::string>> read_overlaps(const fs::path& evidence, std::string_view plan_hash) {
  std::vector<std::string> out;
  const auto folder = overlap_folder(evidence, plan_hash);
  if (!fs::exists(folder)) return out;
  NARU_ASSIGN(const auto files, list_files(folder, false));
  for (const auto& file : files) {
    NARU_ASSIGN(auto text, read_file(folder / file));
    out.push_back(std::move(text));
  }
  return out;
}

Result<std::vector<std::string>> overlaps_beside(const fs::path& evidence, std::string_view plan_hash,
                                                 const OutputRules& rules, std::string_view shared) {
  NARU_ASSIGN(const auto texts, read_overlaps(evidence, plan_hash));
  NARU_ASSIGN(const auto figures, parse_json(shared, "result"));
  const auto flow = figures.find("flow");
  const bool target_hidden = flow == figures.end() || flow->empty() || flow->at(0).at("persons").is_null();
  std::vector<std::string> out;
  for (const auto& text : texts) {
    NARU_ASSIGN(auto json, parse_json(text, "overlap"));
    if (!json.is_object() || json.value("rules", Json()) != rules_json(rules)) {
      return rejected(
          say("training overlap was counted under other output rules", "학습 중복을 다른 반출 규칙으로 세었습니다"),
          fmt::format("plan {}", plan_hash),
          say("run naru verify overlap again under the round's policy",
              "라운드의 정책으로 naru verify overlap을 다시 실행하세요"));
    }
    if (target_hidden) {
      // Beside the other steps of the flow it would tell the one that is hidden.
      json["target"] = nullptr;
      json["checked"] = nullptr;
    }
    out.push_back(canonical(json));
  }
  return out;
}

Result<std::int64_t> training_tokens(const fs::path& identity, const fs::path& persons, const Bytes& salt,
                                     const fs::path& out) {
  if (salt.size() < salt_bytes_min) return rejected(say("the salt is too short", "솔트가 너무 짧습니다"), "salt");
  if (!fs::exists(identity)) {
    return not_found(say("this site has no identity file", "이 기관에는 신원 파일이 없습니다"), identity.string());
  }
  const ScratchFolder scratch("training-tokens");
  engine::DatabaseOptions options;
  options.allowed_folders = {fs::absolute(persons).parent_path(), scratch.path()};
  NARU_ASSIGN(auto database, engine::Database::open(options));
  const auto list = "read_csv(" + engine::file_literal(persons) + ", all_varchar=true, strict_mode=true)";
  NARU_ASSIGN(const auto columns, database.describe(list));
  bool found = false;
  for (const auto& [name, type] : columns) found = found || name == "person_id";
  if (!found) return rejected(say("the column person_id is missing", "person_id 열이 없습니다"), persons.string());
  // Numbered anew: the training holder's own ids stay with it.
  const auto rows = scratch.path() / "rows.parquet";
  NARU_CHECK(database.copy_to_parquet(
      "SELECT person_id, row_number() OVER (ORDER BY person_id)::BIGINT AS row_id FROM (SELECT DISTINCT "
      "CAST(person_id AS BIGINT) AS person_id FROM " +
          list + ")",
      "person_id", rows));
  NARU_ASSIGN(const auto report, linkage::make_tokens(identity, rows, salt, out));
  return report.with_identity;
}

Result<Bytes> read_salt(const fs::path& file) {
  NARU_ASSIGN(auto text, read_file(file, 4096));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  NARU_ASSIGN(auto salt, from_hex(text, file.filename().string()));
  if (salt.size() < salt_bytes_min) {
    return rejected(say("a salt has at least 32 hex digits", "솔트는 16진수 32자리 이상이어야 합니다"),
                    file.filename().string());
  }
  return salt;
}

}  // namespace naru::evidence
