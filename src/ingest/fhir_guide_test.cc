// The conformance statements of the HL7 FHIR-to-OMOP guide 2.0.0-ballot that say SHALL, each under its number, read
// with
// --strict. Statements about what an implementer declares are held against the declaration, which is made of the same
// rules that the reader applies.
#include "base/json.h"
#include "base/testing/support.h"
#include "ingest/fhir_declaration.h"
#include "ingest/fhir_rules.h"
#include "ingest/ingest.h"
#include "ingest/testing.h"
#include "model/omop.h"
#include "vocabulary/vocabulary.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

namespace {

const std::string patient =
    R"({"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:oid:1.2","value":"MRN-77777"}],)"
    R"("name":[{"family":"박","given":["아픔"]}],"telecom":[{"system":"phone","value":"010-9999-1111"}],"gender":"male",)"
    R"("birthDate":"2001-01-02","address":[{"text":"서울특별시 강남구 일원로 81"}]})"
    "\n";
const std::string subject = R"("subject":{"reference":"Patient/p1"})";

std::string coded(const std::string& codings) { return R"("code":{"coding":[)" + codings + "]}"; }
std::string coding(const std::string& system, const std::string& code, bool chosen = false) {
  return R"({"system":")" + system + R"(","code":")" + code + '"' + (chosen ? R"(,"userSelected":true})" : "}");
}
const std::string kcd = "http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8";
const std::string snomed = "http://snomed.info/sct";
const std::string loinc = "http://loinc.org";

std::string condition(const std::string& id, const std::string& codings, const std::string& more) {
  return R"({"resourceType":"Condition","id":")" + id + R"(",)" + coded(codings) + "," + subject + "," + more + "}\n";
}
std::string observation(const std::string& id, const std::string& codings, const std::string& more) {
  return R"({"resourceType":"Observation","id":")" + id + R"(","status":"final",)" + coded(codings) + "," + subject +
         R"(,"effectiveDateTime":"2020-01-02",)" + more + "}\n";
}
const std::string onset = R"("onsetDateTime":"2020-01-01")";

struct Strict {
  Site site;
  Receipt receipt = {};

  Strict() {
    put(site.scratch.path() / "athena/CONCEPT.csv",
        "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\n"
        "1\tstone\tCondition\tSNOMED\tx\tS\t31054009\n2\tstone\tCondition\tKCD8\tx\t\tN20.1\n"
        "3\tbisoprolol\tDrug\tRxNorm\tIngredient\tS\t19484\n5\temployed\tObservation\tSNOMED\tx\tS\t224363007\n"
        "6\tsystolic\tMeasurement\tLOINC\tx\tS\t8480-6\n7\tmmHg\tUnit\tUCUM\tx\tS\tmm[Hg]\n"
        "8\tdiabetes\tCondition\tSNOMED\tx\tS\t73211009\n9\ttype 2 diabetes\tCondition\tSNOMED\tx\tS\t44054006\n"
        "10\tretired\tCondition\tSNOMED\tx\t\t999\n11\tknee\tProcedure\tSNOMED\tx\tS\t609588000\n");
    put(site.scratch.path() / "athena/CONCEPT_RELATIONSHIP.csv",
        "concept_id_1\tconcept_id_2\trelationship_id\n2\t1\tMaps to\n");
    put(site.scratch.path() / "athena/CONCEPT_ANCESTOR.csv",
        "ancestor_concept_id\tdescendant_concept_id\n8\t9\n8\t8\n9\t9\n");
    put(site.scratch.path() / "athena/VOCABULARY.csv", "vocabulary_id\tvocabulary_version\nNone\tv5.0 31-AUG-2026\n");
    const auto loaded = vocabulary::load(
        {.sources = {site.scratch.path() / "athena"}, .folder = site.root / "vocabulary"}, site.progress);
    REQUIRE_MESSAGE(loaded.ok(), loaded.error().what.en);
  }
  Result<Receipt> load(const std::string& lines, const std::string& name = "all.ndjson") {
    const auto file = site.scratch.path() / "fhir" / name;
    put(file, lines);
    return site.take({.kind = Kind::fhir, .sources = {file}, .strict = true});
  }
  void take(const std::string& lines) {
    auto taken = load(patient + lines);
    REQUIRE_MESSAGE(taken.ok(), taken.error().what.en, taken.error().where);
    receipt = *std::move(taken);
    for (const auto& [type, count] : receipt.tables) CHECK(count.read == count.stored + count.refused);
  }
  std::string text(const std::string& sql) { return site.text(sql); }
  std::int64_t number(const std::string& sql) { return site.number(sql); }
};

