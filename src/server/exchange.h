#pragma once
/// One request on its way, and the workers that run handlers.
#include "server/routes.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct MHD_Connection;

namespace naru::server {

struct Exchange {
  enum class Stage { fresh, receiving, running, done };
  Exchange() = default;
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  std::string target;  ///< as on the request line
  Request request;
  const Route* route = nullptr;
  Response response;
  Stage stage = Stage::fresh;
  MHD_Connection* connection = nullptr;
  bool counted = false;

  [[nodiscard]] bool open_file(const std::filesystem::path& file);
  /// The next piece of the body; false when it is more than the route takes or the disk is full.
  [[nodiscard]] bool take(std::string_view piece);
  void close_file();

 private:
  int descriptor_ = -1;
  std::uint64_t received_ = 0;
};

/// Runs handlers on a few threads. A handler that asks to wait gives its thread back; it runs again when its mailbox
/// rings or its time is over.
class WorkerPool {
 public:
  using Show = std::function<Response(const Error&, const Request&)>;
  using Finished = std::function<void(Exchange&)>;
  WorkerPool(unsigned workers, std::size_t queue_max, ServerContext& context, Show show, Finished finished);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;

  /// `finished` is called for it once, from a worker or from here.
  void submit(Exchange& exchange);
  /// Waiting exchanges run a last time, running ones finish; then the threads end.
  void drain(double patience_s);

 private:
  struct Waiter {
    Exchange* exchange;
    std::string mailbox;
    std::int64_t until_ms;
  };
  void work();
  void watch_doorbell();
  void run(Exchange& exchange);
  void wake(const std::vector<std::string>& rang, bool all);

  std::size_t queue_max_;
  ServerContext& context_;
  Show show_;
  Finished finished_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Exchange*> queue_;
  std::list<Waiter> waiters_;
  std::uint64_t rings_ = 0;  // guarded by mutex_; tells a ring that came between a look and the wait
  std::size_t running_ = 0;
  bool draining_ = false;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace naru::server
