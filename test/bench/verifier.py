"""The verifier over HTTP, against its engine in this process and against Veraison (docs/benchmarks.md)."""
import base64
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

CLIENTS = 16
TARGETS = {"verifier_http_over_engine": ("at least", 0.30), "verifier_over_veraison": ("at least", 10),
           "verifier_p50_over_veraison": ("at most", 0.1), "overload_p99_accepted": ("at most", 2),
           "overload_p99_refused_ms": ("at most", 10), "overload_memory_growth": ("at most", 1.1)}


def figure(name: str, ratios: list, rounds: list) -> dict:
    return {"value": round(statistics.median(ratios), 4), "unit": "ratio",
            "raw": {"target": list(TARGETS[name]), "ratios": ratios, "rounds": rounds}}


def skipped(name: str, reason: str) -> dict:
    return {"value": None, "unit": "ratio", "raw": {"target": list(TARGETS[name]), "skipped": reason}}


class Measurement:
    """Verifiers on one core, whatever their processes; the load on another."""

    def __init__(self, binaries: pathlib.Path, scene, seconds: float, cores: list):
        self.binaries, self.seconds = binaries, seconds
        self.verifier_core, self.load_core = cores[0], cores[-1]
        self.nonce = base64.urlsafe_b64encode(scene.nonce).decode().rstrip("=")
        self.file = scene.folder / "evidence"
        self.file.write_bytes(scene.evidence)
        self.evidence = ["--evidence", self.file, "--type", scene.media_type]
        self.corims = ["--values", scene.values, "--keys", scene.keys]

    def run(self, core: int, *command) -> dict:
        arguments = [str(self.binaries / command[0]), *map(str, command[1:]), "--seconds", str(self.seconds)]
        done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, timeout=300 + 20 * self.seconds,
                              preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        if done.returncode != 0:
            raise SystemExit(f"verifier.py: {' '.join(arguments)} failed with status {done.returncode}")
        return json.loads(done.stdout) | {"core": core}

    def load(self, port: int) -> dict:
        return self.run(self.load_core, "bench_sessions", "--port", port, "--nonce", self.nonce, "--clients", CLIENTS,
                        *self.evidence)

    def engine(self) -> dict:
        return self.run(self.verifier_core, "bench_engine", "--binder", self.nonce, *self.evidence, *self.corims)


def alternate(rounds: int, first, second) -> list:
    """Pairs of what the two measured; every other round goes the other way, so that the order favours nobody."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            behind, ahead = second(), first()
        else:
            ahead, behind = first(), second()
        pairs.append((ahead, behind))
    return pairs


def resident(process: int) -> int:
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def overload(measurement: Measurement, scene, rounds: int) -> dict:
    """Four times the clients: what it does to the requests that are taken, to those refused, and to memory."""
    def load(clients: int) -> dict:
        measured = measurement.run(measurement.load_core, "bench_overload", "--port", scene.port(), "--nonce",
                                   measurement.nonce, "--clients", clients, *measurement.evidence)
        return measured | {"resident_kib": resident(scene.verifier.process.pid)}

    load(4 * CLIENTS)  # memory for as many connections is taken once
    pairs = [(load(CLIENTS), load(4 * CLIENTS)) for _ in range(rounds)]
    later = [load(4 * CLIENTS) for _ in range(rounds)]  # as many overloads after each of them
    raw = [{"once": once, "four_times": four} for once, four in pairs]
    apart = [{"four_times": four, "later": after} for (_, four), after in zip(pairs, later)]
    p99 = [four["accepted_p99_us"] / once["accepted_p99_us"] for once, four in pairs]
    refused = [four["refused_p99_us"] / 1e3 for _, four in pairs]
    growth = [one["later"]["resident_kib"] / one["four_times"]["resident_kib"] for one in apart]
    return {"overload_p99_accepted": figure("overload_p99_accepted", p99, raw),
            "overload_p99_refused_ms": figure("overload_p99_refused_ms", refused, raw) | {"unit": "ms"},
            "overload_memory_growth": figure("overload_memory_growth", growth, apart)}


def over_veraison(measurement: Measurement, scene, rounds: int) -> dict:
    """Both figures, or why they are not measured."""
    from side_by_side import SideBySide, missing

    names = ("verifier_over_veraison", "verifier_p50_over_veraison")
    if missing():
        return {name: skipped(name, missing()) for name in names}
    both = SideBySide(scene, measurement.load)
    try:
        pairs = alternate(rounds, both.credence, both.veraison)
    finally:
        both.stop()
    raw = [{"credence": ours, "veraison": theirs} for ours, theirs in pairs]
    ratios = ([ours["per_second"] / theirs["per_second"] for ours, theirs in pairs],
              [ours["p50_us"] / theirs["p50_us"] for ours, theirs in pairs])
    return {name: figure(name, each, raw) for name, each in zip(names, ratios)}


def unit_environment() -> dict:
    """With what the unit that is installed gives the verifier."""
    unit = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "systemd" / "credence-verifier.service"
    given = [line.partition("=")[2] for line in unit.read_text().splitlines() if line.startswith("Environment=")]
    return os.environ | dict(variable.split("=", 1) for variable in given)


def measure(binaries: pathlib.Path, rounds: int, seconds: float) -> dict:
    os.environ["CREDENCE_BINARY"] = str(binaries / "credence")
    here = pathlib.Path(__file__).resolve().parent
    sys.path[:0] = [str(here / "veraison"), str(here.parent / "interop" / "veraison")]
    from scene import Scene

    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="credence-bench-") as scratch:
        folder = pathlib.Path(scratch)
        os.sched_setaffinity(0, {cores[0]})  # what is started here inherits it
        with (folder / "verifier.log").open("wb") as log:  # as Veraison's: nobody is woken up to read it
            scene = Scene(folder, stderr=log, env=unit_environment())
        os.sync()  # what the benchmarks of the store wrote is not written meanwhile
        try:
            measurement = Measurement(binaries, scene, seconds, cores)
            pairs = alternate(rounds, lambda: measurement.load(scene.port()), measurement.engine)
            figures = {"verifier_http_over_engine": figure(
                "verifier_http_over_engine",
                [http["per_second"] * engine["wall_us"] / 1e6 for http, engine in pairs],
                [{"http": http, "engine": engine} for http, engine in pairs])}
            figures |= overload(measurement, scene, rounds)
            return figures | over_veraison(measurement, scene, rounds)
        finally:
            scene.verifier.process.terminate()
            scene.stop()
            os.sched_setaffinity(0, set(cores))
