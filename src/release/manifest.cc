#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "release/layout.h"
#include "release/seal.h"

namespace naru::release {
namespace {

Json file_json(const ManifestFile& file) {
  Json out{{"path", file.path},
           {"tier", file.tier},
           {"sha256", file.sha256},
           {"bytes", file.bytes},
           {"blocks", file.blocks}};
  if (!file.rows) return out;
  out["rows"] = *file.rows;
  Json schema = Json::array();
  for (const auto& column : file.schema) schema.push_back({{"name", column.name}, {"type", column.type}});
  out["schema"] = schema;
  return out;
}

Result<ManifestFile> read_file_entry(const Json& value, const std::string& where) {
  NARU_ASSIGN(const auto reader, Reader::of(value, where));
  NARU_CHECK(reader.only({"path", "tier", "sha256", "bytes", "blocks", "rows", "schema"}));
  ManifestFile file;
  NARU_ASSIGN(file.path, reader.text("path"));
  NARU_ASSIGN(file.tier, reader.text("tier"));
  NARU_ASSIGN(file.sha256, reader.text("sha256"));
  NARU_ASSIGN(const auto bytes, reader.integer("bytes"));
  if (bytes < 0) return rejected(say("a size below zero", "0보다 작은 크기"), where + ".bytes");
  file.bytes = static_cast<std::uint64_t>(bytes);
  NARU_ASSIGN(file.blocks, reader.texts("blocks"));
  // A path that leaves the folder would let a manifest vouch for, or ask about, files elsewhere.
  const fs::path path(file.path);
  if (file.path.empty() || path.is_absolute() || path.lexically_normal() != path || file.path.starts_with("..")) {
    return rejected(say("not a plain relative path", "평범한 상대 경로가 아닙니다"), where + ".path");
  }
  if (!reader.has("rows")) return file;
  NARU_ASSIGN(file.rows, reader.integer("rows"));
  NARU_ASSIGN(const auto schema, reader.array("schema"));
  for (const auto& [column, place] : schema) {
    NARU_ASSIGN(const auto each, Reader::of(*column, place));
    NARU_CHECK(each.only({"name", "type"}));
    FileColumn made;
    NARU_ASSIGN(made.name, each.text("name"));
    NARU_ASSIGN(made.type, each.text("type"));
    file.schema.push_back(std::move(made));
  }
  return file;
}

Done read_head(const Reader& reader, Manifest& out) {
  NARU_ASSIGN(out.id, reader.text("id"));
  if (!is_plain_name(out.id))
    return rejected(say("not a plain name", "평범한 이름이 아닙니다"), reader.where() + ".id");
  NARU_ASSIGN(out.phase, reader.integer("phase"));
  NARU_ASSIGN(out.created, reader.text("created"));
  NARU_ASSIGN(out.code_version, reader.text("code_version"));
  NARU_ASSIGN(out.issuer, reader.text("issuer"));
  NARU_ASSIGN(out.sources, reader.texts("sources"));
  NARU_ASSIGN(out.consent_epoch, reader.integer("consent_epoch"));
  NARU_ASSIGN(out.vocabulary_hash, reader.text("vocabulary_hash"));
  NARU_ASSIGN(out.persons, reader.integer("persons"));
  NARU_ASSIGN(const auto policy, reader.object("policy"));
  NARU_CHECK(policy.only({"id", "hash"}));
  NARU_ASSIGN(out.policy, policy.text("id"));
  NARU_ASSIGN(out.policy_hash, policy.text("hash"));
  if (reader.raw().contains("parent") && !reader.raw().at("parent").is_null()) {
    NARU_ASSIGN(const auto parent, reader.object("parent"));
    NARU_CHECK(parent.only({"id", "manifest"}));
    NARU_ASSIGN(out.parent, parent.text("id"));
    NARU_ASSIGN(out.parent_manifest, parent.text("manifest"));
  }
  return {};
}

}  // namespace

std::string table_of(const ManifestFile& file) {
  if (!file.path.starts_with("data/") || !file.path.ends_with(".parquet")) return {};
  return fs::path(file.path).stem().string();
}

std::string manifest_json(const Manifest& manifest) {
  Json files = Json::array();
  for (const auto& file : manifest.files) files.push_back(file_json(file));
  Json parent = nullptr;
  if (!manifest.parent.empty()) parent = {{"id", manifest.parent}, {"manifest", manifest.parent_manifest}};
  return pretty({{"id", manifest.id},
                 {"phase", manifest.phase},
                 {"parent", parent},
                 {"created", manifest.created},
                 {"code_version", manifest.code_version},
                 {"issuer", manifest.issuer},
                 {"sources", manifest.sources},
                 {"consent_epoch", manifest.consent_epoch},
                 {"policy", {{"id", manifest.policy}, {"hash", manifest.policy_hash}}},
                 {"vocabulary_hash", manifest.vocabulary_hash},
                 {"block_bytes", manifest.block_bytes},
                 {"persons", manifest.persons},
                 {"risk", Json::parse(manifest.risk_json)},
                 {"review", Json::parse(manifest.review_json)},
                 {"files", files}});
}

Result<Manifest> parse_manifest(std::string_view json, std::string_view where) {
  NARU_ASSIGN(const auto document, parse_json(json, where));
  NARU_ASSIGN(const auto reader, Reader::of(document, std::string(where)));
  NARU_CHECK(reader.only({"id", "phase", "parent", "created", "code_version", "issuer", "sources", "consent_epoch",
                          "policy", "vocabulary_hash", "block_bytes", "persons", "risk", "review", "files"}));
  Manifest out;
  NARU_CHECK(read_head(reader, out));
  NARU_ASSIGN(const auto block, reader.integer("block_bytes"));
  if (block < 1024 || block > (1LL << 30)) {
    return rejected(say("a block size out of range", "블록 크기가 범위를 벗어났습니다"),
                    reader.where() + ".block_bytes");
  }
  out.block_bytes = static_cast<std::uint64_t>(block);
  NARU_ASSIGN(const auto risk, reader.object("risk"));
  NARU_ASSIGN(const auto review, reader.object("review"));
  out.risk_json = canonical(risk.raw());
  out.review_json = canonical(review.raw());
  NARU_ASSIGN(const auto files, reader.array("files"));
  for (const auto& [value, place] : files) {
    NARU_ASSIGN(auto file, read_file_entry(*value, place));
    if (!out.files.empty() && !(out.files.back().path < file.path)) {
      return rejected(say("files are sorted and stand once", "파일은 정렬되고 한 번만 나와야 합니다"), place);
    }
    out.files.push_back(std::move(file));
  }
  return out;
}

Result<Manifest> read_manifest(const std::filesystem::path& folder) {
  const ReleaseFolder release(folder);
  if (!fs::exists(release.manifest())) {
    return not_found(say("there is no sealed release here", "봉인된 공개본이 없습니다"), folder.filename().string());
  }
  NARU_ASSIGN(const auto text, read_file(release.manifest(), 64U << 20));
  return parse_manifest(text, folder.filename().string() + "/manifest.json");
}

Result<std::string> manifest_digest(const std::filesystem::path& folder) {
  NARU_ASSIGN(const auto digest, sha256_file(ReleaseFolder(folder).manifest()));
  return hex(digest);
}

}  // namespace naru::release
