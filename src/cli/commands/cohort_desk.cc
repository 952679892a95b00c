#include "cli/commands/cohort_desk.h"

#include "engine/archive.h"
#include "model/site_layout.h"

namespace naru::cli {
namespace {

Result<CohortSource> open_source(const fs::path& path) {
  CohortSource out;
  if (fs::is_directory(path)) {
    out.folder = path;
    return out;
  }
  out.scratch = std::make_unique<ScratchFolder>("cdm");
  NARU_ASSIGN([[maybe_unused]] const auto members, engine::extract(path, out.scratch->path()));
  out.folder = out.scratch->path();
  return out;
}

}  // namespace

Result<CohortDesk> CohortDesk::open(const Call& call) {
  CohortDesk out;
  if (call.has("--site") == call.has("--cdm")) {
    return usage_error(say("either tables (--cdm) or a site (--site)", "표(--cdm)와 사이트(--site) 중 하나만 주세요"),
                       "--cdm");
  }
  fs::path index = call.text("--index");
  if (call.has("--site")) {
    const model::SiteLayout layout(call.text("--site"));
    out.tables_.folder = layout.lake();
    if (fs::exists(layout.vocabulary())) out.vocabulary_.folder = layout.vocabulary();
    if (index.empty()) index = cohort::site_index(layout.root(), layout.lake());
  } else {
    NARU_ASSIGN(out.tables_, open_source(call.text("--cdm")));
  }
  if (call.has("--vocabulary")) {
    NARU_ASSIGN(out.vocabulary_, open_source(call.text("--vocabulary")));
  }
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  const auto rules = call.text("--inclusion-rules");
  if (!rules.empty() && rules != "apply" && rules != "ignore") {
    return usage_error(say("apply or ignore", "apply 또는 ignore"), "--inclusion-rules");
  }
  out.without_rules_ = rules == "ignore";
  out.options_ = {.folder = out.tables_.folder,
                  .vocabulary = out.vocabulary_.folder,
                  .rebuild_ancestors = call.has("--rebuild-ancestors"),
                  .use_index = !call.has("--no-index"),
                  .index = index,
                  .threads = static_cast<unsigned>(threads)};
  NARU_ASSIGN(const auto files, cohort::table_files(out.options_));
  if (out.options_.use_index) {
    const auto target =
        out.options_.index.empty() ? out.options_.folder / cohort::index_folder_name : out.options_.index;
    out.index_ = cohort::Index::find(target, files, out.state_);
  }
  return out;
}

Result<cohort::Expression> CohortDesk::definition(const fs::path& file) const {
  NARU_ASSIGN(const auto text, read_file(file));
  NARU_ASSIGN(auto expression, cohort::parse(text, file.string()));
  if (without_rules_) expression.rules.clear();
  return expression;
}

Done CohortDesk::open_engine() {
  if (database_) return {};
  engine::DatabaseOptions options;
  options.threads = options_.threads;
  options.allowed_folders = {tables_.folder};
  if (!vocabulary_.folder.empty()) options.allowed_folders.push_back(vocabulary_.folder);
  if (!output_folder.empty()) options.allowed_folders.push_back(output_folder);
  NARU_ASSIGN(auto database, engine::Database::open(options));
  database_.emplace(std::move(database));
  NARU_ASSIGN(auto cdm, cohort::open_cdm(*database_, options_));
  cdm_.emplace(std::move(cdm));
  return {};
}

Result<cohort::Count> CohortDesk::answer_in_engine(const cohort::Expression& expression) {
  NARU_CHECK(open_engine());
  return cohort::run(*database_, *cdm_, expression, "answer");
}

Result<cohort::NativeAnswer> CohortDesk::answer(const cohort::Expression& expression) {
  if (index_ != nullptr && cohort::is_native(expression)) {
    return cohort::run_native(*index_, expression,
                              {.rebuild_ancestors = options_.rebuild_ancestors, .threads = options_.threads});
  }
  cohort::NativeAnswer out;
  NARU_ASSIGN(out.count, answer_in_engine(expression));
  NARU_ASSIGN(out.entries, cohort::entries_of(*database_, "answer"));
  return out;
}

std::vector<Option> cohort_source_options() {
  return {{"--cdm", "DIR",
           say("OMOP 5.3 or 5.4 tables: a folder with one CSV or Parquet file each, or a zip",
               "OMOP 5.3 또는 5.4 표: 표마다 CSV나 Parquet 파일이 있는 폴더 또는 zip")},
          {"--site", "DIR",
           say("instead: a site, its lake, vocabulary and index", "대신: 사이트(그 레이크, 용어집, 색인)")},
          {"--vocabulary", "DIR", say("vocabulary tables, when they are elsewhere", "용어집 표가 다른 곳에 있을 때")},
          {"--rebuild-ancestors", "",
           say("find descendants through 'Is a' relationships, not concept_ancestor",
               "concept_ancestor 대신 'Is a' 관계로 하위 개념을 찾기")},
          {"--index", "DIR", say("the tables' index, when it is elsewhere", "색인이 다른 곳에 있을 때")},
          {"--no-index", "", say("answer by SQL; the result is the same", "SQL로 답하기. 결과는 같음")},
          {"--threads", "N", say("processors to use; never changes the answer", "사용할 프로세서 수. 결과는 같음"),
           false, false, "0"}};
}

Option cohort_definition_option(bool several) {
  return {"--definition", "FILE", say("Circe cohort expression (JSON)", "Circe 코호트 정의(JSON)"), true, several};
}

Option cohort_rules_option() {
  return {"--inclusion-rules",
          "apply|ignore",
          say("ignore: the cohort before its inclusion rules, as their attrition starts",
              "ignore: 포함 기준을 적용하기 전의 코호트"),
          false,
          false,
          "apply"};
}

}  // namespace naru::cli
