#include "vocabulary/vocabulary.h"
#include "vocabulary/search.h"

#include "base/files.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/commands/site_index.h"
#include "ingest/coverage.h"
#include "model/site_layout.h"
#include "network/identity.h"

namespace naru::cli {
namespace {

Result<Answer> load(const Call& call, const Context& context) {
  vocabulary::LoadRequest request;
  for (const auto& source : call.texts("SOURCE")) request.sources.emplace_back(source);
  request.folder = model::SiteLayout(call.text("--site")).vocabulary();
  request.rebuild_ancestors = call.has("--rebuild-ancestors");
  NARU_ASSIGN(const auto info, vocabulary::load(request, context.progress));
  if (std::filesystem::exists(model::SiteLayout(call.text("--site")).description())) {
    NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
    NARU_CHECK(site->record("vocabulary.loaded", canonical(Json{{"hash", info.hash}, {"concepts", info.concepts}})));
  }
  Answer answer{vocabulary::document_of(info),
                say("vocabulary {}: {} concepts, {} ancestor rows, {} relationships\n",
                    "용어집 {}: 개념 {}개, 상위 관계 {}행, 관계 {}행\n", info.hash.substr(0, 12), info.concepts,
                    info.ancestors, info.relationships)};
  // The index of a lake holds the vocabulary too.
  if (!std::filesystem::exists(model::SiteLayout(call.text("--site")).lake())) return answer;
  const auto index = index_after_load(call.text("--site"), 0, context.progress);
  NARU_ASSIGN(auto json, parse_json(answer.json, "vocabulary"));
  json["index"] = index.json;
  answer.json = canonical(json);
  answer.text.en += index.text.en;
  answer.text.ko += index.text.ko;
  return answer;
}

Result<Answer> show(const Call& call, const Context& /*context*/) {
  NARU_ASSIGN(const auto info, vocabulary::info(model::SiteLayout(call.text("--site")).vocabulary()));
  if (!info) {
    return not_found(
        say("no vocabulary is loaded", "적재된 용어집이 없습니다"), call.text("--site"),
        say("load one: naru vocabulary load DIR --site DIR", "naru vocabulary load DIR --site DIR 로 적재하세요"));
  }
  return Answer{vocabulary::document_of(*info), say("vocabulary {} ({}): {} concepts", "용어집 {} ({}): 개념 {}개",
                                                    info->hash.substr(0, 12), info->version, info->concepts)};
}

Result<Answer> find(const Call& call, const Context& /*context*/) {
  vocabulary::ConceptQuery query;
  query.words = call.text("WORDS");
  query.domain_id = call.text("--domain");
  query.standard_only = !call.has("--all");
  NARU_ASSIGN(const auto found, vocabulary::find_concepts(model::SiteLayout(call.text("--site")).vocabulary(), query));
  Answer out{vocabulary::concepts_json(found), say("{} concepts\n", "개념 {}개\n", found.size()), 0};
  for (const auto& one : found) {
    const auto line = fmt::format("  {:>10}  {} {}  {}\n", one.concept_id, one.vocabulary_id, one.code, one.name);
    out.text.en += line;
    out.text.ko += line;
  }
  return out;
}

Result<Answer> coverage(const Call& call, const Context& /*context*/) {
  NARU_ASSIGN(const auto least, call.integer("--least-records", 1, 1'000'000'000));
  NARU_ASSIGN(const auto report, ingest::mapping_coverage(call.text("--site"), least));
  if (call.has("--unmapped")) NARU_CHECK(write_file_atomic(call.text("--unmapped"), report.to_fill));
  Answer answer{report.document, {}};
  for (const auto& [table, one] : report.tables) {
    const auto line = say("  {:<22} codes {}/{}, records {}/{}\n", "  {:<22} 코드 {}/{}, 기록 {}/{}\n", table,
                          one.codes_mapped, one.codes, one.records_mapped, one.records);
    answer.text.en += line.en;
    answer.text.ko += line.ko;
  }
  constexpr std::size_t shown = 10;
  for (std::size_t i = 0; i < report.unmapped.size() && i < shown; ++i) {
    const auto& one = report.unmapped[i];
    const auto line = fmt::format("  ! {:>10}  {} {}\n", one.records, one.vocabulary_id, one.code);
    answer.text.en += line;
    answer.text.ko += line;
  }
  return answer;
}

Result<Answer> map(const Call& call, const Context& context) {
  const model::SiteLayout layout(call.text("--site"));
  NARU_ASSIGN(const auto mappings, vocabulary::load_mappings(call.text("FILE"), layout.vocabulary()));
  const auto document = canonical(Json{{"hash", mappings.hash.empty() ? Json() : Json(mappings.hash)},
                                       {"codes", mappings.codes},
                                       {"added", mappings.added},
                                       {"removed", mappings.removed},
                                       {"not_filled", mappings.not_filled}});
  if (std::filesystem::exists(layout.description())) {
    NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
    NARU_CHECK(site->record("vocabulary.mapped", document));
  }
  return Answer{document,
                say("{} codes are mapped by hand ({} from this file, {} not filled in); load the sources again "
                    "to apply them",
                    "직접 매핑한 코드 {}개 (이 파일에서 {}개, 빈칸 {}개). 적용하려면 원천을 다시 적재하세요",
                    mappings.codes, mappings.added, mappings.not_filled)};
}

}  // namespace

std::vector<Command> vocabulary_commands() {
  const Option site{"--site", "DIR", say("the site's folder", "사이트 폴더"), true};
  return {
      {"vocabulary load",
       say("load concepts, ancestors and mappings (Athena files or an OMOP CDM's vocabulary tables)",
           "개념, 상위 관계, 매핑을 적재 (Athena 파일 또는 OMOP CDM 용어집 표)"),
       {{"SOURCE", "DIR|ZIP",
         say("folder, archive or file; several are merged", "폴더, 압축 파일, 파일. 여러 개면 합칩니다"), true, true},
        site,
        {"--rebuild-ancestors", "",
         say("compute concept_ancestor from 'Is a' relationships", "'Is a' 관계로 concept_ancestor 를 다시 계산")}},
       load},
      {"vocabulary search",
       say("concepts by words of their name, a code or an id", "이름의 말, 코드 또는 번호로 개념 찾기"),
       {site,
        {"WORDS", "TEXT", say("words, in one argument", "검색어, 인자 하나로"), true, false, {}},
        {"--domain", "NAME", say("only this domain", "이 영역만"), false, false, {}},
        {"--all", "", say("non-standard concepts too", "비표준 개념도"), false, false, {}}},
       find},
      {"vocabulary show",
       say("hash, version and size of the site's vocabulary", "사이트 용어집의 해시, 버전, 크기"),
       {site},
       show},
      {"vocabulary coverage",
       say("how many codes and records of the site's sources have a standard concept, and which have none",
           "사이트 원천의 코드와 기록 중 표준 개념이 있는 비율과 없는 코드"),
       {site,
        {"--unmapped", "FILE",
         say("writes every unmapped code, most used first, to be filled in and given to naru vocabulary map",
             "매핑되지 않은 코드를 많이 쓰인 순서로 적은 파일. 채워서 naru vocabulary map 에 주세요")},
        {"--least-records", "N",
         say("codes used less often are counted but not listed", "이보다 적게 쓰인 코드는 세기만 하고 나열하지 않음"),
         false, false, "1"}},
       coverage},
      {"vocabulary map",
       say("loads the filled-in file: mappings of codes that the vocabulary does not know",
           "채운 파일을 적재: 용어집이 모르는 코드의 매핑"),
       {{"FILE", "CSV",
         say("source_vocabulary_id, source_code, target_concept_id",
             "source_vocabulary_id, source_code, target_concept_id"),
         true},
        site},
       map},
  };
}

}  // namespace naru::cli
