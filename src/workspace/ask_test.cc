#include "workspace/ask.h"

#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "workspace/exact.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace naru;
using namespace naru::workspace;

namespace {

constexpr std::int64_t today_ms = 1'790'000'000'000;

std::string drug(std::int64_t concept_id, int prior_days = 0) {
  return R"({"ConceptSets":[{"id":0,"expression":{"items":[{"concept":{"CONCEPT_ID":)" + std::to_string(concept_id) +
         R"(}}]}}],"PrimaryCriteria":{"CriteriaList":[{"DrugExposure":{"CodesetId":0}}],"ObservationWindow":{"PriorDays":)" +
         std::to_string(prior_days) + R"(,"PostDays":0},"PrimaryCriteriaLimit":{"Type":"First"}}})";
}

/// A hospital of 200 persons: drug 1 for persons 1 … 120, drug 2 for 1 … 117, drug 3 for 1 … 4.
class Hospital {
 public:
  Hospital()
      : clock(today_ms), authority(*SigningKey::from_seed(Bytes(32, 1))), records(open_records()), log(open_log()) {
    site.name = "hospital-a";
    site.layout = model::SiteLayout(folder.path());
    site.data = site.layout.lake();
    site.vocabulary = site.layout.vocabulary();
    write_lake();
    site.data_digest = *data_digest_of(site.data);
    site.vocabulary_hash = std::string(64, 'b');
    site.policy_hash = std::string(64, 'a');
    site.rules = {10, 5, true, Zeros::hidden};
    site.control = protect::OutputControl{Zeros::hidden, {3, 50, 50, 100}, {12, 30}, {}, {}, {}, {}, "test"};
    site.perturbation_key = Bytes(32, 7);
    site.repeat_threshold = 10;
    site.mode = "federated";
    site.authority = authority.public_key();
    right.id = "right-2026-0001";
    right.project = "prj-1";
    right.organisation = "startup";
    right.people = {"kim"};
    right.sites = {"hospital-a"};
    right.modes = {"federated"};
    right.tables = {"drug_exposure", "observation_period", "person"};
    right.purpose = "research";
    right.valid_from = static_cast<std::int32_t>(today_ms / 86'400'000) - 1;
    right.valid_until = right.valid_from + 100;
    right.query_budget = 3;
    right.policy = "naru-demo";
    right.policy_hash = site.policy_hash;
    right.vocabulary_hash = site.vocabulary_hash;
    right.issued_at = "2026-09-20T00:00:00.000Z";
    right.issuer = "authority";
  }

  Result<AnsweredLocally> ask(const std::string& definition, const std::string& account = "kim") {
    const auto token = govern::sign_right(right, authority);
    REQUIRE_MESSAGE(token.ok(), token.error().what.en << " " << token.error().where);
    return ask_local({govern::right_file(*token), definition, account, rho}, site, records, log, clock);
  }
  Json receipt(const std::string& id) { return *read_json(folder.path() / "private" / "asked" / (id + ".json")); }
  std::int64_t used() { return *answers_used(records, right.id); }

  ScratchFolder folder{"hospital"};
  FixedClock clock;
  SigningKey authority;
  SeededRandom random{3};
  engine::Records records;
  audit::Log log;
  AnsweringSite site{"", model::SiteLayout(""), {}, {}, {}, {}, {}, {}, 0, {}};
  govern::UseRight right;
  double rho = 0;  ///< more than 0: ask with noise

 private:
  engine::Records open_records() {
    auto opened = engine::Records::open(folder.path() / "records.sqlite", clock);
    REQUIRE(opened.ok());
    return std::move(opened).value();
  }
  audit::Log open_log() {
    auto opened = audit::Log::open(folder.path() / "log", "naru/hospital-a", authority, clock, random);
    REQUIRE(opened.ok());
    return std::move(opened).value();
  }
  void write_lake() {
    REQUIRE(make_folder(site.data).ok());
    REQUIRE(make_folder(site.vocabulary).ok());
    engine::DatabaseOptions options;
    options.allowed_folders = {folder.path()};
    auto database = *engine::Database::open(options);
    const auto put = [&](const fs::path& file, const char* select, const char* order) {
      const auto written = database.copy_to_parquet(select, order, file);
      REQUIRE_MESSAGE(written.ok(), written.error().what.en);
    };
    put(site.data / "person.parquet",
        "SELECT i AS person_id, CASE WHEN i % 2 = 0 THEN 8507 ELSE 8532 END AS gender_concept_id, 1950 + i % 50 AS "
        "year_of_birth FROM range(1, 201) t(i)",
        "person_id");
    put(site.data / "observation_period.parquet",
        "SELECT i AS observation_period_id, i AS person_id, DATE '2010-01-01' AS observation_period_start_date, DATE "
        "'2024-12-31' AS observation_period_end_date FROM range(1, 201) t(i)",
        "person_id");
    put(site.data / "drug_exposure.parquet",
        "SELECT row_number() OVER (ORDER BY d, i) AS drug_exposure_id, i AS person_id, d AS drug_concept_id, DATE "
        "'2015-06-01' AS drug_exposure_start_date, DATE '2015-07-01' AS drug_exposure_end_date FROM range(1, 201) "
        "t(i), "
        "(VALUES (1, 120), (2, 117), (3, 4)) c(d, n) WHERE i <= n",
        "drug_exposure_id");
    put(site.vocabulary / "concept.parquet",
        "SELECT i AS concept_id, CAST(NULL AS VARCHAR) AS invalid_reason FROM range(1, 10) t(i)", "concept_id");
  }
};

}  // namespace