Json declared() { return *parse_json(fhir_declaration(true), "declaration"); }
Json receipt_json(const Receipt& receipt) { return *parse_json(receipt.document, "receipt"); }

}  // namespace

TEST_CASE("f2o-001 the output has the tables and columns of OMOP CDM 5.4") {
  Strict strict;
  strict.take(condition("c1", coding(kcd, "N20.1"), onset));
  for (const auto& [name, rows] : strict.receipt.lake) {
    const auto& table = *model::table_named(name);
    const auto described = strict.site.ask("DESCRIBE SELECT * FROM lake(" + name + ")");
    REQUIRE(described.ok());
    REQUIRE(described->count == table.columns.size());
    for (std::size_t i = 0; i < table.columns.size(); ++i) CHECK(described->text(0, i) == table.columns[i].name);
  }
  CHECK(receipt_json(strict.receipt)["cdm_version"] == "5.4");
}

TEST_CASE("f2o-002 the FHIR version consumed is declared and stands in each receipt") {
  CHECK(declared()["fhir_versions"] == Json{"4.0.1"});
  Strict strict;
  strict.take("");
  CHECK(receipt_json(strict.receipt)["fhir_version"] == "4.0.1");
}

TEST_CASE("f2o-004 the supported use cases are declared") { CHECK_FALSE(declared()["use_cases"].empty()); }

TEST_CASE("f2o-010 the accepted profiles are declared, and a type that is not among them is not transformed") {
  std::vector<std::string> types;
  for (const auto document = declared(); const auto& one : document["input"]) types.push_back(one["resource"]);
  CHECK(types.size() == resource_rules().size());
  Strict strict;
  strict.take(R"({"resourceType":"CarePlan","id":"x","subject":{"reference":"Patient/p1"}})"
              "\n");
  CHECK(std::ranges::find(types, "CarePlan") == types.end());
  CHECK(strict.receipt.ignored.at("CarePlan") == 1);
}

TEST_CASE("f2o-011 a resource with no more than the declared elements is stored, without one of them refused") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), onset) + R"({"resourceType":"Condition","id":"c2",)" +
              coded(coding(snomed, "31054009")) + "," + subject + "}\n" +
              R"({"resourceType":"Encounter","id":"e1","subject":{"reference":"Patient/p1"},"period":{"start":"2020"}})"
              "\n");
  CHECK(strict.receipt.tables.at("Condition").stored == 1);
  CHECK(strict.receipt.tables.at("Condition").reasons.at("missing_date") == 1);
  CHECK(strict.receipt.tables.at("Encounter").stored == 1);
}

