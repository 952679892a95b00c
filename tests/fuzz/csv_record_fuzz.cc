// One record of a delimited file: splitting any bytes ends, and joining the fields again gives no more bytes than came.
#include "ingest/csv.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> fields;
  for (const char delimiter : {',', '\t'}) {
    if (!naru::ingest::split_record(text, delimiter, fields)) continue;
    std::size_t bytes = fields.size() - 1;
    for (const auto& field : fields) bytes += field.size();
    if (fields.empty() || bytes > size) std::abort();
  }
  std::string converted;
  naru::ingest::Cp949 older;
  (void)older.to_utf8(text, converted);
  return 0;
}
