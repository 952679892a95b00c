#pragma once
/// What a lake holds, in figures that may stand in a catalogue: persons by sex and age, most frequent concepts, length
/// of observation. Small cells are withheld. Method: docs/methods/data-quality.md.
#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace naru::ingest {

struct CharacteriseRequest {
  std::filesystem::path site = {};
  std::int64_t least_persons = 0;  ///< a cell of fewer is withheld; no default: who asks decides, at least 2
  std::size_t concepts = 10;       ///< listed per table
};

/// {"persons":N,"age_sex":[{"sex","age","persons"}…],"observation_years":[{"years","persons"}…],
///  "concepts":{TABLE:[{"concept_id","name","persons"}…]},"least_persons":K,"at":…}. A withheld figure is null and has
///  a
/// "reason": "fewer_than_least_persons", or "withheld_with_another" where a sum would give another cell away.
/// Errors: usage (least_persons below 2), not_found (no lake).
[[nodiscard]] Result<std::string> characterise(const CharacteriseRequest& request, const Clock& clock);

}  // namespace naru::ingest
