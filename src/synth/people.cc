#include "synth/people.h"

#include <algorithm>

namespace naru::synth {
namespace {

// Shares follow the published order and shape of the population; they are round numbers on purpose.
constexpr Region region_table[] = {
    {"서울특별시", "Seoul", 18.2, {"강남구", "종로구", "마포구", "노원구", "관악구"}},
    {"부산광역시", "Busan", 6.4, {"해운대구", "동래구", "사하구", "금정구", "남구"}},
    {"대구광역시", "Daegu", 4.6, {"수성구", "달서구", "북구", "동구", "중구"}},
    {"인천광역시", "Incheon", 5.8, {"연수구", "부평구", "남동구", "서구", "계양구"}},
    {"광주광역시", "Gwangju", 2.8, {"북구", "서구", "광산구", "동구", "남구"}},
    {"대전광역시", "Daejeon", 2.8, {"유성구", "서구", "중구", "동구", "대덕구"}},
    {"울산광역시", "Ulsan", 2.2, {"남구", "중구", "북구", "동구", "울주군"}},
    {"세종특별자치시", "Sejong", 0.8, {"한솔동", "도담동", "아름동", "종촌동", "보람동"}},
    {"경기도", "Gyeonggi", 26.4, {"수원시", "성남시", "고양시", "용인시", "부천시"}},
    {"강원특별자치도", "Gangwon", 3.0, {"춘천시", "원주시", "강릉시", "속초시", "동해시"}},
    {"충청북도", "Chungbuk", 3.1, {"청주시", "충주시", "제천시", "음성군", "진천군"}},
    {"충청남도", "Chungnam", 4.1, {"천안시", "아산시", "공주시", "서산시", "논산시"}},
    {"전북특별자치도", "Jeonbuk", 3.4, {"전주시", "익산시", "군산시", "정읍시", "남원시"}},
    {"전라남도", "Jeonnam", 3.5, {"여수시", "순천시", "목포시", "나주시", "해남군"}},
    {"경상북도", "Gyeongbuk", 5.0, {"포항시", "구미시", "경주시", "안동시", "경산시"}},
    {"경상남도", "Gyeongnam", 6.3, {"창원시", "김해시", "진주시", "양산시", "거제시"}},
    {"제주특별자치도", "Jeju", 1.6, {"제주시", "서귀포시", "애월읍", "조천읍", "한림읍"}},
};

struct Weighted {
  std::string_view text;
  double weight;
};
// A few family names cover most people: that is what makes linkage by name hard here.
constexpr Weighted family_names[] = {
    {"김", 21.5},   {"이", 14.7},   {"박", 8.4},    {"최", 4.7}, {"정", 4.4}, {"강", 2.4}, {"조", 2.1},
    {"윤", 2.0},    {"장", 2.0},    {"임", 1.7},    {"한", 1.5}, {"오", 1.5}, {"서", 1.5}, {"신", 1.5},
    {"권", 1.4},    {"황", 1.4},    {"안", 1.4},    {"송", 1.4}, {"전", 1.1}, {"홍", 1.1}, {"유", 1.0},
    {"고", 0.9},    {"문", 0.9},    {"양", 0.9},    {"손", 0.9}, {"배", 0.8}, {"백", 0.8}, {"허", 0.7},
    {"남", 0.5},    {"심", 0.5},    {"노", 0.5},    {"하", 0.5}, {"곽", 0.4}, {"성", 0.4}, {"차", 0.4},
    {"주", 0.4},    {"우", 0.4},    {"구", 0.4},    {"민", 0.3}, {"나", 0.3}, {"진", 0.3}, {"엄", 0.3},
    {"채", 0.3},    {"원", 0.3},    {"천", 0.3},    {"방", 0.2}, {"공", 0.2}, {"현", 0.2}, {"함", 0.2},
    {"변", 0.2},    {"염", 0.2},    {"여", 0.2},    {"추", 0.2}, {"도", 0.2}, {"소", 0.2}, {"석", 0.2},
    {"선", 0.2},    {"설", 0.1},    {"마", 0.1},    {"길", 0.1}, {"연", 0.1}, {"위", 0.1}, {"표", 0.1},
    {"명", 0.1},    {"기", 0.1},    {"반", 0.1},    {"왕", 0.1}, {"금", 0.1}, {"옥", 0.1}, {"육", 0.1},
    {"인", 0.1},    {"맹", 0.1},    {"제", 0.1},    {"모", 0.1}, {"탁", 0.1}, {"국", 0.1}, {"남궁", 0.05},
    {"황보", 0.02}, {"선우", 0.02}, {"제갈", 0.02},
};
constexpr std::string_view male_first[] = {"영", "성", "정", "동", "상", "재", "승", "현", "민",
                                           "준", "지", "도", "시", "우", "태", "경", "병", "종",
                                           "진", "광", "건", "윤", "서", "하", "은", "기"};
constexpr std::string_view male_second[] = {"수", "호", "훈", "철", "식", "민", "준", "우", "현",
                                            "진", "석", "환", "규", "섭", "태", "빈", "혁", "윤",
                                            "원", "찬", "영", "일", "용", "욱", "근", "율"};
constexpr std::string_view female_first[] = {"영", "정", "미", "은", "지", "수", "혜", "현", "민",
                                             "서", "하", "윤", "경", "선", "순", "명", "숙", "유",
                                             "예", "채", "소", "나", "가", "보", "아", "다"};
constexpr std::string_view female_second[] = {"숙", "희", "영", "자", "순", "미", "경", "진", "연",
                                              "은", "아", "윤", "현", "정", "주", "지", "원", "민",
                                              "빈", "서", "인", "린", "나", "옥", "선", "율"};
constexpr std::string_view road_names[] = {"새나루로", "한빛길", "솔바람로", "은하수길", "들꽃로",   "하늘길",
                                           "여울로",   "가람길", "누리로",   "햇살길",   "소나무로", "달빛길",
                                           "온누리로", "샛별길", "물안개로", "미르길"};

template <std::size_t N>
std::vector<double> cumulative_of(const Weighted (&table)[N]) {
  std::vector<double> sums;
  double sum = 0;
  for (const Weighted& row : table) sums.push_back(sum += row.weight);
  return sums;
}

struct Tables {
  std::vector<double> families = cumulative_of(family_names);
  std::vector<double> regions_cumulative;
  std::vector<double> bands;
  Tables() {
    double sum = 0;
    for (const Region& region : region_table) regions_cumulative.push_back(sum += region.share);
    sum = 0;
    for (const double share : age_band_shares) bands.push_back(sum += share);
  }
};
const Tables& tables() {
  static const Tables built;
  return built;
}

template <std::size_t N>
std::string_view one_of(Rng& rng, const std::string_view (&table)[N]) {
  // The square makes early syllables the common ones.
  const double u = rng.unit();
  return table[static_cast<std::size_t>(u * u * static_cast<double>(N))];
}

std::string given_name(Rng& rng, bool male) {
  std::string name(male ? one_of(rng, male_first) : one_of(rng, female_first));
  if (rng.chance(0.01)) return name;  // one-syllable given names exist
  name += male ? one_of(rng, male_second) : one_of(rng, female_second);
  return name;
}

void set_address(Rng& rng, int region, std::string& district, std::string& road, std::string& house,
                 std::string& address) {
  const Region& place = region_table[static_cast<std::size_t>(region)];
  district = std::string(place.korean) + " " + std::string(place.districts[rng.below(5)]);
  road = std::string(road_names[rng.below(16)]);
  house.clear();
  put_number(house, 1 + rng.below(180));
  if (rng.chance(0.6)) {
    house += ", ";
    put_number(house, 101 + rng.below(20));
    house += "동 ";
    put_number(house, (1 + rng.below(20)) * 100 + 1 + rng.below(4));
    house += "호";
  }
  address = district + " " + road + " " + house;
}

/// A one-to-one map of 0 … 9,999,999 (the multiplier is odd and not a multiple of 5).
std::uint32_t spread_phone(std::int64_t index) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(index) * 6'180'337ULL + 2'718'281ULL) % 10'000'000ULL);
}

