"""Holds our safetensors files against the format's own library (pip install safetensors numpy).

Writes golden.safetensors, which TestGolden reads, and reads ours.safetensors, which TestGolden writes with -regen.
"""
import pathlib

import numpy
from safetensors.numpy import load_file, save_file

here = pathlib.Path(__file__).parent
golden = {
    "f64": numpy.array([[1.5, -2.25, 1e300], [0.0, -0.0, 5e-324]]),
    "f32": numpy.arange(6, dtype=numpy.float32).reshape(1, 2, 3) / 7,
    "f16": numpy.array([0.5, 65504], dtype=numpy.float16),
    "i64": numpy.array([-(2**63), 2**63 - 1]),
    "i32": numpy.array(-7, dtype=numpy.int32),
    "i16": numpy.array([-300], dtype=numpy.int16),
    "i8": numpy.array([-128, 127], dtype=numpy.int8),
    "u64": numpy.array([2**64 - 1], dtype=numpy.uint64),
    "u32": numpy.array([2**32 - 1], dtype=numpy.uint32),
    "u16": numpy.array([65535], dtype=numpy.uint16),
    "u8": numpy.array([[0], [255]], dtype=numpy.uint8),
    "layer/0 \"weights\" \u03c3": numpy.array([3.0], dtype=numpy.float32),
    "bool": numpy.array([True, False, True]),
}
save_file(golden, here / "golden.safetensors", metadata={"format": "np"})
ours = load_file(here / "ours.safetensors")
assert ours.keys() == golden.keys(), ours.keys() ^ golden.keys()
for name, want in golden.items():
    got = ours[name]
    assert got.dtype == want.dtype and got.shape == want.shape and got.tobytes() == want.tobytes(), name
print("equal")
