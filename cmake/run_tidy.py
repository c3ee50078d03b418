#!/usr/bin/env python3
"""Runs clang-tidy over src/ and remembers, by content, what was already found clean.

A file is looked at again when it, a header of the project, the configuration or its compile command changed. The
memory is in the user's cache folder, so that a second run costs seconds.
"""
import argparse
import collections
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


def key_of(entry: dict, configuration: bytes) -> str:
    source = pathlib.Path(entry["file"])
    headers: set = set()
    included(source, headers)
    contents = [path.read_bytes() for path in [source, *sorted(headers)]]
    relative_command = entry["command"].replace(str(ROOT), "")
    return digest(configuration, relative_command.encode(), *contents)


def flags_of(entry: dict) -> tuple:
    """The compiler and its flags, without what to read and where to write."""
    words = shlex.split(entry["command"])
    if words[0].endswith("ccache"):
        words = words[1:]
    named = {i + 1 for i, word in enumerate(words) if word in ("-o", "-c")}
    return tuple(word for i, word in enumerate(words) if i not in named and word not in ("-o", "-c"))


def batches(entries: list) -> list:
    """Files of one folder with the same flags: most of the time goes into headers that they share."""
    folders = collections.defaultdict(list)
    for entry in entries:
        folders[os.path.dirname(entry["file"]), flags_of(entry)].append(entry["file"])
    whole = [(flags, sorted(files)) for (_, flags), files in sorted(folders.items())]
    return [(flags, files[at:at + BATCH]) for flags, files in whole for at in range(0, len(files), BATCH)]


def tidy(flags: tuple, files: list, folder: str) -> list:
    """What is wrong in `files`, by file. They are looked at as one; where that fails, be it that two of them use a
    name for different things, half of them at a time."""
    text = "".join(f'#include "{name}"\n' for name in files)
    path = pathlib.Path(folder) / f"{digest(text.encode())}.cpp"
    path.write_text(text)
    command = ["clang-tidy-19", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", str(path), "--", *flags[1:]]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode == 0:
        return []
    if len(files) == 1:
        return [(files[0], result.stdout or result.stderr)]
    half = len(files) // 2
    return tidy(flags, files[:half], folder) + tidy(flags, files[half:], folder)


def waiting_files(build: str, cache: pathlib.Path) -> tuple:
    """The compile commands of the files to look at, and each file's place in the memory."""
    configuration = (ROOT / ".clang-tidy").read_bytes()
    commands = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    entries, keys = [], {}
    for entry in commands:
        name = entry["file"]
        if not pathlib.Path(name).is_relative_to(ROOT / "src") or "_weak.dir" in entry["command"] or name in keys:
            continue
        keys[name] = cache / key_of(entry, configuration)
        if not keys[name].exists():
            entries.append(entry)
    return entries, keys


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", required=True)
    arguments.add_argument("--jobs", type=int, default=2)
    options = arguments.parse_args()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "credence" / "tidy"
    cache.mkdir(parents=True, exist_ok=True)

    entries, keys = waiting_files(options.build, cache)
    print(f"{len(entries)} files to look at", flush=True)
    failures = done = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(tidy, flags, files, folder): files for flags, files in batches(entries)}
        for job in concurrent.futures.as_completed(jobs):
            wrong = dict(job.result())
            for name in jobs[job]:
                if name not in wrong:
                    keys[name].touch()
            for text in wrong.values():
                print(text, flush=True)
            failures += len(wrong)
            done += len(jobs[job])
            print(f"{done} of {len(entries)}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
