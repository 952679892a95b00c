#include "protect/reidentify.h"

#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"

#include <doctest/doctest.h>

#include <set>

using namespace naru;
using namespace naru::protect;

namespace {

struct House {
  ScratchFolder scratch{"reidentify"};
  FixedClock clock{1'800'000'000'000};
  SystemRandom random;
  keys::KeyStore keys = std::move(*keys::KeyStore::create(scratch.path() / "keys", random));
  audit::Log log = std::move(*audit::Log::open(scratch.path() / "log", "naru/x", keys.signing_key(), clock, random));
  Reidentification procedure{scratch.path() / "requests", keys, log, clock, random};
  fs::path people = scratch.path() / "people.csv";

  House() { REQUIRE(write_file_atomic(people, "person_id,x\n11,a\n12,b\n13,c\n").ok()); }
  std::int64_t pseudonym_of(std::int64_t id) {
    auto pseudonyms = pseudonyms_for(keys, "prj-1", "firm");
    REQUIRE(pseudonyms.ok());
    return pseudonyms->of(id);
  }
  ReidentifyRequest asked(std::int64_t pseudonym, const std::string& by = "kim") {
    ReidentifyRequest wish{.id = {}, .project = "prj-1", .recipient = "firm", .pseudonym = pseudonym};
    wish.reason = "a serious incidental finding";
    wish.basis = "Bioethics Act art. 37";
    wish.requested_by = by;
    auto made = procedure.request(wish);
    REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().what.en));
    return *made;
  }
  std::vector<audit::Event> events() {
    std::vector<audit::Event> out;
    auto entries = log.read(0, 100);
    REQUIRE(entries.ok());
    for (const auto& entry : *entries) out.push_back(entry.event);
    return out;
  }
};

}  // namespace

TEST_CASE("pseudonyms differ by project and by recipient, and the key store alone can make them again") {
  House house;
  House other;
  std::set<std::int64_t> seen;
  for (const auto* project : {"prj-1", "prj-2"}) {
    for (const auto* recipient : {"firm", "university"}) {
      auto pseudonyms = pseudonyms_for(house.keys, project, recipient);
      REQUIRE(pseudonyms.ok());
      CHECK(seen.insert(pseudonyms->of(11)).second);
    }
  }
  CHECK(seen.contains(house.pseudonym_of(11)));
  CHECK_FALSE(seen.contains(other.pseudonym_of(11)));
  // A project named like another's label does not share its pseudonyms.
  auto tricky = pseudonyms_for(house.keys, "prj-1firm", "x");
  REQUIRE(tricky.ok());
  CHECK(seen.insert(tricky->of(11)).second);
  CHECK_FALSE(pseudonyms_for(house.keys, "../keys", "firm").ok());
  CHECK_FALSE(pseudonyms_for(house.keys, "prj-1", "").ok());
}

TEST_CASE("a table gets pseudonyms and an order that tells nothing of the ids") {
  House house;
  const auto out = house.scratch.path() / "out.parquet";
  const auto made = pseudonymise_table(house.keys, "prj-1", "firm", house.people, "person_id", out);
  REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().what.en));
  CHECK(made->rows == 3);
  CHECK(made->persons == 3);
  auto database = engine::Database::open({.allowed_folders = {house.scratch.path()}});
  REQUIRE(database.ok());
  const auto rows = database->query("SELECT person_id, x FROM " + engine::parquet(out));
  REQUIRE(rows.ok());
  for (std::size_t i = 0; i < rows->count; ++i) {
    CHECK(rows->integer(0, i) == house.pseudonym_of(11 + rows->text(1, i).front() - 'a'));
    if (i > 0) CHECK(rows->integer(0, i) > rows->integer(0, i - 1));
  }
  CHECK_FALSE(pseudonymise_table(house.keys, "prj-1", "firm", house.people, "nothing", out).ok());
  CHECK(pseudonymise_table(house.keys, "prj-1", "firm", house.people, "x", out).error().kind == ErrorKind::rejected);
}

