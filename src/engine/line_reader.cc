#include "engine/archive.h"
#include "engine/archive_handle.h"

#include <cstring>

namespace naru::engine {
namespace {
constexpr std::size_t step_bytes = 256U << 10;
constexpr std::string_view bom = "\xef\xbb\xbf";
}  // namespace

Error damaged(archive* handle, const std::string& where) {
  const char* reason = archive_error_string(handle);
  return rejected(say("the file is truncated or damaged: {}", "파일이 잘렸거나 손상되었습니다: {}",
                      reason != nullptr ? reason : "unknown"),
                  where, say("get the file again from its source", "원본에서 파일을 다시 받으세요"));
}

Result<ArchiveHandle> open_archive(const std::filesystem::path& path, Containers containers) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(path, code)) {
    return not_found(say("no such file", "파일이 없습니다"), path.string());
  }
  ArchiveHandle handle(archive_read_new());
  archive_read_support_filter_gzip(handle.get());
  archive_read_support_filter_xz(handle.get());
  archive_read_support_filter_zstd(handle.get());
  archive_read_support_filter_bzip2(handle.get());
  if (containers == Containers::yes) {
    archive_read_support_format_zip(handle.get());
    archive_read_support_format_tar(handle.get());
  }
  archive_read_support_format_raw(handle.get());
  archive_read_support_format_empty(handle.get());
  if (archive_read_open_filename(handle.get(), path.c_str(), step_bytes) != ARCHIVE_OK) {
    return damaged(handle.get(), path.string());
  }
  return handle;
}

struct LineReader::State {
  std::string where;
  ArchiveHandle handle;
  std::uint64_t line_bytes_max = 0;
  std::string buffer = {};
  std::size_t start = 0;  // of the part not yet handed out
  std::size_t searched = 0;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  bool at_end = false;

  [[nodiscard]] std::string place() const { return where + ":" + std::to_string(lines + 1); }

  Done read_more() {
    buffer.erase(0, start);
    searched -= start;
    start = 0;
    const auto held = buffer.size();
    buffer.resize(held + step_bytes);
    const auto got = archive_read_data(handle.get(), buffer.data() + held, step_bytes);
    buffer.resize(held + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0) return damaged(handle.get(), place());
    if (got == 0) at_end = true;
    return {};
  }

  /// Hands out buffer[start, end) and goes on behind `next`.
  std::string_view take(std::size_t end, std::size_t next) {
    std::string_view line(buffer.data() + start, end - start);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (lines == 0 && line.substr(0, bom.size()) == bom) line.remove_prefix(bom.size());
    ++lines;
    bytes += next - start;
    start = searched = next;
    return line;
  }
};

LineReader::LineReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

Result<LineReader> LineReader::open(const std::filesystem::path& path, std::uint64_t line_bytes_max) {
  NARU_ASSIGN(auto handle, open_archive(path, Containers::no));
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(handle.get(), &entry);
  if (status != ARCHIVE_OK && status != ARCHIVE_EOF) return damaged(handle.get(), path.string() + ":1");
  auto state = std::make_unique<State>();
  state->where = path.string();
  state->handle = std::move(handle);
  state->line_bytes_max = line_bytes_max;
  state->at_end = status == ARCHIVE_EOF;
  return LineReader(std::move(state));
}

Result<bool> LineReader::next(std::string_view& line) {
  auto& at = *state_;
  while (true) {
    const char* const from = at.buffer.data() + at.searched;
    const auto* const found = static_cast<const char*>(
        at.searched < at.buffer.size() ? std::memchr(from, '\n', at.buffer.size() - at.searched) : nullptr);
    const auto end = found != nullptr ? static_cast<std::size_t>(found - at.buffer.data()) : at.buffer.size();
    if (end - at.start > at.line_bytes_max) {
      return rejected(say("a line is longer than {} bytes", "한 줄이 {}바이트를 넘습니다", at.line_bytes_max),
                      at.place());
    }
    if (found != nullptr) {
      line = at.take(end, end + 1);
      return true;
    }
    at.searched = end;
    if (at.at_end) {
      if (at.start == at.buffer.size()) return false;
      line = at.take(end, end);
      return true;
    }
    NARU_CHECK(at.read_more());
  }
}

std::uint64_t LineReader::line_number() const { return state_->lines; }
std::uint64_t LineReader::bytes_read() const { return state_->bytes; }

}  // namespace naru::engine
