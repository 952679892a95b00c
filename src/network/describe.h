#pragma once
/// What a site's data looks like in the catalogue: tables, columns, code systems, persons by age and sex, frequent
/// concepts, coverage, quality. Every figure leaves through the policy's output rules. Method:
/// docs/methods/characterisation.md.
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "ingest/profile.h"
#include "ingest/quality.h"
#include "network/identity.h"
#include "protect/policy.h"

#include <optional>

namespace naru::network {

/// Share in whole hundredths. Nothing when the whole is small; 0 or 1 when either part is: nobody can tell few from
/// none.
[[nodiscard]] std::optional<double> share_for_outside(std::int64_t part, std::int64_t whole,
                                                      const protect::OutputPolicy& outputs);
/// {"persons","tables":[{"name","records","columns":[…]}…],"code_systems":[…],"characterisation":{…}}; tables as in
/// schemas/dataset.json. Characterisation: {"persons","age_sex":[{"sex","age","persons","reason"?}…],
/// "observation_years":[…],"concepts":{TABLE:[{"concept_id","name","persons"}…]},"coverage":{"tables","vocabularies"},
/// "min_cell","round_to","at"}.
[[nodiscard]] Result<Json> profile_for_outside(const ingest::DataProfile& profile, const protect::Policy& policy,
                                               const Clock& clock);
/// {"checks":[{"id","category","title","checked","failed","share","at_most","ok"}…],"passed","failed","not_applicable",
/// "at"}
[[nodiscard]] Json quality_for_outside(const ingest::QualityReport& report, const protect::OutputPolicy& outputs);

/// At a holder: of its protected tables, or of its lake when that is newer (then without concepts: no screen for
/// sensitive ones has run), with its quality.
[[nodiscard]] Result<Json> describe_holder(Site& site, const std::filesystem::path& share,
                                           const protect::Policy& policy);
/// At the authority: puts what a site told into its entry. Errors: rejected names the field.
[[nodiscard]] Done take_description(const Json& told, catalogue::Dataset& dataset);

}  // namespace naru::network
