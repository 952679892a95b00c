#include "genome/manifest.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"

namespace naru::genome {
namespace {

constexpr std::string_view format = "naru-genome-1";
constexpr std::uint64_t part_bytes_most = 1ULL << 36U;

Error changed(const std::filesystem::path& file) {
  return rejected(
      say("this file of the genome store is not the one its manifest names", "유전체 저장소의 파일이 목록과 다릅니다"),
      file.string(),
      say("restore the store from a backup, or import into a new store",
          "백업에서 복원하거나 새 저장소에 적재하십시오"));
}

Result<std::string> read_checked(const std::filesystem::path& file, const std::string& wanted) {
  NARU_ASSIGN(std::string bytes, read_file(file, part_bytes_most));
  if (hex(sha256(bytes)) != wanted) return changed(file);
  return bytes;
}

Result<PartEntry> parse_part(const Json& value, const std::string& where) {
  NARU_ASSIGN(const Reader reader, Reader::of(value, where));
  PartEntry part;
  NARU_ASSIGN(part.name, reader.text("name"));
  NARU_ASSIGN(part.holder, reader.text("holder"));
  NARU_ASSIGN(part.sha256, reader.text("sha256"));
  NARU_ASSIGN(part.samples_sha256, reader.text("samples_sha256"));
  NARU_ASSIGN(part.source_sha256, reader.text("source_sha256"));
  NARU_ASSIGN(part.bytes, reader.integer("bytes"));
  NARU_ASSIGN(part.samples, reader.integer("samples"));
  NARU_ASSIGN(part.sites, reader.integer("sites"));
  NARU_ASSIGN(part.variants, reader.integer("variants"));
  NARU_ASSIGN(part.left_aligned, reader.boolean("left_aligned"));
  if (!is_plain_name(part.name)) {
    return rejected(say("a part's name is not a plain file name", "파일 이름이 올바르지 않습니다"), where);
  }
  return part;
}

}  // namespace

std::filesystem::path part_file(const std::filesystem::path& store, const PartEntry& part) {
  return store / "parts" / (part.name + ".naru-gt");
}
std::filesystem::path samples_file(const std::filesystem::path& store, const PartEntry& part) {
  return store / "private" / (part.name + ".samples");
}

std::string manifest_text(const Manifest& manifest) {
  Json parts = Json::array();
  for (const PartEntry& part : manifest.parts) {
    parts.push_back({{"name", part.name},
                     {"holder", part.holder},
                     {"sha256", part.sha256},
                     {"samples_sha256", part.samples_sha256},
                     {"source_sha256", part.source_sha256},
                     {"bytes", part.bytes},
                     {"samples", part.samples},
                     {"sites", part.sites},
                     {"variants", part.variants},
                     {"left_aligned", part.left_aligned}});
  }
  return pretty(Json{{"format", format}, {"parts", parts}});
}

Result<Manifest> read_manifest(const std::filesystem::path& store) {
  const std::filesystem::path file = store / "manifest.json";
  if (!std::filesystem::exists(file)) {
    return not_found(say("there is no genome store here", "이 위치에 유전체 저장소가 없습니다"), store.string(),
                     say("create one with `naru genome import`", "`naru genome import`로 만드십시오"));
  }
  NARU_ASSIGN(const Json document, read_json(file));
  NARU_ASSIGN(const Reader reader, Reader::of(document, file.string()));
  NARU_CHECK(reader.only({"format", "parts"}));
  NARU_ASSIGN(const std::string written, reader.text("format"));
  if (written != format) {
    return rejected(say("the store has format {}, this program reads {}",
                        "저장소 형식은 {}이며 이 프로그램은 {}을 읽습니다", written, format),
                    file.string());
  }
  NARU_ASSIGN(const auto parts, reader.array("parts"));
  Manifest manifest;
  for (const auto& [value, where] : parts) {
    NARU_ASSIGN(PartEntry part, parse_part(*value, where));
    manifest.parts.push_back(std::move(part));
  }
  return manifest;
}

Result<PartEntry> parse_part_entry(std::string_view json, std::string_view where) {
  NARU_ASSIGN(const Json value, parse_json(json, where));
  return parse_part(value, std::string(where));
}

Result<std::vector<std::string>> read_samples(const std::filesystem::path& store, const PartEntry& part) {
  NARU_ASSIGN(const std::string text, read_checked(samples_file(store, part), part.samples_sha256));
  std::vector<std::string> names;
  std::size_t from = 0;
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', from)) {
    names.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  if (static_cast<std::int64_t>(names.size()) != part.samples) return changed(samples_file(store, part));
  return names;
}

Result<std::string> read_part(const std::filesystem::path& store, const PartEntry& part) {
  return read_checked(part_file(store, part), part.sha256);
}

}  // namespace naru::genome
