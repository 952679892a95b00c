#include "base/files.h"
#include "network/accounts.h"
#include "network/certificates.h"
#include "network/hub.h"
#include "network/mailbox_files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

using namespace naru;
using namespace naru::network;

namespace {

struct Sites {
  ScratchFolder scratch{"wire"};
  FixedClock clock{1'800'000'000'000};
  SystemRandom random;
  std::unique_ptr<Site> authority = make("authority", "authority");
  std::unique_ptr<Site> a = make("hospital-a", "hospital");
  std::unique_ptr<Site> b = make("hospital-b", "hospital");
  std::unique_ptr<Hub> hub;

  Sites() {
    for (const auto* site : {a.get(), b.get()}) REQUIRE(put_member(authority->records(), member(*site)).ok());
    hub = std::move(Hub::open(*authority).value());
  }
  std::unique_ptr<Site> make(const std::string& name, const std::string& role) {
    const auto root = scratch.path() / name;
    REQUIRE(init_site(model::SiteLayout(root), name, role, clock, random).ok());
    return std::move(Site::open(root, clock, random).value());
  }
  static Member member(const Site& site) {
    const auto& about = site.description();
    return {about.name, about.role, about.signing_key, about.sealing_key, sha256(about.name), 0};
  }
  ReadyMessage ready(const std::string& text) {
    return make_ready(*a, member(*b), "ask", "c1", {text, std::nullopt}, false, hub->incoming()).value();
  }
};

std::string where_of(const Done& done) { return done.ok() ? "accepted" : done.error().where; }

}  // namespace

TEST_CASE("a new site has closed folders, keys, a log entry and cannot be made twice") {
  Sites sites;
  const auto& layout = sites.a->layout();
  struct stat about {};
  REQUIRE(::stat(layout.root().c_str(), &about) == 0);
  CHECK((about.st_mode & 077) == 0);
  REQUIRE(::stat(layout.keys().c_str(), &about) == 0);
  CHECK((about.st_mode & 077) == 0);
  CHECK(sites.a->log().read(0, 1).value()[0].event.name == "site.made");
  CHECK(init_site(layout, "hospital-a", "hospital", sites.clock, sites.random).error().kind == ErrorKind::conflict);
  const model::SiteLayout fresh(sites.scratch.path() / "x");
  CHECK(init_site(fresh, "../x", "hospital", sites.clock, sites.random).error().kind == ErrorKind::usage);
  CHECK(init_site(fresh, "x", "clinic", sites.clock, sites.random).error().where == "--role");
  CHECK(Site::open(fresh.root(), sites.clock, sites.random).error().kind == ErrorKind::not_found);
}

TEST_CASE("an envelope keeps every field and any change of it breaks its signature") {
  Sites sites;
  Envelope envelope{"hospital-a", "hospital-b", "ask",         "c1", true,       BodyForm::file, 7,
                    1000,         2000,         wire_protocol, 99,   sha256("x")};
  const auto header = sign_envelope(envelope, sites.a->keys().signing_key());
  const auto read = parse_envelope(header);
  REQUIRE(read.ok());
  CHECK(canonical(read->envelope) == canonical(envelope));
  const auto key = sites.a->description().signing_key;
  CHECK(check_envelope(*read, key, 1500).ok());
  CHECK(where_of(check_envelope(*read, key, 2001)) == "wire.expired");
  CHECK(where_of(check_envelope(*read, key, 1000 - wire_clock_skew_ms - 1)) == "wire.expired");
  CHECK(where_of(check_envelope(*read, sites.b->description().signing_key, 1500)) == "wire.altered");
  for (std::size_t at = 0; at < header.size(); at += 7) {
    auto changed = header;
    changed[at] = changed[at] == '0' ? '1' : '0';
    const auto parsed = parse_envelope(changed);
    if (parsed.ok()) CHECK_FALSE(check_envelope(*parsed, key, 1500).ok());
  }
  auto impossible = envelope;
  impossible.sent_ms = INT64_MIN;
  impossible.expires_ms = INT64_MAX;
  CHECK(parse_envelope(sign_envelope(impossible, sites.a->keys().signing_key())).error().where == "wire.malformed");
  // The same envelope written with another spacing is another text: refused, not understood.
  const auto spaced = " " + canonical(envelope);
  const auto forged = to_base64(as_bytes(spaced)) + header.substr(header.find('.'));
  CHECK(parse_envelope(forged).error().where == "wire.malformed");
}

