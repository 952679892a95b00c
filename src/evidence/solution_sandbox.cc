#include "evidence/solution_sandbox.h"

#include "base/json.h"
#include "workspace/sandbox.h"

namespace naru::evidence {
namespace {

constexpr std::int64_t scratch_mb = 64;
constexpr std::uint64_t answer_bytes_a_row = 128;
constexpr std::uint64_t answer_bytes_least = 64 * 1024;
// V8 reserves address space for its heaps and code; what it uses is watched as resident memory.
constexpr std::int64_t node_address_mb = 16 * 1024;
constexpr std::int64_t node_threads = 64;
constexpr std::int64_t threads_per_process = 64;

workspace::SandboxLimits limits_of(const Solution& solution, std::size_t rows) {
  const auto& asked = solution.limits;
  workspace::SandboxLimits out;
  out.memory_mb = asked.memory_mb;
  out.address_mb = solution.kind == SolutionKind::onnx ? node_address_mb : 4 * asked.memory_mb + 1024;
  out.cpu_seconds = asked.cpu_seconds;
  out.wall_ms = asked.seconds * 1000;
  out.processes = solution.kind == SolutionKind::onnx ? 1 : asked.processes;
  out.threads = solution.kind == SolutionKind::onnx ? node_threads : threads_per_process * asked.processes;
  out.scratch_mb = scratch_mb;
  out.output_bytes = answer_bytes_least + answer_bytes_a_row * rows;
  return out;
}

Error no_runtime(const fs::path& missing) {
  return not_found(say("the ONNX runtime is not installed", "ONNX 런타임이 설치되어 있지 않습니다"),
                   missing.filename().string(), say("run scripts/setup", "scripts/setup을 실행하세요"));
}

// Only what one machine needs of the runtime: its script, its library, and the Node that runs it.
Result<std::vector<workspace::Mounted>> runtime_mounts(const fs::path& share) {
#if defined(__aarch64__)
  const std::string machine = "arm64";
#else
  const std::string machine = "x64";
#endif
  const auto modules = share / "node_modules";
  const auto library = fs::path("onnxruntime-node") / "bin" / "napi-v6" / "linux" / machine;
  std::vector<workspace::Mounted> out;
  const auto add = [&](const fs::path& from, std::string as) { out.push_back({from, std::move(as)}); };
  add(share / "runtimes" / "onnx_worker.cjs", "/worker/onnx_worker.cjs");
  add(modules / ("node-linux-" + machine) / "bin" / "node", "/worker/node");
  for (const auto& part : {fs::path("onnxruntime-node") / "package.json", fs::path("onnxruntime-node") / "dist",
                           library, fs::path("onnxruntime-common")}) {
    add(modules / part, "/worker/node_modules/" + part.generic_string());
  }
  for (const auto& mount : out) {
    if (!fs::exists(mount.from)) return no_runtime(mount.from);
  }
  return out;
}

// An ONNX package is plain files: a link could name a file that the loader should not open.
Done no_links(const fs::path& package) {
  std::error_code code;
  for (auto at = fs::recursive_directory_iterator(package, code); !code && at != fs::recursive_directory_iterator();
       at.increment(code)) {
    if (at->is_symlink()) {
      return rejected(say("a model's package holds no links", "모델 꾸러미에는 링크를 둘 수 없습니다"),
                      at->path().lexically_relative(package).string());
    }
  }
  return {};
}

Result<workspace::SandboxJob> onnx_job(const Solution& solution, const SolutionHost& host, std::size_t rows) {
  NARU_CHECK(no_links(host.package));
  workspace::SandboxJob job;
  NARU_ASSIGN(job.mounts, runtime_mounts(host.share));
  job.mounts.push_back({host.package, "/model"});
  const auto heap = std::max<std::int64_t>(64, solution.limits.memory_mb / 2);
  job.argv = {"/worker/node", fmt::format("--max-old-space-size={}", heap), "/worker/onnx_worker.cjs"};
  job.environment = {{"ORT_DISABLE_TELEMETRY", "1"}, {"HOME", "/tmp"}};
  job.limits = limits_of(solution, rows);
  return job;
}

workspace::SandboxJob program_job(const Solution& solution, const SolutionHost& host, std::size_t rows) {
  workspace::SandboxJob job;
  job.argv = solution.command;
  auto& program = job.argv.front();
  if (solution.root.empty()) {
    job.mounts.push_back({host.package, "/solution"});
    job.work_folder = "/solution";
    if (!program.starts_with('/')) program = "/solution/" + program;
  } else {
    job.root = host.package / solution.root;
    if (!program.starts_with('/')) program = "/" + program;
  }
  job.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", "/tmp"}, {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
  job.limits = limits_of(solution, rows);
  return job;
}

std::vector<RowAnswer> all_failed(std::size_t rows, std::string_view reason) {
  return std::vector<RowAnswer>(rows, RowAnswer{{}, std::string(reason)});
}

Error does_not_load(const Solution& solution, std::string_view answer) {
  const auto json = parse_json(answer.substr(0, answer.find('\n')), "worker");
  std::string code = "worker_failed";
  std::string detail;
  if (json.ok() && json->is_object()) {
    const auto told = json->find("error");
    if (told != json->end() && told->is_string()) code = told->get<std::string>();
    const auto more = json->find("detail");
    if (more != json->end() && more->is_string()) detail = more->get<std::string>();
  }
  return rejected(say("the model cannot be used ({}): {}", "모델을 사용할 수 없습니다 ({}): {}", code, detail),
                  solution.model, say("try it with: naru solution try", "naru solution try로 시험해 보세요"));
}

std::string onnx_header(const Solution& solution) {
  const auto name = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  return canonical(Json{{"model", "/model/" + solution.model},
                        {"input", name(solution.input)},
                        {"output", name(solution.output)},
                        {"output_column", solution.output_column}});
}

constexpr int worker_refuses = 3;

Result<std::vector<RowAnswer>> run_job(const Solution& solution, workspace::SandboxJob job, std::size_t rows) {
  NARU_ASSIGN(const auto outcome, workspace::run_in_sandbox(job));
  if (outcome.end == workspace::SandboxEnd::crashed && solution.kind == SolutionKind::onnx &&
      outcome.status == worker_refuses) {
    return does_not_load(solution, outcome.out);
  }
  if (outcome.end != workspace::SandboxEnd::exited) return all_failed(rows, workspace::name_of(outcome.end));
  auto answers = solution.kind == SolutionKind::onnx || solution.columns
                     ? parse_column_scores(outcome.out, rows)
                     : parse_csv_scores(outcome.out, rows, solution.reasons);
  if (!answers) return all_failed(rows, "malformed_answer");
  return *std::move(answers);
}

std::string rows_for(const Solution& solution, const FeatureMatrix& matrix, std::span<const std::size_t> rows) {
  if (solution.kind == SolutionKind::onnx) return column_rows(solution, matrix, rows, onnx_header(solution));
  return solution.columns ? column_rows(solution, matrix, rows) : csv_rows(solution, matrix, rows);
}

}  // namespace

Result<std::vector<RowAnswer>> run_sandboxed(const Solution& solution, const FeatureMatrix& matrix,
                                             std::span<const std::size_t> rows, const SolutionHost& host) {
  if (host.package.empty() || !fs::is_directory(host.package)) {
    return not_found(say("the solution's package is not here", "솔루션 꾸러미가 없습니다"), solution.id,
                     say("naru solution add FOLDER --site DIR", "naru solution add FOLDER --site DIR"));
  }
  if (rows.empty()) return std::vector<RowAnswer>();
  if (solution.kind == SolutionKind::onnx) {
    NARU_ASSIGN(auto job, onnx_job(solution, host, rows.size()));
    job.input = rows_for(solution, matrix, rows);
    return run_job(solution, std::move(job), rows.size());
  }
  if (solution.study_window_days == 0) {
    auto job = program_job(solution, host, rows.size());
    job.input = rows_for(solution, matrix, rows);
    return run_job(solution, std::move(job), rows.size());
  }
  std::vector<RowAnswer> out;
  for (const auto& row : rows) {
    auto job = program_job(solution, host, 1);
    job.mounts.push_back({host.studies[row], "/input"});
    job.input = rows_for(solution, matrix, std::span(&row, 1));
    NARU_ASSIGN(auto answer, run_job(solution, std::move(job), 1));
    out.push_back(std::move(answer.front()));
  }
  return out;
}

}  // namespace naru::evidence
