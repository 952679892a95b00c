#include "engine/table_source.h"

#include "base/bytes.h"
#include "base/files.h"
#include "engine/archive.h"
#include "engine/cp949.h"
#include "engine/database.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

namespace naru::engine {
namespace {

constexpr std::size_t header_lines_max = 200;

Error not_text(std::string_view encoding, const std::string& name, std::uint64_t line) {
  const auto where = fmt::format("{}:{}", name, line);
  if (encoding == "cp949") {
    return rejected(say("the text is not CP949", "CP949 텍스트가 아닙니다"), where,
                    say("leave the encoding out when the file is UTF-8", "파일이 UTF-8이면 인코딩 지정을 빼세요"));
  }
  return rejected(say("the text is not UTF-8", "UTF-8 텍스트가 아닙니다"), where, utf8_hint());
}

bool begins_as_parquet(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, 4> mark{};
  in.read(mark.data(), mark.size());
  return in.gcount() == 4 && std::string_view(mark.data(), mark.size()) == "PAR1";
}

/// Marks outside quotes only: a name may hold a comma.
char delimiter_of(std::string_view header) {
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char mark : {',', '\t', ';', '|'}) {
    std::ptrdiff_t count = 0;
    bool quoted = false;
    for (const char c : header) {
      if (c == '"') quoted = !quoted;
      if (c == mark && !quoted) ++count;
    }
    if (count > most) {
      most = count;
      best = mark;
    }
  }
  return best;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return std::string(text);
}

std::vector<std::string> names_in(std::string_view header, char delimiter) {
  std::vector<std::string> out;
  std::string cell;
  bool quoted = false;
  for (std::size_t at = 0; at < header.size(); ++at) {
    const char c = header[at];
    if (c == '"') {
      if (quoted && at + 1 < header.size() && header[at + 1] == '"')
        cell += header[++at];
      else
        quoted = !quoted;
    } else if (c == delimiter && !quoted) {
      out.push_back(trimmed(cell));
      cell.clear();
    } else {
      cell += c;
    }
  }
  out.push_back(trimmed(cell));
  return out;
}

Result<std::string> header_of(const fs::path& file, const std::string& name) {
  NARU_ASSIGN(auto reader, LineReader::open(file));
  std::string header;
  std::string_view line;
  for (std::size_t lines = 0; lines < header_lines_max; ++lines) {
    NARU_ASSIGN(const bool more, reader.next(line));
    if (!more) break;
    header += (lines == 0 ? "" : "\n") + std::string(line);
    if (std::ranges::count(header, '"') % 2 == 0) return header;
  }
  if (header.empty()) {
    return rejected(say("the file is empty; a header line is expected", "파일이 비어 있습니다. 머리글 줄이 필요합니다"),
                    name);
  }
  return rejected(say("a quote in the header is never closed", "머리글의 따옴표가 닫히지 않았습니다"), name + ":1");
}

Done describe_csv(TableSource& source) {
  NARU_ASSIGN(const auto header, header_of(source.path, source.name));
  if (!is_utf8(header)) return not_text("utf-8", source.name, 1);
  const char delimiter = delimiter_of(header);
  source.columns = names_in(header, delimiter);
  std::set<std::string> seen;
  std::string columns;
  for (std::size_t at = 0; at < source.columns.size(); ++at) {
    auto& column = source.columns[at];
    // A table that R wrote begins with a column without a name.
    if (column.empty()) column = fmt::format("column{}", at);
    std::string lower = column;
    for (auto& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (!seen.insert(lower).second) {
      return rejected(say("two columns have the name '{}'", "이름이 '{}'인 열이 두 개 있습니다", column),
                      source.name + ":1", say("rename one of them", "하나의 이름을 바꾸세요"));
    }
    columns += (at == 0 ? "" : ", ") + literal(column) + ": 'VARCHAR'";
  }
  source.relation = fmt::format(
      "read_csv({}, auto_detect=false, header=true, strict_mode=true, delim={}, quote='\"', escape='\"', "
      "columns={{{}}})",
      file_literal(source.path), literal(std::string(1, delimiter)), columns);
  return {};
}

}  // namespace

Text utf8_hint() {
  return say("if the file is Korean in the older code page, say cp949 (--encoding cp949, or \"encoding\":\"cp949\")",
             "옛 한글 코드 페이지 파일이면 cp949를 지정하세요(--encoding cp949 또는 \"encoding\":\"cp949\")");
}

Result<fs::path> in_utf8(const fs::path& file, std::string_view encoding, const fs::path& scratch,
                         const std::string& name) {
  if (encoding.empty() || encoding == "utf-8") return file;
  if (encoding != "cp949") {
    return usage_error(say("the encoding {} is not known", "인코딩 {}을(를) 모릅니다", encoding), "encoding",
                       say("utf-8 or cp949", "utf-8 또는 cp949"));
  }
  NARU_ASSIGN(auto reader, LineReader::open(file));
  auto target = scratch / "in-utf-8.csv";
  std::ofstream out(target, std::ios::binary);
  Cp949 converter;
  std::string_view line;
  std::string text;
  while (true) {
    NARU_ASSIGN(const bool more, reader.next(line));
    if (!more) break;
    if (!converter.to_utf8(line, text)) return not_text(encoding, name, reader.line_number());
    out << text << '\n';
  }
  out.close();
  if (!out)
    return internal_error(say("cannot write the converted file", "변환한 파일을 쓸 수 없습니다"), target.string());
  return target;
}

Result<TableSource> table_source(const fs::path& file, const fs::path& scratch, std::string_view encoding) {
  const auto name = file.string();
  NARU_ASSIGN(const auto members, extract(file, scratch));
  if (members.size() != 1) {
    return rejected(
        say("one table is wanted, this holds {} files", "표 하나가 필요한데 파일이 {}개 있습니다", members.size()),
        name);
  }
  const auto plain = fs::absolute(members.front().path);
  if (begins_as_parquet(plain)) return TableSource{name, plain, engine::parquet(plain), {}, true};
  if (members.front().name.ends_with(".parquet")) {
    return rejected(say("this is not a Parquet file", "Parquet 파일이 아닙니다"), name,
                    say("name it .csv when it is text", "텍스트라면 이름을 .csv로 바꾸세요"));
  }
  NARU_ASSIGN(auto text, in_utf8(plain, encoding, scratch, name));
  TableSource out{name, fs::absolute(text), {}, {}, false};
  NARU_CHECK(describe_csv(out));
  return out;
}

Error in_file(Error error, const std::string& name) {
  error.where = error.where.empty() ? name : name + ": " + error.where;
  return error;
}

}  // namespace naru::engine
