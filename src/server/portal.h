#pragma once
/// What only the portal's listener needs: sign-in by cookie, CSRF, static files.
#include "server/listener.h"
#include "server/sessions.h"

#include <filesystem>
#include <string>
#include <vector>

namespace naru::server {

inline constexpr std::string_view session_cookie = "naru_session";

[[nodiscard]] Admit portal_admit(Sessions& sessions);
[[nodiscard]] ShowError portal_errors();
/// Files below `folder`, with ETag; every other path without a file name's dot gets index.html (the portal's own
/// router). Never leaves the folder, never follows a link out of it.
[[nodiscard]] Fallback static_files(std::filesystem::path folder);
/// CSP and the like, on every response.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> portal_headers();
/// The value of a cookie; empty when it is not there.
[[nodiscard]] std::string cookie_value(std::string_view header, std::string_view name);

/// For the wire: members by certificate; errors carry both languages.
[[nodiscard]] Admit wire_admit(network::Hub& hub);
[[nodiscard]] ShowError wire_errors();

}  // namespace naru::server
