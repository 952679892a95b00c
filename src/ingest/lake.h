#pragma once
/// The lake as the sum of its parts. Internal to the room.
#include "base/progress.h"
#include "base/result.h"
#include "model/site_layout.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace naru::engine {
class Database;
}

namespace naru::ingest {

/// One source that stands in the lake. Its tables are parts/ID/TABLE.parquet, its persons' identity
/// private/parts/ID.parquet.
struct Standing {
  std::string id;
  std::string kind;
  std::string checksum;
  std::string legal_basis;
  bool derives_periods = false;  ///< observation periods come from its persons' events
};

/// What lake/_sources.json lists, in order; none when there is no lake. Finishes a swap that a crash interrupted.
[[nodiscard]] Result<std::vector<Standing>> standing_sources(const model::SiteLayout& layout);

/// Builds the lake from these parts beside the old one, then replaces lake and identity. Where two parts hold a row of
/// the same key (a person or resource exported again), the later part's row stands.
[[nodiscard]] Done build_lake(const model::SiteLayout& layout, const std::vector<Standing>& sources, unsigned threads,
                              Progress& progress);

}  // namespace naru::ingest
