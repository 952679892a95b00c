#include "base/clock.h"
#include "cohort/native_plan.h"

#include <algorithm>
#include <cmath>

namespace naru::cohort {
namespace {

/// -1, 0, 1; NaN is equal to itself and above everything, as in the engine.
int order_of(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

template <typename T>
bool compares(Compare compare, int with_value, const T& with_extent) {
  switch (compare) {
    case Compare::lt:
      return with_value < 0;
    case Compare::lte:
      return with_value <= 0;
    case Compare::eq:
      return with_value == 0;
    case Compare::unequal:
      return with_value != 0;
    case Compare::gt:
      return with_value > 0;
    case Compare::gte:
      return with_value >= 0;
    case Compare::between:
      return with_value >= 0 && with_extent() <= 0;
    case Compare::not_between:
      return !(with_value >= 0 && with_extent() <= 0);
  }
  return false;
}

bool compares(const Predicate& predicate, double value) {
  return compares(predicate.compare, order_of(value, predicate.value),
                  [&] { return order_of(value, predicate.extent); });
}

bool compares_days(const Predicate& predicate, Day day) {
  const auto sign = [&](Day other) { return day < other ? -1 : day > other ? 1 : 0; };
  return compares(predicate.compare, sign(predicate.date), [&] { return sign(predicate.date_extent); });
}

std::int64_t year_of(Day day) { return civil_from_days(day).year; }

/// The value of a row of another table: of the visit (and its person), the provider, the care site.
std::int64_t looked_up(const Lookup& lookup, std::int64_t id, std::int64_t person) {
  if (id == null_value) return null_value;
  for (auto at = lower_place(lookup.id, id, 0, lookup.id.rows()); at < lookup.id.rows() && lookup.id.at(at) == id;
       ++at) {
    if (person == null_value || lookup.person.at(at) == person) return lookup.value.at(at);
  }
  return null_value;
}

std::int64_t age_of(const IndexTables& tables, const Event& event, std::uint32_t person) {
  if (event.age != null_value) return event.age;
  const auto born = tables.persons.year_of_birth.at(person);
  return born == null_value || event.start == no_day ? null_value : year_of(event.start) - born;
}

std::int64_t age_at_end_of(const IndexTables& tables, const Event& event, std::uint32_t person) {
  if (event.end == no_day) return null_value;
  if (event.age != null_value && event.start != no_day) return event.age + year_of(event.end) - year_of(event.start);
  const auto born = tables.persons.year_of_birth.at(person);
  return born == null_value ? null_value : year_of(event.end) - born;
}

std::int64_t trait_of(const Persons& persons, std::string_view column, std::uint32_t person) {
  if (column == "gender_concept_id") return persons.gender.at(person);
  if (column == "race_concept_id") return persons.race.at(person);
  if (column == "ethnicity_concept_id") return persons.ethnicity.at(person);
  return persons.year_of_birth.at(person);
}

/// A whole number that is looked at; null_value for NULL.
std::int64_t integer_of(const Check& check, const IndexTables& tables, const Event& event, std::uint32_t person) {
  switch (check.looked.look) {
    case Look::start:
      return event.start == no_day ? null_value : event.start;
    case Look::end:
      return event.end == no_day ? null_value : event.end;
    case Look::length:
      return event.start == no_day || event.end == no_day ? null_value
                                                          : static_cast<std::int64_t>(event.end) - event.start;
    case Look::age:
      return age_of(tables, event, person);
    case Look::age_at_end:
      return age_at_end_of(tables, event, person);
    case Look::person:
      return trait_of(tables.persons, check.looked.column, person);
    case Look::visit:
      return looked_up(*check.lookup, check.column->at(event.row), tables.persons.id.at(person));
    case Look::provider:
    case Look::care_site:
      return looked_up(*check.lookup, check.column->at(event.row), null_value);
    case Look::column:
      return check.column->at(event.row);
    case Look::low_ratio:
    case Look::high_ratio:
    case Look::abnormal:
      break;
  }
  return null_value;
}

bool ratio_of(const Column& value, const Column& limit, std::uint32_t row, double& out) {
  double divisor = 0;
  if (!value.real_at(row, out) || !limit.real_at(row, divisor) || divisor == 0) return false;
  out /= divisor;
  return true;
}

bool abnormal(const Check& check, std::uint32_t row) {
  double value = 0;
  double limit = 0;
  if (check.column->real_at(row, value)) {
    if (check.low->real_at(row, limit) && order_of(value, limit) < 0) return true;
    if (check.high->real_at(row, limit) && order_of(value, limit) > 0) return true;
  }
  const auto concept_id = check.value_concept->at(row);
  return concept_id == 4155142 || concept_id == 4155143;
}

bool number_holds(const Check& check, const IndexTables& tables, const Event& event, std::uint32_t person) {
  double value = 0;
  switch (check.looked.look) {
    case Look::low_ratio:
      return ratio_of(*check.column, *check.low, event.row, value) && compares(*check.predicate, value);
    case Look::high_ratio:
      return ratio_of(*check.column, *check.high, event.row, value) && compares(*check.predicate, value);
    case Look::column:
      return check.column->real_at(event.row, value) && compares(*check.predicate, value);
    default: {
      const auto whole = integer_of(check, tables, event, person);
      return whole != null_value && compares(*check.predicate, static_cast<double>(whole));
    }
  }
}

}  // namespace

bool Check::holds(const IndexTables& tables, const Event& event, std::uint32_t person) const {
  if (needs_person && tables.persons.known.at(person) != 1) return false;
  switch (predicate->test) {
    case Test::number:
      return number_holds(*this, tables, event, person);
    case Test::date: {
      const auto day = integer_of(*this, tables, event, person);
      return day != null_value && compares_days(*predicate, static_cast<Day>(day));
    }
    case Test::abnormal:
      return abnormal(*this, event.row);
    case Test::concept_set:
      // Not in an empty set: true even of NULL, as SQL has it.
      if (ids.empty()) return predicate->negated;
      [[fallthrough]];
    case Test::concepts: {
      const auto id = integer_of(*this, tables, event, person);
      if (id == null_value) return false;
      return std::binary_search(ids.begin(), ids.end(), id) != predicate->negated;
    }
    case Test::text:
      break;
  }
  return false;
}

}  // namespace naru::cohort
