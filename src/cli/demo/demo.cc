// The driver: makes the folder, runs the fifteen steps, writes story.json after each, then keeps the portal open.
#include "cli/demo/ports.h"
#include "cli/demo/story.h"

#include <unistd.h>

#include <array>
#include <cstdio>

namespace naru::cli::demo {
namespace {

struct StepRow {
  std::string_view name;
  Text title;
  Step run;
};

const std::array<StepRow, 15>& steps() {
  static const std::array<StepRow, 15> rows{{
      {"sites", {"seven sites enrol", "일곱 기관 등록"}, step_sites},
      {"sources", {"records come in", "자료 적재"}, step_sources},
      {"protect", {"identified becomes pseudonymised", "가명처리"}, step_protect},
      {"link", {"same person, no name", "이름 없는 연계"}, step_link},
      {"release", {"a signed release", "서명된 공개본"}, step_release},
      {"deposit", {"an R&D data set is deposited", "R&D 자료 기탁"}, step_deposit},
      {"genome", {"genomes and allele counts", "유전체와 대립유전자 수"}, step_genome},
      {"programme", {"a voucher programme", "이용권 사업"}, step_programme},
      {"apply", {"one application, reviewed", "한 번의 신청과 심의"}, step_apply},
      {"right", {"a use right", "이용권한"}, step_right},
      {"ask", {"questions, checked answers", "질의와 점검된 답"}, step_ask},
      {"verify", {"an AI solution is verified", "AI 솔루션 검증"}, step_verify},
      {"withdraw", {"a participant withdraws", "참여자 철회"}, step_withdraw},
      {"revoke", {"the right is revoked", "권한 취소"}, step_revoke},
      {"audit", {"nobody can edit the log", "누구도 고칠 수 없는 기록"}, step_audit},
  }};
  return rows;
}

Done write_story(const Story& story) {
  return write_file_atomic(story.stage.folder() / "story.json", pretty(Json{{"steps", story.steps}}));
}

Json error_json(const Error& error, Language language) { return json_of(error, language)["error"]; }

// Runs one step and records it; false when it failed.
Result<bool> tell(Story& story, const StepRow& row, std::size_t number) {
  const double begin = steady_seconds();
  auto result = row.run(story);
  const double seconds = std::round((steady_seconds() - begin) * 1000) / 1000;
  Json step{{"name", std::string(row.name)}, {"seconds", seconds}, {"ok", result.ok()}, {"facts", Json::object()}};
  std::string failed;
  if (result.ok()) {
    step["facts"] = result->facts;
    Json checks = Json::array();
    for (const auto& check : result->checks) {
      checks.push_back({{"what", check.what}, {"held", check.held}});
      if (!check.held) {
        step["ok"] = false;
        failed += "\n      ✗ " + check.what;
      }
    }
    step["checks"] = checks;
  } else {
    step["error"] = error_json(result.error(), story.context.language);
    failed = "\n      ✗ " + result.error().what.in(story.context.language) + " [" + result.error().where + "]";
  }
  const bool ok = step["ok"].get<bool>();
  story.steps.push_back(std::move(step));
  NARU_CHECK(write_story(story));
  std::fprintf(stderr, "  %2zu/15 %-10s %-44s %7.2f s  %s%s\n", number, std::string(row.name).c_str(),
               row.title.in(story.context.language).c_str(), seconds, ok ? "✓" : "✗", failed.c_str());
  return ok;
}

Done prepare_folder(const fs::path& folder) {
  std::error_code code;
  if (fs::exists(folder, code) && !fs::is_empty(folder, code)) {
    if (!fs::exists(folder / ".naru-demo", code)) {
      return conflict(
          say("the folder is not empty and was not made by a demo", "폴더가 비어 있지 않고 데모가 만든 것도 아닙니다"),
          folder.string(), say("choose another --dir", "다른 --dir를 고르세요"));
    }
    fs::remove_all(folder, code);
  }
  NARU_CHECK(make_folder(folder));
  return write_file_atomic(folder / ".naru-demo", "made by naru demo; a new demo may remove it\n");
}

// Truth tables cut down to one site: pairs need two.
Done keep_truth_of(const fs::path& truth, std::string_view site) {
  NARU_ASSIGN(const auto persons, read_file(truth / "persons.csv"));
  std::istringstream lines(persons);
  std::string line;
  std::getline(lines, line);
  std::string kept = line + "\n";
  const auto wanted = fmt::format(",{},", site);
  while (std::getline(lines, line))
    if (line.find(wanted) != std::string::npos) kept += line + "\n";
  NARU_CHECK(write_file_atomic(truth / "persons.csv", kept));
  return write_file_atomic(truth / "pairs.csv", "left_site,left_source,right_site,right_source\n");
}

Result<Sources> sources_for(const Call& call, const Context& context, const fs::path& folder) {
  const auto truth = folder / "truth";
  const auto made = folder / "sources";
  const std::string persons = call.text("--persons");
  NARU_CHECK(make_folder(made));
  NARU_ASSIGN(const auto outcome, run_process({context.program.string(), "synth", "--persons", persons, "--hospitals",
                                               "3", "--seed", call.text("--seed"), "--out", made.string(), "--json"}));
  if (outcome.status != 0) {
    return internal_error(
        say("making the synthetic nation failed: {}", "합성 인구 생성 실패: {}", outcome.out + outcome.err), "synth");
  }
  if (::rename((made / "truth").c_str(), truth.c_str()) != 0) {
    return internal_error(say("cannot place the truth tables", "정답표를 놓을 수 없습니다"), truth.string());
  }
  NARU_ASSIGN(auto sources,
              call.has("--data") ? real_sources(fs::absolute(call.text("--data")), made) : synthetic_sources(made));
  sources.truth = truth;
  sources.out_of_scope = context.share / "demo" / "out-of-scope.json";
  if (sources.synthetic) return sources;
  // Only the claims are made up here, and they share nobody with the real inputs: no true pair, and their own persons.
  NARU_CHECK(keep_truth_of(truth, "agency"));
  const auto real = context.share / "demo" / "real";
  sources.questions = {real / "celecoxib.json", real / "diclofenac.json", real / "gi-bleed.json"};
  sources.titles = {{"celecoxib.json", say("New users of celecoxib", "셀레콕시브 신규 사용자")},
                    {"diclofenac.json", say("New users of diclofenac", "디클로페낙 신규 사용자")},
                    {"gi-bleed.json", say("Gastrointestinal bleeding", "위장관 출혈")}};
  sources.plan = real / "plan.yaml";
  return sources;
}

void print_accounts(const Story& story) {
  const bool korean = story.context.language == Language::korean;
  std::fprintf(stderr, "\n  %s %s\n", korean ? "포털:" : "Portal:", story.portal_url.c_str());
  std::fprintf(stderr, "  %s\n",
               korean ? "시험 계정 (암호는 accounts.json에 있음):" : "Sample accounts (passwords in accounts.json):");
  const auto accounts = read_json(story.stage.folder() / "accounts.json");
  if (!accounts.ok()) return;
  for (const auto& account : *accounts) {
    std::fprintf(stderr, "    %-12s %-24s %s\n", account.value("account", "").c_str(),
                 account.value("password", "").c_str(), account.value("roles", Json::array()).dump().c_str());
  }
  std::fprintf(stderr, "  %s\n", korean ? "Ctrl+C로 끝냅니다." : "Ctrl+C ends it.");
}

Result<Answer> run_demo(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto persons, call.integer("--persons", 200, 2'000'000));
  std::int64_t wanted = 8080;
  if (call.has("--port")) {
    NARU_ASSIGN(wanted, call.integer("--port", 0, 65535));
  }
  // Before any work: a taken port is named now, or another is taken when nobody asked for this one.
  NARU_ASSIGN(const auto port, port_to_use(static_cast<int>(wanted), call.has("--port")));
  if (port != wanted) {
    const auto holder = holder_of(static_cast<int>(wanted));
    std::fprintf(stderr, "naru demo: %s\n",
                 say("port {} is taken{}; the portal takes a free one", "포트 {}이(가) 사용 중이라{} 빈 포트를 씁니다",
                     wanted, holder.empty() ? "" : " (" + holder + ")")
                     .in(context.language)
                     .c_str());
  }
  const auto folder = fs::absolute(call.text("--dir")).lexically_normal();
  NARU_CHECK(prepare_folder(folder));
  const double begin = steady_seconds();
  std::fprintf(stderr, "naru demo: %lld %s → %s\n", static_cast<long long>(persons),
               context.language == Language::korean ? "명" : "persons", folder.c_str());
  Stage stage(folder, context.program, context.share);
  NARU_ASSIGN(auto sources, sources_for(call, context, folder));
  Story story{context, stage, std::move(sources)};
  story.portal_url = std::to_string(port);
  if (call.has("--capture")) story.capture = stage.site("authority") / "capture";
  bool all = true;
  std::size_t number = 0;
  for (const auto& row : steps()) {
    if (context.progress.stop_requested()) return interrupted();
    NARU_ASSIGN(const bool ok, tell(story, row, ++number));
    all = all && ok;
    if (!ok && !call.has("--keep-going")) break;
  }
  const double seconds = std::round((steady_seconds() - begin) * 100) / 100;
  std::fprintf(stderr, "  %s %.1f s\n", all ? "story: every check held," : "story: FAILED,", seconds);
  if (!call.has("--no-serve") && all) {
    NARU_CHECK(leave_open(story));
    print_accounts(story);
    NARU_CHECK(write_file_atomic(folder / ".portal-open", story.portal_url + "\n"));
    while (!context.progress.stop_requested() && stage.serving("authority")) ::usleep(200'000);
  }
  Answer answer;
  answer.json = canonical(
      {{"story", (folder / "story.json").string()}, {"ok", all}, {"seconds", seconds}, {"steps", story.steps}});
  answer.text = say("story written to {}", "이야기를 {}에 기록했습니다", (folder / "story.json").string());
  answer.status = all ? 0 : 4;
  return answer;
}

}  // namespace

Json Story::facts_of(std::string_view step) const {
  for (const auto& told : steps)
    if (told["name"] == step) return told["facts"];
  return Json::object();
}

Result<Json> ask_site(const Story& story, std::string_view site, std::vector<std::string> arguments,
                      std::string input) {
  NARU_ASSIGN(const auto text, story.stage.naru(site, std::move(arguments), std::move(input)));
  return parse_json(text, std::string(site));
}

Command demo_command() {
  return {"demo",
          say("the whole story: seven sites on this machine, from records to sealed evidence",
              "전체 이야기: 이 컴퓨터의 일곱 기관에서 진료기록부터 봉인된 근거까지"),
          {{"--dir", "DIR", say("where the sites live", "기관 폴더의 위치"), false, false, "naru-demo"},
           {"--persons", "N", say("size of the synthetic nation", "합성 인구 수"), false, false, "20000"},
           {"--seed", "S", say("seed of the synthetic nation", "합성 인구의 시드"), false, false, "1"},
           {"--port",
            "P",
            say("port of the portal; 0 takes a free one (default: 8080, or a free one when that is taken)",
                "포털 포트, 0이면 빈 포트 (기본: 8080, 사용 중이면 빈 포트)"),
            false,
            false,
            {}},
           {"--data",
            "DIR",
            say("real inputs instead of synthetic ones", "합성 대신 실제 입력 자료 폴더"),
            false,
            false,
            {}},
           {"--capture",
            "",
            say("the authority keeps a copy of every sealed message, for audits",
                "허브가 봉인된 모든 메시지의 사본을 보관(감사용)"),
            false,
            false,
            {}},
           {"--no-serve", "", say("end after the story", "이야기 뒤에 끝냄"), false, false, {}},
           {"--keep-going", "", say("go on after a failed step", "실패한 단계 뒤에도 계속"), false, false, {}}},
          run_demo};
}

}  // namespace naru::cli::demo
