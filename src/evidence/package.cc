#include "evidence/package.h"

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "base/json.h"
#include "base/random.h"
#include "evidence/plan.h"
#include "evidence/solution.h"

namespace naru::evidence {
namespace {

struct Entry {
  std::string path;
  fs::file_type type = fs::file_type::none;
  fs::path full;
};

Error odd_entry(const std::string& path) {
  return rejected(say("a package holds files, folders and links only", "꾸러미에는 파일, 폴더, 링크만 둘 수 있습니다"),
                  path);
}

// Every entry below the folder, sorted by path; links are not followed.
Result<std::vector<Entry>> entries_of(const fs::path& folder) {
  if (!fs::is_directory(folder) || fs::is_symlink(folder)) {
    return not_found(say("no such folder", "폴더가 없습니다"), folder.string());
  }
  std::vector<Entry> out;
  std::uint64_t bytes = 0;
  std::error_code code;
  for (auto at = fs::recursive_directory_iterator(folder, code); !code && at != fs::recursive_directory_iterator();
       at.increment(code)) {
    const auto type = at->symlink_status().type();
    auto path = at->path().lexically_relative(folder).generic_string();
    const bool known =
        type == fs::file_type::regular || type == fs::file_type::directory || type == fs::file_type::symlink;
    if (!known || !is_utf8(path)) return odd_entry(path);
    if (type == fs::file_type::regular) bytes += at->file_size();
    if (out.size() >= package_entries_max || bytes > package_bytes_max) {
      return rejected(say("the package is larger than {} entries or {} GiB",
                          "꾸러미가 항목 {}개 또는 {} GiB를 넘습니다", package_entries_max, package_bytes_max >> 30U),
                      folder.string());
    }
    out.push_back({std::move(path), type, at->path()});
  }
  if (code)
    return internal_error(say("cannot read the folder: {}", "폴더를 읽을 수 없습니다: {}", code.message()),
                          folder.string());
  std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return out;
}

bool is_executable(const fs::path& file) {
  return (fs::status(file).permissions() & fs::perms::owner_exec) != fs::perms::none;
}

// A path from outside: relative, in parts that are names.
bool stays_inside(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.back() == '/' || !is_utf8(path)) return false;
  for (const auto& part : fs::path(path)) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return path.find('\0') == std::string_view::npos && path.find("//") == std::string_view::npos;
}

Done write_entry(const PackedFile& file, const fs::path& folder, const std::set<std::string>& links) {
  if (!stays_inside(file.path)) {
    return rejected(say("a path leaves the package", "경로가 꾸러미를 벗어납니다"), file.path);
  }
  // A link earlier in the list must not carry a later file elsewhere.
  for (auto parent = fs::path(file.path).parent_path(); !parent.empty(); parent = parent.parent_path()) {
    if (links.contains(parent.generic_string())) {
      return rejected(say("a path goes through a link", "경로가 링크를 지나갑니다"), file.path);
    }
  }
  const auto target = folder / file.path;
  if (file.kind == "folder") return make_folder(target, 0755);
  NARU_CHECK(make_folder(target.parent_path(), 0755));
  if (file.kind == "file") return write_file_atomic(target, file.content, file.executable ? 0755 : 0644);
  if (file.kind != "link") return odd_entry(file.path);
  std::error_code code;
  fs::create_symlink(file.target, target, code);
  return code ? rejected(say("a link cannot be made: {}", "링크를 만들 수 없습니다: {}", code.message()), file.path)
              : Done();
}

// Beside the final place, so that taking it is one rename.
fs::path fresh_in(const fs::path& store) {
  SystemRandom random;
  return store / ("new-" + to_hex(random.bytes(8)));
}

Result<fs::path> take(const fs::path& fresh, const fs::path& store, std::string_view digest) {
  const auto target = store / digest;
  std::error_code code;
  if (fs::exists(target)) {
    fs::remove_all(fresh, code);
    return target;
  }
  fs::rename(fresh, target, code);
  if (code && !fs::exists(target)) {
    return internal_error(say("cannot keep the package: {}", "꾸러미를 보관할 수 없습니다: {}", code.message()),
                          target.string());
  }
  return target;
}

}  // namespace

Result<std::string> package_digest(const fs::path& folder) {
  NARU_ASSIGN(const auto entries, entries_of(folder));
  Json list = Json::array();
  for (const auto& entry : entries) {
    if (entry.type == fs::file_type::directory) {
      list.push_back({{"path", entry.path}, {"kind", "folder"}});
    } else if (entry.type == fs::file_type::symlink) {
      list.push_back({{"path", entry.path}, {"kind", "link"}, {"target", fs::read_symlink(entry.full).string()}});
    } else {
      NARU_ASSIGN(const auto digest, sha256_file(entry.full));
      list.push_back({{"path", entry.path},
                      {"kind", "file"},
                      {"executable", is_executable(entry.full)},
                      {"bytes", fs::file_size(entry.full)},
                      {"sha256", hex(digest)}});
    }
  }
  return hex(sha256(canonical(list)));
}

