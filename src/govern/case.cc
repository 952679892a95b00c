// The state of a case out of its events. Nothing here decides: an event that stands was allowed when it was made.
#include "govern/case.h"

#include "govern/texts.h"

#include <algorithm>

namespace naru::govern {
namespace {

void enter(CaseState& state, const std::string& step, std::int64_t at_ms) {
  state.step = step;
  state.runs.push_back({step, at_ms, {}, {}, {}});
  const auto kind = state.at().kind;
  // A new round starts with empty hands; the old one stays in the history.
  if (kind == StepKind::sites) state.answers.clear();
  if (kind == StepKind::vote) {
    state.votes.clear();
    state.decision.clear();
    state.decision_reason.clear();
    state.conditions.clear();
  }
}

Done leave_to(CaseState& state, const std::string& next, const std::string& outcome, const engine::Event& event) {
  if (state.sop.step(next) == nullptr) {
    return internal_error(
        say("the event leads to a step that the SOP does not have", "이벤트가 SOP에 없는 단계로 이어집니다"),
        fmt::format("{}@{}", event.stream, event.version));
  }
  auto& run = state.runs.back();
  run.left_ms = event.at_ms;
  run.outcome = outcome;
  run.by = event.actor;
  enter(state, next, event.at_ms);
  return {};
}

Done leave(CaseState& state, const std::string& outcome, const engine::Event& event) {
  const auto way = state.at().on.find(outcome);
  if (way == state.at().on.end()) {
    return internal_error(say("the step has no outcome {}", "단계에 결과 {}이(가) 없습니다", outcome),
                          fmt::format("{}@{}", event.stream, event.version));
  }
  return leave_to(state, way->second, outcome, event);
}

Done apply_opened(CaseState& state, const Reader& r, const engine::Event& event) {
  NARU_ASSIGN(const auto application, r.object("application"));
  NARU_ASSIGN(state.application, parse_application(canonical(application.raw()), event.stream));
  NARU_ASSIGN(const auto sop, r.object("sop"));
  NARU_ASSIGN(state.sop, parse_sop_json(canonical(sop.raw()), event.stream));
  if (r.has("review")) {
    NARU_ASSIGN(const auto review, r.object("review"));
    NARU_ASSIGN(state.review, parse_review(canonical(review.raw()), event.stream));
  }
  state.id = state.application.id;
  if (state.sop.step(state.sop.start) == nullptr) {
    return internal_error(say("the SOP has no start", "SOP에 시작 단계가 없습니다"), event.stream);
  }
  enter(state, state.sop.start, event.at_ms);
  return {};
}

Done apply_resubmitted(CaseState& state, const Reader& r, const engine::Event& event) {
  const auto forms = r.raw().find("forms");
  if (forms != r.raw().end() && forms->is_object()) state.application.forms_json = canonical(*forms);
  return leave(state, "resubmitted", event);
}

Done apply_answered(CaseState& state, const Reader& r, const engine::Event& event) {
  LocalAnswer answer;
  NARU_ASSIGN(answer.site, r.text("site"));
  NARU_ASSIGN(answer.answer, r.text("answer"));
  NARU_ASSIGN(answer.conditions, texts_or_none(r, "conditions"));
  NARU_ASSIGN(answer.note, r.text_or("note", ""));
  answer.by = event.actor;
  answer.at_ms = event.at_ms;
  state.answers[answer.site] = std::move(answer);
  return {};
}

Done apply_board(CaseState& state, const Reader& r, const engine::Event& event) {
  NARU_ASSIGN(const auto board, r.object("board"));
  NARU_ASSIGN(state.board, board_of_json(canonical(board.raw()), event.stream));
  state.recused.clear();
  state.votes.clear();
  state.acting_chair.clear();
  return {};
}

Done apply_recused(CaseState& state, const Reader& r, const engine::Event& event) {
  Recusal recusal;
  NARU_ASSIGN(recusal.member, r.text("member"));
  NARU_ASSIGN(recusal.reason, r.text("reason"));
  NARU_ASSIGN(recusal.by_rule, r.boolean("by_rule"));
  recusal.at_ms = event.at_ms;
  state.votes.erase(recusal.member);
  if (state.acting_chair == recusal.member) state.acting_chair.clear();
  state.recused[recusal.member] = std::move(recusal);
  return {};
}

Done apply_voted(CaseState& state, const Reader& r, const engine::Event& event) {
  Vote vote;
  NARU_ASSIGN(vote.member, r.text("member"));
  NARU_ASSIGN(vote.vote, r.text("vote"));
  NARU_ASSIGN(vote.reason, r.text_or("reason", ""));
  vote.at_ms = event.at_ms;
  state.votes[vote.member] = std::move(vote);
  return {};
}

Done apply_decided(CaseState& state, const Reader& r, const engine::Event& event) {
  NARU_ASSIGN(state.decision, r.text("decision"));
  NARU_ASSIGN(state.decision_reason, r.text_or("reason", ""));
  NARU_ASSIGN(state.conditions, texts_or_none(r, "conditions"));
  return leave(state, std::string(state.decision), event);
}

Done apply_known(CaseState& state, const Reader& r, const engine::Event& event) {
  const auto& type = event.type;
  if (type == "checked" || type == "local_context_closed") {
    NARU_ASSIGN(const auto outcome, r.text("outcome"));
    return leave(state, outcome, event);
  }
  if (type == "resubmitted") return apply_resubmitted(state, r, event);
  if (type == "answered") return apply_answered(state, r, event);
  if (type == "board_assigned") return apply_board(state, r, event);
  if (type == "recused") return apply_recused(state, r, event);
  if (type == "acting_chair") {
    NARU_ASSIGN(state.acting_chair, r.text("member"));
    return {};
  }
  if (type == "voted") return apply_voted(state, r, event);
  if (type == "vote_closed") return leave(state, "voted", event);
  if (type == "decided") return apply_decided(state, r, event);
  if (type == "certificate_issued") {
    NARU_ASSIGN(state.certificate, r.text("number"));
    return leave(state, "issued", event);
  }
  if (type == "notified") return leave(state, "notified", event);
  if (type == "withdrawn") return leave_to(state, state.sop.withdrawn, "withdrawn", event);
  if (type == "appealed" && state.sop.appeal) {
    ++state.appeals;
    return leave_to(state, state.sop.appeal->to, "appealed", event);
  }
  return internal_error(say("an event of type {} is unknown", "{} 유형의 이벤트를 알 수 없습니다", type),
                        fmt::format("{}@{}", event.stream, event.version));
}

std::string note_of(const Json& payload) {
  for (const auto* key : {"note", "reason", "number", "outcome"}) {
    const auto found = payload.find(key);
    if (found != payload.end() && found->is_string()) return found->get<std::string>();
  }
  return {};
}

}  // namespace

const Step& CaseState::at() const { return *sop.step(step); }

std::string CaseState::outcome() const { return closed() ? at().outcome : std::string{}; }

std::string CaseState::chair() const {
  if (!acting_chair.empty()) return acting_chair;
  const auto found =
      std::find_if(board.members.begin(), board.members.end(), [](const Member& member) { return member.chair; });
  return found == board.members.end() ? std::string{} : found->account;
}

std::vector<SiteName> CaseState::agreeing_sites() const {
  std::vector<SiteName> out;
  for (const auto& site : application.holders) {
    const auto answer = answers.find(site);
    if (answer != answers.end() && answer->second.answer != "decline") out.push_back(site);
  }
  return out;
}

VoteCount count_votes(const CaseState& state) {
  VoteCount out;
  const auto rule = std::find_if(state.sop.steps.begin(), state.sop.steps.end(),
                                 [](const Step& step) { return step.kind == StepKind::vote; });
  out.assigned = static_cast<std::int64_t>(state.board.members.size());
  out.recused = static_cast<std::int64_t>(state.recused.size());
  std::int64_t external = 0;
  for (const auto& [account, vote] : state.votes) {
    ++out.voted;
    out.approve += vote.vote == "approve" ? 1 : 0;
    out.reject += vote.vote == "reject" ? 1 : 0;
    out.revise += vote.vote == "revise" ? 1 : 0;
    out.abstain += vote.vote == "abstain" ? 1 : 0;
    const auto* member = state.board.member(account);
    external += member != nullptr && member->external ? 1 : 0;
  }
  if (rule == state.sop.steps.end() || !state.sop.boards.contains(rule->board)) return out;
  // A decide step may name the rule of its own board; this room keeps one board per case.
  const auto& board = state.sop.boards.at(rule->board);
  out.quorum = std::max(board.quorum_of(out.assigned), state.review ? state.review->reviewers_min : 0);
  out.external = std::max(board.quorum_external, state.review ? state.review->external_min : 0);
  out.quorum_met = out.assigned > 0 && out.voted >= out.quorum && external >= out.external;
  if (!out.quorum_met) return out;
  const auto cast = out.approve + out.reject + out.revise;
  const auto& share = board.approve_more_than;
  if (out.approve * share.denominator > cast * share.numerator) out.carried = "approve";
  if (out.carried.empty() && out.reject * 2 > cast) out.carried = "reject";
  if (out.carried.empty() && out.revise * 2 > cast) out.carried = "revise";
  return out;
}

Done apply_event(CaseState& state, const engine::Event& event) {
  NARU_ASSIGN(const auto payload, parse_json(event.payload, fmt::format("{}@{}", event.stream, event.version)));
  NARU_ASSIGN(const auto r, Reader::of(payload, fmt::format("{}@{}", event.stream, event.version)));
  const auto before = state.step;
  if (event.type == "opened" && state.version == 0) {
    NARU_CHECK(apply_opened(state, r, event));
  } else if (state.version == 0) {
    return internal_error(say("a case must begin with its opening", "사례는 개시 이벤트로 시작해야 합니다"),
                          event.stream);
  } else {
    NARU_CHECK(apply_known(state, r, event));
  }
  state.version = event.version;
  state.history.push_back({event.version, event.type, before, event.actor, event.at_ms, note_of(payload)});
  return {};
}

Result<CaseState> replay_case(const std::vector<engine::Event>& events) {
  if (events.empty()) return not_found(say("there is no such case", "그런 심의 건이 없습니다"), "case");
  CaseState state;
  for (const auto& event : events) NARU_CHECK(apply_event(state, event));
  return state;
}

Cases::Cases(engine::Records& records, const Clock& clock, catalogue::Journal& journal)
    : records_(records), clock_(clock), journal_(journal) {}

Done Cases::open(const Application& application, const Sop& sop, const std::optional<ReviewNeed>& review,
                 const Actor& actor) {
  NARU_ASSIGN(auto event, open_case(application, sop, review, actor));
  const Json fields{{"case", application.id}, {"sop", sop.id}, {"sop_version", sop.version}, {"sop_hash", sop.hash}};
  NARU_CHECK(journal_.note("case.opened", canonical(fields), actor.account));
  return records_.append("case/" + application.id, 0, {std::move(event)});
}

Result<CaseState> Cases::get(std::string_view id) {
  NARU_ASSIGN(const auto events, records_.read(fmt::format("case/{}", id)));
  if (events.empty()) {
    return not_found(say("there is no application {}", "신청이 없습니다: {}", id), fmt::format("case/{}", id));
  }
  return replay_case(events);
}

Result<std::vector<CaseState>> Cases::all() {
  NARU_ASSIGN(const auto events, records_.read_all("case"));
  std::map<std::string, std::vector<engine::Event>> by_stream;
  for (const auto& event : events) by_stream[event.stream].push_back(event);
  std::vector<CaseState> out;
  for (const auto& [stream, own] : by_stream) {
    NARU_ASSIGN(auto state, replay_case(own));
    out.push_back(std::move(state));
  }
  return out;
}

Result<CaseState> Cases::act(std::string_view id, std::string_view action_json, const Actor& actor,
                             const Calendar& calendar) {
  constexpr int attempts_max = 5;
  for (int attempt = 1;; ++attempt) {
    NARU_ASSIGN(auto state, get(id));
    NARU_ASSIGN(auto events, decide_case(state, action_json, actor, calendar, clock_.now_ms()));
    for (const auto& event : events) {
      const Json fields{
          {"case", id}, {"after_version", state.version}, {"step", state.step}, {"sop_hash", state.sop.hash}};
      NARU_CHECK(journal_.note("case." + event.type, canonical(fields), actor.account));
    }
    const auto appended = records_.append(fmt::format("case/{}", id), state.version, std::move(events));
    if (appended.ok()) return get(id);
    if (appended.error().kind != ErrorKind::conflict || attempt == attempts_max) return appended.error();
  }
}

}  // namespace naru::govern
