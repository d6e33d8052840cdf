"""FlashAttention 3's two functions over PyTorch's own attention, for machines that cannot install it.

The scripts of PR 754, 849, 2143 and 2097 import `flash_attn_interface`; put this folder on PYTHONPATH to run them.
Causal only. Equal to FlashAttention 3 but for the order of its sums.
"""
import inspect

import torch
from torch.nn import functional
from torch.nn.attention.varlen import varlen_attn

CAUSAL = {"is_causal": True} if "is_causal" in inspect.signature(varlen_attn).parameters else {"window_size": (-1, 0)}


def flash_attn_func(q, k, v, causal=True, **_):  # q [B, T, H, d], k and v [B, T, G, d]
    heads_first = (x.transpose(1, 2) for x in (q, k, v))
    grouped = q.shape[2] != k.shape[2]
    return functional.scaled_dot_product_attention(*heads_first, is_causal=causal, enable_gqa=grouped).transpose(1, 2)


def flash_attn_varlen_func(q, k, v, cu_seqlens_q=None, cu_seqlens_k=None, max_seqlen_q=0, max_seqlen_k=0, causal=True, **_):
    group = q.shape[1] // k.shape[1]  # q [T, H, d], k and v [T, G, d]
    if group > 1:
        k, v = (x.repeat_interleave(group, 1) for x in (k, v))
    starts = (cu_seqlens_q.to(torch.int32), cu_seqlens_k.to(torch.int32))
    return varlen_attn(q, k, v, *starts, int(max_seqlen_q), int(max_seqlen_k), **CAUSAL)
