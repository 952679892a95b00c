#pragma once
/// Genotypes of some persons of two hospitals, as VCF. A person who visits both has the same genotypes in both files.
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace naru::synth {

struct SampledPerson {
  std::uint64_t rank = 0;  ///< smallest are chosen
  std::int64_t index = 0;
  bool male = false;
  std::string source;  ///< the hospital's own number
};

/// Keeps the `most` persons with the smallest rank, whatever the order of arrival.
class SampleChoice {
 public:
  explicit SampleChoice(std::size_t most) : most_(most) {}
  void offer(SampledPerson person);
  [[nodiscard]] std::vector<SampledPerson> chosen() const;  ///< by rank

 private:
  std::size_t most_;
  std::vector<SampledPerson> heap_;
};

inline constexpr std::size_t samples_per_hospital = 120;
inline constexpr int variant_count = 400;

/// Writes folder/SITE.vcf.gz (BGZF) and appends "site,sample,person_source_value" lines to `samples_csv`.
[[nodiscard]] Done write_vcf(std::uint64_t seed, const std::string& site, int site_number,
                             const std::vector<SampledPerson>& samples, const std::filesystem::path& folder,
                             std::string& samples_csv);

}  // namespace naru::synth
