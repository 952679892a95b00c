// A small judged set: what a Korean or English speaker would type, and which entries answer it.
#include "catalogue/catalogue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace naru;
using namespace naru::catalogue;

namespace {

Dataset entry(std::string id, Text title, Text description, std::vector<std::string> keywords,
              std::vector<DatasetColumn> columns = {}) {
  Dataset out;
  out.id = std::move(id);
  out.title = std::move(title);
  out.description = std::move(description);
  out.holder = "hospital-a";
  out.tier = Tier::open;
  out.legal_basis = "consent";
  out.keywords = std::move(keywords);
  if (!columns.empty()) out.tables = {{"data", 100, std::move(columns)}};
  return out;
}

std::vector<Dataset> entries() {
  auto cohort = entry("dm-cohort", say("Diabetes registry", "당뇨병 등록 코호트"),
                      say("Adults with type 2 diabetes, ten years", "2형 당뇨병 성인 10년 추적"), {"diabetes", "당뇨"},
                      {{"hba1c", "DOUBLE", {"glycated haemoglobin", "당화혈색소"}, "LOINC"}});
  auto liver = entry("liver", say("Liver cancer imaging", "간암 영상 자료"),
                     say("CT of hepatocellular carcinoma", "간세포암 환자의 복부 CT 영상 목록"), {"oncology", "간암"});
  auto sleep = entry("sleep", say("Sleep and activity lifelog", "수면·활동 라이프로그"),
                     say("Steps and heart rate of volunteers", "자원자의 걸음 수와 심박수"), {"lifelog", "수면"});
  auto claims =
      entry("claims", say("National health insurance claims", "건강보험 청구 자료"),
            say("Diagnoses and prescriptions of all claims", "진료비 명세서의 상병과 처방"), {"청구", "claims"});
  auto genome = entry("genome", say("Whole genome sequences", "전장 유전체 서열"),
                      say("Variant calls of five hundred people", "500명의 변이 목록"), {"genome", "유전체"});
  auto holder = entry("hospital-b", say("Records of hospital-b", "hospital-b 진료 자료"), say("OMOP lake", "OMOP 자료"),
                      {"전자의무기록"});
  holder.characterisation_json =
      R"({"concepts":{"condition_occurrence":[{"concept_id":1,"name":"Essential hypertension","persons":300}]}})";
  auto stroke = entry("stroke", say("Stroke outcomes", "뇌졸중 예후"),
                      say("Functional recovery after ischaemic stroke", "허혈성 뇌졸중 뒤의 기능 회복"), {"뇌졸중"});
  auto solution = entry("retina", say("Retinal screening model", "망막 선별 솔루션"),
                        say("Detects diabetic retinopathy in fundus photographs", "안저 사진에서 당뇨망막병증을 찾음"),
                        {"망막", "AI"});
  return {cohort, liver, sleep, claims, genome, holder, stroke, solution};
}

struct Judged {
  std::string words;
  std::set<std::string> relevant;
};
const std::vector<Judged>& judged() {
  static const std::vector<Judged> all = {
      // two syllables, which no index of three letters finds
      {"당뇨", {"dm-cohort", "retina"}},
      {"간암", {"liver"}},
      {"수면", {"sleep"}},
      {"청구", {"claims"}},
      {"변이", {"genome"}},
      // spaces as somebody else would put them
      {"건강 보험", {"claims"}},
      {"간암영상", {"liver"}},
      {"라이프 로그", {"sleep"}},
      {"당뇨 병", {"dm-cohort", "retina"}},
      {"유전체서열", {"genome"}},
      // one letter wrong
      {"당뇨뱡", {"dm-cohort"}},
      {"간얌", {"liver"}},
      {"뇌졸증", {"stroke"}},
      {"유젼체", {"genome"}},
      {"라이프로고", {"sleep"}},
      {"당화혈섹소", {"dm-cohort"}},
      // English, with and without errors
      {"diabetes", {"dm-cohort"}},
      {"diabtes", {"dm-cohort"}},
      {"DIABETES REGISTRY", {"dm-cohort"}},
      {"hepatocelular", {"liver"}},
      {"insurence", {"claims"}},
      {"genom", {"genome"}},
      {"haemoglobin", {"dm-cohort"}},
      {"hemoglobin", {"dm-cohort"}},
      {"retinopathy", {"retina"}},
      {"ischemic stroke", {"stroke"}},
      // what a holder's records are about
      {"hypertension", {"hospital-b"}},
      {"hypertention", {"hospital-b"}},
      // nothing of it is here
      {"zebrafish", {}},
      {"치매", {}},
      {"알레르기", {}},
  };
  return all;
}

}  // namespace

TEST_CASE("the judged set: the first hit answers the question, everything relevant is found, little else is") {
  const auto all = entries();
  std::size_t found = 0;
  std::size_t wanted = 0;
  std::size_t beside = 0;
  for (const auto& one : judged()) {
    CAPTURE(one.words);
    const auto hits = search(all, {one.words}, {true, {"steward"}}).hits;
    if (!one.relevant.empty()) {
      CHECK_FALSE(hits.empty());
      CHECK((hits.empty() || one.relevant.contains(hits.front().dataset.id)));
    }
    wanted += one.relevant.size();
    for (const auto& hit : hits) {
      const bool relevant = one.relevant.contains(hit.dataset.id);
      found += relevant ? 1U : 0U;
      beside += relevant ? 0U : 1U;
      if (!relevant) MESSAGE(one.words, " also finds ", hit.dataset.id);
    }
  }
  MESSAGE("found ", found, " of ", wanted, ", beside them ", beside);
  CHECK(found == wanted);
  CHECK(beside <= 3);
}

TEST_CASE("a word as spelt stands before a word spaced otherwise, and that before a misspelt one") {
  const auto score = [](const std::string& words) { return search(entries(), {words}, {}).hits.front().score; };
  CHECK(score("간암 영상") == 1);
  CHECK(score("간암영상") == doctest::Approx(0.95));
  CHECK(score("간얌") < 0.9);
  CHECK(score("간얌") > 0.5);
}
