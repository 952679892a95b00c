#include "linkage/cluster.h"

#include "base/files.h"
#include "engine/database.h"
#include "linkage/keyed_id.h"
#include "linkage/tokens.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <unordered_map>

namespace naru::linkage {
namespace {

constexpr std::size_t holders_max = 64;

struct Row {
  std::size_t holder = 0;
  std::int64_t row_id = 0;
  auto operator<=>(const Row&) const = default;
};

// Union-find in which every set knows its holders as bits.
class Sets {
 public:
  explicit Sets(const std::vector<Row>& rows) : parent_(rows.size()), holders_(rows.size()) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    for (std::size_t i = 0; i < rows.size(); ++i) holders_[i] = std::uint64_t{1} << rows[i].holder;
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  [[nodiscard]] bool share_holder(std::size_t a, std::size_t b) const { return (holders_[a] & holders_[b]) != 0; }
  // The smaller index stays root: the result does not depend on the order of joins within a set.
  void join(std::size_t a, std::size_t b) {
    if (b < a) std::swap(a, b);
    parent_[b] = a;
    holders_[a] |= holders_[b];
  }

 private:
  std::vector<std::size_t> parent_;
  std::vector<std::uint64_t> holders_;
};

struct Token {
  int strength = 0;
  std::string text;
  std::size_t row = 0;
};

struct Input {
  std::vector<std::string> holders;
  std::vector<Row> rows;
  std::vector<Token> tokens;  ///< strongest first, equal tokens together, rows rising
};

Done read_holder(const HolderTokens& source, std::size_t holder, Input& input,
                 std::vector<std::pair<Row, Token>>& tokens) {
  if (!fs::exists(source.file)) {
    return not_found(say("a holder's tokens are missing", "보유기관의 토큰이 없습니다"), source.holder);
  }
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {fs::absolute(source.file).parent_path()}}));
  NARU_ASSIGN(
      const auto rows,
      database.query("SELECT DISTINCT CAST(row_id AS BIGINT), CAST(kind AS VARCHAR), CAST(token AS VARCHAR) FROM " +
                     engine::parquet(source.file) + " ORDER BY 1, 2, 3"));
  std::int64_t before = 0;
  for (std::size_t i = 0; i < rows.count; ++i) {
    if (rows.is_null(0, i) || rows.is_null(1, i) || rows.is_null(2, i)) {
      return rejected(say("a token record has an empty cell", "토큰 행에 빈 칸이 있습니다"),
                      fmt::format("{}: record {}", source.holder, i + 1));
    }
    const auto kind = std::ranges::find(token_kinds(), std::string_view(rows.text(1, i)), &TokenKind::name);
    if (kind == token_kinds().end()) {
      return rejected(say("an unknown kind of token", "알 수 없는 토큰 종류입니다"),
                      fmt::format("{}: record {}", source.holder, i + 1),
                      say("all sites need the same version", "모든 기관의 버전이 같아야 합니다"));
    }
    const Row row{holder, rows.integer(0, i)};
    if (i == 0 || row.row_id != before) input.rows.push_back(row);
    before = row.row_id;
    if (kind->strength > 0) tokens.push_back({row, {kind->strength, rows.text(2, i), 0}});
  }
  return {};
}

