#include "govern/case_desk.h"

#include <algorithm>
#include <set>

namespace naru::govern::detail {

Result<const BoardRule*> BoardDesk::rule() const {
  for (const auto& step : state_.sop.steps) {
    if (step.kind != StepKind::vote) continue;
    const auto found = state_.sop.boards.find(step.board);
    if (found != state_.sop.boards.end()) return &found->second;
  }
  return refused(say("this SOP has no board", "이 SOP에는 위원회가 없습니다"), clause(), next_words());
}

Result<Events> BoardDesk::assign_board() {
  NARU_CHECK(action_.only({"action", "board"}));
  NARU_CHECK(role("secretariat"));
  NARU_CHECK(before_decision());
  NARU_ASSIGN(const auto* limits, rule());
  const auto count = count_votes(state_);
  if (!state_.votes.empty() && count.assigned - count.recused >= count.quorum) {
    return refused(say("votes were cast already: the board stays", "이미 표결이 시작되어 위원회를 바꿀 수 없습니다"),
                   clause(), next_words());
  }
  NARU_ASSIGN(const auto given, action_.object("board"));
  NARU_ASSIGN(auto board, board_of_json(canonical(given.raw()), "action.board"));
  auto conflicting = state_.application.partner_organisations;
  conflicting.push_back(state_.application.organisation);
  for (auto& member : board.members) {
    // External is a fact about this application, whatever the standing list says.
    const auto& holders = state_.application.holders;
    const bool inside = std::find(holders.begin(), holders.end(), member.organisation) != holders.end() ||
                        std::find(conflicting.begin(), conflicting.end(), member.organisation) != conflicting.end();
    member.external = member.external && !inside;
  }
  NARU_CHECK(check_composition(board, *limits));
  Json payload{{"board", Json::parse(board_json(board))}};
  Events out{event("board_assigned", payload)};
  const auto recused = recused_by_rule(board, *limits, conflicting);
  for (const auto& [account, why] : recused) {
    const auto organisation = board.member(account)->organisation;
    out.push_back(event("recused", {{"member", account}, {"reason", organisation}, {"by_rule", true}}));
  }
  const auto members = static_cast<std::int64_t>(board.members.size());
  const auto left = members - static_cast<std::int64_t>(recused.size());
  if (left < limits->quorum_of(members)) {
    return rejected(
        say("after recusals {} members are left, {} votes are needed", "회피 후 위원 {}명이 남고 {}표가 필요합니다",
            left, limits->quorum_of(members)),
        fmt::format("{} v{}, boards.{}.quorum", state_.sop.id, state_.sop.version, limits->id),
        say("the secretariat names a board without these conflicts", "사무국이 이해충돌이 없는 위원회를 구성합니다"));
  }
  return out;
}

Done BoardDesk::sits(const std::string& account, std::string_view field) const {
  if (state_.board.member(account) != nullptr) return {};
  return rejected(say("{} does not sit on this board", "{}은(는) 이 위원회의 위원이 아닙니다", account),
                  std::string(field));
}

Result<Events> BoardDesk::recusal(const std::string& member, const std::string& reason) {
  NARU_CHECK(before_decision());
  if (state_.recused.contains(member)) {
    return conflict(say("{} is recused already", "{}은(는) 이미 회피하였습니다", member), clause());
  }
  Events out{event("recused", {{"member", member}, {"reason", reason}, {"by_rule", false}})};
  return close_if_all_voted(std::move(out));
}

Result<Events> BoardDesk::declare_conflict() {
  NARU_CHECK(action_.only({"action", "reason"}));
  NARU_CHECK(sits(actor_.account, "actor"));
  NARU_ASSIGN(const auto reason, words("reason", true));
  return recusal(actor_.account, reason);
}

Result<Events> BoardDesk::recuse() {
  NARU_CHECK(action_.only({"action", "member", "reason"}));
  NARU_ASSIGN(const auto member, action_.text("member"));
  NARU_ASSIGN(const auto reason, words("reason", true));
  NARU_CHECK(sits(member, "action.member"));
  if (actor_.account != state_.chair()) NARU_CHECK(role("secretariat"));
  return recusal(member, reason);
}

Result<Events> BoardDesk::appoint_acting_chair() {
  NARU_CHECK(action_.only({"action", "member"}));
  NARU_CHECK(role("secretariat"));
  NARU_CHECK(before_decision());
  NARU_ASSIGN(const auto member, action_.text("member"));
  NARU_CHECK(sits(member, "action.member"));
  if (state_.recused.contains(member)) {
    return refused(say("{} is recused", "{}은(는) 회피한 위원입니다", member), clause(), next_words());
  }
  if (!state_.chair().empty() && !state_.recused.contains(state_.chair())) {
    return refused(say("the chair is there: nobody stands in", "위원장이 있으므로 대행을 둘 수 없습니다"), clause(),
                   next_words());
  }
  return Events{event("acting_chair", {{"member", member}})};
}

Result<Events> BoardDesk::close_if_all_voted(Events out) {
  if (state_.at().kind != StepKind::vote) return out;
  NARU_ASSIGN(const auto next, after(out));
  const auto count = count_votes(next);
  if (count.quorum_met && count.voted == count.assigned - count.recused)
    out.push_back(event("vote_closed", Json::object()));
  return out;
}

Result<Events> BoardDesk::vote() {
  NARU_CHECK(action_.only({"action", "vote", "reason"}));
  NARU_CHECK(in_step(StepKind::vote));
  NARU_CHECK(disinterested());
  if (state_.board.members.empty()) {
    return refused(say("no board sits yet", "아직 위원회가 구성되지 않았습니다"), clause(),
                   say("the secretariat assigns it: assign_board", "사무국이 위원회를 지정합니다: assign_board"));
  }
  if (state_.board.member(actor_.account) == nullptr) {
    return refused(say("only members of the board vote", "위원회 위원만 표결할 수 있습니다"), clause(), next_words());
  }
  if (const auto recusal = state_.recused.find(actor_.account); recusal != state_.recused.end()) {
    const auto& r = recusal->second;
    const auto rule_name =
        fmt::format("{} v{}, boards.{}.recuse_same_organisation", state_.sop.id, state_.sop.version, state_.at().board);
    return refused(r.by_rule ? say("recused: belongs to {}, which has an interest in the application",
                                   "회피 대상: 신청에 이해관계가 있는 {} 소속입니다", r.reason)
                             : say("recused: {}", "회피함: {}", r.reason),
                   r.by_rule ? rule_name : clause(),
                   say("the other members decide; a recused member does not vote",
                       "다른 위원들이 결정합니다. 회피한 위원은 표결하지 않습니다"));
  }
  if (state_.votes.contains(actor_.account)) {
    return conflict(say("this member has voted already", "이미 표결한 위원입니다"), clause(),
                    say("a vote stands; a conflict of interest can still be declared",
                        "표는 바꿀 수 없습니다. 이해충돌은 신고할 수 있습니다"));
  }
  NARU_ASSIGN(const auto given, action_.text("vote"));
  const std::set<std::string> known = {"approve", "reject", "revise", "abstain"};
  if (!known.contains(given)) {
    return rejected(say("approve, reject, revise or abstain", "approve, reject, revise, abstain 중 하나"),
                    "action.vote");
  }
  NARU_ASSIGN(const auto reason, words("reason", given == "reject" || given == "revise"));
  return close_if_all_voted({event("voted", {{"member", actor_.account}, {"vote", given}, {"reason", reason}})});
}

Done BoardDesk::by_chair() const {
  NARU_CHECK(disinterested());
  const auto chair = state_.chair();
  if (chair.empty()) {
    return refused(say("no board sits yet", "아직 위원회가 구성되지 않았습니다"), clause(),
                   say("the secretariat assigns it: assign_board", "사무국이 위원회를 지정합니다: assign_board"));
  }
  if (actor_.account != chair) {
    return refused(say("only the chair, {}, may do this", "위원장 {}만 할 수 있습니다", chair), clause(),
                   say("ask {}", "{}에게 요청하세요", chair));
  }
  if (state_.recused.contains(chair)) {
    return refused(say("the chair is recused", "위원장이 회피하였습니다"), clause(),
                   say("the secretariat names who stands in: appoint_acting_chair",
                       "사무국이 위원장 대행을 지정합니다: appoint_acting_chair"));
  }
  return {};
}

Result<Events> BoardDesk::close_vote() {
  NARU_CHECK(action_.only({"action"}));
  NARU_CHECK(in_step(StepKind::vote));
  NARU_CHECK(by_chair());
  const auto count = count_votes(state_);
  if (!count.quorum_met) {
    return refused(say("{} of {} votes needed are in, or an external member's is missing",
                       "필요한 {}표 중 {}표만 있거나 외부위원의 표가 없습니다", count.voted, count.quorum),
                   fmt::format("{} v{}, boards.{}.quorum", state_.sop.id, state_.sop.version, state_.at().board),
                   say("wait for more votes, or remind the members", "표결을 더 기다리거나 위원에게 알리세요"));
  }
  return Events{event("vote_closed", Json::object())};
}

Result<Events> BoardDesk::decide() {
  NARU_CHECK(action_.only({"action", "decision", "reason", "conditions", "in_person"}));
  NARU_CHECK(in_step(StepKind::decide));
  NARU_CHECK(by_chair());
  NARU_ASSIGN(const auto decision, action_.text("decision"));
  NARU_ASSIGN(const auto reason, words("reason", true));
  NARU_ASSIGN(const auto wishes, conditions());
  if (!state_.at().on.contains(decision)) {
    return rejected(say("this step does not end with {}", "이 단계는 {}(으)로 끝나지 않습니다", decision),
                    "action.decision");
  }
  NARU_ASSIGN(const bool in_person, action_.boolean_or("in_person", false));
  if (state_.review && state_.review->in_person && !in_person && decision == "approve") {
    return refused(say("the review tier {} asks for a meeting in person", "심의 등급 {}은(는) 대면 심의가 필요합니다",
                       state_.review->tier),
                   fmt::format("{}, review_tiers", state_.review->policy),
                   say("hold the meeting, then decide with \"in_person\": true",
                       "대면 심의를 연 뒤 \"in_person\": true로 결정하세요"));
  }
  const auto count = count_votes(state_);
  const auto votes_clause = fmt::format("{} v{}, boards.{}", state_.sop.id, state_.sop.version, state_.at().board);
  if (!count.quorum_met) {
    return refused(
        say("the quorum of {} votes is no longer met", "의결정족수 {}표가 더 이상 충족되지 않습니다", count.quorum),
        votes_clause + ".quorum",
        say("the applicant may withdraw, or the case is reviewed again", "신청자가 철회하거나 다시 심의해야 합니다"));
  }
  // Where the votes carry something the chair declares it; where they carry nothing, never an approval.
  if (count.carried.empty() ? decision == "approve" : decision != count.carried) {
    return refused(say("the votes carry \"{}\", not \"{}\"", "표결 결과는 \"{}\"이며 \"{}\"이(가) 아닙니다",
                       count.carried.empty() ? "nothing" : count.carried, decision),
                   votes_clause + ".approve_more_than",
                   say("the chair declares what the votes carry", "위원장은 표결 결과대로 결정합니다"));
  }
  return Events{
      event("decided", {{"decision", decision}, {"reason", reason}, {"conditions", wishes}, {"in_person", in_person}})};
}

}  // namespace naru::govern::detail
