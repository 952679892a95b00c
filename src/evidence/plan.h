#pragma once
/// An evaluation plan, locked before an outcome is read.
///
/// plan.yaml (unknown keys are errors; files are relative to it):
///   id, title, intended_use (text, or {en, ko}), target, outcome, solution (files), horizon_days (1..3650),
///   thresholds [0 < t < 1 …], score_grid (10..10000); optional: version (from 1), subgroups [sex, age_band],
///   metrics [auroc, calibration, net_benefit, thresholds], alert_burden_max (0 .. 1), impact (text or {en, ko}: how
///   the clinical impact is to be studied), changes (text or {en, ko}: what this version changes and why), statements
///   (checklist item → text or {en, ko}), and unit_of_analysis, population, index_time, cut_off, comparator, missing,
///   stopping (text or {en, ko}), sample_size (the same, or {persons, events, reason}), bootstrap {replicates
///   (200..20000), seed}: how the intervals without a closed form are made; survival_steps (2..60, at most
///   horizon_days): the share free of the event over the horizon is reported too, in so many parts
///   (evidence/follow_up.h). `unanswered` names those a plan must state to be locked. The same as JSON schema:
///   schemas/plan.json.
///
/// Hash of a locked plan: sha256 of canonical {"format","plan","digests":{"outcome","solution","target"}}, where a
/// digest is the sha256 of that file's bytes: a changed byte anywhere is another hash, hence another version.
#include "base/files.h"
#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

inline constexpr std::string_view plan_format = "naru-plan-1";

struct Plan {
  std::string id;
  std::int64_t version = 1;
  Text title;
  Text intended_use;
  std::string target;    ///< file name as written in the plan
  std::string outcome;   ///< file name
  std::string solution;  ///< file name
  std::int64_t horizon_days = 0;
  std::vector<double> thresholds;      ///< ascending, each in (0, 1)
  std::vector<std::string> subgroups;  ///< "sex", "age_band"
  std::int64_t score_grid = 0;         ///< scores are rounded half to even to k / score_grid
  std::vector<std::string> metrics;
  Text unit_of_analysis;
  Text cut_off;
  Text comparator;
  Text missing;
  Text stopping;
  Text sample_size;
  Text population;
  Text index_time;                             ///< when a person's clock starts, and what is known by then
  std::optional<std::int64_t> sample_persons;  ///< wanted over all sites
  std::optional<std::int64_t> sample_events;
  std::optional<std::int64_t> bootstrap_replicates;  ///< for intervals without a closed form
  std::uint64_t bootstrap_seed = 0;
  std::optional<std::int64_t> survival_steps;  ///< parts of the horizon; empty: no curve over time
  std::optional<double> alert_burden_max;      ///< share of persons that may test positive at any threshold
  Text impact;
  Text changes;
  std::map<std::string, Text> statements = {};  ///< "tripod-ai/3a" → what the author says
};

struct LockedPlan {
  std::string hash;  ///< hex
  Plan plan;
  std::string plan_json;  ///< canonical JSON of the plan
  std::string target;     ///< bytes of the target definition
  std::string outcome;    ///< bytes of the outcome definition
  std::string solution;   ///< bytes of the solution
};

/// Errors: rejected, naming file and field.
[[nodiscard]] Result<Plan> parse_plan(std::string_view yaml, std::string_view where);
[[nodiscard]] std::string canonical_plan(const Plan& plan);
/// Names of what a plan must state before it may be locked and does not: unit_of_analysis, population, index_time,
/// cut_off, comparator, missing, stopping, sample_size, bootstrap; from version 2 on also `changes`.
[[nodiscard]] std::vector<std::string> unanswered(const Plan& plan);
/// Reads plan, definitions and solution, checks that each of them parses and nothing is unanswered, fixes their hash.
[[nodiscard]] Result<LockedPlan> lock(const fs::path& plan_yaml);
/// The same from bytes (a plan that arrived by wire or upload).
[[nodiscard]] Result<LockedPlan> lock_parts(Plan plan, std::string target, std::string outcome, std::string solution);

/// One canonical JSON document with everything a site needs: {"format","hash","plan","target","outcome","solution"}.
[[nodiscard]] std::string locked_text(const LockedPlan& plan);
/// Recomputes the hash. Error: rejected when it is not the one stated.
[[nodiscard]] Result<LockedPlan> parse_locked(std::string_view text, std::string_view where);

}  // namespace naru::evidence
