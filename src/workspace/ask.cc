#include "workspace/ask.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "cohort/cohort.h"
#include "cohort/index_stamp.h"
#include "protect/cell_key.h"
#include "workspace/exact.h"
#include "workspace/ledger.h"
#include "workspace/noisy.h"
#include "workspace/right_check.h"

#include <algorithm>
#include <map>

namespace naru::workspace {

/// The one maker of `ReleasedOutput`; it lives in this file so that no other can call it.
class Gate {
 public:
  [[nodiscard]] static ReleasedOutput release(std::string json) { return ReleasedOutput(std::move(json)); }
};

namespace {

Json cells_json(const CountTable& table) {
  return Json{{"rows", table.rows}, {"columns", table.columns}, {"cells", table.cells}};
}

Json value_of(const ReleasedCount& count) { return count.value ? Json(*count.value) : Json(nullptr); }
Json reason_of(const ReleasedCount& count) { return Json(name_of(count.reason)); }

template <typename Of>
Json list_of(const std::vector<ReleasedCount>& counts, Of of) {
  Json out = Json::array();
  for (const auto& count : counts) out.push_back(of(count));
  return out;
}

template <typename Of>
Json matrix_of(const ReleasedTable& table, Of of) {
  Json out = Json::array();
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    Json line = Json::array();
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      line.push_back(of(table.cells[row * table.columns.size() + column]));
    }
    out.push_back(std::move(line));
  }
  return out;
}

/// What of the answer depends on the data, after the output rules: this part is given again when a question repeats.
Json released_part(const protect::BookDecision& decision, const AnswerIdentity& identity, const AnsweringSite& site) {
  const auto& table = decision.table;
  return Json{
      {"persons", value_of(table.total)},
      {"reason", reason_of(table.total)},
      {"table", Json{{"rows", table.rows},
                     {"columns", table.columns},
                     {"cells", matrix_of(table, value_of)},
                     {"reasons", matrix_of(table, reason_of)},
                     {"row_totals", list_of(table.row_totals, value_of)},
                     {"column_totals", list_of(table.column_totals, value_of)}}},
      {"epoch", identity.epoch},
      {"identity", identity.digest()},
      {"rules", Json{{"min_cell", site.rules.min_cell},
                     {"round_to", site.rules.round_to},
                     {"complementary", site.rules.complementary},
                     {"zeros", site.rules.zeros == Zeros::hidden ? "hidden" : "shown"}}},
      {"ledger",
       Json{{"derived", decision.derived}, {"withheld", decision.withheld}, {"perturbed", decision.perturbed}}}};
}

std::string meter_name(std::string_view right) { return "answers/" + std::string(right); }

Done check_budget(engine::Records& records, const govern::UseRight& right) {
  NARU_ASSIGN(const auto used, records.counter(meter_name(right.id)));
  if (used < right.query_budget) return {};
  return refused(
      say("all {} answers of the right are used", "권한의 답변 {}회를 모두 사용했습니다", right.query_budget),
      right.id + ".query_budget", say("ask {} for a larger budget", "{}에 한도 증액을 신청하세요", right.issuer));
}

/// Everything about a question before any data is touched.
struct Accepted {
  govern::UseRight right;
  cohort::Expression question;
  std::optional<cohort::Expression> population = {};
  AnswerIdentity identity;
};

Result<Accepted> accept(const Asked& asked, const AnsweringSite& site, engine::Records& records, const Clock& clock) {
  const auto today = day_of_use(clock);
  NARU_ASSIGN(const auto token, govern::parse_right(asked.right, "right"));
  NARU_CHECK(govern::verify_right(token, site.authority, today));
  NARU_CHECK(check_not_revoked(records, token.right.id));
  Accepted out;
  out.right = token.right;
  NARU_ASSIGN(out.question, cohort::parse(asked.definition, "definition"));
  Question question;
  question.account = asked.account;
  question.site = site.name;
  question.mode = site.mode;
  question.release = site.release;
  question.tables = cohort::tables_used(out.question);
  question.policy_hash = site.policy_hash;
  question.vocabulary_hash = site.vocabulary_hash;
  question.today = today;
  NARU_CHECK(check(out.right, question));
  NARU_CHECK(check_budget(records, out.right));
  if (!out.right.cohort.empty()) {
    NARU_ASSIGN(out.population, cohort::parse(out.right.cohort, out.right.id + ".cohort"));
  }
  out.identity = {site.data_digest,
                  site.epoch,
                  cohort::definition_hash(out.question),
                  site.policy_hash,
                  site.vocabulary_hash,
                  std::string(cohort::algorithm_version),
                  out.population ? cohort::definition_hash(*out.population) : ""};
  return out;
}

