#include "evidence/rounds.h"

#include <algorithm>
#include <iterator>

#include "base/digest.h"
#include "base/json.h"

namespace naru::evidence {
namespace {

constexpr std::string_view prefix = "published-";
constexpr std::int64_t near_share = 10;  // fewer than 1 in 10 differ: nearly the same persons

// How many persons are in one of two ascending lists only.
std::int64_t difference_size(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  std::vector<std::int64_t> out;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return static_cast<std::int64_t>(out.size());
}

Json json_of(const Publication& p) {
  return {{"plan", p.plan},       {"solution", p.solution}, {"figures", p.figures}, {"sites", p.sites},
          {"persons", p.persons}, {"alone", p.alone},       {"curve", p.curve}};
}

Result<Publication> read_publication(const fs::path& file) {
  NARU_ASSIGN(const auto json, read_json(file));
  NARU_ASSIGN(const auto reader, Reader::of(json, file.filename().string()));
  Publication out;
  NARU_ASSIGN(out.plan, reader.text("plan"));
  NARU_ASSIGN(out.solution, reader.text("solution"));
  NARU_ASSIGN(out.figures, reader.text("figures"));
  NARU_ASSIGN(out.sites, reader.texts("sites"));
  NARU_ASSIGN(out.curve, reader.text_or("curve", ""));
  NARU_ASSIGN(const auto persons, reader.array("persons"));
  for (const auto& [value, where] : persons) {
    if (!value->is_number_integer()) return rejected(say("not a person id", "사람 식별자가 아닙니다"), where);
    out.persons.push_back(value->get<std::int64_t>());
  }
  NARU_ASSIGN(out.alone, reader.boolean_or("alone", false));
  return out;
}

std::string list(const std::vector<SiteName>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

Done allowed_beside(const Publication& earlier, const Publication& now, std::int64_t min_cell) {
  const auto differ = difference_size(earlier.persons, now.persons);
  const auto fewer = static_cast<std::int64_t>(std::min(earlier.persons.size(), now.persons.size()));
  const bool near = differ < std::max(min_cell, fewer / near_share);
  const auto where = "plan " + earlier.plan.substr(0, 12);
  if (near && earlier.sites != now.sites && !earlier.alone && !now.alone) {
    return refused(say("these persons were already summed over {}: a sum over other sites would show the difference",
                       "이 대상은 이미 {} 기관의 합으로 공개되었습니다. 다른 기관 구성의 합은 그 차이를 드러냅니다",
                       list(earlier.sites)),
                   where,
                   say("run the plan with the same sites, or wait until the cohort has changed by a tenth",
                       "같은 기관으로 실행하거나 코호트가 10분의 1 이상 바뀐 뒤 실행하세요"));
  }
  if (near && !earlier.curve.empty() && !now.curve.empty() &&
      (earlier.curve != now.curve || (differ > 0 && differ < min_cell))) {
    return refused(
        say("a curve over time of nearly the same persons was already reported: two of them would tell of the "
            "few persons between them",
            "거의 같은 대상의 경과 곡선이 이미 보고되었습니다. 두 곡선을 비교하면 그 사이의 소수가 드러납니다"),
        where,
        say("cut time as in that report, or leave survival_steps out: the curve there stands for this one too",
            "그 보고서와 같게 시간을 나누거나 survival_steps를 빼세요. 그 곡선이 이 계획에도 쓰입니다"));
  }
  if (earlier.solution != now.solution) return {};
  if (differ > 0 && differ < min_cell) {
    return refused(say("an earlier report is about almost the same persons: the two would tell about fewer than {}",
                       "앞선 보고서와 대상이 거의 같아, 둘을 비교하면 {}명 미만에 대해 알게 됩니다", min_cell),
                   where,
                   say("the earlier report stands; run again when at least {} persons differ",
                       "앞선 보고서를 쓰거나 {}명 이상 달라진 뒤 다시 실행하세요", min_cell));
  }
  if (differ == 0 && earlier.figures != now.figures) {
    return refused(say("the same persons and solution were reported with other thresholds, subgroups or grid",
                       "같은 대상과 솔루션이 다른 임계값, 하위집단 또는 격자로 이미 보고되었습니다"),
                   where,
                   say("two close thresholds in two reports tell of the persons between them: put all into one plan",
                       "두 보고서의 가까운 임계값은 그 사이의 사람을 드러냅니다. 한 계획에 모두 넣으세요"));
  }
  return {};
}

}  // namespace

Publication publication_of(const LockedPlan& plan, std::vector<SiteName> sites, std::vector<std::int64_t> persons) {
  std::sort(sites.begin(), sites.end());
  const Json figures{
      {"thresholds", plan.plan.thresholds}, {"subgroups", plan.plan.subgroups}, {"score_grid", plan.plan.score_grid}};
  Publication out{plan.hash, hex(sha256(plan.solution)), canonical(figures), std::move(sites), std::move(persons)};
  if (plan.plan.survival_steps) out.curve = fmt::format("{}/{}", plan.plan.horizon_days, *plan.plan.survival_steps);
  return out;
}

Done claim_publication(const fs::path& folder, const Publication& publication, std::int64_t min_cell) {
  NARU_CHECK(make_folder(folder, 0700));
  NARU_ASSIGN(const auto held, FileLock::acquire(folder / ".lock"));
  NARU_ASSIGN(const auto files, list_files(folder, false));
  for (const auto& file : files) {
    if (!file.string().starts_with(prefix)) continue;
    NARU_ASSIGN(const auto earlier, read_publication(folder / file));
    NARU_CHECK(allowed_beside(earlier, publication, min_cell));
  }
  const auto text = canonical(json_of(publication));
  const auto name = std::string(prefix) + hex(sha256(text)).substr(0, 32) + ".json";
  return write_file_atomic(folder / name, text, 0600);
}

}  // namespace naru::evidence
