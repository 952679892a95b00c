#include "ingest/stage.h"

#include <algorithm>

namespace naru::ingest {

std::string label_of(const StageColumn& column) { return column.label.empty() ? column.name : column.label; }

std::string_view unreadable_reason(const StageColumn& column) {
  return column.sql_type == "DATE" || column.sql_type == "TIMESTAMP" ? "impossible_date" : "not_a_number";
}

Result<std::vector<std::ptrdiff_t>> match_columns(Work& work, const StageSpec& spec, const std::string& file,
                                                  const std::vector<std::string>& header) {
  std::vector<std::ptrdiff_t> places(spec.columns.size(), -1);
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto name = spec.rename ? spec.rename(header[i]) : header[i];
    const auto column = std::ranges::find(spec.columns, name, &StageColumn::name);
    if (column == spec.columns.end()) {
      if (spec.note_unkept) work.receipt.notes[fmt::format("column_not_kept:{}.{}", spec.table, header[i])] += 1;
      continue;
    }
    auto& place = places[static_cast<std::size_t>(column - spec.columns.begin())];
    // The present name of a column wins over a former one.
    if (place < 0 || name == header[i]) place = static_cast<std::ptrdiff_t>(i);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] >= 0 || !spec.columns[i].must_exist) continue;
    return rejected(say("table {} has no column {}, which is required", "{} 표에 필수 열 {} 이(가) 없습니다",
                        spec.table, label_of(spec.columns[i])),
                    file,
                    say("add the column and load the source again; nothing was stored",
                        "열을 추가해 다시 적재하세요. 저장된 것은 없습니다"));
  }
  return places;
}

Result<Staged> stage(Work& work, const StageSpec& spec, const std::vector<std::size_t>& files,
                     const std::string& view) {
  Staged staged;
  std::string all;
  work.receipt.tables[spec.table].read += 0;
  const auto refused_before = work.receipt.tables[spec.table].refused;
  const auto read_before = work.receipt.tables[spec.table].read;
  for (const auto member : files) {
    const auto kind = fs::path(work.members[member].name).extension().string();
    const bool columnar = kind.size() == 8 && (kind[1] == 'p' || kind[1] == 'P');  // .parquet in any case
    NARU_ASSIGN(auto relation, columnar ? stage_columnar(work, spec, member, staged.columns)
                                        : stage_delimited(work, spec, member, staged));
    if (relation.empty()) continue;
    if (!all.empty()) all += " UNION ALL ";
    all += relation;
  }
  if (files.size() > 1) {
    staged.plain.clear();
    staged.file.clear();
  }
  if (all.empty()) {
    all = "SELECT NULL::BIGINT AS _file, NULL::BIGINT AS _line";
    for (const auto& column : spec.columns)
      all += fmt::format(", NULL::{} AS {}", column.sql_type, engine::quoted(column.name));
    all += " WHERE false";
  }
  NARU_CHECK(work.database.run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", engine::quoted(view), all)));
  const auto& count = work.receipt.tables[spec.table];
  staged.rows = (count.read - read_before) - (count.refused - refused_before);
  return staged;
}

}  // namespace naru::ingest
