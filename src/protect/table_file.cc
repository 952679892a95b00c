#include "protect/table_file.h"

#include "base/files.h"
#include "engine/archive.h"
#include "engine/database.h"
#include "engine/table_source.h"

#include <algorithm>
#include <cstring>

namespace naru::protect {
namespace {

Error at_line(Text what, const fs::path& file, std::uint64_t line, Text hint = {}) {
  return rejected(std::move(what), fmt::format("{}: line {}", file.filename().string(), line), std::move(hint));
}

// Records of a CSV file, over lines that belong together.
class CsvRecords {
 public:
  static Result<CsvRecords> open(const fs::path& path, char delimiter) {
    NARU_ASSIGN(auto lines, engine::LineReader::open(path));
    return CsvRecords(path, std::move(lines), delimiter);
  }
  /// False at the end. Lines without anything in them are passed over.
  Result<bool> next() {
    std::string_view line;
    while (true) {
      NARU_ASSIGN(const bool more, lines_.next(line));
      if (!more) {
        if (!fields_.open()) return false;
        return at_line(say("the file ends within a quoted cell", "따옴표가 닫히지 않은 채 파일이 끝납니다"), path_,
                       begun_);
      }
      if (!fields_.open()) begun_ = lines_.line_number();
      if (line.empty() && !fields_.open()) continue;
      if (delimiter_ == 0) {
        delimiter_ = guess_delimiter(line);
        fields_ = CsvFields(delimiter_);
      }
      const auto complete = fields_.take(line);
      if (!complete) {
        return at_line(say("characters after a closing quote", "닫는 따옴표 뒤에 문자가 있습니다"), path_,
                       lines_.line_number());
      }
      if (*complete) return true;
    }
  }
  const std::vector<std::string_view>& fields() const { return fields_.fields(); }
  std::uint64_t line() const { return begun_; }
  char delimiter() const { return delimiter_; }

 private:
  CsvRecords(fs::path path, engine::LineReader lines, char delimiter)
      : path_(std::move(path)), lines_(std::move(lines)), delimiter_(delimiter), fields_(delimiter) {}
  fs::path path_;
  engine::LineReader lines_;
  char delimiter_;
  CsvFields fields_;
  std::uint64_t begun_ = 0;
};

// What lies in a .zip is unpacked; everything else is read where it stands.
Result<fs::path> plain_path(const TableFile& file, const fs::path& scratch) {
  const auto& path = file.path;
  if (!fs::exists(path)) return not_found(say("no such file", "파일이 없습니다"), path.string());
  if (path.extension() == ".parquet") return path;
  if (path.extension() != ".zip") return engine::in_utf8(path, file.encoding, scratch, path.filename().string());
  NARU_ASSIGN(const auto members, engine::extract(path, scratch));
  if (members.size() != 1) {
    return rejected(say("one table is expected in the archive", "압축 파일에는 표가 하나여야 합니다"), path.string());
  }
  return engine::in_utf8(members.front().path, file.encoding, scratch, path.filename().string());
}

Error no_column(const std::string& name, const fs::path& path) {
  return not_found(say("the table has no column {}", "표에 {} 열이 없습니다", name), path.filename().string(),
                   say("check names and delimiter", "열 이름과 구분자를 확인하세요"));
}

Done read_parquet(const fs::path& path, const std::vector<std::string>& columns, const EachRow& each) {
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {fs::absolute(path).parent_path()}}));
  NARU_ASSIGN(const auto present, database.describe(engine::parquet(path)));
  std::string list;
  for (const auto& name : columns) {
    const auto found = std::ranges::find(present, name, &std::pair<std::string, std::string>::first);
    if (found == present.end()) return no_column(name, path);
    list += (list.empty() ? "CAST(" : ", CAST(") + engine::quoted(name) + " AS VARCHAR)";
  }
  std::int64_t record = 0;
  std::vector<std::string_view> cells(columns.size());
  return database.each_batch(
      "SELECT " + list + " FROM " + engine::parquet(path), {}, [&](const engine::Rows& rows) -> Done {
        for (std::size_t i = 0; i < rows.count; ++i) {
          for (std::size_t c = 0; c < cells.size(); ++c) {
            cells[c] = rows.is_null(c, i) ? std::string_view() : std::string_view(rows.text(c, i));
          }
          NARU_CHECK(each(cells, ++record));
        }
        return {};
      });
}

}  // namespace

