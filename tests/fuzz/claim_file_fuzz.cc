// A whole delimited file of any bytes, in either encoding, as an NHIS, HIRA or lifelog table arrives: reading it ends,
// names a line for every record, and gives as many fields as the header has unless the record carries a fault.
#include "base/files.h"
#include "ingest/csv.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const naru::ScratchFolder scratch("claim-file-fuzz");
  const auto file = scratch.path() / "t40.csv";
  if (!naru::write_file_atomic(file, {reinterpret_cast<const char*>(data), size}).ok()) return 0;
  for (const auto* encoding : {"", "cp949"}) {
    auto reader = naru::ingest::CsvReader::open(file, "t40.csv", encoding);
    if (!reader.ok()) continue;
    std::uint64_t before = 0;
    while (true) {
      const auto more = reader->next();
      if (!more.ok() || !*more) break;
      if (reader->line() <= before) std::abort();
      before = reader->line();
      if (reader->fault().empty() && reader->fields().size() != reader->header().size()) std::abort();
    }
  }
  return 0;
}
