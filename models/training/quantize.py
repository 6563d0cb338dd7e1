"""Static int8 quantization (QDQ, weights per channel) of the float32 classifier, calibrated on training crops.

    python quantize.py PACKS FLOAT.onnx INT8.onnx [--size 208] [--crops 256] [--parts-share 0.5]

The first nine convolutions, those whose outputs have at least a quarter of the crop's size, and what makes a logit of the
features stay in float32: rounding them did much of the harm (../classifier/experiments.md). Activation ranges are the
99.999th percentiles. Weights use all 8 bits: 7 (reduce_range) cost much accuracy here, and `session` of faces.py keeps sums
from saturating on processors without VNNI. Rounded weights shift the mean of a convolution's outputs; its bias takes that
back (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, from crops as in its
appendix). Of outputs that ReLU6 clips only those count that it lets through: they are few, and all the others would outweigh
them.
Prints how far the logits of both files are apart on fresh crops.
"""
import argparse
import os
import tempfile

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from crops import SIZES
from data import Samples
from faces import session
from train import FAKES, SOURCES

FLOAT_CONVOLUTIONS = 9
LEAST_OUTPUTS = 30  # of a channel, for its bias to be corrected


class Crops(CalibrationDataReader):
    def __init__(self, packs, size, count, parts_share, seed):
        samples = iter(Samples(packs, [size], 1, seed, SOURCES, FAKES, forged_share=0.7, donor_share=0.2, redrawn_share=0.2, parts_share=parts_share))
        pairs = [next(samples)[0].numpy().astype(np.float32) / 127.5 - 1 for _ in range(count // 2)]
        self.batches = [{"face": np.concatenate(pairs[i : i + 8])} for i in range(0, len(pairs), 8)]
        self.rest = iter(self.batches)

    def get_next(self):
        return next(self.rest, None)


def tapped(model, output):
    """A function from a batch to the tensor `output` of the model, which need not be one of its outputs."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.graph.output.append(onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, None))
    running = session(copy.SerializeToString())
    return lambda batch: running.run([output], batch)[0]


def mean_error(exact, rounded, batches, clipped):
    """By how much the outputs [n, c, h, w] of `rounded` lie below those of `exact`, [c]; where ReLU6 follows only what it lets through counts."""
    total = count = 0
    for batch in batches:
        wanted, got = exact(batch), rounded(batch)
        counts = (wanted > 0) & (wanted < 6) if clipped else np.ones_like(wanted, bool)
        total = total + ((wanted - got) * counts).sum((0, 2, 3))
        count = count + counts.sum((0, 2, 3))
    return np.where(count >= LEAST_OUTPUTS, total / np.maximum(count, 1), 0)


def correct_biases(source, target, batches):
    """Take the mean error out of the convolutions' outputs in `target`, from the first to the last."""
    exact, rounded = onnx.load(source), onnx.load(target)
    wanted = {node.name: node.output[0] for node in exact.graph.node if node.op_type == "Conv"}
    clipped = {node.input[0] for node in exact.graph.node if node.op_type == "Clip"}
    values = {tensor.name: tensor for tensor in rounded.graph.initializer}
    dequantize = {node.output[0]: node for node in rounded.graph.node if node.op_type == "DequantizeLinear"}
    for node in [node for node in rounded.graph.node if node.op_type == "Conv" and node.input[2] in dequantize]:
        output = wanted[node.name]
        error = mean_error(tapped(exact, output), tapped(rounded, node.output[0]), batches, output in clipped)
        bias, scale = (values[name] for name in dequantize[node.input[2]].input[:2])
        step = onnx.numpy_helper.to_array(scale)
        by = np.where(step > 1e-7, np.rint(error / step), 0)  # smaller steps belong to channels without weights
        bias.CopyFrom(onnx.numpy_helper.from_array((onnx.numpy_helper.to_array(bias) + by).astype(np.int32), bias.name))
    onnx.save(rounded, target)


def after_convolutions(graph):
    """Names of the nodes that lead to no convolution and do not clip what one puts out."""
    leading, names = set(), []
    for node in reversed(graph.node):
        if node.op_type == "Conv" or leading.intersection(node.output):
            leading.update(node.input)
        elif node.op_type != "Clip":
            names.append(node.name)
    return names


def quantize(source, target, reader):
    with tempfile.TemporaryDirectory() as folder:
        clean = os.path.join(folder, "clean.onnx")
        quant_pre_process(source, clean, skip_symbolic_shape=True)
        graph = onnx.load(clean).graph
        convolutions = [node.name for node in graph.node if node.op_type == "Conv"]
        quantize_static(clean, target, reader, quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                        calibrate_method=CalibrationMethod.Percentile, nodes_to_exclude=convolutions[:FLOAT_CONVOLUTIONS] + after_convolutions(graph))
        correct_biases(clean, target, reader.batches)


def compare(source, target, reader):
    sessions = [session(path) for path in (source, target)]
    logits = [[s.run(["logit"], batch)[0][:, 0] for s in sessions] for batch in reader.batches]
    exact, rounded = np.concatenate(logits, 1)
    print(f"{len(exact)} crops: logits differ by {np.abs(exact - rounded).mean():.3f} on average, "
          f"correlation {np.corrcoef(exact, rounded)[0, 1]:.4f}, sign flips {((exact > 0) != (rounded > 0)).mean():.2%}; "
          f"{os.path.getsize(source) / 1e6:.2f} MB -> {os.path.getsize(target) / 1e6:.2f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs")
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--size", type=int, default=max(SIZES))
    parser.add_argument("--crops", type=int, default=256)
    parser.add_argument("--parts-share", type=float, default=0, help="share of the crops that show a part of the face, as the network is shown")
    args = parser.parse_args()
    quantize(args.source, args.target, Crops(args.packs, args.size, args.crops, args.parts_share, seed=7))
    compare(args.source, args.target, Crops(args.packs, args.size, args.crops, args.parts_share, seed=8))


if __name__ == "__main__":
    main()
