"""docs/operating.md and the command line of README.md: what they say is what is run here, in its order."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

import postgres
from authority import certificate_authority, revocation_list
from laboratory import CREDENCE, PATIENCE, Verifier, record

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"<!-- (run|set)(?: (\S+))? -->\n```sh\n(.*?)\n```", re.DOTALL)
TABLE_COMMAND = re.compile(r"`((?:credence|curl|psql|grep|for|tail|df|ls) (?:[^`]|\\\|)*)`")
NEW_SESSION = "/challenge-response/v1/newSession"
REVOCATIONS = "/endorsement-provisioning/v1/revocations"
EVIDENCE = {"Content-Type": "application/vnd.credence.tpm-challenge+cbor"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what: str, met):
    deadline = time.monotonic() + PATIENCE
    while not met():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.1)


class Shell:
    """One bash for all commands, as a reader has it; it ends at the first command that fails."""

    def __init__(self, folder: pathlib.Path, environment: dict):
        self.folder = folder
        self.output = folder / "shell.log"
        self.count = 0
        self.done, done = os.pipe()
        with self.output.open("w") as log:
            self.process = subprocess.Popen(["bash", "-euo", "pipefail"], env=environment, cwd=folder, stdin=subprocess.PIPE,
                                            stdout=log, stderr=log, text=True, pass_fds=[done], start_new_session=True)
        self.mark = done
        os.close(done)

    def run(self, text: str) -> str:
        """What it printed."""
        self.count += 1
        file = self.folder / f"{self.count}.sh"
        file.write_text(text + "\n")
        before = self.output.stat().st_size
        self.process.stdin.write(f"source {file} </dev/null {self.mark}>&-\necho >&{self.mark}\n")
        self.process.stdin.flush()
        deadline = time.monotonic() + PATIENCE
        while not select.select([self.done], [], [], 0.2)[0]:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{text}\n{self.printed(before)}")
        # Nothing to read: the shell has ended, and with it the other end.
        if not os.read(self.done, 1):
            raise AssertionError(f"{text}\n{self.printed(before)}")
        return self.printed(before)

    def printed(self, start: int) -> str:
        return self.output.read_bytes()[start:].decode(errors="replace")

    def stop(self):
        """The shell and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        os.close(self.done)


class Revoker(threading.Thread):
    """Revokes one kid after the other until nobody answers any more; `acknowledged` are those that were answered with 201."""

    def __init__(self, call):
        super().__init__(daemon=True)
        self.call = call
        self.acknowledged = []
        self.start()
        wait_until("the first revocations", lambda: len(self.acknowledged) > 2 or not self.is_alive())

    def run(self):
        for number in range(0x10000):
            kid = f"01dead{number:04x}"
            try:
                status, _ = self.call("POST", REVOCATIONS, {"Content-Type": "application/json"},
                                      json.dumps({"kind": "kid", "value": kid, "reason": "while the store moves"}))
            except (OSError, http.client.HTTPException):
                return
            if status == 201:
                self.acknowledged.append(kid)


