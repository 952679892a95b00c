#include "ingest/quality_page.h"

#include "base/markup.h"

#include <algorithm>

namespace naru::ingest {
namespace {

using markup::both;
using markup::escaped;
using markup::thousands;

constexpr std::string_view style = R"CSS(
body{font-size:16px;line-height:1.5;color:#1d2733;background:#fff}
main{max-width:76rem;margin:0 auto;padding:1.5rem 1.5rem 3rem}
h1{font-size:1.6rem;margin:.2em 0}h2{font-size:1.15rem;margin:2em 0 .4em;border-top:1px solid #d9dee4;padding-top:1em}
.soft{color:#4a5863;font-size:.9rem;margin:.2em 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:1rem 0;font-size:.92rem}
th,td{border-bottom:1px solid #d9dee4;padding:.4rem .6rem;text-align:left;vertical-align:top}
thead th{border-bottom:2px solid #1d2733;font-size:.85rem}
th,td{overflow-wrap:normal}table.checks td:nth-child(2){overflow-wrap:anywhere;min-width:14em}table.checks td:nth-child(1),table.checks td:last-child{white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.passed{color:#0b6b2e}.failed{color:#a4161a;font-weight:600}.not_applicable{color:#4a5863}
.plots{display:flex;flex-wrap:wrap;gap:1.5rem}figure{margin:0}figcaption{font-size:.85rem;color:#4a5863}
@page{size:A4;margin:14mm}
@media print{body{font-size:10pt}main{max-width:none;padding:0}h2{break-after:avoid}tr,figure{break-inside:avoid}
.scroll{overflow:visible}table{font-size:8.5pt}th,td{padding:3px 4px}}
)CSS";

Text category_name(const std::string& category) {
  if (category == "conformance") return say("conformance", "형식 적합성");
  if (category == "completeness") return say("completeness", "완전성");
  if (category == "plausibility") return say("plausibility", "타당성");
  return {category, category};
}

Text state_name(CheckState state) {
  if (state == CheckState::passed) return say("passed", "통과");
  if (state == CheckState::failed) return say("needs attention", "살펴볼 것");
  return say("not applicable", "해당 없음");
}

/// Shares below a hundredth of a percent are few, not none.
std::string percent(double share) {
  if (share > 0 && share < 0.0001) return "< 0.01 %";
  return fmt::format("{:.2f} %", 100 * share);
}

std::string head(std::string_view en, std::string_view ko, bool number = false) {
  return std::string(number ? "<th class=\"n\">" : "<th>") + both({std::string(en), std::string(ko)}) + "</th>";
}

std::string number_cell(std::int64_t value, std::string_view kind = "") {
  return fmt::format("<td class=\"n {}\">{}</td>", kind, thousands(value));
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
  std::map<std::string, std::map<CheckState, std::int64_t>> by_category;
  for (const auto& check : report.checks) ++by_category[check.category][check.state];
  std::string html = "<table><thead><tr>" + head("category", "범주") + head("passed", "통과", true) +
                     head("need attention", "살펴볼 것", true) + head("not applicable", "해당 없음", true) +
                     "</tr></thead><tbody>";
  for (auto& [category, states] : by_category) {
    html += "<tr><td>" + both(category_name(category)) + "</td>" + number_cell(states[CheckState::passed], "passed") +
            number_cell(states[CheckState::failed], states[CheckState::failed] > 0 ? "failed" : "") +
            number_cell(states[CheckState::not_applicable]) + "</tr>";
  }
  return html + "</tbody></table>";
}

std::string check_row(const QualityReport& report, const CheckResult& check) {
  const bool counted = check.state != CheckState::not_applicable;
  std::string row = "<tr><td>" + both(category_name(check.category)) + "</td><td>" + both(check.title) + "</td>";
  row += counted ? number_cell(check.rows) : "<td></td>";
  row += counted ? fmt::format("<td class=\"n\">{} ({})</td>", thousands(check.violations), percent(check.share()))
                 : "<td>" + both(check.reason) + "</td>";
  row += fmt::format("<td class=\"n\">{:g} %</td><td>{}</td><td>{}</td>", 100 * check.at_most,
                     counted ? gauge(check) : std::string(), trend(report.history, check.id));
  return row + fmt::format("<td class=\"{}\">{}</td></tr>", name_of(check.state), both(state_name(check.state)));
}

std::string checks_table(const QualityReport& report) {
  std::string html = "<h2>" + both(say("Checks", "점검")) +
                     "</h2><div class=\"scroll\"><table class=\"checks\"><thead><tr>" + head("category", "범주") +
                     head("check", "점검") + head("rows", "행", true) + head("violations", "어긋난 행", true) +
                     head("at most", "허용", true) + head("against the limit", "허용 대비") +
                     head("over the runs", "실행별 추이") + head("result", "결과") + "</tr></thead><tbody>";
  for (const auto state : {CheckState::failed, CheckState::passed, CheckState::not_applicable}) {
    for (const auto& check : report.checks)
      if (check.state == state) html += check_row(report, check);
  }
  return html + "</tbody></table></div>";
}

}  // namespace

std::string quality_page(const QualityReport& report, const std::string& at) {
  const auto title = say("Data quality", "데이터 품질");
  std::string page =
      "<h1>" + both(title) + "</h1><p class=\"soft\">" + escaped(markup::instant(at)) + "</p>" + overview(report);
  if (report.history.size() > 1) {
    std::map<int, std::int64_t> failures;
    for (std::size_t i = 0; i < report.history.size(); ++i)
      failures[static_cast<int>(i) + 1] = report.history[i].failed;
    const auto words = say("checks that need attention, by run", "실행별로 살펴볼 점검의 수");
    page += "<figure>" + bars(failures, words.ko + " / " + words.en) + "<figcaption>" + both(words) +
            "</figcaption></figure>";
  }
  page += checks_table(report) + "<h2>" + both(say("Rows by year", "연도별 행")) + "</h2><div class=\"plots\">";
  for (const auto& [table, years] : report.years) {
    if (years.empty()) continue;
    page += fmt::format("<figure>{}<figcaption>{} {}–{}</figcaption></figure>", bars(years, table), escaped(table),
                        years.begin()->first, years.rbegin()->first);
  }
  page += "</div><h2>" + both(say("Tables", "표")) + "</h2><table><thead><tr>" + head("table", "표") +
          head("rows", "행", true) + "</tr></thead><tbody>";
  for (const auto& [table, rows] : report.tables)
    page += "<tr><td>" + escaped(table) + "</td>" + number_cell(rows) + "</tr>";
  return markup::document(title, style, page + "</tbody></table>");
}

}  // namespace naru::ingest