Result<Input> read_all(const ClusterRequest& request) {
  Input input;
  std::vector<HolderTokens> sources = request.tokens;
  std::ranges::sort(sources, {}, &HolderTokens::holder);
  if (sources.size() > holders_max) {
    return rejected(say("more than {} holders", "보유기관이 {}개를 넘습니다", holders_max), "tokens");
  }
  std::vector<std::pair<Row, Token>> tokens;
  for (std::size_t h = 0; h < sources.size(); ++h) {
    if (h > 0 && sources[h].holder == sources[h - 1].holder) {
      return rejected(say("a holder stands twice", "보유기관이 두 번 나옵니다"), sources[h].holder);
    }
    input.holders.push_back(sources[h].holder);
    NARU_CHECK(read_holder(sources[h], h, input, tokens));
  }
  // Rows came in order of holder and row, so that their place is found by search.
  input.tokens.reserve(tokens.size());
  for (auto& [row, token] : tokens) {
    const auto at = std::ranges::lower_bound(input.rows, row);
    token.row = static_cast<std::size_t>(at - input.rows.begin());
    input.tokens.push_back(std::move(token));
  }
  std::ranges::sort(input.tokens, [](const Token& a, const Token& b) {
    if (a.strength != b.strength) return a.strength > b.strength;
    const int texts = a.text.compare(b.text);
    return texts != 0 ? texts < 0 : a.row < b.row;
  });
  return input;
}

// Rows of one token that may use it: of each holder the only one (or all, when the policy merges within holders).
std::vector<std::size_t> usable_rows(const std::vector<Row>& rows, std::span<const Token> equal, bool merge) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < equal.size(); ++i) {
    const auto holder = rows[equal[i].row].holder;
    const bool before = i > 0 && rows[equal[i - 1].row].holder == holder;
    const bool after = i + 1 < equal.size() && rows[equal[i + 1].row].holder == holder;
    if (merge || (!before && !after)) out.push_back(equal[i].row);
  }
  return out;
}

std::string_view kind_of(int strength) {
  return std::ranges::find(token_kinds(), strength, &TokenKind::strength)->name;
}

void join_all(const Input& input, const ClusterRules& rules, Sets& sets, ClusterReport& report) {
  const int strongest = token_kinds().front().strength;
  for (std::size_t from = 0; from < input.tokens.size();) {
    std::size_t to = from + 1;
    while (to < input.tokens.size() && input.tokens[to].strength == input.tokens[from].strength &&
           input.tokens[to].text == input.tokens[from].text) {
      ++to;
    }
    const auto equal = std::span(input.tokens).subspan(from, to - from);
    const int strength = equal.front().strength;
    from = to;
    if (equal.size() < 2) continue;
    // Only the strongest kind may say that one holder wrote a person down twice.
    const bool merge = rules.merge_within_holder && strength == strongest;
    const auto rows = static_cast<std::int64_t>(equal.size()) > rules.rows_per_token_max
                          ? std::vector<std::size_t>{}
                          : usable_rows(input.rows, equal, merge);
    if (rows.size() < 2) {
      ++report.tokens_ignored;
      continue;
    }
    for (std::size_t i = 1; i < rows.size(); ++i) {
      const auto a = sets.root(rows[0]);
      const auto b = sets.root(rows[i]);
      if (a == b) continue;
      if (!merge && sets.share_holder(a, b)) {
        ++report.joins_refused;
        continue;
      }
      sets.join(a, b);
      ++report.joins_by_kind[std::string(kind_of(strength))];
    }
  }
}

Result<std::map<Row, std::int64_t>> earlier_clusters(const fs::path& file, const std::vector<std::string>& holders) {
  std::map<Row, std::int64_t> out;
  if (file.empty() || !fs::exists(file)) return out;
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {fs::absolute(file).parent_path()}}));
  NARU_ASSIGN(const auto rows,
              database.query("SELECT holder, row_id, cluster FROM " + engine::parquet(file) + " ORDER BY ALL"));
  for (std::size_t i = 0; i < rows.count; ++i) {
    const auto at = std::ranges::lower_bound(holders, rows.text(0, i));
    if (at == holders.end() || *at != rows.text(0, i)) continue;
    out[{static_cast<std::size_t>(at - holders.begin()), rows.integer(1, i)}] = rows.integer(2, i);
  }
  return out;
}

