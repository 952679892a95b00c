#pragma once
/// What is true of the nation: who is who at which site, the stated and realised marginals, planted effects and rows.
#include "synth/history.h"
#include "synth/people.h"
#include "synth/sites.h"
#include "synth/synth.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace naru::synth {

/// persons.csv, pairs.csv and people.csv stream; the rest is written at the end.
class TruthWriter {
 public:
  [[nodiscard]] Done open(const std::filesystem::path& folder);
  /// `sources` is (site name, the site's number of the person), in site order.
  void person(const Person& person, const History& history,
              const std::vector<std::pair<std::string, std::string>>& sources);
  void error(const Identity& identity);
  [[nodiscard]] Done finish(const Truth& truth, const Written& written, std::uint64_t seed, int hospitals);
  [[nodiscard]] std::int64_t persons() const { return persons_; }
  [[nodiscard]] std::int64_t person_sites() const { return person_sites_; }
  [[nodiscard]] std::int64_t pairs() const { return pairs_; }

 private:
  [[nodiscard]] Done write_marginals(int hospitals) const;
  [[nodiscard]] Done write_effects(const Truth& truth, std::uint64_t seed, int hospitals) const;
  [[nodiscard]] Done write_planted(const Written& written) const;

  std::filesystem::path folder_;
  TextFile persons_file_, pairs_file_, people_file_;
  std::int64_t persons_ = 0, person_sites_ = 0, pairs_ = 0, males_ = 0;
  std::vector<std::int64_t> bands_, regions_, by_site_count_;
  std::int64_t targets_ = 0, events_ = 0, insured_ = 0;
  std::int64_t name_errors_ = 0, swapped_births_ = 0, changed_phones_ = 0, moves_ = 0, no_phone_ = 0, no_birth_ = 0;
};

}  // namespace naru::synth
