"""The verifier in an operator's hands: configuration checked and reloaded, health, metrics, request ids, a graceful end."""
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from laboratory import CREDENCE, PATIENCE, credence, facts


def ask(url: str, path: str, method: str = "GET", headers: dict | None = None) -> tuple:
    """Status, headers and body."""
    with contextlib.closing(http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=PATIENCE)) as client:
        client.request(method, path, headers=headers or {})
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def eventually(condition, what: str):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE} s: {what}")


class Operation(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.file = self.folder / "verifier.toml"
        self.log = self.folder / "log"

    def configure(self, more: str = ""):
        self.file.write_text(f"listen = '127.0.0.1:0'\nstore = 'sqlite:{self.folder / 'store.db'}'\n"
                             f"signing-key = '{self.folder / 'key.pem'}'\ninsecure-http = true\nlog-format = 'json'\n{more}")
        self.file.chmod(0o600)

    def start(self, **options) -> subprocess.Popen:
        # Standard error to a file: the test reads the log while the process runs.
        process = subprocess.Popen([CREDENCE, "--json", "verifier", "--config", str(self.file)], stdout=subprocess.PIPE,
                                   stderr=self.log.open("w"), text=True, **options)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.wait(), process.stdout.close()))
        self.url = json.loads(process.stdout.readline())["url"]
        return process

    def log_lines(self) -> list:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def metric(self, series: str) -> float:
        for line in ask(self.url, "/metrics")[2].splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0

    def test_check_config_says_all_that_is_wrong(self):
        self.configure()
        good = facts(credence("verifier", "check-config", "--probe", "--show", self.file))
        self.assertTrue(good["usable"])
        self.assertIn("result-lifetime = 3600", good["configuration"])
        self.configure("isuer = 'x'\nminimum-pcrs = [99]\ncorim-anchor = ['/nowhere']\n")
        bad = facts(credence("verifier", "check-config", self.file, expect=2))
        self.assertFalse(bad["usable"])
        found = {(finding.get("line"), finding["key"]) for finding in bad["findings"] if finding["severity"] == "problem"}
        self.assertEqual(found, {(6, "isuer"), (7, "minimum-pcrs"), (8, "corim-anchor")})
        text = subprocess.run([CREDENCE, "verifier", "check-config", self.file], capture_output=True, text=True)
        self.assertIn(f"{self.file}:6:1: problem: unknown key", text.stdout)
        self.assertEqual(text.returncode, 2)

    def test_a_database_elsewhere_is_checked_or_the_operator_says_otherwise(self):
        # Nobody listens there: what is not refused gets as far as to ask.
        elsewhere, file = "postgresql://0.0.0.0:1/d", self.folder / "backup"
        refused = credence("verifier", "backup", "--store", elsewhere, file, expect=2)
        self.assertIn("expected sslmode=verify-full", refused.stdout + refused.stderr)
        credence("verifier", "backup", "--store", elsewhere + "?sslmode=verify-full", file, expect=3)
        chosen = credence("verifier", "backup", "--store", elsewhere, "--insecure-store-connection", file, expect=3)
        self.assertIn("insecure store connection", chosen.stderr)

    def test_the_start_warns_of_what_is_insecure(self):
        self.configure("insecure-no-seccomp = true\nveraison-compatibility = true\ninsecure-veraison-endorsements = true\n"
                       "insecure-unsigned-corims = true\n")
        self.start()
        warnings = [line["message"] for line in self.log_lines() if line["level"] == "warning"]
        for part in ("no filter of system calls", "compatibility with Veraison", "insecure endorsements",
                     "insecure unsigned CoRIMs"):
            self.assertTrue(any(part in warning for warning in warnings), warnings)
        self.assertFalse(any("no CoRIM is taken" in warning for warning in warnings), warnings)

    def test_the_start_says_that_nobodys_corims_are_taken(self):
        self.configure()
        self.start()
        said = [line["message"] for line in self.log_lines() if "no CoRIM is taken" in line["message"]]
        self.assertEqual(len(said), 1)
        self.assertIn("Configure --corim-anchor FILE", said[0])
        checked = facts(credence("verifier", "check-config", self.file))
        self.assertTrue(checked["usable"])
        self.assertIn("corim-anchor", {finding["key"] for finding in checked["findings"]})

    def test_a_hangup_reloads_and_a_bad_file_changes_nothing(self):
        log = self.folder / "audit.log"
        audit = f"audit-log = '{log}'\n"
        self.configure(audit)
        process = self.start()
        token = self.folder / "token"
        token.write_text("0123456789abcdef")
        token.chmod(0o600)
        self.assertEqual(ask(self.url, "/endorsement-provisioning/v1/corim")[0], 403)  # nobody is configured
        self.configure(f"{audit}provisioning-token = '{token}'\nlog-level = 'debug'\n")
        good = f"config sha256:{hashlib.sha256(self.file.read_bytes()).hexdigest()} provisioning-token"
        process.send_signal(signal.SIGHUP)
        eventually(lambda: ask(self.url, "/endorsement-provisioning/v1/corim")[0] == 401, "the token is demanded")
        eventually(lambda: self.metric('credence_config_reloads_total{outcome="success"}') == 1, "the reload is counted")

        def reloads() -> list:
            lines = [json.loads(line) for line in log.read_text().splitlines()]
            self.assertEqual({line["principal"] for line in lines if line["action"] == "reload"}, {"operator"})
            return [(line["outcome"], line.get("object"), line.get("reason", "")) for line in lines if line["action"] == "reload"]

        self.assertEqual(reloads(), [("begun", good, ""), ("done", good, "")])
        seen = 2
        for bad, why, outcomes in (("nonsense = 1\n", "unknown key", ["refused"]),
                                   ("provisioning-token = '/nowhere'\n", "/nowhere", ["refused"]),
                                   ("threads = 3\n", "threads cannot change", ["begun", "failed"])):
            with self.subTest(bad):
                failures = self.metric('credence_config_reloads_total{outcome="failure"}')
                self.configure(audit + bad)
                process.send_signal(signal.SIGHUP)
                eventually(lambda: self.metric('credence_config_reloads_total{outcome="failure"}') == failures + 1, bad)
                self.assertTrue(any("stays in force" in line["message"] and why in line["message"] for line in self.log_lines()))
                self.assertEqual(self.metric("credence_config_last_reload_successful"), 0)
                self.assertEqual(ask(self.url, "/endorsement-provisioning/v1/corim")[0], 401)
                lines = reloads()[seen:]
                seen += len(lines)
                self.assertEqual([line[0] for line in lines], outcomes)
                self.assertIn(why, lines[-1][2])
        # The refusals of these requests are durable within a second.
        eventually(lambda: facts(credence("verifier", "audit", log))["end"] == "named", "every line is durable")

    def test_a_hangup_announces_another_signing_key_and_keeps_the_old_one_when_it_is_none(self):
        self.configure()
        process = self.start()
        key, new = self.folder / "key.pem", self.folder / "new.pem"

        def kids() -> list:
            return [named["kid"] for named in json.loads(ask(self.url, "/.well-known/jwks.json")[2])["keys"]]

        old, = kids()
        key.write_text("no key")
        process.send_signal(signal.SIGHUP)
        eventually(lambda: self.metric('credence_config_reloads_total{outcome="failure"}') == 1, "it is refused")
        self.assertEqual(kids(), [old])
        errors = [line["message"] for line in self.log_lines() if line["level"] == "error"]
        self.assertTrue(any("stays in force" in error and str(key) in error for error in errors), errors)
        self.assertEqual(ask(self.url, "/readyz")[0], 200)
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", new], check=True)
        new.chmod(0o600)
        new.replace(key)
        process.send_signal(signal.SIGHUP)
        eventually(lambda: len(kids()) == 2, "the new key is announced")
        self.assertEqual(kids()[0], old)  # which signs for a minute
        eventually(lambda: any("another signing key takes over at" in line["message"] for line in self.log_lines()),
                   "the log says when")

    def test_a_hangup_tells_followers_of_options_that_verdicts_depend_on(self):
        self.configure()
        process = self.start()
        feed = "/change-feed/v1/changes"
        position = json.loads(ask(self.url, feed)[2])["position"]
        self.configure("max-connections = 100\n")
        process.send_signal(signal.SIGHUP)
        eventually(lambda: self.metric('credence_config_reloads_total{outcome="success"}') == 1, "the reload is counted")
        self.assertEqual(json.loads(ask(self.url, f"{feed}?after={position}")[2])["changes"], [])
        self.configure("minimum-pcrs = [0]\n")
        process.send_signal(signal.SIGHUP)
        told = json.loads(ask(self.url, f"{feed}?after={position}&wait=30")[2])
        self.assertEqual((told["reset"], told["changes"]), (False, [{"kind": "configuration"}]))
        # ... and whoever comes back after a restart with others.
        process.terminate()
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        self.configure()
        self.start()
        told = json.loads(ask(self.url, f"{feed}?after={told['position']}")[2])
        self.assertEqual((told["reset"], told["changes"]), (False, [{"kind": "configuration"}]))

    def test_no_request_is_lost_over_a_hundred_reloads(self):
        self.configure()
        process = self.start()
        lost, done = [], threading.Event()

        def requests():
            client = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=PATIENCE)
            while not done.is_set():
                client.request("POST", "/challenge-response/v1/newSession")
                answer = client.getresponse()
                said = answer.read()
                if answer.status != 201:
                    lost.append((answer.status, said))
                    continue
                # A fast build would else have more sessions waiting than it holds.
                client.request("DELETE", f"/challenge-response/v1/{answer.getheader('Location')}")
                client.getresponse().read()
            client.close()

        threads = [threading.Thread(target=requests) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(100):
            self.configure(f"result-lifetime = {100 + number}\n")
            process.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(lost, [])
        self.assertGreater(self.metric('credence_config_reloads_total{outcome="success"}'), 0)

    def test_a_request_is_named_in_answer_problem_and_log(self):
        self.configure("log-level = 'debug'\n")
        self.start()
        status, headers, body = ask(self.url, "/challenge-response/v1/session/zz", headers={"X-Request-Id": "ticket-4711"})
        self.assertEqual((status, headers["X-Request-Id"], json.loads(body)["instance"]), (400, "ticket-4711", "ticket-4711"))
        eventually(lambda: any(line.get("request") == "ticket-4711" for line in self.log_lines()), "the line of the request")
        line = next(line for line in self.log_lines() if line.get("request") == "ticket-4711")
        self.assertEqual((line["message"], line["method"], line["route"], line["status"]),
                         ("request", "GET", "/challenge-response/v1/session/{}", 400))
        self.assertNotIn("zz", json.dumps(line))

    def test_the_end_is_announced_and_what_is_under_way_is_answered(self):
        self.configure("drain-delay = 1\ndrain-time = 20\n")
        process = self.start()
        host, port = urllib.parse.urlsplit(self.url).netloc.split(":")
        slow = socket.create_connection((host, int(port)))
        slow.sendall(b"POST /challenge-response/v1/newSession HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                     b"Expect: 100-continue\r\n\r\n")
        self.assertIn(b"100 Continue", slow.recv(100))
        process.send_signal(signal.SIGTERM)
        eventually(lambda: ask(self.url, "/readyz")[0] == 503, "/readyz says no")
        self.assertEqual(json.loads(ask(self.url, "/readyz")[2])["causes"], ["draining"])
        self.assertEqual(ask(self.url, "/healthz")[0], 200)

        def refused():
            try:
                ask(self.url, "/healthz")
                return False
            except OSError:
                return True

        eventually(refused, "no new connections")
        slow.sendall(b"xx")
        self.assertIn(b"201 Created", slow.recv(1000))
        slow.close()
        self.assertEqual(process.wait(timeout=PATIENCE), 0)

    def test_a_second_signal_ends_it_at_once(self):
        self.configure("drain-delay = 600\n")
        process = self.start()
        process.send_signal(signal.SIGTERM)
        eventually(lambda: ask(self.url, "/readyz")[0] == 503, "it drains")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=5), 128 + signal.SIGTERM)

    def test_systemd_is_told(self):
        self.configure()
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(str(self.folder / "notify"))
        manager.settimeout(PATIENCE)
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify"), "WATCHDOG_USEC": "2000000"}
        process = self.start(env=environment)

        def heard(expected: str):
            while True:
                message = manager.recv(1000).decode()
                if message.startswith(expected):
                    return
                self.assertTrue(message.startswith("WATCHDOG"), message)

        heard("READY=1")
        heard("WATCHDOG=1")
        process.send_signal(signal.SIGHUP)
        heard("RELOADING=1\nMONOTONIC_USEC=")
        heard("READY=1")
        process.send_signal(signal.SIGTERM)
        heard("STOPPING=1")
        self.assertEqual(process.wait(timeout=PATIENCE), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
