#include "network/bundle.h"

#include "base/digest.h"
#include "base/json.h"

#include <charconv>
#include <set>

namespace naru::network {
namespace {

constexpr std::string_view magic = "NARU-BUNDLE 1\n";
constexpr std::size_t length_digits = 16;

Error cut(std::string_view where) {
  return rejected(say("the bundle of files is cut or damaged", "파일 묶음이 잘렸거나 손상되었습니다"),
                  std::string(where), say("have it sent again", "다시 보내 달라고 하세요"));
}

Result<Json> read_index(std::string_view& rest, std::string_view where) {
  if (!rest.starts_with(magic) || rest.size() < magic.size() + length_digits + 1) return cut(where);
  const auto digits = rest.substr(magic.size(), length_digits);
  std::uint64_t length = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), length, 16);
  rest.remove_prefix(magic.size() + length_digits);
  if (code != std::errc{} || end != digits.data() + digits.size() || rest.front() != '\n') return cut(where);
  rest.remove_prefix(1);
  if (length > rest.size()) return cut(where);
  NARU_ASSIGN(auto index, parse_json(rest.substr(0, length), where));
  rest.remove_prefix(length);
  if (!index.is_array()) return cut(where);
  return index;
}

}  // namespace

std::string pack(const std::vector<NamedBytes>& files) {
  Json index = Json::array();
  std::size_t total = 0;
  for (const auto& file : files) {
    index.push_back({{"name", file.name}, {"bytes", file.content.size()}, {"sha256", hex(sha256(file.content))}});
    total += file.content.size();
  }
  const auto head = canonical(index);
  std::string out;
  out.reserve(magic.size() + length_digits + 1 + head.size() + total);
  out += magic;
  out += fmt::format("{:016x}\n", head.size());
  out += head;
  for (const auto& file : files) out += file.content;
  return out;
}

Result<std::vector<NamedBytes>> unpack(std::string_view body, std::string_view where) {
  auto rest = body;
  NARU_ASSIGN(const auto index, read_index(rest, where));
  std::vector<NamedBytes> out;
  std::set<std::string> names;
  for (const auto& entry : index) {
    NARU_ASSIGN(const auto reader, Reader::of(entry, std::string(where)));
    NARU_ASSIGN(auto name, reader.text("name"));
    NARU_ASSIGN(const auto bytes, reader.integer("bytes"));
    NARU_ASSIGN(const auto digest, reader.text("sha256"));
    if (!is_plain_name(name) || !names.insert(name).second) return cut(where);
    if (bytes < 0 || static_cast<std::uint64_t>(bytes) > rest.size()) return cut(where);
    const auto content = rest.substr(0, static_cast<std::size_t>(bytes));
    if (hex(sha256(content)) != digest) return cut(where);
    rest.remove_prefix(content.size());
    out.push_back({std::move(name), std::string(content)});
  }
  if (!rest.empty()) return cut(where);
  return out;
}

Result<std::string> pack_folder(const std::filesystem::path& folder) {
  NARU_ASSIGN(const auto names, list_files(folder, false));
  std::vector<NamedBytes> files;
  for (const auto& name : names) {
    NARU_ASSIGN(auto content, read_file(folder / name));
    files.push_back({name.string(), std::move(content)});
  }
  return pack(files);
}

Done unpack_folder(std::string_view body, const std::filesystem::path& target, std::string_view where) {
  NARU_ASSIGN(const auto files, unpack(body, where));
  const fs::path fresh = target.string() + ".fresh";
  std::error_code code;
  fs::remove_all(fresh, code);
  NARU_CHECK(make_folder(fresh, 0700));
  for (const auto& file : files) NARU_CHECK(write_file_atomic(fresh / file.name, file.content, 0600));
  return replace_folder(fresh, target);
}

}  // namespace naru::network
