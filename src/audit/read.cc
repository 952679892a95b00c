#include "audit/detail.h"
#include "audit/log.h"
#include "audit/tiles.h"
#include "base/json.h"

#include <fstream>

namespace naru::audit {

Result<Checkpoint> read_checkpoint(const fs::path& folder) {
  NARU_ASSIGN(const auto note, read_file(folder / "checkpoint", 1U << 16));
  return parse_checkpoint(note, (folder / "checkpoint").string());
}

Result<Proof> prove(const fs::path& folder, std::uint64_t index) {
  const LogLock lock(folder, true);
  Proof out;
  NARU_ASSIGN(out.checkpoint, read_checkpoint(folder));
  if (index >= out.checkpoint.size) {
    return not_found(say("the log has {} entries, numbered from 0", "로그의 항목은 {}개이며 번호는 0부터입니다",
                         out.checkpoint.size),
                     std::to_string(index));
  }
  out.index = index;
  TileReader tiles(folder, out.checkpoint.size);
  NARU_ASSIGN(const auto texts, tiles.entries(index / tile_width));
  const auto within = index % tile_width;
  if (within >= texts.size() || texts[within].size() != out.entry.size()) {
    return rejected(say("entry {} cannot be read", "항목 {}을(를) 읽을 수 없습니다", index), folder.string(),
                    say("run naru audit verify", "naru audit verify를 실행하세요"));
  }
  std::copy_n(as_bytes(texts[within]).begin(), out.entry.size(), out.entry.begin());
  NARU_ASSIGN(out.path, inclusion_path(tiles.nodes(), index, out.checkpoint.size));
  return out;
}

Result<std::vector<Entry>> read_entries(const fs::path& folder, std::uint64_t from, std::uint64_t count) {
  const LogLock lock(folder, true);
  NARU_ASSIGN(const auto now, read_checkpoint(folder));
  const auto to = from >= now.size ? from : from + std::min(count, now.size - from);
  std::vector<Entry> out;
  TileReader tiles(folder, now.size);
  for (auto index = from; index < to;) {
    NARU_ASSIGN(const auto texts, tiles.entries(index / tile_width));
    for (auto within = index % tile_width; within < texts.size() && index < to; ++within, ++index) {
      Entry entry;
      entry.index = index;
      entry.erased = true;  // until its detail is found
      if (texts[within].size() == 32) std::copy_n(as_bytes(texts[within]).begin(), 32, entry.digest.begin());
      out.push_back(std::move(entry));
    }
    if (texts.empty()) break;
  }
  std::ifstream in(folder / "details.jsonl", std::ios::binary);
  std::string line;
  for (std::uint64_t at = 0; at < to && std::getline(in, line); ++at) {
    if (at < from || at - from >= out.size()) continue;
    const auto detail = read_detail(line, "details.jsonl");
    auto& entry = out[at - from];
    if (!detail.ok() || detail->erased || detail->digest != entry.digest) continue;
    entry.erased = false;
    entry.at_ms = detail->at_ms;
    entry.event = detail->event;
  }
  return out;
}

std::string proof_json(const Proof& proof) {
  auto path = Json::array();
  for (const auto& hash : proof.path) path.push_back(hex(hash));
  return canonical({{"index", proof.index},
                    {"entry", hex(proof.entry)},
                    {"path", path},
                    {"origin", proof.checkpoint.origin},
                    {"size", proof.checkpoint.size},
                    {"root", hex(proof.checkpoint.root)},
                    {"checkpoint", proof.checkpoint.note}});
}

Result<Proof> verify_proof(std::string_view text, const PublicKey& key, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  Proof out;
  NARU_ASSIGN(const auto index, reader.integer("index"));
  NARU_ASSIGN(const auto note, reader.text("checkpoint"));
  NARU_ASSIGN(const auto entry, reader.text("entry"));
  NARU_ASSIGN(out.entry, public_key_from_hex(entry, std::string(where) + ".entry"));
  NARU_ASSIGN(const auto path, reader.texts("path"));
  for (const auto& step : path) {
    NARU_ASSIGN(auto hash, public_key_from_hex(step, std::string(where) + ".path"));
    out.path.push_back(hash);
  }
  NARU_ASSIGN(out.checkpoint, trusted_checkpoint(note, key, std::string(where) + ".checkpoint"));
  out.index = static_cast<std::uint64_t>(index);
  if (index < 0 ||
      !inclusion_holds(leaf_hash(out.entry), out.index, out.checkpoint.size, out.path, out.checkpoint.root)) {
    return rejected(
        say("entry {} is not in the tree of this checkpoint", "항목 {}은(는) 이 체크포인트의 트리에 없습니다", index),
        std::string(where) + ".path");
  }
  return out;
}

}  // namespace naru::audit
