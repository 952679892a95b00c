#include "genome/header_screen.h"

#include <htslib/bgzf.h>
#include <htslib/kstring.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace naru::genome {
namespace {

Error malformed(std::size_t number, const std::string& where) {
  return rejected(say("header line {} is malformed: <…> with an ID is needed",
                      "헤더 {}번째 줄이 잘못되었습니다. ID가 있는 <…>가 필요합니다", number),
                  where, say("export the file again with a complete header", "헤더가 완전한 파일로 다시 내보내십시오"));
}

Error too_long(const std::string& where) {
  return rejected(say("the header is longer than {} bytes", "헤더가 {}바이트를 넘습니다", vcf_header_bytes_max), where,
                  say("this is not a VCF or BCF file", "VCF 또는 BCF 파일이 아닙니다"));
}

/// The value of key `ID` among key=value pairs separated by commas, quotes respected; empty when there is none.
std::string_view id_of(std::string_view inside) {
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= inside.size(); ++i) {
    if (i < inside.size() && inside[i] == '"' && (i == 0 || inside[i - 1] != '\\')) quoted = !quoted;
    if (i < inside.size() && (inside[i] != ',' || quoted)) continue;
    auto pair = inside.substr(begin, i - begin);
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    if (pair.starts_with("ID=")) return pair.substr(3);
    begin = i + 1;
  }
  return {};
}

/// A line buffer of htslib's, freed with free().
struct Line {
  kstring_t text{0, 0, nullptr};
  Line() = default;
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { std::free(text.s); }
};

Done screen_text(std::string_view text, const std::string& where) {
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\0')) line.remove_suffix(1);
    NARU_CHECK(screen_header_line(line, ++number, where));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return {};
}

Done screen_bcf(BGZF* file, const std::string& where) {
  std::array<std::uint8_t, 4> length{};
  if (bgzf_read(file, length.data(), length.size()) != static_cast<ssize_t>(length.size())) return {};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < length.size(); ++i) bytes |= static_cast<std::size_t>(length[i]) << (8 * i);
  if (bytes > vcf_header_bytes_max) return too_long(where);
  std::string text(bytes, '\0');
  if (bgzf_read(file, text.data(), bytes) != static_cast<ssize_t>(bytes)) return {};  // the reader calls it truncated
  return screen_text(text, where);
}

}  // namespace

Done screen_header_line(std::string_view line, std::size_t number, const std::string& where) {
  if (!line.starts_with("##")) return {};
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return {};
  const auto key = line.substr(2, equals - 2);
  if (key != "contig" && key != "INFO" && key != "FORMAT" && key != "FILTER") return {};
  auto value = line.substr(equals + 1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (value.size() < 2 || value.front() != '<' || value.back() != '>') return malformed(number, where);
  const auto id = id_of(value.substr(1, value.size() - 2));
  if (id.empty() || id.find_first_of("<>\"\0 \t") != std::string_view::npos) return malformed(number, where);
  return {};
}

Done screen_header(BGZF* file, const std::string& where) {
  constexpr std::string_view bcf_magic = "BCF\2";
  std::array<char, 5> magic{};
  const auto got = bgzf_read(file, magic.data(), magic.size());
  if (got == static_cast<ssize_t>(magic.size()) && std::string_view(magic.data(), bcf_magic.size()) == bcf_magic) {
    return screen_bcf(file, where);
  }
  if (got <= 0) return {};
  // The first line begins with what was read already.
  std::string first(magic.data(), static_cast<std::size_t>(got));
  std::size_t bytes = 0;
  Line line;
  for (std::size_t number = 1;; ++number) {
    if (bgzf_getline(file, '\n', &line.text) < 0) return first.empty() ? Done{} : screen_text(first, where);
    std::string_view text(line.text.s, line.text.l);
    bytes += text.size() + 1;
    if (bytes > vcf_header_bytes_max) return too_long(where);
    std::string joined;
    if (!first.empty()) {
      joined = first + std::string(text);
      first.clear();
      text = joined;
    }
    if (!text.starts_with('#')) return {};
    if (text.ends_with('\r')) text.remove_suffix(1);
    NARU_CHECK(screen_header_line(text, number, where));
  }
}

}  // namespace naru::genome
