#include "evidence/solution.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstring>

#include "base/json.h"
#include "base/process.h"
#include "base/testing/support.h"
#include "evidence/package.h"
#include "evidence/rows.h"
#include "evidence/site_inputs.h"

using namespace naru;
using namespace naru::evidence;

namespace {

constexpr std::string_view card_text = R"({"id":"card","version":"1","kind":"logistic","intercept":-4.2,"features":[
 {"name":"age","source":{"kind":"age"},"coefficient":0.03,"missing":60},
 {"name":"male","source":{"kind":"sex_male"},"coefficient":0.2,"missing":0},
 {"name":"value","source":{"kind":"measurement_last","concepts":[5],"window_days":9},"coefficient":0.4}]})";

FeatureMatrix some_rows(std::size_t count) {
  FeatureMatrix out{count, 3, {}};
  for (std::size_t i = 0; i < count; ++i) {
    out.values.insert(out.values.end(), {20.0 + static_cast<double>(i % 71), static_cast<double>(i % 2),
                                         0.37 * static_cast<double>(i % 13)});
  }
  return out;
}

Json features_without_coefficients() {
  auto features = Json::parse(card_text)["features"];
  for (auto& feature : features) feature.erase("coefficient");
  return features;
}

struct Packaged {
  ScratchFolder scratch{"solution"};
  fs::path folder = scratch.path() / "package";
  Solution solution;
  SolutionHost host;
};

// Reads the manifest with the package's digest filled in.
void seal_package(Packaged& packaged, Json manifest) {
  const auto digest = package_digest(packaged.folder);
  REQUIRE(digest.ok());
  manifest["id"] = "packaged";
  manifest["version"] = "1";
  if (!manifest.contains("features")) manifest["features"] = features_without_coefficients();
  manifest["package"] = {{"folder", "package"}, {"sha256", *digest}};
  if (!manifest.contains("limits")) manifest["limits"] = {{"memory_mb", 1500}, {"cpu_seconds", 60}, {"seconds", 120}};
  auto solution = parse_solution(canonical(manifest), "solution.json");
  REQUIRE_MESSAGE(solution.ok(), solution.error().what.en << " " << solution.error().where);
  packaged.solution = *solution;
  packaged.host.share = NARU_SOURCE_DIR;
  packaged.host.package = packaged.folder;
}

void make_model(const Packaged& packaged, const std::vector<std::string>& more = {}) {
  REQUIRE(make_folder(packaged.folder).ok());
  const auto card = packaged.scratch.path() / "card.json";
  REQUIRE(write_file_atomic(card, card_text).ok());
  std::vector<std::string> argv{"/usr/bin/python3", NARU_SOURCE_DIR "/tests/solutions/make_onnx.py", card.string(),
                                (packaged.folder / "model.onnx").string()};
  argv.insert(argv.end(), more.begin(), more.end());
  const auto made = run_process(argv);
  REQUIRE(made.ok());
  REQUIRE_MESSAGE(made->status == 0, made->err);
}

void make_program(Packaged& packaged, const std::string& python, Json more = Json::object()) {
  REQUIRE(make_folder(packaged.folder).ok());
  REQUIRE(write_file_atomic(packaged.folder / "score.py", "#!/usr/bin/python3 -IS\n" + python, 0755).ok());
  more["kind"] = "executable";
  more["command"] = {"score.py"};
  seal_package(packaged, std::move(more));
}

constexpr std::string_view honest_program = R"(
import math, sys
header = sys.stdin.readline().strip().split(",")
assert header == ["row", "age", "male", "value"], header
print("row,score")
for line in sys.stdin:
    row, age, male, value = line.strip().split(",")
    x = -4.2 + 0.03 * float(age) + 0.2 * float(male) + 0.4 * float(value)
    print(f"{row},{1 / (1 + math.exp(-x))!r}")
)";

Scores scores_of(const Packaged& packaged, const FeatureMatrix& matrix) {
  auto out = run_solution(packaged.solution, matrix, packaged.host);
  REQUIRE_MESSAGE(out.ok(), out.error().what.en << " " << out.error().where);
  return std::move(out).value();
}

