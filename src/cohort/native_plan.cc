#include "cohort/native_plan.h"

#include "model/omop.h"

#include <algorithm>

namespace naru::cohort {
namespace {

void add(std::string& out, std::int64_t value) { out += std::to_string(value) + ","; }
void add(std::string& out, const std::optional<std::int64_t>& value) {
  out += value ? std::to_string(*value) + "," : "-,";
}
void add(std::string& out, const std::optional<std::int32_t>& value) {
  out += value ? std::to_string(*value) + "," : "-,";
}

void add(std::string& out, const Predicate& predicate) {
  out += "p(" + predicate.attribute + ",";
  add(out, static_cast<std::int64_t>(predicate.test));
  add(out, static_cast<std::int64_t>(predicate.compare));
  out += fmt::format("{},{},", predicate.value, predicate.extent);
  add(out, std::int64_t{predicate.date});
  add(out, std::int64_t{predicate.date_extent});
  for (const auto id : predicate.concepts) add(out, id);
  add(out, predicate.concept_set);
  out += predicate.negated ? "!)" : ")";
}

void add(std::string& out, const std::optional<Window>& window) {
  if (!window) {
    out += "-;";
    return;
  }
  for (const auto& end : {window->start, window->end}) {
    add(out, end.days);
    add(out, end.sign);
  }
  out += window->from_index_end ? "e" : "s";
  out += window->on_event_end ? "e;" : "s;";
}

void add(std::string& out, const Group& group) {
  out += "g(";
  add(out, static_cast<std::int64_t>(group.kind));
  add(out, group.count);
  for (const auto& windowed : group.criteria) {
    out += "w(" + key_of(windowed.criterion);
    add(out, windowed.start_window);
    add(out, windowed.end_window);
    add(out, static_cast<std::int64_t>(windowed.occurrence));
    add(out, windowed.count);
    add(out, static_cast<std::int64_t>(windowed.count_of));
    out += windowed.same_visit ? "v" : "-";
    out += windowed.ignore_observation_period ? "i)" : "-)";
  }
  for (const auto& demographic : group.demographics) {
    out += "d(";
    for (const auto& predicate : demographic.predicates) add(out, predicate);
    out += ")";
  }
  for (const auto& nested : group.groups) add(out, nested);
  out += ")";
}

}  // namespace

std::string key_of(const Criterion& criterion) {
  std::string out = criterion.domain + "(";
  add(out, criterion.concept_set);
  add(out, criterion.source_concept_set);
  out += criterion.first ? "f," : "-,";
  for (const auto& predicate : criterion.predicates) add(out, predicate);
  if (criterion.adjustment) {
    const auto& moved = *criterion.adjustment;
    add(out, std::int64_t{moved.start_from_end});
    add(out, moved.start_offset_days);
    add(out, std::int64_t{moved.end_from_end});
    add(out, moved.end_offset_days);
  }
  add(out, criterion.user_start);
  add(out, criterion.user_end);
  for (const auto& group : criterion.correlated) add(out, group);
  return out + ")";
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces_of(const EventTable& table,
                                                               const std::vector<std::int64_t>& concepts) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
  const auto count = table.concepts.rows();
  const auto add_place = [&](std::uint64_t place) {
    const auto from = static_cast<std::uint64_t>(table.offsets.at(place));
    const auto to = static_cast<std::uint64_t>(table.offsets.at(place + 1));
    if (from < to) out.emplace_back(from, to);
  };
  // Walk the shorter list, search in the longer one.
  if (concepts.size() < count) {
    std::uint64_t place = 0;
    for (const auto id : concepts) {
      place = lower_place(table.concepts, id, place, count);
      if (place < count && table.concepts.at(place) == id) add_place(place);
    }
    return out;
  }
  for (std::uint64_t place = 0; place < count; ++place) {
    if (std::binary_search(concepts.begin(), concepts.end(), table.concepts.at(place))) add_place(place);
  }
  return out;
}

/// Binds every criterion and demographic of an expression.
class PlanMaker {
 public:
  PlanMaker(NativePlan& plan, bool needs_visit) : plan_(plan), needs_visit_(needs_visit) {}

  void expression(const Expression& expression) {
    bind(expression);
    std::unordered_map<std::string_view, int> uses;
    for (const auto& [criterion, bound] : plan_.bound_) ++uses[bound.key];
    for (auto& [criterion, bound] : plan_.bound_) bound.uses = uses.at(bound.key);
  }

 private:
  void bind(const Expression& expression) {
    for (const auto& entry : expression.entry) criterion(entry);
    for (const auto& censor : expression.censoring) criterion(censor);
    if (expression.additional) group(*expression.additional);
    for (const auto& rule : expression.rules) group(rule.group);
    if (expression.exit.kind != ExitKind::drug_era) return;
    auto& drugs = plan_.era_drugs_;
    drugs.domain = domain_named("DrugExposure");
    drugs.table = &plan_.tables_->events.at("drug_exposure");
    drugs.sources = plan_.sets_.at(expression.exit.drug_set);
    drugs.pieces = pieces_of(*drugs.table, drugs.sources);
    auto& others = plan_.era_sources_;
    others.domain = drugs.domain;
    others.table = drugs.table;
    others.by_source = true;
    others.sources = drugs.sources;
    const auto& source = drugs.table->source.shape();
    if (source.width == 0 && source.base == null_value) return;
    for (const auto& piece : every_piece(*drugs.table)) {
      if (!std::binary_search(drugs.pieces.begin(), drugs.pieces.end(), piece)) others.pieces.push_back(piece);
    }
  }

