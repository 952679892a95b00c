#include "release/people.h"

#include <string>

namespace naru::release {

protect::Pseudonymiser release_person_ids(std::span<const std::uint8_t> release_key, std::string_view release) {
  return {release_key, "release/" + std::string(release)};
}

}  // namespace naru::release
