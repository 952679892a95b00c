#include "linkage/filters.h"

#include "base/json.h"
#include "engine/archive.h"

#include <cstring>
#include <fstream>
#include <iterator>

namespace naru::linkage {
namespace {

constexpr std::size_t filter_bytes_max = 1024;

// A million filters as a document tree would take a gigabyte: they are taken up one by one instead.
class FilterReader : public nlohmann::json_sax<Json> {
 public:
  explicit FilterReader(std::string where) : where_(std::move(where)) {}
  FilterSet filters;
  std::optional<Error> fault;
  bool seen = false;

  bool null() override { return scalar(); }
  bool boolean(bool) override { return scalar(); }
  bool number_integer(number_integer_t) override { return scalar(); }
  bool number_unsigned(number_unsigned_t) override { return scalar(); }
  bool number_float(number_float_t, const string_t&) override { return scalar(); }
  bool binary(binary_t&) override { return scalar(); }
  bool string(string_t& text) override {
    if (!(depth_ == 2 && within_)) return scalar();
    const auto place = fmt::format("{}: clks[{}]", where_, filters.size());
    auto bytes = from_base64(text, place);
    if (!bytes.ok()) return stop(bytes.error());
    return take(bytes.value(), place);
  }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override {
    if (depth_ == 1 && key_ == "clks") within_ = seen = true;
    return open();
  }
  bool end_array() override {
    if (depth_ == 2) within_ = false;
    return close();
  }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = name;
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    return stop(rejected(say("not a JSON document", "JSON 문서가 아닙니다"), fmt::format("{}, byte {}", where_, at)));
  }

 private:
  bool open() {
    if (within_ && depth_ >= 2) return wrong();
    return ++depth_ <= 64 || wrong();
  }
  bool close() {
    --depth_;
    return true;
  }
  bool scalar() { return !within_ || depth_ != 2 || wrong(); }
  bool wrong() {
    return stop(rejected(say("a list of base64 texts was expected", "base64 문자열 목록이 필요합니다"),
                         fmt::format("{}: clks[{}]", where_, filters.size())));
  }
  bool stop(Error error) {
    if (!fault) fault = std::move(error);
    return false;
  }
  bool take(const Bytes& bytes, const std::string& place) {
    if (bytes.empty() || bytes.size() > filter_bytes_max || (length_ != 0 && bytes.size() != length_)) {
      return stop(rejected(say("a filter of {} bytes; all must have one length from 1 to {}",
                               "{}바이트 필터입니다. 모두 1~{}바이트의 같은 길이여야 합니다", bytes.size(),
                               length_ != 0 ? length_ : filter_bytes_max),
                           place));
    }
    length_ = bytes.size();
    filters.words = (length_ + 7) / 8;
    filters.bits.resize(filters.bits.size() + filters.words);
    std::memcpy(filters.bits.data() + filters.bits.size() - filters.words, bytes.data(), bytes.size());
    return true;
  }

  std::string where_;
  std::string key_;
  std::size_t depth_ = 0;
  std::size_t length_ = 0;
  bool within_ = false;
};

template <class Input>
Result<FilterSet> taken(Input&& input, const std::string& where) {
  FilterReader reader(where);
  const bool good = Json::sax_parse(std::forward<Input>(input), &reader);
  if (reader.fault) return std::move(*reader.fault);
  if (!good || !reader.seen) {
    return rejected(say("there is no list of filters", "필터 목록이 없습니다"), where,
                    say("{{\"clks\":[\"base64\", …]}} is expected", "{{\"clks\":[\"base64\", …]}} 형식이어야 합니다"));
  }
  return std::move(reader.filters);
}

}  // namespace

Result<FilterSet> parse_filters(std::string_view text, const std::string& where) { return taken(text, where); }

Result<FilterSet> read_filters(const fs::path& file) {
  if (!fs::is_regular_file(file)) return not_found(say("no such file", "파일이 없습니다"), file.string());
  const ScratchFolder scratch("filters");
  NARU_ASSIGN(const auto members, engine::extract(file, scratch.path()));
  if (members.size() != 1) {
    return rejected(say("one set of filters was expected", "필터 모음 하나가 필요합니다"), file.filename().string());
  }
  std::ifstream stream(members.front().path, std::ios::binary);
  return taken(stream, file.filename().string());
}

Done write_filters(const fs::path& file, const FilterSet& filters) {
  std::string out = "{\"clks\":[";
  for (std::size_t row = 0; row < filters.size(); ++row) {
    const auto* const first = reinterpret_cast<const std::uint8_t*>(filters.filter(row));
    out += row == 0 ? "\"" : ",\n\"";
    out += to_base64({first, filters.words * 8}) + '"';
  }
  return write_file_atomic(file, out + "]}\n", 0600);
}

}  // namespace naru::linkage
