#include "engine/parquet_encode.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <span>

namespace naru::engine::parquet_format {
namespace {

constexpr int zstd_level = 1;
constexpr std::size_t dictionary_max = 32'768;
constexpr unsigned slot_bits = 17;  // at most a quarter full
constexpr std::size_t page_bytes_max = 1U << 30;
constexpr std::size_t bound_bytes_max = 64;  // longer texts are no bounds
// Among so many first values, more distinct ones than this show a key, for which a dictionary is lost work.
constexpr std::size_t sample = 2'048;
constexpr std::size_t sample_distinct_max = 1'536;

template <typename Value>
void pack_bits(const Value* values, std::size_t count, unsigned width, std::string& out) {
  const auto before = out.size();
  out.resize(before + (count + 7) / 8 * width);
  auto* to = out.data() + before;
  std::uint64_t held = 0;
  unsigned bits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    held |= static_cast<std::uint64_t>(values[i]) << bits;
    bits += width;
    for (; bits >= 8; bits -= 8, held >>= 8U) *to++ = static_cast<char>(held & 0xFFU);
  }
  if (bits > 0) *to = static_cast<char>(held & 0xFFU);
}

void put_varint(std::uint64_t value, std::string& out) {
  while (value >= 0x80U) {
    out += static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  out += static_cast<char>(value);
}

template <typename Value>
void pack(const Value* values, std::size_t count, unsigned width, std::string& out) {
  const auto literals = [&](std::size_t from, std::size_t to) {
    if (from == to) return;
    put_varint((to - from + 7) / 8 << 1U | 1U, out);
    pack_bits(values + from, to - from, width, out);
  };
  std::size_t pending = 0;
  for (std::size_t i = 0; i < count;) {
    std::size_t end = i + 1;
    while (end < count && values[end] == values[i]) ++end;
    // Literals stand in eights: a run lends them what they lack, and is worth being one when eight are left.
    const auto lent = (8 - (i - pending) % 8) % 8;
    if (end - i >= lent + 8) {
      literals(pending, i + lent);
      put_varint((end - i - lent) << 1U, out);
      for (unsigned byte = 0; byte < (width + 7) / 8; ++byte)
        out += static_cast<char>(static_cast<std::uint64_t>(values[i]) >> (8 * byte) & 0xFFU);
      pending = end;
    }
    i = end;
  }
  literals(pending, count);
}

std::uint64_t mixed(std::uint64_t value) {
  value *= 0x9E3779B97F4A7C15U;
  return value ^ value >> 32U;
}

std::uint64_t hash_of(std::int64_t value) { return mixed(static_cast<std::uint64_t>(value)); }
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = text.size();
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    hash = mixed(hash ^ word);
    text.remove_prefix(8);
  }
  std::uint64_t word = 0;
  std::memcpy(&word, text.data(), text.size());
  return mixed(hash ^ word);
}

/// Little endian, as every platform this is built for.
void put_plain(std::span<const std::int64_t> values, Physical type, std::string& out) {
  const std::size_t size = type == Physical::int32 ? 4 : 8;
  const auto before = out.size();
  out.resize(before + values.size() * size);
  auto* to = out.data() + before;
  for (const auto value : values) {
    std::memcpy(to, &value, size);
    to += size;
  }
}
void put_plain(std::span<const std::string_view> texts, Physical /*type*/, std::string& out) {
  for (const auto text : texts) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::array<char, 4> bytes{};
    std::memcpy(bytes.data(), &size, 4);
    out.append(bytes.data(), 4);
    out.append(text);
  }
}
void put_plain(std::int64_t value, Physical type, std::string& out) { put_plain(std::span(&value, 1), type, out); }

std::size_t plain_size(std::int64_t /*value*/, Physical type) { return type == Physical::int32 ? 4 : 8; }
std::size_t plain_size(std::string_view text, Physical /*type*/) { return 4 + text.size(); }

Error too_large(const std::string& column) {
  return internal_error(say("a column's page is too large", "열의 페이지가 너무 큽니다"), column);
}

}  // namespace

void pack_hybrid(const std::uint8_t* values, std::size_t count, unsigned width, std::string& out) {
  pack(values, count, width, out);
}
void pack_hybrid(const std::uint32_t* values, std::size_t count, unsigned width, std::string& out) {
  pack(values, count, width, out);
}

