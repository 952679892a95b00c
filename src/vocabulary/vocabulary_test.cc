#include "vocabulary/vocabulary.h"

#include "base/files.h"
#include "base/testing/support.h"
#include "engine/database.h"

#include <doctest/doctest.h>

#include <fstream>

using namespace naru;
using namespace naru::vocabulary;

namespace {

void put(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

const std::string_view concepts_tab =
    "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\t"
    "valid_start_date\tvalid_end_date\tinvalid_reason\n"
    "1\tHeart disease\tCondition\tSNOMED\tClinical Finding\tS\t56265001\t20020131\t20991231\t\n"
    "2\tA \"bare\" mark\tCondition\tSNOMED\tClinical Finding\tS\t22298006\t20020131\t20991231\t\n"
    "3\tKCD infarction\tCondition\tKCD8\tKCD8 code\t\tI21.9\t20210101\t20991231\t\n"
    "4\told\tCondition\tSNOMED\tClinical Finding\t\t999\t20020131\t20100101\tU\n";

const std::string_view links_tab =
    "concept_id_1\tconcept_id_2\trelationship_id\tvalid_start_date\tvalid_end_date\tinvalid_reason\n"
    "3\t2\tMaps to\t20210101\t20991231\t\n"
    "4\t1\tMaps to\t20210101\t20150101\tD\n"
    "2\t1\tIs a\t20210101\t20991231\t\n";

Result<Info> load_from(const std::vector<fs::path>& sources, const fs::path& folder, bool rebuild = false) {
  Progress silent;
  return load({.sources = sources, .folder = folder, .rebuild_ancestors = rebuild}, silent);
}

}  // namespace

TEST_CASE("an Athena folder is loaded, and the hash does not depend on file format or row order") {
  ScratchFolder scratch("vocabulary-test");
  put(scratch.path() / "athena/CONCEPT.csv", concepts_tab);
  put(scratch.path() / "athena/CONCEPT_RELATIONSHIP.csv", links_tab);
  put(scratch.path() / "comma/concept.csv",
      "concept_id,concept_name,domain_id,vocabulary_id,concept_class_id,standard_concept,concept_code,"
      "valid_start_date,valid_end_date,invalid_reason\n"
      "4,old,Condition,SNOMED,Clinical Finding,\"\",999,2002-01-31,2010-01-01,U\n"
      "3,KCD infarction,Condition,KCD8,KCD8 code,,I21.9,2021-01-01,2099-12-31,\n"
      "2,\"A \"\"bare\"\" mark\",Condition,SNOMED,Clinical Finding,S,22298006,2002-01-31,2099-12-31,\n"
      "1,Heart disease,Condition,SNOMED,Clinical Finding,S,56265001,2002-01-31,2099-12-31,\n");
  put(scratch.path() / "comma/concept_relationship.csv",
      "concept_id_1,concept_id_2,relationship_id,valid_start_date,valid_end_date,invalid_reason\n"
      "2,1,Is a,2021-01-01,2099-12-31,\n3,2,Maps to,2021-01-01,2099-12-31,\n4,1,Maps to,2021-01-01,2015-01-01,D\n");
  const auto first = load_from({scratch.path() / "athena"}, scratch.path() / "a/vocabulary");
  const auto second = load_from({scratch.path() / "comma"}, scratch.path() / "b/vocabulary");
  REQUIRE_MESSAGE(first.ok(), first.error().what.en, first.error().where);
  REQUIRE_MESSAGE(second.ok(), second.error().what.en, second.error().where);
  CHECK(first->concepts == 4);
  CHECK(first->relationships == 3);
  CHECK(first->hash == second->hash);
  const auto again = info(scratch.path() / "a/vocabulary");
  REQUIRE(again.ok());
  CHECK((*again)->hash == first->hash);
  CHECK((*again)->vocabularies == std::vector<std::string>{"KCD8", "SNOMED"});
}

TEST_CASE("a source code finds its standard concept by a valid 'Maps to', with or without the dot of a diagnosis") {
  ScratchFolder scratch("vocabulary-test");
  put(scratch.path() / "athena/CONCEPT.csv", concepts_tab);
  put(scratch.path() / "athena/CONCEPT_RELATIONSHIP.csv", links_tab);
  const auto folder = scratch.path() / "vocabulary";
  REQUIRE(load_from({scratch.path() / "athena"}, folder).ok());
  auto database = engine::Database::open({.allowed_folders = {folder}});
  REQUIRE(database.ok());
  const auto mapped = map_codes(*database, folder,
                                {{"KCD8", "I21.9"},
                                 {"KCD8", "I219"},
                                 {"SNOMED", "56265001"},
                                 {"SNOMED", "999"},
                                 {"SNOMED", "nothing"},
                                 {"", "x"}});
  REQUIRE_MESSAGE(mapped.ok(), mapped.error().what.en);
  CHECK((*mapped)[0].concept_id == 2);
  CHECK((*mapped)[0].source_concept_id == 3);
  CHECK((*mapped)[0].domain_id == "Condition");
  CHECK((*mapped)[1].concept_id == 2);
  CHECK((*mapped)[2].concept_id == 1);
  CHECK((*mapped)[3].source_concept_id == 4);
  CHECK((*mapped)[3].concept_id == 0);
  CHECK((*mapped)[4].source_concept_id == 0);
  CHECK((*mapped)[5].concept_id == 0);
  const auto none = map_codes(*database, scratch.path() / "empty", {{"SNOMED", "56265001"}});
  REQUIRE(none.ok());
  CHECK((*none)[0].concept_id == 0);
}

TEST_CASE("ancestors are rebuilt from 'Is a', a cycle is refused, and a missing column is named") {
  ScratchFolder scratch("vocabulary-test");
  put(scratch.path() / "good/CONCEPT.csv", concepts_tab);
  put(scratch.path() / "good/CONCEPT_RELATIONSHIP.csv", links_tab);
  const auto rebuilt = load_from({scratch.path() / "good"}, scratch.path() / "vocabulary", true);
  REQUIRE_MESSAGE(rebuilt.ok(), rebuilt.error().what.en);
  CHECK(rebuilt->ancestors == 3);  // 1>2, and both themselves

  put(scratch.path() / "cycle/CONCEPT.csv", concepts_tab);
  put(scratch.path() / "cycle/CONCEPT_RELATIONSHIP.csv",
      "concept_id_1\tconcept_id_2\trelationship_id\tinvalid_reason\n1\t2\tIs a\t\n2\t1\tIs a\t\n");
  CHECK_FALSE(load_from({scratch.path() / "cycle"}, scratch.path() / "vocabulary", true).ok());
  CHECK((*info(scratch.path() / "vocabulary"))->hash == rebuilt->hash);

  put(scratch.path() / "short/CONCEPT.csv", "concept_id,concept_name\n1,x\n");
  const auto missing = load_from({scratch.path() / "short"}, scratch.path() / "vocabulary");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().what.en.find("domain_id") != std::string::npos);
  const auto nothing = load_from({scratch.path() / "good/CONCEPT_RELATIONSHIP.csv"}, scratch.path() / "vocabulary");
  CHECK(nothing.error().kind == ErrorKind::rejected);
}

