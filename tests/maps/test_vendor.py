"""What others wrote is unchanged, licensed and named."""

import hashlib
import tomllib
from importlib.resources import files


def test_vendored_files_are_those_of_the_manifest() -> None:
    folder = files("maps").joinpath("vendor")
    manifest = tomllib.loads(folder.joinpath("MANIFEST.toml").read_text(encoding="utf-8"))
    listed = {name: digest for package in manifest.values() for name, digest in package["sha256"].items()}
    there = {entry.name for entry in folder.iterdir()} - {"MANIFEST.toml"}
    assert set(listed) == there
    for name, digest in listed.items():
        assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == digest
    assert all(package["version"] and package["licence"] for package in manifest.values())
