#pragma once
/// What the authority knows that makes a review lighter (docs/methods/review-tier.md): an earlier approval for the same
/// data and purpose that still runs, and the register of designated bodies. Neither is taken from the application's own
/// words: the one comes from decided cases, the other from the organisation of the account.
#include "govern/case.h"

namespace naru::govern {

struct DesignatedBody {
  std::string organisation;
  std::string kind;         ///< combination-agency, data-agency, innovation-zone
  std::string designation;  ///< notice or number
  std::int32_t from = 0;    ///< days
  std::int32_t until = 0;
};
/// sops/registers/designated-bodies.yaml: {bodies: [{organisation, kind, designation, from, until}…]}; a missing file
/// is nobody. Errors: rejected, naming file and field, for an unknown key or kind, an entry that ends before it begins
/// or stands twice.
[[nodiscard]] Result<std::vector<DesignatedBody>> designated_bodies(const std::filesystem::path& file);
[[nodiscard]] Result<std::vector<DesignatedBody>> parse_designated_bodies(std::string_view yaml,
                                                                          std::string_view where);

/// repeat-use: an application of the same organisation ended approved, its period covers today, and the new one asks
/// for nothing beyond it: same purpose code, use by AI and cohort (or the earlier one's was everybody), no commercial
/// use it did not have, and holders, datasets, release, modes and tables among its own. designated-body: the
/// applicant's organisation is in the register today. Partners are not looked at: they make a conflict of interest, not
/// a recipient.
[[nodiscard]] Circumstances circumstances_of(const Application& application, const std::vector<CaseState>& earlier,
                                             const std::vector<DesignatedBody>& bodies, std::int32_t today);

}  // namespace naru::govern
