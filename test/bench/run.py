#!/usr/bin/env python3
"""Measures Credence against the libraries under it, and prints a table (docs/benchmarks.md).

Each figure compares programs that run in turns on one core; it is the median of the ratios of the rounds, so that
what else the machine does hits both sides of a ratio. A target that is missed is shown, and is no failure: what a
shared machine measures must not decide whether a change lands.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import verifier

MOST = "at most"
LEAST = "at least"


def handshake(cost: dict) -> float:
    return cost["mutual_tls"] / cost["attested_handshake"]


# An appraisal cannot do without verifying the two signatures of the TPM; a signed result adds one signature.
def appraise(cost: dict) -> float:
    return 2 * cost["ecdsa_verify"] / cost["appraise"]


def appraise_signed(cost: dict) -> float:
    return (2 * cost["ecdsa_verify"] + cost["ecdsa_sign"]) / cost["appraise_signed"]


def attest(cost: dict) -> float:
    return cost["esys_attest"] / cost["tpm_attest"]


def tls_sign(cost: dict) -> float:
    return cost["esys_sign"] / cost["tpm_tls_sign"]


# name, target, ratio, the programs whose cost goes into it. Costs are CPU time of the whole process for one operation.
RATIOS = [
    ("handshake_attested_over_mtls", 0.70, handshake,
     [["baseline_mutual_tls"], ["bench_handshake"]]),
    ("handshake_attested_over_mtls_default_groups", 0.80, handshake,
     [["baseline_mutual_tls", "--groups", "default"], ["bench_handshake", "--groups", "default"]]),
    ("appraise_over_ecdsa_limit", 0.85, appraise,
     [["baseline_ecdsa"], ["bench_appraise"]]),
    ("appraise_signed_over_limit", 0.85, appraise_signed,
     [["baseline_ecdsa"], ["baseline_ecdsa", "--operation", "sign"], ["bench_appraise", "--result", "signed"]]),
    ("tpm_attest_over_raw", 0.90, attest,
     [["baseline_esys"], ["bench_tpm"]]),
    ("tpm_tls_sign_over_raw", 0.90, tls_sign,
     [["baseline_esys", "--operation", "sign"], ["bench_tpm", "--operation", "sign"]]),
]


def run(binaries: pathlib.Path, command: list, seconds: float) -> dict:
    """What a program measured."""
    arguments = [str(binaries / command[0]), *command[1:], "--seconds", str(seconds)]
    # libtpms keeps loaded keys in its state and writes into the working directory: each run gets a new TPM.
    with tempfile.TemporaryDirectory(prefix="credence-bench-") as scratch:
        if command[0] == "baseline_esys":
            arguments += ["--tcti", f"libtpms:{scratch}/tpm.state"]
        done = subprocess.run(arguments, cwd=scratch, stdout=subprocess.PIPE, text=True, timeout=300 + 20 * seconds)
    if done.returncode != 0:
        raise SystemExit(f"run.py: {' '.join(arguments)} failed with status {done.returncode}")
    measured = json.loads(done.stdout)
    measured["configuration"].pop("tcti", None)  # the path of a folder that is gone
    return {"program": " ".join(command), **measured}


def measure(options: argparse.Namespace, binaries: pathlib.Path) -> dict:
    figures = {}
    for name, target, ratio, commands in RATIOS:
        # So that the order favours nobody, every other round goes the other way.
        rounds = [[run(binaries, command, options.seconds) for command in commands[:: -1 if number % 2 else 1]]
                  for number in range(options.rounds)]
        ratios = [ratio({one["name"]: one["cpu_us"] for one in runs}) for runs in rounds]
        by_wall = [ratio({one["name"]: one["wall_us"] for one in runs}) for runs in rounds]
        figures[name] = {"value": round(statistics.median(ratios), 4), "unit": "ratio",
                         "raw": {"target": [LEAST, target], "ratios_of_cpu_time": ratios,
                                 "ratios_of_wall_time": by_wall, "rounds": rounds}}
        show(name, figures[name])
    return figures


class PostgresServer:
    """A server of the benchmark's own, on a socket in a private folder."""

    def __init__(self, scratch: pathlib.Path):
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        self.programs = versions[-1].parent if versions else None
        self.folder = scratch / "postgres"

    def available(self) -> bool:
        return self.programs is not None

    def __enter__(self):
        self.folder.mkdir()
        if os.getuid() == 0:
            self.folder.parent.chmod(0o711)
            shutil.chown(self.folder, "postgres")
        self.run("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8")
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o",
                 f"-k {self.folder} -h ''", "start")
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-w", "stop")

    def run(self, program: str, *arguments):
        command = [str(self.programs / program), *map(str, arguments)]
        if os.getuid() == 0:  # the server refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, cwd="/", timeout=120)

    def database(self, name: str) -> str:
        self.run("createdb", "-h", self.folder, "-U", "postgres", name)
        return f"postgresql://postgres@/{name}?host={self.folder}"