@unittest.skipUnless(postgres.programs(), "no PostgreSQL server is installed")
@unittest.skipUnless(pathlib.Path("/usr/sbin/nginx").exists(), "nginx is not installed")
class Guide(unittest.TestCase):
    def setUp(self):
        # Short: a socket's path has at most 107 octets. The server's user must be able to enter it.
        scratch = tempfile.TemporaryDirectory(prefix="guide-")
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        self.root.chmod(0o755)
        self.start_postgres()
        programs = self.root / "bin"
        programs.mkdir()
        (programs / "credence").symlink_to(CREDENCE)
        self.make_sudo(programs / "sudo")
        self.values = {"ROOT": str(self.root), "PGHOST": str(self.database)}
        self.values |= {f"PORT_{name}": str(free_port()) for name in ("A", "B", "LB", "APP")}
        environment = {**os.environ, "PATH": f"{programs}:{postgres.programs()}:{os.environ['PATH']}"}
        for name in self.values:
            environment.pop(name, None)
        self.addCleanup(self.stop_nginx)
        self.shell = Shell(self.root, environment)
        self.addCleanup(self.shell.stop)

    def as_its_user(self, *command):
        prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run([*prefix, *map(str, command)], check=True, capture_output=True, cwd="/", timeout=PATIENCE)

    def start_postgres(self):
        """As Debian has it: over the socket each user is let in as the role of that name. Without root we cannot be `postgres`."""
        self.database = self.root / "pg"
        self.database.mkdir()
        if os.getuid() == 0:
            shutil.chown(self.database, "postgres")
        self.as_its_user(postgres.programs() / "initdb", "-D", self.database / "data", "-U", "postgres", "-A",
                         "peer" if os.getuid() == 0 else "trust", "-N")
        self.pg_ctl("start")
        self.addCleanup(self.pg_ctl, "stop")

    def pg_ctl(self, verb: str):
        options = ["-l", self.database / "log", "-o", f"-k {self.database} -h ''"] if verb == "start" else ["-m", "immediate"]
        self.as_its_user(postgres.programs() / "pg_ctl", "-D", self.database / "data", "-w", *options, verb)

    def make_sudo(self, file: pathlib.Path):
        """What the guide needs of it: sudo -u postgres COMMAND."""
        become = "runuser -u postgres --" if os.getuid() == 0 else "env PGUSER=postgres"
        file.write_text(f'#!/bin/sh\nset -e\n[ "$1 $2" = "-u postgres" ]\nshift 2\ncd /\nexec {become} "$@"\n')
        file.chmod(0o755)

    def stop_nginx(self):
        pid = self.root / "nginx/pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)
            wait_until("nginx ends", lambda: not pid.exists())

    def call(self, node: str, method: str, path: str, headers: dict | None = None, body=None, role: str | None = None):
        """Status and content of what A, B or LB answers."""
        context = ssl.create_default_context(cafile=self.root / "shared/tls.pem")
        connection = http.client.HTTPSConnection("127.0.0.1", int(self.values[f"PORT_{node}"]), timeout=PATIENCE, context=context)
        headers = dict(headers or {})
        if role:
            headers["Authorization"] = "Bearer " + (self.root / f"shared/{role}.token").read_text().strip()
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            self.location = answer.getheader("Location")
            return answer.status, answer.read()
        finally:
            connection.close()

    def open_session(self, node: str) -> str:
        status, content = self.call(node, "POST", NEW_SESSION)
        self.assertEqual(status, 201, content)
        return "/challenge-response/v1/" + self.location

    def finish(self, node: str, session: str):
        """With evidence that is none: the verdict is no, but it is a signed one."""
        status, content = self.call(node, "POST", session, EVIDENCE, b"\xa0")
        self.assertEqual(status, 200, content)
        self.assertIn("result", json.loads(content))

    def test_every_command_works_in_its_order(self):
        guide = (ROOT / "docs/operating.md").read_text()
        blocks = BLOCK.findall(guide)
        self.assertGreater(len(blocks), 20)
        revoker = None
        for kind, name, text in blocks:
            if kind == "set":
                self.set_names(text)
                continue
            if revoker is None and "credence verifier backup" in text:
                revoker = Revoker(lambda *request: self.call("A", *request, role="provisioner"))
            self.shell.run(text)
            if name == "connect":
                self.connect = text
        self.look_for(revoker.acknowledged)
        self.go_from_node_to_node()
        self.lose_the_audit_log()
        self.run_the_table(guide[guide.index("## At three in the morning"):])
        self.lose_the_database()
        self.lose_a_node()

    def set_names(self, text: str):
        """The guide's own values would be those of this user: it must set the same names, and gets other values."""
        names = [word.partition("=")[0] for line in text.splitlines() for word in shlex.split(line)[1:]]
        self.assertEqual(sorted(names), sorted(self.values))
        self.shell.run(f"(set -eu\n{text}\n)")
        self.shell.run("\n".join(f"export {name}={shlex.quote(value)}" for name, value in self.values.items()))

    def look_for(self, acknowledged: list):
        """What was revoked at the old store up to its last moment is in the new one."""
        self.assertGreater(len(acknowledged), 2)
        status, content = self.call("B", "GET", REVOCATIONS, role="auditor")
        self.assertEqual(status, 200, content)
        self.assertLessEqual({*acknowledged, "01c0ffee"}, {entry["value"] for entry in json.loads(content)["revocations"]})

    def go_from_node_to_node(self):
        session = self.open_session("A")
        self.finish("B", session)
        status, content = self.call("A", "GET", session)
        self.assertEqual(json.loads(content)["status"], "complete", content)
        self.assertEqual(self.call("A", "POST", session, EVIDENCE, b"\xa0")[0], 409)
        for _ in range(4):
            self.finish("LB", self.open_session("LB"))

    def lose_the_audit_log(self):
        log = self.root / "a/audit.log"
        moved = log.rename(self.root / "a/audit.log.1")
        log.mkdir()
        revocation = json.dumps({"kind": "kid", "value": "01facade", "reason": "for the audit log"})
        request = ("A", "POST", REVOCATIONS, {"Content-Type": "application/json"}, revocation, "provisioner")
        for _ in range(2):
            status, content = self.call(*request)
            self.assertEqual(status, 503, content)
            self.assertIn(b"the audit log cannot be written", content)
        self.finish("A", self.open_session("A"))
        log.rmdir()
        self.assertEqual(self.call(*request)[0], 201)
        self.shell.run(f"credence verifier audit {moved} {log}")

    def run_the_table(self, table: str):
        uuid = r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b"
        issuer, key = certificate_authority(self.root, "maker")
        listed = self.root / "maker.crl"
        listed.write_text(revocation_list(issuer, key, 1))
        stands_for = {"UUID": lambda: re.findall(uuid, self.shell.run("credence policy list --scheme PARSEC_TPM $MANAGER"))[0],
                      "KID": lambda: self.shell.run("echo $KID").strip(),
                      "ID": lambda: self.id_of_the_revoked(),
                      "FILE": lambda: shlex.quote(str(listed)), "ISSUER.pem": lambda: shlex.quote(str(issuer))}
        commands = [command.replace("\\|", "|") for command in TABLE_COMMAND.findall(table)]
        self.assertEqual(self.call("B", "GET", "/management/v1/policies/PARSEC_TPM", role="provisioner")[0], 403)
        self.assertGreater(len(commands), 10)
        for command in commands:
            if "revoke --lift" in command:
                # What was revoked is refused.
                self.shell.run(f"sleep 2\nif {self.connect.splitlines()[0]}; then exit 1; fi\ntail -2 $ROOT/serve.log | grep stolen")
            self.shell.run(re.sub(r"\b(UUID|KID|ID|FILE|ISSUER\.pem)(?!\w)", lambda match: stands_for[match.group(1)](), command))
        self.shell.run(f"sleep 2\n{self.connect}")

    def id_of_the_revoked(self) -> str:
        kid = self.shell.run("echo $KID").strip()
        entries = json.loads(self.call("LB", "GET", REVOCATIONS, role="auditor")[1])["revocations"]
        return next(entry["id"] for entry in entries if entry["value"] == kid)

    def lose_the_database(self):
        session = self.open_session("LB")
        self.pg_ctl("stop")
        try:
            wait_until("both nodes miss it", lambda: all(self.call(node, "GET", "/readyz")[0] == 503 for node in "AB"))
            # Answers, each of them: 502 would mean that the load balancer took them for failures of the nodes.
            for _ in range(20):
                status, content = self.call("LB", "GET", "/readyz")
                self.assertEqual((status, json.loads(content)["causes"]), (503, ["store"]))
                self.assertEqual(self.call("LB", "POST", session, EVIDENCE, b"\xa0")[0], 503)
            self.assertEqual(self.call("LB", "GET", "/.well-known/jwks.json")[0], 200)
        finally:
            self.pg_ctl("start")
        wait_until("both nodes have it back", lambda: all(self.call(node, "GET", "/readyz")[0] == 200 for node in "AB"))
        self.finish("LB", session)

    def lose_a_node(self):
        session = self.open_session("A")
        self.shell.run("kill -KILL $PID_A; wait $PID_A || true")
        self.finish("B", session)
        for _ in range(10):
            self.assertEqual(self.call("LB", "GET", "/readyz")[0], 200)
            self.finish("LB", self.open_session("LB"))
        self.shell.run(self.connect)
        self.shell.run("kill $PID_APP $PID_B; wait $PID_APP; wait $PID_B")


