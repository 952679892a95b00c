#include "audit/detail.h"

#include "audit/tiles.h"
#include "base/json.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace naru::audit {
namespace {

constexpr std::uint64_t detail_bytes_max = 256 * 1024;

Error missing_details(const fs::path& file) {
  return rejected(say("details of written entries are missing", "기록된 항목의 상세가 없습니다"), file.string(),
                  say("run naru audit verify, and restore the folder from a copy",
                      "naru audit verify를 실행하고 사본에서 폴더를 복원하세요"));
}

/// End of the line that holds entry `index` within `tail`, searched from the back.
std::optional<std::size_t> end_of_entry(std::string_view tail, std::uint64_t index) {
  auto end = tail.rfind('\n');
  while (end != std::string_view::npos) {
    const auto before = end == 0 ? std::string_view::npos : tail.rfind('\n', end - 1);
    const auto start = before == std::string_view::npos ? 0 : before + 1;
    const auto detail = read_detail(tail.substr(start, end - start), "details.jsonl");
    if (detail.ok() && detail->index == index) return end + 1;
    if (detail.ok() && detail->index < index) return std::nullopt;
    end = before;
  }
  return std::nullopt;
}

}  // namespace

Result<WrittenDetail> write_detail(std::uint64_t index, const Event& event, std::int64_t at_ms,
                                   std::span<const std::uint8_t> salt) {
  if (event.name.empty()) return usage_error(say("an event needs a name", "이벤트에는 이름이 필요합니다"), "log event");
  NARU_ASSIGN(auto fields, parse_json(event.fields.empty() ? "{}" : event.fields, "log event " + event.name));
  if (!fields.is_object() || event.fields.size() > detail_bytes_max) {
    return usage_error(say("an event's fields are one JSON object of at most {} bytes",
                           "이벤트 필드는 {}바이트 이하의 JSON 객체 하나입니다", detail_bytes_max),
                       "log event " + event.name);
  }
  const Json said = {{"name", event.name}, {"actor", event.actor}, {"at_ms", at_ms}, {"fields", std::move(fields)}};
  WrittenDetail out;
  Hasher hasher;
  hasher.add(salt);
  hasher.add(as_bytes(canonical(said)));
  out.digest = hasher.finish();
  out.line = canonical({{"index", index}, {"salt", to_hex(salt)}, {"event", said}}) + "\n";
  return out;
}

std::string erased_detail(std::uint64_t index) { return canonical({{"index", index}, {"erased", true}}) + "\n"; }

Result<Detail> read_detail(std::string_view line, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(line, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_ASSIGN(const auto index, reader.integer("index"));
  Detail out;
  out.index = static_cast<std::uint64_t>(index);
  NARU_ASSIGN(out.erased, reader.boolean_or("erased", false));
  if (out.erased) return out;
  NARU_ASSIGN(const auto salt_text, reader.text("salt"));
  NARU_ASSIGN(const auto salt, from_hex(salt_text, where));
  NARU_ASSIGN(const auto event, reader.object("event"));
  NARU_ASSIGN(out.event.name, event.text("name"));
  NARU_ASSIGN(out.event.actor, event.text("actor"));
  NARU_ASSIGN(out.at_ms, event.integer("at_ms"));
  NARU_ASSIGN(const auto fields, event.object("fields"));
  out.event.fields = canonical(fields.raw());
  Hasher hasher;
  hasher.add(salt);
  hasher.add(as_bytes(canonical(event.raw())));
  out.digest = hasher.finish();
  return out;
}

Result<std::uint64_t> settle_details(const fs::path& file, std::uint64_t size) {
  std::error_code code;
  const auto bytes = fs::file_size(file, code);
  if (code || bytes == 0) {
    if (size == 0) return std::uint64_t{0};
    return missing_details(file);
  }
  std::uint64_t keep = 0;
  for (std::uint64_t window = 64 * 1024; size > 0; window *= 4) {
    const auto wide = std::min<std::uint64_t>(window, bytes);
    std::ifstream in(file, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(bytes - wide));
    std::string tail(wide, '\0');
    in.read(tail.data(), static_cast<std::streamsize>(wide));
    if (!in) return missing_details(file);
    if (const auto end = end_of_entry(tail, size - 1)) {
      keep = bytes - wide + *end;
      break;
    }
    if (wide == bytes) return missing_details(file);
  }
  if (keep < bytes) {
    fs::resize_file(file, keep, code);
    if (code)
      return internal_error(say("cannot cut an interrupted append", "중단된 추가를 지울 수 없습니다"), file.string());
  }
  return keep;
}

LogLock::LogLock(const fs::path& folder, bool shared) {
  const auto path = folder / "lock";
  descriptor_ = ::open(path.c_str(), shared ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) return;
  int outcome = 0;
  do {
    outcome = ::flock(descriptor_, shared ? LOCK_SH : LOCK_EX);
  } while (outcome != 0 && errno == EINTR);
  if (outcome != 0) {
    ::close(descriptor_);
    descriptor_ = -1;
  }
}
LogLock::~LogLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace naru::audit
