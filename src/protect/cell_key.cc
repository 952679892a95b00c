#include "protect/cell_key.h"

#include <algorithm>
#include <cmath>

namespace naru::protect {
namespace {

constexpr std::uint64_t whole = std::uint64_t{1} << 32;

/// Mean and second moment of v ∝ exp(a·v + b·v²) on least … most.
struct Moments {
  double mean = 0;
  double square = 0;
};

std::vector<double> weights(double a, double b, std::int64_t least, std::int64_t most) {
  std::vector<double> out;
  double largest = -1e300;
  for (auto v = least; v <= most; ++v) {
    const auto x = static_cast<double>(v);
    out.push_back(a * x + b * x * x);
    largest = std::max(largest, out.back());
  }
  double sum = 0;
  for (auto& one : out) sum += one = std::exp(one - largest);
  for (auto& one : out) one /= sum;
  return out;
}

Moments moments(const std::vector<double>& weight, std::int64_t least) {
  Moments out;
  for (std::size_t at = 0; at < weight.size(); ++at) {
    const auto v = static_cast<double>(least + static_cast<std::int64_t>(at));
    out.mean += v * weight[at];
    out.square += v * v * weight[at];
  }
  return out;
}

/// For a given b the mean grows with a: bisection, to the last bit that matters.
double a_for(double b, std::int64_t least, std::int64_t most) {
  double low = -200;
  double high = 200;
  for (int step = 0; step < 90; ++step) {
    const double a = (low + high) / 2;
    (moments(weights(a, b, least, most), least).mean < 0 ? low : high) = a;
  }
  return (low + high) / 2;
}

std::vector<double> shape(std::int64_t least, std::int64_t most, double variance) {
  // With the mean at 0 the second moment grows with b.
  double low = -60;
  double high = 60;
  const bool symmetric = least == -most;
  const auto a_of = [&](double b) { return symmetric ? 0.0 : a_for(b, least, most); };
  for (int step = 0; step < 80; ++step) {
    const double b = (low + high) / 2;
    (moments(weights(a_of(b), b, least, most), least).square < variance ? low : high) = b;
  }
  const double b = (low + high) / 2;
  return weights(a_of(b), b, least, most);
}

Perturbation::Row row_of(std::int64_t least, std::int64_t most, const std::vector<double>& weight) {
  std::vector<std::uint64_t> units;
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < weight.size(); ++at) {
    // A symmetric row takes both halves from one side, so that its mean is exactly 0.
    const auto mirror = least == -most ? std::min(at, weight.size() - 1 - at) : at;
    units.push_back(static_cast<std::uint64_t>(weight[mirror] * static_cast<double>(whole)));
    sum += units.back();
  }
  units[static_cast<std::size_t>(-least)] += whole - sum;  // rounding down left this over; noise 0 moves no mean
  Perturbation::Row out{least, {}};
  std::uint64_t below = 0;
  for (const auto unit : units) out.below.push_back(below += unit);
  return out;
}

/// Stafford's variant 13 of the 64-bit finaliser: every bit of the key reaches the 32 that are used.
std::uint64_t spread_bits(std::uint64_t key) {
  key ^= key >> 30;
  key *= 0xbf58476d1ce4e5b9ULL;
  key ^= key >> 27;
  key *= 0x94d049bb133111ebULL;
  return (key ^ (key >> 31)) >> 32;
}

}  // namespace

PersonKeys::PersonKeys(std::span<const std::uint8_t> key, std::string_view label)
    : hmac_(hkdf_sha256(key, "naru/cell-key/v1", label, 32)) {}

std::uint64_t PersonKeys::of(std::int64_t person) {
  Bytes message(8);
  for (std::size_t at = 0; at < 8; ++at)
    message[at] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(person) >> (56 - 8 * at));
  const auto digest = hmac_.of(message);
  std::uint64_t out = 0;
  for (std::size_t at = 0; at < 8; ++at) out = out << 8 | digest[at];
  return out;
}

double Perturbation::Row::probability(std::int64_t noise) const {
  const auto at = noise - least;
  if (at < 0 || at >= static_cast<std::int64_t>(below.size())) return 0;
  const auto index = static_cast<std::size_t>(at);
  const auto before = index == 0 ? 0 : below[index - 1];
  return static_cast<double>(below[index] - before) / static_cast<double>(whole);
}

Result<Perturbation> Perturbation::make(std::int64_t spread, std::int64_t variance) {
  if (spread < 1 || spread > 100 || variance < 1 || variance > spread * (spread + 1) / 3) {
    return usage_error(say("a spread from 1 to 100 and a variance from 1 to spread·(spread+1)/3 are wanted",
                           "spread는 1~100, variance는 1~spread·(spread+1)/3이어야 합니다"),
                       "perturbation");
  }
  Perturbation out;
  out.spread_ = spread;
  out.rows_.push_back({0, {whole}});  // nobody stays nobody
  for (std::int64_t count = 1; count <= spread; ++count) {
    const auto least = -count;
    // On −n … d a mean of 0 allows at most a variance of n·d; half of it keeps every value possible.
    const auto most_variance =
        count == spread ? static_cast<double>(variance) : static_cast<double>(count * spread) / 2;
    out.rows_.push_back(
        row_of(least, spread, shape(least, spread, std::min(static_cast<double>(variance), most_variance))));
  }
  return out;
}

const Perturbation::Row& Perturbation::row(std::int64_t count) const {
  return rows_[static_cast<std::size_t>(std::min(count, spread_))];
}

std::int64_t Perturbation::noise(std::int64_t count, std::uint64_t key) const {
  const auto& row = this->row(count);
  const auto at = std::upper_bound(row.below.begin(), row.below.end(), spread_bits(key));
  return row.least + (at - row.below.begin());
}

}  // namespace naru::protect
