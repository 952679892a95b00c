// Cohorts on any OMOP data; no site needed.
#include "cohort/cohort.h"
#include "base/files.h"
#include "base/json.h"
#include "cli/command.h"
#include "engine/archive.h"

namespace naru::cli {
namespace {

/// The data of one command: a folder as it is, an archive unpacked into a scratch folder that lives as long as this.
struct Source {
  std::unique_ptr<ScratchFolder> scratch;
  fs::path folder;
};

Result<Source> open_source(const fs::path& path) {
  Source out;
  if (fs::is_directory(path)) {
    out.folder = path;
    return out;
  }
  out.scratch = std::make_unique<ScratchFolder>("cdm");
  NARU_ASSIGN([[maybe_unused]] const auto members, engine::extract(path, out.scratch->path()));
  out.folder = out.scratch->path();
  return out;
}

struct Desk {
  Source tables;
  Source vocabulary;
  engine::Database database;
  cohort::Cdm cdm;
};

Result<Desk> open_desk(const Call& call) {
  NARU_ASSIGN(auto tables, open_source(call.text("--cdm")));
  Source vocabulary;
  if (call.has("--vocabulary")) {
    NARU_ASSIGN(vocabulary, open_source(call.text("--vocabulary")));
  }
  engine::DatabaseOptions options;
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  options.threads = static_cast<unsigned>(threads);
  options.allowed_folders = {tables.folder};
  if (!vocabulary.folder.empty()) options.allowed_folders.push_back(vocabulary.folder);
  NARU_ASSIGN(auto database, engine::Database::open(options));
  NARU_ASSIGN(auto cdm, cohort::open_cdm(database, {.folder = tables.folder,
                                                    .vocabulary = vocabulary.folder,
                                                    .rebuild_ancestors = call.has("--rebuild-ancestors")}));
  return Desk{std::move(tables), std::move(vocabulary), std::move(database), std::move(cdm)};
}

Result<cohort::Count> run_file(Desk& desk, const fs::path& file) {
  NARU_ASSIGN(const auto text, read_file(file));
  NARU_ASSIGN(const auto expression, cohort::parse(text, file.string()));
  return cohort::run(desk.database, desk.cdm, expression, "answer");
}

Text in_words(const std::string& file, const cohort::Count& count) {
  auto out = say("{}: {} persons, {} entries, {:.2f} s\n", "{}: {}명, 진입 {}건, {:.2f}초\n", file, count.persons,
                 count.entries, count.seconds);
  for (const auto& step : count.attrition) {
    const auto line = say("  {:>12}  {}\n", "  {:>12}  {}\n", step.persons, step.rule);
    out.en += line.en;
    out.ko += line.ko;
  }
  return out;
}

Result<Answer> count(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open_desk(call));
  const auto files = call.texts("--definition");
  Answer out;
  Json list = Json::array();
  std::uint64_t done = 0;
  for (const auto& file : files) {
    context.progress.at(say("counting {}", "{} 집계 중", file), done++, files.size());
    if (context.progress.stop_requested()) return interrupted();
    NARU_ASSIGN(const auto answer, run_file(desk, file));
    NARU_ASSIGN(auto json, parse_json(cohort::count_json(answer), file));
    if (files.size() > 1) json["definition"] = file;
    list.push_back(std::move(json));
    const auto words = in_words(file, answer);
    out.text.en += words.en;
    out.text.ko += words.ko;
  }
  out.json = canonical(files.size() == 1 ? list[0] : list);
  return out;
}

Result<Answer> build(const Call& call, const Context&) {
  const auto files = call.texts("--definition");
  if (files.size() != 1) return usage_error(say("one definition at a time", "정의는 하나씩 주세요"), "--definition");
  NARU_ASSIGN(auto desk, open_desk(call));
  NARU_ASSIGN(const auto answer, run_file(desk, files.front()));
  NARU_ASSIGN(const auto rows, cohort::entries_csv(desk.database, "answer"));
  NARU_CHECK(write_file_atomic(call.text("--out"), rows, 0600));
  NARU_ASSIGN(auto json, parse_json(cohort::count_json(answer), files.front()));
  json["out"] = call.text("--out");
  return Answer{canonical(json), in_words(files.front(), answer)};
}

std::vector<Option> options_for(bool several) {
  return {{"--cdm", "DIR",
           say("OMOP 5.3 or 5.4 tables: a folder with one CSV or Parquet file each, or a zip",
               "OMOP 5.3 또는 5.4 표: 표마다 CSV나 Parquet 파일이 있는 폴더 또는 zip"),
           true},
          {"--definition", "FILE", say("Circe cohort expression (JSON)", "Circe 코호트 정의(JSON)"), true, several},
          {"--vocabulary", "DIR", say("vocabulary tables, when they are elsewhere", "용어집 표가 다른 곳에 있을 때")},
          {"--rebuild-ancestors", "",
           say("find descendants through 'Is a' relationships, not concept_ancestor",
               "concept_ancestor 대신 'Is a' 관계로 하위 개념을 찾기")},
          {"--threads", "N", say("processors to use; never changes the answer", "사용할 프로세서 수. 결과는 같음"),
           false, false, "0"}};
}

}  // namespace

std::vector<Command> cohort_commands() {
  auto build_options = options_for(false);
  build_options.push_back({"--out", "ROWS.csv", say("where the entries go", "진입 기록을 쓸 파일"), true});
  return {{"cohort count", say("how many persons a cohort definition selects", "코호트 정의에 해당하는 사람 수"),
           options_for(true), count},
          {"cohort build", say("the entries of a cohort as CSV", "코호트의 진입 기록을 CSV로"), build_options, build}};
}

}  // namespace naru::cli
