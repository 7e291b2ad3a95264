# SPDX-License-Identifier: Apache-2.0
"""Every code of the narrow element types, against the tables of ml_dtypes: through the interpreter and as native code."""
import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.program import dsc

FLOATS = {"FLOAT8E4M3FN": ml_dtypes.float8_e4m3fn, "FLOAT8E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
          "FLOAT8E5M2": ml_dtypes.float8_e5m2, "FLOAT8E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
          "FLOAT4E2M1": ml_dtypes.float4_e2m1fn}
INTEGERS = {"INT4": ml_dtypes.int4, "UINT4": ml_dtypes.uint4, "INT2": ml_dtypes.int2, "UINT2": ml_dtypes.uint2}
HALVES = np.arange(65536, dtype=np.uint16).view(np.float16)
BYTES = np.arange(256, dtype=np.uint8)


def casts(model_path, nodes, inputs, outputs, initializers=()):
    info = lambda name, kind: helper.make_tensor_value_info(name, kind, None)  # noqa: E731
    shaped = lambda name, kind, n: helper.make_tensor_value_info(name, kind, [n])  # noqa: E731
    graph = helper.make_graph(nodes, "casts", [shaped(*i) for i in inputs], [info(*o) for o in outputs], list(initializers))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)], ir_version=13), model_path)


def results(tmp_path, mode, arrays):
    """The outputs of model.onnx for these inputs."""
    np.savez(tmp_path / "io.npz", **{f"in.{n}": a for n, a in arrays.items()})
    model, saved = tmp_path / "model.onnx", tmp_path / "saved.npz"
    if mode == "run":
        compiled = dsc("compile", model, "-o", tmp_path / "model.dsce")
        assert compiled.ok, compiled.reason()
        model = tmp_path / "model.dsce"
    outcome = dsc(mode, model, "--npz", tmp_path / "io.npz", "--save", saved)
    assert outcome.ok, outcome.reason()
    return {n.removeprefix("out."): a for n, a in np.load(saved).items()}


def same(got, want):
    """Equal numbers, NaN equal to NaN, zeros by sign."""
    got, want = got.astype(np.float32), want.astype(np.float32)
    return np.array_equal(got, want, equal_nan=True) and np.array_equal(
        np.signbit(got)[got == 0], np.signbit(want)[want == 0])


@pytest.mark.parametrize("mode", ["eval", "run"])
@pytest.mark.parametrize("name", FLOATS)
def test_floats(tmp_path, name, mode):
    number, kind = getattr(TensorProto, name), FLOATS[name]
    wide = np.random.default_rng(0).standard_normal(4096) * np.exp2(np.random.default_rng(1).integers(-20, 20, 4096))
    casts(tmp_path / "model.onnx",
          [helper.make_node("Cast", ["half"], ["saturated"], to=number),
           helper.make_node("Cast", ["half"], ["open"], to=number, saturate=0),
           helper.make_node("Cast", ["double"], ["from_double"], to=number),
           helper.make_node("Cast", ["codes"], ["decoded"], to=TensorProto.FLOAT),
           helper.make_node("Identity", ["codes"], ["moved"])],
          [("half", TensorProto.FLOAT16, 65536), ("double", TensorProto.DOUBLE, 4096), ("codes", number, 256)],
          [("saturated", number), ("open", number), ("from_double", number), ("decoded", TensorProto.FLOAT),
           ("moved", number)])
    got = results(tmp_path, mode, {"half": HALVES, "double": wide, "codes": BYTES.view("V1")})
    limit = float(ml_dtypes.finfo(kind).max)
    number_of = lambda n: got[n].view(kind)  # noqa: E731
    finite = ~np.isnan(HALVES) if name == "FLOAT4E2M1" else slice(None)  # NaN has no code there
    halves = HALVES.astype(np.float32)
    np.seterr(invalid="ignore")  # NaN
    assert same(number_of("saturated")[finite], np.clip(halves, -limit, limit).astype(kind)[finite])
    assert same(number_of("open")[finite], halves.astype(kind)[finite])
    assert same(number_of("from_double"), np.clip(wide, -limit, limit).astype(kind))
    codes = BYTES & 15 if name == "FLOAT4E2M1" else BYTES  # ml_dtypes reads the upper bits, too
    assert same(got["decoded"], codes.view(kind))
    assert np.array_equal(got["moved"].view(np.uint8), BYTES)


@pytest.mark.parametrize("mode", ["eval", "run"])
@pytest.mark.parametrize("name", INTEGERS)
def test_integers(tmp_path, name, mode):
    """Also weights: an odd number of packed elements, too many to stand in the IR, and a few."""
    number, kind = getattr(TensorProto, name), INTEGERS[name]
    weights = {f"w{n}": np.random.default_rng(n).integers(0, 256, n).astype(np.uint8).view(kind) for n in (5, 4099)}
    casts(tmp_path / "model.onnx",
          [helper.make_node("Cast", ["int"], ["narrow"], to=number),
           helper.make_node("Cast", ["codes"], ["wide"], to=TensorProto.INT32),
           *(helper.make_node("Cast", [n], [f"{n}_wide"], to=TensorProto.INT32) for n in weights)],
          [("int", TensorProto.INT32, 256), ("codes", number, 256)],
          [("narrow", number), ("wide", TensorProto.INT32), *((f"{n}_wide", TensorProto.INT32) for n in weights)],
          [onnx.numpy_helper.from_array(a, n) for n, a in weights.items()])
    got = results(tmp_path, mode, {"int": np.arange(-128, 128, dtype=np.int32), "codes": BYTES.view("V1")})
    assert np.array_equal(got["narrow"].view(kind).astype(int), np.arange(-128, 128).astype(kind).astype(int))
    assert np.array_equal(got["wide"], BYTES.view(kind).astype(int))
    for n, a in weights.items():
        assert np.array_equal(got[f"{n}_wide"], a.astype(int))


@pytest.mark.parametrize("mode", ["eval", "run"])
def test_scales(tmp_path, mode):
    """FLOAT8E8M0: powers of two, rounded three ways; the table in the text of Cast for what is out of range."""
    number = TensorProto.FLOAT8E8M0
    modes = {"up": 1, "down": 1, "nearest": 0}
    casts(tmp_path / "model.onnx",
          [*(helper.make_node("Cast", ["x"], [m], to=number, round_mode=m, saturate=s) for m, s in modes.items()),
           helper.make_node("Cast", ["codes"], ["decoded"], to=TensorProto.FLOAT)],
          [("x", TensorProto.FLOAT, 9), ("codes", number, 256)], [*((m, number) for m in modes), ("decoded", TensorProto.FLOAT)])
    x = np.array([1, 1.25, 1.5, 1.75, 0, np.inf, np.nan, 3.4e38, 2.0**-100], np.float32)
    got = results(tmp_path, mode, {"x": x, "codes": BYTES.view("V1")})
    codes = {m: list(got[m].view(np.uint8)) for m in modes}
    assert codes == {"up": [127, 128, 128, 128, 0, 254, 255, 254, 27], "down": [127, 127, 127, 127, 0, 254, 255, 254, 27],
                     "nearest": [127, 127, 128, 128, 255, 255, 255, 255, 27]}
    assert same(got["decoded"], BYTES.view(ml_dtypes.float8_e8m0fnu))
