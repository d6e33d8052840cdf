// What printed numbers leave open, and where several of them meet.
#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace pgolf {

// The bytes per target that a printed pair implies, val_loss / (ln 2 val_bpb), with what print rounding leaves open.
struct ByteInterval {
  double low = 0, high = 0;
  bool contains(double value) const { return low <= value && value <= high; }
  bool meets(const ByteInterval& other) const { return low <= other.high && other.low <= high; }
  double middle() const { return (low + high) / 2; }
  // A pair that prints as zero, or with so few digits that a twentieth is left open, implies nothing.
  bool says_something() const { return low > 0 && std::isfinite(high) && high - low <= middle() / 20; }
};
// Losses as printed: "2.0611". Errors: check() if a text is no printed number.
ByteInterval implied_bytes_per_target(const std::string& val_loss, const std::string& val_bpb);

// The places that most intervals share, each by its middle, in order. Found by sweeping over the ends; ends that differ
// by less than the rounding of the arithmetic are one. Empty for no intervals.
std::vector<double> most_shared(std::span<const ByteInterval> intervals);

int decimals(const std::string& printed);  // of a printed number

// Whether two printed numbers may be one value, each rounded to its digits.
bool may_be_one(const std::string& a, const std::string& b);

}  // namespace pgolf
