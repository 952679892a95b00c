#include "catalogue/catalogue.h"

#include "base/json.h"
#include "catalogue/deposit.h"
#include "catalogue/deposit_draft.h"
#include "catalogue/dictionary.h"
#include "catalogue/linked_data.h"
#include "engine/database.h"

#include <doctest/doctest.h>

#include <fstream>

using namespace naru;
using namespace naru::catalogue;

namespace {

struct Desk {
  ScratchFolder folder{"catalogue"};
  FixedClock clock{1'790'000'000'000};
  engine::Records records = std::move(*engine::Records::open(folder.path() / "records.sqlite", clock));
  MemoryJournal journal;
  Catalogue catalogue{records, clock, journal};
};

Dataset dataset(std::string id, Text title, Tier tier) {
  Dataset d;
  d.id = std::move(id);
  d.title = std::move(title);
  d.description = {"diagnoses and prescriptions", "진단과 처방"};
  d.holder = "hospital-a";
  d.tier = tier;
  d.persons = 1200;
  d.legal_basis = "pseudonymised-use";
  d.keywords = {"diabetes", "당뇨병"};
  d.tables = {{"condition_occurrence", 5000, {{"condition_concept_id", "INTEGER", {"diagnosis", "진단 개념"}}}}};
  d.duo = {"DUO:0000006"};
  return d;
}

const Viewer nobody{};
const Viewer applicant{true, {"applicant"}};
const Viewer steward{true, {"steward"}};

void write(const fs::path& file, std::string_view text) { REQUIRE(write_file_atomic(file, text).ok()); }

/// A small deposit that passes.
fs::path good_deposit(const fs::path& parent) {
  const auto folder = parent / "deposit";
  REQUIRE(make_folder(folder).ok());
  write(folder / "deposit.yaml", R"(id: sleep
version: "1.0"
title: {en: Sleep, ko: 수면}
description: {en: Steps, ko: 걸음}
programme: Lifelog
grant_number: G-1
depositor: hospital-b
tier: registered
phase: 1
legal_basis: consent
keywords: [sleep]
duo: ["DUO:0000006"]
ai_terms: [validate]
embargo_until: 2027-06-30
persons: 120
files: [data.csv]
)");
  write(folder / "dictionary.yaml", R"(files:
  data.csv:
    columns:
      - {name: subject_no, type: integer, meaning: {en: number, ko: 번호}}
      - {name: note, type: text, meaning: {en: note, ko: 메모}}
)");
  write(folder / "data.csv", "subject_no,note\n1,slept well\n2,1701010000000\n3,-5\n");
  return folder;
}

bool has(const DepositReceipt& receipt, std::string_view kind, std::string_view where) {
  for (const auto& one : receipt.findings) {
    if (one.kind == kind && one.where == where) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a description survives being stored, and an unknown field is refused") {
  Desk desk;
  const auto d = dataset("a", {"Diabetes registry", "당뇨병 등록자료"}, Tier::open);
  REQUIRE(desk.catalogue.put(d, "steward-a").ok());
  const auto back = desk.catalogue.get("a", nobody);
  REQUIRE(back.ok());
  auto expected = d;
  expected.updated_ms = desk.clock.now_ms();
  CHECK(dataset_json(*back) == dataset_json(expected));
  CHECK(desk.journal.entries.back().event == "catalogue.put");
  auto json = Json::parse(dataset_json(d));
  json["embargo_untill"] = "2030-01-01";
  CHECK_FALSE(parse_dataset(canonical(json), "d").ok());
  auto bad = d;
  bad.id = "../x";
  CHECK_FALSE(desk.catalogue.put(bad, "steward-a").ok());
}

TEST_CASE("search finds Korean and English words, and words that are nearly right") {
  const std::vector<Dataset> all = {dataset("dm", {"Diabetes registry", "당뇨병 등록자료"}, Tier::open),
                                    dataset("hf", {"Heart failure", "심부전 코호트"}, Tier::open)};
  const auto ids = [&](std::string words) {
    std::string out;
    for (const auto& hit : search(all, {std::move(words), {}, {}, {}}, nobody).hits) out += hit.dataset.id + " ";
    return out;
  };
  CHECK(ids("당뇨병 등록") == "dm hf ");  // hf carries the keyword alone
  CHECK(ids("등록자료") == "dm ");
  CHECK(ids("HEART") == "hf ");
  CHECK(ids("심부전증") == "hf ");
  CHECK(ids("registri") == "dm ");
  CHECK(ids("condition_concept") == "dm hf ");
  CHECK(ids("zebra").empty());
  CHECK(ids("") == "dm hf ");
  CHECK(search(all, {"diabetes registry", {}, {}, {}}, nobody).hits.front().score == 1);
}

TEST_CASE("facets count over the words while filters narrow the hits") {
  auto genome = dataset("g", {"Genomes", "유전체"}, Tier::controlled);
  genome.kind = DatasetKind::genome;
  const std::vector<Dataset> all = {dataset("a", {"A", "가"}, Tier::open), genome};
  SearchQuery query;
  query.kind = DatasetKind::genome;
  const auto answer = search(all, query, steward);
  CHECK(answer.hits.size() == 1);
  CHECK(answer.facets.at("kind").at("site") == 1);
  CHECK(answer.facets.at("kind").at("genome") == 1);
}

TEST_CASE("tiers decide who sees which dataset and how much of it") {
  Desk desk;
  REQUIRE(desk.catalogue.put(dataset("o", {"O", "오"}, Tier::open), "s").ok());
  REQUIRE(desk.catalogue.put(dataset("r", {"R", "르"}, Tier::registered), "s").ok());
  REQUIRE(desk.catalogue.put(dataset("c", {"C", "시"}, Tier::controlled), "s").ok());
  CHECK(desk.catalogue.find({}, nobody)->hits.size() == 2);
  CHECK(desk.catalogue.find({}, applicant)->hits.size() == 3);
  CHECK(desk.catalogue.get("c", nobody).error().kind == ErrorKind::not_found);
  const auto c = desk.catalogue.get("c", applicant);
  REQUIRE(c.ok());
  CHECK(visible_to(*c, applicant) == Sight::summary);
  CHECK(visible_to(*c, steward) == Sight::full);
  const auto summary = Json::parse(dataset_view_json(*c, Sight::summary, 0));
  CHECK(summary.at("persons").is_null());
  CHECK(summary.at("tables").is_null());
  CHECK(Json::parse(dataset_view_json(*c, Sight::full, 0)).at("persons") == 1200);
}

TEST_CASE("a dataset under embargo is refused with who decides and from when") {
  auto d = dataset("e", {"E", "이"}, Tier::open);
  d.embargo_until = *parse_date("2027-06-30", "t");
  CHECK(usable_on(d, *d.embargo_until).ok());
  const auto early = usable_on(d, *d.embargo_until - 1);
  REQUIRE_FALSE(early.ok());
  CHECK(early.error().kind == ErrorKind::refused);
  CHECK(early.error().what.en.find("2027-06-30") != std::string::npos);
  CHECK(early.error().hint.ko.find("hospital-a") != std::string::npos);
}

TEST_CASE("one dataset as HealthDCAT-AP carries what its profile requires, and figures for full sight alone") {
  auto d = dataset("e", {"E", "이"}, Tier::controlled);
  d.code_systems = {"KCD-8"};
  const auto json = Json::parse(health_dcat_jsonld(d, Sight::full, "https://naru.example/dataset/"));
  CHECK(json.at("@id") == "https://naru.example/dataset/e");
  CHECK(json.at("healthdcatap:numberOfUniqueIndividuals").at("@value") == "1200");
  CHECK(json.at("healthdcatap:hasCodingSystem").at("rdfs:label") == "KCD-8");
  CHECK(json.at("dpv:hasLegalBasis").at("@id") == "urn:naru:legal-basis:pseudonymised-use");
  for (const auto* property :
       {"dct:accessRights", "dcatap:applicableLegislation", "dcat:distribution", "dct:identifier", "dct:publisher",
        "dcat:theme", "healthdcatap:hdab", "healthdcatap:healthCategory", "dcat:contactPoint", "dcat:keyword",
        "dct:type", "dct:provenance", "dct:title", "dct:description"}) {
    CAPTURE(property);
    CHECK(json.contains(property));
  }
  const auto summary = health_dcat_jsonld(d, Sight::summary, "https://naru.example/dataset/");
  CHECK(summary.find("1200") == std::string::npos);
  CHECK(summary.find("condition_concept_id") == std::string::npos);
  const auto turtle = health_dcat_turtle(d, Sight::summary, "https://naru.example/dataset/");
  CHECK(turtle.find("1200") == std::string::npos);
}

TEST_CASE("Turtle escapes what a description may hold") {
  auto d = dataset("e", {"say \"hi\"\\\nthen", "이"}, Tier::open);
  const auto turtle = health_dcat_turtle(d, Sight::full, "https://naru.example/a b/");
  CHECK(turtle.find(R"("say \"hi\"\\\nthen"@en)") != std::string::npos);
  CHECK(turtle.find("<https://naru.example/a\\u0020b/e>") != std::string::npos);
}

TEST_CASE("search names the variables that carry a word and narrows by code system and use by AI") {
  auto coded = dataset("k", {"K", "케이"}, Tier::open);
  coded.tables[0].columns.push_back({"hba1c", "DOUBLE", {"glycated haemoglobin", "당화혈색소"}, "LOINC", 0.5, 0.9});
  coded.ai_terms = {"validate"};
  const std::vector<Dataset> all = {coded, dataset("p", {"P", "피"}, Tier::open)};
  SearchQuery query;
  query.words = "당화혈색소";
  const auto found = search(all, query, nobody);
  REQUIRE(found.hits.size() == 1);
  CHECK(found.hits[0].variables == std::vector<std::string>{"condition_occurrence.hba1c"});
  query = {};
  query.code_system = "LOINC";
  CHECK(search(all, query, nobody).hits.size() == 1);
  query = {};
  query.ai_term = "validate";
  const auto answer = search(all, query, nobody);
  CHECK(answer.hits.size() == 1);
  CHECK(answer.facets.at("code_system").at("LOINC") == 1);
  CHECK(answer.facets.at("legal_basis").at("pseudonymised-use") == 2);
  const auto again = parse_dataset(dataset_json(coded), "k");
  REQUIRE(again.ok());
  CHECK(again->tables[0].columns[1].filled == 0.5);
  CHECK(dataset_json(*again) == dataset_json(coded));
}

TEST_CASE("a good deposit is stored with its manifest, and the same again changes nothing") {
  Desk desk;
  const auto source = good_deposit(desk.folder.path());
  const auto deposits = desk.folder.path() / "deposits";
  const auto first = deposit(source, deposits, desk.catalogue, desk.journal, "steward-b");
  REQUIRE(first.ok());
  for (const auto& one : first->findings) MESSAGE(one.kind << " " << one.where);
  CHECK(first->accepted);
  CHECK(first->files.size() == 3);
  CHECK(desk.catalogue.get("sleep", applicant)->records == 3);
  CHECK(verify_deposit(deposits, "sleep", "1.0").ok());
  const auto again = deposit(source, deposits, desk.catalogue, desk.journal, "steward-b");
  REQUIRE(again.ok());
  CHECK(again->already_there);
  CHECK(again->manifest_digest == first->manifest_digest);
  CHECK(stored_deposits(deposits)->size() == 1);
  write(source / "data.csv", "subject_no,note\n1,other\n");
  CHECK(deposit(source, deposits, desk.catalogue, desk.journal, "s").error().kind == ErrorKind::conflict);
  write(deposits / "sleep" / "1.0" / "data.csv", "subject_no,note\n1,forged\n");
  CHECK(verify_deposit(deposits, "sleep", "1.0").error().what.en == "data.csv was changed");
}

TEST_CASE("a new version stands beside the old one, and the catalogue shows the new") {
  Desk desk;
  const auto source = good_deposit(desk.folder.path());
  const auto deposits = desk.folder.path() / "deposits";
  const auto first = deposit(source, deposits, desk.catalogue, desk.journal, "s");
  REQUIRE(first->accepted);
  auto description = *read_file(source / "deposit.yaml");
  description.replace(description.find("1.0"), 3, "1.1");
  write(source / "deposit.yaml", description);
  write(source / "data.csv", "subject_no,note\n1,a\n2,b\n3,c\n4,d\n");
  const auto second = deposit(source, deposits, desk.catalogue, desk.journal, "s");
  REQUIRE(second->accepted);
  CHECK(stored_deposits(deposits)->size() == 2);
  CHECK(verify_deposit(deposits, "sleep", "1.0").ok());
  CHECK(desk.catalogue.get("sleep", steward)->version == "1.1");
  CHECK(desk.catalogue.get("sleep", steward)->records == 4);
  CHECK(first->citation != second->citation);
}

TEST_CASE("an embargo opens by itself: the same entry is usable from its day on, and nobody has to act") {
  Desk desk;
  REQUIRE(deposit(good_deposit(desk.folder.path()), desk.folder.path() / "deposits", desk.catalogue, desk.journal, "s")
              ->accepted);
  const auto entry = desk.catalogue.get("sleep", steward);
  const auto opens = *parse_date("2027-06-30", "t");
  const auto usable = [&](std::int32_t day) {
    return Json::parse(dataset_view_json(*entry, Sight::full, day)).at("usable").get<bool>();
  };
  CHECK_FALSE(usable(opens - 1));
  CHECK(usable(opens));
  CHECK(Json::parse(dataset_view_json(*entry, Sight::full, opens)).at("usable_from") == "2027-06-30");
}

TEST_CASE("images are not taken, an index of them is, without what names a person") {
  Desk desk;
  const auto source = good_deposit(desk.folder.path());
  write(source / "scan.csv", std::string(128, '\0') + "DICM");
  write(source / "image.dcm", "x");
  const auto receipt = deposit(source, desk.folder.path() / "deposits", desk.catalogue, desk.journal, "s");
  REQUIRE(receipt.ok());
  CHECK(has(*receipt, "unreadable", "image.dcm"));
  CHECK(has(*receipt, "unreadable", "scan.csv"));
}

TEST_CASE("a deposit with a resident-number column or value is held, with reasons and without the value") {
  Desk desk;
  const auto source = good_deposit(desk.folder.path());
  const auto deposits = desk.folder.path() / "deposits";
  write(source / "data.csv", "subject_no,note,주민등록번호\n1,call 010-1234-5678,900101-1234567\n2,b,x\n");
  const auto receipt = deposit(source, deposits, desk.catalogue, desk.journal, "s");
  REQUIRE(receipt.ok());
  CHECK_FALSE(receipt->accepted);
  CHECK(has(*receipt, "identifier-column", "data.csv:주민등록번호"));
  CHECK(has(*receipt, "identifier-value", "data.csv:주민등록번호"));
  CHECK(has(*receipt, "identifier-value", "data.csv:note"));
  CHECK(has(*receipt, "undescribed-column", "data.csv:주민등록번호"));
  CHECK(receipt_json(*receipt).find("1234567") == std::string::npos);
  CHECK(receipt_json(*receipt).find("010-1234") == std::string::npos);
  CHECK_FALSE(fs::exists(deposits / "sleep"));
  CHECK(fs::exists(deposits / "held" / "sleep-1.0.json"));
  CHECK_FALSE(desk.catalogue.get("sleep", steward).ok());
}

TEST_CASE("macro files, disguised programs, formulas and gaps in the dictionary hold a deposit") {
  Desk desk;
  const auto source = good_deposit(desk.folder.path());
  const auto deposits = desk.folder.path() / "deposits";
  write(source / "book.xlsm", "PK\x03\x04");
  write(source / "tool.csv", "MZ\x90");
  write(source / "data.csv", "subject_no,text\n1,=HYPERLINK(1)\n");
  const auto receipt = deposit(source, deposits, desk.catalogue, desk.journal, "s");
  REQUIRE(receipt.ok());
  CHECK(has(*receipt, "macro-file", "book.xlsm"));
  CHECK(has(*receipt, "active-content", "tool.csv"));
  CHECK(has(*receipt, "undeclared-file", "tool.csv"));
  CHECK(has(*receipt, "active-content", "data.csv:text"));
  CHECK(has(*receipt, "missing-column", "data.csv:note"));
  CHECK(has(*receipt, "undescribed-column", "data.csv:text"));
  DepositLimits small;
  small.file_bytes_max = 10;
  const auto large = deposit(source, deposits, desk.catalogue, desk.journal, "s", small);
  CHECK(has(*large, "too-large", "data.csv"));
}

TEST_CASE("a deposit that is not UTF-8 or declares a file that is not there is held") {
  Desk desk;
  const auto source = good_deposit(desk.folder.path());
  write(source / "data.csv", "subject_no,note\n1,\xB0\xA1\xB3\xAA\n");
  fs::rename(source / "data.csv", source / "other.csv");
  const auto receipt = deposit(source, desk.folder.path() / "deposits", desk.catalogue, desk.journal, "s");
  REQUIRE(receipt.ok());
  CHECK(has(*receipt, "missing-file", "data.csv"));
  CHECK(has(*receipt, "unreadable", "other.csv"));
}

TEST_CASE("a deposit that a crash interrupted is taken whole the next time, and links and patterns are not followed") {
  Desk desk;
  const auto source = good_deposit(desk.folder.path());
  const auto deposits = desk.folder.path() / "deposits";
  REQUIRE(make_folder(deposits / "sleep" / ".1.0.fresh").ok());
  write(deposits / "sleep" / ".1.0.fresh" / "data.csv", "half");
  CHECK(stored_deposits(deposits)->empty());
  REQUIRE(deposit(source, deposits, desk.catalogue, desk.journal, "s")->accepted);
  CHECK(verify_deposit(deposits, "sleep", "1.0").ok());
  CHECK(stored_deposits(deposits)->size() == 1);
  write(source / "*.csv", "a\n1\n");
  CHECK(has(*deposit(source, deposits, desk.catalogue, desk.journal, "s"), "unreadable", "*.csv"));
  fs::create_symlink("/etc/passwd", source / "link.csv");
  CHECK_FALSE(deposit(source, deposits, desk.catalogue, desk.journal, "s").ok());
}

TEST_CASE("a dictionary is inferred without a value, keeps what was said, and holds the deposit until confirmed") {
  Desk desk;
  const auto source = good_deposit(desk.folder.path());
  const auto deposits = desk.folder.path() / "deposits";
  write(source / "data.csv", "subject_no,note,measured,on\n1,slept well,1.5,2024-01-02\n2,,2.5,2024-01-03\n");
  const auto inferred = infer_dictionary(source);
  REQUIRE(inferred.ok());
  REQUIRE(inferred->size() == 1);
  const auto& columns = inferred->front().columns;
  CHECK(columns[0].type == "integer");
  CHECK(columns[1].type == "text");
  CHECK(columns[1].filled == 0.5);
  CHECK(columns[2].type == "number");
  CHECK(columns[3].type == "date");
  const auto yaml = dictionary_yaml(*inferred, *read_file(source / "dictionary.yaml"));
  REQUIRE(yaml.ok());
  CHECK(yaml->find("slept well") == std::string::npos);
  CHECK(yaml->find("메모") != std::string::npos);
  write(source / "dictionary.yaml", *yaml);
  const auto held = deposit(source, deposits, desk.catalogue, desk.journal, "s");
  REQUIRE(held.ok());
  CHECK_FALSE(held->accepted);
  CHECK(has(*held, "unconfirmed-dictionary", "dictionary.yaml"));
  auto confirmed = *yaml;
  confirmed.replace(confirmed.find("confirmed: false"), 16, "confirmed: true");
  write(source / "dictionary.yaml", confirmed);
  const auto taken = deposit(source, deposits, desk.catalogue, desk.journal, "s");
  REQUIRE(taken.ok());
  CHECK(taken->accepted);
  CHECK(taken->citation.find("sha256:" + taken->manifest_digest.substr(0, 32)) != std::string::npos);
  CHECK(desk.catalogue.get("sleep", steward)->grant_number == "G-1");
}

TEST_CASE("a text column with a value of its own in every row is taken for identifying until somebody says otherwise") {
  ScratchFolder folder{"dictionary"};
  std::string csv = "code,group\n";
  for (int i = 0; i < 30; ++i) csv += "p" + std::to_string(i) + "x," + (i % 2 == 0 ? "a" : "b") + "\n";
  write(folder.path() / "t.csv", csv);
  const auto inferred = infer_dictionary(folder.path());
  REQUIRE(inferred.ok());
  CHECK(inferred->front().columns[0].identifying);
  CHECK_FALSE(inferred->front().columns[1].identifying);
}

TEST_CASE("a draft belongs to its account, takes files one by one, and only becomes a deposit when handed in") {
  Desk desk;
  SeededRandom random{1};
  const auto deposits = desk.folder.path() / "deposits";
  DepositDrafts drafts(deposits, "researcher");
  const auto id = drafts.open(random);
  REQUIRE(id.ok());
  write(desk.folder.path() / "up", "subject_no,steps\n1,100\n2,200\n");
  REQUIRE(drafts.put_file(*id, "data.csv", desk.folder.path() / "up").ok());
  write(desk.folder.path() / "up", "x");
  CHECK_FALSE(drafts.put_file(*id, "../data.csv", desk.folder.path() / "up").ok());
  CHECK_FALSE(drafts.put_file(*id, "deposit.yaml", desk.folder.path() / "up").ok());
  CHECK(DepositDrafts(deposits, "another").view_json(*id).error().kind == ErrorKind::not_found);
  const auto view = Json::parse(*drafts.view_json(*id));
  CHECK(view.at("dictionary")[0].at("columns")[1].at("type") == "integer");
  const std::string description =
      R"({"id":"steps","version":"1","title":{"en":"Steps","ko":"걸음"},"description":{"en":"d",
    "ko":"ㄷ"},"programme":"P","grant_number":"G","depositor":"hospital-b","tier":"registered","phase":1,
    "legal_basis":"consent","keywords":["steps"],"duo":["DUO:0000006"],"ai_terms":["validate"]})";
  const std::string dictionary =
      R"({"data.csv":{"columns":[{"name":"subject_no","type":"integer","meaning":{"en":"n","ko":"번호"}},
    {"name":"steps","type":"integer","meaning":{"en":"s","ko":"걸음"}}]}})";
  CHECK(drafts.submit(*id, description, dictionary, "hospital-a", desk.catalogue, desk.journal).error().kind ==
        ErrorKind::refused);
  const auto receipt = drafts.submit(*id, description, dictionary, "hospital-b", desk.catalogue, desk.journal);
  REQUIRE(receipt.ok());
  for (const auto& one : receipt->findings) MESSAGE(one.kind << " " << one.where);
  CHECK(receipt->accepted);
  CHECK(drafts.view_json(*id).error().kind == ErrorKind::not_found);
  CHECK(stored_deposits(deposits)->size() == 1);
}
