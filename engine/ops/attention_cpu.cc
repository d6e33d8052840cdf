#include <cblas.h>

#include <cmath>

#include "engine/core/backend.h"
#include "engine/ops/attention.h"
#include "engine/ops/cpu_rows.h"

namespace pgolf {
namespace {

constexpr int64_t kQueryBlock = 64;

struct Span {
  int64_t begin, length;  // positions of the batch seen as one row of B · T
};

// What attends only within itself: the rows, or the segments of the one row.
std::vector<Span> independent_spans(const Shape& q, const Segments& segments) {
  std::vector<Span> spans;
  if (!segments.packed()) {
    for (int64_t b = 0; b < q[0]; ++b) spans.push_back({b * q[1], q[1]});
    return spans;
  }
  const int32_t* starts = segments.starts.as<int32_t>();
  const int64_t last = segments.starts.numel() - 1;
  check(last >= 1 && starts[0] == 0 && starts[last] == q[1] && std::is_sorted(starts, starts + last + 1),
        "attention: {} segment starts do not ascend from 0 to {}", last + 1, q[1]);
  for (int64_t i = 0; i < last; ++i)
    if (starts[i + 1] > starts[i]) spans.push_back({starts[i], starts[i + 1] - starts[i]});
  return spans;
}

// One head of one span: a matrix [length, d] whose rows are `stride` apart.
struct Head {
  float* data;
  int64_t stride;
  float* row(int64_t t) const { return data + t * stride; }
};

Head head_of(const Tensor& x, const Span& span, int64_t head) {
  const int64_t heads = x.shape[2], d = x.shape[3];
  const int64_t stride = x.row_stride(heads * d);
  return {x.first<float>() + span.begin * stride + head * d, stride};
}

// C [m, n] = alpha op(A) op(B) + beta C.
void gemm(bool a_transposed, bool b_transposed, int64_t m, int64_t n, int64_t k, float alpha, Head a, Head b,
          float beta, Head c) {
  const auto op = [](bool transposed) { return transposed ? CblasTrans : CblasNoTrans; };
  cblas_sgemm(CblasRowMajor, op(a_transposed), op(b_transposed), static_cast<int>(m), static_cast<int>(n),
              static_cast<int>(k), alpha, a.data, static_cast<int>(a.stride), b.data, static_cast<int>(b.stride), beta,
              c.data, static_cast<int>(c.stride));
}

// Queries first .. first+rows-1 of a span against the keys before `keys`, the last query's included.
struct Block {
  int64_t first, rows, keys;
};

// body(block) in ascending order.
template <class Body>
void for_query_blocks(int64_t length, Body body) {
  for (int64_t first = 0; first < length; first += kQueryBlock) {
    const int64_t rows = std::min(kQueryBlock, length - first);
    body(Block{first, rows, first + rows});
  }
}

// Scores of a block -> probabilities, in place: exp(s - lse), zero after the diagonal. Computes lse where asked to.
void softmax_rows(const Block& block, float* scores, float* lse, bool compute_lse) {
  for (int64_t i = 0; i < block.rows; ++i) {
    float* s = scores + i * block.keys;
    const int64_t visible = block.first + i + 1;
    if (compute_lse) {
      const float max = max_of(s, visible);
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t j = 0; j < visible; ++j) sum += s[j] = exp_of(s[j] - max);
      for (int64_t j = 0; j < visible; ++j) s[j] /= sum;
      lse[block.first + i] = max + std::log(sum);
    } else {
      const float log_sum = lse[block.first + i];
      for (int64_t j = 0; j < visible; ++j) s[j] = exp_of(s[j] - log_sum);
    }
    std::fill(s + visible, s + block.keys, 0.0F);
  }
}

// body(span, group) for every pair, in parallel.
template <class Body>
void for_spans_and_groups(const Shape& q, int64_t groups, const Segments& segments, Body body) {
  const std::vector<Span> spans = independent_spans(q, segments);
  parallel_for(static_cast<int64_t>(spans.size()) * groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(spans[static_cast<size_t>(i / groups)], i % groups);
  });
}

// lse is [B, H, T]: where a head's values for a span begin.
float* lse_of(const Tensor& lse, const Span& span, int64_t head) {
  const int64_t H = lse.shape[1], T = lse.shape[2];
  return lse.as<float>() + (span.begin / T * H + head) * T + span.begin % T;
}

}  // namespace

