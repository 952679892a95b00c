#include "server/serve.h"

#include "base/files.h"
#include "base/log.h"
#include "network/mailbox_files.h"
#include "server/portal.h"

#include <chrono>
#include <thread>

namespace naru::server {
namespace {

Result<TlsMaterial> tls_of(network::Site& site) {
  const auto keys = site.layout().keys();
  TlsMaterial out;
  NARU_ASSIGN(const auto key, site.keys().get_secret("tls.server"));
  out.key = as_text(key.bytes());
  NARU_ASSIGN(out.certificate, read_file(keys / "server.crt"));
  NARU_ASSIGN(out.trusted_ca, read_file(keys / "ca.crt"));
  return out;
}

Result<std::unique_ptr<Listener>> start_wire(network::Site& site, const ServeOptions& options, ServerContext& context) {
  ListenerOptions wire;
  wire.name = "wire";
  wire.address = options.wire_address;
  wire.port = options.wire_port;
  wire.workers = options.workers;
  NARU_ASSIGN(wire.tls, tls_of(site));
  ListenerParts parts;
  parts.routes = wire_routes();
  parts.admit = wire_admit(context.hub);
  parts.show_error = wire_errors();
  parts.headers = {{"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "no-store"}};
  return Listener::start(wire, std::move(parts), context);
}

Result<std::unique_ptr<Listener>> start_portal(const ServeOptions& options, ServerContext& context) {
  ListenerOptions portal;
  portal.name = "portal";
  portal.port = options.portal_port;
  portal.workers = options.workers;
  ListenerParts parts;
  parts.routes = session_routes();
  for (auto& route : portal_routes()) parts.routes.push_back(std::move(route));
  parts.admit = portal_admit(context.sessions);
  parts.show_error = portal_errors();
  parts.fallback = static_files(options.share / "web" / "dist");
  parts.headers = portal_headers();
  return Listener::start(portal, std::move(parts), context);
}

}  // namespace

Done serve(network::Site& site, const ServeOptions& options, const std::atomic<bool>& stop) {
  if (site.description().role != "authority") {
    return usage_error(say("listeners run at an authority; a {} only calls out",
                           "수신은 기관만 합니다. {}은(는) 나가는 연결만 합니다", site.description().role),
                       site.layout().root().string());
  }
  NARU_ASSIGN(const auto lock, FileLock::acquire(site.layout().root() / "serve.lock"));
  std::error_code code;
  fs::remove(site.layout().spool() / "capture.path", code);  // of an earlier run
  network::HubOptions hub_options;
  hub_options.capture = options.capture;
  NARU_ASSIGN(const auto hub, network::Hub::open(site, hub_options));
  network::sweep_spool(site);
  Sessions sessions(site.records(), site.clock(), site.random());
  ServerContext context{site,       site.layout(), site.records(), site.clock(), site.random(),
                        site.log(), *hub,          sessions,       options.share};
  NARU_ASSIGN(const auto wire, start_wire(site, options, context));
  std::unique_ptr<Listener> portal;
  if (options.portal) {
    NARU_ASSIGN(portal, start_portal(options, context));
  }
  if (options.listening) options.listening(wire->port(), portal ? portal->port() : std::uint16_t{0});

  std::atomic<bool> mailbox_stop{false};
  std::atomic<bool> mailbox_failed{false};
  Done mailbox_outcome;
  std::thread mailbox([&] {
    mailbox_outcome = network::run_authority(*hub, options.handlers, mailbox_stop);
    if (!mailbox_outcome.ok()) mailbox_failed = true;
  });
  while (!stop.load() && !mailbox_failed.load()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  log_event(LogLevel::info, "http.stopping");
  if (portal) portal->stop();
  wire->stop();
  mailbox_stop = true;
  mailbox.join();
  return mailbox_outcome;
}

}  // namespace naru::server
