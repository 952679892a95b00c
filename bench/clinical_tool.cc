// The clinical benchmark's own tool: makes input of a stated size, reads the parse limit, and runs one ingest in this
// process (so that its CPU seconds and peak memory are its own). bench/clinical.py calls it; `make bench` builds it.
#include "base/clock.h"
#include "base/files.h"
#include "engine/archive.h"
#include "engine/database.h"
#include "ingest/ingest.h"

#include <fmt/core.h>
#include <simdjson.h>
#include <sys/resource.h>

#include <fstream>

using namespace naru;

namespace {

struct Spent {
  double wall, cpu;
};

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

long peak_mb() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss / 1024;
}

template <typename Deed>
Spent measured(Deed deed) {
  const auto wall = steady_seconds();
  const auto cpu = cpu_seconds();
  deed();
  return {steady_seconds() - wall, cpu_seconds() - cpu};
}

int fail(const Error& error) {
  fmt::print(stderr, "{} ({}) {}\n", error.what.en, error.where, error.hint.en);
  return 70;
}

/// simdjson over every line of the folder's NDJSON files, DOM (which validates every byte) and On-Demand (which visits
/// the members of each object and leaves the rest unvalidated).
int limit(const fs::path& folder) {
  std::uint64_t bytes = 0, lines = 0;
  double dom_cpu = 0, demand_cpu = 0, read_cpu = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    for (const int way : {0, 1, 2}) {
      auto reader = engine::LineReader::open(entry.path());
      if (!reader.ok()) return fail(reader.error());
      simdjson::dom::parser dom;
      simdjson::ondemand::parser demand;
      simdjson::padded_string padded;
      std::string_view line;
      std::string copy;
      std::size_t seen = 0;
      const auto spent = measured([&] {
        while (true) {
          const auto more = reader->next(line);
          if (!more.ok() || !*more) break;
          if (way == 0) {
            bytes += line.size() + 1;
            ++lines;
          } else if (way == 1) {
            simdjson::dom::element root;
            seen += dom.parse(line.data(), line.size(), true).get(root) == simdjson::SUCCESS ? 1 : 0;
          } else {
            copy.assign(line);
            copy.reserve(copy.size() + simdjson::SIMDJSON_PADDING);
            auto document = demand.iterate(copy.data(), copy.size(), copy.capacity());
            simdjson::ondemand::object object;
            if (document.get_object().get(object) != simdjson::SUCCESS) continue;
            for (auto field : object) {
              std::string_view key;
              if (field.unescaped_key().get(key) != simdjson::SUCCESS) break;
              seen += key.size();
            }
          }
        }
      });
      (way == 0 ? read_cpu : way == 1 ? dom_cpu : demand_cpu) += spent.cpu;
      if (way != 0 && seen == 0) return 70;
    }
  }
  const auto rate = [&](double cpu) { return static_cast<double>(bytes) / 1e6 / cpu; };
  fmt::print("{{\"bytes\":{},\"lines\":{},\"lines_mb_s\":{:.1f},\"dom_mb_s\":{:.1f},\"ondemand_mb_s\":{:.1f}}}\n",
             bytes, lines, rate(read_cpu), rate(dom_cpu), rate(demand_cpu));
  return 0;
}

int run(const std::string& kind_name, const fs::path& source, const fs::path& site, unsigned threads) {
  const auto kind = ingest::kind_named(kind_name);
  if (!kind) return 2;
  fs::create_directories(site);
  const SystemClock clock;
  Progress progress;
  std::optional<Result<ingest::Receipt>> receipt;
  const auto spent = measured([&] {
    receipt = ingest::ingest(
        {.kind = *kind, .sources = {source}, .site = site, .legal_basis = "synthetic", .threads = threads}, clock,
        progress);
  });
  if (!receipt->ok()) return fail(receipt->error());
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source))
    if (entry.is_regular_file()) bytes += entry.file_size();
  fmt::print(
      "{{\"read\":{},\"stored\":{},\"refused\":{},\"bytes\":{},\"wall\":{:.2f},\"cpu\":{:.2f},\"peak_mb\":{},"
      "\"rows_per_cpu_s\":{:.0f},\"mb_per_cpu_s\":{:.1f}}}\n",
      (*receipt)->read(), (*receipt)->stored(), (*receipt)->refused(), bytes, spent.wall, spent.cpu, peak_mb(),
      static_cast<double>((*receipt)->read()) / spent.cpu, static_cast<double>(bytes) / 1e6 / spent.cpu);
  return 0;
}

