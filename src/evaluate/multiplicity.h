#pragma once
/// p values of several tests made at once.
///
/// Sources: Bonferroni; Holm 1979; Hochberg 1988; Benjamini & Hochberg 1995; Benjamini & Yekutieli 2001.
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace naru::evaluate {

enum class Adjustment { bonferroni, holm, hochberg, bh, by };
[[nodiscard]] std::string_view name_of(Adjustment how);

/// Adjusted p values in the order given. Undefined ones (empty) stay empty and do not count as tests.
/// REQUIRES: 0 <= p <= 1.
[[nodiscard]] std::vector<std::optional<double>> adjusted(std::span<const std::optional<double>> p, Adjustment how);

}  // namespace naru::evaluate
