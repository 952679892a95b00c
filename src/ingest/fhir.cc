// FHIR R4 in: NDJSON lines and Bundles are parsed one by one, staged as rows, then stored by SQL (fhir_store.cc).
#include "base/limits.h"
#include "ingest/csv.h"
#include "ingest/fhir_intake.h"
#include "ingest/fhir_store.h"
#include "ingest/work.h"

namespace naru::ingest {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

Error not_text(const std::string& where, bool cp949) {
  if (cp949)
    return rejected(say("the text is not CP949", "CP949 텍스트가 아닙니다"), where,
                    say("leave --encoding out when the file is UTF-8", "파일이 UTF-8이면 --encoding을 빼세요"));
  return rejected(say("the text is not UTF-8", "UTF-8 텍스트가 아닙니다"), where,
                  say("if the file is Korean in the older code page, say --encoding cp949",
                      "옛 한글 코드 페이지 파일이면 --encoding cp949 를 지정하세요"));
}

// A line that is no JSON is a row of what its file's name says it holds.
std::string table_of_file(const std::string& name) {
  const auto stem = fs::path(name).filename().string();
  const auto type = stem.substr(0, stem.find_first_of(".-_"));
  return rule_named(type) != nullptr ? type : "unreadable";
}

Done read_lines(Work& work, std::size_t member, FhirParser& parser, FhirIntake& intake) {
  const auto& file = work.members[member];
  const bool cp949 = work.request.encoding == "cp949";
  NARU_ASSIGN(auto reader, engine::LineReader::open(file.path));
  const auto shown = say("reading {}", "{} 읽는 중", file.name);
  std::string_view line;
  std::string converted;
  Cp949 older;
  while (true) {
    NARU_ASSIGN(const bool more, reader.next(line));
    if (!more) break;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    const auto number = static_cast<std::int64_t>(reader.line_number());
    if (cp949) {
      if (!older.to_utf8(line, converted)) return not_text(fmt::format("{}:{}", file.name, number), true);
      line = converted;
    }
    const auto outcome = parser.parse(line, number, intake);
    if (outcome == FhirOutcome::not_utf8) return not_text(fmt::format("{}:{}", file.name, number), false);
    if (outcome != FhirOutcome::good) {
      const auto table = table_of_file(file.name);
      intake.read(rule_named(table), table, number);
      intake.refused(outcome == FhirOutcome::truncated  ? "truncated_json"
                     : outcome == FhirOutcome::too_deep ? "too_deep_json"
                                                        : "invalid_json");
    }
    if (intake.failed()) return intake.flush();
    if (number % 4096 == 0) {
      work.progress.at(shown, reader.bytes_read(), file.bytes);
      if (work.progress.stop_requested()) return interrupted();
    }
  }
  return {};
}

/// True when the file held one document.
Result<bool> read_document(Work& work, std::size_t member, FhirParser& parser, FhirIntake& intake) {
  const auto& file = work.members[member];
  NARU_ASSIGN(auto text, read_file(file.path));
  if (work.request.encoding == "cp949") {
    std::string converted;
    Cp949 older;
    if (!older.to_utf8(text, converted)) return not_text(file.name, true);
    text = std::move(converted);
  }
  const auto outcome = parser.parse(text, 0, intake);
  if (outcome == FhirOutcome::not_utf8) return not_text(file.name, false);
  if (outcome == FhirOutcome::truncated) {
    return rejected(say("the JSON document ends in the middle", "JSON 문서가 중간에서 끝납니다"), file.name,
                    say("transfer the file again; nothing was stored", "파일을 다시 받으세요. 저장된 것은 없습니다"));
  }
  return outcome == FhirOutcome::good;
}

}  // namespace

Done ingest_fhir(Work& work) {
  NARU_CHECK(open_fhir_tables(work));
  FhirParser parser(work.request.strict);
  FhirIntake intake(work);
  for (std::size_t i = 0; i < work.members.size(); ++i) {
    const auto kind = lower(fs::path(work.members[i].name).extension().string());
    intake.in_file(i);
    if (kind == ".json") {
      NARU_ASSIGN(const bool document, read_document(work, i, parser, intake));
      if (!document) NARU_CHECK(read_lines(work, i, parser, intake));
    } else if (kind == ".ndjson" || kind == ".jsonl") {
      NARU_CHECK(read_lines(work, i, parser, intake));
    } else {
      ++work.receipt.ignored["file " + work.members[i].name];
    }
  }
  NARU_CHECK(intake.flush());
  intake.count();
  if (work.receipt.tables.empty()) {
    return rejected(
        say("the source holds no FHIR resource in scope", "원천에 대상 FHIR 자원이 없습니다"),
        work.members.empty() ? "" : work.members.front().name,
        say("give NDJSON files or Bundles with Patient, Encounter, Condition, Observation, "
            "MedicationRequest or Procedure",
            "Patient, Encounter, Condition, Observation, MedicationRequest, Procedure 가 든 NDJSON 파일이나 "
            "Bundle을 지정하세요"));
  }
  NARU_CHECK(intake.codes().resolve(work, "fhir_code"));
  return store_fhir(work);
}

}  // namespace naru::ingest
