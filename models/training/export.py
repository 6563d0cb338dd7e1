"""Write the averaged weights of a checkpoint as a float32 ONNX file.

    python export.py CHECKPOINT OUT.onnx

Input `face` [n, 3, s, s] (s a multiple of 16, 64 or more), outputs `logit` [n, 1] (`crop_logit` of both heads, less
`compression_logit` where compression.py has been run) and `heatmap` [n, s/16, s/16] (logits of the forgery map). Batch
normalization is folded into the convolutions.
"""
import sys
import warnings

import numpy as np
import onnx
import torch
from torch.nn.utils.fusion import fuse_conv_bn_eval

from crops import SIZES
from faces import session
from model import Detector, averaged_weights, compression_logit, crop_logit, found_compression
from norm import BatchNorm2d


class Exported(torch.nn.Module):
    def __init__(self, model, compression=None):
        super().__init__()
        self.model, self.compression = model, compression

    def forward(self, x):
        pooled, forged = self.model.features(x)
        logit = crop_logit(self.model.classify(pooled), forged)
        return (logit - compression_logit(self.compression, pooled) if self.compression else logit), forged


def folded(model):
    model = model.eval()
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, torch.nn.Sequential) and len(child) == 2 and isinstance(child[1], BatchNorm2d):
                conv = fuse_conv_bn_eval(child[0], child[1])
                setattr(module, name, torch.nn.Sequential(conv, torch.nn.ReLU6()) if child[1].cap else conv)
    return model


def load(checkpoint):
    model = Detector()
    model.load_state_dict(averaged_weights(checkpoint))
    return Exported(model, found_compression(checkpoint)).eval()


def export(checkpoint, path):
    model = load(checkpoint)
    x = torch.randn(2, 3, SIZES[0], SIZES[0])
    with torch.no_grad():
        wanted = [y.numpy() for y in model(x)]
        model = folded(model)
    dynamic = {"face": {0: "n", 2: "s", 3: "s"}, "logit": {0: "n"}, "heatmap": {0: "n", 1: "m", 2: "m"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (x,), path, input_names=["face"], output_names=["logit", "heatmap"], dynamic_axes=dynamic,
                          opset_version=17, dynamo=False)
    onnx.checker.check_model(path)
    got = session(path).run(["logit", "heatmap"], {"face": x.numpy()})
    return max(float(np.abs(a - b).max()) for a, b in zip(got, wanted))


if __name__ == "__main__":
    print(f"largest difference from PyTorch: {export(sys.argv[1], sys.argv[2]):.2e}")
