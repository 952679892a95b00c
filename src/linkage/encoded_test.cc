#include "base/files.h"
#include "base/testing/support.h"
#include "linkage/clk.h"
#include "linkage/dice.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <set>
#include <sstream>

using namespace naru;
using namespace naru::linkage;

namespace {

FilterSet random_filters(std::size_t rows, std::size_t words, std::uint64_t seed) {
  std::mt19937_64 draw(seed);
  FilterSet out{words, std::vector<std::uint64_t>(rows * words)};
  for (auto& word : out.bits) word = draw() & (draw() | draw());
  return out;
}

std::vector<std::uint64_t> encoded(const EncodedField& field, const Bytes& key, std::string_view value) {
  std::vector<std::uint64_t> out(16);
  FieldEncoder(field, key, 1024).add(comparison_form(field.kind, value), out.data());
  return out;
}
double dice(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  int common = 0;
  int all = 0;
  for (std::size_t w = 0; w < a.size(); ++w) {
    common += std::popcount(a[w] & b[w]);
    all += std::popcount(a[w]) + std::popcount(b[w]);
  }
  return 2.0 * common / all;
}

}  // namespace

TEST_CASE("every pair at the threshold is found, by either kernel and any number of threads") {
  Progress progress;
  for (const std::size_t words : {1U, 16U, 17U}) {
    auto left = random_filters(611, words, 1);
    auto right = random_filters(1003, words, 2);
    std::copy_n(left.filter(7), words, right.bits.begin() + static_cast<std::ptrdiff_t>(999 * words));
    std::fill_n(left.bits.begin() + static_cast<std::ptrdiff_t>(8 * words), words,
                0);  // an empty filter is like nobody
    const double threshold = 0.62;
    std::vector<FilterPair> plain;
    for (std::uint32_t i = 0; i < left.size(); ++i) {
      for (std::uint32_t j = 0; j < right.size(); ++j) {
        std::uint32_t common = 0;
        std::uint32_t all = 0;
        for (std::size_t w = 0; w < words; ++w) {
          common += static_cast<std::uint32_t>(std::popcount(left.filter(i)[w] & right.filter(j)[w]));
          all += static_cast<std::uint32_t>(std::popcount(left.filter(i)[w]) + std::popcount(right.filter(j)[w]));
        }
        const double alike = all == 0 ? 0 : 2.0 * common / all;
        if (alike >= threshold) plain.push_back({i, j, common, alike});
      }
    }
    REQUIRE(!plain.empty());
    for (const auto kernel : {DiceKernel::portable, DiceKernel::vector}) {
      if (kernel == DiceKernel::vector && !has_vector_kernel()) continue;
      for (const unsigned threads : {1U, 3U}) {
        const auto found =
            similar_pairs(left, right, {.threshold = threshold, .threads = threads, .kernel = kernel}, progress);
        REQUIRE(found.ok());
        CHECK(*found == plain);
      }
    }
  }
}

TEST_CASE("a threshold that is met exactly counts") {
  Progress progress;
  const FilterSet left{1, {0b1111}};
  const FilterSet right{1, {0b0111, 0b0011}};
  const auto found = similar_pairs(left, right, {.threshold = 2.0 * 3 / 7}, progress);
  REQUIRE(found.ok());
  REQUIRE(found->size() == 1);
  CHECK((*found)[0].common == 3);
}

TEST_CASE("one to one takes the most similar pair first") {
  const auto best = best_pairs({{0, 0, 5, 0.9}, {0, 1, 6, 0.95}, {1, 1, 6, 0.99}, {2, 2, 1, 0.8}, {3, 2, 1, 0.8}});
  REQUIRE(best.size() == 3);
  CHECK(best[0].right == 0);
  CHECK(best[1].right == 1);
  CHECK(best[2].left == 2);
}

TEST_CASE("alike values have alike bits under one key and unrelated ones under another key or field") {
  const Bytes key(32, 7);
  const Bytes other(32, 8);
  const EncodedField name{"name", FieldKind::name, 300};
  CHECK(encoded(name, key, "Kim Minsu") == encoded(name, key, "KIM MINSU"));
  CHECK(dice(encoded(name, key, "kim minsu"), encoded(name, key, "kim minsoo")) > 0.6);
  CHECK(dice(encoded(name, key, "김민수"), encoded(name, key, "김민슈")) > 0.6);
  const double chance = dice(encoded(name, key, "kim minsu"), encoded(name, key, "park jiyoung"));
  CHECK(chance < 0.5);
  CHECK(dice(encoded(name, key, "kim minsu"), encoded(name, other, "kim minsu")) < 0.5);
  CHECK(dice(encoded(name, key, "kim minsu"), encoded({"family", FieldKind::name, 300}, key, "kim minsu")) < 0.5);
  CHECK(encoded(name, key, "anna") != encoded(name, key, "ana"));
}

