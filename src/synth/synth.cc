#include "synth/synth.h"

#include "base/files.h"
#include "synth/genomes.h"
#include "synth/history.h"
#include "synth/people.h"
#include "synth/sites.h"
#include "synth/studies.h"
#include "synth/truth.h"
#include "synth/vocabulary.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

namespace naru::synth {
namespace {

constexpr std::int64_t persons_most = 5'000'000;
constexpr int hospitals_most = 9;
constexpr int agency_number = 60;  ///< its own stream of identity errors, apart from any hospital's

struct SiteState {
  std::string name;
  char letter = 'A';
  int number = 0;
  std::int64_t persons = 0;
  std::unique_ptr<SiteWriter> writer;
};

/// One run: opens the sites, streams households through them, closes with the truth.
class Nation {
 public:
  Nation(const SynthOptions& options, const std::filesystem::path& folder)
      : options_(options), folder_(folder), maker_(vocabulary_, options.seed, options.hospitals) {}

  Done open() {
    for (int i = 0; i < options_.hospitals; ++i) {
      SiteState site;
      site.name = hospital_name(i);
      site.letter = static_cast<char>('A' + i);
      site.number = i;
      const SiteKind kind{i, site.name, folder_ / site.name};
      auto writer = i % 3 == 0   ? fhir_writer(vocabulary_, kind)
                    : i % 3 == 1 ? omop_writer(vocabulary_, kind, 54)
                                 : omop_writer(vocabulary_, kind, 53);
      if (!writer.ok()) return std::move(writer).error();
      site.writer = std::move(writer).value();
      sites_.push_back(std::move(site));
    }
    NARU_ASSIGN(auto claims, claims_writer(vocabulary_, {agency_number, "agency", folder_ / "agency"}));
    SiteState agency;
    agency.name = "agency";
    agency.letter = 'J';
    agency.number = agency_number;
    agency.writer = std::move(claims);
    sites_.push_back(std::move(agency));
    return truth_.open(folder_ / "truth");
  }

  Done stream(Progress& progress) {
    const Text deed = say("writing persons", "인구를 만드는 중");
    History history;
    std::int64_t done = 0;
    while (done < options_.persons) {
      for (const Person& person : make_household(options_.seed, done, options_.persons - done)) {
        maker_.make(person, history);
        write(person, history);
        ++done;
      }
      if (done % 512 < 4) {
        progress.at(deed, static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(options_.persons));
        if (progress.stop_requested()) return interrupted();
      }
    }
    return {};
  }

  Result<Summary> close() {
    Written written;
    for (SiteState& site : sites_) NARU_CHECK(site.writer->finish(written));
    NARU_CHECK(vocabulary_.write(folder_ / "vocabulary"));
    NARU_CHECK(write_definitions(vocabulary_, folder_ / "definitions"));
    NARU_CHECK(write_solution(vocabulary_, maker_.truth(), folder_ / "solution"));
    NARU_CHECK(write_deposit(options_.seed, folder_ / "deposit"));
    NARU_CHECK(write_genomes());
    NARU_CHECK(truth_.finish(maker_.truth(), written, options_.seed, options_.hospitals));
    Summary summary;
    summary.persons = truth_.persons();
    summary.person_sites = truth_.person_sites();
    summary.pairs = truth_.pairs();
    for (const WrittenTable& table : written.tables) {
      TableRows rows{table.site, table.table, table.rows, 0};
      for (const BadRow& bad : written.bad) rows.bad += bad.site == table.site && bad.table == table.table ? 1 : 0;
      summary.tables.push_back(std::move(rows));
    }
    return summary;
  }

