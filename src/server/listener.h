#pragma once
/// One HTTP listener: libmicrohttpd with epoll; requests run on a small pool of workers, waiting ones hold none.
#include "server/routes.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace naru::server {

struct TlsMaterial {
  std::string key;          ///< PEM
  std::string certificate;  ///< PEM
  std::string trusted_ca;   ///< PEM; whoever shows a certificate must have it from here
};

struct ListenerOptions {
  std::string name;  ///< in the log
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::optional<TlsMaterial> tls = {};
  unsigned workers = 8;
  unsigned connections_max = 4096;
  unsigned connections_per_address_max = 1024;
  unsigned idle_timeout_s = 60;
  std::size_t queue_max = 1024;  ///< more waiting requests than this are told 503
};

/// Judges who calls before anything runs: may fill `caller`, `member`, `language`; a response refuses.
/// `certificate` is the digest of a client certificate that leads to the trusted CA.
using Admit = std::function<std::optional<Response>(const Route& route, Request& request,
                                                    const std::optional<Digest>& certificate)>;
/// For paths no route names (static files); nothing: 404.
using Fallback = std::function<std::optional<Response>(const Request& request)>;
/// How an error is told to the caller.
using ShowError = std::function<Response(const Error& error, const Request& request)>;

struct ListenerParts {
  std::vector<Route> routes;
  Admit admit;
  ShowError show_error;
  Fallback fallback = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< on every response
};

class Listener {
 public:
  /// REQUIRES: context outlives it. Error conflict when the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> start(const ListenerOptions& options, ListenerParts parts,
                                                               ServerContext& context);
  /// Ends in order: no new connections, waiting requests are answered, running ones finish.
  ~Listener();
  Listener(const Listener&) = delete;
  void stop();
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct State;
  explicit Listener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The route of a path, with its parameters; pure, so that it can be tested.
struct RouteMatch {
  const Route* route = nullptr;  ///< null: no such path, or another method (then `path_known`)
  bool path_known = false;
  std::map<std::string, std::string, std::less<>> params = {};
};
[[nodiscard]] RouteMatch match_route(const std::vector<Route>& routes, std::string_view method, std::string_view path);

/// Decodes %XX and '+'; nothing when it is not well formed or not UTF-8. `plus_is_blank` for query parts.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank);
/// "a=1&b=2"; the first of equal names. At most 64 pairs. Nothing when malformed.
[[nodiscard]] std::optional<std::map<std::string, std::string, std::less<>>> parse_query(std::string_view text);
/// First language of an Accept-Language header that is spoken here.
[[nodiscard]] std::optional<Language> accepted_language(std::string_view header);

}  // namespace naru::server
