"""What peers have registered, and how they read their inputs."""
import functools
import os

import numpy as np

# The modules of each peer. Their function `versions` says what they compute with.
MODULES = {
    "jax": ["jax_net", "jax_train", "jax_sample", "jax_exact"],
    "pytorch": ["torch_net", "torch_train", "torch_sample"],
    "torch.compile": ["torch_net", "torch_train", "torch_sample"],
    "pot": ["pot_distances"],
    "scipy": ["scipy_fokkerplanck", "scipy_assignment"],
    "numpy": ["numpy_measures"],
}

WORKS = {}


def work(kind, *peers):
    """Registers a function as the part of peers in a kind of work."""
    def register(f):
        for peer in peers:
            WORKS[peer, kind] = functools.partial(f, peer=peer) if len(peers) > 1 else f
        return f
    return register


class Inputs:
    """The arrays that our side has written, by name."""

    def __init__(self, folder):
        self.folder = folder

    def __getitem__(self, name):
        return np.load(os.path.join(self.folder, name.replace("/", ".") + ".npy"))

    def weights(self):
        """The weights of the network: {layer: (matrix, bias)}."""
        layers = ["noise", "condition", "layer0", "layer1", "layer2", "last"]
        return {name: (self[name + "/weights"], self[name + "/bias"]) for name in layers}


def values(**named):
    """The numbers of an answer, as lists."""
    return {"values": {name: np.asarray(x, dtype=np.float64).ravel().tolist() for name, x in named.items()}}
