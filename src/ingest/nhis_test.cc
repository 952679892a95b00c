#include "ingest/ingest.h"
#include "ingest/testing.h"
#include "vocabulary/vocabulary.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

namespace {

void put_cohort(const fs::path& folder) {
  put(folder / "NHID_JK_2010.csv",
      "STND_Y,PERSON_ID,SEX,AGE_GROUP,DTH_YM,DTH_CODE1,SGG,IPSN_TYPE_CD\n2010,P1,1,9,,,11110,5\n2010,P2,2,3,,,26110,5\n"
      "2010,P3,3,3,,,26110,5\n2010,P1,1,9,,,11110,5\n");
  put(folder / "NHID_JK_2011.csv",
      "STND_Y,PERSON_ID,SEX,AGE_GROUP,DTH_YM,DTH_CODE1,SGG,IPSN_TYPE_CD\n2011,P1,1,10,,,11110,5\n"
      "2011,P2,2,3,201103,I219,26110,1\n");
  put(folder / "NHID_GY20_T1.csv",
      "PERSON_ID,KEY_SEQ,RECU_FR_DT,FORM_CD,IN_PAT_CORS_TYPE,VSCN,MAIN_SICK,SUB_SICK,YKIHO_ID,DSBJT_CD\n"
      "P1,K1,20100301,02,11,5,I219,E119,Y1,1\nP1,K2,20110401,3,,1,I109,,Y2,03\nP9,K3,20110401,03,,1,I109,,Y2,\n"
      "P2,K4,20110230,03,,1,I109,,Y2,\n");
  put(folder / "NHID_GY40_T1.csv", "KEY_SEQ,SEQ_NO,SICK_SYM\nK1,1,I219\nK2,1,I109\nK7,1,I109\n");
  put(folder / "NHID_GY60_T1.csv",
      "KEY_SEQ,SEQ_NO,DIV_CD,DD_MQTY_FREQ,DD_EXEC_FREQ,MDCN_EXEC_FREQ\nK2,1,643501510,1,2,30\nK2,2,643501510,,,\n");
  put(folder / "NHID_GJ.csv",
      "HCHK_YEAR,PERSON_ID,HEIGHT,BP_HIGH,OLIG_PROTE_CD,SMK_STAT_TYPE_RSPS_CD\n2010,P1,172,131,1,3\n2010,P9,160,,,\n");
}

}  // namespace

