#include "engine/parquet_writer.h"

#include "base/files.h"
#include "base/random.h"
#include "engine/parquet_encode.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>

namespace naru::engine {
namespace fs = std::filesystem;
namespace {

using parquet_format::Chunk;
using parquet_format::Physical;
using parquet_format::Thrift;

constexpr std::string_view magic = "PAR1";

Physical physical_of(std::string_view sql_type) {
  if (sql_type == "INTEGER" || sql_type == "DATE") return Physical::int32;
  if (sql_type == "DOUBLE") return Physical::real;
  return sql_type == "VARCHAR" ? Physical::bytes : Physical::int64;
}

/// The older annotation of a type; -1: none.
int converted_of(std::string_view sql_type) {
  if (sql_type == "VARCHAR") return 0;
  if (sql_type == "DATE") return 6;
  if (sql_type == "TIMESTAMP") return 10;
  if (sql_type == "INTEGER") return 17;
  return sql_type == "BIGINT" ? 18 : -1;
}

void put_schema(Thrift& out, const std::vector<ParquetColumn>& columns) {
  out.list(2, columns.size() + 1, 12);
  out.begin(0);
  out.text(4, "schema");
  out.whole(5, static_cast<std::int64_t>(columns.size()), false);
  out.end();
  for (const auto& column : columns) {
    out.begin(0);
    out.whole(1, static_cast<std::int64_t>(physical_of(column.sql_type)), false);
    out.whole(3, 1, false);  // optional
    out.text(4, column.name);
    if (const int converted = converted_of(column.sql_type); converted >= 0) out.whole(6, converted, false);
    if (column.sql_type == "TIMESTAMP") {  // local time in microseconds: without this, readers take it for UTC
      out.begin(10);
      out.begin(8);
      out.flag(1, false);
      out.begin(2);
      out.begin(2);
      out.end();
      out.end();
      out.end();
      out.end();
    }
    out.end();
  }
}

/// A chunk in the file, its bytes gone.
struct Placed {
  Chunk chunk;
  std::int64_t at = 0;
  std::int64_t size = 0;
};

struct Group {
  std::vector<Placed> columns;
  std::int64_t rows = 0;
};

void put_chunk(Thrift& out, const Placed& placed, const ParquetColumn& column, std::int64_t rows) {
  const auto& chunk = placed.chunk;
  const bool by_dictionary = chunk.dictionary_end > 0;
  out.begin(0);
  out.whole(2, placed.at, true);
  out.begin(3);
  out.whole(1, static_cast<std::int64_t>(physical_of(column.sql_type)), false);
  out.list(2, by_dictionary ? 3 : 2, 5);
  out.element_whole(0);
  out.element_whole(3);
  if (by_dictionary) out.element_whole(8);
  out.list(3, 1, 8);
  out.element_text(column.name);
  constexpr int zstd = 6;
  out.whole(4, chunk.compressed ? zstd : 0, false);
  out.whole(5, rows, true);
  out.whole(6, chunk.raw_bytes, true);
  out.whole(7, placed.size, true);
  out.whole(9, placed.at + chunk.dictionary_end, true);
  if (by_dictionary) out.whole(11, placed.at, true);
  out.begin(12);
  out.whole(3, chunk.nulls, true);
  if (chunk.bounded) {
    out.text(5, chunk.greatest);
    out.text(6, chunk.least);
  }
  out.end();
  out.end();
  out.end();
}

Error cannot_write(const std::string& file, int code) {
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
    return internal_error(say("no space is left to write the file", "파일을 쓸 공간이 없습니다"), file,
                          say("free some space and load again; what stood before stands",
                              "공간을 비우고 다시 적재하세요. 이전 상태는 그대로입니다"));
  }
  const auto what = say("cannot write the file: {}", "파일을 쓸 수 없습니다: {}", std::strerror(code));
  if (code == ENOENT || code == ENOTDIR || code == EACCES || code == EROFS || code == EISDIR) {
    return rejected(what, file,
                    say("name a folder that exists and that you may write to", "쓸 수 있는 기존 폴더를 지정하세요"));
  }
  return internal_error(what, file);
}

}  // namespace

