#include "network/hub.h"

#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "network/mailbox_files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace naru::network {
namespace {

constexpr std::int64_t members_fresh_ms = 1000;
constexpr std::size_t drop_batch = 256;
constexpr std::string_view last_numbers = "wire.last";  // documents by sender

std::string reply_mailbox(std::string_view correlation, std::string_view from) {
  return "reply." + std::string(correlation) + "." + std::string(from);
}

Error no_site(std::string_view name) {
  return not_found(say("there is no member \"{}\"", "구성원이 없습니다: \"{}\"", name), std::string(name),
                   say("see the names with: naru authority members", "이름 확인: naru authority members"));
}

}  // namespace

Doorbell::Doorbell(fs::path folder) : folder_(std::move(folder)) {
  std::error_code code;
  fs::create_directories(folder_, code);
}

void Doorbell::ring(std::string_view mailbox) const {
  const auto file = folder_ / mailbox;
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);  // closing is what watchers see
  ::unlink(file.c_str());
}

Doorbell::Watch::Watch(const fs::path& folder) : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (descriptor_ >= 0) ::inotify_add_watch(descriptor_, folder.c_str(), IN_CLOSE_WRITE);
}
Doorbell::Watch::~Watch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::vector<std::string> Doorbell::Watch::wait(std::int64_t timeout_ms) const {
  std::vector<std::string> rang;
  pollfd waiting{descriptor_, POLLIN, 0};
  const auto bounded = std::clamp<std::int64_t>(timeout_ms, 0, 60'000);
  if (::poll(&waiting, 1, static_cast<int>(bounded)) <= 0) return rang;
  alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
  for (;;) {
    const auto length = ::read(descriptor_, buffer.data(), buffer.size());
    if (length <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(length);) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      // An overflow lost names: an empty one stands for every mailbox.
      if (event->len > 0 || (event->mask & IN_Q_OVERFLOW) != 0) rang.emplace_back(event->len > 0 ? event->name : "");
      at += sizeof(inotify_event) + event->len;
    }
  }
  return rang;
}

struct Hub::State {
  explicit State(Site& its_site) : site(its_site), doorbell(its_site.layout().spool() / "doorbell") {}
  Site& site;
  HubOptions options;
  Doorbell doorbell;
  std::mutex mutex;
  std::vector<Member> members;
  std::optional<std::int64_t> members_at_ms;

  [[nodiscard]] fs::path spool(std::string_view mailbox) const { return site.layout().spool() / "mail" / mailbox; }

  /// The first member that fits; read again when nobody does or the list is no longer fresh.
  template <typename Fits>
  Result<std::optional<Member>> find(Fits fits) {
    const std::lock_guard lock(mutex);
    const auto now = site.clock().now_ms();
    for (bool again : {false, true}) {
      if (again || !members_at_ms || now < *members_at_ms || now - *members_at_ms > members_fresh_ms) {
        NARU_ASSIGN(members, members_of(site.records()));
        members_at_ms = now;
      }
      const auto found = std::find_if(members.begin(), members.end(), fits);
      if (found != members.end()) return std::optional<Member>(*found);
    }
    return std::optional<Member>();
  }

  [[nodiscard]] Done keep_copy(std::string_view header, const fs::path& sealed, const Envelope& envelope) const {
    std::error_code code;
    if (options.capture.empty() || !fs::is_directory(options.capture, code)) return {};
    const auto stem = fmt::format("{}-{:015}-{}", envelope.from, envelope.number, envelope.to);
    NARU_CHECK(write_file_atomic(options.capture / (stem + ".envelope"), header, 0600));
    fs::copy_file(sealed, options.capture / (stem + ".sealed"), fs::copy_options::overwrite_existing, code);
    if (code)
      return internal_error(say("cannot keep a copy of a message", "메시지 사본을 보관할 수 없습니다"),
                            options.capture.string());
    return {};
  }

  /// Into the mailbox, all durable when it returns. REQUIRES: checked; the hub's lock is held.
  Done deliver(std::string_view header, const fs::path& sealed, const Envelope& envelope) {
    const bool to_self = envelope.to == site.description().name;
    const auto mailbox =
        to_self && envelope.reply ? reply_mailbox(envelope.correlation, envelope.from) : Hub::mailbox_of(envelope.to);
    const auto folder = spool(mailbox);
    NARU_CHECK(make_folder(folder, 0700));
    const auto name = fmt::format("{}-{:015}.bin", envelope.from, envelope.number);
    if (::rename(sealed.c_str(), (folder / name).c_str()) != 0) {
      return internal_error(say("cannot keep the message", "메시지를 보관할 수 없습니다"), folder.string());
    }
    // Writing the header beside it also syncs the folder, and with it the rename.
    NARU_CHECK(write_file_atomic(folder / (name + ".head"), header, 0600));
    const Json document = {{"header", header}, {"sealed", name}};
    NARU_CHECK(site.records().enqueue(mailbox, naru::canonical(document)));
    NARU_CHECK(site.records().put(last_numbers, envelope.from, std::to_string(envelope.number)));
    doorbell.ring(mailbox);
    return {};
  }

