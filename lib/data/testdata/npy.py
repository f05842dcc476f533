"""Writes npy/*.npy and npy.json: arrays as numpy stores them, and their values as it reads them, in C order.

    python npy.py        # made with numpy 2.4.6
"""
import io
import json
import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore", UserWarning)  # that formats 2.0 and 3.0 need a new numpy
folder = pathlib.Path(__file__).parent / "npy"
base = np.array([[0, 1, 2], [100, 3, 1]])
signed = np.array([[-5, 0, 127], [-128, 3, 1]])
real = np.array([[-1.5, 0.1, 3e-30], [1e30, np.pi, -0.0]])
cases = {}


def case(name, array, version=None):
    text = io.BytesIO()
    np.lib.format.write_array(text, array, version=version, allow_pickle=False)
    (folder / f"{name}.npy").write_bytes(text.getvalue())
    points = array.astype(np.float64).reshape(len(array), -1)
    cases[name] = {"n": points.shape[0], "d": points.shape[1], "x": points.ravel().tolist()}


for kind in "f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1".split():
    values = real if kind[0] == "f" else signed if kind[0] == "i" else base
    for order in "<>":
        if kind[1] != "1" or order == "<":
            case(f"{kind}-{'little' if order == '<' else 'big'}", values.astype(order + kind))
case("fortran", np.asfortranarray(real))
case("images-c", np.arange(24.0).reshape(2, 3, 4))
case("images-fortran", np.asfortranarray(np.arange(24.0).reshape(2, 3, 2, 2)))
case("line", np.arange(5.0))
case("one", np.array([[7.0]]))
for version in (2, 3):
    case(f"version-{version}", real, (version, 0))
(folder.parent / "npy.json").write_text(json.dumps(cases, indent=1) + "\n")
