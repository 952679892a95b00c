// Forest plots: one row per site or subgroup, its AUROC with interval on one axis.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/json.h"
#include "evidence/page.h"

namespace naru::evidence::page {
namespace {

constexpr double row_height = 30;
constexpr double names = 190;
constexpr double figures = 150;
constexpr double wide = 720;

struct Row {
  Text name;
  const Json* estimate = nullptr;
  bool summary = false;
};

struct Axis {
  double from = 0;
  double to = 1;
  std::vector<double> ticks;
  bool logarithmic = false;
  int decimals = 3;
};

double place(double value, const Axis& axis) {
  const auto scale = [&](double x) { return axis.logarithmic ? std::log(x) : x; };
  const double part =
      (scale(std::clamp(value, axis.from, axis.to)) - scale(axis.from)) / (scale(axis.to) - scale(axis.from));
  return names + part * (wide - names - figures);
}

// From the lowest interval, at most 0.5, to 1.
Axis area_axis(const std::vector<Row>& rows) {
  Axis out;
  out.from = 0.5;
  for (const auto& row : rows) {
    if (number_at(*row.estimate, "estimate") && row.estimate->at("ci95").is_array()) {
      out.from = std::min(out.from, std::floor(row.estimate->at("ci95").at(0).get<double>() * 10) / 10);
    }
  }
  out.from = std::max(0.0, out.from);
  const int steps = static_cast<int>(std::lround((1 - out.from) * 10));
  for (int i = 0; i <= steps; ++i) out.ticks.push_back(out.from + i * 0.1);
  return out;
}

std::string drawn(const Row& row, double y, const Axis& axis) {
  const double estimate = *number_at(*row.estimate, "estimate");
  const auto& interval = row.estimate->at("ci95");
  std::string out;
  auto text = fmt::format("{:.{}f}", estimate, axis.decimals);
  if (interval.is_array()) {
    const double lo = interval.at(0).get<double>();
    const double hi = interval.at(1).get<double>();
    out += fmt::format(R"(<line class="whisker" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>)",
                       place(lo, axis), place(hi, axis), y);
    text += " (" + span(lo, hi, axis.decimals) + ")";
  }
  const double x = place(estimate, axis);
  out += row.summary
             ? fmt::format(R"(<path class="dot" d="M{0:.1f} {1:.1f}l6 6l-6 6l-6 -6z"/>)", x, y - 6)
             : fmt::format(R"(<rect class="dot" x="{:.1f}" y="{:.1f}" width="9" height="9"/>)", x - 4.5, y - 4.5);
  return out + fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", wide - 4, y + 4, text);
}

std::string undefined(const Row& row, double y, const Json& reasons) {
  const auto code = row.estimate->value("reason", std::string());
  if (code == "suppressed") return svg_text(wide - 4, y + 4, "end", "suppressed", "비공개", "fill-opacity=\"0.7\"");
  const auto found = reasons.find(code);
  const bool known = found != reasons.end();
  return svg_text(wide - 4, y + 4, "end", known ? found->at("en").get<std::string>() : "not estimated",
                  known ? found->at("ko").get<std::string>() : "추정하지 않음", "fill-opacity=\"0.7\"");
}

std::string forest(const std::vector<Row>& rows, const Json& reasons, const Text& label, const Axis& axis,
                   const std::optional<std::pair<double, double>>& band = {}) {
  const double tall = static_cast<double>(rows.size()) * row_height + 46;
  auto out = fmt::format(R"(<svg class="wide" viewBox="0 0 {} {}" role="img" aria-label="{} / {}">)", wide, tall,
                         escaped(label.en), escaped(label.ko));
  if (band) {
    const double left = place(band->first, axis);
    out += fmt::format(R"(<rect class="band" x="{:.1f}" y="8" width="{:.1f}" height="{:.1f}"/>)", left,
                       place(band->second, axis) - left, tall - 44);
  }
  for (const double v : axis.ticks) {
    out +=
        fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="8" y2="{1:.1f}"/>)", place(v, axis), tall - 36);
    out += axis.logarithmic
               ? fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{:g}</text>)",
                             place(v, axis), tall - 20, v)
               : fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{:.1f}</text>)",
                             place(v, axis), tall - 20, v);
  }
  double y = 26;
  for (const auto& row : rows) {
    out += svg_text(4, y + 4, "start", row.name.en, row.name.ko, row.summary ? "font-weight=\"600\"" : "");
    out += number_at(*row.estimate, "estimate") ? drawn(row, y, axis) : undefined(row, y, reasons);
    y += row_height;
  }
  return out + "</svg>";
}

}  // namespace

Text group_name(const std::string& group, const std::string& value) {
  if (group == "sex") {
    if (value == "F") return say("women", "여성");
    if (value == "M") return say("men", "남성");
    return say("other or unknown sex", "성별 미상");
  }
  if (value == "unknown") return say("age unknown", "나이 미상");
  return {"age " + value, value + "세"};
}

std::string site_forest(const Json& report) {
  std::vector<Row> rows;
  for (const auto& site : report.at("sites")) {
    const auto name = site.at("site").get<std::string>();
    rows.push_back({{name, name}, &site.at("auroc"), false});
  }
  rows.push_back({say("random-effects mean", "변량효과 평균"), &report.at("across_sites").at("auroc"), true});
  rows.push_back({say("all persons together", "전체 통합"), &report.at("pooled").at("auroc"), true});
  return forest(rows, report.at("reasons"), say("AUROC by site", "기관별 AUROC"), area_axis(rows));
}

std::string subgroup_forest(const Json& report) {
  std::vector<Row> rows;
  for (const auto& row : report.at("pooled").at("subgroups")) {
    rows.push_back(
        {group_name(row.at("group").get<std::string>(), row.at("value").get<std::string>()), &row.at("auroc"), false});
  }
  rows.push_back({say("all persons together", "전체 통합"), &report.at("pooled").at("auroc"), true});
  return forest(rows, report.at("reasons"), say("AUROC by subgroup", "하위집단별 AUROC"), area_axis(rows));
}

std::string watch_forest(const Json& period, const Json& limits, const Json& reasons) {
  std::vector<Row> rows;
  for (const auto& site : period.at("sites")) {
    const auto name = site.at("site").get<std::string>();
    rows.push_back({{name, name}, &site.at("o_e"), false});
  }
  rows.push_back({say("mean of sites", "기관 평균"), &period.at("pooled").at("o_e"), true});
  const Axis ratio{.from = 0.25, .to = 4, .ticks = {0.25, 0.5, 1, 2, 4}, .logarithmic = true, .decimals = 2};
  return forest(rows, reasons, say("Observed over expected by site", "기관별 관측/예측 비"), ratio,
                std::pair{limits.at("o_e_min").get<double>(), limits.at("o_e_max").get<double>()});
}

}  // namespace naru::evidence::page
