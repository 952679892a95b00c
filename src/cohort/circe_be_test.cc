// Every PREP/VERIFY case of circe-be that its criteria and correlated-criteria tests read, through whole definitions
// and both executors. circe-be checks a criterion's events; here they are the entry events of a cohort that ends with
// them.
#include "cohort/native.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "base/testing/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <tuple>

using namespace naru;
using namespace naru::cohort;

namespace {

using Stay = std::tuple<std::int64_t, std::string, std::string>;  // person, start, end

/// The rows of a PREP file as OMOP tables, indexed.
class BeData {
 public:
  explicit BeData(const fs::path& prepared) : root_(*test::shared_data("circe") / "circe_be_tests") {
    const auto tables = *read_json(root_ / prepared);
    for (const auto& [name, rows] : tables.items()) {
      if (name.starts_with("cdm.")) write(name.substr(4), rows);
      // Events that criteria are correlated with stand in a cohort table: here devices carry them.
      if (name.ends_with(".cohort")) write("device_exposure", as_devices(rows));
    }
    const auto vocabulary = *read_json(root_ / "datasets" / "vocabulary.json");
    for (const auto& [name, rows] : vocabulary.items()) write(name.substr(4), rows);
    Progress silent;
    const auto built = build_index({.folder = folder_.path(), .threads = 1}, silent);
    REQUIRE_MESSAGE(built.ok(), built.error().what.en << " " << built.error().where);
  }

  /// The cohort's stays, the same by both executors.
  std::set<Stay> stays(const Json& definition) const {
    const auto expression = parse(canonical(definition), "case");
    REQUIRE_MESSAGE(expression.ok(), expression.error().what.en << " " << expression.error().where);
    engine::DatabaseOptions options;
    options.allowed_folders = {folder_.path()};
    auto database = engine::Database::open(options);
    REQUIRE(database.ok());
    auto cdm = open_cdm(*database, {.folder = folder_.path()});
    REQUIRE(cdm.ok());
    REQUIRE(cdm->index() != nullptr);
    const auto native = run_native(*cdm->index(), *expression, {});
    REQUIRE(native.ok());
    const auto sql = run_sql(*database, *cdm, *expression, "answer");
    REQUIRE_MESSAGE(sql.ok(), sql.error().what.en << " " << sql.error().where);
    CHECK(*entries_of(*database, "answer") == native->entries);
    std::set<Stay> out;
    for (const auto& entry : native->entries) {
      out.emplace(entry.person_id, format_date(entry.start), format_date(entry.end));
    }
    return out;
  }
  /// What VERIFY lists under `name`, as a cohort shows it: cut at the end of observation, joined where stays touch.
  std::set<Stay> wanted(const fs::path& verify, const std::string& name) const {
    const auto file = *read_json(root_ / verify);
    REQUIRE_MESSAGE(file.contains(name), name);
    std::vector<std::tuple<std::int64_t, std::int32_t, std::int32_t>> rows;
    for (const auto& row : file[name]) {
      const auto start = *parse_date(row["start_date"].get<std::string>(), "");
      const auto end = *parse_date(row["end_date"].get<std::string>(), "");
      for (const auto& [person, from, to] : periods_) {
        if (person == row["person_id"] && from <= start && start <= to)
          rows.emplace_back(person, start, std::min(end, to));
      }
    }
    std::sort(rows.begin(), rows.end());
    std::set<Stay> out;
    for (std::size_t at = 0; at < rows.size();) {
      auto [person, start, end] = rows[at++];
      for (; at < rows.size() && std::get<0>(rows[at]) == person && std::get<1>(rows[at]) <= end; ++at) {
        end = std::max(end, std::get<2>(rows[at]));
      }
      out.emplace(person, format_date(start), format_date(end));
    }
    return out;
  }
  std::set<std::int64_t> persons_wanted(const fs::path& verify, const std::string& name) const {
    std::set<std::int64_t> out;
    const auto file = *read_json(root_ / verify);
    REQUIRE_MESSAGE(file.contains(name), name);
    for (const auto& row : file[name]) out.insert(row["person_id"].get<std::int64_t>());
    return out;
  }

