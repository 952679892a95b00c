#include "synth/lake.h"

#include "base/files.h"
#include "base/json.h"
#include "synth/history.h"
#include "synth/lake_tables.h"
#include "synth/people.h"
#include "synth/studies.h"
#include "synth/vocabulary.h"

#include <array>
#include <chrono>
#include <cmath>

namespace naru::synth {
namespace {

constexpr std::int64_t persons_most = 60'000'000;

/// What was planted, counted while it is written: what an estimate from the lake must find again.
struct Planted {
  std::array<std::int64_t, 9> age_bands{};
  std::array<std::int64_t, 9> age_bands_seen{};
  std::int64_t male = 0;
  std::int64_t male_seen = 0;
  std::int64_t seen = 0;  ///< persons with a visit anywhere
  std::int64_t diabetic_seen = 0;
  std::int64_t deaths = 0;
  double expected_events = 0;  ///< sum of the planted probabilities of diabetics who were seen
  std::int64_t events = 0;
};

class Lake {
 public:
  Lake(const LakeOptions& options, const fs::path& folder)
      : options_(options), folder_(folder), maker_(vocabulary_, options.seed, options.hospitals) {}

  Done write(Progress& progress) {
    NARU_CHECK(tables_.open(folder_, options_.threads, options_.memory_mb));
    const Text deed = say("writing persons", "인구를 만드는 중");
    History history;
    std::int64_t done = 0;
    while (done < options_.persons) {
      for (const Person& person : make_household(options_.seed, done, options_.persons - done)) {
        maker_.make(person, history);
        put(person, history);
        ++done;
      }
      NARU_CHECK(tables_.flush_if_full());
      if (done % 512 < 4) {
        progress.at(deed, static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(options_.persons));
        if (progress.stop_requested()) return interrupted();
      }
    }
    NARU_CHECK(tables_.finish(folder_, progress));
    NARU_CHECK(vocabulary_.write(folder_ / "vocabulary"));
    NARU_CHECK(write_definitions(vocabulary_, folder_ / "definitions"));
    NARU_CHECK(write_solution(vocabulary_, maker_.truth(), folder_ / "solution"));
    NARU_CHECK(make_folder(folder_ / "truth"));
    return write_file_atomic(folder_ / "truth" / "lake.json", truth() + "\n");
  }
  [[nodiscard]] const std::map<std::string, std::int64_t>& rows() const { return tables_.rows(); }

 private:
  void put(const Person& person, const History& history) {
    const std::int64_t id = person.index + 1;
    ++planted_.age_bands[static_cast<std::size_t>(person.age_band)];
    planted_.male += person.male ? 1 : 0;
    tables_.person(id, person);
    if (history.visits.empty()) return;
    ++planted_.seen;
    ++planted_.age_bands_seen[static_cast<std::size_t>(person.age_band)];
    planted_.male_seen += person.male ? 1 : 0;
    if (history.diabetic) {
      ++planted_.diabetic_seen;
      planted_.expected_events += history.probability;
      planted_.events += history.event ? 1 : 0;
    }
    tables_.history(id, history, vocabulary_);
    if (history.death != 0) ++planted_.deaths;
    panels(person, history);
  }

  /// Laboratory panels: a stream of their own, so that the person's history is that of the nation's sites.
  void panels(const Person& person, const History& history) {
    if (options_.panel == 0) return;
    Rng rng(options_.seed, Purpose::panel, static_cast<std::uint64_t>(person.index));
    const auto& tests = vocabulary_.tests();
    for (std::uint32_t visit = 0; visit < history.visits.size(); ++visit) {
      const auto first = rng.below(static_cast<std::uint32_t>(tests.size()));
      for (int i = 0; i < options_.panel; ++i) {
        const auto which = (first + static_cast<std::uint32_t>(i)) % static_cast<std::uint32_t>(tests.size());
        // HbA1c and blood pressure are planted: never by accident.
        if (which < 3) continue;
        const double value =
            tests[which].mean_tenths + tests[which].spread_tenths * (rng.unit() + rng.unit() - 1) * 2.4;
        tables_.measurement(person.index + 1, history.visits[visit],
                            {visit, which, static_cast<std::int32_t>(std::lround(std::max(value, 1.0)))}, vocabulary_);
      }
    }
  }

