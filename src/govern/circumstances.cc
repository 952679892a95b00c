#include "govern/circumstances.h"

#include "base/files.h"
#include "base/json.h"

#include <algorithm>
#include <array>

namespace naru::govern {
namespace {

constexpr std::array<std::string_view, 3> kinds = {"combination-agency", "data-agency", "innovation-zone"};

bool among(const std::vector<std::string>& few, const std::vector<std::string>& many) {
  return std::ranges::all_of(few, [&](const auto& one) { return std::ranges::find(many, one) != many.end(); });
}

// No table named asks for all of them.
bool tables_among(const Application& now, const Application& before) {
  return before.tables.empty() || (!now.tables.empty() && among(now.tables, before.tables));
}

bool asks_for_no_more(const Application& now, const Application& before) {
  return now.organisation == before.organisation && now.purpose_code == before.purpose_code &&
         now.ai_use == before.ai_use && now.release == before.release && (before.commercial || !now.commercial) &&
         (before.cohort.empty() || now.cohort == before.cohort) && among(now.holders, before.holders) &&
         among(now.datasets, before.datasets) && among(now.modes, before.modes) && tables_among(now, before);
}

Result<std::int32_t> day_in(const Reader& reader, std::string_view key) {
  NARU_ASSIGN(const auto text, reader.text(key));
  return parse_date(text, fmt::format("{}.{}", reader.where(), key));
}

Result<DesignatedBody> read_body(const Reader& reader) {
  NARU_CHECK(reader.only({"organisation", "kind", "designation", "from", "until"}));
  DesignatedBody out;
  NARU_ASSIGN(out.organisation, reader.text("organisation"));
  NARU_ASSIGN(out.kind, reader.text("kind"));
  NARU_ASSIGN(out.designation, reader.text("designation"));
  NARU_ASSIGN(out.from, day_in(reader, "from"));
  NARU_ASSIGN(out.until, day_in(reader, "until"));
  if (out.organisation.empty() || out.designation.empty()) {
    return rejected(
        say("a designated body has a name and a designation", "지정기관에는 이름과 지정 근거가 있어야 합니다"),
        reader.where());
  }
  if (std::ranges::find(kinds, out.kind) == kinds.end()) {
    return rejected(say("a designated body is a combination-agency, data-agency or innovation-zone",
                        "지정기관의 종류는 combination-agency, data-agency, innovation-zone 중 하나입니다"),
                    reader.where() + ".kind");
  }
  if (out.until < out.from) {
    return rejected(say("the designation ends before it begins", "지정 기간의 끝이 시작보다 앞섭니다"),
                    reader.where() + ".until");
  }
  return out;
}

}  // namespace

Result<std::vector<DesignatedBody>> parse_designated_bodies(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_CHECK(reader.only({"bodies"}));
  NARU_ASSIGN(const auto bodies, reader.array("bodies"));
  std::vector<DesignatedBody> out;
  for (const auto& [value, place] : bodies) {
    NARU_ASSIGN(const auto one, Reader::of(*value, place));
    NARU_ASSIGN(auto body, read_body(one));
    if (std::ranges::find(out, body.organisation, &DesignatedBody::organisation) != out.end()) {
      return rejected(say("{} stands twice", "{}이(가) 두 번 나옵니다", body.organisation), place);
    }
    out.push_back(std::move(body));
  }
  return out;
}

Result<std::vector<DesignatedBody>> designated_bodies(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::vector<DesignatedBody>();
  constexpr std::size_t bytes_max = 1U << 20U;
  NARU_ASSIGN(const auto text, read_file(file, bytes_max));
  return parse_designated_bodies(text, file.filename().string());
}

Circumstances circumstances_of(const Application& application, const std::vector<CaseState>& earlier,
                               const std::vector<DesignatedBody>& bodies, std::int32_t today) {
  Circumstances out;
  for (const auto& state : earlier) {
    const auto& before = state.application;
    if (state.outcome() != "approved" || !asks_for_no_more(application, before)) continue;
    if (today < before.valid_from || today > before.valid_until) {
      out.reasons.push_back(say("{} was approved for the same data and purpose, but its period does not cover today",
                                "{}은(는) 같은 자료와 목적으로 승인되었으나 그 기간이 오늘을 포함하지 않습니다",
                                before.id));
      continue;
    }
    out.found.emplace_back("repeat-use");
    out.reasons.push_back(say("repeated use: {} was approved for the same data and purpose and runs until {}",
                              "반복 이용: {}이(가) 같은 자료와 목적으로 승인되어 {}까지 유효합니다", before.id,
                              format_date(before.valid_until)));
    break;
  }
  const auto body = std::ranges::find(bodies, application.organisation, &DesignatedBody::organisation);
  if (body == bodies.end()) return out;
  if (today < body->from || today > body->until) {
    out.reasons.push_back(say("{} is in the register of designated bodies, but not for today",
                              "{}은(는) 지정기관 명부에 있으나 오늘은 지정 기간이 아닙니다", body->organisation));
    return out;
  }
  out.found.emplace_back("designated-body");
  out.reasons.push_back(say("designated body: {} ({}, until {})", "지정기관: {}({}, {}까지)", body->organisation,
                            body->designation, format_date(body->until)));
  return out;
}

}  // namespace naru::govern
