#include "release/people.h"

#include "protect/pseudonym.h"

namespace naru::release {

std::int64_t release_person_id(std::span<const std::uint8_t> release_key, std::int64_t link_id) {
  return protect::Pseudonymiser(release_key, "release.person").of(link_id);
}

}  // namespace naru::release
