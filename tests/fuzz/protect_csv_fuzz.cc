// Cells of a table to be anonymised: any bytes, split into lines as the reader does.
#include "protect/table_file.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  naru::protect::CsvFields fields(naru::protect::guess_delimiter(rest.substr(0, rest.find('\n'))));
  std::size_t cells = 0;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto complete = fields.take(rest.substr(0, end));
    if (complete && *complete) {
      for (const auto cell : fields.fields()) cells += cell.size();
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (cells > size) __builtin_trap();
  return 0;
}
