#pragma once
/// What may be asked of an anonymised table: privacy models, all of which must hold together, and the measure of what
/// is lost. Formulas, sources and assumptions: docs/methods/k-anonymity.md and docs/methods/privacy-models.md. No
/// parameter has a default: a model that is not asked for is absent.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace naru::protect {

/// Values of one quasi-identifier and what they become at each level. Row i of the hierarchy is one value of the domain
/// (observed or not): cells[i][0] is the value itself, cells[i][l] its form at level l.
struct Hierarchy {
  std::vector<std::vector<std::string>> cells;
  [[nodiscard]] std::size_t levels() const { return cells.empty() ? 0 : cells.front().size(); }
};

enum class DiversityKind { distinct, entropy, recursive };
/// l-diversity of one sensitive column in every kept class (Machanavajjhala et al. 2007).
struct Diversity {
  std::size_t column = 0;  ///< place among the sensitive columns
  DiversityKind kind = DiversityKind::distinct;
  double l = 0;  ///< >= 1; whole for distinct and recursive
  double c = 0;  ///< recursive only, > 0
};

enum class Distance { equal, ordered, hierarchical };
/// t-closeness: the earth mover's distance of a class from the whole table is at most t (Li, Li, Venkatasubramanian
/// 2007).
struct Closeness {
  std::size_t column = 0;
  double t = 0;  ///< 0 to 1
  Distance distance = Distance::equal;
};

/// For each kept class: share of the population's records of that class which are in the table (Nergiz et al. 2007).
struct DeltaPresence {
  double least = 0;
  double most = 1;
};

enum class UniquenessModel { pitman, zayatz, snb, dankar };
/// Estimated share of the population that is unique there, from the class sizes of what is kept.
struct PopulationUniqueness {
  double threshold = 0;
  UniquenessModel model = UniquenessModel::pitman;
  double population = 0;  ///< persons; at least the records of the table
};

struct Models {
  std::int64_t k = 0;      ///< k-anonymity; 0: not asked
  std::int64_t k_map = 0;  ///< classes of the population table hold at least k_map; 0: not asked
  std::vector<Diversity> diversity = {};
  std::vector<Closeness> closeness = {};
  std::optional<DeltaPresence> presence = {};
  std::optional<double> average_risk = {};       ///< kept classes / kept records, at most
  std::optional<double> sample_uniqueness = {};  ///< kept records alone in their class / kept records, at most
  std::vector<PopulationUniqueness> population_uniqueness = {};
  [[nodiscard]] bool any() const {
    return k > 0 || k_map > 0 || !diversity.empty() || !closeness.empty() || presence || average_risk ||
           sample_uniqueness || !population_uniqueness.empty();
  }
  [[nodiscard]] bool needs_population() const { return k_map > 0 || presence.has_value(); }
};

enum class Metric { loss, discernibility, non_uniform_entropy, average_class_size, precision };
enum class LossAggregate { geometric_mean, arithmetic_mean };

struct Utility {
  Metric metric = Metric::loss;
  LossAggregate aggregate = LossAggregate::geometric_mean;  ///< loss and precision
  double gs_factor = 0.5;                                   ///< loss: 0 favours suppression, 1 generalisation
};

}  // namespace naru::protect
