#include "audit/tiles.h"

#include <fmt/format.h>

namespace naru::audit {
namespace {

Error damaged(std::string_view where) {
  return rejected(say("the log is damaged here", "로그가 여기서 손상되었습니다"), std::string(where),
                  say("run naru audit verify, and restore the folder from a copy",
                      "naru audit verify를 실행하고 사본에서 폴더를 복원하세요"));
}

fs::path with_width(const std::string& path, std::uint64_t width) {
  return width == tile_width ? fs::path(path) : fs::path(fmt::format("{}.p/{}", path, width));
}

}  // namespace

std::string tile_number(std::uint64_t number) {
  auto out = fmt::format("{:03}", number % 1000);
  for (number /= 1000; number > 0; number /= 1000) out = fmt::format("x{:03}/{}", number % 1000, out);
  return out;
}

fs::path hash_tile_path(unsigned level, std::uint64_t number, std::uint64_t width) {
  return with_width(fmt::format("tile/{}/{}", level, tile_number(number)), width);
}
fs::path entry_tile_path(std::uint64_t number, std::uint64_t width) {
  return with_width("tile/entries/" + tile_number(number), width);
}

std::string encode_hashes(std::span<const Digest> hashes) {
  std::string out;
  out.reserve(hashes.size() * 32);
  for (const auto& hash : hashes) out.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  return out;
}

Result<std::vector<Digest>> decode_hashes(std::string_view bytes, std::string_view where) {
  if (bytes.size() % 32 != 0 || bytes.size() > tile_width * 32) return damaged(where);
  std::vector<Digest> out(bytes.size() / 32);
  const auto raw = as_bytes(bytes);
  for (std::size_t i = 0; i < out.size(); ++i)
    std::copy_n(raw.begin() + static_cast<std::ptrdiff_t>(i * 32), 32, out[i].begin());
  return out;
}

std::string encode_entries(std::span<const Digest> entries) {
  std::string out;
  out.reserve(entries.size() * 34);
  for (const auto& entry : entries) {
    out += '\0';
    out += '\x20';
    out.append(reinterpret_cast<const char*>(entry.data()), entry.size());
  }
  return out;
}

Result<std::vector<std::string>> decode_entries(std::string_view bytes, std::string_view where) {
  std::vector<std::string> out;
  while (!bytes.empty()) {
    if (bytes.size() < 2) return damaged(where);
    const auto raw = as_bytes(bytes);
    const std::size_t length = (static_cast<std::size_t>(raw[0]) << 8) | raw[1];
    if (bytes.size() < 2 + length) return damaged(where);
    out.emplace_back(bytes.substr(2, length));
    bytes.remove_prefix(2 + length);
  }
  return out;
}

std::uint64_t TileReader::width(unsigned level, std::uint64_t number) const {
  const auto count = size_ >> (8 * level);
  if (number > count / tile_width) return 0;
  return number < count / tile_width ? tile_width : count % tile_width;
}

Result<std::vector<Digest>> TileReader::hashes(unsigned level, std::uint64_t number) {
  const auto key = std::make_pair(level, number);
  if (const auto found = kept_.find(key); found != kept_.end()) return found->second;
  const auto wide = width(level, number);
  const auto path = hash_tile_path(level, number, wide);
  if (wide == 0) return damaged(path.string());
  auto bytes = read_file(folder_ / path, tile_width * 32);
  if (!bytes.ok()) return damaged(path.string());
  NARU_ASSIGN(auto out, decode_hashes(*bytes, path.string()));
  if (out.size() != wide) return damaged(path.string());
  kept_[key] = out;
  return out;
}

Result<std::vector<std::string>> TileReader::entries(std::uint64_t number) {
  const auto wide = width(0, number);
  const auto path = entry_tile_path(number, wide);
  if (wide == 0) return damaged(path.string());
  auto bytes = read_file(folder_ / path, 1U << 24);
  if (!bytes.ok()) return damaged(path.string());
  return decode_entries(*bytes, path.string());
}

NodeSource TileReader::nodes() {
  return [this](unsigned level, std::uint64_t index) -> Result<Digest> {
    const auto tile_level = level / 8;
    const auto within = level % 8;  // 2^within neighbours of one tile make the node
    const auto first = index << within;
    NARU_ASSIGN(const auto tile, hashes(tile_level, first / tile_width));
    const auto offset = first % tile_width;
    const auto count = std::uint64_t{1} << within;
    if (offset + count > tile.size())
      return damaged(hash_tile_path(tile_level, first / tile_width, tile.size()).string());
    return tree_root(std::span(tile).subspan(offset, count));
  };
}

}  // namespace naru::audit