Result<std::vector<PackedFile>> read_package(const fs::path& folder, std::uint64_t bytes_max) {
  NARU_ASSIGN(const auto entries, entries_of(folder));
  std::vector<PackedFile> out;
  std::uint64_t bytes = 0;
  for (const auto& entry : entries) {
    if (entry.type == fs::file_type::directory) {
      out.push_back({entry.path, "folder"});
    } else if (entry.type == fs::file_type::symlink) {
      out.push_back({entry.path, "link", false, fs::read_symlink(entry.full).string()});
    } else {
      bytes += fs::file_size(entry.full);
      if (bytes > bytes_max) {
        return rejected(say("the package has more than {} bytes", "꾸러미가 {} 바이트를 넘습니다", bytes_max),
                        folder.string(),
                        say("give it to each site: naru solution add FOLDER --site DIR",
                            "각 기관에 직접 전달하세요: naru solution add FOLDER --site DIR"));
      }
      NARU_ASSIGN(auto content, read_file(entry.full, bytes_max));
      out.push_back({entry.path, "file", is_executable(entry.full), {}, std::move(content)});
    }
  }
  return out;
}

Result<fs::path> store_package(const std::vector<PackedFile>& files, const fs::path& store, std::string_view expected) {
  NARU_CHECK(make_folder(store, 0700));
  const auto fresh = fresh_in(store);
  const auto write = [&]() -> Result<fs::path> {
    NARU_CHECK(make_folder(fresh, 0755));
    std::set<std::string> links;
    for (const auto& file : files) {
      NARU_CHECK(write_entry(file, fresh, links));
      if (file.kind == "link") links.insert(file.path);
    }
    NARU_ASSIGN(const auto digest, package_digest(fresh));
    if (digest != expected) {
      return rejected(say("the package is not the one that was locked: its digest is {}",
                          "잠근 꾸러미가 아닙니다. 다이제스트 {}", digest),
                      std::string(expected));
    }
    return take(fresh, store, digest);
  };
  auto written = write();
  std::error_code code;
  if (!written.ok()) fs::remove_all(fresh, code);
  return written;
}

Result<std::string> add_package(const fs::path& folder, const fs::path& store) {
  NARU_ASSIGN([[maybe_unused]] const auto looked, entries_of(folder));
  NARU_CHECK(make_folder(store, 0700));
  const auto fresh = fresh_in(store);
  std::error_code code;
  fs::copy(folder, fresh, fs::copy_options::recursive | fs::copy_options::copy_symlinks, code);
  if (code) {
    const auto why = code.message();
    fs::remove_all(fresh, code);
    return internal_error(say("cannot copy the package: {}", "꾸러미를 복사할 수 없습니다: {}", why), folder.string());
  }
  // The store is closed; what stands in it may be read by the account that a sandbox runs under.
  for (auto at = fs::recursive_directory_iterator(fresh, code); !code && at != fs::recursive_directory_iterator();
       at.increment(code)) {
    if (at->is_symlink()) continue;
    const auto may_run = at->is_directory() || is_executable(at->path());
    fs::permissions(at->path(), may_run ? static_cast<fs::perms>(0755) : static_cast<fs::perms>(0644), code);
  }
  fs::permissions(fresh, static_cast<fs::perms>(0755), code);
  NARU_ASSIGN(auto digest, package_digest(fresh));
  NARU_ASSIGN([[maybe_unused]] const auto taken, take(fresh, store, digest));
  return digest;
}

Result<fs::path> find_package(const fs::path& store, std::string_view digest) {
  const auto folder = store / digest;
  if (store.empty() || !fs::is_directory(folder)) {
    return not_found(
        say("this site does not have the solution's package", "이 기관에 솔루션 꾸러미가 없습니다"),
        std::string(digest),
        say("naru solution add FOLDER --site DIR puts it there", "naru solution add FOLDER --site DIR로 넣으세요"));
  }
  NARU_ASSIGN(const auto found, package_digest(folder));
  if (found == digest) return folder;
  return rejected(
      say("the stored package was changed: its digest is {}", "보관된 꾸러미가 바뀌었습니다. 다이제스트 {}", found),
      std::string(digest),
      say("remove it and add it again: naru solution add FOLDER --site DIR",
          "지우고 다시 넣으세요: naru solution add FOLDER --site DIR"));
}

Result<std::vector<fs::path>> packages_beside(const LockedPlan& plan, const fs::path& plan_file) {
  NARU_ASSIGN(const auto solution, parse_solution(plan.solution, plan.plan.solution));
  const auto beside = (plan_file.parent_path() / plan.plan.solution).parent_path();
  std::vector<fs::path> out;
  for (const auto* one = &solution; one != nullptr; one = one->comparator.get()) {
    if (!one->sandboxed()) continue;
    const auto folder = beside / one->package.folder;
    NARU_ASSIGN(const auto entries, entries_of(folder));
    std::uint64_t bytes = 0;
    for (const auto& entry : entries) {
      if (entry.type == fs::file_type::regular) bytes += fs::file_size(entry.full);
    }
    NARU_ASSIGN(const auto digest, package_digest(folder));
    if (digest != one->package.sha256) {
      return rejected(say("the package's digest is {}, the manifest names another",
                          "꾸러미의 다이제스트가 명세와 다릅니다: {}", digest),
                      folder.string(),
                      say("write the digest into the manifest; that makes a new version of the solution",
                          "명세에 다이제스트를 적으세요. 솔루션의 새 버전이 됩니다"));
    }
    if (bytes <= package_wire_bytes_max) out.push_back(folder);
  }
  return out;
}

}  // namespace naru::evidence
