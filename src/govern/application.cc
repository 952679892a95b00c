#include "govern/application.h"

#include "govern/texts.h"

#include <algorithm>
#include <set>

namespace naru::govern {
namespace {

constexpr std::size_t list_max = 1000;
constexpr std::int64_t query_budget_max = 1'000'000;

Result<std::vector<std::string>> names_in(const Reader& r, std::string_view key, bool needed) {
  NARU_ASSIGN(auto out, texts_or_none(r, key));
  const auto place = fmt::format("{}.{}", r.where(), key);
  if (needed && out.empty()) return rejected(say("names at least one", "하나 이상 적어야 합니다"), place);
  if (out.size() > list_max) return rejected(say("more than {} entries", "항목이 {}개를 넘습니다", list_max), place);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  for (const auto& name : out) {
    if (!is_plain_name(name))
      return rejected(say("\"{}\" is not a plain name", "\"{}\"은(는) 단순한 이름이 아닙니다", name), place);
  }
  return out;
}

Result<std::int32_t> date_in(const Reader& r, std::string_view key) {
  NARU_ASSIGN(const auto text, r.text(key));
  return parse_date(text, fmt::format("{}.{}", r.where(), key));
}

Done people_into(const Reader& r, Application& out) {
  NARU_ASSIGN(const auto people, r.array("people"));
  std::set<std::string> seen;
  for (const auto& [element, place] : people) {
    NARU_ASSIGN(const auto one, Reader::of(*element, place));
    NARU_CHECK(one.only({"account", "name", "role"}));
    ApplicationPerson person;
    NARU_ASSIGN(person.account, one.text("account"));
    NARU_ASSIGN(person.name, one.text_or("name", ""));
    NARU_ASSIGN(person.role, one.text_or("role", ""));
    if (person.account.empty() || !seen.insert(person.account).second) {
      return rejected(say("an account is missing or stands twice", "계정이 없거나 두 번 적혔습니다"), place);
    }
    out.people.push_back(std::move(person));
  }
  if (out.people.empty() || out.people.size() > list_max) {
    return rejected(say("names at least one person", "한 명 이상 적어야 합니다"), r.where() + ".people");
  }
  return {};
}

Done asks_into(const Reader& r, Application& out) {
  NARU_ASSIGN(out.holders, names_in(r, "holders", true));
  NARU_ASSIGN(out.datasets, names_in(r, "datasets", false));
  NARU_ASSIGN(out.release, r.text_or("release", ""));
  NARU_ASSIGN(out.modes, names_in(r, "modes", true));
  for (const auto& mode : out.modes) {
    if (mode != "federated" && mode != "linked") {
      return rejected(say("\"{}\" is neither federated nor linked", "\"{}\"는 federated도 linked도 아닙니다", mode),
                      r.where() + ".modes");
    }
  }
  NARU_ASSIGN(out.tables, names_in(r, "tables", true));
  const auto cohort = r.raw().find("cohort");
  if (cohort != r.raw().end() && !cohort->is_null()) {
    if (!cohort->is_object()) return rejected(say("null or an object", "null 또는 객체"), r.where() + ".cohort");
    out.cohort = canonical(*cohort);
  }
  NARU_ASSIGN(out.purpose_code, r.text("purpose_code"));
  NARU_ASSIGN(out.purpose, r.text("purpose"));
  if (out.purpose.empty()) return rejected(say("must not be empty", "비어 있으면 안 됩니다"), r.where() + ".purpose");
  NARU_ASSIGN(out.ai_use, r.text_or("ai_use", ""));
  const std::set<std::string> uses = {"", "train", "fine-tune", "validate", "export-weights"};
  if (!uses.contains(out.ai_use)) {
    return rejected(say("no AI use is called \"{}\"", "\"{}\"라는 AI 이용은 없습니다", out.ai_use),
                    r.where() + ".ai_use",
                    say("train, fine-tune, validate, export-weights or nothing",
                        "train, fine-tune, validate, export-weights 또는 빈 값"));
  }
  NARU_ASSIGN(out.commercial, r.boolean_or("commercial", false));
  NARU_ASSIGN(out.query_budget, r.integer("query_budget"));
  if (out.query_budget < 1 || out.query_budget > query_budget_max) {
    return rejected(say("1 to {} queries", "질의 수는 1에서 {} 사이입니다", query_budget_max),
                    r.where() + ".query_budget");
  }
  NARU_ASSIGN(out.valid_from, date_in(r, "valid_from"));
  NARU_ASSIGN(out.valid_until, date_in(r, "valid_until"));
  if (out.valid_until < out.valid_from) {
    return rejected(say("lies before valid_from", "valid_from보다 앞섭니다"), r.where() + ".valid_until");
  }
  return {};
}

Result<Application> application_of(const Json& json, std::string_view where) {
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"id",         "project",      "title",    "applicant",  "organisation", "partner_organisations",
                     "people",     "holders",      "datasets", "release",    "modes",        "tables",
                     "cohort",     "purpose_code", "ai_use",   "commercial", "purpose",      "query_budget",
                     "valid_from", "valid_until",  "forms",    "sop",        "programme",    "submitted_ms"}));
  Application out;
  NARU_ASSIGN(out.id, r.text_or("id", ""));
  NARU_ASSIGN(out.project, r.text_or("project", ""));
  NARU_ASSIGN(out.title, text_in(r, "title"));
  NARU_ASSIGN(out.applicant, r.text_or("applicant", ""));
  NARU_ASSIGN(out.organisation, r.text_or("organisation", ""));
  NARU_ASSIGN(out.partner_organisations, texts_or_none(r, "partner_organisations"));
  NARU_CHECK(people_into(r, out));
  NARU_CHECK(asks_into(r, out));
  const auto forms = r.raw().find("forms");
  if (forms != r.raw().end()) {
    if (!forms->is_object()) return rejected(say("must be an object", "객체여야 합니다"), r.where() + ".forms");
    out.forms_json = canonical(*forms);
  }
  NARU_ASSIGN(out.sop, r.text_or("sop", ""));
  NARU_ASSIGN(out.programme, r.text_or("programme", ""));
  NARU_ASSIGN(out.submitted_ms, r.integer_or("submitted_ms", 0));
  return out;
}