  Result<Hub::Waiting> waiting_of(std::string_view mailbox, const engine::Queued& queued) const {
    NARU_ASSIGN(const auto json, parse_json(queued.payload, "mailbox"));
    NARU_ASSIGN(const auto reader, Reader::of(json, "mailbox"));
    Hub::Waiting out;
    out.position = queued.number;
    NARU_ASSIGN(out.header, reader.text("header"));
    NARU_ASSIGN(const auto sealed, reader.text("sealed"));
    out.sealed = spool(mailbox) / sealed;
    return out;
  }

  Done drop(std::string_view mailbox, std::int64_t through) {
    for (;;) {
      NARU_ASSIGN(const auto old, site.records().peek(mailbox, 0, drop_batch));
      std::int64_t last = 0;
      for (const auto& queued : old) {
        if (queued.number > through) break;
        NARU_ASSIGN(const auto waiting, waiting_of(mailbox, queued));
        std::error_code code;
        fs::remove(waiting.sealed, code);
        fs::remove(waiting.sealed.string() + ".head", code);
        last = queued.number;
      }
      if (last == 0) return {};
      NARU_CHECK(site.records().drop_through(mailbox, last));
    }
  }
};

Hub::Hub(std::unique_ptr<State> state) : state_(std::move(state)) {}
Hub::~Hub() = default;

Result<std::unique_ptr<Hub>> Hub::open(Site& site, const HubOptions& options) {
  if (site.description().role != "authority") {
    return usage_error(say("only an authority keeps mailboxes; this site is a {}",
                           "우편함은 기관(authority)만 둡니다. 이 사이트는 {}입니다", site.description().role),
                       site.layout().root().string());
  }
  auto state = std::make_unique<State>(site);
  state->options = options;
  NARU_CHECK(make_folder(state->doorbell.folder(), 0700));
  NARU_CHECK(make_folder(site.layout().spool() / "mail", 0700));
  NARU_CHECK(spool_folder(site, "incoming"));
  NARU_CHECK(spool_folder(site, "out"));
  // The serving process says where copies go; commands on the same folder follow it, so that no message is missed.
  const auto told = site.layout().spool() / "capture.path";
  if (!options.capture.empty()) {
    NARU_CHECK(make_folder(options.capture, 0700));
    NARU_CHECK(write_file_atomic(told, fs::absolute(options.capture).string(), 0600));
  } else if (const auto path = read_file(told, 4096); path.ok()) {
    state->options.capture = *path;
  }
  return std::unique_ptr<Hub>(new Hub(std::move(state)));
}

std::string Hub::mailbox_of(std::string_view member) { return "mail." + std::string(member); }
const Doorbell& Hub::doorbell() const { return state_->doorbell; }
Site& Hub::site() { return state_->site; }

fs::path Hub::incoming() const { return spool_file(state_->site, state_->site.layout().spool() / "incoming"); }

Result<Member> Hub::member_with(const Digest& certificate) {
  NARU_ASSIGN(const auto member, state_->find([&](const Member& one) { return one.certificate == certificate; }));
  if (member && member->role != "authority") return *member;
  return wire_error(WireRefusal::unknown_sender, "client certificate");
}

Result<Member> Hub::member_named(std::string_view name) {
  NARU_ASSIGN(const auto member, state_->find([&](const Member& one) { return one.name == name; }));
  if (member) return *member;
  return no_site(name);
}

Done Hub::accept(const Member& sender, std::string_view header, const fs::path& sealed) {
  const auto checked = [&]() -> Done {
    NARU_ASSIGN(const auto envelope, parse_envelope(header));
    const auto& head = envelope.envelope;
    if (head.from != sender.name) return wire_error(WireRefusal::unknown_sender, head.from);
    NARU_CHECK(check_envelope(envelope, sender.signing_key, state_->site.clock().now_ms()));
    NARU_CHECK(member_named(head.to));
    std::error_code code;
    if (fs::file_size(sealed, code) != head.sealed_bytes || code) return wire_error(WireRefusal::altered, head.from);
    NARU_ASSIGN(const auto digest, sha256_file(sealed));
    if (digest != head.sealed_digest) return wire_error(WireRefusal::altered, head.from);
    const WaitingLock lock(state_->site.layout().spool() / "hub.lock");
    if (!lock.held()) return internal_error(say("cannot lock the mailboxes", "우편함을 잠글 수 없습니다"), "spool");
    NARU_ASSIGN(const auto last, state_->site.records().get(last_numbers, head.from));
    if (last && head.number <= std::stoll(*last)) return wire_error(WireRefusal::replayed, head.from);
    NARU_CHECK(state_->keep_copy(header, sealed, head));
    return state_->deliver(header, sealed, head);
  }();
  if (!checked.ok()) {
    std::error_code code;
    fs::remove(sealed, code);
    log_event(LogLevel::warning, "wire.refused", {{"from", sender.name}, {"why", checked.error().where}});
  }
  return checked;
}

