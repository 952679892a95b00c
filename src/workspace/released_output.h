#pragma once
/// The only thing an answer can be serialised from towards a user. Nothing outside this room can build one.
#include <string>
#include <utility>

namespace naru::workspace {

class Gate;
class FeasibilityGate;

class ReleasedOutput {
 public:
  /// Canonical JSON, one line without its end.
  [[nodiscard]] const std::string& json() const { return json_; }

 private:
  friend class Gate;
  friend class FeasibilityGate;
  explicit ReleasedOutput(std::string json) : json_(std::move(json)) {}
  std::string json_;
};

}  // namespace naru::workspace
