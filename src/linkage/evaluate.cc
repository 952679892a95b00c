#include "linkage/evaluate.h"

#include "base/files.h"
#include "engine/database.h"
#include "engine/table_source.h"
#include "linkage_sql.h"

#include <algorithm>

namespace naru::linkage {
namespace {

Done read_pairs(engine::Database& database, const fs::path& file, std::string_view table) {
  if (!fs::exists(file)) return not_found(say("no such file of pairs", "쌍 파일이 없습니다"), file.string());
  const auto relation = "read_csv(" + engine::file_literal(file) + ", header=true, all_varchar=true)";
  NARU_ASSIGN(const auto columns, database.describe(relation));
  for (const auto* wanted : {"left_site", "left_source", "right_site", "right_source"}) {
    const bool there = std::ranges::any_of(columns, [&](const auto& column) { return column.first == wanted; });
    if (!there) return rejected(say("the column {} is missing", "{} 열이 없습니다", wanted), file.filename().string());
  }
  return database.run(
      fmt::format("CREATE TABLE {} AS SELECT concat(left_site, chr(31), left_source) AS l, "
                  "concat(right_site, chr(31), right_source) AS r FROM {}",
                  table, relation));
}

std::optional<double> share(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Result<LinkQuality> evaluate_pairs(const std::filesystem::path& found, const std::filesystem::path& truth) {
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {fs::absolute(found).parent_path(),
                                                                         fs::absolute(truth).parent_path()}}));
  NARU_CHECK(read_pairs(database, found, "found_pairs"));
  NARU_CHECK(read_pairs(database, truth, "true_pairs"));
  NARU_ASSIGN(const auto counts, database.query(sql::text("pair_counts")));
  LinkQuality out;
  out.true_pairs = counts.integer(0, 0);
  out.found_pairs = counts.integer(1, 0);
  out.correct_pairs = counts.integer(2, 0);
  out.precision = share(out.correct_pairs, out.found_pairs);
  out.recall = share(out.correct_pairs, out.true_pairs);
  out.match_rate = share(counts.integer(3, 0), counts.integer(4, 0));
  return out;
}

Result<std::int64_t> write_pairs(const std::filesystem::path& clusters, const std::vector<HolderRows>& holders,
                                 const std::filesystem::path& out) {
  engine::DatabaseOptions options{.allowed_folders = {fs::absolute(clusters).parent_path()}};
  for (const auto& each : holders) {
    options.allowed_folders.push_back(fs::absolute(each.rows).parent_path());
    options.allowed_folders.push_back(fs::absolute(each.person).parent_path());
  }
  NARU_ASSIGN(auto database, engine::Database::open(options));
  NARU_CHECK(database.run("CREATE TABLE sources(holder VARCHAR, row_id BIGINT, source VARCHAR)"));
  for (const auto& each : holders) {
    NARU_CHECK(
        database.run(fmt::format("INSERT INTO sources SELECT ?, r.row_id, CAST(p.person_source_value AS VARCHAR) "
                                 "FROM {} AS r JOIN {} AS p ON p.person_id = r.person_id",
                                 engine::parquet(each.rows), engine::parquet(each.person)),
                     {each.holder}));
  }
  NARU_ASSIGN(
      const auto pairs,
      database.query(fmt::format("WITH named AS (SELECT c.cluster, c.holder, s.source FROM {} AS c JOIN sources AS s "
                                 "USING (holder, row_id)) SELECT a.holder, a.source, b.holder, b.source FROM named "
                                 "AS a JOIN named AS b ON a.cluster = b.cluster AND a.holder < b.holder ORDER BY ALL",
                                 engine::parquet(clusters))));
  std::string text = "left_site,left_source,right_site,right_source\n";
  const auto cell = [](const std::string& value) {
    if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
    std::string out = "\"";
    for (const char c : value) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
  };
  for (std::size_t i = 0; i < pairs.count; ++i) {
    for (std::size_t c = 0; c < 4; ++c) {
      text += (c == 0 ? "" : ",") + (pairs.is_null(c, i) ? std::string() : cell(pairs.text(c, i)));
    }
    text += '\n';
  }
  NARU_CHECK(write_file_atomic(out, text));
  return static_cast<std::int64_t>(pairs.count);
}

Result<LinkQuality> evaluate_links(const std::filesystem::path& clusters, const std::vector<HolderRows>& holders,
                                   const std::filesystem::path& truth) {
  const ScratchFolder scratch("linkage");
  const auto found = scratch.path() / "pairs.csv";
  NARU_ASSIGN(const auto pairs, write_pairs(clusters, holders, found));
  static_cast<void>(pairs);
  return evaluate_pairs(found, truth);
}

}  // namespace naru::linkage
