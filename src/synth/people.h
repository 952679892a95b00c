#pragma once
/// Persons, households and how a site happens to have written a person down. All fictional; names are combined from
/// tables of common syllables, telephone numbers lie in prefixes that are not assigned (010-0…, 010-1…).
#include "synth/calendar.h"
#include "synth/rng.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace naru::synth {

struct Region {
  std::string_view korean;  ///< "서울특별시"
  std::string_view english;
  double share;  ///< of the population, percent
  std::array<std::string_view, 5> districts;
};
[[nodiscard]] std::span<const Region> regions();

/// Age bands of ten years, 0–9 … 80–89; shares in percent. The stated marginal of age at the end of the study.
inline constexpr std::array<double, 9> age_band_shares{7.0, 9.2, 12.6, 13.0, 15.2, 16.8, 14.6, 7.6, 4.0};
inline constexpr double male_share = 0.498;

struct Person {
  std::int64_t index = 0;      ///< from 0; global_id is "P" and eight digits
  std::int64_t household = 0;  ///< index of its first member
  bool male = false;
  Day birth = 0;
  int age_band = 0;
  int region = 0;  ///< index into regions()
  std::string family = {};
  std::string given = {};
  std::string address = {};
  std::string district = {};  ///< first part of the address
  std::string road = {};
  std::string house = {};
  std::uint32_t phone = 0;  ///< seven digits after "010-0"
  [[nodiscard]] int age_on(Day day) const;
};

/// How one site wrote the person down.
struct Identity {
  std::string name;
  std::optional<Day> birth;  ///< absent: only the year is known
  std::string phone;         ///< empty: not recorded
  std::string address;
  std::string district, road, house;
  bool name_error = false, birth_swapped = false, phone_changed = false, moved = false;
};

/// Members of the household that starts at person `first`; at most `persons_left`.
[[nodiscard]] std::vector<Person> make_household(std::uint64_t seed, std::int64_t first, std::int64_t persons_left);

/// Errors, changes and gaps of this person's record at site number `site`. Deterministic.
[[nodiscard]] Identity identity_at(std::uint64_t seed, const Person& person, int site);

/// Replaces one part (jamo) of one syllable by one that is easily confused with it.
[[nodiscard]] std::string slip_jamo(Rng& rng, std::string_view name);

[[nodiscard]] std::string global_id(std::int64_t index);

}  // namespace naru::synth
