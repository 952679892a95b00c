#include "base/testing/support.h"
#include "ingest/fhir_time.h"
#include "ingest/ingest.h"
#include "ingest/testing.h"
#include "vocabulary/vocabulary.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

namespace {

const std::string patient =
    R"({"resourceType":"Patient","id":"p1","name":[{"text":"박아픔"}],"telecom":[{"system":"phone","value":"010-1"}],)"
    R"("gender":"male","birthDate":"2001-01-02","address":[{"text":"서울특별시"}]})"
    "\n";
const std::string subject = R"("subject":{"reference":"Patient/p1"})";

std::string condition(const std::string& id, const std::string& more) {
  return R"({"resourceType":"Condition","id":")" + id +
         R"(","code":{"coding":[{"system":"http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8","code":"N20.1"}]},)" +
         subject + "," + more + "}\n";
}

std::string request(const std::string& id, const std::string& status, const std::string& intent) {
  return R"({"resourceType":"MedicationRequest","id":")" + id + R"(","status":")" + status + R"(","intent":")" +
         intent +
         R"(","medicationCodeableConcept":{"coding":[{"system":"http://www.whocc.no/atc","code":"C07AB07"},)"
         R"({"system":"http://www.hl7korea.or.kr/CodeSystem/kpis-kdcode","code":"690001710"}]},)" +
         subject + R"(,"authoredOn":"2020-01-10T09:00:00+09:00","dispenseRequest":{"expectedSupplyDuration":)" +
         R"({"value":1,"code":"wk"}}})" + "\n";
}

void put_vocabulary(Site& site) {
  put(site.scratch.path() / "athena/CONCEPT.csv",
      "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\n"
      "1\tstone\tCondition\tSNOMED\tx\tS\t31054009\n2\tstone\tCondition\tKCD8\tx\t\tN20.1\n"
      "3\tbisoprolol\tDrug\tRxNorm\tx\tS\t19484\n4\tproduct\tDrug\tKPIS\tx\t\t690001710\n"
      "5\temployed\tObservation\tSNOMED\tx\tS\t224363007\n6\tsystolic\tMeasurement\tLOINC\tx\tS\t8480-6\n"
      "7\tmmHg\tUnit\tUCUM\tx\tS\tmm[Hg]\n");
  put(site.scratch.path() / "athena/CONCEPT_RELATIONSHIP.csv",
      "concept_id_1\tconcept_id_2\trelationship_id\n2\t1\tMaps to\n4\t3\tMaps to\n");
  const auto loaded = vocabulary::load(
      {.sources = {site.scratch.path() / "athena"}, .folder = site.root / "vocabulary"}, site.progress);
  REQUIRE_MESSAGE(loaded.ok(), loaded.error().what.en);
}

}  // namespace

