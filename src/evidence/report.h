#pragma once
/// The report of a round: canonical JSON and one self-contained HTML page (inline SVG, Korean and English, no
/// external resource), both computed from the pooled vector and the sites' shared results alone.
///
/// Pooled figures are rounded by the output rules; curves have at least `min_cell` events and non-events per step.
#include "evidence/site_run.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace naru::evidence {

struct ReportInput {
  LockedPlan plan;
  std::vector<std::string> shared;    ///< SiteResult::shared of every site of the round
  std::vector<std::uint64_t> pooled;  ///< sum of the round's vectors, by layout_of(plan)
  std::string federated;              ///< canonical JSON of federated_figures, or empty
  OutputRules rules;
  std::string round;                       ///< id of the secure-sum round; for one site "local"
  std::string mode;                        ///< "federated" or "local"
  std::string locked_at;                   ///< instant at which the plan's hash entered the log, or empty
  std::string created_at;                  ///< instant
  std::string software;                    ///< "naru 0.1.0"
  std::string right;                       ///< id of the use right, or empty
  std::vector<std::string> approvals;      ///< case ids, or empty
  std::vector<std::string> overlaps = {};  ///< canonical JSON of training_overlap, one a site that checked
  std::string stage = {};                  ///< govern::Demonstrations::stage_json of the project, or empty
};

struct Report {
  std::string id;    ///< "ev-" and 12 hex digits of the JSON's digest
  std::string json;  ///< canonical
  std::string html;
};

/// Errors: rejected when sites ran another plan, a site repeats, or the vector has another layout.
[[nodiscard]] Result<Report> build_report(const ReportInput& input);
/// The page of a report that is already JSON (the portal shows the same page).
[[nodiscard]] Result<std::string> report_html(std::string_view report_json, std::string_view where);

/// The report as Markdown in one language, computed from its JSON alone: the same bytes for the same report.
[[nodiscard]] Result<std::string> report_markdown(std::string_view report_json, Language language,
                                                  std::string_view where);

/// Pooled AUROC and its interval as the report states them, for story facts.
[[nodiscard]] Result<SiteSummary> pooled_summary(std::string_view report_json, std::string_view where);

}  // namespace naru::evidence
