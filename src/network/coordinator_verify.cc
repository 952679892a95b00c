// A round of verification: the locked plan travels, masked sums come back, the report is built, sealed and logged.
#include "base/limits.h"
#include "evaluate/federated.h"
#include "evidence/federated.h"
#include "evidence/package.h"
#include "evidence/report.h"
#include "evidence/seal.h"
#include "evidence/secure_sum.h"
#include "evidence/solution.h"
#include "govern/demonstration.h"
#include "govern/office.h"
#include "network/coordinator.h"
#include "network/journal.h"
#include "network/task_support.h"

namespace naru::network {
namespace {

constexpr std::int64_t round_wait_ms = 10 * limits::answer_wait_ms;

// Packages that travel, as the index of a bundle and its files. Names in a bundle are plain: the index has the paths.
struct Travelling {
  Json index = Json::array();
  std::vector<NamedBytes> files;
};

Result<Travelling> travelling(const std::vector<std::filesystem::path>& folders) {
  Travelling out;
  for (const auto& folder : folders) {
    NARU_ASSIGN(const auto digest, evidence::package_digest(folder));
    NARU_ASSIGN(auto files, evidence::read_package(folder, evidence::package_wire_bytes_max));
    Json entries = Json::array();
    for (auto& file : files) {
      entries.push_back(
          {{"path", file.path}, {"kind", file.kind}, {"executable", file.executable}, {"target", file.target}});
      if (file.kind != "file") continue;
      out.files.push_back({fmt::format("file-{}", out.files.size()), std::move(file.content)});
    }
    out.index.push_back({{"sha256", digest}, {"entries", std::move(entries)}});
  }
  return out;
}

// One conversation with the sites of a round.
class Round {
 public:
  Round(AuthorityMailbox& mail, std::string id) : mail_(&mail), id_(std::move(id)) {}

  /// The plan goes out; answers the sites that are ready. The others are remembered with their reason.
  Result<std::vector<std::string>> prepare(const std::vector<std::string>& sites, const std::vector<Body>& tasks,
                                           std::int64_t wait_ms) {
    std::string correlation;
    for (std::size_t i = 0; i < sites.size(); ++i) {
      NARU_ASSIGN(correlation, mail_->send(sites[i], "verify.run", correlation, tasks[i]));
    }
    std::optional<Error> first;
    for (const auto& site : sites) {
      const auto answer = mail_->wait_from(correlation, site, wait_ms);
      if (answer.ok()) {
        sites_.push_back(site);
        continue;
      }
      if (!first) first = answer.error();
      const auto& what = answer.error().what;
      dropped_.push_back({{"site", site},
                          {"reason", std::string(name_of(answer.error().kind))},
                          {"what", {{"en", what.en}, {"ko", what.ko}}}});
    }
    if (sites_.size() < evidence::secure_sum_sites_min) {
      if (first) return *std::move(first);
      // Says that two sites are not enough.
      NARU_ASSIGN([[maybe_unused]] const auto none, evidence::sum({}));
    }
    std::sort(sites_.begin(), sites_.end());
    return sites_;
  }

  /// The same question to every site of the round; their answers in the order of the sites.
  Result<std::vector<Json>> ask(const std::string& kind, const Json& task) {
    std::string correlation;
    for (const auto& site : sites_) {
      NARU_ASSIGN(correlation, mail_->send(site, kind, correlation, json_body(task)));
    }
    std::vector<Json> out;
    for (const auto& site : sites_) {
      NARU_ASSIGN(const auto answer, mail_->wait_from(correlation, site, limits::answer_wait_ms));
      NARU_ASSIGN(auto json, json_of_message(answer));
      out.push_back(std::move(json));
    }
    return out;
  }

