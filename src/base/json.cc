#include "base/json.h"

#include <algorithm>
#include <set>

template class nlohmann::basic_json<>;

namespace naru {
namespace {

// nlohmann keeps the last of two equal keys silently; this watches the object starts and ends.
class DuplicateWatch {
 public:
  bool operator()(int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end && !open_.empty()) open_.pop_back();
    if (event == Json::parse_event_t::key && !open_.empty()) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!open_.back().insert(key).second && first_.empty()) first_ = key;
    }
    return true;
  }
  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string first_;
};

std::size_t line_of(std::string_view text, std::size_t byte) {
  byte = std::min(byte, text.size());
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(byte), '\n'));
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view where) {
  DuplicateWatch watch;
  try {
    auto value = Json::parse(text.begin(), text.end(), std::ref(watch));
    if (!watch.first().empty()) {
      return rejected(
          say("the key \"{}\" stands twice in one object", "한 객체에 키 \"{}\"가 두 번 있습니다", watch.first()),
          std::string(where));
    }
    return value;
  } catch (const Json::parse_error& error) {
    return rejected(
        say("not valid JSON", "올바른 JSON이 아닙니다"), fmt::format("{}:{}", where, line_of(text, error.byte)),
        say("check the brackets, quotes and commas near this line", "이 줄 근처의 괄호, 따옴표, 쉼표를 확인하세요"));
  } catch (const Json::exception&) {  // a number out of range is not a parse_error
    return rejected(
        say("not valid JSON: a number is out of range", "올바른 JSON이 아닙니다: 숫자가 범위를 벗어났습니다"),
        std::string(where));
  }
}

Result<Json> read_json(const fs::path& path) {
  NARU_ASSIGN(const auto text, read_file(path));
  return parse_json(text, path.string());
}

std::string canonical(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string pretty(const Json& value) { return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json json_of(const Error& error, Language language) {
  return {{"error",
           {{"kind", std::string(name_of(error.kind))},
            {"what", error.what.in(language)},
            {"where", error.where},
            {"hint", error.hint.in(language)}}}};
}

Result<Reader> Reader::of(const Json& value, std::string where) {
  if (!value.is_object()) {
    return rejected(say("an object with named fields is needed here", "여기에는 이름 있는 필드의 객체가 필요합니다"),
                    where);
  }
  return Reader(value, std::move(where));
}

bool Reader::has(std::string_view key) const {
  const auto found = value_->find(key);
  return found != value_->end() && !found->is_null();
}

Result<const Json*> Reader::at(std::string_view key) const {
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) {
    return rejected(say("the field \"{}\" is missing", "필드 \"{}\"가 없습니다", key),
                    fmt::format("{}.{}", where_, key));
  }
  return &*found;
}

Error Reader::wrong(std::string_view key, std::string_view wanted) const {
  return rejected(say("the field \"{}\" must be: {}", "필드 \"{}\"의 형식은 다음이어야 합니다: {}", key, wanted),
                  fmt::format("{}.{}", where_, key));
}

Result<std::string> Reader::text(std::string_view key) const {
  NARU_ASSIGN(const auto* value, at(key));
  if (!value->is_string()) return wrong(key, "text");
  return value->get<std::string>();
}
Result<std::int64_t> Reader::integer(std::string_view key) const {
  NARU_ASSIGN(const auto* value, at(key));
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return wrong(key, "integer (64 bit)");
  }
  if (!value->is_number_integer()) return wrong(key, "integer");
  return value->get<std::int64_t>();
}
Result<double> Reader::number(std::string_view key) const {
  NARU_ASSIGN(const auto* value, at(key));
  if (!value->is_number()) return wrong(key, "number");
  return value->get<double>();
}
Result<bool> Reader::boolean(std::string_view key) const {
  NARU_ASSIGN(const auto* value, at(key));
  if (!value->is_boolean()) return wrong(key, "true | false");
  return value->get<bool>();
}
Result<Reader> Reader::object(std::string_view key) const {
  NARU_ASSIGN(const auto* value, at(key));
  return Reader::of(*value, fmt::format("{}.{}", where_, key));
}
Result<std::vector<std::pair<const Json*, std::string>>> Reader::array(std::string_view key) const {
  NARU_ASSIGN(const auto* value, at(key));
  if (!value->is_array()) return wrong(key, "list");
  std::vector<std::pair<const Json*, std::string>> out;
  for (const auto& element : *value) out.emplace_back(&element, fmt::format("{}.{}[{}]", where_, key, out.size()));
  return out;
}
Result<std::vector<std::string>> Reader::texts(std::string_view key) const {
  NARU_ASSIGN(const auto elements, array(key));
  std::vector<std::string> out;
  for (const auto& [element, place] : elements) {
    if (!element->is_string()) return rejected(say("text is needed here", "여기에는 문자열이 필요합니다"), place);
    out.push_back(element->get<std::string>());
  }
  return out;
}
Result<std::string> Reader::text_or(std::string_view key, std::string fallback) const {
  if (!has(key)) return fallback;
  return text(key);
}
Result<std::int64_t> Reader::integer_or(std::string_view key, std::int64_t fallback) const {
  if (!has(key)) return fallback;
  return integer(key);
}
Result<double> Reader::number_or(std::string_view key, double fallback) const {
  if (!has(key)) return fallback;
  return number(key);
}
Result<bool> Reader::boolean_or(std::string_view key, bool fallback) const {
  if (!has(key)) return fallback;
  return boolean(key);
}

Done Reader::only(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : value_->items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string list;
    for (const auto name : known) list += (list.empty() ? "" : ", ") + std::string(name);
    return rejected(say("unknown field \"{}\"", "알 수 없는 필드 \"{}\"", key), fmt::format("{}.{}", where_, key),
                    say("known fields: {}", "알려진 필드: {}", list));
  }
  return {};
}

}  // namespace naru