struct ParquetWriter::State {
  std::string file;
  std::vector<ParquetColumn> columns;
  int descriptor = -1;
  std::int64_t at = 0;
  std::int64_t rows = 0;
  std::vector<Group> groups = {};
  parquet_format::Encoder encoder = {};
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
  }

  Done write(std::string_view bytes) {
    at += static_cast<std::int64_t>(bytes.size());
    while (!bytes.empty()) {
      const auto put = ::write(descriptor, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return cannot_write(file, errno);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
  }

  [[nodiscard]] std::string footer() const {
    Thrift out;
    out.whole(1, 1, false);
    put_schema(out, columns);
    out.whole(3, rows, true);
    out.list(4, groups.size(), 12);
    for (const auto& group : groups) {
      std::int64_t raw = 0, stored = 0;
      out.begin(0);
      out.list(1, columns.size(), 12);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        put_chunk(out, group.columns[i], columns[i], group.rows);
        raw += group.columns[i].chunk.raw_bytes;
        stored += group.columns[i].size;
      }
      out.whole(2, raw, true);
      out.whole(3, group.rows, true);
      out.whole(5, group.columns.empty() ? 4 : group.columns.front().at, true);
      out.whole(6, stored, true);
      out.end();
    }
    out.text(6, "naru");
    out.list(7, columns.size(), 12);  // bounds follow the order of each type
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out.begin(0);
      out.begin(1);
      out.end();
      out.end();
    }
    out.end();
    return out.bytes();
  }
};

ParquetWriter::ParquetWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ParquetWriter::~ParquetWriter() = default;
ParquetWriter::ParquetWriter(ParquetWriter&&) noexcept = default;
std::int64_t ParquetWriter::rows() const { return state_->rows; }

Result<ParquetWriter> ParquetWriter::create(const fs::path& file, std::vector<ParquetColumn> columns) {
  auto state = std::make_unique<State>();
  state->file = file.string();
  state->columns = std::move(columns);
  constexpr unsigned mode = 0644;
  state->descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (state->descriptor < 0) return cannot_write(state->file, errno);
  NARU_CHECK(state->write(magic));
  return ParquetWriter(std::move(state));
}

Done ParquetWriter::add(const Rows& rows, const std::vector<std::ptrdiff_t>& places) {
  if (rows.count == 0) return {};
  auto& state = *state_;
  Group group;
  group.rows = static_cast<std::int64_t>(rows.count);
  for (std::size_t i = 0; i < state.columns.size(); ++i) {
    const auto* column = places[i] < 0 ? nullptr : &rows.columns[static_cast<std::size_t>(places[i])];
    NARU_ASSIGN(auto chunk, state.encoder.encode(column, physical_of(state.columns[i].sql_type), rows.count));
    const auto at = state.at;
    const auto bytes = std::move(chunk.bytes);  // an assigned string would keep its memory until the file is closed
    NARU_CHECK(state.write(bytes));
    const auto size = static_cast<std::int64_t>(bytes.size());
    group.columns.push_back({std::move(chunk), at, size});
  }
  state.rows += group.rows;
  state.groups.push_back(std::move(group));
  return {};
}

Done ParquetWriter::close() {
  auto& state = *state_;
  const auto footer = state.footer();
  NARU_CHECK(state.write(footer));
  const auto size = static_cast<std::uint32_t>(footer.size());
  std::string end(4, '\0');
  std::memcpy(end.data(), &size, 4);
  NARU_CHECK(state.write(end + std::string(magic)));
  if (::fsync(state.descriptor) != 0) return cannot_write(state.file, errno);
  const int descriptor = std::exchange(state.descriptor, -1);
  if (::close(descriptor) != 0) return cannot_write(state.file, errno);
  return {};
}

Done sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (!good) return internal_error(say("cannot sync the folder", "폴더를 동기화할 수 없습니다"), folder.string());
  return {};
}

namespace {

Done put_in_place(const fs::path& temporary, const fs::path& file) {
  std::error_code code;
  fs::rename(temporary, file, code);
  if (code) {
    fs::remove(temporary, code);
    return internal_error(say("cannot put the file in place", "파일을 놓을 수 없습니다"), file.string());
  }
  return sync_folder(file.has_parent_path() ? file.parent_path() : fs::path("."));
}

/// Rows gathered to groups; one group is encoded while the next is gathered.
class Gatherer {
 public:
  Gatherer(ParquetWriter& writer, const std::vector<ParquetColumn>& columns) : writer_(writer) {
    std::ptrdiff_t next = 0;
    for (const auto& column : columns) places_.push_back(column.absent ? -1 : next++);
  }
  ~Gatherer() {
    if (running_.valid()) running_.wait();
  }
  Gatherer(const Gatherer&) = delete;

