#!/usr/bin/env python3
"""PyTorch's fused attention at the shapes of `pgolf-engine bench`, for comparison with the engine's own kernel.

    python3 tools/attention_baseline.py [ROWS x SEQ_LEN ...]        default: 64x1024 48x2048

Causal, 8 query heads over 4 key/value heads of 64, bfloat16, random inputs. Prints medians from device events, and
TFLOP/s that count half of the square of scores (backward: 2.5 times the forward), as the engine's table does.
"""
import statistics
import sys

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

HEADS, KV_HEADS, HEAD_DIM = 8, 4, 64
WARM_UP, TIMED = 3, 21


def median_ms(run):
    for _ in range(WARM_UP):
        run()
    times = []
    for _ in range(TIMED):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        run()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times)


def heads(rows, seq_len, count):
    # [B, T, H, d] in memory, as the model's projections leave it; attention wants [B, H, T, d]
    return torch.randn(rows, seq_len, count, HEAD_DIM, device="cuda", dtype=torch.bfloat16).transpose(1, 2).requires_grad_()


def measure(backend, rows, seq_len):
    q, k, v = heads(rows, seq_len, HEADS), heads(rows, seq_len, KV_HEADS), heads(rows, seq_len, KV_HEADS)
    flops = 2 * rows * seq_len**2 * HEADS * HEAD_DIM
    with sdpa_kernel(backend):
        attend = lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        forward = median_ms(attend)
        y = attend()
        dy = torch.randn_like(y)
        backward = median_ms(lambda: torch.autograd.grad(y, (q, k, v), dy, retain_graph=True))
    rate = lambda work, ms: work / ms * 1e-9
    return (f"forward {forward:7.3f} ms {rate(flops, forward):5.0f} TFLOP/s   "
            f"backward {backward:7.3f} ms {rate(2.5 * flops, backward):5.0f} TFLOP/s")


def main():
    shapes = [tuple(map(int, shape.split("x"))) for shape in sys.argv[1:]] or [(64, 1024), (48, 2048)]
    print(f"PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}, {torch.cuda.get_device_name()}")
    for rows, seq_len in shapes:
        for backend in (SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION):
            print(f"{rows} x {seq_len}  {backend.name:<16} {measure(backend, rows, seq_len)}")


if __name__ == "__main__":
    main()
