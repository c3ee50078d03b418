"""Three verifiers over one PostgreSQL, one of them killed and the database crashed half way: no session that a client may
retry is lost, also where a node dies that had promised its verdict, none gives two verdicts, and no endorsement that was
acknowledged is gone."""
import base64
import concurrent.futures
import contextlib
import hashlib
import http.client
import http.server
import json
import pathlib
import random
import signal
import tempfile
import threading
import time
import unittest
import urllib.parse

import postgres
from laboratory import LibtpmsTpm, PATIENCE, Process, Recorder, credence, endorse, self_signed

SESSION_TYPE = "application/vnd.veraison.challenge-response-session+json"
CORIM_TYPE = 'application/rim+cbor; profile="tag:github.com/parallaxsecond,2023-03-03:tpm"'
SESSIONS, CLIENTS, NODES, CORIMS = 240, 6, 3, 60


class Node(Process):
    def __init__(self, folder: pathlib.Path, store: str, *more):
        self.key = folder / "verifier.pem"
        super().__init__("verifier", "--listen", "127.0.0.1:0", "--store", store, "--signing-key", self.key,
                         "--session-key", folder / "session.keys", "--insecure-http", "--insecure-local-callers",
                         "--insecure-unsigned-corims", "--threads", "4", *more)
        self.url = self.event("listening")["url"]
        threading.Thread(target=self.process.stderr.read, daemon=True).start()  # a full pipe would block its log

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=PATIENCE)


class Agent(http.server.ThreadingHTTPServer):
    """In the place of an Open Policy Agent: a policy that is content with everything, once it is told to answer."""

    daemon_threads = True

    def __init__(self):
        agent = self
        self.asked, self.may_answer = threading.Event(), threading.Event()
        claims = ("instance-identity", "configuration", "executables", "file-system", "hardware", "runtime-opaque",
                  "storage-opaque", "sourced-data")
        outcome = json.dumps({"result": {"trust-vector": dict.fromkeys(claims, 0), "added-claims": {}}}).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.command == "POST":
                    agent.asked.set()
                    agent.may_answer.wait(PATIENCE)
                with contextlib.suppress(OSError):  # who asked may be gone
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(outcome)))
                    self.end_headers()
                    self.wfile.write(outcome)

            do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.may_answer.set()
        self.shutdown()
        self.server_close()


def ask(url: str, method: str, path: str, body: bytes = b"", headers: dict = {}) -> tuple:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location"), answer.read()
    finally:
        connection.close()


