"""Static int8 quantization (QDQ, weights per channel) of the float32 classifier, calibrated on training crops.

    python quantize.py PACKS FLOAT.onnx INT8.onnx [--size 224] [--crops 256]

The first three convolutions stay in float32: they are nearly free, and rounding them did half of the harm. Activation
ranges are the 99.999th percentiles. Weights use all 8 bits: 7 (reduce_range), which old processors without VNNI
need to be safe from overflow, cost much accuracy here. Prints how far the logits of both files are apart on fresh crops.
"""
import argparse
import os
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from data import Samples
from train import FAKES, SOURCES

FLOAT_CONVOLUTIONS = 3


class Crops(CalibrationDataReader):
    def __init__(self, packs, size, count, seed):
        samples = iter(Samples(packs, size, seed, SOURCES, FAKES, forged_share=0.7, donor_share=0.2, redrawn_share=0.2))
        self.batches = iter([(next(samples)[0].numpy().astype(np.float32) / 127.5 - 1) for _ in range(count // 2)])

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"face": batch}


def quantize(packs, source, target, size, crops):
    with tempfile.TemporaryDirectory() as folder:
        clean = os.path.join(folder, "clean.onnx")
        quant_pre_process(source, clean, skip_symbolic_shape=True)
        convolutions = [node.name for node in onnx.load(clean).graph.node if node.op_type == "Conv"]
        quantize_static(clean, target, Crops(packs, size, crops, seed=7), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                        calibrate_method=CalibrationMethod.Percentile, nodes_to_exclude=convolutions[:FLOAT_CONVOLUTIONS])


def compare(packs, source, target, size, crops):
    sessions = [ort.InferenceSession(path, providers=["CPUExecutionProvider"]) for path in (source, target)]
    reader, logits = Crops(packs, size, crops, seed=8), []
    while (batch := reader.get_next()) is not None:
        logits.append([s.run(["logit"], batch)[0][:, 0] for s in sessions])
    exact, rounded = np.concatenate(logits, 1)
    print(f"{len(exact)} crops: logits differ by {np.abs(exact - rounded).mean():.3f} on average, "
          f"correlation {np.corrcoef(exact, rounded)[0, 1]:.4f}, sign flips {((exact > 0) != (rounded > 0)).mean():.2%}; "
          f"{os.path.getsize(source) / 1e6:.2f} MB -> {os.path.getsize(target) / 1e6:.2f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs")
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--crops", type=int, default=256)
    args = parser.parse_args()
    quantize(args.packs, args.source, args.target, args.size, args.crops)
    compare(args.packs, args.source, args.target, args.size, args.crops)


if __name__ == "__main__":
    main()
