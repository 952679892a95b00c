#include "engine/database.h"

#include "base/files.h"
#include "base/limits.h"
#include "base/random.h"
#include "engine/duck.h"

#include <fcntl.h>
#include <unistd.h>

#include <thread>

namespace naru::engine {
namespace fs = std::filesystem;

struct Database::State {
  std::unique_ptr<ScratchFolder> scratch;  // outlives the library's handles: spilled files live in it
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  bool streaming = false;
  ~State() {
    if (connection != nullptr) duckdb_disconnect(&connection);
    if (database != nullptr) duckdb_close(&database);
  }
};

namespace {

Done execute(duckdb_connection connection, const std::string& sql) {
  duck::Answer answer;
  if (duckdb_query(connection, sql.c_str(), answer.out()) != DuckDBSuccess) {
    return duck::error_of(duckdb_result_error(answer.out()));
  }
  return {};
}

/// Folders the cage opens, absolute and resolved: a symbolic link inside would otherwise be judged by its name.
Result<std::string> folder_list(const std::vector<fs::path>& folders) {
  std::string list;
  for (const auto& folder : folders) {
    std::error_code code;
    // What a bare file name's parent_path() gives is the working folder.
    const auto place = folder.empty() ? fs::path(".") : folder;
    const auto real = fs::canonical(place, code);
    if (code) return not_found(say("no such folder", "폴더가 없습니다"), folder.string());
    for (const auto& spelling : {real, fs::absolute(place).lexically_normal()}) {
      if (!list.empty()) list += ", ";
      list += literal(spelling.string());
    }
  }
  return "[" + list + "]";
}

/// The order matters: after the last two lines nothing of this can be changed by SQL.
Done lock_down(duckdb_connection connection, const DatabaseOptions& options, const fs::path& spill) {
  if (options.threads > 0) NARU_CHECK(execute(connection, "SET threads=" + std::to_string(options.threads)));
  NARU_CHECK(execute(connection, "SET memory_limit='" + std::to_string(options.memory_mb) + "MB'"));
  NARU_CHECK(execute(connection, "SET temp_directory=" + literal(spill.string())));
  NARU_CHECK(execute(connection, "SET max_temp_directory_size='" + std::to_string(limits::engine_spill_mb) + "MB'"));
  NARU_ASSIGN(const auto folders, folder_list(options.allowed_folders));
  NARU_CHECK(execute(connection, "SET allowed_directories=" + folders));
  NARU_CHECK(execute(connection, "SET autoinstall_known_extensions=false"));
  NARU_CHECK(execute(connection, "SET autoload_known_extensions=false"));
  NARU_CHECK(execute(connection, "SET TimeZone='UTC'"));
  NARU_CHECK(execute(connection, "SET enable_external_access=false"));
  return execute(connection, "SET lock_configuration=true");
}

Done bind(duckdb_prepared_statement statement, const std::vector<Value>& parameters) {
  if (duckdb_nparams(statement) != parameters.size()) {
    return internal_error(say("the statement wants {} parameters and got {}",
                              "문장에는 매개변수 {}개가 필요하나 {}개를 받았습니다", duckdb_nparams(statement),
                              parameters.size()));
  }
  idx_t place = 0;
  for (const auto& value : parameters) {
    ++place;
    duckdb_state state = DuckDBSuccess;
    if (std::holds_alternative<std::monostate>(value))
      state = duckdb_bind_null(statement, place);
    else if (const auto* flag = std::get_if<bool>(&value))
      state = duckdb_bind_boolean(statement, place, *flag);
    else if (const auto* whole = std::get_if<std::int64_t>(&value))
      state = duckdb_bind_int64(statement, place, *whole);
    else if (const auto* real = std::get_if<double>(&value))
      state = duckdb_bind_double(statement, place, *real);
    else if (const auto* date = std::get_if<Date>(&value))
      state = duckdb_bind_date(statement, place, {date->days});
    else if (const auto* time = std::get_if<Timestamp>(&value))
      state = duckdb_bind_timestamp(statement, place, {time->micros});
    else {
      const auto& text = std::get<std::string>(value);
      state = duckdb_bind_varchar_length(statement, place, text.data(), text.size());
    }
    if (state != DuckDBSuccess) {
      return rejected(say("a parameter cannot be used (UTF-8?)", "매개변수를 쓸 수 없습니다(UTF-8?)"),
                      "parameter " + std::to_string(place));
    }
  }
  return {};
}

Error busy_with_stream() {
  return internal_error(say("the database is in the middle of a batch stream", "데이터베이스가 묶음 읽기 중입니다"));
}

Result<std::unique_ptr<duck::Prepared>> prepare(duckdb_connection connection, std::string_view sql,
                                                const std::vector<Value>& parameters) {
  auto statement = std::make_unique<duck::Prepared>();
  if (duckdb_prepare(connection, std::string(sql).c_str(), statement->out()) != DuckDBSuccess) {
    return duck::error_of(duckdb_prepare_error(statement->get()));
  }
  NARU_CHECK(bind(statement->get(), parameters));
  return statement;
}

Done sync_file(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool good = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (!good) return internal_error(say("cannot sync the file", "파일을 동기화할 수 없습니다"), path.string());
  return {};
}

}  // namespace

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Result<Database> Database::open(const DatabaseOptions& options) {
  auto state = std::make_unique<State>();
  fs::path spill = options.spill_folder;
  if (spill.empty()) {
    state->scratch = std::make_unique<ScratchFolder>("engine");
    spill = state->scratch->path();
  }
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "access_mode", options.read_only && !options.file.empty() ? "READ_ONLY" : "READ_WRITE");
  char* reason = nullptr;
  const auto file = options.file.string();
  const auto opened = duckdb_open_ext(file.empty() ? nullptr : file.c_str(), &state->database, config, &reason);
  duckdb_destroy_config(&config);
  if (opened != DuckDBSuccess) {
    auto error = duck::error_of(reason);
    duckdb_free(reason);
    if (error.where.empty()) error.where = file;
    return error;
  }
  if (duckdb_connect(state->database, &state->connection) != DuckDBSuccess) {
    return internal_error(say("cannot connect to the engine", "엔진에 연결할 수 없습니다"), file);
  }
  NARU_CHECK(lock_down(state->connection, options, spill));
  return Database(std::move(state));
}

