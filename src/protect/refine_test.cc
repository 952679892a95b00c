#include "protect/search.h"

#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "protect/table_file.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

using namespace naru;
using namespace naru::protect;

namespace {

// A table of 400 records with an age, a region of two levels and an illness, skewed so that much is suppressed.
struct Clinic {
  ScratchFolder scratch{"refine"};
  Clinic() {
    SeededRandom random(4);
    std::string table = "age,region,illness\n";
    for (int i = 0; i < 400; ++i) {
      const auto age = 20 + std::min(random.below(60), random.below(60));
      const auto region = std::min(random.below(12), std::min(random.below(12), random.below(12)));
      table += fmt::format("{},r{},{}\n", age, region, "abcdef"[std::min(random.below(6), random.below(6))]);
    }
    std::string ages;
    for (int age = 20; age < 80; ++age) ages += fmt::format("{},{}-{},*\n", age, age / 10 * 10, age / 10 * 10 + 9);
    std::string regions;
    for (int region = 0; region < 12; ++region) regions += fmt::format("r{},R{},*\n", region, region / 4);
    REQUIRE(write_file_atomic(scratch.path() / "t.csv", table).ok());
    REQUIRE(write_file_atomic(scratch.path() / "age.csv", ages).ok());
    REQUIRE(write_file_atomic(scratch.path() / "region.csv", regions).ok());
  }
  SearchConfig config(const Json& models, const Json& more, const Json& age = Json::object()) const {
    Json column = {{"name", "age"}, {"role", "quasi_identifier"}, {"hierarchy", "age.csv"}};
    column.update(age);
    Json document = {{"data", "t.csv"},
                     {"delimiter", ","},
                     {"models", models},
                     {"suppression_limit", 0.4},
                     {"columns",
                      {column,
                       {{"name", "region"}, {"role", "quasi_identifier"}, {"hierarchy", "region.csv"}},
                       {{"name", "illness"}, {"role", "sensitive"}}}}};
    document.update(more);
    REQUIRE(write_file_atomic(scratch.path() / "config.json", canonical(document)).ok());
    auto out = read_search_config(scratch.path() / "config.json");
    REQUIRE_MESSAGE(out.ok(), (out.ok() ? "" : out.error().what.en + " " + out.error().where));
    return *out;
  }
  // Classes of what was written: their illnesses.
  std::map<std::string, std::vector<std::string>> written() const {
    const auto rows = read_cells({scratch.path() / "out.csv", ','});
    REQUIRE(rows.ok());
    std::map<std::string, std::vector<std::string>> out;
    for (std::size_t i = 1; i < rows->size(); ++i) out[(*rows)[i][0] + "|" + (*rows)[i][1]].push_back((*rows)[i][2]);
    return out;
  }
};

std::size_t records_of(const std::map<std::string, std::vector<std::string>>& classes) {
  std::size_t out = 0;
  for (const auto& [key, members] : classes) out += members.size();
  return out;
}

}  // namespace

TEST_CASE("local recoding publishes records that the optimum suppresses, and every published class holds the models") {
  const Clinic clinic;
  Progress silent;
  const Json models = {{{"k_anonymity", 6}},
                       {{"l_diversity", {{"column", "illness"}, {"kind", "distinct"}, {"l", 3}}}}};
  const auto plain = apply(clinic.config(models, Json::object()), clinic.scratch.path() / "out.csv", 1, silent);
  REQUIRE(plain.ok());
  REQUIRE(plain->optimum.suppressed > 0);
  CHECK(records_of(clinic.written()) == 400U - static_cast<std::size_t>(plain->optimum.suppressed));
  const auto report = apply(clinic.config(models, {{"refine", {{"local_recoding", true}}}}),
                            clinic.scratch.path() / "out.csv", 1, silent);
  REQUIRE(report.ok());
  REQUIRE(report->refined);
  CHECK(report->refined->layers > 1);
  CHECK(report->refined->suppressed < report->optimum.suppressed);
  REQUIRE(report->refined->loss);
  CHECK(*report->refined->loss < report->optimum.loss);
  const auto classes = clinic.written();
  CHECK(records_of(classes) == 400U - static_cast<std::size_t>(report->refined->suppressed));
  for (const auto& [key, members] : classes) {
    CHECK(members.size() >= 6);
    CHECK(std::set(members.begin(), members.end()).size() >= 3);
  }
}

