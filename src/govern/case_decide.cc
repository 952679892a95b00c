// Commands of a case. Every refusal says which clause stands against it, who may act, and what to do next.
#include "govern/case.h"
#include "govern/texts.h"

#include <algorithm>
#include <set>

namespace naru::govern {
namespace {

using Events = std::vector<engine::NewEvent>;

constexpr std::size_t note_bytes_max = 20'000;
constexpr std::size_t conditions_max = 50;

/// One command on one state.
class Decider {
 public:
  Decider(const CaseState& state, const Reader& action, const Actor& actor, const Calendar& calendar,
          std::int64_t now_ms)
      : state_(state), action_(action), actor_(actor), calendar_(calendar), now_ms_(now_ms) {}

  Result<Events> run(const std::string& name) {
    if (name == "withdraw") return withdraw();
    if (name == "appeal") return appeal();
    if (state_.closed()) {
      return refused(say("the case is closed: {}", "심의 건이 종료되었습니다: {}", state_.outcome()), clause(),
                     say("a new application, or an appeal within its time, can go on",
                         "새로 신청하거나 기한 안에 이의를 신청할 수 있습니다"));
    }
    if (name == "complete_check") return complete_check();
    if (name == "resubmit") return resubmit();
    if (name == "answer_local_context") return answer();
    if (name == "assign_board") return assign_board();
    if (name == "declare_conflict") return declare_conflict();
    if (name == "recuse") return recuse();
    if (name == "appoint_acting_chair") return appoint_acting_chair();
    if (name == "vote") return vote();
    if (name == "close_vote") return close_vote();
    if (name == "decide") return decide();
    if (name == "issue_exemption") return certificate();
    if (name == "notify") return notify();
    return usage_error(
        say("no action is called \"{}\"", "\"{}\"라는 행위는 없습니다", name), "action",
        say("complete_check, resubmit, answer_local_context, assign_board, declare_conflict, recuse, "
            "appoint_acting_chair, vote, close_vote, decide, issue_exemption, notify, withdraw, appeal",
            "complete_check, resubmit, answer_local_context, assign_board, declare_conflict, recuse, "
            "appoint_acting_chair, vote, close_vote, decide, issue_exemption, notify, withdraw, appeal"));
  }

 private:
  [[nodiscard]] std::string clause() const {
    return fmt::format("{} v{}, steps.{}", state_.sop.id, state_.sop.version, state_.step);
  }
  [[nodiscard]] Text next_words() const {
    const auto& step = state_.at();
    return {fmt::format("now open: {} ({}), with the {}", step.id, step.title.en, step.owner),
            fmt::format("현재 단계: {} ({}), 담당: {}", step.id, step.title.ko, step.owner)};
  }

  Done in_step(StepKind kind) const {
    if (state_.at().kind == kind) return {};
    return refused(say("the case stands at {}, not at a {} step", "심의 건은 {} 단계이며 {} 단계가 아닙니다",
                       state_.step, name_of(kind)),
                   clause(), next_words());
  }

  Done owner_role() const { return role(state_.at().owner); }

  Done role(const std::string& needed) const {
    if (!actor_.has(needed)) {
      const auto next = next_words();
      return refused(
          say("only the role {} may do this", "{} 역할만 할 수 있습니다", needed), clause(),
          {fmt::format("ask the {}; {}", needed, next.en), fmt::format("{}에게 요청하세요. {}", needed, next.ko)});
    }
    return disinterested();
  }

  // Nobody reviews an application of their own.
  Done disinterested() const {
    const auto& a = state_.application;
    const bool named = actor_.account == a.applicant ||
                       std::any_of(a.people.begin(), a.people.end(),
                                   [&](const ApplicationPerson& p) { return p.account == actor_.account; });
    if (!named) return {};
    return refused(
        say("nobody acts on an application of their own", "본인의 신청을 처리할 수 없습니다"), clause(),
        say("another person with the role {} takes it", "{} 역할의 다른 사람이 처리합니다", state_.at().owner));
  }