TEST_CASE("f2o-013 singleton resources and Bundles of type document, collection and message are taken, others not") {
  Strict strict;
  std::string lines;
  for (const std::string type : {"document", "collection", "message", "transaction", "searchset"}) {
    lines += R"({"resourceType":"Bundle","type":")" + type +
             R"(","entry":[{"resource":{"resourceType":"Condition","id":"b-)" + type + R"(",)" +
             coded(coding(snomed, "31054009")) + "," + subject + "," + onset + "}}]}\n";
  }
  strict.take(lines + condition("single", coding(snomed, "31054009"), onset));
  CHECK(strict.receipt.tables.at("Condition").stored == 4);
  CHECK(strict.receipt.tables.at("Bundle").refused == 2);
}

TEST_CASE("f2o-020 no business identifier stands in a source value") {
  Strict strict;
  strict.take(condition("c1", coding(kcd, "N20.1"), onset + R"(,"identifier":[{"value":"MRN-77777"}])"));
  CHECK(strict.text("SELECT person_source_value FROM lake(person)") == "p1");
  CHECK(strict.number("SELECT count(*) FROM lake(condition_occurrence) WHERE condition_source_value LIKE '%77777%'") ==
        0);
}

TEST_CASE("f2o-021 keys come from type and logical id, never from a business identifier") {
  Strict one, other;
  one.take("");
  const auto taken =
      other.load(R"({"resourceType":"Patient","id":"p1","identifier":[{"value":"another"}],"birthDate":"1980"})"
                 "\n");
  REQUIRE(taken.ok());
  CHECK(one.number("SELECT person_id FROM lake(person)") == other.number("SELECT person_id FROM lake(person)"));
}

TEST_CASE("f2o-022 no name, address, number or phone stands in any field of the lake") {
  Strict strict;
  strict.take(observation("o1", coding(loinc, "8480-6"), R"("valueString":"박아픔 called 010-9999-1111")"));
  CHECK(strict.receipt.notes.at("free_text_left_out") == 1);
  for (const auto& [name, rows] : strict.receipt.lake) {
    for (const auto& column : model::table_named(name)->columns) {
      if (column.sql_type != "VARCHAR") continue;
      CAPTURE(column.name);
      CHECK(strict.number("SELECT count(*) FROM lake(" + name + ") WHERE regexp_matches(" + column.name +
                          ", '박|아픔|강남|010-|77777')") == 0);
    }
  }
}

TEST_CASE("f2o-024 names stand outside the OMOP schema under access rights of their own") {
  Strict strict;
  strict.take("");
  const auto identity = strict.site.root / "private" / "identity.parquet";
  CHECK((fs::status(identity).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  CHECK((fs::status(identity.parent_path()).permissions() & fs::perms::others_all) == fs::perms::none);
  CHECK_FALSE(fs::exists(strict.site.root / "lake" / "identity.parquet"));
}

TEST_CASE("f2o-025 every identifier system has its assessment in the declaration") {
  for (const auto document = declared(); const auto& one : document["identifiers"])
    CHECK_FALSE(one["assessment"].get<std::string>().empty());
}

TEST_CASE("f2o-026 every identifier system has its handling strategy in the declaration") {
  for (const auto document = declared(); const auto& one : document["identifiers"]) {
    const auto strategy = one["strategy"].get<std::string>();
    CHECK((strategy == "exclusion" || strategy == "surrogate key mapping" || strategy == "external storage"));
  }
}

TEST_CASE("f2o-030 a code is resolved against the vocabulary: existence, standard status and domain") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), onset) + condition("c2", coding(snomed, "999"), onset) +
              condition("c3", coding(snomed, "no-such"), onset) + condition("c4", coding(snomed, "224363007"), onset));
  CHECK(strict.text("SELECT string_agg(condition_source_value || '>' || condition_concept_id, ' ' ORDER BY "
                    "condition_source_value) FROM lake(condition_occurrence)") == "31054009>1 999>0 no-such>0");
  CHECK(strict.number("SELECT observation_concept_id FROM lake(observation)") == 5);
}

TEST_CASE("f2o-031 only standard concepts stand in concept columns, others in the source concept column") {
  Strict strict;
  strict.take(condition("c1", coding(kcd, "N20.1"), onset) + condition("c2", coding(snomed, "999"), onset));
  CHECK(strict.text("SELECT string_agg(condition_concept_id || '/' || condition_source_concept_id, ' ' ORDER BY "
                    "condition_source_concept_id) FROM lake(condition_occurrence)") == "1/2 0/10");
}

TEST_CASE("f2o-032 a code without a standard concept gets concept 0") {
  Strict strict;
  strict.take(condition("c1", coding("urn:local", "x"), onset));
  CHECK(strict.number("SELECT condition_concept_id FROM lake(condition_occurrence)") == 0);
}

TEST_CASE("f2o-033 the source code is kept verbatim") {
  Strict strict;
  strict.take(condition("c1", coding("urn:local", " a.B-가 "), onset));
  CHECK(strict.text("SELECT '[' || condition_source_value || ']' FROM lake(condition_occurrence)") == "[ a.B-가 ]");
}

TEST_CASE("f2o-034 of several codes the declared order of priority decides") {
  CHECK(declared()["code_priority"].size() == 6);
  Strict strict;
  strict.take(condition("c1", coding("urn:local", "x") + "," + coding(kcd, "N20.1"), onset));
  CHECK(strict.text("SELECT condition_source_value FROM lake(condition_occurrence)") == "N20.1");
}

TEST_CASE("f2o-035 a preferred coding breaks the tie") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009") + "," + coding(snomed, "73211009", true), onset));
  CHECK(strict.number("SELECT condition_concept_id FROM lake(condition_occurrence)") == 8);
}

TEST_CASE("f2o-036 of a parent and a child of one code system the child is taken, in either order") {
  for (const auto& codes : {coding(snomed, "73211009") + "," + coding(snomed, "44054006"),
                            coding(snomed, "44054006") + "," + coding(snomed, "73211009", true)}) {
    Strict strict;
    strict.take(condition("c1", codes, onset));
    CHECK(strict.number("SELECT condition_concept_id FROM lake(condition_occurrence)") == 9);
  }
}

