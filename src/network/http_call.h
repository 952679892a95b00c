#pragma once
/// One HTTPS request with libcurl: TLS 1.3, pinned public key, bodies from and to files.
#include "base/result.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace naru::network {

struct TlsTrust {
  std::string pin;                         ///< "sha256//…"; always checked
  std::filesystem::path ca = {};           ///< empty: the pin alone is the trust (enrolment)
  std::filesystem::path certificate = {};  ///< client certificate and key; empty: none
  std::filesystem::path key = {};
};

struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::map<std::string, std::string> headers = {};
  std::string body = {};
  std::optional<std::filesystem::path> body_file = {};
  std::optional<std::filesystem::path> answer_file = {};  ///< the body of a 2xx answer goes here
  std::int64_t quiet_ms = 30'000;                         ///< without a byte for so long, the call is given up
  const std::atomic<bool>* stop = nullptr;
};

struct HttpAnswer {
  int status = 0;
  std::string body;                            ///< at most 64 MiB
  std::map<std::string, std::string> headers;  ///< names in lower case
};

/// Keeps its connection. One call at a time.
class HttpClient {
 public:
  explicit HttpClient(TlsTrust trust);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  /// An answer of any status is a value. Errors: conflict when there is no connection (see `is_transport_error`);
  /// refused when the server's key is not the pinned one.
  [[nodiscard]] Result<HttpAnswer> perform(const HttpCall& call);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] bool is_transport_error(const Error& error);

}  // namespace naru::network
