#include "cohort/column_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace naru::cohort {
namespace {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

}  // namespace

ColumnShape shape_for(std::int64_t least, std::int64_t most, bool nulls, std::uint64_t rows) {
  if (least > most) return {0, false, null_value, rows};
  if (least == most && !nulls) return {0, false, least, rows};
  const auto span = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
  const std::uint8_t width = span < 0xFFU ? 1 : span < 0xFFFFU ? 2 : span < 0xFFFF'FFFFULL ? 4 : 8;
  return {width, false, width == 8 ? 0 : least, rows};
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}
Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Result<Mapping> Mapping::read(const std::filesystem::path& file, std::uint64_t bytes) {
  Mapping out;
  if (bytes == 0) return out;
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) != 0 ||
      static_cast<std::uint64_t>(status.st_size) != bytes) {
    return rejected(say("a file of the index is missing or cut", "색인 파일이 없거나 잘렸습니다"), file.string(),
                    say("build the index again", "색인을 다시 만드세요"));
  }
  void* data = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor.get(), 0);
  if (data == MAP_FAILED)
    return internal_error(say("cannot map a file", "파일을 메모리에 올릴 수 없습니다"), file.string());
  out.data_ = static_cast<std::uint8_t*>(data);
  out.bytes_ = bytes;
  return out;
}

Result<Mapping> Mapping::create(const std::filesystem::path& file, std::uint64_t bytes) {
  Mapping out;
  if (bytes == 0) return out;
  // A new file, never new content in one that a standing index may share.
  ::unlink(file.c_str());
  const Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (descriptor.get() < 0 || ::posix_fallocate(descriptor.get(), 0, static_cast<off_t>(bytes)) != 0) {
    return internal_error(say("cannot reserve {} bytes for the index", "색인용 {}바이트를 확보할 수 없습니다", bytes),
                          file.string(), say("free some disk space", "디스크 공간을 확보하세요"));
  }
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
  if (data == MAP_FAILED)
    return internal_error(say("cannot map a file", "파일을 메모리에 올릴 수 없습니다"), file.string());
  out.data_ = static_cast<std::uint8_t*>(data);
  out.bytes_ = bytes;
  return out;
}

Done Mapping::sync() const {
  if (data_ != nullptr && ::msync(data_, bytes_, MS_SYNC) != 0) {
    return internal_error(say("cannot write the index", "색인을 쓸 수 없습니다"));
  }
  return {};
}

Result<Column> Column::open(const std::filesystem::path& file, const ColumnShape& shape) {
  Column out;
  NARU_ASSIGN(out.map_, Mapping::read(file, shape.bytes()));
  out.shape_ = shape;
  return out;
}

Result<ColumnMaker> ColumnMaker::create(const std::filesystem::path& file, const ColumnShape& shape) {
  ColumnMaker out;
  NARU_ASSIGN(out.map_, Mapping::create(file, shape.bytes()));
  out.shape_ = shape;
  return out;
}

void ColumnMaker::reorder(std::uint64_t from, const std::vector<std::uint32_t>& order) {
  const std::size_t width = shape_.width;
  if (width == 0) return;
  std::vector<std::uint8_t> moved(order.size() * width);
  auto* const cells = map_.writable() + from * width;
  for (std::size_t i = 0; i < order.size(); ++i) std::memcpy(&moved[i * width], cells + order[i] * width, width);
  std::memcpy(cells, moved.data(), moved.size());
}

std::int64_t ColumnMaker::at(std::uint64_t row) const {
  const auto read = [&](auto zero) {
    std::memcpy(&zero, map_.data() + row * sizeof(zero), sizeof(zero));
    using Stored = decltype(zero);
    return zero == std::numeric_limits<Stored>::max() ? null_value : shape_.base + static_cast<std::int64_t>(zero);
  };
  switch (shape_.width) {
    case 0:
      return shape_.base;
    case 1:
      return read(std::uint8_t{});
    case 2:
      return read(std::uint16_t{});
    case 4:
      return read(std::uint32_t{});
    default: {
      std::int64_t value = 0;
      std::memcpy(&value, map_.data() + row * 8, 8);
      return value;
    }
  }
}

}  // namespace naru::cohort
