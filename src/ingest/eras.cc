#include "ingest/eras.h"

#include "base/files.h"
#include "engine/database.h"
#include "ingest_sql.h"
#include "model/omop.h"

namespace naru::ingest {
namespace {

using model::SiteLayout;

struct Era {
  std::string_view table;   ///< condition_era
  std::string_view events;  ///< condition_occurrence
  std::string_view view;    ///< era_condition
  std::string_view sql;
};

/// Persons of sources without eras of their own; empty when there is none.
std::string persons_without(const SiteLayout& layout, const std::vector<Standing>& sources, std::string_view table) {
  std::string select;
  for (const auto& source : sources) {
    const auto part = layout.parts() / source.id;
    const auto persons = part / "person.parquet";
    // An OMOP export without eras says so; a source that could not have them gets them.
    if (source.kind == "omop" || !fs::exists(persons) || fs::exists(part / (std::string(table) + ".parquet"))) continue;
    select += fmt::format("{}SELECT person_id FROM {}", select.empty() ? "" : " UNION ", engine::parquet(persons));
  }
  return select;
}

Done derive(engine::Database& database, const SiteLayout& layout, const std::vector<Standing>& sources,
            const fs::path& fresh, const Era& era) {
  const auto events = fresh / (std::string(era.events) + ".parquet");
  const auto persons = persons_without(layout, sources, era.table);
  if (persons.empty() || !fs::exists(events)) return {};
  NARU_CHECK(database.run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM {} WHERE person_id IN ({})",
                                      era.view, engine::parquet(events), persons)));
  const auto& table = *model::table_named(era.table);
  const auto own = fresh / (table.name + ".parquet");
  const auto kept = fresh / (table.name + ".own.parquet");
  std::string columns;
  for (const auto& column : table.columns) columns += (columns.empty() ? "" : ", ") + engine::quoted(column.name);
  auto select = fmt::format("SELECT {} FROM ({})", columns, sql::text(era.sql));
  std::error_code ignored;
  if (fs::exists(own)) {
    fs::rename(own, kept, ignored);
    select += fmt::format(" UNION ALL SELECT {} FROM {}", columns, engine::parquet(kept));
  }
  NARU_ASSIGN(const auto rows, database.copy_to_parquet(select, table.primary_key, own));
  if (rows == 0) fs::remove(own, ignored);
  fs::remove(kept, ignored);
  return {};
}

/// View era_ingredient: every drug concept with the ingredients it holds. False when there is no vocabulary.
Result<bool> open_ingredients(engine::Database& database, const SiteLayout& layout) {
  const auto concepts = layout.vocabulary() / "concept.parquet";
  const auto ancestors = layout.vocabulary() / "concept_ancestor.parquet";
  if (!fs::exists(concepts) || !fs::exists(ancestors)) return false;
  NARU_CHECK(
      database.run(fmt::format("CREATE OR REPLACE TABLE era_ingredient AS SELECT a.ancestor_concept_id, "
                               "a.descendant_concept_id FROM {} a JOIN "
                               "{} c ON c.concept_id = a.ancestor_concept_id WHERE c.concept_class_id = 'Ingredient' "
                               "AND c.standard_concept = 'S' "
                               "AND c.domain_id = 'Drug'",
                               engine::parquet(ancestors), engine::parquet(concepts))));
  NARU_ASSIGN(const auto pairs, database.integer("SELECT count(*) FROM era_ingredient"));
  return pairs > 0;
}

}  // namespace

Done derive_eras(engine::Database& database, const SiteLayout& layout, const std::vector<Standing>& sources,
                 const fs::path& fresh) {
  NARU_CHECK(derive(database, layout, sources, fresh,
                    {"condition_era", "condition_occurrence", "era_condition", "condition_eras"}));
  NARU_ASSIGN(const bool ingredients, open_ingredients(database, layout));
  if (!ingredients) return {};
  return derive(database, layout, sources, fresh, {"drug_era", "drug_exposure", "era_drug", "drug_eras"});
}

}  // namespace naru::ingest