/// The part that leaves: a new one, or an earlier one when this question was answered and has hardly moved, or another
/// about almost the same persons was.
struct Chosen {
  Json part;
  std::int64_t epoch = 1;
  bool repeated = false;
  bool near = false;
  std::optional<protect::BookDecision> decision = {};  ///< to be remembered
  protect::AskedTable asked = {};
};

protect::AskedTable asked_table(const Exact& exact, const AnsweringSite& site, PersonNumbers& people) {
  protect::AskedTable out{exact.table.rows, exact.table.columns, {}};
  for (auto cell : exact.people) {
    if (site.lasting_id) std::transform(cell.begin(), cell.end(), cell.begin(), site.lasting_id);
    out.cells.push_back(people.of(cell));
  }
  return out;
}

Result<Chosen> earlier(const AnswerLedger& ledger, protect::BookDecision decision, protect::AskedTable asked,
                       bool near) {
  const auto& answer = ledger.answer(*decision.same_as);
  NARU_ASSIGN(auto part, parse_json(answer.released, "ledger"));
  return Chosen{std::move(part), answer.epoch, true, near, std::move(decision), std::move(asked)};
}

Result<Chosen> choose(const Accepted& accepted, const Exact& exact, const AnsweringSite& site, AnswerLedger& ledger) {
  auto asked = asked_table(exact, site, ledger.people());
  if (const auto before = ledger.book().find(accepted.identity.question())) {
    protect::BookDecision again;
    again.same_as = before;
    again.distance = ledger.book().difference(*before, asked);
    const bool same = ledger.answer(*before).identity == accepted.identity.digest();
    if (same || again.distance < site.repeat_threshold) {
      return earlier(ledger, std::move(again), std::move(asked), false);
    }
  }
  NARU_CHECK(ledger.book().check_budget(accepted.right.project, site.control->ledger));
  protect::PersonKeys keys(site.perturbation_key, "answers");
  const auto key_of = [&](std::uint32_t number) { return keys.of(ledger.people().person(number)); };
  NARU_ASSIGN(auto decision, ledger.book().decide(asked, site.rules, *site.control, key_of));
  if (decision.same_as) return earlier(ledger, std::move(decision), std::move(asked), true);
  Chosen out{released_part(decision, accepted.identity, site), accepted.identity.epoch};
  out.decision = std::move(decision);
  out.asked = std::move(asked);
  return out;
}

Result<Chosen> with_noise(const Accepted& accepted, const Asked& asked, const Exact& exact, const AnsweringSite& site,
                          engine::Records& records) {
  NARU_ASSIGN(const auto noisy,
              detail::noisy_part(exact.table, accepted.identity.digest(), asked.rho, asked.account, site, records));
  NARU_ASSIGN(auto part, parse_json(noisy.json, "budget"));
  return Chosen{std::move(part), site.epoch, noisy.repeated};
}

