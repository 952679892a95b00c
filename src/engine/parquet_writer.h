#pragma once
/// Parquet files of typed rows, one row group after the other, in one pass and a third of the CPU that the engine's
/// COPY takes: lake tables are wide and mostly empty, and a column that holds nothing costs nothing here. Equal groups
/// give equal bytes. Columns with few values become dictionaries, others stand plain, pages are zstd; each column
/// carries its minimum, maximum and number of NULLs, by which readers skip groups.
/// Format: Apache Parquet 2.9, data pages of version 1, encodings PLAIN and RLE_DICTIONARY.
#include "engine/database.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace naru::engine {

struct ParquetColumn {
  std::string name;
  std::string sql_type;  ///< BIGINT, INTEGER, DOUBLE, VARCHAR, DATE or TIMESTAMP
  bool absent = false;   ///< write_parquet: all NULL, and not among the columns of `select`
};

class ParquetWriter {
 public:
  /// Rows of one group; a caller ends a group earlier when its text passes `group_text_bytes`.
  static constexpr std::size_t group_rows = 122'880;
  static constexpr std::size_t group_text_bytes = 64U << 20;

  /// Errors: internal_error when the file cannot be made; the columns' types are not checked against their values.
  [[nodiscard]] static Result<ParquetWriter> create(const std::filesystem::path& file,
                                                    std::vector<ParquetColumn> columns);
  ~ParquetWriter();
  ParquetWriter(ParquetWriter&&) noexcept;
  ParquetWriter(const ParquetWriter&) = delete;

  /// One row group. `places[i]` is the column of `rows` that feeds column i; negative: all NULL.
  [[nodiscard]] Done add(const Rows& rows, const std::vector<std::ptrdiff_t>& places);
  /// The footer, then fsync. Without it the file is no Parquet file.
  [[nodiscard]] Done close();
  [[nodiscard]] std::int64_t rows() const;

 private:
  struct State;
  explicit ParquetWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Makes new names in the folder last.
[[nodiscard]] Done sync_folder(const std::filesystem::path& folder);

/// The answer of `select`, whose columns are those of `columns` that are not absent, in that order and type, as a file
/// under a temporary name, renamed when whole. `order_by` is a total order, or empty when the rows come in one. Returns
/// the rows written.
[[nodiscard]] Result<std::int64_t> write_parquet(Database& database, std::string_view select, std::string_view order_by,
                                                 const std::vector<ParquetColumn>& columns,
                                                 const std::filesystem::path& file);

}  // namespace naru::engine
