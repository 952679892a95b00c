#pragma once
/// Yes-or-no questions about alleles, as GA4GH Beacon v2.1 asks them, over the counts a holder let be told of.
/// Meaning of the parameters and what is not answered: docs/methods/beacon.md. Positions of a question are 0-based and
/// half-open; an allele's own is 1-based as in VCF.
#include "base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace naru::genome {

struct BeaconAllele {
  std::string chrom;  ///< without "chr"; MT for the mitochondrion
  std::int64_t pos = 1;
  std::string ref;
  std::string alt;
  auto operator<=>(const BeaconAllele&) const = default;
};

/// What one holder shows. `alleles` is sorted.
struct BeaconSet {
  std::string id;
  std::string assembly;
  std::vector<BeaconAllele> alleles = {};
  std::int64_t ref_bases_max = 1;  ///< longest reference allele: how far back an overlap may begin
};

/// Alleles of a table of released counts (counts_tsv) with at least `least` copies; suppressed ones are not among them.
/// Errors (rejected): not such a table; usage: `least` below 1.
[[nodiscard]] Result<BeaconSet> beacon_set(std::string id, std::string assembly, std::string_view tsv,
                                           std::int64_t least);

/// Parameters by their Beacon names; start and end hold one number, or two separated by a comma (a bracket).
using BeaconParameters = std::map<std::string, std::string, std::less<>>;

struct BeaconQuestion {
  std::string chrom = {};  ///< empty: anywhere
  std::string assembly = {};
  std::vector<std::int64_t> start = {};
  std::vector<std::int64_t> end = {};
  std::string reference_bases = {};
  std::string alternate_bases = {};
  std::string variant_type = {};  ///< SNP, INS, DEL, MNP or INDEL
};
/// Errors (usage) name the parameter: not understood, not supported (geneId, filters, …), or positions without a
/// chromosome. Nothing that was asked is left out of the question in silence.
[[nodiscard]] Result<BeaconQuestion> beacon_question(const BeaconParameters& parameters);

/// Whether an allele of the set fits. A question that names another assembly has no answer but no.
[[nodiscard]] bool beacon_exists(const BeaconSet& set, const BeaconQuestion& question);

}  // namespace naru::genome