/// The exact figures, for the holder's own steward. Mode 0600 below private/.
Done write_receipt(const AnsweringSite& site, const Accepted& accepted, const Asked& asked, const Exact& exact,
                   const Chosen& chosen, const Receipt& receipt, std::int64_t now_ms) {
  const auto folder = site.layout.root() / "private" / "asked";
  NARU_CHECK(make_folder(folder, 0700));
  NARU_ASSIGN(auto run, parse_json(cohort::count_json(exact.count), "run"));
  const Json document{{"id", receipt.id},
                      {"at", format_instant(now_ms)},
                      {"right", accepted.right.id},
                      {"account", asked.account},
                      {"mode", site.mode},
                      {"release", site.release},
                      {"definition", accepted.identity.definition},
                      {"identity", accepted.identity.digest()},
                      {"epoch", site.epoch},
                      {"answered_epoch", chosen.epoch},
                      {"repeated", chosen.repeated},
                      {"near", chosen.near},
                      {"remembered", exact.remembered},
                      {"persons", receipt.persons},
                      {"table", cells_json(exact.table)},
                      {"run", std::move(run)}};
  return write_file_atomic(folder / (receipt.id + ".json"), pretty(document), 0600);
}

/// Answers that could be put side by side stand in one ledger: a holder's, or those of the combiner's releases where
/// the same person can be recognised in all of them.
fs::path ledger_folder(const AnsweringSite& site) {
  const auto folder = site.layout.root() / "private" / "answered";
  return site.release.empty() || site.lasting_id ? folder / site.mode : folder / (site.mode + "-" + site.release);
}

Done check_control(const AnsweringSite& site) {
  if (site.control && (site.control->perturbation.spread == 0 || site.perturbation_key.size() >= 16)) return {};
  if (site.control) return internal_error(say("no key for perturbation", "교란 키가 없습니다"), site.name);
  return refused(say("the policy has no section \"disclosure\", so nothing is answered",
                     "정책에 disclosure 항목이 없어 답하지 않습니다"),
                 "policy.disclosure",
                 say("the board that owns the policy adds it; policies/outputs/ holds published rules",
                     "정책을 소유한 위원회가 추가해야 합니다. policies/outputs/에 공표된 규칙이 있습니다"));
}

Error log_refusal(const Error& error, const Asked& asked, const AnsweringSite& site, audit::Log& log) {
  const Json fields{{"site", site.name},
                    {"mode", site.mode},
                    {"kind", std::string(name_of(error.kind))},
                    {"where", error.where},
                    {"definition", hex(sha256(asked.definition))}};
  const auto logged = log.append({"question.refused", asked.account, canonical(fields)});
  return logged.ok() ? error : logged.error();
}

Result<AnsweredLocally> answer(const Asked& asked, const AnsweringSite& site, engine::Records& records, audit::Log& log,
                               const Clock& clock) {
  NARU_ASSIGN(const auto accepted, accept(asked, site, records, clock));
  NARU_CHECK(check_control(site));
  NARU_ASSIGN(const auto exact, exact_answer(accepted.question, accepted.population, accepted.identity, site));
  NARU_ASSIGN(auto ledger, AnswerLedger::open(ledger_folder(site)));
  NARU_ASSIGN(auto chosen, asked.rho > 0 ? with_noise(accepted, asked, exact, site, records)
                                         : choose(accepted, exact, site, ledger));
  // Spent before the answer leaves; another question may have taken the last one meanwhile.
  NARU_ASSIGN(const auto used, records.add_to_counter(meter_name(accepted.right.id), 1, accepted.right.query_budget));
  Receipt receipt;
  receipt.persons = exact.persons;
  receipt.epoch = chosen.epoch;
  receipt.repeated = chosen.repeated;
  receipt.remembered = exact.remembered;
  receipt.budget_used = used;
  receipt.id = accepted.right.id + "-" + std::to_string(used) + "-" + accepted.identity.digest().substr(0, 12);
  NARU_CHECK(write_receipt(site, accepted, asked, exact, chosen, receipt, clock.now_ms()));
  if (chosen.decision) {
    NARU_CHECK(ledger.remember({accepted.identity.question(), accepted.identity.digest(), chosen.epoch,
                                accepted.right.project, canonical(chosen.part)},
                               chosen.asked, *chosen.decision));
  }
  auto document = chosen.part;
  document["site"] = site.name;
  document["mode"] = site.mode;
  document["distinct"] = site.distinct;
  document["release"] = site.release.empty() ? Json(nullptr) : Json(site.release);
  document["repeated"] = chosen.repeated;
  document["near"] = chosen.near;
  // Another question's identity would tell what somebody else asked.
  if (chosen.near) document["identity"] = accepted.identity.digest();
  document["epoch_now"] = site.epoch;
  document["definition"] = accepted.identity.definition;
  document["policy"] = site.policy_hash;
  document["vocabulary"] = site.vocabulary_hash;
  document["algorithm"] = accepted.identity.algorithm;
  document["data"] = site.data_digest;
  document["meter"] = Json{{"budget", accepted.right.query_budget}, {"used", used}};
  const Json fields{{"site", site.name},
                    {"right", accepted.right.id},
                    {"mode", site.mode},
                    {"definition", accepted.identity.definition},
                    {"identity", document["identity"]},
                    {"repeated", chosen.repeated},
                    {"used", used}};
  NARU_ASSIGN([[maybe_unused]] const auto entry, log.append({"question.answered", asked.account, canonical(fields)}));
  return AnsweredLocally{Gate::release(canonical(document)), receipt};
}

}  // namespace