void same_scores(const Scores& a, const Scores& b, double tolerance) {
  REQUIRE(a.score.size() == b.score.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.score.size(); ++i) {
    REQUIRE(a.score[i].has_value() == b.score[i].has_value());
    if (a.score[i]) worst = std::max(worst, std::fabs(*a.score[i] - *b.score[i]));
  }
  CHECK_MESSAGE(worst <= tolerance, "largest difference " << worst);
}

bool runtime_here() { return fs::exists(fs::path(NARU_SOURCE_DIR) / "node_modules" / "onnxruntime-node"); }

}  // namespace

TEST_CASE("an ONNX model and an executable say what the scorecard says") {
  if (!runtime_here()) {
    std::puts("SKIPPED: onnxruntime-node is not installed");
    test::skipped_flag() = true;
    return;
  }
  const auto card = parse_solution(card_text, "card.json");
  REQUIRE(card.ok());
  auto matrix = some_rows(5000);
  matrix.values[7 * 3] = std::nan("");
  matrix.values[9 * 3 + 2] = std::nan("");
  matrix.values[11 * 3 + 1] = INFINITY;
  const auto expected = run_solution(*card, matrix);
  REQUIRE(expected.ok());
  CHECK(expected->failed == std::map<std::string, std::int64_t>{{"missing:value", 1}, {"not_finite:male", 1}});

  auto manifest_features = features_without_coefficients();
  Packaged wide;
  make_model(wide);
  seal_package(wide, {{"kind", "onnx"}, {"model", "model.onnx"}});
  const auto doubles = scores_of(wide, matrix);
  same_scores(doubles, *expected, 1e-14);
  CHECK(doubles.failed == expected->failed);

  Packaged narrow;
  make_model(narrow, {"--float32"});
  seal_package(narrow, {{"kind", "onnx"}, {"model", "model.onnx"}, {"input", "X"}, {"output", "probability"}});
  same_scores(scores_of(narrow, matrix), *expected, 1e-6);

  Packaged program;
  make_program(program, std::string(honest_program));
  const auto answers = scores_of(program, matrix);
  same_scores(answers, *expected, 1e-15);
  CHECK(answers.failed == expected->failed);
}

TEST_CASE("a model that does not fit is refused with what is wrong") {
  if (!runtime_here()) {
    std::puts("SKIPPED: onnxruntime-node is not installed");
    test::skipped_flag() = true;
    return;
  }
  const auto refusal = [](const Json& manifest, const std::string& junk = {}) {
    Packaged packaged;
    make_model(packaged);
    if (!junk.empty()) REQUIRE(write_file_atomic(packaged.folder / "model.onnx", junk).ok());
    seal_package(packaged, manifest);
    const auto out = run_solution(packaged.solution, some_rows(3), packaged.host);
    REQUIRE(!out.ok());
    CHECK(out.error().kind == ErrorKind::rejected);
    return out.error().what.en;
  };
  CHECK(refusal({{"kind", "onnx"}, {"model", "model.onnx"}, {"input", "Y"}}).find("input_not_found") !=
        std::string::npos);
  CHECK(refusal({{"kind", "onnx"}, {"model", "model.onnx"}, {"output", "Y"}}).find("output_not_found") !=
        std::string::npos);
  CHECK(refusal({{"kind", "onnx"}, {"model", "model.onnx"}, {"output_column", 4}}).find("output_shape") !=
        std::string::npos);
  CHECK(refusal({{"kind", "onnx"}, {"model", "model.onnx"}}, "not a model").find("model_not_loaded") !=
        std::string::npos);
}

