#include "engine/records.h"

#include "engine_sql.h"

#include <soci/soci.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <limits>
#include <mutex>
#include <thread>

// The backend's own header drags in sqlite3.h; this is all that is needed of it.
extern "C" soci::backend_factory const* factory_sqlite3();

namespace naru::engine {
namespace {

constexpr int busy_wait_ms = 20'000;
constexpr std::array<std::string_view, 3> migrations{"001_events", "002_documents", "003_queues"};

/// `begin immediate`: a deferred transaction that reads first and writes later loses updates of others.
class Immediate {
 public:
  explicit Immediate(soci::session& session) : session_(session) { session_ << "begin immediate"; }
  ~Immediate() {
    if (done_) return;
    try {
      session_ << "rollback";
    } catch (const std::exception&) {
      // The connection is gone; nothing was committed.
    }
  }
  Immediate(const Immediate&) = delete;
  Immediate& operator=(const Immediate&) = delete;
  void commit() {
    session_ << "commit";
    done_ = true;
  }

 private:
  soci::session& session_;
  bool done_ = false;
};

Error storage_error(const std::exception& failure, const std::string& where) {
  const std::string_view message = failure.what();
  if (message.find("locked") != std::string_view::npos || message.find("busy") != std::string_view::npos) {
    return conflict(say("the record store is busy", "기록 저장소가 사용 중입니다"), where,
                    say("try again", "다시 시도하세요"));
  }
  // SOCI appends the statement and its values to the message; only the part before may be shown.
  const auto cut = message.find(" while ");
  return internal_error(say("the record store says: {}", "기록 저장소 메시지: {}", message.substr(0, cut)), where,
                        say("check the file, free space and permissions", "파일과 남은 공간, 권한을 확인하세요"));
}

/// SQLite runs only the first of several statements, silently.
std::vector<std::string> statements_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(';');
    const auto piece = text.substr(0, end);
    if (piece.find_first_not_of(" \n\r\t") != std::string_view::npos) out.emplace_back(piece);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

void migrate(soci::session& session) {
  Immediate transaction(session);
  session << "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY)";
  for (const auto name : migrations) {
    const std::string key(name);
    int applied = 0;
    session << "SELECT count(*) FROM migration WHERE name = :name", soci::use(key), soci::into(applied);
    if (applied != 0) continue;
    for (const auto& statement : statements_of(sql::text(name))) session << statement;
    session << "INSERT INTO migration (name) VALUES (:name)", soci::use(key);
  }
  transaction.commit();
}

/// The switch does not wait for others as statements do: of several processes opening a new file, all but one are told
/// "locked" at once. So it is tried again for as long as a statement would wait.
void use_write_ahead_log(soci::session& session) {
  constexpr int pause_ms = 10;
  for (int waited_ms = 0;; waited_ms += pause_ms) {
    try {
      std::string mode;
      session << "PRAGMA journal_mode=WAL", soci::into(mode);
      return;
    } catch (const std::exception&) {
      if (waited_ms >= busy_wait_ms) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    }
  }
}

std::string kind_of(const std::string& stream) { return stream.substr(0, stream.find('/')); }

}  // namespace

struct Records::State {
  State(std::string file_name, const Clock& its_clock) : where(std::move(file_name)), clock(its_clock) {}
  std::string where;
  const Clock& clock;
  std::mutex mutex;  // one connection: callers on several threads take turns
  soci::session session;

  /// Runs `deed` alone; what SOCI throws becomes an Error.
  template <typename Deed>
  auto alone(Deed deed) -> decltype(deed(session)) {
    const std::lock_guard lock(mutex);
    try {
      return deed(session);
    } catch (const std::exception& failure) {
      return storage_error(failure, where);
    }
  }

