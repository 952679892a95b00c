#pragma once
/// A demonstration programme: projects that show, before anybody adopts a solution, whether it works and helps here.
///
/// A project goes planned → silent → live → routine, or ends stopped. What each step needs (docs/methods/stages.md):
///   silent   a locked plan; the solution runs, nobody sees its output
///   live     sealed evidence for the version in use, an IRB approval and an approval of every site
///   routine  an adoption decision `adopt` or `adopt_with_monitoring`
/// A change of the solution, a watch outside its limits or a serious safety event makes verification `due`: no step
/// forward and no decision until new evidence is recorded. Limits stand in the programme's file; the code has none.
///
/// stage_json (into the report of a verification; docs/methods/stages.md):
///   {"project","programme","stage","solution_version","uses":n,"overrides":n|null,"errors":n|null,
///    "safety":null|{"minor","serious"},"changes":[{"at","what"}],"watch":{"periods","outside","list":[{"period","site","persons",
///    "psi","psi_interval","o_e","within"}]},
///    "approvals":[{"kind","reference","site"}],"decision":null|{"decision","reason","evidence","at"}}
///   null: nothing was recorded, which is not the same as none.
///
/// demonstrations_json (GET /demonstrations/{programme}):
///   {"programme":{"id","title","source","places","watch":{…}},"stages":{STAGE:n},"decisions":{DECISION:n},"due":n,
///    "projects":[{"id","title","organisation","solution":{"id","version"},"sites":[…],"plan":null|{"hash","version"},
///      "stage","due":null|{"reason","since"},"evidence":null|{"id","auroc":{"estimate","lo","hi"},"o_e":{…},"sites",
///      "at"},"approvals":[{"kind","reference","site"}],"uses","overrides","errors","safety","safety_serious",
///      "watch":[{"period","site","persons","psi","psi_interval":[lo,hi]|null,"o_e":{"estimate","lo","hi"},"within"}],
///      "decision":null|{"decision","reason","evidence","at"},"history":[{"type","at","actor","note"}]}…]}
#include "base/clock.h"
#include "catalogue/journal.h"
#include "engine/records.h"
#include "govern/actor.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::govern {

/// When a watched period is outside, from the programme's file.
struct WatchLimits {
  double psi_max = 0;  ///< population stability index of the scores against the evidence
  double o_e_min = 0;  ///< an interval wholly outside [min, max] is outside
  double o_e_max = 0;
  std::int64_t persons_min = 0;  ///< fewer persons say nothing yet
};
struct DemonstrationProgramme {
  std::string id;
  Text title;
  std::string source;
  std::int64_t places = 0;
  WatchLimits watch;
  std::string canonical_text;
};
/// Errors: rejected naming the field.
[[nodiscard]] Result<DemonstrationProgramme> parse_demonstration(std::string_view yaml, std::string_view where);

