#include "base/bytes.h"
#include "engine/duck.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace naru::engine::duck {
namespace {

std::optional<Kind> kind_of(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return Kind::boolean;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
      return Kind::integer;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
      return Kind::real;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_SQLNULL:
      return Kind::text;
    case DUCKDB_TYPE_DATE:
      return Kind::date;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return Kind::timestamp;
    default:
      return std::nullopt;
  }
}

Error out_of_range(const std::string& column) {
  return rejected(say("a number does not fit into 64 bits", "숫자가 64비트 범위를 넘습니다"), column,
                  say("cast the column in SQL", "SQL에서 형을 변환하세요"));
}

/// One column of one chunk: the raw memory and its validity mask.
struct Vector {
  const void* data;
  const std::uint64_t* validity;
  std::size_t count;
  [[nodiscard]] bool valid(std::size_t row) const {
    return validity == nullptr || ((validity[row / 64] >> (row % 64)) & 1U) != 0;
  }
};

template <typename From, typename To, typename Map>
void copy(const Vector& from, std::vector<To>& to, Map map) {
  const auto* data = static_cast<const From*>(from.data);
  const auto base = to.size();
  to.resize(base + from.count);
  for (std::size_t row = 0; row < from.count; ++row) {
    if (from.valid(row)) to[base + row] = map(data[row]);
  }
}

template <typename From>
void copy_integers(const Vector& from, Column& to) {
  copy<From>(from, to.integers, [](From value) { return static_cast<std::int64_t>(value); });
}

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  const auto quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

