#pragma once
/// Pieces of the report page: escaped bilingual text and SVG charts. Input is the report's JSON, already released.
#include "base/text.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace naru::evidence::page {

[[nodiscard]] std::string escaped(std::string_view text);
/// Both languages; the page's switch shows one.
[[nodiscard]] std::string both(std::string_view en, std::string_view ko);
/// A text of the report, {"en","ko"}.
[[nodiscard]] std::string both(const nlohmann::json& text);
/// Both languages as SVG text elements at the same place.
[[nodiscard]] std::string svg_text(double x, double y, std::string_view anchor, std::string_view en,
                                   std::string_view ko, std::string_view more = "");

[[nodiscard]] std::optional<double> number_at(const nlohmann::json& object, std::string_view key);
/// "0.818 (0.807–0.829)", or the reason in both languages. `reasons` is the report's table.
[[nodiscard]] std::string figure(const nlohmann::json& estimate, const nlohmann::json& reasons, int decimals = 3);
/// A count with thousands separated, or the suppression sign with its meaning.
[[nodiscard]] std::string count(const nlohmann::json& value);

[[nodiscard]] std::string roc_chart(const nlohmann::json& pooled);
[[nodiscard]] std::string calibration_chart(const nlohmann::json& pooled);
[[nodiscard]] std::string decision_chart(const nlohmann::json& pooled);
/// Sites, their random-effects mean, and the pooled figure.
[[nodiscard]] std::string site_forest(const nlohmann::json& report);
[[nodiscard]] std::string subgroup_forest(const nlohmann::json& report);
/// Who entered, who was left out and why, who was analysed; suppressed counts say so.
[[nodiscard]] std::string flow_chart(const nlohmann::json& pooled);
/// "women", "age 40-49" …
[[nodiscard]] Text group_name(const std::string& group, const std::string& value);

/// The page's style sheet.
[[nodiscard]] std::string_view style();

}  // namespace naru::evidence::page
