// The page of several sites' watches.
#include "base/json.h"
#include "evidence/page.h"
#include "evidence/watches.h"

namespace naru::evidence {
namespace {

using page::both;
using page::count;
using page::escaped;
using page::figure;

std::string head(std::string_view en, std::string_view ko) { return "<th scope=\"col\">" + both(en, ko) + "</th>"; }
std::string cell(const std::string& markup) { return "<td>" + markup + "</td>"; }

std::string probability(const Json& p) {
  if (!p.is_number()) return "–";
  const double value = p.get<double>();
  return value < 0.001 ? "&lt; 0.001" : fmt::format("{:.3f}", value);
}

std::string verdict(const Json& site) {
  if (!site.at("within").get<bool>()) return "<span class=\"state open\">" + both("outside", "한도 밖") + "</span>";
  if (!site.at("enough").get<bool>())
    return "<span class=\"state\">" + both("too few to tell", "판단하기에 적음") + "</span>";
  return "<span class=\"state kept\">" + both("within", "한도 안") + "</span>";
}

std::string sites_table(const Json& period, const Json& reasons) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr>" + head("site", "기관") + head("scored", "점수 산출") +
      head("outcome known", "결과 확인") + head("events", "사건") + head("score shift (PSI)", "점수 이동(PSI)") +
      head("p without drift (Holm)", "이동 없을 때 p (Holm)") + head("observed / expected", "관측/예측 비") +
      head("slope", "기울기") + head("AUROC", "AUROC") + head("limits", "한도") + "</tr></thead><tbody>";
  for (const auto& site : period.at("sites")) {
    out += "<tr><th scope=\"row\">" + escaped(site.at("site").get<std::string>()) + "</th>" +
           cell(count(site.at("scored"))) + cell(count(site.at("persons"))) + cell(count(site.at("events"))) +
           cell(figure(site.at("psi"), reasons)) + cell(probability(site.at("p_no_drift_holm"))) +
           cell(figure(site.at("o_e"), reasons, 2)) + cell(figure(site.at("slope"), reasons, 2)) +
           cell(figure(site.at("auroc"), reasons)) + cell(verdict(site)) + "</tr>";
  }
  const auto& pooled = period.at("pooled");
  out += "<tr><th scope=\"row\">" + both("mean of sites", "기관 평균") + "</th>" + cell("") +
         cell(count(pooled.at("persons"))) + cell("") + cell("") + cell("") +
         cell(figure(pooled.at("o_e"), reasons, 2)) + cell(figure(pooled.at("slope"), reasons, 2)) +
         cell(figure(pooled.at("auroc"), reasons)) +
         cell(period.at("alarm").get<bool>() ? "<span class=\"state open\">" + both("alarm", "경보") + "</span>" : "") +
         "</tr>";
  return out + "</tbody></table></div>";
}

std::string period_part(const Json& period, const Json& limits, const Json& reasons) {
  const auto days = period.at("from").get<std::string>() + " – " + period.at("to").get<std::string>();
  std::string out = "<h2>" + escaped(days) + "</h2>";
  for (const auto& one : period.at("why")) out += "<p><span class=\"state open\">" + both(one) + "</span></p>";
  if (period.at("why").empty())
    out += "<p>" +
           both("Neither a site by itself nor all of them together are shown to be outside the limits.",
                "한도를 벗어났다고 볼 기관이 없고, 모두 합쳐도 그렇습니다.") +
           "</p>";
  out +=
      "<figure>" + page::watch_forest(period, limits, reasons) + "<figcaption>" +
      both(
          "Observed over expected with 95 % intervals; the shaded band is what the programme allows. The end of a "
          "period is the day after its last.",
          "관측/예측 비와 95% 구간입니다. 음영은 사업이 허용하는 범위입니다. 기간의 끝은 마지막 날의 다음 날입니다.") +
      "</figcaption></figure>";
  return out + sites_table(period, reasons);
}

std::string method(const Json& limits) {
  const auto psi = limits.at("psi_max").get<double>();
  const auto low = limits.at("o_e_min").get<double>();
  const auto high = limits.at("o_e_max").get<double>();
  const auto least = limits.at("persons_min").get<std::int64_t>();
  return "<h2>" + both("How to read it", "읽는 법") + "</h2><ul class=\"rules\"><li>" +
         both(say("A site is outside when its score shift (PSI) is above {} or its whole interval of observed over "
                  "expected lies outside {} to {}; fewer than {} persons say nothing yet.",
                  "점수 이동(PSI)이 {}보다 크거나 관측/예측 비의 구간 전체가 {}~{} 밖이면 한도를 벗어난 것입니다. "
                  "{}명보다 적으면 아직 판단하지 않습니다.",
                  psi, low, high, least)) +
         "</li><li>" +
         both(
             "All sites together raise an alarm when the interval of their random-effects mean (REML, Hartung-Knapp) "
             "lies wholly outside: small sites may tell together what none tells alone.",
             "모든 기관의 변량효과 평균(REML, Hartung-Knapp) 구간 전체가 밖이면 경보입니다. 작은 기관들은 혼자서는 "
             "몰라도 함께는 알 수 있습니다.") +
         "</li><li>" +
         both(
             "Score shifts are shown per site: their groups of scores do not leave the sites, so there is no pooled "
             "one. Their p values are adjusted for the number of sites (Holm).",
             "점수 이동은 기관별로만 보입니다. 점수 집단의 수는 기관을 떠나지 않아 합칠 수 없습니다. p값은 기관 수에 "
             "맞추어 보정했습니다(Holm).") +
         "</li></ul>";
}

}  // namespace

Result<std::string> watches_html(std::string_view text, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  // Only this room writes them; another shape is somebody else's file.
  try {
    const auto title = say(
        "Watch after adoption: {}", "도입 후 감시: {}",
        json.at("solution").at("id").get<std::string>() + " " + json.at("solution").at("version").get<std::string>());
    std::string out = "<h1>" + both(title.en, title.ko) + "</h1><p class=\"lead\">" +
                      both(say("Held against the sealed evidence {}. Every figure was computed and signed at its site.",
                               "봉인된 증거({})와 비교했습니다. 모든 수치는 각 기관이 계산하고 서명했습니다.",
                               json.at("evidence").get<std::string>())) +
                      "</p>";
    for (const auto& period : json.at("periods")) out += period_part(period, json.at("limits"), json.at("reasons"));
    return markup::document(title, page::style(), out + method(json.at("limits")));
  } catch (const Json::exception& wrong) {
    return rejected(say("not watches of this program", "이 프로그램의 감시 결과가 아닙니다"), std::string(where),
                    {wrong.what(), wrong.what()});
  }
}

}  // namespace naru::evidence
