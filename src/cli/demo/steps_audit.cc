// Step 15: every step is in the log; tampering with a copy is found and named.
#include "cli/demo/story.h"

#include <charconv>

namespace naru::cli::demo {
namespace {

constexpr std::size_t entry_bytes = 2 + 32;  // length and digest, as the log stores them

// The newest entries tile of a log copy: the last full one, or the widest partial one after it.
Result<fs::path> newest_entries(const fs::path& log) {
  const auto folder = log / "tile" / "entries";
  NARU_ASSIGN(const auto files, list_files(folder, true));
  fs::path best;
  std::pair<std::string, int> best_rank{"", -1};
  for (const auto& file : files) {
    auto tile = file.parent_path().string();
    int width = 256;
    if (tile.ends_with(".p")) {
      const auto name = file.filename().string();
      std::from_chars(name.data(), name.data() + name.size(), width);
      tile.resize(tile.size() - 2);
    } else {
      tile = file.string();
    }
    if (std::pair{tile, width} > best_rank) {
      best_rank = {tile, width};
      best = folder / file;
    }
  }
  if (best.empty()) return not_found(say("the log has no entries", "기록에 항목이 없습니다"), folder.string());
  return best;
}

using Tamper = Done (*)(std::string& entries);

Done flip(std::string& entries) {
  auto& byte = entries[entry_bytes + 5];
  byte = static_cast<char>(byte ^ 1);
  return {};
}
Done remove_one(std::string& entries) {
  entries.erase(entry_bytes, entry_bytes);
  return {};
}
Done swap_two(std::string& entries) {
  const auto first = entries.substr(0, entry_bytes);
  entries.replace(0, entry_bytes, entries, entry_bytes, entry_bytes);
  entries.replace(entry_bytes, entry_bytes, first);
  return {};
}
Done cut_end(std::string& entries) {
  entries.resize(entries.size() - entry_bytes);
  return {};
}

Done copy_log(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::remove_all(to, code);
  fs::create_directories(to.parent_path(), code);
  fs::copy(from, to, fs::copy_options::recursive, code);
  if (code) return internal_error({code.message(), code.message()}, to.string());
  return {};
}

Result<Json> verify_copy(const Story& story, const fs::path& copy, const std::string& key) {
  // The witness is another site: its copy of the authority's checkpoint is handed over for the check.
  const auto witness = story.stage.handed("authority") / "witness.checkpoint";
  NARU_ASSIGN(const auto outcome, story.stage.try_naru("authority", {"audit", "verify", copy.string(), "--against",
                                                                     witness.string(), "--key", key}));
  NARU_ASSIGN(auto report, parse_json(outcome.json, "audit verify"));
  return Json{{"status", outcome.status}, {"findings", report.value("findings", Json::array())}};
}

Result<Json> tampered(const Story& story, std::string_view name, Tamper tamper, const std::string& key) {
  const auto copy = story.stage.site("authority") / "private" / "tampered" / name;
  NARU_CHECK(copy_log(story.stage.site("authority") / "log", copy));
  NARU_ASSIGN(const auto file, newest_entries(copy));
  NARU_ASSIGN(auto entries, read_file(file));
  if (entries.size() < 3 * entry_bytes)
    return conflict(say("too few entries to tamper with", "변조할 항목이 부족합니다"), file.string());
  NARU_CHECK(tamper(entries));
  NARU_CHECK(write_file_atomic(file, entries));
  return verify_copy(story, copy, key);
}

}  // namespace

Result<StepResult> step_audit(Story& story) {
  StepResult out;
  const auto authority = story.stage.site("authority");
  const auto early = authority / "private" / "tampered" / "rolled_back";
  NARU_CHECK(copy_log(authority / "log", early));
  NARU_ASSIGN(const auto witnessed, ask_site(story, "authority", {"round", "witness", "--site", authority.string()}));
  NARU_ASSIGN(const auto description, read_json(authority / "site.json"));
  const auto key = description.value("signing_key", "");
  NARU_ASSIGN(const auto kept, read_file(story.stage.site("hospital-a") / "witness" / "authority.checkpoint"));
  NARU_CHECK(write_file_atomic(story.stage.handed("authority") / "witness.checkpoint", kept));
  Json sites = Json::object();
  bool intact = true;
  std::int64_t entries = 0;
  for (const auto& role : cast()) {
    NARU_ASSIGN(const auto outcome,
                story.stage.try_naru(role.site, {"audit", "verify", story.stage.site(role.site).string()}));
    NARU_ASSIGN(const auto report, parse_json(outcome.json, "audit verify"));
    sites[role.site] = {{"intact", outcome.status == 0}, {"entries", report.value("size", 0)}};
    intact = intact && outcome.status == 0;
    if (role.site == "authority") entries = report.value("size", std::int64_t{0});
  }
  NARU_ASSIGN(const auto checkpoint, read_file(authority / "log" / "checkpoint"));
  Json found = Json::object();
  NARU_ASSIGN(found["flipped"], tampered(story, "flipped", flip, key));
  NARU_ASSIGN(found["deleted"], tampered(story, "deleted", remove_one, key));
  NARU_ASSIGN(found["reordered"], tampered(story, "reordered", swap_two, key));
  NARU_ASSIGN(found["truncated"], tampered(story, "truncated", cut_end, key));
  NARU_ASSIGN(found["rolled_back"], verify_copy(story, early, key));
  std::error_code code;
  fs::remove_all(authority / "private" / "tampered", code);
  out.facts = {{"entries", entries},
               {"checkpoint", checkpoint},
               {"sites", sites},
               {"witnessed", witnessed},
               {"tampering", found}};
  out.checks = {{"every site's log is intact", intact}};
  for (const auto& [name, result] : found.items()) {
    bool named = false;
    for (const auto& finding : result["findings"]) named = named || finding.value("kind", "") == name;
    out.checks.push_back({"a copy that was " + name + " is found and named", result["status"] == 4 && named});
  }
  return out;
}

}  // namespace naru::cli::demo