TEST_CASE("f2o-037 the concept's domain decides the table, not the resource type") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "224363007"), onset) +
              condition("c2", coding(snomed, "609588000"), onset));
  CHECK(strict.receipt.lake.at("observation") == 1);
  CHECK(strict.receipt.lake.at("procedure_occurrence") == 1);
  CHECK_FALSE(strict.receipt.lake.contains("condition_occurrence"));
}

TEST_CASE("f2o-038 the vocabulary release that mappings come from is recorded") {
  Strict strict;
  strict.take("");
  CHECK(receipt_json(strict.receipt)["vocabulary_version"] == "v5.0 31-AUG-2026");
  CHECK(receipt_json(strict.receipt)["vocabulary_hash"].is_string());
}

TEST_CASE("f2o-039 no concept is invented: every concept of the lake is one of the vocabulary's or 0") {
  Strict strict;
  put(strict.site.scratch.path() / "map.csv",
      "source_vocabulary_id,source_code,target_concept_id\nurn:local,x,1\nurn:local,y,1999999999\n");
  const auto refused =
      vocabulary::load_mappings(strict.site.scratch.path() / "map.csv", strict.site.root / "vocabulary");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().where == "map.csv:3");
  strict.take(condition("c1", coding("urn:local", "x"), onset) + condition("c2", coding(kcd, "N20.1"), onset));
  CHECK(strict.number("SELECT count(*) FROM lake(condition_occurrence) WHERE condition_concept_id NOT IN (0, 1)") == 0);
}

TEST_CASE("f2o-040 each run records the vocabulary release used") {
  Strict strict;
  strict.take("");
  CHECK(receipt_json(strict.receipt)["vocabulary_version"] == "v5.0 31-AUG-2026");
}

TEST_CASE("f2o-050 every record has a type concept") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), onset) +
              observation("o1", coding(loinc, "8480-6"), R"("valueQuantity":{"value":120})"));
  CHECK(strict.number(
            "SELECT count(*) FROM lake(condition_occurrence) WHERE coalesce(condition_type_concept_id, 0) = 0") == 0);
  CHECK(strict.number("SELECT count(*) FROM lake(measurement) WHERE coalesce(measurement_type_concept_id, 0) = 0") ==
        0);
}

TEST_CASE("f2o-051 the type comes from the resource type together with category and context") {
  Strict strict;
  const auto category = [](const std::string& code) {
    return R"(,"category":[{"coding":[{"code":")" + code + R"("}]}])";
  };
  strict.take(condition("c1", coding(snomed, "31054009"), onset + category("problem-list-item")) +
              condition("c2", coding(snomed, "31054009"), onset) +
              observation("o1", coding(loinc, "8480-6"), R"("valueInteger":1)" + category("laboratory")));
  CHECK(strict.text("SELECT string_agg(condition_type_concept_id, ' ' ORDER BY condition_type_concept_id) FROM "
                    "lake(condition_occurrence)") == "32817 32840");
  CHECK(strict.number("SELECT measurement_type_concept_id FROM lake(measurement)") == 32856);
}

TEST_CASE("f2o-052 without context the most general type is taken") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), onset));
  CHECK(strict.number("SELECT condition_type_concept_id FROM lake(condition_occurrence)") == 32817);
}

TEST_CASE("f2o-053 what the patient reported is told apart") {
  Strict strict;
  const std::string by_patient = R"("valueInteger":1,"performer":[{"reference":"Patient/p1"}])";
  strict.take(observation("o1", coding(loinc, "8480-6"), by_patient) +
              condition("c1", coding(snomed, "31054009"), onset + R"(,"asserter":{"reference":"Patient/p1"})"));
  CHECK(strict.number("SELECT measurement_type_concept_id FROM lake(measurement)") == 32865);
  CHECK(strict.number("SELECT condition_type_concept_id FROM lake(condition_occurrence)") == 32865);
}

