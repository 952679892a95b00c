#include "ingest/quality.h"

#include "base/json.h"
#include "engine/database.h"
#include "model/omop.h"
#include "model/site_layout.h"

#include <map>

namespace naru::ingest {
namespace {

struct Check {
  CheckResult result;
  std::vector<std::string> needs;
  std::string from;
  std::string violation;
};

Result<Check> read_check(const Json& value, const std::string& where) {
  NARU_ASSIGN(const auto reader, Reader::of(value, where));
  NARU_CHECK(reader.only({"id", "category", "title", "needs", "from", "violation", "at_most"}));
  Check check;
  NARU_ASSIGN(check.result.id, reader.text("id"));
  NARU_ASSIGN(check.result.category, reader.text("category"));
  if (check.result.category != "conformance" && check.result.category != "completeness" &&
      check.result.category != "plausibility") {
    return rejected(say("a category is conformance, completeness or plausibility",
                        "범주는 conformance, completeness, plausibility 중 하나입니다"),
                    where + ".category");
  }
  NARU_ASSIGN(const auto title, reader.object("title"));
  NARU_ASSIGN(check.result.title.en, title.text("en"));
  NARU_ASSIGN(check.result.title.ko, title.text("ko"));
  NARU_ASSIGN(check.needs, reader.texts("needs"));
  NARU_ASSIGN(check.from, reader.text("from"));
  NARU_ASSIGN(check.violation, reader.text("violation"));
  NARU_ASSIGN(check.result.at_most, reader.number("at_most"));
  return check;
}

Result<std::vector<Check>> read_checks(const fs::path& file) {
  NARU_ASSIGN(const auto document, read_yaml(file));
  NARU_ASSIGN(const auto reader, Reader::of(document, file.filename().string()));
  NARU_CHECK(reader.only({"id", "version", "checks"}));
  NARU_ASSIGN(const auto list, reader.array("checks"));
  std::vector<Check> checks;
  for (const auto& [value, where] : list) {
    NARU_ASSIGN(auto check, read_check(*value, where));
    checks.push_back(std::move(check));
  }
  return checks;
}

std::string with_today(std::string text, const std::string& today) {
  const std::string mark = "{today}";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    text.replace(at, mark.size(), "DATE '" + today + "'");
  }
  return text;
}

/// Lake tables (and the vocabulary's concepts) as views of their names; rows per table.
Result<std::map<std::string, std::int64_t>> open_views(engine::Database& database, const model::SiteLayout& layout) {
  std::map<std::string, std::int64_t> rows;
  const auto add = [&](const std::string& name, const fs::path& file) -> Done {
    if (!fs::exists(file)) return {};
    NARU_CHECK(database.run(
        fmt::format("CREATE TEMP VIEW {} AS SELECT * FROM {}", engine::quoted(name), engine::parquet(file))));
    NARU_ASSIGN(rows[name], database.integer("SELECT count(*) FROM " + engine::quoted(name)));
    return {};
  };
  for (const auto& table : model::tables()) NARU_CHECK(add(table.name, layout.lake() / (table.name + ".parquet")));
  NARU_CHECK(add("concept", layout.vocabulary() / "concept.parquet"));
  return rows;
}

Done compute(engine::Database& database, Check& check, const std::map<std::string, std::int64_t>& tables,
             const std::string& today, const std::string& file) {
  for (const auto& table : check.needs) {
    if (tables.contains(table)) continue;
    check.result.reason = say("the lake holds no {}", "레이크에 {} 이(가) 없습니다", table);
    return {};
  }
  const auto sql = with_today(
      fmt::format("SELECT count(*), count(*) FILTER (WHERE {}) FROM {}", check.violation, check.from), today);
  const auto counts = database.query(sql);
  if (!counts.ok()) {
    return rejected(say("the check cannot be computed: {}", "점검을 계산할 수 없습니다: {}", counts.error().what.en),
                    file + ": " + check.result.id, say("correct the check", "점검을 고치세요"));
  }
  check.result.rows = counts->integer(0, 0);
  check.result.violations = counts->integer(1, 0);
  check.result.state = check.result.share() <= check.result.at_most ? CheckState::passed : CheckState::failed;
  return {};
}

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

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string document_of(const QualityReport& report, const std::map<std::string, std::int64_t>& tables,
                        const std::string& at) {
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
                      {"reason", counted ? Json() : Json{{"en", check.reason.en}, {"ko", check.reason.ko}}}});
  }
  return canonical(Json{{"checks", checks}, {"summary", summary}, {"tables", tables}, {"at", at}});
}

std::string html_of(const QualityReport& report, const std::map<std::string, std::int64_t>& tables,
                    const std::string& at) {
  std::string page =
      "<!doctype html><html lang=\"ko\"><head><meta charset=\"utf-8\"><title>데이터 품질 / Data quality</title><style>"
      "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
      "table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border-bottom:1px solid #ccc;padding:.4rem .6rem;"
      "text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}"
      ".passed{color:#0b6b2e}.failed{color:#a4161a;font-weight:600}.not_applicable{color:#555}</style></head><body>";
  page += "<h1>데이터 품질 / Data quality</h1><p>" + escaped(at) +
          "</p><table><thead><tr><th>범주 / category</th>"
          "<th>점검 / check</th><th>행 / rows</th><th>위반 / violations</th><th>허용 / at most</th><th>결과 / "
          "result</th></tr>"
          "</thead><tbody>";
  for (const auto& check : report.checks) {
    const bool counted = check.state != CheckState::not_applicable;
    page += fmt::format(
        "<tr><td>{}</td><td>{}<br><small>{}</small></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
        "class=\"n\">{}</td><td class=\"{}\">{}</td></tr>",
        check.category, escaped(check.title.ko), escaped(check.title.en),
        counted ? std::to_string(check.rows) : std::string(),
        counted ? fmt::format("{} ({:.2f}%)", check.violations, 100 * check.share())
                : escaped(check.reason.ko + " / " + check.reason.en),
        fmt::format("{:g}%", 100 * check.at_most), name_of(check.state),
        check.state == CheckState::passed   ? "통과 / passed"
        : check.state == CheckState::failed ? "미달 / failed"
                                            : "해당 없음 / not applicable");
  }
  page +=
      "</tbody></table><h2>표 / Tables</h2><table><thead><tr><th>표 / table</th><th>행 / rows</th></tr></thead><tbody>";
  for (const auto& [table, rows] : tables) {
    page += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>", escaped(table), rows);
  }
  return page + "</tbody></table></body></html>\n";
}

}  // namespace

Result<QualityReport> assess_quality(const fs::path& site, const fs::path& checks_file, const Clock& clock) {
  const model::SiteLayout layout(site);
  if (!fs::exists(layout.lake())) {
    return not_found(say("the site has no lake yet", "사이트에 아직 레이크가 없습니다"), site.string(),
                     say("load a source first: naru ingest", "먼저 원천을 적재하세요: naru ingest"));
  }
  NARU_ASSIGN(auto checks, read_checks(checks_file));
  std::vector<fs::path> folders = {layout.lake()};
  if (fs::exists(layout.vocabulary())) folders.push_back(layout.vocabulary());
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = folders}));
  NARU_ASSIGN(const auto tables, open_views(database, layout));
  const auto at = format_instant(clock.now_ms());
  QualityReport report;
  for (auto& check : checks) {
    NARU_CHECK(compute(database, check, tables, at.substr(0, 10), checks_file.filename().string()));
    report.checks.push_back(std::move(check.result));
  }
  report.document = document_of(report, tables, at);
  report.html = html_of(report, tables, at);
  return report;
}

}  // namespace naru::ingest
