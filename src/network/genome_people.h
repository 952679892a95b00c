#pragma once
/// Which sample is which person: known to the holder only, so that a withdrawal reaches the genomes too.
#include "network/bundle.h"
#include "network/identity.h"

#include <functional>

#include <set>
#include <string>
#include <vector>

namespace naru::network {

/// Keeps a CSV with the columns sample and person_source_value (others are ignored; a column `site`, if there, must
/// name this site for a row to count) as private/genome_people.csv. Returns the samples kept.
[[nodiscard]] Result<std::int64_t> keep_genome_people(Site& site, const std::filesystem::path& file);
/// Samples of persons who withdrew. Samples of unknown persons are not among them.
[[nodiscard]] Result<std::set<std::string>> withdrawn_samples(const Site& site);
/// Names under which samples travel: the row id of the person where that is known, else a keyed hash of the name.
[[nodiscard]] Result<std::function<std::string(const std::string&)>> travelling_names(Site& site);
/// Puts what a holder sent beside what others sent, and makes one store of all under genome/.
[[nodiscard]] Done take_genomes(Site& site, const std::string& holder, const std::vector<std::string>& parts_json,
                                const std::vector<NamedBytes>& files);

}  // namespace naru::network
