#include "base/files.h"

#include "base/random.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace naru {
namespace {

/// A place that cannot be is the caller's to correct; a full or broken disk is the machine's.
bool wrong_place(int code) {
  return code == ENOENT || code == ENOTDIR || code == EACCES || code == EPERM || code == EROFS || code == EISDIR ||
         code == ENAMETOOLONG || code == ELOOP || code == EEXIST;
}

Error disk_failure(Text deed, const fs::path& path) {
  const int code = errno;
  const std::string reason = std::strerror(code);
  Text what{deed.en + ": " + reason, deed.ko + ": " + reason};
  if (wrong_place(code)) {
    return rejected(std::move(what), path.string(),
                    say("name a folder that exists and that you may write to", "쓸 수 있는 기존 폴더를 지정하세요"));
  }
  return internal_error(std::move(what), path.string(),
                        say("check free space and permissions", "남은 공간과 권한을 확인하세요"));
}

/// "a.csv" stands in the working folder.
fs::path folder_or_here(const fs::path& folder) { return folder.empty() ? fs::path(".") : folder; }

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Done sync_folder(const fs::path& given) {
  const auto folder = folder_or_here(given);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return disk_failure(say("cannot open the folder", "폴더를 열 수 없습니다"), folder);
  const bool good = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!good) return disk_failure(say("cannot sync the folder", "폴더를 동기화할 수 없습니다"), folder);
  return {};
}

fs::path old_name(const fs::path& target) { return target.string() + ".old"; }

}  // namespace

Result<std::string> read_file(const fs::path& path, std::uint64_t bytes_max) {
  std::error_code code;
  const auto size = fs::file_size(path, code);
  if (code) return not_found(say("cannot read the file", "파일을 읽을 수 없습니다"), path.string());
  if (size > bytes_max) {
    return rejected(say("the file has {} bytes, more than the limit of {}",
                        "파일이 {}바이트로 한도 {}바이트를 넘습니다", size, bytes_max),
                    path.string());
  }
  std::ifstream in(path, std::ios::binary);
  std::string content(size, '\0');
  in.read(content.data(), static_cast<std::streamsize>(size));
  if (!in) return not_found(say("cannot read the file", "파일을 읽을 수 없습니다"), path.string());
  return content;
}

Done write_file_atomic(const fs::path& path, std::string_view content, unsigned mode) {
  SystemRandom random;
  const fs::path temporary = path.string() + ".tmp-" + to_hex(random.bytes(6));
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) return disk_failure(say("cannot create the file", "파일을 만들 수 없습니다"), path);
  const bool good = write_all(descriptor, content) && ::fsync(descriptor) == 0;
  const int code = errno;
  ::close(descriptor);
  if (!good || ::rename(temporary.c_str(), path.c_str()) != 0) {
    if (!good) errno = code;
    auto error = disk_failure(say("cannot write the file", "파일을 쓸 수 없습니다"), path);
    ::unlink(temporary.c_str());
    return error;
  }
  return sync_folder(path.parent_path());
}

Done make_folder(const fs::path& path, unsigned mode) {
  std::error_code code;
  if (path.empty() || fs::is_directory(path, code)) return {};
  fs::create_directories(path, code);
  if (code) {
    errno = code.value();
    return disk_failure(say("cannot create the folder", "폴더를 만들 수 없습니다"), path);
  }
  ::chmod(path.c_str(), mode);
  return {};
}

Result<std::vector<fs::path>> list_files(const fs::path& folder, bool recursive) {
  std::error_code code;
  std::vector<fs::path> out;
  if (!fs::is_directory(folder, code)) {
    return not_found(say("no such folder", "폴더가 없습니다"), folder.string());
  }
  std::vector<fs::path> waiting{folder};
  while (!waiting.empty()) {
    const auto at = waiting.back();
    waiting.pop_back();
    for (const auto& entry : fs::directory_iterator(at, code)) {
      if (entry.is_symlink()) {
        return rejected(say("a symbolic link is not accepted here", "심볼릭 링크는 허용되지 않습니다"),
                        entry.path().string(), say("put the file itself in its place", "링크 대신 파일 자체를 두세요"));
      }
      if (entry.is_directory()) {
        if (recursive) waiting.push_back(entry.path());
      } else if (entry.is_regular_file()) {
        out.push_back(entry.path().lexically_relative(folder));
      }
    }
    if (code) return internal_error(say("cannot list the folder", "폴더를 읽을 수 없습니다"), at.string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

Done replace_folder(const fs::path& fresh, const fs::path& target) {
  NARU_CHECK(recover_folder(target));
  const auto old = old_name(target);
  std::error_code code;
  if (fs::exists(target, code) && ::rename(target.c_str(), old.c_str()) != 0) {
    return disk_failure(say("cannot set the old folder aside", "이전 폴더를 옮길 수 없습니다"), target);
  }
  if (::rename(fresh.c_str(), target.c_str()) != 0) {
    auto error = disk_failure(say("cannot put the new folder in place", "새 폴더를 놓을 수 없습니다"), target);
    ::rename(old.c_str(), target.c_str());
    return error;
  }
  NARU_CHECK(sync_folder(target.parent_path()));
  fs::remove_all(old, code);
  return {};
}

Done recover_folder(const fs::path& target) {
  const auto old = old_name(target);
  std::error_code code;
  if (!fs::exists(old, code)) return {};
  // Old set aside but new not in place: the change did not happen. Both there: it did.
  if (!fs::exists(target, code)) {
    if (::rename(old.c_str(), target.c_str()) != 0) {
      return disk_failure(say("cannot restore the folder", "폴더를 되돌릴 수 없습니다"), target);
    }
    return {};
  }
  fs::remove_all(old, code);
  return {};
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 128 || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

ScratchFolder::ScratchFolder(std::string_view label) {
  SystemRandom random;
  path_ = fs::temp_directory_path() / ("naru-" + std::string(label) + "-" + to_hex(random.bytes(8)));
  fs::create_directories(path_);
  fs::permissions(path_, fs::perms::owner_all);
}

ScratchFolder::~ScratchFolder() {
  std::error_code code;
  fs::remove_all(path_, code);
}

Result<FileLock> FileLock::acquire(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return disk_failure(say("cannot open the lock file", "잠금 파일을 열 수 없습니다"), path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return conflict(say("another process is working here", "다른 프로세스가 작업 중입니다"), path.string(),
                    say("wait until it is done and try again", "끝난 뒤 다시 시도하세요"));
  }
  return FileLock(descriptor);
}
FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}
FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

}  // namespace naru
