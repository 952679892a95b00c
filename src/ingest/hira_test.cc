#include "ingest/ingest.h"
#include "ingest/testing.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

namespace {

void put_claims(const fs::path& folder) {
  put(folder / "t20.csv",
      "MID,JID,SEX_TP_CD,AGE,RECU_FR_DD,RECU_TO_DD,FOM_TP_CD,MSICK_CD,SSICK_CD,YNO\n"
      "M1,J1,1,40,20200110,20200112,021,I219,E119,Y1\nM2,J1,1,41,20211201,,031,I109,,Y2\n"
      "M2,J1,1,41,20211201,,031,I109,,Y2\nM3,,1,41,20211201,,031,I109,,Y2\nM4,J2,2,30,20210231,,031,I109,,Y2\n");
  put(folder / "t30.csv", "MID,LNO,DIV_CD,FQ,GNL_CD\nM1,1,HA201,1,\n");
  put(folder / "t40.csv", "MID,SNO,SICK_CD,SICK_TP_CD\nM1,1,I219,1\nM9,1,I109,1\nM1,1,E119,2\n");
  put(folder / "t53.csv", "MID,LNO,DIV_CD,GNL_CD,FQ,DDCNT\nM2,1,690001910,901001ATB,2,30\nM2,2,690001910,,1,x\n");
}

}  // namespace

TEST_CASE("claims become visits, diagnoses, procedures and drugs of the persons they name") {
  Site site;
  put_claims(site.scratch.path() / "hira");
  const auto receipt = site.take(Kind::hira, site.scratch.path() / "hira");
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  for (const auto& [table, count] : receipt->tables) {
    CAPTURE(table);
    CHECK(count.read == count.stored + count.refused);
  }
  CHECK(receipt->tables.at("t20").reasons == std::map<std::string, std::int64_t>{{"duplicate_key", 1},
                                                                                 {"impossible_date:RECU_FR_DD", 1},
                                                                                 {"missing_required:JID", 1}});
  CHECK(receipt->tables.at("t40").reasons ==
        std::map<std::string, std::int64_t>{{"claim_absent", 1}, {"duplicate_key", 1}});
  CHECK(receipt->tables.at("t53").reasons.at("not_a_number:DDCNT") == 1);
  CHECK(site.number("SELECT count(*) FROM lake(person)") == 1);
  CHECK(site.number("SELECT year_of_birth FROM lake(person)") == 1980);
  CHECK(
      site.text("SELECT string_agg(visit_concept_id || ' ' || visit_start_date || ' ' || visit_end_date, ', ' ORDER BY "
                "visit_start_date) FROM lake(visit_occurrence)") ==
      "9201 2020-01-10 2020-01-12, 9202 2021-12-01 2021-12-01");
  CHECK(site.text("SELECT string_agg(condition_source_value || ' ' || condition_status_concept_id, ', ' ORDER BY "
                  "condition_source_value) FROM lake(condition_occurrence)") == "E119 32908, I109 32902, I219 32902");
  CHECK(site.text(
            "SELECT drug_source_value || ' ' || drug_exposure_end_date || ' ' || quantity FROM lake(drug_exposure)") ==
        "690001910 2021-12-30 60.0");
  CHECK(site.number("SELECT count(*) FROM lake(procedure_occurrence)") == 1);
}

TEST_CASE("the person master file gives birth date and identity, in the older Korean code page too") {
  Site site;
  put_claims(site.scratch.path() / "hira");
  // "김" in CP949.
  put(site.scratch.path() / "identity.csv",
      "person_source_value,name,birth_date,sex,phone,address\nJ1,\xB1\xE8,1979-03-04,M,010-2,\nJ7,x,1990-01-01,F,,\n");
  IngestRequest request{.kind = Kind::hira,
                        .sources = {site.scratch.path() / "hira", site.scratch.path() / "identity.csv"}};
  CHECK_FALSE(site.take(request).ok());
  request.encoding = "cp949";
  const auto receipt = site.take(request);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  CHECK(site.number("SELECT count(*) FROM lake(person)") == 2);
  CHECK(site.number("SELECT year_of_birth FROM lake(person) WHERE person_source_value = 'J1'") == 1979);
  CHECK(site.text("SELECT name FROM " + engine::parquet(site.root / "private/identity.parquet") +
                  " WHERE phone = '010-2'") == "김");
}

TEST_CASE("claims without their header table, or with a column missing, are refused as a whole") {
  Site site;
  put(site.scratch.path() / "hira/t40.csv", "MID,SICK_CD\nM1,I219\n");
  CHECK(site.take(Kind::hira, site.scratch.path() / "hira").error().where == "t20");
  put(site.scratch.path() / "hira/t20.csv", "MID,JID\nM1,J1\n");
  const auto missing = site.take(Kind::hira, site.scratch.path() / "hira");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().what.en.find("RECU_FR_DD") != std::string::npos);
}

TEST_CASE("a claim's department becomes its visit's provider, and a diagnosis line's own department its own") {
  Site site;
  const auto folder = site.scratch.path() / "hira";
  put(folder / "t20.csv",
      "MID,JID,SEX_TP_CD,AGE,RECU_FR_DD,FOM_TP_CD,MSICK_CD,YNO,DGSBJT_CD\nM1,J1,1,40,20200110,021,F320,Y1,3\n"
      "M2,J1,1,41,20211201,031,I109,Y1,01\nM3,J1,1,41,20211202,031,I109,,\nM4,J1,1,41,20211203,031,I109,Y2,03\n");
  put(folder / "t40.csv",
      "MID,SNO,SICK_CD,DGSBJT_CD\nM1,1,F320,03\nM2,1,I109,01\nM2,2,F329,3\nM2,2,F329,11\nM3,1,E119,\n");
  const auto receipt = site.take(Kind::hira, folder);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  CHECK(receipt->tables.at("t40").reasons == std::map<std::string, std::int64_t>{{"duplicate_key", 1}});
  CHECK(site.text("SELECT string_agg(c.care_site_source_value || ' ' || p.specialty_source_value, ', ' ORDER BY "
                  "c.care_site_source_value, "
                  "p.specialty_source_value) FROM "
                  "lake(provider) p JOIN lake(care_site) c USING (care_site_id)") == "Y1 01, Y1 03, Y2 03");
  CHECK(site.text("SELECT string_agg(coalesce(p.specialty_source_value, '-'), ' ' ORDER BY v.visit_start_date) FROM "
                  "lake(visit_occurrence) v LEFT JOIN lake(provider) p USING (provider_id)") == "03 01 - 03");
  CHECK(site.text("SELECT string_agg(c.condition_source_value || ' ' || coalesce(p.specialty_source_value, '-'), ', ' "
                  "ORDER BY condition_source_value, condition_start_date) FROM lake(condition_occurrence) c LEFT JOIN "
                  "lake(provider) p USING (provider_id)") == "E119 -, F320 -, F329 03, I109 -, I109 -, I109 -");
  // No provider is a doctor.
  CHECK(site.number("SELECT count(*) FROM lake(provider) WHERE provider_name IS NOT NULL OR npi IS NOT NULL") == 0);
}

TEST_CASE("claims that meet their lines in parts make the same bytes") {
  Site whole;
  Site parts;
  IngestRequest request{.kind = Kind::hira, .claims_a_part = 1};
  for (auto* site : {&whole, &parts}) put_claims(site->scratch.path() / "hira");
  request.sources = {parts.scratch.path() / "hira"};
  REQUIRE(whole.take(Kind::hira, whole.scratch.path() / "hira").ok());
  REQUIRE(parts.take(request).ok());
  CHECK(parts.same_lake(whole));
}
