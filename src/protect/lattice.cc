#include "protect/lattice.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

namespace naru::protect::detail {
namespace {

std::uint64_t mixed(std::uint64_t key) {
  key *= 0x9E3779B97F4A7C15ULL;
  return key ^ key >> 32;
}

Error bad_hierarchy(const QuasiColumn& column, Text what, std::size_t row) {
  return rejected(std::move(what), fmt::format("{}: hierarchy row {}", column.name, row + 1));
}

// Codes of one level in order of first appearance, and each hierarchy row's code.
struct LevelCodes {
  std::vector<std::uint32_t> of_row;
  std::uint32_t count = 0;
};

LevelCodes codes_of_level(const Hierarchy& hierarchy, std::size_t level) {
  LevelCodes out;
  std::unordered_map<std::string_view, std::uint32_t> seen;
  out.of_row.reserve(hierarchy.cells.size());
  for (const auto& row : hierarchy.cells) {
    const auto [at, fresh] = seen.emplace(row[level], out.count);
    if (fresh) ++out.count;
    out.of_row.push_back(at->second);
  }
  return out;
}

Result<CodedColumn> encode_column(const QuasiColumn& column, std::vector<std::uint32_t>& row_codes) {
  CodedColumn out;
  out.levels = column.hierarchy.levels();
  if (out.levels == 0) return bad_hierarchy(column, say("an empty hierarchy", "빈 일반화 계층입니다"), 0);
  const auto& cells = column.hierarchy.cells;
  for (std::size_t r = 0; r < cells.size(); ++r) {
    if (cells[r].size() != out.levels) {
      return bad_hierarchy(column, say("another number of levels than the first row", "첫 행과 수준 수가 다릅니다"), r);
    }
  }
  out.domain = static_cast<std::int64_t>(cells.size());
  LevelCodes before = codes_of_level(column.hierarchy, 0);
  row_codes = before.of_row;
  if (before.count != cells.size()) {
    return bad_hierarchy(column, say("a value stands twice", "값이 두 번 나옵니다"), before.count);
  }
  out.mask = std::bit_ceil(std::uint64_t{before.count}) - 1;
  for (std::size_t level = 0; level < out.levels; ++level) {
    const auto now = level == 0 ? before : codes_of_level(column.hierarchy, level);
    auto& rows = out.rows.emplace_back(now.count, 0);
    for (const auto code : now.of_row) ++rows[code];
    if (level == 0) continue;
    std::vector<std::uint32_t> up(before.count, UINT32_MAX);
    for (std::size_t r = 0; r < cells.size(); ++r) {
      auto& target = up[before.of_row[r]];
      if (target != UINT32_MAX && target != now.of_row[r]) {
        return bad_hierarchy(column, say("generalised in two ways", "두 가지로 일반화된 값입니다"), r);
      }
      target = now.of_row[r];
    }
    out.up.push_back(std::move(up));
    before = now;
  }
  return out;
}

}  // namespace

void Groups::clear(std::size_t expected) {
  groups_.clear();
  const auto size = std::bit_ceil(expected * 2 + 16);
  slots_.assign(size, 0);
  slot_mask_ = size - 1;
}

void Groups::add(std::uint64_t key, std::int64_t count) {
  if (groups_.size() * 2 >= slots_.size()) {
    const auto size = slots_.size() * 2;
    slots_.assign(size, 0);
    slot_mask_ = size - 1;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      auto slot = mixed(groups_[i].key) & slot_mask_;
      while (slots_[slot] != 0) slot = (slot + 1) & slot_mask_;
      slots_[slot] = static_cast<std::uint32_t>(i + 1);
    }
  }
  auto slot = mixed(key) & slot_mask_;
  while (slots_[slot] != 0) {
    auto& group = groups_[slots_[slot] - 1];
    if (group.key == key) {
      group.count += count;
      return;
    }
    slot = (slot + 1) & slot_mask_;
  }
  groups_.push_back({key, count});
  slots_[slot] = static_cast<std::uint32_t>(groups_.size());
}

