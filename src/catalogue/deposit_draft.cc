#include "catalogue/deposit_draft.h"

#include "base/bytes.h"
#include "base/json.h"
#include "catalogue/dictionary.h"
#include "catalogue/texts.h"

namespace naru::catalogue {
namespace {

constexpr std::size_t drafts_max = 5;

}  // namespace

Result<fs::path> DepositDrafts::folder_of(std::string_view id) const {
  if (is_plain_name(id) && is_plain_name(account_) && fs::is_directory(folder_ / id)) return folder_ / id;
  return not_found(say("there is no draft {}", "초안이 없습니다: {}", id), "deposit-drafts",
                   say("open one first", "먼저 초안을 여세요"));
}

Result<std::string> DepositDrafts::open(Random& random) {
  if (!is_plain_name(account_)) return usage_error(say("not a plain name", "단순한 이름이 아닙니다"), "account");
  NARU_CHECK(make_folder(folder_, 0700));
  std::size_t there = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder_)) ++there;
  if (there >= drafts_max) {
    return refused(say("{} drafts are open already", "초안 {}개가 이미 열려 있습니다", there), "deposit-drafts",
                   say("hand one in or discard it", "하나를 제출하거나 버리세요"));
  }
  const auto id = "draft-" + to_hex(random.bytes(6));
  NARU_CHECK(make_folder(folder_ / id, 0700));
  return id;
}

Done DepositDrafts::put_file(std::string_view id, std::string_view name, const fs::path& content,
                             const DepositLimits& limits) {
  NARU_ASSIGN(const auto folder, folder_of(id));
  if (!is_plain_name(name) || name == "deposit.yaml" || name == "dictionary.yaml") {
    return rejected(say("not a name for a data file", "자료 파일 이름으로 쓸 수 없습니다"), std::string(name),
                    say("use letters, digits, . _ -", "영문, 숫자, . _ - 를 쓰세요"));
  }
  std::error_code code;
  std::uint64_t total = fs::file_size(content, code);
  std::size_t files = 1;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() == name) continue;
    total += entry.file_size();
    ++files;
  }
  if (total > limits.total_bytes_max || files > limits.files_max) {
    return rejected(say("at most {} files and {} bytes are taken", "파일 {}개, {}바이트까지 받습니다", limits.files_max,
                        limits.total_bytes_max),
                    std::string(name));
  }
  fs::rename(content, folder / name, code);
  if (code) {
    code.clear();
    fs::copy_file(content, folder / name, fs::copy_options::overwrite_existing, code);
  }
  if (code) return internal_error(say("the file could not be kept", "파일을 보관할 수 없습니다"), std::string(name));
  return {};
}

Result<std::string> DepositDrafts::view_json(std::string_view id) {
  NARU_ASSIGN(const auto folder, folder_of(id));
  NARU_ASSIGN(const auto names, list_files(folder, false));
  Json files = Json::array();
  for (const auto& name : names) files.push_back({{"name", name.string()}, {"bytes", fs::file_size(folder / name)}});
  Json dictionary = Json::array();
  Json unreadable = Json::array();
  const auto inferred = infer_dictionary(folder);
  if (inferred.ok()) {
    NARU_ASSIGN(dictionary, parse_json(dictionary_json(*inferred), "dictionary"));
  } else {
    unreadable.push_back({{"name", inferred.error().where}, {"what", text_json(inferred.error().what)}});
  }
  return canonical(Json{{"id", id}, {"files", files}, {"dictionary", dictionary}, {"unreadable", unreadable}});
}

Result<DepositReceipt> DepositDrafts::submit(std::string_view id, std::string_view description,
                                             std::string_view dictionary, std::string_view organisation,
                                             Catalogue& catalogue, Journal& journal) {
  NARU_ASSIGN(const auto folder, folder_of(id));
  NARU_ASSIGN(auto told, parse_json(description, "description"));
  NARU_ASSIGN(const auto r, Reader::of(told, "description"));
  NARU_ASSIGN(const auto depositor, r.text("depositor"));
  if (organisation.empty() || depositor != organisation) {
    return refused(
        say("a deposit is made in the name of one's own organisation", "기탁은 본인 기관의 이름으로만 합니다"),
        "description.depositor", say("somebody of {} hands it in", "{} 소속이 제출하세요", depositor));
  }
  NARU_ASSIGN(const auto names, list_files(folder, false));
  Json files = Json::array();
  for (const auto& name : names) {
    if (name != "deposit.yaml" && name != "dictionary.yaml") files.push_back(name.string());
  }
  told["files"] = std::move(files);
  NARU_ASSIGN(const auto columns, parse_json(dictionary, "dictionary"));
  // JSON is YAML; what the portal sends goes through the same reader as a folder handed in.
  NARU_CHECK(write_file_atomic(folder / "deposit.yaml", canonical(told) + "\n", 0600));
  NARU_CHECK(write_file_atomic(folder / "dictionary.yaml",
                               canonical(Json{{"confirmed", true}, {"files", columns}}) + "\n", 0600));
  NARU_ASSIGN(auto receipt, deposit(folder, deposits_, catalogue, journal, account_));
  if (receipt.accepted) NARU_CHECK(discard(id));
  return receipt;
}

Done DepositDrafts::discard(std::string_view id) {
  NARU_ASSIGN(const auto folder, folder_of(id));
  std::error_code code;
  fs::remove_all(folder, code);
  if (code) return internal_error(say("the draft could not be removed", "초안을 지울 수 없습니다"), std::string(id));
  return {};
}

}  // namespace naru::catalogue
