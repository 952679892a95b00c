#pragma once
/// The nation's own vocabulary: standard concepts of its own (vocabularies SYN-Condition, SYN-Drug, SYN-Measurement,
/// SYN-Procedure), the source codes that map to them (KCD8, KPIS, GNL, ATC, LOINC, EDI) and their hierarchy. Concept
/// ids start at 2,000,000,000, where OMOP leaves room for local ones; sex, visit and type concepts keep OMOP's ids.
/// Some source codes are left without a mapping on purpose.
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace naru::synth {

/// One diagnosis code as a hospital writes it.
struct ConditionCode {
  std::string kcd;  ///< "E11.9"
  std::string name;
  std::string korean;
  std::int64_t source_concept = 0;
  std::int64_t concept_id = 0;  ///< standard; 0: without mapping
  bool winter = false;          ///< more frequent in winter
};

struct DrugProduct {
  std::string kpis;  ///< product code, nine digits
  std::string gnl;   ///< general-ingredient code
  std::string atc;
  std::string name;
  std::string korean;
  std::int64_t source_concept = 0;
  std::int64_t concept_id = 0;
  std::int64_t ingredient = 0;  ///< standard ingredient concept
};

struct Test {
  std::string loinc;  ///< LOINC-like code of the synthetic range 99nnnn-n
  std::string edi;
  std::string name;
  std::string korean;
  std::string unit;
  std::int64_t source_concept = 0;
  std::int64_t concept_id = 0;
  std::int64_t unit_concept = 0;
  int mean_tenths = 0;
  int spread_tenths = 0;
};

struct ProcedureCode {
  std::string edi;
  std::string name;
  std::string korean;
  std::int64_t source_concept = 0;
  std::int64_t concept_id = 0;
};

struct Concept {
  std::int64_t id;
  std::string name;
  std::string domain;
  std::string vocabulary;
  std::string klass;
  char standard;  ///< 'S', 'C' or 0
  std::string code;
};

/// Groups that definitions and truth refer to; each is a standard concept whose descendants are the codes.
struct Groups {
  std::int64_t type2_diabetes = 0;
  std::int64_t hypertension = 0;
  std::int64_t kidney_disease = 0;
  std::int64_t atrial_fibrillation = 0;
  std::int64_t dyslipidaemia = 0;
  std::int64_t cardiorenal_event = 0;  ///< the planted outcome
  std::int64_t mental_illness = 0;
  std::int64_t respiratory_infection = 0;
  std::int64_t glucose_lowering = 0;  ///< drug class
  std::int64_t metformin = 0;         ///< ingredients
  std::int64_t insulin = 0;
  std::int64_t statin = 0;
  std::int64_t hba1c = 0;  ///< measurement
  std::int64_t systolic = 0;
};

class Vocabulary {
 public:
  Vocabulary();
  [[nodiscard]] const std::vector<ConditionCode>& conditions() const { return conditions_; }
  [[nodiscard]] const std::vector<DrugProduct>& drugs() const { return drugs_; }
  [[nodiscard]] const std::vector<Test>& tests() const { return tests_; }
  [[nodiscard]] const std::vector<ProcedureCode>& procedures() const { return procedures_; }
  [[nodiscard]] const std::vector<Concept>& concepts() const { return concepts_; }
  [[nodiscard]] const Groups& groups() const { return groups_; }
  /// Index of a code. REQUIRES: it exists (the tables are compiled in).
  [[nodiscard]] std::size_t condition(std::string_view kcd) const;
  [[nodiscard]] std::size_t drug(std::string_view atc) const;  ///< first product of the ingredient
  [[nodiscard]] std::size_t test(std::string_view name) const;
  [[nodiscard]] const Concept& concept_of(std::int64_t id) const;
  /// First index of the codes that were generated rather than named; Zipf weights run over them.
  [[nodiscard]] std::size_t first_generated_condition() const { return first_generated_; }
  /// CONCEPT, CONCEPT_ANCESTOR, CONCEPT_RELATIONSHIP and VOCABULARY as Athena writes them (tab separated).
  [[nodiscard]] Done write(const std::filesystem::path& folder) const;

 private:
  struct Link {
    std::int64_t parent;
    std::int64_t child;
  };
  std::int64_t add(std::int64_t base, std::string name, std::string_view domain, std::string_view vocabulary,
                   std::string_view klass, char standard, std::string code);
  void is_a(std::int64_t child, std::int64_t parent) { links_.push_back({parent, child}); }
  void maps_to(std::int64_t source, std::int64_t standard) { maps_.push_back({source, standard}); }
  void add_fixed();
  void add_conditions();
  void add_generated_conditions();
  void add_drugs();
  void add_tests();
  void add_procedures();
  void add_condition(std::string kcd, std::string name, std::string korean, std::int64_t parent, bool mapped,
                     bool winter);
  [[nodiscard]] std::string ancestors_text() const;
  [[nodiscard]] std::string relationships_text() const;

  std::vector<ConditionCode> conditions_;
  std::vector<DrugProduct> drugs_;
  std::vector<Test> tests_;
  std::vector<ProcedureCode> procedures_;
  std::vector<Concept> concepts_;
  std::vector<Link> links_;
  std::vector<Link> maps_;                                   ///< parent: source concept, child: standard concept
  std::vector<std::pair<std::int64_t, std::int64_t>> next_;  ///< per id range, the next free id
  std::vector<std::pair<char, std::int64_t>> chapters_;      ///< letter → standard chapter concept
  Groups groups_;
  std::size_t first_generated_ = 0;
};

}  // namespace naru::synth
