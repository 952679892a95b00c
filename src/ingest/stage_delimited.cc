// Delimited sources: one thread parses records into typed columns, another writes them as a Parquet file, row group by
// row group. Where the rows stand as they are, that file is the part's own.
#include "engine/parquet_writer.h"
#include "ingest/cells.h"
#include "ingest/csv.h"
#include "ingest/stage.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace naru::ingest {
namespace {

constexpr std::size_t batch_rows = engine::ParquetWriter::group_rows;

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
  Parser(CsvReader& reader, const StageSpec& spec, const std::vector<std::ptrdiff_t>& places) : reader_(reader) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0) continue;
      if (spec.columns[i].name == spec.key) key_ = columns_.size() + 1;
      columns_.push_back({&spec.columns[i], static_cast<std::size_t>(places[i]), kind_of(spec.columns[i].sql_type)});
    }
    zero_notes_.resize(columns_.size(), 0);
    null_notes_.resize(columns_.size(), 0);
  }

  /// The place of the record, then the columns that the file has.
  [[nodiscard]] engine::Rows empty_rows() const {
    engine::Rows rows;
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
    text_bytes_ = 0;
    while (batch.rows.count < batch_rows && batch.read < 4 * batch_rows &&
           text_bytes_ < engine::ParquetWriter::group_text_bytes) {
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

  /// Asked when the file has been read.
  [[nodiscard]] bool rises() const { return key_ != 0 && rises_; }

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
      reason = put_cell(rows.columns[done + 1], done, trimmed(reader_.fields()[columns_[done].place]));
    }
    if (!reason.empty()) {
      for (std::size_t i = 0; i < done; ++i) drop_last(rows.columns[i + 1]);
      return reason;
    }
    for (const auto i : noted_zero_) ++zero_notes_[i];
    for (const auto i : noted_null_) ++null_notes_[i];
    put_integer(rows.columns[0], static_cast<std::int64_t>(reader_.line()));
    if (key_ != 0) {
      const auto key = rows.columns[key_].integers.back();
      rises_ = rises_ && (!any_key_ || key > last_key_) && rows.columns[key_].valid.back() != 0;
      last_key_ = key;
      any_key_ = true;
    }
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].kind == engine::Kind::text) text_bytes_ += rows.columns[i + 1].texts.back().size();
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
  std::size_t key_ = 0;  ///< place of the watched key in Rows; 0: none
  bool rises_ = true, any_key_ = false;
  std::int64_t last_key_ = 0;
  std::size_t text_bytes_ = 0;
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

/// The line of every row as a file of its own, made only once a row does not stand on the line that its number says
/// (a record over several lines, or one refused before it).
class Lines {
 public:
  explicit Lines(Work& work) : work_(work) {}
  Done add(const engine::Column& lines) {
    bool regular = !writer_;
    for (std::size_t i = 0; regular && i < lines.size(); ++i)
      regular = lines.integers[i] == rows_ + static_cast<std::int64_t>(i) + 2;
    if (!regular) {
      if (!writer_) NARU_CHECK(begin());
      NARU_CHECK(write(lines));
    }
    rows_ += static_cast<std::int64_t>(lines.size());
    return {};
  }
  Done close() { return writer_ ? writer_->close() : Done{}; }
  /// Empty when row n (from 0) stands on line n + 2.
  [[nodiscard]] const fs::path& file() const { return file_; }

 private:
  Done begin() {
    file_ = work_.scratch_file();
    NARU_ASSIGN(auto writer, engine::ParquetWriter::create(file_, {{"_line", "BIGINT"}}));
    writer_.emplace(std::move(writer));
    for (std::int64_t from = 0; from < rows_;) {
      engine::Column before{.name = "_line", .kind = engine::Kind::integer};
      const auto end = std::min(rows_, from + static_cast<std::int64_t>(batch_rows));
      for (; from < end; ++from) before.integers.push_back(from + 2);
      before.valid.assign(before.integers.size(), 1);
      NARU_CHECK(write(before));
    }
    return {};
  }
  Done write(const engine::Column& lines) { return writer_->add({.columns = {lines}, .count = lines.size()}, {0}); }

