// Pseudonyms of a project's recipient, and the two-person way back from one of them.
#include "base/json.h"
#include "cli/commands/protect.h"
#include "network/accounts.h"
#include "network/identity.h"
#include "protect/reidentify.h"

#include <algorithm>
#include <iostream>

namespace naru::cli {
namespace {

using Sites = std::unique_ptr<network::Site>;

Result<Sites> opened(const Call& call, const Context& context) {
  return network::Site::open(call.text("--site"), context.clock, context.random);
}

protect::Reidentification procedure(network::Site& site) {
  return {site.layout().root() / "private" / "reidentification", site.keys(), site.log(), site.clock(), site.random()};
}

// Who acts proves it with the password: an account's name alone is anybody's to write.
Result<std::string> signed_in(const Call& call, network::Site& site) {
  if (!call.has("--password-stdin")) {
    return usage_error(say("the password comes on standard input", "비밀번호는 표준 입력으로 받습니다"),
                       "--password-stdin",
                       say("add --password-stdin and write the password as one line",
                           "--password-stdin을 붙이고 비밀번호를 한 줄로 입력하세요"));
  }
  std::string password;
  std::getline(std::cin, password);
  NARU_ASSIGN(const auto account, network::account_with(site.records(), call.text("--account"), password));
  const auto clause = say("re-identification takes two people of the site, each signed in",
                          "재식별은 기관의 두 사람이 각자 로그인하여 합니다");
  if (!account)
    return refused(say("account or password is wrong", "계정 또는 비밀번호가 틀립니다"), "--account", clause);
  const bool may = std::ranges::any_of(account->roles,
                                       [](const std::string& role) { return role == "steward" || role == "officer"; });
  if (!may) {
    return refused(say("only the roles steward and officer may do this", "steward와 officer 역할만 할 수 있습니다"),
                   "--account", clause);
  }
  return account->account;
}

Result<Answer> run_request(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, opened(call, context));
  NARU_ASSIGN(const auto account, signed_in(call, *site));
  protect::ReidentifyRequest wish;
  wish.project = call.text("--project");
  wish.recipient = call.text("--recipient");
  NARU_ASSIGN(wish.pseudonym, call.integer("--pseudonym", 1, std::numeric_limits<std::int64_t>::max()));
  wish.reason = call.text("--reason");
  wish.basis = call.text("--basis");
  wish.requested_by = account;
  NARU_ASSIGN(const auto made, procedure(*site).request(wish));
  return Answer{
      protect::request_json(made),
      say("request {} is in the log; another person of the site approves it: naru protect reidentify approve",
          "요청 {}이(가) 로그에 기록되었습니다. 기관의 다른 사람이 승인합니다: naru protect reidentify approve",
          made.id),
      0};
}

Result<Answer> run_approve(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, opened(call, context));
  NARU_ASSIGN(const auto account, signed_in(call, *site));
  const fs::path among =
      call.has("--among") ? fs::path(call.text("--among")) : site->layout().lake() / "person.parquet";
  NARU_ASSIGN(const auto found,
              procedure(*site).approve(call.text("--request"), account, among, call.text("--column")));
  Json out{{"request", call.text("--request")}, {"found", found.has_value()}, {"id", nullptr}};
  if (found) {
    out["id"] = *found;
  } else {
    out["reason"] = "nobody of that table has this pseudonym";
  }
  return Answer{
      canonical(out),
      found ? say("{}; both people and the answer are in the log", "{}. 두 사람과 답이 로그에 기록되었습니다", *found)
            : say("nobody of that table has this pseudonym", "그 표에 이 가명을 가진 사람이 없습니다"),
      0};
}

Result<Answer> run_decline(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, opened(call, context));
  NARU_ASSIGN(const auto account, signed_in(call, *site));
  NARU_CHECK(procedure(*site).decline(call.text("--request"), account, call.text("--reason")));
  return Answer{canonical({{"request", call.text("--request")}, {"state", "declined"}}),
                say("declined, and in the log", "거절하였고 로그에 기록되었습니다"), 0};
}

