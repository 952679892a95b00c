// Search over descriptions in Korean and English: as spelt, as spaced otherwise, or a letter or two wrong.
#include "base/json.h"
#include "catalogue/catalogue.h"

#include <algorithm>
#include <set>

namespace naru::catalogue {
namespace {

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

/// Korean syllables as their letters, so that one wrong letter is one edit: U+AC00 + (initial·21 + vowel)·28 + final.
std::u32string letters_of(const std::u32string& text) {
  std::u32string out;
  for (const auto point : text) {
    if (point < 0xAC00 || point > 0xD7A3) {
      out.push_back(point);
      continue;
    }
    const auto at = point - 0xAC00;
    out.push_back(0x1100 + at / 588);
    out.push_back(0x1161 + at % 588 / 28);
    if (at % 28 != 0) out.push_back(0x11A7 + at % 28);
  }
  return out;
}

/// A dataset's text in the forms it is compared in.
struct Haystack {
  std::u32string text;     ///< folded, one field per line
  std::u32string joined;   ///< the same without spaces: Korean words are spaced as their writer likes
  std::u32string letters;  ///< of the text
};

Haystack haystack_of(std::string_view text) {
  Haystack out{folded(text), {}, {}};
  for (const auto point : out.text) {
    if (point == U'\n' || !is_space(point)) out.joined.push_back(point);
  }
  out.letters = letters_of(out.text);
  return out;
}

bool is_boundary(char32_t point) {
  const bool latin = (point >= U'a' && point <= U'z') || (point >= U'0' && point <= U'9');
  return !latin && point < 0x1100;
}

/// Fewest edits that turn the word into something that begins where a word of the text begins (Sellers: the distance to
/// the best place in a text, by columns).
std::size_t fewest_edits(const std::u32string& word, const std::u32string& text) {
  std::vector<std::size_t> column(word.size() + 1);
  for (std::size_t i = 0; i <= word.size(); ++i) column[i] = i;
  auto best = word.size();
  for (const auto point : text) {
    auto before = column[0];
    // Beginning inside a word costs as much as leaving the whole word out.
    column[0] = is_boundary(point) ? 0 : word.size();
    for (std::size_t i = 1; i <= word.size(); ++i) {
      const auto step = before + (word[i - 1] == point ? 0U : 1U);
      before = column[i];
      column[i] = std::min({step, before + 1, column[i - 1] + 1});
    }
    best = std::min(best, column[word.size()]);
  }
  return best;
}

/// A longer Korean word around one that stands in the text: share of its pairs of syllables that do.
double shared_pairs(const std::u32string& word, const std::u32string& text) {
  constexpr std::size_t syllables_least = 3;
  constexpr double share_least = 0.6;
  const bool korean = std::all_of(word.begin(), word.end(), [](char32_t p) { return p >= 0xAC00 && p <= 0xD7A3; });
  if (!korean || word.size() < syllables_least) return 0;
  std::size_t met = 0;
  for (std::size_t i = 0; i + 1 < word.size(); ++i)
    met += text.find(word.substr(i, 2)) != std::u32string::npos ? 1U : 0U;
  const auto share = static_cast<double>(met) / static_cast<double>(word.size() - 1);
  return share >= share_least ? share : 0;
}

double word_score(const std::u32string& word, const Haystack& hay) {
  constexpr double respaced = 0.95;
  // Below one, so that a word spelt as given always stands before one that only resembles it.
  constexpr double resembling = 0.9;
  constexpr std::size_t short_word = 4;
  constexpr std::size_t long_word = 8;
  if (hay.text.find(word) != std::u32string::npos) return 1;
  if (word.size() > 2 && hay.joined.find(word) != std::u32string::npos) return respaced;
  const auto letters = letters_of(word);
  if (letters.size() < short_word) return 0;
  const std::size_t allowed = letters.size() < long_word ? 1 : 2;
  const auto edits = fewest_edits(letters, hay.letters);
  if (edits > allowed) return resembling * shared_pairs(word, hay.text);
  return resembling * (1 - static_cast<double>(edits) / static_cast<double>(letters.size()));
}

/// Names of the frequent concepts: what a holder's data is about.
std::string concepts_of(const Dataset& d) {
  std::string out;
  const auto described = Json::parse(d.characterisation_json, nullptr, false);
  if (!described.is_object()) return out;
  const auto concepts = described.value("concepts", Json::object());
  for (const auto& [table, list] : concepts.items()) {
    for (const auto& one : list) {
      if (one.is_object() && one.contains("name") && one["name"].is_string())
        out += one["name"].get<std::string>() + '\n';
    }
  }
  return out;
}

Haystack haystack(const Dataset& d, Sight sight) {
  std::string text = d.id + '\n' + d.title.en + '\n' + d.title.ko + '\n' + d.description.en + '\n' + d.description.ko +
                     '\n' + d.holder + '\n';
  for (const auto& keyword : d.keywords) text += keyword + '\n';
  if (sight == Sight::full) {
    for (const auto& system : d.code_systems) text += system + '\n';
    text += concepts_of(d);
    for (const auto& table : d.tables) {
      text += table.name + '\n';
      for (const auto& column : table.columns) {
        text += column.name + '\n' + column.meaning.en + '\n' + column.meaning.ko + '\n' + column.code_system + '\n';
      }
    }
  }
  return haystack_of(text);
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
          haystack_of(column.name + '\n' + column.meaning.en + '\n' + column.meaning.ko + '\n' + column.code_system);
      const bool met =
          std::any_of(words.begin(), words.end(), [&](const auto& word) { return word_score(word, hay) > 0; });
      if (met) out.push_back(table.name + "." + column.name);
    }
  }
  return out;
}

}  // namespace

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

}  // namespace naru::catalogue
