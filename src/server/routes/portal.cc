#include "server/routes/portal.h"

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

govern::Office::Meter meter_of(engine::Records& records) {
  return [&records](std::string_view right) -> std::optional<std::int64_t> {
    const auto used = records.counter("meter/" + std::string(right));
    return used.ok() ? std::optional(*used) : std::nullopt;
  };
}

}  // namespace portal

std::vector<Route> portal_routes() {
  std::vector<Route> out;
  for (auto routes :
       {portal::status_routes(), portal::catalogue_routes(), portal::deposit_routes(), portal::govern_routes(),
        portal::programme_routes(), portal::demonstration_routes(), portal::ask_routes(), portal::evidence_routes(),
        portal::log_routes(), portal::uses_routes(), portal::beacon_routes()}) {
    for (auto& route : routes) out.push_back(std::move(route));
  }
  return out;
}

}  // namespace naru::server
