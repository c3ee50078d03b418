#!/usr/bin/env python3
"""Verifiers under load and faults for a while (docs/benchmarks.md).

Two nodes share a PostgreSQL, one has SQLite on a disk of its own. Evidence and CoRIMs are sent to all of them while they are
killed, their database is restarted, their disk is full, their clock is stepped, and they start with a clock that is behind
what their store has noted: good evidence, altered evidence, good evidence in answer to another nonce, and that of a machine
that was revoked. At the end, and whenever it can be known: nothing that was acknowledged is lost, nothing was affirmed that
should not be, and while the clock was behind nothing was decided, but refused for that reason.
"""
import argparse
import base64
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

SESSION_TYPE = "application/vnd.veraison.challenge-response-session+json"
VALUES, KEYS = "tag:github.com/parallaxsecond,2023-03-03:tpm", "tag:credence.example,2026:tpm-key"
CORIMS = "/endorsement-provisioning/v1/"
DISK = "256m"
# Seconds; a verifier that runs refuses to decide when its clock is farther behind than this.
STEPS, MOST_BEHIND = (-3600, 86400, -60, 3600, 60), 300
NOTED_AHEAD = 7200
# Seconds; until a verifier does what it must, and for a session that may never be over.
PATIENCE, POLLED = 90, 30
# Why nothing may be decided, and what says so.
STEPPED, NOTED = "the clock was behind", "the clock was behind what the store had noted"
REFUSED = "http 503, clock_set_back"
# Evidence that is shown, and how often. Only the first may ever be affirmed.
KINDS = {"good": 4, "altered": 3, "replayed": 1, "revoked": 1}
# What a fault may do to a request.
UNANSWERED = (OSError, http.client.HTTPException, json.JSONDecodeError)


def ask(url: str, method: str, path: str, body: bytes = b"", headers: dict = {}) -> tuple:
    with contextlib.closing(http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)) as client:
        client.request(method, path, body, headers)
        answer = client.getresponse()
        return answer.status, answer.getheader("Location"), answer.read()


