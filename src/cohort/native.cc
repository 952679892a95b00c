#include "cohort/native.h"

#include "base/clock.h"
#include "cohort/native_shard.h"
#include "cohort/parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace naru::cohort {
namespace {

/// Persons of one shard: its dense arrays stay in the second-level cache, and below the 128 KiB from which the
/// allocator asks the kernel for fresh (zeroed) pages each time.
constexpr std::uint32_t shard_persons = 16'000;

std::vector<std::uint8_t> excluded_numbers(const Persons& persons, const std::vector<std::int64_t>& ids) {
  std::vector<std::uint8_t> out;
  if (ids.empty()) return out;
  out.assign(persons.count, 0);
  for (const auto id : ids) {
    const auto place = lower_place(persons.id, id, 0, persons.count);
    if (place < persons.count && persons.id.at(place) == id) out[place] = 1;
  }
  return out;
}

bool has_text(const std::vector<Predicate>& predicates) {
  return std::any_of(predicates.begin(), predicates.end(),
                     [](const Predicate& predicate) { return predicate.test == Test::text; });
}
bool has_text(const Group& group);
bool has_text(const Criterion& criterion) {
  return has_text(criterion.predicates) || std::any_of(criterion.correlated.begin(), criterion.correlated.end(),
                                                       [](const Group& group) { return has_text(group); });
}
bool has_text(const Group& group) {
  return std::any_of(group.criteria.begin(), group.criteria.end(),
                     [](const Windowed& windowed) { return has_text(windowed.criterion); }) ||
         std::any_of(group.groups.begin(), group.groups.end(), [](const Group& nested) { return has_text(nested); });
}

std::size_t sex_of(std::int64_t gender) { return gender == 8532 ? 0 : gender == 8507 ? 1 : 2; }
std::size_t band_of(std::int64_t age) {
  if (age == null_value || age < 0) return 10;
  return static_cast<std::size_t>(std::min<std::int64_t>(age / 10, 9));
}

/// The year of each day that a column may hold, looked up rather than computed.
class Years {
 public:
  explicit Years(const Column& days) : first_(days.shape().base) {
    if (days.shape().width > 2) return;
    const auto last = days.shape().width == 0 ? 0 : days.shape().width == 1 ? 0xFF : 0xFFFF;
    for (std::int64_t day = 0; first_ != null_value && day <= last; ++day) {
      years_.push_back(static_cast<std::int16_t>(civil_from_days(static_cast<Day>(first_ + day)).year));
    }
  }
  std::int64_t operator()(std::int64_t day) const {
    const auto place = static_cast<std::uint64_t>(day - first_);
    return place < years_.size() ? years_[place] : civil_from_days(static_cast<Day>(day)).year;
  }

 private:
  std::int64_t first_;
  std::vector<std::int16_t> years_;
};

}  // namespace

bool is_native(const Expression& expression) {
  const auto text = [](const Criterion& criterion) { return has_text(criterion); };
  return std::none_of(expression.entry.begin(), expression.entry.end(), text) &&
         std::none_of(expression.censoring.begin(), expression.censoring.end(), text) &&
         !(expression.additional && has_text(*expression.additional)) &&
         std::none_of(expression.rules.begin(), expression.rules.end(),
                      [](const InclusionRule& rule) { return has_text(rule.group); });
}

Result<NativeAnswer> run_native(const Index& index, const Expression& expression, const NativeOptions& options) {
  const double began = steady_seconds();
  NARU_ASSIGN(const auto plan, NativePlan::make(index, expression, options.rebuild_ancestors));
  const auto& persons = index.tables().persons;
  const auto excluded = excluded_numbers(persons, options.excluded_persons);
  const auto shards = (persons.count + shard_persons - 1) / shard_persons;
  std::vector<ShardAnswer> answers(shards);
  in_parallel(shards, options.threads, [&](std::size_t at) {
    const auto from = static_cast<std::uint32_t>(at * shard_persons);
    const auto to =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(from + std::uint64_t{shard_persons}, persons.count));
    answers[at] = Shard(plan, from, to, excluded).answer();
  });
  NativeAnswer out;
  out.count.attrition.push_back({"entry events", 0});
  for (const auto& rule : expression.rules) out.count.attrition.push_back({rule.name, 0});
  std::size_t entries = 0;
  for (const auto& answer : answers) entries += answer.entries.size();
  out.entries.reserve(entries);
  for (const auto& answer : answers) {
    for (std::size_t step = 0; step < answer.attrition.size(); ++step) {
      out.count.attrition[step].persons += answer.attrition[step];
    }
    out.count.persons += answer.persons;
    for (const auto& entry : answer.entries) {
      out.entries.push_back({persons.id.at(entry.person), entry.start, entry.end,
                             entry.age == null_value ? std::nullopt : std::optional(entry.age)});
    }
  }
  out.count.entries = static_cast<std::int64_t>(entries);
  out.count.seconds = steady_seconds() - began;
  return out;
}

