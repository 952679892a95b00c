#include "audit/verify.h"
#include "base/files.h"
#include "keys/key_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

using namespace naru;
using namespace naru::keys;

namespace {
struct Fixture {
  ScratchFolder scratch{"keys"};
  FixedClock clock{1'700'000'000'000};
  SystemRandom random;
  fs::path folder = scratch.path() / "keys";
  KeyStore make() { return std::move(KeyStore::create(folder, random).value()); }
};
Bytes raw(const Secret& secret) { return {secret.bytes().begin(), secret.bytes().end()}; }
}  // namespace

TEST_CASE("keys differ by purpose and context and are the same after reopening") {
  Fixture f;
  auto store = f.make();
  const auto first = raw(*store.derive("linkage.row", "r1"));
  CHECK(first.size() == 32);
  CHECK(raw(*store.derive("linkage.row", "r2")) != first);
  CHECK(raw(*store.derive("linkage.ro", "wr1")) != first);
  auto again = std::move(KeyStore::open(f.folder).value());
  CHECK(raw(*again.derive("linkage.row", "r1")) == first);
  CHECK(again.signing_key().public_key() == store.signing_key().public_key());
  CHECK(again.sealing_key() == store.sealing_key());
  CHECK_FALSE(store.derive("../outside", "").ok());
}

TEST_CASE("two stores share nothing and a second store is not made over the first") {
  Fixture f;
  auto store = f.make();
  auto other = std::move(KeyStore::create(f.scratch.path() / "other", f.random).value());
  CHECK(raw(*store.derive("a", "b")) != raw(*other.derive("a", "b")));
  CHECK(KeyStore::create(f.folder, f.random).error().kind == ErrorKind::conflict);
}

TEST_CASE("the folder and every file in it are closed to other accounts and an open one is refused") {
  Fixture f;
  auto store = f.make();
  REQUIRE(store.derive("p", "").ok());
  REQUIRE(store.put_secret("s", as_bytes("value")).ok());
  for (const auto& entry : fs::recursive_directory_iterator(f.folder)) {
    struct stat about {};
    REQUIRE(::stat(entry.path().c_str(), &about) == 0);
    CHECK((about.st_mode & 077) == 0);
  }
  ::chmod(f.folder.c_str(), 0755);
  CHECK(KeyStore::open(f.folder).error().kind == ErrorKind::refused);
}

TEST_CASE("named secrets are kept encrypted and come back") {
  Fixture f;
  auto store = f.make();
  REQUIRE(store.put_secret("salt.hospital-b", as_bytes("contribution-of-b")).ok());
  CHECK(store.has_secret("salt.hospital-b").value());
  CHECK_FALSE(store.has_secret("salt.hospital-c").value());
  CHECK(as_text(store.get_secret("salt.hospital-b")->bytes()) == "contribution-of-b");
  CHECK(store.get_secret("salt.hospital-c").error().kind == ErrorKind::not_found);
  const auto files = list_files(f.folder, true).value();
  for (const auto& file : files) {
    CHECK(read_file(f.folder / file)->find("contribution") == std::string::npos);
  }
}

TEST_CASE("what is sealed to a store only that store opens and only unaltered") {
  Fixture f;
  auto store = f.make();
  auto other = std::move(KeyStore::create(f.scratch.path() / "other", f.random).value());
  auto box = seal(store.sealing_key(), as_bytes("hello")).value();
  CHECK(as_text(store.open_sealed(box)->bytes()) == "hello");
  CHECK_FALSE(other.open_sealed(box).ok());
  box.back() ^= 1;
  CHECK_FALSE(store.open_sealed(box).ok());
  CHECK_FALSE(store.open_sealed(Bytes(5)).ok());
}

TEST_CASE("a destroyed purpose never derives again and its certificate is signed and logged") {
  Fixture f;
  auto store = f.make();
  auto log = std::move(
      audit::Log::open(f.scratch.path() / "log", "naru/key-manager", store.signing_key(), f.clock, f.random).value());
  REQUIRE(store.derive("linkage.cluster", "r1").ok());
  REQUIRE(store.put_secret("salt", as_bytes("x")).ok());
  const auto certificate = store.destroy("linkage.cluster", "key-manager", "kim", "release sealed", log, f.clock);
  REQUIRE(certificate.ok());
  CHECK(verify_certificate(*certificate, store.signing_key().public_key()).ok());
  auto altered = *certificate;
  altered.replace(altered.find("sealed"), 6, "SEALED");
  CHECK_FALSE(verify_certificate(altered, store.signing_key().public_key()).ok());
  CHECK(store.derive("linkage.cluster", "r1").error().kind == ErrorKind::refused);
  auto again = std::move(KeyStore::open(f.folder).value());
  CHECK(again.derive("linkage.cluster", "r1").error().kind == ErrorKind::refused);
  CHECK(log.read(0, 1).value()[0].event.name == "key.destroyed");
  CHECK(store.destroy("salt", "key-manager", "kim", "done", log, f.clock).ok());
  CHECK_FALSE(store.get_secret("salt").ok());
  CHECK(store.destroy("unknown", "key-manager", "kim", "done", log, f.clock).error().kind == ErrorKind::not_found);
}

TEST_CASE("two stores agree on one secret, and a third has another") {
  ScratchFolder scratch("agree");
  SystemRandom random;
  auto a = keys::KeyStore::create(scratch.path() / "a", random);
  auto b = keys::KeyStore::create(scratch.path() / "b", random);
  auto c = keys::KeyStore::create(scratch.path() / "c", random);
  REQUIRE((a.ok() && b.ok() && c.ok()));
  const auto ab = a->agree(b->sealing_key());
  const auto ba = b->agree(a->sealing_key());
  const auto ac = a->agree(c->sealing_key());
  REQUIRE((ab.ok() && ba.ok() && ac.ok()));
  CHECK(to_hex(ab->bytes()) == to_hex(ba->bytes()));
  CHECK(to_hex(ab->bytes()) != to_hex(ac->bytes()));
  CHECK_FALSE(a->agree(keys::SealingKey{}).ok());
}