  static std::vector<std::pair<std::uint64_t, std::uint64_t>> every_piece(const EventTable& table) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
    for (std::uint64_t place = 0; place < table.concepts.rows(); ++place) {
      out.emplace_back(table.offsets.at(place), table.offsets.at(place + 1));
    }
    return out;
  }

  void criterion(const Criterion& criterion) {
    BoundCriterion out;
    out.criterion = &criterion;
    out.domain = domain_named(criterion.domain);
    out.table = &plan_.tables_->events.at(std::string(out.domain->table));
    out.needs_visit = needs_visit_;
    if (criterion.concept_set)
      out.pieces = pieces_of(*out.table, plan_.sets_.at(*criterion.concept_set));
    else
      out.pieces = every_piece(*out.table);
    if (criterion.source_concept_set) {
      out.by_source = true;
      out.sources = plan_.sets_.at(*criterion.source_concept_set);
      if (out.sources.empty()) out.pieces.clear();
    }
    for (const auto& predicate : criterion.predicates) {
      out.checks.push_back(check(predicate, *out.domain->attribute(predicate.attribute), out.table));
    }
    out.key = key_of(criterion);
    plan_.bound_.emplace(&criterion, std::move(out));
    for (const auto& nested : criterion.correlated) group(nested);
  }

  Check check(const Predicate& predicate, const Attribute& attribute, const EventTable* table) {
    Check out;
    out.predicate = &predicate;
    out.looked = look_of(attribute);
    out.needs_person = attribute.needs == Needs::person;
    const auto column = [&](std::string_view name) { return &table->attributes.find(name)->second; };
    switch (out.looked.look) {
      case Look::column:
        out.column = column(out.looked.column);
        break;
      case Look::visit:
        out.column = &table->visit;
        out.lookup = &plan_.tables_->visits;
        break;
      case Look::provider:
        out.column = column("provider_id");
        out.lookup = &plan_.tables_->providers;
        break;
      case Look::care_site:
        out.column = column("care_site_id");
        out.lookup = &plan_.tables_->care_sites;
        break;
      case Look::low_ratio:
      case Look::high_ratio:
      case Look::abnormal:
        out.column = column("value_as_number");
        out.low = column("range_low");
        out.high = column("range_high");
        out.value_concept = column("value_as_concept_id");
        break;
      default:
        break;
    }
    if (predicate.test == Test::concept_set) out.ids = plan_.sets_.at(predicate.concept_set);
    if (predicate.test == Test::concepts) {
      out.ids = predicate.concepts;
      std::sort(out.ids.begin(), out.ids.end());
    }
    return out;
  }

  void group(const Group& group) {
    for (const auto& windowed : group.criteria) criterion(windowed.criterion);
    for (const auto& demographic : group.demographics) {
      std::vector<Check> checks;
      for (const auto& predicate : demographic.predicates) {
        for (const auto& attribute : demographic_attributes()) {
          if (attribute.key == predicate.attribute) checks.push_back(check(predicate, attribute, nullptr));
        }
      }
      plan_.demographics_.emplace(&demographic, std::move(checks));
    }
    for (const auto& nested : group.groups) this->group(nested);
  }

  NativePlan& plan_;
  bool needs_visit_;
};

namespace {

bool compares_visits(const Group& group) {
  for (const auto& windowed : group.criteria) {
    if (windowed.same_visit || windowed.count_of == CountOf::visits) return true;
    for (const auto& nested : windowed.criterion.correlated) {
      if (compares_visits(nested)) return true;
    }
  }
  return std::any_of(group.groups.begin(), group.groups.end(), compares_visits);
}

bool compares_visits(const Expression& expression) {
  const auto in_criterion = [](const Criterion& criterion) {
    return std::any_of(criterion.correlated.begin(), criterion.correlated.end(),
                       [](const Group& group) { return compares_visits(group); });
  };
  return std::any_of(expression.entry.begin(), expression.entry.end(), in_criterion) ||
         std::any_of(expression.censoring.begin(), expression.censoring.end(), in_criterion) ||
         (expression.additional && compares_visits(*expression.additional)) ||
         std::any_of(expression.rules.begin(), expression.rules.end(),
                     [](const InclusionRule& rule) { return compares_visits(rule.group); });
}

}  // namespace

Result<NativePlan> NativePlan::make(const Index& index, const Expression& expression, bool rebuild_ancestors) {
  NativePlan out;
  out.tables_ = &index.tables();
  out.expression_ = &expression;
  const auto& vocabulary = out.tables_->vocabulary;
  const bool any = std::any_of(expression.concept_sets.begin(), expression.concept_sets.end(),
                               [](const ConceptSet& set) { return !set.items.empty(); });
  if (any && !vocabulary.has_concepts) return no_vocabulary();
  out.sets_ = resolve_sets(vocabulary, expression.concept_sets, rebuild_ancestors);
  PlanMaker(out, compares_visits(expression)).expression(expression);
  return out;
}

}  // namespace naru::cohort
