// Looking records up in the classes of a node.
#include "protect/anonymiser_state.h"

namespace naru::protect {

namespace {
template <class Key>
struct Classes {
  detail::ClassTables<Key> tables = {};
  detail::Counter<Key> counter = {};
  std::vector<std::int64_t> number = {};  ///< per group: its class, or -1
};
}  // namespace

struct Anonymiser::Keeper::State {
  std::vector<std::vector<std::uint32_t>> at;  ///< per column of the search: hierarchy row → code at its level
  std::vector<std::size_t> place;
  std::variant<Classes<detail::Narrow>, Classes<detail::Wide>> classes;
};

Anonymiser::Keeper::Keeper(std::unique_ptr<State> state) : state_(std::move(state)) {}
Anonymiser::Keeper::~Keeper() = default;
Anonymiser::Keeper::Keeper(Keeper&&) noexcept = default;

std::int64_t Anonymiser::Keeper::class_of(std::span<const std::uint32_t> rows) const {
  return std::visit(
      [&]<class Key>(const Classes<Key>& classes) -> std::int64_t {
        Key key = {};
        const auto& layout = classes.tables.plain.layout;
        for (std::size_t c = 0; c < state_->place.size(); ++c) {
          put_code(key, layout[c], state_->at[c][rows[state_->place[c]]]);
        }
        const auto found = classes.counter.find(key);
        return found == UINT32_MAX ? -1 : classes.number[found];
      },
      state_->classes);
}

Anonymiser::Keeper Anonymiser::keeper(const std::vector<std::size_t>& levels) const {
  auto out = std::make_unique<Keeper::State>();
  out->place = state_->place;
  std::vector<std::size_t> ordered;
  for (std::size_t c = 0; c < out->place.size(); ++c) {
    ordered.push_back(levels[out->place[c]]);
    out->at.push_back(state_->problem.columns[c].at[ordered.back()]);
  }
  std::visit(
      [&]<class Key>(const detail::ClassTables<Key>& finest) {
        auto& classes = out->classes.template emplace<Classes<Key>>();
        std::vector<std::uint8_t> kept;
        (void)detail::measure_node(state_->problem, finest, ordered, classes.tables, kept);
        std::int64_t next = 0;
        for (std::size_t i = 0; i < kept.size(); ++i) {
          const bool there = kept[i] != 0 && classes.tables.plain.groups[i].count > 0;
          classes.number.push_back(there ? next++ : -1);
        }
        classes.counter.index(classes.tables.plain);
      },
      state_->finest);
  return Keeper(std::move(out));
}

}  // namespace naru::protect
