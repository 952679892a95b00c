// Steps 11 to 14: questions, verification, withdrawal, revocation.
#include "cli/demo/story.h"

#include <unistd.h>

#include <set>

namespace naru::cli::demo {
namespace {

std::vector<std::string> at_authority(const Story& story, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--site", story.stage.site("authority").string()});
  return arguments;
}

// A file that the authority's commands can see.
Result<fs::path> hand_to_authority(const Story& story, const fs::path& file, std::string_view as) {
  const auto target = story.stage.handed("authority") / as;
  NARU_CHECK(make_folder(target.parent_path()));
  NARU_ASSIGN(const auto content, read_file(file));
  NARU_CHECK(write_file_atomic(target, content));
  return target;
}

std::vector<std::string> question(const Story& story, const fs::path& definition, std::string_view mode) {
  return at_authority(story, {"ask", "--right", story.right, "--definition", definition.string(), "--mode",
                              std::string(mode), "--account", "startup"});
}

// The newest private receipt of a site: what it knows before output rules. Read here as the demo's operator; it never
// left the site.
Result<Json> newest_receipt(const Story& story, std::string_view site) {
  const auto folder = story.stage.site(site) / "private" / "asked";
  NARU_ASSIGN(const auto files, list_files(folder, false));
  Json newest;
  fs::file_time_type newest_time{};
  for (const auto& file : files) {
    if (file.extension() != ".json") continue;
    const auto time = fs::last_write_time(folder / file);
    if (!newest.is_null() && time < newest_time) continue;
    NARU_ASSIGN(newest, read_json(folder / file));
    newest_time = time;
  }
  if (newest.is_null()) return not_found(say("the site kept no receipt", "기관에 영수증이 없습니다"), folder.string());
  return newest;
}

Result<Json> one_question(const Story& story, const fs::path& definition, std::string_view mode) {
  NARU_ASSIGN(const auto answer, ask_site(story, "authority", question(story, definition, mode)));
  Json told = Json::array();
  for (const auto& holder : answer["holders"]) {
    const auto site = holder.value("site", "");
    Json one{{"site", site}, {"answer", holder["persons"]}, {"reason", holder.value("reason", "")}};
    if (holder.contains("refused")) {
      one["refused"] = holder["refused"];
    } else {
      NARU_ASSIGN(const auto receipt, newest_receipt(story, site));
      one["persons"] = receipt["persons"];
      one["epoch"] = holder["epoch"];
      one["repeated"] = holder.value("repeated", false);
      one["table"] = holder["table"];
    }
    told.push_back(std::move(one));
  }
  return Json{{"definition", definition.string()},
              {"mode", std::string(mode)},
              {"distinct", answer["distinct"]},
              {"holders", told},
              {"meter", answer["meter"]}};
}

std::int64_t persons_in(const Json& question) {
  std::int64_t sum = 0;
  for (const auto& holder : question["holders"])
    if (holder.contains("persons") && holder["persons"].is_number()) sum += holder["persons"].get<std::int64_t>();
  return sum;
}

bool nothing_small_shown(const Json& question, std::int64_t min_cell) {
  for (const auto& holder : question["holders"]) {
    if (!holder.contains("table")) continue;
    for (const auto& row : holder["table"]["cells"])
      for (const auto& cell : row)
        if (cell.is_number() && cell.get<std::int64_t>() > 0 && cell.get<std::int64_t>() < min_cell) return false;
  }
  return true;
}

// The same question with noise, twice: the second time every site gives its first answer for no further spend.
struct Noisy {
  Json facts;
  bool paid_once = true;
  std::int64_t answers = 0;
};
Result<Noisy> noisy_questions(const Story& story, const fs::path& definition) {
  Noisy out;
  constexpr double rho = 0.05;
  for (const auto* mode : {"federated", "linked"}) {
    auto asked = question(story, definition, mode);
    asked.insert(asked.end(), {"--rho", fmt::format("{}", rho)});
    NARU_ASSIGN(const auto first, ask_site(story, "authority", asked));
    NARU_ASSIGN(const auto again, ask_site(story, "authority", asked));
    out.answers += 2;
    Json holders = Json::array();
    for (std::size_t at = 0; at < first["holders"].size(); ++at) {
      const auto& one = first["holders"][at];
      const auto& two = again["holders"][at];
      const auto spent = one.value("/noise/budget/spent"_json_pointer, 0.0);
      out.paid_once = out.paid_once && one["persons"].is_number() && one["persons"] == two["persons"] &&
                      one["table"] == two["table"] && two["repeated"] == true && one["repeated"] == false &&
                      spent > 0 && spent <= rho * (1 + 1e-9) &&
                      two.value("/noise/budget/spent"_json_pointer, 0.0) == spent;
      holders.push_back({{"site", one["site"]}, {"answer", one["persons"]}, {"noise", one.value("noise", Json())}});
    }
    out.facts[mode] = {{"holders", holders}, {"noise", first["noise"]}, {"meter", again["meter"]}};
  }
  return out;
}

// Waits until every site knows the epoch; sites hear of it through their mailboxes.
Result<double> wait_for_epoch(const Story& story, std::int64_t epoch) {
  const double begin = steady_seconds();
  auto sites = holders();
  sites.emplace_back("combiner");
  while (steady_seconds() - begin < 20) {
    bool all = true;
    for (const auto& site : sites) {
      const auto file = story.stage.site(site) / "private" / "withdrawn.json";
      const auto json = fs::exists(file) ? read_json(file) : Result<Json>(Json::object());
      all = all && json.ok() && json->value("epoch", std::int64_t{1}) >= epoch;
    }
    if (all) return steady_seconds() - begin;
    ::usleep(20'000);
  }
  return conflict(say("the withdrawal did not reach every site", "철회가 모든 기관에 전달되지 않았습니다"),
                  "consent epoch");
}

// A person of the question's cohort at hospital B, so that the withdrawal is seen in that question.
Result<std::int64_t> someone_in_cohort(const Story& story, const fs::path& definition) {
  const auto given = story.stage.handed("hospital-b") / "question.json";
  NARU_ASSIGN(const auto content, read_file(definition));
  NARU_CHECK(write_file_atomic(given, content));
  const auto out = story.stage.site("hospital-b") / "private" / "cohort.csv";
  NARU_ASSIGN(const auto built,
              story.stage.naru("hospital-b", {"cohort", "build", "--cdm", story.stage.site("hospital-b") / "lake",
                                              "--vocabulary", story.stage.site("hospital-b") / "vocabulary",
                                              "--definition", given.string(), "--out", out.string()}));
  NARU_ASSIGN(const auto csv, read_file(out));
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  if (!std::getline(lines, line))
    return not_found(say("nobody is in the cohort", "코호트에 아무도 없습니다"), given.string());
  return std::stoll(line.substr(0, line.find(',')));
}

}  // namespace

Result<StepResult> step_ask(Story& story) {
  StepResult out;
  Json questions = Json::array();
  bool small_hidden = true;
  for (const auto& source : story.sources.questions) {
    NARU_ASSIGN(const auto definition, hand_to_authority(story, source, "definitions/" + source.filename().string()));
    const auto& title = story.sources.titles.at(source.filename().string());
    NARU_ASSIGN(const auto offered, ask_site(story, "authority",
                                             at_authority(story, {"definition", "offer", definition.string(), "--id",
                                                                  source.stem().string(), "--title-en", title.en,
                                                                  "--title-ko", title.ko})));
    NARU_ASSIGN(auto federated, one_question(story, definition, "federated"));
    small_hidden = small_hidden && nothing_small_shown(federated, 10);
    questions.push_back(federated);
    NARU_ASSIGN(auto linked, one_question(story, definition, "linked"));
    small_hidden = small_hidden && nothing_small_shown(linked, 10);
    questions.push_back(linked);
  }
  const auto& plain = questions.front();
  NARU_ASSIGN(const auto noisy, noisy_questions(story, plain["definition"].get<std::string>()));
  const auto& meter = noisy.facts["linked"]["meter"];
  NARU_ASSIGN(const auto outside,
              hand_to_authority(story, story.sources.out_of_scope, "definitions/out-of-scope.json"));
  NARU_ASSIGN(const auto refusal, story.stage.try_naru("authority", question(story, outside, "federated")));
  NARU_ASSIGN(const auto refused, parse_json(refusal.json, "refusal"));
  const auto& first = questions.front();
  out.facts = {{"definition", first["definition"]}, {"mode", first["mode"]},  {"distinct", first["distinct"]},
               {"holders", first["holders"]},       {"questions", questions}, {"refusal", refused},
               {"refusal_status", refusal.status},  {"noise", noisy.facts},   {"meter", meter}};
  out.checks = {{"a federated answer is not called distinct persons", first["distinct"] == false},
                {"a linked answer is of distinct persons", questions[1]["distinct"] == true},
                {"no cell from 1 to 9 is shown", small_hidden},
                {"a question outside the right's scope is refused with status 3", refusal.status == 3},
                {"the refusal says what to do", !refused.value("error", Json::object()).value("hint", "").empty()},
                {"an answer with noise is paid for once at every site, and repeats for nothing", noisy.paid_once},
                {"the meter moved once per answer",
                 meter["used"].get<std::size_t>() == questions.size() + static_cast<std::size_t>(noisy.answers)}};
  return out;
}

Result<StepResult> step_verify(Story& story) {
  StepResult out;
  // The plan names its definitions relative to itself: hand over the whole folder around it.
  const auto folder = story.sources.plan.parent_path();
  const auto target = story.stage.handed("authority") / "verify";
  std::error_code code;
  NARU_CHECK(make_folder(target));
  fs::copy(folder, target / folder.filename(), fs::copy_options::recursive | fs::copy_options::overwrite_existing,
           code);
  const auto definitions = folder.parent_path() / "definitions";
  if (fs::exists(definitions)) {
    fs::copy(definitions, target / "definitions", fs::copy_options::recursive | fs::copy_options::overwrite_existing,
             code);
  }
  const auto plan = target / folder.filename() / story.sources.plan.filename();
  std::vector<std::string> run{"verify", "run", plan.string(), "--right", story.right, "--account", "startup"};
  for (const auto& hospital : hospitals()) run.insert(run.end(), {"--hospital", hospital});
  NARU_ASSIGN(const auto verified, ask_site(story, "authority", at_authority(story, run)));
  story.evidence_file = verified.value("report", "");
  const auto trust = story.stage.handed("authority") / "trust.json";
  NARU_CHECK(write_file_atomic(trust, pretty(verified["trust"])));
  NARU_ASSIGN(const auto good, story.stage.try_naru("authority", {"evidence", "verify", story.evidence_file, "--trust",
                                                                  trust.string()}));
  // One byte of a copy changed, in the middle.
  NARU_ASSIGN(auto bytes, read_file(story.evidence_file));
  auto& byte = bytes[bytes.size() / 2];
  byte = byte == '1' ? '2' : '1';
  const auto changed = story.stage.handed("authority") / "changed.evidence.json";
  NARU_CHECK(write_file_atomic(changed, bytes));
  NARU_ASSIGN(const auto bad,
              story.stage.try_naru("authority", {"evidence", "verify", changed.string(), "--trust", trust.string()}));
  out.facts = verified;
  out.facts["trust_file"] = trust.string();
  out.facts["changed_copy"] = {{"status", bad.status}, {"finding", parse_json(bad.json, "evidence verify").value()}};
  bool reasons = true;
  for (const auto& site : verified["sites"])
    reasons = reasons && (site["auroc"].is_number() || !site.value("reason", "").empty());
  out.checks = {{"the sealed report verifies offline", good.status == 0},
                {"a changed byte is found", bad.status == 4},
                {"every site has an AUROC or a reason for none", reasons && verified["sites"].size() == 3}};
  if (story.sources.synthetic) {
    out.checks.push_back({"the pooled AUROC is there", verified["auroc"].is_number()});
    NARU_ASSIGN(const auto shown, show_evidence(story, verified.value("plan", ""), story.evidence_file, trust));
    out.facts["demonstration"] = {{"projects", shown.page["projects"].size()}, {"stages", shown.page["stages"]}};
    out.checks.push_back({"a demonstration project runs only with a locked plan", shown.refused_without_plan});
    out.checks.push_back({"it is not live without approvals", shown.refused_without_approvals});
    out.checks.push_back({"it holds the sealed report as its evidence", shown.evidence == verified.value("id", "-")});
  }
  return out;
}

Result<StepResult> step_withdraw(Story& story) {
  StepResult out;
  const auto& source = story.sources.questions.front();
  const auto definition = story.stage.handed("authority") / "definitions" / source.filename();
  const auto asked = story.facts_of("ask");
  if (!asked.contains("questions"))
    return conflict(say("the questions were not answered", "질의에 답이 없었습니다"), "ask");
  const auto before = persons_in(asked["questions"][0]);
  const auto linked_before = persons_in(asked["questions"][1]);
  NARU_ASSIGN(const auto person, someone_in_cohort(story, source));
  NARU_ASSIGN(const auto withdrawn, ask_site(story, "hospital-b",
                                             {"consent", "withdraw", "--site", story.stage.site("hospital-b").string(),
                                              "--person-id", std::to_string(person), "--account", "steward-b"}));
  NARU_ASSIGN(const double spread, wait_for_epoch(story, withdrawn.value("epoch_before", std::int64_t{1}) + 1));
  NARU_ASSIGN(auto again, one_question(story, definition, "federated"));
  NARU_ASSIGN(auto linked, one_question(story, definition, "linked"));
  bool marked = true;
  bool same = true;
  for (std::size_t i = 0; i < again["holders"].size(); ++i) {
    marked = marked && again["holders"][i].value("repeated", false);
    same = same && again["holders"][i]["answer"] == asked["questions"][0]["holders"][i]["answer"];
  }
  std::int64_t sites_with_person = before - persons_in(again);
  NARU_ASSIGN(const auto second, phase_two(story));
  out.facts = {{"before", before},
               {"after", persons_in(again)},
               {"linked_before", linked_before},
               {"linked_after", persons_in(linked)},
               {"epoch", withdrawn.value("epoch_before", 1) + 1},
               {"seconds_to_every_site", spread},
               {"question", again},
               {"r2", second}};
  out.checks = {
      {"the next computation excludes the person", sites_with_person >= 1},
      {"also on the linked release", linked_before - persons_in(linked) <= 1 && linked_before >= persons_in(linked)},
      {"the repeated question keeps its answer", same},
      {"and is marked as such", marked},
      {"phase 2 is built without them", second.value("withdrawn_left_out", false)},
      {"the difference report tells of no small change", second.value("difference_safe", false)}};
  return out;
}

Result<StepResult> step_revoke(Story& story) {
  StepResult out;
  const auto definition = story.stage.handed("authority") / "definitions" / story.sources.questions.front().filename();
  NARU_ASSIGN(const auto revoked, ask_site(story, "authority",
                                           at_authority(story, {"right", "revoke", story.right, "--reason",
                                                                "end of the pilot", "--account", "secretariat"})));
  const double begin = steady_seconds();
  NARU_ASSIGN(const auto refusal, story.stage.try_naru("authority", question(story, definition, "federated")));
  NARU_ASSIGN(const auto linked, story.stage.try_naru("authority", question(story, definition, "linked")));
  std::int64_t slowest = 0;
  for (const auto& [site, milliseconds] : revoked["sites"].items())
    slowest = std::max(slowest, milliseconds.get<std::int64_t>());
  out.facts = {{"right", story.right},
               {"sites", revoked["sites"]},
               {"slowest_ms", slowest},
               {"federated_status", refusal.status},
               {"linked_status", linked.status},
               {"refusal_seconds", steady_seconds() - begin},
               {"refusal", parse_json(refusal.json, "refusal").value()}};
  out.checks = {{"every site confirmed within 5 seconds", slowest <= 5000 && revoked["sites"].size() == 6},
                {"the next federated question is refused everywhere", refusal.status == 3},
                {"the next linked question is refused", linked.status == 3}};
  return out;
}

}  // namespace naru::cli::demo
