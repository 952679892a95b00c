#pragma once
/// What exists: descriptions of datasets, and who sees how much of each. Figures in a description are released figures:
/// whoever writes one has already put it through the output rules.
#include "base/clock.h"
#include "base/result.h"
#include "base/strong_id.h"
#include "catalogue/journal.h"
#include "engine/records.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::catalogue {

/// site: a holder's own data; release: a sealed release; deposit: data of an R&D programme; genome; solution.
enum class DatasetKind { site, release, deposit, genome, solution };
enum class Tier { open, registered, controlled };
[[nodiscard]] std::string_view name_of(DatasetKind kind);
[[nodiscard]] std::string_view name_of(Tier tier);
[[nodiscard]] std::optional<DatasetKind> dataset_kind_named(std::string_view name);
[[nodiscard]] std::optional<Tier> tier_named(std::string_view name);

struct DatasetColumn {
  std::string name;
  std::string type;  ///< SQL type
  Text meaning = {};
  std::string code_system = {};             ///< what its values are coded in, if in anything
  std::optional<double> filled = {};        ///< share of rows with a value, 0..1; released figure
  std::optional<double> mapped = {};        ///< share of its records with a standard concept, 0..1; released figure
  std::optional<double> mapped_codes = {};  ///< share of its distinct codes with one; released figure
};
struct DatasetTable {
  std::string name;
  std::optional<std::int64_t> records = {};  ///< released figure; nothing when not released
  std::vector<DatasetColumn> columns = {};
};

struct Dataset {
  std::string id;  ///< plain name: letters, digits, '-', '_', '.'
  Text title;
  Text description;
  SiteName holder;
  DatasetKind kind = DatasetKind::site;
  Tier tier = Tier::controlled;
  std::int64_t phase = 1;                    ///< release phase in which it opens
  std::optional<std::int64_t> persons = {};  ///< released figure (output rules already applied)
  std::optional<std::int64_t> records = {};  ///< released figure
  std::vector<DatasetTable> tables = {};
  std::vector<std::string> code_systems = {};      ///< "KCD-8", "RxNorm", …
  std::string legal_basis;                         ///< "pseudonymised-use", "consent", …
  std::vector<std::string> keywords = {};          ///< Korean or English
  std::vector<std::string> duo = {};               ///< "DUO:0000042", a disease as "MONDO:…"
  std::vector<std::string> ai_terms = {};          ///< permitted: train, fine-tune, validate, export-weights
  std::optional<std::int32_t> embargo_until = {};  ///< days; first day of use
  std::string version = {};                        ///< of a deposit
  std::string programme = {};                      ///< the R&D programme it comes from
  std::string grant_number = {};                   ///< of that programme
  std::string citation = {};                       ///< how to cite it
  std::string quality_json = "{}";                 ///< summary object of `naru quality`
  std::string risk_json = "{}";                    ///< summary object of the risk report
  std::string characterisation_json = "{}";        ///< persons by age and sex, frequent concepts …; released figures
  std::int64_t updated_ms = 0;                     ///< set by put
};

/// Who looks. Nobody signed in: `signed_in` false, no roles.
struct Viewer {
  bool signed_in = false;
  std::vector<std::string> roles = {};
};

/// hidden: as if it were not there. summary: title, holder, tier, terms. full: everything.
enum class Sight { hidden, summary, full };
/// open: full for all. registered: summary, full when signed in. controlled: hidden from the public, summary when
/// signed in, full for vetted, steward, secretariat, member, chair, irb, officer, auditor.
[[nodiscard]] Sight visible_to(const Dataset& dataset, const Viewer& viewer);

struct SearchQuery {
  std::string words = {};  ///< Korean or English; empty: everything
  std::optional<DatasetKind> kind = {};
  std::optional<Tier> tier = {};
  std::string holder = {};
  std::string code_system = {};
  std::string ai_term = {};
};
struct SearchHit {
  Dataset dataset;
  double score = 0;  ///< 0..1; 1 when every word occurs
  Sight sight = Sight::full;
  std::vector<std::string> variables = {};  ///< "table.column" whose name or meaning carries a word; at most 8
};
struct SearchAnswer {
  std::vector<SearchHit> hits;  ///< by score, then id
  /// How many hits carry each value, over the words alone: "kind", "tier", "holder", "legal_basis", "code_system",
  /// "ai_term" → value → hits. Code systems count where the viewer sees the dataset in full.
  std::map<std::string, std::map<std::string, std::int64_t>> facets;
};

/// Pure. A word counts 1 as spelt, 0.95 when it only stands with other spaces, less when it is one letter off (two in
/// words of eight letters and more; Korean syllables count as their letters). A hit has at least 0.34 on average.
[[nodiscard]] SearchAnswer search(const std::vector<Dataset>& datasets, const SearchQuery& query, const Viewer& viewer);

class Catalogue {
 public:
  /// REQUIRES: all three outlive it.
  Catalogue(engine::Records& records, const Clock& clock, Journal& journal);
  /// Adds or replaces. Errors: rejected names the field.
  [[nodiscard]] Done put(Dataset dataset, std::string_view actor);
  /// Error not_found also when the viewer may not know of it.
  [[nodiscard]] Result<Dataset> get(std::string_view id, const Viewer& viewer);
  [[nodiscard]] Result<std::vector<Dataset>> all();
  [[nodiscard]] Result<SearchAnswer> find(const SearchQuery& query, const Viewer& viewer);

 private:
  engine::Records& records_;
  const Clock& clock_;
  Journal& journal_;
};

/// Error refused before the embargo ends: names the holder, who decides, and the date. `today` in days.
[[nodiscard]] Done usable_on(const Dataset& dataset, std::int32_t today);

/// Dataset as stored and as sent between sites: one JSON object, see schemas/dataset.json.
[[nodiscard]] std::string dataset_json(const Dataset& dataset);
[[nodiscard]] Result<Dataset> parse_dataset(std::string_view json, std::string_view where);
/// YAML description file, same fields.
[[nodiscard]] Result<Dataset> read_dataset_yaml(std::string_view yaml, std::string_view where);

/// GET /catalogue/{id}: see /api/v1 in docs; keys of the dataset plus "sight","usable","usable_from".
[[nodiscard]] std::string dataset_view_json(const Dataset& dataset, Sight sight, std::int32_t today);
/// GET /catalogue: {"count","datasets":[{id,title,holder,kind,tier,phase,persons,records,keywords,embargo_until,score,
/// sight}],"facets":{"kind":{…},"tier":{…},"holder":{…}}}
[[nodiscard]] std::string search_view_json(const SearchAnswer& answer, std::int32_t today);

}  // namespace naru::catalogue
