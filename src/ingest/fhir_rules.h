#pragma once
/// The admission rules of FHIR resources as data: the parser applies them and the declaration publishes them, so that
/// they cannot differ. Source of the strict column: HL7 FHIR-to-OMOP guide 2.0.0-ballot (f2o-060). Internal to the
/// room.
#include <array>
#include <string_view>
#include <vector>

namespace naru::ingest {

inline constexpr std::string_view fhir_version = "4.0.1";
inline constexpr std::string_view fhir_guide = "HL7 fhir-omop-ig 2.0.0-ballot";

enum class ResourceType {
  patient,
  encounter,
  condition,
  observation,
  medication_request,
  medication_dispense,
  medication_administration,
  medication_statement,
  immunization,
  procedure,
};

struct ResourceRule {
  ResourceType type;
  std::string_view name;
  std::string_view home;                           ///< OMOP table of a row whose code decides nothing else
  std::vector<std::string_view> refused_statuses;  ///< did not happen, in either reading
  std::vector<std::string_view> strict_statuses;   ///< refused besides by the guide's letter
  std::vector<std::string_view> admitted_intents;  ///< default reading; empty: the resource has no intent
  std::vector<std::string_view> strict_intents;
  std::vector<std::string_view> needed;  ///< elements without which there is no row
};

/// In the order in which a receipt lists them. Staged rows carry the place in this list.
[[nodiscard]] const std::vector<ResourceRule>& resource_rules();
/// Null when the type is out of scope.
[[nodiscard]] const ResourceRule* rule_named(std::string_view type);

/// Bundle types the guide's letter admits (f2o-013); the default admits every type.
inline constexpr std::array<std::string_view, 3> strict_bundles = {"document", "collection", "message"};

}  // namespace naru::ingest
