#pragma once
/// The authority's two listeners: the wire (mutual TLS 1.3) and the portal (loopback).
#include "base/result.h"
#include "network/client.h"
#include "network/identity.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace naru::server {

struct ServeOptions {
  std::string wire_address = "127.0.0.1";
  std::uint16_t wire_port = 0;    ///< 0: any free one
  std::uint16_t portal_port = 0;  ///< 0: any free one
  bool portal = true;
  std::filesystem::path share = {};
  std::filesystem::path capture = {};  ///< see HubOptions
  network::Handlers handlers = {};     ///< what the authority itself answers to members
  unsigned workers = 8;
  std::function<void(std::uint16_t wire_port, std::uint16_t portal_port)> listening = {};  ///< told once ready
};

/// Serves until `stop`; ends in order: no new connections, running handlers finish, then it returns.
/// Errors: conflict when a port is taken or the site already runs; usage when the site is no authority.
[[nodiscard]] Done serve(network::Site& site, const ServeOptions& options, const std::atomic<bool>& stop);

}  // namespace naru::server