std::optional<bool> CsvFields::take(std::string_view line) {
  if (!open_) {
    text_.clear();
    ends_.clear();
    fields_.clear();
    if (std::memchr(line.data(), '"', line.size()) == nullptr) {
      const char* at = line.data();
      const char* const end = at + line.size();
      while (true) {
        const auto* hit = static_cast<const char*>(std::memchr(at, delimiter_, static_cast<std::size_t>(end - at)));
        fields_.emplace_back(at, static_cast<std::size_t>((hit == nullptr ? end : hit) - at));
        if (hit == nullptr) return true;
        at = hit + 1;
      }
    }
  } else {
    text_ += '\n';
  }
  bool closed = false;
  bool fresh = !open_;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (open_) {
      if (c != '"') {
        text_ += c;
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        text_ += line[++i];
      } else {
        open_ = false;
        closed = true;
      }
    } else if (c == delimiter_) {
      ends_.push_back(text_.size());
      fresh = true;
      closed = false;
      continue;
    } else if (c == '"' && fresh) {
      open_ = true;
    } else if (closed) {
      open_ = false;
      return std::nullopt;
    } else {
      text_ += c;
    }
    fresh = false;
  }
  if (open_) return false;
  ends_.push_back(text_.size());
  std::size_t begin = 0;
  for (const auto end : ends_) {
    fields_.emplace_back(text_.data() + begin, end - begin);
    begin = end;
  }
  return true;
}

char guess_delimiter(std::string_view header) {
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char one : {',', ';', '\t', '|'}) {
    const auto count = std::ranges::count(header, one);
    if (count > most) {
      most = count;
      best = one;
    }
  }
  return best;
}

Done read_table(const TableFile& file, const std::vector<std::string>& columns, const EachRow& each,
                char* delimiter_found) {
  const ScratchFolder scratch("protect-table");
  NARU_ASSIGN(const auto path, plain_path(file, scratch.path()));
  if (delimiter_found != nullptr) *delimiter_found = file.delimiter == 0 ? ',' : file.delimiter;
  if (path.extension() == ".parquet") return read_parquet(path, columns, each);
  NARU_ASSIGN(auto records, CsvRecords::open(path, file.delimiter));
  NARU_ASSIGN(const bool header, records.next());
  if (!header)
    return rejected(say("an empty table: not even a header", "빈 표입니다. 머리글도 없습니다"),
                    path.filename().string());
  const auto width = records.fields().size();
  std::vector<std::size_t> places;
  for (const auto& name : columns) {
    const auto found = std::ranges::find(records.fields(), name);
    if (found == records.fields().end()) return no_column(name, path);
    places.push_back(static_cast<std::size_t>(found - records.fields().begin()));
  }
  if (delimiter_found != nullptr) *delimiter_found = records.delimiter();
  std::vector<std::string_view> cells(columns.size());
  for (std::int64_t record = 1;; ++record) {
    NARU_ASSIGN(const bool more, records.next());
    if (!more) return {};
    const auto& fields = records.fields();
    if (fields.size() != width) {
      return at_line(say("{} cells where the header has {}", "머리글은 {1}칸인데 {0}칸입니다", fields.size(), width),
                     path, records.line(), say("check the delimiter and quotes", "구분자와 따옴표를 확인하세요"));
    }
    for (std::size_t c = 0; c < cells.size(); ++c) cells[c] = fields[places[c]];
    NARU_CHECK(each(cells, record));
  }
}

Result<std::vector<std::vector<std::string>>> read_cells(const TableFile& file) {
  const ScratchFolder scratch("protect-cells");
  NARU_ASSIGN(const auto path, plain_path(file, scratch.path()));
  NARU_ASSIGN(auto records, CsvRecords::open(path, file.delimiter));
  std::vector<std::vector<std::string>> out;
  while (true) {
    NARU_ASSIGN(const bool more, records.next());
    if (!more) return out;
    out.emplace_back(records.fields().begin(), records.fields().end());
  }
}

}  // namespace naru::protect
