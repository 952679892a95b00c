// What exists, and deposits.
#include "base/json.h"
#include "base/limits.h"
#include "catalogue/deposit.h"
#include "catalogue/dictionary.h"
#include "catalogue/linked_data.h"
#include "cli/command.h"
#include "network/identity.h"
#include "network/journal.h"

namespace naru::cli {
namespace {

constexpr std::int64_t korea_offset_ms = 9LL * 3600 * 1000;

std::int32_t today(const Context& context) {
  constexpr std::int64_t day_ms = 86'400'000;
  return static_cast<std::int32_t>((context.clock.now_ms() + korea_offset_ms) / day_ms);
}

// The site's folder opened for one command.
struct Desk {
  std::unique_ptr<network::Site> site;
  std::unique_ptr<network::SiteJournal> journal;
  std::unique_ptr<catalogue::Catalogue> catalogue;
};

Result<Desk> open(const Call& call, const Context& context) {
  Desk out;
  NARU_ASSIGN(out.site, network::Site::open(call.text("--site"), context.clock, context.random));
  out.journal = std::make_unique<network::SiteJournal>(*out.site);
  out.catalogue = std::make_unique<catalogue::Catalogue>(out.site->records(), context.clock, *out.journal);
  return out;
}

catalogue::Viewer viewer(const Call& call) {
  const auto roles = call.texts("--role");
  return {!roles.empty(), roles};
}

Result<catalogue::SearchQuery> query(const Call& call) {
  catalogue::SearchQuery out;
  out.words = call.text("WORDS");
  out.holder = call.text("--holder");
  out.code_system = call.text("--code-system");
  out.ai_term = call.text("--ai-term");
  if (call.has("--kind")) {
    out.kind = catalogue::dataset_kind_named(call.text("--kind"));
    if (!out.kind) {
      return usage_error(
          say("site, release, deposit, genome or solution", "site, release, deposit, genome, solution 중 하나"),
          "--kind");
    }
  }
  if (call.has("--tier")) {
    out.tier = catalogue::tier_named(call.text("--tier"));
    if (!out.tier)
      return usage_error(say("open, registered or controlled", "open, registered, controlled 중 하나"), "--tier");
  }
  return out;
}

Result<Answer> search(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  NARU_ASSIGN(const auto wanted, query(call));
  NARU_ASSIGN(const auto found, desk.catalogue->find(wanted, viewer(call)));
  Answer out;
  out.json = catalogue::search_view_json(found, today(context));
  out.text = say("{} datasets\n", "데이터셋 {}개\n", found.hits.size());
  for (const auto& hit : found.hits) {
    const auto& d = hit.dataset;
    const auto persons = hit.sight == catalogue::Sight::full && d.persons ? fmt::format("{}", *d.persons) : "-";
    const auto row = [&](const std::string& title) {
      return fmt::format("  {:<28} {:<10} {:<11} {:>10}  {}\n", d.id, catalogue::name_of(d.kind),
                         catalogue::name_of(d.tier), persons, title);
    };
    out.text.en += row(d.title.en);
    out.text.ko += row(d.title.ko);
  }
  return out;
}

Result<Answer> show(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  // Whoever holds the site's folder is its operator and sees all; --role shows what others see.
  const catalogue::Viewer steward{true, {"steward"}};
  const auto who = call.has("--role") ? viewer(call) : steward;
  NARU_ASSIGN(const auto dataset, desk.catalogue->get(call.text("ID"), who));
  Answer out;
  const auto sight = catalogue::visible_to(dataset, who);
  const auto base = call.text("--base");
  if (call.has("--turtle")) {
    const auto turtle = catalogue::health_dcat_turtle(dataset, sight, base);
    out.json = canonical(Json{{"turtle", turtle}});
    out.text = {turtle, turtle};
    return out;
  }
  if (call.has("--dcat") || call.has("--schema-org")) {
    out.json = call.has("--dcat") ? catalogue::health_dcat_jsonld(dataset, sight, base)
                                  : catalogue::schema_org_jsonld(dataset, sight, base);
    out.text = {out.json, out.json};
    return out;
  }
  out.json = catalogue::dataset_view_json(dataset, sight, today(context));
  const auto usable = catalogue::usable_on(dataset, today(context));
  const auto line =
      say("{}: {}, {}, held by {}, phase {}\n", "{}: {}, {}, 보유기관 {}, {}단계\n", dataset.id,
          catalogue::name_of(dataset.kind), catalogue::name_of(dataset.tier), dataset.holder, dataset.phase);
  out.text = {dataset.title.en + "\n" + line.en, dataset.title.ko + "\n" + line.ko};
  if (!usable.ok()) {
    out.text.en += usable.error().what.en + "\n";
    out.text.ko += usable.error().what.ko + "\n";
  }
  return out;
}

Result<Answer> put(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  NARU_ASSIGN(const auto text, read_file(call.text("FILE"), limits::json_document_bytes));
  NARU_ASSIGN(auto dataset, catalogue::read_dataset_yaml(text, call.text("FILE")));
  const auto id = dataset.id;
  NARU_CHECK(desk.catalogue->put(std::move(dataset), call.text("--account")));
  return Answer{canonical(Json{{"id", id}}), say("{} stands in the catalogue", "{}을(를) 목록에 올렸습니다", id), 0};
}

Result<Answer> take_deposit(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  NARU_ASSIGN(const auto receipt, catalogue::deposit(call.text("SOURCE"), desk.site->layout().deposits(),
                                                     *desk.catalogue, *desk.journal, call.text("--account")));
  Answer out;
  out.json = catalogue::receipt_json(receipt);
  if (receipt.accepted) {
    out.text = say("{} {} accepted: {} files, manifest {}", "{} {} 접수: 파일 {}개, 매니페스트 {}", receipt.id,
                   receipt.version, receipt.files.size(), receipt.manifest_digest);
    return out;
  }
  constexpr int found_something = 4;
  out.status = found_something;
  out.text = say("{} {} held for {} reasons\n", "{} {} 보류: 사유 {}개\n", receipt.id, receipt.version,
                 receipt.findings.size());
  for (const auto& one : receipt.findings) {
    out.text.en += fmt::format("  {}: {} ({})\n", one.where, one.what.en, one.kind);
    out.text.ko += fmt::format("  {}: {} ({})\n", one.where, one.what.ko, one.kind);
  }
  return out;
}

// A dictionary to fill in; what somebody already wrote about a column stays.
Result<Answer> describe_deposit(const Call& call, const Context& /*context*/) {
  const fs::path folder = call.text("FOLDER");
  NARU_ASSIGN(const auto files, catalogue::infer_dictionary(folder));
  const auto file = folder / "dictionary.yaml";
  std::string known;
  if (fs::exists(file)) {
    NARU_ASSIGN(known, read_file(file, limits::json_document_bytes));
  }
  NARU_ASSIGN(const auto yaml, catalogue::dictionary_yaml(files, known));
  NARU_CHECK(write_file_atomic(file, yaml));
  NARU_ASSIGN(auto list, parse_json(catalogue::dictionary_json(files), "dictionary"));
  return Answer{
      canonical(Json{{"dictionary", file.string()}, {"confirmed", false}, {"files", std::move(list)}}),
      say("{} describes {} files: fill in what each column means, then set confirmed to true",
          "{}에 파일 {}개를 기술했습니다. 열마다 뜻을 적고 confirmed를 true로 바꾸세요", file.string(), files.size()),
      0};
}

Result<Answer> list_deposits(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  NARU_ASSIGN(const auto stored, catalogue::stored_deposits(desk.site->layout().deposits()));
  Json list = Json::array();
  Answer out;
  out.text = say("{} deposits\n", "기탁 {}건\n", stored.size());
  for (const auto& one : stored) {
    const auto good = catalogue::verify_deposit(desk.site->layout().deposits(), one.id, one.version);
    NARU_ASSIGN(auto manifest, parse_json(one.manifest_json, one.id));
    manifest["intact"] = good.ok();
    manifest["changed"] = good.ok() ? Json(nullptr) : Json(good.error().where);
    list.push_back(std::move(manifest));
    const auto line = say("  {} {}: {}\n", "  {} {}: {}\n", one.id, one.version, good.ok() ? "ok" : good.error().where);
    out.text.en += line.en;
    out.text.ko += line.ko;
  }
  out.json = canonical(Json{{"deposits", std::move(list)}});
  return out;
}

std::vector<Option> with(std::vector<Option> options, std::vector<Option> more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

}  // namespace

std::vector<Command> catalogue_commands() {
  const Option site{"--site", "DIR", say("the site's folder", "기관 폴더"), true, false, {}};
  const Option account{"--account", "NAME", say("who acts", "행위자 계정"), false, false, "operator"};
  const Option role{
      "--role",
      "ROLE",
      say("as somebody with this role sees it; several may stand", "이 역할의 사람이 보는 대로. 여럿 가능"),
      false,
      true,
      {}};
  const std::vector<Option> narrow{
      site,
      role,
      {"--kind",
       "KIND",
       say("site, release, deposit, genome, solution", "site, release, deposit, genome, solution"),
       false,
       false,
       {}},
      {"--tier", "TIER", say("open, registered, controlled", "open, registered, controlled"), false, false, {}},
      {"--code-system", "NAME", say("only with this code system", "이 코드체계가 있는 것만"), false, false, {}},
      {"--ai-term", "TERM", say("only what permits this use by AI", "이 AI 이용을 허용하는 것만"), false, false, {}},
      {"--holder", "SITE", say("only this holder's", "이 보유기관의 것만"), false, false, {}}};
  return {
      {"catalogue list",
       say("datasets; without --role as the public sees them", "데이터셋 목록. --role이 없으면 일반에 보이는 대로"),
       narrow, search},
      {"catalogue search", say("datasets by Korean or English words", "한국어나 영어로 데이터셋 검색"),
       with(narrow, {{"WORDS", "TEXT", say("words, in one argument", "검색어, 인자 하나로"), true, false, {}}}),
       search},
      {"catalogue show",
       say("one dataset; without --role as the site's operator", "데이터셋 하나. --role이 없으면 운영자로서"),
       {site,
        role,
        {"ID", "ID", say("the dataset", "데이터셋"), true, false, {}},
        {"--dcat", "", say("as HealthDCAT-AP (JSON-LD)", "HealthDCAT-AP(JSON-LD)로"), false, false, {}},
        {"--turtle", "", say("as HealthDCAT-AP (Turtle)", "HealthDCAT-AP(Turtle)로"), false, false, {}},
        {"--schema-org", "", say("as schema.org/Dataset (JSON-LD)", "schema.org/Dataset(JSON-LD)로"), false, false, {}},
        {"--base", "URL", say("address that ids are appended to", "식별자 앞에 붙는 주소"), false, false,
         "urn:naru:dataset:"}},
       show},
      {"catalogue put",
       say("adds or replaces a description", "설명을 추가하거나 바꿈"),
       {site,
        account,
        {"FILE", "FILE", say("the description, YAML or JSON", "설명 파일, YAML 또는 JSON"), true, false, {}}},
       put},
      {"ingest deposit",
       say("takes in a data set of an R&D programme, or holds it with reasons (exit 4)",
           "연구개발사업 데이터를 접수하거나 사유와 함께 보류(종료 코드 4)"),
       {site,
        account,
        {"SOURCE",
         "DIR",
         say("folder with deposit.yaml, dictionary.yaml and data files",
             "deposit.yaml, dictionary.yaml과 데이터 파일이 있는 폴더"),
         true,
         false,
         {}}},
       take_deposit},
      {"deposit describe",
       say("infers a data dictionary from the files, for the depositor to confirm",
           "파일에서 자료 사전을 추론(기탁자가 확인)"),
       {{"FOLDER", "DIR", say("folder with the data files", "자료 파일이 있는 폴더"), true, false, {}}},
       describe_deposit},
      {"deposit list",
       say("stored deposits, compared with their manifests", "보관된 기탁 자료와 매니페스트 대조"),
       {site},
       list_deposits},
  };
}

}  // namespace naru::cli
