#pragma once
/// Pieces of the report page: escaped bilingual text and SVG charts. Input is the report's JSON, already released.
#include "base/markup.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace naru::evidence::page {

using markup::escaped;
using markup::instant;
/// Both languages; the page's switch shows one.
using markup::both;
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
/// Share free of the event by day, as steps, to the last day shown or, when no event is withheld, to the horizon.
[[nodiscard]] std::string follow_up_chart(const nlohmann::json& follow_up, double horizon_days);
/// Sites, their random-effects mean, and the pooled figure.
[[nodiscard]] std::string site_forest(const nlohmann::json& report);
[[nodiscard]] std::string subgroup_forest(const nlohmann::json& report);
/// Observed over expected of the sites of one watched period on a log axis, over the band that `limits` allow.
[[nodiscard]] std::string watch_forest(const nlohmann::json& period, const nlohmann::json& limits,
                                       const nlohmann::json& reasons);
/// Who entered, who was left out and why, who was analysed; suppressed counts say so.
[[nodiscard]] std::string flow_chart(const nlohmann::json& pooled);
/// "women", "age 40-49" …
[[nodiscard]] Text group_name(const std::string& group, const std::string& value);

// report_words.cc: what the codes of a report are called; an unknown code is shown as it is.
[[nodiscard]] Text step_name(std::string_view step);
[[nodiscard]] Text state_name(std::string_view state);
[[nodiscard]] Text column_name(std::string_view group);
[[nodiscard]] Text metric_name(std::string_view metric);
/// A gap's measure with its threshold.
[[nodiscard]] Text gap_name(const nlohmann::json& gap);
/// The heading under which a JSON pointer into the report is shown.
[[nodiscard]] Text section_name(std::string_view pointer);
/// The headings of a checklist item's "where"; empty without one.
[[nodiscard]] Text places_of(const nlohmann::json& item);
/// "0.72–0.79", "-0.41, -0.10"
[[nodiscard]] std::string span(double lo, double hi, int decimals);

/// The page's style sheet.
[[nodiscard]] std::string_view style();

}  // namespace naru::evidence::page
