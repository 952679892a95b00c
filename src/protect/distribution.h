#pragma once
/// Models of one class's sensitive values. Not for other rooms. Formulas: docs/methods/privacy-models.md.
#include "protect/codes.h"

#include <cstdint>
#include <span>
#include <utility>

namespace naru::protect::detail {

/// Code and records of one sensitive value in a class; each code at most once, counts above 0.
using ValueCounts = std::span<const std::pair<std::uint32_t, std::uint32_t>>;

[[nodiscard]] bool is_diverse(const Diversity& model, ValueCounts values);
/// Earth mover's distance of the class from the whole table, 0 to 1.
[[nodiscard]] double distance_of(Distance distance, const CodedSensitive& column, ValueCounts values);

}  // namespace naru::protect::detail
