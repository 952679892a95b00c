#include "network/http_call.h"

#include "base/files.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdio>
#include <mutex>

namespace naru::network {
namespace {

constexpr std::size_t answer_bytes_max = 64U << 20;
constexpr std::size_t header_lines_max = 100;
constexpr std::string_view transport_place = "wire.transport";

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct Receiving {
  CURL* handle = nullptr;
  HttpAnswer answer;
  std::FILE* file = nullptr;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& receiving = *static_cast<Receiving*>(user);
  const auto bytes = size * count;
  long status = 0;
  curl_easy_getinfo(receiving.handle, CURLINFO_RESPONSE_CODE, &status);
  if (receiving.file != nullptr && status >= 200 && status < 300) {
    return std::fwrite(data, 1, bytes, receiving.file);
  }
  if (receiving.answer.body.size() + bytes > answer_bytes_max) return 0;
  receiving.answer.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& receiving = *static_cast<Receiving*>(user);
  std::string_view line(data, size * count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || receiving.answer.headers.size() >= header_lines_max) return size * count;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  auto value = line.substr(colon + 1);
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  receiving.answer.headers[name] = value;
  return size * count;
}

std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* user) {
  return std::fread(buffer, 1, size * count, static_cast<std::FILE*>(user));
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto* stop = static_cast<const std::atomic<bool>*>(user);
  return stop != nullptr && stop->load() ? 1 : 0;
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using Lines = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

Error not_reached(std::string_view url, std::string_view reason) {
  return conflict(say("the authority cannot be reached: {}", "기관에 연결할 수 없습니다: {}", reason),
                  std::string(transport_place),
                  say("check that {} is running and reachable", "{}이(가) 실행 중이며 접근 가능한지 확인하세요", url));
}

}  // namespace

struct HttpClient::State {
  TlsTrust trust;
  CURL* handle = nullptr;
};

bool is_transport_error(const Error& error) { return error.where == transport_place; }

HttpClient::HttpClient(TlsTrust trust) : state_(std::make_unique<State>()) {
  init_curl_once();
  state_->trust = std::move(trust);
  state_->handle = curl_easy_init();
}
HttpClient::~HttpClient() {
  if (state_->handle != nullptr) curl_easy_cleanup(state_->handle);
}

namespace {

void set_tls(CURL* handle, const TlsTrust& trust) {
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_3));
  curl_easy_setopt(handle, CURLOPT_PINNEDPUBLICKEY, trust.pin.c_str());
  // The key is pinned, so the name it is reached by does not matter: holders may use any route to the authority.
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  // Debian's curl would also load and trust every public CA of the machine (and take 100 ms for it).
  curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, trust.ca.empty() ? 0L : 1L);
  curl_easy_setopt(handle, CURLOPT_CAINFO, trust.ca.empty() ? nullptr : trust.ca.c_str());
  if (!trust.certificate.empty()) {
    curl_easy_setopt(handle, CURLOPT_SSLCERT, trust.certificate.c_str());
    curl_easy_setopt(handle, CURLOPT_SSLKEY, trust.key.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, 15000L);
  curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
  // No proxy from the environment: a holder's outbound route is an operator's decision, given in the URL.
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
}

Done set_request(CURL* handle, const HttpCall& call, File& upload) {
  curl_easy_setopt(handle, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(call.quiet_ms / 1000));
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(call.stop));
  if (call.body_file) {
    std::error_code code;
    const auto bytes = fs::file_size(*call.body_file, code);
    upload.reset(std::fopen(call.body_file->c_str(), "rbe"));
    if (!upload || code)
      return not_found(say("cannot read the file to send", "보낼 파일을 읽을 수 없습니다"), call.body_file->string());
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, nullptr);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(handle, CURLOPT_READDATA, upload.get());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bytes));
  } else if (call.method == "POST") {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, call.body.c_str());
  } else {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  }
  return {};
}

}  // namespace

Result<HttpAnswer> HttpClient::perform(const HttpCall& call) {
  auto* handle = state_->handle;
  if (handle == nullptr) return internal_error(say("no HTTP client", "HTTP 클라이언트가 없습니다"), "curl");
  curl_easy_reset(handle);  // keeps the connection
  set_tls(handle, state_->trust);
  File upload(nullptr, &std::fclose);
  NARU_CHECK(set_request(handle, call, upload));
  Receiving receiving{handle, {}, nullptr};
  File download(nullptr, &std::fclose);
  if (call.answer_file) {
    download.reset(std::fopen(call.answer_file->c_str(), "wbe"));
    if (!download)
      return internal_error(say("cannot create the file", "파일을 만들 수 없습니다"), call.answer_file->string());
    receiving.file = download.get();
  }
  Lines lines(nullptr, &curl_slist_free_all);
  const auto add_line = [&](const std::string& line) { lines.reset(curl_slist_append(lines.release(), line.c_str())); };
  for (const auto& [name, value] : call.headers) add_line(name + ": " + value);
  add_line("Expect:");
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &receiving);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &receiving);
  const auto outcome = curl_easy_perform(handle);
  if (outcome == CURLE_SSL_PINNEDPUBKEYNOTMATCH || outcome == CURLE_PEER_FAILED_VERIFICATION) {
    return refused(
        say("the server is not the authority this site was enrolled with", "서버가 이 사이트가 등록된 기관이 아닙니다"),
        call.url,
        say("check the address; if the authority renewed its key, enrol with a fresh code",
            "주소를 확인하세요. 기관이 키를 바꾸었다면 새 코드로 등록하세요"));
  }
  if (outcome != CURLE_OK) return not_reached(call.url, curl_easy_strerror(outcome));
  if (download && std::fflush(download.get()) != 0) {
    return internal_error(say("cannot write the file", "파일을 쓸 수 없습니다"), call.answer_file->string());
  }
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  receiving.answer.status = static_cast<int>(status);
  return std::move(receiving.answer);
}

}  // namespace naru::network
