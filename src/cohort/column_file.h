#pragma once
/// One column of an index as a file: numbers of a fixed width over a base, mapped into memory when it is read.
/// Only for this room's .cc files.
#include "base/result.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace naru::cohort {

/// What `Column::at` gives for NULL.
inline constexpr std::int64_t null_value = std::numeric_limits<std::int64_t>::min();
/// A NaN that no source writes stands for NULL in a column of doubles.
inline constexpr std::uint64_t null_real_bits = 0x7FF8'4E41'5255'0001ULL;

/// How a column's numbers lie in its file. width 0: no file, every cell is `base` (null_value: every cell is NULL).
/// width 1, 2, 4: base + stored, all bits set means NULL. width 8: the number itself (or a double's bits).
struct ColumnShape {
  std::uint8_t width = 0;
  bool real = false;
  std::int64_t base = 0;
  std::uint64_t rows = 0;
  [[nodiscard]] std::uint64_t bytes() const { return rows * width; }
};
/// The narrowest shape for values of [least, most], with NULLs or not.
[[nodiscard]] ColumnShape shape_for(std::int64_t least, std::int64_t most, bool nulls, std::uint64_t rows);

/// A file mapped into memory, for reading or (new, of a given size) for writing.
class Mapping {
 public:
  Mapping() = default;
  ~Mapping();
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  /// Error rejected when the file has not `bytes` bytes.
  [[nodiscard]] static Result<Mapping> read(const std::filesystem::path& file, std::uint64_t bytes);
  /// Reserves the bytes on disk first, so that a full disk is an error here and not a signal later.
  [[nodiscard]] static Result<Mapping> create(const std::filesystem::path& file, std::uint64_t bytes);
  [[nodiscard]] const std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::uint8_t* writable() { return data_; }
  [[nodiscard]] std::uint64_t size() const { return bytes_; }
  /// Writes what was changed to disk.
  [[nodiscard]] Done sync() const;

 private:
  std::uint8_t* data_ = nullptr;
  std::uint64_t bytes_ = 0;
};

/// A column for reading.
class Column {
 public:
  Column() = default;
  [[nodiscard]] static Result<Column> open(const std::filesystem::path& file, const ColumnShape& shape);
  [[nodiscard]] std::uint64_t rows() const { return shape_.rows; }
  [[nodiscard]] const ColumnShape& shape() const { return shape_; }
  /// The mapped numbers when the width is that of T, else null.
  template <typename T>
  [[nodiscard]] const T* numbers() const {
    return shape_.width == sizeof(T) ? reinterpret_cast<const T*>(map_.data()) : nullptr;
  }
  /// REQUIRES: row < rows(). null_value for NULL.
  [[nodiscard]] std::int64_t at(std::uint64_t row) const {
    switch (shape_.width) {
      case 0:
        return shape_.base;
      case 1:
        return widened(load<std::uint8_t>(row));
      case 2:
        return widened(load<std::uint16_t>(row));
      case 4:
        return widened(load<std::uint32_t>(row));
      default:
        return load<std::int64_t>(row);
    }
  }
  /// Of a column of doubles (or of whole numbers, converted). False for NULL.
  [[nodiscard]] bool real_at(std::uint64_t row, double& out) const {
    if (!shape_.real) {
      const auto value = at(row);
      out = static_cast<double>(value);
      return value != null_value;
    }
    if (shape_.width == 0) return false;
    const auto bits = load<std::uint64_t>(row);
    out = std::bit_cast<double>(bits);
    return bits != null_real_bits;
  }

 private:
  template <typename T>
  [[nodiscard]] T load(std::uint64_t row) const {
    T value;
    std::memcpy(&value, map_.data() + row * sizeof(T), sizeof(T));
    return value;
  }
  template <typename T>
  [[nodiscard]] std::int64_t widened(T stored) const {
    return stored == std::numeric_limits<T>::max() ? null_value : shape_.base + static_cast<std::int64_t>(stored);
  }
  Mapping map_;
  ColumnShape shape_;
};

/// A new column whose cells are put in any order.
class ColumnMaker {
 public:
  [[nodiscard]] static Result<ColumnMaker> create(const std::filesystem::path& file, const ColumnShape& shape);
  void put(std::uint64_t row, std::int64_t value) {
    switch (shape_.width) {
      case 0:
        return;
      case 1:
        return store(row, narrowed<std::uint8_t>(value));
      case 2:
        return store(row, narrowed<std::uint16_t>(value));
      case 4:
        return store(row, narrowed<std::uint32_t>(value));
      default:
        return store(row, value);
    }
  }
  void put_real(std::uint64_t row, double value, bool valid) {
    if (shape_.width != 0) store(row, valid ? std::bit_cast<std::uint64_t>(value) : null_real_bits);
  }
  /// Reorders cells [from, from + order.size()): the new cell i is the old cell from + order[i].
  void reorder(std::uint64_t from, const std::vector<std::uint32_t>& order);
  [[nodiscard]] std::int64_t at(std::uint64_t row) const;
  [[nodiscard]] const ColumnShape& shape() const { return shape_; }
  [[nodiscard]] Done finish() const { return map_.sync(); }

 private:
  template <typename T>
  [[nodiscard]] T narrowed(std::int64_t value) const {
    return value == null_value ? std::numeric_limits<T>::max() : static_cast<T>(value - shape_.base);
  }
  template <typename T>
  void store(std::uint64_t row, T value) {
    std::memcpy(map_.writable() + row * sizeof(T), &value, sizeof(T));
  }
  Mapping map_;
  ColumnShape shape_;
};

}  // namespace naru::cohort