class Readme(unittest.TestCase):
    """The part "On the command line": two blocks, the second with words that stand for files."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        (self.root / "bin").mkdir()
        (self.root / "bin/credence").symlink_to(CREDENCE)
        self.shell = Shell(self.root, {**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"})
        self.addCleanup(self.shell.stop)
        part = (ROOT / "README.md").read_text().partition("## On the command line\n")[2].partition("\n## ")[0]
        blocks = re.findall(r"(?:^    .*\n)+", part, re.MULTILINE)
        self.assertEqual(len(blocks), 2)
        # A line that ends with a backslash goes on in the next.
        self.commands, self.on_files = [re.findall(r"(?:.*\\\n)*.+", block) for block in blocks]

    def test_the_commands_work_in_their_order(self):
        ports = {"8443": free_port(), "4433": free_port()}
        for command in self.commands:
            self.shell.run(re.sub("8443|4433", lambda match: str(ports[match.group()]), command))
            if command.endswith("&"):
                self.wait_for(ports[re.search(r"listen \S*:(\d+)", command).group(1)])
        context = ssl.create_default_context(cafile=self.root / "v.pem")
        connection = http.client.HTTPSConnection("localhost", ports["8443"], timeout=PATIENCE, context=context)
        connection.request("POST", NEW_SESSION)
        answer = connection.getresponse()
        answer.read()
        connection.request("POST", "/challenge-response/v1/" + answer.getheader("Location"), b"\xa0", EVIDENCE)
        (self.root / "session.json").write_bytes(connection.getresponse().read())
        connection.close()
        self.run_on_files()

    def run_on_files(self):
        folder = self.root / "recorded"
        folder.mkdir()
        with Verifier(folder) as verifier:
            evidence, binder = record(verifier, folder)
        (self.root / "evidence").write_bytes(evidence)
        (self.root / "rules.lua").write_text('if session.peer == "old.example" then status = "warning" end\n')
        stands_for = {"EVIDENCE": "evidence", "TYPE": "application/vnd.parallaxsecond.key-attestation.tpm", "HEX": binder.hex(),
                      "RULES": "rules", "RESULT": "session.json",
                      "CORIM": f"{folder}/veraison.corim.cbor --corim {folder}/keys.corim.cbor", "FILE": "v.pem"}
        for command in self.on_files:
            command = re.sub(r"\b(" + "|".join(stands_for) + r")\b", lambda match: stands_for[match.group()], command)
            # The session at hand is of evidence that was refused: explained is why, with the status of a refusal.
            self.shell.run(command if "explain" not in command else f"{command} || [ $? = 1 ]")

    @staticmethod
    def wait_for(port: int):
        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        wait_until(f"somebody listens on {port}", listens)


if __name__ == "__main__":
    unittest.main(verbosity=2)