Result<Coded> encode(const AnonymityRequest& request) {
  Coded out;
  if (request.columns.empty()) {
    return rejected(say("no quasi-identifier", "준식별자가 없습니다"), "columns");
  }
  if (request.k < 2 || !(request.suppression_limit >= 0 && request.suppression_limit <= 1)) {
    return rejected(say("k is at least 2 and the suppression limit a share from 0 to 1",
                        "k는 2 이상, 삭제 한도는 0에서 1 사이의 비율입니다"),
                    "k, suppression_limit");
  }
  const auto records = request.columns.front().rows.size();
  out.records.assign(records, 0);
  unsigned bits = 0;
  for (const auto& column : request.columns) {
    std::vector<std::uint32_t> row_codes;
    NARU_ASSIGN(auto coded, encode_column(column, row_codes));
    coded.shift = bits;
    bits += static_cast<unsigned>(std::bit_width(coded.mask));
    if (bits > 64) {
      return rejected(
          say("the quasi-identifiers have too many different values together", "준식별자 값의 조합이 너무 많습니다"),
          column.name);
    }
    if (column.rows.size() != records) {
      return rejected(say("another number of records than the first column", "첫 열과 행 수가 다릅니다"), column.name);
    }
    for (std::size_t i = 0; i < records; ++i) {
      if (column.rows[i] >= row_codes.size()) {
        return rejected(say("a value is not in the hierarchy", "계층에 없는 값입니다"),
                        fmt::format("{}: record {}", column.name, i + 1));
      }
      if (coded.mask != 0) out.records[i] |= std::uint64_t{row_codes[column.rows[i]]} << coded.shift;
    }
    out.columns.push_back(std::move(coded));
  }
  out.bottom.clear(1024);
  for (const auto key : out.records) out.bottom.add(key, 1);
  return out;
}

void roll_up(const Coded& coded, std::size_t c, std::size_t from, const Groups& in, Groups& out) {
  const auto& column = coded.columns[c];
  out.clear(in.all().size());
  if (column.mask == 0) {
    for (const auto& group : in.all()) out.add(group.key, group.count);
    return;
  }
  const auto& up = column.up[from];
  const auto clear = ~(column.mask << column.shift);
  for (const auto& group : in.all()) {
    const auto code = static_cast<std::uint32_t>(group.key >> column.shift & column.mask);
    out.add((group.key & clear) | std::uint64_t{up[code]} << column.shift, group.count);
  }
}

std::uint64_t key_at(const Coded& coded, std::uint64_t key, const std::vector<std::size_t>& levels) {
  std::uint64_t out = 0;
  for (std::size_t c = 0; c < coded.columns.size(); ++c) {
    const auto& column = coded.columns[c];
    if (column.mask == 0) continue;
    auto code = static_cast<std::uint32_t>(key >> column.shift & column.mask);
    for (std::size_t level = 0; level < levels[c]; ++level) code = column.up[level][code];
    out |= std::uint64_t{code} << column.shift;
  }
  return out;
}

NodeScore score(const Coded& coded, const AnonymityRequest& request, const Groups& groups,
                const std::vector<std::size_t>& levels) {
  const auto count = coded.columns.size();
  NodeScore out;
  out.classes = static_cast<std::int64_t>(groups.all().size());
  // Records per generalised value, as whole numbers: the loss then does not depend on the order of classes.
  std::vector<std::vector<std::int64_t>> kept(count);
  for (std::size_t c = 0; c < count; ++c) kept[c].assign(coded.columns[c].rows[levels[c]].size(), 0);
  for (const auto& group : groups.all()) {
    if (group.count < request.k) {
      out.below_k += group.count;
      continue;
    }
    for (std::size_t c = 0; c < count; ++c) {
      const auto& column = coded.columns[c];
      kept[c][column.mask == 0 ? 0 : group.key >> column.shift & column.mask] += group.count;
    }
  }
  const auto records = static_cast<double>(coded.records.size());
  double product = 1;
  double sum = 0;
  for (std::size_t c = 0; c < count; ++c) {
    const auto& column = coded.columns[c];
    const auto domain = static_cast<double>(column.domain);
    double lost = static_cast<double>(out.below_k);
    for (std::size_t code = 0; code < kept[c].size(); ++code) {
      lost += static_cast<double>(kept[c][code]) * (static_cast<double>(column.rows[levels[c]][code]) / domain);
    }
    const double least = records / domain;
    // A domain of one value cannot lose anything. Ten decimals, cut: the convention of the published reference.
    double v = records > least ? (lost - least) / (records - least) : 0;
    v = std::max(0.0, std::floor(v * 1e10) / 1e10);
    product *= 1 + v;
    sum += v;
  }
  out.loss = request.aggregate == LossAggregate::geometric_mean
                 ? std::pow(product, 1.0 / static_cast<double>(count)) - 1
                 : sum / static_cast<double>(count);
  return out;
}

}  // namespace naru::protect::detail
