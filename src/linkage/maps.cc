// What leaves the key manager: two maps under two derived keys, so that neither receiver can join with the other's.
#include "base/files.h"
#include "engine/database.h"
#include "linkage/cluster.h"
#include "linkage/keyed_id.h"

namespace naru::linkage {
namespace {

Result<engine::Database> open_for(const fs::path& clusters, const fs::path& out) {
  if (!fs::exists(clusters)) {
    return not_found(say("no rows have been linked yet", "아직 결합된 행이 없습니다"), clusters.filename().string());
  }
  engine::DatabaseOptions options{.allowed_folders = {fs::absolute(clusters).parent_path()}};
  if (!out.empty()) {
    NARU_CHECK(make_folder(out.parent_path()));
    options.allowed_folders.push_back(fs::absolute(out).parent_path());
  }
  return engine::Database::open(options);
}

void fill_ids(engine::Column& column, const engine::Column& clusters, std::span<const std::uint8_t> key,
              std::string_view label) {
  detail::Keyed keyed(key, label);
  for (const auto cluster : clusters.integers) column.integers.push_back(keyed.id_of(std::to_string(cluster)));
  column.valid.assign(column.integers.size(), 1);
  column.kind = engine::Kind::integer;
}

}  // namespace

Result<std::int64_t> write_shift_ids(const std::filesystem::path& clusters, std::string_view holder,
                                     std::span<const std::uint8_t> key, const std::filesystem::path& out) {
  NARU_ASSIGN(auto database, open_for(clusters, out));
  NARU_ASSIGN(auto rows, database.query("SELECT row_id, cluster FROM " + engine::parquet(clusters) +
                                            " WHERE holder = ? ORDER BY row_id",
                                        {std::string(holder)}));
  engine::Column ids{.name = "shift_id"};
  fill_ids(ids, rows.columns[1], key, "shift");
  rows.columns[1] = std::move(ids);
  NARU_CHECK(database.run("CREATE TABLE made(row_id BIGINT, shift_id BIGINT)"));
  NARU_CHECK(database.append("made", rows));
  return database.copy_to_parquet("SELECT * FROM made", "row_id", out);
}

Result<std::int64_t> write_link_map(const std::filesystem::path& clusters, std::span<const std::uint8_t> key,
                                    const std::filesystem::path& out) {
  NARU_ASSIGN(auto database, open_for(clusters, out));
  NARU_ASSIGN(auto rows, database.query("SELECT holder, row_id, cluster FROM " + engine::parquet(clusters) +
                                        " ORDER BY holder, row_id"));
  engine::Column ids{.name = "link_id"};
  fill_ids(ids, rows.columns[2], key, "link");
  rows.columns[2] = std::move(ids);
  NARU_CHECK(database.run("CREATE TABLE made(holder VARCHAR, row_id BIGINT, link_id BIGINT)"));
  NARU_CHECK(database.append("made", rows));
  return database.copy_to_parquet("SELECT * FROM made", "holder, row_id", out);
}

Result<std::vector<ClusterRow>> rows_of_same_person(const std::filesystem::path& clusters, std::string_view holder,
                                                    std::int64_t row_id, std::span<const std::uint8_t> key) {
  NARU_ASSIGN(auto database, open_for(clusters, {}));
  const auto relation = engine::parquet(clusters);
  NARU_ASSIGN(const auto rows, database.query("SELECT holder, row_id, cluster FROM " + relation +
                                                  " WHERE cluster IN (SELECT cluster FROM " + relation +
                                                  " WHERE holder = ? AND row_id = ?) ORDER BY holder, row_id",
                                              {std::string(holder), row_id}));
  if (rows.count == 0) {
    return not_found(say("the row is not among the linked ones", "결합된 행 가운데 없습니다"), std::string(holder),
                     say("send the holder's tokens again", "보유기관의 토큰을 다시 보내세요"));
  }
  detail::Keyed keyed(key, "link");
  std::vector<ClusterRow> out;
  for (std::size_t i = 0; i < rows.count; ++i) {
    const auto cluster = rows.integer(2, i);
    out.push_back({rows.text(0, i), rows.integer(1, i), cluster, keyed.id_of(std::to_string(cluster))});
  }
  return out;
}

}  // namespace naru::linkage
