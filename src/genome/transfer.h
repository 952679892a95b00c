#pragma once
/// A store on its way from a holder to the combiner: without samples that must not go, under other sample names.
#include "base/result.h"
#include "genome/manifest.h"

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace naru::genome {

/// One part with its renamed sample list, as bytes.
struct TravellingPart {
  PartEntry entry;
  std::string bytes;
  std::string samples;  ///< one new name a line
};

/// Every part of the store without `excluded` samples; their genotypes are not in the bytes. `rename` gives each
/// sample's new name, which must be unique over the store. A part nobody is left in is not among them.
/// Errors: not_found (no store), rejected (damaged part, two samples under one new name).
[[nodiscard]] Result<std::vector<TravellingPart>> export_parts(
    const std::filesystem::path& store, const std::set<std::string>& excluded,
    const std::function<std::string(const std::string&)>& rename);
/// One store of all parts, in place of `store` as a whole.
/// Errors: rejected when a digest does not match or two parts have one name.
[[nodiscard]] Done assemble_store(const std::filesystem::path& store, std::vector<TravellingPart> parts);
/// {"name","holder",…} of a part; `parse_part_entry` reads it back.
[[nodiscard]] std::string part_entry_json(const PartEntry& part);

}  // namespace naru::genome
