#pragma once
/// Several sites' watches beside each other: for each period the sites' own figures, their random-effects means, and
/// whether a site by itself or all of them together are outside the programme's limits. Nothing is computed from
/// persons: every figure comes from the signed files, so whoever holds them gets the same bytes. Method:
/// docs/methods/stages.md.
#include "evidence/seal.h"
#include "evidence/watch.h"
#include "govern/demonstration.h"

#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

struct WatchFile {
  std::string where;  ///< its name, for errors
  std::string text;
};

/// Canonical JSON: {"format","programme","evidence","plan","solution":{"id","version"},"limits":{…},"alarm":bool,
/// "periods":[{"from","to","alarm":bool,"why":[{"en","ko"}…],"sites":[{"site","scored","persons","events","psi":E,
/// "p_no_drift","p_no_drift_holm","o_e":E,"slope":E,"auroc":E,"within":bool,"enough":bool,"digest"}…],
/// "pooled":{"persons","o_e":P,"slope":P,"auroc":P}}…],"reasons":{…}}; P as json_of(Pooled). Periods by their first
/// day, sites by name. "persons" of the pool is null when a site's is. Errors: rejected naming the file: not signed by
/// the key trusted for its site, about other evidence, plan or version than the first one, a site twice in a period, or
/// no file at all.
[[nodiscard]] Result<std::string> watches_together(const std::vector<WatchFile>& files,
                                                   const std::vector<Trusted>& trust,
                                                   const govern::DemonstrationProgramme& programme);
/// One page on its own, Korean and English. Error: rejected for another shape.
[[nodiscard]] Result<std::string> watches_html(std::string_view json, std::string_view where);

[[nodiscard]] govern::ComputedWatch computed_of(const Watch& watch);

}  // namespace naru::evidence
