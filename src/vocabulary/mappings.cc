#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "vocabulary/vocabulary.h"

#include <algorithm>

namespace naru::vocabulary {
namespace {

using engine::literal;

std::filesystem::path beside(const fs::path& folder, std::string_view ending) {
  return folder.parent_path() / (folder.filename().string() + std::string(ending));
}

/// View `filled` (line, vocabulary_id, code, target) of the file.
Done read_filled(engine::Database& database, const fs::path& file) {
  const auto relation =
      fmt::format("read_csv({}, header=true, all_varchar=true, delim=',', quote='\"', escape='\"', null_padding=false)",
                  literal(fs::absolute(file).string()));
  NARU_ASSIGN(const auto columns, database.describe(relation));
  for (const std::string_view wanted : {"source_vocabulary_id", "source_code", "target_concept_id"}) {
    const bool has = std::any_of(columns.begin(), columns.end(), [&](const auto& one) { return one.first == wanted; });
    if (has) continue;
    return rejected(say("the file has no column {}", "파일에 {} 열이 없습니다", wanted), file.filename().string(),
                    say("fill in the file that naru vocabulary coverage wrote",
                        "naru vocabulary coverage 가 만든 파일을 채워 쓰세요"));
  }
  return database.run(
      fmt::format("CREATE TEMP TABLE filled AS SELECT row_number() OVER () + 1 AS line, trim(source_vocabulary_id) AS "
                  "vocabulary_id, "
                  "trim(source_code) AS code, nullif(trim(target_concept_id), '') AS written, try_cast(nullif("
                  "trim(target_concept_id), '') AS BIGINT) AS target FROM {}",
                  relation));
}

Done check_targets(engine::Database& database, const fs::path& file) {
  NARU_ASSIGN(
      const auto bad,
      database.query("SELECT f.line, f.target IS NULL, c.concept_id IS NULL FROM filled f LEFT JOIN concept c ON "
                     "c.concept_id = f.target WHERE f.written IS NOT NULL AND (f.target IS NULL OR f.code IS NULL "
                     "OR f.vocabulary_id IS NULL OR (f.target <> 0 AND (c.concept_id IS NULL OR c.standard_concept "
                     "IS DISTINCT FROM 'S' OR c.invalid_reason IS NOT NULL))) ORDER BY f.line LIMIT 1"));
  if (bad.count == 0) return {};
  const auto where = fmt::format("{}:{}", file.filename().string(), bad.integer(0, 0));
  if (bad.integer(1, 0) != 0) {
    return rejected(say("the target is no concept id", "대상이 개념 ID가 아닙니다"), where,
                    say("write a whole number, or leave the cell empty", "정수를 쓰거나 칸을 비워 두세요"));
  }
  if (bad.integer(2, 0) != 0) {
    return rejected(say("the site's vocabulary has no such concept", "사이트 용어집에 그런 개념이 없습니다"), where,
                    say("choose a concept of the loaded vocabulary", "적재된 용어집의 개념을 고르세요"));
  }
  return rejected(say("the target is not a valid standard concept, or the code is missing",
                      "대상이 유효한 표준 개념이 아니거나 코드가 비었습니다"),
                  where, say("choose the concept it maps to", "그 개념이 매핑되는 표준 개념을 고르세요"));
}

Result<std::string> hash_of(engine::Database& database) {
  Hasher hasher;
  NARU_CHECK(database.each_batch(
      "SELECT vocabulary_id || chr(31) || code || chr(31) || concept_id FROM merged ORDER BY vocabulary_id, code", {},
      [&](const engine::Rows& rows) -> Done {
        for (const auto& line : rows.columns[0].texts) hasher.add(as_bytes(line + "\n"));
        return {};
      }));
  return hex(hasher.finish());
}

}  // namespace

fs::path mappings_file(const fs::path& folder) { return beside(folder, ".mappings.parquet"); }

Result<std::string> mappings_hash(const fs::path& folder) {
  const auto path = beside(folder, ".mappings.json");
  if (!fs::exists(path) || !fs::exists(mappings_file(folder))) return std::string();
  NARU_ASSIGN(const auto document, read_json(path));
  NARU_ASSIGN(const auto reader, Reader::of(document, path.filename().string()));
  return reader.text("hash");
}

Result<Mappings> load_mappings(const fs::path& file, const fs::path& folder) {
  const auto concepts = folder / "concept.parquet";
  if (!fs::exists(concepts)) {
    return not_found(say("no vocabulary is loaded", "적재된 용어집이 없습니다"), folder.string(),
                     say("load one first: naru vocabulary load DIR --site DIR",
                         "먼저 naru vocabulary load DIR --site DIR 로 적재하세요"));
  }
  if (!fs::exists(file)) return not_found(say("there is no such file", "그런 파일이 없습니다"), file.string());
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {fs::absolute(file).parent_path(), folder,
                                                                         fs::absolute(folder).parent_path()}}));
  NARU_CHECK(database.run("CREATE TEMP VIEW concept AS SELECT * FROM " + engine::parquet(concepts)));
  NARU_CHECK(read_filled(database, file));
  NARU_CHECK(check_targets(database, file));
  const auto kept = mappings_file(folder);
  const auto earlier = fs::exists(kept) ? "SELECT * FROM " + engine::parquet(kept)
                                        : std::string(
                                              "SELECT '' AS vocabulary_id, '' AS code, 0::BIGINT AS concept_id, ''"
                                              " AS domain_id WHERE false");
  // A code written twice takes its last line.
  NARU_CHECK(database.run(fmt::format(
      "CREATE TEMP TABLE now AS SELECT vocabulary_id, code, target FROM filled WHERE target IS NOT NULL QUALIFY "
      "row_number() OVER (PARTITION BY vocabulary_id, code ORDER BY line DESC) = 1; CREATE TEMP TABLE merged AS SELECT "
      "n.vocabulary_id, n.code, n.target AS concept_id, c.domain_id FROM now n JOIN concept c ON c.concept_id = "
      "n.target "
      "WHERE n.target <> 0 UNION ALL SELECT e.* FROM ({}) e WHERE NOT EXISTS (SELECT 1 FROM now n WHERE "
      "n.vocabulary_id "
      "= e.vocabulary_id AND n.code = e.code)",
      earlier)));
  Mappings mappings;
  NARU_ASSIGN(
      const auto counts,
      database.query("SELECT (SELECT count(*) FROM merged), (SELECT count(*) FROM now WHERE target <> 0), (SELECT "
                     "count(*) FROM now WHERE target = 0), (SELECT count(*) FROM filled WHERE written IS NULL)"));
  mappings.codes = counts.integer(0, 0);
  mappings.added = counts.integer(1, 0);
  mappings.removed = counts.integer(2, 0);
  mappings.not_filled = counts.integer(3, 0);
  if (mappings.codes > 0) {
    NARU_ASSIGN(mappings.hash, hash_of(database));
  }
  NARU_CHECK(database.copy_to_parquet("SELECT vocabulary_id, code, concept_id, domain_id FROM merged",
                                      "vocabulary_id, code", kept));
  NARU_CHECK(write_file_atomic(beside(folder, ".mappings.json"),
                               canonical(Json{{"hash", mappings.hash}, {"codes", mappings.codes}}) + "\n"));
  return mappings;
}

}  // namespace naru::vocabulary
