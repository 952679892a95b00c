#pragma once
/// The record store: events, documents and queues in one relational schema through SOCI (SQLite now, PostgreSQL by
/// URL later). Every write is one durable `begin immediate` transaction; several processes may share the file.
/// Payloads are JSON text that the caller parsed or built.
#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::engine {

struct NewEvent {
  std::string type;
  std::string payload;  ///< JSON
  std::string actor;    ///< account or site that caused it
};

struct Event {
  std::int64_t position = 0;  ///< order over all streams, from 1
  std::string stream;         ///< "kind/id", for example "case/APP-1"
  std::int64_t version = 0;   ///< order within the stream, from 1
  std::string type;
  std::string payload;
  std::string actor;
  std::int64_t at_ms = 0;
};

struct StreamAppend {
  std::string stream;
  std::int64_t expected_version = 0;  ///< version the caller read; 0: the stream is new; -1: whatever it is
  std::vector<NewEvent> events;
};

struct Queued {
  std::int64_t number = 0;  ///< from 1, per queue, never reused
  std::string payload;
  std::int64_t at_ms = 0;
};

class Records {
 public:
  /// Opens or creates the file and applies the numbered migrations in engine/sql/. REQUIRES: clock outlives it.
  [[nodiscard]] static Result<Records> open(const std::filesystem::path& file, const Clock& clock);
  ~Records();
  Records(Records&&) noexcept;
  Records(const Records&) = delete;

  /// Appends to one or several streams in one transaction. Error conflict when a version is not the expected one:
  /// read again, decide again.
  [[nodiscard]] Done append(const std::vector<StreamAppend>& appends);
  [[nodiscard]] Done append(std::string stream, std::int64_t expected_version, std::vector<NewEvent> events);
  [[nodiscard]] Result<std::vector<Event>> read(std::string_view stream);
  /// Names of all streams "kind/…", sorted.
  [[nodiscard]] Result<std::vector<std::string>> streams(std::string_view kind);
  [[nodiscard]] Result<std::vector<Event>> read_all(std::string_view kind, std::int64_t after_position = 0);

  [[nodiscard]] Done put(std::string_view collection, std::string_view key, std::string_view document);
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view collection, std::string_view key);
  /// (key, document) in key order.
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> list(std::string_view collection);
  [[nodiscard]] Done erase(std::string_view collection, std::string_view key);
  /// Adds to a named counter unless the sum would pass `at_most`: then error refused and nothing changes.
  [[nodiscard]] Result<std::int64_t> add_to_counter(std::string_view name, std::int64_t by, std::int64_t at_most);
  [[nodiscard]] Result<std::int64_t> counter(std::string_view name);

  [[nodiscard]] Result<std::int64_t> enqueue(std::string_view queue, std::string_view payload);
  [[nodiscard]] Result<std::vector<Queued>> peek(std::string_view queue, std::int64_t after, std::size_t at_most);
  [[nodiscard]] Done drop_through(std::string_view queue, std::int64_t number);

 private:
  struct State;
  explicit Records(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace naru::engine
