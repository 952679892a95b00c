#pragma once
/// A solution to be verified, described by one JSON manifest. Four kinds, one shape of inputs:
///   {"id","version","kind":"logistic"|"onnx"|"executable"|"scores","title","description","comparator":{a manifest},
///    "features":[{"name","source":{"kind":"age"|"sex_male"|"condition"|"drug"|"measurement_last","concepts":[ids],
///                 "include_descendants":true,"window_days":365},"coefficient":b,"missing":0|"pass"}]}
/// logistic   + "intercept":b0; score = 1 / (1 + exp(-(b0 + sum b_j x_j))). Needs no runtime.
/// onnx       + "package","model":file,"input","output","output_column","limits": run by onnxruntime in the sandbox.
/// executable + "package","command":[words],"root":folder,"format":"csv"|"columns","reasons":[words],"limits", and for
///              imaging "study_window_days": any program, or an unpacked OCI root filesystem, in the sandbox.
/// scores     + "product":words: no program; the site runs the vendor's installed product and hands over its scores.
/// "package" {"folder","sha256"} is the tree of the solution's files (evidence/package.h): the manifest, and so the
/// locked plan, fixes every byte. "limits" {"memory_mb","cpu_seconds","seconds","processes"}.
/// Formats of rows and answers: docs/methods/solutions.md.
///
/// A missing value (NaN in the matrix) becomes the feature's `missing`; with "pass" it goes to the solution as missing;
/// without `missing` the row fails with the reason "missing:NAME". Failing rows are counted, never dropped.
#include "base/files.h"
#include "base/result.h"

#include <cstdint>
#include <map>
#include <memory>
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
  double coefficient = 0;  ///< logistic only
  std::optional<double> missing;
  bool pass_missing = false;
};

enum class SolutionKind { logistic, onnx, executable, scores };
[[nodiscard]] std::string_view name_of(SolutionKind kind);

struct PackageName {
  std::string folder;  ///< relative to the manifest
  std::string sha256;  ///< of the tree
};

/// What a solution may use for one run; a manifest may ask for less than `solution_limits_max`, not for more.
struct SolutionLimits {
  std::int64_t memory_mb = 0;
  std::int64_t cpu_seconds = 0;
  std::int64_t seconds = 0;
  std::int64_t processes = 1;
};
inline constexpr SolutionLimits solution_limits_max{8192, 3600, 3600, 64};

struct Solution {
  std::string id;
  std::string version;
  SolutionKind kind = SolutionKind::logistic;
  double intercept = 0;
  std::vector<Feature> features;
  PackageName package;
  std::string model;                   ///< onnx: file in the package
  std::string input;                   ///< onnx: name of the one input, or empty
  std::string output;                  ///< onnx: name of the output, or empty: the last
  std::int64_t output_column = 0;      ///< onnx: column of the output that is the score
  std::vector<std::string> command;    ///< executable: path in the package (or in the root), then arguments
  std::string root;                    ///< executable: folder of the package that is a root filesystem, or empty
  bool columns = false;                ///< executable: rows as binary columns, not as CSV
  std::vector<std::string> reasons;    ///< executable: the words it may give for a row without a score
  std::int64_t study_window_days = 0;  ///< executable: > 0: each row has a study's folder, at /input
  std::string product;                 ///< scores: maker, name, version
  SolutionLimits limits;
  std::shared_ptr<const Solution> comparator;  ///< compared with on the same persons; has none itself

  [[nodiscard]] bool sandboxed() const { return kind == SolutionKind::onnx || kind == SolutionKind::executable; }
};

/// Errors: rejected, naming the field; unknown keys, repeated names, no features, a window below 1, a limit too high.
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

/// What a site lends a solution. All may be empty for a logistic one.
struct SolutionHost {
  fs::path share;                            ///< folder with runtimes/ and node_modules/
  fs::path package;                          ///< the package's folder, its digest already checked
  std::vector<fs::path> studies;             ///< by row; an empty path: no study
  std::vector<std::optional<double>> given;  ///< by row: scores of the installed product
};

/// Runs twice and compares bit by bit (`scores` excepted: there is nothing to run). A program that crashes, takes too
/// long or answers nonsense fails its rows with that reason. Errors: rejected when the shapes do not match, when a
/// model cannot be loaded, or when the two runs differ; the sandbox's own (workspace/sandbox.h).
[[nodiscard]] Result<Scores> run_solution(const Solution& solution, const FeatureMatrix& matrix,
                                          const SolutionHost& host = {});

}  // namespace naru::evidence
