#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "base/process.h"
#include "base/random.h"
#include "base/signature.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <fstream>

using namespace naru;

TEST_CASE("SHA-256 and HMAC give the published answers") {
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Hmac mac(as_bytes("Jefe"));  // RFC 4231, case 2
  CHECK(hex(mac.of("what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(mac.of("what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("HKDF gives RFC 5869's first answer") {
  const Bytes key(22, 0x0b);
  const auto salt = from_hex("000102030405060708090a0b0c", "t");
  const auto info = from_hex("f0f1f2f3f4f5f6f7f8f9", "t");
  CHECK(to_hex(hkdf_sha256(key, as_text(*salt), as_text(*info), 42)) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST_CASE("a signature verifies, and not after one changed byte") {
  const auto key = SigningKey::from_seed(Bytes(32, 7));
  REQUIRE(key.ok());
  const auto signature = key->sign("release r1");
  CHECK(verify(key->public_key(), "release r1", signature));
  CHECK_FALSE(verify(key->public_key(), "release r2", signature));
}

TEST_CASE("dates that do not exist are refused") {
  CHECK(format_date(*parse_date("2024-02-29", "f")) == "2024-02-29");
  CHECK_FALSE(parse_date("2026-02-31", "f").ok());
  CHECK_FALSE(parse_date("2026-2-3", "f").ok());
  CHECK_FALSE(parse_date("20260203--", "f").ok());
  CHECK(parse_date("2023-02-29", "persons.csv:7").error().where == "persons.csv:7");
  CHECK(format_instant(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_instant(-1) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("JSON at the wall refuses duplicate keys and names the line of a fault") {
  CHECK_FALSE(parse_json(R"({"a":1,"a":2})", "f.json").ok());
  const auto bad = parse_json("{\n\"a\": 1,\n}", "f.json");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().where == "f.json:3");
  CHECK_FALSE(parse_json(R"({"a":88e83407})", "f.json").ok());
  CHECK(canonical(*parse_json(R"({"b":0.1,"a":[1,2.50]})", "f")) == R"({"a":[1,2.5],"b":0.1})");
}

TEST_CASE("a reader names an unknown field and the known ones") {
  const auto value = parse_json(R"({"k":5,"klot":1})", "policy");
  const auto reader = Reader::of(*value, "policy");
  const auto done = reader->only({"k", "threshold"});
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().where == "policy.klot");
  CHECK(done.error().hint.en.find("threshold") != std::string::npos);
  CHECK_FALSE(reader->text("k").ok());
  CHECK(*reader->integer("k") == 5);
}

TEST_CASE("YAML reads 010 as text, quoted numbers as text, and refuses duplicate keys") {
  const auto value = parse_yaml("a: 010\nb: \"5\"\nc: 5\nd: [1, 2.5]\n", "p.yaml");
  REQUIRE(value.ok());
  CHECK((*value)["a"] == "010");
  CHECK((*value)["b"] == "5");
  CHECK((*value)["c"] == 5);
  const auto twice = parse_yaml("a: 1\nb: 2\na: 3\n", "p.yaml");
  REQUIRE_FALSE(twice.ok());
  CHECK(twice.error().where == "p.yaml:3");
}

TEST_CASE("a folder is replaced whole, and an interrupted replacement is undone") {
  ScratchFolder scratch("files");
  const auto target = scratch.path() / "lake";
  const auto fresh = scratch.path() / "fresh";
  fs::create_directories(target);
  fs::create_directories(fresh);
  REQUIRE(write_file_atomic(target / "a", "old").ok());
  REQUIRE(write_file_atomic(fresh / "a", "new").ok());
  REQUIRE(replace_folder(fresh, target).ok());
  CHECK(*read_file(target / "a") == "new");
  // Crash after the old one was set aside:
  fs::rename(target, target.string() + ".old");
  REQUIRE(recover_folder(target).ok());
  CHECK(*read_file(target / "a") == "new");
}

TEST_CASE("a place that cannot be written to is the caller's to correct, and is named as the caller wrote it") {
  ScratchFolder scratch("place");
  const auto missing = scratch.path() / "no-such-folder" / "a.csv";
  const auto error = write_file_atomic(missing, "x").error();
  CHECK(error.kind == ErrorKind::rejected);
  CHECK(error.where == missing.string());
  REQUIRE(write_file_atomic(scratch.path() / "file", "x").ok());
  CHECK(make_folder(scratch.path() / "file" / "below").error().kind == ErrorKind::rejected);
  CHECK(make_folder({}).ok());  // of a bare file name: the working folder
}

TEST_CASE("a second lock is refused while the first is held") {
  ScratchFolder scratch("lock");
  auto first = FileLock::acquire(scratch.path() / "l");
  REQUIRE(first.ok());
  CHECK(FileLock::acquire(scratch.path() / "l").error().kind == ErrorKind::conflict);
}

TEST_CASE("a process gets the descriptors it is passed, and its watcher may end it") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const auto told = run_process({"sh", "-c", "echo through >&4"}, {.pass = {ends[0], ends[1]}});
  REQUIRE(told.ok());
  ::close(ends[1]);
  std::array<char, 16> text{};
  CHECK(::read(ends[0], text.data(), text.size()) == 8);
  ::close(ends[0]);
  const auto ended = run_process({"sleep", "60"}, {.watch = [](int, const ProcessOutcome&) { return false; }});
  REQUIRE(ended.ok());
  CHECK(ended->stopped);
  const auto cut = run_process({"sh", "-c", "echo 12345; echo lost >&2"}, {.output_bytes_max = 3, .keep_err = false});
  CHECK(cut->cut);
  CHECK(cut->err.empty());
}

TEST_CASE("a process gets its input, gives its output, and is stopped when it takes too long") {
  const auto echoed = run_process({"cat"}, {.input = std::string(200'000, 'x')});
  REQUIRE(echoed.ok());
  CHECK(echoed->out.size() == 200'000);
  CHECK(run_process({"sleep", "5"}, {.timeout_ms = 100}).error().kind == ErrorKind::conflict);
  CHECK(run_process({"no-such-program"}).error().kind == ErrorKind::not_found);
}

TEST_CASE("seeded randomness repeats and UTF-8 is told from CP949") {
  SeededRandom a(42);
  SeededRandom b(42);
  CHECK(a.next_u64() == b.next_u64());
  CHECK(is_utf8("나루"));
  CHECK_FALSE(is_utf8("\xB3\xAA\xB7\xE7"));
}
