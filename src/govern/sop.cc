#include "govern/sop.h"

#include "base/digest.h"
#include "govern/texts.h"

#include <array>
#include <charconv>

namespace naru::govern {
namespace {

constexpr std::array<std::pair<StepKind, std::string_view>, 8> kinds = {{{StepKind::check, "check"},
                                                                         {StepKind::resubmit, "resubmit"},
                                                                         {StepKind::sites, "sites"},
                                                                         {StepKind::vote, "vote"},
                                                                         {StepKind::decide, "decide"},
                                                                         {StepKind::certificate, "certificate"},
                                                                         {StepKind::notice, "notice"},
                                                                         {StepKind::end, "end"}}};

constexpr std::int64_t clock_days_max = 3650;
constexpr std::size_t steps_max = 500;
constexpr std::int64_t members_limit = 1000;

Result<StepClock> clock_of(const Reader& r) {
  NARU_CHECK(r.only({"amount", "unit"}));
  StepClock out;
  NARU_ASSIGN(out.amount, r.integer("amount"));
  if (out.amount < 1 || out.amount > clock_days_max) {
    return rejected(say("a clock has 1 to {} days", "기한은 1일에서 {}일 사이입니다", clock_days_max),
                    r.where() + ".amount");
  }
  NARU_ASSIGN(const auto unit, r.text("unit"));
  if (unit != "working_days" && unit != "calendar_days") {
    return rejected(say("the unit is working_days or calendar_days", "단위는 working_days 또는 calendar_days입니다"),
                    r.where() + ".unit");
  }
  out.working_days = unit == "working_days";
  return out;
}

Result<Share> share_of(const std::string& text, const std::string& where) {
  Share out;
  const auto* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, out.numerator);
  const bool slash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '/';
  const auto second = slash ? std::from_chars(first.ptr + 1, end, out.denominator) : first;
  constexpr std::int64_t part_max = 1000;
  if (!slash || second.ec != std::errc{} || second.ptr != end || out.numerator < 0 || out.denominator < 1 ||
      out.denominator > part_max || out.numerator >= out.denominator) {
    return rejected(say("a share is written like 1/2, below one", "비율은 1/2처럼 1보다 작게 적습니다"), where);
  }
  return out;
}

Result<std::int64_t> count_in(const Reader& r, std::string_view key, std::int64_t fallback) {
  NARU_ASSIGN(const auto out, r.integer_or(key, fallback));
  if (out < 0 || out > members_limit) {
    return rejected(say("must lie between 0 and {}", "0에서 {} 사이여야 합니다", members_limit),
                    fmt::format("{}.{}", r.where(), key));
  }
  return out;
}

Result<BoardRule> board_of(const Reader& r, const std::string& id) {
  NARU_CHECK(r.only({"members_min", "members_max", "external_min", "ethics_min", "both_sexes", "quorum",
                     "approve_more_than", "recuse_same_organisation"}));
  BoardRule out;
  out.id = id;
  NARU_CHECK(r.integer("members_min"));  // no default: a board without a least size is not a rule
  NARU_ASSIGN(out.members_min, count_in(r, "members_min", 0));
  NARU_ASSIGN(out.members_max, count_in(r, "members_max", 0));
  NARU_ASSIGN(out.external_min, count_in(r, "external_min", 0));
  NARU_ASSIGN(out.ethics_min, count_in(r, "ethics_min", 0));
  NARU_ASSIGN(out.both_sexes, r.boolean_or("both_sexes", false));
  NARU_ASSIGN(out.recuse_same_organisation, r.boolean("recuse_same_organisation"));
  NARU_ASSIGN(const auto approve, r.text("approve_more_than"));
  NARU_ASSIGN(out.approve_more_than, share_of(approve, r.where() + ".approve_more_than"));
  NARU_ASSIGN(const auto quorum, r.object("quorum"));
  NARU_CHECK(quorum.only({"more_than", "least", "external"}));
  NARU_ASSIGN(const auto more, quorum.text("more_than"));
  NARU_ASSIGN(out.quorum_more_than, share_of(more, quorum.where() + ".more_than"));
  NARU_ASSIGN(out.quorum_least, count_in(quorum, "least", 0));
  NARU_ASSIGN(out.quorum_external, count_in(quorum, "external", 0));
  return out;
}

Result<StepKind> kind_in(const Reader& r) {
  NARU_ASSIGN(const auto text, r.text("kind"));
  for (const auto& [kind, name] : kinds) {
    if (name == text) return kind;
  }
  return rejected(say("no step kind is called \"{}\"", "\"{}\"라는 단계 종류는 없습니다", text), r.where() + ".kind",
                  say("one of check, resubmit, sites, vote, decide, certificate, notice, end",
                      "check, resubmit, sites, vote, decide, certificate, notice, end 중 하나"));
}

Result<std::map<std::string, std::string>> outcomes_in(const Reader& r) {
  std::map<std::string, std::string> out;
  if (!r.has("on")) return out;
  // Some YAML readers take a bare `on` for a truth value; ours keeps it as text.
  NARU_ASSIGN(const auto on, r.object("on"));
  for (const auto& [outcome, next] : on.raw().items()) {
    if (!next.is_string()) {
      return rejected(say("names the next step as text", "다음 단계의 이름을 문자열로 적어야 합니다"),
                      on.where() + "." + outcome);
    }
    out[outcome] = next.get<std::string>();
  }
  return out;
}

Result<std::optional<StepDuration>> duration_in(const Reader& r) {
  if (!r.has("duration")) return std::optional<StepDuration>{};
  NARU_ASSIGN(const auto d, r.object("duration"));
  NARU_CHECK(d.only({"least", "mode", "most"}));
  StepDuration out;
  NARU_ASSIGN(out.least, d.number("least"));
  NARU_ASSIGN(out.mode, d.number("mode"));
  NARU_ASSIGN(out.most, d.number("most"));
  if (!(out.least >= 0 && out.least <= out.mode && out.mode <= out.most &&
        out.most <= static_cast<double>(clock_days_max))) {
    return rejected(say("needs 0 ≤ least ≤ mode ≤ most", "0 ≤ least ≤ mode ≤ most 이어야 합니다"), d.where());
  }
  return std::optional<StepDuration>{out};
}

Result<Step> step_of(const Reader& r) {
  NARU_CHECK(r.only({"id", "title", "kind", "owner", "clock", "stops_clock", "board", "document", "outcome", "on",
                     "duration", "likely"}));
  Step out;
  NARU_ASSIGN(out.id, r.text("id"));
  if (!is_plain_name(out.id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), r.where() + ".id");
  NARU_ASSIGN(out.title, text_in(r, "title"));
  NARU_ASSIGN(out.kind, kind_in(r));
  NARU_ASSIGN(out.owner, r.text_or("owner", ""));
  NARU_ASSIGN(out.stops_clock, r.boolean_or("stops_clock", false));
  NARU_ASSIGN(out.board, r.text_or("board", ""));
  NARU_ASSIGN(out.document, r.text_or("document", ""));
  NARU_ASSIGN(out.outcome, r.text_or("outcome", ""));
  NARU_ASSIGN(out.on, outcomes_in(r));
  NARU_ASSIGN(out.duration, duration_in(r));
  if (r.has("clock")) {
    NARU_ASSIGN(const auto clock, r.object("clock"));
    NARU_ASSIGN(out.clock, clock_of(clock));
  }
  if (r.has("likely")) {
    NARU_ASSIGN(const auto likely, r.object("likely"));
    for (const auto& [outcome, share] : likely.raw().items()) {
      NARU_ASSIGN(out.likely[outcome], likely.number(outcome));
    }
  }
  return out;
}

Done appeal_into(const Reader& r, Sop& out) {
  if (!r.has("appeal")) return {};
  NARU_ASSIGN(const auto a, r.object("appeal"));
  NARU_CHECK(a.only({"from", "to", "within", "times_max"}));
  Appeal appeal;
  NARU_ASSIGN(appeal.from, a.text("from"));
  NARU_ASSIGN(appeal.to, a.text("to"));
  NARU_ASSIGN(const auto within, a.object("within"));
  NARU_ASSIGN(appeal.within, clock_of(within));
  NARU_ASSIGN(appeal.times_max, a.integer_or("times_max", 1));
  out.appeal = appeal;
  return {};
}

Result<Sop> sop_of(const Json& json, std::string_view where);

}  // namespace

