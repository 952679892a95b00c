#include "ingest/shared_steps.h"

namespace naru::ingest {

Done know_earlier_rows(Work& work) {
  std::string select = "SELECT person_id FROM part_person";
  for (const auto& folder : work.earlier) {
    const auto file = folder / "person.parquet";
    if (fs::exists(file)) select += " UNION SELECT person_id FROM " + engine::parquet(file);
  }
  return work.database.run("CREATE OR REPLACE TABLE known_person AS " + select);
}

Result<std::int64_t> repeated_keys(engine::Database& database, std::string_view key, std::string_view relation,
                                   std::int64_t rows_a_part) {
  // The engine holds a distinct count whole: 46 million keys do not fit its memory.
  NARU_ASSIGN(const auto rows, database.integer(fmt::format("SELECT count(*) FROM {} AS keyed", relation)));
  const auto parts = rows / rows_a_part + 1;
  auto repeated = rows;
  for (std::int64_t part = 0; part < parts; ++part) {
    NARU_ASSIGN(const auto distinct,
                database.integer(fmt::format("SELECT count(DISTINCT {0}) FROM {1} AS keyed WHERE {0} IS NOT NULL AND "
                                             "hash({0}) % {2} = {3}",
                                             key, relation, parts, part)));
    repeated -= distinct;
  }
  return repeated;
}

Done refuse_rows(Work& work, std::string_view table, std::string_view condition, std::string_view reason,
                 std::string_view type) {
  NARU_ASSIGN(const auto hits,
              work.database.integer(fmt::format("SELECT count(*) FROM {} WHERE {}", table, condition)));
  if (hits == 0) return {};
  NARU_CHECK(work.database.each_batch(
      fmt::format("SELECT DISTINCT _file, _line, {} AS type FROM {} WHERE {} ORDER BY _file, _line", type, table,
                  condition),
      {}, [&](const engine::Rows& rows) -> Done {
        for (std::size_t row = 0; row < rows.count; ++row) {
          work.refuse(work.members[static_cast<std::size_t>(rows.integer(0, row))].name, rows.integer(1, row),
                      rows.text(2, row), reason);
        }
        return {};
      }));
  return work.database.run(fmt::format("DELETE FROM {} WHERE {}", table, condition));
}

Done refuse_repeated(Work& work, std::string_view table, std::string_view key, std::string_view type,
                     std::string_view reason) {
  NARU_ASSIGN(const auto same, repeated_keys(work.database, key, table));
  if (same == 0) return {};
  // One resource may be several rows (components) of one place.
  NARU_ASSIGN(const auto repeated, work.database.integer(fmt::format(
                                       "SELECT count(*) - count(DISTINCT key) FROM (SELECT DISTINCT {} AS key, _file, "
                                       "_line FROM {})",
                                       key, table)));
  if (repeated == 0) return {};
  NARU_CHECK(work.database.run(
      fmt::format("CREATE OR REPLACE TABLE again AS SELECT _file AS f, _line AS l FROM (SELECT _file, _line, "
                  "min(_file * 1099511627776 + _line) OVER (PARTITION BY {} ) AS first FROM {}) WHERE first <> _file * "
                  "1099511627776 + _line",
                  key, table)));
  return refuse_rows(
      work, table, fmt::format("EXISTS (SELECT 1 FROM again WHERE again.f = {0}._file AND again.l = {0}._line)", table),
      reason, type);
}

Done detach_absent_visits(Work& work) {
  for (const auto& table : model::tables()) {
    if (!work.staged.contains(table.name)) continue;
    for (const std::string_view target : {"visit_occurrence", "visit_detail"}) {
      const auto key = std::string(target) + "_id";
      const auto* column = table.column(key);
      if (column == nullptr || column->role != model::Role::other_key || column->required) continue;
      const auto part = part_name(table.name);
      std::string known;
      if (work.staged.contains(std::string(target))) {
        known = fmt::format("SELECT {}, person_id FROM {}", key, part_name(target));
      }
      for (const auto& folder : work.earlier) {
        const auto file = folder / (std::string(target) + ".parquet");
        if (!fs::exists(file)) continue;
        known += fmt::format("{}SELECT {}, person_id FROM {}", known.empty() ? "" : " UNION ALL ", key,
                             engine::parquet(file));
      }
      const auto absent = known.empty()
                              ? std::string("true")
                              : fmt::format(
                                    "NOT EXISTS (SELECT 1 FROM ({0}) v WHERE v.{1} = {2}.{1} AND v.person_id = "
                                    "{2}.person_id)",
                                    known, key, part);
      const auto condition = fmt::format("{}.{} IS NOT NULL AND {}", part, key, absent);
      NARU_ASSIGN(const auto hit, work.database.integer(fmt::format("SELECT count(*) FROM {} WHERE {}.{} <> 0 AND {}",
                                                                    part, part, key, condition)));
      NARU_ASSIGN(const auto any,
                  work.database.integer(fmt::format("SELECT count(*) FROM {} WHERE {}.{} = 0", part, part, key)));
      if (hit > 0 || any > 0) NARU_CHECK(work.change_part(table, {{key, "NULL"}}, condition));
      if (hit > 0) work.receipt.notes[fmt::format("absent_visit_as_null:{}.{}", table.name, key)] = hit;
    }
  }
  return {};
}

}  // namespace naru::ingest