  Done applicant_only() const {
    if (actor_.account == state_.application.applicant) return {};
    return refused(say("only the applicant may do this", "신청자만 할 수 있습니다"), clause(), next_words());
  }

  Result<std::string> words(std::string_view key, bool needed) const {
    NARU_ASSIGN(auto text, needed ? action_.text(key) : action_.text_or(key, ""));
    if ((needed && text.empty()) || text.size() > note_bytes_max) {
      return rejected(say("1 to {} bytes of text", "1에서 {}바이트의 문자열", note_bytes_max),
                      fmt::format("action.{}", key));
    }
    return text;
  }

  Result<std::vector<std::string>> conditions() const {
    NARU_ASSIGN(auto out, texts_or_none(action_, "conditions"));
    if (out.size() > conditions_max) {
      return rejected(say("at most {} conditions", "조건은 최대 {}개입니다", conditions_max), "action.conditions");
    }
    return out;
  }

  engine::NewEvent event(std::string type, const Json& payload) const {
    return {std::move(type), canonical(payload), actor_.account};
  }

  // What the state would be after these events, to see whether a step is now complete.
  Result<CaseState> after(const Events& events) const {
    CaseState next = state_;
    for (const auto& one : events) {
      engine::Event made;
      made.stream = "case/" + state_.id;
      made.version = next.version + 1;
      made.type = one.type;
      made.payload = one.payload;
      made.actor = one.actor;
      made.at_ms = now_ms_;
      NARU_CHECK(apply_event(next, made));
    }
    return next;
  }

  Result<Events> complete_check() {
    NARU_CHECK(action_.only({"action", "outcome", "note"}));
    NARU_CHECK(in_step(StepKind::check));
    NARU_CHECK(owner_role());
    NARU_ASSIGN(const auto outcome, action_.text("outcome"));
    NARU_ASSIGN(const auto note, words("note", false));
    if (!state_.at().on.contains(outcome)) {
      std::string known;
      for (const auto& [name, next] : state_.at().on) known += (known.empty() ? "" : ", ") + name;
      return rejected(say("the outcome is one of {}", "결과는 {} 중 하나입니다", known), "action.outcome");
    }
    return Events{event("checked", {{"outcome", outcome}, {"note", note}})};
  }

  Result<Events> resubmit() {
    NARU_CHECK(action_.only({"action", "note", "forms"}));
    NARU_CHECK(in_step(StepKind::resubmit));
    NARU_CHECK(applicant_only());
    NARU_ASSIGN(const auto note, words("note", true));
    Json payload{{"note", note}};
    if (action_.has("forms")) {
      NARU_ASSIGN(const auto forms, action_.object("forms"));
      payload["forms"] = forms.raw();
    }
    return Events{event("resubmitted", payload)};
  }

  Result<Events> answer() {
    NARU_CHECK(action_.only({"action", "site", "answer", "conditions", "note"}));
    NARU_CHECK(in_step(StepKind::sites));
    NARU_CHECK(owner_role());
    NARU_ASSIGN(const auto site, action_.text("site"));
    const auto& holders = state_.application.holders;
    if (std::find(holders.begin(), holders.end(), site) == holders.end()) {
      return rejected(say("{} is not a holder in this application", "{}은(는) 이 신청의 보유기관이 아닙니다", site),
                      "action.site");
    }
    if (actor_.organisation != site) {
      return refused(
          say("only a steward of {} answers for {}", "{}의 담당자만 {}을(를) 대신해 회신할 수 있습니다", site, site),
          clause(), say("ask the steward of {}", "{} 담당자에게 요청하세요", site));
    }
    NARU_ASSIGN(const auto given, action_.text("answer"));
    if (given != "ok" && given != "conditions" && given != "decline") {
      return rejected(say("ok, conditions or decline", "ok, conditions, decline 중 하나"), "action.answer");
    }
    NARU_ASSIGN(const auto wishes, conditions());
    if ((given == "conditions") == wishes.empty()) {
      return rejected(say("conditions belong to the answer \"conditions\", and to it alone",
                          "조건은 \"conditions\" 회신에만 적습니다"),
                      "action.conditions");
    }
    NARU_ASSIGN(const auto note, words("note", given == "decline"));
    Events out{event("answered", {{"site", site}, {"answer", given}, {"conditions", wishes}, {"note", note}})};
    NARU_ASSIGN(const auto next, after(out));
    if (next.answers.size() == holders.size()) {
      // A holder that declines leaves without stopping the others.
      const auto* outcome = next.agreeing_sites().empty() ? "all_declined" : "answered";
      out.push_back(event("local_context_closed", {{"outcome", outcome}}));
    }
    return out;
  }

