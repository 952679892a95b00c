// Commands of a case. Every refusal says which clause stands against it, who may act, and what to do next.
#include "govern/case.h"
#include "govern/case_desk.h"

#include <algorithm>

namespace naru::govern {
namespace {

using detail::Events;

/// One command on one state.
class Decider : public detail::BoardDesk {
 public:
  Decider(const CaseState& state, const Reader& action, const Actor& actor, const Calendar& calendar,
          std::int64_t now_ms)
      : BoardDesk(state, action, actor, calendar, now_ms) {}

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
