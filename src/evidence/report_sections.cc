#include "evidence/report_sections.h"

#include "base/json.h"
#include "evidence/page.h"

namespace naru::evidence::page {
namespace {

std::string heading(const char* en, const char* ko) { return "<h2>" + both(en, ko) + "</h2>"; }
std::string fact(const std::string& name, const std::string& value) {
  return "<dt>" + name + "</dt><dd>" + value + "</dd>";
}
std::string none() { return "<span class=\"muted\">" + both("none", "없음") + "</span>"; }
std::string code(const Json& value) {
  const auto text = value.is_string() ? value.get<std::string>() : canonical(value);
  return text.empty() ? none() : "<code>" + escaped(text) + "</code>";
}
std::string head(const char* en, const char* ko) { return "<th scope=\"col\">" + both(en, ko) + "</th>"; }

struct PlanField {
  const char* key;
  const char* en;
  const char* ko;
};
constexpr PlanField plan_fields[] = {{"population", "population", "대상 인구"},
                                     {"unit_of_analysis", "unit of analysis", "분석 단위"},
                                     {"index_time", "index time", "기준 시점"},
                                     {"target", "target definition", "대상 정의"},
                                     {"outcome", "outcome definition", "결과 정의"},
                                     {"horizon_days", "horizon, days", "예측 기간(일)"},
                                     {"survival_steps", "parts of the curve over time", "경과 곡선의 구간 수"},
                                     {"thresholds", "thresholds", "임계값"},
                                     {"cut_off", "action at", "조치 기준"},
                                     {"alert_burden_max", "alerts at most", "경보 비율 한도"},
                                     {"subgroups", "subgroups", "하위집단"},
                                     {"metrics", "measures", "지표"},
                                     {"comparator", "comparator", "비교 대상"},
                                     {"sample_size", "sample size", "표본 크기"},
                                     {"bootstrap", "intervals by resampling", "재표집 구간"},
                                     {"missing", "missing values", "결측 처리"},
                                     {"stopping", "stopping", "중단 규칙"},
                                     {"impact", "clinical impact", "임상 효과"},
                                     {"changes", "changes of this version", "이 버전의 변경"}};

std::string plan_value(const std::string& key, const Json& value) {
  if (key == "sample_size" && value.is_object() && value.contains("reason")) {
    const auto persons = value.value("persons", std::int64_t{0});
    const auto events = value.value("events", std::int64_t{0});
    return both(fmt::format("{} persons, {} events: ", persons, events),
                fmt::format("{}명, 사건 {}건: ", persons, events)) +
           both(value.at("reason"));
  }
  if (key == "bootstrap") {
    const auto replicates = value.value("replicates", std::int64_t{0});
    const auto seed = value.value("seed", std::int64_t{0});
    return both(fmt::format("{} bootstrap samples, seed {}", replicates, seed),
                fmt::format("부트스트랩 표본 {}개, 시드 {}", replicates, seed));
  }
  if (value.is_object()) return both(value);
  if (key == "subgroups" || key == "metrics") {
    Text names;
    for (const auto& one : value) {
      const auto name = key == "metrics" ? metric_name(one.get<std::string>()) : column_name(one.get<std::string>());
      names.en += (names.en.empty() ? "" : ", ") + name.en;
      names.ko += (names.ko.empty() ? "" : ", ") + name.ko;
    }
    return names.empty() ? none() : both(names);
  }
  if (value.is_string()) return escaped(value.get<std::string>());
  if (!value.is_array()) return escaped(value.dump());
  std::string out;
  for (const auto& one : value) {
    out += (out.empty() ? "" : ", ") + escaped(one.is_string() ? one.get<std::string>() : one.dump());
  }
  return out.empty() ? none() : out;
}

std::string state_mark(const std::string& state) {
  return fmt::format(R"(<span class="state {}">{}</span>)", escaped(state), both(state_name(state)));
}

std::string overlap_rows(const Json& report) {
  std::string out;
  const auto overlaps = report.find("overlaps");
  if (overlaps == report.end()) return out;
  for (const auto& one : *overlaps) {
    out += fact(both("training overlap at ", "학습 중복: ") + escaped(one.value("site", std::string())),
                count(one.at("overlap")) + " / " + count(one.at("target")) + ", " + both("checked ", "확인 ") +
                    count(one.at("checked")) + ", " + both("training set ", "학습 자료 ") +
                    code(one.value("training", std::string()).substr(0, 12)));
  }
  return out;
}

std::string items_table(const Json& list, bool open_only) {
  std::string out = "<table class=\"words\"><thead><tr>" + head("item", "항목") +
                    head("what a reader needs", "독자에게 필요한 것") + head("answer", "응답") + "</tr></thead><tbody>";
  for (const auto& item : list.at("items")) {
    const auto state = item.at("state").get<std::string>();
    if (open_only != (state == "open")) continue;
    std::string answer = state_mark(state);
    if (item.contains("statement")) answer += " " + both(item.at("statement"));
    const auto places = places_of(item);
    if (!places.empty()) answer += " " + both(places);
    out += "<tr><th scope=\"row\">" + escaped(item.at("id").get<std::string>()) + "</th><td>" + both(item.at("text")) +
           "</td><td>" + answer + "</td></tr>";
  }
  return out + "</tbody></table>";
}

}  // namespace

std::string plan_section(const Json& report) {
  const auto& plan = report.at("plan");
  auto out = heading("The plan", "계획") + "<dl class=\"facts\">";
  out += fact(both("plan, version", "계획, 버전"),
              code(plan.at("id")) + " v" + plan.at("version").dump() + " " + code(report.at("plan_hash")));
  out += fact(both("locked", "잠금"), escaped(instant(report.at("locked_at").get<std::string>())));
  for (const auto& field : plan_fields) {
    const auto found = plan.find(field.key);
    if (found != plan.end()) out += fact(both(field.en, field.ko), plan_value(field.key, *found));
  }
  return out + "</dl>";
}

std::string federated_section(const Json& report) {
  const auto found = report.find("federated");
  if (found == report.end()) return {};
  const auto& reasons = report.at("reasons");
  auto out = heading("Scores as they are, over all sites", "격자 없는 점수의 통합 추정") +
             "<div class=\"scroll\"><table><thead><tr>" + head("measure", "지표") +
             head("estimate (95 % interval)", "추정값(95% 구간)") + "</tr></thead><tbody>";
  const auto row = [&](const char* en, const char* ko, const Json& estimate) {
    out += "<tr><th scope=\"row\">" + both(en, ko) + "</th><td>" + figure(estimate, reasons) + "</td></tr>";
  };
  row("calibration slope", "보정 기울기", found->at("calibration").at("slope"));
  row("calibration in the large", "전체 보정(절편)", found->at("calibration").at("citl"));
  if (found->contains("comparator") && !found->at("comparator").is_null()) {
    const auto& other = found->at("comparator");
    row("AUROC of the comparator", "비교 대상의 AUROC", other.at("auroc"));
    row("difference of AUROC, same persons", "같은 사람들에서의 AUROC 차이", other.at("difference"));
  }
  return out + "</tbody></table></div>";
}

std::string deviations_section(const Json& report) {
  const auto found = report.find("deviations");
  auto out = heading("Held against the plan", "계획과의 대조");
  if (found == report.end()) return out + "<p>" + both("Not checked.", "대조하지 않았습니다.") + "</p>";
  out += "<div class=\"scroll\"><table class=\"words\"><tbody>";
  for (const auto& one : *found) {
    out += "<tr><th scope=\"row\">" + state_mark(one.at("state").get<std::string>()) + "</th><td>" +
           both(one.at("text")) + "</td></tr>";
  }
  return out + "</tbody></table></div>";
}

std::string data_section(const Json& report) {
  auto out = heading("Data, rights and approvals", "자료, 권리, 승인") + "<dl class=\"facts\">";
  for (const auto& site : report.at("sites")) {
    out += fact(both("data of ", "자료: ") + escaped(site.at("site").get<std::string>()),
                code(site.at("lake")) + " " +
                    both("consent epoch " + site.at("epoch").dump(), "동의 차수 " + site.at("epoch").dump()) + "<br>" +
                    both("vocabulary ", "어휘 ") + code(site.value("vocabulary", Json(""))));
  }
  out += overlap_rows(report);
  out += fact(both("use right", "이용권"), code(report.at("right")));
  std::string approvals;
  for (const auto& approval : report.at("approvals")) approvals += code(approval) + " ";
  out += fact(both("approvals", "승인"), approvals.empty() ? none() : approvals);
  const auto& rules = report.at("rules");
  out += fact(both("output rules", "반출 규칙"),
              both(fmt::format("cells below {} suppressed, counts to {}, {} decimals", rules.at("min_cell").dump(),
                               rules.at("round_to").dump(), rules.at("digits").dump()),
                   fmt::format("{} 미만 비공개, {} 단위 반올림, 소수 {}자리", rules.at("min_cell").dump(),
                               rules.at("round_to").dump(), rules.at("digits").dump())));
  return out + "</dl>";
}

std::string checklists_section(const Json& report) {
  const auto found = report.find("checklists");
  if (found == report.end()) return {};
  auto out =
      heading("Reporting checklists", "보고 점검표") + "<p class=\"muted\">" +
      both("Items in our own words. What neither the report nor the plan's author answers is listed as unanswered.",
           "항목은 자체 표현입니다. 보고서에도 작성자 진술에도 없는 것은 미응답으로 적습니다.") +
      "</p><div class=\"scroll\"><table><thead><tr>" + head("checklist", "점검표") +
      head("in the report", "보고서에 있음") + head("stated", "작성자 진술") + head("unanswered", "미응답") +
      "</tr></thead><tbody>";
  for (const auto& list : *found) {
    out += "<tr><th scope=\"row\">" + both(list.at("title")) + "</th><td>" + list.at("report").dump() + "</td><td>" +
           list.at("stated").dump() + "</td><td>" + list.at("open").dump() + "</td></tr>";
  }
  out += "</tbody></table></div>";
  for (const auto& list : *found) {
    out += "<h3>" + both(list.at("title")) + "</h3><p class=\"muted\">" +
           escaped(list.at("source").get<std::string>()) + "</p>";
    if (list.at("open").get<int>() > 0) {
      out += "<details><summary>" + both("Unanswered: " + list.at("open").dump(), "미응답 " + list.at("open").dump()) +
             "</summary>" + items_table(list, true) + "</details>";
    }
    out += "<details><summary>" + both("Answered", "응답") + "</summary>" + items_table(list, false) + "</details>";
  }
  return out;
}

std::string provenance_section(const Json& report) {
  auto out = heading("Provenance", "근거와 출처") + "<dl class=\"facts\">";
  out += fact(both("report", "보고서"), code(report.value("id", Json(""))));
  out += fact(both("report made", "보고서 작성"), escaped(instant(report.at("created_at").get<std::string>())));
  out += fact(both("mode, round", "방식, 라운드"), code(report.at("mode")) + " " + code(report.at("round")));
  out += fact(both("solution", "솔루션"),
              code(report.at("solution").at("id")) + " " + code(report.at("solution").at("version")));
  out += fact(both("input schema", "입력 스키마"), code(report.at("solution").at("input_schema")));
  for (const char* part : {"target", "outcome", "solution"}) {
    out += fact("sha256 " + std::string(part), code(report.at("digests").at(part)));
  }
  out += fact(both("software", "소프트웨어"), code(report.at("software")));
  if (report.contains("environment")) {
    for (const auto& [name, value] : report.at("environment").items()) {
      out += fact(both("environment: ", "환경: ") + escaped(name), code(value));
    }
  }
  out += "</dl><p class=\"muted\" style=\"font-size:13px;margin-top:16px\">" +
         both("Check this page and its data offline: naru evidence verify FILE --trust KEYS.",
              "이 문서와 자료는 오프라인에서 확인할 수 있습니다: naru evidence verify FILE --trust KEYS.") +
         "</p>";
  return out;
}

}  // namespace naru::evidence::page