def refusal(status: int, body: bytes) -> str:
    return f"http {status}" + (", clock_set_back" if b"clock_set_back" in body else "")


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
        self.folder = folder
        self.lock = threading.Lock()
        self.counts = {}
        self.acknowledged = {}  # by store: ids of CoRIMs
        self.wrong = []
        self.stopping = threading.Event()
        self.refusing = set()  # stores with a policy in force that never ends
        self.behind = {}  # by store, while its clock is behind: the number of that time, and why
        self.was_behind = set()  # stores, each with why
        self.numbers, self.steps = itertools.count(), itertools.cycle(STEPS)
        self.nodes, self.database = {}, None
        self.clock = Clock(folder / "clock")
        self.disk = Disk(folder / "disk")
        self.file = self.disk.folder / "store.db"

    def start(self):
        import laboratory
        import postgres

        folder = self.folder
        self.machine, self.stolen = Machine(folder / "machine"), Machine(folder / "stolen")
        self.values = self.machine.values
        key = ("--signing-key", folder / "key.pem")
        self.nodes["sqlite"] = [Node(laboratory, self.clock, "--store", f"sqlite:{self.file}", *key)]
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
            self.restart_with_noted_time(store, 0)

    def begin(self, store: str):
        """Both machines are good, until one of them is revoked."""
        url = self.nodes[store][0].url
        self.acknowledged[store] = {taken for machine in (self.machine, self.stolen)
                                    for taken, _ in (self.submit(url, machine.values),
                                                     self.submit(url, machine.keys, KEYS))}
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
            until = time.monotonic() + PATIENCE
            while (got := self.show(store, kind, [node])) != verdict:
                assert time.monotonic() < until, f"{store}: {kind} evidence is {got}, not {verdict}"
                time.sleep(0.2)

    def count(self, what: str):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def record(self, wrong: str):
        """Once, though it may go on until the fault is over."""
        with self.lock:
            if wrong not in self.wrong:
                self.wrong.append(wrong)

    def submit(self, url: str, corim: bytes, profile: str = VALUES) -> tuple:
        """The id when it was acknowledged, and what was said."""
        status, _, body = ask(url, "POST", CORIMS + "submit", corim,
                              {"Content-Type": f'application/rim+cbor; profile="{profile}"'})
        if status != 200:
            return None, refusal(status, body)
        answer = json.loads(body)
        return (answer["corim"], "acknowledged") if answer["status"] == "success" else (None, "failed")

    def show(self, store: str, kind: str, nodes: list = []) -> str:
        """What a verifier makes of evidence of that kind, if it says anything."""
        nonce, evidence = self.machine.nonce, self.machine.evidence
        if kind == "revoked":
            nonce, evidence = self.stolen.nonce, self.stolen.evidence
        elif kind == "replayed":
            nonce = os.urandom(len(nonce))
        elif kind == "altered":
            # What the TPM signed: every bit of it counts, which is not so of hints beside it.
            at = evidence.index(random.choice([b"certInfo", b"attestInfo"])) + random.randrange(14, 80)
            evidence = evidence[:at] + bytes([evidence[at] ^ 1 << random.randrange(8)]) + evidence[at + 1:]
        try:
            return self.appraise(store, nodes or self.nodes[store], nonce, evidence)
        except UNANSWERED:
            return "no answer"

    def appraise(self, store: str, nodes: list, nonce: bytes, evidence: bytes) -> str:
        text = base64.urlsafe_b64encode(nonce).decode().rstrip("=")
        status, location, body = ask(random.choice(nodes).url, "POST", f"/challenge-response/v1/newSession?nonce={text}")
        if status != 201:
            return refusal(status, body)

        def submit() -> tuple:
            return ask(random.choice(nodes).url, "POST", "/challenge-response/v1/" + location, evidence,
                       {"Content-Type": self.machine.type, "Accept": SESSION_TYPE})

        status, _, body = submit()
        if status == 202:  # the policy in force is slow
            status, body = self.poll(nodes, location)
        if status != 200:
            return refusal(status, body)
        if random.random() < 0.25:
            self.expect_refused(store, submit)
        payload = json.loads(body)["result"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return next(iter(claims["submods"].values()))["ear.status"]

    def poll(self, nodes: list, location: str) -> tuple:
        """Status and body once the session is over, or 202. A verifier of several that does not decide it calls it waiting,
        and so does each when nothing could be decided or the one that would have done so was killed."""
        until = time.monotonic() + POLLED
        while time.monotonic() < until and not self.stopping.is_set():
            status, _, body = ask(random.choice(nodes).url, "GET", "/challenge-response/v1/" + location)
            state = json.loads(body)["status"] if status == 200 else ""
            if state not in ("processing", "waiting"):
                return (500 if state == "failed" else status), body
            time.sleep(0.1)
        return 202, b""

    def expect_refused(self, store: str, submit):
        """A session that has a result gives no other one, whatever fails meanwhile."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, _, _ = submit()
            self.count(f"{store}: a second submission: http {status}")
            if status == 200:
                self.record(f"{store}: a session gave two verdicts")

    def attest(self, store: str):
        """Evidence of every kind, in turns; a fault may cost an answer, never make one wrong."""
        while not self.stopping.is_set():
            (kind,) = random.choices(list(KINDS), KINDS.values())
            refusing, behind = store in self.refusing, self.behind.get(store)
            verdict = self.show(store, kind)
            if verdict == "no answer" or verdict.startswith("http 503"):
                time.sleep(0.1)
            self.count(f"{store}: {kind} evidence: {verdict}")
            self.expect_undecided(store, "evidence", behind, verdict, verdict.startswith("http 503"))
            # A session is gone (404) with the verifier that kept it, or when the clock stepped over its end.
            excused = verdict in ("no answer", "http 404", "http 202") or verdict.startswith("http 5")
            if verdict == "contraindicated" and (refusing or store in self.refusing):
                excused = True  # a policy that fails is a refusal
            if (verdict == "affirming") != (kind == "good") and not (kind == "good" and excused):
                self.record(f"{store}: {kind} evidence was {verdict}")

    def expect_undecided(self, store: str, what: str, behind: tuple, got: str, undecided: bool):
        """Of a request that began and ended while the clock was behind."""
        if behind is None or behind != self.behind.get(store):
            return
        _, why = behind
        self.count(f"{store}: {what}, while {why}: {got}")
        if not undecided and got != "no answer":
            self.record(f"{store}: {what} was {got} while {why}")

    def provision(self, store: str):
        own = self.corim_id(self.values)
        for number in range(10_000_000):
            if self.stopping.is_set():
                return
            variant = self.values.replace(own, own[:-8] + f"{number:08}".encode())
            behind = self.behind.get(store)
            try:
                taken, answer = self.submit(random.choice(self.nodes[store]).url, variant)
            except UNANSWERED:
                taken, answer = None, "no answer"
            self.count(f"{store}: CoRIM {'acknowledged' if taken else 'not acknowledged'}")
            self.expect_undecided(store, "CoRIM", behind, answer, not taken)
            if taken:
                with self.lock:
                    self.acknowledged[store].add(taken)
            time.sleep(0.05)

    def corim_id(self, octets: bytes) -> bytes:
        _, _, body = ask(self.nodes["sqlite"][0].url, "GET", CORIMS + "corim")
        return next(corim["corim-id"].encode() for corim in json.loads(body)["corims"]
                    if corim["corim-id"].encode() in octets)

    def check_refused_while_behind(self):
        """Other faults may cost any one answer, but not all."""
        for store, why in self.was_behind:
            for what in ("evidence", "CoRIM"):
                if not self.counts.get(f"{store}: {what}, while {why}: {REFUSED}"):
                    self.record(f"{store}: no {what} was refused with {REFUSED} while {why}")

    def check_all_was_shown(self):
        for store in self.nodes:
            for kind in KINDS:
                verdict = "affirming" if kind == "good" else "contraindicated"
                if not self.counts.get(f"{store}: {kind} evidence: {verdict}"):
                    self.record(f"{store}: no {kind} evidence was {verdict}")

    def check_nothing_lost(self):
        for store, nodes in self.nodes.items():
            for node in nodes:
                _, _, body = ask(node.url, "GET", CORIMS + "corim")
                known = {corim["id"] for corim in json.loads(body)["corims"]}
                lost = self.acknowledged[store] - known
                if lost:
                    self.record(f"{store}: {len(lost)} CoRIMs are lost that were acknowledged, such as {lost.pop()}")

    # --- faults: each ends with everything as before ---

    def fault_killed(self):
        node = random.choice([node for nodes in self.nodes.values() for node in nodes])
        node.kill()
        time.sleep(0.5)
        node.start()

    def fault_database_restarted(self):
        self.database.stop(random.choice(["immediate", "fast"]))
        time.sleep(2)
        self.database.start()

    def fault_disk_full(self):
        self.disk.fill()
        time.sleep(3)
        self.disk.free()

    def fault_clock_stepped(self):
        """A clock that is behind decides nothing; one that was ahead is believed as soon as it is right again."""
        seconds = next(self.steps)
        self.clock.step(seconds)
        if seconds < -MOST_BEHIND:
            self.begin_behind(list(self.nodes), STEPPED)
            self.until_they_refuse(list(self.nodes))
        time.sleep(3)
        self.behind.clear()
        self.clock.step(0)
        self.until_they_affirm(list(self.nodes))
        self.count(f"the clock stepped by {seconds} s")

    def fault_noted_later(self):
        """A verifier is held to a time that was noted before its start. None notes one by itself here: for that its clock
        would have to go on for ten minutes without a step."""
        store = random.choice(list(self.nodes))
        self.restart_with_noted_time(store, NOTED_AHEAD)
        self.until_they_refuse([store])
        time.sleep(2)
        self.behind.clear()
        self.restart_with_noted_time(store, 0)
        self.until_they_affirm([store])

    def restart_with_noted_time(self, store: str, ahead: int):
        """A verifier that was just started would believe a step back, down to the time that its store has noted."""
        for node in self.nodes[store]:
            node.kill()
        self.note_time(store, ahead)
        if ahead:
            self.begin_behind([store], NOTED)
        for node in self.nodes[store]:
            node.start()

    def note_time(self, store: str, ahead: int):
        """In milliseconds, as verifiers note it."""
        told = round((time.time() + ahead) * 1000)
        insert = "INSERT INTO {} (id, told) VALUES (1, {}) ON CONFLICT (id) DO UPDATE SET told = excluded.told"
        if store == "postgresql":
            self.database.query("soak", insert.format("credence_clock", told))
            return
        with contextlib.closing(sqlite3.connect(self.file, timeout=30)) as opened, opened:
            opened.execute(insert.format("clock", told))

    def begin_behind(self, stores: list, why: str):
        number = next(self.numbers)
        for store in stores:
            self.was_behind.add((store, why))
            self.behind[store] = (number, why)

    def until_they_refuse(self, stores: list):
        for store in stores:
            self.until_all_say(store, is_ready=False)
            self.until_it_is(store, "good", REFUSED)

    def until_they_affirm(self, stores: list):
        for store in stores:
            self.until_all_say(store, is_ready=True)
            self.until_it_is(store, "good", "affirming")

    def until_all_say(self, store: str, is_ready: bool):
        """What /readyz says, which looks at the clock once a second."""
        for node in self.nodes[store]:
            until = time.monotonic() + PATIENCE
            while True:
                status, _, body = ask(node.url, "GET", "/readyz")
                causes = json.loads(body).get("causes", [])
                if (status == 200) if is_ready else (status == 503 and "clock" in causes):
                    break
                assert time.monotonic() < until, f"{node.url}: /readyz says {status} {body}"
                time.sleep(0.2)

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
        until = time.monotonic() + PATIENCE
        while True:
            status, _, body = ask(self.nodes[store][0].url, "POST", f"/management/v1/{path}", rules,
                                  {"Content-Type": "application/vnd.credence.policy.lua"})
            if status == expected:
                return json.loads(body or b"{}")
            assert status == 503 and time.monotonic() < until, f"{store}: {path}: {status} {body}"
            time.sleep(0.5)

    def faults(self) -> list:
        """Those that this machine can have; the others are named."""
        possible = [self.fault_killed, self.fault_policy_loops, self.fault_noted_later]
        for fault, can, needs in ((self.fault_database_restarted, self.database, "a PostgreSQL server"),
                                  (self.fault_disk_full, self.disk.can_be_full, "the right to mount a tmpfs"),
                                  (self.fault_clock_stepped, self.clock.library, "libfaketime")):
            if can:
                possible.append(fault)
            else:
                print(f"skipped: {fault.__name__} needs {needs}", flush=True)
        return possible

    def work(self, what, store: str):
        """An exception that no fault explains ends the thread; it must not end the checks unseen."""
        try:
            what(store)
        except Exception as error:
            traceback.print_exc()
            self.record(f"{store}: {what.__name__} ended early: {error!r}")

    def run(self, seconds: float, between: float):
        workers = [threading.Thread(target=self.work, args=(what, store)) for store in self.nodes
                   for what in (self.attest, self.attest, self.provision)]
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
        self.check_refused_while_behind()

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
            soak.start()
            soak.run(60 * options.minutes, options.between)
        except Exception as error:
            traceback.print_exc()
            soak.record(f"the soak ended early: {error!r}")
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
