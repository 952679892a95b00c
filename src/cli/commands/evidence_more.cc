// Training overlap before a plan is run, and a sealed report in another form.
#include "cli/commands/evidence_more.h"

#include "base/json.h"
#include "evidence/overlap.h"
#include "evidence/report.h"
#include "evidence/seal.h"
#include "network/identity.h"
#include "protect/policy.h"

namespace naru::cli {
namespace {

constexpr std::uint64_t sealed_bytes_max = 64U << 20;

Result<Answer> run_overlap(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, call.text("--policy")));
  NARU_ASSIGN(const auto plan, evidence::lock(call.text("PLAN")));
  evidence::OverlapRequest request;
  request.site.site = site->description().name;
  request.site.lake = site->layout().lake();
  request.site.vocabulary = site->layout().vocabulary();
  request.site.withdrawn = site->layout().withdrawn();
  const auto& outputs = policy.outputs;
  request.site.rules = {outputs.min_cell, outputs.round_to, outputs.complementary, outputs.digits};
  request.identity = site->layout().identity();
  request.training = call.text("--train");
  NARU_ASSIGN(request.salt, evidence::read_salt(call.text("--salt")));
  NARU_ASSIGN(const auto found, evidence::training_overlap(plan, request));
  NARU_ASSIGN(const auto json, parse_json(found.json, "overlap"));
  NARU_CHECK(site->record("plan.overlap", found.json));
  const auto folder = evidence::overlap_folder(site->layout().evidence(), plan.hash);
  NARU_CHECK(make_folder(folder));
  const auto file = folder / (json.at("training").get<std::string>().substr(0, 12) + ".json");
  NARU_CHECK(write_file_atomic(file, found.json));
  Answer answer;
  answer.json = found.json;
  const auto words = [](const Json& value, const char* hidden) { return value.is_null() ? hidden : value.dump(); };
  answer.text = {
      fmt::format("{} of {} persons of the target cohort are in the training set ({} could be checked)",
                  words(json.at("overlap"), "a few (suppressed)"), words(json.at("target"), "a few"),
                  words(json.at("checked"), "a few")),
      fmt::format("대상 코호트 {}명 중 학습 자료와 겹치는 사람: {} (확인 가능 {}명)", words(json.at("target"), "소수"),
                  words(json.at("overlap"), "소수(비공개)"), words(json.at("checked"), "소수"))};
  return answer;
}

Result<Answer> run_training_tokens(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto salt, evidence::read_salt(call.text("--salt")));
  NARU_ASSIGN(const auto persons,
              evidence::training_tokens(site->layout().identity(), call.text("--persons"), salt, call.text("--out")));
  NARU_CHECK(site->record("training.tokens", canonical(Json{{"persons", persons}})));
  Answer answer;
  answer.json = canonical(Json{{"persons", persons}, {"file", call.text("--out")}});
  answer.text = say("tokens of {} persons in {}", "{}명의 토큰을 {}에 적었습니다", persons, call.text("--out"));
  return answer;
}

Result<Answer> run_export(const Call& call, const Context& context) {
  const auto format = call.text("--format");
  NARU_ASSIGN(const auto sealed, read_file(call.text("FILE"), sealed_bytes_max));
  NARU_ASSIGN(const auto report, evidence::report_of(sealed, call.text("FILE")));
  std::string text;
  if (format == "markdown") {
    NARU_ASSIGN(text, evidence::report_markdown(report, context.language, call.text("FILE")));
  } else if (format == "html") {
    NARU_ASSIGN(text, evidence::report_html(report, call.text("FILE")));
  } else if (format == "json") {
    text = report + "\n";
  } else {
    return usage_error(say("--format is html, markdown or json", "--format은 html, markdown, json 중 하나입니다"),
                       "--format");
  }
  NARU_CHECK(write_file_atomic(call.text("--out"), text));
  Answer answer;
  answer.json = canonical(Json{{"file", call.text("--out")}, {"format", format}, {"bytes", text.size()}});
  answer.text = say("written: {}", "저장했습니다: {}", call.text("--out"));
  return answer;
}

}  // namespace

std::vector<Command> evidence_more_commands() {
  const Option site{"--site", "DIR", say("folder of the site", "기관 폴더"), true};
  const Option salt{"--salt", "FILE",
                    say("the holders' common salt, hex; the vendor must not know it",
                        "보유기관끼리만 아는 공통 솔트(16진수). 공급자는 알면 안 됩니다"),
                    true};
  return {{"verify overlap",
           say("counts persons of a plan's target cohort that were in the training set, by linkage tokens",
               "계획의 대상 코호트 중 학습 자료에 있던 사람을 결합 토큰으로 셉니다"),
           {{"PLAN", "", say("plan.yaml", "plan.yaml 파일"), true},
            site,
            {"--policy", "ID", say("policy whose output rules hold", "반출 규칙을 정하는 정책"), true},
            {"--train", "FILE", say("tokens of the training persons (Parquet)", "학습 대상자의 토큰(Parquet)"), true},
            salt},
           run_overlap},
          {"verify training-tokens",
           say("tokens of the persons a solution was trained on, at their holder",
               "솔루션 학습에 쓰인 사람들의 토큰을 보유기관에서 만듭니다"),
           {site,
            {"--persons", "FILE", say("CSV with a column person_id", "person_id 열이 있는 CSV"), true},
            salt,
            {"--out", "FILE", say("tokens file to write (Parquet)", "저장할 토큰 파일(Parquet)"), true}},
           run_training_tokens},
          {"evidence export",
           say("a sealed report as a page, Markdown or JSON", "봉인된 보고서를 화면, Markdown, JSON으로 저장합니다"),
           {{"FILE", "", say("a sealed *.evidence.json", "봉인된 *.evidence.json 파일"), true},
            {"--format", "F", say("html, markdown or json", "html, markdown, json 중 하나"), true},
            {"--out", "FILE", say("file to write", "저장할 파일"), true}},
           run_export}};
}

}  // namespace naru::cli
