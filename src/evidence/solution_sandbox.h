#pragma once
/// ONNX models and executables, each run in the sandbox of workspace/sandbox.h.
#include "evidence/rows.h"

#include <span>
#include <vector>

namespace naru::evidence {

/// One answer per entry of `rows`. A program that crashes, is ended for a limit, or answers in no format fails all rows
/// of that run with the reason "crashed", "timed_out", "over_memory", "over_processes", "over_output",
/// "over_processor_time" or "malformed_answer". With studies each row has a run of its own, which sees that study's
/// folder alone. REQUIRES: solution.sandboxed(). Errors: rejected when an ONNX model cannot be loaded or does not fit;
/// not_found when the runtime or the package is missing; the sandbox's own.
[[nodiscard]] Result<std::vector<RowAnswer>> run_sandboxed(const Solution& solution, const FeatureMatrix& matrix,
                                                           std::span<const std::size_t> rows, const SolutionHost& host);

}  // namespace naru::evidence