  [[nodiscard]] std::string truth() const {
    Json bands = Json::array();
    for (const auto count : planted_.age_bands) bands.push_back(count);
    Json rows = Json::object();
    for (const auto& [table, count] : tables_.rows()) rows[table] = count;
    return canonical(Json{{"persons", options_.persons},
                          {"seed", options_.seed},
                          {"male", planted_.male},
                          {"male_share_stated", male_share},
                          {"age_bands", bands},
                          {"age_band_shares_stated", age_band_shares},
                          {"persons_seen", planted_.seen},
                          {"age_bands_seen", planted_.age_bands_seen},
                          {"male_seen", planted_.male_seen},
                          {"diabetic_seen", planted_.diabetic_seen},
                          {"events", planted_.events},
                          {"events_expected", planted_.expected_events},
                          {"deaths", planted_.deaths},
                          {"effects", effects()},
                          {"rows", rows}});
  }

  /// Log odds of the planted outcome; names as in the solution's features.
  [[nodiscard]] Json effects() const {
    const auto& truth = maker_.truth();
    return Json{{"horizon_days", truth.horizon_days},
                {"intercept", truth.intercept},
                {"log_odds",
                 {{"age", truth.age_per_year},
                  {"male", truth.male},
                  {"kidney disease", truth.kidney_disease},
                  {"atrial fibrillation", truth.atrial_fibrillation},
                  {"hypertension", truth.hypertension},
                  {"statin", truth.statin},
                  {"HbA1c", truth.hba1c_per_percent}}},
                {"metformin_hba1c_drop", truth.metformin_hba1c_drop}};
  }

  const LakeOptions& options_;
  fs::path folder_;
  Vocabulary vocabulary_;
  HistoryMaker maker_;
  LakeTables tables_;
  Planted planted_;
};

Done check(const LakeOptions& options) {
  if (options.persons < 1 || options.persons > persons_most) {
    return usage_error(say("the number of persons must be 1 to {}", "인구 수는 1부터 {}까지입니다", persons_most),
                       "--persons");
  }
  if (options.hospitals < 1 || options.hospitals > 9) {
    return usage_error(say("the number of hospitals must be 1 to 9", "병원 수는 1부터 9까지입니다"), "--hospitals");
  }
  if (options.panel < 0 || options.panel > 40) {
    return usage_error(say("a panel has 0 to 40 tests", "검사 묶음은 0에서 40개까지입니다"), "--panel");
  }
  std::error_code failure;
  if (fs::exists(options.out, failure) && !fs::is_empty(options.out, failure) &&
      !fs::exists(options.out / "truth" / "lake.json", failure)) {
    return conflict(say("the folder holds other things", "폴더에 다른 내용이 있습니다"), options.out.string(),
                    say("give an empty or new folder with --out", "--out에 비어 있거나 새로운 폴더를 지정하십시오"));
  }
  return {};
}

}  // namespace

Result<LakeSummary> synthesise_lake(const LakeOptions& options, Progress& progress) {
  NARU_CHECK(check(options));
  const auto started = std::chrono::steady_clock::now();
  const fs::path target = fs::absolute(options.out).lexically_normal();
  const fs::path clean = target.has_filename() ? target : target.parent_path();
  const fs::path fresh = clean.parent_path() / ("." + clean.filename().string() + ".partial");
  std::error_code ignored;
  fs::remove_all(fresh, ignored);
  NARU_CHECK(make_folder(fresh));
  LakeSummary summary;
  summary.persons = options.persons;
  const auto written = [&]() -> Done {
    Lake lake(options, fresh);
    NARU_CHECK(lake.write(progress));
    summary.rows = lake.rows();
    return {};
  }();
  if (!written.ok()) {
    fs::remove_all(fresh, ignored);
    return written.error();
  }
  NARU_CHECK(replace_folder(fresh, clean));
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return summary;
}

}  // namespace naru::synth
