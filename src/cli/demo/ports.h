#pragma once
/// Ports of this machine: which is taken, and by what, so that a story does not end with "did not start listening".
#include "base/result.h"

#include <set>
#include <string>

namespace naru::cli::demo {

/// Inodes of listening TCP sockets, from /proc/net; `port` 0: of all.
[[nodiscard]] std::set<std::string> listening_inodes(int port = 0);
/// "name (process id)" of who listens, as far as this account may see it; empty when it may not.
[[nodiscard]] std::string holder_of(int port);
/// True when this account can listen on 127.0.0.1:port now.
[[nodiscard]] bool port_is_free(int port);
/// The port to serve at: `wanted` when it is free; 0 (any) when it is taken and nobody insisted.
/// Error conflict (somebody insisted): names who holds it and how to choose another.
[[nodiscard]] Result<int> port_to_use(int wanted, bool insisted);

}  // namespace naru::cli::demo
