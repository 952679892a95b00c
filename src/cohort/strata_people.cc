#include "cohort/cohort.h"
#include "cohort/sql_text.h"
#include "cohort_sql.h"

namespace naru::cohort {

Result<std::vector<std::vector<std::int64_t>>> people_of_strata(engine::Database& database, Cdm& cdm,
                                                                std::string_view entries) {
  NARU_ASSIGN(const auto table, strata(database, cdm, entries));
  NARU_ASSIGN(const auto rows, database.query(fill(sql::text("strata_people"), {{"entries", engine::quoted(entries)},
                                                                                {"person", cdm.relation("person")}})));
  std::vector<std::vector<std::int64_t>> out(table.cells.size());
  for (std::size_t row = 0; row < rows.count; ++row) {
    const auto sex = static_cast<std::size_t>(rows.integer(1, row));
    const auto band = static_cast<std::size_t>(rows.integer(2, row));
    out[sex * table.age_bands.size() + band].push_back(rows.integer(0, row));
  }
  return out;
}

}  // namespace naru::cohort
