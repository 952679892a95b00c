#include "catalogue/catalogue.h"

#include "base/digest.h"
#include "base/json.h"

#include <algorithm>
#include <array>
#include <set>

namespace naru::catalogue {
namespace {

constexpr std::array<std::pair<DatasetKind, std::string_view>, 5> kinds = {{{DatasetKind::site, "site"},
                                                                            {DatasetKind::release, "release"},
                                                                            {DatasetKind::deposit, "deposit"},
                                                                            {DatasetKind::genome, "genome"},
                                                                            {DatasetKind::solution, "solution"}}};
constexpr std::array<std::pair<Tier, std::string_view>, 3> tiers = {
    {{Tier::open, "open"}, {Tier::registered, "registered"}, {Tier::controlled, "controlled"}}};

constexpr std::string_view collection = "dataset";

Done check(const Dataset& d) {
  NARU_ASSIGN(const auto again, parse_dataset(dataset_json(d), "dataset " + d.id));
  if (again.title.empty()) return rejected(say("a title is needed", "제목이 필요합니다"), "dataset.title");
  const std::set<std::string> known = {"train", "fine-tune", "validate", "export-weights"};
  for (const auto& term : d.ai_terms) {
    if (!known.contains(term)) {
      return rejected(say("no AI-use term is called \"{}\"", "\"{}\"라는 AI 이용 조건은 없습니다", term),
                      "dataset.ai_terms",
                      say("train, fine-tune, validate, export-weights", "train, fine-tune, validate, export-weights"));
    }
  }
  return {};
}

}  // namespace

std::string_view name_of(DatasetKind kind) {
  for (const auto& [known, name] : kinds) {
    if (known == kind) return name;
  }
  return "site";
}

std::string_view name_of(Tier tier) {
  for (const auto& [known, name] : tiers) {
    if (known == tier) return name;
  }
  return "controlled";
}

std::optional<DatasetKind> dataset_kind_named(std::string_view name) {
  for (const auto& [kind, known] : kinds) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

std::optional<Tier> tier_named(std::string_view name) {
  for (const auto& [tier, known] : tiers) {
    if (known == name) return tier;
  }
  return std::nullopt;
}

Sight visible_to(const Dataset& dataset, const Viewer& viewer) {
  if (dataset.tier == Tier::open) return Sight::full;
  if (dataset.tier == Tier::registered) return viewer.signed_in ? Sight::full : Sight::summary;
  if (!viewer.signed_in) return Sight::hidden;
  static constexpr std::array<std::string_view, 8> trusted = {"vetted", "steward", "secretariat", "member",
                                                              "chair",  "irb",     "officer",     "auditor"};
  const bool full = std::any_of(viewer.roles.begin(), viewer.roles.end(), [](const std::string& role) {
    return std::find(trusted.begin(), trusted.end(), role) != trusted.end();
  });
  return full ? Sight::full : Sight::summary;
}

Catalogue::Catalogue(engine::Records& records, const Clock& clock, Journal& journal)
    : records_(records), clock_(clock), journal_(journal) {}

Done Catalogue::put(Dataset dataset, std::string_view actor) {
  dataset.updated_ms = clock_.now_ms();
  NARU_CHECK(check(dataset));
  const auto text = dataset_json(dataset);
  const Json fields{{"dataset", dataset.id}, {"holder", dataset.holder}, {"digest", hex(sha256(text))}};
  NARU_CHECK(journal_.note("catalogue.put", canonical(fields), actor));
  return records_.put(collection, dataset.id, text);
}

Result<Dataset> Catalogue::get(std::string_view id, const Viewer& viewer) {
  NARU_ASSIGN(const auto document, records_.get(collection, id));
  if (document) {
    NARU_ASSIGN(auto dataset, parse_dataset(*document, fmt::format("dataset {}", id)));
    if (visible_to(dataset, viewer) != Sight::hidden) return dataset;
  }
  return not_found(say("there is no dataset {}", "데이터셋이 없습니다: {}", id), fmt::format("dataset {}", id),
                   say("search the catalogue: naru catalogue search", "목록을 검색하세요: naru catalogue search"));
}

Result<std::vector<Dataset>> Catalogue::all() {
  NARU_ASSIGN(const auto documents, records_.list(collection));
  std::vector<Dataset> out;
  out.reserve(documents.size());
  for (const auto& [id, document] : documents) {
    NARU_ASSIGN(auto dataset, parse_dataset(document, "dataset " + id));
    out.push_back(std::move(dataset));
  }
  return out;
}

Result<SearchAnswer> Catalogue::find(const SearchQuery& query, const Viewer& viewer) {
  NARU_ASSIGN(const auto datasets, all());
  return search(datasets, query, viewer);
}

Done usable_on(const Dataset& dataset, std::int32_t today) {
  if (!dataset.embargo_until || today >= *dataset.embargo_until) return {};
  const auto day = format_date(*dataset.embargo_until);
  return refused(say("{} is under embargo until {}", "{}은(는) {}까지 엠바고 상태입니다", dataset.id, day),
                 fmt::format("dataset {}, embargo_until", dataset.id),
                 say("use it from {} on; only its holder {} can end the embargo earlier",
                     "{}부터 이용할 수 있습니다. 보유기관 {}만 엠바고를 앞당길 수 있습니다", day, dataset.holder));
}

}  // namespace naru::catalogue
