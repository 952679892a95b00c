#include "ingest/quality.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "ingest/lake.h"
#include "ingest/quality_checks.h"
#include "ingest/quality_page.h"
#include "model/omop.h"

#include <algorithm>
#include <set>

namespace naru::ingest {
namespace {

constexpr std::size_t history_max = 100;

/// Tables of one source (or of the lake when it has but one) as views of their names.
Result<std::set<std::string>> open_views(engine::Database& database, const model::SiteLayout& layout,
                                         const std::vector<Standing>& sources, std::size_t source) {
  std::set<std::string> present;
  const auto add = [&](const std::string& name, const fs::path& file) -> Done {
    NARU_CHECK(database.run("DROP VIEW IF EXISTS " + engine::quoted(name)));
    if (!fs::exists(file)) return {};
    present.insert(name);
    return database.run(
        fmt::format("CREATE TEMP VIEW {} AS SELECT * FROM {}", engine::quoted(name), engine::parquet(file)));
  };
  for (const auto& table : model::tables()) {
    // Periods and eras may be derived: then only the lake has them.
    const auto own = layout.parts() / sources[source].id / (table.name + ".parquet");
    const bool whole = sources.size() == 1 || table.name == "observation_period" || table.derived;
    NARU_CHECK(add(table.name, whole ? layout.lake() / (table.name + ".parquet") : own));
  }
  NARU_CHECK(add("concept", layout.vocabulary() / "concept.parquet"));
  return present;
}

std::string relation_of(const std::string& table, const std::set<std::string>& joins) {
  auto from = engine::quoted(table) + " e";
  if (joins.contains("concept")) {
    from += fmt::format(" LEFT JOIN concept c ON c.concept_id = e.{}",
                        engine::quoted(model::table_named(table)->concept_column));
  }
  if (joins.contains("person")) from += " LEFT JOIN person p ON p.person_id = e.person_id";
  if (joins.contains("death")) from += " LEFT JOIN death d ON d.person_id = e.person_id";
  return from;
}

std::string counts_of(const QualityCheck& check) {
  return fmt::format("count(*) FILTER (WHERE {0}), count(*) FILTER (WHERE ({0}) AND ({1}))", check.where,
                     check.violation);
}

Error cannot_compute(const Error& error, const std::string& file, const QualityCheck& check) {
  return rejected(say("the check cannot be computed: {}", "점검을 계산할 수 없습니다: {}", error.what.en),
                  file + ": " + check.result.id, say("correct the check", "점검을 고치세요"));
}

/// Adds one source's figures to a check.
void judge(QualityCheck& check, std::int64_t rows, std::int64_t violations, const Standing& source) {
  auto& result = check.result;
  result.rows += rows;
  result.violations += violations;
  const auto share = rows == 0 ? 0.0 : static_cast<double>(violations) / static_cast<double>(rows);
  const bool failed = share > check.at_most(source.kind);
  if (failed) result.failed_sources.push_back(source.id);
  if (failed || result.state == CheckState::not_applicable)
    result.state = failed ? CheckState::failed : CheckState::passed;
}

struct Assessment {
  engine::Database& database;
  const std::string& file;
  std::vector<QualityCheck>& checks;
  const std::set<std::string>& present;
  const Standing& source;

  /// Checks of one table, all in one pass.
  Done table(const std::string& name, const std::vector<std::size_t>& places) {
    std::set<std::string> joins;
    std::string select;
    for (const auto place : places) {
      joins.insert(checks[place].joins.begin(), checks[place].joins.end());
      select += (select.empty() ? "" : ", ") + counts_of(checks[place]);
    }
    const auto from = relation_of(name, joins);
    const auto counts = database.query("SELECT " + select + " FROM " + from);
    if (!counts.ok()) {
      // One of them is at fault: each alone tells which.
      for (const auto place : places) {
        const auto alone = database.query("SELECT " + counts_of(checks[place]) + " FROM " + from);
        if (!alone.ok()) return cannot_compute(alone.error(), file, checks[place]);
      }
      return counts.error();
    }
    for (std::size_t i = 0; i < places.size(); ++i)
      judge(checks[places[i]], counts->integer(2 * i, 0), counts->integer(2 * i + 1, 0), source);
    return {};
  }

