#pragma once
/// After adoption: is the solution still what the evidence says? Computed at a site from its lake for the persons whose
/// index day lies in a period, held against sealed evidence, signed by the site. Nobody types a figure.
///
/// Drift of scores: everybody scored in the period, known outcome or not, against the pooled calibration groups of the
/// evidence. Calibration: those of them whose outcome is known (as study_rows has it). Method: docs/methods/stages.md.
#include "base/signature.h"
#include "evaluate/estimate.h"
#include "evidence/site_run.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

struct WatchRequest {
  SiteRequest site;  ///< `window` is the period
  std::string evidence_id;
  std::string report_json;  ///< of the sealed evidence
};
struct WatchResult {
  /// Canonical JSON after the output rules: {"format","site","plan","evidence","solution":{"id","version"},
  /// "period":{"from","to"},"scored","persons","events","psi":E,"p_no_drift","o_e":E,"citl":E,"slope":E,"auroc":E,
  /// "epoch","vocabulary","lake","rules"}. `to` is the day after the last one.
  std::string json;
  std::vector<std::int64_t> persons;  ///< with known outcome, ascending; for the site's ledger, never leaves
};
/// Errors: rejected when the evidence has no calibration groups to compare with, or without a window; as
/// run_plan_at_site.
[[nodiscard]] Result<WatchResult> watch_at_site(const LockedPlan& plan, const WatchRequest& request);

/// {"body","key","signature"}: what a site hands over.
[[nodiscard]] std::string signed_watch(std::string_view json, const SigningKey& key);

struct Watch {
  PublicKey key{};  ///< that signed it; the caller must know whose it is
  std::string site;
  std::string plan;
  std::string evidence;
  std::string solution_id;
  std::string solution_version;
  std::string from;
  std::string to;
  std::optional<std::int64_t> scored;   ///< empty: suppressed
  std::optional<std::int64_t> persons;  ///< with known outcome
  evaluate::Estimate psi;
  std::optional<double> p_no_drift;
  evaluate::Estimate o_e;
  evaluate::Estimate slope;
  evaluate::Estimate auroc;
  std::string digest;  ///< sha256 hex of canonical(body)
};
/// Errors: rejected, naming the field, or when the signature is not of this body by this key.
[[nodiscard]] Result<Watch> read_watch(std::string_view text, std::string_view where);

}  // namespace naru::evidence
