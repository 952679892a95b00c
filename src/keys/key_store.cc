#include "keys/key_store.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace naru::keys {
namespace {

constexpr std::size_t seed_bytes = 32;
constexpr std::string_view derive_label = "naru/key/1";

Done plain(std::string_view name) {
  if (is_plain_name(name)) return {};
  return rejected(say("a key's name has letters, digits, '.', '_' and '-' only",
                      "키 이름에는 영문자, 숫자, '.', '_', '-'만 쓸 수 있습니다"),
                  "keys");
}

Error damaged(const fs::path& file) {
  return rejected(say("the key file is damaged", "키 파일이 손상되었습니다"), file.string(),
                  say("restore the key folder from its backup", "키 폴더를 백업에서 복원하세요"));
}

Error destroyed(std::string_view purpose) {
  return refused(
      say("the key \"{}\" was destroyed", "키 \"{}\"는 파기되었습니다", purpose), "keys",
      say("its destruction certificate stands beside the key store", "파기 증명서가 키 저장소 옆에 있습니다"));
}

/// Others must not even read: a key store that is open to others is refused, not mended silently.
Done closed_to_others(const fs::path& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    return not_found(say("there is no key store here", "여기에 키 저장소가 없습니다"), path.string(),
                     say("make the site first: naru init", "먼저 사이트를 만드세요: naru init"));
  }
  if ((about.st_mode & 077) != 0) {
    return refused(say("other accounts can read the keys", "다른 계정이 키를 읽을 수 있습니다"), path.string(),
                   say("chmod -R go= on the folder, and consider the keys known to others",
                       "폴더에 chmod -R go=을 적용하고, 키가 노출되었을 수 있다고 보세요"));
  }
  return {};
}

/// The one that is there first stays: two processes may want the same new purpose at once.
Done create_once(const fs::path& file, std::span<const std::uint8_t> bytes) {
  SystemRandom random;
  const fs::path fresh = file.string() + ".new-" + to_hex(random.bytes(6));
  NARU_CHECK(write_file_atomic(fresh, as_text(bytes), 0600));
  const int outcome = ::link(fresh.c_str(), file.c_str());
  const int code = errno;
  ::unlink(fresh.c_str());
  if (outcome != 0 && code != EEXIST) {
    return internal_error(say("cannot create the key file", "키 파일을 만들 수 없습니다"), file.string());
  }
  return {};
}

Result<Secret> read_secret(const fs::path& file, std::size_t bytes_wanted) {
  NARU_ASSIGN(auto text, read_file(file, 1U << 20));
  Bytes bytes(text.begin(), text.end());
  sodium_memzero(text.data(), text.size());
  if (bytes_wanted != 0 && bytes.size() != bytes_wanted) return damaged(file);
  return Secret(std::move(bytes));
}

Bytes derive_raw(std::span<const std::uint8_t> master, std::span<const std::uint8_t> salt, std::string_view purpose,
                 std::string_view context) {
  std::string info(derive_label);
  info += '\0';
  info += purpose;
  info += '\0';
  info += context;
  return hkdf_sha256(master, as_text(salt), info, 32);
}

/// Overwrites before unlinking; on journaling or copying media that is best effort, see docs/methods/key-custody.md.
Done shred(const fs::path& file) {
  std::error_code code;
  const auto bytes = fs::file_size(file, code);
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  bool good = !code && descriptor >= 0;
  if (good) {
    const std::string zeros(bytes, '\0');
    good = ::pwrite(descriptor, zeros.data(), zeros.size(), 0) == static_cast<ssize_t>(zeros.size()) &&
           ::fsync(descriptor) == 0;
  }
  if (descriptor >= 0) ::close(descriptor);
  if (!good || ::unlink(file.c_str()) != 0) {
    return internal_error(say("cannot destroy the key file", "키 파일을 파기할 수 없습니다"), file.string());
  }
  return {};
}

}  // namespace

Secret::~Secret() {
  if (!bytes_.empty()) sodium_memzero(bytes_.data(), bytes_.size());
}
Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    if (!bytes_.empty()) sodium_memzero(bytes_.data(), bytes_.size());
    bytes_ = std::move(other.bytes_);
    other.bytes_.clear();
  }
  return *this;
}

struct KeyStore::State {
  fs::path folder;
  Secret master;
  std::optional<SigningKey> signing;
  SealingKey sealing_public{};
  Secret sealing_secret;
  Secret wrapping;  ///< encrypts named secrets

