// FHIR R4 in: NDJSON lines and Bundles are parsed one by one, staged as rows, then stored by SQL (fhir_store.cc).
#include "base/limits.h"
#include "ingest/batch.h"
#include "ingest/codes.h"
#include "ingest/csv.h"
#include "ingest/fhir_resource.h"
#include "ingest/fhir_store.h"
#include "ingest/work.h"

#include <algorithm>
#include <array>

namespace naru::ingest {
namespace {

using engine::Kind;

std::string_view default_table(const EventRow& row) {
  switch (row.kind) {
    case EventKind::condition:
      return "condition_occurrence";
    case EventKind::medication:
      return "drug_exposure";
    case EventKind::procedure:
      return "procedure_occurrence";
    case EventKind::observation:
      return row.is_measurement ? "measurement" : "observation";
  }
  return "observation";
}

std::optional<std::int64_t> day_of(const std::optional<Moment>& moment) {
  return moment ? std::optional<std::int64_t>(moment->day) : std::nullopt;
}
std::optional<std::int64_t> micros_of(const std::optional<Moment>& moment) {
  return moment ? moment->micros : std::nullopt;
}

/// Stages rows; a failed append is kept and ends the run at the next line.
class Intake final : public FhirSink {
 public:
  explicit Intake(Work& work) : work_(work) {}

  void in_file(std::size_t member) { file_ = static_cast<std::int64_t>(member); }
  [[nodiscard]] Done flush() {
    NARU_CHECK(std::move(failure_));
    NARU_CHECK(patients_.flush(work_.database));
    NARU_CHECK(visits_.flush(work_.database));
    NARU_CHECK(events_.flush(work_.database));
    return medications_.flush(work_.database);
  }
  [[nodiscard]] bool failed() const { return !failure_.ok(); }
  [[nodiscard]] const CodeSets& codes() const { return codes_; }

  void read(std::string_view type, std::int64_t place) override {
    type_ = type;
    place_ = place;
    ++work_.receipt.tables[type_].read;
  }
  void refused(std::string_view reason) override {
    work_.refuse(work_.members[static_cast<std::size_t>(file_)].name, place_, type_, reason);
  }
  void ignored(std::string_view type) override { ++work_.receipt.ignored[std::string(type)]; }
  void note(std::string_view code) override { ++work_.receipt.notes[std::string(code)]; }
  void medication(std::string reference, CodeSet codes) override {
    medications_.put(id_from_text(reference));
    medications_.put(codes_.number_of(std::move(codes)));
    end(medications_);
  }
  void patient(PatientRow row) override;
  void encounter(EncounterRow row) override;
  void event(EventRow row) override;

 private:
  // Exports list a person's resources together; hashing the same reference again would cost a third of the run.
  struct Remembered {
    std::string text;
    std::int64_t id = 0;
    std::int64_t of(const std::string& reference) {
      if (reference != text) {
        text = reference;
        id = id_from_text(reference);
      }
      return id;
    }
  };
  void begin(Batch& batch) {
    batch.put(file_);
    batch.put(place_);
  }
  void end(Batch& batch) {
    batch.end_row();
    if (batch.full() && failure_.ok()) failure_ = batch.flush(work_.database);
  }