bool filled(const Json& value) {
  if (value.is_null() || value.is_boolean()) return value.is_boolean() && value.get<bool>();
  if (value.is_string()) return value.get_ref<const std::string&>().find_first_not_of(" \t\r\n") != std::string::npos;
  return !value.empty();
}

}  // namespace

std::string application_json(const Application& a) {
  Json people = Json::array();
  for (const auto& one : a.people) {
    people.push_back({{"account", one.account}, {"name", one.name}, {"role", one.role}});
  }
  return canonical(Json{{"id", a.id},
                        {"project", a.project},
                        {"title", text_json(a.title)},
                        {"applicant", a.applicant},
                        {"organisation", a.organisation},
                        {"partner_organisations", a.partner_organisations},
                        {"people", std::move(people)},
                        {"holders", a.holders},
                        {"datasets", a.datasets},
                        {"release", a.release},
                        {"modes", a.modes},
                        {"tables", a.tables},
                        {"cohort", a.cohort.empty() ? Json(nullptr) : Json::parse(a.cohort)},
                        {"purpose_code", a.purpose_code},
                        {"ai_use", a.ai_use},
                        {"commercial", a.commercial},
                        {"purpose", a.purpose},
                        {"query_budget", a.query_budget},
                        {"valid_from", format_date(a.valid_from)},
                        {"valid_until", format_date(a.valid_until)},
                        {"forms", Json::parse(a.forms_json)},
                        {"sop", a.sop},
                        {"programme", a.programme},
                        {"submitted_ms", a.submitted_ms}});
}

Result<Application> parse_application(std::string_view json, std::string_view where) {
  NARU_ASSIGN(const auto value, parse_json(json, where));
  return application_of(value, where);
}

Result<Application> read_application_yaml(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto value, parse_yaml(yaml, where));
  return application_of(value, where);
}

Result<std::vector<Missing>> missing_fields(const Application& application, std::string_view forms_yaml) {
  constexpr std::string_view where = "application-forms.yaml";
  NARU_ASSIGN(const auto description, parse_yaml(forms_yaml, where));
  NARU_ASSIGN(const auto root, Reader::of(description, std::string(where)));
  NARU_ASSIGN(const auto given, parse_json(application.forms_json, "forms"));
  NARU_ASSIGN(const auto forms, root.array("forms"));
  std::vector<Missing> out;
  for (const auto& [form, form_place] : forms) {
    NARU_ASSIGN(const auto f, Reader::of(*form, form_place));
    NARU_ASSIGN(const auto form_id, f.text("id"));
    NARU_ASSIGN(const auto form_title, text_in(f, "title"));
    NARU_ASSIGN(const auto fields, f.array("fields"));
    const auto answers = given.find(form_id);
    for (const auto& [field, place] : fields) {
      NARU_ASSIGN(const auto d, Reader::of(*field, place));
      NARU_ASSIGN(const auto id, d.text("id"));
      NARU_ASSIGN(const bool required, d.boolean("required"));
      NARU_ASSIGN(const auto title, text_in(d, "title"));
      const bool there =
          answers != given.end() && answers->is_object() && answers->contains(id) && filled(answers->at(id));
      if (!required || there) continue;
      out.push_back({form_id,
                     id,
                     {fmt::format("{}: {}", form_title.en, title.en), fmt::format("{}: {}", form_title.ko, title.ko)}});
    }
  }
  return out;
}

}  // namespace naru::govern