TEST_CASE("FHIR dates keep their wall clock, exist, and say when a part was missing") {
  const auto day = [](std::string_view text, bool seoul = false) {
    const auto moment = moment_of(text, seoul);
    return moment ? format_date(moment->day) : std::string("none");
  };
  CHECK(day("2023-04-30") == "2023-04-30");
  CHECK(day("2023-02-31") == "none");
  CHECK(day("2023-04") == "2023-04-01");
  CHECK(moment_of("2023", false)->imputed);
  CHECK(day("1989-10-04T23:25:16-04:00") == "1989-10-04");
  CHECK(day("1989-10-04T23:25:16-04:00", true) == "1989-10-05");
  CHECK(day("2023-04-30T00:10:00.123+09:00") == "2023-04-30");
  CHECK(*moment_of("1970-01-02T00:00:01.5Z", false)->micros == 86'401'500'000);
  CHECK(day("1969-12-31T23:00:00Z") == "1969-12-31");
  CHECK(day("2023-04-30 10:00") == "none");
  CHECK(day("2023-04-30T10") == "none");
  CHECK(day("20230430") == "none");
  CHECK(day("") == "none");
}

TEST_CASE("FHIR resources become OMOP rows with their codes kept and mapped") {
  Site site;
  put_vocabulary(site);
  const auto folder = site.scratch.path() / "fhir";
  put(folder / "Patient.ndjson", patient);
  put(folder / "Encounter.ndjson",
      R"({"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"IMP"},)" + subject +
          R"(,"period":{"start":"2020-01-01T10:00:00+09:00","end":"2020-01-03"}})" + "\n");
  put(folder / "Condition.ndjson",
      condition("c1", R"("onsetDateTime":"2020-01-01","encounter":{"reference":"Encounter/e1"})") +
          condition("c2", R"("onsetDateTime":"2020-02-31")") + condition("c3", R"("recordedDate":"2020-05")") +
          condition("c1", R"("onsetDateTime":"2020-01-01")") +
          R"({"resourceType":"Condition","id":"c4","code":{"coding":[{"system":"http://snomed.info/sct","code":"224363007"}]},)" +
          subject + R"(,"onsetDateTime":"2019-01-01","encounter":{"reference":"Encounter/absent"}})" + "\n" +
          R"({"resourceType":"Condition","id":"c5","code":{"text":"free words"},)" + subject +
          R"(,"onsetDateTime":"2019-01-01"})" + "\n");
  put(folder / "Observation.ndjson",
      R"({"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},)" +
          subject +
          R"(,"effectiveDateTime":"2020-01-02","component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":109,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":44.5,"unit":"mmHg"}}]})" +
          "\n");
  put(folder / "MedicationRequest.ndjson", request("m1", "stopped", "order") + request("m2", "active", "plan"));
  put(folder / "DocumentReference.ndjson", "{\"resourceType\":\"DocumentReference\",\"id\":\"d\"}\n");
  const auto receipt = site.take(Kind::fhir, folder);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  for (const auto& [type, count] : receipt->tables) {
    CAPTURE(type);
    CHECK(count.read == count.stored + count.refused);
  }
  CHECK(receipt->tables.at("Condition").reasons ==
        std::map<std::string, std::int64_t>{{"duplicate_id", 1}, {"impossible_date", 1}, {"missing_code", 1}});
  CHECK(receipt->tables.at("MedicationRequest").reasons.at("intent:plan") == 1);
  CHECK(receipt->ignored.at("DocumentReference") == 1);
  CHECK(receipt->notes.at("date_imputed") == 1);
  CHECK(receipt->notes.at("absent_visit_as_null:observation.visit_occurrence_id") == 1);
  CHECK(receipt->notes.at("routed_by_domain:Condition>observation") == 1);
  CHECK(site.text("SELECT condition_concept_id || ' ' || condition_source_value || ' ' || condition_source_concept_id "
                  "FROM lake(condition_occurrence) WHERE visit_occurrence_id IS NOT NULL") == "1 N20.1 2");
  CHECK(site.text("SELECT drug_concept_id || ' ' || drug_source_value || ' ' || drug_exposure_end_date FROM "
                  "lake(drug_exposure)") == "3 690001710 2020-01-16");
  CHECK(site.text(
            "SELECT string_agg(measurement_concept_id || '=' || value_as_number || ' ' || coalesce(unit_concept_id, "
            "-1), ', ' ORDER BY value_as_number) FROM lake(measurement)") == "0=44.5 -1, 6=109.0 7");
  CHECK(site.text("SELECT visit_concept_id || ' ' || visit_start_datetime FROM lake(visit_occurrence)") ==
        "9201 2020-01-01 10:00:00");
  CHECK(site.text("SELECT observation_period_start_date || ' ' || observation_period_end_date FROM "
                  "lake(observation_period)") == "2019-01-01 2020-05-01");
  CHECK(site.text("SELECT person_source_value || ' ' || gender_concept_id FROM lake(person)") == "p1 8507");
  CHECK(site.text("SELECT name || ' ' || birth_date || ' ' || sex || ' ' || phone || ' ' || address FROM " +
                  engine::parquet(site.root / "private/identity.parquet")) == "박아픔 2001-01-02 M 010-1 서울특별시");
}

TEST_CASE("the strict reading admits instance orders only and moves unconfirmed diagnoses to observation") {
  Site site;
  const auto folder = site.scratch.path() / "fhir";
  const auto verified = [](const std::string& id, const std::string& status) {
    return condition(id,
                     R"("onsetDateTime":"2020-01-01","verificationStatus":{"coding":[{"code":")" + status + R"("}]})");
  };
  put(folder / "all.ndjson", patient + verified("c1", "confirmed") + verified("c2", "provisional") +
                                 verified("c3", "refuted") + request("m1", "stopped", "order") +
                                 request("m2", "active", "instance-order"));
  const auto loose = site.take(Kind::fhir, folder);
  REQUIRE_MESSAGE(loose.ok(), loose.error().what.en);
  CHECK(loose->lake.at("condition_occurrence") == 2);
  CHECK(loose->lake.at("drug_exposure") == 2);
  CHECK(loose->tables.at("Condition").reasons.at("verification:refuted") == 1);
  const auto strict = site.take({.kind = Kind::fhir, .sources = {folder}, .strict = true});
  REQUIRE_MESSAGE(strict.ok(), strict.error().what.en);
  CHECK(strict->lake.at("condition_occurrence") == 1);
  CHECK(strict->lake.at("observation") == 2);
  CHECK(strict->lake.at("drug_exposure") == 1);
  CHECK(receipts(site.root)->size() == 1);  // the same source under another reading replaces itself
}