 private:
  static Json as_devices(const Json& rows) {
    Json out = Json::array();
    for (const auto& row : rows) {
      out.push_back(Json{{"device_exposure_id", out.size() + 1},
                         {"person_id", row["subject_id"]},
                         {"device_concept_id", 1},
                         {"device_exposure_start_date", row["cohort_start_date"]},
                         {"device_exposure_end_date", row["cohort_end_date"]}});
    }
    return out;
  }
  void write(const std::string& table, const Json& rows) {
    std::set<std::string> columns;
    for (const auto& row : rows) {
      for (const auto& [column, value] : row.items()) columns.insert(column);
      if (table != "observation_period") continue;
      periods_.emplace_back(row["person_id"].get<std::int64_t>(),
                            *parse_date(row["observation_period_start_date"].get<std::string>(), ""),
                            *parse_date(row["observation_period_end_date"].get<std::string>(), ""));
    }
    std::string text;
    for (const auto& column : columns) text += (text.empty() ? "" : ",") + column;
    for (const auto& row : rows) {
      std::string line;
      for (const auto& column : columns) {
        line += line.empty() ? "\n" : ",";
        if (!row.contains(column) || row[column].is_null()) continue;
        line += row[column].is_string() ? row[column].get<std::string>() : row[column].dump();
      }
      text += line;
    }
    REQUIRE(write_file_atomic(folder_.path() / (table + ".csv"), text + "\n").ok());
  }

  fs::path root_;
  ScratchFolder folder_{"circe-be"};
  std::vector<std::tuple<std::int64_t, std::int32_t, std::int32_t>> periods_;
};

/// Concept sets 1, 2 and 3 hold the concept of that number, as codesets.json says.
Json concept_sets() {
  Json out = Json::array();
  for (const int id : {1, 2, 3}) {
    out.push_back(
        Json{{"id", id}, {"expression", {{"items", Json::array({Json{{"concept", {{"CONCEPT_ID", id}}}}})}}}});
  }
  return out;
}

/// Every event of the criterion, from its start to its end.
Json all_events(const std::string& domain, const Json& criterion) {
  Json entry = Json::object();
  entry[domain] = criterion;
  return Json{
      {"ConceptSets", concept_sets()},
      {"PrimaryCriteria", {{"CriteriaList", Json::array({entry})}, {"PrimaryCriteriaLimit", {{"Type", "All"}}}}},
      {"EndStrategy", {{"DateOffset", {{"DateField", "EndDate"}, {"Offset", 0}}}}}};
}

/// Devices around which the criterion occurs in the year before.
Json around_devices(const std::string& domain, const Json& criterion, const Json& occurrence) {
  auto out = all_events("DeviceExposure", Json::object());
  Json criteria = Json::object();
  criteria[domain] = criterion;
  out["AdditionalCriteria"] = Json{
      {"Type", "ALL"},
      {"CriteriaList",
       Json::array(
           {Json{{"Criteria", criteria},
                 {"StartWindow", {{"Start", {{"Days", 365}, {"Coeff", -1}}}, {"End", {{"Days", 0}, {"Coeff", -1}}}}},
                 {"Occurrence", occurrence}}})}};
  return out;
}

std::set<std::int64_t> persons_of(const std::set<Stay>& stays) {
  std::set<std::int64_t> out;
  for (const auto& stay : stays) out.insert(std::get<0>(stay));
  return out;
}

Json in_set(int id, bool excluded = false) { return Json{{"CodesetId", id}, {"IsExclusion", excluded}}; }

std::string file_of(std::string domain) {
  domain.front() = static_cast<char>(domain.front() + 32);
  return domain;
}

}  // namespace

TEST_CASE("circe-be: events of every criterion, plain and with adjusted dates") {
  if (!test::shared_data("circe")) return;
  const Json adjusted{{"StartWith", "START_DATE"}, {"StartOffset", 15}, {"EndWith", "END_DATE"}, {"EndOffset", -10}};
  for (const std::string domain : {"ConditionEra", "ConditionOccurrence", "Death", "DeviceExposure", "DoseEra",
                                   "DrugEra", "DrugExposure", "Measurement", "Observation", "ObservationPeriod",
                                   "PayerPlanPeriod", "ProcedureOccurrence", "VisitOccurrence", "VisitDetail"}) {
    CAPTURE(domain);
    const auto stem = "criteria/" + file_of(domain) + "DateOffset_";
    const BeData data(stem + "PREP.json");
    const bool is_period = domain == "ObservationPeriod" || domain == "PayerPlanPeriod";
    auto criterion = is_period ? Json::object() : Json{{"CodesetId", 1}};
    CHECK(data.stays(all_events(domain, criterion)) == data.wanted(stem + "VERIFY.json", file_of(domain) + ".simple"));
    criterion["DateAdjustment"] = adjusted;
    CHECK(data.stays(all_events(domain, criterion)) ==
          data.wanted(stem + "VERIFY.json", file_of(domain) + ".date_adjust"));
    if (!is_period) continue;
    criterion["UserDefinedPeriod"] = Json{{"StartDate", "2000-09-01"}, {"EndDate", "2000-09-30"}};
    CHECK(data.stays(all_events(domain, criterion)) ==
          data.wanted(stem + "VERIFY.json", file_of(domain) + ".user_defined"));
  }
}

