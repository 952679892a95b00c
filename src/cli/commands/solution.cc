// A solution's package named, tried on made-up rows, given to a site; scores of an installed product handed over.
#include "cli/commands/solution.h"

#include <cmath>

#include "base/digest.h"
#include "base/json.h"
#include "evidence/package.h"
#include "evidence/site_inputs.h"
#include "network/identity.h"

namespace naru::cli {
namespace {

constexpr std::uint64_t file_bytes_max = 1ULL << 30;

Result<Answer> digest(const Call& call, const Context&) {
  NARU_ASSIGN(const auto found, evidence::package_digest(call.text("FOLDER")));
  return Answer{canonical(Json{{"sha256", found}}), {found, found}, 0};
}

Result<Answer> add(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto found, evidence::add_package(call.text("FOLDER"), site->layout().root() / "solutions"));
  NARU_CHECK(site->record("solution.added", canonical(Json{{"package", found}})));
  return Answer{canonical(Json{{"sha256", found}}),
                say("the site has package {}", "기관이 꾸러미 {}을(를) 가졌습니다", found), 0};
}

// Scores are handed over once per solution and version, and logged before any outcome is read.
Result<Answer> scores(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto manifest, read_file(call.text("MANIFEST"), file_bytes_max));
  NARU_ASSIGN(const auto solution, evidence::parse_solution(manifest, call.text("MANIFEST")));
  if (solution.kind != evidence::SolutionKind::scores) {
    return rejected(say("only a solution of kind scores takes scores", "scores 종류의 솔루션만 점수를 받습니다"),
                    call.text("MANIFEST"));
  }
  NARU_ASSIGN(const auto text, read_file(call.text("FILE"), file_bytes_max));
  NARU_ASSIGN(const auto given, evidence::parse_given_scores(text, call.text("FILE")));
  const auto target = evidence::given_scores_file(site->layout().root() / "solutions", solution);
  const auto found = hex(sha256(text));
  bool fresh = true;
  if (fs::exists(target)) {
    NARU_ASSIGN(const auto before, read_file(target, file_bytes_max));
    if (before != text) {
      return conflict(say("scores of {} version {} were handed over before, and were others",
                          "{} 버전 {}의 점수는 이미 다른 내용으로 넘겨졌습니다", solution.id, solution.version),
                      call.text("FILE"), say("raise the solution's version", "솔루션의 버전을 올리세요"));
    }
    fresh = false;
  } else {
    NARU_CHECK(site->record(
        "scores.given", canonical(Json{{"solution", solution.id}, {"version", solution.version}, {"sha256", found}})));
    NARU_CHECK(make_folder(target.parent_path(), 0700));
    NARU_CHECK(write_file_atomic(target, text, 0600));
  }
  const auto rows = given.person.size();
  return Answer{canonical(Json{{"solution", solution.id}, {"rows", rows}, {"sha256", found}, {"new", fresh}}),
                say("{} scores are fixed", "점수 {}개를 고정했습니다", rows), 0};
}

// "NAME,…" as in the manifest; a missing value is empty.
Result<evidence::FeatureMatrix> read_rows(const evidence::Solution& solution, const fs::path& file) {
  NARU_ASSIGN(const auto text, read_file(file, file_bytes_max));
  std::string header;
  for (const auto& feature : solution.features) header += (header.empty() ? "" : ",") + feature.name;
  evidence::FeatureMatrix out;
  out.features = solution.features.size();
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto row = text.substr(at, end - at);
    at = end + 1;
    if (row.ends_with('\r')) row.pop_back();
    const auto where = fmt::format("{}: line {}", file.string(), ++line);
    if (line == 1) {
      if (row != header) return rejected(say("the header must be {}", "머리글은 {}이어야 합니다", header), where);
      continue;
    }
    if (row.empty()) continue;
    std::size_t fields = 0;
    for (std::size_t from = 0; from <= row.size(); ++fields) {
      const auto comma = std::min(row.find(',', from), row.size());
      const auto word = row.substr(from, comma - from);
      from = comma + 1;
      char* stop = nullptr;
      const double value = word.empty() ? std::nan("") : std::strtod(word.c_str(), &stop);
      if (!word.empty() && *stop != '\0') return rejected(say("not a number: {}", "숫자가 아닙니다: {}", word), where);
      out.values.push_back(value);
    }
    if (fields != out.features) {
      return rejected(say("{} fields, not {}", "필드가 {}개입니다 ({}개여야 함)", fields, out.features), where);
    }
    ++out.rows;
  }
  return out;
}

