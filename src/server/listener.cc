#include "server/listener.h"

#include "base/files.h"
#include "base/log.h"
#include "server/exchange.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace naru::server {
namespace {

constexpr unsigned loops = 2;
constexpr std::size_t connection_memory_bytes = 128 * 1024;
constexpr double stop_patience_s = 20;
constexpr const char* tls_priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

/// What is known of one connection, kept so that a certificate is verified once.
struct Peer {
  bool judged = false;
  std::optional<Digest> certificate;
};

std::optional<Digest> trusted_certificate(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  if (info == nullptr || info->tls_session == nullptr) return std::nullopt;
  auto* session = static_cast<gnutls_session_t>(info->tls_session);
  unsigned count = 0;
  const auto* chain = gnutls_certificate_get_peers(session, &count);
  unsigned status = 0;
  if (chain == nullptr || count == 0 || gnutls_certificate_verify_peers2(session, &status) != 0 || status != 0) {
    return std::nullopt;
  }
  return sha256(std::span<const std::uint8_t>(chain[0].data, chain[0].size));
}

std::string address_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto* address = info->client_addr;
  const void* raw = address->sa_family == AF_INET6
                        ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
                        : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
  return inet_ntop(address->sa_family, raw, text.data(), text.size()) != nullptr ? text.data() : "";
}

MHD_Result take_header(void* user, MHD_ValueKind, const char* name, const char* value) {
  auto& request = *static_cast<Request*>(user);
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  request.headers.try_emplace(std::move(lower), value == nullptr ? "" : value);
  return MHD_YES;
}

Error not_there(const Request& request) {
  return not_found(say("there is nothing at {}", "{}에는 아무것도 없습니다", request.path), request.path,
                   say("see /api/v1/openapi.json for what there is", "가능한 경로는 /api/v1/openapi.json에 있습니다"));
}

void log_line(void*, const char* format, va_list arguments) {
  std::array<char, 512> line{};
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  if (length > 0)
    log_event(
        LogLevel::debug, "http.library",
        {{"what", std::string(line.data(), std::min<std::size_t>(static_cast<std::size_t>(length), line.size() - 1))}});
}

/// MHD gives the path decoded; the raw target is taken here, so that "%2F" stays part of a name.
void* take_target(void*, const char* target, MHD_Connection*) {
  auto* exchange = new Exchange();
  exchange->target = target;
  return exchange;
}

}  // namespace

struct Listener::State {
  State(ListenerOptions its_options, ListenerParts its_parts, ServerContext& its_context)
      : options(std::move(its_options)), parts(std::move(its_parts)), context(its_context) {}
  ListenerOptions options;
  ListenerParts parts;
  ServerContext& context;
  MHD_Daemon* daemon = nullptr;
  std::uint16_t port = 0;
  std::atomic<int> open{0};  // exchanges begun and not completed
  std::unique_ptr<WorkerPool> pool;
  bool stopped = false;

  std::optional<Digest> certificate_of(MHD_Connection* connection) const {
    if (!options.tls) return std::nullopt;
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    auto* peer = info == nullptr ? nullptr : static_cast<Peer*>(info->socket_context);
    if (peer == nullptr) return trusted_certificate(connection);
    if (!peer->judged) {
      peer->certificate = trusted_certificate(connection);
      peer->judged = true;
    }
    return peer->certificate;
  }

  Response show(const Error& error, const Request& request) const { return parts.show_error(error, request); }

