#!/usr/bin/env python3
"""Runs clang-tidy over src/ and remembers, by content, what was already found clean.

A file is looked at again when it, a header of the project, the configuration or its compile command changed. The
memory is in the user's cache folder, so that a second run costs seconds.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def digest(*parts: bytes) -> str:
    value = hashlib.sha256()
    for part in parts:
        value.update(len(part).to_bytes(8, "big") + part)
    return value.hexdigest()


def included(source: pathlib.Path, seen: set) -> None:
    """The project's own headers that `source` includes, directly or not."""
    for line in source.read_text().splitlines():
        if not line.startswith('#include "'):
            continue
        name = line.split('"')[1]
        for base in (ROOT / "src", ROOT / "include"):
            header = base / name
            if header.is_file() and header not in seen:
                seen.add(header)
                included(header, seen)


def key_of(entry: dict, configuration: bytes) -> str:
    source = pathlib.Path(entry["file"])
    headers: set = set()
    included(source, headers)
    contents = [path.read_bytes() for path in [source, *sorted(headers)]]
    relative_command = entry["command"].replace(str(ROOT), "")
    return digest(configuration, relative_command.encode(), *contents)


def tidy(entry: dict, build: str) -> subprocess.CompletedProcess:
    return subprocess.run(["clang-tidy-19", "--quiet", "-p", build, entry["file"]], capture_output=True, text=True)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", required=True)
    arguments.add_argument("--jobs", type=int, default=2)
    options = arguments.parse_args()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "credence" / "tidy"
    cache.mkdir(parents=True, exist_ok=True)

    configuration = (ROOT / ".clang-tidy").read_bytes()
    commands = json.loads((pathlib.Path(options.build) / "compile_commands.json").read_text())
    waiting = []
    for entry in commands:
        if not pathlib.Path(entry["file"]).is_relative_to(ROOT / "src") or "_weak.dir" in entry["command"]:
            continue
        key = key_of(entry, configuration)
        if not (cache / key).exists():
            waiting.append((entry, key))
    print(f"{len(waiting)} files to look at", flush=True)

    failures = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(tidy, entry, options.build): (entry, key) for entry, key in waiting}
        for done, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            entry, key = jobs[job]
            result = job.result()
            if result.returncode == 0:
                (cache / key).touch()
            else:
                failures += 1
                print(result.stdout or result.stderr)
            if done % 20 == 0 or done == len(waiting):
                print(f"{done} of {len(waiting)}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