  Work& work_;
  Done failure_;
  CodeSets codes_;
  std::int64_t file_ = 0;
  std::int64_t place_ = 0;
  std::string type_;
  Remembered person_, visit_;
  Batch patients_{"fhir_patient",
                  {{"_file", Kind::integer},
                   {"_line", Kind::integer},
                   {"person_id", Kind::integer},
                   {"source_id", Kind::text},
                   {"gender", Kind::text},
                   {"year", Kind::integer},
                   {"month", Kind::integer},
                   {"day", Kind::integer},
                   {"birth", Kind::date},
                   {"name", Kind::text},
                   {"phone", Kind::text},
                   {"address", Kind::text},
                   {"death", Kind::date},
                   {"death_time", Kind::timestamp}}};
  Batch visits_{"fhir_visit",
                {{"_file", Kind::integer},
                 {"_line", Kind::integer},
                 {"visit_id", Kind::integer},
                 {"person_id", Kind::integer},
                 {"concept_id", Kind::integer},
                 {"class", Kind::text},
                 {"start", Kind::date},
                 {"start_time", Kind::timestamp},
                 {"finish", Kind::date},
                 {"finish_time", Kind::timestamp}}};
  Batch events_{"fhir_event",
                {{"_file", Kind::integer},
                 {"_line", Kind::integer},
                 {"resource_type", Kind::text},
                 {"resource_id", Kind::integer},
                 {"record_id", Kind::integer},
                 {"person_id", Kind::integer},
                 {"visit_id", Kind::integer},
                 {"start", Kind::date},
                 {"start_time", Kind::timestamp},
                 {"finish", Kind::date},
                 {"finish_time", Kind::timestamp},
                 {"type_concept_id", Kind::integer},
                 {"codes", Kind::integer},
                 {"medication", Kind::integer},
                 {"home", Kind::text},
                 {"as_observation", Kind::integer},
                 {"status", Kind::text},
                 {"value", Kind::real},
                 {"value_codes", Kind::integer},
                 {"value_text", Kind::text},
                 {"operator_concept_id", Kind::integer},
                 {"unit_codes", Kind::integer},
                 {"unit_text", Kind::text},
                 {"range_low", Kind::real},
                 {"range_high", Kind::real},
                 {"quantity", Kind::real},
                 {"days", Kind::integer},
                 {"refills", Kind::integer}}};
  Batch medications_{"fhir_medication", {{"medication", Kind::integer}, {"codes", Kind::integer}}};
};

void Intake::patient(PatientRow row) {
  const auto person = id_from_text("Patient/" + row.id);
  const auto known = [](int part) { return part == 0 ? std::nullopt : std::optional<std::int64_t>(part); };
  if (row.death_undated && !row.death) note("death_without_date");
  begin(patients_);
  patients_.put(person);
  patients_.put(std::move(row.id));
  patients_.put(std::move(row.gender));
  patients_.put(std::int64_t{row.year});
  patients_.put(known(row.month));
  patients_.put(known(row.day));
  patients_.put(row.birth_day ? std::optional<std::int64_t>(*row.birth_day) : std::nullopt);
  patients_.put(std::move(row.name));
  patients_.put(std::move(row.phone));
  patients_.put(std::move(row.address));
  patients_.put(day_of(row.death));
  patients_.put(micros_of(row.death));
  end(patients_);
}

void Intake::encounter(EncounterRow row) {
  begin(visits_);
  visits_.put(id_from_text("Encounter/" + row.id));
  visits_.put(person_.of(row.person));
  visits_.put(row.concept_id);
  visits_.put(std::move(row.class_code));
  visits_.put(std::int64_t{row.start.day});
  visits_.put(row.start.micros);
  visits_.put(day_of(row.end));
  visits_.put(micros_of(row.end));
  end(visits_);
}

void Intake::event(EventRow row) {
  const auto resource = type_ + "/" + row.id;
  const auto resource_id = id_from_text(resource);
  begin(events_);
  events_.put(type_);
  events_.put(resource_id);
  events_.put(row.part == 0 ? resource_id : id_from_text(fmt::format("{}#{}", resource, row.part)));
  events_.put(person_.of(row.person));
  events_.put(row.visit.empty() ? std::nullopt : std::optional<std::int64_t>(visit_.of(row.visit)));
  events_.put(std::int64_t{row.start.day});
  events_.put(row.start.micros);
  events_.put(day_of(row.end));
  events_.put(micros_of(row.end));
  events_.put(row.type_concept_id);
  events_.put(codes_.number_of(std::move(row.codes)));
  events_.put(row.medication.empty() ? std::nullopt : std::optional<std::int64_t>(id_from_text(row.medication)));
  events_.put(std::string(default_table(row)));
  events_.put(std::int64_t{row.as_observation ? 1 : 0});
  events_.put(std::move(row.status));
  events_.put(row.value);
  events_.put(codes_.number_of(std::move(row.value_codes)));
  events_.put(std::move(row.value_text));
  events_.put(row.operator_concept_id);
  events_.put(codes_.number_of(std::move(row.unit_codes)));
  events_.put(std::move(row.unit_text));
  events_.put(row.range_low);
  events_.put(row.range_high);
  events_.put(row.quantity);
  events_.put(row.days);
  events_.put(row.refills);
  end(events_);
}

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
  constexpr std::array<std::string_view, 6> types = {"Patient",     "Encounter",         "Condition",
                                                     "Observation", "MedicationRequest", "Procedure"};
  return std::ranges::find(types, type) != types.end() ? type : "unreadable";
}

Done read_lines(Work& work, std::size_t member, FhirParser& parser, Intake& intake) {
  const auto& file = work.members[member];
  const bool cp949 = work.request.encoding == "cp949";
  NARU_ASSIGN(auto reader, engine::LineReader::open(file.path));
  const auto shown = say("reading {}", "{} 읽는 중", file.name);
  std::string_view line;
  std::string converted;
  while (true) {
    NARU_ASSIGN(const bool more, reader.next(line));
    if (!more) break;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    const auto number = static_cast<std::int64_t>(reader.line_number());
    if (cp949) {
      if (!cp949_to_utf8(line, converted)) return not_text(fmt::format("{}:{}", file.name, number), true);
      line = converted;
    }
    const auto outcome = parser.parse(line, number, intake);
    if (outcome == FhirOutcome::not_utf8) return not_text(fmt::format("{}:{}", file.name, number), false);
    if (outcome != FhirOutcome::good) {
      intake.read(table_of_file(file.name), number);
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
Result<bool> read_document(Work& work, std::size_t member, FhirParser& parser, Intake& intake) {
  const auto& file = work.members[member];
  NARU_ASSIGN(auto text, read_file(file.path));
  if (work.request.encoding == "cp949") {
    std::string converted;
    if (!cp949_to_utf8(text, converted)) return not_text(file.name, true);
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
  Intake intake(work);
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
