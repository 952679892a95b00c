#include "audit/verify.h"

#include "audit/detail.h"
#include "audit/tiles.h"
#include "base/json.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>

namespace naru::audit {
namespace {

/// The leaves as one of the three places tells them; erased or unreadable ones are not known.
struct Account {
  std::vector<std::optional<Digest>> leaves;
  [[nodiscard]] bool complete(std::uint64_t size) const {
    return leaves.size() == size &&
           std::all_of(leaves.begin(), leaves.end(), [](const auto& leaf) { return leaf.has_value(); });
  }
  [[nodiscard]] std::vector<Digest> known() const {
    std::vector<Digest> out;
    for (const auto& leaf : leaves) out.push_back(leaf.value_or(Digest{}));
    return out;
  }
};

struct Accounts {
  Account entries;
  Account tiles;
  Account details;
  std::vector<bool> erased;
  std::set<std::uint64_t> erasures;  ///< entries whose erasure the log itself records
};

Account read_entry_tiles(const fs::path& folder, std::uint64_t size) {
  Account out;
  TileReader reader(folder, size);
  for (std::uint64_t number = 0; number * tile_width < size; ++number) {
    const auto wide = reader.width(0, number);
    const auto texts = reader.entries(number);
    for (std::uint64_t within = 0; within < wide; ++within) {
      if (texts.ok() && within < texts->size()) {
        out.leaves.emplace_back(leaf_hash(as_bytes((*texts)[within])));
      } else {
        out.leaves.emplace_back(std::nullopt);
      }
    }
  }
  while (!out.leaves.empty() && !out.leaves.back()) out.leaves.pop_back();
  return out;
}

Account read_hash_tiles(const fs::path& folder, std::uint64_t size) {
  Account out;
  TileReader reader(folder, size);
  for (std::uint64_t number = 0; number * tile_width < size; ++number) {
    const auto wide = reader.width(0, number);
    const auto bytes = read_file(folder / hash_tile_path(0, number, wide), tile_width * 32);
    const auto hashes = bytes.ok() ? decode_hashes(std::string_view(*bytes).substr(0, bytes->size() / 32 * 32), "")
                                   : Result<std::vector<Digest>>(std::vector<Digest>{});
    for (std::uint64_t within = 0; within < wide; ++within) {
      if (hashes.ok() && within < hashes->size()) {
        out.leaves.emplace_back((*hashes)[within]);
      } else {
        out.leaves.emplace_back(std::nullopt);
      }
    }
  }
  while (!out.leaves.empty() && !out.leaves.back()) out.leaves.pop_back();
  return out;
}

void read_details(const fs::path& folder, std::uint64_t size, Accounts& accounts) {
  std::ifstream in(folder / "details.jsonl", std::ios::binary);
  std::string line;
  for (std::uint64_t at = 0; at < size + 4096 && std::getline(in, line); ++at) {
    const auto detail = read_detail(line, "details.jsonl");
    // Lines behind the committed ones are an interrupted append, not part of the log.
    if (at >= size && detail.ok() && detail->index == at) break;
    const bool in_place = detail.ok() && detail->index == at;
    accounts.erased.push_back(in_place && detail->erased);
    if (in_place && detail->event.name == "log.detail_erased") {
      const auto fields = parse_json(detail->event.fields, "details.jsonl");
      if (fields.ok() && fields->contains("entry") && fields->at("entry").is_number_unsigned()) {
        accounts.erasures.insert(fields->at("entry").get<std::uint64_t>());
      }
    }
    if (in_place && !detail->erased) {
      accounts.details.leaves.emplace_back(leaf_hash(detail->digest));
    } else {
      accounts.details.leaves.emplace_back(std::nullopt);
    }
  }
}

Finding found(Tampering kind, std::optional<std::uint64_t> entry, std::string place, Text what) {
  return {kind, entry, std::move(place), std::move(what)};
}

std::string entry_place(std::uint64_t index, std::uint64_t size) {
  return entry_tile_path(index / tile_width, TileReader({}, size).width(0, index / tile_width)).string();
}

/// What was done to `stored` to make it differ from `truth`, both as leaf hashes.
Finding explain(const std::vector<Digest>& truth, const Account& stored, std::uint64_t size) {
  const auto have = stored.known();
  const auto common = std::min(have.size(), truth.size());
  std::size_t at = 0;
  while (at < common && stored.leaves[at] && have[at] == truth[at]) ++at;
  const auto place = entry_place(std::min<std::uint64_t>(at, size - 1), size);
  const auto tail_equal = [&](std::size_t from_have, std::size_t from_truth) {
    // A bundle is read by itself, so what moved up did so only to the end of its bundle.
    const auto rest = std::min({have.size() - from_have, truth.size() - from_truth, tile_width - 1 - at % tile_width});
    return rest > 0 && std::equal(have.begin() + static_cast<std::ptrdiff_t>(from_have),
                                  have.begin() + static_cast<std::ptrdiff_t>(from_have + rest),
                                  truth.begin() + static_cast<std::ptrdiff_t>(from_truth));
  };
  if (at == have.size()) {
    return found(
        Tampering::truncated, at, place,
        say("entries {} to {} are missing at the end", "끝의 항목 {}–{}이(가) 없습니다", at, truth.size() - 1));
  }
  if (!stored.leaves[at]) {
    return found(Tampering::deleted, at, place,
                 say("entry {} cannot be read any more", "항목 {}을(를) 더 이상 읽을 수 없습니다", at));
  }
  if (at + 1 < truth.size() && tail_equal(at, at + 1)) {
    return found(Tampering::deleted, at, place,
                 say("entry {} was deleted; later ones moved up", "항목 {}이(가) 삭제되고 뒤 항목이 당겨졌습니다", at));
  }
  if (at + 1 < have.size() && tail_equal(at + 1, at)) {
    return found(Tampering::inserted, at, place,
                 say("an entry that was never signed stands at {}", "서명된 적 없는 항목이 {} 위치에 있습니다", at));
  }
  if (std::find(truth.begin(), truth.end(), have[at]) != truth.end()) {
    const auto owner = static_cast<std::uint64_t>(std::find(truth.begin(), truth.end(), have[at]) - truth.begin());
    return found(Tampering::reordered, at, place,
                 say("entry {} stands in the place of entry {}: the order was changed",
                     "항목 {}이(가) 항목 {} 자리에 있습니다: 순서가 바뀌었습니다", owner, at));
  }
  return found(Tampering::flipped, at, place, say("entry {} was changed", "항목 {}이(가) 변경되었습니다", at));
}

/// Every further single entry that differs in place, so that not only the first is named.
void name_others(const std::vector<Digest>& truth, const Account& stored, std::uint64_t first, std::uint64_t size,
                 std::vector<Finding>& findings) {
  constexpr std::size_t named_max = 100;
  for (std::uint64_t at = first + 1; at < std::min<std::size_t>(truth.size(), stored.leaves.size()); ++at) {
    if (stored.leaves[at] && *stored.leaves[at] == truth[at]) continue;
    if (findings.size() >= named_max) return;
    findings.push_back(found(Tampering::flipped, at, entry_place(at, size),
                             say("entry {} was changed", "항목 {}이(가) 변경되었습니다", at)));
  }
}

void judge_entries(const std::vector<Digest>& truth, const Accounts& accounts, Report& report) {
  const auto& stored = accounts.entries;
  if (stored.leaves.size() == truth.size() && stored.complete(truth.size()) && stored.known() == truth) return;
  report.findings.push_back(explain(truth, stored, report.size));
  const auto& first = report.findings.back();
  if (first.kind == Tampering::flipped) name_others(truth, stored, *first.entry, report.size, report.findings);
}

void judge_tiles(const fs::path& folder, const std::vector<Digest>& truth, const Accounts& accounts, Report& report) {
  for (std::uint64_t at = 0; at < truth.size(); ++at) {
    if (at < accounts.tiles.leaves.size() && accounts.tiles.leaves[at] == truth[at]) continue;
    const auto number = at / tile_width;
    const auto place = hash_tile_path(0, number, TileReader({}, report.size).width(0, number)).string();
    report.findings.push_back(found(
        Tampering::tile, at, place,
        say("the stored hash of entry {} is not the signed one", "항목 {}의 저장된 해시가 서명된 것과 다릅니다", at)));
    break;
  }
  // The levels above are derivable: compare each tile with what the leaves give.
  auto level_hashes = truth;
  for (unsigned level = 1; level_hashes.size() >= tile_width; ++level) {
    std::vector<Digest> above;
    for (std::size_t at = 0; at + tile_width <= level_hashes.size(); at += tile_width) {
      above.push_back(tree_root(std::span(level_hashes).subspan(at, tile_width)));
    }
    TileReader reader(folder, report.size);
    for (std::uint64_t number = 0; number * tile_width < above.size(); ++number) {
      const auto wide = reader.width(level, number);
      const auto hashes = reader.hashes(level, number);
      if (hashes.ok() &&
          std::equal(hashes->begin(), hashes->end(), above.begin() + static_cast<std::ptrdiff_t>(number * tile_width)))
        continue;
      report.findings.push_back(found(
          Tampering::tile, std::nullopt, hash_tile_path(level, number, wide).string(),
          say("a tile of level {} does not match the entries below it", "{}단계 타일이 아래 항목과 다릅니다", level)));
    }
    level_hashes = std::move(above);
  }
}

void judge_details(const std::vector<Digest>& truth, const Accounts& accounts, Report& report) {
  const auto& lines = accounts.details.leaves;
  bool named = false;
  for (std::uint64_t at = 0; at < truth.size(); ++at) {
    if (at < lines.size() && accounts.erased[at] && accounts.erasures.contains(at)) {
      ++report.details_erased;
    } else if (at < lines.size() && lines[at] == truth[at]) {
      ++report.details;
    } else if (!named) {
      named = true;
      report.findings.push_back(
          found(Tampering::detail, at, "details.jsonl",
                say("the detail of entry {} is missing, does not match its digest, or was erased without a record",
                    "항목 {}의 상세가 없거나 다이제스트와 다르거나 기록 없이 삭제되었습니다", at)));
    }
  }
}

/// The sequence of leaves that the signed root stands for, from whichever place still tells it.
std::optional<std::vector<Digest>> truth_of(const Accounts& accounts, const Checkpoint& checkpoint) {
  // Where a detail was erased, the entry's own digest fills in.
  auto filled = accounts.details;
  for (std::size_t at = 0; at < filled.leaves.size() && at < accounts.entries.leaves.size(); ++at) {
    if (!filled.leaves[at]) filled.leaves[at] = accounts.entries.leaves[at];
  }
  for (const auto* account :
       {&accounts.entries, &accounts.tiles, &accounts.details, static_cast<const Account*>(&filled)}) {
    if (!account->complete(checkpoint.size)) continue;
    auto leaves = account->known();
    if (tree_root(leaves) == checkpoint.root) return leaves;
  }
  // Damage in several places: take for each entry what two of three places agree on.
  Account voted;
  for (std::uint64_t at = 0; at < checkpoint.size; ++at) {
    const auto get = [&](const Account& account) {
      return at < account.leaves.size() ? account.leaves[at] : std::nullopt;
    };
    const std::array votes{get(accounts.entries), get(accounts.tiles), get(accounts.details)};
    auto pick = votes[1] ? votes[1] : votes[2];
    if (votes[0] && votes[0] == votes[2]) pick = votes[0];
    voted.leaves.push_back(pick);
  }
  if (voted.complete(checkpoint.size) && tree_root(voted.known()) == checkpoint.root) return voted.known();
  return std::nullopt;
}

/// No place tells the signed history any more: name what can be named.
void judge_rewritten(const Accounts& accounts, Report& report) {
  const auto& entries = accounts.entries.leaves;
  const auto& tiles = accounts.tiles.leaves;
  if (entries.size() < report.size && tiles.size() < report.size) {
    const auto at = std::max(entries.size(), tiles.size());
    report.findings.push_back(
        found(Tampering::truncated, at, entry_place(at, report.size),
              say("entries {} to {} are missing at the end", "끝의 항목 {}–{}이(가) 없습니다", at, report.size - 1)));
    return;
  }
  for (std::uint64_t at = 0; at < report.size; ++at) {
    const auto entry = at < entries.size() ? entries[at] : std::nullopt;
    const auto tile = at < tiles.size() ? tiles[at] : std::nullopt;
    const auto detail = at < accounts.details.leaves.size() ? accounts.details.leaves[at] : std::nullopt;
    const bool erased = at < accounts.erased.size() && accounts.erased[at];
    if (entry == tile && (erased || entry == detail)) continue;
    report.findings.push_back(found(Tampering::rewritten, at, entry_place(at, report.size),
                                    say("entry {} differs between its stored copies, and none leads to the signed root",
                                        "항목 {}의 저장본이 서로 다르며 어느 것도 서명된 루트에 이르지 않습니다", at)));
    return;
  }
  report.findings.push_back(
      found(Tampering::rewritten, std::nullopt, "checkpoint",
            say("entries, tiles and details agree with each other but not with the signed root: the log was rewritten",
                "항목, 타일, 상세가 서로 같지만 서명된 루트와 다릅니다: 로그가 다시 쓰였습니다")));
}

void judge_witness(const std::vector<Digest>& truth, const Checkpoint& witness, Report& report) {
  report.witnessed = witness.size;
  if (witness.origin != report.origin) {
    report.findings.push_back(found(Tampering::checkpoint, std::nullopt, "checkpoint",
                                    say("the witness's checkpoint is of the log \"{}\"",
                                        "증인의 체크포인트는 \"{}\" 로그의 것입니다", witness.origin)));
    return;
  }
  if (witness.size > truth.size()) {
    report.findings.push_back(
        found(Tampering::rolled_back, truth.size(), "checkpoint",
              say("the log ends before entry {}, but a witness saw {} entries",
                  "로그가 항목 {} 앞에서 끝나지만 증인은 {}개를 보았습니다", truth.size(), witness.size)));
    return;
  }
  if (tree_root(std::span(truth).first(witness.size)) == witness.root) return;
  report.findings.push_back(
      found(Tampering::forked, std::nullopt, "checkpoint",
            say("the first {} entries are not the ones a witness saw: another history was signed",
                "처음 {}개 항목이 증인이 본 것과 다릅니다: 다른 이력이 서명되었습니다", witness.size)));
}

}  // namespace

std::string_view name_of(Tampering kind) {
  switch (kind) {
    case Tampering::flipped:
      return "flipped";
    case Tampering::deleted:
      return "deleted";
    case Tampering::inserted:
      return "inserted";
    case Tampering::reordered:
      return "reordered";
    case Tampering::truncated:
      return "truncated";
    case Tampering::rolled_back:
      return "rolled_back";
    case Tampering::forked:
      return "forked";
    case Tampering::rewritten:
      return "rewritten";
    case Tampering::checkpoint:
      return "checkpoint";
    case Tampering::detail:
      return "detail";
    case Tampering::tile:
      return "tile";
  }
  return "unknown";
}

Result<Report> verify(const fs::path& folder, const PublicKey& trusted, const std::optional<std::string>& witness) {
  const LogLock lock(folder, true);
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return not_found(say("there is no log here", "여기에 로그가 없습니다"), folder.string());
  Report report;
  std::optional<Checkpoint> seen;
  if (witness) {
    NARU_ASSIGN(seen, trusted_checkpoint(*witness, trusted, "witness checkpoint"));
  }
  const auto note = read_file(folder / "checkpoint", 1U << 16);
  const auto checkpoint =
      note.ok() ? trusted_checkpoint(*note, trusted, "checkpoint") : Result<Checkpoint>(note.error());
  if (!checkpoint.ok()) {
    report.findings.push_back(found(Tampering::checkpoint, std::nullopt, "checkpoint", checkpoint.error().what));
    return report;
  }
  report.origin = checkpoint->origin;
  report.size = checkpoint->size;
  report.root = checkpoint->root;
  Accounts accounts;
  accounts.entries = read_entry_tiles(folder, report.size);
  accounts.tiles = read_hash_tiles(folder, report.size);
  read_details(folder, report.size, accounts);
  const auto truth = truth_of(accounts, *checkpoint);
  if (!truth) {
    judge_rewritten(accounts, report);
    if (seen) report.witnessed = seen->size;
    return report;
  }
  if (seen) judge_witness(*truth, *seen, report);
  judge_entries(*truth, accounts, report);
  judge_tiles(folder, *truth, accounts, report);
  judge_details(*truth, accounts, report);
  return report;
}

std::string report_json(const Report& report, Language language) {
  auto findings = Json::array();
  for (const auto& finding : report.findings) {
    findings.push_back({{"kind", std::string(name_of(finding.kind))},
                        {"entry", finding.entry ? Json(*finding.entry) : Json()},
                        {"place", finding.place},
                        {"what", finding.what.in(language)}});
  }
  return canonical({{"intact", report.intact()},
                    {"origin", report.origin},
                    {"size", report.size},
                    {"root", hex(report.root)},
                    {"details", report.details},
                    {"details_erased", report.details_erased},
                    {"witnessed", report.witnessed ? Json(*report.witnessed) : Json()},
                    {"findings", findings}});
}

}  // namespace naru::audit
