#pragma once
/// The compiled-in code tables: what the vocabulary names one by one. Codes are the public ICD-10 and ATC ones; names
/// are this project's own short descriptions.
#include <span>
#include <string_view>

namespace naru::synth {

struct NamedCondition {
  std::string_view kcd;
  std::string_view name;
  std::string_view korean;
  std::string_view group;  ///< key of a group of group_table(), or empty: directly under the chapter
  bool winter = false;
};
struct NamedGroup {
  std::string_view key;
  std::string_view name;
  std::string_view parent;  ///< key of another group, or empty
  char chapter;             ///< letter of the chapter when `parent` is empty
};
struct NamedDrug {
  std::string_view atc;
  std::string_view name;
  std::string_view korean;
  std::string_view strength;
};
struct NamedClass {
  std::string_view atc;  ///< prefix
  std::string_view name;
};
struct NamedTest {
  std::string_view name;
  std::string_view korean;
  std::string_view unit;
  int mean_tenths;
  int spread_tenths;
};
struct NamedChapter {
  char letter;
  std::string_view name;
  std::string_view korean;
  int first_category;  ///< generated categories run from here
};
struct NamedProcedure {
  std::string_view name;
  std::string_view korean;
};

[[nodiscard]] std::span<const NamedCondition> condition_table();
[[nodiscard]] std::span<const NamedGroup> group_table();
[[nodiscard]] std::span<const NamedDrug> drug_table();
[[nodiscard]] std::span<const NamedClass> drug_class_table();
[[nodiscard]] std::span<const NamedTest> test_table();
[[nodiscard]] std::span<const NamedChapter> chapter_table();
[[nodiscard]] std::span<const NamedProcedure> procedure_table();

}  // namespace naru::synth
