#include "evidence/rows.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/json.h"

namespace naru::evidence {
namespace {

constexpr std::size_t words_per_row_max = 4096;

double value_at(const Solution& solution, const FeatureMatrix& matrix, std::size_t row, std::size_t feature) {
  const double x = matrix.values[row * matrix.features + feature];
  return std::isnan(x) && solution.features[feature].missing ? *solution.features[feature].missing : x;
}

void append_number(std::string& out, double value) {
  char buffer[32];
  const auto [end, code] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  if (code == std::errc()) out.append(buffer, end);
}

void append_float(std::string& out, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<char>(bits >> (8 * i)));
}

double float_at(std::string_view bytes, std::size_t at) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < 8; ++i)
    bits |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
  return std::bit_cast<double>(bits);
}

RowAnswer judged(double score) {
  if (!std::isfinite(score)) return {{}, "score_not_finite"};
  if (score < 0 || score > 1) return {{}, "score_out_of_range"};
  return {score + 0.0, {}};
}

// The next line without its end; false at the end of the text.
bool next_line(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  const auto end = text.find('\n');
  line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

template <typename Number>
bool whole(std::string_view text, Number& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string csv_rows(const Solution& solution, const FeatureMatrix& matrix, std::span<const std::size_t> rows) {
  std::string out = "row";
  for (const auto& feature : solution.features) out += "," + feature.name;
  out += '\n';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out += std::to_string(i);
    for (std::size_t j = 0; j < solution.features.size(); ++j) {
      out += ',';
      const double x = value_at(solution, matrix, rows[i], j);
      if (!std::isnan(x)) append_number(out, x);
    }
    out += '\n';
  }
  return out;
}

std::string column_rows(const Solution& solution, const FeatureMatrix& matrix, std::span<const std::size_t> rows,
                        std::string_view more) {
  auto header = Json::parse(more);
  header["rows"] = rows.size();
  header["columns"] = Json::array();
  for (const auto& feature : solution.features) header["columns"].push_back(feature.name);
  auto out = canonical(header) + "\n";
  out.reserve(out.size() + rows.size() * solution.features.size() * 8);
  for (std::size_t j = 0; j < solution.features.size(); ++j) {
    for (const auto row : rows) append_float(out, value_at(solution, matrix, row, j));
  }
  return out;
}

std::optional<std::vector<RowAnswer>> parse_csv_scores(std::string_view text, std::size_t rows,
                                                       std::span<const std::string> reasons) {
  std::string_view line;
  if (!next_line(text, line) || (line != "row,score" && line != "row,score,reason")) return std::nullopt;
  const bool with_reason = line == "row,score,reason";
  std::vector<RowAnswer> out(rows, RowAnswer{{}, "no_answer"});
  std::vector<bool> seen(rows, false);
  while (next_line(text, line)) {
    if (line.empty()) continue;
    if (line.size() > words_per_row_max) return std::nullopt;
    const auto first = line.find(',');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = line.find(',', first + 1);
    if ((second != std::string_view::npos) != with_reason) return std::nullopt;
    std::size_t row = 0;
    if (!whole(line.substr(0, first), row) || row >= rows || seen[row]) return std::nullopt;
    seen[row] = true;
    const auto score = line.substr(first + 1, with_reason ? second - first - 1 : std::string_view::npos);
    const auto reason = with_reason ? line.substr(second + 1) : std::string_view();
    if (score.empty()) {
      const bool known = std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
      out[row].reason = known ? std::string(reason) : "other";
      continue;
    }
    double value = 0;
    if (!whole(score, value)) return std::nullopt;
    out[row] = judged(value);
  }
  return out;
}

std::optional<std::vector<RowAnswer>> parse_column_scores(std::string_view bytes, std::size_t rows) {
  std::string_view line;
  if (!next_line(bytes, line) || line.size() > words_per_row_max) return std::nullopt;
  const auto header = parse_json(line, "scores");
  if (!header.ok() || !header->is_object() || header->value("rows", Json()) != Json(rows)) return std::nullopt;
  if (bytes.size() != rows * 8) return std::nullopt;
  std::vector<RowAnswer> out;
  out.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) out.push_back(judged(float_at(bytes, row * 8)));
  return out;
}

}  // namespace naru::evidence