TEST_CASE("circe-be: conditions by concept set, each alone that tells the events apart and all together") {
  if (!test::shared_data("circe")) return;
  // Which attribute names which set can be read off the one row (or person) that VERIFY keeps.
  const std::vector<std::pair<std::string, Json>> cases{
      {"ConditionEra", {{"GenderCS", 1}}},
      {"ConditionOccurrence",
       {{"ConditionTypeCS", 1}, {"ProviderSpecialtyCS", 3}, {"VisitTypeCS", 2}, {"GenderCS", 1}}},
      {"Death", {{"DeathTypeCS", 1}, {"GenderCS", 1}}},
      {"DeviceExposure", {{"DeviceTypeCS", 1}, {"ProviderSpecialtyCS", 3}, {"VisitTypeCS", 2}, {"GenderCS", 1}}},
      {"DoseEra", {{"UnitCS", 3}, {"GenderCS", 1}}},
      {"DrugEra", {{"GenderCS", 1}}},
      {"DrugExposure",
       {{"DrugTypeCS", 2}, {"RouteConceptCS", 3}, {"ProviderSpecialtyCS", 3}, {"VisitTypeCS", 2}, {"GenderCS", 1}}},
      {"Measurement",
       {{"MeasurementTypeCS", 2},
        {"OperatorCS", 3},
        {"ValueAsConceptCS", 2},
        {"UnitCS", 1},
        {"ProviderSpecialtyCS", 3},
        {"VisitTypeCS", 2},
        {"GenderCS", 1}}},
      {"Observation",
       {{"ObservationTypeCS", 1},
        {"QualifierCS", 3},
        {"ValueAsConceptCS", 2},
        {"UnitCS", 1},
        {"ProviderSpecialtyCS", 3},
        {"VisitTypeCS", 2},
        {"GenderCS", 1}}},
      {"ProcedureOccurrence",
       {{"ProcedureTypeCS", 2}, {"ModifierCS", 3}, {"ProviderSpecialtyCS", 3}, {"VisitTypeCS", 2}, {"GenderCS", 1}}},
      {"Specimen",
       {{"SpecimenTypeCS", 2}, {"UnitCS", 3}, {"AnatomicSiteCS", 2}, {"DiseaseStatusCS", 3}, {"GenderCS", 1}}},
      {"VisitOccurrence", {{"VisitTypeCS", 2}, {"ProviderSpecialtyCS", 3}, {"PlaceOfServiceCS", 2}, {"GenderCS", 1}}}};
  for (const auto& [domain, attributes] : cases) {
    CAPTURE(domain);
    const auto stem = "criteria/" + file_of(domain) + "ConceptSet_";
    const BeData data(stem + "PREP.json");
    const auto wanted = data.wanted(stem + "VERIFY.json", file_of(domain) + ".conceptset");
    REQUIRE(!wanted.empty());
    Json together{{"CodesetId", 1}};
    for (const auto& [attribute, id] : attributes.items()) {
      together[attribute] = in_set(id);
      // Sex alone leaves all events of the person; the others name the one event.
      if (attribute == "GenderCS") continue;
      CAPTURE(attribute);
      CHECK(data.stays(all_events(domain, Json{{"CodesetId", 1}, {attribute, in_set(id)}})) == wanted);
    }
    CHECK(data.stays(all_events(domain, together)) == wanted);
  }
  const BeData periods("criteria/observationPeriodConceptSet_PREP.json");
  CHECK(periods.stays(all_events("ObservationPeriod", Json{{"PeriodTypeCS", in_set(1)}})) ==
        periods.wanted("criteria/observationPeriodConceptSet_VERIFY.json", "observationPeriod.conceptset"));
}

