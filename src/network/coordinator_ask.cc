// Questions, allele counts and revocation, as the authority carries them.
#include "base/limits.h"
#include "govern/office.h"
#include "network/coordinator.h"
#include "network/journal.h"
#include "network/questions.h"
#include "network/task_support.h"
#include "workspace/ask.h"

#include <cmath>

namespace naru::network {
namespace {

Json refusal_json(const std::string& site, const Error& error) {
  return {{"site", site},
          {"persons", nullptr},
          {"reason", std::string(name_of(error.kind))},
          {"refused",
           {{"kind", std::string(name_of(error.kind))},
            {"what", both(error.what)},
            {"where", error.where},
            {"hint", both(error.hint)}}}};
}

// Noise of different sites is independent: variances add up.
Json noise_of_sum(double rho, const Json& holders) {
  double variance = 0;
  for (const auto& holder : holders) {
    const auto noise = holder.find("noise");
    if (noise == holder.end()) continue;
    const auto error = noise->value("standard_error", 0.0);
    variance += error * error;
  }
  return {{"rho", rho}, {"standard_error", std::sqrt(variance)}};
}

// Holders of a right answer federated questions; the combiner answers linked ones.
Result<std::vector<std::string>> sites_for(const std::vector<Member>& members, const govern::UseRight& right,
                                           const std::string& mode) {
  std::vector<std::string> out;
  for (const auto& member : members) {
    const bool holder = member.role == "hospital" || member.role == "agency";
    const bool wanted = mode == "linked" ? member.role == "combiner" : holder;
    if (wanted && right.names_site(member.name)) out.push_back(member.name);
  }
  if (out.empty()) {
    return refused(
        say("the right names no site that answers {} questions", "이 권한에는 {} 질의에 답할 기관이 없습니다", mode),
        right.id, say("apply for the holders you need", "필요한 보유 기관을 포함해 신청하세요"));
  }
  return out;
}

}  // namespace

Result<std::string> Coordinator::ask(const AskRequest& request) {
  if (request.mode != "federated" && request.mode != "linked") {
    return usage_error(say("mode is federated or linked", "방식은 federated 또는 linked입니다"), "mode");
  }
  if (request.rho < 0 || !std::isfinite(request.rho)) {
    return usage_error(say("must be more than 0", "0보다 커야 합니다"), "rho");
  }
  SiteJournal journal(site_);
  govern::Office office(site_.records(), site_.clock(), site_.random(), journal, share_);
  NARU_ASSIGN(const auto token, office.right(request.right));
  NARU_ASSIGN(const auto hash, policy_hash(token.right.policy));
  NARU_ASSIGN(const auto members, members_of(site_.records()));
  NARU_ASSIGN(const auto sites, sites_for(members, token.right, request.mode));
  const auto definition_digest = hex(sha256(request.definition));
  NARU_CHECK(site_.record(
      "question.asked",
      fields(
          {{"right", request.right}, {"mode", request.mode}, {"definition", definition_digest}, {"rho", request.rho}}),
      request.account));
  Json task{{"right", govern::right_file(token)},
            {"definition", request.definition},
            {"account", request.account},
            {"policy", token.right.policy},
            {"policy_hash", hash}};
  if (request.rho > 0) task["rho"] = request.rho;
  const auto wait_ms = request.wait_ms > 0 ? request.wait_ms : limits::answer_wait_ms;
  std::string correlation;
  for (const auto& site : sites) {
    NARU_ASSIGN(correlation, mail_.send(site, "ask", correlation, json_body(task)));
  }
  Json holders = Json::array();
  std::optional<Error> first_refusal;
  std::int64_t answered = 0;
  std::optional<std::int64_t> sum = 0;
  std::int64_t epoch = 0;
  Json linked;
  for (const auto& site : sites) {
    const auto answer = mail_.wait_from(correlation, site, wait_ms);
    if (!answer.ok()) {
      if (!first_refusal) first_refusal = answer.error();
      holders.push_back(refusal_json(site, answer.error()));
      continue;
    }
    NARU_ASSIGN(auto json, json_of_message(*answer));
    ++answered;
    epoch = std::max(epoch, json.value("epoch", std::int64_t{0}));
    if (json["persons"].is_number() && sum)
      sum = *sum + json["persons"].get<std::int64_t>();
    else
      sum.reset();
    holders.push_back(json);
    linked = json;
  }
  if (answered == 0) {
    NARU_CHECK(site_.record("question.refused", fields({{"right", request.right}, {"where", first_refusal->where}}),
                            request.account));
    return *first_refusal;
  }
  NARU_ASSIGN(const auto used, site_.records().add_to_counter("meter/" + request.right, 1, token.right.query_budget));
  Json out{{"mode", request.mode},       {"distinct", request.mode == "linked"},
           {"right", request.right},     {"definition", definition_digest},
           {"holders", holders},         {"sites_asked", sites.size()},
           {"sites_answered", answered}, {"meter", {{"used", used}, {"budget", token.right.query_budget}}}};
  out["epoch"] = epoch > 0 ? Json(epoch) : Json(nullptr);
  const bool whole = answered == static_cast<std::int64_t>(sites.size());
  if (request.mode == "linked") {
    out["persons"] = linked["persons"];
    out["release"] = token.right.release;
  } else {
    // The sum of released figures, never called a number of people; none when a part is missing.
    out["sum_of_holders"] = sum && whole ? Json(*sum) : Json(nullptr);
    out["sum_reason"] = !whole ? "a holder did not answer" : (sum ? "" : "a holder's figure is suppressed");
  }
  NARU_CHECK(site_.record("question.answered",
                          fields({{"right", request.right}, {"definition", definition_digest}, {"sites", answered}}),
                          request.account));
  auto title = request.title;
  if (request.rho > 0) out["noise"] = noise_of_sum(request.rho, holders);
  if (title.empty()) {
    NARU_ASSIGN(title, offered_title(site_.records(), request.definition));
  }
  return keep_answer(site_, fields(out), request.account, title);
}

Result<std::string> Coordinator::count_genomes(const GenomeRequest& request) {
  NARU_ASSIGN(const auto hash, policy_hash(request.policy));
  const Json task{{"policy", request.policy}, {"policy_hash", hash}, {"region", request.region}};
  NARU_CHECK(site_.record("genome.count", fields(task)));
  std::string correlation;
  for (const auto& holder : request.holders) {
    NARU_ASSIGN(correlation, mail_.send(holder, "genome.count", correlation, json_body(task)));
  }
  Json holders = Json::object();
  for (const auto& holder : request.holders) {
    NARU_ASSIGN(const auto answer, mail_.wait_from(correlation, holder, limits::answer_wait_ms));
    NARU_ASSIGN(holders[holder], json_of_message(answer));
  }
  return fields({{"holders", holders}});
}

Result<std::string> Coordinator::send_genomes(const GenomeRequest& request, const std::string& combiner) {
  NARU_CHECK(site_.record("genome.send", fields({{"holders", request.holders}, {"to", combiner}})));
  std::string correlation;
  for (const auto& holder : request.holders) {
    NARU_ASSIGN(correlation, mail_.send(holder, "genome.send", correlation, json_body({{"combiner", combiner}})));
  }
  Json holders = Json::object();
  for (const auto& holder : request.holders) {
    NARU_ASSIGN(const auto answer, mail_.wait_from(correlation, holder, limits::answer_wait_ms));
    NARU_ASSIGN(holders[holder], json_of_message(answer));
  }
  return fields({{"holders", holders}});
}

Result<std::string> Coordinator::revoke(const std::string& right, const std::string& reason,
                                        const govern::Actor& actor) {
  SiteJournal journal(site_);
  govern::Office office(site_.records(), site_.clock(), site_.random(), journal, share_);
  const double begin = steady_seconds();
  NARU_CHECK(office.revoke_right(right, reason, actor));
  NARU_ASSIGN(const auto list, office.revocations(site_.description().name));
  const auto file = govern::revocation_file(list, site_.keys().signing_key());
  NARU_ASSIGN(const auto others, everybody_else());
  std::string correlation;
  for (const auto& other : others) {
    NARU_ASSIGN(correlation, mail_.send(other, "right.revoked", correlation, json_body({{"revocations", file}})));
  }
  Json sites = Json::object();
  Json silent = Json::array();
  for (const auto& other : others) {
    const auto answer = mail_.wait_from(correlation, other, limits::revocation_wait_ms);
    if (answer.ok())
      sites[other] = static_cast<std::int64_t>((steady_seconds() - begin) * 1000);
    else
      silent.push_back(other);
  }
  // A site that is down takes the list from its mailbox before any later question: messages keep their order.
  return fields({{"right", right}, {"number", list.number}, {"sites", sites}, {"not_confirmed", silent}});
}

}  // namespace naru::network
