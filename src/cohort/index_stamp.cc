#include "cohort/index_stamp.h"

#include "base/digest.h"

#include <sys/stat.h>

#include <ctime>

namespace naru::cohort {
namespace {

/// Clocks of file systems tick in milliseconds; a file changed this shortly before it was read is read again.
constexpr std::int64_t tick_ns = 100'000'000;

Result<Stamp> state_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    return not_found(say("a table's file is not there", "표의 파일이 없습니다"), file.string());
  }
  Stamp out;
  out.bytes = static_cast<std::uint64_t>(status.st_size);
  out.changed_ns = static_cast<std::int64_t>(status.st_ctim.tv_sec) * 1'000'000'000 + status.st_ctim.tv_nsec;
  out.inode = status.st_ino;
  out.device = status.st_dev;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  out.read_ns = static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
  return out;
}

}  // namespace

namespace {

bool is_untouched(const Stamp& was, const Stamp& is) {
  return is.bytes == was.bytes && is.changed_ns == was.changed_ns && is.inode == was.inode && is.device == was.device &&
         was.read_ns - was.changed_ns > tick_ns;
}

}  // namespace

Result<Stamps> stamp_files(const std::map<std::string, std::filesystem::path>& tables, const Stamps& known) {
  Stamps out;
  for (const auto& [table, file] : tables) {
    NARU_ASSIGN(auto stamp, state_of(file));
    const auto before = known.find(table);
    if (before != known.end() && is_untouched(before->second, stamp)) {
      out.insert(*before);
      continue;
    }
    NARU_ASSIGN(const auto digest, sha256_file(file));
    stamp.digest = hex(digest);
    out.emplace(table, std::move(stamp));
  }
  return out;
}

Result<bool> same_bytes(const Stamps& stamps, const std::map<std::string, std::filesystem::path>& tables) {
  if (stamps.size() != tables.size()) return false;
  for (const auto& [table, file] : tables) {
    const auto known = stamps.find(table);
    if (known == stamps.end()) return false;
    const auto& was = known->second;
    NARU_ASSIGN(const auto is, state_of(file));
    if (is.bytes != was.bytes) return false;
    if (is_untouched(was, is)) continue;
    NARU_ASSIGN(const auto digest, sha256_file(file));
    if (hex(digest) != was.digest) return false;
  }
  return true;
}

std::string digest_of(const Stamps& stamps) {
  std::string text;
  for (const auto& [table, stamp] : stamps) text += table + " " + stamp.digest + "\n";
  return hex(sha256(text));
}

Json json_of(const Stamps& stamps) {
  Json out = Json::object();
  for (const auto& [table, stamp] : stamps) {
    out[table] = Json{{"bytes", stamp.bytes}, {"sha256", stamp.digest}, {"changed_ns", stamp.changed_ns},
                      {"inode", stamp.inode}, {"device", stamp.device}, {"read_ns", stamp.read_ns}};
  }
  return out;
}

Stamps stamps_from_json(const Json& json) {
  Stamps out;
  for (const auto& [table, entry] : json.items()) {
    out[table] = {entry.at("bytes").get<std::uint64_t>(),     entry.at("sha256").get<std::string>(),
                  entry.at("changed_ns").get<std::int64_t>(), entry.at("inode").get<std::uint64_t>(),
                  entry.at("device").get<std::uint64_t>(),    entry.at("read_ns").get<std::int64_t>()};
  }
  return out;
}

Stamps read_stamps(const std::filesystem::path& file) {
  std::error_code failure;
  if (!std::filesystem::exists(file, failure)) return {};
  const auto json = read_json(file);
  if (!json.ok()) return {};
  try {
    return stamps_from_json(*json);
  } catch (const Json::exception&) {
    return {};
  }
}

}  // namespace naru::cohort
