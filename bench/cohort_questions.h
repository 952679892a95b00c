#pragma once
/// What the cohort benches share: times, and which concepts of a lake the measured questions ask for.
#include "base/clock.h"
#include "base/json.h"
#include "engine/database.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace naru::bench {

inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Time {
  double wall = 1e9;
  double cpu = 1e9;
};

/// The least of some runs; the first one warms the caches and does not count.
inline Time least(int runs, const std::function<void()>& work) {
  Time out;
  for (int run = 0; run <= runs; ++run) {
    const double wall = steady_seconds();
    const double cpu = cpu_seconds();
    work();
    if (run == 0 && runs > 0) continue;
    out.wall = std::min(out.wall, steady_seconds() - wall);
    out.cpu = std::min(out.cpu, cpu_seconds() - cpu);
  }
  return out;
}

inline Json json_of(const Time& time) { return Json{{"wall_ms", time.wall * 1e3}, {"cpu_ms", time.cpu * 1e3}}; }

/// Concepts of a column by persons, descending.
inline std::vector<std::pair<std::int64_t, std::int64_t>> by_use(engine::Database& database, const std::string& file,
                                                                 const std::string& column) {
  const auto rows = database.query("SELECT " + column + ", count(DISTINCT person_id) AS n FROM " +
                                   engine::parquet(file) + " WHERE " + column + " > 0 GROUP BY 1 ORDER BY n DESC, 1");
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  for (std::size_t row = 0; rows.ok() && row < rows->count; ++row) {
    out.emplace_back(rows->integer(0, row), rows->integer(1, row));
  }
  return out;
}

/// The concepts of the measured questions: X of three sizes, D and Y.
struct Concepts {
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> x;
  std::vector<std::int64_t> d;
  std::vector<std::int64_t> y;
  std::vector<std::int64_t> conditions;
};
inline Concepts concepts_of(engine::Database& database, const std::filesystem::path& lake) {
  const auto conditions = by_use(database, (lake / "condition_occurrence.parquet").string(), "condition_concept_id");
  const auto drugs = by_use(database, (lake / "drug_exposure.parquet").string(), "drug_concept_id");
  const auto some = [](const auto& list, std::size_t from, std::size_t count) {
    std::vector<std::int64_t> ids;
    for (auto at = from; at < std::min(from + count, list.size()); ++at) ids.push_back(list[at].first);
    return ids;
  };
  return {{{"rare", some(conditions, conditions.size() * 3 / 4, 11)},
           {"typical", some(conditions, 40, 11)},
           {"common", some(conditions, 2, 11)}},
          some(drugs, 2, 8),
          some(conditions, 60, 5),
          some(conditions, 0, conditions.size())};
}

inline int fail(const Error& error) {
  std::fprintf(stderr, "%s %s\n", error.what.en.c_str(), error.where.c_str());
  return 1;
}

}  // namespace naru::bench