TEST_CASE("the NHIS sample cohort becomes persons, periods, deaths, visits, diagnoses, drugs and examinations") {
  Site site;
  put_cohort(site.scratch.path() / "nhis");
  const auto receipt = site.take(Kind::nhis, site.scratch.path() / "nhis");
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  for (const auto& [table, count] : receipt->tables) {
    CAPTURE(table);
    CHECK(count.read == count.stored + count.refused);
  }
  CHECK(receipt->tables.at("jk").reasons ==
        std::map<std::string, std::int64_t>{{"duplicate_key", 1}, {"unknown_code:SEX", 1}});
  CHECK(site.text("SELECT string_agg(p.specialty_source_value, ' ' ORDER BY v.visit_start_date) FROM "
                  "lake(visit_occurrence) v JOIN lake(provider) p USING (provider_id)") == "01 03");
  CHECK(receipt->tables.at("20t").reasons ==
        std::map<std::string, std::int64_t>{{"impossible_date:RECU_FR_DT", 1}, {"person_absent", 1}});
  CHECK(receipt->tables.at("40t").reasons.at("claim_absent") == 1);
  CHECK(receipt->tables.at("gj").reasons.at("person_absent") == 1);
  // P1 turned from group 9 (40 to 44) to 10 (45 to 49) in 2011: born in 1966. P2 stays in group 3 (10 to 14).
  CHECK(
      site.text("SELECT string_agg(person_source_value || ' ' || year_of_birth || ' ' || gender_concept_id, ', ' ORDER "
                "BY person_source_value) FROM lake(person)") == "P1 1966 8507, P2 1998 8532");
  CHECK(receipt->notes.at("birth_year_from_age_group") == 1);
  CHECK(site.text("SELECT death_date || ' ' || cause_source_value FROM lake(death)") == "2011-03-31 I219");
  CHECK(
      site.text("SELECT string_agg(observation_period_start_date || '..' || observation_period_end_date, ' ' ORDER BY "
                "observation_period_end_date) FROM lake(observation_period)") ==
      "2010-01-01..2011-03-31 2010-01-01..2011-12-31");
  CHECK(
      site.text("SELECT string_agg(visit_concept_id || ' ' || visit_start_date || ' ' || visit_end_date, ', ' ORDER BY "
                "visit_start_date, visit_concept_id) FROM lake(visit_occurrence)") ==
      "9202 2010-01-01 2010-01-01, 262 2010-03-01 2010-03-05, 9202 2011-04-01 2011-04-01");
  CHECK(site.text("SELECT string_agg(condition_source_value, ' ' ORDER BY condition_source_value) FROM "
                  "lake(condition_occurrence)") == "E119 I109 I219");
  CHECK(site.text(
            "SELECT string_agg(quantity || ' ' || days_supply || ' ' || drug_exposure_end_date, ', ' ORDER BY quantity "
            "DESC) FROM lake(drug_exposure)") == "60.0 30 2011-04-30, 1.0 1 2011-04-01");
  CHECK(site.text("SELECT string_agg(measurement_source_value || '=' || value_source_value || coalesce(' ' || "
                  "unit_source_value, ''), ', ' ORDER BY measurement_source_value) FROM lake(measurement)") ==
        "BP_HIGH=131 mm[Hg], HEIGHT=172 cm, OLIG_PROTE_CD=1");
  CHECK(site.text("SELECT observation_source_value || '=' || value_source_value FROM lake(observation)") ==
        "SMK_STAT_TYPE_RSPS_CD=3");
  CHECK(site.take(Kind::nhis, site.scratch.path() / "nhis")->unchanged);
}

TEST_CASE("a cohort without its eligibility table, or with a needed column missing, is refused as a whole") {
  Site site;
  put(site.scratch.path() / "nhis/gy40.csv", "KEY_SEQ,SICK_SYM\nK1,I219\n");
  CHECK(site.take(Kind::nhis, site.scratch.path() / "nhis").error().where == "jk");
  put(site.scratch.path() / "nhis/jk.csv", "STND_Y,SEX\n2010,1\n");
  const auto missing = site.take(Kind::nhis, site.scratch.path() / "nhis");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().what.en.find("PERSON_ID") != std::string::npos);
}

TEST_CASE("eras follow the persistence window: 30 days join, 31 do not, and gaps of drug eras are counted") {
  Site site;
  put(site.scratch.path() / "athena/CONCEPT.csv",
      "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\n"
      "1\tdiabetes\tCondition\tKCD8\tx\tS\tE119\n3\tmetformin\tDrug\tRxNorm\tIngredient\tS\t6809\n"
      "4\tmetformin 500\tDrug\tKPIS\tClinical Drug\tS\t1\n");
  put(site.scratch.path() / "athena/CONCEPT_ANCESTOR.csv",
      "ancestor_concept_id\tdescendant_concept_id\n3\t4\n3\t3\n4\t4\n");
  REQUIRE(
      vocabulary::load({.sources = {site.scratch.path() / "athena"}, .folder = site.root / "vocabulary"}, site.progress)
          .ok());
  const auto folder = site.scratch.path() / "hira";
  put(folder / "t20.csv",
      "MID,JID,SEX_TP_CD,AGE,RECU_FR_DD\nA,J1,1,40,20200101\nB,J1,1,40,20200131\nC,J1,1,40,20200302\nD,J1,1,40,"
      "20200501\n");
  put(folder / "t40.csv", "MID,SNO,SICK_CD\nA,1,E119\nB,1,E119\nC,1,E119\nD,1,E119\n");
  put(folder / "t53.csv", "MID,LNO,DIV_CD,FQ,DDCNT\nA,1,1,1,10\nB,1,1,1,7\nC,1,1,1,1\n");
  const auto receipt = site.take(Kind::hira, folder);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  // 1 and 31 January lie 30 days apart, 31 January and 2 March 31, 2 March and 1 May 60.
  CHECK(site.text("SELECT string_agg(condition_era_start_date || '..' || condition_era_end_date || ' ' || "
                  "condition_occurrence_count, ', ' ORDER BY condition_era_start_date) FROM lake(condition_era)") ==
        "2020-01-01..2020-01-31 2, 2020-03-02..2020-03-02 1, 2020-05-01..2020-05-01 1");
  // 10 days to 10 January, 7 to 6 February, then 2 March: one era, of 61 days outside 9 + 6 + 0.
  CHECK(site.text(
            "SELECT string_agg(drug_concept_id || ' ' || drug_era_start_date || '..' || drug_era_end_date || ' ' || "
            "drug_exposure_count || ' ' || gap_days, ', ') FROM lake(drug_era)") == "3 2020-01-01..2020-03-02 3 46");
}