TEST_CASE("circe-be: correlated criteria count events, distinct concepts, start dates and visits") {
  if (!test::shared_data("circe")) return;
  const std::string folder = "corelatedcriteria/";
  const BeData simple(folder + "simpleInclusion_PREP.json");
  const auto at_least_one = around_devices("ConditionOccurrence", Json::object(), Json{{"Type", 2}, {"Count", 1}});
  const auto none = around_devices("ConditionOccurrence", Json::object(), Json{{"Type", 0}, {"Count", 0}});
  CHECK(persons_of(simple.stays(at_least_one)) ==
        simple.persons_wanted(folder + "simpleInclusion_VERIFY.json", "simple_inclusion_test.inclusion"));
  CHECK(persons_of(simple.stays(none)) ==
        simple.persons_wanted(folder + "simpleInclusion_VERIFY.json", "simple_inclusion_test.exclusion"));
  const std::vector<std::tuple<std::string, std::string, Json>> cases{{"distinctDefault", "distinct_default", nullptr},
                                                                      {"distinctStart", "distinct_start", "START_DATE"},
                                                                      {"distinctVisit", "distinct_visit", "VISIT_ID"}};
  for (const auto& [stem, name, column] : cases) {
    CAPTURE(name);
    const BeData data(folder + stem + "_PREP.json");
    const Json occurrence{{"Type", 2}, {"Count", 2}, {"IsDistinct", true}, {"CountColumn", column}};
    CHECK(persons_of(data.stays(around_devices("ConditionOccurrence", Json::object(), occurrence))) ==
          data.persons_wanted(folder + stem + "_VERIFY.json", name + ".output"));
  }
  const BeData details(folder + "visitDetailCodesetCriteria_PREP.json");
  const Json once{{"Type", 0}, {"Count", 1}};
  const auto verify = folder + "visitDetailCodesetCriteria_VERIFY.json";
  const std::vector<std::pair<std::string, std::string>> attributes{
      {"GenderCS", "gender"}, {"ProviderSpecialtyCS", "provider"}, {"PlaceOfServiceCS", "provider"}};
  for (const auto& [attribute, name] : attributes) {
    for (const bool excluded : {false, true}) {
      CAPTURE(attribute);
      const auto wanted = details.persons_wanted(
          verify, "visit_detail_codeset_criteria." + name + (excluded ? "_not_in_codeset" : "_in_codeset"));
      CHECK(persons_of(details.stays(around_devices("VisitDetail", Json{{attribute, in_set(1, excluded)}}, once))) ==
            wanted);
    }
  }
}

TEST_CASE("circe-be: first occurrences of every domain, condition status, and all criteria at once") {
  const auto circe = test::shared_data("circe");
  if (!circe) return;
  const auto cohorts = [&](const fs::path& verify, const std::string& name) {
    std::map<int, std::set<Stay>> out;
    const auto file = *read_json(*circe / "circe_be_tests" / verify);
    for (const auto& row : file[name]) {
      out[row["cohort_definition_id"].get<int>()].emplace(row["subject_id"].get<std::int64_t>(),
                                                          row["cohort_start_date"].get<std::string>(),
                                                          row["cohort_end_date"].get<std::string>());
    }
    return out;
  };
  const fs::path folder = "cohortgeneration";
  {
    const BeData data(folder / "firstOccurrence" / "firstOccurrenceTest_PREP.json");
    auto wanted = cohorts(folder / "firstOccurrence" / "firstOccurrenceTest_VERIFY.json", "firstOccurrenceTest.cohort");
    auto definition =
        *read_json(*circe / "circe_be_tests" / folder / "firstOccurrence" / "firstOccurrenceTestExpression.json");
    int cohort = 0;
    for (const std::string domain :
         {"ConditionEra", "ConditionOccurrence", "DeviceExposure", "DrugEra", "DrugExposure", "Measurement",
          "Observation", "ProcedureOccurrence", "Specimen", "VisitOccurrence", "PayerPlanPeriod"}) {
      CAPTURE(domain);
      Json criterion = Json::object();
      criterion[domain] = Json{{"First", true}};
      if (domain != "PayerPlanPeriod") criterion[domain]["CodesetId"] = 0;
      definition["PrimaryCriteria"]["CriteriaList"] = Json::array({criterion});
      CHECK(data.stays(definition) == wanted[++cohort]);
    }
    CHECK(cohort == 11);
    CHECK(wanted.size() == 11);
  }
  {
    const BeData data(folder / "conditionOccurrence" / "conditionStatusTest_PREP.json");
    auto wanted =
        cohorts(folder / "conditionOccurrence" / "conditionStatusTest_VERIFY.json", "conditionStatusCriteria.cohort");
    const auto with = [&](const Json& criterion) {
      auto definition = all_events("ConditionOccurrence", criterion);
      definition.erase("EndStrategy");
      definition["PrimaryCriteria"]["PrimaryCriteriaLimit"]["Type"] = "First";
      return data.stays(definition);
    };
    CHECK(with(Json::object()) == wanted[1]);
    CHECK(with(Json{{"ConditionStatus", Json::array()}}) == wanted[2]);
    CHECK(with(Json{{"ConditionStatus", Json::array({Json{{"CONCEPT_ID", 1}}})}}) == wanted[3]);
  }
  // circe-be only asks that this runs. It holds what OMOP 5.4 or this program does not have: that is named.
  auto all = *read_json(*circe / "circe_be_tests" / folder / "allCriteria" / "allCriteriaExpression.json");
  const auto refused = parse(canonical(all), "all.json");
  if (refused.ok()) {
    const BeData data(folder / "firstOccurrence" / "firstOccurrenceTest_PREP.json");
    (void)data.stays(all);
  } else {
    CHECK(refused.error().kind == ErrorKind::rejected);
    CHECK(refused.error().where.starts_with("all.json:$."));
  }
}