  /// What the sites' masked vectors under `key` add up to.
  [[nodiscard]] Result<std::vector<std::uint64_t>> sum(const std::vector<Json>& answers, const std::string& key,
                                                       std::size_t words) const {
    std::vector<evidence::Masked> masked;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const auto where = "answer of " + sites_[i];
      NARU_ASSIGN(const auto reader, Reader::of(answers[i], where));
      NARU_ASSIGN(const auto text, reader.text(key));
      NARU_ASSIGN(auto one, evidence::parse_masked(text, where));
      if (one.site != sites_[i]) return rejected(say("another site's answer", "다른 기관의 답입니다"), where);
      masked.push_back(std::move(one));
    }
    NARU_ASSIGN(auto out, evidence::sum(masked));
    if (out.size() == words) return out;
    return rejected(say("a sum has {} words, not {}", "합의 길이가 {}입니다 ({}여야 함)", out.size(), words), id_);
  }

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::vector<std::string>& sites() const { return sites_; }
  [[nodiscard]] const Json& dropped() const { return dropped_; }

 private:
  AuthorityMailbox* mail_;
  std::string id_;
  std::vector<std::string> sites_;
  Json dropped_ = Json::array();
};

// Calibration of the scores as they are, not as the grid has them.
Result<evaluate::CalibrationFit> fit_calibration(Round& round) {
  evaluate::CalibrationFit fit;
  while (!fit.done()) {
    const auto& at = fit.next();
    NARU_ASSIGN(const auto answers, round.ask("verify.newton", {{"round", round.id()},
                                                                {"step", fit.rounds() + 1},
                                                                {"slope_a", at.slope_a},
                                                                {"slope_b", at.slope_b},
                                                                {"offset_a", at.offset_a}}));
    NARU_ASSIGN(const auto sums, round.sum(answers, "masked", evaluate::newton_words));
    fit.take(std::span<const std::uint64_t, evaluate::newton_words>(sums.data(), evaluate::newton_words));
  }
  return fit;
}

Result<evidence::PairedResult> compare(Round& round, const std::vector<Json>& summed,
                                       const std::vector<std::uint64_t>& pooled, const evidence::Layout& layout) {
  const auto bins = static_cast<std::size_t>(layout.grid + 1);
  NARU_ASSIGN(const auto other, round.sum(summed, "comparator", 2 * bins));
  const std::span<const std::uint64_t> all(pooled);
  const std::span<const std::uint64_t> both(other);
  const auto cases = all.subspan(layout.cases_at(0), bins);
  const auto controls = all.subspan(layout.controls_at(0), bins);
  const auto list = [](std::span<const std::uint64_t> counts) {
    return Json(std::vector(counts.begin(), counts.end()));
  };
  NARU_ASSIGN(const auto answers, round.ask("verify.paired", {{"round", round.id()},
                                                              {"cases", list(cases)},
                                                              {"controls", list(controls)},
                                                              {"comparator_cases", list(both.first(bins))},
                                                              {"comparator_controls", list(both.subspan(bins))}}));
  NARU_ASSIGN(const auto sums, round.sum(answers, "masked", evaluate::paired_words));
  evidence::PairedResult out;
  NARU_ASSIGN(const auto levels, evaluate::levels_of_grid(cases, controls));
  NARU_ASSIGN(out.comparator, evaluate::levels_of_grid(both.first(bins), both.subspan(bins)));
  out.comparison = evaluate::compare_from_sums(
      levels, out.comparator,
      std::span<const std::uint64_t, evaluate::paired_words>(sums.data(), evaluate::paired_words));
  return out;
}

Json summary_json(const evidence::SiteSummary& summary) {
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  return {
      {"site", summary.site},           {"persons", number(summary.persons)},   {"events", number(summary.events)},
      {"auroc", number(summary.auroc)}, {"auroc_lo", number(summary.auroc_lo)}, {"auroc_hi", number(summary.auroc_hi)},
      {"reason", summary.reason}};
}

struct Figures {
  std::vector<std::string> shared;
  std::vector<std::string> overlaps;
  std::vector<std::uint64_t> pooled;
  std::string federated;
};

Result<Figures> run_round(Round& round, const evidence::LockedPlan& plan, const evidence::OutputRules& rules,
                          const std::string& directory) {
  NARU_ASSIGN(const auto summed,
              round.ask("verify.sum", {{"round", round.id()}, {"sites", round.sites()}, {"directory", directory}}));
  const auto layout = evidence::layout_of(plan.plan);
  Figures out;
  for (const auto& answer : summed) {
    NARU_ASSIGN(const auto reader, Reader::of(answer, "verify.sum"));
    NARU_ASSIGN(auto shared, reader.text("shared"));
    out.shared.push_back(std::move(shared));
    // A site of the version before sends none.
    if (!reader.has("overlaps")) continue;
    NARU_ASSIGN(auto overlaps, reader.texts("overlaps"));
    for (auto& one : overlaps) out.overlaps.push_back(std::move(one));
  }
  NARU_ASSIGN(out.pooled, round.sum(summed, "masked", layout.size()));
  NARU_ASSIGN(const auto fit, fit_calibration(round));
  evidence::FederatedInput more{plan.plan, rules, out.pooled, fit, {}};
  NARU_ASSIGN(const auto solution, evidence::parse_solution(plan.solution, plan.plan.solution));
  if (solution.comparator) {
    NARU_ASSIGN(more.paired, compare(round, summed, out.pooled, layout));
  }
  NARU_ASSIGN(out.federated, evidence::federated_figures(more));
  return out;
}

Result<std::string> seal_report(Site& site, const VerifyRequest& request, const evidence::ReportInput& input,
                                const Json& dropped) {
  const auto& plan = input.plan;
  NARU_ASSIGN(const auto report, evidence::build_report(input));
  const evidence::SealInput sealing{plan, report, site.description().name, input.created_at};
  NARU_ASSIGN(const auto digest, evidence::body_digest(sealing));
  // The entry of the seal is proven by the checkpoint of this moment; later entries only move the checkpoint on.
  NARU_ASSIGN(const auto index,
              site.log().append({"evidence.sealed", request.account,
                                 fields({{"id", report.id}, {"body", digest}, {"plan", plan.hash}})}));
  NARU_ASSIGN(const auto proof, evidence::bound_log_proof(site.layout().log(), index));
  NARU_ASSIGN(const auto sealed, evidence::seal(sealing, site.keys().signing_key(), proof));
  const auto folder = site.layout().evidence();
  NARU_CHECK(make_folder(folder, 0755));
  const auto file = folder / (report.id + ".evidence.json");
  const auto page = folder / (report.id + ".html");
  NARU_CHECK(write_file_atomic(page, report.html));
  NARU_CHECK(write_file_atomic(file, sealed));
  Json sites = Json::array();
  for (const auto& shared : input.shared) {
    NARU_ASSIGN(const auto summary, evidence::summary_of(shared, "shared"));
    sites.push_back(summary_json(summary));
  }
  NARU_ASSIGN(const auto pooled, evidence::pooled_summary(report.json, "report"));
  auto out = summary_json(pooled);
  out["id"] = report.id;
  out["report"] = file.string();
  out["page"] = page.string();
  out["plan"] = plan.hash;
  out["round"] = input.round;
  out["sites"] = sites;
  out["dropped"] = dropped;
  NARU_ASSIGN(out["federated"], parse_json(input.federated, "federated"));
  out["trust"] =
      Json::array({{{"name", site.description().name}, {"key", to_hex(site.keys().signing_key().public_key())}}});
  return fields(out);
}

// The case that the right was issued on, and its certificate once there is one: what a reader can ask the authority
// for.
Result<std::vector<std::string>> approvals_of(govern::Office& office, const std::string& right) {
  const govern::Actor reader{"authority", "", {"auditor"}};
  const auto unmetered = [](std::string_view) -> std::optional<std::int64_t> { return std::nullopt; };
  NARU_ASSIGN(const auto view, office.right_view_json(right, reader, unmetered));
  NARU_ASSIGN(const auto json, parse_json(view, right));
  std::vector<std::string> out;
  const auto application = json.value("application", std::string());
  if (application.empty()) return out;
  out.push_back(application);
  NARU_ASSIGN(const auto case_view, office.application_view_json(application, reader));
  NARU_ASSIGN(const auto state, parse_json(case_view, application));
  const auto certificate = state.find("certificate");
  if (certificate != state.end() && certificate->is_string()) out.push_back(certificate->get<std::string>());
  return out;
}

}  // namespace

