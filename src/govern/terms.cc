// Purpose against use terms. The rule stands in docs/methods/use-terms.md; every rule that speaks leaves its reason.
#include "govern/application.h"
#include "govern/texts.h"

#include <algorithm>
#include <set>

namespace naru::govern {
namespace {

constexpr std::string_view no_restriction = "DUO:0000004";
constexpr std::string_view general_research = "DUO:0000042";
constexpr std::string_view disease_specific = "DUO:0000007";
constexpr std::string_view no_methods = "DUO:0000015";
constexpr std::string_view not_for_profit_non_commercial = "DUO:0000018";
constexpr std::string_view not_for_profit = "DUO:0000045";
constexpr std::string_view non_commercial = "DUO:0000046";

// Conditions that words and people must settle, not codes.
const std::set<std::string, std::less<>>& for_the_board() {
  static const std::set<std::string, std::less<>> codes = {"DUO:0000022", "DUO:0000026", "DUO:0000027",
                                                           "DUO:0000028", "DUO:0000020", "DUO:0000016"};
  return codes;
}

bool is_permission(std::string_view code) {
  return code == no_restriction || code == general_research || code == "DUO:0000006" || code == disease_specific ||
         code == "DUO:0000011" || code.starts_with("MONDO:");
}

bool has(const std::vector<std::string>& list, std::string_view code) {
  return std::find(list.begin(), list.end(), code) != list.end();
}

/// Collects verdicts: one no is a no, else one doubt is the board's.
class Verdict {
 public:
  void yes(Text why) { reasons.push_back(std::move(why)); }
  void no(Text why) {
    match = Match::no;
    reasons.push_back(std::move(why));
  }
  void board(Text why) {
    if (match == Match::yes) match = Match::board;
    reasons.push_back(std::move(why));
  }
  Match match = Match::yes;
  std::vector<Text> reasons;
};

Text label(const TermTree& terms, const std::string& code) {
  const auto known = terms.labels.find(code);
  if (known == terms.labels.end()) return {code, code};
  return {fmt::format("{} ({})", known->second.en, code), fmt::format("{} ({})", known->second.ko, code)};
}

Text about(std::string_view en, std::string_view ko, const Text& a, const Text& b) {
  return {fmt::format(fmt::runtime(en), a.en, b.en), fmt::format(fmt::runtime(ko), a.ko, b.ko)};
}

void purpose(const Application& application, const catalogue::Dataset& dataset, const TermTree& terms, Verdict& out) {
  const auto asked = label(terms, application.purpose_code);
  std::vector<std::string> permissions;
  for (const auto& code : dataset.duo) {
    if (is_permission(code)) permissions.push_back(code);
  }
  // "Disease-specific" beside a disease says only that the disease follows.
  const bool disease_named = std::any_of(permissions.begin(), permissions.end(),
                                         [](const std::string& code) { return code.starts_with("MONDO:"); });
  if (disease_named) std::erase(permissions, std::string(disease_specific));
  if (permissions.empty()) {
    out.board(say("the dataset names no permitted purpose", "데이터셋에 허용 목적이 적혀 있지 않습니다"));
    return;
  }
  if (!terms.labels.contains(application.purpose_code)) {
    out.board(about("the purpose {} is not in the list of terms{}", "목적 {}이(가) 용어 목록에 없습니다{}", asked, {}));
    return;
  }
  for (const auto& code : permissions) {
    if (code == no_restriction || terms.climbs_to(application.purpose_code, code)) {
      out.yes(about("the purpose {} climbs to the permitted {}", "목적 {}이(가) 허용된 {}에 포함됩니다", asked,
                    label(terms, code)));
      return;
    }
  }
  out.no(about("the purpose {} is not within the permitted {}", "목적 {}이(가) 허용된 {} 범위 밖입니다", asked,
               label(terms, permissions.front())));
}

Text use_name(std::string_view use) {
  if (use == "validate") return say("validation", "검증");
  if (use == "train") return say("training", "학습");
  if (use == "fine-tune") return say("fine-tuning", "미세 조정");
  if (use == "export-weights") return say("export of weights", "가중치 반출");
  return {std::string(use), std::string(use)};
}

void artificial_intelligence(const Application& application, const catalogue::Dataset& dataset, Verdict& out) {
  const auto& use = application.ai_use;
  if (use.empty()) return;
  const auto name = use_name(use);
  const bool develops = use != "validate";
  if (has(dataset.ai_terms, use)) {
    out.yes({"the AI-use terms permit " + name.en, "AI 이용 조건이 허용하는 이용입니다: " + name.ko});
  } else if (dataset.ai_terms.empty() && !develops) {
    out.board(say("the dataset says nothing about AI; validation is the board's to judge",
                  "데이터셋에 AI 이용 조건이 없습니다. 검증은 위원회가 판단합니다"));
  } else {
    out.no({"the AI-use terms do not permit " + name.en, "AI 이용 조건이 허용하지 않는 이용입니다: " + name.ko});
  }
  if (develops && has(dataset.duo, no_methods)) {
    out.no({"DUO:0000015 bars developing methods, which includes " + name.en,
            "DUO:0000015는 방법 개발을 금지하며 다음도 해당합니다: " + name.ko});
  }
}

}  // namespace

bool TermTree::climbs_to(std::string_view code, std::string_view ancestor) const {
  std::vector<std::string> waiting{std::string(code)};
  std::set<std::string> seen;
  while (!waiting.empty()) {
    const auto at = waiting.back();
    waiting.pop_back();
    if (at == ancestor) return true;
    if (!seen.insert(at).second) continue;
    const auto up = parents.find(at);
    if (up != parents.end()) waiting.insert(waiting.end(), up->second.begin(), up->second.end());
  }
  return false;
}

Result<TermTree> parse_terms(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"terms", "parents"}));
  TermTree out;
  NARU_ASSIGN(const auto terms, r.object("terms"));
  for (const auto& [code, label] : terms.raw().items()) {
    NARU_ASSIGN(out.labels[code], text_in(terms, code));
  }
  NARU_ASSIGN(const auto parents, r.object("parents"));
  for (const auto& [code, list] : parents.raw().items()) {
    NARU_ASSIGN(out.parents[code], parents.texts(code));
    for (const auto& parent : out.parents[code]) {
      if (!out.labels.contains(parent) || !out.labels.contains(code)) {
        return rejected(
            say("{} or its parent {} is not among the terms", "{} 또는 상위 {}이(가) 용어에 없습니다", code, parent),
            parents.where() + "." + code);
      }
    }
  }
  return out;
}

