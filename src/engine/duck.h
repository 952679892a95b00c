#pragma once
/// This room's own view of DuckDB's C API: handles that free themselves, and errors without a row's content.
/// Included by engine's .cc files only; the library's header is not on any other room's path.
#include "engine/database.h"

#include <duckdb.h>

namespace naru::engine::duck {

/// A handle freed by `Free(&handle)`.
template <typename Handle, void (*Free)(Handle*)>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Handle handle) : handle_(handle) {}
  ~Owned() { Free(&handle_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  [[nodiscard]] Handle get() const { return handle_; }
  [[nodiscard]] Handle* out() { return &handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  Handle handle_{};
};

using Chunk = Owned<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using Prepared = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using LogicalType = Owned<duckdb_logical_type, duckdb_destroy_logical_type>;

class Answer {
 public:
  Answer() = default;
  ~Answer() { duckdb_destroy_result(&result_); }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  [[nodiscard]] duckdb_result* out() { return &result_; }
  [[nodiscard]] duckdb_result get() const { return result_; }

 private:
  duckdb_result result_{};
};

/// The engine's message as an Error. Messages that may quote data (conversion, constraint, CSV lines) are cut to
/// their class and line number.
[[nodiscard]] Error error_of(const char* message);

/// How one column of an answer is read.
struct ColumnType {
  std::string name;
  Kind kind = Kind::integer;
  duckdb_type type = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  ///< of DECIMAL and ENUM
  std::uint8_t scale = 0;                     ///< of DECIMAL
  std::vector<std::string> labels = {};       ///< of ENUM
};

/// Error rejected names a column whose type has no Kind (LIST, STRUCT, BLOB, …): cast it in SQL.
[[nodiscard]] Result<std::vector<ColumnType>> column_types(duckdb_result* result);
/// Empty columns of those types.
[[nodiscard]] Rows rows_for(const std::vector<ColumnType>& types);
/// Appends the chunk's rows to `rows`.
[[nodiscard]] Done read_chunk(duckdb_data_chunk chunk, const std::vector<ColumnType>& types, Rows& rows);
/// Copies rows [from, from + count) into an empty chunk of a table's types.
[[nodiscard]] Done fill_chunk(duckdb_data_chunk chunk, const std::vector<duckdb_type>& types, const Rows& rows,
                              std::size_t from, std::size_t count);

}  // namespace naru::engine::duck
