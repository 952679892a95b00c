// Model check of an SOP: it is a small graph, so every question is one walk over it.
#include "base/json.h"
#include "govern/sop.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <set>

namespace naru::govern {
namespace {

/// What each kind of step must offer, and what it may.
struct KindRule {
  std::set<std::string> must;
  std::set<std::string> may;
  bool any = false;
};

KindRule rule_of(StepKind kind) {
  switch (kind) {
    case StepKind::check:
      return {{}, {}, true};
    case StepKind::resubmit:
      return {{"resubmitted"}, {}, false};
    case StepKind::sites:
      return {{"answered", "all_declined"}, {}, false};
    case StepKind::vote:
      return {{"voted"}, {}, false};
    case StepKind::decide:
      return {{"approve", "reject"}, {"revise"}, false};
    case StepKind::certificate:
      return {{"issued"}, {}, false};
    case StepKind::notice:
      return {{"notified"}, {}, false};
    case StepKind::end:
      break;
  }
  return {};
}

class Checker {
 public:
  explicit Checker(const Sop& sop) : sop_(sop) {}

  std::vector<SopFinding> run() {
    walk_from_start();
    structure();
    for (const auto& step : sop_.steps) {
      one_step(step);
      outcomes_of(step);
    }
    dead_ends();
    for (const auto& [id, rule] : sop_.boards) board(rule);
    appeal();
    return std::move(found_);
  }

 private:
  void add(std::string kind, const std::string& at, Text what) {
    found_.push_back({std::move(kind), at, path_to(at), std::move(what)});
  }

  // Breadth first, so that the path shown is the shortest.
  void walk_from_start() {
    std::deque<std::string> waiting;
    const auto reach = [&](const std::string& step, const std::string& from) {
      if (sop_.step(step) == nullptr || came_from_.contains(step)) return;
      came_from_[step] = from;
      waiting.push_back(step);
    };
    reach(sop_.start, "");
    bool withdrawal_seen = false;
    while (!waiting.empty()) {
      const auto at = waiting.front();
      waiting.pop_front();
      for (const auto& [outcome, next] : sop_.step(at)->on) reach(next, at);
      if (sop_.appeal && sop_.appeal->from == at) reach(sop_.appeal->to, at);
      if (!withdrawal_seen && waiting.empty()) {
        withdrawal_seen = true;
        reach(sop_.withdrawn, sop_.start);
      }
    }
  }

  std::vector<std::string> path_to(const std::string& step) const {
    std::vector<std::string> out;
    for (auto at = step; came_from_.contains(at); at = came_from_.at(at)) {
      out.push_back(at);
      if (at == sop_.start) break;
    }
    std::reverse(out.begin(), out.end());
    return out;
  }

  void structure() {
    if (sop_.step(sop_.start) == nullptr) {
      add("unknown-step", sop_.start, say("the start names no step", "시작 단계가 존재하지 않습니다"));
    }
    const auto* withdrawn = sop_.step(sop_.withdrawn);
    if (withdrawn == nullptr || withdrawn->kind != StepKind::end) {
      add("unknown-step", sop_.withdrawn,
          say("a withdrawal must lead to an end step", "신청 철회는 종료 단계로 이어져야 합니다"));
    }
    std::set<std::string> seen;
    for (const auto& step : sop_.steps) {
      if (!seen.insert(step.id).second) {
        add("duplicate-step", step.id, say("two steps are called {}", "{}라는 단계가 둘입니다", step.id));
      }
      if (!came_from_.contains(step.id)) {
        add("unreachable", step.id,
            say("no path leads from {} to {}", "{}에서 {}(으)로 가는 경로가 없습니다", sop_.start, step.id));
      }
    }
  }

  void one_step(const Step& step) {
    if (step.kind == StepKind::end) {
      if (step.outcome != "approved" && step.outcome != "rejected" && step.outcome != "withdrawn") {
        add("end-without-outcome", step.id,
            say("an end says approved, rejected or withdrawn",
                "종료 단계에는 approved, rejected, withdrawn 중 하나를 적습니다"));
      }
      return;
    }
    if (step.owner.empty() && step.clock) {
      add("clock-without-owner", step.id,
          say("the clock of {} runs against nobody", "{} 단계의 기한에 책임자가 없습니다", step.id));
    } else if (step.owner.empty()) {
      add("step-without-owner", step.id, say("nobody owns {}", "{} 단계에 책임자가 없습니다", step.id));
    } else if (std::find(sop_.roles.begin(), sop_.roles.end(), step.owner) == sop_.roles.end()) {
      add("unknown-role", step.id,
          say("the owner {} is not among the roles", "책임자 {}이(가) 역할 목록에 없습니다", step.owner));
    }
    const bool votes = step.kind == StepKind::vote || step.kind == StepKind::decide;
    if (votes && !sop_.boards.contains(step.board)) {
      add("unknown-board", step.id, say("the board \"{}\" has no rule", "위원회 \"{}\"의 규칙이 없습니다", step.board));
    }
  }