TEST_CASE("two people find the person behind a pseudonym, once, and both stand in the log without the person") {
  House house;
  const auto pseudonym = house.pseudonym_of(12);
  const auto request = house.asked(pseudonym);
  const auto answer = house.procedure.approve(request.id, "lee", house.people, "person_id");
  REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().what.en));
  REQUIRE(answer->has_value());
  CHECK(**answer == 12);
  const auto events = house.events();
  REQUIRE(events.size() == 3);
  CHECK(events[0].name == "reidentification.requested");
  CHECK(events[0].actor == "kim");
  CHECK(events[1].name == "reidentification.approved");
  CHECK(events[1].actor == "lee");
  CHECK(events[2].name == "reidentification.answered");
  for (const auto& event : events) {
    CHECK(event.fields.find(std::to_string(pseudonym)) == std::string::npos);
    CHECK(event.fields.find("12,") == std::string::npos);
  }
  const auto again = house.procedure.approve(request.id, "park", house.people, "person_id");
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().kind == ErrorKind::refused);
}

TEST_CASE("nobody approves a request of their own and nothing is answered before the second person") {
  House house;
  const auto request = house.asked(house.pseudonym_of(12));
  const auto own = house.procedure.approve(request.id, "kim", house.people, "person_id");
  REQUIRE_FALSE(own.ok());
  CHECK(own.error().kind == ErrorKind::refused);
  CHECK(house.events().size() == 1);
  const auto listed = house.procedure.list();
  REQUIRE(listed.ok());
  REQUIRE(listed->size() == 1);
  CHECK(listed->front().state == "open");
  CHECK(request_json(listed->front()).find(std::to_string(house.pseudonym_of(12))) == std::string::npos);
}

TEST_CASE("a request that was changed after it was logged is not answered") {
  House house;
  const auto request = house.asked(house.pseudonym_of(12));
  const auto file = house.scratch.path() / "requests" / (request.id + ".json");
  auto text = *read_file(file);
  const auto at = text.find("\"kim\"");
  REQUIRE(at != std::string::npos);
  REQUIRE(write_file_atomic(file, text.replace(at, 5, "\"cho\"")).ok());
  // As if cho had asked, so that kim could approve.
  const auto forged = house.procedure.approve(request.id, "kim", house.people, "person_id");
  REQUIRE_FALSE(forged.ok());
  CHECK(forged.error().kind == ErrorKind::rejected);
}

TEST_CASE("a request ends after a week, when declined, and when the project's key is destroyed") {
  House house;
  const auto old = house.asked(house.pseudonym_of(11));
  const auto declined = house.asked(house.pseudonym_of(12));
  const auto last = house.asked(house.pseudonym_of(13));
  REQUIRE(house.procedure.decline(declined.id, "lee", "not needed").ok());
  CHECK(house.procedure.approve(declined.id, "lee", house.people, "person_id").error().kind == ErrorKind::refused);
  const auto certificate =
      house.keys.destroy(pseudonym_purpose("prj-1"), "x", "lee", "project over", house.log, house.clock);
  REQUIRE(certificate.ok());
  CHECK(keys::verify_certificate(*certificate, house.keys.signing_key().public_key()).ok());
  const auto gone = house.procedure.approve(last.id, "lee", house.people, "person_id");
  REQUIRE_FALSE(gone.ok());
  CHECK(gone.error().hint.en.find("certificate") != std::string::npos);
  FixedClock later{house.clock.now_ms() + 8LL * 86'400'000};
  Reidentification after(house.scratch.path() / "requests", house.keys, house.log, later, house.random);
  CHECK(after.approve(old.id, "lee", house.people, "person_id").error().what.en.find("seven days") !=
        std::string::npos);
}

TEST_CASE("a pseudonym of nobody in the table is told as not found") {
  House house;
  const auto request = house.asked(12345);
  const auto answer = house.procedure.approve(request.id, "lee", house.people, "person_id");
  REQUIRE(answer.ok());
  CHECK_FALSE(answer->has_value());
  CHECK(house.events().back().fields.find("\"found\":false") != std::string::npos);
}

TEST_CASE("a request without reason, basis or account is not made") {
  House house;
  const auto made = house.procedure.request({.id = {}, .project = "prj-1", .recipient = "firm", .pseudonym = 1});
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().where == "reason");
  CHECK(house.events().empty());
}
