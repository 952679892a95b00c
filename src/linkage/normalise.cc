#include "linkage/normalise.h"

#include <array>
#include <cstdint>
#include <vector>

namespace naru::linkage {
namespace {

// Malformed bytes are left out: a holder's export in another encoding must not decide how a name is read.
std::vector<char32_t> decode(std::string_view text) {
  std::vector<char32_t> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC2 ? 1 : 9;
    if (more == 9 || lead > 0xF4 || i + more >= text.size()) {
      ++i;
      continue;
    }
    char32_t point = more == 0 ? lead : lead & (0x3FU >> more);
    bool good = true;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      good = good && (next & 0xC0U) == 0x80;
      point = point << 6U | (next & 0x3FU);
    }
    i += good ? more + 1 : 1;
    if (good) out.push_back(point);
  }
  return out;
}

void encode(std::string& out, char32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6U);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12U);
    out += static_cast<char>(0x80 | (point >> 6U & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18U);
    out += static_cast<char>(0x80 | (point >> 12U & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6U & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

constexpr char32_t hangul_first = 0xAC00;
constexpr char32_t hangul_last = 0xD7A3;
bool is_syllable(char32_t point) { return point >= hangul_first && point <= hangul_last; }

// Unicode 3.12: a leading jamo, a vowel and perhaps a trailing jamo are one syllable.
std::vector<char32_t> composed(const std::vector<char32_t>& points) {
  std::vector<char32_t> out;
  for (const auto point : points) {
    const auto before = out.empty() ? U'\0' : out.back();
    if (point >= 0x1161 && point <= 0x1175 && before >= 0x1100 && before <= 0x1112) {
      out.back() = hangul_first + ((before - 0x1100) * 21 + (point - 0x1161)) * 28;
    } else if (point >= 0x11A8 && point <= 0x11C2 && is_syllable(before) && (before - hangul_first) % 28 == 0) {
      out.back() = before + (point - 0x11A7);
    } else {
      out.push_back(point);
    }
  }
  return out;
}

bool is_letter(char32_t point) {
  if (point < 0x80) return (point >= 'A' && point <= 'Z') || (point >= '0' && point <= '9');
  if (point < 0xC0 || point == 0xD7 || point == 0xF7) return false;  // signs of Latin-1
  if (point >= 0x2000 && point <= 0x2BFF) return false;              // punctuation, symbols, arrows
  if (point >= 0x3000 && point <= 0x3004) return false;              // ideographic space and marks
  if (point >= 0x3008 && point <= 0x3030) return false;              // brackets
  if (point >= 0xFE10 && point <= 0xFE6F) return false;              // presentation forms, variation
  if (point >= 0xFF00 && point <= 0xFF65) return point >= 0xFF21 && point <= 0xFF3A;
  return point != 0x30FB && point != 0xFEFF && point != 0xFFFD;
}

char32_t upper(char32_t point) {
  if (point >= 0xFF10 && point <= 0xFF19) return point - 0xFF10 + '0';
  if (point >= 0xFF21 && point <= 0xFF3A) return point - 0xFF21 + 'A';
  if (point >= 0xFF41 && point <= 0xFF5A) return point - 0xFF41 + 'A';
  if (point >= 'a' && point <= 'z') return point - 'a' + 'A';
  if (point >= 0xE0 && point <= 0xFE && point != 0xF7) return point - 0x20;
  return point;
}

// Consonants that one key or one ear apart: tense and aspirated ones onto the plain one.
char32_t folded_initial(char32_t syllable) {
  constexpr std::array<char32_t, 19> plain = {0, 0, 2, 3, 3, 5, 6, 7, 7, 9, 9, 11, 12, 12, 12, 0, 3, 7, 18};
  return 0x1100 + plain[(syllable - hangul_first) / 588];
}

}  // namespace

std::string normalise_name(std::string_view name) {
  std::string out;
  for (const auto point : composed(decode(name))) {
    const auto big = upper(point);
    if (is_letter(big)) encode(out, big);
  }
  return out;
}

std::string normalise_phone(std::string_view phone) {
  std::string digits;
  for (const auto point : decode(phone)) {
    const auto plain = upper(point);
    if (plain >= '0' && plain <= '9') digits += static_cast<char>(plain);
  }
  if (digits.starts_with("0082")) digits.erase(0, 2);
  if (digits.starts_with("82") && digits.size() >= 11) {
    digits.erase(0, 2);
    if (!digits.starts_with('0')) digits.insert(0, "0");
  }
  return digits.size() < 8 ? std::string() : digits;
}

std::string normalise_sex(std::string_view sex) {
  const auto plain = normalise_name(sex);
  for (const auto* male : {"M", "MALE", "1", "3", "남", "남자", "남성"}) {
    if (plain == male) return "M";
  }
  for (const auto* female : {"F", "FEMALE", "2", "4", "여", "여자", "여성"}) {
    if (plain == female) return "F";
  }
  return {};
}

std::string name_skeleton(std::string_view normalised) {
  std::string out;
  char32_t before = 0;
  for (const auto point : decode(normalised)) {
    if (is_syllable(point)) {
      encode(out, folded_initial(point));
    } else if (std::string_view("AEIOUWY").find(static_cast<char>(point)) == std::string_view::npos || point >= 0x80) {
      if (point != before) encode(out, point);
    }
    before = point;
  }
  return out;
}

}  // namespace naru::linkage
