// A dataset description from outside: read, written and read again it says the same; searching it ends.
#include "catalogue/catalogue.h"
#include "catalogue/linked_data.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto dataset = naru::catalogue::read_dataset_yaml(text, "fuzz");
  if (!dataset.ok()) {
    naru::catalogue::SearchQuery query;
    query.words = text.substr(0, 200);
    naru::catalogue::Dataset known;
    known.id = "a";
    known.title = {"Diabetes", "당뇨병"};
    known.tier = naru::catalogue::Tier::open;
    (void)naru::catalogue::search({known}, query, {});
    return 0;
  }
  const auto written = naru::catalogue::dataset_json(*dataset);
  const auto again = naru::catalogue::parse_dataset(written, "again");
  if (!again.ok() || naru::catalogue::dataset_json(*again) != written) __builtin_trap();
  (void)naru::catalogue::health_dcat_jsonld(*dataset, naru::catalogue::Sight::full, "urn:");
  return 0;
}