Result<std::string> Coordinator::verify(const VerifyRequest& request) {
  NARU_ASSIGN(const auto policy, protect::find_policy(share_, request.policy));
  NARU_ASSIGN(const auto plan, evidence::parse_locked(request.locked, "locked plan"));
  SiteJournal journal(site_);
  govern::Office office(site_.records(), site_.clock(), site_.random(), journal, share_);
  NARU_ASSIGN(const auto token, office.right(request.right));
  NARU_ASSIGN(auto packages, travelling(request.packages));
  NARU_ASSIGN(const auto solution, evidence::parse_solution(plan.solution, plan.plan.solution));
  govern::Demonstrations demonstrations(site_.records(), site_.clock(), journal);
  const auto recorded_use = [&]() -> Result<std::string> {
    if (request.project.empty()) return std::string();
    return demonstrations.stage_json(request.project, plan.hash, solution.version);
  };
  // Asked before anything runs, so that another project's plan is refused at once; told as it is at the end.
  NARU_ASSIGN([[maybe_unused]] const auto before, recorded_use());
  Round round(mail_, fmt::format("{}-{}", plan.hash.substr(0, 12), to_hex(site_.random().bytes(4))));
  NARU_CHECK(site_.record("plan.locked", fields({{"plan", plan.plan.id}, {"hash", plan.hash}, {"round", round.id()}}),
                          request.account));
  const auto locked_at = format_instant(site_.clock().now_ms());
  const Json task{{"locked", request.locked},           {"round", round.id()},
                  {"policy", request.policy},           {"policy_hash", policy.hash},
                  {"right", govern::right_file(token)}, {"account", request.account},
                  {"packages", packages.index}};
  std::vector<Body> tasks;
  for (std::size_t i = 0; i < request.hospitals.size(); ++i) {
    NARU_ASSIGN(auto body, bundle_body(site_, task, packages.files));
    tasks.push_back(std::move(body));
  }
  NARU_ASSIGN(const auto ready,
              round.prepare(request.hospitals, tasks, request.wait_ms > 0 ? request.wait_ms : round_wait_ms));
  NARU_CHECK(site_.record(
      "round.sites", fields({{"round", round.id()}, {"sites", ready}, {"dropped", round.dropped()}}), request.account));
  evidence::ReportInput input;
  input.plan = plan;
  input.rules = {policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary, policy.outputs.digits};
  NARU_ASSIGN(const auto control, control_of(policy));
  input.rules.models = control.models;
  input.rules.dominance = control.dominance;
  NARU_ASSIGN(const auto directory,
              signed_directory(site_.records(), site_.keys().signing_key(), site_.clock().now_ms()));
  NARU_ASSIGN(auto figures, run_round(round, plan, input.rules, directory));
  NARU_ASSIGN([[maybe_unused]] const auto used,
              site_.records().add_to_counter("meter/" + request.right, 1, token.right.query_budget));
  input.shared = std::move(figures.shared);
  input.pooled = std::move(figures.pooled);
  input.federated = std::move(figures.federated);
  input.overlaps = std::move(figures.overlaps);
  NARU_ASSIGN(input.stage, recorded_use());
  input.round = round.id();
  input.mode = "federated";
  input.locked_at = locked_at;
  input.created_at = format_instant(site_.clock().now_ms());
  input.software = "naru " NARU_VERSION;
  input.right = request.right;
  NARU_ASSIGN(input.approvals, approvals_of(office, request.right));
  return seal_report(site_, request, input, round.dropped());
}

}  // namespace naru::network
