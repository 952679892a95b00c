#include "engine/archive.h"

#include "base/files.h"
#include "engine/archive_handle.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

namespace naru::engine {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 4> compressed_suffixes{".gz", ".xz", ".zst", ".bz2"};

bool ends_with_nocase(std::string_view text, std::string_view suffix) {
  if (text.size() < suffix.size()) return false;
  return std::equal(suffix.begin(), suffix.end(), text.end() - static_cast<std::ptrdiff_t>(suffix.size()),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b); });
}

std::string without_compression(const std::string& name) {
  for (const auto suffix : compressed_suffixes) {
    if (name.size() > suffix.size() && ends_with_nocase(name, suffix))
      return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

/// What file managers add on their own.
bool is_litter(const fs::path& name) {
  const auto leaf = name.filename().string();
  if (leaf == ".DS_Store" || leaf.rfind("._", 0) == 0) return true;
  return std::any_of(name.begin(), name.end(), [](const fs::path& part) { return part == "__MACOSX"; });
}

/// The member's name as a path that stays inside the target, or an error.
Result<fs::path> safe_name(const std::string& name, const std::string& source) {
  const fs::path path = fs::path(name).lexically_normal();
  const bool climbs = std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
  if (name.empty() || path.is_absolute() || climbs || name.find('\\') != std::string::npos ||
      name.find('\0') != std::string::npos || path == ".") {
    return rejected(
        say("the archive holds a name that would leave its folder", "압축 파일에 폴더를 벗어나는 이름이 있습니다"),
        source, say("make the archive again without such names", "그런 이름 없이 다시 압축하세요"));
  }
  return path;
}

class Unpacker {
 public:
  Unpacker(fs::path target, const ArchiveLimits& limits) : target_(std::move(target)), limits_(limits) {}

  Done unpack_file(const fs::path& source, const std::string& raw_name) {
    NARU_ASSIGN(const auto handle, open_archive(source, Containers::yes));
    while (true) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(handle.get(), &entry);
      if (status == ARCHIVE_EOF) {
        // A plain file without a byte has no entry at all.
        if (archive_format(handle.get()) == ARCHIVE_FORMAT_EMPTY) return keep(source, raw_name);
        return {};
      }
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return damaged(handle.get(), source.string());
      const bool raw = archive_format(handle.get()) == ARCHIVE_FORMAT_RAW;
      if (raw && archive_filter_count(handle.get()) <= 1) return keep(source, raw_name);
      NARU_CHECK(
          unpack_entry(handle.get(), entry, source, raw ? without_compression(raw_name) : entry_name(entry), raw));
    }
  }

  Done keep(const fs::path& file, const std::string& name) {
    std::error_code code;
    const auto bytes = fs::file_size(file, code);
    if (code) return not_found(say("cannot read the file", "파일을 읽을 수 없습니다"), file.string());
    return add({name, file, bytes}, file);
  }

  std::vector<ArchiveMember> members() && {
    std::sort(members_.begin(), members_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return std::move(members_);
  }

 private:
  static std::string entry_name(archive_entry* entry) {
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    return name != nullptr ? name : "";
  }

  Done add(ArchiveMember member, const fs::path& source) {
    if (!names_.insert(member.name).second) {
      return rejected(say("two members have the same name", "같은 이름의 항목이 두 개 있습니다"), source.string());
    }
    if (members_.size() >= limits_.members_max) {
      return rejected(say("more than {} files", "파일이 {}개를 넘습니다", limits_.members_max), source.string());
    }
    members_.push_back(std::move(member));
    return {};
  }

  Done unpack_entry(archive* handle, archive_entry* entry, const fs::path& source, const std::string& name, bool raw) {
    if (!raw && archive_entry_filetype(entry) == AE_IFDIR) return {};
    NARU_ASSIGN(const auto inside, safe_name(name, source.string()));
    if (is_litter(inside)) return {};
    if (!raw && (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr)) {
      return rejected(say("the archive holds a link or a device", "압축 파일에 링크나 장치가 있습니다"),
                      source.string());
    }
    const auto path = target_ / inside;
    NARU_CHECK(make_folder(path.parent_path()));
    NARU_CHECK(add({inside.generic_string(), path, 0}, source));
    NARU_ASSIGN(members_.back().bytes, write_entry(handle, path, source));
    return {};
  }

  Result<std::uint64_t> write_entry(archive* handle, const fs::path& path, const fs::path& source) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    std::string buffer(256U << 10, '\0');
    std::uint64_t bytes = 0;
    while (true) {
      const auto got = archive_read_data(handle, buffer.data(), buffer.size());
      if (got < 0) return damaged(handle, source.string());
      if (got == 0) break;
      bytes += static_cast<std::uint64_t>(got);
      written_ += static_cast<std::uint64_t>(got);
      if (written_ > limits_.bytes_max) {
        return rejected(say("it unpacks to more than {} bytes", "압축을 풀면 {}바이트를 넘습니다", limits_.bytes_max),
                        source.string());
      }
      out.write(buffer.data(), got);
    }
    out.close();
    if (!out) {
      return internal_error(say("cannot write the unpacked file", "압축을 푼 파일을 쓸 수 없습니다"), path.string(),
                            say("check free space", "남은 공간을 확인하세요"));
    }
    return bytes;
  }

  fs::path target_;
  const ArchiveLimits& limits_;
  std::vector<ArchiveMember> members_ = {};
  std::set<std::string> names_ = {};
  std::uint64_t written_ = 0;
};

}  // namespace

Result<std::vector<ArchiveMember>> extract(const fs::path& source, const fs::path& target,
                                           const ArchiveLimits& limits) {
  std::error_code code;
  if (!fs::exists(source, code))
    return not_found(say("no such file or folder", "파일이나 폴더가 없습니다"), source.string());
  Unpacker unpacker(target, limits);
  if (!fs::is_directory(source, code)) {
    NARU_CHECK(unpacker.unpack_file(source, source.filename().string()));
    return std::move(unpacker).members();
  }
  NARU_ASSIGN(const auto files, list_files(source, true));
  for (const auto& file : files) {
    if (is_litter(file)) continue;
    const auto name = file.generic_string();
    if (without_compression(name) == name)
      NARU_CHECK(unpacker.keep(source / file, name));
    else
      NARU_CHECK(unpacker.unpack_file(source / file, name));
  }
  return std::move(unpacker).members();
}

}  // namespace naru::engine
