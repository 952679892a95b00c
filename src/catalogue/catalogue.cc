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

/// Code points of UTF-8 text, Latin letters small: enough for Korean and English.
std::u32string folded(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? byte : byte & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
      point = (point << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    }
    i += length;
    if (point >= U'A' && point <= U'Z') point += U'a' - U'A';
    out.push_back(point);
  }
  return out;
}

bool is_space(char32_t point) {
  return point == U' ' || point == U'\t' || point == U'\n' || point == U'\r' || point == U',' || point == 0x3000;
}

std::vector<std::u32string> words_of(const std::u32string& text) {
  std::vector<std::u32string> out;
  std::u32string word;
  for (const auto point : text) {
    if (!is_space(point)) {
      word.push_back(point);
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

// A Korean syllable carries what three letters do, so two make a gram.
std::size_t gram_length(const std::u32string& word) {
  const bool korean = std::any_of(word.begin(), word.end(), [](char32_t p) { return p >= 0xAC00 && p <= 0xD7A3; });
  return korean ? 2 : 3;
}

double word_score(const std::u32string& word, const std::u32string& hay) {
  if (hay.find(word) != std::u32string::npos) return 1;
  const auto gram = gram_length(word);
  if (word.size() <= gram) return 0;
  std::size_t met = 0;
  const auto grams = word.size() - gram + 1;
  for (std::size_t i = 0; i < grams; ++i) met += hay.find(word.substr(i, gram)) != std::u32string::npos ? 1U : 0U;
  const auto share = static_cast<double>(met) / static_cast<double>(grams);
  constexpr double share_min = 0.5;
  // Below one, so that a word spelt as given always stands before one that only resembles it.
  constexpr double resembling = 0.9;
  return share >= share_min ? share * resembling : 0;
}

std::u32string haystack(const Dataset& d, Sight sight) {
  std::string text = d.id + '\n' + d.title.en + '\n' + d.title.ko + '\n' + d.description.en + '\n' + d.description.ko +
                     '\n' + d.holder + '\n';
  for (const auto& keyword : d.keywords) text += keyword + '\n';
  if (sight == Sight::full) {
    for (const auto& system : d.code_systems) text += system + '\n';
    for (const auto& table : d.tables) {
      text += table.name + '\n';
      for (const auto& column : table.columns) {
        text += column.name + '\n' + column.meaning.en + '\n' + column.meaning.ko + '\n' + column.code_system + '\n';
      }
    }
  }
  return folded(text);
}

std::set<std::string> code_systems_of(const Dataset& d, Sight sight) {
  if (sight != Sight::full) return {};
  std::set<std::string> out(d.code_systems.begin(), d.code_systems.end());
  for (const auto& table : d.tables) {
    for (const auto& column : table.columns) {
      if (!column.code_system.empty()) out.insert(column.code_system);
    }
  }
  return out;
}

void count_facets(const Dataset& d, Sight sight, SearchAnswer& out) {
  ++out.facets["kind"][std::string(name_of(d.kind))];
  ++out.facets["tier"][std::string(name_of(d.tier))];
  ++out.facets["holder"][d.holder];
  ++out.facets["legal_basis"][d.legal_basis];
  for (const auto& term : d.ai_terms) ++out.facets["ai_term"][term];
  for (const auto& system : code_systems_of(d, sight)) ++out.facets["code_system"][system];
}

bool narrowed(const Dataset& d, Sight sight, const SearchQuery& query) {
  if (query.kind && *query.kind != d.kind) return false;
  if (query.tier && *query.tier != d.tier) return false;
  if (!query.holder.empty() && query.holder != d.holder) return false;
  if (!query.ai_term.empty() && std::find(d.ai_terms.begin(), d.ai_terms.end(), query.ai_term) == d.ai_terms.end()) {
    return false;
  }
  return query.code_system.empty() || code_systems_of(d, sight).contains(query.code_system);
}

std::vector<std::string> matching_variables(const Dataset& d, Sight sight, const std::vector<std::u32string>& words) {
  constexpr std::size_t variables_max = 8;
  std::vector<std::string> out;
  if (sight != Sight::full || words.empty()) return out;
  for (const auto& table : d.tables) {
    for (const auto& column : table.columns) {
      if (out.size() == variables_max) return out;
      const auto hay =
          folded(column.name + '\n' + column.meaning.en + '\n' + column.meaning.ko + '\n' + column.code_system);
      const bool met =
          std::any_of(words.begin(), words.end(), [&](const auto& word) { return word_score(word, hay) > 0; });
      if (met) out.push_back(table.name + "." + column.name);
    }
  }
  return out;
}

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

SearchAnswer search(const std::vector<Dataset>& datasets, const SearchQuery& query, const Viewer& viewer) {
  SearchAnswer out;
  const auto words = words_of(folded(query.words));
  constexpr double score_min = 0.34;
  for (const auto& dataset : datasets) {
    const auto sight = visible_to(dataset, viewer);
    if (sight == Sight::hidden) continue;
    double score = words.empty() ? 1 : 0;
    const auto hay = haystack(dataset, sight);
    for (const auto& word : words) score += word_score(word, hay) / static_cast<double>(words.size());
    if (score < score_min) continue;
    // Facets count over the words alone, so that a chosen facet still shows what the others would give.
    count_facets(dataset, sight, out);
    if (!narrowed(dataset, sight, query)) continue;
    out.hits.push_back({dataset, std::min(score, 1.0), sight, matching_variables(dataset, sight, words)});
  }
  std::sort(out.hits.begin(), out.hits.end(), [](const SearchHit& a, const SearchHit& b) {
    return a.score != b.score ? a.score > b.score : a.dataset.id < b.dataset.id;
  });
  return out;
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
  return not_found(say("there is no dataset {}", "데이터셋 {}이(가) 없습니다", id), fmt::format("dataset {}", id),
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
