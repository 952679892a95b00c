// What the codes of a report are called, for the page and for Markdown alike.
#include <algorithm>
#include <span>

#include "base/json.h"
#include "evidence/page.h"

namespace naru::evidence::page {
namespace {

struct Words {
  std::string_view code;
  const char* en;
  const char* ko;
};

Text found_in(std::span<const Words> words, std::string_view code) {
  const auto found = std::ranges::find(words, code, &Words::code);
  if (found == words.end()) return {std::string(code), std::string(code)};
  return {found->en, found->ko};
}

}  // namespace

Text step_name(std::string_view step) {
  static constexpr Words words[] = {{"target", "entered the target cohort", "대상 코호트 진입"},
                                    {"prior_outcome", "outcome before or at entry", "진입 전·당일 결과 발생"},
                                    {"short_follow_up", "follow-up too short", "추적 기간 부족"},
                                    {"failed", "not scored", "점수 산출 실패"},
                                    {"analysed", "analysed", "분석 대상"}};
  return found_in(words, step);
}

Text state_name(std::string_view state) {
  static constexpr Words words[] = {{"kept", "kept", "지킴"},
                                    {"departed", "departed", "벗어남"},
                                    {"unknown", "not known", "알 수 없음"},
                                    {"report", "in the report", "보고서에 있음"},
                                    {"stated", "stated", "작성자 진술"},
                                    {"open", "unanswered", "미응답"}};
  return found_in(words, state);
}

Text column_name(std::string_view group) {
  static constexpr Words words[] = {{"sex", "sex", "성별"}, {"age_band", "age", "연령"}};
  return found_in(words, group);
}

Text metric_name(std::string_view metric) {
  static constexpr Words words[] = {{"auroc", "AUROC", "AUROC"},
                                    {"o_e", "observed / expected", "관측/예측 비"},
                                    {"tpr", "sensitivity", "민감도"},
                                    {"fpr", "false positive rate", "위양성률"},
                                    {"auprc", "average precision", "평균 정밀도"},
                                    {"brier", "Brier score", "브라이어 점수"},
                                    {"calibration", "calibration", "보정"},
                                    {"net_benefit", "net benefit", "순이익"},
                                    {"thresholds", "performance at the thresholds", "임계값에서의 성능"},
                                    {"subgroups", "subgroups", "하위집단"}};
  return found_in(words, metric);
}

Text gap_name(const Json& gap) {
  auto out = metric_name(gap.at("measure").get<std::string>());
  if (gap.contains("threshold")) {
    out.en += " at " + gap.at("threshold").dump();
    out.ko += ", 임계값 " + gap.at("threshold").dump();
  }
  return out;
}

Text section_name(std::string_view pointer) {
  // The longest beginning that stands here decides.
  static constexpr Words words[] = {{"/pooled/flow", "Who was in", "대상자 흐름"},
                                    {"/pooled/persons", "Who was in", "대상자 흐름"},
                                    {"/pooled/events", "Who was in", "대상자 흐름"},
                                    {"/pooled/subgroups", "Subgroups", "하위집단"},
                                    {"/pooled/gaps", "Subgroups", "하위집단"},
                                    {"/pooled/thresholds", "At the thresholds", "임계값에서"},
                                    {"/pooled/decision", "At the thresholds", "임계값에서"},
                                    {"/pooled", "Discrimination and calibration", "변별력과 보정"},
                                    {"/plan", "The plan", "계획"},
                                    {"/locked_at", "The plan", "계획"},
                                    {"/study_rules", "Who was in", "대상자 흐름"},
                                    {"/sites", "Sites", "기관별"},
                                    {"/across_sites", "Sites", "기관별"},
                                    {"/stage", "Use so far", "지금까지의 사용"},
                                    {"/overlaps", "Data, rights and approvals", "자료, 권리, 승인"},
                                    {"/approvals", "Data, rights and approvals", "자료, 권리, 승인"},
                                    {"/right", "Data, rights and approvals", "자료, 권리, 승인"},
                                    {"/deviations", "Held against the plan", "계획과의 대조"},
                                    {"/solution", "Provenance", "근거와 출처"},
                                    {"/digests", "Provenance", "근거와 출처"},
                                    {"/mode", "Provenance", "근거와 출처"},
                                    {"/environment", "Provenance", "근거와 출처"}};
  for (const auto& one : words) {
    if (pointer.starts_with(one.code)) return {one.en, one.ko};
  }
  return {std::string(pointer), std::string(pointer)};
}

Text places_of(const Json& item) {
  Text out;
  if (!item.contains("where")) return out;
  for (const auto& place : item.at("where")) {
    const auto name = section_name(place.get<std::string>());
    if (out.en.find(name.en) != std::string::npos) continue;
    out.en += (out.en.empty() ? "" : ", ") + name.en;
    out.ko += (out.ko.empty() ? "" : ", ") + name.ko;
  }
  return out;
}

std::string span(double lo, double hi, int decimals) {
  // A dash between negative numbers reads as another minus.
  return fmt::format("{:.{}f}{}{:.{}f}", lo, decimals, lo < 0 ? ", " : "–", hi, decimals);
}

}  // namespace naru::evidence::page
