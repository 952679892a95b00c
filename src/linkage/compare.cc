#include "linkage/compare.h"

#include "linkage/normalise.h"

#include <algorithm>
#include <vector>

namespace naru::linkage {
namespace {

constexpr std::array<std::string_view, 7> kind_names = {"name", "date", "postcode", "phone", "id", "text", "category"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A syllable U+AC00 + (initial * 21 + vowel) * 28 + final becomes two or three bytes above ASCII.
std::string as_jamo(std::string_view normalised) {
  std::string out;
  for (std::size_t i = 0; i < normalised.size();) {
    const auto lead = static_cast<unsigned char>(normalised[i]);
    if (lead < 0xE0 || lead >= 0xF0 || i + 2 >= normalised.size()) {
      out += normalised[i++];
      continue;
    }
    const auto at = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(normalised[k])); };
    const unsigned point = (lead & 0x0FU) << 12U | (at(i + 1) & 0x3FU) << 6U | (at(i + 2) & 0x3FU);
    if (point < 0xAC00 || point > 0xD7A3) {
      out.append(normalised, i, 3);
    } else {
      const unsigned syllable = point - 0xAC00;
      out += static_cast<char>(0x80 + syllable / 588);
      out += static_cast<char>(0xA0 + syllable / 28 % 21);
      if (syllable % 28 != 0) out += static_cast<char>(0xC0 + syllable % 28);
    }
    i += 3;
  }
  return out;
}

std::string date_form(std::string_view value) {
  std::vector<std::string> parts(1);
  for (const char c : value) {
    if (is_digit(c)) {
      parts.back() += c;
    } else if (c == 'T' && parts.size() == 3 && !parts.back().empty()) {
      break;  // the time of day follows
    } else if (!parts.back().empty()) {
      parts.emplace_back();
    }
  }
  if (parts.back().empty()) parts.pop_back();
  const auto two = [](const std::string& part) { return part.size() == 1 ? "0" + part : part; };
  if (parts.size() == 3 && parts[0].size() == 4) return parts[0] + two(parts[1]) + two(parts[2]);
  if (parts.size() == 3 && parts[2].size() == 4) return parts[2] + two(parts[1]) + two(parts[0]);
  std::string out;
  for (const auto& part : parts) out += part;
  return out;
}

Level compare_alike(std::string_view a, std::string_view b) {
  const double alike = jaro_winkler(a, b);
  return alike >= 0.92 ? Level::close : alike >= 0.85 ? Level::near : alike >= 0.75 ? Level::far : Level::different;
}

Level compare_dates(std::string_view a, std::string_view b) {
  if (a.size() != b.size() || a.size() < 8) return Level::different;
  const int edits = edit_distance(a, b, 2);
  const bool turned = a.substr(0, 4) == b.substr(0, 4) && a.substr(4, 2) == b.substr(6, 2) &&
                      a.substr(6, 2) == b.substr(4, 2);  // day and month changed places
  if (edits <= 1 || turned) return Level::close;
  if (edits == 2) return Level::near;
  return a.substr(0, 4) == b.substr(0, 4) ? Level::far : Level::different;
}

}  // namespace

std::optional<FieldKind> field_kind_named(std::string_view name) {
  const auto* const found = std::ranges::find(kind_names, name);
  if (found == kind_names.end()) return std::nullopt;
  return static_cast<FieldKind>(found - kind_names.begin());
}

std::string comparison_form(FieldKind kind, std::string_view value) {
  if (kind == FieldKind::date) return date_form(value);
  if (kind == FieldKind::phone) return normalise_phone(value);
  return as_jamo(normalise_name(value));
}

