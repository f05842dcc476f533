"""Finds JAX's PJRT plugin for NVIDIA cards among the installed packages, and prints how scorelab uses it.

python3 plugin.py FOLDER makes links in FOLDER, because go-xla knows a plugin by the name of its file, and the plugin looks for
its libraries in ../nvidia and ../../nvidia. It prints shell commands that set the environment.
"""
import ctypes
import importlib.util
import os
import pathlib
import shlex
import sys

LIBDEVICE = "nvvm/libdevice/libdevice.10.bc"  # XLA reads it to compile functions such as exp


class Missing(Exception):
    pass


def folder_of(package):
    """The folder of an installed package, without importing it, or None."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or []) if spec else []
    return pathlib.Path(places[0]) if places else None


def plugin():
    for version in ("13", "12"):
        folder = folder_of(f"jax_plugins.xla_cuda{version}")
        if folder and (folder / "xla_cuda_plugin.so").is_file():
            return folder / "xla_cuda_plugin.so"
    raise Missing(f"no plugin for NVIDIA cards in the packages of {sys.executable}: pip install jax-cuda13-pjrt installs it, "
                  "PYTHON=... names another Python")


def link(at, to):
    at.parent.mkdir(parents=True, exist_ok=True)
    at.unlink(missing_ok=True)
    at.symlink_to(to)


def loads(library):
    try:
        ctypes.CDLL(library)
        return True
    except OSError:
        return False


def driver():
    """The folder of the driver's library where the loader does not find it by itself."""
    if loads("libcuda.so.1"):
        return []
    for folder in ("/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib"):
        if os.path.exists(os.path.join(folder, "libcuda.so.1")):
            return [folder]
    print("plugin: no libcuda.so.1, the library of the driver: XLA will find no card", file=sys.stderr)
    return []


def environment(root):
    found = plugin()
    link(root / "links/plugin/pjrt_c_api_cuda_plugin.so", found)
    settings = {"PJRT_PLUGIN_LIBRARY_PATH": str(root / "links/plugin"), "GOMLX_NO_AUTO_INSTALL": "1", "GOPJRT_CUDA_CHECKS": "0"}
    nvidia, tools, libraries = folder_of("nvidia"), [], []
    if nvidia:
        link(root / "links/nvidia", nvidia)
        link(root / "nvidia", nvidia)
        tools.append(nvidia / "cu13")
        libraries = sorted(str(folder) for folder in nvidia.glob("*/lib") if folder.is_dir())
    else:
        print(f"plugin: no package nvidia beside {found}: its libraries must be the system's", file=sys.stderr)
    tools += map(pathlib.Path, filter(None, (os.environ.get("CUDA_HOME"), "/usr/local/cuda")))
    # The same seed gives the same bits: no choice of kernels by time. scorelab itself adds deterministic operations.
    flags = [os.environ.get("XLA_FLAGS", ""), "--xla_gpu_autotune_level=0"]
    data = next((folder for folder in tools if (folder / LIBDEVICE).is_file()), None)
    if data:
        flags.append(f"--xla_gpu_cuda_data_dir={data}")
        settings["PATH"] = f"{data / 'bin'}:{os.environ.get('PATH', '')}"  # ptxas
    else:
        print(f"plugin: no {LIBDEVICE} in {', '.join(map(str, tools))}", file=sys.stderr)
    settings["XLA_FLAGS"] = " ".join(filter(None, flags))
    libraries = [*filter(None, [os.environ.get("LD_LIBRARY_PATH")]), *driver(), *libraries]
    if libraries:
        settings["LD_LIBRARY_PATH"] = ":".join(libraries)
    return settings


def main():
    if len(sys.argv) != 2:
        print("usage: plugin.py FOLDER", file=sys.stderr)
        return 2
    try:
        settings = environment(pathlib.Path(sys.argv[1]).absolute())
    except Missing as error:
        print("plugin:", error, file=sys.stderr)
        return 1
    for name, value in settings.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