TEST_CASE("an answer is rounded and complete, its exact figures stay in the receipt, and the meter moves") {
  Hospital hospital;
  const auto answered = hospital.ask(drug(1));
  REQUIRE_MESSAGE(answered.ok(), answered.error().what.en << " " << answered.error().where);
  const auto json = *parse_json(answered->output.json(), "answer");
  CHECK(json["persons"] == 120);
  CHECK(json["mode"] == "federated");
  CHECK(json["distinct"] == true);
  CHECK(json["epoch"] == 1);
  CHECK(json["repeated"] == false);
  CHECK(json["meter"]["used"] == 1);
  CHECK(json["table"]["cells"].size() == 3);
  CHECK(answered->output.json().find("\"120\"") == std::string::npos);
  CHECK(answered->receipt.persons == 120);
  const auto receipt = hospital.receipt(answered->receipt.id);
  CHECK(receipt["persons"] == 120);
  std::int64_t sum = 0;
  for (const auto& cell : receipt["table"]["cells"]) sum += cell.get<std::int64_t>();
  CHECK(sum == 120);
  CHECK(hospital.used() == 1);
  const auto entries = *hospital.log.read(0, 10);
  CHECK(entries.back().event.name == "question.answered");
}

TEST_CASE("a handful of persons is null with its reason") {
  Hospital hospital;
  const auto answered = hospital.ask(drug(3));
  REQUIRE(answered.ok());
  const auto json = *parse_json(answered->output.json(), "answer");
  CHECK(json["persons"].is_null());
  CHECK(json["reason"] == "small");
  CHECK(answered->receipt.persons == 4);
}

TEST_CASE("refused questions cost nothing, are logged, and name what is missing") {
  Hospital hospital;
  const auto stranger = hospital.ask(drug(1), "lee");
  REQUIRE(!stranger.ok());
  CHECK(stranger.error().kind == ErrorKind::refused);
  const auto visits = hospital.ask(R"({"PrimaryCriteria":{"CriteriaList":[{"VisitOccurrence":{}}]}})");
  REQUIRE(!visits.ok());
  CHECK(visits.error().where == "right-2026-0001.tables.visit_occurrence");
  CHECK(!hospital.ask("{").ok());
  hospital.site.authority = SigningKey::from_seed(Bytes(32, 2))->public_key();
  CHECK(!hospital.ask(drug(1)).ok());
  CHECK(hospital.used() == 0);
  CHECK(hospital.log.read(0, 10)->back().event.name == "question.refused");
}

TEST_CASE("a revoked right is refused, and so is one whose budget is used") {
  Hospital hospital;
  REQUIRE(hospital.ask(drug(1)).ok());
  REQUIRE(hospital.ask(drug(3)).ok());
  REQUIRE(hospital.ask(drug(1)).ok());
  const auto fourth = hospital.ask(drug(1));
  REQUIRE(!fourth.ok());
  CHECK(fourth.error().where == "right-2026-0001.query_budget");
  CHECK(hospital.used() == 3);
  hospital.right.query_budget = 10;
  REQUIRE(note_revoked(hospital.records, hospital.right.id, "2026-09-21T00:00:00.000Z", "breach").ok());
  const auto revoked = hospital.ask(drug(1));
  REQUIRE(!revoked.ok());
  CHECK(revoked.error().kind == ErrorKind::refused);
  CHECK(revoked.error().what.en.find("breach") != std::string::npos);
}