Result<Answer> attempt(const Call& call, const Context& context) {
  const fs::path file = call.text("MANIFEST");
  NARU_ASSIGN(const auto manifest, read_file(file, file_bytes_max));
  NARU_ASSIGN(const auto solution, evidence::parse_solution(manifest, file.string()));
  if (solution.kind == evidence::SolutionKind::scores) {
    return rejected(say("there is nothing to run", "실행할 것이 없습니다"), file.string());
  }
  NARU_ASSIGN(const auto matrix, read_rows(solution, call.text("--rows")));
  evidence::SolutionHost host;
  host.share = context.share;
  if (solution.sandboxed()) {
    host.package = fs::absolute(file.parent_path() / solution.package.folder);
    NARU_ASSIGN(const auto found, evidence::package_digest(host.package));
    if (found != solution.package.sha256) {
      return rejected(say("the package's digest is {}", "꾸러미의 다이제스트는 {}입니다", found),
                      file.string() + ".package", say("write it into the manifest", "명세에 적으세요"));
    }
  }
  if (call.has("--study")) host.studies.assign(matrix.rows, fs::absolute(call.text("--study")));
  NARU_ASSIGN(const auto result, evidence::run_solution(solution, matrix, host));
  Json list = Json::array();
  std::size_t scored = 0;
  for (const auto& score : result.score) {
    list.push_back(score ? Json(*score) : Json(nullptr));
    scored += score ? 1 : 0;
  }
  return Answer{canonical(Json{{"solution", solution.id},
                               {"kind", evidence::name_of(solution.kind)},
                               {"input_schema", evidence::input_schema_hash(solution)},
                               {"rows", matrix.rows},
                               {"scored", scored},
                               {"failed", result.failed},
                               {"scores", list}}),
                say("{} of {} rows scored, twice the same", "{1}개 행 가운데 {0}개의 점수가 두 번 모두 같습니다",
                    scored, matrix.rows),
                0};
}

}  // namespace

std::vector<Command> solution_commands() {
  const Option folder{"FOLDER", "", say("folder of the solution's files", "솔루션 파일 폴더"), true};
  const Option site{"--site", "DIR", say("folder of the site", "기관 폴더"), true};
  const Option manifest{"MANIFEST", "", say("solution.json", "solution.json 파일"), true};
  return {
      {"solution digest",
       say("prints the digest of a package, as a manifest names it", "명세에 적을 꾸러미 다이제스트를 출력합니다"),
       {folder},
       digest},
      {"solution add",
       say("gives a package to a site, when it is too large to travel with the plan",
           "계획과 함께 보내기에 큰 꾸러미를 기관에 넣습니다"),
       {folder, site},
       add},
      {"solution try",
       say("runs a solution in the sandbox on rows of your own, as a site would",
           "기관에서와 같은 격리 공간에서 직접 준비한 행으로 솔루션을 시험합니다"),
       {manifest,
        {"--rows", "CSV",
         say("rows: a header with the inputs' names, a missing value is empty", "행: 입력 이름 머리글, 결측은 빈칸"),
         true},
        {"--study", "DIR", say("a study's folder, for solutions that read files", "파일을 읽는 솔루션의 검사 폴더")}},
       attempt},
      {"solution scores",
       say("hands over the scores of an installed product, once, before outcomes are read",
           "설치된 제품의 점수를 결과를 읽기 전에 한 번 넘깁니다"),
       {manifest, {"FILE", "", say("person_id,score", "person_id,score 파일"), true}, site},
       scores}};
}

}  // namespace naru::cli