  /// Everything that can be judged from the request line and headers; a response ends the request here.
  std::optional<Response> begin(Exchange& exchange, MHD_Connection* connection, const char* method) {
    auto& request = exchange.request;
    request.method = std::string_view(method) == "HEAD" ? "GET" : method;
    const auto mark = std::min(exchange.target.find('?'), exchange.target.size());
    request.path = exchange.target.substr(0, mark);
    request.remote = address_of(connection);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &take_header, &request);
    if (const auto found = request.headers.find("accept-language"); found != request.headers.end()) {
      request.language = accepted_language(found->second).value_or(Language::english);
    }
    const auto query =
        parse_query(mark < exchange.target.size() ? std::string_view(exchange.target).substr(mark + 1) : "");
    if (!query)
      return show(usage_error(say("the query of the address cannot be read", "주소의 질의 부분을 읽을 수 없습니다"),
                              request.path),
                  request);
    request.query = *query;
    auto match = match_route(parts.routes, request.method, request.path);
    if (match.route == nullptr) return without_route(request, match.path_known);
    exchange.route = match.route;
    request.params = std::move(match.params);
    if (auto refusal = parts.admit(*exchange.route, request, certificate_of(connection))) return refusal;
    if (const auto length = request.headers.find("content-length"); length != request.headers.end()) {
      if (std::strtoull(length->second.c_str(), nullptr, 10) > exchange.route->body_bytes_max)
        return too_large(request);
    }
    if (exchange.route->body_to_file && !exchange.open_file(context.hub.incoming())) {
      return show(internal_error(say("cannot receive the body", "본문을 받을 수 없습니다"), request.path), request);
    }
    return std::nullopt;
  }

  std::optional<Response> without_route(const Request& request, bool path_known) const {
    if (path_known) {
      auto out = show(
          usage_error(say("{} is not possible at {}", "{}은(는) {}에서 할 수 없습니다", request.method, request.path),
                      request.path),
          request);
      out.status = 405;
      std::string allow;
      for (const std::string_view method : {"GET", "POST", "DELETE"}) {
        if (match_route(parts.routes, method, request.path).route == nullptr) continue;
        allow += (allow.empty() ? "" : ", ") + std::string(method == "GET" ? "GET, HEAD" : method);
      }
      out.headers.emplace_back("Allow", allow);
      return out;
    }
    if (parts.fallback) {
      if (auto page = parts.fallback(request)) return page;
    }
    return show(not_there(request), request);
  }

  Response too_large(const Request& request) const {
    auto out = show(
        usage_error(say("the body is larger than this address takes", "본문이 허용 크기보다 큽니다"), request.path),
        request);
    out.status = 413;
    return out;
  }

  MHD_Result answer(MHD_Connection* connection, Exchange& exchange) {
    auto& response = exchange.response;
    MHD_Response* out = nullptr;
    if (response.file) {
      const int descriptor = ::open(response.file->c_str(), O_RDONLY | O_CLOEXEC);
      std::error_code code;
      const auto bytes = fs::file_size(*response.file, code);
      if (descriptor >= 0 && !code) out = MHD_create_response_from_fd64(bytes, descriptor);
      if (out == nullptr && descriptor >= 0) ::close(descriptor);
      if (out == nullptr) response = show(not_there(exchange.request), exchange.request);
    }
    if (out == nullptr) {
      // The body lives in the exchange, which outlives the sending.
      out = MHD_create_response_from_buffer(response.body.size(), response.body.data(), MHD_RESPMEM_PERSISTENT);
    }
    if (out == nullptr) return MHD_NO;
    if (response.status != 204 && response.status != 304)
      MHD_add_response_header(out, "Content-Type", response.content_type.c_str());
    for (const auto& [name, value] : parts.headers) {
      // A handler's own header of that name goes before the listener's.
      const bool own = std::any_of(response.headers.begin(), response.headers.end(),
                                   [&name = name](const auto& header) { return header.first == name; });
      if (!own) MHD_add_response_header(out, name.c_str(), value.c_str());
    }
    for (const auto& [name, value] : response.headers) MHD_add_response_header(out, name.c_str(), value.c_str());
    const auto queued = MHD_queue_response(connection, static_cast<unsigned>(response.status), out);
    MHD_destroy_response(out);
    return queued;
  }

  MHD_Result handle(MHD_Connection* connection, const char* method, const char* data, std::size_t* size,
                    Exchange& exchange) {
    if (exchange.stage == Exchange::Stage::fresh) {
      exchange.connection = connection;
      exchange.request.began_ms = context.clock.now_ms();
      exchange.stage = Exchange::Stage::receiving;
      open.fetch_add(1);
      exchange.counted = true;
      if (auto early = begin(exchange, connection, method)) {
        exchange.response = *std::move(early);
        exchange.stage = Exchange::Stage::done;
        return answer(connection, exchange);
      }
      return MHD_YES;
    }
    if (*size > 0) {
      if (exchange.stage != Exchange::Stage::receiving || !exchange.take({data, *size})) return MHD_NO;
      *size = 0;
      return MHD_YES;
    }
    if (exchange.stage == Exchange::Stage::done) return answer(connection, exchange);
    if (exchange.stage == Exchange::Stage::running) return MHD_YES;
    exchange.stage = Exchange::Stage::running;
    exchange.close_file();
    MHD_suspend_connection(connection);
    pool->submit(exchange);
    return MHD_YES;
  }

  static MHD_Result on_request(void* user, MHD_Connection* connection, const char*, const char* method, const char*,
                               const char* data, std::size_t* size, void** slot) {
    auto* exchange = static_cast<Exchange*>(*slot);
    if (exchange == nullptr) return MHD_NO;
    try {
      return static_cast<State*>(user)->handle(connection, method, data, size, *exchange);
    } catch (const std::exception& failure) {
      log_event(LogLevel::error, "http.threw", {{"what", failure.what()}});
      return MHD_NO;
    }
  }

  static void on_completed(void* user, MHD_Connection*, void** slot, MHD_RequestTerminationCode) {
    auto* exchange = static_cast<Exchange*>(*slot);
    if (exchange == nullptr) return;
    if (exchange->counted) static_cast<State*>(user)->open.fetch_sub(1);
    delete exchange;
    *slot = nullptr;
  }

  static void on_connection(void*, MHD_Connection*, void** slot, MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
      *slot = new Peer();
    } else {
      delete static_cast<Peer*>(*slot);
      *slot = nullptr;
    }
  }

  Done start() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options.port);
    if (inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1) {
      return usage_error(say("\"{}\" is no IPv4 address", "\"{}\"은(는) IPv4 주소가 아닙니다", options.address),
                         options.name);
    }
    std::vector<MHD_OptionItem> items{
        {MHD_OPTION_SOCK_ADDR, 0, &address},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024, nullptr},
        {MHD_OPTION_THREAD_POOL_SIZE, loops, nullptr},
        {MHD_OPTION_CONNECTION_LIMIT, options.connections_max, nullptr},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, options.connections_per_address_max, nullptr},
        {MHD_OPTION_CONNECTION_TIMEOUT, options.idle_timeout_s, nullptr},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory_bytes, nullptr},
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (options.tls) {
      flags |= MHD_USE_TLS;
      items.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, options.tls->key.data()});
      items.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, options.tls->certificate.data()});
      items.push_back({MHD_OPTION_HTTPS_MEM_TRUST, 0, options.tls->trusted_ca.data()});
      items.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(tls_priorities)});
    }
    items.push_back({MHD_OPTION_END, 0, nullptr});
    daemon = MHD_start_daemon(
        flags, options.port, nullptr, nullptr, &State::on_request, this, MHD_OPTION_EXTERNAL_LOGGER, &log_line, nullptr,
        MHD_OPTION_URI_LOG_CALLBACK, &take_target, nullptr, MHD_OPTION_NOTIFY_COMPLETED, &State::on_completed, this,
        MHD_OPTION_NOTIFY_CONNECTION, &State::on_connection, nullptr, MHD_OPTION_ARRAY, items.data(), MHD_OPTION_END);
    if (daemon == nullptr) {
      return conflict(say("cannot listen on {}:{}", "{}:{}에서 수신할 수 없습니다", options.address, options.port),
                      options.name,
                      say("another program may use the port; choose another one",
                          "다른 프로그램이 포트를 쓰고 있을 수 있습니다. 다른 포트를 고르세요"));
    }
    port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return {};
  }
};

