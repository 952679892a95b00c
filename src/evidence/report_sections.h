#pragma once
/// The later sections of the report page: plan and deviations, data, rights and approvals, checklists, provenance.
/// Each takes the report's JSON and answers HTML in both languages; sections about what the report does not hold are
/// empty, except deviations and checklists, whose silence would mislead.
#include <nlohmann/json_fwd.hpp>

#include <string>

namespace naru::evidence::page {

/// What the figures say, in sentences for a reader who has little time: computed from the report, judging nothing.
[[nodiscard]] std::string plain_words(const nlohmann::json& report);
/// Figures that needed further rounds: calibration of the scores off the grid, the comparator.
[[nodiscard]] std::string federated_section(const nlohmann::json& report);
/// The share free of the event over the horizon, where the plan asks for it.
[[nodiscard]] std::string follow_up_section(const nlohmann::json& report);
/// Largest minus smallest over subgroups; empty without any.
[[nodiscard]] std::string gaps_table(const nlohmann::json& report);
[[nodiscard]] std::string plan_section(const nlohmann::json& report);
[[nodiscard]] std::string deviations_section(const nlohmann::json& report);
[[nodiscard]] std::string data_section(const nlohmann::json& report);
[[nodiscard]] std::string checklists_section(const nlohmann::json& report);
[[nodiscard]] std::string provenance_section(const nlohmann::json& report);

}  // namespace naru::evidence::page
