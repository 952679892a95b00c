// How far apart the subgroups are.
#include "base/json.h"
#include "evidence/page.h"
#include "evidence/report_sections.h"

namespace naru::evidence::page {
std::string gaps_table(const Json& report) {
  const auto& pooled = report.at("pooled");
  const auto found = pooled.find("gaps");
  if (found == pooled.end() || found->empty()) return {};
  const auto head = [](const char* en, const char* ko) { return "<th scope=\"col\">" + both(en, ko) + "</th>"; };
  auto out =
      "<h3>" + both("How far apart the subgroups are", "하위집단 사이의 차이") + "</h3><p class=\"muted\">" +
      both(
          "Largest minus smallest over the subgroups shown. The interval chooses the two anew in every sample, so "
          "it stays above zero also where there is no difference: read how wide it is.",
          "표시된 하위집단 중 최댓값에서 최솟값을 뺀 값입니다. 구간은 표본마다 두 집단을 새로 고르므로 차이가 없어도 "
          "0보다 큽니다. 구간의 폭을 보세요.") +
      "</p><div class=\"scroll\"><table><thead><tr>" + head("by", "기준") + head("measure", "지표") +
      head("largest, smallest", "최대, 최소") + head("difference (95 % interval)", "차이(95% 구간)") +
      "</tr></thead><tbody>";
  std::size_t hidden = 0;
  for (const auto& gap : *found) {
    if (gap.at("difference").value("reason", std::string()) == "suppressed") {
      ++hidden;
      continue;
    }
    const auto group = gap.at("group").get<std::string>();
    const auto column = column_name(group);
    const auto measure = gap_name(gap);
    const auto most = gap.at("most").get<std::string>();
    const auto least = gap.at("least").get<std::string>();
    std::string ends = "–";
    if (!most.empty() && !least.empty()) {
      const auto a = group_name(group, most);
      const auto b = group_name(group, least);
      ends = both(a.en + ", " + b.en, a.ko + ", " + b.ko);
    }
    out += "<tr><th scope=\"row\">" + both(column) + "</th><td>" + both(measure) + "</td><td>" + ends + "</td><td>" +
           figure(gap.at("difference"), report.at("reasons")) + "</td></tr>";
  }
  out += "</tbody></table></div>";
  if (hidden == 0) return out;
  return out + "<p class=\"muted\" style=\"margin-top:8px;font-size:13px\">" +
         both(fmt::format("{} differences at thresholds are suppressed: a cell of theirs is too small.", hidden),
              fmt::format("임계값의 차이 {}개는 작은 칸이 있어 비공개입니다.", hidden)) +
         "</p>";
}

}  // namespace naru::evidence::page