template <>
void AttentionKernel<Cpu>::forward(Context&, const Tensor& q, const Tensor& k, const Tensor& v,
                                   const Segments& segments, const Tensor& y, const Tensor& lse) {
  const int64_t H = q.shape[2], G = k.shape[2], d = q.shape[3];
  const float scale = 1.0F / std::sqrt(static_cast<float>(d));
  for_spans_and_groups(q.shape, G, segments, [&](const Span& span, int64_t group) {
    std::vector<float> scores(static_cast<size_t>(std::min(kQueryBlock, span.length) * span.length));
    const Head K = head_of(k, span, group), V = head_of(v, span, group);
    for (int64_t h = group * (H / G); h < (group + 1) * (H / G); ++h) {
      const Head Q = head_of(q, span, h), Y = head_of(y, span, h);
      for_query_blocks(span.length, [&](const Block& block) {
        const Head P{scores.data(), block.keys};
        gemm(false, true, block.rows, block.keys, d, scale, {Q.row(block.first), Q.stride}, K, 0, P);
        softmax_rows(block, P.data, lse_of(lse, span, h), true);
        gemm(false, false, block.rows, d, block.keys, 1, P, V, 0, {Y.row(block.first), Y.stride});
      });
    }
  });
}

namespace {

// dscores = p ⊙ (dp - p · dp), written over dp [rows, keys]. The row's sum is in float64: gains after the norm see only
// what is left when the scores' gradients cancel.
void softmax_backward(const Block& block, const float* p, float* dp) {
  for (int64_t i = 0; i < block.rows; ++i) {
    const float* prob = p + i * block.keys;
    float* grad = dp + i * block.keys;
    const int64_t visible = block.first + i + 1;
    double delta = 0;
#pragma omp simd reduction(+ : delta)
    for (int64_t j = 0; j < visible; ++j) delta += static_cast<double>(prob[j]) * grad[j];
    const auto mean = static_cast<float>(delta);
    for (int64_t j = 0; j < block.keys; ++j) grad[j] = prob[j] * (grad[j] - mean);
  }
}

// Gradient of one key or value head: its rows get their first contribution in the block of their own queries.
struct Accumulated {
  GradTarget target;
  Head head{};

  Accumulated(const GradTarget& gradient, const Span& span, int64_t group) : target(gradient) {
    if (target.wanted()) head = head_of(target.tensor, span, group);
  }

  // += alpha wᵀ x over the block's queries; w [rows, keys], x [rows, d].
  void add(const Block& block, bool first_head, float alpha, Head w, Head x, int64_t d) const {
    if (!target.wanted()) return;
    if (first_head && !target.add)
      for (int64_t t = block.first; t < block.keys; ++t) std::fill_n(head.row(t), d, 0.0F);
    gemm(true, false, block.keys, d, block.rows, alpha, w, x, 1, head);
  }
};

}  // namespace

template <>
void AttentionKernel<Cpu>::backward(Context&, const Tensor& dy, const Tensor& q, const Tensor& k, const Tensor& v,
                                    const Segments& segments, const Tensor&, const Tensor& lse, GradTarget dq,
                                    GradTarget dk, GradTarget dv) {
  const int64_t H = q.shape[2], G = k.shape[2], d = q.shape[3];
  const float scale = 1.0F / std::sqrt(static_cast<float>(d));
  for_spans_and_groups(q.shape, G, segments, [&](const Span& span, int64_t group) {
    const auto size = static_cast<size_t>(std::min(kQueryBlock, span.length) * span.length);
    std::vector<float> probabilities(size), gradients(size);
    const Head K = head_of(k, span, group), V = head_of(v, span, group);
    const Accumulated dK(dk, span, group), dV(dv, span, group);
    for (int64_t h = group * (H / G); h < (group + 1) * (H / G); ++h) {
      const bool first_head = h == group * (H / G);
      const Head Q = head_of(q, span, h), dY = head_of(dy, span, h);
      for_query_blocks(span.length, [&](const Block& block) {
        const Head P{probabilities.data(), block.keys}, dS{gradients.data(), block.keys};
        const Head Qb{Q.row(block.first), Q.stride}, dYb{dY.row(block.first), dY.stride};
        gemm(false, true, block.rows, block.keys, d, scale, Qb, K, 0, P);
        softmax_rows(block, P.data, lse_of(lse, span, h), false);
        gemm(false, true, block.rows, block.keys, d, 1, dYb, V, 0, dS);
        softmax_backward(block, P.data, dS.data);
        if (dq.wanted()) {
          const Head dQ = head_of(dq.tensor, span, h);
          gemm(false, false, block.rows, d, block.keys, scale, dS, K, dq.beta(), {dQ.row(block.first), dQ.stride});
        }
        dK.add(block, first_head, scale, dS, Qb, d);
        dV.add(block, first_head, 1, P, dYb, d);
      });
    }
  });
}

}  // namespace pgolf
