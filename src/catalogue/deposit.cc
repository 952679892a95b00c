#include "catalogue/deposit.h"

#include "base/digest.h"
#include "catalogue/deposit_check.h"
#include "catalogue/texts.h"

#include <algorithm>

namespace naru::catalogue {
namespace {

constexpr std::string_view manifest_name = "manifest.json";
constexpr std::string_view held_folder = "held";
constexpr std::string_view drafts_folder = "drafts";
constexpr std::uint64_t manifest_bytes_max = 16U << 20;

Json files_json(const std::vector<DepositFile>& files) {
  Json out = Json::array();
  for (const auto& file : files) {
    out.push_back({{"name", file.name}, {"bytes", file.bytes}, {"rows", file.rows}, {"sha256", file.sha256}});
  }
  return out;
}

// No time in it: the same files give the same manifest.
std::string manifest_of(const DepositDescription& description, const std::vector<DepositFile>& files) {
  return canonical(Json{{"id", description.dataset.id},
                        {"version", description.version},
                        {"programme", description.programme},
                        {"grant_number", description.grant_number},
                        {"depositor", description.dataset.holder},
                        {"files", files_json(files)}});
}

// DataCite's recommended order: creator, title, version, publisher, type, identifier. The digest is the identifier: it
// names these bytes wherever they stand.
std::string citation_of(const DepositReceipt& receipt) {
  return fmt::format("{}. {}. Version {}. Naru. Data set, sha256:{}.", receipt.dataset.holder, receipt.dataset.title.en,
                     receipt.version, receipt.manifest_digest.substr(0, 32));
}

Done store(const fs::path& source, const fs::path& target, const DepositReceipt& receipt) {
  const auto fresh = target.parent_path() / fmt::format(".{}.fresh", target.filename().string());
  std::error_code failed;
  fs::remove_all(fresh, failed);
  NARU_CHECK(make_folder(fresh));
  for (const auto& file : receipt.files) {
    NARU_CHECK(make_folder((fresh / file.name).parent_path()));
    fs::copy_file(source / file.name, fresh / file.name, failed);
    if (failed) {
      return internal_error(say("the file could not be copied: {}", "파일을 복사할 수 없습니다: {}", failed.message()),
                            file.name);
    }
    NARU_ASSIGN(const auto digest, sha256_file(fresh / file.name));
    if (hex(digest) != file.sha256) {
      return conflict(say("the file changed while it was read", "읽는 동안 파일이 변경되었습니다"), file.name,
                      say("hand it in again", "다시 제출하세요"));
    }
  }
  NARU_CHECK(write_file_atomic(fresh / manifest_name, receipt.manifest_json + "\n"));
  return replace_folder(fresh, target);
}

Result<std::string> stored_manifest(const fs::path& folder) {
  NARU_ASSIGN(auto text, read_file(folder / manifest_name, manifest_bytes_max));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Done hold(const DepositReceipt& receipt, const fs::path& deposits) {
  const auto folder = deposits / held_folder;
  NARU_CHECK(make_folder(folder));
  return write_file_atomic(folder / fmt::format("{}-{}.json", receipt.id, receipt.version),
                           receipt_json(receipt) + "\n");
}

Done accept(const fs::path& source, const fs::path& deposits, DepositReceipt& receipt) {
  const auto target = deposits / receipt.id / receipt.version;
  NARU_CHECK(make_folder(target.parent_path()));
  NARU_ASSIGN(const auto lock, FileLock::acquire(deposits / receipt.id / ".lock"));
  NARU_CHECK(recover_folder(target));
  if (fs::exists(target)) {
    NARU_ASSIGN(const auto before, stored_manifest(target));
    if (before != receipt.manifest_json) {
      return conflict(say("{} version {} is stored with other files", "{} {}판은 다른 파일로 저장되어 있습니다",
                          receipt.id, receipt.version),
                      "deposit.yaml.version",
                      say("give a changed deposit a new version", "변경된 자료에는 새 판 번호를 부여하세요"));
    }
    receipt.already_there = true;
    return {};
  }
  return store(source, target, receipt);
}

}  // namespace

Result<DepositReceipt> deposit(const fs::path& source, const fs::path& deposits, Catalogue& catalogue, Journal& journal,
                               std::string_view actor, const DepositLimits& limits) {
  NARU_ASSIGN(const auto description, read_description(source));
  DepositReceipt receipt;
  receipt.id = description.dataset.id;
  receipt.version = description.version;
  if (receipt.id == held_folder || receipt.id == drafts_folder) {
    return rejected(say("the id \"{}\" is taken", "식별자 \"{}\"는 쓸 수 없습니다", receipt.id), "deposit.yaml.id");
  }
  NARU_ASSIGN(receipt.findings, check_deposit(source, description, limits, receipt.files));
  receipt.accepted = receipt.findings.empty();
  receipt.manifest_json = manifest_of(description, receipt.files);
  receipt.manifest_digest = hex(sha256(receipt.manifest_json));
  receipt.dataset = description.dataset;
  if (receipt.dataset.citation.empty()) receipt.dataset.citation = citation_of(receipt);
  receipt.citation = receipt.dataset.citation;
  std::int64_t rows = 0;
  for (auto& table : receipt.dataset.tables) {
    for (const auto& file : receipt.files) {
      if (fs::path(file.name).stem().string() == table.name) table.records = file.rows;
    }
  }
  for (const auto& file : receipt.files) rows += file.rows;
  if (!receipt.dataset.records) receipt.dataset.records = rows;
  const Json fields{{"deposit", receipt.id},
                    {"version", receipt.version},
                    {"manifest", receipt.manifest_digest},
                    {"findings", receipt.findings.size()}};
  NARU_CHECK(journal.note(receipt.accepted ? "deposit.accepted" : "deposit.held", canonical(fields), actor));
  if (!receipt.accepted) {
    NARU_CHECK(hold(receipt, deposits));
    return receipt;
  }
  NARU_CHECK(accept(source, deposits, receipt));
  if (!receipt.already_there) NARU_CHECK(catalogue.put(receipt.dataset, actor));
  return receipt;
}

std::string receipt_json(const DepositReceipt& receipt) {
  Json findings = Json::array();
  for (const auto& one : receipt.findings) {
    findings.push_back({{"kind", one.kind}, {"where", one.where}, {"what", text_json(one.what)}});
  }
  Json embargo = nullptr;
  if (receipt.dataset.embargo_until) embargo = format_date(*receipt.dataset.embargo_until);
  return canonical(Json{{"id", receipt.id},
                        {"version", receipt.version},
                        {"accepted", receipt.accepted},
                        {"already_there", receipt.already_there},
                        {"files", files_json(receipt.files)},
                        {"findings", std::move(findings)},
                        {"manifest", receipt.manifest_digest},
                        {"citation", receipt.citation},
                        {"embargo_until", std::move(embargo)},
                        {"tier", name_of(receipt.dataset.tier)}});
}

Result<std::vector<StoredDeposit>> stored_deposits(const fs::path& deposits) {
  std::vector<StoredDeposit> out;
  if (!fs::exists(deposits)) return out;
  for (const auto& id : fs::directory_iterator(deposits)) {
    if (!id.is_directory() || id.path().filename() == held_folder || id.path().filename() == drafts_folder) continue;
    for (const auto& version : fs::directory_iterator(id.path())) {
      if (!version.is_directory() || !fs::exists(version.path() / manifest_name)) continue;
      const auto name = version.path().filename().string();
      if (!is_plain_name(name)) continue;  // a folder that a crash left behind
      NARU_ASSIGN(auto manifest, stored_manifest(version.path()));
      out.push_back({id.path().filename().string(), name, std::move(manifest)});
    }
  }
  std::sort(out.begin(), out.end(), [](const StoredDeposit& a, const StoredDeposit& b) {
    return a.id != b.id ? a.id < b.id : a.version < b.version;
  });
  return out;
}

Done verify_deposit(const fs::path& deposits, std::string_view id, std::string_view version) {
  if (!is_plain_name(id) || !is_plain_name(version)) {
    return rejected(say("not a plain name", "단순한 이름이 아닙니다"), "deposit");
  }
  const auto folder = deposits / id / version;
  NARU_ASSIGN(const auto text, stored_manifest(folder));
  NARU_ASSIGN(const auto manifest, parse_json(text, manifest_name));
  NARU_ASSIGN(const auto r, Reader::of(manifest, std::string(manifest_name)));
  NARU_ASSIGN(const auto files, r.array("files"));
  std::vector<std::string> expected{std::string(manifest_name)};
  for (const auto& [element, place] : files) {
    NARU_ASSIGN(const auto file, Reader::of(*element, place));
    NARU_ASSIGN(const auto name, file.text("name"));
    NARU_ASSIGN(const auto wanted, file.text("sha256"));
    expected.push_back(name);
    const auto digest = sha256_file(folder / name);
    if (!digest.ok()) return rejected(say("{} is missing", "{} 파일이 없습니다", name), name);
    if (hex(*digest) != wanted) return rejected(say("{} was changed", "{} 파일이 변경되었습니다", name), name);
  }
  NARU_ASSIGN(const auto there, list_files(folder, true));
  for (const auto& path : there) {
    if (std::find(expected.begin(), expected.end(), path.generic_string()) == expected.end()) {
      return rejected(say("{} was added", "{} 파일이 추가되었습니다", path.generic_string()), path.generic_string());
    }
  }
  return {};
}

}  // namespace naru::catalogue