 private:
  void write(const Person& person, const History& history) {
    std::vector<std::pair<std::string, std::string>> sources;
    for (SiteState& site : sites_) {
      const bool agency = site.number == agency_number;
      const bool here = agency ? history.insured
                               : std::find(history.hospitals.begin(), history.hospitals.end(), site.number) !=
                                     history.hospitals.end();
      if (!here) continue;
      const Identity identity = identity_at(options_.seed, person, site.number);
      const std::string source =
          source_value(site.letter, site.persons++, options_.seed * 64 + static_cast<std::uint64_t>(site.number));
      site.writer->person(person, identity, source, history);
      truth_.error(identity);
      sources.emplace_back(site.name, source);
      if (site.number < 2) choose_for_genome(person, site.number, source);
    }
    truth_.person(person, history, sources);
  }

  void choose_for_genome(const Person& person, int site, const std::string& source) {
    // The same rank at both sites, so that some persons are sequenced twice.
    const std::uint64_t rank = mix(options_.seed * 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(person.index));
    choices_[static_cast<std::size_t>(site)].offer({rank, person.index, person.male, source});
  }

  Done write_genomes() {
    const std::filesystem::path folder = folder_ / "genome";
    NARU_CHECK(make_folder(folder));
    std::string samples = "site,sample,person_source_value\n";
    for (int site = 0; site < std::min(2, options_.hospitals); ++site) {
      NARU_CHECK(write_vcf(options_.seed, hospital_name(site), site, choices_[static_cast<std::size_t>(site)].chosen(),
                           folder, samples));
    }
    return write_file_atomic(folder / "samples.csv", samples);
  }

  const SynthOptions& options_;
  std::filesystem::path folder_;
  Vocabulary vocabulary_;
  HistoryMaker maker_;
  TruthWriter truth_;
  std::vector<SiteState> sites_;
  std::array<SampleChoice, 2> choices_{SampleChoice(samples_per_hospital), SampleChoice(samples_per_hospital)};
};

Done check(const SynthOptions& options) {
  if (options.persons < 1 || options.persons > persons_most) {
    return usage_error(say("the number of persons must be 1 to {}", "인구 수는 1부터 {}까지입니다", persons_most),
                       "--persons");
  }
  if (options.hospitals < 1 || options.hospitals > hospitals_most) {
    return usage_error(say("the number of hospitals must be 1 to {}", "병원 수는 1부터 {}까지입니다", hospitals_most),
                       "--hospitals");
  }
  std::error_code failure;
  const bool other = std::filesystem::exists(options.out, failure) &&
                     !std::filesystem::is_empty(options.out, failure) &&
                     !std::filesystem::exists(options.out / "truth" / "planted.json", failure);
  if (other) {
    return conflict(say("the folder holds other things", "폴더에 다른 내용이 있습니다"), options.out.string(),
                    say("give an empty or new folder with --out", "--out에 비어 있거나 새로운 폴더를 지정하십시오"));
  }
  return {};
}

}  // namespace

std::string hospital_name(int index) { return std::string("hospital-") + static_cast<char>('a' + index); }

Result<Summary> synthesise(const SynthOptions& options, Progress& progress) {
  NARU_CHECK(check(options));
  const auto started = std::chrono::steady_clock::now();
  // Built beside the target and moved in one rename: never half a nation under the name that was asked for.
  const std::filesystem::path target = std::filesystem::absolute(options.out).lexically_normal();
  const std::filesystem::path clean = target.has_filename() ? target : target.parent_path();
  const std::filesystem::path fresh = clean.parent_path() / ("." + clean.filename().string() + ".partial");
  std::error_code ignored;
  std::filesystem::remove_all(fresh, ignored);
  NARU_CHECK(make_folder(fresh));
  Result<Summary> summary = [&]() -> Result<Summary> {
    Nation nation(options, fresh);
    NARU_CHECK(nation.open());
    NARU_CHECK(nation.stream(progress));
    return nation.close();
  }();
  if (!summary.ok()) {
    std::filesystem::remove_all(fresh, ignored);
    return summary;
  }
  NARU_CHECK(replace_folder(fresh, clean));
  summary.value().seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return summary;
}

}  // namespace naru::synth
