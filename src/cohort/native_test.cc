// The index's executor and the SQL plan give the same rows: on the library's definitions and on random ones.
#include "cohort/native.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/testing/support.h"
#include "cohort/domains.h"
#include "engine/archive.h"

#include <doctest/doctest.h>

#include <fstream>
#include <random>
#include <sstream>

using namespace naru;
using namespace naru::cohort;

namespace {

class Silent final : public Progress {
 public:
  void at(const Text&, std::uint64_t, std::uint64_t) override {}
  [[nodiscard]] bool stop_requested() const override { return false; }
};

/// OMOP tables, unpacked and indexed.
struct Indexed {
  ScratchFolder folder{"indexed"};
  engine::Database database;
  Cdm cdm;

  explicit Indexed(const fs::path& archive)
      : database(open()), cdm([&] {
          REQUIRE(engine::extract(archive, folder.path()).ok());
          Silent silent;
          const auto built = build_index({.folder = folder.path(), .threads = 2}, silent);
          REQUIRE_MESSAGE(built.ok(), built.error().what.en << " " << built.error().where);
          auto opened = open_cdm(database, {.folder = folder.path()});
          REQUIRE(opened.ok());
          REQUIRE(opened->index() != nullptr);
          return std::move(opened).value();
        }()) {}
  engine::Database open() const {
    engine::DatabaseOptions options;
    options.allowed_folders = {folder.path()};
    options.threads = 2;
    auto opened = engine::Database::open(options);
    REQUIRE(opened.ok());
    return std::move(opened).value();
  }

  /// Entries with ages, one line each.
  std::string rows(std::string_view table) {
    const auto all = database.query("SELECT person_id, start_date, end_date, age FROM " + engine::quoted(table) +
                                    " ORDER BY person_id, start_date, end_date");
    REQUIRE(all.ok());
    std::string out;
    for (std::size_t row = 0; row < all->count; ++row) {
      out += fmt::format("{} {} {} {}\n", all->integer(0, row), all->integer(1, row), all->integer(2, row),
                         all->is_null(3, row) ? "-" : std::to_string(all->integer(3, row)));
    }
    return out;
  }

  /// Both executors, compared; the number of entries.
  std::int64_t compare(const Expression& expression, const std::string& label) {
    const auto sql = run_sql(database, cdm, expression, "by_sql");
    REQUIRE_MESSAGE(sql.ok(), label << ": " << sql.error().what.en << " " << sql.error().where);
    const auto native = run(database, cdm, expression, "by_index");
    REQUIRE_MESSAGE(native.ok(), label << ": " << native.error().what.en);
    CHECK_MESSAGE(native->persons == sql->persons, label);
    CHECK_MESSAGE(native->entries == sql->entries, label);
    REQUIRE(native->attrition.size() == sql->attrition.size());
    for (std::size_t step = 0; step < sql->attrition.size(); ++step) {
      CHECK_MESSAGE(native->attrition[step].persons == sql->attrition[step].persons, label << " step " << step);
      CHECK(native->attrition[step].rule == sql->attrition[step].rule);
    }
    CHECK_MESSAGE(rows("by_index") == rows("by_sql"), label << " rows");
    return sql->entries;
  }
};

/// Draws definitions: any domain, any feature, over the concepts that the tables hold.
class Drawer {
 public:
  Drawer(Indexed& data, unsigned seed) : random_(seed), data_(data) {
    REQUIRE(data.cdm.require(data.database, {"visit_occurrence", "provider"}).ok());
    for (const auto& domain : domains()) {
      REQUIRE(data.cdm.require(data.database, {std::string(domain.table)}).ok());
      auto& list = concepts_[std::string(domain.key)];
      if (domain.concept_column.empty()) continue;
      const auto found = data.database.query("SELECT " + std::string(domain.concept_column) + " AS c FROM " +
                                             data.cdm.relation(domain.table) +
                                             " WHERE c IS NOT NULL GROUP BY c ORDER BY count(*) DESC, c LIMIT 30");
      REQUIRE(found.ok());
      for (std::size_t row = 0; row < found->count; ++row) list.push_back(found->integer(0, row));
      if (!list.empty()) filled_.push_back(&domain);
    }
    filled_.push_back(domain_named("ObservationPeriod"));
  }

