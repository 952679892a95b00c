#include "ingest/csv.h"
#include "ingest/work.h"

#include <algorithm>

namespace naru::ingest {
namespace {

constexpr std::size_t batch_rows = 16'384;

engine::Rows empty_batch(const std::vector<std::string>& columns) {
  engine::Rows rows;
  rows.columns.push_back({.name = "_file", .kind = engine::Kind::integer});
  rows.columns.push_back({.name = "_line", .kind = engine::Kind::integer});
  rows.columns.push_back({.name = "_fault", .kind = engine::Kind::text});
  for (const auto& column : columns) rows.columns.push_back({.name = column, .kind = engine::Kind::text});
  return rows;
}

void push_text(engine::Column& column, std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  column.texts.emplace_back(text);
  column.valid.push_back(text.empty() ? 0 : 1);
}

void push_record(engine::Rows& batch, std::size_t member, const CsvReader& reader) {
  batch.columns[0].integers.push_back(static_cast<std::int64_t>(member));
  batch.columns[1].integers.push_back(static_cast<std::int64_t>(reader.line()));
  batch.columns[0].valid.push_back(1);
  batch.columns[1].valid.push_back(1);
  push_text(batch.columns[2], reader.fault());
  const bool good = reader.fault().empty();
  for (std::size_t i = 3; i < batch.columns.size(); ++i) {
    push_text(batch.columns[i], good ? std::string_view(reader.fields()[i - 3]) : std::string_view{});
  }
  ++batch.count;
}

Result<std::vector<std::string>> read_delimited(Work& work, std::size_t member, std::string_view table,
                                                std::string_view into) {
  const auto& file = work.members[member];
  NARU_ASSIGN(auto reader, CsvReader::open(file.path, file.name, work.request.encoding));
  std::string definition = "_file BIGINT, _line BIGINT, _fault VARCHAR";
  for (const auto& column : reader.header()) definition += ", " + engine::quoted(column) + " VARCHAR";
  NARU_CHECK(work.database.run(fmt::format("CREATE OR REPLACE TEMP TABLE {} ({})", engine::quoted(into), definition)));
  auto batch = empty_batch(reader.header());
  const auto shown = say("reading {}", "{} 읽는 중", table);
  std::uint64_t records = 0;
  while (true) {
    NARU_ASSIGN(const bool more, reader.next());
    if (more) push_record(batch, member, reader);
    if ((!more && batch.count > 0) || batch.count == batch_rows) {
      NARU_CHECK(work.database.append(into, batch));
      records += batch.count;
      batch = empty_batch(reader.header());
      work.progress.at(shown, records, 0);
      if (work.progress.stop_requested()) return interrupted();
    }
    if (!more) return reader.header();
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

Result<std::vector<std::string>> read_columnar(Work& work, std::size_t member, std::string_view into) {
  const auto& file = work.members[member];
  const auto relation = fmt::format("read_parquet({}, file_row_number=true, binary_as_string=true)",
                                    engine::literal(fs::absolute(file.path).string()));
  const auto described = work.database.describe(relation);
  if (!described.ok()) {
    return rejected(
        say("the Parquet file cannot be read: {}", "Parquet 파일을 읽을 수 없습니다: {}", described.error().what.en),
        file.name, say("export the table again", "표를 다시 내보내세요"));
  }
  std::vector<std::string> columns;
  std::string select =
      fmt::format("{}::BIGINT AS _file, (file_row_number + 1)::BIGINT AS _line, NULL::VARCHAR AS _fault", member);
  for (const auto& [name, type] : *described) {
    if (name == "file_row_number") continue;
    select += fmt::format(", nullif(trim({}::VARCHAR), '') AS {}", engine::quoted(name), engine::quoted(lower(name)));
    columns.push_back(lower(name));
  }
  NARU_CHECK(work.database.run(
      fmt::format("CREATE OR REPLACE TEMP TABLE {} AS SELECT {} FROM {}", engine::quoted(into), select, relation)));
  return columns;
}

}  // namespace

Result<std::vector<std::string>> read_as_text(Work& work, std::size_t member, std::string_view table,
                                              std::string_view into) {
  if (lower(fs::path(work.members[member].name).extension().string()) == ".parquet") {
    return read_columnar(work, member, into);
  }
  return read_delimited(work, member, table, into);
}

}  // namespace naru::ingest
