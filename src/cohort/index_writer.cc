#include "cohort/index_writer.h"

#include "cohort/index_tables.h"

#include <algorithm>

namespace naru::cohort {
namespace {

/// An engine column's cell as the index keeps it.
std::int64_t cell(const engine::Rows& rows, std::size_t column, std::size_t row) {
  return rows.is_null(column, row) ? null_value : rows.integer(column, row);
}

}  // namespace

PersonNumbers::PersonNumbers(std::vector<std::int64_t> ids) : ids_(std::move(ids)) {
  if (ids_.empty()) return;
  const auto span = static_cast<std::uint64_t>(ids_.back()) - static_cast<std::uint64_t>(ids_.front());
  if (span >= ids_.size() * 16) return;
  direct_.assign(span + 1, unknown);
  for (std::size_t at = 0; at < ids_.size(); ++at) {
    direct_[static_cast<std::size_t>(ids_[at] - ids_.front())] = static_cast<std::uint32_t>(at);
  }
}

std::uint32_t PersonNumbers::of(std::int64_t id) const {
  if (ids_.empty() || id < ids_.front() || id > ids_.back()) return unknown;
  if (!direct_.empty()) return direct_[static_cast<std::size_t>(id - ids_.front())];
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
  return *found == id ? static_cast<std::uint32_t>(found - ids_.begin()) : unknown;
}

Result<ColumnMaker> IndexWriter::maker(const std::string& name, const ColumnShape& shape) {
  columns_[name] = shape;
  return ColumnMaker::create(folder_ / (name + ".column"), shape);
}

Done IndexWriter::write(const std::string& name, const std::vector<std::int64_t>& values) {
  std::int64_t least = INT64_MAX;
  std::int64_t most = INT64_MIN;
  bool nulls = false;
  for (const auto value : values) {
    if (value == null_value) {
      nulls = true;
      continue;
    }
    least = std::min(least, value);
    most = std::max(most, value);
  }
  NARU_ASSIGN(auto column, maker(name, shape_for(least, most, nulls, values.size())));
  for (std::size_t row = 0; row < values.size(); ++row) column.put(row, values[row]);
  return column.finish();
}

Result<PersonNumbers> IndexWriter::persons() {
  // Whoever has no observation period can be in no cohort.
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> ends;
  NARU_CHECK(database_.each_batch("SELECT person_id, observation_period_start_date, observation_period_end_date FROM " +
                                      cdm_.relation("observation_period") + " WHERE person_id IS NOT NULL ORDER BY ALL",
                                  {}, [&](const engine::Rows& rows) -> Done {
                                    for (std::size_t row = 0; row < rows.count; ++row) {
                                      const auto id = rows.integer(0, row);
                                      if (ids.empty() || ids.back() != id) {
                                        if (!ids.empty()) offsets.push_back(static_cast<std::int64_t>(starts.size()));
                                        ids.push_back(id);
                                      }
                                      starts.push_back(cell(rows, 1, row));
                                      ends.push_back(cell(rows, 2, row));
                                    }
                                    return {};
                                  }));
  if (!ids.empty()) offsets.push_back(static_cast<std::int64_t>(starts.size()));
  if (ids.size() >= PersonNumbers::unknown) return rejected(say("too many persons", "사람이 너무 많습니다"), "person");
  NARU_CHECK(write("person.id", ids));
  NARU_CHECK(write("period.offsets", offsets));
  NARU_CHECK(write("period.start", starts));
  NARU_CHECK(write("period.end", ends));
  PersonNumbers numbers(std::move(ids));
  const auto count = numbers.ids().size();
  std::vector<std::int64_t> known(count, 0);
  std::array<std::vector<std::int64_t>, 4> traits;
  for (auto& trait : traits) trait.assign(count, null_value);
  NARU_CHECK(database_.each_batch(
      "SELECT person_id, gender_concept_id, year_of_birth, race_concept_id, ethnicity_concept_id FROM " +
          cdm_.relation("person") + " WHERE person_id IS NOT NULL",
      {}, [&](const engine::Rows& rows) -> Done {
        for (std::size_t row = 0; row < rows.count; ++row) {
          const auto number = numbers.of(rows.integer(0, row));
          if (number == PersonNumbers::unknown) continue;
          if (known[number] != 0) {
            return rejected(say("a person is there twice", "같은 사람이 두 번 있습니다"), "person",
                            say("keep one row per person", "사람마다 한 행만 두세요"));
          }
          known[number] = 1;
          for (std::size_t trait = 0; trait < traits.size(); ++trait) {
            traits[trait][number] = cell(rows, trait + 1, row);
          }
        }
        return {};
      }));
  NARU_CHECK(write("person.known", known));
  NARU_CHECK(write("person.gender_concept_id", traits[0]));
  NARU_CHECK(write("person.year_of_birth", traits[1]));
  NARU_CHECK(write("person.race_concept_id", traits[2]));
  NARU_CHECK(write("person.ethnicity_concept_id", traits[3]));
  return numbers;
}

Done IndexWriter::lookup(const std::string& name, const std::string& table, const std::string& key,
                         const std::string& value, bool with_person) {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> values;
  std::vector<std::int64_t> persons;
  NARU_CHECK(database_.each_batch(
      "SELECT " + engine::quoted(key) + ", " + (with_person ? "person_id" : "CAST(0 AS BIGINT)") + ", " +
          engine::quoted(value) + " FROM " + cdm_.relation(table) + " WHERE " + engine::quoted(key) +
          " IS NOT NULL ORDER BY ALL",
      {}, [&](const engine::Rows& rows) -> Done {
        for (std::size_t row = 0; row < rows.count; ++row) {
          const auto id = rows.integer(0, row);
          const auto person = cell(rows, 1, row);
          if (!ids.empty() && ids.back() == id && persons.back() == person) {
            return rejected(say("a row of {} is there twice", "{} 표에 같은 행이 두 번 있습니다", table), table);
          }
          ids.push_back(id);
          persons.push_back(person);
          values.push_back(cell(rows, 2, row));
        }
        return {};
      }));
  NARU_CHECK(write(name + ".id", ids));
  NARU_CHECK(write(name + ".value", values));
  return write(name + ".person", persons);
}

Done IndexWriter::links(const std::string& name, const std::string& select) {
  std::vector<std::int64_t> keys;
  std::vector<std::int64_t> offsets;
  NARU_ASSIGN(const auto extent, database_.query("SELECT count(*), min(value), max(value) FROM (" + select + ") s"));
  const auto count = static_cast<std::uint64_t>(extent.integer(0, 0));
  const auto shape = count == 0 ? shape_for(INT64_MAX, INT64_MIN, false, 0)
                                : shape_for(extent.integer(1, 0), extent.integer(2, 0), false, count);
  NARU_ASSIGN(auto values, maker(name + ".values", shape));
  std::uint64_t at = 0;
  NARU_CHECK(database_.each_batch(select, {}, [&](const engine::Rows& rows) -> Done {
    for (std::size_t row = 0; row < rows.count && at < count; ++row) {
      if (keys.empty() || keys.back() != rows.integer(0, row)) {
        keys.push_back(rows.integer(0, row));
        offsets.push_back(static_cast<std::int64_t>(at));
      }
      values.put(at++, rows.integer(1, row));
    }
    return {};
  }));
  offsets.push_back(static_cast<std::int64_t>(at));
  NARU_CHECK(values.finish());
  NARU_CHECK(write(name + ".keys", keys));
  return write(name + ".offsets", offsets);
}

Done IndexWriter::vocabulary() {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> valid;
  NARU_CHECK(database_.each_batch("SELECT concept_id, bool_or(invalid_reason IS NULL) FROM " +
                                      cdm_.relation("concept") +
                                      " WHERE concept_id IS NOT NULL GROUP BY concept_id ORDER BY concept_id",
                                  {}, [&](const engine::Rows& rows) -> Done {
                                    for (std::size_t row = 0; row < rows.count; ++row) {
                                      ids.push_back(rows.integer(0, row));
                                      valid.push_back(rows.integer(1, row));
                                    }
                                    return {};
                                  }));
  NARU_CHECK(write("concept.id", ids));
  NARU_CHECK(write("concept.valid", valid));
  const auto relationship = cdm_.relation("concept_relationship");
  const std::string valid_links =
      " AND invalid_reason IS NULL AND concept_id_1 IS NOT NULL AND concept_id_2 IS NOT NULL";
  NARU_CHECK(links("ancestor",
                   "SELECT DISTINCT ancestor_concept_id AS key, descendant_concept_id AS value FROM " +
                       cdm_.relation("concept_ancestor") +
                       " WHERE ancestor_concept_id IS NOT NULL AND descendant_concept_id IS NOT NULL ORDER BY ALL"));
  NARU_CHECK(links("child", "SELECT concept_id_2 AS key, concept_id_1 AS value FROM " + relationship +
                                " WHERE relationship_id = 'Is a'" + valid_links +
                                " UNION SELECT concept_id_1, concept_id_2 FROM " + relationship +
                                " WHERE relationship_id = 'Subsumes'" + valid_links + " ORDER BY ALL"));
  return links("mapped", "SELECT DISTINCT concept_id_2 AS key, concept_id_1 AS value FROM " + relationship +
                             " WHERE relationship_id = 'Maps to'" + valid_links + " ORDER BY ALL");
}

}  // namespace naru::cohort
