// What an office is handed as a file or a form: refused with its place, or read.
#include "govern/application.h"
#include "govern/board.h"
#include "govern/circumstances.h"
#include "govern/programme.h"
#include "govern/review.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru::govern;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_application(text, "fuzz");
  (void)parse_terms(text, "fuzz");
  (void)parse_board(text, "fuzz");
  (void)parse_programme(text, "fuzz");
  (void)parse_review(text, "fuzz");
  (void)parse_designated_bodies(text, "fuzz");
  return 0;
}