  Expression draw() {
    expression_ = {};
    const auto entries = below(4) == 0 ? std::int64_t{2} : std::int64_t{1};
    for (auto left = entries; left > 0; --left) expression_.entry.push_back(criterion(0));
    expression_.prior_days = chance(3) ? below(400) : 0;
    expression_.post_days = chance(5) ? below(100) : 0;
    expression_.entry_limit = limit();
    if (chance(3)) {
      expression_.additional = group(0);
      expression_.qualified_limit = limit();
    }
    for (auto rule = below(4); rule > 0; --rule) expression_.rules.push_back({"rule", group(0)});
    expression_.expression_limit = limit();
    exit();
    if (chance(4)) expression_.censoring.push_back(criterion(1));
    expression_.era_pad_days = chance(3) ? below(200) : 0;
    if (chance(8)) expression_.censor_start = 15'000;
    if (chance(8)) expression_.censor_end = 18'500;
    return expression_;
  }

 private:
  std::int64_t below(int bound) { return static_cast<std::int64_t>(random_() % static_cast<unsigned>(bound)); }
  bool chance(int one_in) { return below(one_in) == 0; }
  Limit limit() { return static_cast<Limit>(below(3)); }

  std::int64_t concept_set(const std::vector<std::int64_t>& from) {
    ConceptSet set;
    set.id = static_cast<std::int64_t>(expression_.concept_sets.size());
    for (auto items = from.empty() ? 0 : below(4) + (chance(10) ? 0 : 1); items > 0; --items) {
      set.items.push_back(
          {from[static_cast<std::size_t>(below(static_cast<int>(from.size())))], chance(6), chance(2), chance(8)});
    }
    expression_.concept_sets.push_back(std::move(set));
    return static_cast<std::int64_t>(expression_.concept_sets.size()) - 1;
  }

  Predicate predicate(const Attribute& attribute, const Domain& domain) {
    Predicate out{std::string(attribute.key), attribute.test};
    out.compare = static_cast<Compare>(below(8));
    const bool of_person = attribute.key.find("Age") != std::string_view::npos;
    out.value = static_cast<double>(below(of_person ? 90 : 60));
    out.extent = out.value + static_cast<double>(below(40));
    out.date = static_cast<std::int32_t>(14'000 + below(5'000));
    out.date_extent = out.date + static_cast<std::int32_t>(below(2'000));
    out.negated = chance(4);
    if (attribute.test != Test::concepts) return out;
    const auto values = values_of(attribute, domain);
    if (values.empty() || chance(3)) {
      out.test = Test::concept_set;
      out.concept_set = concept_set(values);
      return out;
    }
    for (auto count = below(3) + 1; count > 0; --count) {
      out.concepts.push_back(values[static_cast<std::size_t>(below(static_cast<int>(values.size())))]);
    }
    return out;
  }

  std::vector<std::int64_t> values_of(const Attribute& attribute, const Domain& domain) {
    const auto looked = look_of(attribute);
    if (looked.look == Look::person) return {8507, 8532};
    std::string table(looked.look == Look::column ? domain.table : table_of(attribute.needs));
    REQUIRE(data_.cdm.require(data_.database, {table}).ok());
    const auto found = data_.database.query("SELECT DISTINCT " + std::string(looked.column) + " AS c FROM " +
                                            data_.cdm.relation(table) + " WHERE c IS NOT NULL ORDER BY c LIMIT 5");
    REQUIRE(found.ok());
    return found->count == 0 ? std::vector<std::int64_t>{} : found->columns[0].integers;
  }

  Criterion criterion(int depth) {
    const auto& domain = *filled_[static_cast<std::size_t>(below(static_cast<int>(filled_.size())))];
    Criterion out;
    out.domain = domain.key;
    const auto& concepts = concepts_[out.domain];
    if (!domain.concept_column.empty() && !chance(12)) out.concept_set = concept_set(concepts);
    if (!domain.source_key.empty() && chance(15)) out.source_concept_set = concept_set(concepts);
    out.first = chance(4);
    for (const auto& attribute : domain.attributes) {
      if (attribute.test != Test::text && chance(14)) out.predicates.push_back(predicate(attribute, domain));
    }
    if (chance(10)) out.adjustment = DateAdjustment{chance(2), below(60) - 30, chance(2), below(60) - 30};
    if (out.domain == "ObservationPeriod" && chance(3)) {
      out.user_start = static_cast<std::int32_t>(14'000 + below(4'000));
      out.user_end = *out.user_start + static_cast<std::int32_t>(below(300));
    }
    if (depth < 2 && chance(6)) out.correlated.push_back(group(depth + 1));
    return out;
  }

