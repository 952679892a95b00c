#pragma once
/// Items of the national health examination (GJ) and where they go. Internal to the room.
#include "ingest/work.h"

#include <string>
#include <string_view>
#include <vector>

namespace naru::ingest {

struct ExaminationItem {
  std::string_view column;  ///< of GJ
  std::string_view loinc;   ///< looked up in the site's vocabulary; empty: a question, kept under its own name
  std::string_view unit;    ///< UCUM; empty: a coded answer
};
[[nodiscard]] const std::vector<ExaminationItem>& examination_items();

/// REQUIRES: view stage_gj and part_person. An examination is a visit; measured items become measurements with their
/// unit, graded strip tests measurements without, questions observations with the code answered.
[[nodiscard]] Done store_examinations(Work& work);

}  // namespace naru::ingest