Done read_integers(const Vector& from, const ColumnType& type, Column& to) {
  bool fits = true;
  switch (type.type) {
    case DUCKDB_TYPE_BOOLEAN:
      copy<bool>(from, to.integers, [](bool value) { return static_cast<std::int64_t>(value); });
      break;
    case DUCKDB_TYPE_TINYINT:
      copy_integers<std::int8_t>(from, to);
      break;
    case DUCKDB_TYPE_SMALLINT:
      copy_integers<std::int16_t>(from, to);
      break;
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
      copy_integers<std::int32_t>(from, to);
      break;
    case DUCKDB_TYPE_UTINYINT:
      copy_integers<std::uint8_t>(from, to);
      break;
    case DUCKDB_TYPE_USMALLINT:
      copy_integers<std::uint16_t>(from, to);
      break;
    case DUCKDB_TYPE_UINTEGER:
      copy_integers<std::uint32_t>(from, to);
      break;
    case DUCKDB_TYPE_UBIGINT:
      copy<std::uint64_t>(from, to.integers, [&](std::uint64_t value) {
        fits = fits && value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return static_cast<std::int64_t>(value);
      });
      break;
    case DUCKDB_TYPE_HUGEINT:
      copy<duckdb_hugeint>(from, to.integers, [&](duckdb_hugeint value) {
        const auto low = static_cast<std::int64_t>(value.lower);
        fits = fits && value.upper == (low < 0 ? -1 : 0);
        return low;
      });
      break;
    case DUCKDB_TYPE_TIMESTAMP_S:
      copy<std::int64_t>(from, to.integers, [](std::int64_t value) { return value * 1'000'000; });
      break;
    case DUCKDB_TYPE_TIMESTAMP_MS:
      copy<std::int64_t>(from, to.integers, [](std::int64_t value) { return value * 1'000; });
      break;
    case DUCKDB_TYPE_TIMESTAMP_NS:
      copy<std::int64_t>(from, to.integers, [](std::int64_t value) { return floor_divide(value, 1'000); });
      break;
    default:  // BIGINT, TIMESTAMP and TIMESTAMP_TZ are stored as the 64 bits we hand out
      copy_integers<std::int64_t>(from, to);
  }
  if (!fits) return out_of_range(type.name);
  return {};
}

void read_reals(const Vector& from, const ColumnType& type, Column& to) {
  if (type.type == DUCKDB_TYPE_FLOAT) {
    copy<float>(from, to.reals, [](float value) { return static_cast<double>(value); });
    return;
  }
  if (type.type == DUCKDB_TYPE_DOUBLE) {
    copy<double>(from, to.reals, [](double value) { return value; });
    return;
  }
  const double unit = std::pow(10.0, type.scale);
  switch (type.storage) {
    case DUCKDB_TYPE_SMALLINT:
      copy<std::int16_t>(from, to.reals, [&](std::int16_t value) { return value / unit; });
      break;
    case DUCKDB_TYPE_INTEGER:
      copy<std::int32_t>(from, to.reals, [&](std::int32_t value) { return value / unit; });
      break;
    case DUCKDB_TYPE_BIGINT:
      copy<std::int64_t>(from, to.reals, [&](std::int64_t value) { return static_cast<double>(value) / unit; });
      break;
    default:
      copy<duckdb_hugeint>(from, to.reals,
                           [&](duckdb_hugeint value) { return duckdb_hugeint_to_double(value) / unit; });
  }
}

Done read_texts(const Vector& from, const ColumnType& type, Column& to) {
  const auto label = [&](std::size_t index) { return index < type.labels.size() ? type.labels[index] : std::string(); };
  if (type.type == DUCKDB_TYPE_ENUM) {
    if (type.storage == DUCKDB_TYPE_UTINYINT)
      copy<std::uint8_t>(from, to.texts, label);
    else if (type.storage == DUCKDB_TYPE_USMALLINT)
      copy<std::uint16_t>(from, to.texts, label);
    else
      copy<std::uint32_t>(from, to.texts, label);
    return {};
  }
  if (type.type == DUCKDB_TYPE_SQLNULL) {
    to.texts.resize(to.texts.size() + from.count);
    return {};
  }
  copy<duckdb_string_t>(from, to.texts, [](duckdb_string_t value) {
    return std::string(duckdb_string_t_data(&value), duckdb_string_t_length(value));
  });
  return {};
}

Result<ColumnType> column_type(duckdb_result* result, idx_t index) {
  ColumnType out;
  out.name = duckdb_column_name(result, index);
  out.type = duckdb_column_type(result, index);
  const auto kind = kind_of(out.type);
  if (!kind) {
    return rejected(say("a column has a type that cannot be read here", "읽을 수 없는 형의 열입니다"), out.name,
                    say("cast the column in SQL", "SQL에서 형을 변환하세요"));
  }
  out.kind = *kind;
  const LogicalType logical(duckdb_column_logical_type(result, index));
  if (out.type == DUCKDB_TYPE_DECIMAL) {
    out.storage = duckdb_decimal_internal_type(logical.get());
    out.scale = duckdb_decimal_scale(logical.get());
  } else if (out.type == DUCKDB_TYPE_ENUM) {
    out.storage = duckdb_enum_internal_type(logical.get());
    for (idx_t label = 0; label < duckdb_enum_dictionary_size(logical.get()); ++label) {
      char* text = duckdb_enum_dictionary_value(logical.get(), label);
      out.labels.emplace_back(text);
      duckdb_free(text);
    }
  }
  return out;
}

template <typename To>
bool put_integers(void* data, const Column& from, std::size_t start, std::size_t count) {
  auto* to = static_cast<To*>(data);
  for (std::size_t row = 0; row < count; ++row) {
    const bool valid = from.valid[start + row] != 0;
    const auto value = valid ? from.integers[start + row] : 0;
    to[row] = static_cast<To>(value);
    if (static_cast<std::int64_t>(to[row]) != value) return false;
    if constexpr (std::is_unsigned_v<To>) {
      if (value < 0) return false;
    }
  }
  return true;
}

template <typename To>
bool put_reals(void* data, const Column& from, std::size_t start, std::size_t count) {
  auto* to = static_cast<To*>(data);
  for (std::size_t row = 0; row < count; ++row) {
    to[row] = from.valid[start + row] != 0 ? static_cast<To>(from.reals[start + row]) : To{};
  }
  return true;
}

bool put_texts(duckdb_vector vector, const Column& from, std::size_t start, std::size_t count) {
  for (std::size_t row = 0; row < count; ++row) {
    if (from.valid[start + row] == 0) continue;
    const auto& text = from.texts[start + row];
    // The library stores what it is given; broken UTF-8 would fail much later, in another statement.
    if (!is_utf8(text)) return false;
    duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
  }
  return true;
}

/// A bit per row, 64 to a word; a column without NULL needs none.
void put_validity(duckdb_vector vector, const Column& from, std::size_t start, std::size_t count) {
  const auto first = from.valid.begin() + static_cast<std::ptrdiff_t>(start);
  if (std::find(first, first + static_cast<std::ptrdiff_t>(count), 0) == first + static_cast<std::ptrdiff_t>(count))
    return;
  duckdb_vector_ensure_validity_writable(vector);
  auto* const words = duckdb_vector_get_validity(vector);
  constexpr std::size_t bits = 64;
  for (std::size_t row = 0; row < count; row += bits) {
    std::uint64_t word = 0;
    const auto end = std::min(bits, count - row);
    for (std::size_t bit = 0; bit < end; ++bit)
      word |= static_cast<std::uint64_t>(from.valid[start + row + bit] != 0) << bit;
    words[row / bits] = word;
  }
}

bool matches(Kind kind, duckdb_type type) { return kind_of(type) == kind && type != DUCKDB_TYPE_DECIMAL; }

bool put(duckdb_vector vector, duckdb_type type, const Column& from, std::size_t start, std::size_t count) {
  void* data = duckdb_vector_get_data(vector);
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return put_integers<bool>(data, from, start, count);
    case DUCKDB_TYPE_TINYINT:
      return put_integers<std::int8_t>(data, from, start, count);
    case DUCKDB_TYPE_SMALLINT:
      return put_integers<std::int16_t>(data, from, start, count);
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
      return put_integers<std::int32_t>(data, from, start, count);
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return put_integers<std::int64_t>(data, from, start, count);
    case DUCKDB_TYPE_UTINYINT:
      return put_integers<std::uint8_t>(data, from, start, count);
    case DUCKDB_TYPE_USMALLINT:
      return put_integers<std::uint16_t>(data, from, start, count);
    case DUCKDB_TYPE_UINTEGER:
      return put_integers<std::uint32_t>(data, from, start, count);
    case DUCKDB_TYPE_UBIGINT:
      return put_integers<std::uint64_t>(data, from, start, count);
    case DUCKDB_TYPE_FLOAT:
      return put_reals<float>(data, from, start, count);
    case DUCKDB_TYPE_DOUBLE:
      return put_reals<double>(data, from, start, count);
    case DUCKDB_TYPE_VARCHAR:
      return put_texts(vector, from, start, count);
    default:
      return false;
  }
}

}  // namespace

Result<std::vector<ColumnType>> column_types(duckdb_result* result) {
  std::vector<ColumnType> types;
  const auto count = duckdb_column_count(result);
  for (idx_t index = 0; index < count; ++index) {
    NARU_ASSIGN(auto type, column_type(result, index));
    types.push_back(std::move(type));
  }
  return types;
}

Rows rows_for(const std::vector<ColumnType>& types) {
  Rows rows;
  for (const auto& type : types) rows.columns.push_back({type.name, type.kind});
  return rows;
}

Done read_chunk(duckdb_data_chunk chunk, const std::vector<ColumnType>& types, Rows& rows) {
  const auto count = duckdb_data_chunk_get_size(chunk);
  for (std::size_t index = 0; index < types.size(); ++index) {
    auto* const handle = duckdb_data_chunk_get_vector(chunk, index);
    const Vector from{duckdb_vector_get_data(handle), duckdb_vector_get_validity(handle), count};
    auto& to = rows.columns[index];
    const auto base = to.valid.size();
    to.valid.resize(base + count, 1);
    if (from.validity != nullptr) {
      for (std::size_t row = 0; row < count; ++row) to.valid[base + row] = from.valid(row) ? 1 : 0;
    }
    if (types[index].kind == Kind::text)
      NARU_CHECK(read_texts(from, types[index], to));
    else if (types[index].kind == Kind::real)
      read_reals(from, types[index], to);
    else
      NARU_CHECK(read_integers(from, types[index], to));
  }
  rows.count += count;
  return {};
}

Done fill_chunk(duckdb_data_chunk chunk, const std::vector<duckdb_type>& types, const Rows& rows, std::size_t from,
                std::size_t count) {
  for (std::size_t index = 0; index < types.size(); ++index) {
    const auto& column = rows.columns[index];
    if (!matches(column.kind, types[index])) {
      return internal_error(say("a column's kind does not match the table", "열의 종류가 표와 맞지 않습니다"),
                            column.name);
    }
    auto* const vector = duckdb_data_chunk_get_vector(chunk, index);
    put_validity(vector, column, from, count);
    if (!put(vector, types[index], column, from, count)) {
      return rejected(say("rows {} to {} hold a value that the column cannot take (range or UTF-8)",
                          "{}~{}행에 열이 받을 수 없는 값(범위 또는 UTF-8)이 있습니다", from + 1, from + count),
                      column.name);
    }
  }
  duckdb_data_chunk_set_size(chunk, count);
  return {};
}

}  // namespace naru::engine::duck