void Thrift::varint(std::uint64_t value) { put_varint(value, out_); }
void Thrift::zigzag(std::int64_t value) {
  varint(static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63));
}
void Thrift::field(int id, unsigned type) {
  const int step = id - last_;
  last_ = id;
  out_ += static_cast<char>(static_cast<unsigned>(step) << 4U | type);  // steps above 15 do not occur here
}
void Thrift::whole(int id, std::int64_t value, bool wide) {
  field(id, wide ? 6 : 5);
  zigzag(value);
}
void Thrift::text(int id, std::string_view value) {
  field(id, 8);
  element_text(value);
}
void Thrift::flag(int id, bool value) { field(id, value ? 1 : 2); }
void Thrift::list(int id, std::size_t count, unsigned element) {
  field(id, 9);
  if (count < 15) {
    out_ += static_cast<char>(static_cast<unsigned>(count) << 4U | element);
  } else {
    out_ += static_cast<char>(0xF0U | element);
    varint(count);
  }
}
void Thrift::element_whole(std::int64_t value) { zigzag(value); }
void Thrift::element_text(std::string_view value) {
  varint(value.size());
  out_.append(value);
}
void Thrift::begin(int id) {
  if (id > 0) field(id, 12);
  outer_.push_back(last_);
  last_ = 0;
}
void Thrift::end() {
  out_ += '\0';
  last_ = outer_.empty() ? 0 : outer_.back();
  if (!outer_.empty()) outer_.pop_back();
}

struct Encoder::State {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::vector<std::uint32_t> slots = std::vector<std::uint32_t>(1U << slot_bits);
  std::vector<std::uint32_t> places;
  std::vector<std::int64_t> numbers;
  std::vector<std::int64_t> number_dictionary;
  std::vector<std::string_view> texts;
  std::vector<std::string_view> text_dictionary;
  std::string page, packed;
  ~State() { ZSTD_freeCCtx(context); }

