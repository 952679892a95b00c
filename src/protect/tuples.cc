#include "protect/tuples.h"

namespace naru::protect::detail {

Result<Tuples> Tuples::of(std::span<const std::size_t> values) {
  const auto plan = plan_layout(values);
  if (!plan.fits) {
    return rejected(say("the columns have too many different values together: more than {} bits of codes",
                        "열의 서로 다른 값이 모두 합쳐 너무 많습니다. 코드가 {}비트를 넘습니다", wide_bits),
                    "columns", say("give fewer columns or shorter hierarchies", "열이나 일반화 계층의 값을 줄이세요"));
  }
  Tuples out;
  const auto start = [&](auto& store) {
    store.table.layout = plan.layout;
    // Hashing from the start: a table grows with what it holds, not with what it could hold.
    store.counter.begin(store.table, 1024, 64);
  };
  if (plan.narrow) {
    start(out.store_.emplace<TupleStore<Narrow>>());
  } else {
    start(out.store_.emplace<TupleStore<Wide>>());
  }
  return out;
}

void Tuples::add(std::span<const std::uint32_t> codes, bool of_population) {
  (of_population ? population_ : records_) += 1;
  std::visit(
      [&](auto& store) {
        using Key = std::remove_cvref_t<decltype(store.table.groups.front().key)>;
        Key key = {};
        for (std::size_t c = 0; c < codes.size(); ++c) put_code(key, store.table.layout[c], codes[c]);
        // The counter points at the table, which moves with this object.
        store.counter.add_to(store.table, key, of_population ? 0 : 1, of_population ? 1 : 0);
      },
      store_);
}

std::size_t Tuples::distinct() const {
  return std::visit([](const auto& store) { return store.table.groups.size(); }, store_);
}

}  // namespace naru::protect::detail
