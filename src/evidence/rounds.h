#pragma once
/// What a site remembers of the rounds in which it took part, so that no two published sums can be subtracted.
///
/// A sum over sites {a,b,c,d} minus one over {a,b,c} is d's vector; a sum before and after one person changed is that
/// person. Hence, for plans about nearly the same persons (fewer than a tenth of either differ):
///  1. always the same set of sites: by induction the sets of all sums that hold a site's persons are that one set, and
///     no combination of sums tells of fewer sites;
/// and for the same solution
///  2. the persons are the same, or differ by at least `min_cell`;
///  3. if they are the same, so are thresholds, subgroups and grid: two close thresholds in two reports would tell of
///     the few persons between them.
/// and, whatever the solution,
///  4. two curves over time of nearly the same persons cut time alike and are of the same persons, or of persons that
///     differ by at least `min_cell`: a curve knows nothing of the solution.
/// A site's own figures (a watch after adoption) are no sum: 2 to 4 hold for them beside all others, 1 does not.
/// Method: docs/methods/secure-sum.md.
#include "base/strong_id.h"
#include "evidence/plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace naru::evidence {

struct Publication {
  std::string plan;                   ///< hash
  std::string solution;               ///< digest of its manifest
  std::string figures;                ///< thresholds, subgroups, grid, canonical JSON
  std::vector<SiteName> sites;        ///< sorted
  std::vector<std::int64_t> persons;  ///< analysed at this site, ascending
  std::string curve = {};             ///< how a curve over time is cut; empty: none
  bool alone = false;                 ///< this site's own figures
};
[[nodiscard]] Publication publication_of(const LockedPlan& plan, std::vector<SiteName> sites,
                                         std::vector<std::int64_t> persons);

/// Remembers in `folder` (person lists with mode 0600; they never leave), or refuses with the rule that forbids it. The
/// same publication again is fine.
[[nodiscard]] Done claim_publication(const fs::path& folder, const Publication& publication, std::int64_t min_cell);

}  // namespace naru::evidence
