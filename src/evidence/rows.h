#pragma once
/// Rows as a solution reads them and scores as it answers. Two formats, both without a person's identifier:
///
/// csv     in:  "row,NAME,…" and a line per row: its number from 0, then shortest decimals; a missing value is empty.
///         out: "row,score[,reason]"; rows in any order, each at most once; no score: empty, with a reason.
/// columns in:  one line of JSON {"rows":n,"columns":[NAME…],…}, then n little-endian 64-bit floats a column (NaN:
/// missing).
///         out: one line of JSON {"rows":n}, then n such floats (NaN: no score).
#include "base/result.h"
#include "evidence/solution.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

/// `rows` are row numbers of the matrix; in the text they are numbered from 0 again.
[[nodiscard]] std::string csv_rows(const Solution& solution, const FeatureMatrix& matrix,
                                   std::span<const std::size_t> rows);
/// `more`: further members of the header, a JSON object.
[[nodiscard]] std::string column_rows(const Solution& solution, const FeatureMatrix& matrix,
                                      std::span<const std::size_t> rows, std::string_view more = "{}");

struct RowAnswer {
  std::optional<double> score;
  std::string reason;  ///< when there is none
};
/// A score that is not finite or outside [0, 1] is a failed row. Reasons outside `reasons` become "other": free words
/// could carry a person's values. Nothing when the text is not in the format.
[[nodiscard]] std::optional<std::vector<RowAnswer>> parse_csv_scores(std::string_view text, std::size_t rows,
                                                                     std::span<const std::string> reasons);
[[nodiscard]] std::optional<std::vector<RowAnswer>> parse_column_scores(std::string_view bytes, std::size_t rows);

}  // namespace naru::evidence
