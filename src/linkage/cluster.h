#pragma once
/// At the key manager: which rows of different holders are the same person, from tokens alone. The rule is exact and
/// explained in docs/methods/linkage-keys.md: strongest kind first; a join that would put two rows of one holder
/// together is refused; a token that is not one row per holder is not used for that holder.
#include "base/bytes.h"
#include "base/result.h"
#include "base/strong_id.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::linkage {

struct HolderTokens {
  SiteName holder;
  std::filesystem::path file;
};

struct ClusterRules {
  std::int64_t rows_per_token_max = 0;  ///< a token that more rows share is not used; >= 2
  bool merge_within_holder = false;
};

struct ClusterRequest {
  std::vector<HolderTokens> tokens;
  Bytes key;                       ///< the key manager's: makes cluster ids random-looking and repeatable
  std::filesystem::path previous;  ///< earlier clusters.parquet, or empty or missing: known rows keep their cluster id
  ClusterRules rules;
  std::filesystem::path out;  ///< clusters.parquet: holder VARCHAR, row_id BIGINT, cluster BIGINT
};

struct ClusterReport {
  std::int64_t rows = 0;
  std::int64_t clusters = 0;
  std::int64_t clusters_of_several_holders = 0;
  std::int64_t pairs = 0;  ///< pairs of rows of different holders in one cluster
  std::map<std::string, std::int64_t> joins_by_kind = {};
  std::int64_t tokens_ignored = 0;  ///< shared by too many rows, or ambiguous within a holder
  std::int64_t joins_refused = 0;   ///< would have put two rows of one holder together
};
[[nodiscard]] Result<ClusterReport> cluster(const ClusterRequest& request);

/// What a holder gets: (row_id, shift_id) of its own rows; shift_id = HMAC of the cluster under the key manager's key.
[[nodiscard]] Result<std::int64_t> write_shift_ids(const std::filesystem::path& clusters, std::string_view holder,
                                                   std::span<const std::uint8_t> key, const std::filesystem::path& out);
/// What the combiner gets: (holder, row_id, link_id); link_id under another derived key.
[[nodiscard]] Result<std::int64_t> write_link_map(const std::filesystem::path& clusters,
                                                  std::span<const std::uint8_t> key, const std::filesystem::path& out);

struct ClusterRow {
  SiteName holder;
  std::int64_t row_id = 0;
  std::int64_t cluster = 0;
  std::int64_t link_id = 0;  ///< what the combiner knows the person by
  auto operator<=>(const ClusterRow&) const = default;
};
/// Withdrawal: every row of the person behind one row, that one included, by holder and row. Error not_found.
[[nodiscard]] Result<std::vector<ClusterRow>> rows_of_same_person(const std::filesystem::path& clusters,
                                                                  std::string_view holder, std::int64_t row_id,
                                                                  std::span<const std::uint8_t> key);

}  // namespace naru::linkage
