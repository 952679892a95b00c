#include "govern/testing.h"

#include <thread>

using namespace naru;
using namespace naru::govern;
using namespace naru::govern::testing;

namespace {

constexpr std::string_view id = "medical-data-voucher-2026";

Programme packaged() {
  const auto text = read_file(share / "programmes" / "medical-data-voucher-2026.yaml");
  return *parse_programme(*text, "programme");
}

GrantRequest wish(const std::string& firm, const std::string& budget_class, const std::string& size = "small") {
  return {firm, size, budget_class, 0};
}

}  // namespace

TEST_CASE("the packaged programme adds up to 40 places and 6.4 billion won") {
  const auto p = packaged();
  CHECK(p.places() == 40);
  CHECK(p.budget() == 6'400'000'000);
  CHECK(copay_of(320'000'000, 15) == 48'000'000);
  CHECK(copay_of(320'000'000, 25) == 80'000'000);  // 320 of 400 million are support: 80 %
  CHECK(copay_of(101, 15) == 16);                  // rounded up
  auto text = *read_file(share / "programmes" / "medical-data-voucher-2026.yaml");
  auto wrong = text;
  wrong.replace(wrong.find("places: 20"), 10, "places: 21");
  CHECK_FALSE(parse_programme(wrong, "f").ok());
  wrong = text;
  wrong.replace(wrong.find("copay_percent: 25"), 17, "copay_percent: 26");
  CHECK(parse_programme(wrong, "f").error().where == "f.support_percent_min");
}

TEST_CASE("a voucher takes one of 40 places, is paid, charged and reconciled to zero") {
  Desk desk;
  auto& programmes = desk.office.programmes();
  REQUIRE(desk.office.open_programme(id, officer).ok());
  REQUIRE(desk.office.open_programme(id, officer).ok());  // again: nothing changes
  const auto voucher = programmes.grant(id, wish("startup-x", "class-80", "startup"), officer);
  REQUIRE(voucher.ok());
  CHECK(voucher->id == "medical-data-voucher-2026-class-80-01");
  CHECK(voucher->copay == 12'000'000);
  CHECK(programmes.get(id)->places_taken() == 1);
  CHECK(programmes.charge(id, voucher->id, "hospital-a", 10, "Q-1", officer).error().kind == ErrorKind::refused);
  CHECK(programmes.pay(id, voucher->id, 12'000'001, officer).error().kind == ErrorKind::refused);
  REQUIRE(programmes.pay(id, voucher->id, 5'000'000, officer).ok());
  REQUIRE(programmes.pay(id, voucher->id, 7'000'000, officer).ok());
  REQUIRE(programmes.charge(id, voucher->id, "hospital-a", 33'333'333, "Q-1", officer).ok());
  REQUIRE(programmes.charge(id, voucher->id, "hospital-a", 33'333'333, "Q-1", officer).ok());  // once only
  REQUIRE(programmes.charge(id, voucher->id, "hospital-b", 58'666'666, "Q-2", officer).ok());
  const auto over = programmes.charge(id, voucher->id, "hospital-b", 2, "Q-3", officer);
  REQUIRE_FALSE(over.ok());
  CHECK(over.error().kind == ErrorKind::refused);
  CHECK(over.error().what.en == "2 won are more than the 1 won that are left");
  REQUIRE(programmes.charge(id, voucher->id, "hospital-b", 1, "Q-3", officer).ok());
  const auto state = *programmes.get(id);
  CHECK(state.balances.at("grant:" + voucher->id) == 0);
  CHECK(state.balances.at("copay:" + voucher->id) == 0);
  const auto sums = reconcile(state);
  CHECK(sums.balanced);
  CHECK(sums.spent == 92'000'000);
  const auto view = Json::parse(programme_view_json(state));
  CHECK(view.at("places_taken") == 1);
  CHECK(view.at("reconciliation").at("balanced") == true);
  CHECK(Json::parse(*desk.office.programmes_json()).at("programmes").size() == 1);
}

TEST_CASE("what is left of a closed voucher goes back and nothing can be charged any more") {
  Desk desk;
  auto& programmes = desk.office.programmes();
  REQUIRE(desk.office.open_programme(id, officer).ok());
  const auto v = *programmes.grant(id, wish("firm", "class-160", "medium"), officer);
  REQUIRE(programmes.pay(id, v.id, v.copay, officer).ok());
  REQUIRE(programmes.charge(id, v.id, "hospital-c", 1'000'001, "Q", officer).ok());
  REQUIRE(programmes.close(id, v.id, officer).ok());
  CHECK(programmes.charge(id, v.id, "hospital-c", 1, "R", officer).error().kind == ErrorKind::refused);
  const auto state = *programmes.get(id);
  CHECK(reconcile(state).balanced);
  CHECK(state.balances.at("treasury") + state.balances.at("firm:firm") == -6'400'000'000 - 200'000);
  CHECK(state.balances.at("programme:class-160") == 1'600'000'000 - 800'001);
}

TEST_CASE("a place, a size, a cap and a second voucher are refused with the clause") {
  Desk desk;
  auto& programmes = desk.office.programmes();
  REQUIRE(desk.office.open_programme(id, officer).ok());
  for (int i = 0; i < 10; ++i) {
    REQUIRE(programmes.grant(id, wish("firm-" + std::to_string(i), "class-320"), officer).ok());
  }
  const auto full = programmes.grant(id, wish("late", "class-320"), officer);
  CHECK(full.error().where == "medical-data-voucher-2026 v1, classes.class-320.places");
  CHECK(programmes.grant(id, wish("giant", "class-80", "large"), officer).error().where ==
        "medical-data-voucher-2026 v1, sizes");
  auto greedy = wish("greedy", "class-80");
  greedy.grant = 80'000'001;
  CHECK(programmes.grant(id, greedy, officer).error().where ==
        "medical-data-voucher-2026 v1, classes.class-80.grant_max");
  CHECK(programmes.grant(id, wish("firm-1", "class-80"), officer).error().kind == ErrorKind::refused);
  CHECK(programmes.grant(id, wish("x", "class-80"), applicant).error().kind == ErrorKind::refused);
  CHECK(programmes.grant("none", wish("x", "class-80"), officer).error().kind == ErrorKind::not_found);
}

TEST_CASE("40 places are 40 places when 8 threads grant at once") {
  Desk desk;
  REQUIRE(desk.office.open_programme(id, officer).ok());
  std::vector<std::thread> threads;
  std::vector<int> granted(8, 0);
  for (std::size_t t = 0; t < granted.size(); ++t) {
    threads.emplace_back([&, t] {
      auto records = engine::Records::open(desk.folder.path() / "records.sqlite", desk.clock);
      catalogue::MemoryJournal journal;
      Programmes programmes(*records, desk.clock, journal);
      for (int i = 0; i < 8; ++i) {
        const auto* budget = i % 4 == 0 ? "class-320" : i % 4 == 1 ? "class-160" : "class-80";
        granted[t] += programmes.grant(id, wish(fmt::format("f{}-{}", t, i), budget), officer).ok() ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  int total = 0;
  for (const auto count : granted) total += count;
  CHECK(total == 40);
  const auto state = *desk.office.programmes().get(id);
  CHECK(state.places_taken() == 40);
  CHECK(state.balances.at("programme:class-80") == 0);
  CHECK(reconcile(state).balanced);
}

TEST_CASE("8 threads cannot spend more than a voucher holds") {
  Desk desk;
  auto& programmes = desk.office.programmes();
  REQUIRE(desk.office.open_programme(id, officer).ok());
  const auto v = *programmes.grant(id, wish("firm", "class-80"), officer);
  REQUIRE(programmes.pay(id, v.id, v.copay, officer).ok());
  constexpr Won each = 3'000'000;  // 92 million hold 30 of them
  std::vector<std::thread> threads;
  std::vector<int> done(8, 0);
  std::vector<int> refused_count(8, 0);
  for (std::size_t t = 0; t < done.size(); ++t) {
    threads.emplace_back([&, t] {
      auto records = engine::Records::open(desk.folder.path() / "records.sqlite", desk.clock);
      catalogue::MemoryJournal journal;
      Programmes own(*records, desk.clock, journal);
      for (int i = 0; i < 6; ++i) {
        const auto answer = own.charge(id, v.id, "hospital-a", each, fmt::format("{}-{}", t, i), officer);
        done[t] += answer.ok() ? 1 : 0;
        refused_count[t] += !answer.ok() && answer.error().kind == ErrorKind::refused ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  int total = 0;
  int said_no = 0;
  for (std::size_t t = 0; t < done.size(); ++t) {
    total += done[t];
    said_no += refused_count[t];
  }
  CHECK(total == 30);
  CHECK(said_no == 18);
  const auto state = *programmes.get(id);
  CHECK(state.vouchers.at(v.id).charged == 30 * each);
  CHECK(reconcile(state).balanced);
}

TEST_CASE("a forged event is found when the ledger is replayed") {
  Desk desk;
  REQUIRE(desk.office.open_programme(id, officer).ok());
  REQUIRE(desk.office.programmes().grant(id, wish("firm", "class-80"), officer).ok());
  auto events = *desk.records.read(fmt::format("programme/{}", id));
  auto payload = Json::parse(events[1].payload);
  payload["transaction"]["postings"][1]["amount"] = 90'000'000;
  events[1].payload = canonical(payload);
  CHECK(replay_ledger(events).error().what.en == "a transaction does not sum to zero");
}

TEST_CASE("holders are ranked by what they have, with the region's weight shown") {
  const auto p = packaged();
  const HolderNeed need{{"condition_occurrence", "measurement"}, {"KCD-8"}, 1000};
  const auto ranks = rank_holders(p, need,
                                  {{"capital-a", "capital", {"condition_occurrence", "measurement"}, {"KCD-8"}, 5000},
                                   {"south-b", "gyeongsang", {"condition_occurrence", "measurement"}, {"KCD-8"}, 5000},
                                   {"north-c", "gangwon", {"condition_occurrence"}, {}, 500}});
  CHECK(ranks[0].holder == "south-b");
  CHECK(ranks[0].score == doctest::Approx(1.2));
  CHECK(ranks[1].score == doctest::Approx(1.0));
  CHECK(ranks[2].parts.size() == 4);
  CHECK(ranks[2].parts[2].score == doctest::Approx(0.5));
}
