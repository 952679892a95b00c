#pragma once
/// Part of the area, and the point of the curve that is best by Youden.
///
/// Sources: McClish 1989 (partial area, correction to 0.5..1); Dodd & Pepe 2003 and He & Escobar 2008 (variance from
/// truncated placements); Youden 1950.
#include "evaluate/estimate.h"
#include "evaluate/levels.h"

namespace naru::evaluate {

enum class Axis { specificity, sensitivity };

struct PartialArea {
  Estimate area;       ///< between `from` and `to` of the axis
  Estimate corrected;  ///< McClish: 0.5 for chance, 1 for a perfect score; interval from the same variance
};
/// Area under the ROC curve where `axis` lies in [from, to], e.g. specificity 0.9 to 1; the curve is linear through
/// ties. Wald interval. For 0 to 1 estimate and variance are those of `auroc`. REQUIRES: 0 <= from < to <= 1.
[[nodiscard]] PartialArea partial_auroc(const Levels& levels, Axis axis, double from, double to);

/// Largest sensitivity + specificity - 1. `threshold` lies halfway to the next lower score; ties between points go to
/// the higher threshold. Chosen on the data it is judged by, hence optimistic: no interval. Empty for one class.
struct BestPoint {
  double threshold = 0;
  double sensitivity = 0;
  double specificity = 0;
};
[[nodiscard]] std::optional<BestPoint> youden_point(const Levels& levels);

}  // namespace naru::evaluate