TEST_CASE("local recoding keeps closeness to the whole table, not to what was left over") {
  const Clinic clinic;
  Progress silent;
  const Json models = {{{"k_anonymity", 4}},
                       {{"t_closeness", {{"column", "illness"}, {"t", 0.3}, {"distance", "equal"}}}}};
  const auto report = apply(clinic.config(models, {{"refine", {{"local_recoding", true}}}}),
                            clinic.scratch.path() / "out.csv", 2, silent);
  REQUIRE(report.ok());
  std::map<std::string, double> whole;
  const auto rows = read_cells({clinic.scratch.path() / "t.csv", ','});
  for (std::size_t i = 1; i < rows->size(); ++i) whole[(*rows)[i][2]] += 1.0 / 400;
  for (const auto& [key, members] : clinic.written()) {
    double distance = 0;
    for (const auto& [illness, share] : whole) {
      const auto here = static_cast<double>(std::ranges::count(members, illness)) / static_cast<double>(members.size());
      distance += std::max(0.0, here - share);
    }
    CHECK(distance <= 0.3 + 1e-9);
  }
}

TEST_CASE("a micro-aggregated column shows its class's own centre and leaves the classes as they were") {
  const Clinic clinic;
  Progress silent;
  const Json models = Json::array({{{"k_anonymity", 8}}});
  const auto plain = apply(clinic.config(models, Json::object()), clinic.scratch.path() / "out.csv", 1, silent);
  REQUIRE(plain.ok());
  std::multiset<std::size_t> before;
  for (const auto& [key, members] : clinic.written()) before.insert(members.size());
  const auto report = apply(clinic.config(models, Json::object(), {{"micro_aggregate", "mean"}}),
                            clinic.scratch.path() / "out.csv", 1, silent);
  REQUIRE(report.ok());
  CHECK(report->optimum.levels == plain->optimum.levels);
  // The mean age of each published class, by hand.
  const auto rows = read_cells({clinic.scratch.path() / "t.csv", ','});
  std::map<std::string, std::pair<double, double>> sums;
  const auto anonymiser = load(clinic.config(models, Json::object()), silent);
  REQUIRE(anonymiser.ok());
  for (std::size_t i = 1; i < rows->size(); ++i) {
    const auto age = *anonymiser->row_of(0, (*rows)[i][0]);
    const auto region = *anonymiser->row_of(1, (*rows)[i][1]);
    const auto key = anonymiser->cell(0, age, report->optimum.levels[0]) + "|" +
                     anonymiser->cell(1, region, report->optimum.levels[1]);
    sums[key].first += std::stod((*rows)[i][0]);
    sums[key].second += 1;
  }
  std::multiset<std::string> expected;
  for (const auto& [key, sum] : sums) {
    if (sum.second < 8) continue;
    auto text = fmt::format("{:.2f}", sum.first / sum.second);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    expected.insert(text);
  }
  std::multiset<std::string> shown;
  std::multiset<std::size_t> after;
  for (const auto& [key, members] : clinic.written()) {
    shown.insert(key.substr(0, key.find('|')));
    after.insert(members.size());
  }
  CHECK(shown == expected);
  CHECK(before == after);
}

TEST_CASE("a refinement that could break a model is refused before any data is read") {
  const Clinic clinic;
  const auto refuse = [&](const Json& models, const Json& refine, const Json& centre) {
    Json document = {
        {"data", "missing.csv"}, {"models", models}, {"suppression_limit", 0.1}, {"columns", Json::array()}};
    document["columns"].push_back({{"name", "age"}, {"role", "quasi_identifier"}, {"hierarchy", "age.csv"}});
    document["columns"][0].update(centre);
    document.update(refine);
    REQUIRE(write_file_atomic(clinic.scratch.path() / "bad.json", canonical(document)).ok());
    const auto config = read_search_config(clinic.scratch.path() / "bad.json");
    REQUIRE_FALSE(config.ok());
    return config.error().where;
  };
  const Json unique =
      Json::array({{{"population_uniqueness", {{"threshold", 0.1}, {"model", "pitman"}, {"population_size", 1000}}}}});
  CHECK(refuse(unique, {{"refine", {{"local_recoding", true}}}}, Json::object()) == "bad.json.refine.local_recoding");
  CHECK(refuse(Json::array({{{"average_risk", 0.2}}}), Json::object(), {{"micro_aggregate", "mean"}}) ==
        "bad.json.columns");
  CHECK(refuse({{{"k_anonymity", 5}}, {{"k_map", {{"k", 5}, {"population", "p.csv"}}}}}, Json::object(),
               {{"micro_aggregate", "median"}}) == "bad.json.columns");
}
