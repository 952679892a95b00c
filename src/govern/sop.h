#pragma once
/// A standard operating procedure as data: steps with owners and clocks, transitions, board rules. Text format: YAML,
/// see docs/methods/sop.md. A running case keeps the SOP's canonical text in its first event, so that a later version
/// never changes a case that is under way.
#include "base/result.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::govern {

/// What happens in a step, and the outcomes that may lead out of it:
///   check       owner chooses one of the listed outcomes
///   resubmit    applicant hands in again: "resubmitted"
///   sites       every holder answers its local context: "answered", "all_declined"
///   vote        board members vote: "voted"
///   decide      the chair decides within the votes: "approve", "reject", "revise"
///   certificate owner issues a document: "issued"
///   notice      owner tells the applicant: "notified"
///   end         nothing more; carries `outcome`
enum class StepKind { check, resubmit, sites, vote, decide, certificate, notice, end };
[[nodiscard]] std::string_view name_of(StepKind kind);

struct StepClock {
  std::int64_t amount = 0;
  bool working_days = true;  ///< else calendar days
};

/// How long a step takes, for the simulation: triangular distribution in the clock's days.
struct StepDuration {
  double least = 0;
  double mode = 0;
  double most = 0;
};

struct Step {
  std::string id;
  Text title;
  StepKind kind = StepKind::check;
  std::string owner;  ///< role; empty only at an end
  std::optional<StepClock> clock = {};
  bool stops_clock = false;                    ///< time here does not count in the case's total clock
  std::string board = {};                      ///< board rule of a vote or decide step
  std::string document = {};                   ///< what a certificate step issues
  std::string outcome = {};                    ///< of an end: "approved", "rejected", "withdrawn"
  std::map<std::string, std::string> on = {};  ///< outcome → next step
  std::optional<StepDuration> duration = {};
  std::map<std::string, double> likely = {};  ///< outcome → probability, for the simulation
};

struct Share {
  std::int64_t numerator = 1;
  std::int64_t denominator = 2;
};

struct BoardRule {
  std::string id;
  std::int64_t members_min = 0;
  std::int64_t members_max = 0;   ///< 0: no upper limit
  std::int64_t external_min = 0;  ///< members of no holder in the application
  std::int64_t ethics_min = 0;    ///< members with expertise "ethics"
  bool both_sexes = false;
  Share quorum_more_than = {};  ///< of the assigned members, recused ones included
  std::int64_t quorum_least = 0;
  std::int64_t quorum_external = 0;  ///< external members among those who voted
  Share approve_more_than = {};      ///< of the votes cast without abstentions
  bool recuse_same_organisation = true;
  [[nodiscard]] std::int64_t quorum_of(std::int64_t assigned) const;
};

struct Appeal {
  std::string from;  ///< end step
  std::string to;    ///< step that takes it up
  StepClock within;
  std::int64_t times_max = 1;
};

struct Sop {
  std::string id;
  std::int64_t version = 0;
  Text title;
  std::string source;              ///< the rule it writes down
  std::string calendar;            ///< id of a file in sops/calendars
  std::string review_policy = {};  ///< policy whose review tiers add to the boards' quorums; empty: none
  std::string start;
  std::string withdrawn;  ///< end step that a withdrawal leads to
  std::vector<std::string> roles;
  std::vector<Step> steps;
  std::map<std::string, BoardRule> boards;
  std::optional<Appeal> appeal = {};
  std::optional<StepClock> total_clock = {};  ///< for the whole case, without steps that stop it
  std::string canonical_text;                 ///< canonical JSON of the document
  std::string hash;                           ///< sha256 hex of canonical_text
  [[nodiscard]] const Step* step(std::string_view id) const;
};

/// Reads structure and types; what the structure *means* is check_sop's business. Unknown keys are errors.
[[nodiscard]] Result<Sop> parse_sop(std::string_view yaml, std::string_view where);
/// The same document as JSON: how a case keeps its SOP. REQUIRES of the caller: text written by `Sop::canonical_text`.
[[nodiscard]] Result<Sop> parse_sop_json(std::string_view json, std::string_view where);
[[nodiscard]] Result<Sop> read_sop(const std::filesystem::path& file);

struct SopFinding {
  std::string kind;  ///< unreachable, dead-end, unknown-step, no-outcome, clock-without-owner, step-without-owner,
                     ///< unknown-role, unknown-board, quorum-impossible, composition-impossible, missing-outcome,
                     ///< end-without-outcome, appeal, probability, duplicate-step
  std::string step;  ///< step or board
  std::vector<std::string> path;  ///< steps from the start to the fault; empty when none leads there
  Text what;
};
/// Empty: every step can be reached, every path can end, every clock has an owner, every quorum can be met.
[[nodiscard]] std::vector<SopFinding> check_sop(const Sop& sop);
/// {"ok","sop","version","hash","steps","findings":[{"kind","step","path":[…],"what":{"en","ko"}}]}
[[nodiscard]] std::string findings_json(const Sop& sop, const std::vector<SopFinding>& findings);

struct StepSpread {
  std::string step;
  std::int64_t visits = 0;
  double median_days = 0;
  double p90_days = 0;
  std::int64_t breaches = 0;  ///< visits longer than the step's clock
};
struct Simulation {
  std::int64_t arrivals = 0;
  std::uint64_t seed = 0;
  double median_days = 0;  ///< submission to end
  double p90_days = 0;
  std::int64_t breaches = 0;                     ///< cases with at least one breached clock
  std::map<std::string, std::int64_t> outcomes;  ///< end outcome → cases
  std::vector<StepSpread> steps;
};
/// Draws each visit's duration from its triangle and each outcome from `likely`. Same seed, same answer.
/// Errors: rejected when the SOP has findings or a step has no duration.
[[nodiscard]] Result<Simulation> simulate_sop(const Sop& sop, std::int64_t arrivals, std::uint64_t seed);
[[nodiscard]] std::string simulation_json(const Sop& sop, const Simulation& simulation);

}  // namespace naru::govern
