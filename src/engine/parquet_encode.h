#pragma once
/// One column of one row group as Parquet pages. Internal to the room.
#include "engine/database.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace naru::engine::parquet_format {

enum class Physical : std::int32_t { int32 = 1, int64 = 2, real = 5, bytes = 6 };

/// What the footer says of a column chunk.
struct Chunk {
  std::string bytes = {};           ///< pages with their headers
  std::int64_t raw_bytes = 0;       ///< the same before compression
  std::int64_t dictionary_end = 0;  ///< bytes of the dictionary page; 0: none
  std::int64_t nulls = 0;
  bool compressed = false;
  bool bounded = false;  ///< least and greatest are known
  std::string least = {}, greatest = {};
};

/// Fields of a struct in Thrift's compact protocol, in rising order of their ids.
class Thrift {
 public:
  void whole(int id, std::int64_t value, bool wide);
  void text(int id, std::string_view value);
  void flag(int id, bool value);
  /// A list of `count` structs (12), integers (5) or texts (8), whose elements follow.
  void list(int id, std::size_t count, unsigned element);
  void element_whole(std::int64_t value);
  void element_text(std::string_view value);
  /// A struct: as field `id`, or as the next element of a list when 0.
  void begin(int id);
  void end();
  [[nodiscard]] const std::string& bytes() const { return out_; }

 private:
  void field(int id, unsigned type);
  void varint(std::uint64_t value);
  void zigzag(std::int64_t value);
  std::string out_;
  std::vector<int> outer_ = {};
  int last_ = 0;
};

/// Runs and bit-packed groups of eight, as Parquet packs levels and dictionary places.
void pack_hybrid(const std::uint8_t* values, std::size_t count, unsigned width, std::string& out);
void pack_hybrid(const std::uint32_t* values, std::size_t count, unsigned width, std::string& out);

/// Encodes columns; keeps its buffers between them.
class Encoder {
 public:
  Encoder();
  ~Encoder();
  Encoder(const Encoder&) = delete;
  /// `column` null: `count` NULLs.
  [[nodiscard]] Result<Chunk> encode(const Column* column, Physical type, std::size_t count);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace naru::engine::parquet_format
