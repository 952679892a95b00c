#include "synth/truth.h"

#include "base/json.h"

#include <map>

namespace naru::synth {

Done TruthWriter::open(const std::filesystem::path& folder) {
  folder_ = folder;
  NARU_CHECK(make_folder(folder));
  NARU_CHECK(persons_file_.open(folder / "persons.csv"));
  NARU_CHECK(pairs_file_.open(folder / "pairs.csv"));
  NARU_CHECK(people_file_.open(folder / "people.csv"));
  persons_file_.text() = "global_id,site,person_source_value\n";
  pairs_file_.text() = "left_site,left_source,right_site,right_source\n";
  people_file_.text() =
      "global_id,household,sex,birth_date,region,insured,sites,target,entry_date,event,probability_permille\n";
  bands_.assign(age_band_shares.size(), 0);
  regions_.assign(regions().size(), 0);
  by_site_count_.assign(12, 0);
  return {};
}

void TruthWriter::person(const Person& person, const History& history,
                         const std::vector<std::pair<std::string, std::string>>& sources) {
  const std::string id = global_id(person.index);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    persons_file_.text() += id + ',' + sources[i].first + ',' + sources[i].second + '\n';
    for (std::size_t j = i + 1; j < sources.size(); ++j) {
      pairs_file_.text() +=
          sources[i].first + ',' + sources[i].second + ',' + sources[j].first + ',' + sources[j].second + '\n';
      ++pairs_;
    }
  }
  std::string& out = people_file_.text();
  out += id + ',' + global_id(person.household) + (person.male ? ",M," : ",F,");
  put_date(out, person.birth);
  out += ',';
  out += regions()[static_cast<std::size_t>(person.region)].english;
  out += history.insured ? ",1," : ",0,";
  put_number(out, static_cast<std::int64_t>(sources.size()));
  out += history.diabetic ? ",1," : ",0,";
  if (history.diabetic) put_date(out, history.entry);
  out += history.event ? ",1," : ",0,";
  put_number(out, static_cast<std::int64_t>(history.probability * 1000 + 0.5));
  out += '\n';
  persons_file_.flush_if_full();
  pairs_file_.flush_if_full();
  people_file_.flush_if_full();
  ++persons_;
  person_sites_ += static_cast<std::int64_t>(sources.size());
  males_ += person.male ? 1 : 0;
  ++bands_[static_cast<std::size_t>(person.age_band)];
  ++regions_[static_cast<std::size_t>(person.region)];
  ++by_site_count_[sources.size()];
  insured_ += history.insured ? 1 : 0;
  targets_ += history.diabetic ? 1 : 0;
  events_ += history.event ? 1 : 0;
}

void TruthWriter::error(const Identity& identity) {
  name_errors_ += identity.name_error ? 1 : 0;
  swapped_births_ += identity.birth_swapped ? 1 : 0;
  changed_phones_ += identity.phone_changed ? 1 : 0;
  moves_ += identity.moved ? 1 : 0;
  no_phone_ += identity.phone.empty() ? 1 : 0;
  no_birth_ += identity.birth ? 0 : 1;
}

Done TruthWriter::write_marginals(int hospitals) const {
  Json age = Json::array();
  for (std::size_t i = 0; i < bands_.size(); ++i) {
    age.push_back({{"from", i * 10}, {"to", i * 10 + 9}, {"share", age_band_shares[i] / 100}, {"persons", bands_[i]}});
  }
  double total = 0;
  for (const Region& region : regions()) total += region.share;
  Json places = Json::array();
  for (std::size_t i = 0; i < regions_.size(); ++i) {
    const Region& region = regions()[i];
    places.push_back({{"region", region.english},
                      {"korean", region.korean},
                      {"share", region.share / total},
                      {"persons", regions_[i]}});
  }
  Json sites = Json::array();
  for (int i = 0; i <= hospitals + 1; ++i) sites.push_back(by_site_count_[static_cast<std::size_t>(i)]);
  const Json document{{"persons", persons_},
                      {"person_sites", person_sites_},
                      {"pairs", pairs_},
                      {"age_on", "2025-12-31"},
                      {"age", age},
                      {"sex",
                       {{"M", {{"share", male_share}, {"persons", males_}}},
                        {"F", {{"share", 1 - male_share}, {"persons", persons_ - males_}}}}},
                      {"region", places},
                      {"insured", {{"share", 0.93}, {"persons", insured_}}},
                      {"persons_by_number_of_sites", sites}};
  return write_file_atomic(folder_ / "marginals.json", pretty(document));
}

Done TruthWriter::write_effects(const Truth& truth, std::uint64_t seed, int hospitals) const {
  Json sites = Json::object();
  for (int site = 0; site < hospitals; ++site) {
    const SiteTraits& traits = traits_of(site);
    sites[hospital_name(site)] = {{"hba1c_bias_percent_points", traits.hba1c_bias_tenths / 10},
                                  {"hba1c_missing", traits.hba1c_missing},
                                  {"local_hypertension_code_share", traits.local_code_share}};
  }
  const Json document{{"seed", seed},
                      {"outcome",
                       {{"horizon_days", truth.horizon_days},
                        {"intercept", truth.intercept},
                        {"log_odds",
                         {{"age_per_year_over_60", truth.age_per_year},
                          {"male", truth.male},
                          {"kidney_disease", truth.kidney_disease},
                          {"atrial_fibrillation", truth.atrial_fibrillation},
                          {"hypertension", truth.hypertension},
                          {"statin", truth.statin},
                          {"hba1c_per_percent_over_7_5", truth.hba1c_per_percent}}},
                        {"target_persons", targets_},
                        {"events", events_}}},
                      {"treatment",
                       {{"statin_log_odds_of_outcome", truth.statin},
                        {"metformin_hba1c_drop_percent_points", truth.metformin_hba1c_drop}}},
                      {"seasonality", {{"respiratory_january_over_july", truth.respiratory_winter_ratio}}},
                      {"sites", sites},
                      {"identity_errors",
                       {{"records", person_sites_},
                        {"name_slips", name_errors_},
                        {"birth_day_month_swapped", swapped_births_},
                        {"phone_changed", changed_phones_},
                        {"moved", moves_},
                        {"phone_missing", no_phone_},
                        {"birth_date_missing", no_birth_}}}};
  return write_file_atomic(folder_ / "effects.json", pretty(document));
}

Done TruthWriter::write_planted(const Written& written) const {
  Json rows = Json::object();
  for (const WrittenTable& table : written.tables) {
    rows[table.site][table.table] = {{"written", table.rows}, {"bad", 0}};
  }
  Json bad = Json::array();
  for (const BadRow& row : written.bad) {
    rows[row.site][row.table]["bad"] = rows[row.site][row.table]["bad"].get<std::int64_t>() + 1;
    bad.push_back({{"site", row.site}, {"table", row.table}, {"row", row.row}, {"reason", row.reason}});
  }
  return write_file_atomic(folder_ / "planted.json", pretty(Json{{"rows", rows}, {"bad", bad}}));
}

Done TruthWriter::finish(const Truth& truth, const Written& written, std::uint64_t seed, int hospitals) {
  NARU_CHECK(persons_file_.close());
  NARU_CHECK(pairs_file_.close());
  NARU_CHECK(people_file_.close());
  NARU_CHECK(write_marginals(hospitals));
  NARU_CHECK(write_effects(truth, seed, hospitals));
  return write_planted(written);
}

}  // namespace naru::synth
