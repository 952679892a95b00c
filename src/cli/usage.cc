#include "cli/usage.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>

namespace naru::cli {
namespace {

Text see_help() { return say("see naru COMMAND --help", "naru COMMAND --help를 보세요"); }

/// The innermost group or command that was named.
const CLI::App& reached(const CLI::App& root) {
  const auto* at = &root;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

std::string list_of_commands(const CLI::App& group) {
  std::string out;
  for (const auto* one : group.get_subcommands([](const CLI::App* /*app*/) { return true; })) {
    out += (out.empty() ? "" : ", ") + one->get_name();
  }
  return out;
}

std::string before(std::string_view text, std::string_view mark) {
  return std::string(text.substr(0, text.find(mark)));
}

}  // namespace

Language language_in(const std::vector<std::string>& arguments, Language fallback) {
  auto out = fallback;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string_view word = arguments[at];
    std::string_view value;
    if (word.starts_with("--lang=")) value = word.substr(7);
    if (word == "--lang" && at + 1 < arguments.size()) value = arguments[at + 1];
    if (value == "ko") out = Language::korean;
    if (value == "en") out = Language::english;
  }
  return out;
}

void name_labels(CLI::App& root, Language language) {
  if (language == Language::korean) root.option_defaults()->group("옵션");
  if (language != Language::korean) return;
  const auto& form = root.get_formatter();
  form->label("Usage", "사용법");
  form->label("OPTIONS", "옵션");
  form->label("Options", "옵션");
  form->label("Positionals", "인자");
  form->label("SUBCOMMAND", "명령");
  form->label("SUBCOMMANDS", "명령");
  form->label("Subcommand", "명령");
  form->label("Subcommands", "명령");
  form->label("REQUIRED", "(필수)");
}

Text group_summary(std::string_view path) {
  static const std::map<std::string_view, Text> known{
      {"account", say("who may sign in at a site", "기관에 로그인할 수 있는 계정")},
      {"application", say("applications to use data", "자료 이용 신청")},
      {"audit", say("the log that nobody can edit", "아무도 고칠 수 없는 로그")},
      {"authority", say("the authority's members", "허브의 회원 기관")},
      {"board", say("boards that decide", "심의 위원회")},
      {"case", say("a running SOP", "진행 중인 절차")},
      {"catalogue", say("what data exist", "어떤 자료가 있는지")},
      {"cohort", say("who matches a definition in OMOP data", "OMOP 자료에서 정의에 맞는 사람")},
      {"consent", say("what participants agreed to", "참여자의 동의")},
      {"definition", say("cohort definitions on offer in the portal", "포털에서 제공하는 코호트 정의")},
      {"demonstration", say("medical-AI demonstration projects", "의료 AI 실증 과제")},
      {"deposit", say("data of R&D programmes", "연구개발 과제의 기탁 자료")},
      {"evaluate", say("figures of a model or an intervention, with intervals", "모형과 중재의 지표와 구간")},
      {"evidence", say("sealed reports anybody can check", "누구나 확인할 수 있는 봉인된 보고서")},
      {"feasibility", say("whether enough people exist, in bands", "대상자가 충분한지, 구간으로")},
      {"genome", say("genotypes and allele counts", "유전형과 대립유전자 수")},
      {"ingest", say("sources into a site's lake", "기관의 자료 적재")},
      {"keys", say("keys of a site and their destruction", "기관의 키와 파기")},
      {"linkage", say("records of one person, found or encoded", "같은 사람의 레코드 찾기와 부호화")},
      {"programme", say("vouchers: budget, match, ledger", "이용권 사업: 예산, 연결, 장부")},
      {"protect", say("from identified to releasable", "식별 자료를 공개 가능한 자료로")},
      {"protect reidentify", say("the person behind a pseudonym, by two people", "가명의 당사자 확인(두 사람의 승인)")},
      {"release", say("frozen, signed versions of the combined data", "고정되고 서명된 결합 자료 공개본")},
      {"right", say("use rights", "이용권한")},
      {"round", say("what holders do together", "기관들이 함께 하는 작업")},
      {"solution", say("AI solutions to be verified", "검증할 AI 솔루션")},
      {"sop", say("procedures: checked and simulated", "절차(SOP)의 점검과 모의실행")},
      {"verify", say("a locked plan, run and watched", "잠긴 계획의 실행과 감시")},
      {"vocabulary", say("concepts and mappings of a site", "기관의 용어와 매핑")},
      {"wire", say("messages between sites", "기관 사이의 메시지")}};
  const auto found = known.find(path);
  return found == known.end() ? Text{} : found->second;
}

Error usage_of(const CLI::ParseError& error, const CLI::App& root, const std::vector<std::string>& arguments) {
  const std::string said = error.what();
  const std::string place = "command line";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const auto left = root.remaining(true);
    // The parser hands back the words in no order; the person meant the first that does not fit.
    const auto first =
        std::ranges::find_if(arguments, [&](const auto& word) { return std::ranges::find(left, word) != left.end(); });
    const auto& group = reached(root);
    auto hint = see_help();
    if (const auto commands = list_of_commands(group); !commands.empty()) {
      hint = say("one of: {}", "다음 중 하나: {}", commands);
    }
    return usage_error(say("{} is not known here", "{}은(는) 여기서 쓸 수 없습니다",
                           first == arguments.end() ? before(said, ":") : *first),
                       place, hint);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return usage_error(say("{} is required", "{} 옵션이 필요합니다", before(said, " is required")), place, see_help());
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return usage_error(say("{} takes one value", "{}에는 값이 하나 필요합니다", before(said, ":")), place, see_help());
  }
  if (said.starts_with("--lang")) {
    return usage_error(say("--lang is en or ko", "--lang은 en 또는 ko입니다"), place, see_help());
  }
  return usage_error(say("the words cannot be read: {}", "명령을 읽을 수 없습니다: {}", said), place, see_help());
}

Error no_command(const CLI::App& group) {
  return usage_error(say("a command is missing", "명령이 빠졌습니다"), "command line",
                     say("one of: {}", "다음 중 하나: {}", list_of_commands(group)));
}

}  // namespace naru::cli