double jaro_winkler(std::string_view a, std::string_view b) {
  // Beyond 64 bytes the rest no longer decides who a person is, and a machine word holds the marks.
  a = a.substr(0, 64);
  b = b.substr(0, 64);
  if (a.empty() || b.empty()) return 0;
  const auto length_a = static_cast<int>(a.size());
  const auto length_b = static_cast<int>(b.size());
  const int window = std::max(0, std::max(length_a, length_b) / 2 - 1);
  std::uint64_t used_a = 0;
  std::uint64_t used_b = 0;
  int common = 0;
  for (int i = 0; i < length_a; ++i) {
    const int last = std::min(length_b - 1, i + window);
    for (int j = std::max(0, i - window); j <= last; ++j) {
      if (a[static_cast<std::size_t>(i)] != b[static_cast<std::size_t>(j)] || (used_b >> j & 1U) != 0) continue;
      used_a |= 1ULL << i;
      used_b |= 1ULL << j;
      ++common;
      break;
    }
  }
  if (common == 0) return 0;
  int turned = 0;
  for (auto rest_a = used_a, rest_b = used_b; rest_a != 0; rest_a &= rest_a - 1, rest_b &= rest_b - 1) {
    const auto i = static_cast<std::size_t>(__builtin_ctzll(rest_a));
    const auto j = static_cast<std::size_t>(__builtin_ctzll(rest_b));
    turned += a[i] != b[j] ? 1 : 0;
  }
  const double m = common;
  const double jaro = (m / length_a + m / length_b + (m - turned / 2.0) / m) / 3;
  int prefix = 0;
  while (prefix < 4 && prefix < std::min(length_a, length_b) &&
         a[static_cast<std::size_t>(prefix)] == b[static_cast<std::size_t>(prefix)]) {
    ++prefix;
  }
  return jaro + prefix * 0.1 * (1 - jaro);
}

int edit_distance(std::string_view a, std::string_view b, int limit) {
  a = a.substr(0, 64);
  b = b.substr(0, 64);
  if (a.size() > b.size()) std::swap(a, b);
  if (static_cast<int>(b.size() - a.size()) > limit) return limit + 1;
  if (a.empty()) return static_cast<int>(b.size());
  // Bit-parallel columns with transpositions (Hyyrö 2003): one word a column, bit i for byte i of a.
  std::array<std::uint64_t, 256> places{};
  for (std::size_t i = 0; i < a.size(); ++i) places[static_cast<unsigned char>(a[i])] |= 1ULL << i;
  std::uint64_t up = ~0ULL;
  std::uint64_t down = 0;
  std::uint64_t diagonal = 0;
  std::uint64_t before = 0;
  auto distance = static_cast<int>(a.size());
  const std::uint64_t last = 1ULL << (a.size() - 1);
  for (const char c : b) {
    const auto match = places[static_cast<unsigned char>(c)];
    const auto turned = ((~diagonal & match) << 1U) & before;
    diagonal = (((match & up) + up) ^ up) | match | down | turned;
    auto right = down | ~(diagonal | up);
    auto left = up & diagonal;
    if ((right & last) != 0) ++distance;
    if ((left & last) != 0) --distance;
    right = right << 1U | 1U;
    left <<= 1U;
    up = left | ~(diagonal | right);
    down = right & diagonal;
    before = match;
  }
  return std::min(distance, limit + 1);
}

Level compare(FieldKind kind, std::string_view a, std::string_view b) {
  if (a == b) return Level::exact;
  switch (kind) {
    case FieldKind::name:
    case FieldKind::text:
      return compare_alike(a, b);
    case FieldKind::date:
      return compare_dates(a, b);
    case FieldKind::category:
      return Level::different;
    case FieldKind::postcode:
    case FieldKind::phone:
    case FieldKind::id:
      break;
  }
  const int edits = edit_distance(a, b, 3);
  if (edits <= 1) return Level::close;
  if (edits == 2) return Level::near;
  if (kind == FieldKind::id) return edits == 3 ? Level::far : Level::different;
  // Neighbouring delivery areas share their first signs; one household's telephones their last.
  const bool area = kind == FieldKind::postcode ? a.substr(0, 2) == b.substr(0, 2)
                                                : a.size() >= 4 && b.size() >= 4 && a.ends_with(b.substr(b.size() - 4));
  return area ? Level::far : Level::different;
}

}  // namespace naru::linkage
