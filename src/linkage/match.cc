#include "linkage/match.h"

#include "base/csv_cell.h"
#include "base/files.h"
#include "base/json.h"
#include "linkage/agglomerate.h"

#include <algorithm>
#include <cmath>

namespace naru::linkage {
namespace {

Done check(const MatchConfig& config, const std::string& where) {
  if (config.columns.empty() || config.columns.size() > match_columns_max) {
    return rejected(say("1 to {} columns can be compared, not {}", "비교할 열은 1~{}개여야 하며 {}개일 수 없습니다",
                        match_columns_max, config.columns.size()),
                    where + ".columns");
  }
  for (std::size_t c = 0; c < config.columns.size(); ++c) {
    const auto& name = config.columns[c].name;
    const bool twice = std::ranges::count(config.columns, name, &MatchField::name) > 1;
    if (twice || name == config.id) {
      return rejected(twice ? say("the column {} stands twice", "{} 열이 두 번 있습니다", name)
                            : say("the id is not compared", "식별자 열은 비교하지 않습니다"),
                      fmt::format("{}.columns[{}].name", where, c));
    }
  }
  if (!(config.threshold > 0 && config.threshold < 1)) {
    return rejected(say("a probability between 0 and 1 is needed", "0과 1 사이의 확률이 필요합니다"),
                    where + ".threshold");
  }
  if (config.one_to_one && config.right.empty()) {
    return rejected(say("one_to_one needs two files", "one_to_one에는 두 파일이 필요합니다"), where + ".one_to_one",
                    say("name the second file as \"right\"", "두 번째 파일을 \"right\"로 지정하십시오"));
  }
  return {};
}

std::string pairs_csv(const MatchTable& table, const std::vector<WeighedPair>& pairs) {
  std::string out = "left_id,right_id,probability\n";
  for (const auto& pair : pairs) {
    out += fmt::format("{},{},{}\n", csv_cell(table.ids[pair.rows.a]), csv_cell(table.ids[pair.rows.b]),
                       probability_of(pair.log_odds));
  }
  return out;
}

// Cluster numbers follow the first id of each group.
std::string clusters_csv(const MatchTable& table, const std::vector<std::uint32_t>& first) {
  std::string out = "id,cluster\n";
  std::vector<std::uint32_t> number(first.size());
  std::uint32_t next = 0;
  for (std::uint32_t row = 0; row < table.rows(); ++row) {
    number[row] = first[row] == row ? ++next : number[first[row]];
    out += fmt::format("{},{}\n", csv_cell(table.ids[row]), number[row]);
  }
  return out;
}

// REQUIRES: the pairs hold every pair of a group. The lowest row of the group of each row.
std::vector<std::uint32_t> first_rows(const MatchTable& table, const std::vector<WeighedPair>& pairs) {
  std::vector<std::uint32_t> out(table.rows());
  for (std::uint32_t row = 0; row < table.rows(); ++row) out[row] = row;
  for (const auto& pair : pairs) out[pair.rows.b] = std::min(out[pair.rows.b], pair.rows.a);
  return out;
}

std::vector<WeighedPair> weigh(const MatchModel& model, const std::vector<RowPair>& pairs,
                               const std::vector<Pattern>& patterns, double least) {
  std::vector<WeighedPair> out;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double weight = model.log_odds(pairs[i].a, pairs[i].b, patterns[i]);
    if (weight >= least) out.push_back({pairs[i], weight});
  }
  sort_by_weight(out);
  return out;
}

}  // namespace

Result<MatchField> read_match_field(const Json& value, const std::string& where) {
  NARU_ASSIGN(const auto reader, Reader::of(value, where));
  MatchField out;
  NARU_ASSIGN(out.name, reader.text("name"));
  NARU_ASSIGN(const auto kind, reader.text("kind"));
  const auto known = field_kind_named(kind);
  if (!known) {
    return rejected(say("no such kind of field: {}", "그런 필드 종류는 없습니다: {}", kind), where + ".kind",
                    say("known: name, date, postcode, phone, id, text, category",
                        "가능한 값: name, date, postcode, phone, id, text, category"));
  }
  out.kind = *known;
  return out;
}

