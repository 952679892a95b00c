#pragma once
/// What the `evaluate` commands share: one table read column by column, and small pieces of JSON and text.
#include "cli/command.h"
#include "evaluate/contrasts.h"

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace naru::cli {

// One per file; evaluate_commands() puts them together.
[[nodiscard]] std::vector<Command> evaluate_scores_commands();
[[nodiscard]] std::vector<Command> evaluate_survival_commands();
[[nodiscard]] std::vector<Command> evaluate_meta_commands();
[[nodiscard]] std::vector<Command> evaluate_sample_size_commands();
[[nodiscard]] std::vector<Command> evaluate_impact_commands();

namespace evaluation {

/// What a command needs of a CSV or Parquet file.
struct Wanted {
  std::set<std::string> numbers = {};
  std::set<std::string> texts = {};
  std::string label = {};     ///< a column of 0/1, true/false; empty: none
  std::string positive = {};  ///< the label's value that means the event; empty: 1 or true
  std::string encoding = {};  ///< of a CSV file: utf-8 (also when empty) or cp949
  bool missing = false;       ///< empty cells of numbers (as NaN) and of the label (as `no_label`) are let through
};
inline constexpr std::uint8_t no_label = 2;

/// Columns in file order.
struct Table {
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, std::vector<std::string>> texts;
  std::vector<std::uint8_t> label;
  std::size_t rows = 0;
};
/// Errors: rejected naming file, column and row (from 1, without the header) of a missing column, an empty cell, a word
/// where a number stands, or a third label value.
[[nodiscard]] Result<Table> read_table(const std::string& file, const Wanted& wanted, unsigned threads);

/// Words of an option given several times, as numbers. Error usage names the word.
[[nodiscard]] Result<std::vector<double>> numbers_of(const Call& call, const std::string& option);
/// The option as a number, or `fallback` when it is not given.
[[nodiscard]] Result<double> number_or(const Call& call, const std::string& option, double fallback);

/// "0.8180 (0.8071 to 0.8289)", or "null: reason".
[[nodiscard]] std::string line_of(const nlohmann::json& estimate);
/// null for an empty one.
[[nodiscard]] nlohmann::json json_of(const std::optional<double>& value);
[[nodiscard]] nlohmann::json json_of(const std::optional<evaluate::Interval>& value);
[[nodiscard]] nlohmann::json json_of(const evaluate::JointTest& test);

/// FILE, as every command of a table has it.
[[nodiscard]] Option file_option();
[[nodiscard]] Option encoding_option();
[[nodiscard]] Option threads_option();

}  // namespace evaluation
}  // namespace naru::cli
