#include "cli/commands/site_index.h"

#include "cohort/index.h"
#include "model/site_layout.h"

namespace naru::cli {

IndexAfterLoad index_after_load(const std::filesystem::path& site, unsigned threads, Progress& progress) {
  std::error_code failure;
  if (!std::filesystem::exists(model::SiteLayout(site).lake() / "observation_period.parquet", failure)) {
    return {
        Json{{"state", "absent"}, {"reason", "no observation_period table"}},
        say("no cohort index: nobody is under observation yet\n", "코호트 색인 없음: 관찰기간 표가 아직 없습니다\n")};
  }
  const auto receipt = cohort::refresh_site_index(site, threads, progress);
  if (!receipt.ok()) {
    const auto& error = receipt.error();
    auto text =
        say("the load is complete; its cohort index is not (SQL answers meanwhile; naru cohort index --site {} "
            "goes on): ",
            "적재는 끝났고 코호트 색인은 아직입니다(그동안 SQL로 답합니다. naru cohort index --site {}로 "
            "이어집니다): ",
            site.string());
    text.en += error.what.en + "\n";
    text.ko += error.what.ko + "\n";
    return {Json{{"state", "absent"}, {"reason", error.what.en}, {"where", error.where}}, std::move(text)};
  }
  std::int64_t rows = 0;
  for (const auto& [table, count] : receipt->rows) rows += count;
  return {Json{{"state", "ready"},
               {"seconds", receipt->seconds},
               {"persons", receipt->persons},
               {"rows", rows},
               {"bytes", receipt->bytes},
               {"kept", receipt->kept},
               {"unchanged", receipt->fresh}},
          receipt->fresh ? say("the cohort index is up to date\n", "코호트 색인이 최신입니다\n")
                         : say("cohort index: {} persons, {} rows in {:.1f} s\n", "코호트 색인: {}명, {}행, {:.1f}초\n",
                               receipt->persons, rows, receipt->seconds)};
}

}  // namespace naru::cli