TEST_CASE("breaking out: a model cannot read files beside its package, by any of four ways") {
  if (!runtime_here()) {
    std::puts("SKIPPED: onnxruntime-node is not installed");
    test::skipped_flag() = true;
    return;
  }
  // The weights the model asks for do exist, outside: were they read, the scores would be the scorecard's.
  const std::string weights = [] {
    std::string out;
    for (const double w : {0.03, 0.2, 0.4}) {
      char bytes[8];
      std::memcpy(bytes, &w, 8);
      out.append(bytes, 8);
    }
    return out;
  }();
  for (const std::string way : {"parent", "absolute", "symlink", "sparse", "inside"}) {
    Packaged packaged;
    const auto secret = packaged.scratch.path() / "secret.bin";
    REQUIRE(write_file_atomic(secret, weights).ok());
    REQUIRE(make_folder(packaged.folder).ok());
    if (way == "parent") make_model(packaged, {"--external", "../secret.bin"});
    if (way == "absolute") make_model(packaged, {"--external", secret.string()});
    if (way == "sparse") make_model(packaged, {"--sparse", "../secret.bin"});
    if (way == "symlink") {
      make_model(packaged, {"--external", "link.bin"});
      fs::create_symlink(secret, packaged.folder / "link.bin");
    }
    if (way == "inside") {
      make_model(packaged, {"--external", "own.bin"});
      REQUIRE(write_file_atomic(packaged.folder / "own.bin", weights).ok());
    }
    seal_package(packaged, {{"kind", "onnx"}, {"model", "model.onnx"}});
    const auto out = run_solution(packaged.solution, some_rows(3), packaged.host);
    CHECK_MESSAGE(out.ok() == (way == "inside"), way);
    if (!out.ok()) CHECK_MESSAGE(out.error().kind == ErrorKind::rejected, way);
  }
}

TEST_CASE("a program that misbehaves fails its rows with the reason, and they are counted") {
  const auto failed = [](const std::string& program, const Json& limits = {}) {
    Packaged packaged;
    Json more = Json::object();
    if (!limits.is_null()) more["limits"] = limits;
    make_program(packaged, program, more);
    return scores_of(packaged, some_rows(4)).failed;
  };
  using Failed = std::map<std::string, std::int64_t>;
  const Json short_time{{"memory_mb", 300}, {"cpu_seconds", 10}, {"seconds", 1}};
  CHECK(failed("import time\ntime.sleep(60)", short_time) == Failed{{"timed_out", 4}});
  CHECK(failed("raise SystemExit(1)") == Failed{{"crashed", 4}});
  CHECK(failed("print('hello')") == Failed{{"malformed_answer", 4}});
  CHECK(failed("print('row,score\\n0,0.5\\n0,0.5')") == Failed{{"malformed_answer", 4}});
  CHECK(failed("print('row,score\\n9,0.5')") == Failed{{"malformed_answer", 4}});
  CHECK(failed("print('row,score\\n2,0.5')") == Failed{{"no_answer", 3}});
  CHECK(failed("print('row,score\\n0,nan\\n1,1.5\\n2,-1\\n3,0.25')") ==
        Failed{{"score_not_finite", 1}, {"score_out_of_range", 2}});
  CHECK(failed("import sys\nsys.stdout.write('x' * 10_000_000)") == Failed{{"over_output", 4}});
  CHECK(failed("import os\nos.fork()") == Failed{{"crashed", 4}});
}

TEST_CASE("breaking out: what a program says of a row, in words or on standard error, stays behind") {
  Packaged packaged;
  make_program(packaged,
               "import sys\nfor l in sys.stdin: sys.stderr.write(l)\n"
               "print('row,score,reason\\n0,,blurred\\n1,,63 years old\\n2,0.5,\\n3,,')",
               {{"reasons", {"blurred"}}});
  const auto scores = scores_of(packaged, some_rows(4));
  CHECK(scores.failed == std::map<std::string, std::int64_t>{{"blurred", 1}, {"other", 2}});
}

TEST_CASE("a solution whose two runs differ is refused") {
  Packaged packaged;
  make_program(packaged, "import os\nprint('row,score')\nfor i in range(4): print(f'{i},{os.urandom(1)[0] / 256}')");
  const auto out = run_solution(packaged.solution, some_rows(4), packaged.host);
  REQUIRE(!out.ok());
  CHECK(out.error().kind == ErrorKind::rejected);
  CHECK(out.error().what.en.find("different scores") != std::string::npos);
}

