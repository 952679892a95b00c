// The export review of a build, and what is added to a build before it is sealed.
#include "release/review.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "release/blocks.h"
#include "release/build.h"
#include "release/layout.h"

#include <set>

namespace naru::release {
namespace {

Error no_build(std::string_view id) {
  return not_found(say("there is no build of that release", "그 공개본의 작성본이 없습니다"), std::string(id),
                   say("run release build first", "먼저 release build를 실행하세요"));
}

Done check_reviewers(const ExportReview& review, const protect::Policy& policy, std::string_view id) {
  const auto clause = policy.id + ", export_review: " + policy.review.clause;
  std::set<std::string> names;
  for (const auto& reviewer : review.reviewers) {
    if (reviewer.decision != "approve" && reviewer.decision != "refuse") {
      return rejected(say("a decision is approve or refuse", "결정은 approve 또는 refuse입니다"), reviewer.name);
    }
    if (reviewer.name.empty() || !names.insert(reviewer.name).second) {
      return refused(say("a reviewer has no name or stands twice", "심사자 이름이 없거나 두 번 나옵니다"), clause,
                     say("name different reviewers", "서로 다른 심사자를 지정하세요"));
    }
    if (reviewer.decision == "refuse") {
      return refused(say("a reviewer refused the export of {}", "심사자가 {} 반출을 거부했습니다", id), clause,
                     say("settle the reviewer's reason, build again and review again",
                         "심사 의견을 해결한 뒤 다시 작성하고 심사하세요"));
    }
  }
  if (static_cast<std::int64_t>(names.size()) < policy.review.reviewers_min) {
    return refused(say("{} reviewers are needed, {} decided", "심사자 {}명이 필요하나 {}명이 결정했습니다",
                       policy.review.reviewers_min, names.size()),
                   clause, say("ask the combiner's export reviewers", "결합기관의 반출 심사자에게 요청하세요"));
  }
  return {};
}

}  // namespace

namespace detail {

Result<std::string> build_digest(const fs::path& folder) {
  NARU_ASSIGN(const auto files, list_files(folder, true));
  std::string all;
  for (const auto& file : files) {
    if (file == "review.json" || file == "manifest.json" || file == "manifest.sig") continue;
    NARU_ASSIGN(const auto digest, sha256_file(folder / file));
    all += file.generic_string() + "\n" + hex(digest) + "\n";
  }
  return hex(sha256(all));
}

}  // namespace detail

Done record_review(const std::filesystem::path& releases, std::string_view id, const ExportReview& review,
                   const protect::Policy& policy) {
  const auto built = built_folder(releases, id);
  if (!fs::exists(built.risk())) return no_build(id);
  NARU_ASSIGN(const auto date, parse_date(review.decided_on, "decided_on"));
  static_cast<void>(date);
  NARU_CHECK(check_reviewers(review, policy, id));
  NARU_ASSIGN(const auto digest, detail::build_digest(built.root()));
  Json reviewers = Json::array();
  for (const auto& reviewer : review.reviewers) {
    reviewers.push_back({{"name", reviewer.name},
                         {"organisation", reviewer.organisation},
                         {"decision", reviewer.decision},
                         {"note", reviewer.note},
                         {"external", reviewer.external}});
  }
  return write_file_atomic(built.review(), pretty({{"build", digest},
                                                   {"clause", policy.review.clause},
                                                   {"decided_on", review.decided_on},
                                                   {"reviewers", reviewers}}));
}

Result<std::int64_t> attach_genome(const std::filesystem::path& releases, std::string_view id,
                                   const std::filesystem::path& store) {
  const auto built = built_folder(releases, id);
  if (!fs::exists(built.risk())) return no_build(id);
  if (!fs::exists(store)) return not_found(say("no such genome store", "유전체 저장소가 없습니다"), store.string());
  NARU_ASSIGN(const auto files, list_files(store, true));
  const auto fresh = built.root() / ".genome.new";
  std::error_code code;
  fs::remove_all(fresh, code);
  NARU_CHECK(make_folder(fresh));
  std::int64_t copied = 0;
  for (const auto& file : files) {
    if (file.extension() == ".lock" || file.filename().string().starts_with('.')) continue;
    NARU_CHECK(make_folder((fresh / file).parent_path()));
    fs::copy_file(store / file, fresh / file, code);
    if (code)
      return internal_error(say("a genome file cannot be copied", "유전체 파일을 복사할 수 없습니다"), file.string());
    ++copied;
  }
  NARU_CHECK(replace_folder(fresh, built.genome()));
  // What was reviewed was another build.
  fs::remove(built.review(), code);
  return copied;
}

}  // namespace naru::release