std::string phone_text(char block, std::uint32_t digits) {
  std::string seven;
  put_number(seven, digits, 7);
  return std::string("010-") + block + seven.substr(0, 3) + "-" + seven.substr(3);
}

Person draw_person(std::uint64_t seed, std::int64_t index) {
  Rng rng(seed, Purpose::person, static_cast<std::uint64_t>(index));
  Person person;
  person.index = index;
  person.male = rng.chance(male_share);
  person.age_band = static_cast<int>(pick(rng, tables().bands));
  const int age = person.age_band * 10 + static_cast<int>(rng.below(10));
  const Civil end = civil(study_end);
  person.birth = day_of(end.year - age, 1, 1) + static_cast<Day>(rng.below(365));
  person.family = std::string(family_names[pick(rng, tables().families)].text);
  person.given = given_name(rng, person.male);
  person.phone = spread_phone(index);
  return person;
}

void relate(Rng& rng, std::vector<Person>& members) {
  Person& head = *std::min_element(members.begin(), members.end(),
                                   [](const Person& a, const Person& b) { return a.birth < b.birth; });
  for (Person& member : members) {
    if (&member == &head) continue;
    const int gap_years = (member.birth - head.birth) / 365;
    // Children bear the family name; a spouse of about the same age keeps an own one.
    if (gap_years >= 18) member.family = head.family;
    if (gap_years >= 18 && member.age_band < 2 && rng.chance(0.7)) member.phone = head.phone;
  }
}

}  // namespace

std::span<const Region> regions() { return region_table; }

int Person::age_on(Day day) const {
  const Civil born = civil(birth);
  const Civil then = civil(day);
  const bool before_birthday = then.month < born.month || (then.month == born.month && then.day < born.day);
  return then.year - born.year - (before_birthday ? 1 : 0);
}

