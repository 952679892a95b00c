// Models and measures in combination: the search against every node, and every node against the definitions read from
// the strings, without the code under test.
#include "protect/anonymiser.h"

#include "base/random.h"
#include "protect/kanonymity.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

using namespace naru;
using namespace naru::protect;

namespace {

Hierarchy banded(std::size_t values, const std::vector<std::size_t>& bands) {
  Hierarchy out;
  for (std::size_t v = 0; v < values; ++v) {
    std::vector<std::string> row{std::to_string(v)};
    for (const auto band : bands)
      row.push_back(band == 0 ? "*" : std::to_string(v / band) + "/" + std::to_string(band));
    out.cells.push_back(row);
  }
  return out;
}

struct Made {
  AnonymiserSpec spec;
  std::vector<std::vector<std::uint32_t>> rows;
  std::vector<std::uint32_t> values;
  std::vector<std::vector<std::uint32_t>> population;
};

Made made(std::uint64_t seed) {
  SeededRandom random(seed);
  Made out;
  out.spec.columns = {
      {"a", banded(8, {2, 4, 0})}, {"b", banded(3, {0})}, {"c", banded(5, {5})}, {"d", banded(4, {2, 0})}};
  out.spec.sensitive = {{"s", banded(6, {2, 0})}};
  out.spec.suppression_limit = random.below(3) == 0 ? 0 : random.unit() * 0.4;
  for (int i = 0; i < 90; ++i) {
    auto& row = out.rows.emplace_back();
    for (const auto& column : out.spec.columns) {
      const auto size = column.hierarchy.cells.size();
      row.push_back(static_cast<std::uint32_t>(std::min(random.below(size), random.below(size))));
    }
    out.values.push_back(static_cast<std::uint32_t>(std::min(random.below(6), random.below(6))));
    out.population.push_back(row);
    for (std::uint64_t more = random.below(3); more > 0; --more) {
      auto other = row;
      const auto c = random.below(4);
      other[c] = static_cast<std::uint32_t>(random.below(out.spec.columns[c].hierarchy.cells.size()));
      out.population.push_back(other);
    }
  }
  return out;
}

// A model, chosen by number; several numbers combine.
void ask(Models& models, std::uint64_t which) {
  switch (which) {
    case 0:
      models.k = 3;
      break;
    case 1:
      models.diversity.push_back({0, DiversityKind::distinct, 2, 0});
      break;
    case 2:
      models.diversity.push_back({0, DiversityKind::entropy, 1.8, 0});
      break;
    case 3:
      models.diversity.push_back({0, DiversityKind::recursive, 2, 3.0});
      break;
    case 4:
      models.closeness.push_back({0, 0.35, Distance::equal});
      break;
    case 5:
      models.closeness.push_back({0, 0.25, Distance::ordered});
      break;
    case 6:
      models.closeness.push_back({0, 0.3, Distance::hierarchical});
      break;
    case 7:
      models.k_map = 4;
      break;
    case 8:
      models.presence = DeltaPresence{0.2, 0.8};
      break;
    case 9:
      models.average_risk = 0.2;
      break;
    case 10:
      models.sample_uniqueness = 0.02;
      break;
    case 11:
      models.population_uniqueness.push_back({0.01, UniquenessModel::zayatz, 900});
      break;
    case 12:
      models.population_uniqueness.push_back({0.02, UniquenessModel::pitman, 900});
      break;
    default:
      models.population_uniqueness.push_back({0.02, UniquenessModel::dankar, 300});
      break;
  }
}
constexpr std::uint64_t kinds = 14;

Result<Anonymiser> fed(const Made& made) {
  NARU_ASSIGN(auto out, Anonymiser::of(made.spec));
  for (std::size_t i = 0; i < made.rows.size(); ++i) out.add(made.rows[i], std::vector<std::uint32_t>{made.values[i]});
  for (const auto& row : made.population) out.add_population(row);
  NARU_CHECK(out.finish());
  return out;
}

struct Best {
  std::vector<std::size_t> levels;
  NodeScore score;
};
std::optional<Best> by_trying_all(const Anonymiser& anonymiser, double limit) {
  std::optional<Best> best;
  const auto most = static_cast<std::int64_t>(std::floor(limit * static_cast<double>(anonymiser.records())));
  const auto sum = [](const auto& levels) {
    std::size_t out = 0;
    for (const auto level : levels) out += level;
    return out;
  };
  anonymiser.each_node([&](const auto& levels, const NodeScore& score) {
    if (score.suppressed > most) return;
    const bool first = !best;
    const bool less = !first && std::tuple(score.loss, sum(levels), levels) <
                                    std::tuple(best->score.loss, sum(best->levels), best->levels);
    if (first || less) best = Best{levels, score};
  });
  return best;
}

}  // namespace

