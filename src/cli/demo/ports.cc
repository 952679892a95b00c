#include "cli/demo/ports.h"

#include "base/files.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace naru::cli::demo {

std::set<std::string> listening_inodes(int port) {
  std::set<std::string> out;
  for (const auto* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream in(table);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, queues, timer, retransmit, uid, timeout, inode;
      fields >> slot >> local >> remote >> state >> queues >> timer >> retransmit >> uid >> timeout >> inode;
      // State 0A is listening; the port stands in hexadecimal after the colon.
      if (state != "0A") continue;
      const auto colon = local.rfind(':');
      if (port != 0 && (colon == std::string::npos || std::stoi(local.substr(colon + 1), nullptr, 16) != port))
        continue;
      out.insert("socket:[" + inode + "]");
    }
  }
  return out;
}

std::string holder_of(int port) {
  const auto listening = listening_inodes(port);
  if (listening.empty()) return {};
  std::error_code code;
  for (const auto& process : fs::directory_iterator("/proc", code)) {
    const auto id = process.path().filename().string();
    if (id.find_first_not_of("0123456789") != std::string::npos) continue;
    std::error_code hidden;
    for (const auto& entry : fs::directory_iterator(process.path() / "fd", hidden)) {
      std::error_code gone;
      if (!listening.contains(fs::read_symlink(entry.path(), gone).string())) continue;
      std::ifstream in(process.path() / "comm");
      std::string name;
      std::getline(in, name);
      return fmt::format("{} ({})", name, id);
    }
  }
  return {};
}

bool port_is_free(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free =
      ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(socket, 1) == 0;
  ::close(socket);
  return free;
}

Result<int> port_to_use(int wanted, bool insisted) {
  if (wanted == 0 || port_is_free(wanted)) return wanted;
  if (!insisted) return 0;
  const auto holder = holder_of(wanted);
  return conflict(holder.empty()
                      ? say("port {} is taken", "포트 {}이(가) 사용 중입니다", wanted)
                      : say("port {} is taken by {}", "포트 {}을(를) {}이(가) 쓰고 있습니다", wanted, holder),
                  fmt::format("--port {}", wanted),
                  say("choose another with --port, or --port 0 for a free one",
                      "--port로 다른 포트를 고르거나 --port 0으로 빈 포트를 쓰세요"));
}

}  // namespace naru::cli::demo
