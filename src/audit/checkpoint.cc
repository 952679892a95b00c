#include "audit/checkpoint.h"

#include "audit/tiles.h"

#include <fmt/format.h>

#include <charconv>

namespace naru::audit {
namespace {

constexpr std::string_view dash = "\xE2\x80\x94 ";  // U+2014 and a blank start a signature line

/// First four bytes of SHA-256(name LF 0x01 key), as in C2SP signed-note.
Bytes key_id(std::string_view name, const PublicKey& key) {
  std::string message(name);
  message += "\n\x01";
  message.append(reinterpret_cast<const char*>(key.data()), key.size());
  const auto digest = sha256(message);
  return Bytes(digest.begin(), digest.begin() + 4);
}

Error broken(std::string_view where, std::string_view line) {
  return rejected(say("the checkpoint's {} cannot be read", "체크포인트를 읽을 수 없습니다: {}", line),
                  std::string(where),
                  say("take a fresh copy from the site that signed it", "서명한 사이트에서 다시 받으세요"));
}

std::string text_of(const Checkpoint& checkpoint) {
  return fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, to_base64(checkpoint.root));
}

struct Note {
  Checkpoint checkpoint;
  std::string text;
  std::vector<std::pair<std::string, Bytes>> signatures;
};

/// Takes the next line off, without its line break.
Result<std::string_view> next_line(std::string_view& rest, std::string_view where, std::string_view what) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return broken(where, what);
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

Result<Note> read_note(std::string_view note, std::string_view where) {
  if (note.size() > 64 * 1024 || !is_utf8(note)) return broken(where, "text");
  Note out;
  auto rest = note;
  NARU_ASSIGN(const auto origin, next_line(rest, where, "origin"));
  NARU_ASSIGN(const auto size, next_line(rest, where, "size"));
  NARU_ASSIGN(const auto root, next_line(rest, where, "root"));
  if (origin.empty() || origin.find_first_of(" +\t\r") != std::string_view::npos) return broken(where, "origin");
  out.checkpoint.origin = origin;
  const auto [end, code] = std::from_chars(size.data(), size.data() + size.size(), out.checkpoint.size);
  if (code != std::errc{} || end != size.data() + size.size() || (size.size() > 1 && size.front() == '0') ||
      out.checkpoint.size > entries_max) {
    return broken(where, "size");
  }
  NARU_ASSIGN(const auto bytes, from_base64(root, where));
  if (bytes.size() != out.checkpoint.root.size()) return broken(where, "root");
  std::copy(bytes.begin(), bytes.end(), out.checkpoint.root.begin());
  for (;;) {  // extension lines are allowed and signed; they mean nothing here
    NARU_ASSIGN(const auto line, next_line(rest, where, "blank line"));
    if (line.empty()) break;
  }
  out.text = note.substr(0, note.size() - rest.size() - 1);
  while (!rest.empty()) {
    NARU_ASSIGN(auto line, next_line(rest, where, "signature line"));
    if (!line.starts_with(dash)) return broken(where, "signature line");
    line.remove_prefix(dash.size());
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos || blank == 0) return broken(where, "signature line");
    NARU_ASSIGN(auto signature, from_base64(line.substr(blank + 1), where));
    if (signature.size() < 5) return broken(where, "signature line");
    out.signatures.emplace_back(line.substr(0, blank), std::move(signature));
  }
  if (out.signatures.empty()) return broken(where, "signature line");
  out.checkpoint.note = note;
  return out;
}

}  // namespace

Checkpoint sign_checkpoint(std::string_view origin, std::uint64_t size, const Digest& root, const SigningKey& key) {
  Checkpoint out{std::string(origin), size, root, {}};
  const auto text = text_of(out);
  auto signature = key_id(origin, key.public_key());
  const auto raw = key.sign(text);
  signature.insert(signature.end(), raw.begin(), raw.end());
  out.note = fmt::format("{}\n{}{} {}\n", text, dash, origin, to_base64(signature));
  return out;
}

Result<Checkpoint> parse_checkpoint(std::string_view note, std::string_view where) {
  NARU_ASSIGN(auto read, read_note(note, where));
  return std::move(read.checkpoint);
}

Result<Checkpoint> trusted_checkpoint(std::string_view note, const PublicKey& key, std::string_view where) {
  NARU_ASSIGN(auto read, read_note(note, where));
  const auto id = key_id(read.checkpoint.origin, key);
  for (const auto& [name, bytes] : read.signatures) {
    if (name != read.checkpoint.origin || bytes.size() != 4 + 64 || !std::equal(id.begin(), id.end(), bytes.begin())) {
      continue;
    }
    Signature signature{};
    std::copy(bytes.begin() + 4, bytes.end(), signature.begin());
    if (naru::verify(key, read.text, signature)) return std::move(read.checkpoint);
  }
  return rejected(say("the checkpoint of \"{}\" is not signed by the trusted key",
                      "\"{}\"의 체크포인트가 신뢰하는 키로 서명되지 않았습니다", read.checkpoint.origin),
                  std::string(where),
                  say("check that the key is the site's, from a source other than this folder",
                      "키가 그 사이트의 것인지 이 폴더가 아닌 곳에서 확인하세요"));
}

}  // namespace naru::audit
