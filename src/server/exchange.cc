#include "server/exchange.h"

#include "base/files.h"
#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace naru::server {

Exchange::~Exchange() {
  close_file();
  std::error_code code;
  if (request.body_file) fs::remove(*request.body_file, code);
}

bool Exchange::open_file(const fs::path& file) {
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor_ >= 0) request.body_file = file;
  return descriptor_ >= 0;
}

bool Exchange::take(std::string_view piece) {
  received_ += piece.size();
  if (received_ > route->body_bytes_max) return false;
  if (descriptor_ < 0) {
    request.body.append(piece);
    return true;
  }
  while (!piece.empty()) {
    const auto written = ::write(descriptor_, piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    piece.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void Exchange::close_file() {
  if (descriptor_ < 0) return;
  // The hub renames the file into a mailbox; its bytes must be on disk before that.
  ::fsync(descriptor_);
  ::close(descriptor_);
  descriptor_ = -1;
}

WorkerPool::WorkerPool(unsigned workers, std::size_t queue_max, ServerContext& context, Show show, Finished finished)
    : queue_max_(queue_max), context_(context), show_(std::move(show)), finished_(std::move(finished)) {
  for (unsigned i = 0; i < std::max(1U, workers); ++i) threads_.emplace_back([this] { work(); });
  threads_.emplace_back([this] { watch_doorbell(); });
}

WorkerPool::~WorkerPool() {
  drain(5);
  for (auto& thread : threads_) thread.join();
}

void WorkerPool::submit(Exchange& exchange) {
  {
    const std::lock_guard lock(mutex_);
    exchange.request.last_try = draining_;
    if (queue_.size() < queue_max_ && !ended_) {
      queue_.push_back(&exchange);
      changed_.notify_all();
      return;
    }
  }
  exchange.response = show_(conflict(say("too many requests are waiting", "대기 중인 요청이 너무 많습니다"),
                                     exchange.request.path, say("try again in a moment", "잠시 뒤 다시 시도하세요")),
                            exchange.request);
  exchange.response.status = 503;
  exchange.stage = Exchange::Stage::done;
  finished_(exchange);
}

void WorkerPool::work() {
  for (;;) {
    Exchange* exchange = nullptr;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ended_ || !queue_.empty(); });
      if (queue_.empty()) return;
      exchange = queue_.front();
      queue_.pop_front();
      ++running_;
    }
    run(*exchange);
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_all();
  }
}

void WorkerPool::run(Exchange& exchange) {
  std::uint64_t rings_before = 0;
  {
    const std::lock_guard lock(mutex_);
    rings_before = rings_;
    exchange.request.last_try = exchange.request.last_try || draining_;
  }
  auto& request = exchange.request;
  try {
    auto outcome = exchange.route->handler(request, context_);
    exchange.response = outcome.ok() ? *std::move(outcome) : show_(outcome.error(), request);
  } catch (const std::exception& failure) {
    log_event(LogLevel::error, "http.handler_threw", {{"path", exchange.route->path}, {"what", failure.what()}});
    exchange.response =
        show_(internal_error(say("the request could not be finished", "요청을 끝낼 수 없었습니다"),
                             exchange.route->path, say("see the server's log", "서버 로그를 확인하세요")),
              request);
  }
  if (exchange.response.wait && !request.last_try) {
    const std::lock_guard lock(mutex_);
    if (rings_ != rings_before || draining_) {
      queue_.push_back(&exchange);
    } else {
      waiters_.push_back({&exchange, exchange.response.wait->mailbox, exchange.response.wait->until_ms});
    }
    changed_.notify_all();
    return;
  }
  exchange.stage = Exchange::Stage::done;
  finished_(exchange);
}

void WorkerPool::wake(const std::vector<std::string>& rang, bool all) {
  const std::lock_guard lock(mutex_);
  if (!rang.empty()) ++rings_;
  const auto now = context_.clock.now_ms();
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const bool over = all || now >= waiter->until_ms;
    const bool called = std::any_of(rang.begin(), rang.end(),
                                    [&](const auto& name) { return name.empty() || name == waiter->mailbox; });
    if (!over && !called) {
      ++waiter;
      continue;
    }
    waiter->exchange->request.last_try = over;
    queue_.push_back(waiter->exchange);
    waiter = waiters_.erase(waiter);
  }
  changed_.notify_all();
}

void WorkerPool::watch_doorbell() {
  const network::Doorbell::Watch watch(context_.hub.doorbell().folder());
  for (;;) {
    const auto rang = watch.wait(100);
    bool all = false;
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return;
      all = draining_;
    }
    wake(rang, all);
  }
}

void WorkerPool::drain(double patience_s) {
  std::unique_lock lock(mutex_);
  if (ended_) return;
  draining_ = true;
  changed_.notify_all();
  // Until a handler that does not end makes waiting pointless: its connection is then closed under it.
  changed_.wait_for(lock, std::chrono::duration<double>(patience_s),
                    [this] { return queue_.empty() && waiters_.empty() && running_ == 0; });
  ended_ = true;
  changed_.notify_all();
}

}  // namespace naru::server