std::vector<Person> make_household(std::uint64_t seed, std::int64_t first, std::int64_t persons_left) {
  constexpr std::array<double, 4> sizes{0.34, 0.64, 0.84, 1.0};
  Rng rng(seed, Purpose::household, static_cast<std::uint64_t>(first));
  const auto size = std::min<std::int64_t>(static_cast<std::int64_t>(pick(rng, sizes)) + 1, persons_left);
  const int region = static_cast<int>(pick(rng, tables().regions_cumulative));
  std::vector<Person> members;
  Person home;
  set_address(rng, region, home.district, home.road, home.house, home.address);
  for (std::int64_t i = 0; i < size; ++i) {
    Person person = draw_person(seed, first + i);
    if (i > 0 && rng.chance(0.012)) {  // twins: same birth date, one syllable apart
      person.birth = members.back().birth;
      person.age_band = members.back().age_band;
    }
    person.household = first;
    person.region = region;
    person.district = home.district;
    person.road = home.road;
    person.house = home.house;
    person.address = home.address;
    members.push_back(std::move(person));
  }
  relate(rng, members);
  return members;
}

std::string slip_jamo(Rng& rng, std::string_view name) {
  // Pairs of parts that look or sound alike; a Hangul syllable is 0xAC00 + (initial * 21 + medial) * 28 + final.
  constexpr std::array<std::pair<int, int>, 5> initials{{{0, 15}, {3, 16}, {7, 17}, {12, 14}, {9, 10}}};
  constexpr std::array<std::pair<int, int>, 5> medials{{{1, 5}, {0, 4}, {8, 13}, {10, 15}, {2, 6}}};
  constexpr std::array<std::pair<int, int>, 4> finals{{{4, 21}, {16, 21}, {1, 24}, {0, 4}}};
  std::vector<std::uint32_t> syllables;
  for (std::size_t i = 0; i + 2 < name.size(); i += 3) {
    const auto byte = [&name](std::size_t at) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(name[at]));
    };
    syllables.push_back(((byte(i) & 0x0FU) << 12U) | ((byte(i + 1) & 0x3FU) << 6U) | (byte(i + 2) & 0x3FU));
  }
  if (syllables.empty()) return std::string(name);
  std::uint32_t& chosen = syllables[rng.below(static_cast<std::uint32_t>(syllables.size()))];
  int offset = static_cast<int>(chosen) - 0xAC00;
  int last = offset % 28;
  int middle = offset / 28 % 21;
  int first = offset / 28 / 21;
  const auto swap_in = [](int value, const auto& pairs) {
    for (const auto& [a, b] : pairs) {
      if (value == a) return b;
      if (value == b) return a;
    }
    return value;
  };
  const int before = offset;
  const std::uint32_t start = rng.below(3);
  for (std::uint32_t turn = 0; turn < 3 && offset == before; ++turn) {
    const std::uint32_t part = (start + turn) % 3;
    if (part == 0) first = swap_in(first, initials);
    if (part == 1) middle = swap_in(middle, medials);
    if (part == 2) last = swap_in(last, finals);
    offset = (first * 21 + middle) * 28 + last;
  }
  if (offset == before) offset = (first * 21 + (middle + 1) % 21) * 28 + last;
  chosen = static_cast<std::uint32_t>(offset + 0xAC00);
  std::string out;
  for (const std::uint32_t c : syllables) {
    out += static_cast<char>(0xE0U | (c >> 12U));
    out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (c & 0x3FU));
  }
  return out;
}

Identity identity_at(std::uint64_t seed, const Person& person, int site) {
  Rng rng(seed, Purpose::errors, static_cast<std::uint64_t>(person.index) * 64 + static_cast<std::uint64_t>(site));
  Identity written;
  written.name = person.family + person.given;
  written.name_error = rng.chance(0.015);
  if (written.name_error) written.name = slip_jamo(rng, written.name);
  written.birth = person.birth;
  const Civil born = civil(person.birth);
  // Not for small children: a swapped date could fall after their first visits.
  written.birth_swapped = rng.chance(0.008) && born.day <= 12 && born.day != born.month && born.year < 2017;
  if (written.birth_swapped) written.birth = day_of(born.year, born.day, born.month);
  if (rng.chance(0.01)) written.birth.reset();
  written.phone_changed = rng.chance(0.08);
  written.phone = phone_text(written.phone_changed ? '1' : '0', person.phone);
  if (rng.chance(0.03)) written.phone.clear();
  written.moved = rng.chance(0.10);
  written.address = person.address;
  written.district = person.district;
  written.road = person.road;
  written.house = person.house;
  if (written.moved) {
    const int region = rng.chance(0.7) ? person.region : static_cast<int>(pick(rng, tables().regions_cumulative));
    set_address(rng, region, written.district, written.road, written.house, written.address);
  }
  return written;
}

std::string global_id(std::int64_t index) {
  std::string text = "P";
  put_number(text, index, 8);
  return text;
}

}  // namespace naru::synth