  void outcomes_of(const Step& step) {
    const auto rule = rule_of(step.kind);
    if (step.kind != StepKind::end && step.on.empty()) {
      add("no-outcome", step.id, say("nothing leads out of {}", "{} 단계에서 나가는 경로가 없습니다", step.id));
    }
    for (const auto& must : rule.must) {
      if (step.on.empty() || step.on.contains(must)) continue;
      add("missing-outcome", step.id, say("the outcome {} leads nowhere", "결과 {}에 다음 단계가 없습니다", must));
    }
    double sum = 0;
    for (const auto& [outcome, next] : step.on) {
      if (!rule.any && !rule.must.contains(outcome) && !rule.may.contains(outcome)) {
        add("missing-outcome", step.id,
            say("a {} step never ends with {}", "{} 단계는 {}(으)로 끝나지 않습니다", name_of(step.kind), outcome));
      }
      if (sop_.step(next) == nullptr) {
        add("unknown-step", step.id,
            say("{} leads to {}, which is no step", "{}이(가) 없는 단계 {}(으)로 이어집니다", outcome, next));
      }
    }
    for (const auto& [outcome, share] : step.likely) {
      sum += share;
      if (!step.on.contains(outcome) || share < 0) {
        add("probability", step.id, say("no outcome {}", "결과 {}이(가) 없습니다", outcome));
      }
    }
    constexpr double tolerance = 1e-9;
    if (!step.likely.empty() && std::abs(sum - 1) > tolerance) {
      add("probability", step.id, say("the probabilities add up to {}", "확률의 합이 {}입니다", sum));
    }
  }

  // Walks backwards from the ends: whoever is not met can never finish.
  void dead_ends() {
    std::set<std::string> finishes;
    for (const auto& step : sop_.steps) {
      if (step.kind == StepKind::end) finishes.insert(step.id);
    }
    for (bool grew = true; grew;) {
      grew = false;
      for (const auto& step : sop_.steps) {
        if (finishes.contains(step.id)) continue;
        const bool leads =
            std::any_of(step.on.begin(), step.on.end(), [&](const auto& way) { return finishes.contains(way.second); });
        if (leads) grew = finishes.insert(step.id).second || grew;
      }
    }
    for (const auto& step : sop_.steps) {
      if (finishes.contains(step.id)) continue;
      add("dead-end", step.id, say("from {} no end can be reached", "{}에서는 종료에 이를 수 없습니다", step.id));
    }
  }

  void board(const BoardRule& rule) {
    std::string at = rule.id;
    for (const auto& step : sop_.steps) {
      if (step.board == rule.id && came_from_.contains(step.id)) {
        at = step.id;
        break;
      }
    }
    const auto least = rule.members_min;
    if (rule.members_max != 0 && rule.members_max < least) {
      add("composition-impossible", at,
          say("at most {} members, but at least {}", "최대 {}명인데 최소 {}명입니다", rule.members_max, least));
    }
    if (least < 1 || rule.external_min > least || rule.ethics_min > least || (rule.both_sexes && least < 2)) {
      add("composition-impossible", at,
          say("{} members cannot meet the composition", "{}명으로는 구성 요건을 채울 수 없습니다", least));
    }
    const auto quorum = rule.quorum_of(least);
    const auto present = rule.recuse_same_organisation ? least - 1 : least;
    if (quorum > least) {
      add("quorum-impossible", at,
          say("{} votes are needed, but the smallest board has {} members",
              "{}표가 필요하지만 가장 작은 위원회는 {}명입니다", quorum, least));
    } else if (quorum > present) {
      add("quorum-impossible", at,
          say("{} votes are needed, but after one recusal {} members are left",
              "{}표가 필요하지만 한 명이 회피하면 {}명이 남습니다", quorum, present));
    }
    if (rule.quorum_external > rule.external_min) {
      add("quorum-impossible", at,
          say("the quorum needs {} external members, the composition only {}",
              "의결정족수는 외부위원 {}명이 필요하지만 구성 요건은 {}명뿐입니다", rule.quorum_external,
              rule.external_min));
    }
  }

  void appeal() {
    if (!sop_.appeal) return;
    const auto* from = sop_.step(sop_.appeal->from);
    const auto* to = sop_.step(sop_.appeal->to);
    if (from == nullptr || from->kind != StepKind::end || from->outcome != "rejected") {
      add("appeal", sop_.appeal->from,
          say("an appeal starts at a rejected end", "이의신청은 반려 종료에서 시작합니다"));
    }
    if (to == nullptr || to->kind == StepKind::end) {
      add("appeal", sop_.appeal->to,
          say("an appeal leads to a step that is not an end", "이의신청은 종료가 아닌 단계로 이어져야 합니다"));
    }
    if (sop_.appeal->times_max < 1) {
      add("appeal", sop_.appeal->from, say("an appeal that is never allowed", "허용되지 않는 이의신청입니다"));
    }
  }

  const Sop& sop_;
  std::map<std::string, std::string> came_from_;
  std::vector<SopFinding> found_;
};

}  // namespace

std::vector<SopFinding> check_sop(const Sop& sop) { return Checker(sop).run(); }

std::string findings_json(const Sop& sop, const std::vector<SopFinding>& findings) {
  Json list = Json::array();
  for (const auto& one : findings) {
    list.push_back({{"kind", one.kind},
                    {"path", one.path},
                    {"step", one.step},
                    {"what", {{"en", one.what.en}, {"ko", one.what.ko}}}});
  }
  return canonical(Json{{"ok", findings.empty()},
                        {"sop", sop.id},
                        {"version", sop.version},
                        {"hash", sop.hash},
                        {"steps", sop.steps.size()},
                        {"findings", std::move(list)}});
}

}  // namespace naru::govern
