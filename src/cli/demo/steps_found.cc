// Steps 1 and 2: sites found themselves, sources come in.
#include "cli/demo/ports.h"
#include "cli/demo/story.h"

#include <unistd.h>

#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <set>

namespace naru::cli::demo {
namespace {

// The last line a served site wrote: why it ended.
std::string last_words(const fs::path& log) {
  constexpr std::size_t shown = 400;
  std::ifstream in(log);
  std::string line;
  std::string last;
  while (std::getline(in, line))
    if (!line.empty()) last = line;
  return last.substr(0, shown);
}

Result<int> wire_port(Stage& stage) {
  const auto file = stage.site("authority") / "serve.json";
  for (int i = 0; i < 300; ++i) {
    if (fs::exists(file)) {
      NARU_ASSIGN(const auto json, read_json(file));
      return json.value("wire_port", 0);
    }
    if (!stage.serving("authority")) break;
    ::usleep(50'000);
  }
  const auto log = stage.folder() / "logs" / "authority.log";
  const auto said = last_words(log);
  return internal_error(
      say("the authority did not start listening: {}", "허브 기관이 수신을 시작하지 않았습니다: {}", said),
      log.string(), say("if a port is taken, choose another with --port", "포트가 쓰이고 있으면 --port로 바꾸세요"));
}

// How many listening sockets the served program of a site holds.
std::size_t listeners_of(const Stage& stage, const std::string& site) {
  const auto listening = listening_inodes();
  std::set<std::string> held;
  for (const int pid : stage.processes(site)) {
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", pid), code)) {
      const auto target = fs::read_symlink(entry.path(), code).string();
      if (!code && listening.contains(target)) held.insert(target);
    }
  }
  return held.size();
}

Result<Json> enrol(Story& story, const Role& role, int port) {
  auto& stage = story.stage;
  NARU_ASSIGN(const auto code, ask_site(story, "authority",
                                        {"authority", "code", "--site", stage.site("authority").string(), "--for",
                                         role.site, "--role", role.role}));
  NARU_ASSIGN(auto enrolled, ask_site(story, role.site,
                                      {"enrol", stage.site(role.site).string(), "--authority",
                                       fmt::format("https://127.0.0.1:{}", port), "--code-stdin"},
                                      code.value("code", "")));
  NARU_CHECK(stage.serve(role.site));
  return enrolled;
}

// A site's sandbox must not show another site's folder: tried with the system's own `ls`.
Result<std::size_t> foreign_folders_seen(const Stage& stage) {
  std::size_t seen = 0;
  for (const auto& role : cast()) {
    NARU_ASSIGN(const auto listed, stage.in_sandbox(role.site, {"ls", (stage.folder() / "sites").string()}));
    std::istringstream names(listed.out);
    for (std::string name; names >> name;) seen += name != role.site;
    const auto& other = role.site == "agency" ? cast().front().site : std::string("agency");
    NARU_ASSIGN(const auto read, stage.in_sandbox(role.site, {"cat", (stage.site(other) / "site.json").string()}));
    seen += read.status == 0;
  }
  return seen;
}

std::vector<std::string> with_site(std::vector<std::string> arguments, const Stage& stage, std::string_view site) {
  arguments.emplace_back("--site");
  arguments.push_back(stage.site(site).string());
  return arguments;
}

// Moves what belongs to a site where only that site can see it. Hard links: nothing is copied twice.
Done hand_over(const Stage& stage, std::string_view site, const fs::path& from, std::string_view as) {
  std::error_code code;
  const auto target = stage.handed(site) / as;
  NARU_CHECK(make_folder(target.parent_path()));
  fs::copy(from, target, fs::copy_options::recursive | fs::copy_options::create_hard_links, code);
  if (code) {
    code.clear();
    fs::copy(from, target, fs::copy_options::recursive | fs::copy_options::overwrite_existing, code);
  }
  if (code) return internal_error({code.message(), code.message()}, from.string());
  return {};
}

}  // namespace

Result<StepResult> step_sites(Story& story) {
  auto& stage = story.stage;
  StepResult out;
  Json sites = Json::array();
  for (const auto& role : cast()) {
    NARU_CHECK(make_folder(stage.site(role.site), 0700));
    NARU_CHECK(make_folder(stage.handed(role.site), 0700));
    NARU_ASSIGN(
        auto made,
        ask_site(story, role.site, {"init", stage.site(role.site).string(), "--site", role.site, "--role", role.role}));
    sites.push_back(made);
  }
  std::vector<std::string> serving{"--portal-port", story.portal_url};
  if (!story.capture.empty()) serving.insert(serving.end(), {"--capture", story.capture.string()});
  NARU_CHECK(stage.serve("authority", serving));
  NARU_ASSIGN(const int port, wire_port(stage));
  for (const auto& role : cast()) {
    if (role.site == "authority") continue;
    NARU_ASSIGN(auto enrolled, enrol(story, role, port));
  }
  NARU_ASSIGN(const auto seen, foreign_folders_seen(stage));
  Json listeners = Json::object();
  std::size_t outside = 0;
  for (const auto& role : cast()) {
    const auto count = listeners_of(stage, role.site);
    listeners[role.site] = count;
    if (role.site != "authority") outside += count;
  }
  NARU_ASSIGN(const auto served, read_json(stage.site("authority") / "serve.json"));
  story.portal_url = fmt::format("http://127.0.0.1:{}/", served.value("portal_port", 0));
  out.facts = {{"sites", sites},
               {"wire_port", port},
               {"listening_sockets", listeners},
               {"foreign_folders_seen", seen},
               {"portal", story.portal_url}};
  out.checks = {{"seven sites are enrolled", sites.size() == 7},
                {"no site sees another's folder", seen == 0},
                {"only the authority listens", outside == 0 && listeners["authority"].get<std::size_t>() > 0}};
  return out;
}

namespace {
Result<Json> load_vocabulary(const Story& story, const std::string& site) {
  const auto& stage = story.stage;
  std::vector<std::string> load{"vocabulary", "load"};
  for (const auto& source : story.sources.vocabulary) {
    const auto name = "vocabulary/" + source.filename().string();
    NARU_CHECK(hand_over(stage, site, source, name));
    load.push_back((stage.handed(site) / name).string());
  }
  if (load.size() == 2) return Json(nullptr);
  return ask_site(story, site, with_site(load, stage, site));
}

struct Taken {
  Json facts;
  bool counted = false;  ///< every row is accounted for
};

Result<Taken> take_sources(const Story& story, const std::string& site) {
  const auto& stage = story.stage;
  NARU_ASSIGN(const auto vocabulary, load_vocabulary(story, site));
  Json receipts = Json::array();
  std::int64_t read = 0;
  std::int64_t stored = 0;
  std::int64_t refused = 0;
  for (auto arguments : story.sources.ingest.at(site)) {
    for (std::size_t i = 1; i < arguments.size() && !arguments[i].starts_with("--"); ++i) {
      const fs::path from = arguments[i];
      NARU_CHECK(hand_over(stage, site, from, from.filename().string()));
      arguments[i] = (stage.handed(site) / from.filename()).string();
    }
    arguments.insert(arguments.begin(), "ingest");
    NARU_ASSIGN(auto receipt, ask_site(story, site, with_site(arguments, stage, site)));
    for (const auto& [table, counts] : receipt["tables"].items()) {
      read += counts.value("read", std::int64_t{0});
      stored += counts.value("stored", std::int64_t{0});
      refused += counts.value("refused", std::int64_t{0});
    }
    receipts.push_back(std::move(receipt));
  }
  return Taken{
      {{"read", read}, {"stored", stored}, {"refused", refused}, {"receipts", receipts}, {"vocabulary", vocabulary}},
      read == stored + refused && stored > 0};
}

}  // namespace

Result<StepResult> step_sources(Story& story) {
  StepResult out;
  // The combiner answers linked questions, so it needs the same vocabulary.
  NARU_ASSIGN(const auto combiner_vocabulary, load_vocabulary(story, "combiner"));
  // The authority looks concepts up for whoever builds a cohort.
  NARU_ASSIGN(const auto authority_vocabulary, load_vocabulary(story, "authority"));
  // Holders load at the same time, as they would: each is a machine of its own.
  std::map<std::string, std::future<Result<Taken>>> loading;
  for (const auto& site : holders()) {
    loading.emplace(site, std::async(std::launch::async, [&story, site] { return take_sources(story, site); }));
  }
  Json facts = Json::object();
  bool counted = true;
  std::optional<Error> failed;
  for (auto& [site, one] : loading) {
    const auto taken = one.get();
    if (!taken.ok()) {
      if (!failed) failed = taken.error();
      continue;
    }
    counted = counted && taken->counted;
    facts[site] = taken->facts;
  }
  if (failed) return *failed;
  out.facts = std::move(facts);
  out.checks = {{"every row is accounted for: read = stored + refused", counted}};
  return out;
}

}  // namespace naru::cli::demo
