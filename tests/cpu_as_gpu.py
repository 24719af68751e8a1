"""Run a Python program in ZeroGPU mode on a machine without a GPU: `python cpu_as_gpu.py PROGRAM ARGUMENTS`.

The package `spaces` needs a PyTorch that is built for CUDA, and moves a tensor to the GPU before it calls a function. This
makes up the first and skips the second; all else is real.
"""

from __future__ import annotations

import importlib.util
import runpy
import sys

if importlib.util.find_spec("torch") is not None:
    import torch

    torch.version.cuda = torch.version.cuda or "12.8"
    if not hasattr(torch._C, "_cuda_init"):
        torch._C._cuda_init = lambda: None
        torch.cuda._is_in_bad_fork = bool  # a function that says False and can be pickled
    torch.Tensor.cuda = lambda self, *_, **__: self
    torch.cuda.synchronize = lambda *_: None

if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    sys.path[0] = ""
    runpy.run_path(sys.argv[0], run_name="__main__")
