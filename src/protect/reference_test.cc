// The published optima and the published scores of every node, through the same path as the command.
#include "protect/search.h"

#include "base/files.h"
#include "base/json.h"
#include "base/testing/support.h"
#include "protect/table_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

using namespace naru;
using namespace naru::protect;

namespace {

const std::vector<std::string> columns = {
    "sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"};

// One row of the published results, as a configuration.
Json config_of(const std::vector<std::string>& row, const fs::path& folder) {
  const auto& extra = row[5];
  const auto& quality = row[6];
  Json config = {{"data", (folder / (row[0] == "adult1m.csv" ? "adult1m.csv.xz" : row[0])).string()},
                 {"delimiter", ";"},
                 {"suppression_limit", std::stod(row[7])},
                 {"models", Json::array({{{"k_anonymity", std::stoi(row[4])}}})}};
  for (const auto& name : columns) {
    const bool sensitive = name == "occupation" && !extra.empty();
    config["columns"].push_back({{"name", name},
                                 {"role", sensitive ? "sensitive" : "quasi_identifier"},
                                 {"hierarchy", (folder / ("adult_hierarchy_" + name + ".csv")).string()}});
  }
  if (extra.find("distinct 3-diversity") == 0) {
    config["models"].push_back({{"l_diversity", {{"column", "occupation"}, {"kind", "distinct"}, {"l", 3}}}});
  } else if (extra.find("0.2-closeness hierarchical") == 0) {
    config["models"].push_back({{"t_closeness", {{"column", "occupation"}, {"t", 0.2}, {"distance", "hierarchical"}}}});
  } else {
    REQUIRE(extra.empty());
  }
  if (quality.find("Loss") == 0) {
    const bool arithmetic = quality.find("arithmetic") != std::string::npos;
    config["utility"] = {
        {"metric", "loss"}, {"aggregate", arithmetic ? "arithmetic_mean" : "geometric_mean"}, {"gs_factor", 0.5}};
  } else if (quality.find("Discernibility") == 0) {
    config["utility"] = {{"metric", "discernibility"}};
  } else {
    REQUIRE(quality == "Non-uniform entropy");
    config["utility"] = {{"metric", "non_uniform_entropy"}};
  }
  return config;
}

SearchConfig read(const Json& config, const fs::path& folder) {
  const auto file = folder / "config.json";
  REQUIRE(write_file_atomic(file, canonical(config)).ok());
  auto out = read_search_config(file);
  REQUIRE_MESSAGE(out.ok(), (out.ok() ? "" : out.error().what.en + " " + out.error().where));
  return *out;
}

void check_rows(const std::string& data, std::size_t expected) {
  const auto folder = test::shared_data("arx");
  if (!folder) return;
  const auto rows = read_cells({*folder / "arx_reference_results.csv", ','});
  REQUIRE(rows.ok());
  const ScratchFolder scratch("reference");
  Progress silent;
  std::size_t checked = 0;
  for (const auto& row : *rows) {
    if (row[0] != data) continue;
    ++checked;
    CAPTURE(row[4] + " " + row[5] + " " + row[6] + " limit " + row[7]);
    const auto report = search(read(config_of(row, *folder), scratch.path()), 1, silent);
    REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : report.error().what.en + " " + report.error().where));
    const auto json = Json::parse(search_json(*report));
    std::string levels;
    for (const auto& name : columns) {
      const bool quasi = json["levels"].contains(name);
      levels += (levels.empty() ? "" : "|") + (quasi ? std::to_string(json["levels"][name].get<int>()) : "-");
    }
    CHECK(levels == row[9]);
    CHECK(std::abs(json["utility_loss"].get<double>() - std::stod(row[10])) < 1e-9);
    CHECK(json["suppressed"] == std::stoll(row[11]));
    CHECK(json["classes"] == std::stoll(row[12]));
    CHECK(json["optimal"] == true);
    CHECK(json["lattice_nodes"] == std::stoll(row[3]));
    CHECK(json["records"] == std::stoll(row[1]));
  }
  CHECK(checked == expected);
}

}  // namespace

TEST_CASE("every published optimum of the census table is found, with its levels, score, suppression and classes") {
  check_rows("adult.csv", 19);
}

TEST_CASE("every published optimum of the table of a million rows is found") { check_rows("adult1m.csv", 3); }

TEST_CASE("all 12960 published node scores of the census lattice are met") {
  const auto folder = test::shared_data("arx");
  if (!folder) return;
  const ScratchFolder scratch("reference");
  const std::vector<std::string> row = {"adult.csv", "30162", "9", "12960", "5", "", "Loss geometric mean gs=0.5", "1"};
  Progress silent;
  const auto anonymiser = load(read(config_of(row, *folder), scratch.path()), silent);
  REQUIRE(anonymiser.ok());
  const auto lattice = read_cells({*folder / "adult_lattice_k5_reference.csv", ','});
  REQUIRE(lattice.ok());
  std::map<std::vector<std::size_t>, std::size_t> place;
  for (std::size_t i = 1; i < lattice->size(); ++i) {
    std::vector<std::size_t> levels;
    for (std::size_t c = 0; c < 9; ++c) levels.push_back(std::stoul((*lattice)[i][c]));
    place.emplace(levels, i);
  }
  std::size_t met = 0;
  anonymiser->each_node([&](const std::vector<std::size_t>& levels, const NodeScore& score) {
    const auto& known = (*lattice)[place.at(levels)];
    const bool same = score.classes == std::stoll(known[9]) && score.suppressed == std::stoll(known[10]) &&
                      std::abs(score.loss - std::stod(known[11])) < 1e-9;
    met += same ? 1 : 0;
    if (!same) FAIL_CHECK("node " << place.at(levels));
  });
  CHECK(met == 12'960);
}
