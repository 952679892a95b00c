#pragma once
/// The analytical engine behind one interface: DuckDB in process, through its C API. No DuckDB type leaves this room.
///
/// A database is caged when opened: it reads and writes only below `allowed_folders`, loads no extension, cannot be
/// reconfigured by SQL, and has memory and spill limits. Times are UTC.
#include "base/progress.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace naru::engine {

struct DatabaseOptions {
  std::filesystem::path file = {};  ///< empty: in memory
  std::vector<std::filesystem::path> allowed_folders = {};
  std::filesystem::path spill_folder = {};  ///< empty: a scratch folder of its own
  unsigned threads = 0;                     ///< 0: the machine's processors. Changes speed, never an answer.
  std::uint64_t memory_mb = 2048;
  bool read_only = false;
};

/// A calendar date as a parameter or cell, days since 1970-01-01.
struct Date {
  std::int32_t days = 0;
  auto operator<=>(const Date&) const = default;
};
/// Microseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::int64_t micros = 0;
  auto operator<=>(const Timestamp&) const = default;
};

/// monostate is SQL NULL. A parameter `?` of a statement, or one cell.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, Date, Timestamp>;

enum class Kind { boolean, integer, real, text, date, timestamp };

/// One column of an answer. Exactly one of the three vectors is filled, by `kind`: boolean, integer, date (days) and
/// timestamp (microseconds) in `integers`, real in `reals`, text in `texts`. `valid[i] == 0` means NULL.
/// HUGEINT (what sum() of integers gives) and UBIGINT come out as `integer`, and beyond 64 bits as an error; DECIMAL
/// and FLOAT as `real`, ENUM as text. Other types are an error: cast in SQL.
struct Column {
  std::string name;
  Kind kind = Kind::integer;
  std::vector<std::int64_t> integers = {};
  std::vector<double> reals = {};
  std::vector<std::string> texts = {};
  std::vector<std::uint8_t> valid = {};
  [[nodiscard]] std::size_t size() const { return valid.size(); }
};

/// A materialised answer, column by column.
struct Rows {
  std::vector<Column> columns;
  std::size_t count = 0;
  [[nodiscard]] bool is_null(std::size_t column, std::size_t row) const { return columns[column].valid[row] == 0; }
  /// REQUIRES: the column is of that kind and the cell is not NULL.
  [[nodiscard]] std::int64_t integer(std::size_t column, std::size_t row) const {
    return columns[column].integers[row];
  }
  [[nodiscard]] double real(std::size_t column, std::size_t row) const { return columns[column].reals[row]; }
  [[nodiscard]] const std::string& text(std::size_t column, std::size_t row) const {
    return columns[column].texts[row];
  }
  /// Error not_found names the missing column.
  [[nodiscard]] Result<std::size_t> index_of(std::string_view name) const;
};

class Database {
 public:
  [[nodiscard]] static Result<Database> open(const DatabaseOptions& options);
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  Database(const Database&) = delete;

  /// One statement; every row of its answer. More rows than `rows_max` is an error, never a cut answer.
  [[nodiscard]] Result<Rows> query(std::string_view sql, const std::vector<Value>& parameters = {},
                                   std::size_t rows_max = 50'000'000);
  /// The one integer in the first row and column. NULL or no row is an error.
  [[nodiscard]] Result<std::int64_t> integer(std::string_view sql, const std::vector<Value>& parameters = {});
  /// Statements separated by ';', no answer. Parameters only with a single statement.
  [[nodiscard]] Done run(std::string_view sql, const std::vector<Value>& parameters = {});
  /// Streams the answer in batches of up to 2,048 rows (bounded memory); `each` may stop it with an error and must not
  /// use this same database (that is an error).
  [[nodiscard]] Done each_batch(std::string_view sql, const std::vector<Value>& parameters,
                                const std::function<Done(const Rows&)>& each);
  /// Bulk insert into an existing table, all columns in table order (10 M rows/s). Kinds must match the table's types:
  /// integer feeds any integer type, date DATE, timestamp TIMESTAMP, real DOUBLE, text VARCHAR, boolean BOOLEAN.
  [[nodiscard]] Done append(std::string_view table, const Rows& rows);
  /// Writes `select` as one Parquet file (zstd), ordered by `order_by`, which must be a total order: then the bytes
  /// do not depend on threads or input order. Written under a temporary name and renamed. Returns the rows written.
  [[nodiscard]] Result<std::int64_t> copy_to_parquet(std::string_view select, std::string_view order_by,
                                                     const std::filesystem::path& file);
  /// Column names and SQL types of a table, view or `read_parquet('…')` expression.
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> describe(std::string_view relation);
  /// Stops the statement that is running, from another thread.
  void interrupt();

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// `name` as a quoted SQL identifier; the only way a name may get into SQL text.
[[nodiscard]] std::string quoted(std::string_view name);
/// `text` as a SQL string literal; only where a parameter is impossible (file names in table functions).
[[nodiscard]] std::string literal(std::string_view text);
/// read_parquet('…') for one file or several.
[[nodiscard]] std::string parquet(const std::filesystem::path& file);
[[nodiscard]] std::string parquet(const std::vector<std::filesystem::path>& files);

}  // namespace naru::engine