TEST_CASE("bodies of every size around the chunk come back, and a touched one does not") {
  Sites sites;
  const auto sealed = sites.scratch.path() / "sealed.bin";
  SeededRandom content(1);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, (std::size_t{1} << 20) - 1, std::size_t{1} << 20, (std::size_t{2} << 20) + 5}) {
    Envelope envelope;
    const auto bytes = content.bytes(size);
    REQUIRE(seal_body(as_text(bytes), sites.b->description().sealing_key, sites.random, sealed, envelope).ok());
    CHECK(*open_body(sealed, envelope, sites.b->keys()) == as_text(bytes));
    CHECK_FALSE(open_body(sealed, envelope, sites.a->keys()).ok());
    auto text = *read_file(sealed);
    text[text.size() / 2] ^= 1;
    std::ofstream(sealed, std::ios::binary) << text;
    CHECK_FALSE(open_body(sealed, envelope, sites.b->keys()).ok());
    text[text.size() / 2] ^= 1;
    text.resize(text.size() - 1);
    std::ofstream(sealed, std::ios::binary) << text;
    CHECK_FALSE(open_body(sealed, envelope, sites.b->keys()).ok());
  }
}

TEST_CASE("the hub takes a message once, unaltered, from its own sender, for a member") {
  Sites sites;
  const auto from_a = Sites::member(*sites.a);
  const auto first = sites.ready("one");
  const auto copy = sites.scratch.path() / "copy.bin";
  fs::copy_file(first.sealed, copy);
  const auto again = [&] {
    const auto file = sites.hub->incoming();
    fs::copy_file(copy, file);
    return file;
  };
  CHECK(where_of(sites.hub->accept(Sites::member(*sites.b), first.header, again())) == "wire.unknown_sender");
  const auto touched = again();
  std::ofstream(touched, std::ios::binary | std::ios::app) << "x";
  CHECK(where_of(sites.hub->accept(from_a, first.header, touched)) == "wire.altered");
  CHECK_FALSE(fs::exists(touched));
  CHECK(where_of(sites.hub->accept(from_a, first.header, first.sealed)) == "accepted");
  CHECK(where_of(sites.hub->accept(from_a, first.header, again())) == "wire.replayed");
  const auto second = sites.ready("two");
  const auto third = sites.ready("three");
  CHECK(where_of(sites.hub->accept(from_a, third.header, third.sealed)) == "accepted");
  CHECK(where_of(sites.hub->accept(from_a, second.header, second.sealed)) == "wire.replayed");
  sites.clock.advance_ms(wire_expiry_ms + 1);
  CHECK(where_of(sites.hub->accept(from_a, first.header, again())) == "wire.expired");
  auto stranger = Sites::member(*sites.b);
  stranger.name = "nobody";
  const auto lost =
      make_ready(*sites.a, stranger, "ask", "c1", {"x", std::nullopt}, false, sites.hub->incoming()).value();
  CHECK(sites.hub->accept(from_a, lost.header, lost.sealed).error().kind == ErrorKind::not_found);
}

TEST_CASE("mailboxes keep order, give a message again until it is acknowledged, and survive reopening") {
  Sites sites;
  const auto from_a = Sites::member(*sites.a);
  for (const std::string text : {"one", "two", "three"}) {
    const auto ready = sites.ready(text);
    REQUIRE(sites.hub->accept(from_a, ready.header, ready.sealed).ok());
  }
  const auto mailbox = Hub::mailbox_of("hospital-b");
  const auto read = [&](std::int64_t after) {
    const auto waiting = sites.hub->next(mailbox, after).value();
    REQUIRE(waiting.has_value());
    const auto envelope = parse_envelope(waiting->header).value();
    return std::make_pair(waiting->position, open_message(*sites.b, envelope, from_a, waiting->sealed)->body);
  };
  CHECK(read(0).second == "one");
  CHECK(read(0).second == "one");
  const auto after = read(0).first;
  CHECK(read(after).second == "two");
  sites.hub = std::move(Hub::open(*sites.authority).value());
  CHECK(read(0).second == "two");
  const auto last = read(read(0).first);
  CHECK(last.second == "three");
  CHECK_FALSE(sites.hub->next(mailbox, last.first)->has_value());
  CHECK(list_files(sites.authority->layout().spool() / "mail", true)->empty());
}

