// What people see of applications: the list, and who reuses a dataset.
#include "govern/office.h"
#include "govern/office_parts.h"
#include "govern/texts.h"

#include <algorithm>
#include <map>

namespace naru::govern {
bool reviews(const Actor& viewer) {
  return viewer.has("secretariat") || viewer.has("member") || viewer.has("chair") || viewer.has("irb") ||
         viewer.has("officer") || viewer.has("auditor");
}

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool takes_part(const Application& a, const Actor& viewer) {
  if (reviews(viewer) || viewer.account == a.applicant) return true;
  if (viewer.has("steward") && contains(a.holders, viewer.organisation)) return true;
  return std::any_of(a.people.begin(), a.people.end(),
                     [&](const ApplicationPerson& p) { return p.account == viewer.account; });
}

Error unknown_application(std::string_view id) {
  return not_found(say("there is no application {}", "신청이 없습니다: {}", id), fmt::format("application {}", id));
}

Result<std::string> Office::applications_json(const Actor& viewer) {
  NARU_ASSIGN(const auto cases, cases_.all());
  Json list = Json::array();
  std::map<std::string, Calendar> calendars;  // read once each, however many cases use it
  for (const auto& state : cases) {
    if (!takes_part(state.application, viewer)) continue;
    auto known = calendars.find(state.sop.calendar);
    if (known == calendars.end()) {
      NARU_ASSIGN(auto read, calendar(state.sop.calendar));
      known = calendars.emplace(state.sop.calendar, std::move(read)).first;
    }
    const auto& days = known->second;
    const auto clocks = clocks_of(state, days, clock_.now_ms());
    Json next = nullptr;
    bool breached = false;
    for (const auto& clock : clocks) {
      breached = breached || clock.breached;
      const auto date = format_date(clock.deadline);
      if (next.is_null() || date < next.get<std::string>()) next = date;
    }
    const auto& step = state.at();
    list.push_back({{"id", state.id},
                    {"title", text_json(state.application.title)},
                    {"organisation", state.application.organisation},
                    {"step", {{"id", step.id}, {"title", text_json(step.title)}, {"owner", step.owner}}},
                    {"outcome", state.outcome()},
                    {"closed", state.closed()},
                    {"submitted_at", format_instant(state.application.submitted_ms)},
                    {"next_deadline", std::move(next)},
                    {"breached", breached},
                    {"actions", actions_for(state, viewer, days, clock_.now_ms())}});
  }
  return canonical(Json{{"applications", std::move(list)}});
}

Result<std::string> Office::reuse_json(std::string_view dataset) {
  NARU_ASSIGN(auto cases, cases_.all());
  std::stable_sort(cases.begin(), cases.end(), [](const CaseState& a, const CaseState& b) {
    return a.application.submitted_ms > b.application.submitted_ms;
  });
  Json list = Json::array();
  for (const auto& state : cases) {
    const auto& a = state.application;
    if (!contains(a.datasets, std::string(dataset))) continue;
    list.push_back({{"application", a.id},
                    {"title", text_json(a.title)},
                    {"organisation", a.organisation},
                    {"purpose_code", a.purpose_code},
                    {"ai_use", a.ai_use},
                    {"outcome", state.outcome()},
                    {"closed", state.closed()},
                    {"submitted_at", format_instant(a.submitted_ms)}});
  }
  return canonical(Json{{"dataset", dataset}, {"reuse", std::move(list)}});
}

}  // namespace naru::govern
