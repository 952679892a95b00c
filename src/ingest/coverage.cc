#include "ingest/coverage.h"

#include "base/csv_cell.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "ingest/lake.h"

namespace naru::ingest {
namespace {

constexpr std::size_t listed_in_document = 50;

Json json_of(const std::map<std::string, Coverage>& all) {
  Json object = Json::object();
  for (const auto& [name, one] : all) {
    object[name] = {{"codes", one.codes},
                    {"codes_mapped", one.codes_mapped},
                    {"records", one.records},
                    {"records_mapped", one.records_mapped}};
  }
  return object;
}

Result<std::map<std::string, Coverage>> coverage_by(engine::Database& database, std::string_view column) {
  NARU_ASSIGN(
      const auto rows,
      database.query(fmt::format(
          "SELECT {0}, count(*), count(*) FILTER (WHERE concept_id <> 0), sum(records)::BIGINT, "
          "coalesce(sum(records) FILTER (WHERE concept_id <> 0), 0)::BIGINT FROM used GROUP BY {0} ORDER BY {0}",
          column)));
  std::map<std::string, Coverage> found;
  for (std::size_t row = 0; row < rows.count; ++row) {
    found[rows.is_null(0, row) ? std::string() : rows.text(0, row)] = {rows.integer(1, row), rows.integer(2, row),
                                                                       rows.integer(3, row), rows.integer(4, row)};
  }
  return found;
}

}  // namespace

Result<CoverageReport> mapping_coverage(const fs::path& site, std::int64_t least_records) {
  const model::SiteLayout layout(site);
  NARU_ASSIGN(const auto sources, standing_sources(layout));
  std::vector<fs::path> files;
  for (const auto& source : sources) {
    const auto file = layout.parts() / source.id / "_codes.parquet";
    if (fs::exists(file)) files.push_back(file);
  }
  if (files.empty()) {
    return not_found(say("no source with codes stands at the site", "코드가 있는 원천이 사이트에 없습니다"),
                     site.string(), say("load a source first: naru ingest", "먼저 원천을 적재하세요: naru ingest"));
  }
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {layout.root()}}));
  NARU_CHECK(database.run(fmt::format(
      "CREATE TABLE used AS SELECT table_name, vocabulary_id, code, max(concept_id) AS concept_id, "
      "sum(records)::BIGINT AS records FROM {} WHERE code IS NOT NULL GROUP BY table_name, vocabulary_id, code",
      engine::parquet(files))));
  CoverageReport report;
  NARU_ASSIGN(report.tables, coverage_by(database, "table_name"));
  NARU_ASSIGN(report.vocabularies, coverage_by(database, "vocabulary_id"));
  NARU_ASSIGN(const auto unmapped_codes, database.integer("SELECT count(*) FROM used WHERE concept_id = 0"));
  report.to_fill = "records,table_name,source_vocabulary_id,source_code,target_concept_id\n";
  NARU_CHECK(database.each_batch(
      "SELECT table_name, coalesce(vocabulary_id, ''), code, records FROM used WHERE concept_id = 0 AND records >= ? "
      "ORDER BY records DESC, table_name, vocabulary_id, code",
      {least_records}, [&](const engine::Rows& rows) -> Done {
        for (std::size_t row = 0; row < rows.count; ++row) {
          UnmappedCode one{rows.text(0, row), rows.text(1, row), rows.text(2, row), rows.integer(3, row)};
          report.to_fill += fmt::format("{},{},{},{},\n", one.records, csv_cell(one.table), csv_cell(one.vocabulary_id),
                                        csv_cell(one.code));
          report.unmapped.push_back(std::move(one));
        }
        return {};
      }));
  Json list = Json::array();
  for (std::size_t i = 0; i < report.unmapped.size() && i < listed_in_document; ++i) {
    const auto& one = report.unmapped[i];
    list.push_back(
        {{"table", one.table}, {"vocabulary_id", one.vocabulary_id}, {"code", one.code}, {"records", one.records}});
  }
  report.document = canonical(Json{{"tables", json_of(report.tables)},
                                   {"vocabularies", json_of(report.vocabularies)},
                                   {"unmapped", list},
                                   {"unmapped_codes", unmapped_codes},
                                   {"least_records", least_records}});
  return report;
}

}  // namespace naru::ingest
