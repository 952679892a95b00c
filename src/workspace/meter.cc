#include "workspace/meter.h"

namespace naru::workspace {

Result<std::int64_t> spend_answer(engine::Records& records, const govern::UseRight& right) {
  // The counter that `answers_used` reads and questions spend from.
  auto used = records.add_to_counter("answers/" + right.id, 1, right.query_budget);
  if (used.ok()) return used;
  if (used.error().kind != ErrorKind::refused) return used;
  return refused(
      say("all {} answers of the right are used", "권한의 답변 {}회를 모두 사용했습니다", right.query_budget),
      right.id + ".query_budget", say("ask {} for a larger budget", "{}에 한도 증액을 신청하세요", right.issuer));
}

}  // namespace naru::workspace