TEST_CASE("binary columns are the same rows as CSV") {
  Packaged packaged;
  make_program(packaged, R"(
import json, math, struct, sys
data = sys.stdin.buffer
head = json.loads(data.readline())
n = head["rows"]
age, male, value = (struct.unpack(f"<{n}d", data.read(8 * n)) for _ in head["columns"])
out = [1 / (1 + math.exp(-(-4.2 + 0.03 * a + 0.2 * m + 0.4 * v))) if v == v else math.nan for a, m, v in zip(age, male, value)]
sys.stdout.buffer.write((json.dumps({"rows": n}) + "\n").encode() + struct.pack(f"<{n}d", *out))
)",
               {{"format", "columns"},
                {"features", Json::array({{{"name", "age"}, {"source", {{"kind", "age"}}}, {"missing", "pass"}},
                                          {{"name", "male"}, {"source", {{"kind", "sex_male"}}}},
                                          {{"name", "value"}, {"source", {{"kind", "age"}}}, {"missing", "pass"}}})}});
  auto matrix = some_rows(100);
  matrix.values[5 * 3 + 2] = std::nan("");
  const auto scores = scores_of(packaged, matrix);
  CHECK(scores.failed == std::map<std::string, std::int64_t>{{"score_not_finite", 1}});
  CHECK(std::fabs(*scores.score[1] - 1 / (1 + std::exp(-(-4.2 + 0.03 * 21 + 0.2 + 0.4 * 0.37)))) < 1e-15);
}

TEST_CASE("breaking out: a program that reads files sees one study, and not another patient's folder") {
  Packaged packaged;
  const auto studies = packaged.scratch.path() / "studies";
  for (const std::string name : {"s1", "s2", "s3"}) {
    REQUIRE(make_folder(studies / name).ok());
    REQUIRE(write_file_atomic(studies / name / "image", name == "s1" ? "0.25" : "0.75").ok());
  }
  fs::create_symlink("../s1/image", studies / "s3" / "image.link");
  make_program(packaged, R"(
import os, sys
seen = [f for f in os.listdir("/input")]
def can(path):
    try: return bool(open(path).read())
    except OSError: return False
other = any(can(p) for p in ["/input/../s1/image", "/studies/s1/image", "/input/image.link"])
print("row,score,reason\n" + ("0,,escaped" if other else "0," + open("/input/image").read() + ","))
)",
               {{"study_window_days", 30}, {"features", Json::array()}, {"reasons", {"escaped"}}});
  StudyRows rows;
  rows.person = {1, 2, 3, 4};
  rows.index_day = {100, 100, 100, 100};
  const auto index = parse_studies(
      "person_id,date,folder\n1,1970-04-01,s1\n2,1970-04-11,s2\n2,1970-04-12,s1\n3,1970-04-01,s3\n4,1970-02-01,s1\n",
      "index.csv");
  REQUIRE_MESSAGE(index.ok(), index.error().where);
  const auto folders = studies_of(*index, rows, 30, studies);
  REQUIRE(folders.ok());
  packaged.host.studies = *folders;
  const auto scores = scores_of(packaged, {4, 0, {}});
  CHECK(*scores.score[0] == 0.25);
  CHECK(*scores.score[1] == 0.75);  // the study of the day after the index day is not read
  CHECK(*scores.score[2] == 0.75);
  CHECK(scores.failed == std::map<std::string, std::int64_t>{{"no_study", 1}});
  fs::create_directory_symlink(studies / "s1", studies / "s4");
  const auto linked = parse_studies("person_id,date,folder\n1,1970-04-01,s4\n", "index.csv");
  CHECK(studies_of(*linked, rows, 30, studies).error().kind == ErrorKind::rejected);
  CHECK(parse_studies("person_id,date,folder\n1,1970-04-01,../s1\n", "index.csv").error().where == "index.csv: line 2");
}

TEST_CASE("scores of an installed product are matched by person, and those without are counted") {
  auto solution = parse_solution(R"({"id":"cad","version":"2","kind":"scores","product":"Maker CAD 3.1"})", "cad.json");
  REQUIRE(solution.ok());
  CHECK(run_solution(*solution, {3, 0, {}}).error().kind == ErrorKind::not_found);
  SolutionHost host;
  host.given = {0.5, std::nullopt, 1.5};
  const auto scores = run_solution(*solution, {3, 0, {}}, host);
  REQUIRE(scores.ok());
  CHECK(scores->failed == std::map<std::string, std::int64_t>{{"no_answer", 1}, {"score_out_of_range", 1}});
  const auto given = parse_given_scores("person_id,score\r\n9,0.5\r\n3,\r\n", "s.csv");
  REQUIRE(given.ok());
  CHECK(given->person == std::vector<std::int64_t>{3, 9});
  CHECK(!given->score[0]);
  CHECK(parse_given_scores("person_id,score\n1,0.5\n1,0.6\n", "s.csv").error().kind == ErrorKind::rejected);
  CHECK(parse_given_scores("person_id,score\n1,half\n", "s.csv").error().where == "s.csv: line 2");
}