TermMatch match_terms(const Application& application, const catalogue::Dataset& dataset, const TermTree& terms,
                      std::int32_t today) {
  Verdict verdict;
  purpose(application, dataset, terms, verdict);
  artificial_intelligence(application, dataset, verdict);
  if (application.commercial) {
    for (const auto code : {not_for_profit_non_commercial, non_commercial}) {
      if (has(dataset.duo, code)) {
        verdict.no(say("{} bars commercial use", "{}은(는) 상업 이용을 금지합니다", code));
      }
    }
    if (has(dataset.duo, not_for_profit)) {
      verdict.no(
          say("{} admits not-for-profit organisations only", "{}은(는) 비영리 기관만 허용합니다", not_for_profit));
    }
  }
  for (const auto& code : dataset.duo) {
    if (!for_the_board().contains(code)) continue;
    verdict.board(about("the condition {} is the board's to judge{}", "조건 {}은(는) 위원회가 판단합니다{}",
                        label(terms, code), {}));
  }
  if (dataset.embargo_until && today < *dataset.embargo_until) {
    verdict.board(say("under embargo until {}: usable from that day", "{}까지 엠바고: 그날부터 이용할 수 있습니다",
                      format_date(*dataset.embargo_until)));
  }
  return {dataset.id, verdict.match, std::move(verdict.reasons)};
}

}  // namespace naru::govern