  [[nodiscard]] fs::path purpose_file(std::string_view purpose) const {
    return folder / "purposes" / (std::string(purpose) + ".salt");
  }
  [[nodiscard]] fs::path secret_file(std::string_view name) const {
    return folder / "secrets" / (std::string(name) + ".box");
  }
  [[nodiscard]] fs::path tombstone(std::string_view name) const {
    return folder / "destroyed" / (std::string(name) + ".json");
  }
  [[nodiscard]] bool gone(std::string_view name) const {
    std::error_code code;
    return fs::exists(tombstone(name), code);
  }
};

KeyStore::KeyStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyStore::~KeyStore() = default;
KeyStore::KeyStore(KeyStore&&) noexcept = default;

Result<KeyStore> KeyStore::create(const fs::path& folder, Random& random) {
  std::error_code code;
  if (fs::exists(folder / "master.seed", code)) {
    return conflict(say("there is a key store already", "이미 키 저장소가 있습니다"), folder.string(),
                    say("a site keeps its keys; use another folder", "사이트는 키를 유지합니다. 다른 폴더를 쓰세요"));
  }
  for (const auto& part : {folder, folder / "purposes", folder / "secrets", folder / "destroyed"}) {
    NARU_CHECK(make_folder(part, 0700));
    ::chmod(part.c_str(), 0700);
  }
  auto seed = random.bytes(seed_bytes);
  NARU_CHECK(create_once(folder / "master.seed", seed));
  sodium_memzero(seed.data(), seed.size());
  return open(folder);
}

Result<KeyStore> KeyStore::open(const fs::path& folder) {
  if (sodium_init() < 0) return internal_error(say("no random generator", "난수 생성기가 없습니다"), "keys");
  NARU_CHECK(closed_to_others(folder));
  NARU_CHECK(closed_to_others(folder / "master.seed"));
  auto state = std::make_unique<State>();
  state->folder = folder;
  NARU_ASSIGN(state->master, read_secret(folder / "master.seed", seed_bytes));
  const auto own = [&](std::string_view purpose) { return Secret(derive_raw(state->master.bytes(), {}, purpose, "")); };
  const auto signing = own("naru.signing");
  NARU_ASSIGN(state->signing, SigningKey::from_seed(signing.bytes()));
  const auto sealing = own("naru.sealing");
  Bytes secret(crypto_box_SECRETKEYBYTES);
  crypto_box_seed_keypair(state->sealing_public.data(), secret.data(), sealing.bytes().data());
  state->sealing_secret = Secret(std::move(secret));
  state->wrapping = own("naru.wrapping");
  return KeyStore(std::move(state));
}

Result<Secret> KeyStore::derive(std::string_view purpose, std::string_view context) {
  NARU_CHECK(plain(purpose));
  if (state_->gone(purpose)) return destroyed(purpose);
  const auto file = state_->purpose_file(purpose);
  std::error_code code;
  if (!fs::exists(file, code)) {
    SystemRandom random;
    NARU_CHECK(create_once(file, random.bytes(seed_bytes)));
  }
  NARU_ASSIGN(const auto salt, read_secret(file, seed_bytes));
  return Secret(derive_raw(state_->master.bytes(), salt.bytes(), purpose, context));
}

const SigningKey& KeyStore::signing_key() const { return *state_->signing; }
const SealingKey& KeyStore::sealing_key() const { return state_->sealing_public; }
const fs::path& KeyStore::folder() const { return state_->folder; }

Result<Secret> KeyStore::open_sealed(std::span<const std::uint8_t> sealed) const {
  if (sealed.size() >= crypto_box_SEALBYTES) {
    Bytes out(sealed.size() - crypto_box_SEALBYTES);
    if (crypto_box_seal_open(out.data(), sealed.data(), sealed.size(), state_->sealing_public.data(),
                             state_->sealing_secret.bytes().data()) == 0) {
      return Secret(std::move(out));
    }
  }
  return rejected(
      say("this was sealed to another key, or changed on the way", "다른 키로 봉인되었거나 전달 중 변경되었습니다"),
      "sealed box",
      say("ask the sender to seal it again to this site's present key",
          "보낸 쪽에 현재 키로 다시 봉인하도록 요청하세요"));
}

Result<Secret> KeyStore::agree(const SealingKey& other) const {
  Bytes raw(crypto_scalarmult_BYTES);
  if (crypto_scalarmult(raw.data(), state_->sealing_secret.bytes().data(), other.data()) != 0) {
    return rejected(say("the other site's sealing key is not usable", "상대 기관의 봉인 키를 쓸 수 없습니다"),
                    "sealing key", say("have that site enrolled again", "그 기관을 다시 등록하세요"));
  }
  const Secret shared(std::move(raw));
  const auto& own = state_->sealing_public;
  const auto& first = std::min(own, other);
  const auto& second = std::max(own, other);
  const auto info = "naru/agree/1" + to_hex(first) + to_hex(second);
  return Secret(hkdf_sha256(shared.bytes(), "", info, 32));
}

