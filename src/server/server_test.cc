#include "base/files.h"
#include "base/json.h"
#include "base/testing/support.h"
#include "network/certificates.h"
#include "network/enrol.h"
#include "network/http_call.h"
#include "network/mailbox_files.h"
#include "server/listener.h"
#include "server/portal.h"
#include "server/serve.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

using namespace naru;
using namespace naru::server;
using network::Message;
using network::Site;

namespace {

/// An authority that listens on loopback in this process.
struct Authority {
  ScratchFolder scratch{"server"};
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<Site> site;
  std::atomic<bool> stop{false};
  std::atomic<int> wire_port{0};
  std::atomic<int> portal_port{0};
  std::thread thread;
  std::optional<Error> failed;

  explicit Authority(network::Handlers handlers = {}) {
    const auto root = scratch.path() / "authority";
    REQUIRE(network::init_site(model::SiteLayout(root), "authority", "authority", clock, random).ok());
    site = std::move(Site::open(root, clock, random).value());
    const auto dist = scratch.path() / "share" / "web" / "dist" / "assets";
    fs::create_directories(dist);
    std::ofstream(dist / "app.js") << "console.log(1)";
    std::ofstream(dist.parent_path() / "index.html") << "<!doctype html>";
    std::ofstream(scratch.path() / "share" / "secret.txt") << "outside";
    ServeOptions options;
    options.share = scratch.path() / "share";
    options.capture = scratch.path() / "capture";
    options.handlers = std::move(handlers);
    options.listening = [this](std::uint16_t wire, std::uint16_t portal) {
      portal_port = portal;
      wire_port = wire;
    };
    thread = std::thread([this, options] {
      auto done = serve(*site, options, stop);
      if (!done.ok()) failed = done.error();
      if (!done.ok()) wire_port = -1;
    });
    while (wire_port.load() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    REQUIRE_FALSE(failed.has_value());
  }
  ~Authority() {
    stop = true;
    thread.join();
  }
  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(wire_port.load()); }
  [[nodiscard]] std::unique_ptr<Site> member(const std::string& name, const std::string& role) {
    const auto root = scratch.path() / name;
    REQUIRE(network::init_site(model::SiteLayout(root), name, role, clock, random).ok());
    auto fresh = std::move(Site::open(root, clock, random).value());
    const auto code = network::issue_code(*site, name, role, 10);
    REQUIRE(code.ok());
    const auto enrolled = network::enrol(*fresh, url(), *code);
    if (!enrolled.ok()) FAIL(enrolled.error().what.en << " " << enrolled.error().where);
    return std::move(Site::open(root, clock, random).value());
  }
  [[nodiscard]] network::TlsTrust trust(const Site& of) const {
    const auto keys = of.layout().keys();
    return {site->description().authority_pin, keys / "ca.crt", keys / "tls.crt", keys / "tls.key"};
  }
};

network::HttpAnswer call(network::HttpClient& http, const std::string& url, const std::string& method = "GET",
                         const std::string& body = {}, std::map<std::string, std::string> headers = {}) {
  network::HttpCall request;
  request.method = method;
  request.url = url;
  request.body = body;
  request.headers = std::move(headers);
  auto answer = http.perform(request);
  if (!answer.ok()) FAIL(answer.error().what.en << " " << answer.error().where);
  return *std::move(answer);
}

int connect_to(int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor);
    return -1;
  }
  return descriptor;
}