  WindowEnd window_end(std::int64_t sign) {
    WindowEnd out;
    out.sign = sign;
    if (!chance(3)) out.days = below(400);
    return out;
  }
  Window window() {
    Window out;
    out.start = window_end(chance(4) ? 1 : -1);
    out.end = window_end(chance(3) ? -1 : 1);
    out.from_index_end = chance(4);
    out.on_event_end = chance(5);
    return out;
  }

  Group group(int depth) {
    Group out;
    out.kind = static_cast<GroupKind>(below(4));
    out.count = below(3);
    for (auto members = below(3); members > 0; --members) {
      Windowed member;
      member.criterion = criterion(depth + 1);
      if (!chance(8)) member.start_window = window();
      if (chance(4)) member.end_window = window();
      member.occurrence = static_cast<Occurrence>(below(3));
      member.count = below(3);
      member.count_of = chance(3) ? static_cast<CountOf>(below(4)) : CountOf::events;
      member.same_visit = chance(10);
      member.ignore_observation_period = chance(5);
      out.criteria.push_back(std::move(member));
    }
    if (chance(3)) {
      Demographic demographic;
      for (const auto& attribute : demographic_attributes()) {
        if (!chance(3) || attribute.key == "Race" || attribute.key == "Ethnicity") continue;
        demographic.predicates.push_back(predicate(attribute, *domain_named("ConditionOccurrence")));
      }
      out.demographics.push_back(std::move(demographic));
    }
    if (depth < 2 && chance(4)) out.groups.push_back(group(depth + 1));
    return out;
  }

  void exit() {
    auto& out = expression_.exit;
    out.kind = static_cast<ExitKind>(below(3));
    out.from_end = chance(2);
    out.offset_days = below(120);
    if (out.kind != ExitKind::drug_era) return;
    out.gap_days = below(60);
    out.drug_set = concept_set(concepts_["DrugExposure"]);
    if (chance(4)) out.supply_days = below(90);
  }

  std::mt19937 random_;
  Indexed& data_;
  Expression expression_;
  std::map<std::string, std::vector<std::int64_t>> concepts_;
  std::vector<const Domain*> filled_;
};

}  // namespace

