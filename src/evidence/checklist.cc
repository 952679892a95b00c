#include "evidence/checklist.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "evidence_sql.h"

namespace naru::evidence {
namespace {

Result<Text> text_of(const Reader& reader) {
  Text out;
  NARU_ASSIGN(out.en, reader.text("en"));
  NARU_ASSIGN(out.ko, reader.text("ko"));
  return out;
}

bool filled(const Json& document, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  if (!document.contains(place)) return false;
  const auto& value = document.at(place);
  if (value.is_null()) return false;
  if (value.is_string()) return !value.get<std::string>().empty();
  if (value.is_array() || value.is_object()) {
    // An estimate that is undefined answers nothing.
    return !value.empty() && !(value.is_object() && value.contains("estimate") && value.at("estimate").is_null());
  }
  return true;
}

Json words(const Text& text) { return {{"en", text.en}, {"ko", text.ko}}; }

}  // namespace

const std::vector<std::string>& report_checklists() {
  static const std::vector<std::string> ids{"tripod-ai", "stard-ai", "decide-ai", "consort-ai"};
  return ids;
}

Result<Checklist> parse_checklist(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_CHECK(reader.only({"id", "title", "source", "items"}));
  Checklist out;
  NARU_ASSIGN(out.id, reader.text("id"));
  NARU_ASSIGN(out.source, reader.text("source"));
  NARU_ASSIGN(const auto title, reader.object("title"));
  NARU_ASSIGN(out.title, text_of(title));
  NARU_ASSIGN(const auto items, reader.array("items"));
  std::set<std::string> seen;
  for (const auto& [value, place] : items) {
    NARU_ASSIGN(const auto one, Reader::of(*value, place));
    NARU_CHECK(one.only({"id", "en", "ko", "by"}));
    ChecklistItem item;
    NARU_ASSIGN(item.id, one.text("id"));
    NARU_ASSIGN(item.text, text_of(one));
    NARU_ASSIGN(item.by, one.texts("by"));
    const bool twice = !seen.insert(item.id).second;
    const bool pointers =
        std::all_of(item.by.begin(), item.by.end(), [](const auto& by) { return by.starts_with('/'); });
    if (twice || !pointers) {
      return rejected(say("an item stands twice or names no place", "항목이 중복되었거나 위치가 잘못되었습니다"),
                      place);
    }
    out.items.push_back(std::move(item));
  }
  return out;
}

Result<Checklist> checklist(std::string_view id) {
  const auto text = sql::text(id);
  if (text.empty())
    return not_found(say("there is no checklist '{}'", "점검표 '{}'이(가) 없습니다", id), std::string(id));
  return parse_checklist(text, id);
}

Json answered(const Checklist& list, const Json& document, const std::map<std::string, Text>& statements) {
  Json items = Json::array();
  std::map<std::string, int> counts{{"report", 0}, {"stated", 0}, {"open", 0}};
  for (const auto& item : list.items) {
    const auto said = statements.find(list.id + "/" + item.id);
    const bool by_report = !item.by.empty() && std::all_of(item.by.begin(), item.by.end(), [&](const auto& pointer) {
      return filled(document, pointer);
    });
    const std::string state = by_report ? "report" : said != statements.end() ? "stated" : "open";
    ++counts[state];
    Json one{{"id", item.id}, {"text", words(item.text)}, {"state", state}};
    if (by_report) one["where"] = item.by;
    if (said != statements.end()) one["statement"] = words(said->second);
    items.push_back(std::move(one));
  }
  return {{"id", list.id},
          {"title", words(list.title)},
          {"source", list.source},
          {"report", counts["report"]},
          {"stated", counts["stated"]},
          {"open", counts["open"]},
          {"items", std::move(items)}};
}

}  // namespace naru::evidence