Result<MatchConfig> parse_match_config(std::string_view text, const fs::path& base, const std::string& where) {
  NARU_ASSIGN(const auto document, parse_json(text, where));
  NARU_ASSIGN(const auto reader, Reader::of(document, where));
  NARU_CHECK(
      reader.only({"left", "right", "encoding", "id", "columns", "threshold", "one_to_one", "candidates_per_record"}));
  MatchConfig out;
  NARU_ASSIGN(const auto left, reader.text("left"));
  NARU_ASSIGN(const auto right, reader.text_or("right", ""));
  out.left = base / left;
  if (!right.empty()) out.right = base / right;
  NARU_ASSIGN(out.encoding, reader.text_or("encoding", ""));
  NARU_ASSIGN(out.id, reader.text("id"));
  NARU_ASSIGN(const auto columns, reader.array("columns"));
  for (const auto& [value, place] : columns) {
    NARU_ASSIGN(const auto column, Reader::of(*value, place));
    NARU_CHECK(column.only({"name", "kind"}));
    NARU_ASSIGN(auto field, read_match_field(*value, place));
    out.columns.push_back(std::move(field));
  }
  NARU_ASSIGN(out.threshold, reader.number("threshold"));
  NARU_ASSIGN(out.one_to_one, reader.boolean_or("one_to_one", false));
  NARU_ASSIGN(const auto candidates, reader.integer_or("candidates_per_record", 64));
  if (candidates < 1 || candidates > 100'000) {
    return rejected(say("a number from 1 to 100000 is needed", "1~100000의 수가 필요합니다"),
                    where + ".candidates_per_record");
  }
  out.candidates_per_record = static_cast<std::uint64_t>(candidates);
  NARU_CHECK(check(out, where));
  return out;
}

Result<MatchReport> match_records(const MatchConfig& config, const fs::path& out, const fs::path& clusters,
                                  unsigned threads, Progress& progress) {
  NARU_ASSIGN(const auto table,
              read_match_table(config.left, config.right, config.id, config.columns, config.encoding));
  const auto budget = std::max<std::uint64_t>(2'000'000, table.rows() * config.candidates_per_record);
  NARU_ASSIGN(const auto candidates, find_candidates(table, budget, progress));
  const auto patterns = patterns_of(table, candidates.pairs, threads);
  const MatchModel model(table, candidates.pairs, patterns);
  const double least = std::log(config.threshold / (1 - config.threshold));
  auto pairs = weigh(model, candidates.pairs, patterns, least);
  MatchReport report{.rows_left = table.left_rows,
                     .rows_right = table.rows() - table.left_rows,
                     .compared = static_cast<std::int64_t>(candidates.pairs.size()),
                     .block_rows_max = candidates.block_rows_max,
                     .prior = model.prior()};
  if (config.one_to_one) {
    pairs = one_to_one(pairs, least);
  } else if (!table.two_files) {
    NARU_ASSIGN(pairs, agglomerate(table, model, pairs, least, progress));
  }
  std::ranges::sort(pairs, {}, &WeighedPair::rows);
  if (!table.two_files) {
    const auto first = first_rows(table, pairs);
    std::vector<std::uint32_t> size(first.size());
    for (const auto row : first) ++size[row];
    report.clusters = std::ranges::count_if(size, [](std::uint32_t rows) { return rows > 1; });
    if (!clusters.empty()) NARU_CHECK(write_file_atomic(clusters, clusters_csv(table, first), 0600));
  }
  NARU_CHECK(write_file_atomic(out, pairs_csv(table, pairs), 0600));
  report.pairs = static_cast<std::int64_t>(pairs.size());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    report.fields.push_back({table.columns[c], model.fields()[c].m, model.fields()[c].u});
  }
  return report;
}

}  // namespace naru::linkage