Listener::Listener(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Listener>> Listener::start(const ListenerOptions& options, ListenerParts parts,
                                                  ServerContext& context) {
  auto state = std::make_unique<State>(options, std::move(parts), context);
  auto* raw = state.get();
  state->pool = std::make_unique<WorkerPool>(
      options.workers, options.queue_max, context,
      [raw](const Error& error, const Request& request) { return raw->show(error, request); },
      [](Exchange& exchange) { MHD_resume_connection(exchange.connection); });
  NARU_CHECK(state->start());
  log_event(LogLevel::info, "http.listening", {{"name", options.name}, {"port", std::to_string(state->port)}});
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

std::uint16_t Listener::port() const { return state_->port; }

void Listener::stop() {
  if (state_->stopped) return;
  state_->stopped = true;
  if (state_->daemon != nullptr) {
    const auto socket = MHD_quiesce_daemon(state_->daemon);
    if (socket != MHD_INVALID_SOCKET) ::close(socket);
  }
  state_->pool->drain(stop_patience_s);
  if (state_->daemon != nullptr) {
    // What is answered still has to be sent; clients that do not read are not waited for.
    for (int i = 0; i < 50 && state_->open.load() > 0; ++i) ::usleep(20'000);
    MHD_stop_daemon(state_->daemon);
    state_->daemon = nullptr;
  }
}

Listener::~Listener() { stop(); }

}  // namespace naru::server