TEST_CASE(
    "after one withdrawal the repeated question keeps its earlier answer, marked, while the figure inside moved") {
  Hospital hospital;
  const auto before = hospital.ask(drug(1));
  hospital.site.epoch = 2;
  hospital.site.withdrawn = {7};
  const auto after = hospital.ask(drug(1));
  REQUIRE(after.ok());
  const auto first = *parse_json(before->output.json(), "a");
  const auto second = *parse_json(after->output.json(), "b");
  CHECK(second["persons"] == first["persons"]);
  CHECK(second["table"] == first["table"]);
  CHECK(second["epoch"] == 1);
  CHECK(second["epoch_now"] == 2);
  CHECK(second["repeated"] == true);
  CHECK(second["identity"] == first["identity"]);
  CHECK(after->receipt.persons == 119);
  for (std::int64_t person = 1; person <= 40; ++person) hospital.site.withdrawn.push_back(person);
  hospital.site.epoch = 3;
  const auto moved = hospital.ask(drug(1));
  REQUIRE(moved.ok());
  CHECK((*parse_json(moved->output.json(), "c"))["epoch"] == 3);
  CHECK((*parse_json(moved->output.json(), "c"))["persons"] == 80);
}

TEST_CASE("a question about almost the same persons as an answered one gets that answer again") {
  Hospital hospital;
  hospital.right.query_budget = 10;
  const auto first = hospital.ask(drug(1));
  REQUIRE(first.ok());
  const auto neighbour = hospital.ask(drug(2));
  REQUIRE_MESSAGE(neighbour.ok(), neighbour.error().what.en);
  const auto a = *parse_json(first->output.json(), "a");
  const auto b = *parse_json(neighbour->output.json(), "b");
  CHECK(b["near"] == true);
  CHECK(b["persons"] == a["persons"]);
  CHECK(b["table"] == a["table"]);
  CHECK(b["identity"] != a["identity"]);
  CHECK(neighbour->receipt.persons == 117);
  // A handful shows no figure to subtract, and another wording of the same persons tells nothing new.
  CHECK(hospital.ask(drug(3)).ok());
  CHECK((*parse_json(hospital.ask(drug(1, 30))->output.json(), "c"))["near"] == true);
}

TEST_CASE("whether one person is among those asked for changes nothing of what leaves") {
  // The same questions at two hospitals; in the second one, person 120 does not take drug 1.
  const auto told = [](bool with) {
    Hospital hospital;
    hospital.right.query_budget = 10;
    REQUIRE(hospital.ask(drug(2)).ok());
    if (!with) hospital.site.withdrawn = {120};
    const auto answer = hospital.ask(drug(1));
    REQUIRE(answer.ok());
    return (*parse_json(answer->output.json(), "answer"))["table"];
  };
  CHECK(told(true) == told(false));
}

TEST_CASE("what was answered is found again after a restart, of whatever project, and damage stops the answers") {
  Hospital hospital;
  hospital.right.query_budget = 10;
  REQUIRE(hospital.ask(drug(1)).ok());
  hospital.right.project = "prj-2";
  const auto same = hospital.ask(drug(1));
  REQUIRE(same.ok());
  CHECK((*parse_json(same->output.json(), "same"))["repeated"] == true);
  const auto folder = hospital.folder.path() / "private" / "answered" / "federated";
  int answers = 0;
  const auto files = *list_files(folder, false);
  for (const auto& file : files) {
    if (file.extension() != ".answer") continue;
    ++answers;
    auto bytes = *read_file(folder / file);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    REQUIRE(write_file_atomic(folder / file, bytes, 0600).ok());
  }
  CHECK(answers == 1);
  const auto refused = hospital.ask(drug(1));
  REQUIRE(!refused.ok());
  CHECK(refused.error().kind == ErrorKind::rejected);
  // The numbering of persons is part of the ledger: without it the bitmaps mean nobody.
  Hospital other;
  REQUIRE(other.ask(drug(1)).ok());
  fs::remove(other.folder.path() / "private" / "answered" / "federated" / "people.ids");
  CHECK(other.ask(drug(3)).error().where == "people.ids");
}

TEST_CASE("a policy without the section on disclosure answers nothing, and the ledger's own budget ends") {
  Hospital hospital;
  hospital.site.control->ledger.answers_project = 1;
  REQUIRE(hospital.ask(drug(1)).ok());
  const auto second = hospital.ask(drug(3));
  REQUIRE(!second.ok());
  CHECK(second.error().where == "disclosure.ledger");
  CHECK(hospital.used() == 1);
  hospital.site.control.reset();
  const auto none = hospital.ask(drug(1));
  REQUIRE(!none.ok());
  CHECK(none.error().where == "policy.disclosure");
}

TEST_CASE("an answer with noise is paid from the persons' budget once, repeats for nothing, and the budget ends") {
  Hospital hospital;
  hospital.right.query_budget = 10;
  hospital.site.control->noise = {0.5, 1e-6};
  hospital.rho = 0.4;
  const auto first = hospital.ask(drug(1));
  REQUIRE_MESSAGE(first.ok(), first.error().what.en);
  const auto a = *parse_json(first->output.json(), "a");
  CHECK(std::abs(a["persons"].get<double>() - 120) < 12);  // a standard error of 1.6
  CHECK(a["noise"]["rho"].get<double>() <= 0.4);
  CHECK(a["noise"]["budget"]["epsilon"].get<double>() > 0);
  const auto again = *parse_json(hospital.ask(drug(1))->output.json(), "b");
  CHECK(again["repeated"] == true);
  CHECK(again["table"] == a["table"]);
  CHECK(again["noise"]["budget"]["spent"] == a["noise"]["budget"]["spent"]);
  const auto spent = hospital.ask(drug(2));
  REQUIRE(!spent.ok());
  CHECK(spent.error().kind == ErrorKind::refused);
  CHECK(spent.error().where == "privacy/federated");
}