Result<Answer> run_list(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, opened(call, context));
  NARU_ASSIGN(const auto all, procedure(*site).list());
  Json list = Json::array();
  Answer answer;
  for (const auto& each : all) {
    NARU_ASSIGN(auto one, parse_json(protect::request_json(each), "request"));
    list.push_back(std::move(one));
    const auto line = fmt::format("{}{}  {}  {}  {}", list.size() == 1 ? "" : "\n", each.id, each.state,
                                  each.requested_by, each.project);
    answer.text.en += line;
    answer.text.ko += line;
  }
  if (all.empty()) answer.text = say("no request", "요청이 없습니다");
  answer.json = canonical({{"requests", list}});
  return answer;
}

Result<Answer> run_pseudonymise(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, opened(call, context));
  const auto project = call.text("--project");
  const Json fields{{"project", project}, {"recipient", call.text("--recipient")}};
  NARU_CHECK(site->record("pseudonyms.made", canonical(fields)));
  NARU_ASSIGN(const auto made,
              protect::pseudonymise_table(site->keys(), project, call.text("--recipient"), call.text("--table"),
                                          call.text("--column"), call.text("--out")));
  return Answer{canonical({{"rows", made.rows}, {"persons", made.persons}, {"out", call.text("--out")}}),
                say("{} rows of {} persons written under pseudonyms of {}", "{}행({}명)을 {}의 가명으로 썼습니다",
                    made.rows, made.persons, project),
                0};
}

Option needed(std::string name, std::string metavar, Text help) {
  return {std::move(name), std::move(metavar), std::move(help), true, false, {}};
}

}  // namespace

std::vector<Command> protect_reidentify_commands() {
  const auto site = needed("--site", "DIR", say("the site's folder", "사이트 폴더"));
  const auto project = needed("--project", "ID", say("the project", "과제"));
  const auto recipient = needed("--recipient", "NAME", say("who holds the pseudonyms", "가명을 받은 곳"));
  const auto account = needed("--account", "NAME", say("who acts", "행위자 계정"));
  const auto request = needed("--request", "ID", say("the request", "요청 번호"));
  const Option password{"--password-stdin",
                        "",
                        say("reads the password from standard input", "표준 입력에서 비밀번호를 읽음"),
                        false,
                        false,
                        {}};
  const Option column{"--column", "NAME", say("the column of ids", "식별자 열"), false, false, "person_id"};
  return {
      {"protect pseudonymise",
       say("copies a table with ids replaced by one recipient's pseudonyms in one project",
           "한 과제의 한 수신자를 위한 가명으로 식별자를 바꾼 표를 씁니다"),
       {site, project, recipient, needed("--table", "FILE", say("CSV or Parquet", "CSV 또는 Parquet")), column,
        needed("--out", "FILE.parquet", say("the table to write", "쓸 표"))},
       run_pseudonymise},
      {"protect reidentify request",
       say("asks for the person behind a pseudonym; answered only when a second person approves",
           "가명의 당사자를 요청합니다. 두 번째 사람이 승인해야 답합니다"),
       {site, project, recipient, needed("--pseudonym", "N", say("the pseudonym", "가명")),
        needed("--reason", "TEXT", say("why; goes into the log", "사유(로그에 기록)")),
        needed("--basis", "TEXT", say("legal basis; goes into the log", "법적 근거(로그에 기록)")), account, password},
       run_request},
      {"protect reidentify approve",
       say("a second person approves a request and gets the answer, once",
           "두 번째 사람이 요청을 승인하고 답을 한 번 받습니다"),
       {site,
        request,
        account,
        password,
        {"--among",
         "FILE",
         say("table of the ids to look among; the lake's persons", "찾을 식별자 표. 기본은 자료의 사람 표"),
         false,
         false,
         {}},
        column},
       run_approve},
      {"protect reidentify decline",
       say("declines or withdraws a request", "요청을 거절하거나 취소합니다"),
       {site, request, account, password,
        needed("--reason", "TEXT", say("why; goes into the log", "사유(로그에 기록)"))},
       run_decline},
      {"protect reidentify list",
       say("requests of this site, without pseudonyms", "이 기관의 요청(가명 제외)"),
       {site},
       run_list},
  };
}

}  // namespace naru::cli
