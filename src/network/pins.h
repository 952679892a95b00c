#pragma once
/// The sealing key of another site, as this site first agreed with it: masks made for another key would let whoever
/// holds that one undo them.
#include "network/identity.h"

namespace naru::network {

/// Remembers the member's sealing key the first time. Error refused when it is another one than before.
[[nodiscard]] Done pin_peer(Site& site, const Member& member);

}  // namespace naru::network
