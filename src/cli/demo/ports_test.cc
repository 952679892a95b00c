#include "cli/demo/ports.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace naru;
using namespace naru::cli::demo;

TEST_CASE("a taken port is named with who holds it when somebody insisted, else another is taken") {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(socket >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(socket, 1) == 0);
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const int port = ntohs(address.sin_port);
  CHECK_FALSE(port_is_free(port));
  CHECK(port_to_use(port, false).value() == 0);
  const auto insisted = port_to_use(port, true);
  REQUIRE_FALSE(insisted.ok());
  CHECK(insisted.error().kind == ErrorKind::conflict);
  CHECK(insisted.error().what.en.find(std::to_string(port)) != std::string::npos);
  CHECK(insisted.error().what.en.find(std::to_string(::getpid())) != std::string::npos);
  CHECK(insisted.error().hint.en.find("--port") != std::string::npos);
  ::close(socket);
  CHECK(port_to_use(0, true).value() == 0);
}
