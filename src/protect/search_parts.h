#pragma once
/// What searching and writing share. Not for other rooms.
#include "protect/search.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace naru::protect::detail {

struct Found {
  SearchReport report;
  std::vector<Layer> layers;  ///< the optimum first
};
[[nodiscard]] Result<Found> search_layers(const SearchConfig& config, unsigned threads, Progress& progress);

/// Hierarchy rows of a record's quasi-identifiers, which stand first among the cells.
/// Error rejected: names column and record of a value that its hierarchy does not hold.
[[nodiscard]] Done find_rows(const Anonymiser& anonymiser, std::span<const std::string_view> cells,
                             const std::vector<std::string>& names, std::int64_t record,
                             std::vector<std::uint32_t>& rows);

}  // namespace naru::protect::detail