TEST_CASE("a package is its digest: any change shows, and what leaves its folder is refused") {
  const ScratchFolder scratch("package");
  const auto folder = scratch.path() / "p";
  const auto store = scratch.path() / "store";
  REQUIRE(make_folder(folder / "lib").ok());
  REQUIRE(write_file_atomic(folder / "run", "x", 0755).ok());
  REQUIRE(write_file_atomic(folder / "lib" / "a", "y").ok());
  fs::create_symlink("lib/a", folder / "link");
  const auto digest = add_package(folder, store);
  REQUIRE(digest.ok());
  CHECK(*digest == *package_digest(folder));
  REQUIRE(find_package(store, *digest).ok());
  const auto files = read_package(folder, 1 << 20);
  REQUIRE(files.ok());
  const auto second = store_package(*files, scratch.path() / "other", *digest);
  REQUIRE_MESSAGE(second.ok(), second.error().what.en);
  CHECK(*package_digest(*second) == *digest);
  CHECK(read_package(folder, 1).error().kind == ErrorKind::rejected);
  CHECK(find_package(store, std::string(64, '0')).error().kind == ErrorKind::not_found);
  REQUIRE(write_file_atomic(store / *digest / "lib" / "a", "z").ok());
  CHECK(find_package(store, *digest).error().kind == ErrorKind::rejected);
  for (const std::string path : {"../out", "/etc/out", "a/../../out", "", "a//b", "link/out"}) {
    std::vector<PackedFile> bad{{"link", "link", false, "/tmp"}, {path, "file", false, {}, "x"}};
    const auto kept = store_package(bad, scratch.path() / "bad", *digest);
    CHECK_MESSAGE(kept.error().kind == ErrorKind::rejected, path);
  }
  CHECK(fs::is_empty(scratch.path() / "bad"));
  CHECK(run_process({"mkfifo", (folder / "pipe").string()})->status == 0);
  CHECK(package_digest(folder).error().where == "pipe");
}

TEST_CASE("a manifest says which field is wrong") {
  const auto with = [](const Json& change) {
    Json manifest{{"id", "m"},
                  {"version", "1"},
                  {"kind", "executable"},
                  {"command", {"run"}},
                  {"package", {{"folder", "p"}, {"sha256", std::string(64, 'a')}}},
                  {"limits", {{"memory_mb", 100}, {"cpu_seconds", 1}, {"seconds", 1}}},
                  {"features", features_without_coefficients()}};
    manifest.merge_patch(change);
    return parse_solution(canonical(manifest), "m.json");
  };
  CHECK(with(Json::object()).ok());
  CHECK(with({{"limits", {{"memory_mb", 100'000}}}}).error().where == "m.json.limits.memory_mb");
  CHECK(with({{"limits", {{"seconds", nullptr}}}}).error().where.find("seconds") != std::string::npos);
  CHECK(with({{"package", {{"folder", "../p"}}}}).error().where == "m.json.package.folder");
  CHECK(with({{"package", {{"sha256", "abc"}}}}).error().where == "m.json.package.sha256");
  CHECK(with({{"format", "arrow"}}).error().where == "m.json.format");
  CHECK(with({{"reasons", {"two words"}}}).error().where == "m.json.reasons");
  CHECK(with({{"model", "x"}}).error().what.en.find("model") != std::string::npos);
  CHECK(with({{"kind", "pickle"}}).error().where == "m.json.kind");
  const auto compared = with({{"comparator", Json::parse(card_text)}});
  REQUIRE(compared.ok());
  CHECK(compared->comparator->id == "card");
  auto nested = Json::parse(card_text);
  nested["comparator"] = Json::parse(card_text);
  CHECK(with({{"comparator", nested}}).error().where == "m.json.comparator.comparator");
}