def affirming(session: dict) -> bool:
    payload = session["result"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims["submods"]["PARSEC_TPM"]["ear.status"] == "affirming"


@unittest.skipIf(postgres.programs() is None, "no PostgreSQL server is installed")
class Fleet(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        keys = self.folder / "session.keys"
        keys.write_text("5a" * 32 + "\n")
        keys.chmod(0o600)
        self.database = postgres.Postgres(self.folder / "postgres")
        self.addCleanup(self.database.stop)
        self.store = self.database.database("fleet")
        self.nodes = [Node(self.folder, self.store) for _ in range(NODES)]
        self.addCleanup(lambda: [node.stop() for node in self.nodes])
        self.record_evidence()

    def record_evidence(self):
        recorder = Recorder(self.nodes[0].url)
        tpm = LibtpmsTpm(self.folder / "tpm")
        instance = endorse(tpm, self.nodes[0], self.folder / "corims")["instance"]
        certificate, key = self_signed(self.folder, "server")
        with Process("serve", "--listen", "127.0.0.1:0", "--cert", certificate, "--key", key, "--require", "--verifier",
                     recorder.url, "--verifier-key", f"{self.nodes[0].key}.pub", "--peer-instance", instance) as server:
            credence("connect", server.event("listening")["address"], *tpm.options(), "--attest", "--peer-ca",
                     certificate, input="x\n")
        recorder.stop()
        self.nonce = base64.urlsafe_b64encode(recorder.nonce).decode().rstrip("=")
        self.evidence, self.type = recorder.evidence, recorder.media_type

    def any_node(self) -> str:
        return random.choice(self.nodes).url

    def until(self, what, deadline: float):
        """What a client does: whoever does not answer, or answers 5xx, is left for another node."""
        while True:
            try:
                status, location, body = what(self.any_node())
                if status < 500:
                    return status, location, body
            except (OSError, http.client.HTTPException):
                pass
            self.assertLess(time.monotonic(), deadline, "no node answers any more")
            time.sleep(0.05)

    def run_session(self, number: int) -> str:
        deadline = time.monotonic() + 140  # a session lives for 150 s
        status, location, _ = self.until(
            lambda url: ask(url, "POST", f"/challenge-response/v1/newSession?nonce={self.nonce}"), deadline)
        self.assertEqual(status, 201)
        path = "/challenge-response/v1/" + location
        headers = {"Content-Type": self.type, "Accept": SESSION_TYPE}
        submit = lambda url: ask(url, "POST", path, self.evidence, headers)
        tokens = []
        for _ in range(2 if number % 4 == 0 else 1):  # some come twice
            status, _, body = self.until(submit, deadline)
            self.assertIn(status, (200, 409), body)
            if status == 200:
                tokens.append(json.loads(body)["result"])
        # 409 is also what a client gets whose first answer was lost: then the result is there for everybody.
        status, _, body = self.until(lambda url: ask(url, "GET", path), deadline)
        self.assertEqual(status, 200, body)
        session = json.loads(body)
        self.assertEqual(session["status"], "complete")
        self.assertTrue(affirming(session))
        for token in tokens:
            self.assertEqual(token, session["result"], "two verdicts for one session")
        return location

    def corims(self):
        """Makes of the machine's CoRIM one with another id, for each number."""
        octets = (self.folder / "corims" / "veraison.corim.cbor").read_bytes()
        _, _, body = self.until(lambda url: ask(url, "GET", "/endorsement-provisioning/v1/corim"), time.monotonic() + 60)
        own = next(corim["corim-id"] for corim in json.loads(body)["corims"]
                   if corim["corim-id"].encode() in octets)
        return lambda number: octets.replace(own.encode(), (own[:-8] + f"{number:08}").encode())

    def submit_corims(self) -> list:
        corim = self.corims()
        acknowledged = []
        for number in range(CORIMS):
            status, _, body = self.until(
                lambda url: ask(url, "POST", "/endorsement-provisioning/v1/submit", corim(number),
                                {"Content-Type": CORIM_TYPE}), time.monotonic() + 120)
            answer = json.loads(body)
            if answer["status"] == "success":
                acknowledged.append(answer["corim"])
        return acknowledged

    def test_survives_a_node_and_a_database_that_crash(self):
        done = 0
        with concurrent.futures.ThreadPoolExecutor(CLIENTS + 1) as pool:
            corims = pool.submit(self.submit_corims)
            sessions = [pool.submit(self.run_session, number) for number in range(SESSIONS)]
            for future in concurrent.futures.as_completed(sessions):
                future.result()
                done += 1
                if done == SESSIONS // 4:
                    self.nodes[1].kill()
                if done == SESSIONS // 2:
                    self.database.stop()
                    self.database.start()
                    self.nodes[1] = Node(self.folder, self.store)
            acknowledged = corims.result()
        self.assertEqual(len({session.result() for session in sessions}), SESSIONS)
        self.assertGreater(len(acknowledged), CORIMS // 2)
        for node in self.nodes:
            _, _, body = ask(node.url, "GET", "/endorsement-provisioning/v1/corim")
            known = {corim["id"] for corim in json.loads(body)["corims"]}
            self.assertLessEqual(set(acknowledged), known)

    def test_gives_one_verdict_to_many_at_once(self):
        for _ in range(10):
            _, location, _ = ask(self.any_node(), "POST", f"/challenge-response/v1/newSession?nonce={self.nonce}")
            path = "/challenge-response/v1/" + location
            with concurrent.futures.ThreadPoolExecutor(NODES) as pool:
                answers = list(pool.map(lambda node: ask(node.url, "POST", path, self.evidence,
                                                         {"Content-Type": self.type}), self.nodes))
            self.assertEqual(sorted(status for status, _, _ in answers), [200] + [409] * (NODES - 1))

    def test_answers_for_a_submission_that_another_node_took(self):
        first, *others = self.nodes

        def later(octets: bytes) -> str:
            status, location, body = ask(first.url, "POST", "/endorsement-provisioning/v1/submit", octets,
                                         {"Content-Type": CORIM_TYPE, "Prefer": "respond-async"})
            self.assertEqual((status, json.loads(body)["status"]), (201, "processing"))
            return location

        def over(node: Node, location: str) -> dict:
            deadline = time.monotonic() + PATIENCE
            while True:
                status, _, body = ask(node.url, "GET", location)
                self.assertEqual(status, 200, body)
                if (session := json.loads(body))["status"] != "processing":
                    return session
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)

        corim = self.corims()(1)
        good, bad = later(corim), later(b"\xa0")
        for node in (others[0], first, others[1]):
            session = over(node, good)
            self.assertEqual((session["status"], session["corim"]), ("success", hashlib.sha256(corim).hexdigest()))
        # Why it was refused the others cannot know, and it was refused a moment ago.
        self.assertEqual(over(first, bad)["status"], "failed")
        for node in others:
            self.assertEqual(json.loads(ask(node.url, "GET", bad)[2])["status"], "processing")
        first.kill()
        self.assertEqual(over(others[0], good)["status"], "success")
        self.assertEqual(ask(others[0].url, "DELETE", good)[0], 204)
        self.assertEqual([ask(node.url, "GET", good)[0] for node in others], [404, 404])

    def with_a_slow_policy(self, agent: Agent) -> list:
        """Two more nodes, with a policy in force that both know."""
        nodes = [Node(self.folder, self.store, "--opa", agent.url) for _ in range(2)]
        self.addCleanup(lambda: [node.stop() for node in nodes])
        policies = "/management/v1/policy/PARSEC_TPM"
        status, _, body = ask(nodes[0].url, "POST", policies, b"package policy\n",
                              {"Content-Type": "application/vnd.veraison.policy.opa"})
        self.assertEqual(status, 201, body)
        status, _, body = ask(nodes[0].url, "POST", f"{policies}/{json.loads(body)['uuid']}/activate")
        self.assertEqual(status, 200, body)
        deadline = time.monotonic() + PATIENCE
        while ask(nodes[1].url, "GET", policies)[0] != 200:
            self.assertLess(time.monotonic(), deadline, "the other node does not hear of the policy")
            time.sleep(0.1)
        return nodes

    def test_finishes_elsewhere_what_a_node_accepted_that_died(self):
        agent = Agent()
        self.addCleanup(agent.stop)
        first, other = self.with_a_slow_policy(agent)
        _, location, _ = ask(first.url, "POST", f"/challenge-response/v1/newSession?nonce={self.nonce}")
        path, headers = "/challenge-response/v1/" + location, {"Content-Type": self.type, "Accept": SESSION_TYPE}
        status, _, body = ask(first.url, "POST", path, self.evidence, headers)
        self.assertEqual((status, json.loads(body)["status"]), (202, "processing"))
        self.assertTrue(agent.asked.wait(PATIENCE))
        first.kill()
        agent.may_answer.set()

        session = lambda: json.loads(ask(other.url, "GET", path)[2])
        self.assertEqual(session()["status"], "waiting")  # what the first one promised, nobody does
        status, _, body = ask(other.url, "POST", path, self.evidence, headers)
        self.assertEqual(status, 202, body)
        deadline = time.monotonic() + PATIENCE
        while session()["status"] != "complete":
            self.assertLess(time.monotonic(), deadline, session())
            time.sleep(0.1)
        decided = session()
        self.assertTrue(affirming(decided))
        # Evidence that comes once more is appraised, before it is known that the session is over: it changes nothing.
        self.assertEqual(ask(other.url, "POST", path, self.evidence, headers)[0], 202)
        time.sleep(2)
        self.assertEqual(session()["result"], decided["result"])

    def test_refuses_without_the_database(self):
        _, location, _ = ask(self.any_node(), "POST", f"/challenge-response/v1/newSession?nonce={self.nonce}")
        path = "/challenge-response/v1/" + location
        self.database.stop()
        status, _, body = ask(self.any_node(), "POST", path, self.evidence, {"Content-Type": self.type})
        self.assertEqual(status, 503, body)
        self.assertNotIn(b"result", body)
        self.database.start()
        status, _, body = self.until(lambda url: ask(url, "POST", path, self.evidence, {"Content-Type": self.type}),
                                     time.monotonic() + 60)
        self.assertEqual(status, 200, body)

    def test_needs_a_store_that_is_shared(self):
        done = credence("verifier", "--listen", "127.0.0.1:0", "--store", f"sqlite:{self.folder / 'own.db'}",
                        "--signing-key", self.folder / "own.pem", "--insecure-http", "--session-key",
                        self.folder / "session.keys", expect=2)
        self.assertIn("postgresql://", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