TEST_CASE("f2o-060 what was not realised is not transformed") {
  Strict strict;
  const auto request = [](const std::string& id, const std::string& status, const std::string& intent) {
    return R"({"resourceType":"MedicationRequest","id":")" + id + R"(","status":")" + status + R"(","intent":")" +
           intent + R"(","medicationCodeableConcept":{"coding":[{"code":"1"}]},)" + subject +
           R"(,"authoredOn":"2020-01-01"})"
           "\n";
  };
  std::string lines;
  for (const auto& rule : resource_rules()) {
    auto statuses = rule.refused_statuses;
    statuses.insert(statuses.end(), rule.strict_statuses.begin(), rule.strict_statuses.end());
    for (const auto status : statuses) {
      lines += R"({"resourceType":")" + std::string(rule.name) + R"(","id":"n-)" + std::string(status) +
               R"(","status":")" + std::string(status) + R"(","intent":"instance-order",)" + subject + "}\n";
    }
  }
  strict.take(lines + request("m1", "active", "proposal") + request("m2", "active", "plan") +
              request("m3", "active", "order") + request("m4", "active", "instance-order") +
              condition("c1", coding(snomed, "31054009"),
                        onset + R"(,"verificationStatus":{"coding":[{"code":"entered-in-error"}]})"));
  CHECK(strict.receipt.lake.at("drug_exposure") == 1);
  CHECK(strict.receipt.stored() == 2);  // the patient and m4
}

TEST_CASE("f2o-061 all FHIR sources of a site are read by the same rules, and each receipt records them") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), onset));
  CHECK(receipt_json(strict.receipt)["strict"] == true);
  CHECK(receipt_json(strict.receipt)["mapping_version"].is_number());
  put(strict.site.scratch.path() / "later.ndjson", condition("c2", coding(snomed, "31054009"), onset));
  const auto mixed = strict.site.take({.kind = Kind::fhir, .sources = {strict.site.scratch.path() / "later.ndjson"}});
  REQUIRE_FALSE(mixed.ok());
  CHECK(mixed.error().kind == ErrorKind::conflict);
}

TEST_CASE("f2o-063 a modifier that is not understood refuses the resource, and failed lookups are counted") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"),
                        onset + R"(,"modifierExtension":[{"url":"urn:negated","valueBoolean":true}])") +
              condition("c2", coding("urn:local", "x"), onset));
  CHECK(strict.receipt.tables.at("Condition").reasons.at("modifier_extension") == 1);
  CHECK(strict.receipt.tables.at("Condition").codes_total - strict.receipt.tables.at("Condition").codes_mapped == 1);
}

TEST_CASE("f2o-070 every record has its date, a record without one is refused") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), R"("recordedDate":"2020-02-03")") +
              condition("c2", coding(snomed, "31054009"), R"("onsetString":"as a child")"));
  CHECK(strict.text("SELECT condition_start_date FROM lake(condition_occurrence)") == "2020-02-03");
  CHECK(strict.receipt.tables.at("Condition").reasons.at("missing_date") == 1);
}

TEST_CASE("f2o-071 an imputed date is recorded by the type concept and the rule is declared") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), R"("onsetDateTime":"2020-03")"));
  CHECK(
      strict.text("SELECT condition_start_date || ' ' || condition_type_concept_id FROM lake(condition_occurrence)") ==
      "2020-03-01 32882");
  CHECK(strict.receipt.notes.at("date_imputed") == 1);
  CHECK_FALSE(declared()["imputation"].empty());
}

TEST_CASE("f2o-072 times are converted to one declared time zone") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), R"("onsetDateTime":"2020-01-01T20:00:00Z")") +
              condition("c2", coding(snomed, "31054009"), R"("onsetDateTime":"2020-01-02T05:00:00+09:00")"));
  CHECK(strict.number("SELECT count(DISTINCT condition_start_datetime) FROM lake(condition_occurrence)") == 1);
  CHECK(strict.text("SELECT min(condition_start_datetime) FROM lake(condition_occurrence)") == "2020-01-02 05:00:00");
  CHECK(declared()["time_zone"] == "UTC+09:00");
}

TEST_CASE("f2o-080 what is lost on the way is declared") { CHECK(declared()["losses"].size() >= 5); }

TEST_CASE("f2o-082 decisions, priorities, interventions and limitations are declared") {
  for (const auto* part : {"code_priority", "imputation", "manual_intervention", "losses", "departures"})
    CHECK_FALSE(declared()[part].empty());
}

TEST_CASE("f2o-090 each table that is filled has its required columns filled") {
  Strict strict;
  strict.take(
      R"({"resourceType":"Encounter","id":"e1","class":{"code":"IMP"},"subject":{"reference":"Patient/p1"},"period":{"start":"2020-01-01"}})"
      "\n" +
      condition("c1", coding("urn:local", "x"), onset) +
      observation("o1", coding(loinc, "8480-6"), R"("valueQuantity":{"value":1})"));
  for (const auto& [name, rows] : strict.receipt.lake) {
    for (const auto& column : model::table_named(name)->columns) {
      if (!column.required) continue;
      CAPTURE(name + "." + column.name);
      CHECK(strict.number("SELECT count(*) FROM lake(" + name + ") WHERE " + column.name + " IS NULL") == 0);
    }
  }
}

