#include "protect/policy_parts.h"

namespace naru::protect::detail {

Done read_people_rules(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto shift, root.object("date_shift"));
  NARU_CHECK(shift.only({"min_days", "max_days", "clause"}));
  NARU_ASSIGN(policy.date_shift.min_days, bounded(shift, "min_days", 1, 365));
  NARU_ASSIGN(policy.date_shift.max_days, bounded(shift, "max_days", policy.date_shift.min_days, 365));
  NARU_ASSIGN(policy.date_shift.clause, clause_of(shift, "date_shift", policy));
  NARU_ASSIGN(const auto ages, root.object("ages"));
  NARU_CHECK(ages.only({"age_max", "year_of_birth_min", "clause"}));
  NARU_ASSIGN(policy.ages.age_max, bounded(ages, "age_max", 50, 150));
  NARU_ASSIGN(policy.ages.year_of_birth_min, bounded(ages, "year_of_birth_min", 1850, 2100));
  NARU_ASSIGN(policy.ages.clause, clause_of(ages, "ages", policy));
  return {};
}

Done read_outputs(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto outputs, root.object("outputs"));
  NARU_CHECK(outputs.only({"min_cell", "round_to", "complementary", "repeat_threshold", "digits", "clause"}));
  NARU_ASSIGN(policy.outputs.min_cell, bounded(outputs, "min_cell", 2, 1'000'000));
  NARU_ASSIGN(policy.outputs.round_to, bounded(outputs, "round_to", 1, 1'000'000));
  NARU_ASSIGN(policy.outputs.complementary, outputs.boolean("complementary"));
  NARU_ASSIGN(policy.outputs.repeat_threshold, bounded(outputs, "repeat_threshold", 1, 1'000'000));
  NARU_ASSIGN(policy.outputs.digits, bounded(outputs, "digits", 1, 12));
  NARU_ASSIGN(policy.outputs.clause, clause_of(outputs, "outputs", policy));
  NARU_ASSIGN(const auto genome, root.object("genome"));
  NARU_CHECK(genome.only({"min_allele_count", "min_cohort", "clause"}));
  NARU_ASSIGN(policy.genome.min_allele_count, bounded(genome, "min_allele_count", 1, 1'000'000));
  NARU_ASSIGN(policy.genome.min_cohort, bounded(genome, "min_cohort", 1, 1'000'000));
  NARU_ASSIGN(policy.genome.clause, clause_of(genome, "genome", policy));
  return {};
}

Done read_disclosure(const Reader& root, Policy& policy) {
  if (!root.has("disclosure")) return {};
  NARU_ASSIGN(const auto reader, root.object("disclosure"));
  // The section's own reader knows the clause as one line.
  Json section = reader.raw();
  NARU_ASSIGN(section["clause"], clause_of(reader, "disclosure", policy));
  NARU_ASSIGN(policy.disclosure, read_output_control(section, reader.where()));
  NARU_CHECK(check_promise(
      {policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary, policy.disclosure->zeros},
      *policy.disclosure, reader.where()));
  return {};
}

Done read_process_rules(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto linkage, root.object("linkage"));
  NARU_CHECK(linkage.only({"rows_per_token_max", "merge_within_holder", "clause"}));
  NARU_ASSIGN(policy.linkage.rows_per_token_max, bounded(linkage, "rows_per_token_max", 2, 1'000'000));
  NARU_ASSIGN(policy.linkage.merge_within_holder, linkage.boolean("merge_within_holder"));
  NARU_ASSIGN(policy.linkage.clause, clause_of(linkage, "linkage", policy));
  NARU_ASSIGN(const auto review, root.object("export_review"));
  NARU_CHECK(review.only({"reviewers_min", "clause"}));
  NARU_ASSIGN(policy.review.reviewers_min, bounded(review, "reviewers_min", 1, 100));
  NARU_ASSIGN(policy.review.clause, clause_of(review, "export_review", policy));
  NARU_ASSIGN(const auto impact, root.object("impact_assessment"));
  NARU_CHECK(impact.only({"sensitive_persons", "linked_persons", "persons", "clause"}));
  constexpr std::int64_t everybody = 10'000'000'000;
  NARU_ASSIGN(policy.impact.sensitive_persons, bounded(impact, "sensitive_persons", 1, everybody));
  NARU_ASSIGN(policy.impact.linked_persons, bounded(impact, "linked_persons", 1, everybody));
  NARU_ASSIGN(policy.impact.persons, bounded(impact, "persons", 1, everybody));
  NARU_ASSIGN(policy.impact.clause, clause_of(impact, "impact_assessment", policy));
  return {};
}

}  // namespace naru::protect::detail
