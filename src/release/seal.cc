#include "release/seal.h"

#include "base/clock.h"
#include "base/json.h"
#include "engine/database.h"
#include "release/blocks.h"
#include "release/layout.h"
#include "release/review.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

namespace naru::release {
namespace {

// Tables have the policy's tier; genomes and the record of how the release came about are controlled.
Result<std::string> tier_of(const fs::path& file, const protect::Policy& policy) {
  if (file.begin()->string() != "data") return std::string("controlled");
  const auto* rule = policy.rule_of(file.stem().string());
  if (rule == nullptr || rule->left_out) {
    return rejected(say("the policy does not name this table", "정책에 없는 표입니다"), file.generic_string());
  }
  return rule->tier;
}

Result<ManifestFile> describe_file(engine::Database& database, const fs::path& root, const fs::path& file,
                                   const protect::Policy& policy) {
  ManifestFile out;
  out.path = file.generic_string();
  NARU_ASSIGN(out.tier, tier_of(file, policy));
  NARU_ASSIGN(auto digest, detail::digest_of(root / file, detail::block_bytes));
  out.sha256 = std::move(digest.sha256);
  out.bytes = digest.bytes;
  out.blocks = std::move(digest.blocks);
  if (file.extension() != ".parquet") return out;
  const auto relation = engine::parquet(fs::absolute(root / file));
  NARU_ASSIGN(out.rows, database.integer("SELECT count(*) FROM " + relation));
  NARU_ASSIGN(const auto columns, database.describe(relation));
  for (const auto& [name, type] : columns) out.schema.push_back({name, type});
  return out;
}

Done check_review(const ReleaseFolder& built, std::string_view id) {
  const auto review = read_json(built.review());
  if (!review.ok()) {
    return refused(say("the export of this release was not reviewed", "이 공개본의 반출 심사가 없습니다"),
                   std::string(id), say("record the export review, then seal", "반출 심사를 기록한 뒤 봉인하세요"));
  }
  NARU_ASSIGN(const auto digest, detail::build_digest(built.root()));
  if (review->value("build", "") != digest) {
    return refused(say("the review is of another build", "심사한 작성본이 아닙니다"), std::string(id),
                   say("review this build", "이 작성본을 심사하세요"));
  }
  return {};
}

Result<std::vector<SiteName>> sources_of(engine::Database& database, const fs::path& root) {
  std::set<SiteName> out;
  NARU_ASSIGN(const auto files, list_files(root / "data", false));
  for (const auto& file : files) {
    const auto relation = engine::parquet(fs::absolute(root / "data" / file));
    NARU_ASSIGN(const auto columns, database.describe(relation));
    const bool told = std::ranges::any_of(columns, [](const auto& column) { return column.first == "source_site"; });
    if (!told) continue;
    NARU_ASSIGN(const auto sites,
                database.query("SELECT DISTINCT unnest(string_split(source_site, ',')) FROM " + relation));
    for (std::size_t i = 0; i < sites.count; ++i) out.insert(sites.text(0, i));
  }
  return std::vector<SiteName>(out.begin(), out.end());
}

Result<Manifest> make_manifest(const SealRequest& request, const protect::Policy& policy, const ReleaseFolder& built) {
  Manifest out{.id = request.id,
               .phase = request.phase,
               .parent = request.parent,
               .created = request.created,
               .code_version = request.code_version,
               .issuer = request.issuer,
               .consent_epoch = request.consent_epoch,
               .policy = policy.id,
               .policy_hash = policy.hash,
               .vocabulary_hash = request.vocabulary_hash,
               .block_bytes = detail::block_bytes};
  if (!request.parent.empty()) {
    const auto parent = sealed_folder(request.releases, request.parent);
    if (!is_plain_name(request.parent) || !fs::exists(parent.manifest())) {
      return not_found(say("the parent release is not sealed here", "상위 공개본이 없습니다"), request.parent);
    }
    NARU_ASSIGN(out.parent_manifest, manifest_digest(parent.root()));
  }
  NARU_ASSIGN(const auto risk, read_json(built.risk()));
  NARU_ASSIGN(const auto review, read_json(built.review()));
  out.risk_json = canonical(risk);
  out.review_json = canonical(review);
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {fs::absolute(built.root())}}));
  NARU_ASSIGN(const auto files, list_files(built.root(), true));
  for (const auto& file : files) {
    if (file == "manifest.json" || file == "manifest.sig") continue;
    NARU_ASSIGN(auto each, describe_file(database, built.root(), file, policy));
    if (each.path == "data/person.parquet") out.persons = each.rows.value_or(0);
    out.files.push_back(std::move(each));
  }
  std::ranges::sort(out.files, {}, &ManifestFile::path);
  NARU_ASSIGN(out.sources, sources_of(database, built.root()));
  return out;
}

Done make_read_only(const fs::path& folder) {
  NARU_ASSIGN(const auto files, list_files(folder, true));
  for (const auto& file : files) {
    if (::chmod((folder / file).c_str(), 0444) != 0) {
      return internal_error(say("a file cannot be made read-only", "파일을 읽기 전용으로 만들 수 없습니다"),
                            file.string());
    }
  }
  return {};
}

}  // namespace

Result<Manifest> seal(const SealRequest& request, const protect::Policy& policy, const SigningKey& key) {
  if (!is_plain_name(request.id)) return rejected(say("not a plain name", "평범한 이름이 아닙니다"), request.id);
  NARU_ASSIGN(const auto date, parse_date(request.created, "created"));
  static_cast<void>(date);
  if (request.phase < 1 || (request.phase > 1 && request.parent.empty())) {
    return rejected(say("phases count from 1, and a later phase has a parent",
                        "단계는 1부터이며 다음 단계에는 상위 공개본이 필요합니다"),
                    request.id);
  }
  const auto built = built_folder(request.releases, request.id);
  const auto target = sealed_folder(request.releases, request.id).root();
  if (fs::exists(target)) {
    return conflict(say("the release is sealed already; it never changes", "이미 봉인된 공개본이며 바뀌지 않습니다"),
                    request.id);
  }
  NARU_CHECK(make_folder(request.releases));
  NARU_ASSIGN(const auto lock, FileLock::acquire(request.releases / ".lock"));
  NARU_CHECK(recover_folder(built.root()));
  if (!fs::exists(built.risk())) {
    return not_found(say("there is no build of that release", "그 공개본의 작성본이 없습니다"), request.id,
                     say("run release build first", "먼저 release build를 실행하세요"));
  }
  NARU_CHECK(check_review(built, request.id));
  NARU_ASSIGN(auto manifest, make_manifest(request, policy, built));
  const auto text = manifest_json(manifest);
  NARU_CHECK(write_file_atomic(built.manifest(), text));
  const auto signature = key.sign(text);
  NARU_CHECK(write_file_atomic(
      built.signature(), canonical({{"key", to_hex(key.public_key())}, {"signature", to_hex(signature)}}) + "\n"));
  NARU_CHECK(make_read_only(built.root()));
  // The one moment at which the release comes into being.
  if (::rename(built.root().c_str(), target.c_str()) != 0) {
    return internal_error(say("the release cannot be put in its place", "공개본을 제자리에 둘 수 없습니다"),
                          request.id);
  }
  return manifest;
}

}  // namespace naru::release
