#pragma once
/// How many persons of a population are unique there, estimated from a sample's classes. Formulas and sources:
/// docs/methods/privacy-models.md (Zayatz 1991; Hoshino 2001 for Pitman; Chen and Keller-McNulty 1998 for SNB; Dankar
/// et al. 2012 for the choice among them).
#include "protect/privacy.h"

#include <cstdint>
#include <map>
#include <optional>

namespace naru::protect {

/// Class size in the sample → number of such classes.
using ClassSizes = std::map<std::int64_t, std::int64_t>;

/// Estimated unique persons of the population. 0 when no class has size 1; nothing when the model does not fit (no
/// maximum of the likelihood, no solution of the equations). REQUIRES: population >= records of the sample > 0.
[[nodiscard]] std::optional<double> population_uniques(UniquenessModel model, const ClassSizes& sizes,
                                                       double population);

}  // namespace naru::protect
