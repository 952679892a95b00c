#include "evaluate/curves.h"

#include <algorithm>

namespace naru::evaluate {

bool Cuts::far_enough(const Cut& above, const Cut& below) const {
  const auto cases = below.tp - above.tp;
  const auto controls = below.fp - above.fp;
  return (cases == 0 || cases >= least_) && (controls == 0 || controls >= least_);
}

bool Cuts::add(double threshold) {
  Cut cut{threshold, 0, 0};
  const auto first = std::lower_bound(levels_->score.begin(), levels_->score.end(), threshold);
  for (auto i = static_cast<std::size_t>(first - levels_->score.begin()); i < levels_->size(); ++i) {
    cut.tp += levels_->cases[i];
    cut.fp += levels_->controls[i];
  }
  const auto at = std::lower_bound(cuts_.begin(), cuts_.end(), threshold,
                                   [](const Cut& a, double value) { return a.threshold < value; });
  if (at != cuts_.end() && at->threshold == threshold) return true;
  const Cut everybody{0, levels_->n_cases, levels_->n_controls};
  const Cut& below = at == cuts_.begin() ? everybody : *(at - 1);
  const Cut above = at == cuts_.end() ? Cut{} : *at;
  if (!far_enough(above, cut) || !far_enough(cut, below)) return false;
  cuts_.insert(at, cut);
  return true;
}

void Cuts::add_scores() {
  // Candidates are judged with running counts: a scan per score would be quadratic.
  std::vector<Cut> merged;
  std::size_t next = cuts_.size();
  Cut running;
  Cut last;
  for (std::size_t i = levels_->size(); i-- > 0;) {
    running.tp += levels_->cases[i];
    running.fp += levels_->controls[i];
    running.threshold = levels_->score[i];
    while (next > 0 && cuts_[next - 1].threshold > running.threshold) {
      last = cuts_[--next];
      merged.push_back(last);
    }
    if (next > 0 && cuts_[next - 1].threshold == running.threshold) continue;
    const Cut below = next > 0 ? cuts_[next - 1] : Cut{0, levels_->n_cases, levels_->n_controls};
    const bool adds = running.tp != last.tp || running.fp != last.fp;
    if (adds && far_enough(last, running) && far_enough(running, below)) {
      last = running;
      merged.push_back(last);
    }
  }
  while (next > 0) merged.push_back(cuts_[--next]);
  std::reverse(merged.begin(), merged.end());
  cuts_ = std::move(merged);
}

std::vector<RocPoint> roc_curve(const Levels& levels, const Cuts& cuts) {
  std::vector<RocPoint> out;
  if (levels.n_cases == 0 || levels.n_controls == 0) return out;
  const auto& ascending = cuts.ascending();
  for (auto cut = ascending.rbegin(); cut != ascending.rend(); ++cut) {
    out.push_back({cut->threshold, static_cast<double>(cut->tp) / static_cast<double>(levels.n_cases),
                   1 - static_cast<double>(cut->fp) / static_cast<double>(levels.n_controls)});
  }
  return out;
}

std::vector<CalibrationBin> calibration_bins(const Levels& levels, const Cuts& cuts, std::size_t bins) {
  std::vector<CalibrationBin> out;
  if (levels.n() == 0) return out;
  const std::uint64_t wanted = (levels.n() + bins - 1) / bins;
  CalibrationBin bin;
  Sum predicted;
  std::uint64_t left = levels.n();
  auto border = cuts.ascending().begin();
  const auto finish = [&] {
    bin.predicted = predicted.value() / static_cast<double>(bin.persons);
    bin.observed = wilson(bin.events, bin.persons);
    out.push_back(bin);
    bin = {};
    predicted = {};
  };
  for (std::size_t i = 0; i < levels.size(); ++i) {
    bool at_border = false;
    double begins = 0;
    for (; border != cuts.ascending().end() && border->threshold <= levels.score[i]; ++border) {
      at_border = true;
      begins = border->threshold;
    }
    if (at_border && bin.persons >= wanted && left >= wanted) {
      finish();
      bin.from = begins;
    }
    bin.persons += levels.count(i);
    bin.events += levels.cases[i];
    left -= levels.count(i);
    predicted.add(static_cast<double>(levels.count(i)) * levels.score[i]);
  }
  finish();
  return out;
}

}  // namespace naru::evaluate
