// What a browser or anybody else writes into an address, a query, a cookie and a language header.
#include "server/listener.h"
#include "server/portal.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto query = server::parse_query(text)) {
    if (query->size() > 64) std::abort();
    for (const auto& [name, value] : *query) {
      if (!is_utf8(name) || !is_utf8(value)) std::abort();
    }
  }
  static const auto routes = server::wire_routes();
  const auto match = server::match_route(routes, "GET", text);
  if (match.route != nullptr && !match.path_known) std::abort();
  (void)server::accepted_language(text);
  (void)server::cookie_value(text, server::session_cookie);
  static const auto files = server::static_files("/nowhere");
  server::Request request;
  request.method = "GET";
  request.path = text;
  if (files(request)) std::abort();
  return 0;
}
