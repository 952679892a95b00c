#include "engine/records.h"

#include "base/files.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

using namespace naru;
using namespace naru::engine;

namespace {

Records open_at(const fs::path& file, const Clock& clock) {
  auto records = Records::open(file, clock);
  REQUIRE(records.ok());
  return std::move(records).value();
}

/// Runs `deed` in `count` processes of their own; true when every one of them ended well.
template <typename Deed>
bool in_processes(int count, Deed deed) {
  std::vector<pid_t> children;
  for (int index = 0; index < count; ++index) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(deed() ? 0 : 1);
    children.push_back(child);
  }
  bool good = true;
  for (const auto child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  return good;
}

}  // namespace

TEST_CASE("events keep their order, and a writer with a stale version is told to read again") {
  const ScratchFolder folder("records");
  const FixedClock clock(1'000);
  auto records = open_at(folder.path() / "r.sqlite", clock);
  REQUIRE(records.append("case/1", 0, {{"opened", "{}", "a"}, {"moved", R"({"to":"x"})", "b"}}).ok());
  REQUIRE(records.append({{"case/1", 2, {{"closed", "{}", "a"}}}, {"case/2", 0, {{"opened", "{}", "a"}}}}).ok());
  const auto stale = records.append("case/1", 2, {{"again", "{}", "a"}});
  REQUIRE(!stale.ok());
  CHECK(stale.error().kind == ErrorKind::conflict);
  // One stale stream undoes the whole transaction.
  CHECK(!records.append({{"case/3", 0, {{"opened", "{}", "a"}}}, {"case/1", 1, {{"again", "{}", "a"}}}}).ok());
  const auto first = *records.read("case/1");
  REQUIRE(first.size() == 3);
  CHECK(first[1].payload == R"({"to":"x"})");
  CHECK(first[2].version == 3);
  CHECK(first[2].at_ms == 1'000);
  CHECK(*records.streams("case") == std::vector<std::string>{"case/1", "case/2"});
  CHECK(records.read_all("case", 2)->size() == 2);
  CHECK(records.read("case/3")->empty());
}

TEST_CASE("documents are replaced, listed in key order and erased, and survive closing") {
  const ScratchFolder folder("records");
  const FixedClock clock(1);
  {
    auto records = open_at(folder.path() / "r.sqlite", clock);
    REQUIRE(records.put("right", "b", "1").ok());
    REQUIRE(records.put("right", "a", "2").ok());
    REQUIRE(records.put("right", "b", R"({"이름":"it's"})").ok());
  }
  auto records = open_at(folder.path() / "r.sqlite", clock);
  CHECK(**records.get("right", "b") == R"({"이름":"it's"})");
  CHECK(!records.get("right", "c")->has_value());
  CHECK(records.list("right")->front().first == "a");
  REQUIRE(records.erase("right", "a").ok());
  CHECK(records.list("right")->size() == 1);
}

TEST_CASE("a queue never gives a number twice") {
  const ScratchFolder folder("records");
  const FixedClock clock(1);
  auto records = open_at(folder.path() / "r.sqlite", clock);
  CHECK(*records.enqueue("site-a", "x") == 1);
  CHECK(*records.enqueue("site-a", "y") == 2);
  REQUIRE(records.drop_through("site-a", 2).ok());
  CHECK(*records.enqueue("site-a", "z") == 3);
  CHECK(*records.enqueue("site-b", "z") == 1);
  const auto waiting = *records.peek("site-a", 0, 10);
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].payload == "z");
}

TEST_CASE("four processes that read, change and write lose nothing") {
  const ScratchFolder folder("records");
  const auto file = folder.path() / "r.sqlite";
  const SystemClock clock;
  const bool good = in_processes(4, [&] {
    auto records = Records::open(file, clock);
    if (!records.ok()) return false;
    for (int done = 0; done < 25;) {
      const auto events = records->read("count/1");
      if (!events.ok()) return false;
      const auto appended =
          records->append("count/1", static_cast<std::int64_t>(events->size()), {{"plus", "{}", "p"}});
      if (appended.ok())
        ++done;
      else if (appended.error().kind != ErrorKind::conflict)
        return false;
    }
    return true;
  });
  CHECK(good);
  auto records = open_at(file, clock);
  const auto events = *records.read("count/1");
  REQUIRE(events.size() == 100);
  for (std::size_t index = 0; index < events.size(); ++index) {
    CHECK(events[index].version == static_cast<std::int64_t>(index) + 1);
  }
}

TEST_CASE("a counter never passes its bound, whoever adds at the same time") {
  const ScratchFolder folder("records");
  const auto file = folder.path() / "r.sqlite";
  const SystemClock clock;
  const bool good = in_processes(4, [&] {
    auto records = Records::open(file, clock);
    if (!records.ok()) return false;
    for (int attempt = 0; attempt < 20; ++attempt) {
      const auto sum = records->add_to_counter("budget/right-1", 3, 100);
      if (!sum.ok() && sum.error().kind != ErrorKind::refused) return false;
      if (sum.ok() && *sum > 100) return false;
    }
    return true;
  });
  CHECK(good);
  auto records = open_at(file, clock);
  CHECK(*records.counter("budget/right-1") == 99);
  CHECK(*records.add_to_counter("budget/right-1", 1, 100) == 100);
  CHECK(!records.add_to_counter("budget/right-1", 1, 100).ok());
  CHECK(*records.add_to_counter("budget/right-1", -1, 100) == 99);
}

TEST_CASE("threads sharing one record store take turns") {
  const ScratchFolder folder("records");
  const SystemClock clock;
  auto records = open_at(folder.path() / "r.sqlite", clock);
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; ++index) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        if (!records.append("log/1", -1, {{"e", "{}", "t"}}).ok()) return;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(records.read("log/1")->size() == 40);
}
