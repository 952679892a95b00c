#include "server/routes/portal.h"

#include "base/json.h"

namespace naru::server {
namespace portal {

catalogue::Viewer viewer_of(const Request& request) {
  if (!request.caller) return {};
  return {true, request.caller->roles};
}

govern::Actor actor_of(const Request& request) {
  if (!request.caller) return {};
  return {request.caller->account, request.caller->organisation, request.caller->roles};
}

std::int32_t today_of(const Clock& clock) {
  constexpr std::int64_t korea_ahead_ms = 9LL * 3600 * 1000;
  constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
  return static_cast<std::int32_t>((clock.now_ms() + korea_ahead_ms) / day_ms);
}

Result<std::optional<std::int64_t>> answers_used(engine::Records& records, std::string_view right) {
  NARU_ASSIGN(const auto documents, records.list(answers_collection));
  std::optional<std::int64_t> used;
  for (const auto& [key, document] : documents) {
    if (!key.starts_with(std::string(right) + "/")) continue;
    NARU_ASSIGN(const auto answer, parse_json(document, key));
    const auto meter = answer.find("meter");
    if (meter == answer.end() || !meter->is_object()) continue;
    const auto told = meter->find("used");
    if (told != meter->end() && told->is_number_integer()) used = std::max(used.value_or(0), told->get<std::int64_t>());
  }
  return used;
}

}  // namespace portal

std::vector<Route> portal_routes() {
  std::vector<Route> out;
  for (auto routes :
       {portal::status_routes(), portal::catalogue_routes(), portal::govern_routes(), portal::programme_routes(),
        portal::ask_routes(), portal::evidence_routes(), portal::log_routes()}) {
    for (auto& route : routes) out.push_back(std::move(route));
  }
  return out;
}

}  // namespace naru::server
