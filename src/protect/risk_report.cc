#include "protect/risk_report.h"

#include "protect/svg_chart.h"

#include <algorithm>
#include <array>
#include <map>

namespace naru::protect {
namespace {

using namespace detail;

constexpr std::string_view style = R"(
:root{--ink:#1d2733;--soft:#5b6776;--line:#d9dee4;--before:#a9b3bf;--after:#0b6e63;--alert:#b3261e}
body{background:#f4f6f8;color:var(--ink);font-size:16px;line-height:1.6}
main{max-width:840px;margin:0 auto;padding:24px 32px 48px;background:#fff}
h1{font-size:1.6rem;line-height:1.3;margin:.2em 0}h2{font-size:1.15rem;margin:2em 0 .4em;border-top:1px solid var(--line);padding-top:1em}
p{margin:.4em 0}.soft{color:var(--soft);font-size:.9rem}
.sum{list-style:none;padding:0;margin:1em 0}.sum li{padding:.5em .8em;margin:.4em 0;border-left:4px solid var(--after);background:#f2f8f7}
.sum li.alert{border-color:var(--alert);background:#fdf3f2}
svg{display:block;width:100%;height:auto;margin:.6em 0}
svg text{font:13px "Pretendard","Noto Sans KR","Noto Sans CJK KR",NanumGothic,system-ui,sans-serif;fill:var(--ink)}svg text.small{font-size:11px}
.before{fill:var(--before)}.after{fill:var(--after)}.alert{fill:var(--alert)}.track{fill:#e9edf1}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--ink);stroke-width:1}.mark{stroke:var(--ink);stroke-width:2}
.key span.box{display:inline-block;width:.9em;height:.9em;margin:0 .3em 0 1em;vertical-align:-.1em}
.key .b{background:var(--before)}.key .a{background:var(--after)}
table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.6em 0}
th,td{padding:.35em .5em;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
td{white-space:nowrap}th:first-child,td:first-child{text-align:left;white-space:normal}thead th{border-bottom:2px solid var(--ink);font-weight:600}
@page{size:A4;margin:14mm}
@media print{body{background:#fff;font-size:10.5pt}main{max-width:none;padding:0}h2{break-after:avoid}svg,tr,li{break-inside:avoid}}
)";

Text name_of(const AttackerRisk& attacker) {
  if (attacker.id == "demographics") return say("Demographics", "인구학적 정보");
  if (attacker.id == "visit-dates") return say("Visits in a row", "연속 방문 날짜");
  if (attacker.id == "any-visits") return say("Any visits", "임의의 방문 날짜");
  if (attacker.id == "rare-code") return say("A rare diagnosis", "드문 진단");
  if (attacker.id == "code-trajectory") return say("Order of diagnoses", "진단의 순서");
  return say("Another hospital's records", "다른 병원의 기록");
}

const Assessment& shown(const RiskReport& report) { return report.after ? *report.after : report.before; }

const AttackerRisk* same_attacker(const std::optional<Assessment>& other, const AttackerRisk& attacker) {
  if (!other) return nullptr;
  const auto found = std::ranges::find(other->attackers, attacker.id, &AttackerRisk::id);
  return found == other->attackers.end() ? nullptr : &*found;
}

// Columns of people that a board knows by other names; another table's stay as they are.
Text words_of(const std::vector<std::string>& columns) {
  static const std::map<std::string, Text> words{{"year_of_birth", {"year of birth", "출생 연도"}},
                                                 {"birth_year", {"year of birth", "출생 연도"}},
                                                 {"gender_concept_id", {"sex", "성별"}},
                                                 {"sex", {"sex", "성별"}},
                                                 {"race_concept_id", {"race", "인종"}},
                                                 {"ethnicity_concept_id", {"ethnicity", "민족"}},
                                                 {"location_id", {"region", "지역"}},
                                                 {"state", {"region", "지역"}},
                                                 {"region", {"region", "지역"}}};
  Text out;
  for (const auto& column : columns) {
    const auto found = words.find(column);
    out.en += (out.en.empty() ? "" : " + ") + (found == words.end() ? column : found->second.en);
    out.ko += (out.ko.empty() ? "" : " + ") + (found == words.end() ? column : found->second.ko);
  }
  return out;
}

std::string list_item(const Text& text, bool alert) {
  return fmt::format("<li{}>{}</li>\n", alert ? " class=\"alert\"" : "", both(text));
}

// What a board must know, from the figures alone.
std::string summary(const RiskReport& report) {
  const auto& now = shown(report);
  std::string out = "<ul class=\"sum\">\n";
  if (now.persons == 0)
    return out + list_item(say("The table holds nobody.", "표에 사람이 없습니다."), true) + "</ul>\n";
  const bool small = now.k < report.k_wanted.value_or(2);
  out += list_item(say("Age, sex and place hide every person among at least {} people who look alike.",
                       "나이, 성별, 거주지만으로는 누구나 최소 {}명 이상의 같은 사람들 속에 있습니다.", now.k),
                   small);
  const auto& demographics = now.attackers.front();
  if (demographics.journalist.average) {
    out += list_item(say("Somebody who does not know whether a person is in the data finds that person by these with a "
                         "chance of {} on average.",
                         "자료에 있는지 모르는 사람이 이 정보로 특정인을 찾을 확률은 평균 {}입니다.",
                         percent(demographics.journalist.average)),
                     false);
  }
  const auto worst = std::ranges::max_element(now.attackers, {},
                                              [](const AttackerRisk& each) { return each.unique_share.value_or(0); });
  if (worst->unique_share.value_or(0) > 0) {
    const auto name = name_of(*worst);
    const auto share = percent(worst->unique_share);
    out +=
        list_item({fmt::format("Somebody who knows more ({}) could single out up to {} of the persons. Only a closed "
                               "room, named users and checked outputs stand against this.",
                               name.en, share),
                   fmt::format("더 많이 아는 사람({})은 최대 {}의 사람을 특정할 수 있습니다. 폐쇄된 분석 환경, 지정된 "
                               "이용자, 반출 검토만이 이를 막습니다.",
                               name.ko, share)},
                  true);
  }
  if (!now.column_sets.empty() && now.column_sets.front().unique > 0) {
    const auto columns = words_of(now.column_sets.front().columns);
    const auto share = percent(static_cast<double>(now.column_sets.front().unique) / static_cast<double>(now.persons));
    out += list_item({fmt::format("The most telling columns together: {} ({} of persons alone).", columns.en, share),
                      fmt::format("함께 가장 잘 드러내는 열: {} (홀로 남는 사람 {}).", columns.ko, share)},
                     false);
  }
  if (report.impact) {
    out +=
        list_item(report.impact->due() ? say("An impact assessment by law is due: a threshold of persons is reached.",
                                             "법정 개인정보 영향평가 대상입니다. 인원 기준에 도달했습니다.")
                                       : say("No impact assessment by law is due by the number of persons.",
                                             "인원수 기준의 법정 개인정보 영향평가 대상이 아닙니다."),
                  report.impact->due());
  }
  if (report.demonstration) {
    out += list_item(
        say("The policy is one for demonstrations with made-up people.", "정책은 가상의 사람을 쓰는 시연용입니다."),
        false);
  }
  return out + "</ul>\n";
}

std::string key_of(bool two) {
  if (!two) return {};
  return "<p class=\"key soft\"><span class=\"box b\"></span>" + both(say("before protection", "보호 전")) +
         "<span class=\"box a\"></span>" + both(say("after protection", "보호 후")) + "</p>\n";
}

std::string attackers(const RiskReport& report) {
  std::vector<Bar> bars;
  for (const auto& attacker : report.before.attackers) {
    const auto* later = same_attacker(report.after, attacker);
    bars.push_back({name_of(attacker), attacker.unique_share, later == nullptr ? std::nullopt : later->unique_share});
  }
  const auto title = say("Persons that an attacker could single out", "공격자가 특정할 수 있는 사람의 비율");
  std::string out = "<h2>1. " + both(title) + "</h2>\n" + key_of(report.after.has_value()) +
                    share_bars(title, bars, report.after.has_value());
  out += "<table><thead><tr><th>" + both(say("What the attacker knows", "공격자가 아는 것")) + "</th><th>" +
         both(say("knows the person is in: most", "포함을 앎: 최대")) + "</th><th>" + both(say("average", "평균")) +
         "</th><th>" + both(say("above the limit", "기준 초과")) + "</th><th>" +
         both(say("does not know: average", "포함을 모름: 평균")) + "</th><th>" +
         both(say("tries all: share found", "전원 시도: 찾는 비율")) + "</th></tr></thead><tbody>\n";
  for (const auto& attacker : report.before.attackers) {
    const auto* later = same_attacker(report.after, attacker);
    const auto cell = [&](const std::optional<double>& before, const std::optional<double>& after) {
      return "<td>" + (later == nullptr ? percent(before) : percent(before) + " → <b>" + percent(after) + "</b>") +
             "</td>";
    };
    const auto& other = later == nullptr ? attacker : *later;
    out += "<tr><td>" + both((later == nullptr ? attacker : *later).knows) + "</td>" +
           cell(attacker.prosecutor.most, other.prosecutor.most) +
           cell(attacker.prosecutor.average, other.prosecutor.average) +
           cell(attacker.prosecutor.at_risk, other.prosecutor.at_risk) +
           cell(attacker.journalist.average, other.journalist.average) + cell(attacker.marketer, other.marketer) +
           "</tr>\n";
  }
  return out + "</tbody></table>\n";
}

std::optional<double> share_in(const AttackerRisk* attacker, std::int64_t from, std::int64_t to) {
  if (attacker == nullptr || attacker->persons == 0) return std::nullopt;
  std::int64_t persons = 0;
  for (const auto& [size, count] : attacker->class_sizes) persons += size >= from && size <= to ? count : 0;
  return static_cast<double>(persons) / static_cast<double>(attacker->persons);
}

std::string classes(const RiskReport& report) {
  constexpr std::array<std::int64_t, 8> from = {1, 2, 5, 10, 20, 50, 100, 500};
  const auto* before = &report.before.attackers.front();
  const auto* after = report.after ? &report.after->attackers.front() : nullptr;
  std::vector<Bar> bars;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto to = i + 1 < from.size() ? from[i + 1] - 1 : std::int64_t{1} << 60;
    const auto label = i + 1 == from.size() ? fmt::format("{}+", from[i])
                       : from[i] == to      ? fmt::format("{}", to)
                                            : fmt::format("{}–{}", from[i], to);
    bars.push_back({{label, label}, share_in(before, from[i], to), share_in(after, from[i], to)});
  }
  const auto title = say("In how large a crowd each person stands (share of persons, %)",
                         "각 사람이 몇 명의 같은 사람들 속에 있는가(사람 비율, %)");
  return "<h2>2. " + both(title) + "</h2>\n<p class=\"soft\">" +
         both(say("People with the same demographics form a crowd; 1 means alone.",
                  "인구학적 정보가 같은 사람들의 수. 1은 홀로 있음을 뜻합니다.")) +
         "</p>\n" + key_of(after != nullptr) + share_columns(title, bars, after != nullptr);
}

std::string columns(const RiskReport& report) {
  const auto bars_of = [](const Assessment& assessment) {
    std::vector<Bar> bars;
    for (const auto& set : assessment.column_sets) {
      if (bars.size() == 8) break;
      bars.push_back(
          {words_of(set.columns),
           static_cast<double>(set.unique) / static_cast<double>(std::max<std::int64_t>(1, assessment.persons)),
           {}});
    }
    return bars;
  };
  const auto title = say("Which columns make people unique", "어떤 열이 사람을 유일하게 만드는가");
  std::string out = "<h2>3. " + both(title) + "</h2>\n";
  if (report.after) out += "<p class=\"soft\">" + both(say("Before protection", "보호 전")) + "</p>\n";
  out += share_bars(title, bars_of(report.before), false);
  if (report.after) {
    out += "<p class=\"soft\">" + both(say("After protection", "보호 후")) + "</p>\n";
    out += share_bars(title, bars_of(*report.after), false);
  }
  return out;
}

std::string guarantees(const RiskReport& report) {
  std::string out =
      "<h2>4. " + both(say("Guarantees: k, l, t", "보장 수준: k, l, t")) + "</h2>\n<table><thead><tr><th></th>";
  if (report.after) out += "<th>" + both(say("before", "보호 전")) + "</th>";
  out += "<th>" + both(report.after ? say("after", "보호 후") : say("now", "현재")) + "</th><th>" +
         both(say("policy asks", "정책 기준")) + "</th></tr></thead><tbody>\n";
  const auto row = [&](const Text& name, const auto& figure, const std::string& wanted) {
    out += "<tr><td>" + both(name) + "</td>";
    if (report.after) out += "<td>" + figure(report.before) + "</td>";
    out += "<td><b>" + figure(shown(report)) + "</b></td><td>" + wanted + "</td></tr>\n";
  };
  row(
      say("k: smallest crowd", "k: 가장 작은 집단"),
      [](const Assessment& a) { return a.persons > 0 ? thousands(a.k) : "–"; },
      report.k_wanted ? "≥ " + thousands(*report.k_wanted) : "–");
  row(
      say("l: fewest different diagnoses or values in a crowd", "l: 한 집단 안의 서로 다른 값의 최소 수"),
      [](const Assessment& a) { return a.diversity ? thousands(a.diversity->distinct) : "–"; }, "–");
  row(
      say("entropy l: as if so many were equally frequent", "엔트로피 l: 같은 빈도로 환산한 값의 수"),
      [](const Assessment& a) { return a.diversity ? fmt::format("{:.1f}", a.diversity->entropy) : "–"; }, "–");
  row(
      say("t: how far a crowd differs from all (0 to 1)", "t: 한 집단이 전체와 다른 정도(0–1)"),
      [](const Assessment& a) { return a.diversity ? fmt::format("{:.2f}", a.diversity->closeness) : "–"; }, "–");
  out += "</tbody></table>\n";
  if (!report.levels.empty()) {
    std::string levels;
    for (const auto& [name, level] : report.levels) levels += (levels.empty() ? "" : ", ") + name + ": " + level;
    out += "<p class=\"soft\">" + both(say("Shown as: {}", "표시 수준: {}", levels)) + "</p>\n";
  }
  if (report.suppressed) {
    out += "<p class=\"soft\">" +
           both(say("Left out to reach k: {} of {} persons", "k를 위해 제외: {}명(전체 {}명)",
                    thousands(*report.suppressed), thousands(report.before.persons))) +
           "</p>\n";
  }
  return out;
}

std::string counters(const RiskReport& report) {
  if (!report.impact || !report.thresholds) return {};
  return "<h2>5. " + both(say("Thresholds of the legal impact assessment", "법정 영향평가 인원 기준")) + "</h2>\n" +
         gauge(say("persons with sensitive data", "민감정보의 정보주체 수"), report.impact->sensitive_persons,
               report.thresholds->sensitive_persons) +
         gauge(say("persons after linkage", "결합 뒤 정보주체 수"), report.impact->linked_persons,
               report.thresholds->linked_persons) +
         gauge(say("persons in all", "전체 정보주체 수"), report.impact->persons, report.thresholds->persons);
}

std::string method() {
  return "<h2>" + both(say("How to read this", "읽는 법")) + "</h2>\n<p class=\"soft\">" +
         both(say(
             "An attacker's class of a person is the crowd that the attacker's knowledge leaves; where the knowledge "
             "may vary (which visit, which diagnosis) the most telling one is taken. Knows the person is in: one "
             "divided by the crowd. Does not know: the crowd is the one expected in the population stated by the "
             "policy. Formulas: docs/methods/risk.md.",
             "공격자의 지식으로 구별되지 않는 사람들의 집단을 셉니다. 지식이 달라질 수 있으면(어느 방문, 어느 진단) "
             "가장 잘 "
             "드러내는 경우를 택합니다. 포함을 아는 경우는 1을 집단의 크기로 나눈 값, 모르는 경우는 정책이 밝힌 "
             "모집단에서 "
             "예상되는 집단으로 계산합니다. 식은 docs/methods/risk.md에 있습니다.")) +
         "</p>\n<p class=\"soft\">" +
         both(say(
             "Not measured here: free text, images, genomes, an attacker inside the room, and what several answers "
             "together tell.",
             "여기서 측정하지 않는 것: 자유 글, 영상, 유전체, 분석 환경 안의 공격자, 여러 답을 합쳐 알 수 있는 것.")) +
         "</p>\n";
}

}  // namespace

std::string risk_report_html(const RiskReport& report) {
  const auto title = say("Re-identification risk: {}", "재식별 위험 보고서: {}", report.subject);
  std::string out = "<h1>" + both(title) + "</h1>\n<p class=\"soft\">" +
                    both(say("{} persons{}", "{}명{}", thousands(shown(report).persons),
                             report.policy.empty() ? std::string() : " · " + report.policy)) +
                    "</p>\n";
  out += summary(report);
  out += attackers(report) + classes(report) + columns(report) + guarantees(report) + counters(report) + method();
  return markup::document(title, style, out);
}

}  // namespace naru::protect