  Work& work_;
  std::int64_t rows_ = 0;
  fs::path file_;
  std::optional<engine::ParquetWriter> writer_;
};

/// The rows of one delimited file on their way to a scratch file: every column of the spec, and without a key to watch
/// the line of each row besides.
class Shelf {
 public:
  static Result<Shelf> open(Work& work, const StageSpec& spec, const std::vector<std::ptrdiff_t>& places) {
    std::vector<engine::ParquetColumn> columns;
    std::vector<std::ptrdiff_t> from;
    std::ptrdiff_t next = 1;
    for (std::size_t i = 0; i < places.size(); ++i) {
      columns.push_back({spec.columns[i].name, spec.columns[i].sql_type});
      from.push_back(places[i] >= 0 ? next++ : -1);
    }
    if (spec.key.empty()) {
      columns.push_back({"_line", "BIGINT"});
      from.push_back(0);
    }
    auto file = work.scratch_file();
    NARU_ASSIGN(auto writer, engine::ParquetWriter::create(file, std::move(columns)));
    return Shelf(work, std::move(writer), std::move(file), std::move(from), !spec.key.empty());
  }
  Done add(const engine::Rows& rows) {
    if (rows.count == 0) return {};
    if (apart_) NARU_CHECK(lines_.add(rows.columns[0]));
    return writer_.add(rows, from_);
  }
  Done close() {
    NARU_CHECK(lines_.close());
    return writer_.close();
  }
  [[nodiscard]] std::int64_t rows() const { return writer_.rows(); }
  [[nodiscard]] const fs::path& file() const { return file_; }
  /// FROM clause that gives the spec's columns and _line, and the expression of _line.
  [[nodiscard]] std::pair<std::string, std::string> with_lines() const {
    if (!apart_) return {engine::parquet(file_) + " f", "f._line"};
    if (lines_.file().empty()) {
      return {fmt::format("read_parquet({}, file_row_number=true) f", engine::literal(file_.string())),
              "(f.file_row_number + 2)::BIGINT"};
    }
    return {fmt::format("{} f POSITIONAL JOIN {} l", engine::parquet(file_), engine::parquet(lines_.file())),
            "l._line"};
  }

 private:
  Shelf(Work& work, engine::ParquetWriter writer, fs::path file, std::vector<std::ptrdiff_t> from, bool apart)
      : writer_(std::move(writer)), file_(std::move(file)), from_(std::move(from)), apart_(apart), lines_(work) {}
  engine::ParquetWriter writer_;
  fs::path file_;
  std::vector<std::ptrdiff_t> from_;
  bool apart_;
  Lines lines_;
};

}  // namespace

Result<std::string> stage_delimited(Work& work, const StageSpec& spec, std::size_t member, Staged& staged) {
  const auto& file = work.members[member];
  NARU_ASSIGN(auto reader, CsvReader::open(file.path, file.name, work.request.encoding));
  NARU_ASSIGN(const auto places, match_columns(work, spec, file.name, reader.header()));
  Parser parser(reader, spec, places);
  NARU_ASSIGN(auto shelf, Shelf::open(work, spec, places));
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
      NARU_CHECK(shelf.add(batch->rows));
      const bool last = batch->last;
      exchange.give_back();
      work.progress.at(shown, static_cast<std::uint64_t>(count.read - before), 0);
      if (work.progress.stop_requested()) return interrupted();
      if (last) break;
    }
  }
  NARU_CHECK(shelf.close());
  parser.note(work, spec.table);
  std::string columns;
  for (std::size_t i = 0; i < places.size(); ++i) {
    columns += fmt::format("{}f.{}", columns.empty() ? "" : ", ", engine::quoted(spec.columns[i].name));
    if (places[i] >= 0) staged.columns.insert(spec.columns[i].name);
  }
  if (shelf.rows() == 0) return std::string();
  const auto [from, line] = shelf.with_lines();
  if (!spec.key.empty()) {
    staged.plain = fmt::format("SELECT {} FROM {} f", columns, engine::parquet(shelf.file()));
    staged.file = shelf.file();
    staged.rises = parser.rises();
  }
  return fmt::format("SELECT {}::BIGINT AS _file, {} AS _line, {} FROM {}", member, line, columns, from);
}

}  // namespace naru::ingest
