#include "network/pins.h"

#include "network/task_support.h"

namespace naru::network {

Done pin_peer(Site& site, const Member& member) {
  const auto key = to_hex(member.sealing_key);
  NARU_ASSIGN(const auto before, site.records().get("pinned-peers", member.name));
  if (!before) return site.records().put("pinned-peers", member.name, fields({{"sealing_key", key}}));
  NARU_ASSIGN(const auto json, parse_json(*before, "pinned-peers"));
  if (json.value("sealing_key", "") == key) return {};
  return refused(
      say("the directory names another key for {} than before", "{}의 열쇠가 전에 쓰던 것과 다릅니다", member.name),
      member.name,
      say("compare fingerprints with {} by another way before any sum is masked for it",
          "합산 전에 다른 경로로 {}와 지문을 비교하세요", member.name));
}

}  // namespace naru::network