TEST_CASE("f2o-092 departures are declared with their rationale, more of them without --strict") {
  const auto loose = *parse_json(fhir_declaration(false), "declaration");
  CHECK(loose["departures"].size() > declared()["departures"].size());
  for (const auto& one : loose["departures"]) CHECK_FALSE(one["rationale"].get<std::string>().empty());
}

TEST_CASE("f2o-093 codes are resolved against the vocabulary at the time of loading") {
  Strict strict;
  strict.take(condition("c1", coding("urn:local", "x"), onset));
  CHECK(strict.number("SELECT condition_concept_id FROM lake(condition_occurrence)") == 0);
  put(strict.site.scratch.path() / "map.csv", "source_vocabulary_id,source_code,target_concept_id\nurn:local,x,1\n");
  REQUIRE(vocabulary::load_mappings(strict.site.scratch.path() / "map.csv", strict.site.root / "vocabulary").ok());
  strict.take(condition("c1", coding("urn:local", "x"), onset));
  CHECK(strict.number("SELECT condition_concept_id FROM lake(condition_occurrence)") == 1);
  CHECK(receipt_json(strict.receipt)["mappings_hash"].is_string());
}

TEST_CASE("f2o-102 each run records CDM version, vocabulary release, guide, software and time") {
  Strict strict;
  strict.take("");
  const auto document = receipt_json(strict.receipt);
  CHECK(document["cdm_version"] == "5.4");
  CHECK(document["guide"] == "HL7 fhir-omop-ig 2.0.0-ballot");
  CHECK(document["software"].get<std::string>().starts_with("naru "));
  CHECK(document["at"].get<std::string>().size() >= 20);
  CHECK(document["vocabulary_version"].is_string());
}

TEST_CASE("f2o-110 no terminology server is used, so no interface of one is relied on") {
  CHECK(declared()["terminology_server"]["used"] == false);
}

TEST_CASE("f2o-111 nothing looked up under one vocabulary is read under another") {
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), onset));
  const auto before = strict.receipt.id;
  put(strict.site.scratch.path() / "athena/CONCEPT.csv",
      "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tstandard_concept\tconcept_code\n"
      "21\tstone\tCondition\tSNOMED\tS\t31054009\n");
  REQUIRE(
      vocabulary::load({.sources = {strict.site.scratch.path() / "athena"}, .folder = strict.site.root / "vocabulary"},
                       strict.site.progress)
          .ok());
  strict.take(condition("c1", coding(snomed, "31054009"), onset));
  CHECK(strict.receipt.id != before);
  CHECK(strict.number("SELECT condition_concept_id FROM lake(condition_occurrence)") == 21);
}

TEST_CASE("f2o-112 naru claims to be no terminology server") {
  CHECK(declared()["terminology_server"]["offered"] == false);
}

TEST_CASE("f2o-120 no claim about the guide's reference suite is made") {
  // The suite is not among the guide's machine-readable files that are at hand; a claim would name its version.
  CHECK(declared()["reference_suite"]["version"].is_null());
}

TEST_CASE("f2o-122 it is declared which tables are filled in part, derived or not at all, and that is what happens") {
  const auto tables = declared()["tables"];
  CHECK(tables.size() == model::tables().size());
  Strict strict;
  strict.take(condition("c1", coding(snomed, "31054009"), onset) +
              R"({"resourceType":"Encounter","id":"e1","subject":{"reference":"Patient/p1"},"period":{"start":"2020"}})"
              "\n");
  for (const auto& entry : fs::directory_iterator(strict.site.root / "lake")) {
    if (entry.path().extension() != ".parquet") continue;
    CAPTURE(entry.path().stem().string());
    CHECK(tables[entry.path().stem().string()] != "none");
  }
}

TEST_CASE("f2o-132 a source without its legal instrument is not taken, and the receipt names it") {
  Strict strict;
  put(strict.site.scratch.path() / "a.ndjson", patient);
  IngestRequest request{
      .kind = Kind::fhir, .sources = {strict.site.scratch.path() / "a.ndjson"}, .site = strict.site.root};
  CHECK_FALSE(ingest::ingest(request, strict.site.clock, strict.site.progress).ok());
  strict.take("");
  CHECK(receipt_json(strict.receipt)["legal_basis"] == "synthetic");
}