struct ProjectFigure {
  std::optional<double> estimate;
  std::optional<double> lo;
  std::optional<double> hi;
};
struct ProjectEvidence {
  std::string id;  ///< "ev-…"
  std::string solution_version;
  ProjectFigure auroc;
  ProjectFigure o_e;
  std::int64_t sites = 0;
  std::int64_t at_ms = 0;
};
struct ProjectApproval {
  std::string kind;  ///< irb, site, device
  std::string reference;
  std::string site;  ///< for kind site
};
struct WatchedPeriod {
  std::string period;  ///< "2026-10-01..2026-11-01"
  std::string site;
  std::int64_t persons = 0;  ///< with known outcome; 0 when suppressed
  std::optional<double> psi;
  std::optional<double> psi_lo;
  std::optional<double> psi_hi;
  ProjectFigure o_e;
  bool within = true;
};
/// What a site computed from its lake and signed (evidence/watch.h): the only source of a watched period.
struct ComputedWatch {
  std::string site;
  std::string plan_hash;
  std::string evidence;
  std::string solution_version;
  std::string period;
  std::optional<std::int64_t> scored;   ///< empty: suppressed
  std::optional<std::int64_t> persons;  ///< with known outcome
  ProjectFigure psi;
  ProjectFigure o_e;
  std::string digest;  ///< of the signed body
};
/// False when the scores moved by more than the limit or the whole O:E interval lies outside; fewer persons than
/// `persons_min` say nothing yet.
[[nodiscard]] bool within(const WatchLimits& limits, const ComputedWatch& watch);
struct AdoptionDecision {
  std::string decision;  ///< adopt, adopt_with_monitoring, do_not_adopt
  std::string reason;
  std::string evidence;
  std::int64_t at_ms = 0;
};
struct ProjectLine {
  std::string type;
  std::string actor;
  std::string note;
  std::int64_t at_ms = 0;
};
struct Project {
  std::string id;
  std::string programme;
  Text title;
  std::string organisation;
  std::string solution_id;
  std::string solution_version;
  std::vector<std::string> sites;
  std::string plan_hash;
  std::int64_t plan_version = 0;
  std::string stage = "planned";
  std::string due_reason;  ///< empty: nothing is due
  std::int64_t due_since_ms = 0;
  std::optional<ProjectEvidence> evidence;
  std::vector<ProjectApproval> approvals;
  std::int64_t uses = 0, overrides = 0, errors = 0, safety = 0, safety_serious = 0;
  std::vector<WatchedPeriod> watch;
  std::optional<AdoptionDecision> decision;
  std::vector<ProjectLine> history;
  std::int64_t version = 0;  ///< of its stream
};
[[nodiscard]] Result<Project> replay_project(const std::vector<engine::Event>& events);

/// Programmes in collection "demonstrations", projects in streams "demonstration/ID".
class Demonstrations {
 public:
  /// REQUIRES: all outlive it.
  Demonstrations(engine::Records& records, const Clock& clock, catalogue::Journal& journal)
      : records_(records), clock_(clock), journal_(journal) {}
  /// Error conflict when it is open with other text. Role officer.
  [[nodiscard]] Done open(const DemonstrationProgramme& programme, const Actor& actor);
  /// {"id","programme","title":{en,ko},"organisation","solution":{"id","version"},"sites":[…]}. Role officer. Errors:
  /// refused when every place is taken; conflict when the id is.
  [[nodiscard]] Result<Project> add(std::string_view project_json, std::string_view where, const Actor& actor);
  /// One of (role officer unless said otherwise):
  ///   {"type":"plan","hash","version"} · {"type":"evidence","id","solution_version","auroc":{…},"o_e":{…},"sites"}
  ///   {"type":"stage","stage","approvals":[{"kind","reference","site"}],"reason"}
  ///   {"type":"observed","uses","overrides","errors"} · {"type":"safety","severity":"minor|serious","what"}: also a
  ///   steward of a participating site
  ///   {"type":"changed","what","solution_version"} · {"type":"decision","decision","reason"} (role officer or chair)
  /// Errors: refused naming what the step needs and who gives it; rejected naming the field.
  [[nodiscard]] Result<Project> act(std::string_view project, std::string_view action_json, const Actor& actor);
  /// Records a watched period; the caller has checked whose signature it bears. Role officer, or a steward of the site.
  /// Errors: conflict when it is about another plan, evidence or version than the project's, or was recorded before.
  [[nodiscard]] Result<Project> watched(std::string_view project, const ComputedWatch& watch, const Actor& actor);
  [[nodiscard]] Result<Project> get(std::string_view project);
  [[nodiscard]] Result<DemonstrationProgramme> programme(std::string_view id);
  [[nodiscard]] Result<std::string> demonstrations_json(std::string_view programme);
  /// Errors: not_found; conflict when the project's plan or solution version is another.
  [[nodiscard]] Result<std::string> stage_json(std::string_view project, std::string_view plan_hash,
                                               std::string_view solution_version);
  /// {"programmes":[{"id","title","places","projects"}]}
  [[nodiscard]] Result<std::string> programmes_json();

 private:
  [[nodiscard]] Result<Project> record(const Project& before, const std::string& type, const std::string& event,
                                       const Actor& actor);
  [[nodiscard]] Result<std::vector<Project>> projects_of(std::string_view programme);
  engine::Records& records_;
  const Clock& clock_;
  catalogue::Journal& journal_;
};

}  // namespace naru::govern