TEST_CASE("several sources merge to the same vocabulary in either order") {
  ScratchFolder scratch("vocabulary-test");
  put(scratch.path() / "one/CONCEPT.csv", concepts_tab);
  put(scratch.path() / "two/concept.csv",
      "concept_id,concept_name,domain_id,vocabulary_id,standard_concept,concept_code,valid_end_date,invalid_reason\n"
      "1,Heart disease (older),Condition,SNOMED,S,56265001,2015-01-01,\n9,New,Drug,RxNorm,S,1,2099-12-31,\n");
  const auto ab = load_from({scratch.path() / "one", scratch.path() / "two"}, scratch.path() / "ab");
  const auto ba = load_from({scratch.path() / "two", scratch.path() / "one"}, scratch.path() / "ba");
  REQUIRE(ab.ok());
  REQUIRE(ba.ok());
  CHECK(ab->hash == ba->hash);
  CHECK(ab->concepts == 5);
  CHECK(ab->merged == 1);
}

TEST_CASE("vocabularies of the shared OMOP data sets are read from their archives") {
  const auto shared = test::shared_data("omop");
  if (!shared) return;
  ScratchFolder scratch("vocabulary-test");
  const auto bleed = load_from({*shared / "GiBleed_5.3_csv.zip"}, scratch.path() / "bleed");
  REQUIRE_MESSAGE(bleed.ok(), bleed.error().what.en, bleed.error().where);
  CHECK(bleed->concepts == 444);
  CHECK(bleed->ancestors == 65690);
  const auto parquet = load_from({*shared / "Synthea27NjParquet_5.4.zip"}, scratch.path() / "parquet");
  const auto csv = load_from({*shared / "Synthea27Nj_5.4.zip"}, scratch.path() / "csv");
  REQUIRE_MESSAGE(parquet.ok(), parquet.error().what.en, parquet.error().where);
  REQUIRE_MESSAGE(csv.ok(), csv.error().what.en, csv.error().where);
  CHECK(csv->concepts == 2294);
  CHECK(csv->relationships == 266588);
  CHECK(csv->hash == parquet->hash);
}

TEST_CASE("KR Core code systems have a vocabulary") {
  CHECK(vocabulary_of_system("http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8") == "KCD8");
  CHECK(vocabulary_of_system("http://www.hl7korea.or.kr/CodeSystem/hira-edi-medication") == "EDI");
  CHECK(vocabulary_of_system("http://www.hl7korea.or.kr/CodeSystem/kpis-kdcode") == "KPIS");
  CHECK(vocabulary_of_system("http://loinc.org") == "LOINC");
  CHECK(vocabulary_of_system("http://example.org/local").empty());
}
