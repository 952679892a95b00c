// Delimited sources: one thread parses records into typed columns, another hands them to the engine.
#include "ingest/cells.h"
#include "ingest/csv.h"
#include "ingest/stage.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace naru::ingest {
namespace {

constexpr std::size_t batch_rows = 32'768;
constexpr std::size_t rows_per_scratch_file = 2'000'000;

engine::Kind kind_of(std::string_view sql_type) {
  if (sql_type == "BIGINT" || sql_type == "INTEGER") return engine::Kind::integer;
  if (sql_type == "DOUBLE") return engine::Kind::real;
  if (sql_type == "DATE") return engine::Kind::date;
  if (sql_type == "TIMESTAMP") return engine::Kind::timestamp;
  return engine::Kind::text;
}

struct Refusal {
  std::uint64_t line;
  std::string reason;
};

/// What one step of the parser hands on.
struct Batch {
  engine::Rows rows = {};
  std::vector<Refusal> refusals = {};
  std::uint64_t read = 0;
  bool last = false;
};

/// Records of one file as typed columns. Used by the parsing thread alone.
class Parser {
 public:
  Parser(CsvReader& reader, const StageSpec& spec, const std::vector<std::ptrdiff_t>& places, std::size_t member)
      : reader_(reader), member_(static_cast<std::int64_t>(member)) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0) continue;
      columns_.push_back({&spec.columns[i], static_cast<std::size_t>(places[i]), kind_of(spec.columns[i].sql_type)});
    }
    zero_notes_.resize(columns_.size(), 0);
    null_notes_.resize(columns_.size(), 0);
  }

  [[nodiscard]] engine::Rows empty_rows() const {
    engine::Rows rows;
    rows.columns.push_back({.name = "_file", .kind = engine::Kind::integer});
    rows.columns.push_back({.name = "_line", .kind = engine::Kind::integer});
    for (const auto& column : columns_) rows.columns.push_back({.name = column.spec->name, .kind = column.kind});
    return rows;
  }

  Done fill(Batch& batch) {
    batch.refusals.clear();
    batch.read = 0;
    for (auto& column : batch.rows.columns) {
      column.integers.clear();
      column.reals.clear();
      column.texts.clear();
      column.valid.clear();
    }
    batch.rows.count = 0;
    while (batch.rows.count < batch_rows && batch.read < 4 * batch_rows) {
      NARU_ASSIGN(const bool more, reader_.next());
      if (!more) {
        batch.last = true;
        return {};
      }
      ++batch.read;
      auto reason = reader_.fault().empty() ? put_row(batch.rows) : std::string(reader_.fault());
      if (!reason.empty()) batch.refusals.push_back({reader_.line(), std::move(reason)});
    }
    return {};
  }

  void note(Work& work, const std::string& table) const {
    const auto add = [&](std::string_view code, std::size_t i, std::int64_t times) {
      if (times > 0) work.receipt.notes[fmt::format("{}:{}.{}", code, table, label_of(*columns_[i].spec))] += times;
    };
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      add("blank_concept_as_0", i, zero_notes_[i]);
      add("unreadable_as_null", i, null_notes_[i]);
    }
  }

 private:
  struct Source {
    const StageColumn* spec;
    std::size_t place;
    engine::Kind kind;
  };

  /// Appends the record; on a reason nothing of it stays.
  std::string put_row(engine::Rows& rows) {
    std::size_t done = 0;
    std::string reason;
    noted_zero_.clear();
    noted_null_.clear();
    for (; done < columns_.size() && reason.empty(); ++done) {
      reason = put_cell(rows.columns[done + 2], done, trimmed(reader_.fields()[columns_[done].place]));
    }
    if (!reason.empty()) {
      for (std::size_t i = 0; i < done; ++i) drop_last(rows.columns[i + 2]);
      return reason;
    }
    for (const auto i : noted_zero_) ++zero_notes_[i];
    for (const auto i : noted_null_) ++null_notes_[i];
    put_integer(rows.columns[0], member_);
    put_integer(rows.columns[1], static_cast<std::int64_t>(reader_.line()));
    ++rows.count;
    return {};
  }

  static void put_integer(engine::Column& column, std::int64_t value) {
    column.integers.push_back(value);
    column.valid.push_back(1);
  }
  static void put_null(engine::Column& column) {
    if (column.kind == engine::Kind::text)
      column.texts.emplace_back();
    else if (column.kind == engine::Kind::real)
      column.reals.push_back(0);
    else
      column.integers.push_back(0);
    column.valid.push_back(0);
  }
  static void drop_last(engine::Column& column) {
    if (column.kind == engine::Kind::text)
      column.texts.pop_back();
    else if (column.kind == engine::Kind::real)
      column.reals.pop_back();
    else
      column.integers.pop_back();
    column.valid.pop_back();
  }

  /// One value more stands in `column`, also when a reason is given.
  std::string put_cell(engine::Column& column, std::size_t i, std::string_view text) {
    const auto& spec = *columns_[i].spec;
    if (text.empty()) {
      if (spec.zero_if_blank) {
        noted_zero_.push_back(i);
        put_integer(column, 0);
        return {};
      }
      put_null(column);
      return spec.required ? "missing_required:" + label_of(spec) : std::string();
    }
    if (column.kind == engine::Kind::text) {
      column.texts.emplace_back(text);
      column.valid.push_back(1);
      return {};
    }
    if (column.kind == engine::Kind::real) {
      if (const auto value = real_cell(text)) {
        column.reals.push_back(*value);
        column.valid.push_back(1);
        return {};
      }
    } else if (const auto value = whole_cell(column.kind, spec, text)) {
      put_integer(column, *value);
      return {};
    }
    put_null(column);
    if (spec.null_if_unreadable) {
      noted_null_.push_back(i);
      return {};
    }
    return fmt::format("{}:{}", unreadable_reason(spec), label_of(spec));
  }

  static std::optional<std::int64_t> whole_cell(engine::Kind kind, const StageColumn& spec, std::string_view text) {
    if (kind == engine::Kind::date) return date_cell(text);
    if (kind == engine::Kind::timestamp) return timestamp_cell(text);
    const auto value = integer_cell(text);
    constexpr std::int64_t most = 2'147'483'647;
    if (value && spec.sql_type == "INTEGER" && (*value > most || *value < -most - 1)) return std::nullopt;
    return value;
  }

  CsvReader& reader_;
  std::int64_t member_;
  std::vector<Source> columns_;
  std::vector<std::int64_t> zero_notes_, null_notes_;
  std::vector<std::size_t> noted_zero_, noted_null_;
};

