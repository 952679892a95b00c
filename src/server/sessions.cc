#include "server/sessions.h"

#include "base/digest.h"
#include "network/accounts.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

namespace naru::server {
namespace {

constexpr std::size_t sessions_max = 10'000;
constexpr std::size_t tracked_max = 10'000;

Error wrong_sign_in() {
  return refused(say("account or password is wrong", "계정 또는 비밀번호가 틀립니다"), "session",
                 say("try again, or ask the secretariat to set a new password",
                     "다시 시도하거나 사무국에 비밀번호 재설정을 요청하세요"));
}

std::string hashed_token(std::string_view token) { return hex(sha256(token)); }

}  // namespace

struct Sessions::State {
  State(engine::Records& its_records, const Clock& its_clock, Random& its_random)
      : records(its_records), clock(its_clock), random(its_random) {}
  engine::Records& records;
  const Clock& clock;
  Random& random;
  struct Live {
    Session session;
    std::int64_t idle_until_ms = 0;
  };
  std::mutex mutex;
  std::map<std::string, Live> live;                        // by SHA-256 of the token
  std::map<std::string, std::deque<std::int64_t>> failed;  // "account/x", "address/y" → times

  /// REQUIRES: the mutex.
  std::size_t failures(const std::string& key) {
    const auto found = failed.find(key);
    if (found == failed.end()) return 0;
    auto& times = found->second;
    while (!times.empty() && times.front() < clock.now_ms() - sign_in_window_ms) times.pop_front();
    if (times.empty()) {
      failed.erase(found);
      return 0;
    }
    return times.size();
  }
  void note_failure(const std::string& key) {
    if (failed.size() >= tracked_max && failed.find(key) == failed.end()) failed.erase(failed.begin());
    auto& times = failed[key];
    times.push_back(clock.now_ms());
    if (times.size() > 64) times.pop_front();
  }
  void drop_expired() {
    const auto now = clock.now_ms();
    std::erase_if(live, [now](const auto& entry) {
      return now >= entry.second.idle_until_ms || now >= entry.second.session.expires_ms;
    });
  }
};

Sessions::Sessions(engine::Records& records, const Clock& clock, Random& random)
    : state_(std::make_unique<State>(records, clock, random)) {}
Sessions::~Sessions() = default;

Result<Session> Sessions::sign_in(const std::string& account, const std::string& password, const std::string& address,
                                  std::optional<Language> language) {
  const auto by_account = "account/" + account;
  const auto by_address = "address/" + address;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->failures(by_account) >= static_cast<std::size_t>(sign_in_failures_max) ||
        state_->failures(by_address) >= static_cast<std::size_t>(sign_in_failures_address_max)) {
      return conflict(say("signing in failed too often", "로그인에 너무 여러 번 실패했습니다"), "session.rate",
                      say("wait 15 minutes", "15분 뒤에 다시 시도하세요"));
    }
    // Counted before the password is looked at: requests side by side cannot get past the limit. Taken back on success.
    state_->note_failure(by_account);
    state_->note_failure(by_address);
  }
  NARU_ASSIGN(const auto known, network::account_with(state_->records, account, password));
  if (!known) return wrong_sign_in();
  Session session;
  session.caller = {known->account, known->name, known->roles, known->organisation};
  session.token = to_base64url(state_->random.bytes(32));
  session.csrf = to_base64url(state_->random.bytes(24));
  session.language = language.value_or(Language::korean);
  session.expires_ms = state_->clock.now_ms() + session_life_ms;
  const std::lock_guard lock(state_->mutex);
  state_->failed.erase(by_account);
  if (auto& times = state_->failed[by_address]; !times.empty()) times.pop_back();
  state_->drop_expired();
  if (state_->live.size() >= sessions_max) {
    return conflict(say("too many people are signed in", "로그인한 사용자가 너무 많습니다"), "session",
                    say("try again later", "나중에 다시 시도하세요"));
  }
  state_->live[hashed_token(session.token)] = {session, state_->clock.now_ms() + session_idle_ms};
  return session;
}

std::optional<Session> Sessions::find(std::string_view token) {
  if (token.empty() || token.size() > 128) return std::nullopt;
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->live.find(hashed_token(token));
  if (found == state_->live.end()) return std::nullopt;
  const auto now = state_->clock.now_ms();
  if (now >= found->second.idle_until_ms || now >= found->second.session.expires_ms) {
    state_->live.erase(found);
    return std::nullopt;
  }
  found->second.idle_until_ms = now + session_idle_ms;
  return found->second.session;
}

void Sessions::sign_out(std::string_view token) {
  const std::lock_guard lock(state_->mutex);
  state_->live.erase(hashed_token(token));
}

Result<std::vector<Caller>> accounts(engine::Records& records) {
  NARU_ASSIGN(const auto stored, network::accounts(records));
  std::vector<Caller> out;
  for (const auto& account : stored)
    out.push_back({account.account, account.name, account.roles, account.organisation});
  return out;
}

}  // namespace naru::server
