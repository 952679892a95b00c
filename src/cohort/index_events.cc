// Counting sort by concept straight into the mapped columns: one pass over the table for its extent, one for its rows;
// then the rows of each concept are ordered by person, start and id where they do not lie so already.
#include "cohort/index_tables.h"
#include "cohort/index_writer.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_map>

namespace naru::cohort {
namespace {

constexpr std::string_view epoch = "DATE '1970-01-01'";

/// A column of the index: its name, what the engine computes for it.
struct Source {
  std::string name;
  std::string sql;
  bool real = false;
};

std::string days(std::string_view sql) {
  return "CAST((" + std::string(sql) + ") - " + std::string(epoch) + " AS BIGINT)";
}

/// Fixed columns first: concept, person, then those of every domain, then what attributes ask for.
std::vector<Source> sources_of(const Domain& domain) {
  const auto column = [](std::string_view name) { return "CAST(e." + engine::quoted(name) + " AS BIGINT)"; };
  const std::string none = "CAST(NULL AS BIGINT)";
  std::vector<Source> out{{"naru_concept", column(domain.row_concept())},
                          {"naru_person", column("person_id")},
                          {"naru_start", days(domain.start)},
                          {"naru_end", days(domain.end)},
                          {"naru_id", column(domain.id)},
                          {"naru_visit", domain.has_visit ? column("visit_occurrence_id") : none},
                          {"naru_source", domain.source_column.empty() ? none : column(domain.source_column)},
                          {"naru_age", column("age_at_event")}};
  const auto* table = model::table_named(domain.table);
  for (const auto& name : attribute_columns(domain)) {
    const bool real = table->column(name)->sql_type == "DOUBLE";
    out.push_back({name, real ? "CAST(e." + engine::quoted(name) + " AS DOUBLE)" : column(name), real});
  }
  return out;
}

/// Where the rows of each concept begin.
struct Directory {
  std::vector<std::int64_t> concepts;  // ascending; null_value is the least number there is
  std::vector<std::int64_t> offsets;
  std::unordered_map<std::int64_t, std::size_t> place;
};

class EventSorter {
 public:
  EventSorter(std::vector<Source> sources, Directory directory, const PersonNumbers& numbers)
      : sources_(std::move(sources)), directory_(std::move(directory)), numbers_(numbers) {
    next_.assign(directory_.offsets.begin(), directory_.offsets.end());
  }
  std::vector<ColumnMaker> makers;  // of sources_[1…]

  Done take(const engine::Rows& rows) {
    for (std::size_t row = 0; row < rows.count; ++row) {
      const auto person = rows.is_null(1, row) ? PersonNumbers::unknown : numbers_.of(rows.integer(1, row));
      if (person == PersonNumbers::unknown) continue;
      const auto concept_id = rows.is_null(0, row) ? null_value : rows.integer(0, row);
      if (concept_id != last_concept_ || last_place_ == SIZE_MAX) {
        const auto found = directory_.place.find(concept_id);
        if (found == directory_.place.end()) return moved();
        last_concept_ = concept_id;
        last_place_ = found->second;
      }
      const auto at = static_cast<std::uint64_t>(next_[last_place_]++);
      if (static_cast<std::int64_t>(at) >= directory_.offsets[last_place_ + 1]) return moved();
      makers[0].put(at, person);
      for (std::size_t column = 2; column < sources_.size(); ++column) {
        auto& maker = makers[column - 1];
        if (sources_[column].real) {
          maker.put_real(at, rows.columns[column].reals[row], !rows.is_null(column, row));
        } else {
          maker.put(at, rows.is_null(column, row) ? null_value : rows.integer(column, row));
        }
      }
    }
    return {};
  }

  /// Orders the rows of each concept. NULL starts stand last, as the engine orders them.
  Done order() {
    std::vector<std::uint32_t> order;
    for (std::size_t place = 0; place + 1 < directory_.offsets.size(); ++place) {
      const auto from = static_cast<std::uint64_t>(directory_.offsets[place]);
      const auto to = static_cast<std::uint64_t>(directory_.offsets[place + 1]);
      if (static_cast<std::uint64_t>(next_[place]) != to) return moved();
      const auto less = [&](std::uint64_t a, std::uint64_t b) {
        for (const std::size_t key : {0U, 1U, 3U}) {
          const auto left = makers[key].at(a);
          const auto right = makers[key].at(b);
          if (left == right) continue;
          if (left == null_value || right == null_value) return right == null_value;
          return left < right;
        }
        return false;
      };
      bool sorted = true;
      for (auto at = from + 1; at < to && sorted; ++at) sorted = !less(at, at - 1);
      if (sorted) continue;
      order.resize(to - from);
      std::iota(order.begin(), order.end(), 0U);
      std::stable_sort(order.begin(), order.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return less(from + a, from + b); });
      for (auto& maker : makers) maker.reorder(from, order);
    }
    return {};
  }
  [[nodiscard]] const Directory& directory() const { return directory_; }

