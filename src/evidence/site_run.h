#pragma once
/// A locked plan at one site: who is in, what the solution says, what happened, and what of it may leave.
///
/// The row-level table never leaves memory. Exact figures stay in `private_folder`; `shared` holds figures after the
/// output rules; `histogram` may leave only masked (secure_sum.h).
#include "evidence/plan.h"
#include "protect/output_control.h"
#include "workspace/output_rules.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace naru::evidence {

/// From the policy's `outputs`; there is no default.
struct OutputRules {
  std::int64_t min_cell = 0;   ///< counts 1 .. min_cell - 1 are suppressed, with everything computed from them
  std::int64_t round_to = 0;   ///< counts are rounded to a multiple of it
  bool complementary = false;  ///< cells from which a suppressed one follows are suppressed too
  std::int64_t digits = 0;     ///< decimals of rates and estimates outside, 1 .. 12
  /// From the policy's `disclosure` (evidence/model_rules.h); where evidence leaves a site both are given.
  std::optional<protect::ModelOutputPolicy> models = {};
  std::optional<protect::DominancePolicy> dominance = {};
  [[nodiscard]] workspace::OutputRules counts() const { return {min_cell, round_to, complementary}; }
};
/// Error: rejected when a figure is missing or out of range.
[[nodiscard]] Done check_rules(const OutputRules& rules);

/// Index days [from, to), days since 1970-01-01. Persons whose outcome is not known yet stay in.
struct Window {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

struct SiteRequest {
  std::string site;
  fs::path lake;            ///< folder of TABLE.parquet (OMOP 5.4)
  fs::path vocabulary;      ///< folder with concept_ancestor.parquet; may be missing when nothing needs descendants
  fs::path withdrawn;       ///< private/withdrawn.json; a missing file is epoch 1 and nobody
  fs::path private_folder;  ///< exact figures are written here, mode 0600; empty: not written
  std::string lake_digest;  ///< what the caller knows the lake by (release id or digest); goes into the report
  OutputRules rules;
  unsigned threads = 0;
  fs::path share = {};                ///< folder with runtimes/ and node_modules/: for ONNX models
  fs::path solutions = {};            ///< the site's store of packages and handed-over scores (evidence/site_inputs.h)
  fs::path studies = {};              ///< folder with index.csv and a folder per study: for solutions that read files
  std::optional<Window> window = {};  ///< for a watch alone (evidence/watch.h); a plan's run has none
};

/// Where each number stands in a site's vector. Sites with the same plan have the same layout.
/// For each stratum `grid + 1` case counts, then `grid + 1` control counts; after the last stratum the flow counts;
/// with survival_steps then events and ends of observation by part of the horizon.
struct Layout {
  std::int64_t grid = 0;
  std::vector<std::string> strata;  ///< "all", then "sex=male", "age_band=40-49" …
  std::vector<std::string> flow;    ///< "target", "prior_outcome", "short_follow_up", "failed", "analysed"
  std::size_t parts = 0;            ///< of the horizon
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t cases_at(std::size_t stratum) const;
  [[nodiscard]] std::size_t controls_at(std::size_t stratum) const;
  [[nodiscard]] std::size_t flow_at(std::size_t row) const;
  [[nodiscard]] std::size_t events_at(std::size_t part) const;
  [[nodiscard]] std::size_t early_ends_at(std::size_t part) const;
};
[[nodiscard]] Layout layout_of(const Plan& plan);

/// What the analysed persons scored: never printed, never written outside the site's private folder.
struct ScoredRows {
  std::vector<double> score;       ///< as the solution gave it
  std::vector<double> comparator;  ///< of the same persons; empty without a comparator
  std::vector<std::uint8_t> label;
};

struct SiteResult {
  std::string site;
  std::string shared;                     ///< canonical JSON; see docs/methods/evidence-seal.md
  std::vector<std::uint64_t> histogram;   ///< by layout_of(plan); leaves only masked
  std::vector<std::uint64_t> comparator;  ///< counts of the comparator's scores: cases, controls; empty without one
  std::vector<std::int64_t> persons;      ///< analysed, ascending; for the site's ledger, never leaves
  ScoredRows rows;                        ///< for later rounds about the same scores; never leaves
};

/// One class, nobody in the cohort or a missing optional table is a result (`null` with its reason), not a failure.
/// Errors: rejected for an expression the cohort room does not support (feature and place) or a plan whose hash is
/// not its own; not_found when the lake has no person table.
[[nodiscard]] Result<SiteResult> run_plan_at_site(const LockedPlan& plan, const SiteRequest& request);

/// `shared` of a site parsed for display: auroc or its reason. For progress lines and story facts.
struct SiteSummary {
  std::string site;
  std::optional<std::int64_t> persons;
  std::optional<std::int64_t> events;
  std::optional<double> auroc;
  std::optional<double> auroc_lo;
  std::optional<double> auroc_hi;
  std::string reason;  ///< code when auroc is empty
};
[[nodiscard]] Result<SiteSummary> summary_of(std::string_view shared, std::string_view where);

}  // namespace naru::evidence
