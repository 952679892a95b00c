// The report in a few sentences.
#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "evidence/page.h"
#include "evidence/report_sections.h"

namespace naru::evidence::page {
namespace {

std::string item(const Text& text) { return "<li>" + both(text.en, text.ko) + "</li>"; }

std::string about_number_of_events(const Json& pooled) {
  const auto& o_e = pooled.at("calibration").at("o_e");
  const auto interval = o_e.find("ci95");
  if (!number_at(o_e, "estimate") || interval == o_e.end() || !interval->is_array()) return {};
  if (interval->at(1).get<double>() < 1) {
    return item(say("The solution predicts more events than happened.", "솔루션은 실제보다 많은 사건을 예측합니다."));
  }
  if (interval->at(0).get<double>() > 1) {
    return item(say("The solution predicts fewer events than happened.", "솔루션은 실제보다 적은 사건을 예측합니다."));
  }
  return item(say("The number of events predicted and the number that happened agree within the interval.",
                  "예측한 사건 수와 실제 사건 수는 구간 안에서 일치합니다."));
}

// Of 100 persons: alerts, how many of them right, and events missed. All from figures that the table below shows.
std::string of_a_hundred(const Json& at) {
  const auto alerts = number_at(at.at("alerts"), "estimate");
  const auto ppv = number_at(at.at("ppv"), "estimate");
  const auto sensitivity = number_at(at.at("sensitivity"), "estimate");
  if (!alerts || !ppv || !sensitivity || !(*sensitivity > 0)) return {};
  const double found = 100 * *alerts * *ppv;
  const double missed = found / *sensitivity - found;
  const auto threshold = at.at("threshold").dump();
  return item(say("At {}: of 100 persons {:.0f} get an alert, {:.0f} of them rightly; {:.1f} events are missed.",
                  "임계값 {}: 100명 중 경보 {:.0f}건, 그중 맞는 경보 {:.0f}건, 놓치는 사건 {:.1f}건입니다.", threshold,
                  100 * *alerts, found, std::max(0.0, missed)));
}

std::string about_benefit(const Json& pooled) {
  std::string better;
  std::size_t shown = 0;
  for (const auto& at : pooled.at("thresholds")) {
    const auto benefit = number_at(at.at("net_benefit"), "estimate");
    const auto all = number_at(at.at("treat_all"), "estimate");
    if (!benefit || !all) continue;
    ++shown;
    if (*benefit > std::max(0.0, *all)) better += (better.empty() ? "" : ", ") + at.at("threshold").dump();
  }
  if (shown == 0) return {};
  if (better.empty()) {
    return item(say("At no threshold shown is its net benefit above treating all and treating none.",
                    "표시된 어느 임계값에서도 모두 조치하거나 조치하지 않는 것보다 순이익이 높지 않습니다."));
  }
  return item(say("Its net benefit is above treating all and treating none at: {}.",
                  "모두 조치하거나 조치하지 않는 것보다 순이익이 높은 임계값: {}.", better));
}

std::string about_plan(const Json& report) {
  const auto found = report.find("deviations");
  if (found == report.end()) return {};
  std::size_t departed = 0;
  std::size_t unknown = 0;
  for (const auto& one : *found) {
    const auto state = one.value("state", std::string());
    departed += state == "departed" ? 1 : 0;
    unknown += state == "unknown" ? 1 : 0;
  }
  return item(say("Held against the plan: {} departures, {} points not known, {} kept.",
                  "계획과의 대조: 벗어남 {}건, 알 수 없음 {}건, 지킴 {}건.", departed, unknown,
                  found->size() - departed - unknown));
}

}  // namespace

std::string plain_words(const Json& report) {
  const auto& pooled = report.at("pooled");
  auto items = about_number_of_events(pooled);
  for (const auto& at : pooled.at("thresholds")) items += of_a_hundred(at);
  items += about_benefit(pooled) + about_plan(report);
  if (items.empty()) return {};
  return "<div class=\"plain\"><p>" + both("In plain words", "쉽게 말하면") + "</p><ul>" + items + "</ul></div>";
}

}  // namespace naru::evidence::page
