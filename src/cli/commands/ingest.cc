#include "ingest/ingest.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/commands/site_index.h"
#include "ingest/characterise.h"
#include "ingest/fhir_declaration.h"
#include "ingest/quality.h"
#include "model/legal_basis.h"
#include "model/site_layout.h"
#include "network/identity.h"

#include <algorithm>

namespace naru::cli {
namespace {

std::string known_bases() {
  std::string codes;
  for (const auto& basis : model::legal_bases()) codes += (codes.empty() ? "" : "|") + std::string(basis.code);
  return codes;
}

Text summary_of(const ingest::Receipt& receipt) {
  auto text =
      say("{}: {} rows read, {} stored, {} refused{}\n", "{}: {}행을 읽어 {}행 저장, {}행 거부{}\n", receipt.id,
          receipt.read(), receipt.stored(), receipt.refused(), receipt.unchanged ? " (unchanged / 변경 없음)" : "");
  for (const auto& [table, count] : receipt.tables) {
    const auto line = say("  {:<22} {:>10} read {:>10} stored {:>8} refused   codes mapped {}/{}, records {}/{}\n",
                          "  {:<22} {:>10} 읽음 {:>10} 저장 {:>8} 거부   코드 매핑 {}/{}, 기록 {}/{}\n", table,
                          count.read, count.stored, count.refused, count.codes_mapped, count.codes_total,
                          count.records_mapped, count.records_total);
    text.en += line.en;
    text.ko += line.ko;
    for (const auto& [reason, times] : count.reasons) {
      const auto detail = fmt::format("    {:<40} {:>8}\n", reason, times);
      text.en += detail;
      text.ko += detail;
    }
  }
  return text;
}

// The site's log tells that a source came in, by digests and counts. A bare folder without a site has no log.
Done record(const ingest::Receipt& receipt, const ingest::IngestRequest& request, const Context& context) {
  if (receipt.unchanged || !std::filesystem::exists(model::SiteLayout(request.site).description())) return {};
  NARU_ASSIGN(const auto site, network::Site::open(request.site, context.clock, context.random));
  return site->record("source.ingested", canonical(Json{{"source", receipt.id},
                                                        {"checksum", receipt.checksum},
                                                        {"legal_basis", request.legal_basis},
                                                        {"read", receipt.read()},
                                                        {"stored", receipt.stored()},
                                                        {"refused", receipt.refused()},
                                                        {"receipt", hex(sha256(receipt.document))}}));
}

Result<Answer> take(ingest::Kind kind, const Call& call, const Context& context) {
  ingest::IngestRequest request{.kind = kind};
  for (const auto& source : call.texts("SOURCE")) request.sources.emplace_back(source);
  request.site = call.text("--site");
  request.legal_basis = call.text("--legal-basis");
  request.strict = call.has("--strict");
  request.encoding = call.text("--encoding");
  request.replaces = call.text("--replaces");
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  request.threads = static_cast<unsigned>(threads);
  NARU_ASSIGN(const auto receipt, ingest::ingest(request, context.clock, context.progress));
  NARU_CHECK(record(receipt, request, context));
  Answer answer{receipt.document, summary_of(receipt)};
  if (call.has("--no-index")) return answer;
  const auto index = index_after_load(request.site, request.threads, context.progress);
  NARU_ASSIGN(auto json, parse_json(receipt.document, "receipt"));
  json["index"] = index.json;
  answer.json = canonical(json);
  answer.text.en += index.text.en;
  answer.text.ko += index.text.ko;
  return answer;
}

Result<Answer> list(const Call& call, const Context& /*context*/) {
  NARU_ASSIGN(const auto documents, ingest::receipts(call.text("--site")));
  Answer out{"{\"receipts\":[", say("{} sources stand in the lake", "레이크에 원천 {}개가 있습니다", documents.size())};
  for (std::size_t i = 0; i < documents.size(); ++i) {
    auto one = documents[i];
    while (one.ends_with('\n')) one.pop_back();
    out.json += (i == 0 ? "" : ",") + one;
    NARU_ASSIGN(const auto receipt, parse_json(one, "receipt"));
    const auto count = [&](const char* key) { return receipt.value(key, std::int64_t{0}); };
    const auto head =
        fmt::format("\n{}  {}  {}  ", receipt.value("id", std::string()),
                    receipt.value("at", std::string()).substr(0, 10), receipt.value("legal_basis", std::string()));
    const auto rows = say("{} rows read, {} stored, {} refused", "{}행 읽음, {}행 저장, {}행 거절", count("read"),
                          count("stored"), count("refused"));
    out.text.en += head + rows.en;
    out.text.ko += head + rows.ko;
  }
  out.json += "]}";
  return out;
}

Result<Answer> rebuild(const Call& call, const Context& context) {
  NARU_CHECK(ingest::rebuild_lake(call.text("--site"), context.progress));
  const auto index = index_after_load(call.text("--site"), 0, context.progress);
  auto text = say("the lake was rebuilt from its parts\n", "레이크를 부분에서 다시 만들었습니다\n");
  text.en += index.text.en;
  text.ko += index.text.ko;
  return Answer{canonical(Json{{"rebuilt", true}, {"index", index.json}}), std::move(text)};
}

Result<Answer> quality(const Call& call, const Context& context) {
  const std::filesystem::path site = call.text("--site");
  const auto given = call.text("--checks");
  const auto checks = given.empty() ? context.share / "policies" / "quality.yaml" : std::filesystem::path(given);
  NARU_ASSIGN(const auto report, ingest::assess_quality(site, checks, context.clock));
  const auto page = call.has("--html") ? std::filesystem::path(call.text("--html")) : site / "quality.html";
  NARU_CHECK(write_file_atomic(page, report.html));
  Text text = say("{} checks; page: {}\n", "점검 {}개. 문서: {}\n", report.checks.size(), page.string());
  for (const auto& check : report.checks) {
    if (check.state != ingest::CheckState::failed) continue;
    const auto line = [&](const std::string& title) {
      return fmt::format("  ! {}: {} / {} ({:.2f}% > {:g}%)\n", title, check.violations, check.rows,
                         100 * check.share(), 100 * check.at_most);
    };
    text.en += line(check.title.en);
    text.ko += line(check.title.ko);
  }
  const bool failed =
      std::ranges::any_of(report.checks, [](const auto& check) { return check.state == ingest::CheckState::failed; });
  constexpr int found_something = 4;
  return Answer{report.document, text, failed && call.has("--require") ? found_something : 0};
}

Result<Answer> characterise(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto least, call.integer("--least-persons", 2, 1'000'000));
  NARU_ASSIGN(const auto document,
              ingest::characterise({.site = call.text("--site"), .least_persons = least}, context.clock));
  return Answer{document, {document + "\n", document + "\n"}};
}

Result<Answer> declaration(const Call& call, const Context& /*context*/) {
  const auto document = ingest::fhir_declaration(call.has("--strict"));
  return Answer{document, {document + "\n", document + "\n"}};
}

Command command_for(std::string path, ingest::Kind kind, Text summary) {
  std::vector<Option> options = {
      {"SOURCE", "FILE|DIR|ZIP",
       say("files, folders or archives; together one source", "파일, 폴더, 압축 파일. 함께 하나의 원천"), true, true},
      {"--site", "DIR", say("the site's folder", "사이트 폴더"), true},
      {"--legal-basis", "CODE", say("legal basis of the source: {}", "원천의 법적 근거: {}", known_bases()), true},
      {"--encoding", "NAME", say("utf-8 or cp949", "utf-8 또는 cp949"), false, false, "utf-8"},
      {"--replaces", "ID", say("an earlier source that this one supersedes", "이 원천이 대체하는 이전 원천")},
      {"--threads", "N", say("processors to use; 0: all", "사용할 프로세서 수. 0: 전부"), false, false, "0"},
      {"--no-index", "",
       say("leave the cohort index to a later load (several sources in a row); SQL answers meanwhile",
           "코호트 색인은 다음 적재 때 만들기(여러 원천을 이어서 적재할 때). 그동안 SQL로 답함")}};
  if (kind == ingest::Kind::fhir) {
    options.push_back(
        {"--strict", "",
         say("follow the HL7 FHIR-to-OMOP guide to the letter", "HL7 FHIR-to-OMOP 지침을 문자 그대로 적용")});
  }
  return {std::move(path), std::move(summary), std::move(options),
          [kind](const Call& call, const Context& context) { return take(kind, call, context); }};
}

}  // namespace