/// The same tables through plain SQL of the engine, each sorted by its first column and written as Parquet: no
/// validation, no accounting, no receipt. What the machine can do with a stock tool.
int plain(const fs::path& source, const fs::path& target, unsigned threads) {
  fs::create_directories(target);
  auto database = engine::Database::open({.allowed_folders = {source, target}, .threads = threads});
  if (!database.ok()) return fail(database.error());
  std::int64_t rows = 0;
  Done done;
  const auto spent = measured([&] {
    for (const auto& entry : fs::directory_iterator(source)) {
      const auto from = fmt::format("{}({})", entry.path().extension() == ".csv" ? "read_csv" : "read_parquet",
                                    engine::literal(entry.path().string()));
      const auto written =
          database->copy_to_parquet("SELECT * FROM " + from, "1", target / (entry.path().stem().string() + ".parquet"));
      if (!written.ok()) {
        done = written.error();
        return;
      }
      rows += *written;
    }
  });
  if (!done.ok()) return fail(done.error());
  fmt::print("{{\"read\":{},\"wall\":{:.2f},\"cpu\":{:.2f},\"peak_mb\":{}}}\n", rows, spent.wall, spent.cpu, peak_mb());
  return 0;
}

/// OMOP 5.4 tables of `persons` people with 100 rows each, codes spread as 1/rank, written by the engine itself.
int make_omop(const fs::path& folder, std::int64_t persons, const std::string& format) {
  fs::create_directories(folder);
  auto database = engine::Database::open({.allowed_folders = {folder}});
  if (!database.ok()) return fail(database.error());
  const auto options = format == "csv" ? "(FORMAT csv, HEADER)" : "(FORMAT parquet, COMPRESSION zstd)";
  const auto write = [&](std::string_view table, const std::string& select) {
    return database->run(fmt::format("COPY ({}) TO {} {}", select,
                                     engine::literal((folder / fmt::format("{}.{}", table, format)).string()),
                                     options));
  };
  const auto code = [](std::string_view row, int codes) {
    return fmt::format("(2000000000 + pow({1}, (hash({0}) % 1000000) / 1000000.0)::BIGINT)", row, codes);
  };
  const auto day = [](std::string_view row) {
    return fmt::format("(DATE '2010-01-01' + (hash({} * 7 + 1) % 5000)::INTEGER)", row);
  };
  const auto rows = [&](std::int64_t each) {
    return fmt::format("(SELECT i, 1 + i // {} AS p FROM range({}) t(i))", each, persons * each);
  };
  Done done =
      write("person", fmt::format("SELECT 1 + i AS person_id, CASE WHEN hash(i) % 2 = 0 THEN 8507 ELSE 8532 END "
                                  "AS gender_concept_id, 1930 + (hash(i + 5) % 80)::INTEGER AS year_of_birth, 0 "
                                  "AS race_concept_id, 0 AS ethnicity_concept_id, 'p' || i AS "
                                  "person_source_value FROM range({}) t(i)",
                                  persons));
  if (done.ok()) {
    done = write("visit_occurrence",
                 fmt::format("SELECT 1 + i AS visit_occurrence_id, p AS person_id, 9202 AS visit_concept_id, {0} AS "
                             "visit_start_date, {0} AS visit_end_date, 32817 AS visit_type_concept_id FROM {1}",
                             day("i"), rows(10)));
  }
  if (done.ok()) {
    done = write(
        "condition_occurrence",
        fmt::format("SELECT 1 + i AS condition_occurrence_id, p AS person_id, {0} AS condition_concept_id, {1} AS "
                    "condition_start_date, 32817 AS condition_type_concept_id, (p - 1) * 10 + 1 + i % 10 AS "
                    "visit_occurrence_id, 'C' || {0} AS condition_source_value FROM {2}",
                    code("i", 5000), day("i"), rows(20)));
  }
  if (done.ok()) {
    done = write("drug_exposure",
                 fmt::format("SELECT 1 + i AS drug_exposure_id, p AS person_id, {0} AS drug_concept_id, {1} AS "
                             "drug_exposure_start_date, {1} + 29 AS drug_exposure_end_date, 32817 AS "
                             "drug_type_concept_id, 30 AS days_supply, 'D' || {0} AS drug_source_value FROM {2}",
                             code("i + 3", 3000), day("i + 3"), rows(25)));
  }
  if (done.ok()) {
    done =
        write("measurement",
              fmt::format("SELECT 1 + i AS measurement_id, p AS person_id, {0} AS measurement_concept_id, {1} AS "
                          "measurement_date, 32817 AS measurement_type_concept_id, (hash(i) % 2000) / 10.0 AS "
                          "value_as_number, 8840 AS unit_concept_id, 'M' || {0} AS measurement_source_value FROM {2}",
                          code("i + 9", 800), day("i + 9"), rows(45)));
  }
  return done.ok() ? 0 : fail(done.error());
}

