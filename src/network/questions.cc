#include "network/questions.h"

#include "base/digest.h"
#include "base/json.h"
#include "cohort/expression.h"
#include "network/task_support.h"

#include <fmt/format.h>

#include <algorithm>

namespace naru::network {
namespace {

Result<Json> documents_of(engine::Records& records, std::string_view collection, std::string_view prefix) {
  NARU_ASSIGN(const auto documents, records.list(collection));
  Json out = Json::array();
  for (const auto& [key, document] : documents) {
    if (!key.starts_with(prefix)) continue;
    NARU_ASSIGN(auto json, parse_json(document, key));
    out.push_back(std::move(json));
  }
  return out;
}

}  // namespace

Done offer_definition(Site& site, const OfferedDefinition& definition, std::string_view account) {
  if (!is_plain_name(definition.id)) {
    return rejected(say("the definition's id is not a plain name", "정의 이름 형식이 올바르지 않습니다"), definition.id,
                    say("use letters, digits, . _ -", "영문, 숫자, . _ - 를 쓰세요"));
  }
  NARU_ASSIGN([[maybe_unused]] const auto expression, cohort::parse(definition.text, definition.id));
  NARU_ASSIGN(auto json, parse_json(definition.text, definition.id));
  if (json.contains("expression")) json = json["expression"];
  const Json document{{"id", definition.id},
                      {"title", both(definition.title)},
                      {"description", both(definition.description)},
                      {"expression", std::move(json)},
                      {"text", definition.text}};
  NARU_CHECK(site.record("definition.offered",
                         fields(Json{{"id", definition.id}, {"hash", hex(sha256(definition.text))}}), account));
  return site.records().put(definitions_collection, definition.id, fields(document));
}

Result<std::string> offered_definitions(engine::Records& records) {
  NARU_ASSIGN(const auto list, documents_of(records, definitions_collection, ""));
  return fields(list);
}

Result<Text> offered_title(engine::Records& records, std::string_view text) {
  NARU_ASSIGN(const auto list, documents_of(records, definitions_collection, ""));
  for (const auto& known : list) {
    if (known.value("text", "") != text) continue;
    const auto title = known.value("title", Json::object());
    return Text{title.value("en", ""), title.value("ko", "")};
  }
  return Text{};
}

Result<std::string> keep_answer(Site& site, std::string_view answer, std::string_view account, const Text& title) {
  NARU_ASSIGN(auto told, parse_json(answer, "answer"));
  const auto now_ms = site.clock().now_ms();
  const auto right = told.value("right", "");
  const auto id = "ans-" + hex(sha256(std::string(answer) + std::to_string(now_ms))).substr(0, 12);
  told["id"] = id;
  told["at_ms"] = now_ms;
  told["account"] = std::string(account);
  told["title"] = title.empty() ? Json(nullptr) : both(title);
  auto document = fields(told);
  NARU_CHECK(site.records().put(answers_collection, fmt::format("{}/{:013}-{}", right, now_ms, id), document));
  return document;
}

Result<std::string> kept_answers(engine::Records& records, std::string_view right) {
  NARU_ASSIGN(auto list, documents_of(records, answers_collection, std::string(right) + "/"));
  std::reverse(list.begin(), list.end());
  return fields(list);
}

}  // namespace naru::network