TEST_CASE(
    "a hub that crashed between queue and number delivers the repeated message and is not stuck behind its twin") {
  Sites sites;
  const auto from_a = Sites::member(*sites.a);
  const auto ready = sites.ready("one");
  const auto copy = sites.hub->incoming();
  fs::copy_file(ready.sealed, copy);
  REQUIRE(sites.hub->accept(from_a, ready.header, ready.sealed).ok());
  REQUIRE(sites.authority->records().erase("wire.last", "hospital-a").ok());  // the number was never written
  REQUIRE(sites.hub->accept(from_a, ready.header, copy).ok());
  const auto last = sites.ready("two");
  REQUIRE(sites.hub->accept(from_a, last.header, last.sealed).ok());
  const auto mailbox = Hub::mailbox_of("hospital-b");
  const auto first = sites.hub->next(mailbox, 0).value();
  const auto second = sites.hub->next(mailbox, first->position).value();
  REQUIRE(second.has_value());
  const auto envelope = parse_envelope(second->header).value();
  CHECK(open_message(*sites.b, envelope, from_a, second->sealed)->body == "two");
  CHECK_FALSE(sites.hub->next(mailbox, second->position)->has_value());
}

TEST_CASE("a site made anew under its old name is heard again") {
  Sites sites;
  const auto before = sites.ready("one");
  REQUIRE(sites.hub->accept(Sites::member(*sites.a), before.header, before.sealed).ok());
  sites.a.reset();
  fs::remove_all(sites.scratch.path() / "hospital-a");
  sites.clock.advance_ms(1000);
  sites.a = sites.make("hospital-a", "hospital");
  const auto after = sites.ready("two");
  CHECK(where_of(sites.hub->accept(Sites::member(*sites.a), after.header, after.sealed)) == "accepted");
}

TEST_CASE("a message for another site is not opened by the one that got hold of it") {
  Sites sites;
  const auto ready = sites.ready("one");
  const auto envelope = parse_envelope(ready.header).value();
  CHECK(open_message(*sites.authority, envelope, Sites::member(*sites.a), ready.sealed).error().where ==
        "wire.wrong_recipient");
  CHECK(open_message(*sites.b, envelope, Sites::member(*sites.b), ready.sealed).error().where == "wire.altered");
}

TEST_CASE("a doorbell wakes its watcher at once, also for a mailbox that is new") {
  ScratchFolder scratch("bell");
  const Doorbell bell(scratch.path() / "bell");
  const Doorbell::Watch watch(bell.folder());
  CHECK(watch.wait(10).empty());
  std::thread ringer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    bell.ring("mail.x");
  });
  const auto began = steady_seconds();
  CHECK(watch.wait(5000) == std::vector<std::string>{"mail.x"});
  CHECK(steady_seconds() - began < 1);
  ringer.join();
}

TEST_CASE("the directory of members is the authority's word and nobody else's") {
  Sites sites;
  const auto directory = signed_directory(sites.authority->records(), sites.authority->keys().signing_key(), 5).value();
  CHECK(verify_directory(directory, sites.authority->description().signing_key)->size() == 3);
  CHECK_FALSE(verify_directory(directory, sites.a->description().signing_key).ok());
  auto changed = directory;
  changed.replace(changed.find("hospital-a"), 10, "hospital-x");
  CHECK_FALSE(verify_directory(changed, sites.authority->description().signing_key).ok());
}

TEST_CASE("a certificate request must be signed by its own key") {
  FixedClock clock(1'800'000'000'000);
  const auto ca = make_ca("test", clock.now_ms()).value();
  const auto request = make_certificate_request("hospital-a").value();
  const auto certificate = sign_certificate_request(ca, request.request, "hospital-a", clock.now_ms());
  REQUIRE(certificate.ok());
  CHECK(certificate_digest(*certificate).ok());
  CHECK_FALSE(sign_certificate_request(ca, "nonsense", "x", clock.now_ms()).ok());
  CHECK_FALSE(sign_certificate_request(ca, ca.certificate, "x", clock.now_ms()).ok());
}

TEST_CASE("errors cross the wire in both languages") {
  const auto error = refused(say("no", "안 됨"), "clause 3", say("ask", "문의"));
  const auto back = error_from_body(error_body(error), "hospital-a");
  CHECK(back.kind == ErrorKind::refused);
  CHECK(back.what == error.what);
  CHECK(back.hint == error.hint);
  CHECK(back.where == "clause 3");
  CHECK(error_from_body("<html>", "hospital-a").kind == ErrorKind::internal);
  CHECK(error_from_body("{\"error\":7}", "hospital-a").kind == ErrorKind::internal);
}

TEST_CASE("an account is found with its password only") {
  Sites sites;
  auto& records = sites.authority->records();
  REQUIRE(put_account(records, {"kim", say("Kim", "김"), {"board"}, "", "correct horse battery"}).ok());
  CHECK(account_with(records, "kim", "correct horse battery")->has_value());
  CHECK_FALSE(account_with(records, "kim", "correct horse")->has_value());
  CHECK_FALSE(account_with(records, "lee", "correct horse battery")->has_value());
  CHECK(records.get("accounts", "kim").value()->find("horse") == std::string::npos);
}
