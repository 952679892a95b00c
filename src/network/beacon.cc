#include "network/beacon.h"

#include "base/files.h"
#include "network/task_support.h"
#include "protect/policy.h"

#include <cstdlib>

namespace naru::network {
namespace {

std::filesystem::path shelf_of(const model::SiteLayout& layout) { return layout.root() / "beacon"; }

struct Stored {
  BeaconOffer offer;
  std::int64_t samples = 0;
};

Result<Stored> read_stored(const std::filesystem::path& file) {
  NARU_ASSIGN(const auto text, read_file(file));
  NARU_ASSIGN(const auto json, parse_json(text, file.filename().string()));
  NARU_ASSIGN(const auto reader, Reader::of(json, file.filename().string()));
  Stored out;
  NARU_ASSIGN(const auto holder, reader.text("holder"));
  NARU_ASSIGN(const auto assembly, reader.text("assembly"));
  NARU_ASSIGN(const auto tsv, reader.text("tsv"));
  NARU_ASSIGN(const auto least, reader.integer("least"));
  NARU_ASSIGN(out.offer.access, reader.text("access"));
  NARU_ASSIGN(out.offer.published_at, reader.text("published_at"));
  NARU_ASSIGN(out.samples, reader.integer("samples"));
  NARU_ASSIGN(out.offer.set, genome::beacon_set(holder, assembly, tsv, least));
  return out;
}

Done check(const BeaconRequest& request, const protect::GenomePolicy& policy) {
  if (request.access != "open" && request.access != "registered") {
    return usage_error(say("access is open or registered", "접근은 open 또는 registered입니다"), "--access");
  }
  if (!is_plain_name(request.assembly)) {
    return usage_error(say("an assembly is a name such as GRCh38", "참조 서열은 GRCh38 같은 이름입니다"), "--assembly");
  }
  if (request.least < policy.min_allele_count) {
    return refused(say("the policy lets no allele with fewer than {} copies be told of",
                       "정책상 사본이 {}개보다 적은 대립유전자는 알릴 수 없습니다", policy.min_allele_count),
                   "--least",
                   say("ask with --least {} or more", "--least {} 이상으로 하세요", policy.min_allele_count));
  }
  return {};
}

/// What is to stand, unless it and what stands would tell of few persons together.
Result<Json> offer_json(const Site& site, const std::string& holder, const Json& told, const BeaconRequest& request,
                        const protect::GenomePolicy& policy, const std::string& now) {
  NARU_ASSIGN(const auto reader, Reader::of(told, holder));
  NARU_ASSIGN(const auto samples, reader.integer("samples"));
  NARU_ASSIGN(const auto tsv, reader.text("tsv"));
  NARU_ASSIGN(const auto fresh, genome::beacon_set(holder, request.assembly, tsv, request.least));
  const auto file = shelf_of(site.layout()) / (holder + ".json");
  if (std::filesystem::exists(file)) {
    NARU_ASSIGN(const auto stands, read_stored(file));
    if (fresh.alleles != stands.offer.set.alleles && std::abs(samples - stands.samples) < policy.min_cohort) {
      return refused(
          say("fewer than {} persons came or went since the last time: both together would tell of them",
              "지난번 이후 들어오거나 나간 사람이 {}명보다 적어, 두 답을 견주면 그들이 드러납니다", policy.min_cohort),
          holder,
          say("wait for more; what stands goes on answering", "더 모일 때까지 기다리세요. 기존 답은 유지됩니다"));
    }
  }
  return Json{
      {"holder", holder},         {"assembly", request.assembly}, {"access", request.access}, {"least", request.least},
      {"policy", request.policy}, {"samples", samples},           {"published_at", now},      {"tsv", tsv}};
}

}  // namespace

Result<std::string> publish_beacon(Site& site, Coordinator& coordinator, const std::filesystem::path& share,
                                   const BeaconRequest& request) {
  NARU_ASSIGN(const auto policy, protect::find_policy(share, request.policy));
  NARU_CHECK(check(request, policy.genome));
  NARU_ASSIGN(const auto text, coordinator.count_genomes({request.holders, request.policy, {}, {}}));
  NARU_ASSIGN(const auto counts, parse_json(text, "genome.counts"));
  const auto now = format_instant(site.clock().now_ms());
  std::vector<std::pair<std::string, Json>> fresh;
  Json summary = Json::object();
  for (const auto& [holder, told] : counts.at("holders").items()) {
    if (!is_plain_name(holder) || told.value("samples", std::int64_t{0}) == 0) {
      return not_found(say("{} has no genomes", "{}에는 유전체가 없습니다", holder), holder,
                       say("leave it out", "목록에서 빼세요"));
    }
    NARU_ASSIGN(auto offer, offer_json(site, holder, told, request, policy.genome, now));
    NARU_ASSIGN(const auto set,
                genome::beacon_set(holder, request.assembly, offer.at("tsv").get<std::string>(), request.least));
    summary[holder] = {{"alleles", set.alleles.size()}, {"access", request.access}};
    fresh.emplace_back(holder, std::move(offer));
  }
  const Json answer{{"holders", summary}, {"least", request.least}, {"assembly", request.assembly}};
  NARU_CHECK(site.record("beacon.published", fields(answer), request.account));
  NARU_CHECK(make_folder(shelf_of(site.layout()), 0700));
  for (const auto& [holder, offer] : fresh) {
    NARU_CHECK(write_file_atomic(shelf_of(site.layout()) / (holder + ".json"), fields(offer), 0600));
  }
  return fields(answer);
}

Result<BeaconShelf::Offers> BeaconShelf::offers(const model::SiteLayout& layout) {
  const std::scoped_lock lock(mutex_);
  Offers out;
  const auto folder = shelf_of(layout);
  std::error_code code;
  if (!std::filesystem::is_directory(folder, code)) return out;
  NARU_ASSIGN(const auto files, list_files(folder, false));
  for (const auto& name : files) {
    if (name.extension() != ".json") continue;
    const auto file = folder / name;
    const auto changed = std::filesystem::last_write_time(file, code);
    auto& kept = kept_[name.string()];
    if (kept.offer == nullptr || kept.changed != changed) {
      NARU_ASSIGN(auto stored, read_stored(file));
      kept = {changed, std::make_shared<const BeaconOffer>(std::move(stored.offer))};
    }
    out.push_back(kept.offer);
  }
  return out;
}

}  // namespace naru::network
