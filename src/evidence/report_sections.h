#pragma once
/// The later sections of the report page: plan and deviations, data, rights and approvals, checklists, provenance.
/// Each takes the report's JSON and answers HTML in both languages; sections about what the report does not hold are
/// empty, except deviations and checklists, whose silence would mislead.
#include <nlohmann/json_fwd.hpp>

#include <string>

namespace naru::evidence::page {

/// Figures that needed further rounds: calibration of the scores off the grid, the comparator.
[[nodiscard]] std::string federated_section(const nlohmann::json& report);
[[nodiscard]] std::string plan_section(const nlohmann::json& report);
[[nodiscard]] std::string deviations_section(const nlohmann::json& report);
[[nodiscard]] std::string data_section(const nlohmann::json& report);
[[nodiscard]] std::string checklists_section(const nlohmann::json& report);
[[nodiscard]] std::string provenance_section(const nlohmann::json& report);

}  // namespace naru::evidence::page
