#!/usr/bin/env python3
"""Verifiers under load and faults for a while (docs/benchmarks.md).

Two nodes share a PostgreSQL, one has SQLite on a disk of its own. Evidence and CoRIMs are sent to all of them while they are
killed, their database is restarted, their disk is full, and their clock is stepped: good evidence, altered evidence, good
evidence in answer to another nonce, and that of a machine that was revoked. At the end, and whenever it can be known:
nothing that was acknowledged is lost, and nothing was affirmed that should not be.
"""
import argparse
import base64
import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

SESSION_TYPE = "application/vnd.veraison.challenge-response-session+json"
VALUES, KEYS = "tag:github.com/parallaxsecond,2023-03-03:tpm", "tag:credence.example,2026:tpm-key"
CORIMS = "/endorsement-provisioning/v1/"
DISK = "24m"
# Evidence that is shown, and how often. Only the first may ever be affirmed.
KINDS = {"good": 4, "altered": 3, "replayed": 1, "revoked": 1}


def ask(url: str, method: str, path: str, body: bytes = b"", headers: dict = {}) -> tuple:
    with contextlib.closing(http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)) as client:
        client.request(method, path, body, headers)
        answer = client.getresponse()
        return answer.status, answer.getheader("Location"), answer.read()


class Disk:
    """A small file system, when this user may mount one."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], capture_output=True)
        self.can_be_full = mounted.returncode == 0

    def fill(self):
        with contextlib.suppress(OSError), open(self.folder / "filler", "wb") as filler:
            while True:
                filler.write(bytes(64 << 10))
                filler.flush()

    def free(self):
        (self.folder / "filler").unlink(missing_ok=True)

    def close(self):
        if self.can_be_full:
            subprocess.run(["umount", "-l", self.folder], check=False)


class Clock:
    """The clock of the verifiers, which steps when told to; libfaketime reads the offset from a file."""

    def __init__(self, file: pathlib.Path):
        self.file = file
        found = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        self.library = found[0] if found else None
        self.step(0)

    def step(self, seconds: int):
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{seconds:+d}\n")
        beside.rename(self.file)

    def environment(self) -> dict:
        if self.library is None:
            return {}
        return {"LD_PRELOAD": str(self.library), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class Node:
    """A verifier that may be killed and comes back with the same options."""

    def __init__(self, laboratory, clock: Clock, *options):
        self.laboratory, self.clock, self.options = laboratory, clock, options
        self.start()

    def start(self):
        environment = {**os.environ, **self.clock.environment()}
        self.process = self.laboratory.Process("verifier", "--listen", "127.0.0.1:0", "--insecure-http",
                                               "--insecure-local-callers", "--insecure-unsigned-corims", *self.options,
                                               env=environment)
        self.url = self.process.event("listening")["url"]
        threading.Thread(target=self.process.process.stderr.read, daemon=True).start()

    def kill(self):
        self.process.process.send_signal(signal.SIGKILL)
        self.process.process.wait(timeout=60)
        time.sleep(0.5)
        self.start()


class Machine:
    """A software platform that is endorsed: its CoRIMs, and evidence with the nonce that it answers."""

    def __init__(self, folder: pathlib.Path):
        from scene import Scene

        folder.mkdir()
        scene = Scene(folder)  # its verifier is not part of this
        scene.stop()
        self.instance, self.nonce, self.evidence, self.type = scene.instance, scene.nonce, scene.evidence, scene.media_type
        self.values, self.keys = scene.values.read_bytes(), scene.keys.read_bytes()


class Soak:
    def __init__(self, folder: pathlib.Path):
        import laboratory
        import postgres

        self.lock = threading.Lock()
        self.counts = {}
        self.acknowledged = {}  # by store: ids of CoRIMs
        self.wrong = []
        self.stopping = threading.Event()
        self.refusing = set()  # stores with a policy in force that never ends
        self.clock = Clock(folder / "clock")
        self.disk = Disk(folder / "disk")
        self.machine, self.stolen = Machine(folder / "machine"), Machine(folder / "stolen")
        self.values = self.machine.values
        key = ("--signing-key", folder / "key.pem")
        self.nodes = {"sqlite": [Node(laboratory, self.clock, "--store", f"sqlite:{self.disk.folder / 'store.db'}", *key)]}
        self.database = None
        if postgres.programs() is not None:
            self.database = postgres.Postgres(folder / "postgres")
            store = self.database.database("soak")
            sealed = folder / "session.keys"
            sealed.write_text("5a" * 32 + "\n")
            sealed.chmod(0o600)
            self.nodes["postgresql"] = [Node(laboratory, self.clock, "--store", store, "--session-key", sealed, "--threads",
                                             "4", *key) for _ in range(2)]
        for store in self.nodes:
            self.begin(store)

    def begin(self, store: str):
        """Both machines are good, until one of them is revoked."""
        url = self.nodes[store][0].url
        self.acknowledged[store] = {taken for machine in (self.machine, self.stolen)
                                    for taken in (self.submit(url, machine.values), self.submit(url, machine.keys, KEYS))}
        assert None not in self.acknowledged[store], "the endorsements were not taken"
        for kind in ("good", "revoked"):
            self.until_it_is(store, kind, "affirming")
        revocation = {"kind": "instance", "value": self.stolen.instance, "reason": "stolen"}
        status, _, body = ask(url, "POST", CORIMS + "revocations", json.dumps(revocation).encode(),
                              {"Content-Type": "application/json"})
        assert status == 201, f"the machine was not revoked: {status} {body}"
        self.until_it_is(store, "revoked", "contraindicated")

    def until_it_is(self, store: str, kind: str, verdict: str):
        """Every node of the store says so: one learns within a second what another one was told."""
        for node in self.nodes[store]:
            until = time.monotonic() + 30
            while (got := self.show(store, kind, [node])) != verdict:
                assert time.monotonic() < until, f"{store}: {kind} evidence is {got}, not {verdict}"
                time.sleep(0.2)

    def count(self, what: str):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def submit(self, url: str, corim: bytes, profile: str = VALUES):
        """The id when it was acknowledged."""
        status, _, body = ask(url, "POST", CORIMS + "submit", corim,
                              {"Content-Type": f'application/rim+cbor; profile="{profile}"'})
        answer = json.loads(body) if status == 200 else {}
        return answer.get("corim") if answer.get("status") == "success" else None

    def show(self, store: str, kind: str, nodes: list = []) -> str:
        """What a verifier makes of evidence of that kind."""
        nonce, evidence = self.machine.nonce, self.machine.evidence
        if kind == "revoked":
            nonce, evidence = self.stolen.nonce, self.stolen.evidence
        elif kind == "replayed":
            nonce = os.urandom(len(nonce))
        elif kind == "altered":
            # What the TPM signed: every bit of it counts, which is not so of hints beside it.
            at = evidence.index(random.choice([b"certInfo", b"attestInfo"])) + random.randrange(14, 80)
            evidence = evidence[:at] + bytes([evidence[at] ^ 1 << random.randrange(8)]) + evidence[at + 1:]
        return self.appraise(store, nodes or self.nodes[store], nonce, evidence)

    def appraise(self, store: str, nodes: list, nonce: bytes, evidence: bytes) -> str:
        text = base64.urlsafe_b64encode(nonce).decode().rstrip("=")
        status, location, _ = ask(random.choice(nodes).url, "POST", f"/challenge-response/v1/newSession?nonce={text}")
        if status != 201:
            return f"http {status}"
        def submit() -> tuple:
            return ask(random.choice(nodes).url, "POST", "/challenge-response/v1/" + location, evidence,
                       {"Content-Type": self.machine.type, "Accept": SESSION_TYPE})

        status, _, body = submit()
        if status == 202:  # the policy in force is slow
            status, body = self.poll(nodes, location)
        if status != 200:
            return f"http {status}"
        if random.random() < 0.25:
            self.expect_refused(store, submit)
        payload = json.loads(body)["result"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return next(iter(claims["submods"].values()))["ear.status"]

    def poll(self, nodes: list, location: str) -> tuple:
        """Status and body once the session is over; a verifier of several that does not decide it calls it waiting."""
        while True:
            status, _, body = ask(random.choice(nodes).url, "GET", "/challenge-response/v1/" + location)
            state = json.loads(body)["status"] if status == 200 else ""
            if state not in ("processing", "waiting"):
                return (500 if state == "failed" else status), body
            time.sleep(0.1)

    def expect_refused(self, store: str, submit):
        """A session that has a result gives no other one, whatever fails meanwhile."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, _, _ = submit()
            self.count(f"{store}: a second submission: http {status}")
            if status == 200:
                with self.lock:
                    self.wrong.append(f"{store}: a session gave two verdicts")

    def attest(self, store: str):
        """Evidence of every kind, in turns; a fault may cost an answer, never make one wrong."""
        while not self.stopping.is_set():
            (kind,) = random.choices(list(KINDS), KINDS.values())
            refusing = store in self.refusing
            try:
                verdict = self.show(store, kind)
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                verdict = "no answer"
                time.sleep(0.1)
            if verdict == "http 503":
                time.sleep(0.1)
            self.count(f"{store}: {kind} evidence: {verdict}")
            # A session is gone (404) with the verifier that kept it, or when the clock stepped over its end.
            excused = verdict in ("no answer", "http 404") or verdict.startswith("http 5")
            if verdict == "contraindicated" and (refusing or store in self.refusing):
                excused = True  # a policy that fails is a refusal
            if (verdict == "affirming") != (kind == "good") and not (kind == "good" and excused):
                with self.lock:
                    self.wrong.append(f"{store}: {kind} evidence was {verdict}")

    def provision(self, store: str):
        own = self.corim_id(self.values)
        for number in range(10_000_000):
            if self.stopping.is_set():
                return
            variant = self.values.replace(own, own[:-8] + f"{number:08}".encode())
            try:
                taken = self.submit(random.choice(self.nodes[store]).url, variant)
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                taken = None
            self.count(f"{store}: CoRIM {'acknowledged' if taken else 'not acknowledged'}")
            if taken:
                with self.lock:
                    self.acknowledged[store].add(taken)
            time.sleep(0.05)

    def corim_id(self, octets: bytes) -> bytes:
        _, _, body = ask(self.nodes["sqlite"][0].url, "GET", CORIMS + "corim")
        return next(corim["corim-id"].encode() for corim in json.loads(body)["corims"]
                    if corim["corim-id"].encode() in octets)

    def check_all_was_shown(self):
        for store in self.nodes:
            for kind in KINDS:
                verdict = "affirming" if kind == "good" else "contraindicated"
                if not self.counts.get(f"{store}: {kind} evidence: {verdict}"):
                    self.wrong.append(f"{store}: no {kind} evidence was {verdict}")

    def check_nothing_lost(self):
        for store, nodes in self.nodes.items():
            for node in nodes:
                _, _, body = ask(node.url, "GET", CORIMS + "corim")
                known = {corim["id"] for corim in json.loads(body)["corims"]}
                lost = self.acknowledged[store] - known
                if lost:
                    self.wrong.append(f"{store}: {len(lost)} CoRIMs are lost that were acknowledged, such as {lost.pop()}")

    # --- faults: each ends with everything as before ---

    def fault_killed(self):
        node = random.choice([node for nodes in self.nodes.values() for node in nodes])
        node.kill()

    def fault_database_restarted(self):
        self.database.stop(random.choice(["immediate", "fast"]))
        time.sleep(2)
        self.database.start()

    def fault_disk_full(self):
        self.disk.fill()
        time.sleep(3)
        self.disk.free()

    def fault_clock_stepped(self):
        self.clock.step(random.choice([-3600, -60, 60, 3600, 86400]))
        time.sleep(3)
        self.clock.step(0)

    def fault_policy_loops(self):
        store = random.choice(list(self.nodes))
        self.refusing.add(store)
        made = self.manage(store, "policy/PARSEC_TPM", 201, b"while true do end")
        self.manage(store, f"policy/PARSEC_TPM/{made['uuid']}/activate", 200)
        self.until_it_is(store, "good", "contraindicated")
        time.sleep(3)
        self.manage(store, "policies/PARSEC_TPM/deactivate", 200)
        self.until_it_is(store, "good", "affirming")
        time.sleep(3)  # what was begun under it
        self.refusing.discard(store)
        self.count(f"{store}: a policy that never ends")

    def manage(self, store: str, path: str, expected: int, rules: bytes = b"") -> dict:
        """A database that was away a moment ago may still be missed."""
        until = time.monotonic() + 30
        while True:
            status, _, body = ask(self.nodes[store][0].url, "POST", f"/management/v1/{path}", rules,
                                  {"Content-Type": "application/vnd.credence.policy.lua"})
            if status == expected:
                return json.loads(body or b"{}")
            assert status == 503 and time.monotonic() < until, f"{store}: {path}: {status} {body}"
            time.sleep(0.5)

    def faults(self) -> list:
        """Those that this machine can have; the others are named."""
        possible = [self.fault_killed, self.fault_policy_loops]
        for fault, can, needs in ((self.fault_database_restarted, self.database, "a PostgreSQL server"),
                                  (self.fault_disk_full, self.disk.can_be_full, "the right to mount a tmpfs"),
                                  (self.fault_clock_stepped, self.clock.library, "libfaketime")):
            if can:
                possible.append(fault)
            else:
                print(f"skipped: {fault.__name__} needs {needs}", flush=True)
        return possible

    def run(self, seconds: float, between: float):
        workers = [threading.Thread(target=work, args=(store,)) for store in self.nodes
                   for work in (self.attest, self.attest, self.provision)]
        for worker in workers:
            worker.start()
        possible, until, number = self.faults(), time.monotonic() + seconds, 0
        try:
            while time.monotonic() < until and not self.wrong:
                time.sleep(min(between, max(0.0, until - time.monotonic())))
                fault = possible[number % len(possible)]
                number += 1
                fault()
                self.count(fault.__name__)
        finally:
            self.stopping.set()
            for worker in workers:
                worker.join()
        time.sleep(3)
        self.check_nothing_lost()
        self.check_all_was_shown()

    def close(self):
        for nodes in self.nodes.values():
            for node in nodes:
                node.process.stop()
        if self.database is not None:
            self.database.stop()
        self.disk.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build folder, with the programs in bin/")
    parser.add_argument("--between", type=float, default=10, help="seconds between faults")
    parser.add_argument("minutes", nargs="?", type=float, default=30)
    options = parser.parse_args()
    os.environ["CREDENCE_BINARY"] = str((options.build / "bin" / "credence").resolve())
    tests = pathlib.Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(tests / "e2e"), str(tests / "interop" / "veraison")]
    with tempfile.TemporaryDirectory(prefix="credence-soak-") as scratch:
        soak = Soak(pathlib.Path(scratch))
        try:
            soak.run(60 * options.minutes, options.between)
        finally:
            soak.close()
    for what, times in sorted(soak.counts.items()):
        print(f"{times:>9}  {what}")
    for wrong in soak.wrong:
        print(f"WRONG: {wrong}")
    print("failed" if soak.wrong else "nothing lost, nothing wrongly affirmed")
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