Done KeyStore::put_secret(std::string_view name, std::span<const std::uint8_t> secret) {
  NARU_CHECK(plain(name));
  if (state_->gone(name)) return destroyed(name);
  Bytes box(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + secret.size());
  randombytes_buf(box.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(box.data() + crypto_secretbox_NONCEBYTES, secret.data(), secret.size(), box.data(),
                        state_->wrapping.bytes().data());
  return write_file_atomic(state_->secret_file(name), as_text(box), 0600);
}

Result<bool> KeyStore::has_secret(std::string_view name) const {
  NARU_CHECK(plain(name));
  std::error_code code;
  return fs::exists(state_->secret_file(name), code);
}

Result<Secret> KeyStore::get_secret(std::string_view name) const {
  NARU_CHECK(plain(name));
  if (state_->gone(name)) return destroyed(name);
  const auto file = state_->secret_file(name);
  std::error_code code;
  if (!fs::exists(file, code)) {
    return not_found(say("there is no secret \"{}\"", "비밀 \"{}\"이(가) 없습니다", name), "keys");
  }
  NARU_ASSIGN(const auto box, read_secret(file, 0));
  constexpr auto overhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (box.size() < overhead) return damaged(file);
  Bytes out(box.size() - overhead);
  if (crypto_secretbox_open_easy(out.data(), box.bytes().data() + crypto_secretbox_NONCEBYTES,
                                 box.size() - crypto_secretbox_NONCEBYTES, box.bytes().data(),
                                 state_->wrapping.bytes().data()) != 0) {
    return damaged(file);
  }
  return Secret(std::move(out));
}

Result<std::string> KeyStore::destroy(std::string_view purpose, std::string_view site, std::string_view actor,
                                      std::string_view reason, audit::Log& log, const Clock& clock) {
  NARU_CHECK(plain(purpose));
  if (state_->gone(purpose)) return destroyed(purpose);
  std::error_code code;
  auto file = state_->purpose_file(purpose);
  if (!fs::exists(file, code)) file = state_->secret_file(purpose);
  if (!fs::exists(file, code)) {
    return not_found(say("there is no key \"{}\"", "키 \"{}\"이(가) 없습니다", purpose), "keys");
  }
  NARU_ASSIGN(const auto commitment, sha256_file(file));
  // Recorded before: a destruction that cannot be recorded does not happen.
  const Json fields = {{"purpose", purpose}, {"reason", reason}, {"commitment", hex(commitment)}};
  NARU_ASSIGN(const auto entry, log.append({"key.destroyed", std::string(actor), canonical(fields)}));
  const Json said = {{"purpose", purpose},
                     {"site", site},
                     {"actor", actor},
                     {"reason", reason},
                     {"destroyed_at", format_instant(clock.now_ms())},
                     {"commitment", hex(commitment)},
                     {"log_entry", entry}};
  const auto signature = signing_key().sign(canonical(said));
  const auto certificate =
      canonical({{"certificate", said}, {"signature", to_hex(signature)}, {"key", to_hex(signing_key().public_key())}});
  NARU_CHECK(write_file_atomic(state_->tombstone(purpose), certificate + "\n", 0600));
  NARU_CHECK(shred(file));
  return certificate;
}

Result<Bytes> seal(const SealingKey& recipient, std::span<const std::uint8_t> bytes) {
  if (sodium_init() < 0) return internal_error(say("no random generator", "난수 생성기가 없습니다"), "keys");
  Bytes out(bytes.size() + crypto_box_SEALBYTES);
  if (crypto_box_seal(out.data(), bytes.data(), bytes.size(), recipient.data()) != 0) {
    return rejected(say("this is no sealing key", "봉인용 키가 아닙니다"), "sealing key");
  }
  return out;
}

Result<SealingKey> sealing_key_from_hex(std::string_view text, std::string_view where) {
  return public_key_from_hex(text, where);
}

Done verify_certificate(std::string_view certificate, const PublicKey& key) {
  NARU_ASSIGN(const auto json, parse_json(certificate, "certificate"));
  NARU_ASSIGN(const auto reader, Reader::of(json, "certificate"));
  NARU_ASSIGN(const auto said, reader.object("certificate"));
  NARU_ASSIGN(const auto text, reader.text("signature"));
  NARU_ASSIGN(const auto signature, signature_from_hex(text, "certificate.signature"));
  if (!naru::verify(key, canonical(said.raw()), signature)) {
    return rejected(say("the certificate is not signed by this key", "증명서가 이 키로 서명되지 않았습니다"),
                    "certificate.signature");
  }
  return {};
}

}  // namespace naru::keys
