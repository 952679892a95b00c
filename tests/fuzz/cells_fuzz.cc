// Cells of delimited files: any text is a value or none; a date that is read exists and is written back as the same
// day.
#include "base/clock.h"
#include "ingest/cells.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = naru::ingest::trimmed({reinterpret_cast<const char*>(data), size});
  (void)naru::ingest::integer_cell(text);
  (void)naru::ingest::real_cell(text);
  (void)naru::ingest::timestamp_cell(text);
  if (const auto day = naru::ingest::date_cell(text)) {
    const auto written = naru::format_date(static_cast<std::int32_t>(*day));
    if (naru::ingest::date_cell(written) != day) std::abort();
  }
  return 0;
}
