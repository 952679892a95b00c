#include "base/files.h"
#include "synth/sites.h"

#include <array>

namespace naru::synth {
namespace {

enum Type : std::size_t { patient, encounter, condition, observation, medication, procedure, type_count };
constexpr std::array<std::string_view, type_count> type_names{"Patient",     "Encounter",         "Condition",
                                                              "Observation", "MedicationRequest", "Procedure"};
constexpr std::string_view kcd_system = "http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8";
constexpr std::string_view edi_system = "http://www.hl7korea.or.kr/CodeSystem/hira-edi-procedure";
constexpr std::string_view kpis_system = "http://www.hl7korea.or.kr/CodeSystem/kpis-kdcode";
constexpr std::string_view atc_system = "http://www.whocc.no/atc";
constexpr std::string_view loinc_system = "http://loinc.org";
constexpr std::string_view profile_base = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-";

/// The first persons of the hospital come in Bundles instead of the line files: two collections and a transaction.
constexpr int bundles = 3;
constexpr int persons_per_bundle = 2;

void put_coding(std::string& out, std::string_view system, std::string_view code, std::string_view display) {
  out += R"({"system":")";
  out += system;
  out += R"(","code":")";
  out += code;
  if (!display.empty()) {
    out += R"(","display":")";
    out += display;
  }
  out += R"("})";
}

class FhirWriter final : public SiteWriter {
 public:
  FhirWriter(const Vocabulary& vocabulary, SiteKind site) : vocabulary_(vocabulary), site_(std::move(site)) {}

  Done open() {
    NARU_CHECK(make_folder(site_.folder / "fhir"));
    for (std::size_t type = 0; type < type_count; ++type) {
      NARU_CHECK(files_[type].open(site_.folder / "fhir" / (std::string(type_names[type]) + ".ndjson")));
    }
    return {};
  }

  void person(const Person& person, const Identity& identity, const std::string& source,
              const History& history) override {
    source_ = source;
    subject_ = R"("subject":{"reference":"Patient/)" + source + R"("})";
    bundled_ = persons_ < bundles * persons_per_bundle;
    put_patient(person, identity, history);
    encounters_.assign(history.visits.size(), 0);
    for (std::size_t i = 0; i < history.visits.size(); ++i) {
      if (history.visits[i].site == site_.number) put_encounter(history.visits[i], i);
    }
    const auto here = [&](const Coded& row) { return history.visits[row.visit].site == site_.number; };
    for (const Coded& row : history.conditions) {
      if (here(row)) put_condition(row, history.visits[row.visit]);
    }
    for (const Coded& row : history.tests) {
      if (here(row)) put_observation(row, history.visits[row.visit]);
    }
    for (const Coded& row : history.drugs) {
      if (here(row)) put_medication(row, history.visits[row.visit]);
    }
    for (const Coded& row : history.procedures) {
      if (here(row)) put_procedure(row, history.visits[row.visit]);
    }
    ++persons_;
    if (bundled_ && persons_ % persons_per_bundle == 0) close_bundle();
  }

  Done finish(Written& written) override {
    if (!bundle_.empty()) close_bundle();
    NARU_CHECK(failure_);
    plant(written);
    for (std::size_t type = 0; type < type_count; ++type) {
      NARU_CHECK(files_[type].close());
      written.tables.push_back({site_.name, std::string(type_names[type]), rows_[type]});
    }
    return {};
  }