  Result<const BoardRule*> rule() const {
    for (const auto& step : state_.sop.steps) {
      if (step.kind != StepKind::vote) continue;
      const auto found = state_.sop.boards.find(step.board);
      if (found != state_.sop.boards.end()) return &found->second;
    }
    return refused(say("this SOP has no board", "이 SOP에는 위원회가 없습니다"), clause(), next_words());
  }

  Result<Events> assign_board() {
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

  Done sits(const std::string& account, std::string_view field) const {
    if (state_.board.member(account) != nullptr) return {};
    return rejected(say("{} does not sit on this board", "{}은(는) 이 위원회의 위원이 아닙니다", account),
                    std::string(field));
  }

  Done before_decision() const {
    if (state_.decision == "approve") {
      return refused(say("the board has decided already", "위원회가 이미 결정하였습니다"), clause(), next_words());
    }
    return {};
  }

  Result<Events> recusal(const std::string& member, const std::string& reason) {
    NARU_CHECK(before_decision());
    if (state_.recused.contains(member)) {
      return conflict(say("{} is recused already", "{}은(는) 이미 회피하였습니다", member), clause());
    }
    Events out{event("recused", {{"member", member}, {"reason", reason}, {"by_rule", false}})};
    return close_if_all_voted(std::move(out));
  }

  Result<Events> declare_conflict() {
    NARU_CHECK(action_.only({"action", "reason"}));
    NARU_CHECK(sits(actor_.account, "actor"));
    NARU_ASSIGN(const auto reason, words("reason", true));
    return recusal(actor_.account, reason);
  }

  Result<Events> recuse() {
    NARU_CHECK(action_.only({"action", "member", "reason"}));
    NARU_ASSIGN(const auto member, action_.text("member"));
    NARU_ASSIGN(const auto reason, words("reason", true));
    NARU_CHECK(sits(member, "action.member"));
    if (actor_.account != state_.chair()) NARU_CHECK(role("secretariat"));
    return recusal(member, reason);
  }

  Result<Events> appoint_acting_chair() {
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

  // The vote closes by itself when everybody who may vote has, and the quorum is there.
  Result<Events> close_if_all_voted(Events out) {
    if (state_.at().kind != StepKind::vote) return out;
    NARU_ASSIGN(const auto next, after(out));
    const auto count = count_votes(next);
    if (count.quorum_met && count.voted == count.assigned - count.recused)
      out.push_back(event("vote_closed", Json::object()));
    return out;
  }

  Result<Events> vote() {
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
      const auto rule_name = fmt::format("{} v{}, boards.{}.recuse_same_organisation", state_.sop.id,
                                         state_.sop.version, state_.at().board);
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

  Done by_chair() const {
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

  Result<Events> close_vote() {
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

  Result<Events> decide() {
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
    return Events{event(
        "decided", {{"decision", decision}, {"reason", reason}, {"conditions", wishes}, {"in_person", in_person}})};
  }

  Result<Events> certificate() {
    NARU_CHECK(action_.only({"action", "number"}));
    NARU_CHECK(in_step(StepKind::certificate));
    NARU_CHECK(owner_role());
    NARU_ASSIGN(const auto number, words("number", true));
    return Events{event("certificate_issued", {{"number", number}, {"document", state_.at().document}})};
  }

  Result<Events> notify() {
    NARU_CHECK(action_.only({"action", "note"}));
    NARU_CHECK(in_step(StepKind::notice));
    NARU_CHECK(owner_role());
    NARU_ASSIGN(const auto note, words("note", false));
    return Events{event("notified", {{"note", note}})};
  }

  Result<Events> withdraw() {
    NARU_CHECK(action_.only({"action", "reason"}));
    NARU_CHECK(applicant_only());
    if (state_.closed()) {
      return refused(say("the case is closed: {}", "심의 건이 종료되었습니다: {}", state_.outcome()), clause(),
                     say("ask the authority to revoke the right instead", "대신 이용권 취소를 요청하세요"));
    }
    NARU_ASSIGN(const auto reason, words("reason", true));
    return Events{event("withdrawn", {{"reason", reason}})};
  }

  Result<Events> appeal() {
    NARU_CHECK(action_.only({"action", "reason"}));
    NARU_CHECK(applicant_only());
    const auto where = fmt::format("{} v{}, appeal", state_.sop.id, state_.sop.version);
    const auto& rule = state_.sop.appeal;
    if (!rule || state_.step != rule->from) {
      return refused(say("an appeal is possible only after a rejection", "이의신청은 반려 뒤에만 할 수 있습니다"),
                     where, next_words());
    }
    if (state_.appeals >= rule->times_max) {
      return refused(
          say("{} appeals were made, {} are allowed", "이의신청 {}회, 허용 {}회", state_.appeals, rule->times_max),
          where, say("a new application is possible", "새로 신청할 수 있습니다"));
    }
    const auto ended = calendar_.date_at(state_.runs.back().entered_ms);
    const auto today = calendar_.date_at(now_ms_);
    const auto last = rule->within.working_days ? calendar_.add_working_days(ended, rule->within.amount)
                                                : ended + static_cast<std::int32_t>(rule->within.amount);
    if (today > last) {
      return refused(say("the time for an appeal ended on {}", "이의신청 기간이 {}에 끝났습니다", format_date(last)),
                     where, say("a new application is possible", "새로 신청할 수 있습니다"));
    }
    NARU_ASSIGN(const auto reason, words("reason", true));
    return Events{event("appealed", {{"reason", reason}})};
  }

  const CaseState& state_;
  const Reader& action_;
  const Actor& actor_;
  const Calendar& calendar_;
  std::int64_t now_ms_;
};

}  // namespace

Result<engine::NewEvent> open_case(const Application& application, const Sop& sop,
                                   const std::optional<ReviewNeed>& review, const Actor& actor) {
  const auto findings = check_sop(sop);
  if (!findings.empty()) {
    return rejected(
        say("the SOP has {} faults: {}", "SOP에 결함이 {}개 있습니다: {}", findings.size(), findings.front().what.en),
        sop.id, say("run naru sop check", "naru sop check를 실행하세요"));
  }
  Json payload{{"application", Json::parse(application_json(application))}, {"sop", Json::parse(sop.canonical_text)}};
  if (review) payload["review"] = Json::parse(review_json(*review));
  return engine::NewEvent{"opened", canonical(payload), actor.account};
}

Result<std::vector<engine::NewEvent>> decide_case(const CaseState& state, std::string_view action_json,
                                                  const Actor& actor, const Calendar& calendar, std::int64_t now_ms) {
  NARU_ASSIGN(const auto json, parse_json(action_json, "action"));
  NARU_ASSIGN(const auto action, Reader::of(json, "action"));
  NARU_ASSIGN(const auto name, action.text("action"));
  return Decider(state, action, actor, calendar, now_ms).run(name);
}

}  // namespace naru::govern
