#pragma once
/// One table of routes: the listeners, the OpenAPI document and the reference docs all come from it.
/// Handlers are thin: read the request, call a room, answer JSON. They run on a small pool of workers.
#include "audit/log.h"
#include "base/clock.h"
#include "engine/records.h"
#include "network/hub.h"
#include "network/identity.h"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::server {

/// Who may call.
enum class Access {
  open,       ///< anybody
  signed_in,  ///< a portal session; with `roles`, one of them
  member,     ///< a site's enrolled client certificate (wire listener)
};

/// A signed-in account.
struct Caller {
  std::string account;
  Text name;
  std::vector<std::string> roles;
  std::string organisation;  ///< empty when none
  [[nodiscard]] bool has(std::string_view role) const;
};

struct Request {
  std::string method;
  std::string path;
  std::map<std::string, std::string, std::less<>> params = {};   ///< {id} of the route's path, decoded
  std::map<std::string, std::string, std::less<>> query = {};    ///< decoded; the first of equal names
  std::map<std::string, std::string, std::less<>> headers = {};  ///< names in lower case
  std::string body = {};
  std::optional<std::filesystem::path> body_file =
      {};                                      ///< routes with `body_to_file`; removed afterwards if still there
  std::string remote = {};                     ///< IP address
  Language language = Language::english;       ///< Accept-Language, then the session
  std::optional<Caller> caller = {};           ///< set for Access::signed_in; for open routes if there is one
  std::optional<network::Member> member = {};  ///< set for Access::member
  std::int64_t began_ms = 0;                   ///< when the request came in, by the server's clock
  bool last_try = true;                        ///< false while a handler may still answer `wait_on` (long poll)
  [[nodiscard]] std::string query_or(std::string_view name, std::string fallback) const;
  /// Error usage names the parameter when it is not a whole number in the range.
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view name, std::int64_t fallback, std::int64_t least,
                                                   std::int64_t most) const;
  /// The path parameter. REQUIRES: the route's path names it.
  [[nodiscard]] const std::string& param(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<std::filesystem::path> file = {};  ///< body from a file instead
  /// Long poll: not an answer; call the handler again when this mailbox rings or the time is over (then with
  /// `last_try`). No worker is held meanwhile.
  struct Wait {
    std::string mailbox;
    std::int64_t until_ms = 0;
  };
  std::optional<Wait> wait = {};
};

/// {200, canonical JSON text}
[[nodiscard]] Response json_response(std::string body, int status = 200);

class Sessions;

/// What a handler works with; one per server, shared by the workers.
struct ServerContext {
  network::Site& site;
  const model::SiteLayout& layout;
  engine::Records& records;  ///< safe from several workers
  const Clock& clock;
  Random& random;
  audit::Log& log;
  network::Hub& hub;
  Sessions& sessions;
  std::filesystem::path share;  ///< folder holding sops/, policies/, programmes/, schemas/, web/dist
};

struct Route {
  std::string method;  ///< GET | POST | DELETE
  std::string path;    ///< "/api/v1/applications/{id}"
  Text summary;
  Access access = Access::signed_in;
  std::vector<std::string> roles = {};  ///< any of these; empty: every account
  std::string request_schema = {};      ///< NAME of schemas/NAME.json; empty: no body
  std::string response_schema = {};
  std::function<Result<Response>(const Request&, ServerContext&)> handler;
  std::uint64_t body_bytes_max = 16U << 20;
  bool body_to_file = false;            ///< stream the body into Request::body_file
  bool csrf = true;                     ///< mutations need X-Naru-CSRF; false only for signing in
  std::vector<std::string> query = {};  ///< names of query parameters, for the reference
};

/// In routes/wire.cc and routes/session.cc (this room's own), routes/portal_*.cc (the pages').
[[nodiscard]] std::vector<Route> wire_routes();
[[nodiscard]] std::vector<Route> session_routes();
[[nodiscard]] std::vector<Route> portal_routes();

/// OpenAPI 3.1 for the routes; schemas are read from share/schemas where the file exists.
[[nodiscard]] Result<std::string> openapi(const std::vector<Route>& routes, const std::filesystem::path& share,
                                          Language language);
/// HTTP status of an error kind: usage 400, refused 403, rejected 422, not_found 404, conflict 409, internal 500.
[[nodiscard]] int http_status(ErrorKind kind);

}  // namespace naru::server
