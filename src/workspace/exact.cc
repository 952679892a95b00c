#include "workspace/exact.h"

#include "base/digest.h"
#include "cohort/native.h"
#include "engine/database.h"

#include <algorithm>
#include <set>

namespace naru::workspace {
namespace {

/// Larger data is indexed at the end of each load, not while somebody waits for an answer.
constexpr std::uint64_t index_while_asked_bytes = 256U << 20;

void take_people(Exact& out, std::vector<std::vector<std::int64_t>> people) {
  const auto names = cohort::empty_strata();
  out.people = std::move(people);
  out.table.rows = names.sexes;
  out.table.columns = names.age_bands;
  for (const auto& cell : out.people) {
    out.table.cells.push_back(static_cast<std::int64_t>(cell.size()));
    out.persons += static_cast<std::int64_t>(cell.size());
  }
}

/// From the index of the site's data, without the engine; nothing when there is none or it cannot answer.
Result<std::optional<Exact>> from_index(const cohort::Expression& question,
                                        const std::optional<cohort::Expression>& population,
                                        const AnsweringSite& site) {
  if (!cohort::is_native(question) || (population && !cohort::is_native(*population))) return std::optional<Exact>();
  const auto index = cohort::index_on_first_use({.folder = site.data,
                                                 .vocabulary = site.vocabulary,
                                                 .target = cohort::site_index(site.layout.root(), site.data),
                                                 .threads = site.threads},
                                                index_while_asked_bytes);
  if (index == nullptr) return std::optional<Exact>();
  const cohort::NativeOptions options{.excluded_persons = site.withdrawn, .threads = site.threads};
  NARU_ASSIGN(auto answer, cohort::run_native(*index, question, options));
  auto& entries = answer.entries;
  if (population) {
    NARU_ASSIGN(const auto allowed, cohort::run_native(*index, *population, options));
    std::set<std::int64_t> persons;
    for (const auto& entry : allowed.entries) persons.insert(persons.end(), entry.person_id);
    std::erase_if(entries, [&](const cohort::Entry& entry) { return persons.count(entry.person_id) == 0; });
  }
  Exact out;
  out.count = std::move(answer.count);
  take_people(out, cohort::people_of_strata(*index, entries));
  return std::optional(std::move(out));
}

Result<Exact> by_sql(const cohort::Expression& question, const std::optional<cohort::Expression>& population,
                     const AnsweringSite& site) {
  engine::DatabaseOptions options;
  options.allowed_folders = {site.data, site.vocabulary};
  options.threads = site.threads;
  NARU_ASSIGN(auto database, engine::Database::open(options));
  NARU_ASSIGN(auto cdm,
              cohort::open_cdm(
                  database, {.folder = site.data, .vocabulary = site.vocabulary, .excluded_persons = site.withdrawn}));
  Exact out;
  NARU_ASSIGN(out.count, cohort::run(database, cdm, question, "answer"));
  if (population) {
    NARU_ASSIGN([[maybe_unused]] const auto limited, cohort::run(database, cdm, *population, "population"));
    NARU_CHECK(cohort::keep_persons_of(database, "answer", "population"));
  }
  NARU_ASSIGN(auto people, cohort::people_of_strata(database, cdm, "answer"));
  take_people(out, std::move(people));
  return out;
}

}  // namespace

ExactKey key_of(const AnswerIdentity& identity, const AnsweringSite& site) {
  auto withdrawn = site.withdrawn;
  std::sort(withdrawn.begin(), withdrawn.end());
  std::string text;
  for (const auto id : withdrawn) text += std::to_string(id) + "\n";
  return {identity, hex(sha256(text)), NARU_VERSION};
}

Result<Exact> exact_answer(const cohort::Expression& question, const std::optional<cohort::Expression>& population,
                           const AnswerIdentity& identity, const AnsweringSite& site) {
  const ExactMemory memory(site.layout.root() / "private" / "exact");
  const auto key = key_of(identity, site);
  if (auto known = memory.find(key, question)) return std::move(*known);
  NARU_ASSIGN(auto indexed, from_index(question, population, site));
  if (indexed) {
    memory.keep(key, *indexed);
    return std::move(*indexed);
  }
  NARU_ASSIGN(auto exact, by_sql(question, population, site));
  memory.keep(key, exact);
  return exact;
}

}  // namespace naru::workspace