 private:
  static Error moved() {
    return conflict(say("the tables changed while the index was built", "색인을 만드는 동안 표가 바뀌었습니다"), "",
                    say("try again", "다시 시도하세요"));
  }
  std::vector<Source> sources_;
  Directory directory_;
  const PersonNumbers& numbers_;
  std::vector<std::int64_t> next_;
  std::int64_t last_concept_ = 0;
  std::size_t last_place_ = SIZE_MAX;
};

}  // namespace

Result<std::int64_t> IndexWriter::events(const Domain& domain, const PersonNumbers& numbers) {
  const std::string table(domain.table);
  const auto sources = sources_of(domain);
  const std::string from = " FROM " + cdm_.relation(table) + " e";
  const std::string seen = " WHERE e.person_id IN (SELECT person_id FROM " + cdm_.relation("observation_period") + ")";
  // Extent of every column, and rows per concept, of persons under observation.
  std::string extent = "SELECT count(*)";
  for (std::size_t column = 2; column < sources.size(); ++column) {
    const auto& sql = sources[column].sql;
    extent += sources[column].real ? ", NULL::BIGINT, NULL::BIGINT, count(" + sql + ")"
                                   : ", min(" + sql + "), max(" + sql + "), count(" + sql + ")";
  }
  NARU_ASSIGN(const auto extents, database_.query(extent + from + seen));
  const auto rows = static_cast<std::uint64_t>(extents.integer(0, 0));
  if (rows >= std::numeric_limits<std::uint32_t>::max()) {
    return rejected(say("a table of the index may have {} rows", "색인 표는 {}행까지입니다", UINT32_MAX - 1), table);
  }
  Directory directory;
  directory.offsets.push_back(0);
  NARU_ASSIGN(const auto groups, database_.query("SELECT " + sources[0].sql + " AS concept, count(*)" + from + seen +
                                                 " GROUP BY 1 ORDER BY 1 NULLS FIRST"));
  for (std::size_t row = 0; row < groups.count; ++row) {
    directory.concepts.push_back(groups.is_null(0, row) ? null_value : groups.integer(0, row));
    directory.place.emplace(directory.concepts.back(), row);
    directory.offsets.push_back(directory.offsets.back() + groups.integer(1, row));
  }
  EventSorter sorter(sources, std::move(directory), numbers);
  NARU_ASSIGN(auto person, maker(table + ".naru_person", {4, false, 0, rows}));
  sorter.makers.push_back(std::move(person));
  for (std::size_t column = 2; column < sources.size(); ++column) {
    const auto at = 1 + (column - 2) * 3;
    const auto filled = static_cast<std::uint64_t>(extents.integer(at + 2, 0));
    ColumnShape shape{8, true, 0, rows};
    if (filled == 0)
      shape = {0, sources[column].real, null_value, rows};
    else if (!sources[column].real)
      shape = shape_for(extents.integer(at, 0), extents.integer(at + 1, 0), filled < rows, rows);
    NARU_ASSIGN(auto made, maker(table + "." + sources[column].name, shape));
    sorter.makers.push_back(std::move(made));
  }
  std::string select;
  for (const auto& source : sources) select += (select.empty() ? "SELECT " : ", ") + source.sql;
  NARU_CHECK(
      database_.each_batch(select + from + seen, {}, [&](const engine::Rows& batch) { return sorter.take(batch); }));
  NARU_CHECK(sorter.order());
  for (const auto& made : sorter.makers) NARU_CHECK(made.finish());
  // The directory keeps 8 bytes for a NULL concept.
  const auto& concepts = sorter.directory().concepts;
  NARU_ASSIGN(auto keys, maker(table + ".naru_concepts", {8, false, 0, concepts.size()}));
  for (std::size_t at = 0; at < concepts.size(); ++at) keys.put(at, concepts[at]);
  NARU_CHECK(keys.finish());
  NARU_CHECK(write(table + ".naru_offsets", sorter.directory().offsets));
  return static_cast<std::int64_t>(rows);
}

}  // namespace naru::cohort
