#include "cohort/plan.h"

#include "cohort/domains.h"
#include "cohort/sql_text.h"
#include "cohort_sql.h"

#include <algorithm>
#include <set>

namespace naru::cohort {
namespace {

std::string_view sign_of(Occurrence occurrence) {
  return occurrence == Occurrence::exactly ? "=" : occurrence == Occurrence::at_most ? "<=" : ">=";
}

}  // namespace

std::string Planner::add(const std::string& select) {
  const auto known = known_.find(select);
  if (known != known_.end()) return known->second;
  const auto table = engine::quoted(prefix_ + "_" + number(static_cast<std::int64_t>(plan_.tables.size() + 1)));
  plan_.tables.push_back(table);
  plan_.steps.push_back("CREATE OR REPLACE TEMP TABLE " + table + " AS\n" + select);
  known_.emplace(select, table);
  return table;
}

std::string Planner::set_concepts(std::int64_t id) const {
  return "SELECT concept_id FROM " + engine::quoted(prefix_ + "_concepts") + " WHERE set_id = " + number(id);
}

void Planner::concept_sets() {
  const auto items = engine::quoted(prefix_ + "_items");
  const auto concepts = engine::quoted(prefix_ + "_concepts");
  std::string rows;
  bool any_mapped = false;
  bool any_descendants = false;
  for (const auto& set : expression_.concept_sets) {
    for (const auto& item : set.items) {
      any_mapped = any_mapped || item.mapped;
      any_descendants = any_descendants || item.descendants;
      rows += fmt::format("{}({}, {}, {}, {}, {})", rows.empty() ? "" : ", ", set.id, item.concept_id, item.excluded,
                          item.descendants, item.mapped);
    }
  }
  plan_.tables.push_back(items);
  plan_.tables.push_back(concepts);
  plan_.steps.push_back("CREATE OR REPLACE TEMP TABLE " + items +
                        " (set_id BIGINT, concept_id BIGINT, excluded BOOLEAN, descendants BOOLEAN, mapped BOOLEAN)");
  if (rows.empty()) {
    plan_.steps.push_back("CREATE OR REPLACE TEMP TABLE " + concepts + " (set_id BIGINT, concept_id BIGINT)");
    return;
  }
  plan_.steps.push_back("INSERT INTO " + items + " VALUES " + rows);
  const auto relationship = cdm_.relation("concept_relationship");
  std::string closure = "closure AS (SELECT 0 AS ancestor, 0 AS descendant WHERE false)";
  if (any_descendants && cdm_.rebuild_ancestors()) {
    closure = fill(sql::text("closure_from_relationships"), {{"relationship", relationship}, {"items", items}});
  } else if (any_descendants) {
    closure = "closure AS (SELECT ancestor_concept_id AS ancestor, descendant_concept_id AS descendant FROM " +
              cdm_.relation("concept_ancestor") + ")";
  }
  const auto mapped = any_mapped ? fill(sql::text("mapped_concepts"), {{"relationship", relationship}}) : "";
  plan_.steps.push_back("DROP TABLE IF EXISTS " + concepts);
  plan_.steps.push_back(fill(sql::text("concept_sets"), {{"into", concepts},
                                                         {"ancestors", closure},
                                                         {"items", items},
                                                         {"concept", cdm_.relation("concept")},
                                                         {"mapped", mapped}}));
}

std::string Planner::condition(const Predicate& predicate, std::string_view sql) const {
  const std::string left(sql);
  const std::string negation = predicate.negated ? " NOT IN (" : " IN (";
  switch (predicate.test) {
    case Test::number:
      return comparison(predicate.compare, left, number(predicate.value), number(predicate.extent));
    case Test::date:
      return comparison(predicate.compare, left, date(predicate.date), date(predicate.date_extent));
    case Test::text:
      return text_pattern(predicate, sql);
    case Test::concepts:
      return left + negation + id_list(predicate.concepts) + ")";
    case Test::concept_set:
      return left + negation + set_concepts(predicate.concept_set) + ")";
    case Test::abnormal:
      return left;
  }
  return "false";
}

std::string Planner::plain_criterion(const Criterion& criterion) const {
  const auto& domain = *domain_named(criterion.domain);
  std::vector<std::string> sets;
  if (criterion.concept_set) {
    sets.push_back("e." + std::string(domain.concept_column) + " IN (" + set_concepts(*criterion.concept_set) + ")");
  }
  if (criterion.source_concept_set) {
    sets.push_back("e." + std::string(domain.source_column) + " IN (" + set_concepts(*criterion.source_concept_set) +
                   ")");
  }
  std::vector<std::string> conditions;
  std::set<Needs> needs;
  for (const auto& predicate : criterion.predicates) {
    const auto* attribute = domain.attribute(predicate.attribute);
    needs.insert(attribute->needs);
    conditions.push_back(condition(predicate, attribute->sql));
  }
  std::string start(domain.start);
  std::string end(domain.end);
  if (criterion.adjustment) {
    const auto& adjustment = *criterion.adjustment;
    start = std::string(adjustment.start_from_end ? domain.end : domain.start) + plus(adjustment.start_offset_days);
    end = std::string(adjustment.end_from_end ? domain.end : domain.start) + plus(adjustment.end_offset_days);
    conditions.push_back("c.event_end >= c.event_start");
  }
  for (const auto& day : {criterion.user_start, criterion.user_end}) {
    if (day) conditions.push_back("c.event_start <= " + date(*day) + " AND c.event_end >= " + date(*day));
  }
  std::string ordinal;
  if (criterion.first) {
    conditions.insert(conditions.begin(), "c.ordinal = 1");
    ordinal = ",\n    row_number() OVER (PARTITION BY e.person_id ORDER BY " + std::string(domain.start) + ", e." +
              std::string(domain.id) + ") AS ordinal";
  }
  return fill(sql::text("criterion"),
              {{"start_date", criterion.user_start ? date(*criterion.user_start) : "c.event_start"},
               {"end_date", criterion.user_end ? date(*criterion.user_end) : "c.event_end"},
               {"id", std::string(domain.id)},
               {"event_start", start},
               {"event_end", end},
               {"visit", domain.has_visit ? "e.visit_occurrence_id" : "CAST(NULL AS BIGINT)"},
               {"concept", "e." + std::string(domain.row_concept())},
               {"ordinal", ordinal},
               {"table", cdm_.relation(domain.table)},
               {"sets", where_of(sets)},
               {"joins", joins_for(needs, cdm_)},
               {"where", where_of(conditions)}});
}

std::string Planner::criterion(const Criterion& criterion) {
  const auto events = add(plain_criterion(criterion));
  if (criterion.correlated.empty()) return events;
  const auto index = add(fill(sql::text("with_observation"),
                              {{"events", events}, {"observation_period", cdm_.relation("observation_period")}}));
  const auto members = group(index, criterion.correlated.front());
  return add("SELECT e.* FROM " + events + " e SEMI JOIN " + members + " g USING (person_id, event_id)");
}

namespace {

/// One bound of a window; empty when nothing bounds it.
std::string bound(const WindowEnd& end, const std::string& index_date, bool ignore_observation_period) {
  if (end.days) return index_date + plus(end.sign * *end.days);
  if (ignore_observation_period) return {};
  return end.sign < 0 ? "i.op_start_date" : "i.op_end_date";
}

std::string window_conditions(const Window& window, bool ignore_observation_period) {
  const std::string index_date = window.from_index_end ? "i.end_date" : "i.start_date";
  const std::string event_date = window.on_event_end ? "a.end_date" : "a.start_date";
  std::string out;
  const auto from = bound(window.start, index_date, ignore_observation_period);
  const auto to = bound(window.end, index_date, ignore_observation_period);
  if (!from.empty()) out += "\n  AND " + event_date + " >= " + from;
  if (!to.empty()) out += "\n  AND " + event_date + " <= " + to;
  return out;
}

std::string counted(CountOf what) {
  switch (what) {
    case CountOf::events:
      return "count(a.person_id)";
    case CountOf::concepts:
      return "count(DISTINCT a.concept_id)";
    case CountOf::start_dates:
      return "count(DISTINCT a.start_date)";
    case CountOf::visits:
      return "count(DISTINCT a.visit_id)";
  }
  return "0";
}

}  // namespace

std::string Planner::windowed(const std::string& index, const Windowed& windowed) {
  const auto events = criterion(windowed.criterion);
  std::string conditions;
  if (!windowed.ignore_observation_period) {
    conditions += "\n  AND a.start_date >= i.op_start_date AND a.start_date <= i.op_end_date";
  }
  if (windowed.start_window)
    conditions += window_conditions(*windowed.start_window, windowed.ignore_observation_period);
  if (windowed.end_window) conditions += window_conditions(*windowed.end_window, windowed.ignore_observation_period);
  if (windowed.same_visit) conditions += "\n  AND a.visit_id = i.visit_id";
  // Only where none may suffice do index events without a match have to stay.
  const bool none_may_do = windowed.occurrence == Occurrence::at_most || windowed.count == 0;
  return add(fill(sql::text("windowed"), {{"index", index},
                                          {"join", none_may_do ? "LEFT" : "INNER"},
                                          {"events", events},
                                          {"conditions", conditions},
                                          {"count", counted(windowed.count_of)},
                                          {"compare", std::string(sign_of(windowed.occurrence))},
                                          {"number", number(windowed.count)}}));
}

std::string Planner::demographic(const std::string& index, const Demographic& demographic) {
  std::vector<std::string> conditions;
  std::set<Needs> needs;
  for (const auto& predicate : demographic.predicates) {
    for (const auto& attribute : demographic_attributes()) {
      if (attribute.key != predicate.attribute) continue;
      needs.insert(attribute.needs);
      conditions.push_back(condition(predicate, attribute.sql));
    }
  }
  return add(fill(sql::text("demographic"),
                  {{"index", index}, {"joins", joins_for(needs, cdm_)}, {"where", where_of(conditions)}}));
}

std::string Planner::group(const std::string& index, const Group& group) {
  if (group.empty()) return add("SELECT DISTINCT person_id, event_id FROM " + index);
  std::vector<std::string> members;
  for (const auto& member : group.criteria) members.push_back(windowed(index, member));
  for (const auto& member : group.demographics) members.push_back(demographic(index, member));
  for (const auto& member : group.groups) members.push_back(this->group(index, member));
  std::string all;
  std::int64_t place = 0;
  for (const auto& member : members) {
    all += (all.empty() ? "" : "\n  UNION ALL ") + std::string("SELECT ") + number(++place) +
           " AS member, person_id, event_id FROM " + member;
  }
  std::string compare = ">=";
  auto wanted = group.count;
  if (group.kind == GroupKind::all) {
    compare = "=";
    wanted = place;
  } else if (group.kind == GroupKind::any) {
    wanted = 1;
  } else if (group.kind == GroupKind::at_most) {
    compare = "<=";
  }
  return add(
      fill(sql::text("group"), {{"index", index}, {"members", all}, {"compare", compare}, {"number", number(wanted)}}));
}

std::string Planner::entry_events() {
  std::string events;
  std::int64_t source = 0;
  for (const auto& entry : expression_.entry) {
    // The place in the list breaks ties between events of different tables that share date and id.
    events += (events.empty() ? "" : "\n    UNION ALL ") + std::string("SELECT *, ") + number(++source) +
              " AS source FROM " + criterion(entry);
  }
  return add(
      fill(sql::text("entry_events"), {{"direction", expression_.entry_limit == Limit::last ? "DESC" : "ASC"},
                                       {"events", events},
                                       {"observation_period", cdm_.relation("observation_period")},
                                       {"prior", number(expression_.prior_days)},
                                       {"post", number(expression_.post_days)},
                                       {"limit", expression_.entry_limit == Limit::all ? "" : "WHERE event_id = 1"}}));
}

std::string Planner::filtered(const std::string& events, const Group& members) {
  return add("SELECT e.* FROM " + events + " e SEMI JOIN " + group(events, members) + " g USING (person_id, event_id)");
}

std::string Planner::limited(const std::string& events, Limit limit) {
  if (limit == Limit::all) return events;
  return add(
      fill(sql::text("one_per_person"), {{"direction", limit == Limit::last ? "DESC" : "ASC"}, {"events", events}}));
}

std::string Planner::exits(const std::string& included) {
  const auto& exit = expression_.exit;
  std::vector<std::string> parts;
  if (exit.kind == ExitKind::date_offset) {
    const auto moved = std::string(exit.from_end ? "end_date" : "start_date") + plus(exit.offset_days);
    parts.push_back("SELECT person_id, event_id, CASE WHEN " + moved + " > op_end_date THEN op_end_date ELSE " + moved +
                    " END AS end_date FROM " + included);
  } else {
    parts.push_back("SELECT person_id, event_id, op_end_date AS end_date FROM " + included);
  }
  if (exit.kind == ExitKind::drug_era) {
    const std::string usual =
        "coalesce(e.drug_exposure_end_date, e.drug_exposure_start_date + CAST(e.days_supply AS INTEGER), "
        "e.drug_exposure_start_date + 1)";
    const auto table =
        add(fill(sql::text("drug_era_ends"),
                 {{"exposure_end", exit.supply_days ? "e.drug_exposure_start_date" + plus(*exit.supply_days) : usual},
                  {"drug_exposure", cdm_.relation("drug_exposure")},
                  {"included", included},
                  {"set", set_concepts(exit.drug_set)},
                  {"gap", number(exit.gap_days)},
                  {"offset", number(exit.offset_days)}}));
    parts.push_back("SELECT person_id, event_id, end_date FROM " + table);
  }
  for (const auto& censor : expression_.censoring) {
    const auto table = add(fill(sql::text("censor_ends"), {{"included", included}, {"events", criterion(censor)}}));
    parts.push_back("SELECT person_id, event_id, end_date FROM " + table);
  }
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : "\n  UNION ALL\n  ") + part;
  return all;
}

Planner::Plan Planner::plan(std::string_view into) {
  concept_sets();
  auto events = entry_events();
  if (expression_.additional) {
    events = limited(filtered(events, *expression_.additional), expression_.qualified_limit);
  }
  plan_.attrition.emplace_back("entry events", events);
  for (const auto& rule : expression_.rules) {
    events = filtered(events, rule.group);
    plan_.attrition.emplace_back(rule.name, events);
  }
  events = limited(events, expression_.expression_limit);
  const auto ends = exits(events);
  const auto table = engine::quoted(into);
  const auto& from = expression_.censor_start;
  const auto& to = expression_.censor_end;
  plan_.steps.push_back("DROP TABLE IF EXISTS " + table);
  plan_.steps.push_back(
      fill(sql::text("entries"), {{"into", table},
                                  {"exits", ends},
                                  {"included", events},
                                  {"pad", number(expression_.era_pad_days)},
                                  {"cut_start", from ? "greatest(start_date, " + date(*from) + ")" : "start_date"},
                                  {"cut_end", to ? "least(end_date, " + date(*to) + ")" : "end_date"},
                                  {"person", cdm_.relation("person")}}));
  return plan_;
}

}  // namespace naru::cohort
