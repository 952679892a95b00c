#pragma once
/// Curves that may be shown: one set of cuts for every curve and table of a report, so that no two of them differ by
/// only a few persons. `least` 1 shows everything.
#include "evaluate/estimate.h"
#include "evaluate/levels.h"

#include <vector>

namespace naru::evaluate {

struct Cut {
  double threshold = 0;  ///< positive: score >= threshold
  std::uint64_t tp = 0;
  std::uint64_t fp = 0;
};

/// Between neighbouring cuts, and beyond the outermost, stand 0 or at least `least` cases, and 0 or at least `least`
/// controls.
class Cuts {
 public:
  /// REQUIRES: `levels` outlives this; least >= 1.
  Cuts(const Levels& levels, std::uint64_t least) : levels_(&levels), least_(least) {}
  /// Adds the cut if the rule allows it; false when it does not.
  bool add(double threshold);
  /// Adds the scores themselves, from the highest down, where the rule allows.
  void add_scores();
  [[nodiscard]] const std::vector<Cut>& ascending() const { return cuts_; }

 private:
  [[nodiscard]] bool far_enough(const Cut& above, const Cut& below) const;
  const Levels* levels_;
  std::uint64_t least_;
  std::vector<Cut> cuts_;
};

struct RocPoint {
  double threshold = 0;
  double sensitivity = 0;
  double specificity = 0;
};
/// From the highest threshold down; (0, 1) and (1, 0) are not listed. Empty for one class.
[[nodiscard]] std::vector<RocPoint> roc_curve(const Levels& levels, const Cuts& cuts);

struct CalibrationBin {
  double from = 0;       ///< the cut where it begins; 0 for the lowest
  double predicted = 0;  ///< mean score
  Estimate observed;     ///< Wilson
  std::uint64_t persons = 0;
  std::uint64_t events = 0;
};
/// Groups of at least persons / `bins` persons whose borders are cuts. REQUIRES: bins > 0.
[[nodiscard]] std::vector<CalibrationBin> calibration_bins(const Levels& levels, const Cuts& cuts, std::size_t bins);

}  // namespace naru::evaluate
