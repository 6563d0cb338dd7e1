"""Depthwise convolution that trains fast in bfloat16.

For 5x5 kernels and for stride 2, PyTorch's own backward passes on the CPU take ten to thirty times as long as these;
they were more than half of a training step.
"""
import torch
import torch.nn.functional as F
from torch import nn

from compiled import operators


class Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, stride):
        x, weight = x.to(torch.bfloat16), weight.to(torch.bfloat16)
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return F.conv2d(x, weight, None, stride, weight.shape[-1] // 2, 1, weight.shape[0])

    @staticmethod
    def backward(ctx, gradient):
        x, weight = ctx.saved_tensors
        kernel, stride = weight.shape[-1], ctx.stride
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        if stride == 1:  # PyTorch's is as fast
            half = [kernel // 2] * 2
            to_x, _, _ = torch.ops.aten.convolution_backward(
                gradient, x, weight, None, [1, 1], half, [1, 1], False, [0, 0], weight.shape[0], [True, False, False])
        else:
            to_x = operators("depthwise").input_backward(gradient, weight, x, stride)
        return to_x, operators("depthwise").weight_backward(gradient, x, kernel, stride), None


class DepthwiseConv2d(nn.Conv2d):
    """nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)."""

    def __init__(self, channels, kernel, stride):
        super().__init__(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)

    def forward(self, x):
        trains = torch.is_grad_enabled() and torch.is_autocast_enabled("cpu")
        if trains and x.is_contiguous(memory_format=torch.channels_last) and operators("depthwise"):
            return Depthwise.apply(x, self.weight, self.stride[0])
        return super().forward(x)