/// Two batches go round between the parsing thread and the caller's.
class Exchange {
 public:
  explicit Exchange(Parser& parser) : parser_(parser) {
    for (auto& batch : batches_) batch.rows = parser.empty_rows();
    thread_ = std::thread([this] { parse(); });
  }
  ~Exchange() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Exchange(const Exchange&) = delete;

  /// The next filled batch, which `give_back` frees; the parser's error ends the run.
  Result<Batch*> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return full_[next_taken_] || !failure_.ok(); });
    if (!full_[next_taken_]) return std::move(failure_).error();
    return &batches_[next_taken_];
  }
  void give_back() {
    {
      const std::lock_guard lock(mutex_);
      full_[next_taken_] = false;
      next_taken_ ^= 1U;
    }
    changed_.notify_all();
  }

 private:
  void parse() {
    std::size_t at = 0;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stop_ || !full_[at]; });
        if (stop_) return;
      }
      auto done = parser_.fill(batches_[at]);
      const bool last = !done.ok() || batches_[at].last;
      {
        const std::lock_guard lock(mutex_);
        if (done.ok())
          full_[at] = true;
        else
          failure_ = std::move(done);
      }
      changed_.notify_all();
      if (last) return;
      at ^= 1U;
    }
  }

  Parser& parser_;
  std::array<Batch, 2> batches_ = {};
  std::array<bool, 2> full_ = {};
  std::size_t next_taken_ = 0;
  bool stop_ = false;
  Done failure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

/// Rows waiting in a temporary table go to a scratch file of their own.
class ScratchFiles {
 public:
  ScratchFiles(Work& work, const engine::Rows& shape, const StageSpec& spec) : work_(work) {
    std::string columns = "_file BIGINT, _line BIGINT";
    for (std::size_t i = 2; i < shape.columns.size(); ++i) {
      const auto found = std::ranges::find(spec.columns, shape.columns[i].name, &StageColumn::name);
      columns += fmt::format(", {} {}", engine::quoted(found->name), found->sql_type);
    }
    create_ = "CREATE OR REPLACE TEMP TABLE staging (" + columns + ")";
  }
  Done open() { return work_.database.run(create_); }
  Done add(const engine::Rows& rows) {
    if (rows.count == 0) return {};
    NARU_CHECK(work_.database.append("staging", rows));
    waiting_ += rows.count;
    return waiting_ >= rows_per_scratch_file ? write() : Done{};
  }
  Done write() {
    if (waiting_ == 0) return {};
    files_.push_back(work_.scratch_file());
    NARU_CHECK(work_.database.run(
        fmt::format("COPY staging TO {} (FORMAT parquet, COMPRESSION lz4)", engine::literal(files_.back().string()))));
    waiting_ = 0;
    return open();
  }
  [[nodiscard]] const std::vector<fs::path>& files() const { return files_; }

 private:
  Work& work_;
  std::string create_;
  std::size_t waiting_ = 0;
  std::vector<fs::path> files_;
};

}  // namespace

Result<std::string> stage_delimited(Work& work, const StageSpec& spec, std::size_t member,
                                    std::set<std::string>& present) {
  const auto& file = work.members[member];
  NARU_ASSIGN(auto reader, CsvReader::open(file.path, file.name, work.request.encoding));
  NARU_ASSIGN(const auto places, match_columns(work, spec, file.name, reader.header()));
  Parser parser(reader, spec, places, member);
  ScratchFiles scratch(work, parser.empty_rows(), spec);
  NARU_CHECK(scratch.open());
  const auto shown = say("reading {}", "{} 읽는 중", spec.table);
  auto& count = work.receipt.tables[spec.table];
  std::int64_t before = count.read;
  {
    Exchange exchange(parser);
    while (true) {
      NARU_ASSIGN(auto* const batch, exchange.take());
      count.read += static_cast<std::int64_t>(batch->read);
      for (const auto& one : batch->refusals)
        work.refuse(file.name, static_cast<std::int64_t>(one.line), spec.table, one.reason);
      NARU_CHECK(scratch.add(batch->rows));
      const bool last = batch->last;
      exchange.give_back();
      work.progress.at(shown, static_cast<std::uint64_t>(count.read - before), 0);
      if (work.progress.stop_requested()) return interrupted();
      if (last) break;
    }
  }
  NARU_CHECK(scratch.write());
  NARU_CHECK(work.database.run("DROP TABLE staging"));
  parser.note(work, spec.table);
  std::string select = "SELECT _file, _line";
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto name = engine::quoted(spec.columns[i].name);
    if (places[i] >= 0) present.insert(spec.columns[i].name);
    select += places[i] >= 0 ? ", " + name : fmt::format(", NULL::{} AS {}", spec.columns[i].sql_type, name);
  }
  if (scratch.files().empty()) return std::string();
  return select + " FROM " + engine::parquet(scratch.files());
}

}  // namespace naru::ingest
