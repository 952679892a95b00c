#pragma once
/// What the portal's handlers share: who acts, the journal over the site's log, the office, files by a plain name.
#include "catalogue/catalogue.h"
#include "govern/office.h"
#include "server/routes.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::server::portal {

/// Everything the rooms want recorded goes to the site's log; an error means it is not there, and the act is refused.
class LogJournal final : public catalogue::Journal {
 public:
  explicit LogJournal(network::Site& site) : site_(site) {}
  [[nodiscard]] Done note(std::string_view event, std::string_view fields_json, std::string_view actor) override {
    return site_.record(event, fields_json, actor);
  }

 private:
  network::Site& site_;
};

/// The rooms a request needs, over the server's stores. One per request.
struct Desk {
  explicit Desk(ServerContext& context)
      : journal(context.site),
        catalogue(context.records, context.clock, journal),
        office(context.records, context.clock, context.random, journal, context.share) {}
  LogJournal journal;
  catalogue::Catalogue catalogue;
  govern::Office office;
};

/// Nobody signed in: no account, no roles.
[[nodiscard]] catalogue::Viewer viewer_of(const Request& request);
[[nodiscard]] govern::Actor actor_of(const Request& request);
/// Today in Korea, days since 1970-01-01.
[[nodiscard]] std::int32_t today_of(const Clock& clock);
/// Answers received under a right, as the authority counts them; nothing when the count cannot be read.
[[nodiscard]] govern::Office::Meter meter_of(engine::Records& records);

/// What the combiner told of each sealed release, by id.
inline constexpr std::string_view releases_collection = "release.sealed";

[[nodiscard]] std::vector<Route> catalogue_routes();
[[nodiscard]] std::vector<Route> govern_routes();
[[nodiscard]] std::vector<Route> programme_routes();
[[nodiscard]] std::vector<Route> demonstration_routes();
[[nodiscard]] std::vector<Route> ask_routes();
[[nodiscard]] std::vector<Route> evidence_routes();
[[nodiscard]] std::vector<Route> log_routes();
[[nodiscard]] std::vector<Route> status_routes();
[[nodiscard]] std::vector<Route> deposit_routes();
[[nodiscard]] std::vector<Route> uses_routes();
[[nodiscard]] std::vector<Route> beacon_routes();

}  // namespace naru::server::portal
