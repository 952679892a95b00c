#pragma once
/// Zero-concentrated differential privacy: losses of Gaussian noise add up, and the sum is told as (ε, δ). Bun and
/// Steinke 2016; conversion of Canonne, Kamath and Steinke 2020 (corollary 13). docs/methods/zcdp.md. Pure.
#include "base/result.h"
#include "protect/noise.h"

#include <cstdint>

namespace naru::protect {

/// ρ of one answer with discrete Gaussian noise: sensitivity² / (2·variance).
[[nodiscard]] double rho_of_gaussian(double sensitivity, const Ratio& variance);
/// The variance that costs at most `rho`. Error usage when out of range.
[[nodiscard]] Result<Ratio> variance_for(double sensitivity, double rho);
/// ε-differential privacy implies ε²/2.
[[nodiscard]] double rho_of_pure(double epsilon);
/// The smallest δ for which ρ-zCDP gives (ε, δ): inf over α > 1 of exp((α−1)(αρ−ε)) / (α−1) · (1−1/α)^α.
[[nodiscard]] double delta_of(double rho, double epsilon);
/// The smallest ε for which it gives (ε, δ); 0 for ρ = 0. Rounded up in the sixth decimal.
[[nodiscard]] double epsilon_of(double rho, double delta);

}  // namespace naru::protect
