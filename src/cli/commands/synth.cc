#include "synth/synth.h"

#include "base/json.h"
#include "cli/command.h"
#include "synth/lake.h"

namespace naru::cli {
namespace {

Result<Answer> run_synth(const Call& call, const Context& context) {
  synth::SynthOptions options;
  NARU_ASSIGN(options.persons, call.integer("--persons", 1, 5'000'000));
  NARU_ASSIGN(const auto hospitals, call.integer("--hospitals", 1, 9));
  options.hospitals = static_cast<int>(hospitals);
  NARU_ASSIGN(const auto seed, call.integer("--seed", 0, INT64_MAX));
  options.seed = static_cast<std::uint64_t>(seed);
  options.out = call.text("--out");
  NARU_ASSIGN(const auto summary, synth::synthesise(options, context.progress));
  Json tables = Json::array();
  std::int64_t rows = 0;
  for (const synth::TableRows& table : summary.tables) {
    tables.push_back({{"site", table.site}, {"table", table.table}, {"rows", table.rows}, {"bad", table.bad}});
    rows += table.rows;
  }
  Answer answer;
  answer.json = canonical(Json{{"out", options.out.string()},
                               {"persons", summary.persons},
                               {"person_sites", summary.person_sites},
                               {"pairs", summary.pairs},
                               {"rows", rows},
                               {"tables", tables},
                               {"seconds", summary.seconds}});
  answer.text = say("{} persons, {} records of persons at sites, {} rows, {} true pairs, written to {}",
                    "{}명, 기관별 환자 기록 {}건, {}행, 실제 동일인 쌍 {}개를 {}에 기록했습니다", summary.persons,
                    summary.person_sites, rows, summary.pairs, options.out.string());
  return answer;
}

Result<Answer> run_lake(const Call& call, const Context& context) {
  synth::LakeOptions options;
  NARU_ASSIGN(options.persons, call.integer("--persons", 1, 60'000'000));
  NARU_ASSIGN(const auto hospitals, call.integer("--hospitals", 1, 9));
  options.hospitals = static_cast<int>(hospitals);
  NARU_ASSIGN(const auto seed, call.integer("--seed", 0, INT64_MAX));
  options.seed = static_cast<std::uint64_t>(seed);
  NARU_ASSIGN(const auto panel, call.integer("--panel", 0, 40));
  options.panel = static_cast<int>(panel);
  NARU_ASSIGN(const auto memory, call.integer("--memory-mb", 256, 1 << 20));
  options.memory_mb = static_cast<std::uint64_t>(memory);
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  options.threads = static_cast<unsigned>(threads);
  options.out = call.text("--out");
  NARU_ASSIGN(const auto summary, synth::synthesise_lake(options, context.progress));
  Json rows = Json::object();
  std::int64_t sum = 0;
  for (const auto& [table, count] : summary.rows) {
    rows[table] = count;
    sum += count;
  }
  return Answer{canonical(Json{{"out", options.out.string()},
                               {"persons", summary.persons},
                               {"rows", std::move(rows)},
                               {"rows_total", sum},
                               {"seconds", summary.seconds}}),
                say("{} persons, {} rows in {:.1f} s, written to {}\n", "{}명, {}행을 {:.1f}초에 {}에 기록했습니다\n",
                    summary.persons, sum, summary.seconds, options.out.string())};
}

}  // namespace

std::vector<Command> synth_commands() {
  return {{"synth lake",
           say("writes the synthetic nation as one OMOP lake (Parquet), for work at national scale",
               "합성 국가를 하나의 OMOP 레이크(Parquet)로 만듭니다(국가 규모 시험용)"),
           {{"--persons", "N", say("persons in the nation", "전체 인구 수"), false, false, "770000"},
            {"--hospitals", "H", say("hospitals a person may visit", "병원 수"), false, false, "3"},
            {"--seed", "S", say("same seed, same bytes", "같은 씨앗값이면 같은 바이트"), false, false, "1"},
            {"--panel", "K", say("further laboratory tests of every visit", "방문마다 추가되는 검사 수"), false, false,
             "4"},
            {"--memory-mb", "N", say("memory of the engine", "엔진 메모리"), false, false, "2048"},
            {"--threads", "N", say("processors to use; changes no byte", "사용할 프로세서 수. 결과는 같음"), false,
             false, "0"},
            {"--out", "DIR", say("folder to write; empty, new, or an earlier lake", "기록할 폴더"), true, false, ""}},
           run_lake},
          {"synth",
           say("writes a coherent synthetic nation: sources of every site, vocabulary, definitions and the truth",
               "기관별 원천 자료, 용어집, 질의 정의, 정답을 갖춘 합성 국가 자료를 만듭니다"),
           {{"--persons", "N", say("persons in the nation", "전체 인구 수"), false, false, "20000"},
            {"--hospitals", "H",
             say("hospitals beside the claims agency (FHIR, OMOP 5.4, OMOP 5.3 in turn)",
                 "청구 기관을 제외한 병원 수(FHIR, OMOP 5.4, OMOP 5.3 순)"),
             false, false, "3"},
            {"--seed", "S", say("same seed, same bytes", "같은 씨앗값이면 같은 바이트"), false, false, "1"},
            {"--out", "DIR",
             say("folder to write; empty, new, or an earlier synthetic nation",
                 "기록할 폴더(비어 있거나 새 폴더, 또는 이전 합성 자료)"),
             true, false, ""}},
           run_synth}};
}

}  // namespace naru::cli
