#pragma once
/// Connects catalogue and govern to the site's audit log.
#include "catalogue/journal.h"
#include "network/identity.h"

namespace naru::network {

class SiteJournal final : public catalogue::Journal {
 public:
  /// REQUIRES: the site outlives it.
  explicit SiteJournal(Site& site) : site_(site) {}
  [[nodiscard]] Done note(std::string_view event, std::string_view fields_json, std::string_view actor) override {
    return site_.record(event, fields_json, actor);
  }

 private:
  Site& site_;
};

}  // namespace naru::network
