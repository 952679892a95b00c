#include "synth/vocabulary.h"

#include "base/files.h"
#include "synth/calendar.h"
#include "synth/codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

namespace naru::synth {
namespace {

// Id ranges, so that a reader can tell from an id what it is.
constexpr std::int64_t chapter_base = 2'000'100'000;
constexpr std::int64_t group_base = 2'000'101'000;
constexpr std::int64_t condition_base = 2'000'110'000;
constexpr std::int64_t kcd_base = 2'000'200'000;
constexpr std::int64_t atc_base = 2'000'300'000;
constexpr std::int64_t ingredient_base = 2'000'310'000;
constexpr std::int64_t clinical_drug_base = 2'000'320'000;
constexpr std::int64_t kpis_base = 2'000'400'000;
constexpr std::int64_t gnl_base = 2'000'450'000;
constexpr std::int64_t measurement_base = 2'000'500'000;
constexpr std::int64_t loinc_base = 2'000'550'000;
constexpr std::int64_t edi_base = 2'000'600'000;
constexpr std::int64_t procedure_base = 2'000'650'000;
constexpr std::int64_t unit_base = 2'000'700'000;

constexpr std::string_view dates = "19700101\t20991231\t";

std::string athena_row(const Concept& row) {
  std::string text = fmt::format("{}\t{}\t{}\t{}\t{}\t", row.id, row.name, row.domain, row.vocabulary, row.klass);
  if (row.standard != 0) text += row.standard;
  return text + fmt::format("\t{}\t{}\n", row.code, dates);
}

}  // namespace

Vocabulary::Vocabulary() {
  add_fixed();
  add_conditions();
  add_generated_conditions();
  add_drugs();
  add_tests();
  add_procedures();
  std::sort(concepts_.begin(), concepts_.end(), [](const Concept& a, const Concept& b) { return a.id < b.id; });
}

std::int64_t Vocabulary::add(std::int64_t base, std::string name, std::string_view domain, std::string_view vocabulary,
                             std::string_view klass, char standard, std::string code) {
  auto range = std::find_if(next_.begin(), next_.end(), [base](const auto& entry) { return entry.first == base; });
  if (range == next_.end()) range = next_.insert(next_.end(), {base, base + 1});
  const std::int64_t id = range->second++;
  if (code.empty()) code = fmt::format("S{}", id - 2'000'000'000);
  concepts_.push_back({id, std::move(name), std::string(domain), std::string(vocabulary), std::string(klass), standard,
                       std::move(code)});
  return id;
}

void Vocabulary::add_fixed() {
  const auto fixed = [this](std::int64_t id, std::string_view name, std::string_view domain,
                            std::string_view vocabulary, std::string_view klass, std::string_view code) {
    concepts_.push_back({id, std::string(name), std::string(domain), std::string(vocabulary), std::string(klass), 'S',
                         std::string(code)});
  };
  concepts_.push_back({0, "No matching concept", "Metadata", "None", "Undefined", 0, "No matching concept"});
  fixed(8507, "MALE", "Gender", "Gender", "Gender", "M");
  fixed(8532, "FEMALE", "Gender", "Gender", "Gender", "F");
  fixed(9201, "Inpatient Visit", "Visit", "Visit", "Visit", "IP");
  fixed(9202, "Outpatient Visit", "Visit", "Visit", "Visit", "OP");
  fixed(9203, "Emergency Room Visit", "Visit", "Visit", "Visit", "ER");
  fixed(32810, "Claim", "Type Concept", "Type Concept", "Type Concept", "OMOP4976882");
  fixed(32817, "EHR", "Type Concept", "Type Concept", "Type Concept", "OMOP4976890");
}

void Vocabulary::add_condition(std::string kcd, std::string name, std::string korean, std::int64_t parent, bool mapped,
                               bool winter) {
  ConditionCode code{std::move(kcd), std::move(name), std::move(korean), 0, 0, winter};
  code.source_concept = add(kcd_base, code.name, "Condition", "KCD8", "KCD8 code", 0, code.kcd);
  if (mapped) {
    code.concept_id = add(condition_base, code.name, "Condition", "SYN-Condition", "Clinical Finding", 'S', "");
    is_a(code.concept_id, parent);
    maps_to(code.source_concept, code.concept_id);
  }
  conditions_.push_back(std::move(code));
}

void Vocabulary::add_conditions() {
  const std::int64_t root =
      add(chapter_base, "Clinical condition", "Condition", "SYN-Condition", "Clinical Finding", 'S', "");
  for (const NamedChapter& chapter : chapter_table()) {
    const std::int64_t id = add(chapter_base, fmt::format("Any {}", chapter.name), "Condition", "SYN-Condition",
                                "Clinical Finding", 'S', "");
    is_a(id, root);
    chapters_.emplace_back(chapter.letter, id);
  }
  const auto chapter_of = [this](char letter) {
    return std::find_if(chapters_.begin(), chapters_.end(), [letter](const auto& c) { return c.first == letter; })
        ->second;
  };
  std::map<std::string, std::int64_t, std::less<>> groups;
  for (const NamedGroup& group : group_table()) {
    const std::int64_t id =
        add(group_base, std::string(group.name), "Condition", "SYN-Condition", "Clinical Finding", 'S', "");
    is_a(id, group.parent.empty() ? chapter_of(group.chapter) : groups.find(group.parent)->second);
    groups.emplace(group.key, id);
  }
  for (const NamedCondition& c : condition_table()) {
    const std::int64_t parent = c.group.empty() ? chapter_of(c.kcd.front()) : groups.find(c.group)->second;
    add_condition(std::string(c.kcd), std::string(c.name), std::string(c.korean), parent, true, c.winter);
    // A code of one chapter under a group of another also keeps its own chapter: the hierarchy is not a tree.
    if (!c.group.empty() && c.group == "cardiorenal") is_a(conditions_.back().concept_id, chapter_of(c.kcd.front()));
  }
  groups_.type2_diabetes = groups.find("t2dm")->second;
  groups_.hypertension = groups.find("hypertension")->second;
  groups_.kidney_disease = groups.find("ckd")->second;
  groups_.atrial_fibrillation = groups.find("af")->second;
  groups_.dyslipidaemia = groups.find("dyslipidaemia")->second;
  groups_.cardiorenal_event = groups.find("cardiorenal")->second;
  groups_.respiratory_infection = groups.find("respiratory")->second;
  groups_.mental_illness = chapter_of('F');
  first_generated_ = conditions_.size();
}

void Vocabulary::add_generated_conditions() {
  constexpr std::string_view letters = "ADGHIJKLMNRS";
  constexpr int categories = 10;
  constexpr int subcodes = 4;
  int serial = 0;
  for (int category = 0; category < categories; ++category) {
    for (const char letter : letters) {
      const auto chapters = chapter_table();
      const auto& chapter =
          *std::find_if(chapters.begin(), chapters.end(), [letter](const auto& c) { return c.letter == letter; });
      const std::int64_t chapter_id = std::find_if(chapters_.begin(), chapters_.end(), [letter](const auto& c) {
                                        return c.first == letter;
                                      })->second;
      const std::string kcd = fmt::format("{}{:02}", letter, chapter.first_category + category);
      const std::int64_t parent = add(group_base, fmt::format("Other {}, category {}", chapter.name, kcd), "Condition",
                                      "SYN-Condition", "Clinical Finding", 'S', "");
      is_a(parent, chapter_id);
      for (int sub = 0; sub < subcodes; ++sub, ++serial) {
        const std::string code = fmt::format("{}.{}", kcd, sub);
        // About one in nineteen codes has no mapping, as in a real code book that was mapped by hand.
        add_condition(code, fmt::format("Other {}, code {}", chapter.name, code),
                      fmt::format("기타 {} ({})", chapter.korean, code), parent, serial % 19 != 7, letter == 'J');
      }
    }
  }
}

void Vocabulary::add_drugs() {
  std::map<std::string, std::int64_t, std::less<>> classes;
  for (const NamedClass& c : drug_class_table()) {
    const std::int64_t id = add(atc_base, std::string(c.name), "Drug", "ATC", "ATC class", 'C', std::string(c.atc));
    if (c.atc.size() > 3) is_a(id, classes.find(c.atc.substr(0, 3))->second);
    classes.emplace(c.atc, id);
  }
  int serial = 0;
  for (const NamedDrug& d : drug_table()) {
    const std::int64_t ingredient =
        add(ingredient_base, std::string(d.name), "Drug", "SYN-Drug", "Ingredient", 'S', "");
    const std::int64_t atc = add(atc_base, std::string(d.name), "Drug", "ATC", "ATC 5th", 'C', std::string(d.atc));
    const auto fine = classes.find(d.atc.substr(0, 4));
    is_a(atc, fine != classes.end() ? fine->second : classes.find(d.atc.substr(0, 3))->second);
    is_a(ingredient, atc);
    maps_to(atc, ingredient);
    const std::string clinical_name = fmt::format("{} {}", d.name, d.strength);
    const std::int64_t clinical = add(clinical_drug_base, clinical_name, "Drug", "SYN-Drug", "Clinical Drug", 'S', "");
    is_a(clinical, ingredient);
    const std::string gnl = fmt::format("{:04}01ATB", 9001 + serial);
    maps_to(add(gnl_base, clinical_name, "Drug", "GNL", "General ingredient", 0, gnl), clinical);
    for (int maker = 1; maker <= 2; ++maker) {
      DrugProduct product{fmt::format("69{:05}{:02}", 10 + serial, maker * 10),
                          gnl,
                          std::string(d.atc),
                          fmt::format("{} (maker {})", clinical_name, maker),
                          fmt::format("{}정 {}호", d.korean, maker),
                          0,
                          clinical,
                          ingredient};
      product.source_concept = add(kpis_base, product.name, "Drug", "KPIS", "Product", 0, product.kpis);
      maps_to(product.source_concept, clinical);
      drugs_.push_back(std::move(product));
    }
    if (d.atc == "A10BA02") groups_.metformin = ingredient;
    if (d.atc == "A10AE04") groups_.insulin = ingredient;
    if (d.atc == "C10AA05") groups_.statin = ingredient;
    ++serial;
  }
  groups_.glucose_lowering = classes.find("A10")->second;
}

void Vocabulary::add_tests() {
  const std::int64_t root =
      add(measurement_base, "Any measurement", "Measurement", "SYN-Measurement", "Clinical Observation", 'S', "");
  std::map<std::string, std::int64_t, std::less<>> units;
  int serial = 1;
  for (const NamedTest& t : test_table()) {
    auto unit = units.find(t.unit);
    if (unit == units.end()) {
      unit =
          units.emplace(t.unit, add(unit_base, std::string(t.unit), "Unit", "UCUM", "Unit", 'S', std::string(t.unit)))
              .first;
    }
    Test test{fmt::format("99{:04}-{}", serial, (serial * 7) % 10),
              fmt::format("ZD{:03}", serial),
              std::string(t.name),
              std::string(t.korean),
              std::string(t.unit),
              0,
              0,
              unit->second,
              t.mean_tenths,
              t.spread_tenths};
    test.concept_id =
        add(measurement_base, test.name, "Measurement", "SYN-Measurement", "Clinical Observation", 'S', "");
    is_a(test.concept_id, root);
    test.source_concept = add(loinc_base, test.name, "Measurement", "LOINC", "Lab Test", 0, test.loinc);
    maps_to(test.source_concept, test.concept_id);
    maps_to(add(edi_base, test.name, "Measurement", "EDI", "Test", 0, test.edi), test.concept_id);
    tests_.push_back(std::move(test));
    ++serial;
  }
  groups_.hba1c = tests_[0].concept_id;
  groups_.systolic = tests_[2].concept_id;
}

void Vocabulary::add_procedures() {
  int serial = 1;
  for (const NamedProcedure& p : procedure_table()) {
    ProcedureCode code{fmt::format("ZA{:03}", serial), std::string(p.name), std::string(p.korean), 0, 0};
    code.source_concept = add(edi_base, code.name, "Procedure", "EDI", "Procedure", 0, code.edi);
    code.concept_id = add(procedure_base, code.name, "Procedure", "SYN-Procedure", "Procedure", 'S', "");
    maps_to(code.source_concept, code.concept_id);
    procedures_.push_back(std::move(code));
    ++serial;
  }
}

std::size_t Vocabulary::condition(std::string_view kcd) const {
  const auto at = std::find_if(conditions_.begin(), conditions_.end(), [kcd](const auto& c) { return c.kcd == kcd; });
  return static_cast<std::size_t>(at - conditions_.begin());
}

std::size_t Vocabulary::drug(std::string_view atc) const {
  const auto at = std::find_if(drugs_.begin(), drugs_.end(), [atc](const auto& d) { return d.atc == atc; });
  return static_cast<std::size_t>(at - drugs_.begin());
}

std::size_t Vocabulary::test(std::string_view name) const {
  const auto at = std::find_if(tests_.begin(), tests_.end(), [name](const auto& t) { return t.name == name; });
  return static_cast<std::size_t>(at - tests_.begin());
}

const Concept& Vocabulary::concept_of(std::int64_t id) const {
  return *std::lower_bound(concepts_.begin(), concepts_.end(), id,
                           [](const Concept& row, std::int64_t wanted) { return row.id < wanted; });
}

std::string Vocabulary::ancestors_text() const {
  std::map<std::int64_t, std::vector<std::int64_t>> children;
  for (const Link& link : links_) children[link.parent].push_back(link.child);
  std::string text = "ancestor_concept_id\tdescendant_concept_id\tmin_levels_of_separation\tmax_levels_of_separation\n";
  for (const Concept& row : concepts_) {
    if (row.standard == 0 || row.id < chapter_base) continue;
    std::map<std::int64_t, std::pair<int, int>> reached{{row.id, {0, 0}}};
    // Longest and shortest path: walk every path; the hierarchy is at most six deep.
    std::deque<std::pair<std::int64_t, int>> open{{row.id, 0}};
    while (!open.empty()) {
      const auto [id, level] = open.front();
      open.pop_front();
      const auto found = children.find(id);
      if (found == children.end()) continue;
      for (const std::int64_t child : found->second) {
        auto [at, fresh] = reached.try_emplace(child, level + 1, level + 1);
        if (!fresh) at->second = {std::min(at->second.first, level + 1), std::max(at->second.second, level + 1)};
        open.emplace_back(child, level + 1);
      }
    }
    for (const auto& [id, levels] : reached) {
      text += fmt::format("{}\t{}\t{}\t{}\n", row.id, id, levels.first, levels.second);
    }
  }
  return text;
}

std::string Vocabulary::relationships_text() const {
  std::vector<std::string> lines;
  for (const Link& link : links_) {
    lines.push_back(fmt::format("{}\t{}\tIs a\t{}\n", link.child, link.parent, dates));
    lines.push_back(fmt::format("{}\t{}\tSubsumes\t{}\n", link.parent, link.child, dates));
  }
  for (const Link& map : maps_) {
    lines.push_back(fmt::format("{}\t{}\tMaps to\t{}\n", map.parent, map.child, dates));
    lines.push_back(fmt::format("{}\t{}\tMapped from\t{}\n", map.child, map.parent, dates));
  }
  for (const Concept& row : concepts_) {
    if (row.standard == 'S') lines.push_back(fmt::format("{0}\t{0}\tMaps to\t{1}\n", row.id, dates));
  }
  std::sort(lines.begin(), lines.end());
  std::string text = "concept_id_1\tconcept_id_2\trelationship_id\tvalid_start_date\tvalid_end_date\tinvalid_reason\n";
  for (const std::string& line : lines) text += line;
  return text;
}

Done Vocabulary::write(const std::filesystem::path& folder) const {
  NARU_CHECK(make_folder(folder));
  std::string text =
      "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\t"
      "valid_start_date\tvalid_end_date\tinvalid_reason\n";
  for (const Concept& row : concepts_) text += athena_row(row);
  NARU_CHECK(write_file_atomic(folder / "CONCEPT.csv", text));
  NARU_CHECK(write_file_atomic(folder / "CONCEPT_ANCESTOR.csv", ancestors_text()));
  NARU_CHECK(write_file_atomic(folder / "CONCEPT_RELATIONSHIP.csv", relationships_text()));
  std::string vocabularies =
      "vocabulary_id\tvocabulary_name\tvocabulary_reference\tvocabulary_version\tvocabulary_concept_id\n";
  for (const std::string_view id : {"ATC", "EDI", "GNL", "Gender", "KCD8", "KPIS", "LOINC", "None", "SYN-Condition",
                                    "SYN-Drug", "SYN-Measurement", "SYN-Procedure", "Type Concept", "UCUM", "Visit"}) {
    // Athena's convention: the row "None" carries the version of the whole set.
    vocabularies += fmt::format("{0}\t{0} (synthetic nation)\tnaru synth\tnaru-synth 1\t0\n", id);
  }
  return write_file_atomic(folder / "VOCABULARY.csv", vocabularies);
}

}  // namespace naru::synth
