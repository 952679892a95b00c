#pragma once
/// A compact genotype store: one folder, immutable part files, a manifest with their hashes. An import adds one part
/// per VCF file; nothing stored before is rewritten. Format and counting rules: docs/methods/allele-counts.md.
#include "base/progress.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace naru::genome {

struct ImportOptions {
  std::filesystem::path store;                     ///< created when missing
  std::string holder;                              ///< plain name
  std::vector<std::filesystem::path> files;        ///< .vcf, .vcf.gz, .bcf
  std::optional<std::filesystem::path> reference;  ///< FASTA; with it alleles are trimmed and left-aligned
};

struct ImportSummary {
  std::int64_t files = 0;
  std::int64_t already_stored = 0;  ///< files whose digest is in the store: nothing changed
  std::int64_t samples = 0;
  std::int64_t records_read = 0;
  std::int64_t variants_stored = 0;      ///< one per ALT after splitting
  std::int64_t reference_blocks = 0;     ///< gVCF records without an observed ALT, not stored
  std::int64_t without_alternative = 0;  ///< ALT is '.', not stored
  std::int64_t symbolic = 0;             ///< <DEL>, breakends: stored under their name, never left-aligned
  std::int64_t refused = 0;              ///< malformed records, with the reasons below
  std::vector<std::pair<std::string, std::int64_t>> reasons = {};
  std::string manifest_sha256 = {};
  std::int64_t stored_bytes = 0;
};

/// Imports whole files or nothing. Errors: rejected (not a VCF, truncated, duplicate sample names), conflict (locked).
[[nodiscard]] Result<ImportSummary> import_vcf(const ImportOptions& options, Progress& progress);

struct Region {
  std::string chrom;
  std::int64_t from = 1;  ///< 1-based, inclusive
  std::int64_t to = INT64_MAX;
};
/// "chr20:1000-2000", "chr20"; commas in numbers are allowed. "20" and "chr20" are different names.
[[nodiscard]] Result<Region> parse_region(std::string_view text);

struct CountQuery {
  std::optional<std::set<std::string>> samples = std::nullopt;  ///< sample names; absent: all
  std::set<std::string> holders = {};                           ///< empty: all in the store
  std::optional<Region> region = std::nullopt;
  std::set<std::string> excluded = {};  ///< sample names left out of those chosen: withdrawn
  bool region_known = false;            ///< a region whose chromosome no chosen part names is an error (not_found)
};

/// Counts of one ALT over the chosen samples. `an` is the site's: called alleles at (chrom, pos, ref) of every sample
/// whose file has that site. Samples of files without the site are not called, and not counted as reference.
struct VariantCount {
  std::string chrom;
  std::int64_t pos = 0;
  std::string ref;
  std::string alt;
  std::int64_t ac = 0;
  std::int64_t an = 0;
  std::int64_t ac_het = 0;        ///< alleles in genotypes of two or more called alleles that hold others too
  std::int64_t ac_hom = 0;        ///< alleles in genotypes of two or more called alleles that hold only this one
  std::int64_t ac_hemi = 0;       ///< alleles in genotypes of one called allele: haploid, or half called (./1)
  bool suppressed = false;        ///< by the output rules: ac and its parts are not to be shown
  bool parts_suppressed = false;  ///< ac is shown, ac_het, ac_hom and ac_hemi are not
  bool operator==(const VariantCount&) const = default;
};

/// Ordered by contig (as first met, over holders in name order), position, ref, alt. Error not_found: no store, or a
/// sample name that no part of the store knows (their number is told, not the names).
[[nodiscard]] Result<std::vector<VariantCount>> count(const std::filesystem::path& store, const CountQuery& query);

/// Checks every part against the manifest; the first difference is an error (rejected) naming the file.
[[nodiscard]] Done verify_store(const std::filesystem::path& store);

struct GenomeRules {
  std::int64_t min_allele_count = 0;  ///< REQUIRES: >= 1; from a policy, never a default
  std::int64_t min_samples = 0;       ///< cohorts below this many samples release nothing
};
/// AC from 1 to min-1 is suppressed with all columns derived from it; where AC may be shown but one of its parts lies
/// from 1 to min-1, the three parts are suppressed. AN stays. Error refused when 0 < samples < min_samples;
/// usage when a rule is missing (min_allele_count < 1).
[[nodiscard]] Result<std::vector<VariantCount>> apply_output_rules(std::vector<VariantCount> counts,
                                                                   std::int64_t samples, const GenomeRules& rules);

/// Tab separated, header chrom pos ref alt ac an ac_het ac_hom ac_hemi; suppressed cells are empty.
[[nodiscard]] std::string counts_tsv(const std::vector<VariantCount>& counts);
[[nodiscard]] Done write_counts_tsv(const std::vector<VariantCount>& counts, const std::filesystem::path& file);

/// Number of distinct samples in the store (of those named, when a filter is given).
[[nodiscard]] Result<std::int64_t> sample_count(const std::filesystem::path& store, const CountQuery& query);

}  // namespace naru::genome
