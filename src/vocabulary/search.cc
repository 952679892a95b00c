#include "vocabulary/search.h"

#include "base/json.h"
#include "engine/database.h"
#include "vocabulary_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace naru::vocabulary {
namespace {

constexpr std::size_t words_bytes_max = 200;
constexpr std::size_t concepts_max = 500;

std::string small_letters(std::string_view words) {
  std::string out(words);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c); });
  const auto first = out.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

Done open_tables(engine::Database& database, const std::filesystem::path& folder) {
  for (const auto* table : {"concept", "concept_ancestor"}) {
    const auto file = folder / fmt::format("{}.parquet", table);
    if (!std::filesystem::exists(file)) {
      return not_found(
          say("no vocabulary is loaded", "적재된 용어집이 없습니다"), folder.string(),
          say("load one: naru vocabulary load DIR --site DIR", "naru vocabulary load DIR --site DIR 로 적재하세요"));
    }
    NARU_CHECK(database.run(fmt::format("CREATE VIEW {} AS SELECT * FROM {}", table, engine::parquet(file))));
  }
  return {};
}

}  // namespace

Result<std::vector<FoundConcept>> find_concepts(const std::filesystem::path& folder, const ConceptQuery& query) {
  const auto words = small_letters(query.words);
  if (words.empty() || words.size() > words_bytes_max) {
    return usage_error(
        say("1 to {} bytes of words are needed", "1~{}바이트의 검색어가 필요합니다", words_bytes_max), "q",
        say("type part of a name, a code or a concept id", "이름 일부, 코드 또는 개념 번호를 입력하세요"));
  }
  engine::DatabaseOptions options;
  options.allowed_folders = {folder};
  options.threads = 1;
  NARU_ASSIGN(auto database, engine::Database::open(options));
  NARU_CHECK(open_tables(database, folder));
  auto statement = std::string(sql::text("find_concepts"));
  const std::string_view mark = "{limit}";
  statement.replace(statement.find(mark), mark.size(), std::to_string(std::min(query.most, concepts_max)));
  NARU_ASSIGN(const auto rows, database.query(statement, {words, query.domain_id, query.standard_only}));
  std::vector<FoundConcept> out;
  for (std::size_t row = 0; row < rows.count; ++row) {
    const auto text = [&](std::size_t column) { return rows.is_null(column, row) ? "" : rows.text(column, row); };
    out.push_back({rows.integer(0, row), text(1), text(2), text(3), text(4), text(5), rows.integer(6, row) != 0,
                   rows.integer(7, row)});
  }
  return out;
}

std::string concepts_json(const std::vector<FoundConcept>& concepts) {
  Json list = Json::array();
  for (const auto& one : concepts) {
    list.push_back({{"concept_id", one.concept_id},
                    {"name", one.name},
                    {"code", one.code},
                    {"vocabulary", one.vocabulary_id},
                    {"domain", one.domain_id},
                    {"class", one.concept_class_id},
                    {"standard", one.standard},
                    {"descendants", one.descendants}});
  }
  return canonical(list);
}

}  // namespace naru::vocabulary
