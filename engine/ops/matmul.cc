#include "engine/ops/matmul.h"

#include "engine/core/backend.h"

namespace pgolf {
namespace {

struct Size {
  int64_t batch, rows, cols;
};

Size size_of(const Operand& x) {
  const Shape& s = x.matrix.shape;
  check(s.rank() == 2 || s.rank() == 3, "matmul: {} is no matrix", s);
  Size size{s.rank() == 3 ? s[0] : 1, s[-2], s[-1]};
  if (x.transposed) std::swap(size.rows, size.cols);
  return size;
}

}  // namespace

void matmul(Context& ctx, Operand a, Operand b, const Tensor& c, float beta, const Tensor& summand) {
  const Size A = size_of(a), B = size_of(b), C = size_of({c, false});
  check(A.cols == B.rows && C.rows == A.rows && C.cols == B.cols && A.batch == B.batch && A.batch == C.batch,
        "matmul: {}{} x {}{} does not give {}", a.matrix.shape, a.transposed ? "'" : "", b.matrix.shape,
        b.transposed ? "'" : "", c.shape);
  check(a.matrix.dtype == b.matrix.dtype, "matmul: operand types {} and {}", dtype_name(a.matrix.dtype),
        dtype_name(b.matrix.dtype));
  const Tensor& s = summand.defined() ? summand : c;
  check(s.numel() == c.numel() && s.dtype == c.dtype, "matmul: {} {} added to {} {}", dtype_name(s.dtype), s.shape,
        dtype_name(c.dtype), c.shape);
  check(s.data == c.data || (s.contiguous() && c.contiguous()), "matmul: {} added to columns apart", s.shape);
  if (c.numel() == 0) return;
  if (ctx.device().is_meta() && ctx.determinism() == Determinism::fast) {  // algorithms are measured beside C
    const ArenaScope scope(ctx.scratch());
    ctx.scratch().alloc(c.shape, c.dtype);
  }
  on_device(ctx.device(), [&](auto backend) { MatmulKernel<decltype(backend)>::run(ctx, a, b, c, beta, s); });
}

std::vector<std::string> product_table_rows(Context& ctx) {
  return on_device(ctx.device(), [&](auto backend) { return MatmulKernel<decltype(backend)>::table_rows(ctx); });
}

}  // namespace pgolf
