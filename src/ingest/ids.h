#pragma once
/// Lake ids of a source's own textual ids. Internal to the room.
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace naru::ingest {

/// The first 63 bits of SHA-256, 1..2^63-1, for example of "Patient/abc". One instance per thread: it keeps its digest
/// context, which makes an id three times faster than a digest of its own.
class IdHasher {
 public:
  IdHasher();
  ~IdHasher();
  IdHasher(const IdHasher&) = delete;
  /// Of the parts one after the other.
  [[nodiscard]] std::int64_t of(std::initializer_list<std::string_view> parts);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace naru::ingest
