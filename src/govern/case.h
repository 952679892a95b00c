#pragma once
/// A case is a running SOP. Its state is a pure function of its events; commands look at a state and answer events or
/// a refusal that names the clause, who decides, and what comes next.
#include "catalogue/journal.h"
#include "engine/records.h"
#include "govern/actor.h"
#include "govern/application.h"
#include "govern/board.h"
#include "govern/calendar.h"
#include "govern/review.h"
#include "govern/sop.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::govern {

struct LocalAnswer {
  SiteName site;
  std::string answer;  ///< ok, conditions, decline
  std::vector<std::string> conditions;
  std::string note;
  std::string by;
  std::int64_t at_ms = 0;
};
struct Vote {
  std::string member;
  std::string vote;  ///< approve, reject, revise, abstain
  std::string reason;
  std::int64_t at_ms = 0;
};
struct Recusal {
  std::string member;
  std::string reason;    ///< the person's words; by rule: the organisation in conflict
  bool by_rule = false;  ///< by the SOP's rule on organisations, not by a person
  std::int64_t at_ms = 0;
};
/// One visit of a step.
struct StepRun {
  std::string step;
  std::int64_t entered_ms = 0;
  std::optional<std::int64_t> left_ms = {};
  std::string outcome = {};
  std::string by = {};
};
struct HistoryLine {
  std::int64_t version = 0;
  std::string type;
  std::string step;  ///< where the case stood before
  std::string actor;
  std::int64_t at_ms = 0;
  std::string note;
};

struct CaseState {
  std::string id;  ///< the application's id
  std::int64_t version = 0;
  Application application;
  Sop sop;
  std::optional<ReviewNeed> review = {};  ///< by the policy that the SOP names
  std::string step;
  std::vector<StepRun> runs;
  std::map<SiteName, LocalAnswer> answers;
  Board board;               ///< empty until assigned
  std::string acting_chair;  ///< account, when the chair is recused
  std::map<std::string, Recusal> recused;
  std::map<std::string, Vote> votes;
  std::string decision;  ///< of the chair: approve, reject, revise
  std::vector<std::string> conditions;
  std::string decision_reason;
  std::string certificate;  ///< number of the issued document
  std::int64_t appeals = 0;
  std::vector<HistoryLine> history;

  [[nodiscard]] const Step& at() const;
  [[nodiscard]] bool closed() const { return at().kind == StepKind::end; }
  /// "approved", "rejected", "withdrawn", or empty while it runs.
  [[nodiscard]] std::string outcome() const;
  /// The board's chair, or who stands in; empty while no board sits.
  [[nodiscard]] std::string chair() const;
  /// Holders that did not decline.
  [[nodiscard]] std::vector<SiteName> agreeing_sites() const;
};

struct VoteCount {
  std::int64_t assigned = 0, recused = 0, voted = 0, approve = 0, reject = 0, revise = 0, abstain = 0;
  std::int64_t quorum = 0;    ///< votes needed, by the board's rule and the review tier
  std::int64_t external = 0;  ///< of them, external members'
  bool quorum_met = false;    ///< count and external members
  std::string carried;        ///< approve, reject or revise by the rule; empty while nothing is carried
};
[[nodiscard]] VoteCount count_votes(const CaseState& state);

/// One more event. Errors: internal when it does not fit (never for events that decide_case made).
[[nodiscard]] Done apply_event(CaseState& state, const engine::Event& event);
/// Errors: not_found for no events; else as apply_event.
[[nodiscard]] Result<CaseState> replay_case(const std::vector<engine::Event>& events);
/// The first event of a case. Errors: rejected when the SOP has findings.
[[nodiscard]] Result<engine::NewEvent> open_case(const Application& application, const Sop& sop,
                                                 const std::optional<ReviewNeed>& review, const Actor& actor);
/// `action_json` is one object with "action" and its fields:
///   complete_check {outcome, note?} · resubmit {note, forms?} · answer_local_context {site, answer, conditions?,
///   note?} assign_board {board: {…}} · declare_conflict {reason} · recuse {member, reason} · appoint_acting_chair
///   {member} vote {vote, reason} · close_vote {} · decide {decision, reason, conditions?, in_person?} ·
///   issue_exemption {number} · notify {note?} withdraw {reason} · appeal {reason}
/// Errors: usage (unknown action), rejected (a field), refused (clause, who may, what next).
[[nodiscard]] Result<std::vector<engine::NewEvent>> decide_case(const CaseState& state, std::string_view action_json,
                                                                const Actor& actor, const Calendar& calendar,
                                                                std::int64_t now_ms);

struct ClockView {
  std::string what;  ///< step id, "step:site" for a holder's answer, "total" for the case
  std::string owner;
  std::int32_t started = 0;  ///< local date, days
  std::int32_t deadline = 0;
  bool working_days = true;
  std::int64_t allowed_days = 0;
  std::int64_t left_days = 0;  ///< negative when breached
  bool breached = false;
  bool stopped = false;        ///< the step stops the total clock
  bool calendar_known = true;  ///< false: public holidays of that year are not in the calendar, weekends only
};
/// Clocks that run now.
[[nodiscard]] std::vector<ClockView> clocks_of(const CaseState& state, const Calendar& calendar, std::int64_t now_ms);
/// Actions this actor may take now, by name.
[[nodiscard]] std::vector<std::string> actions_for(const CaseState& state, const Actor& actor, const Calendar& calendar,
                                                   std::int64_t now_ms);

/// See office.h for the shape.
[[nodiscard]] std::string case_view_json(const CaseState& state, const Actor& viewer, const Calendar& calendar,
                                         std::int64_t now_ms);

/// Cases in the record store: streams "case/ID".
class Cases {
 public:
  /// REQUIRES: all outlive it.
  Cases(engine::Records& records, const Clock& clock, catalogue::Journal& journal);
  [[nodiscard]] Done open(const Application& application, const Sop& sop, const std::optional<ReviewNeed>& review,
                          const Actor& actor);
  [[nodiscard]] Result<CaseState> get(std::string_view id);
  [[nodiscard]] Result<std::vector<CaseState>> all();
  /// Errors: as decide_case; conflict when somebody acted at the same moment five times running.
  [[nodiscard]] Result<CaseState> act(std::string_view id, std::string_view action_json, const Actor& actor,
                                      const Calendar& calendar);

 private:
  engine::Records& records_;
  const Clock& clock_;
  catalogue::Journal& journal_;
};

}  // namespace naru::govern