TEST_CASE("circe-be: a concept set holds its concepts, and those it lists") {
  const auto circe = test::shared_data("circe");
  if (!circe) return;
  // Concepts 1 and 3 are asked for by number; VERIFY lists who is in the clause.
  const auto wanted =
      (*read_json(*circe / "circe_be_tests" / "conceptset" / "inClause_VERIFY.json"))["inclause.result"];
  std::set<std::int64_t> ids;
  for (const auto& row : wanted) ids.insert(row["concept_id"].get<std::int64_t>());
  REQUIRE(ids == std::set<std::int64_t>{1, 3});
  const BeData data("criteria/conditionOccurrenceDateOffset_PREP.json");
  auto definition = all_events("ConditionOccurrence", Json{{"CodesetId", 9}});
  definition["ConceptSets"] = Json::array({Json{
      {"id", 9},
      {"expression",
       {{"items", Json::array({Json{{"concept", {{"CONCEPT_ID", 1}}}}, Json{{"concept", {{"CONCEPT_ID", 3}}}}})}}}}});
  auto either = data.stays(all_events("ConditionOccurrence", Json{{"CodesetId", 1}}));
  either.merge(data.stays(all_events("ConditionOccurrence", Json{{"CodesetId", 3}})));
  CHECK(data.stays(definition) == either);
  // Its two expressions are read as they are: one concept with descendants, one without.
  for (const auto& [file, descendants] :
       {std::pair{"dupilumabExpression.json", true}, {"dupixentExpression.json", false}}) {
    const auto items = *read_json(*circe / "circe_be_tests" / "conceptset" / file);
    auto with = all_events("DrugExposure", Json{{"CodesetId", 4}});
    with["ConceptSets"] = Json::array({Json{{"id", 4}, {"expression", items}}});
    const auto parsed = parse(canonical(with), file);
    REQUIRE_MESSAGE(parsed.ok(), parsed.error().what.en << " " << parsed.error().where);
    REQUIRE(parsed->concept_sets.size() == 1);
    REQUIRE(parsed->concept_sets[0].items.size() == 1);
    CHECK(parsed->concept_sets[0].items[0].descendants == descendants);
  }
}

TEST_CASE("what a definition asks for and this program does not know is refused with its place") {
  const auto refused_at = [](const Json& criterion, const std::string& where) {
    const auto parsed =
        parse(canonical(Json{{"PrimaryCriteria", {{"CriteriaList", Json::array({criterion})}}}}), "d.json");
    REQUIRE(!parsed.ok());
    CHECK(parsed.error().kind == ErrorKind::rejected);
    CHECK(parsed.error().where == "d.json:$.PrimaryCriteria.CriteriaList[0]." + where);
    CHECK(!parsed.error().what.ko.empty());
  };
  refused_at(Json{{"LocationRegion", Json::object()}}, "LocationRegion");
  refused_at(Json{{"PayerPlanPeriod", {{"FamilySource", 1}}}}, "PayerPlanPeriod.FamilySource");
  refused_at(Json{{"PayerPlanPeriod", {{"PayerConcept", 7}}}}, "PayerPlanPeriod");
}
