#include "network/task_support.h"

#include "base/files.h"
#include "base/limits.h"
#include "workspace/output_rules.h"

#include <chrono>
#include <map>
#include <thread>

namespace naru::network {
namespace {
constexpr std::size_t inline_bundle_bytes = 16U << 20;
}

std::string fields(const Json& value) { return naru::canonical(value); }

Json both(const Text& text) { return {{"en", text.en}, {"ko", text.ko}}; }

Body json_body(const Json& value) { return {fields(value), {}}; }

Result<Json> json_of_message(const Message& message) {
  return parse_json(message.body, fmt::format("message {} from {}", message.kind, message.from));
}

Result<Body> bundle_body(const Site& site, const Json& meta, std::vector<NamedBytes> files) {
  files.insert(files.begin(), NamedBytes{"meta.json", fields(meta)});
  auto packed = pack(files);
  if (packed.size() <= inline_bundle_bytes) return Body{std::move(packed), {}};
  const auto folder = site.layout().spool() / "outgoing";
  NARU_CHECK(make_folder(folder, 0700));
  SystemRandom random;
  const auto file = folder / to_hex(random.bytes(12));
  NARU_CHECK(write_file_atomic(file, packed, 0600));
  return Body{{}, file};
}

Result<Bundle> bundle_of_message(const Message& message) {
  const auto where = fmt::format("message {} from {}", message.kind, message.from);
  std::string text = message.body;
  if (message.file) {
    NARU_ASSIGN(text, read_file(*message.file, limits::wire_message_bytes));
  }
  NARU_ASSIGN(auto files, unpack(text, where));
  if (files.empty() || files.front().name != "meta.json") {
    return rejected(say("the bundle has no meta.json", "묶음에 meta.json이 없습니다"), where);
  }
  NARU_ASSIGN(auto meta, parse_json(files.front().content, where));
  files.erase(files.begin());
  return Bundle{std::move(meta), std::move(files)};
}

Done write_files(const std::vector<NamedBytes>& files, const std::filesystem::path& folder) {
  NARU_CHECK(make_folder(folder, 0700));
  for (const auto& file : files) NARU_CHECK(write_file_atomic(folder / file.name, file.content, 0600));
  return {};
}

Reply reply_of(std::string kind, const Json& value) { return {std::move(kind), json_body(value)}; }

Result<protect::Policy> agreed_policy(const std::filesystem::path& share, const Json& message, std::string_view where) {
  NARU_ASSIGN(const auto reader, Reader::of(message, std::string(where)));
  NARU_ASSIGN(const auto id, reader.text("policy"));
  NARU_ASSIGN(const auto hash, reader.text("policy_hash"));
  NARU_ASSIGN(auto policy, protect::find_policy(share, id));
  if (policy.hash != hash) {
    return refused(
        say("this site's policy \"{}\" is not the one asked for", "이 기관의 정책 \"{}\"은 요청된 것과 다릅니다", id),
        fmt::format("policy hash {}", policy.hash.substr(0, 16)),
        say("bring both sites to the same policy version", "두 기관의 정책 판을 맞추세요"));
  }
  return policy;
}

Done from_authority(const Site& site, const Message& message) {
  if (site.description().authority && message.from == site.description().authority->name) return {};
  return refused(say("only the authority may ask for this", "이 작업은 허브 기관만 요청할 수 있습니다"),
                 fmt::format("{} from {}", message.kind, message.from),
                 say("ask the authority", "허브 기관에 요청하세요"));
}

Result<protect::OutputControl> control_of(const protect::Policy& policy) {
  if (policy.disclosure) return *policy.disclosure;
  return refused(say("the policy has no section \"disclosure\", so no evidence leaves a site",
                     "정책에 disclosure 항목이 없어 평가 결과가 기관을 떠나지 않습니다"),
                 policy.id, say("the board that owns the policy adds it", "정책을 소유한 위원회가 추가해야 합니다"));
}

Json count_for_outside(std::int64_t count, const protect::OutputPolicy& outputs) {
  const auto shown = workspace::release_count(count, {outputs.min_cell, outputs.round_to, outputs.complementary});
  return shown.value ? Json(*shown.value) : Json(nullptr);
}

Result<Json> risk_for_outside(const protect::Risk& risk, const protect::OutputPolicy& outputs) {
  NARU_ASSIGN(auto out, parse_json(protect::risk_summary_json(risk, outputs), "risk"));
  std::map<std::int64_t, std::int64_t> bands;
  for (const auto& [size, classes] : risk.class_sizes) {
    std::int64_t band = 1;
    for (const std::int64_t edge : {2, 5, 10, 20, 50, 100, 200, 500})
      if (size >= edge) band = edge;
    bands[band] += classes;
  }
  out["class_sizes"] = Json::array();
  for (const auto& [band, classes] : bands) {
    const auto shown = count_for_outside(classes, outputs);
    if (!shown.is_null()) out["class_sizes"].push_back({{"size", band}, {"classes", shown}});
  }
  return out;
}

Done write_private_report(const Site& site, std::string_view name, std::string_view json) {
  const auto folder = site.layout().root() / "private" / "reports";
  NARU_CHECK(make_folder(folder, 0700));
  return write_file_atomic(folder / (std::string(name) + ".json"), json, 0600);
}

Result<Withdrawn> read_withdrawn(const model::SiteLayout& layout) {
  Withdrawn out;
  if (!fs::exists(layout.withdrawn())) return out;
  NARU_ASSIGN(const auto json, read_json(layout.withdrawn()));
  NARU_ASSIGN(const auto reader, Reader::of(json, "withdrawn.json"));
  NARU_ASSIGN(out.epoch, reader.integer("epoch"));
  NARU_ASSIGN(const auto persons, reader.array("persons"));
  for (const auto& [person, place] : persons) out.persons.insert(person->get<std::int64_t>());
  return out;
}

namespace {

/// Half a minute is far more than anybody holds it.
Result<FileLock> waited_lock(const std::filesystem::path& file) {
  constexpr int tries_max = 600;
  constexpr std::chrono::milliseconds pause(50);
  for (int tries = 0;; ++tries) {
    auto lock = FileLock::acquire(file);
    if (lock.ok() || lock.error().kind != ErrorKind::conflict || tries == tries_max) return lock;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

Result<Withdrawn> change_withdrawn(const model::SiteLayout& layout, const std::function<Done(Withdrawn&)>& change) {
  NARU_CHECK(make_folder(layout.withdrawn().parent_path(), 0700));
  NARU_ASSIGN(const auto lock, waited_lock(layout.withdrawn().string() + ".lock"));
  NARU_ASSIGN(auto withdrawn, read_withdrawn(layout));
  NARU_CHECK(change(withdrawn));
  NARU_CHECK(write_file_atomic(layout.withdrawn(),
                               fields({{"epoch", withdrawn.epoch}, {"persons", withdrawn.persons}}) + "\n", 0600));
  return withdrawn;
}

Handlers site_handlers(Site& site, std::filesystem::path share) {
  Handlers handlers;
  add_link_handlers(handlers, site, share);
  add_release_handlers(handlers, site, share);
  add_ask_handlers(handlers, site, share);
  add_verify_handlers(handlers, site, share);
  add_consent_handlers(handlers, site);
  return handlers;
}

Handlers authority_handlers(Site& site) {
  Handlers handlers;
  add_consent_handlers(handlers, site);
  return handlers;
}

}  // namespace naru::network
