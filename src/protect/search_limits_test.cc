// What a search may not take: the memory, the time, the answer of another number of threads.
#include "base/clock.h"
#include "protect/anonymiser.h"

#include <doctest/doctest.h>

#include <atomic>

using namespace naru;
using namespace naru::protect;

namespace {

// Columns of eight values whose levels are the value, its quarter and everything; values hang together, as in life.
Anonymiser table_of(std::size_t columns, int records, double limit, std::int64_t k = 5) {
  AnonymiserSpec spec;
  for (std::size_t c = 0; c < columns; ++c) {
    auto& column = spec.columns.emplace_back(QuasiSpec{.name = "c" + std::to_string(c)});
    for (int v = 0; v < 8; ++v) {
      column.hierarchy.cells.push_back({std::to_string(v), "q" + std::to_string(v / 2), "*"});
    }
  }
  spec.models.k = k;
  spec.suppression_limit = limit;
  auto out = Anonymiser::of(std::move(spec));
  REQUIRE(out.ok());
  std::uint64_t state = 11;
  const auto draw = [&state](std::uint64_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((state >> 33) % below);
  };
  std::vector<std::uint32_t> rows(columns);
  for (int i = 0; i < records; ++i) {
    const auto kind = draw(12);
    for (std::size_t c = 0; c < columns; ++c) {
      rows[c] = draw(10) == 0 ? draw(8) : static_cast<std::uint32_t>((kind * (c + 3)) % 8);
    }
    out->add(rows, {});
  }
  REQUIRE(out->finish().ok());
  return std::move(*out);
}

// Asks to stop after so many questions.
class Impatient final : public Progress {
 public:
  explicit Impatient(int questions) : left_(questions) {}
  [[nodiscard]] bool stop_requested() const override { return left_-- <= 0; }

 private:
  mutable int left_;
};

}  // namespace

TEST_CASE("twenty quasi-identifiers and three billion nodes end in time with a node and a bound that hold") {
  const auto table = table_of(20, 3000, 0.1);
  Progress silent;
  const auto found = table.search({.threads = 2, .time_limit_seconds = 0.5}, silent);
  REQUIRE_MESSAGE(found.ok(), (found.ok() ? "" : found.error().what.en));
  CHECK(found->lattice_nodes == 3'486'784'401);
  CHECK(found->suppressed <= 300);
  const auto score = table.score(found->levels);
  REQUIRE(score.ok());
  CHECK(score->loss == doctest::Approx(found->loss).epsilon(1e-12));
  CHECK(score->suppressed == found->suppressed);
  CHECK(found->bound <= found->loss);
  CHECK(found->proven == (found->bound == found->loss));
}

TEST_CASE("a time limit that is over before the search begins still gives a valid node") {
  const auto table = table_of(20, 2000, 0);
  Progress silent;
  const auto found = table.search({.time_limit_seconds = 1e-9}, silent);
  REQUIRE(found.ok());
  CHECK_FALSE(found->proven);
  CHECK(found->suppressed == 0);
  CHECK(found->bound <= found->loss);
}

TEST_CASE("threads and memory change neither the optimum nor what was looked at") {
  for (const double limit : {0.0, 0.05, 1.0}) {
    const auto table = table_of(9, 4000, limit);
    Progress silent;
    const auto one = table.search({}, silent);
    REQUIRE(one.ok());
    CHECK(one->proven);
    for (const unsigned threads : {2U, 3U, 0U}) {
      const auto more = table.search({.threads = threads}, silent);
      REQUIRE(more.ok());
      CHECK(more->levels == one->levels);
      CHECK(more->loss == one->loss);
      CHECK(more->nodes_checked == one->nodes_checked);
      CHECK(more->projections_checked == one->projections_checked);
    }
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{100'000}}) {
      const auto frugal = table.search({.table_bytes = bytes}, silent);
      REQUIRE(frugal.ok());
      CHECK(frugal->levels == one->levels);
      CHECK(frugal->loss == one->loss);
      CHECK(frugal->projections_checked == one->projections_checked);
    }
  }
}

TEST_CASE("a search that is asked to stop stops wherever it is and says that nothing was changed") {
  const auto table = table_of(14, 3000, 0.05);
  for (const int questions : {0, 5, 20, 100}) {
    for (const unsigned threads : {1U, 2U}) {
      Impatient progress(questions);
      const auto found = table.search({.threads = threads}, progress);
      REQUIRE_FALSE(found.ok());
      CHECK(found.error().kind == ErrorKind::conflict);
      CHECK(found.error().what.en == interrupted().what.en);
    }
  }
}