TEST_CASE("whatever models and measure are combined, the search finds what trying every node finds") {
  Progress silent;
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    auto one = made(seed);
    SeededRandom random(seed + 1000);
    const auto first = random.below(kinds);
    ask(one.spec.models, first);
    const auto second = random.below(kinds);
    if (second != first && second / 2 != first / 2) ask(one.spec.models, second);
    one.spec.utility.metric = static_cast<Metric>(random.below(5));
    one.spec.utility.aggregate = static_cast<LossAggregate>(random.below(2));
    one.spec.utility.gs_factor = random.below(2) == 0 ? 0.5 : random.unit();
    if (random.below(3) == 0) one.spec.columns[random.below(4)].weight = 3 * random.unit();
    CAPTURE(seed);
    const auto anonymiser = fed(one);
    REQUIRE_MESSAGE(anonymiser.ok(), (anonymiser.ok() ? "" : anonymiser.error().what.en));
    const auto all = by_trying_all(*anonymiser, one.spec.suppression_limit);
    const auto best = anonymiser->search({}, silent);
    REQUIRE(best.ok() == all.has_value());
    if (!best.ok()) {
      CHECK(best.error().kind == ErrorKind::refused);
      continue;
    }
    ++found;
    CHECK(best->proven);
    CHECK(best->levels == all->levels);
    CHECK(best->loss == all->score.loss);
    CHECK(best->suppressed == all->score.suppressed);
    CHECK(best->classes == all->score.kept_classes);
  }
  CHECK(found > 60);
}

TEST_CASE("the answer and what was looked at do not depend on threads or on the order of the records") {
  Progress silent;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    auto one = made(seed);
    ask(one.spec.models, 0);
    ask(one.spec.models, seed % 2 == 0 ? 2 : 9);
    one.spec.suppression_limit = 0.4;
    const auto forwards = fed(one);
    std::ranges::reverse(one.rows);
    std::ranges::reverse(one.values);
    const auto backwards = fed(one);
    REQUIRE((forwards.ok() && backwards.ok()));
    const auto a = forwards->search({.threads = 1}, silent);
    const auto b = backwards->search({.threads = 5}, silent);
    REQUIRE(a.ok() == b.ok());
    if (!a.ok()) continue;
    CHECK(a->levels == b->levels);
    CHECK(a->loss == b->loss);
    CHECK(a->nodes_checked == b->nodes_checked);
    CHECK(a->projections_checked == b->projections_checked);
  }
}

TEST_CASE("keys wider than 64 bits give the same answers as narrow ones") {
  Progress silent;
  auto narrow = made(5);
  ask(narrow.spec.models, 0);
  ask(narrow.spec.models, 1);
  narrow.spec.suppression_limit = 0.3;
  auto wide = narrow;
  // Columns whose hierarchies are long but whose values are few: 5 times 12 bits.
  for (int i = 0; i < 5; ++i) {
    Hierarchy one;
    for (int v = 0; v < 4000; ++v) one.cells.push_back({"v" + std::to_string(v)});
    wide.spec.columns.push_back({"w" + std::to_string(i), one, 0});
    narrow.spec.columns.push_back({"w" + std::to_string(i), {{{"v0"}}}, 0});
  }
  for (auto* rows : {&wide.rows, &wide.population, &narrow.rows, &narrow.population}) {
    for (auto& row : *rows) row.resize(9, 0);
  }
  const auto a = fed(narrow);
  const auto b = fed(wide);
  REQUIRE((a.ok() && b.ok()));
  const auto one = a->search({}, silent);
  const auto other = b->search({}, silent);
  REQUIRE((one.ok() && other.ok()));
  CHECK(one->levels == other->levels);
  CHECK(one->suppressed == other->suppressed);
  CHECK(one->classes == other->classes);
}
