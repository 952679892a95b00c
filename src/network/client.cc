#include "network/client.h"

#include "base/files.h"
#include "base/limits.h"
#include "base/log.h"
#include "network/http_call.h"
#include "network/hub.h"
#include "network/mailbox_files.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

namespace naru::network {
namespace {

constexpr int send_attempts = 6;
constexpr std::int64_t backoff_first_ms = 100;
constexpr std::int64_t backoff_most_ms = 5000;
constexpr std::int64_t grace_ms = 15'000;
constexpr std::string_view handled_numbers = "wire.handled";  // documents by sender

/// Sleeps in small steps so that a stop is noticed.
void pause(std::int64_t ms, const std::atomic<bool>* stop) {
  const auto until = steady_seconds() + static_cast<double>(ms) / 1000;
  while (steady_seconds() < until && (stop == nullptr || !stop->load())) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string header_of(const HttpAnswer& answer, std::string_view name) {
  const auto found = answer.headers.find(std::string(name));
  return found == answer.headers.end() ? std::string() : found->second;
}

Result<bool> handled_before(engine::Records& records, const Message& message) {
  NARU_ASSIGN(const auto last, records.get(handled_numbers, message.from));
  return last && message.number <= std::stoll(*last);
}

Done remember_handled(engine::Records& records, const Message& message) {
  return records.put(handled_numbers, message.from, std::to_string(message.number));
}

void forget_file(const Message& message) {
  std::error_code code;
  if (message.file) fs::remove(*message.file, code);
}

}  // namespace

struct WireClient::State {
  State(Site& its_site, TlsTrust trust) : site(its_site), http(std::move(trust)) {}
  Site& site;
  HttpClient http;
  std::string url;
  const std::atomic<bool>* stop = nullptr;

  Result<HttpAnswer> call(HttpCall request) {
    request.url = url + request.url;
    request.stop = stop;
    return http.perform(request);
  }

  Result<std::vector<Member>> fetch_members() {
    HttpCall request;
    request.url = "/wire/v1/members";
    NARU_ASSIGN(const auto answer, call(std::move(request)));
    if (answer.status != 200) return error_from_body(answer.body, "authority");
    NARU_ASSIGN(auto members, verify_directory(answer.body, site.description().authority->signing_key));
    NARU_CHECK(write_file_atomic(site.layout().root() / "members.json", answer.body, 0600));
    return members;
  }

  /// From the kept directory; fetched again when the name or key is not in it.
  Result<Member> member(std::string_view name, bool fresh = false) {
    const auto pick = [&](const std::vector<Member>& members) -> std::optional<Member> {
      const auto found =
          std::find_if(members.begin(), members.end(), [&](const Member& one) { return one.name == name; });
      if (found == members.end()) return std::nullopt;
      return *found;
    };
    const auto file = read_file(site.layout().root() / "members.json", 16U << 20);
    if (file.ok() && !fresh) {
      const auto kept = verify_directory(*file, site.description().authority->signing_key);
      if (kept.ok()) {
        if (const auto found = pick(*kept)) return *found;
      }
    }
    NARU_ASSIGN(const auto members, fetch_members());
    if (const auto found = pick(members)) return *found;
    return not_found(say("there is no member \"{}\"", "구성원이 없습니다: \"{}\"", name), std::string(name),
                     say("ask the authority whether the site is enrolled", "사이트가 등록되었는지 기관에 문의하세요"));
  }

  /// After a break nobody knows whether the hub has it: then "replayed" means that it has.
  Done deliver(const ReadyMessage& ready) {
    bool uncertain = false;
    for (int attempt = 0;; ++attempt) {
      HttpCall request;
      request.method = "POST";
      request.url = "/wire/v1/messages";
      request.headers = {{"X-Naru-Envelope", ready.header}, {"Content-Type", "application/octet-stream"}};
      request.body_file = ready.sealed;
      request.quiet_ms = 60'000;
      const auto answer = call(std::move(request));
      if (answer.ok() && answer->status >= 200 && answer->status < 300) return {};
      const auto error = answer.ok() ? error_from_body(answer->body, "authority") : answer.error();
      if (uncertain && is_wire_error(error, WireRefusal::replayed)) return {};
      const bool again = answer.ok() ? answer->status == 503 : is_transport_error(error);
      if (!again || attempt + 1 >= send_attempts || (stop != nullptr && stop->load())) return error;
      uncertain = true;
      pause(std::min(backoff_first_ms << attempt, backoff_most_ms), stop);
    }
  }

