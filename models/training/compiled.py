"""Operators written in C++ for training in bfloat16, where PyTorch's own are slow."""
import functools
import os

import torch


@functools.cache
def operators(name):
    """torch.ops.<name>, compiled from <name>.cpp; None where there is no C++ compiler (training is then slower, nothing else)."""
    from torch.utils.cpp_extension import load

    try:
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.cpp")
        load(name, [source], extra_cflags=["-O3", "-march=native", "-fopenmp"], is_python_module=False)
    except (RuntimeError, OSError) as error:
        print(f"{name}.cpp does not compile here, training will be slower: {error}", flush=True)
        return None
    return getattr(torch.ops, name)