TEST_CASE("a transaction Bundle resolves references by fullUrl, and strict refuses it by its type") {
  Site site;
  const auto file = site.scratch.path() / "bundle.json";
  put(file, R"({"resourceType":"Bundle","type":"transaction","entry":[
    {"fullUrl":"urn:uuid:aa","resource":{"resourceType":"Patient","gender":"female","birthDate":"1980"}},
    {"fullUrl":"urn:uuid:bb","resource":{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order",
      "contained":[{"resourceType":"Medication","id":"x","code":{"coding":[{"code":"7"}]}}],
      "medicationReference":{"reference":"#x"},"subject":{"reference":"urn:uuid:aa"},"authoredOn":"2020-01-01"}}]})");
  const auto receipt = site.take(Kind::fhir, file);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en);
  CHECK(receipt->stored() == 2);
  CHECK(receipt->lake.at("drug_exposure") == 1);
  CHECK(site.number("SELECT month_of_birth FROM lake(person)") == -2);
  const auto strict = site.take({.kind = Kind::fhir, .sources = {file}, .strict = true});
  REQUIRE(strict.ok());
  CHECK(strict->tables.at("Bundle").reasons.at("bundle_type:transaction") == 1);
}

TEST_CASE("Korean names without text are said family first, road addresses from KR Core's extension") {
  Site site;
  const auto file = site.scratch.path() / "Patient.ndjson";
  put(file, R"({"resourceType":"Patient","id":"k1","birthDate":"1971-11-11","name":[{"use":"old","text":"옛이름"},)"
            R"({"use":"official","family":"김","given":["영","희"]}],"address":[{"extension":[{"extension":[)"
            R"({"url":"detailedAddress","valueString":"112"},{"url":"roadName","valueString":"효동로"},)"
            R"({"url":"district","valueString":"대구광역시 동구"}],"url":"http://www.hl7korea.or.kr/fhir/krcore/)"
            R"(StructureDefinition/krcore-roadNameAddress"}]}]})"
            "\n"
            R"({"resourceType":"Patient","id":"e1","birthDate":"1980","name":[{"family":"Kim","given":["Young"]}],)"
            R"("address":[{"line":["1 Main St"],"city":"Seoul","postalCode":"06351"}]})"
            "\n");
  const auto receipt = site.take(Kind::fhir, file);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en);
  CHECK(site.text("SELECT string_agg(name || ' | ' || address, ', ' ORDER BY name) FROM " +
                  engine::parquet(site.root / "private/identity.parquet")) ==
        "Young Kim | 1 Main St Seoul 06351, 김영희 | 대구광역시 동구 효동로 112");
}

TEST_CASE("stopped orders of the Synthea export are admitted with their status, and the letter admits none of them") {
  const auto shared = test::shared_data("fhir");
  if (!shared) return;
  Site loose, strict;
  const auto admitted = loose.take(Kind::fhir, *shared / "synthea_bulk_10");
  REQUIRE_MESSAGE(admitted.ok(), admitted.error().what.en);
  CHECK(loose.number("SELECT count(*) FROM lake(drug_exposure) WHERE drug_type_concept_id = 32838 AND stop_reason = "
                     "'stopped'") == 1722);
  const auto letter = strict.take({.kind = Kind::fhir, .sources = {*shared / "synthea_bulk_10"}, .strict = true});
  REQUIRE_MESSAGE(letter.ok(), letter.error().what.en);
  CHECK(letter->tables.at("MedicationRequest").stored == 0);
}

TEST_CASE("a later FHIR export of the same resources replaces their rows and keeps the others") {
  Site site;
  put(site.scratch.path() / "one/a.ndjson", patient + condition("c1", R"("onsetDateTime":"2020-01-01")") +
                                                condition("c2", R"("onsetDateTime":"2020-01-01")"));
  put(site.scratch.path() / "two/a.ndjson", condition("c1", R"("onsetDateTime":"2021-01-01")"));
  REQUIRE(site.take(Kind::fhir, site.scratch.path() / "one").ok());
  const auto second = site.take(Kind::fhir, site.scratch.path() / "two");
  REQUIRE_MESSAGE(second.ok(), second.error().what.en);
  CHECK(second->refused() == 0);
  CHECK(site.number("SELECT count(*) FROM lake(condition_occurrence)") == 2);
  CHECK(site.text("SELECT observation_period_end_date FROM lake(observation_period)") == "2021-01-01");
}

