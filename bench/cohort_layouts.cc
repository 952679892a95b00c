// The same cohort question on five layouts of the same rows: Parquet in person order (the lake as it is) and in concept
// order, the engine's own tables in both orders (the columns asked for only), and the index's postings. The SQL is
// written by hand for this question, as tight as it gets. `bench_layouts LAKE SCRATCH [THREADS [RUNS]]`; one JSON
// document.
#include "base/files.h"
#include "cohort/native.h"
#include "cohort_questions.h"

#include <fmt/format.h>

using namespace naru;
using namespace naru::bench;

namespace {

struct Layout {
  std::string name;
  std::string conditions;  ///< relation with person_id, concept, day
  std::string drugs;
  std::string periods;  ///< person_id, s, e
  std::uint64_t bytes = 0;
};

std::string list_of(const std::vector<std::int64_t>& ids) {
  std::string out;
  for (const auto id : ids) out += (out.empty() ? "(" : ", ") + std::to_string(id);
  return out + ")";
}

/// First X with a year before it, at least two of D in 0–30 days, no earlier Y; persons.
std::string question(const Layout& layout, const std::string& x, const std::string& d, const std::string& y) {
  return fmt::format(
      "WITH x AS (SELECT person_id, min(day) AS day FROM {0} WHERE concept IN {3} GROUP BY person_id), "
      "e AS (SELECT x.person_id, x.day, o.s, o.e FROM x JOIN {2} o ON o.person_id = x.person_id AND x.day >= o.s + 365 "
      "AND x.day <= o.e), "
      "two AS (SELECT e.person_id FROM e JOIN {1} d ON d.person_id = e.person_id AND d.concept IN {4} AND d.day >= "
      "e.day "
      "AND d.day <= e.day + 30 AND d.day <= e.e GROUP BY e.person_id HAVING count(*) >= 2), "
      "never AS (SELECT e.person_id FROM e JOIN {0} c ON c.person_id = e.person_id AND c.concept IN {5} AND c.day >= "
      "e.s "
      "AND c.day < e.day) "
      "SELECT count(*) FROM two WHERE person_id NOT IN (SELECT person_id FROM never)",
      layout.conditions, layout.drugs, layout.periods, x, d, y);
}

std::string columns_of(const std::string& domain) {
  return "person_id, " + domain + "_concept_id AS concept, " + domain + (domain == "drug" ? "_exposure" : "") +
         "_start_date AS day";
}

std::string in_file(const std::string& domain, const fs::path& file) {
  return "(SELECT " + columns_of(domain) + " FROM " + engine::parquet(file.string()) + ")";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const fs::path lake = fs::absolute(argv[1]);
  const fs::path scratch = fs::absolute(argv[2]);
  const unsigned threads = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 2;
  const int runs = argc > 4 ? std::atoi(argv[4]) : 5;
  if (const auto made = make_folder(scratch, 0700); !made.ok()) return fail(made.error());
  engine::DatabaseOptions options;
  options.allowed_folders = {lake, scratch};
  options.file = scratch / "layouts.db";
  options.threads = threads;
  auto database = engine::Database::open(options);
  if (!database.ok()) return fail(database.error());
  const auto conditions = lake / "condition_occurrence.parquet";
  const auto drugs = lake / "drug_exposure.parquet";
  const auto periods = "(SELECT person_id, observation_period_start_date AS s, observation_period_end_date AS e FROM " +
                       engine::parquet((lake / "observation_period.parquet").string()) + ")";
  for (const std::string domain : {"condition", "drug"}) {
    const auto from = domain == "condition" ? conditions : drugs;
    const auto sorted = database->copy_to_parquet(
        "SELECT * FROM " + engine::parquet(from.string()),
        domain + "_concept_id, person_id, " + domain + (domain == "drug" ? "_exposure" : "") + "_start_date",
        scratch / (domain + "-by-concept.parquet"));
    if (!sorted.ok()) return fail(sorted.error());
    for (const std::string order : {"person", "concept"}) {
      const auto made =
          database->run("CREATE TABLE " + domain + "_by_" + order + " AS SELECT * FROM " + in_file(domain, from) +
                        " ORDER BY " + (order == "person" ? "person_id, day, concept" : "concept, person_id, day"));
      if (!made.ok()) return fail(made.error());
    }
  }
  if (const auto made = database->run("CREATE TABLE periods AS SELECT * FROM " + periods); !made.ok()) {
    return fail(made.error());
  }
  const auto condition_file = scratch / "condition-by-concept.parquet";
  const auto drug_file = scratch / "drug-by-concept.parquet";
  const std::vector<Layout> layouts{
      {"Parquet by person", in_file("condition", conditions), in_file("drug", drugs), periods,
       fs::file_size(conditions) + fs::file_size(drugs)},
      {"Parquet by concept", in_file("condition", condition_file), in_file("drug", drug_file), periods,
       fs::file_size(condition_file) + fs::file_size(drug_file)},
      {"engine's tables by person", "condition_by_person", "drug_by_person", "periods"},
      {"engine's tables by concept", "condition_by_concept", "drug_by_concept", "periods"}};
  const auto concepts = concepts_of(*database, lake);
  Json rows = Json::array();
  for (const auto& layout : layouts) {
    Json row{{"layout", layout.name}, {"bytes", layout.bytes}};
    for (const auto& [name, x] : concepts.x) {
      const auto sql = question(layout, list_of(x), list_of(concepts.d), list_of(concepts.y));
      std::int64_t persons = -1;
      const auto time = least(runs, [&] {
        const auto counted = database->integer(sql);
        persons = counted.ok() ? *counted : -1;
      });
      row[name] = json_of(time);
      row[name]["persons"] = persons;
    }
    rows.push_back(std::move(row));
  }
  std::printf("%s\n", canonical(rows).c_str());
  return 0;
}