FEW, MANY = 1_000, 1_000_000  # reference triples of other machines


def measure_store(options: argparse.Namespace, binaries: pathlib.Path, kind: str, empty) -> dict:
    """How an appraisal and the memory depend on what else is endorsed; `empty` gives a new store of that name."""
    def bench_store(*arguments) -> dict:
        done = subprocess.run([str(binaries / "bench_store"), *map(str, arguments)], stdout=subprocess.PIPE, text=True,
                              timeout=600)
        if done.returncode != 0:
            raise SystemExit(f"run.py: bench_store {' '.join(map(str, arguments))} failed")
        return json.loads(done.stdout)

    def load(name: str, size: int) -> tuple:
        store = empty(name)
        return store, bench_store("--phase", "load", "--store", store, "--triples", size)

    few, _ = load("few", FEW)
    loaded = [load(f"many{number}", MANY) for number in range(options.rounds)]
    stores, loads = {FEW: few, MANY: loaded[-1][0]}, [measured for _, measured in loaded]
    rounds = []
    for number in range(options.rounds):
        order = (FEW, MANY) if number % 2 else (MANY, FEW)
        rounds.append({size: bench_store("--store", stores[size], "--seconds", options.seconds) for size in order})
    ratios = [one[MANY]["p50_us"] / one[FEW]["p50_us"] for one in rounds]
    octets = [(one[MANY]["resident_octets"] - one[FEW]["resident_octets"]) / (MANY - FEW) for one in rounds]
    raw = {"loads": loads, "rounds": rounds}
    figures = {
        f"store_flatness_{kind}": {"value": round(statistics.median(ratios), 4), "unit": "ratio",
                                   "raw": {"target": [MOST, 1.1], "ratios": ratios, **raw}},
        f"store_load_{kind}_seconds": {"value": round(statistics.median(one["seconds"] for one in loads), 2), "unit": "s",
                                       "raw": {"target": [MOST, 60], **raw}},
        f"store_octets_per_triple_{kind}": {"value": round(statistics.median(octets), 1), "unit": "octets",
                                            "raw": {"target": [MOST, 400], "each": octets, **raw}},
    }
    for name, figure in figures.items():
        show(name, figure)
    return figures


def measure_stores(options: argparse.Namespace, binaries: pathlib.Path) -> dict:
    figures = {}
    with tempfile.TemporaryDirectory(prefix="credence-bench-") as folder:
        scratch = pathlib.Path(folder)
        figures |= measure_store(options, binaries, "sqlite", lambda name: f"sqlite:{scratch / name}.db")
        server = PostgresServer(scratch)
        if not server.available():
            print("store_flatness_postgres: skipped, no PostgreSQL server is installed")
            return figures
        with server:
            figures |= measure_store(options, binaries, "postgres", server.database)
    return figures


