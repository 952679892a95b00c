// A round of verification: the locked plan travels, masked sums come back, the report is built, sealed and logged.
#include "base/limits.h"
#include "evidence/report.h"
#include "evidence/seal.h"
#include "evidence/secure_sum.h"
#include "govern/office.h"
#include "network/coordinator.h"
#include "network/journal.h"
#include "network/task_support.h"

namespace naru::network {
namespace {

constexpr std::int64_t round_wait_ms = 10 * limits::answer_wait_ms;

struct Gathered {
  std::vector<std::string> shared;
  std::vector<evidence::Masked> masked;
};

Result<Gathered> gather(AuthorityMailbox& mail, const std::string& correlation, const std::vector<std::string>& sites) {
  Gathered out;
  for (const auto& site : sites) {
    NARU_ASSIGN(const auto answer, mail.wait_from(correlation, site, round_wait_ms));
    NARU_ASSIGN(const auto json, json_of_message(answer));
    NARU_ASSIGN(const auto reader, Reader::of(json, "answer of " + site));
    NARU_ASSIGN(auto shared, reader.text("shared"));
    NARU_ASSIGN(const auto text, reader.text("masked"));
    NARU_ASSIGN(auto masked, evidence::parse_masked(text, "answer of " + site));
    out.shared.push_back(std::move(shared));
    out.masked.push_back(std::move(masked));
  }
  return out;
}

Json summary_json(const evidence::SiteSummary& summary) {
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  return {
      {"site", summary.site},           {"persons", number(summary.persons)},   {"events", number(summary.events)},
      {"auroc", number(summary.auroc)}, {"auroc_lo", number(summary.auroc_lo)}, {"auroc_hi", number(summary.auroc_hi)},
      {"reason", summary.reason}};
}

}  // namespace

Result<std::string> Coordinator::verify(const VerifyRequest& request) {
  NARU_ASSIGN(const auto policy, protect::find_policy(share_, request.policy));
  NARU_ASSIGN(const auto plan, evidence::parse_locked(request.locked, "locked plan"));
  SiteJournal journal(site_);
  govern::Office office(site_.records(), site_.clock(), site_.random(), journal, share_);
  NARU_ASSIGN(const auto token, office.right(request.right));
  const auto round = fmt::format("{}-{}", plan.hash.substr(0, 12), to_hex(site_.random().bytes(4)));
  NARU_CHECK(site_.record("plan.locked", fields({{"plan", plan.plan.id}, {"hash", plan.hash}, {"round", round}}),
                          request.account));
  const auto locked_at = format_instant(site_.clock().now_ms());
  NARU_ASSIGN(const auto directory,
              signed_directory(site_.records(), site_.keys().signing_key(), site_.clock().now_ms()));
  const Json task{{"locked", request.locked},           {"round", round},
                  {"sites", request.hospitals},         {"directory", directory},
                  {"policy", request.policy},           {"policy_hash", policy.hash},
                  {"right", govern::right_file(token)}, {"account", request.account}};
  std::string correlation;
  for (const auto& site : request.hospitals) {
    NARU_ASSIGN(correlation, mail_.send(site, "verify.run", correlation, json_body(task)));
  }
  NARU_ASSIGN(auto gathered, gather(mail_, correlation, request.hospitals));
  evidence::ReportInput input;
  input.plan = plan;
  NARU_ASSIGN(input.pooled, evidence::sum(gathered.masked));
  input.shared = gathered.shared;
  input.rules = {policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary, policy.outputs.digits};
  input.round = round;
  input.mode = "federated";
  input.locked_at = locked_at;
  input.created_at = format_instant(site_.clock().now_ms());
  input.software = "naru " NARU_VERSION;
  input.right = request.right;
  NARU_ASSIGN(const auto report, evidence::build_report(input));
  const evidence::SealInput sealing{plan, report, site_.description().name, input.created_at};
  NARU_ASSIGN(const auto digest, evidence::body_digest(sealing));
  // The entry of the seal is proven by the checkpoint of this moment; later entries only move the checkpoint on.
  NARU_ASSIGN(const auto index,
              site_.log().append({"evidence.sealed", request.account,
                                  fields({{"id", report.id}, {"body", digest}, {"plan", plan.hash}})}));
  NARU_ASSIGN(const auto proof, evidence::bound_log_proof(site_.layout().log(), index));
  NARU_ASSIGN(const auto sealed, evidence::seal(sealing, site_.keys().signing_key(), proof));
  const auto folder = site_.layout().evidence();
  NARU_CHECK(make_folder(folder, 0755));
  const auto file = folder / (report.id + ".evidence.json");
  const auto page = folder / (report.id + ".html");
  NARU_CHECK(write_file_atomic(page, report.html));
  NARU_CHECK(write_file_atomic(file, sealed));
  Json sites = Json::array();
  for (const auto& shared : gathered.shared) {
    NARU_ASSIGN(const auto summary, evidence::summary_of(shared, "shared"));
    sites.push_back(summary_json(summary));
  }
  NARU_ASSIGN(const auto pooled, evidence::pooled_summary(report.json, "report"));
  auto out = summary_json(pooled);
  out["id"] = report.id;
  out["report"] = file.string();
  out["page"] = page.string();
  out["plan"] = plan.hash;
  out["round"] = round;
  out["sites"] = sites;
  out["trust"] =
      Json::array({{{"name", site_.description().name}, {"key", to_hex(site_.keys().signing_key().public_key())}}});
  return fields(out);
}

}  // namespace naru::network
