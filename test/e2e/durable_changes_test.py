"""Policies and revocations over a kill: what was acknowledged is there, and nothing that nobody asked for. A change without
an answer may have been made or not."""
import json
import random
import threading
import time
import unittest
import urllib.parse

from disaster import Client, Lost, OnKilledPostgres, OnPostgres, OnSqlite

LUA, JSON = "application/vnd.credence.policy.lua", "application/json"
POLICIES, REVOCATIONS = "/management/v1/", "/endorsement-provisioning/v1/revocations"
SCHEMES = ("PARSEC_TPM", "PSA_IOT", "ARM_CCA", "SEVSNP")
EACH = 50  # acknowledged changes between two disasters, at least
PATIENCE = 120


class Operator:
    """Changes one thing after the other, and knows in which states a verifier may be: one, or while an answer is missing,
    that and the one before."""

    def __init__(self):
        self.possible = [self.empty()]
        self.acknowledged = 0
        self.client = Client()

    def change(self, url: str, after, *request) -> bytes:
        """Sends one request that brings about `after`."""
        self.possible = [self.possible[-1], after]
        status, content = self.client.ask(url, *request)
        if not 200 <= status < 300:
            raise AssertionError(f"{request[:2]}: {status} {content!r}")
        self.possible = [after]
        self.acknowledged += 1
        return content

    def settle(self, found):
        """What is there after a disaster must be possible, and stays."""
        if found not in self.possible:
            raise AssertionError(f"{self}: found {found}\nexpected one of {self.possible}")
        self.possible = [found]


class Manager(Operator):
    """Of the policies of one scheme. Its states: the rules of all versions, and of the active one."""

    def __init__(self, scheme: str):
        super().__init__()
        self.scheme, self.number, self.ids = scheme, 0, {}

    def empty(self):
        return frozenset(), None

    def act(self, url: str):
        (versions, active), number = self.possible[-1], self.number
        path, text = f"{POLICIES}policy/{self.scheme}", f"-- version {number}\n"
        made = self.change(url, (versions | {text}, active), "POST", path, text.encode(), LUA)
        self.number += 1
        self.ids[text] = json.loads(made)["uuid"]
        self.change(url, (versions | {text}, text), "POST", f"{path}/{self.ids[text]}/activate")
        for old in random.sample(sorted(versions), max(0, len(versions) - 3)):
            versions -= {old}
            self.change(url, (versions | {text}, text), "DELETE", f"{path}/{self.ids[old]}")
        if number % 5 == 4:
            self.change(url, (versions | {text}, None), "POST", f"{POLICIES}policies/{self.scheme}/deactivate")

    def look(self, test):
        listed = test.get(f"{POLICIES}policies/{self.scheme}")
        self.ids = {version["rules"]: version["uuid"] for version in listed}
        test.assertEqual(len(self.ids), len(listed), listed)
        self.number += 1  # the last text may be taken
        active = [version["rules"] for version in listed if version["active"]]
        test.assertLessEqual(len(active), 1, listed)
        self.settle((frozenset(self.ids), active[0] if active else None))


class Revoker(Operator):
    """Of keys whose ids begin with its own octet. Its state: the entries by their kids, with their reasons."""

    def __init__(self, name: str):
        super().__init__()
        self.name, self.number, self.ids = name, 0, {}

    def empty(self):
        return {}

    def act(self, url: str):
        entries = dict(self.possible[-1])
        kid, reason = f"{self.name}{self.number:06x}", f"reason {self.number}"
        self.number += 1
        entries[kid] = reason
        body = json.dumps({"kind": "kid", "value": kid, "reason": reason}).encode()
        self.ids[kid] = json.loads(self.change(url, entries, "POST", REVOCATIONS, body, JSON))["id"]
        if len(entries) > 5:
            lifted = random.choice(sorted(entries))
            entries = {key: value for key, value in entries.items() if key != lifted}
            self.change(url, entries, "DELETE", f"{REVOCATIONS}/{urllib.parse.quote(self.ids[lifted])}")

    def look(self, test):
        mine = [entry for entry in test.get(REVOCATIONS)["revocations"] if entry["value"].startswith(self.name)]
        self.ids = {entry["value"]: entry["id"] for entry in mine}
        test.assertEqual(len(self.ids), len(mine), mine)
        test.assertTrue(all(entry["kind"] == "kid" for entry in mine), mine)
        self.settle({entry["value"]: entry["reason"] for entry in mine})


class Changes:
    """What is the same over every store."""

    def work(self, operator: Operator):
        with operator.client:
            try:
                while not self.over.is_set():
                    operator.act(self.verifier.url)
            except Lost:
                pass  # until the disaster is over
            except Exception as wrong:  # reported by the thread that waits
                self.wrong.append(repr(wrong))

    def suffer(self, operators: list, disaster):
        self.over, self.wrong = threading.Event(), []
        before = sum(operator.acknowledged for operator in operators)
        threads = [threading.Thread(target=self.work, args=[operator], daemon=True) for operator in operators]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + PATIENCE
        while sum(operator.acknowledged for operator in operators) < before + EACH and not self.wrong:
            self.assertTrue(any(thread.is_alive() for thread in threads), "nobody is answered though nothing was killed")
            self.assertLess(time.monotonic(), deadline, f"fewer than {EACH} changes acknowledged")
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.05))
        disaster()
        self.over.set()
        for thread in threads:
            thread.join()
        self.assertEqual(self.wrong, [])
        self.recover()
        for operator in operators:
            operator.look(self)

    def survive(self, operators: list):
        for disaster in self.disasters():
            self.suffer(operators, disaster)
        for operator in operators:  # and it is no memory of this process only
            self.assertGreater(operator.acknowledged, 0)
        self.verifier.kill()
        self.verifier.start()
        for operator in operators:
            operator.look(self)

    def test_policies_are_what_was_acknowledged(self):
        self.survive([Manager(scheme) for scheme in SCHEMES])

    def test_revocations_are_what_was_acknowledged(self):
        operators = [Revoker(f"{number:02x}") for number in range(1, 5)]
        self.survive(operators)
        everything = {entry["value"] for entry in self.get(REVOCATIONS)["revocations"]}
        self.assertEqual(everything, set().union(*(operator.possible[0] for operator in operators)))


class VerifierOnSqlite(Changes, OnSqlite):
    pass


class VerifierOnPostgres(Changes, OnPostgres):
    pass


class KilledPostgres(Changes, OnKilledPostgres):
    pass


class Judgement(unittest.TestCase):
    """What these tests rest on: a state that no acknowledgement allows is not taken."""

    def test_a_state_that_was_left_behind_is_refused(self):
        operator = Manager("PARSEC_TPM")
        operator.possible = [(frozenset({"a"}), None), (frozenset({"a", "b"}), None)]
        with self.assertRaises(AssertionError):
            operator.settle((frozenset(), None))
        operator.settle((frozenset({"a"}), None))
        with self.assertRaises(AssertionError):
            operator.settle((frozenset({"a", "b"}), None))


if __name__ == "__main__":
    unittest.main(verbosity=2)