def measure_corim_decode(options: argparse.Namespace, binaries: pathlib.Path) -> dict:
    """A thousand triples: our objects, with every rule checked, against libcbor's tree of the same octets."""
    with tempfile.TemporaryDirectory(prefix="credence-bench-") as folder:
        corim = f"{folder}/corim.cbor"
        subprocess.run([str(binaries / "bench_corim_decode"), "--write", corim], check=True, timeout=60)
        commands = [["bench_corim_decode", "--corim", corim], ["baseline_cbor", "--corim", corim]]
        rounds = [[run(binaries, command, options.seconds) for command in commands[:: -1 if number % 2 else 1]]
                  for number in range(options.rounds)]
    costs = [{one["name"]: one["cpu_us"] for one in runs} for runs in rounds]
    ratios = [cost["libcbor_decode"] / cost["corim_decode"] for cost in costs]
    octets = rounds[0][0]["configuration"]["octets"]
    figure = {"value": round(statistics.median(ratios), 4), "unit": "ratio",
              "raw": {"target": [LEAST, 1.0], "ratios_of_cpu_time": ratios, "rounds": rounds,
                      "mb_per_second": [octets / cost["corim_decode"] for cost in costs]}}
    show("corim_decode", figure)
    return {"corim_decode": figure}


def most_resident_in_demo(binaries: pathlib.Path) -> int:
    """The most KiB that the verifier of the demo had resident: one honest connection and four attacks."""
    command = [str(binaries / "credence"), "--json", "demo", "attest", "--resident-memory"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300)
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    said = next((event["verifier most resident"] for event in events if event.get("event") == "memory"), None)
    if done.returncode != 0 or said is None:
        raise SystemExit(f"run.py: {' '.join(command)} failed with status {done.returncode}")
    return int(said.split()[0])


def resident_when_idle(binaries: pathlib.Path) -> int:
    """The KiB that a verifier over an empty SQLite store has resident while nobody asks it anything."""
    with tempfile.TemporaryDirectory(prefix="credence-bench-") as folder:
        command = [str(binaries / "credence"), "--json", "verifier", "--listen", "127.0.0.1:0", "--insecure-http",
                   "--store", f"sqlite:{folder}/store.db", "--signing-key", f"{folder}/key.pem"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            if json.loads(process.stdout.readline()).get("event") != "listening":
                raise SystemExit("run.py: the verifier does not listen")
            time.sleep(1)
            return verifier.resident(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=60)


def measure_memory(options: argparse.Namespace, binaries: pathlib.Path) -> dict:
    figures = {}
    for name, resident in (("verifier_rss_after_demo_mb", most_resident_in_demo),
                           ("verifier_rss_idle_mb", resident_when_idle)):
        kibibytes = [resident(binaries) for _ in range(options.rounds)]
        figures[name] = {"value": round(statistics.median(kibibytes) * 1024 / 1e6, 2), "unit": "MB",
                         "raw": {"target": [MOST, 25], "resident_kib": kibibytes}}
        show(name, figures[name])
    return figures


def show(name: str, figure: dict) -> None:
    direction, target = figure["raw"]["target"]
    if figure["value"] is None:
        print(f"{name:<46}{'skipped':>9} {figure['raw']['skipped']}", flush=True)
        return
    met = figure["value"] <= target if direction == MOST else figure["value"] >= target
    figure["raw"]["met"] = met
    print(f"{name:<46}{figure['value']:>9} {figure['unit']:<6}{direction:>9} {target:<6} {'pass' if met else 'MISS'}",
          flush=True)


def machine() -> dict:
    models = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return {"processor": models[0] if models else platform.machine(), "processors": os.cpu_count(),
            "kernel": platform.release(), "load_average": os.getloadavg()[0]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build folder, with the programs in bin/")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write every figure with its counters")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each program in each round")
    options = parser.parse_args()
    binaries = (options.build / "bin").resolve()
    everywhere = os.sched_getaffinity(0)
    core = min(everywhere)
    about = machine() | {"core": core, "rounds": options.rounds, "seconds": options.seconds}
    print(f"{about['processor']}, {about['processors']} processors, load {about['load_average']:.1f}; "
          f"core {core}, median of {options.rounds} rounds of {options.seconds:g} s\n")
    os.sched_setaffinity(0, {core})  # the programs inherit it
    figures = measure(options, binaries)
    figures |= measure_corim_decode(options, binaries)
    os.sched_setaffinity(0, everywhere)
    figures |= measure_stores(options, binaries)
    figures |= measure_memory(options, binaries)
    for name, figure in verifier.measure(binaries, options.rounds, options.seconds).items():
        figures[name] = figure
        show(name, figure)
    for figure in figures.values():
        figure["raw"]["machine"] = about
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