std::vector<Command> ingest_commands() {
  const Option site{"--site", "DIR", say("the site's folder", "사이트 폴더"), true};
  return {
      command_for("ingest fhir", ingest::Kind::fhir,
                  say("load FHIR R4 NDJSON files and Bundles", "FHIR R4 NDJSON 파일과 Bundle 적재")),
      command_for(
          "ingest omop", ingest::Kind::omop,
          say("load OMOP CDM 5.3 or 5.4 tables (CSV or Parquet)", "OMOP CDM 5.3/5.4 표 적재 (CSV 또는 Parquet)")),
      command_for("ingest hira", ingest::Kind::hira,
                  say("load HIRA claims (t20, t30, t40, t53)", "심평원 청구 자료 적재 (t20, t30, t40, t53)")),
      command_for("ingest nhis", ingest::Kind::nhis,
                  say("load the NHIS sample cohort (JK, 20T, 30T, 40T, 60T, GJ)",
                      "건강보험공단 표본코호트 적재 (JK, 20T, 30T, 40T, 60T, GJ)")),
      command_for("ingest lifelog", ingest::Kind::lifelog,
                  say("load what persons of the site measured themselves (CSV)",
                      "사이트에 있는 사람들의 라이프로그 적재 (CSV)")),
      {"ingest declaration",
       say("what the FHIR reader accepts, fills, loses and departs from (JSON)",
           "FHIR 적재가 받아들이는 것, 채우는 표, 잃는 것, 지침과 다른 점 (JSON)"),
       {{"--strict", "", say("of the strict reading", "--strict 방식의 내용")}},
       declaration},
      {"ingest list",
       say("receipts of the sources that stand in the lake", "레이크에 있는 원천들의 접수증"),
       {site},
       list},
      {"ingest rebuild", say("build the lake again from its parts", "부분에서 레이크를 다시 만들기"), {site}, rebuild},
      {"quality",
       say("check the lake's conformance, completeness and plausibility", "레이크의 적합성, 완전성, 타당성 점검"),
       {site,
        {"--checks", "FILE",
         say("checks to compute (default: policies/quality.yaml)", "점검 파일 (기본: policies/quality.yaml)")},
        {"--html", "FILE",
         say("where the page goes (default: quality.html in the site's folder)",
             "문서 위치 (기본: 사이트 폴더의 quality.html)")},
        {"--require", "", say("exit status 4 when a check failed", "미달 점검이 있으면 종료 코드 4")}},
       quality},
      {"characterise",
       say("what the lake holds, for the catalogue: persons by sex and age, frequent codes, length of observation",
           "목록에 올릴 레이크 요약: 성별·연령별 인원, 자주 쓰인 코드, 관찰 기간"),
       {site,
        {"--least-persons", "K",
         say("cells of fewer persons are withheld; there is no default", "이보다 적은 인원의 칸은 가림. 기본값 없음"),
         true}},
       characterise},
  };
}

}  // namespace naru::cli
