#include "base/json.h"
#include "release/blocks.h"
#include "release/layout.h"
#include "release/seal.h"

#include <algorithm>
#include <map>

namespace naru::release {
namespace {

void add(VerifyReport& report, std::string kind, std::string file, Text what) {
  report.findings.push_back({std::move(kind), std::move(file), std::move(what)});
}

Done check_signature(const ReleaseFolder& release, std::string_view manifest, const PublicKey& trusted) {
  NARU_ASSIGN(const auto document, read_json(release.signature()));
  NARU_ASSIGN(const auto reader, Reader::of(document, "manifest.sig"));
  NARU_CHECK(reader.only({"key", "signature"}));
  NARU_ASSIGN(const auto text, reader.text("signature"));
  NARU_ASSIGN(const auto signature, signature_from_hex(text, "manifest.sig"));
  if (!naru::verify(trusted, manifest, signature)) {
    return rejected(say("the manifest was not signed by the trusted key, or changed since",
                        "신뢰하는 키로 서명되지 않았거나 그 뒤에 바뀐 목록입니다"),
                    "manifest.sig");
  }
  return {};
}

// Where a file differs from what was sealed: the first and last block that is not the same.
Text place_of_change(const ManifestFile& sealed, const detail::FileDigest& now, std::uint64_t block) {
  const auto most = std::max(sealed.blocks.size(), now.blocks.size());
  std::size_t first = most;
  std::size_t last = 0;
  for (std::size_t i = 0; i < most; ++i) {
    const bool same = i < sealed.blocks.size() && i < now.blocks.size() && sealed.blocks[i] == now.blocks[i];
    if (same) continue;
    first = std::min(first, i);
    last = i;
  }
  if (first == most) return say("the digest differs", "다이제스트가 다릅니다");
  const auto from = first * block;
  const auto to = std::min((last + 1) * block, std::max(sealed.bytes, now.bytes)) - 1;
  return say("bytes within {} to {} differ; {} bytes were sealed, {} are there",
             "{}~{} 바이트 범위가 다릅니다. 봉인 {}바이트, 현재 {}바이트", from, to, sealed.bytes, now.bytes);
}

Done check_file(const fs::path& folder, const ManifestFile& sealed, std::uint64_t block, VerifyReport& report) {
  NARU_ASSIGN(const auto now, detail::digest_of(folder / sealed.path, block));
  report.bytes += now.bytes;
  if (now.sha256 != sealed.sha256 || now.bytes != sealed.bytes) {
    add(report, "changed", sealed.path, place_of_change(sealed, now, block));
  }
  return {};
}

// Everything below the folder, links and odd things included: list_files refuses those, a verification names them.
std::vector<std::string> everything_in(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code code;
  for (fs::recursive_directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    if (at->is_symlink() || !at->is_directory()) out.push_back(at->path().lexically_relative(folder).generic_string());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

Result<VerifyReport> verify(const std::filesystem::path& folder, const PublicKey& trusted) {
  if (!fs::is_directory(folder)) return not_found(say("no such release", "그런 공개본이 없습니다"), folder.string());
  const ReleaseFolder release(folder);
  VerifyReport report;
  auto text = read_file(release.manifest(), 64U << 20);
  if (!text.ok()) {
    add(report, "missing", "manifest.json", say("the manifest is missing", "목록이 없습니다"));
    return report;
  }
  report.manifest_sha256 = hex(sha256(*text));
  if (auto signed_well = check_signature(release, *text, trusted); !signed_well.ok()) {
    add(report, fs::exists(release.signature()) ? "signature" : "missing", "manifest.sig", signed_well.error().what);
  }
  auto manifest = parse_manifest(*text, "manifest.json");
  if (!manifest.ok()) {
    add(report, "manifest", manifest.error().where, manifest.error().what);
    return report;
  }
  report.id = manifest->id;
  std::map<std::string, bool> expected{{"manifest.json", true}, {"manifest.sig", true}};
  const auto present = everything_in(folder);
  for (const auto& file : manifest->files) {
    expected[file.path] = true;
    ++report.files;
    if (!std::ranges::binary_search(present, file.path) || fs::is_symlink(folder / file.path)) {
      add(report, "missing", file.path, say("{} bytes are missing", "{}바이트가 없습니다", file.bytes));
      continue;
    }
    NARU_CHECK(check_file(folder, file, manifest->block_bytes, report));
  }
  for (const auto& file : present) {
    if (!expected.contains(file))
      add(report, "added", file, say("was not there when sealed", "봉인할 때 없던 파일입니다"));
  }
  report.ok = report.findings.empty();
  return report;
}

std::string report_json(const VerifyReport& report, Language language) {
  Json findings = Json::array();
  for (const auto& finding : report.findings) {
    findings.push_back({{"kind", finding.kind}, {"file", finding.file}, {"what", finding.what.in(language)}});
  }
  return canonical({{"ok", report.ok},
                    {"id", report.id},
                    {"manifest", report.manifest_sha256},
                    {"files", report.files},
                    {"bytes", report.bytes},
                    {"findings", findings}});
}

}  // namespace naru::release
