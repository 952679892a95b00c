#include "ingest/quality_page.h"

#include <algorithm>

namespace naru::ingest {
namespace {

constexpr std::string_view style =
    "body{font:16px/1.5 system-ui,'Noto Sans KR',sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1a1a}table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border-bottom:1px solid #ccc;"
    "padding:.4rem .6rem;text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "td:nth-child(2),td:nth-child(4){overflow-wrap:anywhere}.passed{color:#0b6b2e}.failed{color:#a4161a;font-weight:"
    "600}.not_applicable{color:#555}"
    ".plots{display:flex;flex-wrap:wrap;gap:1.5rem}figure{margin:0}figcaption{font-size:.85rem;color:#333}";

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

/// Bars of equal width, the highest as high as the plot.
std::string bars(const std::map<int, std::int64_t>& values, const std::string& label) {
  constexpr double width = 260, height = 80;
  if (values.empty()) return {};
  std::int64_t most = 1;
  for (const auto& [year, count] : values) most = std::max(most, count);
  const int first = values.begin()->first;
  const int span = values.rbegin()->first - first + 1;
  const double step = width / span;
  std::string svg =
      fmt::format("<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"{2}\">", width,
                  height, escaped(label));
  for (const auto& [year, count] : values) {
    const double tall = height * static_cast<double>(count) / static_cast<double>(most);
    svg += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#1c5d99\"><title>{}: "
        "{}</title></rect>",
        step * (year - first), height - tall, std::max(0.5, step - 0.5), tall, year, count);
  }
  return svg + "</svg>";
}

/// Share of violations against its threshold: the mark is the threshold.
std::string gauge(const CheckResult& check) {
  constexpr double width = 120, height = 12;
  const double scale = std::max({check.share(), 2 * check.at_most, 0.01});
  const double filled = width * std::min(1.0, check.share() / scale);
  const double mark = width * std::min(1.0, check.at_most / scale);
  return fmt::format(
      "<svg width=\"{0}\" height=\"{1}\" role=\"img\" aria-label=\"{2:.3f}% / {3:g}%\"><rect width=\"{0}\" "
      "height=\"{1}\" "
      "fill=\"#eee\"/><rect width=\"{4:.1f}\" height=\"{1}\" fill=\"{5}\"/><line x1=\"{6:.1f}\" x2=\"{6:.1f}\" "
      "y1=\"0\" "
      "y2=\"{1}\" stroke=\"#000\" stroke-width=\"2\"/></svg>",
      width, height, 100 * check.share(), 100 * check.at_most, filled,
      check.state == CheckState::failed ? "#a4161a" : "#0b6b2e", mark);
}

/// A check's share over the runs; one run is no trend.
std::string trend(const std::vector<QualityRun>& history, const std::string& id) {
  constexpr double width = 90, height = 18;
  std::vector<double> shares;
  for (const auto& run : history)
    if (const auto share = run.shares.find(id); share != run.shares.end()) shares.push_back(share->second);
  if (shares.size() < 2) return "–";
  const double most = std::max(*std::ranges::max_element(shares), 1e-9);
  std::string points;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    points += fmt::format("{:.1f},{:.1f} ", width * static_cast<double>(i) / static_cast<double>(shares.size() - 1),
                          1 + (height - 2) * (1 - shares[i] / most));
  }
  return fmt::format(
      "<svg width=\"{}\" height=\"{}\" role=\"img\" aria-label=\"{:.3f}% → {:.3f}%\"><polyline points=\"{}\" "
      "fill=\"none\" "
      "stroke=\"#1c5d99\" stroke-width=\"1.5\"/></svg>",
      width, height, 100 * shares.front(), 100 * shares.back(), points);
}

std::string overview(const QualityReport& report) {
  std::map<std::string, std::map<CheckState, int>> by_category;
  for (const auto& check : report.checks) ++by_category[check.category][check.state];
  std::string html =
      "<table><thead><tr><th>범주 / category</th><th>통과 / passed</th><th>미달 / failed</th><th>해당 없음 / not "
      "applicable</th></tr></thead><tbody>";
  for (auto& [category, states] : by_category) {
    html += fmt::format(
        "<tr><td>{}</td><td class=\"n passed\">{}</td><td class=\"n failed\">{}</td><td class=\"n\">{}</td></tr>",
        category, states[CheckState::passed], states[CheckState::failed], states[CheckState::not_applicable]);
  }
  return html + "</tbody></table>";
}

std::string check_row(const QualityReport& report, const CheckResult& check) {
  const bool counted = check.state != CheckState::not_applicable;
  return fmt::format(
      "<tr><td>{}</td><td>{}<br><small>{}</small></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
      "class=\"n\">{}</td><td>{}</td><td>{}</td><td class=\"{}\">{}</td></tr>",
      check.category, escaped(check.title.ko), escaped(check.title.en),
      counted ? std::to_string(check.rows) : std::string(),
      counted ? fmt::format("{} ({:.2f}%)", check.violations, 100 * check.share())
              : escaped(check.reason.ko + " / " + check.reason.en),
      fmt::format("{:g}%", 100 * check.at_most), counted ? gauge(check) : std::string(),
      trend(report.history, check.id), name_of(check.state),
      check.state == CheckState::passed   ? "통과 / passed"
      : check.state == CheckState::failed ? "미달 / failed"
                                          : "해당 없음 / not applicable");
}

std::string checks_table(const QualityReport& report) {
  std::string html =
      "<h2>점검 / Checks</h2><table><thead><tr><th>범주 / category</th><th>점검 / check</th><th>행 / rows</th><th>위반 "
      "/ "
      "violations</th><th>허용 / at most</th><th></th><th>추이 / trend</th><th>결과 / result</th></tr></thead><tbody>";
  for (const auto state : {CheckState::failed, CheckState::passed, CheckState::not_applicable}) {
    for (const auto& check : report.checks)
      if (check.state == state) html += check_row(report, check);
  }
  return html + "</tbody></table>";
}

}  // namespace

std::string quality_page(const QualityReport& report, const std::string& at) {
  std::string page =
      "<!doctype html><html lang=\"ko\"><head><meta charset=\"utf-8\"><title>데이터 품질 / Data quality</title>"
      "<style>";
  page += style;
  page += "</style></head><body><h1>데이터 품질 / Data quality</h1><p>" + escaped(at) + "</p>" + overview(report);
  std::map<int, std::int64_t> failures;
  for (std::size_t i = 0; i < report.history.size(); ++i) failures[static_cast<int>(i) + 1] = report.history[i].failed;
  page += "<figure>" + bars(failures, "미달 점검 수의 추이 / failed checks over runs") +
          "<figcaption>실행별 미달 점검 수 / failed checks per run</figcaption></figure>";
  page += checks_table(report) + "<h2>연도별 행 / Rows by year</h2><div class=\"plots\">";
  for (const auto& [table, years] : report.years) {
    if (years.empty()) continue;
    page += fmt::format("<figure>{}<figcaption>{} {}–{}</figcaption></figure>", bars(years, table), escaped(table),
                        years.begin()->first, years.rbegin()->first);
  }
  page += "</div><h2>표 / Tables</h2><table><thead><tr><th>표 / table</th><th>행 / rows</th></tr></thead><tbody>";
  for (const auto& [table, rows] : report.tables)
    page += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>", escaped(table), rows);
  return page + "</tbody></table></body></html>\n";
}

}  // namespace naru::ingest
