#pragma once
/// What the values of a deposited table give away: resident registration numbers, phones, e-mail, names, addresses;
/// formulas; and whether an index of images can be followed. Counts rows, never repeats a value.
#include "catalogue/deposit.h"
#include "engine/database.h"

#include <string>
#include <string_view>
#include <vector>

namespace naru::catalogue {

/// The last digit of a resident registration number follows from the other twelve: 11 minus the sum of digit times
/// 2,3,…,9,2,…,5, modulo 11, modulo 10. Numbers given out since October 2020 need not follow it, so a number that does
/// not is held all the same; how many follow it tells the depositor how sure the finding is.
/// REQUIRES: 13 digits.
[[nodiscard]] bool resident_number_checks(std::string_view digits);

/// An index of images: a column of digests (sha256) beside one of paths, or DICOM identifiers (SOPInstanceUID …).
[[nodiscard]] bool is_image_index(const std::vector<std::string>& columns);

/// `relation` is a table of the database with these columns.
[[nodiscard]] Result<std::vector<DepositFinding>> value_findings(engine::Database& database, std::string_view relation,
                                                                 const std::string& file,
                                                                 const std::vector<std::string>& columns);

}  // namespace naru::catalogue
