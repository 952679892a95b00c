// The `evaluate` commands: statistics of a file, exact. Rounding is the output gate's work.
#include "cli/commands/evaluate.h"

#include <iterator>

namespace naru::cli {

std::vector<Command> evaluate_commands() {
  std::vector<Command> out;
  for (auto part : {
           evaluate_scores_commands(),
           evaluate_survival_commands(),
           evaluate_meta_commands(),
           evaluate_sample_size_commands(),
           evaluate_impact_commands(),
       }) {
    out.insert(out.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
  }
  return out;
}

}  // namespace naru::cli