TEST_CASE("index and SQL agree on every library definition and data set, with its inclusion rules") {
  const auto circe = test::shared_data("circe");
  const auto omop = test::shared_data("omop");
  if (!circe || !omop) return;
  std::int64_t entries = 0;
  for (const auto& [name, archive] : std::map<std::string, fs::path>{{"fuzz", *circe / "fuzz_cdm.zip"},
                                                                     {"gibleed", *omop / "GiBleed_5.3_csv.zip"},
                                                                     {"synthea27nj", *omop / "Synthea27Nj_5.4.zip"}}) {
    Indexed data(archive);
    const auto files = list_files(*circe / "cohorts", false);
    REQUIRE(files.ok());
    for (const auto& file : *files) {
      const auto expression = parse(*read_file(*circe / "cohorts" / file), file.string());
      REQUIRE(expression.ok());
      entries += data.compare(*expression, name + " " + file.string());
    }
  }
  CHECK(entries > 10'000);
}

TEST_CASE("index and SQL agree on random definitions") {
  const auto circe = test::shared_data("circe");
  if (!circe) return;
  Indexed data(*circe / "fuzz_cdm.zip");
  Drawer drawer(data, 20'261'126);
  int with_rows = 0;
  for (int definition = 0; definition < 300; ++definition) {
    const auto expression = drawer.draw();
    with_rows += data.compare(expression, "definition " + std::to_string(definition)) > 0 ? 1 : 0;
  }
  // A comparison of nothing with nothing would prove nothing.
  CHECK(with_rows > 60);
}

TEST_CASE("threads change no row, excluded persons are not there, and a changed table is not answered from its index") {
  const auto circe = test::shared_data("circe");
  if (!circe) return;
  Indexed data(*circe / "fuzz_cdm.zip");
  const auto expression = *parse(*read_file(*circe / "cohorts" / "325.json"), "325");
  const auto one = run_native(*data.cdm.index(), expression, {.threads = 1});
  const auto many = run_native(*data.cdm.index(), expression, {.threads = 5});
  REQUIRE(one.ok());
  CHECK(one->entries == many->entries);
  REQUIRE(one->entries.size() > 10);
  const auto gone = one->entries[3].person_id;
  const auto without = run_native(*data.cdm.index(), expression, {.excluded_persons = {gone}});
  CHECK(without->count.persons == one->count.persons - 1);
  for (const auto& entry : without->entries) CHECK(entry.person_id != gone);
  // The strata of the entries, by index and by SQL.
  REQUIRE(run_sql(data.database, data.cdm, expression, "answer").ok());
  const auto by_sql = *strata(data.database, data.cdm, "answer");
  const auto by_index = strata(*data.cdm.index(), one->entries);
  CHECK(*people_of_strata(data.database, data.cdm, "answer") == people_of_strata(*data.cdm.index(), one->entries));
  for (std::size_t cell = 0; cell < by_sql.cells.size(); ++cell) {
    CHECK(by_sql.cells[cell].persons == by_index.cells[cell].persons);
  }
  // Same size, other bytes: the index is not used. Back again, it is: what counts is what the files hold.
  auto file = data.cdm.files().at("condition_occurrence");
  const auto text = *read_file(file);
  auto changed = text;
  changed.back() = ' ';
  REQUIRE(write_file_atomic(file, changed).ok());
  auto again = open_cdm(data.database, {.folder = data.folder.path(), .schema = "changed"});
  CHECK(again->index() == nullptr);
  CHECK(again->index_state() == IndexState::stale);
  REQUIRE(write_file_atomic(file, text).ok());
  auto back = open_cdm(data.database, {.folder = data.folder.path(), .schema = "back"});
  CHECK(back->index() != nullptr);
  // A cut file of the index is noticed before it is read.
  const auto column = data.folder.path() / index_folder_name / "condition_occurrence.naru_person.column";
  fs::resize_file(column, fs::file_size(column) - 4);
  auto broken = open_cdm(data.database, {.folder = data.folder.path(), .schema = "broken"});
  CHECK(broken->index() == nullptr);
  CHECK(broken->index_state() == IndexState::unreadable);
}

TEST_CASE("persons per concept by sex and decade are those of a plain query") {
  const auto circe = test::shared_data("circe");
  if (!circe) return;
  Indexed data(*circe / "fuzz_cdm.zip");
  const auto cells = persons_by_concept(*data.cdm.index(), "condition_occurrence", {.threads = 2});
  REQUIRE(cells.ok());
  REQUIRE(data.cdm.require(data.database, {"condition_occurrence", "person", "observation_period"}).ok());
  const auto rows = data.database.query(
      "SELECT concept, sex, least(greatest(age, 0) // 10, 9) AS band, count(*) FROM (SELECT c.condition_concept_id AS "
      "concept, CASE p.gender_concept_id WHEN 8532 THEN 0 WHEN 8507 THEN 1 ELSE 2 END AS sex, "
      "year(min(c.condition_start_date)) - p.year_of_birth AS age FROM " +
      data.cdm.relation("condition_occurrence") + " c JOIN " + data.cdm.relation("person") +
      " p USING (person_id) WHERE person_id IN (SELECT person_id FROM " + data.cdm.relation("observation_period") +
      ") GROUP BY c.condition_concept_id, person_id, p.gender_concept_id, p.year_of_birth) s WHERE concept IS NOT NULL "
      "AND age >= 0 GROUP BY ALL ORDER BY ALL");
  REQUIRE(rows.ok());
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::int64_t> wanted;
  for (std::size_t row = 0; row < rows->count; ++row) {
    wanted[{rows->integer(0, row), rows->integer(1, row), rows->integer(2, row)}] = rows->integer(3, row);
  }
  std::size_t known = 0;
  for (const auto& cell : *cells) {
    if (cell.band == 10) continue;
    ++known;
    CHECK(wanted[{cell.concept_id, cell.sex, cell.band}] == cell.persons);
  }
  CHECK(known == wanted.size());
  CHECK(known > 50);
}

TEST_CASE("conditions on texts are left to SQL, by name") {
  const auto text = R"({"ConceptSets":[],"PrimaryCriteria":{"CriteriaList":[{"ConditionOccurrence":)"
                    R"({"StopReason":{"Text":"x","Op":"contains"}}}],"ObservationWindow":{},)"
                    R"("PrimaryCriteriaLimit":{"Type":"All"}}})";
  const auto expression = parse(text, "q");
  REQUIRE(expression.ok());
  CHECK_FALSE(is_native(*expression));
}
