#pragma once
/// Where releases stand. A release folder never changes after sealing; being published is written beside it.
///   releases/ID/data/TABLE.parquet   linked OMOP tables
///   releases/ID/genome/…             genome store files (phase 2)
///   releases/ID/risk.json, risk.html, review.json, manifest.json, manifest.sig
///   releases/.built/ID/              built, not sealed
///   releases/published/ID.json       since when each tier may see it
#include <filesystem>
#include <string>
#include <string_view>

namespace naru::release {

class ReleaseFolder {
 public:
  explicit ReleaseFolder(std::filesystem::path root) : root_(std::move(root)) {}
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] std::filesystem::path data() const { return root_ / "data"; }
  [[nodiscard]] std::filesystem::path genome() const { return root_ / "genome"; }
  [[nodiscard]] std::filesystem::path risk() const { return root_ / "risk.json"; }
  [[nodiscard]] std::filesystem::path risk_report() const { return root_ / "risk.html"; }
  [[nodiscard]] std::filesystem::path review() const { return root_ / "review.json"; }
  [[nodiscard]] std::filesystem::path manifest() const { return root_ / "manifest.json"; }
  [[nodiscard]] std::filesystem::path signature() const { return root_ / "manifest.sig"; }

 private:
  std::filesystem::path root_;
};

[[nodiscard]] inline ReleaseFolder built_folder(const std::filesystem::path& releases, std::string_view id) {
  return ReleaseFolder(releases / ".built" / id);
}
[[nodiscard]] inline ReleaseFolder sealed_folder(const std::filesystem::path& releases, std::string_view id) {
  return ReleaseFolder(releases / id);
}
[[nodiscard]] inline std::filesystem::path publication_file(const std::filesystem::path& releases,
                                                            std::string_view id) {
  return releases / "published" / (std::string(id) + ".json");
}

}  // namespace naru::release
