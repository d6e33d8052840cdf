#include <bit>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "engine/quant/linalg.h"
#include "engine/quant/parts.h"
#include "engine/quant/prepared.h"
#include "engine/quant/quantize.h"

namespace pgolf {
namespace {

constexpr const char* kHadamard = "+hadamard";

int64_t numel_of(const ArtifactTensor& t) {
  return std::accumulate(t.shape.begin(), t.shape.end(), int64_t{1}, std::multiplies<>());
}

// Columns of the protected groups get their own scale.
void apply_groups(const ArtifactTensor& t, std::span<const int8_t> codes, std::vector<float>& w) {
  const int64_t rows = t.shape[0], cols = t.shape[1];
  const auto scales = part_floats(t, "awq_scale", rows);
  const int64_t size = part_int16(t, "awq_size", 1)[0];
  for (const int64_t start : part_int16(t, "awq_start", -1)) {
    if (start < 0 || size <= 0 || start + size > cols)
      fail(ErrorKind::submission, "tensor '{}': protected columns {}..{} do not exist", t.name, start,
           start + size - 1);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = i * cols + start; j < i * cols + start + size; ++j)
        w[static_cast<size_t>(j)] = static_cast<float>(codes[static_cast<size_t>(j)]) * scales[static_cast<size_t>(i)];
  }
}

GroupCodes read_factor(const ArtifactTensor& t, const std::string& key, int64_t numel) {
  const auto codes = part_codes(t, key, numel);
  GroupCodes out{{codes.begin(), codes.end()}, part_floats(t, key + "_scale", -1)};
  if (out.scales.empty() || out.codes.size() % out.scales.size() != 0)
    fail(ErrorKind::submission, "tensor '{}': {} scales do not divide the {} codes of '{}'", t.name, out.scales.size(),
         out.codes.size(), key);
  return out;
}

void add_correction(const ArtifactTensor& t, std::vector<float>& w) {
  const int64_t rows = t.shape[0], cols = t.shape[1];
  const int64_t numel = t.find("lqA")->numel();
  if (rows == 0 || numel == 0 || numel % rows != 0)
    fail(ErrorKind::submission, "tensor '{}': part 'lqA' of {} elements does not fit {} rows", t.name, numel, rows);
  const int64_t rank = numel / rows;
  const LowRankCorrection correction{read_factor(t, "lqA", numel), read_factor(t, "lqB", rank * cols), rank};
  const auto product = correction.product(rows, cols);
  for (size_t i = 0; i < w.size(); ++i) w[i] += product[i];
}

}  // namespace

std::vector<float> dequantize_prepared(const ArtifactTensor& t) {
  if (!t.encoding.starts_with("int") || t.shape.size() != 2)
    fail(ErrorKind::submission, "tensor '{}': unknown encoding '{}'", t.name, t.encoding);
  const auto codes = part_codes(t, "q", numel_of(t));
  const auto scales = part_floats(t, "scale", t.shape[0]);
  std::vector<float> w(codes.size());
  for (size_t i = 0; i < w.size(); ++i)
    w[i] = static_cast<float>(codes[i]) * scales[i / static_cast<size_t>(t.shape[1])];
  if (t.find("awq_start") != nullptr) apply_groups(t, codes, w);
  if (t.find("lqA") != nullptr) add_correction(t, w);
  return w;
}

std::vector<float> dequantize(const ArtifactTensor& t) {
  if (t.encoding == "f32" || t.encoding == "f16") return part_floats(t, "v", numel_of(t));
  std::vector<float> w = dequantize_prepared(t);
  if (t.encoding.find(kHadamard) == std::string::npos) return w;
  const int64_t rows = t.shape[0], cols = t.shape[1];
  if (!std::has_single_bit(static_cast<uint64_t>(cols)))
    fail(ErrorKind::submission, "tensor '{}': rotated, but its {} columns are no power of two", t.name, cols);
  hadamard_rows(w, rows, cols);
  return w;
}

void attach_correction(ArtifactTensor& t, const LowRankCorrection& correction) {
  const auto add = [&](const std::string& key, const GroupCodes& factor, std::vector<int64_t> shape) {
    t.parts.push_back(codes_part(key, std::move(shape), factor.codes));
    t.parts.push_back(half_part(key + "_scale", {static_cast<int64_t>(factor.scales.size())}, factor.scales, t.name));
  };
  t.encoding += "+lqer";
  add("lqA", correction.left, {t.shape[0], correction.rank});
  add("lqB", correction.right, {correction.rank, t.shape[1]});
}

}  // namespace pgolf