TEST_CASE("a lifelog belongs to persons of the site, wide or narrow, and others are refused") {
  Site site;
  put(site.scratch.path() / "omop/person.csv",
      "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id,person_source_value\n"
      "1,8507,1980,0,0,p1\n2,8532,1990,0,0,p2\n");
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "omop").ok());
  put(site.scratch.path() / "watch.csv",
      "person_source_value,date,steps,resting_heart_rate,mood\np1,2026-01-02,8123,61,good\np1,2026-01-03,,x,\n"
      "p9,2026-01-02,1,1,\np2,2026-02-30,5,,\n");
  const auto receipt = site.take(Kind::lifelog, site.scratch.path() / "watch.csv");
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  const auto& count = receipt->tables.at("lifelog");
  CHECK(count.read == 4);
  CHECK(count.reasons == std::map<std::string, std::int64_t>{{"impossible_date:date", 1}, {"person_absent", 1}});
  CHECK(receipt->notes.at("unreadable_as_null:lifelog.resting_heart_rate") == 1);
  CHECK(receipt->notes.at("column_not_kept:lifelog.mood") == 1);
  CHECK(site.text(
            "SELECT string_agg(person_id || ' ' || measurement_source_value || '=' || value_as_number, ', ' ORDER BY "
            "measurement_source_value) FROM lake(measurement)") == "1 resting_heart_rate=61.0, 1 steps=8123.0");
  put(site.scratch.path() / "narrow.csv",
      "person_id,datetime,metric,value,unit\n2,2026-01-02 "
      "07:00:00,heart_rate,58,/min\n2,2026-01-02T07:05:00,stress,12,\n");
  REQUIRE(site.take(Kind::lifelog, site.scratch.path() / "narrow.csv").ok());
  CHECK(site.number("SELECT count(*) FROM lake(measurement)") == 4);
  CHECK(site.number("SELECT count(*) FROM lake(person)") == 2);
  put(site.scratch.path() / "nobody.csv", "date,steps\n2026-01-02,1\n");
  CHECK_FALSE(site.take(Kind::lifelog, site.scratch.path() / "nobody.csv").ok());
}

TEST_CASE("the sample cohort in parts makes the same bytes") {
  Site whole;
  Site parts;
  IngestRequest request{.kind = Kind::nhis, .claims_a_part = 1};
  for (auto* site : {&whole, &parts}) put_cohort(site->scratch.path() / "nhis");
  request.sources = {parts.scratch.path() / "nhis"};
  REQUIRE(whole.take(Kind::nhis, whole.scratch.path() / "nhis").ok());
  REQUIRE(parts.take(request).ok());
  CHECK(parts.same_lake(whole));
}
