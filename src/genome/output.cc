#include "base/files.h"
#include "genome/store.h"

namespace naru::genome {

Result<std::vector<VariantCount>> apply_output_rules(std::vector<VariantCount> counts, std::int64_t samples,
                                                     const GenomeRules& rules) {
  if (rules.min_allele_count < 1) {
    return usage_error(say("the policy names no smallest allele count", "정책에 최소 대립유전자 수가 없습니다"),
                       "genome.min_allele_count");
  }
  if (samples < rules.min_samples) {
    return refused(
        say("the cohort holds fewer than {} samples", "코호트의 검체가 {}개보다 적습니다", rules.min_samples),
        "genome.min_samples", say("ask about a larger cohort", "더 큰 코호트로 질의하십시오"));
  }
  const auto small = [&](std::int64_t value) { return value > 0 && value < rules.min_allele_count; };
  for (VariantCount& count : counts) {
    count.suppressed = small(count.ac);
    // One small part could be found by subtracting the others from AC: all three go.
    count.parts_suppressed = count.suppressed || small(count.ac_het) || small(count.ac_hom) || small(count.ac_hemi);
    if (count.suppressed) count.ac = 0;
    if (count.parts_suppressed) count.ac_het = count.ac_hom = count.ac_hemi = 0;
  }
  return counts;
}

std::string counts_tsv(const std::vector<VariantCount>& counts) {
  std::string text = "chrom\tpos\tref\talt\tac\tan\tac_het\tac_hom\tac_hemi\n";
  for (const VariantCount& count : counts) {
    const auto cell = [](std::int64_t value, bool hidden) { return hidden ? std::string() : std::to_string(value); };
    const bool parts = count.suppressed || count.parts_suppressed;
    text += count.chrom + '\t' + std::to_string(count.pos) + '\t' + count.ref + '\t' + count.alt + '\t' +
            cell(count.ac, count.suppressed) + '\t' + std::to_string(count.an) + '\t' + cell(count.ac_het, parts) +
            '\t' + cell(count.ac_hom, parts) + '\t' + cell(count.ac_hemi, parts) + '\n';
  }
  return text;
}

Done write_counts_tsv(const std::vector<VariantCount>& counts, const std::filesystem::path& file) {
  return write_file_atomic(file, counts_tsv(counts));
}

}  // namespace naru::genome