 private:
  /// Starts a resource with its type, id and profile.
  std::string& begin(Type type, std::string_view id, std::string_view profile) {
    std::string& out = bundled_ ? resource_ : files_[type].text();
    out += R"({"resourceType":")";
    out += type_names[type];
    out += R"(","id":")";
    out += id;
    out += R"(","meta":{"profile":[")";
    out += profile_base;
    out += profile;
    out += R"("]},)";
    return out;
  }

  void end(Type type, std::string_view id) {
    ++rows_[type];
    if (!bundled_) {
      files_[type].text() += "}\n";
      ++lines_[type];
      files_[type].flush_if_full();
      return;
    }
    const bool transaction = bundle_number_ + 1 == bundles;
    const std::string place = std::string(type_names[type]) + "/" + std::string(id);
    if (!bundle_.empty()) bundle_ += ",\n";
    bundle_ +=
        R"({"fullUrl":"http://fhir.)" + site_.name + ".example.org/" + place + R"(","resource":)" + resource_ + "}";
    if (transaction) bundle_ += R"(,"request":{"method":"PUT","url":")" + place + R"("})";
    bundle_ += "}";
    resource_.clear();
  }

  void close_bundle() {
    const bool transaction = bundle_number_ + 1 == bundles;
    std::string text = R"({"resourceType":"Bundle","id":"bundle-)";
    put_number(text, bundle_number_ + 1);
    text += R"(","type":")";
    text += transaction ? "transaction" : "collection";
    text += "\",\"entry\":[\n" + bundle_ + "\n]}\n";
    std::string name = "bundle-000";
    put_number(name, bundle_number_ + 1);
    if (failure_.ok()) failure_ = write_file_atomic(site_.folder / "fhir" / (name + ".json"), text);
    bundle_.clear();
    ++bundle_number_;
  }

  [[nodiscard]] std::string next_id(char letter) {
    std::string id(1, letter);
    id += '-';
    put_number(id, ++serial_);
    return id;
  }

  void put_subject_and_encounter(std::string& out, std::uint32_t visit) const {
    out += subject_;
    out += R"(,"encounter":{"reference":"Encounter/e-)";
    put_number(out, encounters_[visit]);
    out += R"("},)";
  }

  void put_time(std::string& out, Day day, std::int64_t id) const {
    out += '"';
    put_date(out, day);
    out += 'T';
    put_clock(out, id);
    out += R"(+09:00")";
  }

  void put_patient(const Person& person, const Identity& identity, const History& history) {
    std::string& out = begin(patient, source_, "patient");
    out +=
        R"("identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},)";
    out += R"("system":"http://)" + site_.name + R"(.example.org/patient-number","value":")" + source_ + R"("}],)";
    out += R"("name":[{"text":")" + identity.name + R"("}],)";
    if (!identity.phone.empty()) {
      out += R"("telecom":[{"system":"phone","value":")" + identity.phone + R"(","use":"mobile"}],)";
    }
    out += person.male ? R"("gender":"male",)" : R"("gender":"female",)";
    out += R"("birthDate":")";
    if (identity.birth) {
      put_date(out, *identity.birth);
    } else {
      put_number(out, civil(person.birth).year, 4);  // a partial date is a valid FHIR date
    }
    out += R"(","address":[{"extension":[{"extension":[{"url":"district","valueString":")" + identity.district;
    out += R"("},{"url":"roadName","valueString":")" + identity.road;
    out += R"("},{"url":"detailedAddress","valueString":")" + identity.house;
    out += R"("}],"url":")";
    out += profile_base;
    out += R"(roadNameAddress"}],"text":")" + identity.address + R"("}])";
    if (history.death != 0) {
      out += R"(,"deceasedDateTime":")";
      put_date(out, history.death);
      out += '"';
    }
    end(patient, source_);
  }

  void put_encounter(const Visit& visit, std::size_t index) {
    const std::string id = next_id('e');
    encounters_[index] = serial_;
    std::string& out = begin(encounter, id, "encounter");
    constexpr std::array<std::string_view, 3> classes{"AMB", "IMP", "EMER"};
    out += R"("status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":")";
    out += classes[static_cast<std::size_t>(visit.kind)];
    out += R"("},)";
    out += subject_;
    out += R"(,"period":{"start":)";
    put_time(out, visit.start, serial_);
    out += R"(,"end":)";
    put_time(out, visit.end, visit.start == visit.end ? serial_ : serial_ + 1);
    out += '}';
    end(encounter, id);
  }

  void put_condition(const Coded& row, const Visit& visit) {
    const ConditionCode& code = vocabulary_.conditions()[row.code];
    const std::string id = next_id('c');
    std::string& out = begin(condition, id, "condition-encounter-diagnosis");
    out +=
        R"("clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},)";
    out +=
        R"("category":[{"coding":[{"system":"http://www.hl7korea.or.kr/CodeSystem/krcore-condition-category-types","code":"진단"}]}],)";
    out += R"("code":{"coding":[)";
    put_coding(out, kcd_system, code.kcd, code.korean);
    out += "]},";
    put_subject_and_encounter(out, row.visit);
    // Both forms occur in practice: a moment with an offset, or a plain date.
    if (serial_ % 4 == 0) {
      out += R"("recordedDate":")";
      put_date(out, visit.start);
      out += '"';
    } else {
      out += R"("onsetDateTime":)";
      put_time(out, visit.start, encounters_[row.visit]);
    }
    end(condition, id);
  }

  void put_observation(const Coded& row, const Visit& visit) {
    const Test& test = vocabulary_.tests()[row.code];
    const std::string id = next_id('o');
    const bool vital = test.loinc == vocabulary_.tests()[2].loinc || test.loinc == vocabulary_.tests()[3].loinc;
    std::string& out = begin(observation, id, "observation-laboratory-result");
    out +=
        R"("status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":")";
    out += vital ? "vital-signs" : "laboratory";
    out += R"("}]}],"code":{"coding":[)";
    put_coding(out, loinc_system, test.loinc, test.name);
    out += ',';
    put_coding(out, edi_system, test.edi, test.korean);
    out += R"(],"text":")" + test.korean + R"("},)";
    put_subject_and_encounter(out, row.visit);
    out += R"("effectiveDateTime":)";
    put_time(out, visit.start, encounters_[row.visit]);
    out += R"(,"valueQuantity":{"value":)";
    put_tenths(out, row.value);
    out += R"(,"system":"http://unitsofmeasure.org","code":")" + test.unit + R"(","unit":")" + test.unit + R"("})";
    end(observation, id);
  }

  void put_medication(const Coded& row, const Visit& visit) {
    const DrugProduct& drug = vocabulary_.drugs()[row.code];
    const std::string id = next_id('m');
    constexpr std::array<std::string_view, 4> statuses{"completed", "active", "completed", "stopped"};
    std::string& out = begin(medication, id, "medicationrequest");
    out += R"("status":")";
    out += statuses[static_cast<std::size_t>(serial_ % 4)];
    out += R"(","intent":"order","medicationCodeableConcept":{"coding":[)";
    put_coding(out, kpis_system, drug.kpis, drug.korean);
    out += ',';
    put_coding(out, atc_system, drug.atc, "");
    out += "]},";
    put_subject_and_encounter(out, row.visit);
    out += R"("authoredOn":)";
    put_time(out, visit.start, encounters_[row.visit]);
    out += R"(,"dispenseRequest":{"quantity":{"value":)";
    put_number(out, row.value);
    out += R"(,"unit":"정"},"expectedSupplyDuration":{"value":)";
    put_number(out, row.value);
    out += R"(,"system":"http://unitsofmeasure.org","code":"d","unit":"일"}})";
    end(medication, id);
  }

  void put_procedure(const Coded& row, const Visit& visit) {
    const ProcedureCode& code = vocabulary_.procedures()[row.code];
    const std::string id = next_id('p');
    std::string& out = begin(procedure, id, "procedure");
    out += R"("status":"completed","code":{"coding":[)";
    put_coding(out, edi_system, code.edi, code.korean);
    out += "]},";
    put_subject_and_encounter(out, row.visit);
    out += R"("performedDateTime":)";
    put_time(out, visit.start, encounters_[row.visit]);
    end(procedure, id);
  }

  void bad_line(Written& written, Type type, std::string_view line, std::string_view reason) {
    files_[type].text() += line;
    files_[type].text() += '\n';
    ++rows_[type];
    written.bad.push_back({site_.name, std::string(type_names[type]), ++lines_[type], std::string(reason)});
  }

  void plant(Written& written) {
    const std::string code = R"("code":{"coding":[{"system":")" + std::string(kcd_system) + R"(","code":"I10.9"}]},)";
    const std::string& known = source_;
    const auto condition_of = [&](std::string_view id, std::string_view person, std::string_view date) {
      return R"({"resourceType":"Condition","id":")" + std::string(id) + R"(",)" + code +
             R"("subject":{"reference":"Patient/)" + std::string(person) + R"("},"onsetDateTime":")" +
             std::string(date) + R"("})";
    };
    bad_line(written, condition, condition_of("c-bad-1", "nobody-1", "2023-04-01"), "unknown_subject");
    bad_line(written, condition, condition_of("c-bad-2", "nobody-2", "2023-04-02"), "unknown_subject");
    bad_line(written, condition, condition_of("c-bad-3", known, "2023-02-31"), "impossible_date");
    bad_line(written, observation,
             R"({"resourceType":"Observation","id":"o-bad-1","status":"final","subject":{"reference":"Patient/)" +
                 known + R"("},"effectiveDateTime":"2023-05-02","valueQuantity":{"value":7.0,"unit":"%"}})",
             "missing_code");
    bad_line(written, procedure,
             R"({"resourceType":"Procedure","id":"p-bad-1","status":"completed","subject":{"reference":"Patient/)" +
                 known + R"("},"performedDateTime":"2023-05-02"})",
             "missing_code");
    bad_line(written, observation,
             R"({"resourceType":"Observation","id":"o-bad-2","status":"final","code":{"coding":[{"sys)",
             "truncated_json");
  }

  const Vocabulary& vocabulary_;
  SiteKind site_;
  std::array<TextFile, type_count> files_;
  std::array<std::int64_t, type_count> rows_{};
  std::array<std::int64_t, type_count> lines_{};
  std::string source_;
  std::string subject_;
  std::vector<std::int64_t> encounters_;  ///< by visit index, the number of its Encounter
  std::int64_t serial_ = 0;
  std::int64_t persons_ = 0;
  bool bundled_ = false;
  std::string resource_;
  std::string bundle_;
  int bundle_number_ = 0;
  Done failure_;
};

}  // namespace

Result<std::unique_ptr<SiteWriter>> fhir_writer(const Vocabulary& vocabulary, const SiteKind& site) {
  auto writer = std::make_unique<FhirWriter>(vocabulary, site);
  NARU_CHECK(writer->open());
  return std::unique_ptr<SiteWriter>(std::move(writer));
}

}  // namespace naru::synth
