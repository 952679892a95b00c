#pragma once
/// The data of one cohort command: folder or archive, its index, and the engine when it is needed.
#include "base/files.h"
#include "cli/command.h"
#include "cohort/cohort.h"
#include "cohort/native.h"

#include <memory>
#include <optional>

namespace naru::cli {

/// A folder as it is, an archive unpacked into a scratch folder that lives as long as this.
struct CohortSource {
  std::unique_ptr<ScratchFolder> scratch;
  fs::path folder;
};

/// Answers from the index when there is one of these very tables; else the engine is opened and SQL answers.
class CohortDesk {
 public:
  [[nodiscard]] static Result<CohortDesk> open(const Call& call);
  /// The definition in the file; its inclusion rules left out when the call says so.
  [[nodiscard]] Result<cohort::Expression> definition(const fs::path& file) const;
  [[nodiscard]] Result<cohort::NativeAnswer> answer(const cohort::Expression& expression);
  /// By the engine, which holds the entries in the table "answer" afterwards.
  [[nodiscard]] Result<cohort::Count> answer_in_engine(const cohort::Expression& expression);
  [[nodiscard]] engine::Database& database() { return *database_; }
  [[nodiscard]] cohort::Cdm& cdm() { return *cdm_; }
  [[nodiscard]] Done open_engine();
  [[nodiscard]] const cohort::Index* index() const { return index_.get(); }
  [[nodiscard]] cohort::IndexState index_state() const { return state_; }
  [[nodiscard]] const fs::path& folder() const { return tables_.folder; }
  [[nodiscard]] unsigned threads() const { return options_.threads; }
  fs::path output_folder = {};  ///< where the engine may write

 private:
  CohortSource tables_;
  CohortSource vocabulary_;
  cohort::CdmOptions options_;
  bool without_rules_ = false;
  std::shared_ptr<const cohort::Index> index_;
  cohort::IndexState state_ = cohort::IndexState::absent;
  std::optional<engine::Database> database_;
  std::optional<cohort::Cdm> cdm_;
};

/// --cdm, --vocabulary, --index and so on: what every cohort command takes.
[[nodiscard]] std::vector<Option> cohort_source_options();
[[nodiscard]] Option cohort_definition_option(bool several);
[[nodiscard]] Option cohort_rules_option();

/// features and extract, in cohort_tables.cc
[[nodiscard]] std::vector<Command> cohort_table_commands();

}  // namespace naru::cli
