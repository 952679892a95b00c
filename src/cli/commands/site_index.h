#pragma once
/// What every load does at its end: the lake's cohort index is brought up to date.
#include "base/json.h"
#include "base/progress.h"

#include <filesystem>

namespace naru::cli {

struct IndexAfterLoad {
  Json json;  ///< {"state":"ready|absent","seconds","persons","rows","bytes","kept"} or with "reason"
  Text text;  ///< a line for the console
};
/// The load itself has succeeded whatever happens here: without an index SQL answers, and the line says so.
[[nodiscard]] IndexAfterLoad index_after_load(const std::filesystem::path& site, unsigned threads, Progress& progress);

}  // namespace naru::cli
