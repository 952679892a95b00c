#include "workspace/right_check.h"

namespace naru::workspace {
namespace {

Text who_decides(const govern::UseRight& right) {
  return say("ask {} (issuer of {}) for an amendment: an application with this scope goes to the data review board",
             "{1} 권한을 발급한 {0}에 변경을 신청하세요. 이 범위를 담은 신청서가 데이터심의위원회에 올라갑니다",
             right.issuer, right.id);
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

Done check_dates(const govern::UseRight& right, std::int32_t today) {
  if (today < right.valid_from) {
    return refused(say("the right begins on {}", "권한은 {}부터입니다", format_date(right.valid_from)),
                   right.id + ".valid_from", say("wait for that day", "그날까지 기다리세요"));
  }
  if (today > right.valid_until) {
    return refused(say("the right ended on {}", "권한은 {}에 끝났습니다", format_date(right.valid_until)),
                   right.id + ".valid_until", say("apply to {} for renewal", "{}에 연장을 신청하세요", right.issuer));
  }
  return {};
}

}  // namespace

std::int32_t day_of_use(const Clock& clock) {
  constexpr std::int64_t day_ms = 86'400'000;
  constexpr std::int64_t korea_offset_ms = 9LL * 3'600'000;
  return static_cast<std::int32_t>((clock.now_ms() + korea_offset_ms) / day_ms);
}

Done check(const govern::UseRight& right, const Question& question) {
  NARU_CHECK(check_dates(right, question.today));
  if (!right.names_person(question.account)) {
    return refused(say("the account {} is not named in the right", "{} 계정은 이 권한에 없습니다", question.account),
                   right.id + ".people", who_decides(right));
  }
  if (!right.names_site(question.site)) {
    return refused(say("the right does not cover {}", "이 권한은 {}을(를) 포함하지 않습니다", question.site),
                   right.id + ".sites",
                   say("apply for this holder: its steward answers the local context question",
                       "이 보유 기관을 포함해 신청하세요. 기관의 담당자가 지역 요건에 답합니다"));
  }
  if (!right.allows_mode(question.mode)) {
    return refused(say("the right allows {}, not {}", "이 권한은 {}만 허용하고 {}은(는) 허용하지 않습니다",
                       list(right.modes), question.mode),
                   right.id + ".modes", who_decides(right));
  }
  if (question.mode == "linked" && (right.release.empty() || right.release != question.release)) {
    return refused(say("the right is for release {}, not {}", "이 권한의 공개본은 {}이며 {}이(가) 아닙니다",
                       right.release.empty() ? "-" : right.release, question.release),
                   right.id + ".release", who_decides(right));
  }
  std::vector<std::string> missing;
  for (const auto& table : question.tables) {
    if (!right.allows_table(table)) missing.push_back(table);
  }
  if (!missing.empty()) {
    return refused(say("the question reads {}, which the right does not cover", "질의가 권한에 없는 표를 읽습니다: {}",
                       list(missing)),
                   right.id + ".tables." + missing.front(), who_decides(right));
  }
  if (right.policy_hash != question.policy_hash) {
    return refused(
        say("the right was issued under another version of policy {}", "권한은 다른 판의 정책 {}에서 발급되었습니다",
            right.policy),
        right.id + ".policy_hash",
        say("{} issues it anew under the policy in force", "{}이(가) 현행 정책으로 다시 발급합니다", right.issuer));
  }
  if (right.vocabulary_hash != question.vocabulary_hash) {
    return refused(say("the right's vocabulary {} is not the one here, {}",
                       "권한의 용어집 {}이(가) 이곳의 용어집 {}과(와) 다릅니다", right.vocabulary_hash.substr(0, 12),
                       question.vocabulary_hash.substr(0, 12)),
                   right.id + ".vocabulary_hash",
                   say("the holder's steward loads the agreed vocabulary, or the right is issued for this one",
                       "기관 담당자가 합의된 용어집을 적재하거나, 이 용어집으로 권한을 다시 발급받으세요"));
  }
  return {};
}

}  // namespace naru::workspace