  Result<Message> receive(const std::string& header, const fs::path& sealed) {
    NARU_ASSIGN(const auto envelope, parse_envelope(header));
    NARU_ASSIGN(const auto sender, member(envelope.envelope.from));
    auto message = open_message(site, envelope, sender, sealed);
    // A sender that was enrolled anew signs with another key than the kept directory tells.
    if (message.ok() || !is_wire_error(message.error(), WireRefusal::altered)) return message;
    NARU_ASSIGN(const auto renewed, member(envelope.envelope.from, true));
    return open_message(site, envelope, renewed, sealed);
  }
};

WireClient::WireClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
WireClient::~WireClient() = default;

Result<std::unique_ptr<WireClient>> WireClient::open(Site& site) {
  const auto& about = site.description();
  if (!about.enrolled() || about.authority_url.empty()) {
    return refused(say("this site is not enrolled", "이 사이트는 등록되지 않았습니다"), site.layout().root().string(),
                   say("naru enrol DIR --authority URL --code CODE", "naru enrol DIR --authority URL --code CODE"));
  }
  const auto keys = site.layout().keys();
  auto state =
      std::make_unique<State>(site, TlsTrust{about.authority_pin, keys / "ca.crt", keys / "tls.crt", keys / "tls.key"});
  state->url = about.authority_url;
  NARU_CHECK(spool_folder(site, "in"));
  NARU_CHECK(spool_folder(site, "out"));
  return std::unique_ptr<WireClient>(new WireClient(std::move(state)));
}

void WireClient::stop_with(const std::atomic<bool>& stop) { state_->stop = &stop; }

Result<std::string> WireClient::send(const std::string& to, const std::string& kind, const std::string& correlation,
                                     const Body& body, bool reply) {
  auto& site = state_->site;
  NARU_ASSIGN(const auto recipient, state_->member(to));
  const auto tie = correlation.empty() ? new_correlation(site.random()) : correlation;
  const WaitingLock lock(site.layout().spool() / "send.lock");
  if (!lock.held()) return internal_error(say("cannot lock the outbox", "보낸 편지함을 잠글 수 없습니다"), "spool");
  const auto sealed = spool_file(site, site.layout().spool() / "out");
  NARU_ASSIGN(const auto ready, make_ready(site, recipient, kind, tie, body, reply, sealed));
  const auto delivered = state_->deliver(ready);
  std::error_code code;
  fs::remove(sealed, code);
  NARU_CHECK(delivered);
  return tie;
}

Result<std::optional<WireClient::Polled>> WireClient::poll(std::int64_t after, std::int64_t wait_ms) {
  auto& site = state_->site;
  for (;;) {
    const auto sealed = spool_file(site, site.layout().spool() / "in");
    HttpCall request;
    request.url = fmt::format("/wire/v1/messages?after={}&wait_ms={}", after, wait_ms);
    request.answer_file = sealed;
    request.quiet_ms = wait_ms + grace_ms;
    const auto answer = state_->call(std::move(request));
    std::error_code code;
    if (!answer.ok() || answer->status != 200) {
      fs::remove(sealed, code);
      if (!answer.ok()) return answer.error();
      if (answer->status == 204) return std::optional<Polled>();
      return error_from_body(answer->body, "authority");
    }
    const auto position = header_of(*answer, "x-naru-position");
    std::int64_t number = 0;
    std::from_chars(position.data(), position.data() + position.size(), number);
    auto message = state_->receive(header_of(*answer, "x-naru-envelope"), sealed);
    fs::remove(sealed, code);
    if (number <= after)
      return internal_error(say("the authority's answer has no position", "기관의 응답에 위치가 없습니다"), "wire");
    // Without a connection a sender's key cannot be looked up: that is no fault of the message.
    if (!message.ok() && is_transport_error(message.error())) return message.error();
    if (message.ok()) {
      NARU_ASSIGN(const auto before, handled_before(site.records(), *message));
      if (!before) return std::optional<Polled>(Polled{*std::move(message), number});
      forget_file(*message);
      log_event(LogLevel::info, "wire.duplicate",
                {{"from", message->from}, {"number", std::to_string(message->number)}});
    } else {
      log_event(LogLevel::warning, "wire.unacceptable", {{"why", message.error().where}});
    }
    after = number;  // acknowledges what was passed over
    wait_ms = std::min<std::int64_t>(wait_ms, 1000);
  }
}

Done WireClient::done_with(const Polled& polled) {
  forget_file(polled.message);
  return remember_handled(state_->site.records(), polled.message);
}

Result<std::vector<Member>> WireClient::members() { return state_->fetch_members(); }

Result<std::string> WireClient::get(const std::string& path) {
  HttpCall request;
  request.url = path;
  NARU_ASSIGN(auto answer, state_->call(std::move(request)));
  if (answer.status != 200) return error_from_body(answer.body, "authority");
  return std::move(answer.body);
}

std::optional<Reply> dispatch(const Handlers& handlers, const Message& message, Sender& sender) {
  const auto failed = [&](const Error& error) -> std::optional<Reply> {
    log_event(LogLevel::warning, "task.failed",
              {{"kind", message.kind}, {"why", std::string(naru::name_of(error.kind))}, {"where", error.where}});
    if (message.reply) return std::nullopt;  // a reply is never answered: no ping-pong of errors
    return Reply{"error", {error_body(error), std::nullopt}};
  };
  const auto found = handlers.find(message.kind);
  if (found == handlers.end()) {
    if (message.kind == "error") {
      log_event(LogLevel::warning, "task.error_received",
                {{"from", message.from}, {"where", error_from_body(message.body, message.from).where}});
      return std::nullopt;
    }
    return failed(not_found(
        say("this site does not understand \"{}\"", "이 사이트는 \"{}\"을(를) 이해하지 못합니다", message.kind),
        message.kind, say("update the site, or check its role", "사이트를 업데이트하거나 역할을 확인하세요")));
  }
  try {
    auto reply = found->second(message, sender);
    if (!reply.ok()) return failed(reply.error());
    return *std::move(reply);
  } catch (const std::exception& failure) {
    log_event(LogLevel::error, "task.threw", {{"kind", message.kind}, {"what", failure.what()}});
    return failed(internal_error(
        say("the task \"{}\" stopped unexpectedly", "작업 \"{}\"이(가) 예기치 않게 중단되었습니다", message.kind),
        message.kind, say("see the site's log", "사이트 로그를 확인하세요")));
  }
}

Done run_site(Site& site, const Handlers& handlers, const std::atomic<bool>& stop) {
  NARU_ASSIGN(const auto lock, FileLock::acquire(site.layout().root() / "serve.lock"));
  NARU_ASSIGN(const auto client, WireClient::open(site));
  client->stop_with(stop);
  sweep_spool(site);
  std::int64_t after = 0;
  std::int64_t backoff_ms = backoff_first_ms;
  while (!stop.load()) {
    const auto polled = client->poll(after, limits::long_poll_ms);
    if (!polled.ok()) {
      if (stop.load()) break;
      log_event(LogLevel::warning, "wire.poll_failed",
                {{"where", polled.error().where}, {"what", polled.error().what.en}});
      pause(backoff_ms, &stop);
      backoff_ms = std::min(backoff_ms * 2, backoff_most_ms);
      continue;
    }
    backoff_ms = backoff_first_ms;
    if (!*polled) continue;
    const auto& message = (*polled)->message;
    const auto reply = dispatch(handlers, message, *client);
    if (reply) {
      const auto sent = client->send(message.from, reply->kind, message.correlation, reply->body, true);
      if (!sent.ok() && is_transport_error(sent.error())) {
        // Not acknowledged: the message comes again and the handler, which must bear that, runs again.
        forget_file(message);
        pause(backoff_ms, &stop);
        continue;
      }
      if (!sent.ok())
        log_event(LogLevel::error, "wire.reply_failed", {{"kind", reply->kind}, {"where", sent.error().where}});
    }
    if (const auto noted = client->done_with(**polled); !noted.ok()) {
      // Not remembered, so not acknowledged either: it comes again when the record store answers again.
      log_event(LogLevel::error, "wire.not_noted", {{"where", noted.error().where}});
      pause(backoff_ms, &stop);
      continue;
    }
    after = (*polled)->position;
  }
  return {};
}

namespace {

/// An error means that the record store failed: the message stays and is tried again.
Done handle_at_authority(Hub& hub, const Handlers& handlers, const Hub::Waiting& waiting) {
  auto& site = hub.site();
  AuthorityMailbox mailbox(hub);
  const auto message = [&]() -> Result<Message> {
    NARU_ASSIGN(const auto envelope, parse_envelope(waiting.header));
    NARU_ASSIGN(const auto sender, hub.member_named(envelope.envelope.from));
    return open_message(site, envelope, sender, waiting.sealed);
  }();
  if (!message.ok()) {
    log_event(LogLevel::warning, "wire.unacceptable", {{"why", message.error().where}});
    return {};
  }
  NARU_ASSIGN(const auto before, handled_before(site.records(), *message));
  if (!before) {
    const auto reply = dispatch(handlers, *message, mailbox);
    if (reply) {
      const auto sent = mailbox.send(message->from, reply->kind, message->correlation, reply->body, true);
      if (!sent.ok()) {
        log_event(LogLevel::error, "wire.reply_failed", {{"kind", reply->kind}, {"where", sent.error().where}});
      }
    }
    NARU_CHECK(remember_handled(site.records(), *message));
  }
  forget_file(*message);
  return {};
}

}  // namespace

Done run_authority(Hub& hub, const Handlers& handlers, const std::atomic<bool>& stop) {
  const auto name = Hub::mailbox_of(hub.site().description().name);
  const Doorbell::Watch watch(hub.doorbell().folder());
  std::int64_t after = 0;
  while (!stop.load()) {
    const auto step = [&]() -> Done {
      NARU_ASSIGN(const auto waiting, hub.next(name, after));
      if (!waiting) {
        (void)watch.wait(200);
        return {};
      }
      NARU_CHECK(handle_at_authority(hub, handlers, *waiting));
      after = waiting->position;
      return {};
    }();
    if (step.ok()) continue;
    log_event(LogLevel::error, "wire.mailbox_failed", {{"where", step.error().where}, {"what", step.error().what.en}});
    pause(backoff_most_ms, &stop);
  }
  return {};
}

}  // namespace naru::network
