#include "catalogue/linked_data.h"

#include "base/json.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace naru::catalogue {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> prefixes = {{
    {"adms", "http://www.w3.org/ns/adms#"},
    {"csvw", "http://www.w3.org/ns/csvw#"},
    {"dcat", "http://www.w3.org/ns/dcat#"},
    {"dcatap", "http://data.europa.eu/r5r/"},
    {"dct", "http://purl.org/dc/terms/"},
    {"dpv", "https://w3id.org/dpv#"},
    {"dqv", "http://www.w3.org/ns/dqv#"},
    {"foaf", "http://xmlns.com/foaf/0.1/"},
    {"healthdcatap", "http://healthdataportal.eu/ns/health#"},
    {"odrl", "http://www.w3.org/ns/odrl/2/"},
    {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
    {"vcard", "http://www.w3.org/2006/vcard/ns#"},
    {"xsd", "http://www.w3.org/2001/XMLSchema#"},
}};

struct Node;

/// An object of a triple.
struct Value {
  enum class Kind { iri, text, in_language, typed, node } kind = Kind::text;
  std::string text = {};
  std::string tag = {};  ///< language, or datatype as prefix:name
  std::shared_ptr<const Node> node = {};
};

/// A subject with its properties in a fixed order; nested nodes without id are blank.
struct Node {
  std::string id = {};
  std::vector<std::string> types = {};
  std::vector<std::pair<std::string, std::vector<Value>>> properties = {};

  void add(std::string property, Value value) {
    for (auto& [name, values] : properties) {
      if (name != property) continue;
      values.push_back(std::move(value));
      return;
    }
    properties.emplace_back(std::move(property), std::vector<Value>{std::move(value)});
  }
};

Value iri(std::string text) { return {Value::Kind::iri, std::move(text), {}, {}}; }
Value plain(std::string text) { return {Value::Kind::text, std::move(text), {}, {}}; }
Value typed(std::string text, std::string type) { return {Value::Kind::typed, std::move(text), std::move(type), {}}; }
Value count(std::int64_t value) { return typed(std::to_string(value), "xsd:nonNegativeInteger"); }
Value nested(Node node) { return {Value::Kind::node, {}, {}, std::make_shared<const Node>(std::move(node))}; }

void add_both(Node& node, const std::string& property, const Text& text) {
  if (!text.en.empty()) node.add(property, {Value::Kind::in_language, text.en, "en", {}});
  if (!text.ko.empty()) node.add(property, {Value::Kind::in_language, text.ko, "ko", {}});
}

// ---------------------------------------------------------------- the two writers

Json json_of(const Node& node);

Json json_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::iri:
      return Json{{"@id", value.text}};
    case Value::Kind::in_language:
      return Json{{"@language", value.tag}, {"@value", value.text}};
    case Value::Kind::typed:
      return Json{{"@type", value.tag}, {"@value", value.text}};
    case Value::Kind::node:
      return json_of(*value.node);
    case Value::Kind::text:
      break;
  }
  return Json(value.text);
}

Json json_of(const Node& node) {
  Json out = Json::object();
  if (!node.id.empty()) out["@id"] = node.id;
  if (!node.types.empty()) out["@type"] = node.types;
  for (const auto& [name, values] : node.properties) {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(json_of(value));
    out[name] = list.size() == 1 ? list.front() : list;
  }
  return out;
}

// Turtle 1.1: what may not stand in <…> and "…" is escaped.
std::string turtle_iri(std::string_view text) {
  std::string out = "<";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || std::string_view("<>\"{}|^`\\").find(c) != std::string_view::npos) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + ">";
}

std::string turtle_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void write_properties(const Node& node, int depth, std::string& out);

std::string turtle_of(const Value& value, int depth) {
  switch (value.kind) {
    case Value::Kind::iri:
      return turtle_iri(value.text);
    case Value::Kind::in_language:
      return turtle_text(value.text) + "@" + value.tag;
    case Value::Kind::typed:
      return turtle_text(value.text) + "^^" + value.tag;
    case Value::Kind::node: {
      std::string out = "[";
      write_properties(*value.node, depth + 1, out);
      return out + " ]";
    }
    case Value::Kind::text:
      break;
  }
  return turtle_text(value.text);
}