Result<Rows> Database::query(std::string_view sql, const std::vector<Value>& parameters, std::size_t rows_max) {
  if (state_->streaming) return busy_with_stream();
  NARU_ASSIGN(const auto statement, prepare(state_->connection, sql, parameters));
  duck::Answer answer;
  if (duckdb_execute_prepared(statement->get(), answer.out()) != DuckDBSuccess) {
    return duck::error_of(duckdb_result_error(answer.out()));
  }
  NARU_ASSIGN(const auto types, duck::column_types(answer.out()));
  auto rows = duck::rows_for(types);
  while (true) {
    const duck::Chunk chunk(duckdb_fetch_chunk(answer.get()));
    if (!chunk) break;
    if (rows.count + duckdb_data_chunk_get_size(chunk.get()) > rows_max) {
      return rejected(say("the answer has more than {} rows", "결과가 {}행을 넘습니다", rows_max), "");
    }
    NARU_CHECK(duck::read_chunk(chunk.get(), types, rows));
  }
  return rows;
}

Result<std::int64_t> Database::integer(std::string_view sql, const std::vector<Value>& parameters) {
  NARU_ASSIGN(const auto rows, query(sql, parameters, 1));
  if (rows.count == 0 || rows.columns.empty() || rows.is_null(0, 0) || rows.columns[0].integers.empty()) {
    return internal_error(say("the statement gave no whole number", "문장이 정수를 주지 않았습니다"));
  }
  return rows.integer(0, 0);
}

Done Database::run(std::string_view sql, const std::vector<Value>& parameters) {
  if (state_->streaming) return busy_with_stream();
  if (parameters.empty()) return execute(state_->connection, std::string(sql));
  NARU_ASSIGN(const auto statement, prepare(state_->connection, sql, parameters));
  duck::Answer answer;
  if (duckdb_execute_prepared(statement->get(), answer.out()) != DuckDBSuccess) {
    return duck::error_of(duckdb_result_error(answer.out()));
  }
  return {};
}

Done Database::each_batch(std::string_view sql, const std::vector<Value>& parameters,
                          const std::function<Done(const Rows&)>& each) {
  if (state_->streaming) return busy_with_stream();
  NARU_ASSIGN(const auto statement, prepare(state_->connection, sql, parameters));
  duck::Answer answer;
  if (duckdb_execute_prepared_streaming(statement->get(), answer.out()) != DuckDBSuccess) {
    return duck::error_of(duckdb_result_error(answer.out()));
  }
  NARU_ASSIGN(const auto types, duck::column_types(answer.out()));
  struct Flag {
    bool& raised;
    explicit Flag(bool& flag) : raised(flag) { raised = true; }
    ~Flag() { raised = false; }
  } const flag(state_->streaming);
  while (true) {
    const duck::Chunk chunk(duckdb_fetch_chunk(answer.get()));
    if (!chunk) break;
    auto rows = duck::rows_for(types);
    NARU_CHECK(duck::read_chunk(chunk.get(), types, rows));
    NARU_CHECK(each(rows));
  }
  // A failure in the middle of a stream also ends it with an empty chunk.
  const char* message = duckdb_result_error(answer.out());
  if (message != nullptr && *message != '\0') return duck::error_of(message);
  return {};
}

