#include "base/files.h"
#include "network/wire.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>

namespace naru::network {
namespace {

constexpr std::size_t chunk_bytes = 1U << 20;
constexpr std::size_t key_box_bytes = crypto_secretstream_xchacha20poly1305_KEYBYTES + crypto_box_SEALBYTES;
constexpr std::size_t overhead = crypto_secretstream_xchacha20poly1305_ABYTES;

Error disk(const fs::path& file) {
  return internal_error(say("cannot write the message", "메시지를 쓸 수 없습니다"), file.string(),
                        say("check free space and permissions", "남은 공간과 권한을 확인하세요"));
}

/// A new file, written in order and synced at the end; removed again when it is not finished.
class Output {
 public:
  explicit Output(fs::path file) : file_(std::move(file)) {
    descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  }
  ~Output() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!finished_) ::unlink(file_.c_str());
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  [[nodiscard]] Done put(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
      const auto written = descriptor_ < 0 ? -1 : ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return disk(file_);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }
  [[nodiscard]] Done finish() {
    if (descriptor_ < 0 || ::fsync(descriptor_) != 0) return disk(file_);
    finished_ = true;
    return {};
  }

 private:
  fs::path file_;
  int descriptor_ = -1;
  bool finished_ = false;
};

/// Fills a buffer with the next plain bytes; fewer than asked only at the end.
using Source = std::function<std::size_t(std::span<std::uint8_t>)>;

Done seal_stream(const Source& source, const keys::SealingKey& recipient, Random& random, const fs::path& out,
                 Envelope& envelope) {
  Bytes key = random.bytes(crypto_secretstream_xchacha20poly1305_KEYBYTES);
  NARU_ASSIGN(const auto box, keys::seal(recipient, key));
  crypto_secretstream_xchacha20poly1305_state state;
  std::array<std::uint8_t, crypto_secretstream_xchacha20poly1305_HEADERBYTES> header{};
  crypto_secretstream_xchacha20poly1305_init_push(&state, header.data(), key.data());
  sodium_memzero(key.data(), key.size());
  Output file(out);
  Hasher hasher;
  std::uint64_t total = 0;
  const auto emit = [&](std::span<const std::uint8_t> bytes) -> Done {
    hasher.add(bytes);
    total += bytes.size();
    return file.put(bytes);
  };
  NARU_CHECK(emit(box));
  NARU_CHECK(emit(header));
  Bytes plain(chunk_bytes);
  Bytes sealed(chunk_bytes + overhead);
  for (bool last = false; !last;) {
    const auto count = source(plain);
    last = count < plain.size();
    unsigned long long length = 0;
    crypto_secretstream_xchacha20poly1305_push(&state, sealed.data(), &length, plain.data(), count, nullptr, 0,
                                               last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
    NARU_CHECK(emit(std::span(sealed).first(length)));
  }
  NARU_CHECK(file.finish());
  envelope.sealed_bytes = total;
  envelope.sealed_digest = hasher.finish();
  return {};
}

/// Hashes while decrypting; nothing counts before the digest of the whole is right.
Done open_stream(const fs::path& sealed, const Envelope& envelope, const keys::KeyProvider& keys,
                 const std::function<Done(std::span<const std::uint8_t>)>& sink) {
  const auto altered = wire_error(WireRefusal::altered, envelope.from);
  std::ifstream in(sealed, std::ios::binary);
  std::array<std::uint8_t, key_box_bytes + crypto_secretstream_xchacha20poly1305_HEADERBYTES> front{};
  in.read(reinterpret_cast<char*>(front.data()), front.size());
  if (!in) return altered;
  Hasher hasher;
  hasher.add(front);
  std::uint64_t total = front.size();
  NARU_ASSIGN(const auto key, keys.open_sealed(std::span(front).first(key_box_bytes)));
  crypto_secretstream_xchacha20poly1305_state state;
  if (key.size() != crypto_secretstream_xchacha20poly1305_KEYBYTES ||
      crypto_secretstream_xchacha20poly1305_init_pull(&state, front.data() + key_box_bytes, key.bytes().data()) != 0) {
    return altered;
  }
  Bytes chunk(chunk_bytes + overhead);
  Bytes plain(chunk_bytes);
  unsigned char tag = 0;
  while (tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
    in.read(reinterpret_cast<char*>(chunk.data()), static_cast<std::streamsize>(chunk.size()));
    const auto count = static_cast<std::size_t>(in.gcount());
    if (count < overhead) return altered;
    const auto bytes = std::span<const std::uint8_t>(chunk).first(count);
    hasher.add(bytes);
    total += count;
    unsigned long long length = 0;
    if (crypto_secretstream_xchacha20poly1305_pull(&state, plain.data(), &length, &tag, bytes.data(), count, nullptr,
                                                   0) != 0) {
      return altered;
    }
    NARU_CHECK(sink(std::span<const std::uint8_t>(plain).first(length)));
  }
  if (in.peek() != std::ifstream::traits_type::eof() || total != envelope.sealed_bytes ||
      hasher.finish() != envelope.sealed_digest) {
    return altered;
  }
  return {};
}

}  // namespace

Done seal_body(std::string_view body, const keys::SealingKey& recipient, Random& random, const fs::path& out,
               Envelope& envelope) {
  if (body.size() > wire_inline_bytes) {
    return usage_error(
        say("a body of {} bytes is sent from a file", "{}바이트 본문은 파일로 보내야 합니다", body.size()), "wire");
  }
  envelope.form = BodyForm::bytes;
  const Source source = [rest = as_bytes(body)](std::span<std::uint8_t> buffer) mutable {
    const auto count = std::min(rest.size(), buffer.size());
    std::copy_n(rest.begin(), count, buffer.begin());
    rest = rest.subspan(count);
    return count;
  };
  return seal_stream(source, recipient, random, out, envelope);
}

Done seal_file(const fs::path& body, const keys::SealingKey& recipient, Random& random, const fs::path& out,
               Envelope& envelope) {
  std::ifstream in(body, std::ios::binary);
  if (!in) return not_found(say("cannot read the file to send", "보낼 파일을 읽을 수 없습니다"), body.string());
  envelope.form = BodyForm::file;
  const Source source = [&in](std::span<std::uint8_t> buffer) {
    in.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
    return static_cast<std::size_t>(in.gcount());
  };
  NARU_CHECK(seal_stream(source, recipient, random, out, envelope));
  if (!in.eof() || in.bad()) {
    std::error_code code;
    fs::remove(out, code);
    return internal_error(say("the file could not be read to its end", "파일을 끝까지 읽을 수 없었습니다"),
                          body.string());
  }
  return {};
}

Result<std::string> open_body(const fs::path& sealed, const Envelope& envelope, const keys::KeyProvider& keys) {
  std::string out;
  NARU_CHECK(open_stream(sealed, envelope, keys, [&](std::span<const std::uint8_t> bytes) -> Done {
    if (out.size() + bytes.size() > wire_inline_bytes) return wire_error(WireRefusal::malformed, envelope.from);
    out += as_text(bytes);
    return {};
  }));
  return out;
}

Done open_file(const fs::path& sealed, const Envelope& envelope, const keys::KeyProvider& keys, const fs::path& out) {
  Output file(out);
  NARU_CHECK(open_stream(sealed, envelope, keys, [&](std::span<const std::uint8_t> bytes) { return file.put(bytes); }));
  return file.finish();
}

}  // namespace naru::network