// A cluster keeps the smallest id its rows had before; a new one gets the keyed number of its first row.
Result<std::vector<std::int64_t>> number_clusters(const Input& input, Sets& sets, const ClusterRequest& request) {
  NARU_ASSIGN(const auto earlier, earlier_clusters(request.previous, input.holders));
  std::map<std::size_t, std::int64_t> id_of_root;
  for (std::size_t i = 0; i < input.rows.size(); ++i) {
    auto& id = id_of_root[sets.root(i)];
    const auto known = earlier.find(input.rows[i]);
    if (known != earlier.end() && (id == 0 || known->second < id)) id = known->second;
  }
  std::set<std::int64_t> taken;
  // Ids that were handed out before are never given to somebody else, even if nobody carries them now.
  for (const auto& [row, id] : earlier) taken.insert(id);
  std::set<std::int64_t> used;
  detail::Keyed keyed(request.key, "cluster");
  for (auto& [root, id] : id_of_root) {
    if (id != 0 && used.insert(id).second) continue;
    const auto& first = input.rows[root];
    id = keyed.id_of(fmt::format("{}\x1f{}", input.holders[first.holder], first.row_id));
    for (int again = 1; taken.contains(id) || used.contains(id); ++again) {
      id = keyed.id_of(fmt::format("{}\x1f{}\x1f{}", input.holders[first.holder], first.row_id, again));
    }
    used.insert(id);
  }
  std::vector<std::int64_t> out;
  out.reserve(input.rows.size());
  for (std::size_t i = 0; i < input.rows.size(); ++i) out.push_back(id_of_root.at(sets.root(i)));
  return out;
}

void count_clusters(const Input& input, const std::vector<std::int64_t>& ids, ClusterReport& report) {
  std::map<std::int64_t, std::map<std::size_t, std::int64_t>> sizes;
  for (std::size_t i = 0; i < ids.size(); ++i) ++sizes[ids[i]][input.rows[i].holder];
  report.rows = static_cast<std::int64_t>(ids.size());
  report.clusters = static_cast<std::int64_t>(sizes.size());
  for (const auto& [id, holders] : sizes) {
    report.clusters_of_several_holders += holders.size() > 1 ? 1 : 0;
    std::int64_t all = 0;
    std::int64_t within = 0;
    for (const auto& [holder, rows] : holders) {
      all += rows;
      within += rows * (rows - 1) / 2;
    }
    report.pairs += all * (all - 1) / 2 - within;
  }
}

Done write_clusters(const Input& input, const std::vector<std::int64_t>& ids, const fs::path& out) {
  NARU_CHECK(make_folder(out.parent_path()));
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {fs::absolute(out).parent_path()}}));
  engine::Rows rows{
      .columns = {{.name = "holder", .kind = engine::Kind::text}, {.name = "row_id"}, {.name = "cluster"}},
      .count = ids.size()};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    rows.columns[0].texts.push_back(input.holders[input.rows[i].holder]);
    rows.columns[1].integers.push_back(input.rows[i].row_id);
    rows.columns[2].integers.push_back(ids[i]);
  }
  for (auto& column : rows.columns) column.valid.assign(ids.size(), 1);
  NARU_CHECK(database.run("CREATE TABLE made(holder VARCHAR, row_id BIGINT, cluster BIGINT)"));
  NARU_CHECK(database.append("made", rows));
  NARU_ASSIGN(const auto written, database.copy_to_parquet("SELECT * FROM made", "holder, row_id", out));
  static_cast<void>(written);
  return {};
}

}  // namespace

Result<ClusterReport> cluster(const ClusterRequest& request) {
  if (request.rules.rows_per_token_max < 2) {
    return rejected(say("a token limit of at least 2 rows is needed", "토큰당 행 한도는 2 이상이어야 합니다"),
                    "rows_per_token_max");
  }
  NARU_ASSIGN(const auto input, read_all(request));
  ClusterReport report;
  Sets sets(input.rows);
  join_all(input, request.rules, sets, report);
  NARU_ASSIGN(const auto ids, number_clusters(input, sets, request));
  count_clusters(input, ids, report);
  NARU_CHECK(write_clusters(input, ids, request.out));
  return report;
}

}  // namespace naru::linkage
