// Every node of the lattice, one after the other: what the search is checked against.
#include "protect/anonymiser_state.h"

namespace naru::protect {
namespace {

using detail::ClassTables;
using detail::Step;

template <class Key>
struct Everywhere {
  const detail::Problem& problem;
  const std::vector<std::size_t>& place;
  const Anonymiser::EachNode& each;
  detail::Judge<Key> judge{problem};
  detail::Measure measure{problem};
  detail::Counter<Key> counter = {};
  std::vector<std::size_t> levels = std::vector<std::size_t>(problem.size(), 0);
  std::vector<std::uint8_t> kept = {};

  void visit(ClassTables<Key> tables) {
    const auto verdict = judge(tables, kept);
    const double loss = measure.score(tables.plain, kept, verdict, levels);
    std::vector<std::size_t> asked(levels.size());
    for (std::size_t c = 0; c < levels.size(); ++c) asked[place[c]] = levels[c];
    each(asked, {loss, verdict.classes, verdict.kept_classes, verdict.suppressed});
  }

  void descend(std::size_t column, ClassTables<Key> tables) {
    if (column == problem.size()) return visit(std::move(tables));
    for (std::size_t level = 0; level < problem.columns[column].levels; ++level) {
      if (level > 0) {
        const Step step{column, problem.columns[column].up[level - 1].data(), problem.columns[column].values(level)};
        ClassTables<Key> next;
        roll<Key>(tables.plain, {&step, 1}, counter, next.plain);
        next.sensitive.resize(tables.sensitive.size());
        for (std::size_t s = 0; s < next.sensitive.size(); ++s) {
          roll<Key>(tables.sensitive[s], {&step, 1}, counter, next.sensitive[s]);
        }
        tables = std::move(next);
      }
      levels[column] = level;
      descend(column + 1, tables);
    }
    levels[column] = 0;
  }
};

}  // namespace

void Anonymiser::each_node(const EachNode& each) const {
  std::visit(
      [&]<class Key>(const ClassTables<Key>& finest) {
        Everywhere<Key>{.problem = state_->problem, .place = state_->place, .each = each}.descend(0, finest);
      },
      state_->finest);
}

}  // namespace naru::protect
