#include "audit/log.h"
#include "audit/tiles.h"
#include "audit/verify.h"
#include "base/json.h"
#include "base/testing/support.h"

#include <doctest/doctest.h>

#include <fstream>
#include <thread>

using namespace naru;
using namespace naru::audit;

namespace {

struct Fixture {
  ScratchFolder scratch{"audit"};
  FixedClock clock{1'700'000'000'000};
  SeededRandom random{7};
  SigningKey key = std::move(SigningKey::from_seed(Bytes(32, 5)).value());
  fs::path folder = scratch.path() / "log";

  Log open() { return std::move(Log::open(folder, "naru/hospital-a", key, clock, random).value()); }
  std::vector<Event> events(std::size_t count) {
    std::vector<Event> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back({"test.event", "kim", "{\"n\":" + std::to_string(i) + "}"});
    return out;
  }
  fs::path copy(const std::string& name) {
    const auto to = scratch.path() / name;
    fs::copy(folder, to, fs::copy_options::recursive);
    return to;
  }
  Report check(const fs::path& at, std::optional<std::string> witness = std::nullopt) {
    return std::move(audit::verify(at, key.public_key(), witness).value());
  }
};

std::string slurp(const fs::path& path) { return std::move(read_file(path).value()); }
void spill(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// Rewrites the entry bundle of a copy.
template <typename Change>
void change_entries(const fs::path& folder, std::uint64_t number, std::uint64_t width, Change change) {
  const auto file = folder / entry_tile_path(number, width);
  auto texts = decode_entries(slurp(file), "t").value();
  change(texts);
  std::string out;
  for (const auto& text : texts) out += std::string{'\0', static_cast<char>(text.size())} + text;
  spill(file, out);
}

}  // namespace

TEST_CASE("the Merkle tree gives the roots of RFC 6962's reference tree") {
  // Leaf inputs and roots of the reference implementation's test tree (certificate-transparency, 8 leaves).
  const std::vector<std::string> inputs{
      "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
  std::vector<Digest> leaves;
  for (const auto& input : inputs) leaves.push_back(leaf_hash(from_hex(input, "t").value()));
  CHECK(hex(tree_root({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(tree_root(std::span(leaves).first(1))) ==
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  CHECK(hex(tree_root(leaves)) == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST_CASE("inclusion and consistency proofs hold for every pair of sizes up to 70 and fail when touched") {
  std::vector<Digest> leaves;
  for (int i = 0; i < 70; ++i) leaves.push_back(leaf_hash(as_bytes(std::to_string(i))));
  const NodeSource nodes = [&](unsigned level, std::uint64_t index) -> Result<Digest> {
    return tree_root(std::span(leaves).subspan(index << level, std::size_t{1} << level));
  };
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const auto root = tree_root(std::span(leaves).first(size));
    CHECK(range_root(nodes, 0, size).value() == root);
    for (std::size_t index = 0; index < size; ++index) {
      auto path = inclusion_path(nodes, index, size).value();
      REQUIRE(inclusion_holds(leaves[index], index, size, path, root));
      CHECK_FALSE(inclusion_holds(leaves[index], index + 1, size, path, root));
      if (!path.empty()) {
        path[0][3] ^= 1;
        CHECK_FALSE(inclusion_holds(leaves[index], index, size, path, root));
      }
    }
    for (std::size_t older = 1; older <= size; ++older) {
      auto path = consistency_path(nodes, older, size).value();
      auto older_root = tree_root(std::span(leaves).first(older));
      REQUIRE(consistency_holds(older, older_root, size, root, path));
      older_root[0] ^= 1;
      CHECK_FALSE(consistency_holds(older, older_root, size, root, path));
    }
  }
}

TEST_CASE("tiles are named as C2SP tlog-tiles says") {
  CHECK(tile_number(0) == "000");
  CHECK(tile_number(1234067) == "x001/x234/067");
  CHECK(hash_tile_path(1, 5, 256) == "tile/1/005");
  CHECK(entry_tile_path(1000, 3) == "tile/entries/x001/000.p/3");
}

TEST_CASE("a checkpoint is a signed note that only its key's holder can make") {
  Fixture f;
  const auto checkpoint = sign_checkpoint("naru/a", 3, sha256("x"), f.key);
  CHECK(checkpoint.note.starts_with("naru/a\n3\n"));
  CHECK(trusted_checkpoint(checkpoint.note, f.key.public_key(), "t").value().root == sha256("x"));
  auto altered = checkpoint.note;
  altered[7] = '4';
  CHECK_FALSE(trusted_checkpoint(altered, f.key.public_key(), "t").ok());
  const auto other = std::move(SigningKey::from_seed(Bytes(32, 6)).value());
  CHECK_FALSE(trusted_checkpoint(checkpoint.note, other.public_key(), "t").ok());
  for (const std::string bad : {"", "a", "a\n1\n", "a\n01\nAAAA\n\n", "a\n1\nAAAA\n\n\xE2\x80\x94 a AAAA\n"}) {
    CHECK_FALSE(parse_checkpoint(bad, "t").ok());
  }
}

TEST_CASE("appended events come back, are proven, and verify") {
  Fixture f;
  auto log = f.open();
  CHECK(log.append({"site.opened", "kim", "{\"a\":1}"}).value() == 0);
  f.clock.advance_ms(5);
  CHECK(log.append_all(f.events(600)).value() == 1);
  const auto entries = log.read(0, 2).value();
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].event.name == "site.opened");
  CHECK(entries[0].event.fields == "{\"a\":1}");
  CHECK(entries[1].at_ms == 1'700'000'000'005);
  CHECK(log.read(599, 100).value().size() == 2);
  CHECK(log.read(700, 100).value().empty());
  for (const std::uint64_t index : {0U, 1U, 255U, 256U, 511U, 600U}) {
    const auto text = proof_json(log.prove(index).value());
    CHECK(verify_proof(text, f.key.public_key(), "proof").ok());
    auto altered = text;
    const auto at = altered.find("\"entry\":\"") + 9;
    altered[at] = altered[at] == '0' ? '1' : '0';
    CHECK_FALSE(verify_proof(altered, f.key.public_key(), "proof").ok());
  }
  CHECK(log.prove(601).error().kind == ErrorKind::not_found);
  const auto report = f.check(f.folder);
  CHECK(report.intact());
  CHECK(report.size == 601);
  CHECK(report.details == 601);
}

TEST_CASE("an event without a name or with fields that are no object is refused and nothing is written") {
  Fixture f;
  auto log = f.open();
  CHECK_FALSE(log.append({"", "kim", "{}"}).ok());
  CHECK_FALSE(log.append({"a", "kim", "[1]"}).ok());
  CHECK_FALSE(log.append({"a", "kim", "{"}).ok());
  CHECK(log.checkpoint().value().size == 0);
}

TEST_CASE("consistency proofs from the tiles hold between any two checkpoints") {
  Fixture f;
  auto log = f.open();
  std::vector<Checkpoint> seen;
  for (const std::size_t count : {1U, 200U, 55U, 1U, 300U, 512U}) {
    REQUIRE(log.append_all(f.events(count)).ok());
    seen.push_back(log.checkpoint().value());
  }
  for (const auto& older : seen) {
    for (const auto& newer : seen) {
      if (older.size > newer.size) continue;
      const auto path = log.consistency(older.size, newer.size).value();
      CHECK(consistency_holds(older.size, older.root, newer.size, newer.root, path));
    }
  }
}

TEST_CASE("a flipped, deleted, inserted or reordered entry is found and named") {
  Fixture f;
  auto log = f.open();
  REQUIRE(log.append_all(f.events(300)).ok());
  const auto flipped = f.copy("flipped");
  change_entries(flipped, 0, 256, [](auto& texts) { texts[17][3] ^= 1; });
  auto report = f.check(flipped);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].kind == Tampering::flipped);
  CHECK(report.findings[0].entry == 17U);

  const auto deleted = f.copy("deleted");
  change_entries(deleted, 0, 256, [](auto& texts) { texts.erase(texts.begin() + 40); });
  report = f.check(deleted);
  REQUIRE_FALSE(report.intact());
  CHECK(report.findings[0].kind == Tampering::deleted);
  CHECK(report.findings[0].entry == 40U);

  const auto reordered = f.copy("reordered");
  change_entries(reordered, 1, 44, [](auto& texts) { std::swap(texts[2], texts[9]); });
  report = f.check(reordered);
  REQUIRE_FALSE(report.intact());
  CHECK(report.findings[0].kind == Tampering::reordered);
  CHECK(report.findings[0].entry == 258U);
}

TEST_CASE("a changed detail, a changed tile and a changed checkpoint are named") {
  Fixture f;
  auto log = f.open();
  REQUIRE(log.append_all(f.events(300)).ok());
  const auto detail = f.copy("detail");
  auto text = slurp(detail / "details.jsonl");
  text.replace(text.find("{\"n\":123}"), 9, "{\"n\":124}");
  spill(detail / "details.jsonl", text);
  auto report = f.check(detail);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].kind == Tampering::detail);
  CHECK(report.findings[0].entry == 123U);

  const auto tile = f.copy("tile");
  auto hashes = slurp(tile / "tile/0/000");
  hashes[32 * 9] ^= 1;
  spill(tile / "tile/0/000", hashes);
  report = f.check(tile);
  REQUIRE_FALSE(report.intact());
  CHECK(report.findings[0].kind == Tampering::tile);
  CHECK(report.findings[0].entry == 9U);

  const auto signature = f.copy("signature");
  auto note = slurp(signature / "checkpoint");
  note[note.size() - 10] = note[note.size() - 10] == 'A' ? 'B' : 'A';
  spill(signature / "checkpoint", note);
  report = f.check(signature);
  REQUIRE_FALSE(report.intact());
  CHECK(report.findings[0].kind == Tampering::checkpoint);
}

TEST_CASE("truncation, rollback and a fork are found, the last two against a witness") {
  Fixture f;
  auto log = f.open();
  REQUIRE(log.append_all(f.events(100)).ok());
  const auto older = f.copy("older");
  const auto early = log.checkpoint().value().note;
  REQUIRE(log.append_all(f.events(50)).ok());
  const auto late = log.checkpoint().value().note;
  CHECK(f.check(f.folder, early).intact());
  CHECK(f.check(f.folder, late).intact());

  const auto truncated = f.copy("truncated");
  change_entries(truncated, 0, 150, [](auto& texts) { texts.resize(140); });
  auto report = f.check(truncated);
  REQUIRE_FALSE(report.intact());
  CHECK(report.findings[0].kind == Tampering::truncated);
  CHECK(report.findings[0].entry == 140U);

  CHECK(f.check(older).intact());  // alone, an older state cannot be told from a quiet log
  report = f.check(older, late);
  REQUIRE_FALSE(report.intact());
  CHECK(report.findings[0].kind == Tampering::rolled_back);
  CHECK(report.findings[0].entry == 100U);

  // The key's holder signs another history on top of the older state.
  auto forked = std::move(Log::open(older, "naru/hospital-a", f.key, f.clock, f.random).value());
  REQUIRE(forked.append_all(f.events(60)).ok());
  CHECK(f.check(older).intact());
  report = f.check(older, late);
  REQUIRE_FALSE(report.intact());
  CHECK(report.findings[0].kind == Tampering::forked);
}

TEST_CASE("entries rewritten in every place no longer lead to the signed root") {
  Fixture f;
  auto log = f.open();
  REQUIRE(log.append_all(f.events(20)).ok());
  const auto forged = f.copy("forged");
  const auto note = slurp(forged / "checkpoint");
  const auto other = f.scratch.path() / "other";
  auto made = std::move(Log::open(other, "naru/hospital-a", f.key, f.clock, f.random).value());
  REQUIRE(made.append_all(f.events(20)).ok());
  spill(other / "checkpoint", note);
  const auto report = f.check(other);
  REQUIRE_FALSE(report.intact());
  CHECK(report.findings[0].kind == Tampering::rewritten);
}

TEST_CASE("a crash between writing tiles and the checkpoint loses only the entry that was never acknowledged") {
  Fixture f;
  {
    auto log = f.open();
    REQUIRE(log.append_all(f.events(254)).ok());
  }
  const auto before = f.copy("before");
  for (const std::size_t count : {1U, 5U, 600U}) {
    fs::remove_all(f.folder);
    fs::copy(before, f.folder, fs::copy_options::recursive);
    {
      auto log = f.open();
      REQUIRE(log.append_all(f.events(count)).ok());
    }
    // Everything new is on disk, the old partial tiles too, and the checkpoint is the old one.
    fs::copy(before / "tile", f.folder / "tile", fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    spill(f.folder / "checkpoint", slurp(before / "checkpoint"));
    std::ofstream(f.folder / "details.jsonl", std::ios::app) << "{\"index\":99";  // and a torn line
    CHECK(f.check(f.folder).intact());
    auto log = f.open();
    CHECK(log.append({"after.crash", "kim", "{}"}).value() == 254);
    CHECK(log.append_all(f.events(10)).value() == 255);
    const auto report = f.check(f.folder);
    CHECK(report.intact());
    CHECK(report.size == 265);
    CHECK(log.read(254, 1).value()[0].event.name == "after.crash");
  }
}

TEST_CASE("opening refuses a foreign log and one whose details are gone") {
  Fixture f;
  {
    auto log = f.open();
    REQUIRE(log.append_all(f.events(3)).ok());
  }
  CHECK_FALSE(Log::open(f.folder, "naru/other", f.key, f.clock, f.random).ok());
  const auto stranger = std::move(SigningKey::from_seed(Bytes(32, 9)).value());
  CHECK_FALSE(Log::open(f.folder, "naru/hospital-a", stranger, f.clock, f.random).ok());
  auto text = slurp(f.folder / "details.jsonl");
  spill(f.folder / "details.jsonl", text.substr(0, text.find('\n') + 1));
  CHECK_FALSE(Log::open(f.folder, "naru/hospital-a", f.key, f.clock, f.random).ok());
}

TEST_CASE("details can be erased and the log still verifies and proves") {
  Fixture f;
  auto log = f.open();
  REQUIRE(log.append_all(f.events(5)).ok());
  REQUIRE(log.erase_details(2, "kim", "request").ok());
  CHECK(slurp(f.folder / "details.jsonl").find("{\"n\":2}") == std::string::npos);
  CHECK(log.read(2, 1).value()[0].erased);
  CHECK(log.read(5, 1).value()[0].event.name == "log.detail_erased");
  CHECK(verify_proof(proof_json(log.prove(2).value()), f.key.public_key(), "t").ok());
  const auto report = f.check(f.folder);
  CHECK(report.intact());
  CHECK(report.details_erased == 1);
  CHECK(log.append({"next", "kim", "{}"}).value() == 6);
}

TEST_CASE("details that vanished without a recorded erasure are tampering") {
  Fixture f;
  auto log = f.open();
  REQUIRE(log.append_all(f.events(5)).ok());
  auto text = slurp(f.folder / "details.jsonl");
  const auto from = text.find('\n') + 1;
  text.replace(from, text.find('\n', from) - from, "{\"erased\":true,\"index\":1}");
  spill(f.folder / "details.jsonl", text);
  const auto report = f.check(f.folder);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].kind == Tampering::detail);
  CHECK(report.findings[0].entry == 1U);
}

