#include "synth/sites.h"

#include <cerrno>
#include <cstring>

namespace naru::synth {

TextFile::~TextFile() {
  if (file_ != nullptr) std::fclose(file_);
}

TextFile::TextFile(TextFile&& other) noexcept
    : path_(std::move(other.path_)), file_(other.file_), buffer_(std::move(other.buffer_)), failed_(other.failed_) {
  other.file_ = nullptr;
}

Done TextFile::open(const std::filesystem::path& path) {
  path_ = path;
  file_ = std::fopen(path.c_str(), "wb");
  if (file_ == nullptr) {
    return internal_error(say("cannot write the file: {}", "파일을 쓸 수 없습니다: {}", std::strerror(errno)),
                          path.string(),
                          say("check the folder's permissions and free space", "폴더 권한과 남은 공간을 확인하십시오"));
  }
  return {};
}

void TextFile::flush() {
  if (file_ == nullptr || std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) failed_ = true;
  buffer_.clear();
}

Done TextFile::close() {
  flush();
  if (file_ != nullptr && std::fclose(file_) != 0) failed_ = true;
  file_ = nullptr;
  if (failed_) {
    return internal_error(
        say("writing failed; the disk may be full", "쓰기에 실패했습니다. 디스크가 가득 찼을 수 있습니다"),
        path_.string());
  }
  return {};
}

std::string source_value(char letter, std::int64_t sequence, std::uint64_t salt) {
  // Multiplication by a number prime to the modulus is a permutation of 0 … modulus-1.
  constexpr std::uint64_t modulus = 100'000'007;
  const std::uint64_t number = (static_cast<std::uint64_t>(sequence) * 48'271'313ULL + mix(salt) % modulus) % modulus;
  std::string text(1, letter);
  put_number(text, static_cast<std::int64_t>(number), 9);
  return text;
}

void put_clock(std::string& out, std::int64_t id) {
  const std::uint64_t m = mix(static_cast<std::uint64_t>(id)) % 60;
  put_number(out, static_cast<std::int64_t>(8 + m / 6), 2);
  out += ':';
  put_number(out, static_cast<std::int64_t>(m % 6 * 10), 2);
  out += ":00";
}

}  // namespace naru::synth
