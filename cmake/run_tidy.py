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
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BATCH = 12  # files at once: enough to share headers, few enough to keep every processor busy


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


def key_of(name: str, flags: tuple, configuration: bytes) -> str:
    headers: set = set()
    included(pathlib.Path(name), headers)
    contents = [path.read_bytes() for path in [pathlib.Path(name), *sorted(headers)]]
    return digest(configuration, " ".join(flags).replace(str(ROOT), "").encode(), *contents)


def flags_of(entry: dict) -> tuple:
    """The compiler and its flags, without what to read and where to write."""
    words = shlex.split(entry["command"])
    if words[0].endswith("ccache"):
        words = words[1:]
    named = {i + 1 for i, word in enumerate(words) if word in ("-o", "-c")}
    return tuple(word for i, word in enumerate(words) if i not in named and word not in ("-o", "-c"))


def files_of(entry: dict) -> list:
    """The sources of src/ that this command compiles: one, or those of a folder that cmake put into one."""
    path = pathlib.Path(entry["file"])
    if path.parent.name != "Unity":
        return [str(path)] if path.is_relative_to(ROOT / "src") else []
    names = [line.split('"')[1] for line in path.read_text().splitlines() if line.startswith("#include")]
    return [name for name in names if pathlib.Path(name).is_relative_to(ROOT / "src")]


def tidy(flags: tuple, files: list, folder: str) -> str:
    """What is wrong in `files`, which are looked at as one: most of the time goes into headers that they share."""
    text = "".join(f'#include "{name}"\n' for name in files)
    path = pathlib.Path(folder) / f"{digest(text.encode())}.cpp"
    path.write_text(text)
    command = ["clang-tidy-19", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", str(path), "--", *flags[1:]]
    result = subprocess.run(command, capture_output=True, text=True)
    return "" if result.returncode == 0 else result.stdout or result.stderr


def waiting_batches(build: str, cache: pathlib.Path) -> list:
    """Flags, the files to look at with them, and each file's place in the memory."""
    configuration = (ROOT / ".clang-tidy").read_bytes()
    commands = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    batches = []
    for entry in commands:
        if "_weak.dir" in entry["command"]:
            continue
        flags = flags_of(entry)
        keys = {name: cache / key_of(name, flags, configuration) for name in files_of(entry)}
        waiting = [name for name, key in keys.items() if not key.exists()]
        batches += [(flags, waiting[at:at + BATCH], keys) for at in range(0, len(waiting), BATCH)]
    return batches


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", required=True)
    arguments.add_argument("--jobs", type=int, default=2)
    options = arguments.parse_args()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "credence" / "tidy"
    cache.mkdir(parents=True, exist_ok=True)

    batches = waiting_batches(options.build, cache)
    total = sum(len(files) for _, files, _ in batches)
    print(f"{total} files to look at", flush=True)
    failures = done = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(tidy, flags, files, folder): (files, keys) for flags, files, keys in batches}
        for job in concurrent.futures.as_completed(jobs):
            files, keys = jobs[job]
            if wrong := job.result():
                failures += 1
                print(wrong, flush=True)
            else:
                for name in files:
                    keys[name].touch()
            done += len(files)
            print(f"{done} of {total}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