TEST_CASE("two writers on one folder and several threads never lose or repeat an index") {
  Fixture f;
  auto one = f.open();
  auto two = f.open();
  SystemRandom random;
  std::vector<std::thread> threads;
  for (auto* log : {&one, &two}) {
    threads.emplace_back([log] {
      for (int i = 0; i < 40; ++i) (void)log->append({"from.thread", "kim", "{}"}).ok();
    });
  }
  for (auto& thread : threads) thread.join();
  const auto report = f.check(f.folder);
  CHECK(report.intact());
  CHECK(report.size == 80);
}

TEST_CASE("20000 grouped appends take a few seconds at most and opening afterwards is immediate") {
  Fixture f;
  auto log = f.open();
  const auto began = steady_seconds();
  for (int batch = 0; batch < 20; ++batch) REQUIRE(log.append_all(f.events(1000)).ok());
  const auto appended = steady_seconds() - began;
  const auto reopened_at = steady_seconds();
  CHECK(f.open().checkpoint().value().size == 20000);
  const auto reopened = steady_seconds() - reopened_at;
  const auto verified_at = steady_seconds();
  CHECK(f.check(f.folder).intact());
  MESSAGE("append " << appended << " s, open " << reopened << " s, verify " << steady_seconds() - verified_at << " s");
  CHECK(appended < 15 * test::patience);
  CHECK(reopened < 1);
}
