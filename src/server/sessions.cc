#include "server/sessions.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"

#include <sodium.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

namespace naru::server {
namespace {

constexpr std::string_view collection = "accounts";
constexpr unsigned long long password_passes = 2;
constexpr std::size_t password_memory_bytes = 64U << 20;
constexpr std::size_t sessions_max = 10'000;
constexpr std::size_t tracked_max = 10'000;

/// Hashing costs 64 MiB: one at a time, or a burst of sign-ins would take the machine's memory.
std::mutex& hashing_turn() {
  static std::mutex turn;
  return turn;
}

Result<std::string> hash_password(const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> out{};
  const std::lock_guard turn(hashing_turn());
  if (sodium_init() < 0 || crypto_pwhash_str_alg(out.data(), password.data(), password.size(), password_passes,
                                                 password_memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return internal_error(say("the password cannot be hashed", "비밀번호를 해시할 수 없습니다"), "accounts",
                          say("free memory and try again", "메모리를 확보하고 다시 시도하세요"));
  }
  return std::string(out.data());
}

bool password_matches(const std::string& hash, const std::string& password) {
  const std::lock_guard turn(hashing_turn());
  return sodium_init() >= 0 && crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

struct StoredAccount {
  Caller caller;
  std::string hash;
};

Result<StoredAccount> read_account(std::string_view account, std::string_view document) {
  const std::string where = "account " + std::string(account);
  NARU_ASSIGN(const auto json, parse_json(document, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, where));
  StoredAccount out;
  out.caller.account = account;
  NARU_ASSIGN(out.caller.name.en, reader.text("name_en"));
  NARU_ASSIGN(out.caller.name.ko, reader.text("name_ko"));
  NARU_ASSIGN(out.caller.roles, reader.texts("roles"));
  NARU_ASSIGN(out.caller.organisation, reader.text_or("organisation", ""));
  NARU_ASSIGN(out.hash, reader.text("password"));
  return out;
}

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
  std::string decoy;                                       // checked for unknown accounts, so that time tells nothing

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
  if (account.empty() || account.size() > 128 || password.size() > password_bytes_max) return wrong_sign_in();
  NARU_ASSIGN(const auto document, state_->records.get(collection, account));
  if (!document) {
    std::string decoy;
    {
      const std::lock_guard lock(state_->mutex);
      decoy = state_->decoy;
    }
    if (decoy.empty()) {
      NARU_ASSIGN(decoy, hash_password("nobody's password"));
      const std::lock_guard lock(state_->mutex);
      state_->decoy = decoy;
    }
    (void)password_matches(decoy, password);
    return wrong_sign_in();
  }
  NARU_ASSIGN(const auto stored, read_account(account, *document));
  if (!password_matches(stored.hash, password)) return wrong_sign_in();
  Session session;
  session.caller = stored.caller;
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

Done put_account(engine::Records& records, const NewAccount& account) {
  if (!is_plain_name(account.account) || account.account.size() > 64) {
    return usage_error(say("an account's name has letters, digits, '.', '_' and '-' only, at most 64",
                           "계정 이름은 영문자, 숫자, '.', '_', '-'로 64자 이하입니다"),
                       "--account");
  }
  if (account.password.size() < password_bytes_min || account.password.size() > password_bytes_max) {
    return usage_error(
        say("a password has {} to {} bytes", "비밀번호는 {}~{}바이트입니다", password_bytes_min, password_bytes_max),
        "--password-stdin");
  }
  if (account.name.en.empty() || account.name.ko.empty()) {
    return usage_error(say("a name is needed in English and Korean", "이름은 영어와 한국어 모두 필요합니다"),
                       "--name-en, --name-ko");
  }
  NARU_ASSIGN(const auto hash, hash_password(account.password));
  const Json document = {{"name_en", account.name.en},
                         {"name_ko", account.name.ko},
                         {"roles", account.roles},
                         {"organisation", account.organisation},
                         {"password", hash}};
  return records.put(collection, account.account, canonical(document));
}

Result<std::vector<Caller>> accounts(engine::Records& records) {
  NARU_ASSIGN(const auto documents, records.list(collection));
  std::vector<Caller> out;
  for (const auto& [account, document] : documents) {
    NARU_ASSIGN(auto stored, read_account(account, document));
    out.push_back(std::move(stored.caller));
  }
  return out;
}

}  // namespace naru::server
