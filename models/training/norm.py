"""Batch normalization that trains fast in bfloat16, with the ReLU6 that follows it.

PyTorch's own, a pass of its own for each of the two, took half of a training step.
"""
import torch
import torch.nn.functional as F
from torch import nn

from compiled import operators


class Norm(torch.autograd.Function):
    """(y, mean, biased variance) of x by the statistics of the batch."""

    @staticmethod
    def forward(ctx, x, weight, bias, eps, cap):
        y, mean, variance = operators("norm").forward(x, weight, bias, eps, cap)
        ctx.save_for_backward(x, weight, bias, mean, variance)
        ctx.eps, ctx.cap = eps, cap
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance

    @staticmethod
    def backward(ctx, gradient, *_):
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        return *operators("norm").backward(gradient, *ctx.saved_tensors, ctx.eps, ctx.cap), None, None


class BatchNorm2d(nn.BatchNorm2d):
    """nn.BatchNorm2d as EfficientNet sets it up, followed by ReLU6 if `cap`. Channels: a multiple of 8."""

    def __init__(self, channels, cap):
        super().__init__(channels, eps=1e-3, momentum=0.03)
        self.cap = cap

    def forward(self, x):
        fast = self.training and x.dtype == torch.bfloat16 and x.is_contiguous(memory_format=torch.channels_last)
        if fast and operators("norm"):
            y, mean, variance = Norm.apply(x, self.weight, self.bias, self.eps, self.cap)
            self.follow(mean, variance, x.numel() / x.shape[1])
            return y
        y = super().forward(x)
        return F.relu6(y) if self.cap else y

    @torch.no_grad()
    def follow(self, mean, variance, count):
        """Keep the running statistics as nn.BatchNorm2d does."""
        self.num_batches_tracked += 1
        rate = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, rate)
        self.running_var.lerp_(variance * (count / (count - 1)), rate)