Done Database::append(std::string_view table, const Rows& rows) {
  if (state_->streaming) return busy_with_stream();
  struct Appender {
    duckdb_appender handle = nullptr;
    ~Appender() { duckdb_appender_destroy(&handle); }
  } appender;
  const auto failure = [&] {
    auto error = duck::error_of(duckdb_appender_error(appender.handle));
    if (error.where.empty()) error.where = table;
    return error;
  };
  if (duckdb_appender_create(state_->connection, nullptr, std::string(table).c_str(), &appender.handle) !=
      DuckDBSuccess) {
    return failure();
  }
  const auto columns = duckdb_appender_column_count(appender.handle);
  if (columns != rows.columns.size()) {
    return internal_error(say("the table has {} columns, the rows have {}", "표에는 열이 {}개, 자료에는 {}개입니다",
                              columns, rows.columns.size()),
                          std::string(table));
  }
  std::vector<std::unique_ptr<duck::LogicalType>> owned;
  std::vector<duckdb_logical_type> logical;
  std::vector<duckdb_type> types;
  for (idx_t index = 0; index < columns; ++index) {
    owned.push_back(std::make_unique<duck::LogicalType>(duckdb_appender_column_type(appender.handle, index)));
    logical.push_back(owned.back()->get());
    types.push_back(duckdb_get_type_id(logical.back()));
    const auto& column = rows.columns[index];
    const auto cells = column.kind == Kind::text   ? column.texts.size()
                       : column.kind == Kind::real ? column.reals.size()
                                                   : column.integers.size();
    if (column.valid.size() != rows.count || cells != rows.count) {
      return internal_error(say("a column's length differs from the row count", "열 길이가 행 수와 다릅니다"),
                            column.name);
    }
  }
  const duck::Chunk chunk(duckdb_create_data_chunk(logical.data(), columns));
  const std::size_t step = duckdb_vector_size();
  for (std::size_t from = 0; from < rows.count; from += step) {
    duckdb_data_chunk_reset(chunk.get());
    NARU_CHECK(duck::fill_chunk(chunk.get(), types, rows, from, std::min(step, rows.count - from)));
    if (duckdb_append_data_chunk(appender.handle, chunk.get()) != DuckDBSuccess) return failure();
  }
  if (duckdb_appender_close(appender.handle) != DuckDBSuccess) return failure();
  return {};
}

Result<std::int64_t> Database::copy_to_parquet(std::string_view select, std::string_view order_by,
                                               const fs::path& file) {
  SystemRandom random;
  const fs::path temporary = fs::absolute(file).lexically_normal().string() + ".tmp-" + to_hex(random.bytes(6));
  std::string sql = "COPY (SELECT * FROM (" + std::string(select) + ") AS copied";
  if (!order_by.empty()) sql += " ORDER BY " + std::string(order_by);
  sql += ") TO " + literal(temporary.string()) + " (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)";
  std::error_code code;
  auto written = integer(sql);
  if (!written.ok()) {
    fs::remove(temporary, code);
    return std::move(written).error();
  }
  NARU_CHECK(sync_file(temporary));
  fs::rename(temporary, file, code);
  if (code) {
    fs::remove(temporary, code);
    return internal_error(say("cannot put the file in place", "파일을 놓을 수 없습니다"), file.string());
  }
  NARU_CHECK(sync_file(file.has_parent_path() ? file.parent_path() : fs::path(".")));
  return *written;
}

Result<std::vector<std::pair<std::string, std::string>>> Database::describe(std::string_view relation) {
  NARU_ASSIGN(const auto rows, query("DESCRIBE SELECT * FROM " + std::string(relation)));
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t row = 0; row < rows.count; ++row) out.emplace_back(rows.text(0, row), rows.text(1, row));
  return out;
}

void Database::interrupt() { duckdb_interrupt(state_->connection); }

}  // namespace naru::engine
