#include "audit/log.h"

#include "audit/detail.h"
#include "audit/tiles.h"
#include "base/json.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

namespace naru::audit {
namespace {

/// The right edge of the tree: the hashes of each level's last, unfilled tile. Enough to append and to know the root.
struct Edge {
  std::uint64_t size = 0;
  std::vector<std::vector<Digest>> levels = {};
  std::vector<Digest> entries = {};  ///< of the last, unfilled bundle
};

Digest root_of(const Edge& edge) {
  std::optional<Digest> root;
  for (const auto& level : edge.levels) {
    auto end = level.size();
    for (std::size_t bit = 1; bit <= end; bit <<= 1) {
      if ((level.size() & bit) == 0) continue;
      const auto subtree = tree_root(std::span(level).subspan(end - bit, bit));
      root = root ? node_hash(subtree, *root) : subtree;
      end -= bit;
    }
  }
  return root ? *root : sha256(std::string_view{});
}

Result<Edge> load_edge(const fs::path& folder, std::uint64_t size) {
  Edge edge;
  edge.size = size;
  TileReader tiles(folder, size);
  for (unsigned level = 0; (size >> (8 * level)) > 0 && level < tile_levels_max; ++level) {
    const auto number = (size >> (8 * level)) / tile_width;
    edge.levels.emplace_back();
    if (tiles.width(level, number) == 0) continue;
    NARU_ASSIGN(edge.levels.back(), tiles.hashes(level, number));
  }
  if (tiles.width(0, size / tile_width) > 0) {
    NARU_ASSIGN(const auto texts, tiles.entries(size / tile_width));
    for (const auto& text : texts) {
      if (text.size() != 32)
        return rejected(say("an entry of the log has a wrong length", "로그 항목의 길이가 다릅니다"), folder.string());
      Digest entry{};
      std::copy_n(as_bytes(text).begin(), 32, entry.begin());
      edge.entries.push_back(entry);
    }
  }
  return edge;
}

Done write_tile(const fs::path& file, std::string_view content) {
  NARU_CHECK(make_folder(file.parent_path(), 0700));
  return write_file_atomic(file, content, 0600);
}

/// Adds one hash to a level; a tile that fills up is written and its root goes one level up.
Done push_hash(const fs::path& folder, Edge& edge, unsigned level, const Digest& hash) {
  if (edge.levels.size() <= level) edge.levels.resize(level + 1);
  auto& tile = edge.levels[level];
  tile.push_back(hash);
  if (tile.size() < tile_width) return {};
  const auto number = (edge.size >> (8 * level)) / tile_width - 1;  // edge.size already counts this entry
  NARU_CHECK(write_tile(folder / hash_tile_path(level, number, tile_width), encode_hashes(tile)));
  const auto above = tree_root(tile);
  tile.clear();
  return push_hash(folder, edge, level + 1, above);
}

Done push_entry(const fs::path& folder, Edge& edge, const Digest& entry) {
  edge.entries.push_back(entry);
  ++edge.size;
  if (edge.entries.size() == tile_width) {
    NARU_CHECK(
        write_tile(folder / entry_tile_path(edge.size / tile_width - 1, tile_width), encode_entries(edge.entries)));
    edge.entries.clear();
  }
  return push_hash(folder, edge, 0, leaf_hash(entry));
}

Done write_partials(const fs::path& folder, const Edge& edge) {
  for (unsigned level = 0; level < edge.levels.size(); ++level) {
    const auto& tile = edge.levels[level];
    if (tile.empty()) continue;
    const auto number = (edge.size >> (8 * level)) / tile_width;
    const auto file = folder / hash_tile_path(level, number, tile.size());
    std::error_code code;
    // Higher levels seldom change: 256 entries share one hash there.
    if (level > 0 && fs::file_size(file, code) == tile.size() * 32) {
      const auto before = read_file(file);
      if (before.ok() && *before == encode_hashes(tile)) continue;
    }
    NARU_CHECK(write_tile(file, encode_hashes(tile)));
  }
  if (edge.entries.empty()) return {};
  return write_tile(folder / entry_tile_path(edge.size / tile_width, edge.entries.size()),
                    encode_entries(edge.entries));
}

/// Partial tiles that a longer or full one replaces. Failing to remove one harms nothing.
void drop_stale_partials(const fs::path& folder, std::uint64_t before, const Edge& edge) {
  std::error_code code;
  const auto sweep = [&](const fs::path& full, const std::string& keep) {
    const fs::path partials = folder / (full.string() + ".p");
    if (keep.empty()) {
      fs::remove_all(partials, code);
      return;
    }
    for (const auto& file : fs::directory_iterator(partials, code)) {
      if (file.path().filename() != keep) fs::remove(file.path(), code);
    }
  };
  for (unsigned level = 0; level < edge.levels.size(); ++level) {
    const auto was = (before >> (8 * level)) / tile_width;
    const auto is = (edge.size >> (8 * level)) / tile_width;
    if (was != is) sweep(hash_tile_path(level, was, tile_width), "");
    if (!edge.levels[level].empty())
      sweep(hash_tile_path(level, is, tile_width), std::to_string(edge.levels[level].size()));
  }
  if (before / tile_width != edge.size / tile_width) sweep(entry_tile_path(before / tile_width, tile_width), "");
  if (!edge.entries.empty())
    sweep(entry_tile_path(edge.size / tile_width, tile_width), std::to_string(edge.entries.size()));
}

Done append_durably(const fs::path& file, std::string_view content) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  bool good = descriptor >= 0;
  while (good && !content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    good = written > 0;
    if (good) content.remove_prefix(static_cast<std::size_t>(written));
  }
  good = good && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (!good) {
    return internal_error(say("cannot write to the log", "로그에 쓸 수 없습니다"), file.string(),
                          say("nothing was done; check free space and permissions",
                              "아무것도 실행되지 않았습니다. 남은 공간과 권한을 확인하세요"));
  }
  return {};
}

Error not_locked(const fs::path& folder) {
  return internal_error(say("cannot lock the log", "로그를 잠글 수 없습니다"), folder.string(),
                        say("check the folder's permissions", "폴더의 권한을 확인하세요"));
}

}  // namespace