std::string entries_csv(const std::vector<Entry>& entries) {
  std::string out = "subject_id,cohort_start_date,cohort_end_date\n";
  out.reserve(out.size() + entries.size() * 32);
  for (const auto& entry : entries) {
    out += std::to_string(entry.person_id) + ',' + format_date(entry.start) + ',' + format_date(entry.end) + '\n';
  }
  return out;
}

std::vector<std::vector<std::int64_t>> people_of_strata(const Index& index, const std::vector<Entry>& entries) {
  const auto names = empty_strata();
  const auto& persons = index.tables().persons;
  std::vector<std::vector<std::int64_t>> out(names.cells.size());
  for (std::size_t at = 0; at < entries.size();) {
    const auto id = entries[at].person_id;
    std::optional<std::int64_t> age;
    for (; at < entries.size() && entries[at].person_id == id; ++at) {
      if (!age) age = entries[at].age;
    }
    const auto place = lower_place(persons.id, id, 0, persons.count);
    const auto sex = sex_of(place < persons.count ? persons.gender.at(place) : null_value);
    out[sex * names.age_bands.size() + band_of(age.value_or(null_value))].push_back(id);
  }
  return out;
}

StrataTable strata(const Index& index, const std::vector<Entry>& entries) {
  auto out = empty_strata();
  const auto people = people_of_strata(index, entries);
  for (std::size_t cell = 0; cell < people.size(); ++cell) {
    out.cells[cell].persons = static_cast<std::int64_t>(people[cell].size());
  }
  return out;
}

Result<std::vector<ConceptStratum>> persons_by_concept(const Index& index, std::string_view table,
                                                       const NativeOptions& options) {
  const auto found = index.tables().events.find(table);
  if (found == index.tables().events.end()) {
    return not_found(say("the index has no table {}", "색인에 {} 표가 없습니다", table), std::string(table));
  }
  const auto& events = found->second;
  const auto& persons = index.tables().persons;
  const auto excluded = excluded_numbers(persons, options.excluded_persons);
  constexpr std::size_t cells = 33;
  const auto count = events.concepts.rows();
  std::vector<std::array<std::int64_t, cells>> table_of(count);
  std::vector<std::uint8_t> sexes(persons.count);
  std::vector<std::int64_t> born(persons.count);
  for (std::uint64_t person = 0; person < persons.count; ++person) {
    sexes[person] = static_cast<std::uint8_t>(sex_of(persons.gender.at(person)));
    born[person] = persons.year_of_birth.at(person);
  }
  const auto* person_of = events.person.numbers<std::uint32_t>();
  const Years years(events.start);
  // Concepts in runs of about as many rows, so that threads get equal work.
  in_parallel(count, options.threads, [&](std::size_t place) {
    auto& out = table_of[place];
    out.fill(0);
    const auto end = static_cast<std::uint64_t>(events.offsets.at(place + 1));
    for (auto row = static_cast<std::uint64_t>(events.offsets.at(place)); row < end;) {
      const auto person = person_of[row];
      if (excluded.empty() || excluded[person] == 0) {
        auto age = events.age.at(row);
        const auto start = events.start.at(row);
        if (age == null_value && start != null_value && born[person] != null_value) {
          age = years(start) - born[person];
        }
        ++out[sexes[person] * 11U + band_of(age)];
      }
      while (row < end && person_of[row] == person) ++row;
    }
  });
  std::vector<ConceptStratum> out;
  for (std::uint64_t place = 0; place < count; ++place) {
    const auto id = events.concepts.at(place);
    if (id == null_value) continue;
    for (std::size_t cell = 0; cell < cells; ++cell) {
      if (table_of[place][cell] == 0) continue;
      out.push_back(
          {id, static_cast<std::uint8_t>(cell / 11), static_cast<std::uint8_t>(cell % 11), table_of[place][cell]});
    }
  }
  return out;
}

}  // namespace naru::cohort