  Done all() {
    std::map<std::string, std::vector<std::size_t>> by_table;
    for (std::size_t i = 0; i < checks.size(); ++i) {
      auto& check = checks[i];
      const auto missing =
          std::ranges::find_if(check.needs, [&](const std::string& table) { return !present.contains(table); });
      if (missing != check.needs.end()) {
        if (check.result.reason.empty())
          check.result.reason = say("the lake holds no {}", "레이크에 {} 이(가) 없습니다", *missing);
        continue;
      }
      if (!check.table.empty()) {
        by_table[check.table].push_back(i);
        continue;
      }
      const auto counts = database.query("SELECT " + counts_of(check) + " FROM " + check.from);
      if (!counts.ok()) return cannot_compute(counts.error(), file, check);
      judge(check, counts->integer(0, 0), counts->integer(1, 0), source);
    }
    for (const auto& [name, places] : by_table) NARU_CHECK(table(name, places));
    return {};
  }
};

Done count_tables(engine::Database& database, const model::SiteLayout& layout, QualityReport& report) {
  for (const auto& table : model::tables()) {
    const auto file = layout.lake() / (table.name + ".parquet");
    if (!fs::exists(file)) continue;
    NARU_ASSIGN(report.tables[table.name], database.integer("SELECT count(*) FROM " + engine::parquet(file)));
    if (table.start_date.empty() || !table.has_person()) continue;
    NARU_ASSIGN(const auto years, database.query(fmt::format(
                                      "SELECT year({0})::BIGINT AS y, count(*) FROM {1} WHERE {0} IS NOT NULL GROUP BY "
                                      "y ORDER BY y",
                                      table.start_date, engine::parquet(file))));
    for (std::size_t row = 0; row < years.count; ++row)
      report.years[table.name][static_cast<int>(years.integer(0, row))] = years.integer(1, row);
  }
  return {};
}

Result<std::vector<QualityRun>> read_history(const fs::path& path) {
  std::vector<QualityRun> runs;
  if (!fs::exists(path)) return runs;
  NARU_ASSIGN(const auto document, read_json(path));
  NARU_ASSIGN(const auto reader, Reader::of(document, path.filename().string()));
  NARU_ASSIGN(const auto list, reader.array("runs"));
  for (const auto& [value, where] : list) {
    NARU_ASSIGN(const auto one, Reader::of(*value, where));
    QualityRun run;
    NARU_ASSIGN(run.at, one.text("at"));
    NARU_ASSIGN(run.sources, one.text("sources"));
    NARU_ASSIGN(const auto failed, one.integer("failed"));
    run.failed = static_cast<int>(failed);
    NARU_ASSIGN(const auto shares, one.object("shares"));
    for (const auto& [id, share] : shares.raw().items()) {
      NARU_ASSIGN(run.shares[id], shares.number(id));
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

Json history_json(const std::vector<QualityRun>& runs) {
  Json list = Json::array();
  for (const auto& run : runs)
    list.push_back({{"at", run.at}, {"sources", run.sources}, {"failed", run.failed}, {"shares", run.shares}});
  return list;
}

/// This run joins the earlier ones; of the same sources the last run stands.
Done remember(const fs::path& path, const std::vector<Standing>& sources, const std::string& at,
              QualityReport& report) {
  NARU_ASSIGN(report.history, read_history(path));
  std::string ids;
  for (const auto& source : sources) ids += source.id + "\n";
  QualityRun now{.at = at, .sources = hex(sha256(ids)).substr(0, 16)};
  for (const auto& check : report.checks) {
    if (check.state == CheckState::failed) ++now.failed;
    if (check.state != CheckState::not_applicable) now.shares[check.id] = check.share();
  }
  std::erase_if(report.history, [&](const QualityRun& run) { return run.sources == now.sources; });
  report.history.push_back(std::move(now));
  if (report.history.size() > history_max)
    report.history.erase(report.history.begin(), report.history.end() - static_cast<std::ptrdiff_t>(history_max));
  return write_file_atomic(path, canonical(Json{{"runs", history_json(report.history)}}) + "\n");
}

std::string document_of(const QualityReport& report, const std::string& at) {
  Json checks = Json::array();
  std::map<std::string, int> summary = {{"passed", 0}, {"failed", 0}, {"not_applicable", 0}};
  for (const auto& check : report.checks) {
    const bool counted = check.state != CheckState::not_applicable;
    ++summary[std::string(name_of(check.state))];
    checks.push_back({{"id", check.id},
                      {"category", check.category},
                      {"title", {{"en", check.title.en}, {"ko", check.title.ko}}},
                      {"state", name_of(check.state)},
                      {"rows", counted ? Json(check.rows) : Json()},
                      {"violations", counted ? Json(check.violations) : Json()},
                      {"share", counted ? Json(check.share()) : Json()},
                      {"at_most", check.at_most},
                      {"failed_sources", check.failed_sources},
                      {"reason", counted ? Json() : Json{{"en", check.reason.en}, {"ko", check.reason.ko}}}});
  }
  Json trend = Json::array();
  for (const auto& run : report.history) trend.push_back({{"at", run.at}, {"failed", run.failed}});
  return canonical(Json{{"checks", checks},
                        {"summary", summary},
                        {"tables", report.tables},
                        {"sources", report.sources},
                        {"trend", trend},
                        {"at", at}});
}

}  // namespace

std::string_view name_of(CheckState state) {
  switch (state) {
    case CheckState::passed:
      return "passed";
    case CheckState::failed:
      return "failed";
    case CheckState::not_applicable:
      return "not_applicable";
  }
  return "";
}

Result<QualityReport> assess_quality(const fs::path& site, const fs::path& checks_file, const Clock& clock) {
  const model::SiteLayout layout(site);
  NARU_ASSIGN(const auto sources, standing_sources(layout));
  if (sources.empty()) {
    return not_found(say("the site has no lake yet", "사이트에 아직 레이크가 없습니다"), site.string(),
                     say("load a source first: naru ingest", "먼저 원천을 적재하세요: naru ingest"));
  }
  const auto at = format_instant(clock.now_ms());
  NARU_ASSIGN(auto checks, read_quality_checks(checks_file, at.substr(0, 10)));
  std::vector<fs::path> folders = {layout.lake(), layout.parts()};
  if (fs::exists(layout.vocabulary())) folders.push_back(layout.vocabulary());
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = folders}));
  const auto file = checks_file.filename().string();
  QualityReport report;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    NARU_ASSIGN(const auto present, open_views(database, layout, sources, i));
    Assessment assessment{database, file, checks, present, sources[i]};
    NARU_CHECK(assessment.all());
    report.sources.push_back(sources[i].id);
  }
  // The threshold shown is the one that held: the source's own where one kind of source stands.
  for (auto& check : checks) {
    double least = 1;
    for (const auto& source : sources) least = std::min(least, check.at_most(source.kind));
    check.result.at_most = least;
    report.checks.push_back(std::move(check.result));
  }
  NARU_CHECK(count_tables(database, layout, report));
  NARU_CHECK(remember(layout.root() / "quality-history.json", sources, at, report));
  report.document = document_of(report, at);
  report.html = quality_page(report, at);
  return report;
}

Done require_quality(const fs::path& report) {
  NARU_ASSIGN(const auto document, read_json(report));
  const auto where = report.filename().string();
  NARU_ASSIGN(const auto reader, Reader::of(document, where));
  NARU_ASSIGN(const auto checks, reader.array("checks"));
  if (checks.empty()) {
    return rejected(say("the quality report holds no check", "품질 보고서에 점검이 없습니다"), where,
                    say("give the JSON of naru quality --json", "naru quality --json 의 결과를 지정하세요"));
  }
  std::string failed;
  for (const auto& [value, place] : checks) {
    NARU_ASSIGN(const auto one, Reader::of(*value, place));
    NARU_ASSIGN(const auto state, one.text("state"));
    if (state != "failed") continue;
    NARU_ASSIGN(const auto id, one.text("id"));
    failed += (failed.empty() ? "" : ", ") + id;
  }
  if (failed.empty()) return {};
  return refused(say("quality checks failed: {}", "통과하지 못한 품질 점검: {}", failed), where,
                 say("the holder's steward corrects the source, or changes the threshold on record",
                     "보유기관 담당자가 원천을 고치거나 기준을 기록으로 바꾸어야 합니다"));
}

}  // namespace naru::ingest
