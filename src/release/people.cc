#include "release/people.h"

#include "engine/database.h"

#include <string>

namespace naru::release {

protect::Pseudonymiser release_person_ids(std::span<const std::uint8_t> release_key, std::string_view release) {
  return {release_key, "release/" + std::string(release)};
}

Result<std::unordered_map<std::int64_t, std::int64_t>> lasting_ids(const std::filesystem::path& link_map,
                                                                   std::span<const std::uint8_t> release_key,
                                                                   std::string_view release) {
  engine::DatabaseOptions options;
  options.allowed_folders = {link_map.parent_path()};
  NARU_ASSIGN(auto database, engine::Database::open(options));
  auto ids = release_person_ids(release_key, release);
  std::unordered_map<std::int64_t, std::int64_t> out;
  NARU_CHECK(database.each_batch("SELECT DISTINCT CAST(link_id AS BIGINT) AS link_id FROM " + engine::parquet(link_map),
                                 {}, [&](const engine::Rows& rows) -> Done {
                                   for (std::size_t row = 0; row < rows.count; ++row)
                                     out.emplace(ids.of(rows.integer(0, row)), rows.integer(0, row));
                                   return {};
                                 }));
  return out;
}

}  // namespace naru::release
