#pragma once
/// Sets of cryptographic long-term keys (CLKs): one bit string a record, compared by Dice similarity without knowing
/// what was encoded. docs/methods/encoded-linkage.md.
#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace naru::linkage {

/// `words` 64-bit words a filter, one filter after the other, in the order of the file.
struct FilterSet {
  std::size_t words = 0;
  std::vector<std::uint64_t> bits = {};
  [[nodiscard]] std::size_t size() const { return words == 0 ? 0 : bits.size() / words; }
  [[nodiscard]] const std::uint64_t* filter(std::size_t row) const { return bits.data() + row * words; }
};

/// `{"clks":["base64",…]}` as anonlink exchanges them; other keys are passed over; also .gz and the like. Errors
/// (rejected): not such a document, filters of different lengths, of no bits or of more than 8,192.
[[nodiscard]] Result<FilterSet> read_filters(const std::filesystem::path& file);
/// The same for text in memory; `where` names it in errors.
[[nodiscard]] Result<FilterSet> parse_filters(std::string_view text, const std::string& where);
[[nodiscard]] Done write_filters(const std::filesystem::path& file, const FilterSet& filters);

}  // namespace naru::linkage