  Result<std::vector<Event>> events(const std::string& condition, const std::string& key, long long after) {
    return alone([&](soci::session& sql) -> Result<std::vector<Event>> {
      Event event;
      long long position = 0;
      long long version = 0;
      long long at_ms = 0;
      soci::statement statement =
          (sql.prepare << "SELECT position, stream, version, type, payload, actor, at_ms FROM event WHERE " +
                              condition + " ORDER BY position",
           soci::use(key), soci::use(after), soci::into(position), soci::into(event.stream), soci::into(version),
           soci::into(event.type), soci::into(event.payload), soci::into(event.actor), soci::into(at_ms));
      statement.execute();
      std::vector<Event> out;
      while (statement.fetch()) {
        event.position = position;
        event.version = version;
        event.at_ms = at_ms;
        out.push_back(event);
      }
      return out;
    });
  }
};

Records::Records(std::unique_ptr<State> state) : state_(std::move(state)) {}
Records::~Records() = default;
Records::Records(Records&&) noexcept = default;

Result<Records> Records::open(const std::filesystem::path& file, const Clock& clock) {
  auto state = std::make_unique<State>(file.string(), clock);
  if (state->where.find('"') != std::string::npos) {
    return usage_error(say("a quotation mark cannot be part of the name", "이름에 따옴표를 쓸 수 없습니다"),
                       state->where);
  }
  try {
    auto& sql = state->session;
    sql.open(*factory_sqlite3(), "db=\"" + state->where + "\" timeout=20");
    sql << "PRAGMA busy_timeout=" + std::to_string(busy_wait_ms);
    use_write_ahead_log(sql);
    sql << "PRAGMA synchronous=FULL";
    sql << "PRAGMA foreign_keys=ON";
    migrate(sql);
  } catch (const std::exception& failure) {
    return storage_error(failure, state->where);
  }
  std::error_code code;
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, code);
  return Records(std::move(state));
}

Done Records::append(const std::vector<StreamAppend>& appends) {
  return state_->alone([&](soci::session& sql) -> Done {
    Immediate transaction(sql);
    const long long at_ms = state_->clock.now_ms();
    long long position = 0;
    sql << "SELECT coalesce(max(position), 0) FROM event", soci::into(position);
    for (const auto& append : appends) {
      long long version = 0;
      sql << "SELECT coalesce(max(version), 0) FROM event WHERE stream = :stream", soci::use(append.stream),
          soci::into(version);
      if (append.expected_version >= 0 && append.expected_version != version) {
        return conflict(say("it was changed by somebody else (version {} now, {} read)",
                            "다른 사람이 변경했습니다(현재 버전 {}, 읽은 버전 {})", version, append.expected_version),
                        append.stream, say("read it again and decide again", "다시 읽고 다시 결정하세요"));
      }
      const auto kind = kind_of(append.stream);
      for (const auto& event : append.events) {
        ++position;
        ++version;
        sql << "INSERT INTO event (position, kind, stream, version, type, payload, actor, at_ms) VALUES "
               "(:position, :kind, :stream, :version, :type, :payload, :actor, :at_ms)",
            soci::use(position), soci::use(kind), soci::use(append.stream), soci::use(version), soci::use(event.type),
            soci::use(event.payload), soci::use(event.actor), soci::use(at_ms);
      }
    }
    transaction.commit();
    return {};
  });
}

Done Records::append(std::string stream, std::int64_t expected_version, std::vector<NewEvent> events) {
  return append(std::vector<StreamAppend>{{std::move(stream), expected_version, std::move(events)}});
}

Result<std::vector<Event>> Records::read(std::string_view stream) {
  return state_->events("stream = :stream AND version > :after", std::string(stream), 0);
}

Result<std::vector<Event>> Records::read_all(std::string_view kind, std::int64_t after_position) {
  return state_->events("kind = :kind AND position > :after", std::string(kind), after_position);
}

Result<std::vector<std::string>> Records::streams(std::string_view kind) {
  return state_->alone([&](soci::session& sql) -> Result<std::vector<std::string>> {
    const std::string key(kind);
    std::string name;
    soci::statement statement = (sql.prepare << "SELECT DISTINCT stream FROM event WHERE kind = :kind ORDER BY stream",
                                 soci::use(key), soci::into(name));
    statement.execute();
    std::vector<std::string> out;
    while (statement.fetch()) out.push_back(name);
    return out;
  });
}

Done Records::put(std::string_view collection, std::string_view key, std::string_view document) {
  return state_->alone([&](soci::session& sql) -> Done {
    const std::string in(collection);
    const std::string name(key);
    const std::string content(document);
    Immediate transaction(sql);
    sql << "INSERT INTO document (collection, name, content) VALUES (:collection, :name, :content) "
           "ON CONFLICT (collection, name) DO UPDATE SET content = excluded.content",
        soci::use(in), soci::use(name), soci::use(content);
    transaction.commit();
    return {};
  });
}

Result<std::optional<std::string>> Records::get(std::string_view collection, std::string_view key) {
  return state_->alone([&](soci::session& sql) -> Result<std::optional<std::string>> {
    const std::string in(collection);
    const std::string name(key);
    std::string content;
    sql << "SELECT content FROM document WHERE collection = :collection AND name = :name", soci::use(in),
        soci::use(name), soci::into(content);
    if (!sql.got_data()) return std::optional<std::string>();
    return std::optional<std::string>(content);
  });
}