struct Log::State {
  fs::path folder;
  std::string origin;
  const SigningKey* key = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  std::mutex mutex;  // one appender a process; the file lock orders processes
  Checkpoint checkpoint;
  Edge edge;
  std::uint64_t details_bytes = 0;
  bool current = false;

  [[nodiscard]] fs::path details() const { return folder / "details.jsonl"; }

  /// Brings the state up to what stands on disk. REQUIRES: the exclusive lock.
  Done refresh() {
    NARU_ASSIGN(const auto note, read_file(folder / "checkpoint", 1U << 16));
    std::error_code code;
    const auto bytes = fs::exists(details(), code) ? fs::file_size(details(), code) : 0;
    if (current && note == checkpoint.note && bytes == details_bytes) return {};
    current = false;
    NARU_ASSIGN(auto read, trusted_checkpoint(note, key->public_key(), (folder / "checkpoint").string()));
    if (read.origin != origin) {
      return rejected(say("this is the log of \"{}\", not of \"{}\"", "\"{}\"의 로그이며 \"{}\"의 로그가 아닙니다",
                          read.origin, origin),
                      folder.string());
    }
    NARU_ASSIGN(edge, load_edge(folder, read.size));
    if (root_of(edge) != read.root) {
      return rejected(say("the log's tiles do not match its checkpoint", "로그의 타일이 체크포인트와 다릅니다"),
                      folder.string(), say("run naru audit verify", "naru audit verify를 실행하세요"));
    }
    NARU_ASSIGN(details_bytes, settle_details(details(), read.size));
    checkpoint = std::move(read);
    current = true;
    return {};
  }

  Done commit(Edge fresh, std::string_view lines) {
    const auto before = edge.size;
    auto next = sign_checkpoint(origin, fresh.size, root_of(fresh), *key);
    NARU_CHECK(write_partials(folder, fresh));
    NARU_CHECK(write_file_atomic(folder / "checkpoint", next.note, 0600));
    drop_stale_partials(folder, before, fresh);
    edge = std::move(fresh);
    checkpoint = std::move(next);
    details_bytes += lines.size();
    current = true;
    return {};
  }
};

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::~Log() = default;
Log::Log(Log&&) noexcept = default;