/// Plain HTTP to the portal: what curl is not asked to do here (it only speaks HTTPS).
struct Page {
  int status = 0;
  std::string head;
  std::string body;
};
Page portal(const Authority& authority, const std::string& method, const std::string& path,
            const std::string& body = {}, const std::string& headers = {}) {
  const int descriptor = connect_to(authority.portal_port.load());
  REQUIRE(descriptor >= 0);
  std::string request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers;
  if (!body.empty())
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n" + body;
  REQUIRE(::write(descriptor, request.data(), request.size()) == static_cast<ssize_t>(request.size()));
  std::string all;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(descriptor, buffer.data(), buffer.size())) > 0;)
    all.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(descriptor);
  Page out;
  const auto split = all.find("\r\n\r\n");
  if (split == std::string::npos) return out;
  out.head = all.substr(0, split);
  out.body = all.substr(split + 4);
  out.status = std::stoi(out.head.substr(9, 3));
  return out;
}
std::string header_in(const std::string& head, const std::string& name) {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

bool any_file_contains(const fs::path& folder, const std::string& needle) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && read_file(entry.path())->find(needle) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("two sites exchange a sealed message through a real authority and nobody between them can read it") {
  Authority authority;
  const auto a = authority.member("hospital-a", "hospital");
  const auto b = authority.member("hospital-b", "hospital");
  const auto from_a = std::move(network::WireClient::open(*a).value());
  const auto from_b = std::move(network::WireClient::open(*b).value());
  const std::string secret = "a very secret salt contribution";
  const auto tie = from_a->send("hospital-b", "linkage.salt", "", {secret, std::nullopt});
  REQUIRE(tie.ok());
  CHECK_FALSE(any_file_contains(authority.scratch.path() / "authority", secret));
  CHECK_FALSE(any_file_contains(authority.scratch.path() / "capture", secret));
  CHECK(list_files(authority.scratch.path() / "capture", false)->size() == 2);
  const auto polled = from_b->poll(0, 1000);
  REQUIRE(polled.ok());
  REQUIRE(polled->has_value());
  CHECK((*polled)->message.body == secret);
  CHECK((*polled)->message.from == "hospital-a");
  CHECK((*polled)->message.correlation == *tie);
  REQUIRE(from_b->done_with(**polled).ok());
  // Acknowledged: gone from the mailbox, its file too.
  CHECK_FALSE(from_b->poll((*polled)->position, 0)->has_value());
  CHECK(list_files(authority.scratch.path() / "authority/spool/mail", true)->empty());
  CHECK(from_a->send("nobody", "x", "", {}).error().kind == ErrorKind::not_found);
}

TEST_CASE("a large file travels whole and a handled message is never handled again") {
  Authority authority;
  const auto a = authority.member("hospital-a", "hospital");
  const auto b = authority.member("combiner", "combiner");
  const auto from_a = std::move(network::WireClient::open(*a).value());
  const auto from_b = std::move(network::WireClient::open(*b).value());
  const auto file = authority.scratch.path() / "big.bin";
  SeededRandom content(3);
  const auto bytes = content.bytes((9U << 20) + 17);
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(from_a->send("combiner", "data", "c1", {"", file}).ok());
  auto polled = std::move(from_b->poll(0, 1000).value());
  REQUIRE(polled.has_value());
  REQUIRE(polled->message.file.has_value());
  CHECK(*sha256_file(*polled->message.file) == sha256(bytes));
  // Not acknowledged: it comes again, once handled it is passed over.
  auto again = std::move(from_b->poll(0, 0).value());
  REQUIRE(again.has_value());
  REQUIRE(from_b->done_with(*polled).ok());
  CHECK_FALSE(fs::exists(*polled->message.file));
  CHECK_FALSE(from_b->poll(0, 0)->has_value());
}

TEST_CASE("a replayed, an altered and a borrowed request are refused with different reasons") {
  Authority authority;
  const auto a = authority.member("hospital-a", "hospital");
  const auto b = authority.member("hospital-b", "hospital");
  const auto recipient = std::move(network::members_of(authority.site->records()).value());
  const auto to =
      *std::find_if(recipient.begin(), recipient.end(), [](const auto& one) { return one.name == "hospital-b"; });
  const auto ready =
      network::make_ready(*a, to, "ask", "c1", {"body", std::nullopt}, false, a->layout().spool() / "m.bin").value();
  const auto sealed = *read_file(ready.sealed);
  network::HttpClient as_a(authority.trust(*a));
  network::HttpClient as_b(authority.trust(*b));
  const auto post = [&](network::HttpClient& http, const std::string& header, const std::string& body) {
    const auto answer = call(http, authority.url() + "/wire/v1/messages", "POST", body,
                             {{"X-Naru-Envelope", header}, {"Content-Type", "application/octet-stream"}});
    return answer.status == 200 ? std::string("stored") : network::error_from_body(answer.body, "t").where;
  };
  auto changed_body = sealed;
  changed_body[90] ^= 1;
  CHECK(post(as_a, ready.header, changed_body) == "wire.altered");
  auto envelope = network::parse_envelope(ready.header)->envelope;
  envelope.kind = "tell";
  const auto forged = to_base64(as_bytes(network::canonical(envelope))) + ready.header.substr(ready.header.find('.'));
  CHECK(post(as_a, forged, sealed) == "wire.altered");
  CHECK(post(as_b, ready.header, sealed) == "wire.unknown_sender");
  CHECK(post(as_a, "nonsense", sealed) == "wire.malformed");
  auto old = network::parse_envelope(ready.header)->envelope;
  old.sent_ms -= 3 * network::wire_expiry_ms;
  old.expires_ms -= 3 * network::wire_expiry_ms;
  CHECK(post(as_a, network::sign_envelope(old, a->keys().signing_key()), sealed) == "wire.expired");
  auto future = network::parse_envelope(ready.header)->envelope;
  future.protocol = network::wire_protocol + 1;
  CHECK(post(as_a, network::sign_envelope(future, a->keys().signing_key()), sealed) == "wire.protocol");
  CHECK(post(as_a, ready.header, sealed) == "stored");
  CHECK(post(as_a, ready.header, sealed) == "wire.replayed");
  // The version before this one is still understood.
  auto before = network::parse_envelope(ready.header)->envelope;
  before.number += 1;
  before.protocol = network::wire_protocol - 1;
  CHECK(post(as_a, network::sign_envelope(before, a->keys().signing_key()), sealed) == "stored");
}

TEST_CASE("a client without a certificate, with a foreign one or with one that was not enrolled is refused") {
  Authority authority;
  const auto a = authority.member("hospital-a", "hospital");
  const auto keys = a->layout().keys();
  network::HttpClient bare({authority.site->description().authority_pin, keys / "ca.crt", {}, {}});
  CHECK(call(bare, authority.url() + "/wire/v1/members").status == 403);
  // Same CA, another key: signed by the authority but never enrolled.
  const auto request = network::make_certificate_request("hospital-a").value();
  const network::KeyAndCertificate ca{std::string(as_text(authority.site->keys().get_secret("tls.ca")->bytes())),
                                      *read_file(keys / "ca.crt")};
  const auto stray =
      network::sign_certificate_request(ca, request.request, "hospital-a", authority.clock.now_ms()).value();
  const auto folder = authority.scratch.path();
  REQUIRE(write_file_atomic(folder / "stray.crt", stray, 0600).ok());
  REQUIRE(write_file_atomic(folder / "stray.key", request.key, 0600).ok());
  network::HttpClient unknown(
      {authority.site->description().authority_pin, keys / "ca.crt", folder / "stray.crt", folder / "stray.key"});
  CHECK(call(unknown, authority.url() + "/wire/v1/members").status == 403);
  // Another CA altogether.
  const auto other = network::make_ca("other", authority.clock.now_ms()).value();
  const auto foreign =
      network::sign_certificate_request(other, request.request, "hospital-a", authority.clock.now_ms()).value();
  REQUIRE(write_file_atomic(folder / "foreign.crt", foreign, 0600).ok());
  network::HttpClient stranger(
      {authority.site->description().authority_pin, keys / "ca.crt", folder / "foreign.crt", folder / "stray.key"});
  network::HttpCall asked;
  asked.url = authority.url() + "/wire/v1/members";
  const auto answer = stranger.perform(asked);
  CHECK((!answer.ok() || answer->status == 403));
  // And a server whose key is not the pinned one is not talked to.
  network::HttpClient careful(
      {network::pin_text(sha256("another key")), keys / "ca.crt", keys / "tls.crt", keys / "tls.key"});
  CHECK(careful.perform(asked).error().kind == ErrorKind::refused);
  network::HttpClient good(authority.trust(*a));
  CHECK(call(good, authority.url() + "/wire/v1/members").status == 200);
}

TEST_CASE("an enrolment code works once, for its name and role, and not after its time") {
  Authority authority;
  const auto root = authority.scratch.path() / "hospital-c";
  REQUIRE(
      network::init_site(model::SiteLayout(root), "hospital-c", "hospital", authority.clock, authority.random).ok());
  auto site = std::move(Site::open(root, authority.clock, authority.random).value());
  const auto wrong = network::issue_code(*authority.site, "hospital-d", "hospital", 10).value();
  CHECK(network::enrol(*site, authority.url(), wrong).error().where == "enrolment.name");
  const auto late = network::issue_code(*authority.site, "hospital-c", "hospital", -1).value();
  CHECK(network::enrol(*site, authority.url(), late).error().where == "enrolment.code");
  const auto code = network::issue_code(*authority.site, "hospital-c", "hospital", 10).value();
  CHECK_FALSE(any_file_contains(authority.scratch.path() / "authority", code.substr(5, 20)));
  auto altered = code;
  altered[40] = altered[40] == 'A' ? 'B' : 'A';
  CHECK(network::enrol(*site, authority.url(), altered).error().kind == ErrorKind::refused);  // another pin
  CHECK(network::enrol(*site, authority.url(), "naru-abc").error().kind == ErrorKind::usage);
  REQUIRE(network::enrol(*site, authority.url(), code).ok());
  CHECK(network::enrol(*site, authority.url(), code).error().where == "enrolment.code");
  CHECK(network::issue_code(*authority.site, "x", "authority", 10).error().kind == ErrorKind::usage);
}

TEST_CASE("the authority asks a running site and gets its answer, its error, or its silence") {
  Authority authority;
  const auto a = authority.member("hospital-a", "hospital");
  network::Handlers handlers;
  handlers["count"] = [](const Message& message, network::Sender&) -> Result<std::optional<network::Reply>> {
    return std::optional(network::Reply{"count.answer", {"counted " + message.body, std::nullopt}});
  };
  handlers["fail"] = [](const Message&, network::Sender&) -> Result<std::optional<network::Reply>> {
    return refused(say("no right", "권한 없음"), "clause 3", say("ask the board", "위원회에 문의"));
  };
  handlers["throw"] = [](const Message&, network::Sender&) -> Result<std::optional<network::Reply>> {
    throw std::runtime_error("oops");
  };
  std::atomic<bool> stop{false};
  std::thread running([&] { CHECK(network::run_site(*a, handlers, stop).ok()); });
  // A command on the authority's folder: its own hub on the same storage.
  auto site = std::move(Site::open(authority.scratch.path() / "authority", authority.clock, authority.random).value());
  auto hub = std::move(network::Hub::open(*site).value());
  network::AuthorityMailbox mailbox(*hub);
  const auto answer = mailbox.ask("hospital-a", "count", {"persons", std::nullopt}, 5000);
  REQUIRE(answer.ok());
  CHECK(answer->body == "counted persons");
  const auto failed = mailbox.ask("hospital-a", "fail", {}, 5000);
  CHECK(failed.error().kind == ErrorKind::refused);
  CHECK(failed.error().what.ko == "권한 없음");
  CHECK(failed.error().where == "clause 3");
  CHECK(mailbox.ask("hospital-a", "throw", {}, 5000).error().kind == ErrorKind::internal);
  CHECK(mailbox.ask("hospital-a", "unheard-of", {}, 5000).error().kind == ErrorKind::not_found);
  CHECK(mailbox.ask("hospital-a", "count", {"again", std::nullopt}, 5000).ok());
  const auto began = steady_seconds();
  for (int i = 0; i < 10; ++i) REQUIRE(mailbox.ask("hospital-a", "count", {"again", std::nullopt}, 5000).ok());
  MESSAGE("a question and its answer: " << (steady_seconds() - began) * 100 << " ms");
  stop = true;
  running.join();
  CHECK(mailbox.ask("hospital-a", "count", {}, 200).error().kind == ErrorKind::conflict);
}

TEST_CASE("members send to the authority and to each other from handlers") {
  std::atomic<int> heard{0};
  network::Handlers at_authority;
  at_authority["tell"] = [&heard](const Message& message,
                                  network::Sender& sender) -> Result<std::optional<network::Reply>> {
    ++heard;
    NARU_CHECK(sender.send("hospital-b", "told", message.correlation, {message.body, std::nullopt}));
    return std::optional<network::Reply>();
  };
  Authority authority(at_authority);
  const auto a = authority.member("hospital-a", "hospital");
  const auto b = authority.member("hospital-b", "hospital");
  const auto from_a = std::move(network::WireClient::open(*a).value());
  const auto from_b = std::move(network::WireClient::open(*b).value());
  REQUIRE(from_a->send("authority", "tell", "c9", {"hello", std::nullopt}).ok());
  const auto polled = from_b->poll(0, 3000);
  REQUIRE(polled.ok());
  REQUIRE(polled->has_value());
  CHECK((*polled)->message.from == "authority");
  CHECK((*polled)->message.body == "hello");
  CHECK(heard == 1);
}

TEST_CASE("a waiting reader is woken within 100 ms and an empty wait ends by itself") {
  Authority authority;
  const auto a = authority.member("hospital-a", "hospital");
  const auto b = authority.member("hospital-b", "hospital");
  const auto from_a = std::move(network::WireClient::open(*a).value());
  const auto from_b = std::move(network::WireClient::open(*b).value());
  REQUIRE(from_a->send("hospital-b", "first", "", {}).ok());
  std::int64_t after = from_b->poll(0, 100).value()->position;
  std::vector<double> delays;
  for (int i = 0; i < 5; ++i) {
    double woken = 0;
    std::thread reader([&] {
      const auto polled = from_b->poll(after, 10'000);
      woken = steady_seconds();
      REQUIRE(polled.ok());
      REQUIRE(polled->has_value());
      after = (*polled)->position;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    REQUIRE(from_a->send("hospital-b", "wake", "", {}).ok());
    const auto sent = steady_seconds();
    reader.join();
    delays.push_back(woken - sent);
  }
  // The middle one: a single slow turn says more about the machine than about the waiting.
  std::sort(delays.begin(), delays.end());
  MESSAGE("middle wake-up after the send returned: " << delays[2] * 1000 << " ms");
  CHECK(delays[2] < 0.1 * test::patience);
  const auto began = steady_seconds();
  CHECK_FALSE(from_b->poll(after, 300)->has_value());
  CHECK(steady_seconds() - began >= 0.29);
  CHECK(steady_seconds() - began < 2);
}

TEST_CASE("200 idle connections and 40 waiting readers do not hold up anybody") {
  Authority authority;
  const auto a = authority.member("hospital-a", "hospital");
  std::vector<int> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(connect_to(authority.wire_port.load()));
    idle.push_back(connect_to(authority.portal_port.load()));
    REQUIRE(idle.back() >= 0);
    if (i % 2 == 0) REQUIRE(::write(idle.back(), "GET / HT", 8) == 8);  // and some that never finish a line
  }
  std::vector<std::thread> readers;
  for (int i = 0; i < 40; ++i) {
    readers.emplace_back([&] {
      network::HttpClient http(authority.trust(*a));
      network::HttpCall request;
      request.url = authority.url() + "/wire/v1/messages?wait_ms=5000";
      (void)http.perform(request).ok();
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  network::HttpClient http(authority.trust(*a));
  // The first call pays for a TLS handshake on this machine's processors; the ones after it measure the waiting.
  CHECK(call(http, authority.url() + "/wire/v1/members").status == 200);
  double slowest = 0;
  for (int i = 0; i < 20; ++i) {
    const auto began = steady_seconds();
    CHECK(call(http, authority.url() + "/wire/v1/members").status == 200);
    slowest = std::max(slowest, steady_seconds() - began);
  }
  MESSAGE("slowest of 20 calls beside them: " << slowest * 1000 << " ms");
  CHECK(slowest < 1 * test::patience);
  for (auto& reader : readers) reader.join();
  for (const int descriptor : idle) ::close(descriptor);
}

TEST_CASE("a site that is down gets its mail later and a hub that is down is waited for") {
  Authority authority;
  const auto a = authority.member("hospital-a", "hospital");
  auto about = a->description();
  about.authority_url = "https://127.0.0.1:1";
  REQUIRE(network::write_description(a->layout(), about).ok());
  auto cut_off = std::move(Site::open(a->layout().root(), authority.clock, authority.random).value());
  auto client = std::move(network::WireClient::open(*cut_off).value());
  const auto polled = client->poll(0, 100);
  CHECK(polled.error().kind == ErrorKind::conflict);
  CHECK(network::is_transport_error(polled.error()));
  std::atomic<bool> stop{false};
  std::thread running([&] { CHECK(network::run_site(*cut_off, {}, stop).ok()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  stop = true;
  const auto began = steady_seconds();
  running.join();
  CHECK(steady_seconds() - began < 3);
}

TEST_CASE("a member leaves its checkpoint with the witness, which refuses one that goes back") {
  Authority authority;
  const auto a = authority.member("hospital-a", "hospital");
  network::HttpClient http(authority.trust(*a));
  const auto early = a->log().checkpoint()->note;
  REQUIRE(a->record("test", "{}").ok());
  const auto late = a->log().checkpoint()->note;
  CHECK(call(http, authority.url() + "/wire/v1/witness", "POST", late).status == 200);
  CHECK(call(http, authority.url() + "/wire/v1/witness", "POST", early).status == 403);
  CHECK(call(http, authority.url() + "/wire/v1/witness", "POST", "x").status == 422);
  CHECK(call(http, authority.url() + "/wire/v1/log/checkpoint").body.starts_with("naru/authority\n"));
}

TEST_CASE("signing in opens a session with a strict cookie and mutations need its CSRF value") {
  Authority authority;
  REQUIRE(put_account(authority.site->records(),
                      {"kim", say("Kim", "김"), {"applicant"}, "startup", "correct horse battery"})
              .ok());
  CHECK(put_account(authority.site->records(), {"lee", say("Lee", "이"), {}, "", "short"}).error().kind ==
        ErrorKind::usage);
  CHECK(portal(authority, "GET", "/api/v1/session").body == "{\"account\":null}");
  CHECK(portal(authority, "DELETE", "/api/v1/session").status == 401);
  auto page = portal(authority, "POST", "/api/v1/session", R"({"account":"kim","password":"wrong password"})",
                     "Accept-Language: ko\r\n");
  CHECK(page.status == 403);
  CHECK(page.body.find("비밀번호") != std::string::npos);
  const auto unknown = portal(authority, "POST", "/api/v1/session",
                              R"({"account":"nobody","password":"wrong password"})", "Accept-Language: ko\r\n");
  CHECK(unknown.body == page.body);
  page = portal(authority, "POST", "/api/v1/session", R"({"account":"kim","password":"correct horse battery"})");
  REQUIRE(page.status == 200);
  const auto cookie = header_in(page.head, "Set-Cookie");
  CHECK(cookie.find("HttpOnly") != std::string::npos);
  CHECK(cookie.find("SameSite=Strict") != std::string::npos);
  CHECK_FALSE(any_file_contains(authority.scratch.path() / "authority" / "log", "correct horse"));
  const auto csrf = parse_json(page.body, "t")->at("csrf").get<std::string>();
  const auto sent = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  CHECK(portal(authority, "GET", "/api/v1/session", "", sent).body.find("\"kim\"") != std::string::npos);
  CHECK(portal(authority, "DELETE", "/api/v1/session", "", sent).status == 403);
  CHECK(portal(authority, "DELETE", "/api/v1/session", "", sent + "X-Naru-CSRF: " + csrf + "\r\n").status == 200);
  CHECK(portal(authority, "GET", "/api/v1/session", "", sent).body == "{\"account\":null}");
}

TEST_CASE("failures are limited per account and sessions end idle and absolute") {
  ScratchFolder scratch("sessions");
  FixedClock clock(1'700'000'000'000);
  SystemRandom random;
  auto records = std::move(engine::Records::open(scratch.path() / "r.sqlite", clock).value());
  REQUIRE(put_account(records, {"kim", say("Kim", "김"), {"board"}, "", "correct horse battery"}).ok());
  Sessions sessions(records, clock, random);
  for (int i = 0; i < sign_in_failures_max; ++i) {
    CHECK(sessions.sign_in("kim", "wrong", "10.0.0.1", std::nullopt).error().kind == ErrorKind::refused);
  }
  CHECK(sessions.sign_in("kim", "correct horse battery", "10.0.0.2", std::nullopt).error().where == "session.rate");
  clock.advance_ms(sign_in_window_ms + 1);
  auto session = sessions.sign_in("kim", "correct horse battery", "10.0.0.2", std::nullopt);
  REQUIRE(session.ok());
  CHECK(sessions.find(session->token).has_value());
  CHECK_FALSE(sessions.find(session->token + "x").has_value());
  clock.advance_ms(session_idle_ms + 1);
  CHECK_FALSE(sessions.find(session->token).has_value());
  session = sessions.sign_in("kim", "correct horse battery", "10.0.0.2", std::nullopt);
  for (std::int64_t passed = 0; passed < session_life_ms; passed += session_idle_ms / 2) {
    CHECK(sessions.find(session->token).has_value());
    clock.advance_ms(session_idle_ms / 2);
  }
  CHECK_FALSE(sessions.find(session->token).has_value());
}

TEST_CASE("static files come with a tag and stay inside their folder, and pages get the portal's index") {
  Authority authority;
  auto page = portal(authority, "GET", "/assets/app.js");
  CHECK(page.status == 200);
  CHECK(page.body == "console.log(1)");
  CHECK(header_in(page.head, "X-Content-Type-Options") == "nosniff");
  CHECK(header_in(page.head, "Content-Security-Policy").find("default-src 'self'") != std::string::npos);
  const auto tag = header_in(page.head, "ETag");
  CHECK(portal(authority, "GET", "/assets/app.js", "", "If-None-Match: " + tag + "\r\n").status == 304);
  CHECK(portal(authority, "GET", "/catalogue/x").body == "<!doctype html>");
  for (const std::string path :
       {"/../../secret.txt", "/%2e%2e/%2e%2e/secret.txt", "/..%2f..%2fsecret.txt", "/assets/../../../secret.txt"}) {
    CHECK(portal(authority, "GET", path).body.find("outside") == std::string::npos);
  }
  CHECK(portal(authority, "GET", "/missing.js").status == 404);
  CHECK(portal(authority, "GET", "/api/v1/nothing").status == 404);
  CHECK(portal(authority, "PUT", "/api/v1/session", "{}").status == 405);
  CHECK(portal(authority, "POST", "/api/v1/session", "{\"account\":").status == 422);
  CHECK(portal(authority, "POST", "/api/v1/session", std::string(20'000, 'x')).status == 413);
  CHECK(portal(authority, "GET", "/api/v1/session?x=%zz").status == 400);
  CHECK(portal(authority, "GET", "/wire/v1/members").status == 404);
}

TEST_CASE("the OpenAPI document comes from the table of routes") {
  Authority authority;
  const auto page = portal(authority, "GET", "/api/v1/openapi.json");
  CHECK(page.status == 200);
  const auto json = parse_json(page.body, "t").value();
  CHECK(json.at("openapi") == "3.1.0");
  CHECK(json.at("paths").at("/api/v1/session").contains("post"));
  CHECK(json.at("paths").at("/api/v1/session").at("delete").at("security")[0].contains("csrf"));
}

TEST_CASE("routes match by the most fixed path and decode their parameters") {
  std::vector<Route> routes(3);
  routes[0].method = routes[1].method = "GET";
  routes[2].method = "POST";
  routes[0].path = "/api/v1/log/{index}";
  routes[1].path = "/api/v1/log/checkpoint";
  routes[2].path = "/api/v1/log/{index}";
  CHECK(match_route(routes, "GET", "/api/v1/log/checkpoint").route == &routes[1]);
  const auto match = match_route(routes, "GET", "/api/v1/log/a%2Fb");
  CHECK(match.route == &routes[0]);
  CHECK(match.params.at("index") == "a/b");
  CHECK(match_route(routes, "DELETE", "/api/v1/log/1").path_known);
  CHECK_FALSE(match_route(routes, "GET", "/api/v1/log").path_known);
  CHECK_FALSE(match_route(routes, "GET", "/api/v1/log/").path_known);
  CHECK(parse_query("a=1&b=%ED%95%9C+x&a=2")->at("b") == "한 x");
  CHECK(parse_query("a=1&a=2")->at("a") == "1");
  CHECK_FALSE(parse_query("a=%f").has_value());
  CHECK_FALSE(parse_query("a=%00").has_value());
  CHECK(accepted_language("ko-KR,ko;q=0.9,en;q=0.8") == Language::korean);
  CHECK(accepted_language("fr, en") == Language::english);
  CHECK_FALSE(accepted_language("fr").has_value());
}
