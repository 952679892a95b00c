// The share free of the event over the horizon: curve, its steps as a table, and what of it is not shown.
#include "base/json.h"
#include "evidence/page.h"
#include "evidence/report_sections.h"

namespace naru::evidence::page {

std::string follow_up_section(const Json& report) {
  const auto found = report.at("pooled").find("follow_up");
  if (found == report.at("pooled").end()) return {};
  const auto& curve = *found;
  std::string out = "<h2>" + both("Over time", "시간에 따른 경과") + "</h2>";
  const auto horizon = report.at("plan").at("horizon_days").get<double>();
  const auto& steps = curve.at("steps");
  if (!steps.empty()) {
    out += "<div class=\"pair\"><figure>" + follow_up_chart(curve, horizon) + "<figcaption>" +
           both("Share free of the event (Kaplan-Meier) of all persons together, from the rounded counts in the table.",
                "전체 통합 무사건 비율(카플란-마이어)입니다. 표의 반올림한 수로 계산했습니다.") +
           "</figcaption></figure></div><div class=\"scroll\"><table><thead><tr>";
    for (const auto& [en, ko] : {std::pair{"up to day", "일까지"}, std::pair{"persons at risk", "관찰 인원"},
                                 std::pair{"events", "사건"}, std::pair{"share free of the event", "무사건 비율"}}) {
      out += "<th scope=\"col\">" + both(en, ko) + "</th>";
    }
    out += "</tr></thead><tbody>";
    for (const auto& step : steps) {
      out += "<tr><th scope=\"row\">" + step.at("day").dump() + "</th><td>" + count(step.at("at_risk")) + "</td><td>" +
             count(step.at("events")) + "</td><td>" + fmt::format("{:.3f}", step.at("event_free").get<double>()) +
             "</td></tr>";
    }
    out += "</tbody></table></div>";
  }
  if (curve.at("notes").empty()) return out;
  out += "<ul class=\"rules\">";
  for (const auto& note : curve.at("notes")) out += "<li>" + both(note) + "</li>";
  return out + "</ul>";
}

}  // namespace naru::evidence::page