Result<Log> Log::open(const fs::path& folder, std::string origin, const SigningKey& key, const Clock& clock,
                      Random& random) {
  NARU_CHECK(make_folder(folder, 0700));
  auto state = std::make_unique<State>();
  state->folder = folder;
  state->origin = std::move(origin);
  state->key = &key;
  state->clock = &clock;
  state->random = &random;
  const LogLock lock(folder, false);
  if (!lock.held()) return not_locked(folder);
  std::error_code code;
  if (!fs::exists(folder / "checkpoint", code)) {
    if (fs::exists(folder / "tile" / "entries" / "000", code)) {
      return rejected(say("the log has entries but no checkpoint", "로그에 항목은 있으나 체크포인트가 없습니다"),
                      folder.string(), say("restore the checkpoint from a copy", "사본에서 체크포인트를 복원하세요"));
    }
    const auto first = sign_checkpoint(state->origin, 0, root_of({}), key);
    NARU_CHECK(write_file_atomic(folder / "checkpoint", first.note, 0600));
  }
  NARU_CHECK(state->refresh());
  return Log(std::move(state));
}

Result<std::uint64_t> Log::append(const Event& event) { return append_all({event}); }

Result<std::uint64_t> Log::append_all(const std::vector<Event>& events) {
  const std::lock_guard guard(state_->mutex);
  const LogLock lock(state_->folder, false);
  if (!lock.held()) return not_locked(state_->folder);
  NARU_CHECK(state_->refresh());
  const auto first = state_->edge.size;
  if (events.empty()) return first;
  std::string lines;
  std::vector<Digest> digests;
  const auto at_ms = state_->clock->now_ms();
  for (const auto& event : events) {
    const auto salt = state_->random->bytes(32);
    NARU_ASSIGN(auto detail, write_detail(first + digests.size(), event, at_ms, salt));
    lines += detail.line;
    digests.push_back(detail.digest);
  }
  // From here on a failure leaves the state to be read again; the checkpoint alone decides what was appended.
  state_->current = false;
  NARU_CHECK(append_durably(state_->details(), lines));
  auto edge = state_->edge;
  for (const auto& digest : digests) NARU_CHECK(push_entry(state_->folder, edge, digest));
  NARU_CHECK(state_->commit(std::move(edge), lines));
  return first;
}

Result<Checkpoint> Log::checkpoint() const { return read_checkpoint(state_->folder); }

Result<Proof> Log::prove(std::uint64_t index) const { return audit::prove(state_->folder, index); }

Result<std::vector<Digest>> Log::consistency(std::uint64_t older, std::uint64_t newer) const {
  const LogLock lock(state_->folder, true);
  NARU_ASSIGN(const auto now, read_checkpoint(state_->folder));
  if (newer > now.size || older > newer) {
    return not_found(say("the log has {} entries", "로그의 항목은 {}개입니다", now.size), state_->folder.string());
  }
  if (older == 0 || older == newer) return std::vector<Digest>{};
  TileReader tiles(state_->folder, now.size);
  return consistency_path(tiles.nodes(), older, newer);
}

Result<std::vector<Entry>> Log::read(std::uint64_t from, std::uint64_t count) const {
  return read_entries(state_->folder, from, count);
}

Done Log::erase_details(std::uint64_t index, std::string_view actor, std::string_view reason) {
  NARU_ASSIGN(const auto now, checkpoint());
  if (index >= now.size) {
    return not_found(say("the log has {} entries", "로그의 항목은 {}개입니다", now.size), std::to_string(index));
  }
  const Json fields = {{"entry", index}, {"reason", std::string(reason)}};
  NARU_CHECK(append({"log.detail_erased", std::string(actor), canonical(fields)}));
  const std::lock_guard guard(state_->mutex);
  const LogLock lock(state_->folder, false);
  if (!lock.held()) return not_locked(state_->folder);
  NARU_CHECK(state_->refresh());
  NARU_ASSIGN(const auto text, read_file(state_->details(), 1ULL << 34));
  std::string out;
  out.reserve(text.size());
  std::uint64_t line = 0;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    if (line == index) {
      out += erased_detail(index);
    } else {
      out.append(text, at, end - at);
    }
    at = end;
  }
  state_->current = false;
  return write_file_atomic(state_->details(), out, 0600);
}

}  // namespace naru::audit