void write_properties(const Node& node, int depth, std::string& out) {
  const std::string margin(static_cast<std::size_t>(depth) * 2, ' ');
  bool first = true;
  const auto next = [&](std::string_view name) {
    out += first ? "\n" : " ;\n";
    first = false;
    out += margin;
    out += name;
    out += ' ';
  };
  if (!node.types.empty()) {
    next("a");
    out += fmt::format("{}", fmt::join(node.types, ", "));
  }
  for (const auto& [name, values] : node.properties) {
    next(name);
    for (std::size_t i = 0; i < values.size(); ++i) out += (i == 0 ? "" : ", ") + turtle_of(values[i], depth);
  }
}

// ---------------------------------------------------------------- the graph

Value contact(const std::string& url) {
  Node card;
  card.types = {"vcard:Kind"};
  card.add("vcard:hasURL", iri(url));
  return nested(std::move(card));
}

Node agent(const std::string& name, const std::string& url) {
  Node out;
  out.types = {"foaf:Agent"};
  out.add("foaf:name", plain(name));
  out.add("dcat:contactPoint", contact(url));
  return out;
}

// The laws that the basis of a dataset rests on, at their official address.
std::vector<std::string> laws_of(const std::string& legal_basis) {
  std::vector<std::string> out{"https://www.law.go.kr/법령/개인정보보호법"};
  if (legal_basis == "consent") out.emplace_back("https://www.law.go.kr/법령/생명윤리및안전에관한법률");
  return out;
}

std::string_view category_of(DatasetKind kind) {
  switch (kind) {
    case DatasetKind::genome:
      return "urn:naru:health-category:genomic";
    case DatasetKind::deposit:
      return "urn:naru:health-category:research-cohort";
    case DatasetKind::solution:
      return "urn:naru:health-category:software";
    case DatasetKind::site:
    case DatasetKind::release:
      break;
  }
  return "urn:naru:health-category:electronic-health-record";
}

Node column_node(const DatasetColumn& column) {
  Node out;
  out.types = {"csvw:Column"};
  out.add("csvw:name", plain(column.name));
  out.add("csvw:titles", plain(column.name));
  out.add("csvw:datatype", plain(column.type.empty() ? "string" : column.type));
  if (column.meaning.empty()) {
    out.add("dct:description", plain(column.name));
  } else {
    add_both(out, "dct:description", column.meaning);
  }
  return out;
}

// The dictionary: one csvw:Table per table with columns.
void add_dictionary(Node& distribution, const Dataset& dataset) {
  Node group;
  group.types = {"csvw:TableGroup"};
  for (const auto& table : dataset.tables) {
    if (table.columns.empty()) continue;
    Node one;
    one.types = {"csvw:Table"};
    one.add("dct:title", plain(table.name));
    for (const auto& column : table.columns) one.add("csvw:column", nested(column_node(column)));
    group.add("csvw:table", nested(std::move(one)));
  }
  if (!group.properties.empty()) distribution.add("dct:conformsTo", nested(std::move(group)));
}

Node distribution_of(const Dataset& dataset, Sight sight, const std::string& id) {
  Node out;
  out.types = {"dcat:Distribution"};
  out.add("dcat:accessURL", iri(id));
  for (const auto& law : laws_of(dataset.legal_basis)) out.add("dcatap:applicableLegislation", iri(law));
  if (sight == Sight::full) add_dictionary(out, dataset);
  return out;
}

Value policy_of(const Dataset& dataset) {
  Node offer;
  offer.types = {"odrl:Offer"};
  const auto permit = [&](const std::string& purpose) {
    Node permission;
    permission.types = {"odrl:Permission"};
    permission.add("odrl:action", iri(purpose));
    offer.add("odrl:permission", nested(std::move(permission)));
  };
  for (const auto& term : dataset.duo) {
    const auto colon = term.find(':');
    permit("http://purl.obolibrary.org/obo/" + term.substr(0, colon) +
           (colon == std::string::npos ? "" : "_" + term.substr(colon + 1)));
  }
  for (const auto& term : dataset.ai_terms) permit("urn:naru:ai-use:" + term);
  return nested(std::move(offer));
}

void add_health(Node& out, const Dataset& d, Sight sight) {
  Node theme;
  theme.add("rdfs:label", plain(std::string(name_of(d.kind))));
  out.add("healthdcatap:healthCategory", iri(std::string(category_of(d.kind))));
  out.add("healthdcatap:healthTheme", nested(std::move(theme)));
  out.add("dpv:hasLegalBasis", iri("urn:naru:legal-basis:" + d.legal_basis));
  out.add("dpv:hasPersonalData", iri("https://w3id.org/dpv/pd#HealthRecord"));
  if (sight != Sight::full) return;
  for (const auto& system : d.code_systems) {
    Node one;
    one.add("rdfs:label", plain(system));
    out.add("healthdcatap:hasCodingSystem", nested(std::move(one)));
  }
  if (d.persons) out.add("healthdcatap:numberOfUniqueIndividuals", count(*d.persons));
  if (d.records) out.add("healthdcatap:numberOfRecords", count(*d.records));
}