Result<AnsweredLocally> ask_local(const Asked& asked, const AnsweringSite& site, engine::Records& records,
                                  audit::Log& log, const Clock& clock) {
  auto answered = answer(asked, site, records, log, clock);
  if (answered.ok()) return answered;
  return log_refusal(answered.error(), asked, site, log);
}

Result<Withdrawn> read_withdrawn(const model::SiteLayout& layout) {
  Withdrawn out;
  if (!fs::exists(layout.withdrawn())) return out;
  NARU_ASSIGN(const auto json, read_json(layout.withdrawn()));
  NARU_ASSIGN(const auto reader, Reader::of(json, layout.withdrawn().string()));
  NARU_ASSIGN(out.epoch, reader.integer("epoch"));
  NARU_ASSIGN(const auto persons, reader.array("persons"));
  for (const auto& [person, where] : persons) {
    if (!person->is_number_integer()) {
      return rejected(say("a person id is a whole number", "개인 식별자는 정수입니다"), where);
    }
    out.persons.push_back(person->get<std::int64_t>());
  }
  return out;
}

Result<std::string> data_digest_of(const fs::path& folder, const fs::path& memory) {
  NARU_ASSIGN(const auto files, list_files(folder, false));
  std::map<std::string, fs::path> tables;
  for (const auto& file : files) {
    if (file.extension() == ".parquet") tables.emplace(file.string(), folder / file);
  }
  cohort::Stamps known;
  if (!memory.empty()) known = cohort::read_stamps(memory);
  NARU_ASSIGN(const auto stamps, cohort::stamp_files(tables, known));
  // Not being able to remember is no error: the bytes are read again next time.
  if (!memory.empty() && cohort::json_of(stamps) != cohort::json_of(known)) {
    [[maybe_unused]] const auto kept = write_file_atomic(memory, canonical(cohort::json_of(stamps)), 0600);
  }
  Json parts = Json::array();
  for (const auto& [file, stamp] : stamps) parts.push_back(Json::array({file, stamp.digest}));
  return hex(sha256(canonical(parts)));
}

Done note_revoked(engine::Records& records, std::string_view right, std::string_view at, std::string_view reason) {
  NARU_ASSIGN(const auto known, records.get("revoked", right));
  if (known) return {};
  return records.put("revoked", right, canonical(Json{{"at", at}, {"reason", reason}}));
}

Done check_not_revoked(engine::Records& records, std::string_view right) {
  NARU_ASSIGN(const auto document, records.get("revoked", right));
  if (!document) return {};
  NARU_ASSIGN(const auto json, parse_json(*document, "revoked"));
  const auto at = json.value("at", "");
  const auto reason = json.value("reason", "");
  return refused(say("the right was revoked at {}: {}", "권한이 {}에 취소되었습니다: {}", at, reason),
                 std::string(right),
                 say("ask the authority that issued it; a new right needs a new decision",
                     "발급 기관에 문의하세요. 새 권한에는 새 결정이 필요합니다"));
}

Result<std::int64_t> answers_used(engine::Records& records, std::string_view right) {
  return records.counter(meter_name(right));
}

}  // namespace naru::workspace