TEST_CASE("a line cut in the middle is refused, a file that is not UTF-8 or cut while compressed is an error") {
  Site site;
  const auto folder = site.scratch.path() / "fhir";
  put(folder / "Condition.ndjson", patient + condition("c1", R"("onsetDateTime":"2020-01-01")") +
                                       condition("c2", R"("onsetDateTime":"2020-01-01")").substr(0, 60));
  const auto cut = site.take(Kind::fhir, folder);
  REQUIRE_MESSAGE(cut.ok(), cut.error().what.en);
  CHECK(cut->tables.at("Condition").reasons.at("truncated_json") == 1);
  CHECK(cut->tables.at("Condition").stored == 1);

  put(site.scratch.path() / "korean/Patient.ndjson",
      "{\"resourceType\":\"Patient\",\"id\":\"p\",\"birthDate\":\"1980\",\"name\":[{\"text\":\"\xB1\xE8\"}]}\n");
  const auto korean = site.take(Kind::fhir, site.scratch.path() / "korean");
  REQUIRE_FALSE(korean.ok());
  CHECK(korean.error().where == "Patient.ndjson:1");
  CHECK(korean.error().hint.en.find("cp949") != std::string::npos);
  CHECK(site.take({.kind = Kind::fhir, .sources = {site.scratch.path() / "korean"}, .encoding = "cp949"}).ok());

  const auto shared = test::shared_data("fhir");
  if (!shared) return;
  const auto whole = read_file(*shared / "synthea_patients_1000" / "Patient.000.ndjson.gz");
  put(site.scratch.path() / "gz/Patient.ndjson.gz", whole->substr(0, whole->size() / 2));
  const auto broken = site.take(Kind::fhir, site.scratch.path() / "gz");
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.error().kind == ErrorKind::rejected);
}

TEST_CASE("the Synthea bulk export is stored: 13 patients, every resource counted") {
  const auto shared = test::shared_data("fhir");
  if (!shared) return;
  Site site;
  const auto receipt = site.take(Kind::fhir, *shared / "synthea_bulk_10");
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  CHECK(receipt->tables.at("Patient").stored == 13);
  CHECK(receipt->tables.at("Condition").stored == 555);
  CHECK(receipt->tables.at("Encounter").stored == 1215);
  CHECK(receipt->tables.at("MedicationRequest").stored == 1745);
  CHECK(receipt->tables.at("Procedure").stored == 2056);
  CHECK(receipt->refused() == 0);
  CHECK(receipt->tables.at("Immunization").stored == 161);
  CHECK(receipt->ignored.at("not a resource") == 4);
  CHECK(receipt->tables.at("Condition").records_mapped == 0);  // no vocabulary is loaded
}

TEST_CASE("the KR Core examples keep Korean codes and follow a medication reference") {
  const auto shared = test::shared_data("fhir");
  if (!shared) return;
  Site site;
  const auto bundle = *shared / "krcore_examples" / "Bundle-krcore-examples.json";
  const auto receipt = site.take(Kind::fhir, bundle);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  CHECK(receipt->tables.at("Patient").stored == 2);
  CHECK(receipt->tables.at("Observation").stored == 10);
  CHECK(receipt->refused() == 0);
  CHECK(site.text("SELECT condition_source_value FROM lake(condition_occurrence) ORDER BY 1 DESC LIMIT 1") == "N20.1");
  CHECK(site.text("SELECT drug_source_value || ' ' || days_supply || ' ' || quantity FROM lake(drug_exposure) WHERE "
                  "days_supply > 0") == "653400910 7 21.0");
  CHECK(
      site.text("SELECT drug_source_value || ' ' || drug_type_concept_id FROM lake(drug_exposure) WHERE days_supply IS "
                "NULL") == "8806659002219 32818");
  CHECK(site.number("SELECT count(*) FROM lake(measurement) WHERE measurement_source_value = 'D0002030'") == 1);
  CHECK(site.text("SELECT name FROM " + engine::parquet(site.root / "private/identity.parquet") +
                  " ORDER BY name DESC LIMIT 1") == "박아픔");
}
