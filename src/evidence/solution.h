#pragma once
/// A solution that needs no runtime: a logistic scorecard in JSON.
///   {"id","version","kind":"logistic","intercept":b0,"features":[{"name","source":{"kind":"age"|"sex_male"|
///    "condition"|"drug"|"measurement_last","concepts":[ids],"include_descendants":true,"window_days":365},
///    "coefficient":b,"missing":0}]}
/// Score = 1 / (1 + exp(-(b0 + sum b_j x_j))). A missing value (NaN in the matrix) becomes the feature's `missing`;
/// a feature without `missing` makes the row fail with the reason "missing:NAME". Failing rows are counted.
#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

enum class FeatureKind { age, sex_male, condition, drug, measurement_last };
[[nodiscard]] std::string_view name_of(FeatureKind kind);

struct FeatureSource {
  FeatureKind kind = FeatureKind::age;
  std::vector<std::int64_t> concepts;  ///< empty for age and sex_male
  bool include_descendants = true;
  std::int64_t window_days = 0;  ///< days before the index day, the index day included
};

struct Feature {
  std::string name;
  FeatureSource source;
  double coefficient = 0;
  std::optional<double> missing;
};

struct Solution {
  std::string id;
  std::string version;
  double intercept = 0;
  std::vector<Feature> features;
};

/// Errors: rejected, naming the field; unknown keys, repeated names, no features, a window below 1.
[[nodiscard]] Result<Solution> parse_solution(std::string_view json, std::string_view where);
/// sha256 hex over the names, sources and units of the inputs, in order: two solutions with the same hash read the
/// same columns.
[[nodiscard]] std::string input_schema_hash(const Solution& solution);

/// Row-major: values[row * features + feature]; NaN means missing.
struct FeatureMatrix {
  std::size_t rows = 0;
  std::size_t features = 0;
  std::vector<double> values;
};

struct Scores {
  std::vector<std::optional<double>> score;    ///< by row, in [0, 1]; empty when the row failed
  std::map<std::string, std::int64_t> failed;  ///< reason → rows
};

/// Runs twice and compares bit by bit. Errors: rejected when the shapes do not match; internal when the runs differ.
[[nodiscard]] Result<Scores> run_solution(const Solution& solution, const FeatureMatrix& matrix);

}  // namespace naru::evidence
