#pragma once
/// Where things stand in a site's folder. Names only; no I/O.
#include <filesystem>
#include <string>
#include <string_view>

namespace naru::model {

class SiteLayout {
 public:
  explicit SiteLayout(std::filesystem::path root) : root_(std::move(root)) {}
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] std::filesystem::path description() const { return root_ / "site.json"; }
  [[nodiscard]] std::filesystem::path keys() const { return root_ / "keys"; }        ///< key store, mode 0700
  [[nodiscard]] std::filesystem::path log() const { return root_ / "log"; }          ///< audit tiles
  [[nodiscard]] std::filesystem::path witness() const { return root_ / "witness"; }  ///< others' checkpoints
  [[nodiscard]] std::filesystem::path records() const { return root_ / "records.sqlite"; }
  [[nodiscard]] std::filesystem::path lake() const { return root_ / "lake"; }    ///< OMOP 5.4, TABLE.parquet
  [[nodiscard]] std::filesystem::path parts() const { return root_ / "parts"; }  ///< one folder per source
  [[nodiscard]] std::filesystem::path receipts() const { return root_ / "receipts"; }
  [[nodiscard]] std::filesystem::path refusals() const { return root_ / "refusals"; }
  [[nodiscard]] std::filesystem::path vocabulary() const { return root_ / "vocabulary"; }
  /// Identified master data of the holder: identity.parquet (person_id, name, birth_date, sex, phone, address).
  [[nodiscard]] std::filesystem::path identity() const { return root_ / "private" / "identity.parquet"; }
  [[nodiscard]] std::filesystem::path protected_data() const { return root_ / "protected"; }
  [[nodiscard]] std::filesystem::path linkage() const { return root_ / "linkage"; }
  [[nodiscard]] std::filesystem::path genome() const { return root_ / "genome"; }
  [[nodiscard]] std::filesystem::path releases() const { return root_ / "releases"; }
  [[nodiscard]] std::filesystem::path deposits() const { return root_ / "deposits"; }
  [[nodiscard]] std::filesystem::path evidence() const { return root_ / "evidence"; }
  [[nodiscard]] std::filesystem::path spool() const { return root_ / "spool"; }  ///< wire messages on the way
  /// Persons of this holder who withdrew: withdrawn.json {"epoch":n,"persons":[person_id…]}.
  [[nodiscard]] std::filesystem::path withdrawn() const { return root_ / "private" / "withdrawn.json"; }

 private:
  std::filesystem::path root_;
};

}  // namespace naru::model
