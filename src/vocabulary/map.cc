#include "engine/database.h"
#include "vocabulary/vocabulary.h"
#include "vocabulary_sql.h"

#include <algorithm>
#include <map>

namespace naru::vocabulary {
namespace {

// The ids a code may stand under, best first. Athena has no KCD-8 and calls Korean drug codes KDC; KCD-7 shares
// KCD-8's codes except for its additions, which then stay unmapped.
std::vector<std::string> candidates(const std::string& vocabulary_id) {
  if (vocabulary_id == "KCD8") return {"KCD8", "KCD7"};
  if (vocabulary_id == "KPIS") return {"KPIS", "KDC"};
  return {vocabulary_id};
}

bool is_dotted(std::string_view vocabulary_id) {
  return vocabulary_id.starts_with("KCD") || vocabulary_id.starts_with("ICD");
}

engine::Rows asked_rows(const std::vector<SourceCode>& codes) {
  engine::Rows rows;
  rows.columns = {{.name = "place", .kind = engine::Kind::integer},
                  {.name = "rank", .kind = engine::Kind::integer},
                  {.name = "vocabulary_id", .kind = engine::Kind::text},
                  {.name = "code", .kind = engine::Kind::text},
                  {.name = "bare", .kind = engine::Kind::text}};
  for (std::size_t place = 0; place < codes.size(); ++place) {
    std::int64_t rank = 0;
    for (auto& name : candidates(codes[place].vocabulary_id)) {
      std::string bare = codes[place].code;
      std::erase(bare, '.');
      rows.columns[0].integers.push_back(static_cast<std::int64_t>(place));
      rows.columns[1].integers.push_back(rank++);
      rows.columns[4].valid.push_back(is_dotted(name) ? 1 : 0);
      rows.columns[2].texts.push_back(std::move(name));
      rows.columns[3].texts.push_back(codes[place].code);
      rows.columns[4].texts.push_back(std::move(bare));
      for (std::size_t column = 0; column < 4; ++column) rows.columns[column].valid.push_back(1);
      ++rows.count;
    }
  }
  return rows;
}

}  // namespace

namespace {

/// What the steward mapped, for codes that still have no standard concept.
Done apply_mappings(engine::Database& database, const std::filesystem::path& folder,
                    const std::vector<SourceCode>& codes, std::vector<Mapped>& mapped) {
  const auto file = mappings_file(folder);
  if (!std::filesystem::exists(file)) return {};
  NARU_ASSIGN(const auto rows,
              database.query("SELECT vocabulary_id, code, concept_id, domain_id FROM " + engine::parquet(file)));
  std::map<SourceCode, std::size_t> own;
  for (std::size_t row = 0; row < rows.count; ++row) own[{rows.text(0, row), rows.text(1, row)}] = row;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (mapped[i].concept_id != 0) continue;
    const auto found = own.find(codes[i]);
    if (found == own.end()) continue;
    mapped[i].concept_id = rows.integer(2, found->second);
    mapped[i].domain_id = rows.text(3, found->second);
  }
  return {};
}

}  // namespace

Result<std::vector<Mapped>> map_codes(engine::Database& database, const std::filesystem::path& folder,
                                      const std::vector<SourceCode>& codes) {
  std::vector<Mapped> mapped(codes.size());
  if (codes.empty() || !std::filesystem::exists(folder / "concept.parquet")) return mapped;
  NARU_CHECK(
      database.run("CREATE OR REPLACE TEMP TABLE asked (place BIGINT, rank BIGINT, vocabulary_id VARCHAR, code "
                   "VARCHAR, bare VARCHAR)"));
  NARU_CHECK(database.append("asked", asked_rows(codes)));
  // Only the asked vocabularies' concepts and the standard ones matter; a view would be scanned several times.
  NARU_CHECK(database.run(
      "CREATE OR REPLACE TEMP TABLE concept AS SELECT concept_id, vocabulary_id, concept_code, standard_concept, "
      "domain_id, invalid_reason FROM " +
      engine::parquet(folder / "concept.parquet")));
  NARU_CHECK(database.run("CREATE OR REPLACE TEMP VIEW concept_relationship AS SELECT * FROM " +
                          engine::parquet(folder / "concept_relationship.parquet")));
  NARU_ASSIGN(const auto rows, database.query(sql::text("map_codes")));
  for (std::size_t row = 0; row < rows.count; ++row) {
    auto& one = mapped[static_cast<std::size_t>(rows.integer(0, row))];
    one.source_concept_id = rows.integer(1, row);
    one.concept_id = rows.integer(2, row);
    one.domain_id = rows.text(3, row);
    one.alternatives = rows.integer(4, row);
  }
  NARU_CHECK(database.run("DROP VIEW concept_relationship; DROP TABLE concept; DROP TABLE asked"));
  NARU_CHECK(apply_mappings(database, folder, codes, mapped));
  return mapped;
}

}  // namespace naru::vocabulary
