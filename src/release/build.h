#pragma once
/// At the combiner: protected tables of several holders become one linked, k-anonymous set of OMOP tables, not yet
/// sealed. docs/methods/release.md.
#include "base/bytes.h"
#include "base/progress.h"
#include "base/strong_id.h"
#include "protect/assessment.h"
#include "protect/policy.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace naru::release {

struct HolderData {
  SiteName holder;
  std::filesystem::path folder;  ///< TABLE.parquet as `protect_holder` writes them
};

struct BuildRequest {
  std::filesystem::path releases;  ///< the site's releases folder
  std::string id;                  ///< "r1": a plain name
  std::vector<HolderData> holders;
  std::filesystem::path link_map;         ///< holder, row_id, link_id
  std::filesystem::path vocabulary = {};  ///< the holders' vocabulary: where rare codes climb
  Bytes release_key;                      ///< person ids are its HMAC of link_id, different in every release
  std::set<std::int64_t> withdrawn = {};  ///< link_ids
};

/// Concepts of one table that too few persons had.
struct RareCodes {
  std::int64_t concepts_climbed = 0;  ///< shown as a coarser concept
  std::int64_t concepts_hidden = 0;   ///< shown as 0
};

struct BuiltTable {
  std::string table;
  std::int64_t rows = 0;
  std::string tier;
  RareCodes rare = {};
};

struct BuildReport {
  std::string id;
  std::filesystem::path folder;               ///< releases/.built/ID
  std::int64_t rows_of_persons = 0;           ///< person rows that came in
  std::int64_t persons_linked = 0;            ///< distinct persons before suppression
  std::int64_t persons_of_several_sites = 0;  ///< of these
  std::int64_t persons_withdrawn = 0;
  std::int64_t persons_without_link = 0;           ///< person rows the link map does not know: left out
  std::int64_t persons_suppressed = 0;             ///< to reach k
  std::int64_t persons = 0;                        ///< in the release
  std::map<std::string, std::string> levels = {};  ///< quasi-identifier → how it is shown: "5 years", "state", "none"
  double loss = 0;
  protect::Risk before;
  protect::Risk after;
  std::int64_t persons_in_small_regions = 0;  ///< whose place is shown coarser because few persons live there
  protect::Assessment assessed_before = {};   ///< what attackers could find out from what the holders sent
  protect::Assessment assessed_after = {};    ///< and from the release
  std::string attack_json = {};               ///< what questions could reach, measured; as in risk.json
  protect::ImpactAssessment impact;
  std::vector<BuiltTable> tables = {};
  double seconds = 0;
};

/// Replaces releases/.built/ID as a whole. Person rows of one link_id become one: per column the value most rows hold,
/// ties by holder name. Events keep their holder in `source_site`. A generalised birth year also replaces the ages at
/// events by what follows from it.
/// Errors: rejected (a holder's table or column the policy does not name), not_found (the policy lets rare codes climb
/// and there is no vocabulary), refused (a production policy with an unverified rule, no generalisation reaches k
/// within the suppression limit), conflict (a sealed release of that id exists; interrupted).
[[nodiscard]] Result<BuildReport> build(const BuildRequest& request, const protect::Policy& policy, Progress& progress);
[[nodiscard]] std::string report_json(const BuildReport& report);

/// Adds the files of a genome store to a built, not yet sealed release, under genome/.
/// Errors: not_found (no such build or store), rejected (a link or nested folder escapes).
[[nodiscard]] Result<std::int64_t> attach_genome(const std::filesystem::path& releases, std::string_view id,
                                                 const std::filesystem::path& store);

struct Reviewer {
  std::string name;  ///< account, not a person's name
  std::string organisation;
  std::string decision;  ///< "approve" or "refuse"
  std::string note = {};
  bool external = false;
};
struct ExportReview {
  std::vector<Reviewer> reviewers;
  std::string decided_on;  ///< YYYY-MM-DD
};
/// Writes review.json into the build. Errors: refused when fewer reviewers than the policy asks for, one stands twice,
/// or one refuses: names the clause; rejected for an unreadable date or decision.
[[nodiscard]] Done record_review(const std::filesystem::path& releases, std::string_view id, const ExportReview& review,
                                 const protect::Policy& policy);

/// True when both folders hold the same files with the same bytes; else the first difference as text (file names only).
struct Sameness {
  bool same = true;
  std::string difference = {};
  std::int64_t files = 0;
};
[[nodiscard]] Result<Sameness> same_bytes(const std::filesystem::path& left, const std::filesystem::path& right);
/// Builds again in a folder of its own and compares with releases/.built/ID or, when sealed, releases/ID (the files of
/// the build; not review, manifest and signature).
[[nodiscard]] Result<Sameness> rebuild_is_identical(const BuildRequest& request, const protect::Policy& policy,
                                                    Progress& progress);

}  // namespace naru::release
