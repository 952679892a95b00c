#include "ingest/receipt.h"
#include "base/json.h"
#include "ingest/fhir_rules.h"
#include "ingest/ingest.h"

namespace naru::ingest {
namespace {

Json table_json(const TableCount& count) {
  return {{"read", count.read},
          {"stored", count.stored},
          {"refused", count.refused},
          {"reasons", count.reasons},
          {"mapped",
           {{"codes", count.codes_mapped},
            {"codes_total", count.codes_total},
            {"records", count.records_mapped},
            {"records_total", count.records_total}}}};
}

std::int64_t sum(const Receipt& receipt, std::int64_t TableCount::*member) {
  std::int64_t total = 0;
  for (const auto& [name, count] : receipt.tables) total += count.*member;
  return total;
}

Done read_tables(const Reader& reader, Receipt& receipt) {
  NARU_ASSIGN(const auto tables, reader.object("tables"));
  for (const auto& [name, value] : tables.raw().items()) {
    NARU_ASSIGN(const auto one, Reader::of(value, "tables." + name));
    NARU_ASSIGN(const auto mapped, one.object("mapped"));
    TableCount count;
    NARU_ASSIGN(count.read, one.integer("read"));
    NARU_ASSIGN(count.stored, one.integer("stored"));
    NARU_ASSIGN(count.refused, one.integer("refused"));
    NARU_ASSIGN(count.codes_mapped, mapped.integer("codes"));
    NARU_ASSIGN(count.codes_total, mapped.integer("codes_total"));
    NARU_ASSIGN(count.records_mapped, mapped.integer("records"));
    NARU_ASSIGN(count.records_total, mapped.integer("records_total"));
    NARU_ASSIGN(const auto reasons, one.object("reasons"));
    for (const auto& [reason, times] : reasons.raw().items()) {
      NARU_ASSIGN(count.reasons[reason], reasons.integer(reason));
    }
    receipt.tables[name] = std::move(count);
  }
  return {};
}

Done read_counts(const Reader& reader, std::string_view key, std::map<std::string, std::int64_t>& into) {
  NARU_ASSIGN(const auto counts, reader.object(key));
  for (const auto& [name, value] : counts.raw().items()) {
    NARU_ASSIGN(into[name], counts.integer(name));
  }
  return {};
}

}  // namespace

std::int64_t Receipt::read() const { return sum(*this, &TableCount::read); }
std::int64_t Receipt::stored() const { return sum(*this, &TableCount::stored); }
std::int64_t Receipt::refused() const { return sum(*this, &TableCount::refused); }

std::string document_of(const Receipt& receipt, const ReceiptFacts& facts) {
  Json tables = Json::object();
  for (const auto& [name, count] : receipt.tables) tables[name] = table_json(count);
  return canonical(
      Json{{"id", receipt.id},
           {"source", facts.sources},
           {"kind", name_of(receipt.kind)},
           {"checksum", receipt.checksum},
           {"legal_basis", facts.legal_basis},
           {"strict", facts.strict},
           {"encoding", facts.encoding.empty() ? "utf-8" : facts.encoding},
           {"cdm_version", "5.4"},
           {"vocabulary_hash", facts.vocabulary_hash.empty() ? Json() : Json(facts.vocabulary_hash)},
           {"vocabulary_version", facts.vocabulary_version.empty() ? Json() : Json(facts.vocabulary_version)},
           {"mappings_hash", facts.mappings_hash.empty() ? Json() : Json(facts.mappings_hash)},
           {"mapping_version", mapping_version},
           {"guide", receipt.kind == Kind::fhir ? Json(fhir_guide) : Json()},
           {"fhir_version", receipt.kind == Kind::fhir ? Json(fhir_version) : Json()},
           {"software", "naru " NARU_VERSION},
           {"read", receipt.read()},
           {"stored", receipt.stored()},
           {"refused", receipt.refused()},
           {"tables", tables},
           {"ignored", receipt.ignored},
           {"notes", receipt.notes},
           {"lake", receipt.lake},
           {"refusals", facts.refusals.empty() ? Json() : Json(facts.refusals)},
           {"at", facts.at},
           {"seconds", facts.seconds}});
}

Result<Receipt> receipt_from(std::string_view document, bool unchanged) {
  NARU_ASSIGN(auto value, parse_json(document, "receipt"));
  Receipt receipt;
  {
    NARU_ASSIGN(const auto reader, Reader::of(value, "receipt"));
    NARU_ASSIGN(receipt.id, reader.text("id"));
    NARU_ASSIGN(receipt.checksum, reader.text("checksum"));
    NARU_ASSIGN(const auto kind, reader.text("kind"));
    receipt.kind = kind_named(kind).value_or(Kind::omop);
    NARU_CHECK(read_tables(reader, receipt));
    NARU_CHECK(read_counts(reader, "ignored", receipt.ignored));
    NARU_CHECK(read_counts(reader, "notes", receipt.notes));
    NARU_CHECK(read_counts(reader, "lake", receipt.lake));
  }
  receipt.unchanged = unchanged;
  if (unchanged) value["unchanged"] = true;
  receipt.document = canonical(value);
  return receipt;
}

}  // namespace naru::ingest