  Done add(const Rows& rows) {
    if (filling_.columns.empty()) {
      for (const auto& column : rows.columns) filling_.columns.push_back({.name = column.name, .kind = column.kind});
      encoding_ = filling_;
    }
    std::size_t from = 0;
    while (from < rows.count) {
      const auto room = std::min(rows.count - from, ParquetWriter::group_rows - filling_.count);
      const auto count = within_text_limit(rows, from, room);
      append(rows, from, count);
      from += count;
      if (filling_.count == ParquetWriter::group_rows || text_bytes_ >= ParquetWriter::group_text_bytes)
        NARU_CHECK(hand_over());
    }
    return {};
  }
  Done finish() {
    NARU_CHECK(hand_over());
    return wait();
  }

 private:
  /// How many of the rows end no later than the one whose text fills the group: by rows, not by how they arrive.
  std::size_t within_text_limit(const Rows& rows, std::size_t from, std::size_t room) {
    for (std::size_t count = 0; count < room; ++count) {
      for (const auto& column : rows.columns)
        if (column.kind == Kind::text) text_bytes_ += column.texts[from + count].size();
      if (text_bytes_ >= ParquetWriter::group_text_bytes) return count + 1;
    }
    return room;
  }
  void append(const Rows& rows, std::size_t from, std::size_t count) {
    const auto copy = [&](const auto& source, auto& target) {
      const auto first = source.begin() + static_cast<std::ptrdiff_t>(from);
      target.insert(target.end(), first, first + static_cast<std::ptrdiff_t>(count));
    };
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      const auto& source = rows.columns[i];
      auto& target = filling_.columns[i];
      copy(source.valid, target.valid);
      if (source.kind == Kind::text) {
        copy(source.texts, target.texts);
      } else if (source.kind == Kind::real) {
        copy(source.reals, target.reals);
      } else {
        copy(source.integers, target.integers);
      }
    }
    filling_.count += count;
  }
  Done wait() { return running_.valid() ? running_.get() : Done{}; }
  Done hand_over() {
    NARU_CHECK(wait());
    std::swap(filling_, encoding_);
    for (auto& column : filling_.columns) {
      column.integers.clear();
      column.reals.clear();
      column.texts.clear();
      column.valid.clear();
    }
    filling_.count = 0;
    text_bytes_ = 0;
    running_ = std::async(std::launch::async, [this] { return writer_.add(encoding_, places_); });
    return {};
  }

  ParquetWriter& writer_;
  std::vector<std::ptrdiff_t> places_;
  Rows filling_ = {}, encoding_ = {};
  std::size_t text_bytes_ = 0;
  std::future<Done> running_;
};

Done fill_file(Database& database, const std::string& sql, const std::vector<ParquetColumn>& columns,
               const fs::path& file, std::int64_t& written) {
  NARU_ASSIGN(auto writer, ParquetWriter::create(file, columns));
  {
    Gatherer gatherer(writer, columns);
    NARU_CHECK(database.each_batch(sql, {}, [&](const Rows& rows) { return gatherer.add(rows); }));
    NARU_CHECK(gatherer.finish());
  }
  written = writer.rows();
  return writer.close();
}

}  // namespace

Result<std::int64_t> write_parquet(Database& database, std::string_view select, std::string_view order_by,
                                   const std::vector<ParquetColumn>& columns, const fs::path& file) {
  SystemRandom random;
  const fs::path temporary = file.string() + ".tmp-" + to_hex(random.bytes(6));
  std::string sql(select);
  if (!order_by.empty()) sql = fmt::format("SELECT * FROM ({}) AS written ORDER BY {}", select, order_by);
  std::int64_t written = 0;
  std::error_code code;
  if (auto done = fill_file(database, sql, columns, temporary, written); !done.ok()) {
    fs::remove(temporary, code);
    return std::move(done).error();
  }
  NARU_CHECK(put_in_place(temporary, file));
  return written;
}

}  // namespace naru::engine