  /// Distinct values in order of their first use and the place of each value; false when a dictionary does not pay.
  template <typename Value>
  bool make_dictionary(const std::vector<Value>& values, Physical type, std::vector<Value>& dictionary) {
    std::ranges::fill(slots, 0);
    dictionary.clear();
    places.resize(values.size());
    constexpr std::size_t mask = (1U << slot_bits) - 1;
    std::size_t plain = 0, entries = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& value = values[i];
      plain += plain_size(value, type);
      if (i > 0 && value == values[i - 1]) {
        places[i] = places[i - 1];
        continue;
      }
      auto slot = hash_of(value) & mask;
      while (slots[slot] != 0 && !(dictionary[slots[slot] - 1] == value)) slot = (slot + 1) & mask;
      if (slots[slot] == 0) {
        if (dictionary.size() == dictionary_max || (i < sample && dictionary.size() == sample_distinct_max))
          return false;
        dictionary.push_back(value);
        entries += plain_size(value, type);
        slots[slot] = static_cast<std::uint32_t>(dictionary.size());
      }
      places[i] = slots[slot] - 1;
    }
    return entries + values.size() * static_cast<std::size_t>(std::bit_width(dictionary.size())) / 8 < plain;
  }

  /// Appends `page` with its header to the chunk.
  Done put_page(Chunk& chunk, const std::string& column, bool is_dictionary, std::size_t values, bool by_dictionary) {
    if (page.size() > page_bytes_max) return too_large(column);
    std::string_view stored = page;
    if (chunk.compressed) {
      packed.resize(ZSTD_compressBound(page.size()));
      const auto size = ZSTD_compressCCtx(context, packed.data(), packed.size(), page.data(), page.size(), zstd_level);
      if (ZSTD_isError(size) != 0) return too_large(column);
      stored = std::string_view(packed).substr(0, size);
    }
    Thrift header;
    constexpr int data_page = 0, dictionary_page = 2, plain = 0, rle = 3, rle_dictionary = 8;
    header.whole(1, is_dictionary ? dictionary_page : data_page, false);
    header.whole(2, static_cast<std::int64_t>(page.size()), false);
    header.whole(3, static_cast<std::int64_t>(stored.size()), false);
    header.begin(is_dictionary ? 7 : 5);
    header.whole(1, static_cast<std::int64_t>(values), false);
    header.whole(2, by_dictionary && !is_dictionary ? rle_dictionary : plain, false);
    if (!is_dictionary) {
      header.whole(3, rle, false);
      header.whole(4, rle, false);
    }
    header.end();
    header.end();
    chunk.raw_bytes += static_cast<std::int64_t>(header.bytes().size() + page.size());
    chunk.bytes += header.bytes();
    chunk.bytes += stored;
    return {};
  }

  void begin_data_page(const Column* column, std::size_t count) {
    page.assign(4, '\0');
    if (column != nullptr) {
      pack_hybrid(column->valid.data(), count, 1, page);
    } else {
      put_varint(count << 1U, page);
      page += '\0';
    }
    const auto size = static_cast<std::uint32_t>(page.size() - 4);
    std::memcpy(page.data(), &size, 4);
  }

  template <typename Value>
  Done put_values(Chunk& chunk, const Column& column, Physical type, std::size_t count,
                  const std::vector<Value>& values, std::vector<Value>& dictionary) {
    const bool by_dictionary = make_dictionary(values, type, dictionary);
    chunk.compressed = true;
    if (by_dictionary) {
      page.clear();
      put_plain(std::span<const Value>(dictionary), type, page);
      NARU_CHECK(put_page(chunk, column.name, true, dictionary.size(), true));
      chunk.dictionary_end = static_cast<std::int64_t>(chunk.bytes.size());
      begin_data_page(&column, count);
      const auto width = std::max(1U, static_cast<unsigned>(std::bit_width(dictionary.size() - 1)));
      page += static_cast<char>(width);
      pack_hybrid(places.data(), places.size(), width, page);
      bound(chunk, dictionary, type);
    } else {
      begin_data_page(&column, count);
      put_plain(std::span<const Value>(values), type, page);
      bound(chunk, values, type);
    }
    return put_page(chunk, column.name, false, count, by_dictionary);
  }

  static void bound(Chunk& chunk, const std::vector<std::string_view>& values, Physical /*type*/) {
    const auto [least, greatest] = std::ranges::minmax_element(values);
    if (least->size() > bound_bytes_max || greatest->size() > bound_bytes_max) return;
    chunk.least = *least;
    chunk.greatest = *greatest;
    chunk.bounded = true;
  }
  static void bound(Chunk& chunk, const std::vector<std::int64_t>& values, Physical type) {
    if (type == Physical::real) return bound_reals(chunk, values);
    const auto [least, greatest] = std::ranges::minmax_element(values);
    put_plain(*least, type, chunk.least);
    put_plain(*greatest, type, chunk.greatest);
    chunk.bounded = true;
  }
  static void bound_reals(Chunk& chunk, const std::vector<std::int64_t>& bits) {
    double least = std::numeric_limits<double>::infinity(), greatest = -least;
    for (const auto one : bits) {
      const auto value = std::bit_cast<double>(one);
      if (value != value) return;  // no order holds a NaN
      least = std::min(least, value);
      greatest = std::max(greatest, value);
    }
    if (least == 0) least = -0.0;  // the format's rule: either zero lies within
    if (greatest == 0) greatest = 0.0;
    put_plain(std::bit_cast<std::int64_t>(least), Physical::real, chunk.least);
    put_plain(std::bit_cast<std::int64_t>(greatest), Physical::real, chunk.greatest);
    chunk.bounded = true;
  }

  void gather(const Column& column) {
    numbers.clear();
    texts.clear();
    for (std::size_t row = 0; row < column.valid.size(); ++row) {
      if (column.valid[row] == 0) continue;
      if (column.kind == Kind::text)
        texts.push_back(column.texts[row]);
      else if (column.kind == Kind::real)
        numbers.push_back(std::bit_cast<std::int64_t>(column.reals[row]));
      else
        numbers.push_back(column.integers[row]);
    }
  }
};

Encoder::Encoder() : state_(std::make_unique<State>()) {}
Encoder::~Encoder() = default;

Result<Chunk> Encoder::encode(const Column* column, Physical type, std::size_t count) {
  auto& state = *state_;
  Chunk chunk;
  if (column != nullptr) {
    state.gather(*column);
    const auto values = column->kind == Kind::text ? state.texts.size() : state.numbers.size();
    chunk.nulls = static_cast<std::int64_t>(count - values);
    if (values > 0) {
      if (column->kind == Kind::text)
        NARU_CHECK(state.put_values(chunk, *column, type, count, state.texts, state.text_dictionary));
      else
        NARU_CHECK(state.put_values(chunk, *column, type, count, state.numbers, state.number_dictionary));
      return chunk;
    }
  }
  chunk.nulls = static_cast<std::int64_t>(count);
  state.begin_data_page(nullptr, count);
  NARU_CHECK(state.put_page(chunk, {}, false, count, false));
  return chunk;
}

}  // namespace naru::engine::parquet_format
