#include "govern/review.h"

#include "base/json.h"
#include "protect/review_tier.h"

#include <algorithm>
#include <array>
#include <set>

namespace naru::govern {
namespace {

// Tables that hold more than codes and numbers.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kinds = {{{"note", "free-text"},
                                                                                 {"note_nlp", "free-text"},
                                                                                 {"image_occurrence", "image"},
                                                                                 {"image_feature", "image"},
                                                                                 {"waveform_occurrence", "signal"},
                                                                                 {"lifelog", "signal"},
                                                                                 {"genome", "genome"},
                                                                                 {"genotype", "genome"},
                                                                                 {"variant_occurrence", "genome"}}};

void add_kind(std::string_view table, std::set<std::string>& out) {
  const auto found = std::ranges::find(kinds, table, &std::pair<std::string_view, std::string_view>::first);
  out.insert(found == kinds.end() ? "structured" : std::string(found->second));
}

}  // namespace

Result<ReviewNeed> review_need(const Application& application, const std::vector<catalogue::Dataset>& datasets,
                               const protect::Policy& policy, const Circumstances& circumstances) {
  std::set<std::string> found;
  for (const auto& table : application.tables) add_kind(table, found);
  // Where no table is named, every table of the datasets is asked for.
  for (const auto& dataset : datasets) {
    for (const auto& table : dataset.tables) {
      if (application.tables.empty()) add_kind(table.name, found);
    }
  }
  const bool own = application.holders.size() == 1 && application.holders.front() == application.organisation;
  protect::ReviewFacts facts{.data_kinds = {found.begin(), found.end()},
                             .recipient = own ? "internal" : "third-party",
                             .environment = application.ai_use == "export-weights" ? "uncontrolled" : "controlled",
                             .circumstances = circumstances.found};
  NARU_ASSIGN(auto demand, protect::review_demand(policy, facts));
  demand.reasons.insert(demand.reasons.end(), circumstances.reasons.begin(), circumstances.reasons.end());
  return ReviewNeed{.policy = policy.id,
                    .policy_hash = policy.hash,
                    .tier = demand.tier.id,
                    .reviewers_min = demand.tier.reviewers_min,
                    .external_min = demand.tier.external_min,
                    .in_person = demand.tier.in_person,
                    .reasons = std::move(demand.reasons)};
}

std::string review_json(const ReviewNeed& need) {
  Json reasons = Json::array();
  for (const auto& reason : need.reasons) reasons.push_back({{"en", reason.en}, {"ko", reason.ko}});
  return canonical({{"policy", need.policy},
                    {"policy_hash", need.policy_hash},
                    {"tier", need.tier},
                    {"reviewers_min", need.reviewers_min},
                    {"external_min", need.external_min},
                    {"in_person", need.in_person},
                    {"reasons", reasons}});
}

Result<ReviewNeed> parse_review(std::string_view json, std::string_view where) {
  NARU_ASSIGN(const auto document, parse_json(json, where));
  NARU_ASSIGN(const auto reader, Reader::of(document, std::string(where)));
  NARU_CHECK(reader.only({"policy", "policy_hash", "tier", "reviewers_min", "external_min", "in_person", "reasons"}));
  ReviewNeed out;
  NARU_ASSIGN(out.policy, reader.text("policy"));
  NARU_ASSIGN(out.policy_hash, reader.text("policy_hash"));
  NARU_ASSIGN(out.tier, reader.text("tier"));
  NARU_ASSIGN(out.reviewers_min, reader.integer("reviewers_min"));
  NARU_ASSIGN(out.external_min, reader.integer("external_min"));
  NARU_ASSIGN(out.in_person, reader.boolean("in_person"));
  NARU_ASSIGN(const auto reasons, reader.array("reasons"));
  for (const auto& [value, place] : reasons) {
    NARU_ASSIGN(const auto one, Reader::of(*value, place));
    Text reason;
    NARU_ASSIGN(reason.en, one.text("en"));
    NARU_ASSIGN(reason.ko, one.text("ko"));
    out.reasons.push_back(std::move(reason));
  }
  return out;
}

}  // namespace naru::govern