/// HIRA tables with `diagnoses` rows in t40, 2.5 to a claim as in the published NHIS sample cohort.
int make_hira(const fs::path& folder, std::int64_t diagnoses) {
  fs::create_directories(folder);
  auto database = engine::Database::open({.allowed_folders = {folder}});
  if (!database.ok()) return fail(database.error());
  const auto claims = diagnoses * 2 / 5;
  const auto write = [&](std::string_view table, const std::string& select) {
    return database->run(fmt::format("COPY ({}) TO {} (FORMAT csv, HEADER)", select,
                                     engine::literal((folder / fmt::format("{}.csv", table)).string())));
  };
  const auto kcd = [](std::string_view row) {
    return fmt::format("chr((65 + hash({0} + 1) % 20)::INTEGER) || lpad((hash({0}) % 1000)::VARCHAR, 3, '0')", row);
  };
  auto done =
      write("t20", fmt::format("SELECT 1000000000 + i AS MID, 'J' || (i % {}) AS JID, 1 + i % {} % 2 AS SEX_TP_CD, "
                               "(year(d) - 1940 - hash(i % {}) % 70)::INTEGER AS AGE, strftime(d, '%Y%m%d') AS "
                               "RECU_FR_DD, strftime(d, '%Y%m%d') AS RECU_TO_DD, '031' AS FOM_TP_CD, {} AS "
                               "MSICK_CD, 'Y' || (i % 900) AS YNO FROM (SELECT i, DATE '2015-01-01' + (hash(i) % "
                               "1800)::INTEGER AS d FROM range({}) t(i))",
                               claims / 100 + 1, claims / 100 + 1, claims / 100 + 1, kcd("i * 5 // 2"), claims));
  if (done.ok()) {
    done =
        write("t40", fmt::format("SELECT 1000000000 + i * 2 // 5 AS MID, i AS SNO, {} AS SICK_CD, CASE WHEN i % 5 = 0 "
                                 "THEN 1 ELSE 2 END AS SICK_TP_CD FROM range({}) t(i)",
                                 kcd("i"), diagnoses));
  }
  return done.ok() ? 0 : fail(done.error());
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> argument(words, words + count);
  const auto number = [&](std::size_t i) { return std::stoll(argument.at(i)); };
  if (count >= 3 && argument[1] == "limit") return limit(argument[2]);
  if (count >= 5 && argument[1] == "omop") return make_omop(argument[2], number(3), argument[4]);
  if (count >= 4 && argument[1] == "hira") return make_hira(argument[2], number(3));
  if (count >= 4 && argument[1] == "plain")
    return plain(argument[2], argument[3], count > 4 ? static_cast<unsigned>(number(4)) : 0);
  if (count >= 5 && argument[1] == "run")
    return run(argument[2], argument[3], argument[4], count > 5 ? static_cast<unsigned>(number(5)) : 0);
  fmt::print(stderr,
             "limit DIR | plain SOURCE DIR [THREADS] | omop DIR PERSONS csv|parquet | hira DIR DIAGNOSES | run KIND "
             "SOURCE SITE [THREADS]\n");
  return 2;
}