Node graph_of(const Dataset& d, Sight sight, std::string_view base) {
  Node out;
  out.id = fmt::format("{}{}", base, d.id);
  out.types = {"dcat:Dataset"};
  out.add("dct:identifier", plain(d.id));
  add_both(out, "dct:title", d.title);
  add_both(out, "dct:description", d.description);
  // The profile knows one access right; open data would follow the profile for public data.
  const auto* access = d.tier == Tier::open ? "PUBLIC" : "NON_PUBLIC";
  out.add("dct:accessRights",
          iri(std::string("http://publications.europa.eu/resource/authority/access-right/") + access));
  for (const auto& law : laws_of(d.legal_basis)) out.add("dcatap:applicableLegislation", iri(law));
  out.add("dct:publisher", nested(agent(d.holder, out.id)));
  out.add("dcat:contactPoint", contact(out.id));
  out.add("healthdcatap:hdab", nested(agent("Naru data authority", out.id)));
  out.add("dct:type", iri("http://publications.europa.eu/resource/authority/dataset-type/PERSONAL_DATA"));
  out.add("dct:modified", typed(format_instant(d.updated_ms), "xsd:dateTime"));
  out.add("dcat:theme", iri("http://publications.europa.eu/resource/authority/data-theme/HEAL"));
  for (const auto& keyword : d.keywords) out.add("dcat:keyword", plain(keyword));
  if (d.keywords.empty()) out.add("dcat:keyword", plain(std::string(name_of(d.kind))));
  Node provenance;
  provenance.types = {"dct:ProvenanceStatement"};
  provenance.add("rdfs:label", plain(d.kind == DatasetKind::release ? "Signed release; see its manifest"
                                                                    : "Loaded and described by " + d.holder));
  out.add("dct:provenance", nested(std::move(provenance)));
  add_health(out, d, sight);
  out.add("odrl:hasPolicy", policy_of(d));
  if (d.embargo_until) out.add("dct:available", typed(format_date(*d.embargo_until), "xsd:date"));
  out.add("dcat:distribution", nested(distribution_of(d, sight, out.id)));
  return out;
}

}  // namespace

std::string health_dcat_jsonld(const Dataset& dataset, Sight sight, std::string_view base) {
  auto out = json_of(graph_of(dataset, sight, base));
  Json context = Json::object();
  for (const auto& [prefix, name] : prefixes) context[std::string(prefix)] = name;
  out["@context"] = std::move(context);
  return canonical(out);
}

std::string health_dcat_turtle(const Dataset& dataset, Sight sight, std::string_view base) {
  const auto graph = graph_of(dataset, sight, base);
  std::string out;
  for (const auto& [prefix, name] : prefixes) out += fmt::format("@prefix {}: <{}> .\n", prefix, name);
  out += "\n" + turtle_iri(graph.id);
  write_properties(graph, 1, out);
  return out + " .\n";
}

std::string schema_org_jsonld(const Dataset& d, Sight sight, std::string_view base) {
  const auto id = fmt::format("{}{}", base, d.id);
  Json keywords = d.keywords;
  Json out{{"@context", "https://schema.org/"},
           {"@type", "Dataset"},
           {"@id", id},
           {"identifier", d.id},
           {"name", d.title.en},
           {"alternateName", d.title.ko},
           {"description", d.description.en + "\n" + d.description.ko},
           {"inLanguage", {"ko", "en"}},
           {"keywords", std::move(keywords)},
           {"isAccessibleForFree", d.tier == Tier::open},
           {"conditionsOfAccess", std::string(name_of(d.tier))},
           {"creator", {{"@type", "Organization"}, {"name", d.holder}}},
           {"dateModified", format_instant(d.updated_ms)},
           {"url", id}};
  if (d.embargo_until) out["datePublished"] = format_date(*d.embargo_until);
  if (sight == Sight::full) {
    Json variables = Json::array();
    for (const auto& table : d.tables) {
      for (const auto& column : table.columns) {
        variables.push_back(
            {{"@type", "PropertyValue"}, {"name", table.name + "." + column.name}, {"description", column.meaning.en}});
      }
    }
    if (!variables.empty()) out["variableMeasured"] = std::move(variables);
  }
  return canonical(out);
}

}  // namespace naru::catalogue