Result<std::vector<std::pair<std::string, std::string>>> Records::list(std::string_view collection) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  return state_->alone([&](soci::session& sql) -> Result<Pairs> {
    const std::string in(collection);
    std::pair<std::string, std::string> row;
    soci::statement statement =
        (sql.prepare << "SELECT name, content FROM document WHERE collection = :collection ORDER BY name",
         soci::use(in), soci::into(row.first), soci::into(row.second));
    statement.execute();
    Pairs out;
    while (statement.fetch()) out.push_back(row);
    return out;
  });
}

Done Records::erase(std::string_view collection, std::string_view key) {
  return state_->alone([&](soci::session& sql) -> Done {
    const std::string in(collection);
    const std::string name(key);
    Immediate transaction(sql);
    sql << "DELETE FROM document WHERE collection = :collection AND name = :name", soci::use(in), soci::use(name);
    transaction.commit();
    return {};
  });
}

Result<std::int64_t> Records::add_to_counter(std::string_view name, std::int64_t by, std::int64_t at_most) {
  return state_->alone([&](soci::session& sql) -> Result<std::int64_t> {
    const std::string key(name);
    Immediate transaction(sql);
    long long amount = 0;
    sql << "SELECT coalesce(max(amount), 0) FROM counter WHERE name = :name", soci::use(key), soci::into(amount);
    const bool overflow = by > 0 && amount > std::numeric_limits<long long>::max() - by;
    if (overflow || (by > 0 && amount + by > at_most)) {
      return refused(say("{} of {} are used; {} more do not fit", "{} / {} 사용되어 {}만큼 더 쓸 수 없습니다", amount,
                         at_most, by),
                     key, say("ask for a larger budget", "더 큰 한도를 신청하세요"));
    }
    amount += by;
    sql << "INSERT INTO counter (name, amount) VALUES (:name, :amount) "
           "ON CONFLICT (name) DO UPDATE SET amount = excluded.amount",
        soci::use(key), soci::use(amount);
    transaction.commit();
    return static_cast<std::int64_t>(amount);
  });
}

Result<std::int64_t> Records::counter(std::string_view name) {
  return state_->alone([&](soci::session& sql) -> Result<std::int64_t> {
    const std::string key(name);
    long long amount = 0;
    sql << "SELECT coalesce(max(amount), 0) FROM counter WHERE name = :name", soci::use(key), soci::into(amount);
    return static_cast<std::int64_t>(amount);
  });
}

Result<std::int64_t> Records::enqueue(std::string_view queue, std::string_view payload) {
  return state_->alone([&](soci::session& sql) -> Result<std::int64_t> {
    const std::string name(queue);
    const std::string content(payload);
    const long long at_ms = state_->clock.now_ms();
    Immediate transaction(sql);
    long long number = 0;
    sql << "SELECT coalesce(max(last_number), 0) FROM queue WHERE name = :name", soci::use(name), soci::into(number);
    ++number;
    sql << "INSERT INTO queue (name, last_number) VALUES (:name, :number) "
           "ON CONFLICT (name) DO UPDATE SET last_number = excluded.last_number",
        soci::use(name), soci::use(number);
    sql << "INSERT INTO queued (queue, number, payload, at_ms) VALUES (:queue, :number, :payload, :at_ms)",
        soci::use(name), soci::use(number), soci::use(content), soci::use(at_ms);
    transaction.commit();
    return static_cast<std::int64_t>(number);
  });
}

Result<std::vector<Queued>> Records::peek(std::string_view queue, std::int64_t after, std::size_t at_most) {
  return state_->alone([&](soci::session& sql) -> Result<std::vector<Queued>> {
    const std::string name(queue);
    const long long from = after;
    const auto limit = static_cast<long long>(std::min<std::size_t>(at_most, 1'000'000));
    long long number = 0;
    long long at_ms = 0;
    std::string payload;
    soci::statement statement =
        (sql.prepare << "SELECT number, payload, at_ms FROM queued WHERE queue = :queue AND number > :after "
                        "ORDER BY number LIMIT :most",
         soci::use(name), soci::use(from), soci::use(limit), soci::into(number), soci::into(payload),
         soci::into(at_ms));
    statement.execute();
    std::vector<Queued> out;
    while (statement.fetch()) out.push_back({number, payload, at_ms});
    return out;
  });
}

Done Records::drop_through(std::string_view queue, std::int64_t number) {
  return state_->alone([&](soci::session& sql) -> Done {
    const std::string name(queue);
    const long long through = number;
    Immediate transaction(sql);
    sql << "DELETE FROM queued WHERE queue = :queue AND number <= :through", soci::use(name), soci::use(through);
    transaction.commit();
    return {};
  });
}

}  // namespace naru::engine