TEST_CASE("the right's own cohort limits whom an answer counts") {
  Hospital hospital;
  hospital.right.cohort = canonical(*parse_json(drug(2), "cohort"));
  const auto answered = hospital.ask(drug(1));
  REQUIRE_MESSAGE(answered.ok(), answered.error().what.en);
  CHECK(answered->receipt.persons == 117);
}

TEST_CASE("what was computed once is remembered, and metered, logged and decided like any other answer") {
  Hospital hospital;
  const auto first = hospital.ask(drug(1));
  REQUIRE(first.ok());
  CHECK(!first->receipt.remembered);
  const auto second = hospital.ask(drug(1));
  REQUIRE(second.ok());
  CHECK(second->receipt.remembered);
  CHECK(second->receipt.repeated);
  CHECK(second->receipt.persons == 120);
  // Once more of the right's budget, not twice and not for nothing.
  CHECK(hospital.used() == 2);
  CHECK(parse_json(second->output.json(), "a")->at("persons") == parse_json(first->output.json(), "a")->at("persons"));
  const auto run_of = [&](const std::string& id) {
    auto run = hospital.receipt(id)["run"];
    run.erase("seconds");
    return run;
  };
  CHECK(run_of(second->receipt.id) == run_of(first->receipt.id));
  // The last of the budget; then a remembered answer is refused like any other.
  REQUIRE(hospital.ask(drug(2)).ok());
  const auto refused = hospital.ask(drug(1));
  REQUIRE(!refused.ok());
  CHECK(refused.error().where == "right-2026-0001.query_budget");
  CHECK(hospital.used() == 3);
}

TEST_CASE("each part of an answer's identity makes another answer, and noise spends the same with a remembered count") {
  Hospital hospital;
  hospital.right.query_budget = 100;
  REQUIRE(hospital.ask(drug(1)).ok());
  const auto remembered = [&] {
    const auto answered = hospital.ask(drug(1));
    REQUIRE_MESSAGE(answered.ok(), answered.error().what.en << " " << answered.error().where);
    return answered->receipt.remembered;
  };
  CHECK(remembered());
  // One person withdraws: the epoch moves and the person is gone from the count.
  hospital.site.withdrawn = {1};
  hospital.site.epoch = 2;
  CHECK(!remembered());
  CHECK(remembered());
  // Even if somebody forgot to move the epoch.
  hospital.site.withdrawn = {1, 2};
  const auto left_out = hospital.ask(drug(1));
  REQUIRE(left_out.ok());
  CHECK(!left_out->receipt.remembered);
  CHECK(left_out->receipt.persons == 118);
  // Other bytes of the data.
  hospital.site.data_digest = std::string(64, 'd');
  CHECK(!remembered());
  hospital.site.policy_hash = hospital.right.policy_hash = std::string(64, 'e');
  CHECK(!remembered());
  hospital.site.vocabulary_hash = hospital.right.vocabulary_hash = std::string(64, 'f');
  CHECK(!remembered());
  // The right's cohort.
  hospital.right.cohort = drug(2);
  CHECK(!remembered());
  CHECK(remembered());
}

TEST_CASE("the digest of the data is remembered by the state of its files, and follows every change") {
  Hospital hospital;
  const auto memory = digest_memory(hospital.site.layout);
  REQUIRE(make_folder(memory.parent_path(), 0700).ok());
  const auto plain = *data_digest_of(hospital.site.data);
  CHECK(*data_digest_of(hospital.site.data, memory) == plain);
  CHECK(fs::exists(memory));
  CHECK(*data_digest_of(hospital.site.data, memory) == plain);
  const auto file = hospital.site.data / "person.parquet";
  auto bytes = *read_file(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  // Same length, old modification time: the change time tells.
  const auto time = fs::last_write_time(file);
  REQUIRE(write_file_atomic(file, bytes).ok());
  fs::last_write_time(file, time);
  const auto changed = *data_digest_of(hospital.site.data, memory);
  CHECK(changed != plain);
  CHECK(changed == *data_digest_of(hospital.site.data));
  REQUIRE(write_file_atomic(memory, "damaged").ok());
  CHECK(*data_digest_of(hospital.site.data, memory) == changed);
}