TEST_CASE("filters are read as anonlink writes them, and bad ones refused by place") {
  CHECK(parse_filters(R"({"schema":{"x":[1,{"y":null}]},"clks":["AAAAAAAAAAA=","//////////8="],"n":2})", "f")->size() ==
        2);
  const auto where = [](std::string_view text) {
    const auto read = parse_filters(text, "f");
    return read.ok() ? std::string("accepted") : read.error().where;
  };
  CHECK(where(R"({"clks":["AAAAAAAAAAA=","AAA="]})") == "f: clks[1]");
  CHECK(where(R"({"clks":["AAAAAAAAAAA=",3]})") == "f: clks[1]");
  CHECK(where(R"({"clks":[["AAAAAAAAAAA="]]})") == "f: clks[0]");
  CHECK(where(R"({"clks":["%%"]})") == "f: clks[0]");
  CHECK(where(R"({"clks":[""]})") == "f: clks[0]");
  CHECK(where(R"({"clkz":["AAAAAAAAAAA="]})") == "f");
  CHECK(where(R"({"clks":["AAAAAAAAAAA=")") != "accepted");
  CHECK(where("") != "accepted");
  CHECK(parse_filters(R"({"clks":[]})", "f")->size() == 0);
}

TEST_CASE("a key that others may read, or that is short, is refused") {
  const ScratchFolder scratch("clk");
  Progress progress;
  REQUIRE(write_file_atomic(scratch.path() / "a.csv", "name\nkim\nlee\n").ok());
  const auto config = parse_encode_config(
      R"({"data":"a.csv","key_file":"key","columns":[{"name":"name","kind":"name"}]})", scratch.path(), "f.json");
  REQUIRE(config.ok());
  CHECK(encode_records(*config, progress).error().kind == ErrorKind::not_found);
  REQUIRE(write_file_atomic(scratch.path() / "key", std::string(32, 'k'), 0644).ok());
  CHECK(encode_records(*config, progress).error().kind == ErrorKind::refused);
  REQUIRE(write_file_atomic(scratch.path() / "key", std::string(31, 'k'), 0600).ok());
  CHECK(encode_records(*config, progress).error().kind == ErrorKind::rejected);
  REQUIRE(write_file_atomic(scratch.path() / "key", std::string(32, 'k'), 0600).ok());
  const auto filters = encode_records(*config, progress);
  REQUIRE(filters.ok());
  CHECK(filters->size() == 2);
  REQUIRE(write_filters(scratch.path() / "out.json", *filters).ok());
  CHECK(read_filters(scratch.path() / "out.json")->bits == filters->bits);
  CHECK(parse_encode_config(R"({"data":"a.csv","key_file":"key","filter_bits":100,"columns":[]})", ".", "f")
            .error()
            .where == "f.filter_bits");
}

TEST_CASE("the public encoded pair gives what its authors publish") {
  if (test::sanitized) return;
  const auto data = test::shared_data("linkage");
  if (!data) return;
  Progress progress;
  const auto left = read_filters(*data / "anonlink_clks_1.json");
  const auto right = read_filters(*data / "anonlink_clks_2.json");
  REQUIRE(left.ok());
  REQUIRE(right.ok());
  auto pairs = similar_pairs(*left, *right, {.threshold = 0.81}, progress);
  REQUIRE(pairs.ok());
  const auto best = best_pairs(std::move(pairs).value());
  // The truth file is a list of [left, right]; digits are all that is needed of it.
  std::set<std::pair<std::uint32_t, std::uint32_t>> truth;
  auto text = read_file(*data / "anonlink_clks_truth.json").value();
  std::ranges::replace_if(
      text, [](char c) { return c < '0' || c > '9'; }, ' ');
  std::istringstream numbers(text);
  for (std::uint32_t a = 0, b = 0; numbers >> a >> b;) truth.emplace(a, b);
  REQUIRE(truth.size() == 1445);
  const auto good = std::ranges::count_if(best, [&](const auto& pair) {
    return truth.contains({pair.left, pair.right});
  });
  CHECK(best.size() == 1423);
  CHECK(good == 1418);  // precision .9965, recall .9813
}

TEST_CASE("Febrl 4, encoded: every pair found is right and fewer than one in two hundred is missed") {
  if (test::sanitized) return;
  const auto data = test::shared_data("linkage");
  if (!data) return;
  const ScratchFolder scratch("clk");
  Progress progress;
  REQUIRE(write_file_atomic(scratch.path() / "key", std::string(32, 'k'), 0600).ok());
  std::vector<FilterSet> sets;
  std::vector<std::vector<std::string>> persons;
  for (const auto* part : {"febrl_dataset4a.csv", "febrl_dataset4b.csv"}) {
    EncodeConfig config =
        parse_encode_config(
            R"({"data":"x","key_file":"key","columns":[{"name":"given_name","kind":"name"},{"name":"surname","kind":"name"},
        {"name":"address_1","kind":"text"},{"name":"suburb","kind":"text"},{"name":"postcode","kind":"postcode"},
        {"name":"state","kind":"category"},{"name":"date_of_birth","kind":"date"}]})",
            scratch.path(), "f")
            .value();
    config.data = *data / part;
    auto filters = encode_records(config, progress);
    REQUIRE(filters.ok());
    sets.push_back(std::move(filters).value());
    std::istringstream lines(read_file(config.data).value());
    std::string line;
    std::getline(lines, line);
    auto& own = persons.emplace_back();
    while (std::getline(lines, line)) own.push_back(line.substr(4, line.find('-', 4) - 4));
  }
  auto pairs = similar_pairs(sets[0], sets[1], {.threshold = 0.8}, progress);
  REQUIRE(pairs.ok());
  const auto best = best_pairs(std::move(pairs).value());
  const auto good =
      std::ranges::count_if(best, [&](const auto& pair) { return persons[0][pair.left] == persons[1][pair.right]; });
  CHECK(static_cast<std::size_t>(good) == best.size());
  CHECK(good >= 4975);
}
