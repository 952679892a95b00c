#include "network/accounts.h"

#include "base/files.h"
#include "base/json.h"

#include <sodium.h>

#include <array>
#include <mutex>

namespace naru::network {
namespace {

constexpr std::string_view collection = "accounts";
constexpr unsigned long long password_passes = 2;
constexpr std::size_t password_memory_bytes = 64U << 20;
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
  Account account;
  std::string hash;
};

Result<StoredAccount> read_account(std::string_view account, std::string_view document) {
  const std::string where = "account " + std::string(account);
  NARU_ASSIGN(const auto json, parse_json(document, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, where));
  StoredAccount out;
  out.account.account = account;
  NARU_ASSIGN(out.account.name.en, reader.text("name_en"));
  NARU_ASSIGN(out.account.name.ko, reader.text("name_ko"));
  NARU_ASSIGN(out.account.roles, reader.texts("roles"));
  NARU_ASSIGN(out.account.organisation, reader.text_or("organisation", ""));
  NARU_ASSIGN(out.hash, reader.text("password"));
  return out;
}

/// Checked for unknown accounts, so that the time of an answer tells nothing.
Result<std::string> decoy_hash() {
  static const Result<std::string> decoy = hash_password("nobody's password");
  return decoy;
}

}  // namespace

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
  return records.put(collection, account.account, naru::canonical(document));
}

Result<std::vector<Account>> accounts(engine::Records& records) {
  NARU_ASSIGN(const auto documents, records.list(collection));
  std::vector<Account> out;
  for (const auto& [account, document] : documents) {
    NARU_ASSIGN(auto stored, read_account(account, document));
    out.push_back(std::move(stored.account));
  }
  return out;
}

Result<std::optional<Account>> account_with(engine::Records& records, const std::string& account,
                                            const std::string& password) {
  if (account.empty() || account.size() > 128 || password.size() > password_bytes_max) return std::optional<Account>();
  NARU_ASSIGN(const auto document, records.get(collection, account));
  if (!document) {
    NARU_ASSIGN(const auto decoy, decoy_hash());
    (void)password_matches(decoy, password);
    return std::optional<Account>();
  }
  NARU_ASSIGN(const auto stored, read_account(account, *document));
  if (!password_matches(stored.hash, password)) return std::optional<Account>();
  return std::optional<Account>(stored.account);
}

}  // namespace naru::network
