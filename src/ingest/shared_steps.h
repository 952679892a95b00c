#pragma once
/// Steps that several kinds of source take. Internal to the room.
#include "ingest/work.h"

namespace naru::ingest {

/// View known_person (person_id): persons of this source and of earlier FHIR or HIRA parts, whose ids follow the same
/// rule. REQUIRES: part_person is filled.
[[nodiscard]] Done know_earlier_rows(Work& work);

/// Rows of `relation` beyond the first of each `key` (SQL texts), and rows without one. Memory does not grow with the
/// rows: above `rows_a_part` they are counted in parts, by a hash of the key.
[[nodiscard]] Result<std::int64_t> repeated_keys(engine::Database& database, std::string_view key,
                                                 std::string_view relation, std::int64_t rows_a_part = 8'000'000);

/// Deletes the rows of a staging table (columns _file, _line) that meet `condition` and refuses each place once.
/// `type` is a SQL expression for the table the receipt counts under.
[[nodiscard]] Done refuse_rows(Work& work, std::string_view table, std::string_view condition, std::string_view reason,
                               std::string_view type);
/// Refuses every place whose `key` (a SQL expression) an earlier place had.
[[nodiscard]] Done refuse_repeated(Work& work, std::string_view table, std::string_view key, std::string_view type,
                                   std::string_view reason);

/// Visits that neither this source nor an earlier part holds become NULL in its events, noted by table.
[[nodiscard]] Done detach_absent_visits(Work& work);

}  // namespace naru::ingest
