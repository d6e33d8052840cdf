"""Writes tiny.pt: a torch.save of three tensors in the form of pull request 2143, made without torch.

Python's own pickle writes the stream; modules and classes of torch's names stand in for its own.
"""
import collections, io, pickle, struct, sys, types, zipfile

torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
sys.modules.update({"torch": torch, "torch._utils": utils})


def stand_in(module, name):
    made = type(name, (), {})
    made.__module__, made.__qualname__ = module.__name__, name
    setattr(module, name, made)
    return made


Half, Char = stand_in(torch, "HalfStorage"), stand_in(torch, "CharStorage")


def _rebuild_tensor_v2():
    pass


_rebuild_tensor_v2.__module__ = "torch._utils"
utils._rebuild_tensor_v2 = _rebuild_tensor_v2

storages = []


class Storage:
    def __init__(self, kind, data):
        self.kind, self.data, self.key = kind, data, str(len(storages))
        storages.append(self)


class Tensor:
    def __init__(self, kind, shape, values):
        code = {Half: "e", Char: "b"}[kind]
        self.storage = Storage(kind, struct.pack(f"<{len(values)}{code}", *values))
        self.count, self.shape = len(values), shape

    def __reduce__(self):
        strides, step = [], 1
        for size in reversed(self.shape):
            strides.insert(0, step)
            step *= size
        return _rebuild_tensor_v2, (self.storage, 0, self.shape, tuple(strides), False, collections.OrderedDict())


class Pickler(pickle._Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, Storage):
            count = len(thing.data) // (2 if thing.kind is Half else 1)
            return "storage", thing.kind, thing.key, "cpu", count
        return None


w = {
    "tok_emb.weight.q": Tensor(Char, (3, 4), [63, -63, 0, 1, 2, 3, 4, 5, -6, -7, -8, -9]),
    "tok_emb.weight.scale": Tensor(Half, (3,), [0.5, 0.25, 2.0]),
    "a.weight.q": Tensor(Char, (4, 4), list(range(-8, 8))),
    "a.weight.scale": Tensor(Half, (4,), [1.0, 0.5, 0.25, 0.125]),
    "a.weight.lqA_a": Tensor(Char, (4, 2), [-2, -1, 0, 1, 1, 0, -1, -2]),
    "a.weight.lqAs_a": Tensor(Half, (), [0.5]),
    "a.weight.lqB_a": Tensor(Char, (2, 4), [7, -8, 1, 2, 3, 4, 5, 6]),
    "a.weight.lqBs_a": Tensor(Half, (2,), [0.25, 0.75]),
    "gain": Tensor(Half, (2,), [1.5, -2.0]),
}
m = {
    "tok_emb.weight": "gptq (int7)",
    "a.weight": "gptq (int6) +hadamard+lqer_asym",
    "gain": "passthrough (float16)",
}
stream = io.BytesIO()
Pickler(stream, protocol=2).dump({"w": w, "m": m})
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_STORED) as out:
    def add(name, data):
        out.writestr(zipfile.ZipInfo("archive/" + name), data)

    add("data.pkl", stream.getvalue())
    add("byteorder", b"little")
    for storage in storages:
        add("data/" + storage.key, storage.data)
    add("version", b"3\n")