std::string_view name_of(StepKind kind) {
  for (const auto& [known, name] : kinds) {
    if (known == kind) return name;
  }
  return "end";
}

std::int64_t BoardRule::quorum_of(std::int64_t assigned) const {
  // "More than a/b of n" for whole heads: the least integer above n·a/b.
  const auto more = assigned * quorum_more_than.numerator / quorum_more_than.denominator + 1;
  return std::max(more, quorum_least);
}

const Step* Sop::step(std::string_view id) const {
  for (const auto& one : steps) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

Result<Sop> parse_sop(std::string_view yaml, std::string_view where) {
  constexpr std::size_t bytes_max = 1U << 20;
  if (yaml.size() > bytes_max) return rejected(say("larger than 1 MiB", "1 MiB보다 큽니다"), std::string(where));
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  return sop_of(json, where);
}

Result<Sop> parse_sop_json(std::string_view json, std::string_view where) {
  NARU_ASSIGN(const auto value, parse_json(json, where));
  return sop_of(value, where);
}

namespace {

Result<Sop> sop_of(const Json& json, std::string_view where) {
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"id", "version", "title", "source", "review_policy", "calendar", "roles", "start", "withdrawn",
                     "total_clock", "boards", "steps", "appeal"}));
  Sop out;
  NARU_ASSIGN(out.id, r.text("id"));
  if (!is_plain_name(out.id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), r.where() + ".id");
  NARU_ASSIGN(out.version, r.integer("version"));
  NARU_ASSIGN(out.title, text_in(r, "title"));
  NARU_ASSIGN(out.source, r.text("source"));
  NARU_ASSIGN(out.review_policy, r.text_or("review_policy", ""));
  NARU_ASSIGN(out.calendar, r.text("calendar"));
  NARU_ASSIGN(out.start, r.text("start"));
  NARU_ASSIGN(out.withdrawn, r.text("withdrawn"));
  NARU_ASSIGN(out.roles, r.texts("roles"));
  if (r.has("total_clock")) {
    NARU_ASSIGN(const auto clock, r.object("total_clock"));
    NARU_ASSIGN(out.total_clock, clock_of(clock));
  }
  if (r.has("boards")) {
    NARU_ASSIGN(const auto boards, r.object("boards"));
    for (const auto& [id, value] : boards.raw().items()) {
      NARU_ASSIGN(const auto rule, boards.object(id));
      NARU_ASSIGN(out.boards[id], board_of(rule, id));
    }
  }
  NARU_ASSIGN(const auto steps, r.array("steps"));
  if (steps.size() > steps_max) {
    return rejected(say("more than {} steps", "단계가 {}개를 넘습니다", steps_max), r.where() + ".steps");
  }
  for (const auto& [element, place] : steps) {
    NARU_ASSIGN(const auto reader, Reader::of(*element, place));
    NARU_ASSIGN(auto step, step_of(reader));
    out.steps.push_back(std::move(step));
  }
  NARU_CHECK(appeal_into(r, out));
  out.canonical_text = canonical(json);
  out.hash = hex(sha256(out.canonical_text));
  return out;
}

}  // namespace

Result<Sop> read_sop(const std::filesystem::path& file) {
  constexpr std::uint64_t bytes_max = 1U << 20;
  NARU_ASSIGN(const auto text, read_file(file, bytes_max));
  return parse_sop(text, file.filename().string());
}

}  // namespace naru::govern
