#include "ingest/csv.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <set>

namespace naru::ingest {
namespace {

// A quote that never closes would swallow the file; beyond this its first line is refused and the rest read anew.
constexpr std::size_t record_lines_max = 200;

std::string lower_trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  std::string out(text);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

char likeliest_delimiter(std::string_view header) {
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char c : {',', '\t', ';', '|'}) {
    const auto count = std::ranges::count(header, c);
    if (count > most) {
      most = count;
      best = c;
    }
  }
  return best;
}

}  // namespace

bool split_record(std::string_view text, char delimiter, std::vector<std::string>& fields) {
  std::size_t count = 0;
  const auto next_field = [&]() -> std::string& {
    if (count == fields.size()) fields.emplace_back();
    auto& field = fields[count++];
    field.clear();
    return field;
  };
  std::size_t at = 0;
  while (true) {
    auto& field = next_field();
    if (at < text.size() && text[at] == '"') {
      ++at;
      while (true) {
        const auto quote = text.find('"', at);
        if (quote == std::string_view::npos) return false;
        field.append(text.substr(at, quote - at));
        at = quote + 1;
        if (at >= text.size() || text[at] != '"') break;
        field += '"';
        ++at;
      }
    }
    const auto end = std::min(text.find(delimiter, at), text.size());
    field.append(text.substr(at, end - at));
    if (end == text.size()) break;
    at = end + 1;
  }
  fields.resize(count);
  return true;
}

struct CsvReader::State {
  State(engine::LineReader reader_, std::string name_, std::string_view encoding_)
      : reader(std::move(reader_)), name(std::move(name_)), cp949(encoding_ == "cp949") {}
  struct Line {
    std::string text;
    std::uint64_t number = 0;
  };
  engine::LineReader reader;
  std::string name;
  bool cp949;
  char delimiter = ',';
  std::vector<std::string> header;
  std::vector<std::string_view> fields;  // of `text` where the record has no quote, else of `unquoted`
  std::vector<std::string> unquoted;
  std::string text;  // a line of the older code page, converted
  Cp949 converter;
  std::deque<Line> waiting;  // lines given back after an unclosed quote
  std::string record;
  std::uint64_t line = 0;
  std::string_view fault;

  [[nodiscard]] Error not_text(std::uint64_t number) const {
    if (cp949) {
      return rejected(say("the text is not CP949", "CP949 텍스트가 아닙니다"), fmt::format("{}:{}", name, number),
                      say("leave --encoding out when the file is UTF-8", "파일이 UTF-8이면 --encoding을 빼세요"));
    }
    return rejected(say("the text is not UTF-8", "UTF-8 텍스트가 아닙니다"), fmt::format("{}:{}", name, number),
                    say("if the file is Korean in the older code page, say --encoding cp949",
                        "옛 한글 코드 페이지 파일이면 --encoding cp949 를 지정하세요"));
  }

  /// The next line where it stands; valid until the next call.
  Result<bool> next_text(std::string_view& out, std::uint64_t& number) {
    if (!waiting.empty()) {
      text = std::move(waiting.front().text);
      number = waiting.front().number;
      waiting.pop_front();
      out = text;
      return true;
    }
    NARU_ASSIGN(const bool more, reader.next(out));
    if (!more) return false;
    number = reader.line_number();
    if (cp949) {
      if (!converter.to_utf8(out, text)) return not_text(number);
      out = text;
    } else if (!simdjson::validate_utf8(out.data(), out.size())) {
      return not_text(number);
    }
    return true;
  }

  Result<bool> next_line(Line& out) {
    std::string_view seen;
    NARU_ASSIGN(const bool more, next_text(seen, out.number));
    if (more) out.text.assign(seen);
    return more;
  }

  void split_plain(std::string_view line) {
    fields.clear();
    while (true) {
      const auto* end = static_cast<const char*>(std::memchr(line.data(), delimiter, line.size()));
      if (end == nullptr) break;
      const auto length = static_cast<std::size_t>(end - line.data());
      fields.push_back(line.substr(0, length));
      line.remove_prefix(length + 1);
    }
    fields.push_back(line);
  }

  /// False when a quote is still open.
  bool split_quoted(std::string_view all) {
    if (!split_record(all, delimiter, unquoted)) return false;
    fields.assign(unquoted.begin(), unquoted.end());
    return true;
  }
};

CsvReader::CsvReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
CsvReader::~CsvReader() = default;
CsvReader::CsvReader(CsvReader&&) noexcept = default;

Result<CsvReader> CsvReader::open(const std::filesystem::path& path, std::string name, std::string_view encoding) {
  NARU_ASSIGN(auto lines, engine::LineReader::open(path));
  auto state = std::make_unique<State>(std::move(lines), std::move(name), encoding);
  State::Line first;
  NARU_ASSIGN(const bool any, state->next_line(first));
  if (!any) {
    return rejected(say("the file is empty; a header line is expected", "파일이 비어 있습니다. 머리글 줄이 필요합니다"),
                    state->name);
  }
  state->delimiter = likeliest_delimiter(first.text);
  if (!split_record(first.text, state->delimiter, state->header)) {
    return rejected(say("the header line has an open quote", "머리글 줄의 따옴표가 닫히지 않았습니다"),
                    state->name + ":1");
  }
  for (auto& column : state->header) column = lower_trimmed(column);
  if (std::set<std::string>(state->header.begin(), state->header.end()).size() != state->header.size()) {
    return rejected(say("two columns have the same name", "이름이 같은 열이 두 개 있습니다"), state->name + ":1",
                    say("export the table again with distinct column names", "열 이름을 달리하여 다시 내보내세요"));
  }
  return CsvReader(std::move(state));
}

const std::vector<std::string>& CsvReader::header() const { return state_->header; }
const std::vector<std::string_view>& CsvReader::fields() const { return state_->fields; }
std::uint64_t CsvReader::bytes_read() const { return state_->reader.bytes_read(); }
std::uint64_t CsvReader::line() const { return state_->line; }
std::string_view CsvReader::fault() const { return state_->fault; }

Result<bool> CsvReader::next() {
  auto& state = *state_;
  std::string_view first;
  do {  // blank lines are no records
    NARU_ASSIGN(const bool more, state.next_text(first, state.line));
    if (!more) return false;
  } while (first.empty());
  state.fault = {};
  const bool quoted = std::memchr(first.data(), '"', first.size()) != nullptr;
  if (!quoted) {
    state.split_plain(first);
  } else if (!state.split_quoted(first)) {
    state.record.assign(first);
    NARU_CHECK(finish_record());
  }
  if (state.fault.empty() && state.fields.size() != state.header.size()) state.fault = "wrong_field_count";
  return true;
}

Done CsvReader::finish_record() {
  auto& state = *state_;
  std::deque<State::Line> taken;
  while (taken.size() < record_lines_max) {
    State::Line one;
    NARU_ASSIGN(const bool more, state.next_line(one));
    if (!more) break;
    state.record += '\n';
    state.record += one.text;
    taken.push_back(std::move(one));
    if (state.split_quoted(state.record)) return {};
  }
  taken.insert(taken.end(), std::make_move_iterator(state.waiting.begin()),
               std::make_move_iterator(state.waiting.end()));
  state.waiting = std::move(taken);
  state.fields.clear();
  state.fault = "unclosed_quote";
  return {};
}

}  // namespace naru::ingest