Result<std::optional<Hub::Waiting>> Hub::next(std::string_view mailbox, std::int64_t after) {
  if (after > 0) NARU_CHECK(state_->drop(mailbox, after));
  return peek(mailbox, after);
}

Result<std::optional<Hub::Waiting>> Hub::peek(std::string_view mailbox, std::int64_t after) {
  for (;;) {
    NARU_ASSIGN(const auto queued, state_->site.records().peek(mailbox, after, 1));
    if (queued.empty()) return std::optional<Waiting>();
    NARU_ASSIGN(auto waiting, state_->waiting_of(mailbox, queued.front()));
    std::error_code code;
    if (fs::exists(waiting.sealed, code)) return std::optional<Waiting>(std::move(waiting));
    // A crash between queue and number lets a sender repeat itself: the second entry names the first one's file, which
    // goes when the first is acknowledged.
    log_event(LogLevel::warning, "wire.entry_without_file", {{"mailbox", std::string(mailbox)}});
    after = waiting.position;
  }
}

Result<std::string> AuthorityMailbox::send(const std::string& to, const std::string& kind,
                                           const std::string& correlation, const Body& body, bool reply) {
  auto& site = hub_.site();
  NARU_ASSIGN(const auto recipient, hub_.member_named(to));
  NARU_ASSIGN(const auto self, hub_.member_named(site.description().name));
  const auto tie = correlation.empty() ? new_correlation(site.random()) : correlation;
  const WaitingLock lock(site.layout().spool() / "send.lock");
  if (!lock.held()) return internal_error(say("cannot lock the outbox", "보낸 편지함을 잠글 수 없습니다"), "spool");
  NARU_ASSIGN(const auto folder, spool_folder(site, "out"));
  NARU_ASSIGN(const auto ready, make_ready(site, recipient, kind, tie, body, reply, spool_file(site, folder)));
  NARU_CHECK(hub_.accept(self, ready.header, ready.sealed));
  return tie;
}

namespace {

/// The message at the head of a reply mailbox, consumed.
Result<std::optional<Message>> take(Hub& hub, const std::string& mailbox) {
  NARU_ASSIGN(const auto waiting, hub.peek(mailbox, 0));
  if (!waiting) return std::optional<Message>();
  const auto opened = [&]() -> Result<Message> {
    NARU_ASSIGN(const auto envelope, parse_envelope(waiting->header));
    NARU_ASSIGN(const auto sender, hub.member_named(envelope.envelope.from));
    return open_message(hub.site(), envelope, sender, waiting->sealed);
  }();
  NARU_CHECK(hub.next(mailbox, waiting->position));
  if (!opened.ok()) return opened.error();
  if (opened->kind == "error") return error_from_body(opened->body, opened->from);
  return std::optional<Message>(*opened);
}

Result<Message> wait_for(Hub& hub, const std::vector<std::string>& mailboxes, std::int64_t timeout_ms,
                         const std::string& whom) {
  const Doorbell::Watch watch(hub.doorbell().folder());
  const auto until = steady_seconds() + static_cast<double>(timeout_ms) / 1000;
  for (;;) {
    for (const auto& mailbox : mailboxes) {
      NARU_ASSIGN(auto message, take(hub, mailbox));
      if (message) return *std::move(message);
    }
    const auto left_ms = static_cast<std::int64_t>((until - steady_seconds()) * 1000);
    if (left_ms <= 0) {
      return conflict(
          say("{} did not answer within {} s", "{}이(가) {}초 안에 응답하지 않았습니다", whom, timeout_ms / 1000), whom,
          say("check that the site is running: naru serve --site DIR",
              "사이트가 실행 중인지 확인하세요: naru serve --site DIR"));
    }
    // A second at most: a ring may be lost when the kernel's queue overflows.
    (void)watch.wait(std::min<std::int64_t>(left_ms, 1000));
  }
}

}  // namespace

Result<Message> AuthorityMailbox::wait(const std::string& correlation, std::int64_t timeout_ms) {
  NARU_ASSIGN(const auto members, members_of(hub_.site().records()));
  std::vector<std::string> mailboxes;
  for (const auto& member : members) mailboxes.push_back(reply_mailbox(correlation, member.name));
  return wait_for(hub_, mailboxes, timeout_ms, "sites");
}

Result<Message> AuthorityMailbox::wait_from(const std::string& correlation, const std::string& from,
                                            std::int64_t timeout_ms) {
  return wait_for(hub_, {reply_mailbox(correlation, from)}, timeout_ms, from);
}

Result<Message> AuthorityMailbox::ask(const std::string& to, const std::string& kind, const Body& body,
                                      std::int64_t timeout_ms) {
  NARU_ASSIGN(const auto correlation, send(to, kind, "", body));
  return wait_from(correlation, to, timeout_ms);
}

void AuthorityMailbox::discard(const Message& message) {
  std::error_code code;
  if (message.file) fs::remove(*message.file, code);
}

}  // namespace naru::network
