#pragma once
/// What a site does when the authority, or another site, asks: linking, protecting, releasing, answering, verifying,
/// withdrawing. One handler per kind of message; bodies are JSON objects or bundles (network/bundle.h) with meta.json.
///
/// kind               from → to                 what
/// link.begin         authority → holders       start a round: exchange salts, send tokens
/// link.salt          holder → holder           a sealed contribution to the common salt
/// link.tokens        holder → key manager      bundle: tokens.parquet
/// link.shifts        key manager → holder      bundle: shifts.parquet
/// link.map           key manager → combiner    bundle: link_map.parquet
/// protect.run        authority → holders       protect the lake and send it to the combiner
/// release.data       holder → combiner         bundle: protected tables
/// release.genome     holder → combiner         bundle: genotype store with pseudonymous sample map
/// release.combine    authority → combiner      join, assess again
/// release.seal       authority → combiner      export review decided: build twice, seal
/// release.publish    authority → combiner
/// ask                authority → sites         one question under a right
/// feasibility        authority → holders       bands of persons for a definition, before anybody has a right
/// genome.count       authority → holders       allele counts under the output rules
/// verify.run         authority → hospitals     a locked plan and the solution's package: prepare, nothing leaves yet
/// verify.sum         authority → hospitals     the sites that are ready: released figures and masked counts
/// verify.paired      authority → hospitals     masked sums for the paired comparison
/// verify.newton      authority → hospitals     masked sums for the calibration fit, a step
/// right.revoked      authority → sites         the signed revocation list
/// consent.withdraw   holder → key manager      a participant's row
/// consent.exclude    key manager → holders, combiner, authority
/// witness            authority → sites         checkpoints to keep
#include "network/client.h"
#include "network/identity.h"

#include <filesystem>

namespace naru::network {

/// Handlers of a site by its role. REQUIRES: site outlives them; `share` holds policies/.
[[nodiscard]] Handlers site_handlers(Site& site, std::filesystem::path share);
/// What the authority itself answers to members.
[[nodiscard]] Handlers authority_handlers(Site& site);

}  // namespace naru::network
