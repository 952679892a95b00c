// The report as one page that opens offline: every word in both languages, switched without script.
#include "base/json.h"
#include "evidence/page.h"
#include "evidence/report.h"
#include "evidence/report_sections.h"
#include "evidence/stage.h"

namespace naru::evidence {
namespace {

using page::both;
using page::count;
using page::escaped;
using page::figure;

std::string heading(const char* en, const char* ko) { return "<h2>" + both(en, ko) + "</h2>"; }
std::string cell(const std::string& content) { return "<td>" + content + "</td>"; }
std::string head(const char* en, const char* ko) { return "<th scope=\"col\">" + both(en, ko) + "</th>"; }
std::string key(const char* en, const char* ko, const std::string& value) {
  return "<div class=\"key\"><dt>" + both(en, ko) + "</dt><dd>" + value + "</dd></div>";
}

std::string summary_part(const Json& report) {
  const auto& pooled = report.at("pooled");
  const auto& reasons = report.at("reasons");
  const auto& calibration = pooled.at("calibration");
  std::string out =
      "<p class=\"eyebrow\">" + both("Verification report of an AI solution", "AI 솔루션 검증 보고서") + "</p>";
  out += "<h1>" + both(report.at("plan").at("title")) + "</h1>";
  out += "<p class=\"lead\">" + both(report.at("plan").at("intended_use")) + "</p>";
  out += "<dl class=\"keys\">";
  out += key("AUROC, all persons together", "AUROC(전체 통합)", figure(pooled.at("auroc"), reasons));
  out += key("observed / expected events", "관측/예측 사건 비", figure(calibration.at("o_e"), reasons));
  out += key("calibration slope", "보정 기울기", figure(calibration.at("slope"), reasons));
  out += key("persons analysed", "분석 인원", count(pooled.at("persons")));
  out += key("events", "사건", count(pooled.at("events")));
  out += key("sites", "기관", std::to_string(report.at("sites").size()));
  return out + "</dl>" + page::plain_words(report);
}

std::string flow_part(const Json& report) {
  std::string out = heading("Who was in", "대상자 흐름") + "<figure>" + page::flow_chart(report.at("pooled"));
  out += "</figure><p class=\"muted\" style=\"margin-top:10px;font-size:13px\">" +
         both(fmt::format("Counts are rounded to {}; counts from 1 to {} and what they follow from are suppressed.",
                          report.at("rules").at("round_to").get<std::int64_t>(),
                          report.at("rules").at("min_cell").get<std::int64_t>() - 1),
              fmt::format("인원은 {} 단위로 반올림하며, 1~{}명과 이를 알 수 있는 칸은 비공개입니다.",
                          report.at("rules").at("round_to").get<std::int64_t>(),
                          report.at("rules").at("min_cell").get<std::int64_t>() - 1)) +
         "</p><ul class=\"rules\">";
  for (const auto& rule : report.at("study_rules")) out += "<li>" + both(rule) + "</li>";
  return out + "</ul>";
}

std::string charts_part(const Json& report) {
  const auto& pooled = report.at("pooled");
  const auto& reasons = report.at("reasons");
  const auto& c = pooled.at("calibration");
  std::string out = heading("Discrimination and calibration", "변별력과 보정") + "<div class=\"pair\">";
  out += "<figure>" + page::roc_chart(pooled) + "<figcaption>" +
         both("ROC curve of all persons together; dots are the plan's thresholds.",
              "전체 통합 ROC 곡선입니다. 점은 계획의 임계값입니다.") +
         "</figcaption></figure>";
  out += "<figure>" + page::calibration_chart(pooled) + "<figcaption>" +
         both("Groups of about equal size; the dashed line is perfect agreement.",
              "비슷한 크기의 집단이며, 점선은 완전한 일치입니다.") +
         "</figcaption></figure></div><div class=\"scroll\"><table><thead><tr>";
  out += head("measure", "지표") + head("estimate (95 % interval)", "추정값(95% 구간)") + "</tr></thead><tbody>";
  const auto row = [&](const char* en, const char* ko, const Json& estimate) {
    out += "<tr><th scope=\"row\">" + both(en, ko) + "</th>" + cell(figure(estimate, reasons)) + "</tr>";
  };
  row("AUROC", "AUROC", pooled.at("auroc"));
  row("average precision", "평균 정밀도", pooled.at("auprc").at("average_precision"));
  row("Brier score", "브라이어 점수", pooled.at("brier"));
  row("calibration slope", "보정 기울기", c.at("slope"));
  row("calibration in the large", "전체 보정(절편)", c.at("citl"));
  row("observed / expected", "관측/예측 비", c.at("o_e"));
  row("mean calibration error (ICI)", "평균 보정 오차(ICI)", c.at("ici"));
  row("median of the error (E50)", "보정 오차 중앙값(E50)", c.at("e50"));
  row("90th percentile of the error (E90)", "보정 오차 90백분위(E90)", c.at("e90"));
  row("largest error (Emax)", "최대 보정 오차(Emax)", c.at("emax"));
  if (c.contains("ece")) row("error over ten groups (ECE)", "10집단 보정 오차(ECE)", c.at("ece"));
  return out + "</tbody></table></div><p class=\"muted\" style=\"margin-top:8px;font-size:13px\">" +
         both(
             "A calibration error is a distance: chance only makes it larger. Its interval, from resampled persons, "
             "therefore sits high and, for the largest error, can lie above the estimate: read it as how far the "
             "error may reach.",
             "보정 오차는 거리이므로 우연은 오차를 키우기만 합니다. 사람을 다시 뽑아 구한 구간은 높은 쪽에 놓이며, "
             "최대 "
             "오차에서는 추정값보다 위에 있을 수 있습니다. 오차가 어디까지 이를 수 있는지로 읽으세요.") +
         "</p>";
}

std::string decision_part(const Json& report) {
  const auto& pooled = report.at("pooled");
  const auto& reasons = report.at("reasons");
  std::string out = heading("At the thresholds", "임계값에서") + "<div class=\"pair\"><figure>" +
                    page::decision_chart(pooled) + "<figcaption>" +
                    both(
                        "Net benefit: true positives minus false positives weighted by the odds of the threshold, per "
                        "person. Above both other lines, the solution helps at that threshold.",
                        "순이익: 임계값 승산으로 가중한 위양성을 뺀 1인당 진양성입니다. 두 선보다 높으면 그 임계값에서 "
                        "솔루션이 도움이 됩니다.") +
                    " " + both("The band is the 95 % interval.", "띠는 95% 구간입니다.") +
                    "</figcaption></figure></div><div class=\"scroll\"><table><thead><tr>";
  out += head("threshold", "임계값") + head("sensitivity", "민감도") + head("specificity", "특이도") +
         head("PPV", "양성예측도") + head("NPV", "음성예측도") + head("alerts", "경보 비율") +
         head("net benefit", "순이익") + "</tr></thead><tbody>";
  for (const auto& at : pooled.at("thresholds")) {
    out += "<tr><th scope=\"row\">≥ " + at.at("threshold").dump() + "</th>";
    for (const char* name : {"sensitivity", "specificity", "ppv", "npv", "alerts"}) {
      out += cell(figure(at.at(name), reasons));
    }
    out += cell(figure(at.at("net_benefit"), reasons, 4)) + "</tr>";
  }
  return out + "</tbody></table></div>";
}

std::string group_words(const Json& row) {
  const auto name = page::group_name(row.at("group").get<std::string>(), row.at("value").get<std::string>());
  return both(name.en, name.ko);
}

std::string subgroup_part(const Json& report) {
  const auto& rows = report.at("pooled").at("subgroups");
  if (rows.empty()) return {};
  std::string out = heading("Subgroups", "하위집단") + "<figure>" + page::subgroup_forest(report) + "</figure>" +
                    "<div class=\"scroll\"><table><thead><tr>";
  out += head("subgroup", "하위집단") + head("persons", "인원") + head("events", "사건") + head("AUROC", "AUROC") +
         head("observed / expected", "관측/예측 비") + "</tr></thead><tbody>";
  for (const auto& row : rows) {
    out += "<tr><th scope=\"row\">" + group_words(row) + "</th>" + cell(count(row.at("persons"))) +
           cell(count(row.at("events"))) + cell(figure(row.at("auroc"), report.at("reasons"))) +
           cell(figure(row.at("o_e"), report.at("reasons"))) + "</tr>";
  }
  return out + "</tbody></table></div>" + page::gaps_table(report);
}

std::string site_part(const Json& report) {
  const auto& reasons = report.at("reasons");
  std::string out = heading("Sites", "기관별") + "<figure>" + page::site_forest(report) + "<figcaption>";
  const auto& area = report.at("across_sites").at("auroc");
  out += both("AUROC with 95 % intervals.", "AUROC와 95% 구간입니다.") + " ";
  const auto found = reasons.find(area.value("prediction_reason", std::string()));
  if (area.at("prediction95").is_array()) {
    const double lo = area.at("prediction95").at(0).get<double>();
    const double hi = area.at("prediction95").at(1).get<double>();
    out += both(fmt::format("Prediction interval for a new site: {:.3f}–{:.3f}.", lo, hi),
                fmt::format("새 기관의 예측구간: {:.3f}–{:.3f}.", lo, hi));
  } else if (found != reasons.end()) {
    out += both("No prediction interval:", "예측구간 없음:") + " " + both(*found) + ".";
  }
  out += "</figcaption></figure><div class=\"scroll\"><table><thead><tr>" + head("site", "기관") +
         head("persons", "인원") + head("events", "사건") + head("AUROC", "AUROC") +
         head("observed / expected", "관측/예측 비") + head("consent epoch", "동의 차수") + "</tr></thead><tbody>";
  for (const auto& site : report.at("sites")) {
    out += "<tr><th scope=\"row\">" + escaped(site.at("site").get<std::string>()) + "</th>" +
           cell(count(site.at("persons"))) + cell(count(site.at("events"))) + cell(figure(site.at("auroc"), reasons)) +
           cell(figure(site.at("calibration").at("o_e"), reasons)) + cell(site.at("epoch").dump()) + "</tr>";
  }
  return out + "</tbody></table></div>";
}

}  // namespace

Result<std::string> report_html(std::string_view report_json, std::string_view where) {
  NARU_ASSIGN(const auto report, parse_json(report_json, where));
  // Only this room writes reports; another shape is somebody else's file.
  try {
    std::string out = summary_part(report) + flow_part(report) + charts_part(report) + decision_part(report) +
                      page::follow_up_section(report) + subgroup_part(report) + site_part(report) +
                      page::federated_section(report) + page::stage_section(report) + page::plan_section(report) +
                      page::deviations_section(report) + page::data_section(report) + page::checklists_section(report) +
                      page::provenance_section(report);
    const auto& title = report.at("plan").at("title");
    return markup::document({title.at("en").get<std::string>(), title.at("ko").get<std::string>()}, page::style(), out);
  } catch (const Json::exception& wrong) {
    return rejected(say("not a report of this program", "이 프로그램의 보고서가 아닙니다"), std::string(where),
                    {wrong.what(), wrong.what()});
  }
}

}  // namespace naru::evidence
