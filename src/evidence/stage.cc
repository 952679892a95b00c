#include "evidence/stage.h"

#include "base/json.h"
#include "evaluate/estimate_json.h"
#include "evidence/page.h"

namespace naru::evidence {
namespace {

Result<Json> with_share(const Reader& reader, std::string_view key, std::int64_t uses, int decimals) {
  const auto found = reader.raw().find(std::string(key));
  if (found == reader.raw().end() || found->is_null()) return Json(nullptr);
  NARU_ASSIGN(const auto count, reader.integer(key));
  if (count < 0 || count > uses) {
    return rejected(say("{} of {} uses", "사용 {1}건 중 {0}건", count, uses), fmt::format("stage.{}", key),
                    say("a use is overridden or fails once at most", "한 번의 사용은 한 번만 셀 수 있습니다"));
  }
  const auto share = evaluate::wilson(static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(uses));
  return Json{{"count", count}, {"share", evaluate::json_of(share, decimals)}};
}

// Texts that every element of a list holds.
Done texts_in(const Reader& reader, std::string_view list, std::initializer_list<std::string_view> keys) {
  NARU_ASSIGN(const auto elements, reader.array(list));
  for (const auto& [value, where] : elements) {
    NARU_ASSIGN(const auto element, Reader::of(*value, where));
    for (const auto key : keys) NARU_CHECK(element.text(key));
  }
  return {};
}

// A part that was perhaps not recorded: null then, never left out.
Result<std::optional<Reader>> recorded(const Reader& reader, std::string_view key) {
  const auto found = reader.raw().find(std::string(key));
  if (found != reader.raw().end() && found->is_null()) return std::optional<Reader>();
  NARU_ASSIGN(auto part, reader.object(key));
  return std::optional(std::move(part));
}

Done number_or_null(const Reader& reader, std::string_view key) {
  const auto found = reader.raw().find(std::string(key));
  if (found != reader.raw().end() && found->is_null()) return {};
  NARU_CHECK(reader.number(key));
  return {};
}

Done watch_in(const Reader& stage) {
  NARU_ASSIGN(const auto watch, stage.object("watch"));
  for (const auto* key : {"periods", "outside"}) NARU_CHECK(watch.integer(key));
  if (!watch.has("list")) return {};
  NARU_CHECK(texts_in(watch, "list", {"site", "period"}));
  NARU_ASSIGN(const auto list, watch.array("list"));
  for (const auto& [value, where] : list) {
    NARU_ASSIGN(const auto one, Reader::of(*value, where));
    NARU_CHECK(one.boolean("within"));
    NARU_CHECK(number_or_null(one, "psi"));
    NARU_ASSIGN(const auto o_e, one.object("o_e"));
    for (const auto* key : {"estimate", "lo", "hi"}) NARU_CHECK(number_or_null(o_e, key));
  }
  return {};
}

// Every part that the page below reads and the counts do not look at.
Done parts_of(const Reader& stage) {
  for (const auto* key : {"stage", "project"}) NARU_CHECK(stage.text(key));
  NARU_CHECK(texts_in(stage, "changes", {"at", "what"}));
  NARU_CHECK(texts_in(stage, "approvals", {"kind", "reference"}));
  NARU_CHECK(watch_in(stage));
  NARU_ASSIGN(const auto decision, recorded(stage, "decision"));
  if (!decision) return {};
  for (const auto* key : {"decision", "reason"}) NARU_CHECK(decision->text(key));
  return {};
}

}  // namespace

Result<Json> stage_with_shares(std::string_view stage_json, int decimals) {
  NARU_ASSIGN(auto out, parse_json(stage_json, "stage"));
  NARU_ASSIGN(const auto reader, Reader::of(out, "stage"));
  NARU_CHECK(parts_of(reader));
  NARU_ASSIGN(const auto uses, reader.integer("uses"));
  if (uses < 0) return rejected(say("not a count", "개수가 아닙니다"), "stage.uses");
  for (const char* key : {"overrides", "errors"}) {
    NARU_ASSIGN(auto one, with_share(reader, key, uses, decimals));
    out[key] = std::move(one);
  }
  NARU_ASSIGN(const auto safety, recorded(reader, "safety"));
  if (!safety) return out;
  NARU_ASSIGN(const auto serious, safety->integer("serious"));
  NARU_CHECK(safety->integer("minor"));
  // More events than recorded uses: then there is no share of them.
  const auto share = serious >= 0 && serious <= uses
                         ? evaluate::wilson(static_cast<std::uint64_t>(serious), static_cast<std::uint64_t>(uses))
                         : evaluate::undefined(evaluate::Reason::empty_denominator, "Wilson");
  out["safety"]["share_serious"] = evaluate::json_of(share, decimals);
  return out;
}

namespace page {
namespace {

std::string fact(const std::string& name, const std::string& value) {
  return "<dt>" + name + "</dt><dd>" + value + "</dd>";
}

std::string counted(const Json& value, const Json& reasons) {
  if (value.is_null()) return both("not recorded", "기록 없음");
  return value.at("count").dump() + ", " + figure(value.at("share"), reasons);
}

Text decision_name(const std::string& decision) {
  if (decision == "adopt") return say("adopt", "도입");
  if (decision == "adopt_with_monitoring") return say("adopt with monitoring", "조건부 도입(감시)");
  if (decision == "do_not_adopt") return say("do not adopt", "도입하지 않음");
  return {decision, decision};
}

}  // namespace

Text stage_name(std::string_view stage) {
  if (stage == "planned") return say("planned", "준비");
  if (stage == "silent") return say("silent: it runs, nobody sees the output", "비공개 실행: 결과를 보여 주지 않음");
  if (stage == "live") return say("live: users see the output", "실사용: 사용자가 결과를 봄");
  if (stage == "routine") return say("routine", "상시 사용");
  if (stage == "stopped") return say("stopped", "중단");
  return {std::string(stage), std::string(stage)};
}

std::string stage_section(const Json& report) {
  const auto found = report.find("stage");
  if (found == report.end() || found->is_null()) return {};
  const auto& stage = *found;
  const auto& reasons = report.at("reasons");
  auto out = "<h2>" + both("Use so far", "지금까지의 사용") + "</h2><dl class=\"facts\">";
  const auto name = stage_name(stage.at("stage").get<std::string>());
  out += fact(both("project", "과제"), "<code>" + escaped(stage.at("project").get<std::string>()) + "</code>");
  out += fact(both("stage", "단계"), both(name.en, name.ko));
  out += fact(both("uses", "사용"), count(stage.at("uses")));
  out += fact(both("overridden by users", "사용자가 따르지 않음"), counted(stage.at("overrides"), reasons));
  out += fact(both("errors and malfunctions", "오류·오작동"), counted(stage.at("errors"), reasons));
  const auto& safety = stage.at("safety");
  out += fact(both("safety events", "안전 사건"),
              safety.is_null()
                  ? both("not recorded", "기록 없음")
                  : both(fmt::format("{} minor, {} serious", safety.at("minor").dump(), safety.at("serious").dump()),
                         fmt::format("경미 {}건, 중대 {}건", safety.at("minor").dump(), safety.at("serious").dump())));
  std::string changes;
  for (const auto& change : stage.at("changes")) {
    changes += (changes.empty() ? "" : "<br>") + escaped(change.at("at").get<std::string>().substr(0, 10)) + " " +
               escaped(change.at("what").get<std::string>());
  }
  out +=
      fact(both("changes on the way", "진행 중 변경"), changes.empty() ? both("none recorded", "기록 없음") : changes);
  const auto& watch = stage.at("watch");
  out += fact(
      both("periods watched", "감시한 기간"),
      both(fmt::format("{}, {} of them outside the limits", watch.at("periods").dump(), watch.at("outside").dump()),
           fmt::format("{}개, 그중 {}개가 한도를 벗어남", watch.at("periods").dump(), watch.at("outside").dump())));
  for (const auto& one : watch.value("list", Json::array())) {
    const auto interval = [&](const Json& figure_of_it) {
      if (!figure_of_it.at("estimate").is_number()) return std::string("–");
      auto text = fmt::format("{:.2f}", figure_of_it.at("estimate").get<double>());
      if (!figure_of_it.at("lo").is_number() || !figure_of_it.at("hi").is_number()) return text;
      return text +
             fmt::format(" ({:.2f}–{:.2f})", figure_of_it.at("lo").get<double>(), figure_of_it.at("hi").get<double>());
    };
    const auto psi = one.at("psi").is_number() ? fmt::format("{:.3f}", one.at("psi").get<double>()) : std::string("–");
    out += fact(escaped(one.at("site").get<std::string>() + " " + one.at("period").get<std::string>()),
                "PSI " + psi + ", " + both("observed / expected ", "관측/예측 비 ") + interval(one.at("o_e")) + ", " +
                    (one.at("within").get<bool>() ? both("within", "한도 안") : both("outside", "한도 밖")));
  }
  std::string approvals;
  for (const auto& one : stage.at("approvals")) {
    approvals += (approvals.empty() ? "" : ", ") + escaped(one.at("kind").get<std::string>()) + " " +
                 escaped(one.at("reference").get<std::string>());
  }
  if (!approvals.empty()) out += fact(both("approvals of live use", "실사용 승인"), approvals);
  if (!stage.at("decision").is_null()) {
    const auto decision = decision_name(stage.at("decision").at("decision").get<std::string>());
    out += fact(both("last decision", "마지막 결정"),
                both(decision.en, decision.ko) + ": " + escaped(stage.at("decision").at("reason").get<std::string>()));
  }
  return out + "</dl>";
}

}  // namespace page
}  // namespace naru::evidence
